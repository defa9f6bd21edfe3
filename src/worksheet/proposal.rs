//! What idmend suggests for a row, and the proof that it holds.
//!
//! A proposal differs from the present value, and the entry with it breaks no
//! rule that it did not break before, nor any at that place; only that mail
//! should be the primary address is left to the proposals of the entry together.
//! It takes no value that any scanned entry holds and none that another proposal
//! takes (`contest`). All proposals of an entry hold together, not only one by
//! one.

use std::borrow::Cow;
use std::collections::HashMap;

use rayon::prelude::*;

use super::contest::{Candidate, settle};
use super::draft::{Deed, Draft, Key, KnownFaults, key_changes};
use super::keeper::{Keepers, Membership};
use super::proposals::{Packer, Proposals};
use super::{Action, chain};
use crate::model::{AddressType, AttributeName, Entry, ObjectClass, ProxyAddress, Value};
use crate::rule::{Confidence, Fault, Judge, KeySpace, Mended, Place};
use crate::scan::{EntryRef, Finding, MOST_JOINED, ScanResult};

/// How many numbers are tried behind a name.
const VARIANTS: usize = 10;

/// Values times rows of one entry for which proposals are worked out. Above
/// it, which only a hostile entry is, rows go without: the work would grow with
/// the square.
const WORK: usize = 1 << 22;

/// Entries whose proposals are worked out together before they are packed.
const BLOCK: usize = 1 << 14;

/// The policy that msExchPoliciesExcluded names when Exchange leaves an entry's
/// addresses alone.
const ADDRESS_POLICY: &str = "{26491cfc-9e50-4857-861b-0cb8df22b5d7}";

/// A proposal as it is worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewProposal {
    /// Edit, Remove or Complete.
    pub(super) action: Action,
    /// The new value of an Edit.
    pub(super) update: Option<String>,
    /// How much care it asks for.
    pub(super) confidence: Confidence,
    /// Why, in one sentence.
    pub(super) reason: Cow<'static, str>,
}

/// The proposal of each finding.
pub(super) fn propose(scan: &ScanResult, judge: &Judge) -> Proposals {
    if judge.is_chain() {
        return chain::propose(scan, judge);
    }
    let mut keepers = Keepers::default();
    let mut packer = Packer::new(scan.findings.len());
    let mut candidates = Vec::new();
    let of_entries: Vec<&[Finding]> = scan.findings.chunk_by(|a, b| a.entry == b.entry).collect();
    for block in of_entries.chunks(BLOCK) {
        let with_sets = block.iter().map(|findings| {
            let parts = findings.iter();
            let sets = parts.map(|finding| keepers.part(finding, scan, judge));
            (*findings, sets.collect())
        });
        let with_sets: Vec<(&[Finding], Vec<Membership>)> = with_sets.collect();
        let made = with_sets.into_par_iter().map(|(findings, sets)| {
            let mut bench = Bench::new(scan, judge, findings, sets);
            bench.propose();
            bench.end()
        });
        let made: Vec<(Vec<Option<NewProposal>>, Vec<Key>)> = made.collect();
        for (findings, (proposals, taken)) in block.iter().zip(made) {
            candidates.push(Candidate {
                entry: findings
                    .first()
                    .map_or(EntryRef(0), |finding| finding.entry),
                findings,
                first: packer.next(),
                taken,
            });
            for proposal in proposals {
                packer.add(proposal);
            }
        }
    }
    let mut proposals = packer.finish();
    settle(&mut candidates, &mut proposals, scan, judge);
    proposals
}

/// Where the proposals of one entry are worked out, one on top of the other.
struct Bench<'a> {
    scan: &'a ScanResult,
    judge: &'a Judge,
    findings: &'a [Finding],
    sets: Vec<Membership>,
    at: EntryRef,
    entry: Entry,
    faults: Vec<Fault>,
    known: KnownFaults,
    proposals: Vec<Option<NewProposal>>,
    /// Keys that are known to be free, or not.
    free: HashMap<Key, bool>,
}

impl<'a> Bench<'a> {
    fn new(
        scan: &'a ScanResult,
        judge: &'a Judge,
        findings: &'a [Finding],
        sets: Vec<Membership>,
    ) -> Self {
        let at = findings
            .first()
            .map_or(EntryRef(0), |finding| finding.entry);
        let entry = scan.snapshot.entry(at);
        let faults = judge.faults(&entry);
        Self {
            at,
            known: KnownFaults::of(&entry, &faults),
            faults,
            proposals: vec![None; findings.len()],
            free: HashMap::new(),
            scan,
            judge,
            findings,
            sets,
            entry,
        }
    }

    /// The proposals, and the keys that the entry takes when all are done.
    fn end(self) -> (Vec<Option<NewProposal>>, Vec<Key>) {
        let taken = key_changes(self.judge, &self.entry, &self.draft(None).entry).taken;
        (self.proposals, taken)
    }

    fn propose(&mut self) {
        let attributes = self.entry.attributes().iter();
        let values: usize = attributes.map(|attribute| attribute.values.len()).sum();
        let rows = self.findings.len().min(WORK / values.max(1));
        // What follows the primary address comes after it.
        let (last, first): (Vec<usize>, Vec<usize>) =
            (0..rows).partition(|row| self.is_follower(*row));
        for row in first.into_iter().chain(last) {
            let proposal = self.mend(row).or_else(|| self.share(row));
            self.proposals[row] = proposal;
        }
    }

    /// Whether a row is at an attribute that rules compare with the primary
    /// address.
    fn is_follower(&self, row: usize) -> bool {
        let attribute = &self.findings[row].place.attribute;
        attribute.is("mail") || *attribute == self.judge.settings.login_attribute
    }

    /// A proposal from the rules that the value breaks on its own, for one that
    /// follows the primary address beside the proposals before.
    fn mend(&mut self, row: usize) -> Option<NewProposal> {
        let place = &self.findings[row].place;
        let mended = if self.is_follower(row) {
            let before = self.draft(None).entry;
            self.mended(place, &before, &self.judge.faults(&before))
        } else {
            self.mended(place, &self.entry, &self.faults)
        }?;
        if !self.holds(row, mended.value.as_deref()) {
            return None;
        }
        let mut proposal = NewProposal {
            action: match mended.value {
                Some(_) => Action::Edit,
                None => Action::Remove,
            },
            confidence: self.care(row, &mended),
            update: mended.value,
            reason: mended.reason,
        };
        self.add_address_policy(row, &mut proposal);
        Some(proposal)
    }

    fn mended(&self, place: &Place, entry: &Entry, faults: &[Fault]) -> Option<Mended> {
        let is_faulty = faults.iter().any(|fault| fault.place == *place);
        is_faulty.then(|| self.judge.mend(entry, place, faults))?
    }

    /// A proposal from who should keep a value that others hold too.
    fn share(&mut self, row: usize) -> Option<NewProposal> {
        let place = &self.findings[row].place;
        let own_faults = self.faults.iter().any(|fault| fault.place == *place);
        let membership = self.sets[row];
        match membership {
            Membership::Keeper if !own_faults => Some(NewProposal {
                action: Action::Complete,
                update: None,
                confidence: Confidence::Review,
                reason: "of the entries that hold this address this one should keep it".into(),
            }),
            Membership::GivesUp if self.is_removable(row) && self.holds(row, None) => {
                Some(NewProposal {
                    action: Action::Remove,
                    update: None,
                    confidence: Confidence::Review,
                    reason: "another entry holds this address with a better claim, \
                             and here it is a secondary address"
                        .into(),
                })
            }
            Membership::GivesUp => self.variant(row),
            _ => None,
        }
    }

    /// A number behind the name, for a value that another entry should keep and
    /// this one cannot be without: the name to sign in with, or the primary
    /// address. Holders of one value begin at different numbers.
    fn variant(&mut self, row: usize) -> Option<NewProposal> {
        let attribute = &self.findings[row].place.attribute;
        let text = self.text(row)?.to_owned();
        let is_primary = attribute.is("proxyAddresses")
            && ProxyAddress::split(&text).kind == AddressType::PrimarySmtp
            || attribute.is("mail") && !self.entry.has("proxyAddresses");
        // Another address of somebody outside reaches somebody else.
        let elsewhere =
            self.entry.class() == ObjectClass::Contact || self.entry.has("targetAddress");
        let is_login = *attribute == self.judge.settings.login_attribute;
        if !is_login && (elsewhere || !is_primary) {
            return None;
        }
        let (local, domain) = text.rsplit_once('@')?;
        let (space, key) = self.judge.key_of(&self.entry, attribute, &text)?;
        let set = self.scan.conflicts.find(space, &key)?;
        let holders = self.scan.conflicts.sets()[set].holders.iter();
        let mut entries: Vec<EntryRef> = holders.map(|holder| holder.entry).collect();
        entries.dedup();
        let rank = entries.iter().position(|entry| *entry == self.at)?;
        (rank.max(1) + 1..)
            .take(VARIANTS)
            .map(|number| format!("{local}{number}@{domain}"))
            .find(|variant| self.holds(row, Some(variant)))
            .map(|variant| NewProposal {
                action: Action::Edit,
                update: Some(variant),
                confidence: Confidence::Review,
                reason: "another entry holds this address with a better claim; \
                         this is the next free one of the same name"
                    .into(),
            })
    }

    /// Whether a value may be given up to another entry: a secondary address
    /// that is not one of the cloud's own.
    fn is_removable(&self, row: usize) -> bool {
        let attribute = &self.findings[row].place.attribute;
        let text = self.text(row);
        text.is_some_and(|text| is_removable(attribute, text))
    }

    /// Whether the entry is better for writing `value` at `row`, alone and
    /// together with the proposals before it.
    fn holds(&mut self, row: usize, value: Option<&str>) -> bool {
        let place = &self.findings[row].place;
        if value.is_some_and(|value| value.is_empty() || Some(value) == self.text(row)) {
            return false;
        }
        if value.is_none() && (place.value.is_none() || is_kept(&place.attribute)) {
            return false;
        }
        let deed: Deed<'_> = (place, value);
        let alone = Draft::of(&self.entry, &[deed]);
        let together = self.draft(Some(deed));
        let last = together.written.len() - 1;
        let better = (last == 0 || self.is_better(&alone, 0, true))
            && self.is_better(&together, last, false);
        let mut taken = key_changes(self.judge, &self.entry, &together.entry).taken;
        taken.extend(value.and_then(|value| {
            let attribute = &self.findings[row].place.attribute;
            self.judge.key_of(&together.entry, attribute, value)
        }));
        better && taken.into_iter().all(|key| self.is_free(key))
    }

    /// Whether `draft` breaks no new rule, none at the place of `deed`, and
    /// repeats no value there. What follows the primary address may differ from
    /// it elsewhere, and with `lenient` at the place, too.
    fn is_better(&self, draft: &Draft, deed: usize, lenient: bool) -> bool {
        let written = draft.written[deed].as_ref();
        let faults = self.judge.faults(&draft.entry);
        let follows = |fault: &Fault| self.judge.follows_primary(fault.rule);
        let clean = faults
            .iter()
            .all(|fault| Some(&fault.place) != written || lenient && follows(fault));
        let rest = faults.iter().filter(|fault| !follows(fault));
        let clean = clean && self.known.has_all(&draft.entry, rest);
        clean && written.is_none_or(|place| repeated(&draft.entry, place).is_none())
    }

    fn draft(&self, more: Option<Deed<'_>>) -> Draft {
        let rows = self.findings.iter().zip(&self.proposals);
        let mut deeds: Vec<Deed<'_>> = rows
            .filter_map(|(finding, proposal)| {
                let proposal = proposal.as_ref()?;
                let deed = (&finding.place, proposal.update.as_deref());
                (proposal.action != Action::Complete).then_some(deed)
            })
            .collect();
        deeds.extend(more);
        Draft::of(&self.entry, &deeds)
    }

    fn is_free(&mut self, key: Key) -> bool {
        if let Some(free) = self.free.get(&key) {
            return *free;
        }
        let holders = self.scan.holders(self.judge, key.0, &key.1);
        let joins = key.0 != KeySpace::Anchor && holders.len() < MOST_JOINED;
        let free = holders.iter().all(|holder| {
            self.scan.is_same_entry(holder.entry, self.at)
                || joins && self.scan.is_one_object(holder.entry, self.at)
        });
        self.free.insert(key, free);
        free
    }

    fn text(&self, row: usize) -> Option<&str> {
        let place = &self.findings[row].place;
        let values = self.entry.values(place.attribute.as_str());
        values.get(place.value? as usize)?.as_text()
    }

    /// How much care a mended value asks for: what the rule says, but never
    /// "safe" where people sign in or are written to, for a member of a
    /// conflict set, or on a protected account.
    fn care(&self, row: usize, mended: &Mended) -> Confidence {
        let attribute = &self.findings[row].place.attribute;
        let delicate = [
            "userPrincipalName",
            "sAMAccountName",
            "mail",
            "targetAddress",
        ]
        .iter()
        .any(|name| attribute.is(name));
        let primary = self.touches_primary(row, mended.value.as_deref());
        let protected = self.entry.integer("adminCount") == Some(1);
        let removes = mended.value.is_none() && !self.is_repeat(row);
        let shared = self.sets[row] != Membership::Alone;
        if delicate || primary || protected || removes || shared {
            mended.confidence.max(Confidence::Review)
        } else {
            mended.confidence
        }
    }

    fn touches_primary(&self, row: usize, update: Option<&str>) -> bool {
        let is_primary = |text| ProxyAddress::split(text).kind == AddressType::PrimarySmtp;
        self.findings[row].place.attribute.is("proxyAddresses")
            && (self.text(row).is_some_and(is_primary) || update.is_some_and(is_primary))
    }

    /// Whether the entry holds the row's value a second time.
    fn is_repeat(&self, row: usize) -> bool {
        let finding = &self.findings[row];
        repeated(&self.entry, &finding.place).is_some()
    }

    fn add_address_policy(&self, row: usize, proposal: &mut NewProposal) {
        let excluded = self
            .entry
            .values("msExchPoliciesExcluded")
            .iter()
            .any(|value| {
                let text = value.to_text_lossy().to_ascii_lowercase();
                text.contains(ADDRESS_POLICY)
            });
        let managed = self.entry.has("mailNickname") && !excluded;
        if managed && self.touches_primary(row, proposal.update.as_deref()) {
            proposal.reason += "; an address policy of Exchange applies to this entry and may put \
                                the old address back";
        }
    }
}

/// The place of another value of the attribute that a directory takes for the
/// same as the one at `place`: it ignores case.
pub(super) fn repeated(entry: &Entry, place: &Place) -> Option<usize> {
    let values = entry.values(place.attribute.as_str());
    let own = place.value? as usize;
    let lower = |value: &Value| value.to_text_lossy().to_lowercase();
    let text = lower(values.get(own)?);
    values
        .iter()
        .enumerate()
        .position(|(index, value)| index != own && lower(value) == text)
}

/// Whether a value may be given up to another entry: a secondary address that
/// is not one of the cloud's own.
pub(super) fn is_removable(attribute: &AttributeName, text: &str) -> bool {
    let lower = text.to_lowercase();
    let clouds_own = lower.ends_with(".onmicrosoft.com") || lower.ends_with(".microsoftonline.com");
    attribute.is("proxyAddresses")
        && ProxyAddress::split(text).kind == AddressType::SecondarySmtp
        && !clouds_own
}

/// Whether an attribute is never taken away: nobody could sign in.
pub(super) fn is_kept(attribute: &AttributeName) -> bool {
    attribute.is("sAMAccountName") || attribute.is("userPrincipalName")
}

#[cfg(test)]
mod tests {
    use crate::scan::fixture::{contoso, judge, user};
    use crate::worksheet::Worksheet;

    /// The reasons of all proposals of a mail user, by attribute.
    fn reasons(more: &[(&'static str, &[&str])]) -> Vec<(String, String)> {
        let mut all: Vec<(&'static str, &[&str])> = vec![
            ("userPrincipalName", &["a nna@contoso.local"]),
            ("mail", &["anna@contoso.com"]),
            ("proxyAddresses", &["SMTP:an na@contoso.com"]),
            ("mailNickname", &["anna"]),
        ];
        all.extend(more);
        let sheet = Worksheet::new(contoso(vec![user("anna", &all)]), judge());
        let rows = sheet.rows();
        rows.filter_map(|row| {
            let reason = sheet.proposal(row)?.reason;
            Some((sheet.text(row).attribute, reason.to_owned()))
        })
        .collect()
    }

    #[test]
    fn an_address_policy_is_named_once_and_where_it_can_undo_the_change() {
        let named = |reasons: &[(String, String)]| -> Vec<(String, usize)> {
            let counted = reasons
                .iter()
                .map(|(attribute, reason)| (attribute.clone(), reason.matches("policy").count()));
            counted.collect()
        };
        let both = |times| {
            let login = ("userPrincipalName".to_owned(), 0);
            [("proxyAddresses".to_owned(), times), login]
        };
        let mut managed = named(&reasons(&[]));
        managed.sort();
        assert_eq!(managed, both(1));
        let excluded = &["{26491CFC-9E50-4857-861B-0CB8DF22B5D7}"];
        let mut excluded = named(&reasons(&[("msExchPoliciesExcluded", excluded)]));
        excluded.sort();
        assert_eq!(excluded, both(0));
    }
}
