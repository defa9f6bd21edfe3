//! Proposals of a set of chains: those of `IdFix`, each tried out.
//!
//! `IdFix` proposes without looking at the result. What it proposes is shown
//! all the same, since that is what the set is for; but what leaves the value
//! faulty, breaks another rule, changes nothing, or takes a value that another
//! entry holds or another proposal takes is a mere hint, with the reason.

use std::collections::HashMap;

use super::Action;
use super::draft::{Draft, Key, KnownFaults, key_changes};
use super::proposal::{NewProposal, is_kept, repeated};
use super::proposals::{Packer, Proposals};
use crate::model::Entry;
use crate::rule::chain::{SuggestedAction, Suggestion};
use crate::rule::{Confidence, ErrorWord, Judge};
use crate::scan::{Finding, ScanResult};

/// Values times rows of one entry that are tried out. Above it, which only a
/// hostile entry is, proposals are hints: the work would grow with the square.
const WORK: usize = 1 << 22;

/// The proposal of each finding.
pub(super) fn propose(scan: &ScanResult, judge: &Judge) -> Proposals {
    let mut proposals = Vec::with_capacity(scan.findings.len());
    let mut takers: HashMap<Key, Vec<usize>> = HashMap::new();
    for findings in scan.findings.chunk_by(|a, b| a.entry == b.entry) {
        let Some(first) = findings.first() else {
            continue;
        };
        let entry = scan.snapshot.entry(first.entry);
        let attributes = entry.attributes().iter();
        let values: usize = attributes.map(|attribute| attribute.values.len()).sum();
        let trial = Trial {
            scan,
            judge,
            known: KnownFaults::of(&entry, &judge.faults(&entry)),
            entry,
            too_much: values.saturating_mul(findings.len()) > WORK,
        };
        for finding in findings {
            let row = proposals.len();
            let tried = trial.proposal(finding);
            if let Some((proposal, taken)) = &tried
                && proposal.confidence != Confidence::Manual
            {
                for key in taken {
                    takers.entry(key.clone()).or_default().push(row);
                }
            }
            proposals.push(tried.map(|(proposal, _)| proposal));
        }
    }
    settle(&mut proposals, &takers, scan);
    let mut packer = Packer::new(proposals.len());
    for proposal in proposals {
        packer.add(proposal);
    }
    packer.finish()
}

/// Of several proposals that take one value all but one become hints. Which one
/// stays is decided by identity, so that order does not matter.
fn settle(
    proposals: &mut [Option<NewProposal>],
    takers: &HashMap<Key, Vec<usize>>,
    scan: &ScanResult,
) {
    for rows in takers.values().filter(|rows| rows.len() > 1) {
        let identity = |row: &usize| {
            let finding = &scan.findings[*row];
            (scan.snapshot.identity(finding.entry), *row)
        };
        let first = rows.iter().min_by_key(|row| identity(row));
        for row in rows.iter().filter(|row| Some(*row) != first) {
            if let Some(proposal) = proposals.get_mut(*row).and_then(Option::as_mut) {
                make_hint(proposal, "the proposal of another row takes the same value");
            }
        }
    }
}

fn make_hint(proposal: &mut NewProposal, why: &str) {
    proposal.confidence = Confidence::Manual;
    proposal.reason = format!("what IdFix proposes, which does not hold: {why}").into();
}

/// An entry whose proposals are tried out.
struct Trial<'a> {
    scan: &'a ScanResult,
    judge: &'a Judge,
    entry: Entry,
    known: KnownFaults,
    too_much: bool,
}

impl Trial<'_> {
    /// The proposal of a row, and the keys that it takes.
    fn proposal(&self, finding: &Finding) -> Option<(NewProposal, Vec<Key>)> {
        let Suggestion { action, update } =
            self.judge
                .suggest(&self.entry, &finding.place, &finding.faults)?;
        let mut proposal = NewProposal {
            action: match action {
                SuggestedAction::Edit => Action::Edit,
                SuggestedAction::Remove => Action::Remove,
                SuggestedAction::Complete => Action::Complete,
            },
            update,
            confidence: self.care(finding),
            reason: "what IdFix proposes".into(),
        };
        let mut taken = Vec::new();
        match self.problem(finding, &proposal) {
            Ok(keys) => taken = keys,
            Err(why) => make_hint(&mut proposal, &why),
        }
        Some((proposal, taken))
    }

    /// Only names are ever safe to mend, and not those of protected accounts.
    fn care(&self, finding: &Finding) -> Confidence {
        let attribute = &finding.place.attribute;
        let is_name = attribute.is("displayName") || attribute.is("givenName");
        let is_filled = finding.place.value.is_some();
        if is_name && is_filled && self.entry.integer("adminCount") != Some(1) {
            Confidence::Safe
        } else {
            Confidence::Review
        }
    }

    /// The keys that a proposal takes, or why it does not hold.
    fn problem(&self, finding: &Finding, proposal: &NewProposal) -> Result<Vec<Key>, String> {
        if proposal.action == Action::Complete {
            return Ok(Vec::new());
        }
        if self.too_much {
            return Err("the entry has too many values to try it out".to_owned());
        }
        let place = &finding.place;
        let update = proposal.update.as_deref();
        if let Some(why) = self.forbidden(finding, proposal.action) {
            return Err(why.to_owned());
        }
        match (proposal.action, update) {
            (Action::Remove, _) if is_kept(&place.attribute) => {
                return Err(format!("{} is never removed", place.attribute));
            }
            (Action::Edit, None) => return Err("there is no value in it".to_owned()),
            (Action::Edit, Some(update)) if Some(update) == self.value(finding) => {
                return Err("it is the present value".to_owned());
            }
            _ => {}
        }
        let draft = Draft::of(&self.entry, &[(place, update)]);
        let written = draft.written.first().and_then(Option::as_ref);
        let faults = self.judge.faults(&draft.entry);
        if let Some(fault) = faults.iter().find(|fault| Some(&fault.place) == written) {
            let rule = self.judge.rules.rule(fault.rule);
            return Err(format!("{}: {}", rule.title, fault.detail));
        }
        if !self.known.new_among(&draft.entry, &faults).is_empty() {
            return Err("it breaks another rule".to_owned());
        }
        if written.is_some_and(|place| repeated(&draft.entry, place).is_some()) {
            return Err("the entry holds that value already".to_owned());
        }
        let keys = self.keys_after(finding, &draft, update);
        match keys.iter().find(|key| !self.is_free(key)) {
            Some(_) => Err("another entry holds that value".to_owned()),
            None => Ok(keys),
        }
    }

    /// Why a proposal is a hint whatever comes of it.
    fn forbidden(&self, finding: &Finding, action: Action) -> Option<&'static str> {
        let attribute = &finding.place.attribute;
        let may_be_cut = ["displayName", "givenName", "mailNickname"]
            .iter()
            .any(|name| attribute.is(name));
        let is_cut = finding
            .faults
            .iter()
            .any(|fault| self.judge.rules.rule(fault.rule).error == ErrorWord::Length);
        let value = self.value(finding).unwrap_or_default().to_lowercase();
        if is_cut && !may_be_cut {
            Some("what is cut is another name, which may be somebody's")
        } else if action == Action::Remove && value.ends_with(".onmicrosoft.com") {
            Some("an address of the cloud's own is never removed")
        } else {
            None
        }
    }

    /// The keys that the draft takes, and that of the written value.
    fn keys_after(&self, finding: &Finding, draft: &Draft, update: Option<&str>) -> Vec<Key> {
        let attribute = &finding.place.attribute;
        let mut keys = key_changes(self.judge, &self.entry, &draft.entry).taken;
        keys.extend(update.and_then(|value| self.judge.key_of(&draft.entry, attribute, value)));
        keys.sort();
        keys.dedup();
        keys
    }

    fn is_free(&self, key: &Key) -> bool {
        let own = self.entry.identity();
        let holders = self.scan.holders(self.judge, key.0, &key.1);
        holders
            .iter()
            .all(|holder| self.scan.snapshot.identity(holder.entry) == own)
    }

    fn value(&self, finding: &Finding) -> Option<&str> {
        let values = self.entry.values(finding.place.attribute.as_str());
        values.get(finding.place.value? as usize)?.as_text()
    }
}
