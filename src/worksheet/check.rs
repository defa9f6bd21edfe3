//! What is wrong with a value that somebody wants to write.

use super::draft::{Draft, Key, KeyChanges, KnownFaults, key_changes};
use super::proposal::{is_kept, repeated};
use super::{RowId, Worksheet};
use crate::model::{AttributeName, Entry};
use crate::rule::{ErrorWord, Fault, KeySpace, RuleId};
use crate::scan::{EntryRef, MOST_JOINED, Part};

impl Worksheet {
    /// What is wrong with writing `value` at a row, or with taking the row's
    /// value away; nothing if it makes the entry better and hurts nobody.
    pub(super) fn problems(&self, row: RowId, value: Option<&str>) -> Vec<String> {
        self.try_out(row, value).0
    }

    /// [`Worksheet::problems`], and what the entry takes and frees with that
    /// value, if nothing else is staged on it.
    pub(super) fn try_out(
        &self,
        row: RowId,
        value: Option<&str>,
    ) -> (Vec<String>, Option<KeyChanges>) {
        let entry = self.entry(row);
        if let Some(problem) = self.pointless(row, &entry, value) {
            return (vec![problem], None);
        }
        let draft = self.draft_with(&entry, row, value);
        let known = KnownFaults::of(&entry, &self.judge.faults(&entry));
        let mut problems = self.rule_problems(row, &draft, &known);
        if let Some(place) = &draft.written[0]
            && repeated(&draft.entry, place).is_some()
        {
            problems.push(format!(
                "the entry holds this value in {} already",
                place.attribute
            ));
        }
        let changes = key_changes(&self.judge, &entry, &draft.entry);
        let mut keys = changes.taken.clone();
        keys.extend(value.and_then(|value| {
            let attribute = &self.finding(row).place.attribute;
            self.judge.key_of(&draft.entry, attribute, value)
        }));
        keys.sort();
        keys.dedup();
        for key in keys {
            problems.extend(self.collision(row, &draft.entry, &key));
        }
        problems.extend(self.left_alone_with(row, &draft.entry).map(|holder| {
            format!(
                "it would no longer be joined with {}, which holds one of its values in {}",
                self.scan.snapshot.dn(holder.entry),
                holder.place.attribute
            )
        }));
        (problems, (draft.written.len() == 1).then_some(changes))
    }

    /// Why a change cannot be meant, whatever the rules say.
    fn pointless(&self, row: RowId, entry: &Entry, value: Option<&str>) -> Option<String> {
        let finding = self.finding(row);
        let attribute = &finding.place.attribute;
        let present = self.value(row);
        if is_never_written(attribute) {
            return Some(format!("idmend never writes {attribute}"));
        }
        if self.is_of_all_values(row) {
            return Some(format!(
                "the finding is about all values of {attribute}; change them elsewhere"
            ));
        }
        let Some(value) = value else {
            return match present {
                None => Some("there is no value to remove".to_owned()),
                Some(_) if is_kept(attribute) => Some(format!(
                    "{attribute} is never removed: the account could not sign in; edit it"
                )),
                Some(_) => None,
            };
        };
        if value.is_empty() {
            return Some("an empty value cannot be written; REMOVE takes a value away".to_owned());
        }
        if present == Some(value.as_bytes()) {
            return Some("this is the present value".to_owned());
        }
        let domain = self.scan.snapshot.domain(finding.entry);
        let schema = self.scan.forest(domain).schema.attribute(attribute);
        let length = value.encode_utf16().count();
        let upper = schema
            .range_upper
            .map_or(usize::MAX, |upper| upper as usize);
        if length > upper {
            return Some(format!(
                "{attribute} takes {upper} characters at most by the directory's schema, \
                 these are {length}"
            ));
        }
        let filled = present.is_none() && entry.has(attribute.as_str());
        (filled && schema.single_valued)
            .then(|| format!("{attribute} has a value already and takes one only"))
    }

    /// Whether a row is about more values than one: there are too many.
    fn is_of_all_values(&self, row: RowId) -> bool {
        let finding = self.finding(row);
        finding.place.value.is_none()
            && finding
                .faults
                .iter()
                .all(|fault| self.judge.rules.rule(fault.rule).error == ErrorWord::Count)
    }

    /// Rules that the entry would break: at the place of the new value all that
    /// block synchronisation or are new there, elsewhere those that are new.
    fn rule_problems(&self, row: RowId, draft: &Draft, known: &KnownFaults) -> Vec<String> {
        let written = draft.written[0].as_ref();
        let faults = self.judge.faults(&draft.entry);
        let new = known.new_among(&draft.entry, &faults);
        faults
            .iter()
            .filter(|fault| {
                if Some(&fault.place) == written {
                    !self.tolerates(row, fault.rule)
                } else {
                    new.contains(fault) && !self.judge.follows_primary(fault.rule)
                }
            })
            .map(|fault| self.sentence(fault))
            .collect()
    }

    /// Whether a fault may stay at a row: a light one that was there before, or
    /// that follows from another row.
    pub(super) fn tolerates(&self, row: RowId, rule: RuleId) -> bool {
        let faults = &self.finding(row).faults;
        self.judge.is_light(rule) && faults.iter().any(|before| before.rule == rule)
            || self.judge.follows_primary(rule)
    }

    pub(super) fn sentence(&self, fault: &Fault) -> String {
        let rule = self.judge.rules.rule(fault.rule);
        format!(
            "{}: {}: {}",
            fault.place.attribute, rule.title, fault.detail
        )
    }

    /// Who holds `key`, or is about to take it, beside the entry of `row`, which
    /// would look like `entry`; `None` if nobody does or no rule minds.
    fn collision(&self, row: RowId, entry: &Entry, key: &Key) -> Option<String> {
        let holders = self.scan.holders(&self.judge, key.0, &key.1);
        let joins = key.0 != KeySpace::Anchor && holders.len() < MOST_JOINED;
        let at = self.finding(row).entry;
        let may_share = |other| {
            self.scan.is_same_entry(other, at) || joins && self.may_share(row, entry, (other, key))
        };
        let mut others: Vec<(EntryRef, AttributeName, bool)> = holders
            .into_iter()
            .filter(|holder| !may_share(holder.entry))
            .filter(|holder| !self.staged.frees(holder.entry, key))
            .map(|holder| (holder.entry, holder.place.attribute, false))
            .collect();
        let attribute = self.attribute_of(entry, key)?;
        let takers = self.staged.takers(key);
        others.extend(
            takers
                .filter(|taker| !may_share(*taker))
                .map(|taker| (taker, attribute.clone(), true)),
        );
        let attributes: Vec<AttributeName> = others
            .iter()
            .map(|(_, attribute, _)| attribute.clone())
            .collect();
        let (other, place, staged) = others.first()?;
        let rule = self
            .judge
            .collision(entry, key.0, &attribute, &attributes)?;
        if self.tolerates(row, rule) {
            return None;
        }
        Some(self.collision_sentence(*other, place, *staged, others.len() - 1))
    }

    /// Where `entry` holds `key`.
    pub(super) fn attribute_of(&self, entry: &Entry, key: &Key) -> Option<AttributeName> {
        let keys = self.judge.keys(entry).into_iter();
        keys.filter(|found| found.space == key.0 && found.key == key.1)
            .map(|found| found.place.attribute)
            .next()
    }

    fn collision_sentence(
        &self,
        other: EntryRef,
        attribute: &AttributeName,
        staged: bool,
        more: usize,
    ) -> String {
        let dn = self.scan.snapshot.dn(other);
        let remark = match self.scan.snapshot.part(other) {
            Part::Judged => String::new(),
            Part::OutOfScope => " (out of scope)".to_owned(),
            Part::Skipped(reason) => format!(" (not synchronised: {reason})"),
        };
        let more = match more {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        if staged {
            format!("a staged edit gives this value to {dn}{remark}{more}")
        } else {
            format!("this value is held by {dn}{remark} in {attribute}{more}")
        }
    }
}

/// Whether an attribute is shown only: it is no text, or it ties an entry to
/// another one.
fn is_never_written(attribute: &AttributeName) -> bool {
    [
        "member",
        "mS-DS-ConsistencyGuid",
        "msExchMasterAccountSid",
        "thumbnailPhoto",
        "userCertificate",
        "userSMIMECertificate",
    ]
    .iter()
    .any(|name| attribute.is(name))
}
