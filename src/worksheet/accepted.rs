//! Rows that somebody accepted as they are, in this scan or an earlier one.
//!
//! A row is accepted when every rule that it breaks is. An exception that does
//! not fit the scan any more is never bent until it does: it does not apply,
//! and is named.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;

use super::{Located, RowId, RowState, Worksheet};
use crate::exception::{Exception, Why};
use crate::model::{Identity, Value};
use crate::scan::EntryRef;

/// A row's acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// Why, by whom, until when; of several exceptions the reasons together and
    /// the earliest day.
    pub why: Why,
    /// As the state of the row.
    pub(super) state: RowState,
}

impl Acceptance {
    fn new(why: Why) -> Self {
        Self {
            state: RowState::Accepted(why.to_string()),
            why,
        }
    }
}

/// An exception that does not apply, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// The exception.
    pub exception: Exception,
    /// Why it does not apply.
    pub reason: String,
}

/// Raw; whoever shows it escapes it.
impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.exception, self.reason)
    }
}

/// How an exception stands to this scan.
enum Fit {
    Row(RowId),
    /// It is about an entry that this scan did not judge.
    NotJudged,
    Unmet(String),
}

impl Worksheet {
    /// Marks the rows that `known` exceptions accept on `today`; returns those
    /// that do not apply.
    pub fn recall(&mut self, known: &[Exception], today: Date) -> Vec<Unmet> {
        let mut unmet = Vec::new();
        let mut fitting: BTreeMap<RowId, Vec<&Exception>> = BTreeMap::new();
        for exception in known {
            let reason = match self.fit(exception, today) {
                Fit::Row(row) => {
                    fitting.entry(row).or_default().push(exception);
                    continue;
                }
                Fit::NotJudged => continue,
                Fit::Unmet(reason) => reason,
            };
            unmet.push(Unmet {
                exception: exception.clone(),
                reason,
            });
        }
        for (row, exceptions) in fitting {
            let others = self.unaccepted_rules(row, &exceptions);
            if others.is_empty() {
                self.mark_accepted(row, together(&exceptions));
                continue;
            }
            let reason = format!(
                "the value also breaks {}, which is not accepted",
                others.join(" and ")
            );
            unmet.extend(exceptions.into_iter().map(|exception| Unmet {
                exception: exception.clone(),
                reason: reason.clone(),
            }));
        }
        unmet
    }

    /// Marks a row as accepted.
    pub fn mark_accepted(&mut self, row: RowId, why: Why) {
        self.mark_all_accepted(&[row], Some(why));
    }

    /// Takes the acceptance of a row back; whether it had one.
    pub fn mark_unaccepted(&mut self, row: RowId) -> bool {
        let had = self.accepted.contains_key(&row);
        self.mark_all_accepted(&[row], None);
        had
    }

    /// Marks rows as accepted, all for the same reason, or as accepted no longer.
    pub(super) fn mark_all_accepted(&mut self, rows: &[RowId], why: Option<Why>) {
        let acceptance = why.map(|why| Arc::new(Acceptance::new(why)));
        self.noting(rows, |worksheet| {
            let accepted = Arc::make_mut(&mut worksheet.accepted);
            for row in rows {
                match &acceptance {
                    Some(acceptance) => accepted.insert(*row, Arc::clone(acceptance)),
                    None => accepted.remove(row),
                };
            }
            for row in rows {
                worksheet.touch(*row);
            }
        });
    }

    /// The rows that are accepted, those too on which something else was decided
    /// since.
    pub fn accepted_rows(&self) -> impl ExactSizeIterator<Item = RowId> + '_ {
        self.accepted.keys().copied()
    }

    /// Why a row is accepted, if it is.
    pub fn acceptance(&self, row: RowId) -> Option<&Acceptance> {
        self.accepted.get(&row).map(Arc::as_ref)
    }

    /// Whether a row is accepted and nothing else was decided on it since.
    pub fn is_accepted(&self, row: RowId) -> bool {
        matches!(self.state(row), RowState::Accepted(_))
    }

    /// The exceptions that accept a row, one for each rule it breaks, and the
    /// name of the forest they belong to.
    pub fn exceptions(&self, row: RowId, why: &Why) -> (String, Vec<Exception>) {
        let finding = self.finding(row);
        let snapshot = &self.scan.snapshot;
        let exceptions = finding.faults.iter().map(|fault| Exception {
            guid: snapshot.guid(finding.entry),
            dn: snapshot.dn(finding.entry),
            attribute: finding.place.attribute.clone(),
            value: self.value(row).map(Value::from),
            rule: self.judge.rules.rule(fault.rule).id.clone(),
            why: why.clone(),
        });
        let domain = snapshot.domain(finding.entry);
        (self.scan.forest(domain).name.clone(), exceptions.collect())
    }

    fn fit(&self, exception: &Exception, today: Date) -> Fit {
        if let Some(last) = exception.why.expires
            && exception.why.is_expired(today)
        {
            return Fit::Unmet(format!("it expired after {last}"));
        }
        let unmet = |reason: &str| Fit::Unmet(reason.to_owned());
        let Some(entry) = self.excepted_entry(exception) else {
            if !self.scan.is_complete() {
                return Fit::NotJudged;
            }
            return unmet("the entry was not found");
        };
        let value = exception.value.as_ref();
        let row = match self.locate_at(entry, &exception.attribute, value) {
            Located::Row(row) => row,
            Located::NoFinding(_) => return unmet("the value is no finding any more"),
            Located::Changed(_) => return unmet("the value was changed since"),
            Located::NotJudged | Located::NotRead | Located::Gone => return Fit::NotJudged,
        };
        let breaks = |rule: &str| self.rule_ids(row).any(|id| id == rule);
        if breaks(&exception.rule) {
            Fit::Row(row)
        } else {
            Fit::Unmet("the value does not break this rule any more".to_owned())
        }
    }

    /// The entry of an exception. One without an objectGUID, as in some LDIF
    /// files, is known by its name.
    fn excepted_entry(&self, exception: &Exception) -> Option<EntryRef> {
        self.find_entry(&exception.identity()).or_else(|| {
            let by_name = self.find_entry(&Identity::Dn(exception.dn.clone()))?;
            let has_guid = self.scan.snapshot.guid(by_name).is_some();
            (!has_guid).then_some(by_name)
        })
    }

    fn rule_ids(&self, row: RowId) -> impl Iterator<Item = &str> {
        let faults = self.finding(row).faults.iter();
        faults.map(|fault| self.judge.rules.rule(fault.rule).id.as_str())
    }

    fn unaccepted_rules(&self, row: RowId, exceptions: &[&Exception]) -> Vec<String> {
        self.rule_ids(row)
            .filter(|id| exceptions.iter().all(|exception| exception.rule != *id))
            .map(str::to_owned)
            .collect()
    }
}

/// What several exceptions of one row say together.
fn together(exceptions: &[&Exception]) -> Why {
    let joined = |part: fn(&Why) -> &str| {
        let texts = exceptions.iter().map(|exception| part(&exception.why));
        let distinct: BTreeSet<&str> = texts.filter(|text| !text.is_empty()).collect();
        distinct.into_iter().collect::<Vec<_>>().join("; ")
    };
    Why {
        reason: joined(|why| &why.reason),
        author: joined(|why| &why.author),
        expires: exceptions.iter().filter_map(|e| e.why.expires).min(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::fixture::{contoso, judge, user};

    const TODAY: Date = Date::constant(2026, 11, 22);

    fn sheet(mail: &str) -> Worksheet {
        let entries = vec![user("anna", &[("mail", &[mail])])];
        Worksheet::new(contoso(entries), judge())
    }

    fn why() -> Why {
        Why {
            reason: "a relay".into(),
            author: "anna".into(),
            expires: Some(TODAY),
        }
    }

    fn only_row(sheet: &Worksheet) -> RowId {
        assert_eq!(sheet.len(), 1);
        RowId(0)
    }

    /// What is said of the exceptions for `before` when `after` is scanned.
    fn told(before: &str, after: &str, today: Date) -> Vec<String> {
        let known = sheet(before);
        let (forest, known) = known.exceptions(only_row(&known), &why());
        assert_eq!(forest, "contoso.com");
        let mut sheet = sheet(after);
        let unmet = sheet.recall(&known, today);
        unmet.into_iter().map(|unmet| unmet.reason).collect()
    }

    #[test]
    fn an_accepted_row_is_accepted_at_the_next_scan_and_no_longer_proposed_for() {
        let first = sheet("anna@contoso.local");
        let (_, known) = first.exceptions(only_row(&first), &why());
        let mut next = sheet("anna@contoso.local");
        assert_eq!(next.recall(&known, TODAY), []);
        let row = only_row(&next);
        let accepted = RowState::Accepted("a relay (anna, until 2026-11-22)".into());
        assert_eq!(*next.state(row), accepted);
        assert!(next.row_matches(
            row,
            &crate::worksheet::RowFilter::parse("state:accepted").unwrap()
        ));
        assert_eq!(next.accept_safe(&[row]), 0);
        next.edit(row, "anna@contoso.com").unwrap();
        assert_eq!(
            *next.state(row),
            RowState::Open,
            "a new decision comes first"
        );
        assert!(next.undo());
        assert!(next.is_accepted(row));
    }

    #[test]
    fn what_does_not_fit_any_more_does_not_apply_and_is_named() {
        let local = "anna@contoso.local";
        let tomorrow = TODAY.tomorrow().unwrap();
        assert_eq!(
            told(local, local, tomorrow),
            ["it expired after 2026-11-22"]
        );
        assert_eq!(
            told(local, "anna@fabrikam.local", TODAY),
            ["the value was changed since"]
        );
        assert_eq!(
            told(local, "anna@contoso.com", TODAY),
            ["the value was changed since"]
        );
    }

    #[test]
    fn a_row_that_breaks_another_rule_too_is_not_accepted() {
        let first = sheet("anna@contoso.local");
        let (_, mut known) = first.exceptions(only_row(&first), &why());
        let value = Some(Value::from("anna..x@contoso.local"));
        for exception in &mut known {
            exception.value.clone_from(&value);
        }
        let mut next = sheet("anna..x@contoso.local");
        let unmet = next.recall(&known, TODAY);
        assert!(!next.is_accepted(only_row(&next)));
        assert_eq!(unmet.len(), 1);
        assert!(
            unmet[0]
                .reason
                .starts_with("the value also breaks mail-dots"),
            "{}",
            unmet[0].reason
        );
    }

    #[test]
    fn an_entry_that_is_gone_is_named() {
        let first = sheet("anna@contoso.local");
        let (_, known) = first.exceptions(only_row(&first), &why());
        let mut next = Worksheet::new(contoso(vec![user("b", &[])]), judge());
        let unmet = next.recall(&known, TODAY);
        assert_eq!(unmet[0].reason, "the entry was not found");
        assert!(
            unmet[0]
                .to_string()
                .contains(" mail 'anna@contoso.local' of CN=anna,"),
            "{}",
            unmet[0]
        );
    }
}
