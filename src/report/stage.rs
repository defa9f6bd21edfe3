//! From the decisions of a report to staged rows of a fresh scan.
//!
//! Each decision is held against the entry as it is now: what is stale, foreign or
//! already as wished is told apart, by line. Nothing is written to a directory.

use std::collections::BTreeMap;

use super::import::{Decision, Fault};
use crate::exception::Why;
use crate::model::Value;
use crate::text::{Cut, fit_text};
use crate::worksheet::{Action, Choice, Lookup, RowId, Worksheet};

/// How much of a value is shown.
const VALUE_WIDTH: usize = 100;

/// What became of the decisions.
#[derive(Debug, Default)]
pub struct Staged {
    /// The line of each row that was staged.
    pub lines: BTreeMap<RowId, u64>,
    /// Rows that are held back, with the reason.
    pub refused: Vec<Fault>,
    /// Rows that are already as they should be.
    pub not_needed: u64,
    /// Rows that are right as they are, and why.
    pub complete: Vec<(RowId, Why)>,
    /// Rows of which an earlier one, by another name of the entry, is about the
    /// same value.
    pub doubled: Vec<Fault>,
}

impl Staged {
    fn refuse(&mut self, line: u64, sentence: impl Into<String>) {
        self.refused.push(Fault {
            line,
            sentence: sentence.into(),
        });
    }
}

/// Stages the decisions on the rows they are about, as one step of undo.
/// Removals come first, so that what they free can be taken.
pub fn stage(sheet: &mut Worksheet, decisions: &[Decision]) -> Staged {
    let mut staged = Staged::default();
    let mut edits = Vec::new();
    let mut choices = Vec::new();
    for decision in decisions {
        match find(sheet, decision) {
            Ok(Found::Row(row)) => {
                if let Some(first) = staged.lines.get(&row) {
                    staged.doubled.push(Fault {
                        line: decision.line,
                        sentence: format!(
                            "is about the same value as line {first}, by another name of the entry"
                        ),
                    });
                    continue;
                }
                staged.lines.insert(row, decision.line);
                match decision.action {
                    Action::Edit => edits.push((row, Choice::Edit(decision.update.clone()))),
                    Action::Remove => choices.push((row, Choice::Remove)),
                    Action::Complete => staged.complete.push((row, decision.why.clone())),
                    Action::None => {}
                }
            }
            Ok(Found::AsWished) => staged.not_needed += 1,
            Err(sentence) => staged.refuse(decision.line, sentence),
        }
    }
    choices.append(&mut edits);
    for (row, sentence) in sheet.choose_all(&choices).refused {
        let line = staged.lines.get(&row).copied().unwrap_or_default();
        staged.refuse(line, sentence);
    }
    staged
}

enum Found {
    Row(RowId),
    AsWished,
}

fn find(sheet: &Worksheet, decision: &Decision) -> Result<Found, String> {
    let attribute = decision.attribute.as_str();
    let text = decision.value.as_ref().map(Value::to_text_lossy);
    let lookup = sheet.find(&decision.identity, attribute, text.as_deref().unwrap_or(""));
    let entry = match lookup {
        Lookup::Row(row) => {
            if sheet.value(row) == decision.value.as_ref().map(Value::as_bytes) {
                return Ok(Found::Row(row));
            }
            sheet.entry(row)
        }
        Lookup::NoFinding(at) => sheet.scan.snapshot.entry(at),
        Lookup::Unknown => {
            return Err(format!(
                "{} is not among the scanned entries",
                name_of(decision)
            ));
        }
    };
    let values = entry.values(attribute);
    let is_there = |wanted: &Value| values.contains(wanted);
    let old_gone = !decision.value.as_ref().is_some_and(is_there);
    let as_wished = match decision.action {
        Action::Edit => old_gone && is_there(&Value::from(decision.update.as_str())),
        Action::Remove => old_gone,
        // As IdFix says of what it has written.
        Action::Complete => {
            let update = &decision.update;
            !update.is_empty() && old_gone && is_there(&Value::from(update.as_str()))
        }
        Action::None => true,
    };
    if as_wished {
        return Ok(Found::AsWished);
    }
    let what = format!("{attribute} of {}", name_of(decision));
    Err(match &decision.value {
        Some(value) if !is_there(value) => {
            let now = now(values);
            format!("conflict: {what} no longer has the value of the report{now}")
        }
        None if !values.is_empty() => {
            format!("conflict: {what} is no longer blank{}", now(values))
        }
        _ => format!(
            "{what} is no finding of this scan, so there is nothing to {}",
            if decision.action == Action::Complete {
                "accept"
            } else {
                "mend"
            }
        ),
    })
}

/// What stands where another value was expected, if that can be said in short.
fn now(values: &[Value]) -> String {
    match values {
        [] => ": it is blank now".to_owned(),
        [one] => {
            let text = one.to_text_lossy();
            format!(
                ": it is '{}' now",
                fit_text(&text, VALUE_WIDTH, Cut::Middle)
            )
        }
        _ => String::new(),
    }
}

fn name_of(decision: &Decision) -> String {
    if decision.dn.is_empty() {
        decision.identity.to_string()
    } else {
        decision.dn.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AttributeName, DistinguishedName, Identity};
    use crate::report::Record;
    use crate::scan::fixture::{contoso, judge, user};

    fn sheet() -> Worksheet {
        let users = [("a", "a a@contoso.com"), ("b", "b,b@contoso.com")];
        let entries = users
            .into_iter()
            .map(|(name, upn)| user(name, &[("userPrincipalName", &[upn])]));
        Worksheet::new(contoso(entries.collect()), judge())
    }

    /// A decision on the row of a user, by name, as a file has it.
    fn decision(sheet: &Worksheet, line: u64, row: u32, action: Action, update: &str) -> Decision {
        let record = Record::of(sheet, RowId(row));
        Decision {
            line,
            identity: Identity::Dn(DistinguishedName::from_server(record.dn.as_str())),
            dn: record.dn,
            attribute: AttributeName::known("userPrincipalName"),
            value: record.value,
            action,
            update: update.to_owned(),
            why: Why::default(),
        }
    }

    fn only_refusal(mut sheet: Worksheet, decision: Decision) -> String {
        let staged = stage(&mut sheet, &[decision]);
        assert_eq!(staged.refused.len(), 1, "{staged:?}");
        staged.refused[0].to_string()
    }

    #[test]
    fn what_fits_is_staged_and_keeps_its_line() {
        let mut sheet = sheet();
        let decisions = [
            decision(&sheet, 7, 0, Action::Edit, "aa@contoso.com"),
            decision(&sheet, 9, 1, Action::Complete, ""),
        ];
        let staged = stage(&mut sheet, &decisions);
        assert_eq!(staged.refused, []);
        assert_eq!(staged.lines[&RowId(0)], 7);
        assert_eq!(staged.complete.len(), 1);
        assert_eq!(sheet.plan().changes.len(), 1);
    }

    #[test]
    fn stale_and_foreign_rows_are_refused_with_what_is_there_now() {
        let stale = Decision {
            value: Some(Value::from("old@contoso.com")),
            ..decision(&sheet(), 2, 0, Action::Edit, "new@contoso.com")
        };
        let sentence = only_refusal(sheet(), stale.clone());
        assert!(
            sentence.starts_with("line 2: conflict: userPrincipalName of CN=a,"),
            "{sentence}"
        );
        assert!(
            sentence.ends_with(": it is 'a a@contoso.com' now"),
            "{sentence}"
        );
        let blank = Decision {
            value: None,
            ..stale.clone()
        };
        let sentence = only_refusal(sheet(), blank);
        assert!(sentence.contains("is no longer blank"), "{sentence}");
        let foreign = Decision {
            identity: Identity::Dn(DistinguishedName::from_server("CN=z,DC=x")),
            dn: "CN=z,DC=x".into(),
            ..stale
        };
        let sentence = only_refusal(sheet(), foreign);
        assert_eq!(
            sentence,
            "line 2: CN=z,DC=x is not among the scanned entries"
        );
    }

    #[test]
    fn two_names_of_one_entry_do_not_make_two_decisions() {
        let mut sheet = sheet();
        let mut again = decision(&sheet, 3, 0, Action::Remove, "");
        let upper = again.dn.to_uppercase();
        again.identity = Identity::Dn(DistinguishedName::from_server(upper));
        let first = decision(&sheet, 2, 0, Action::Edit, "aa@contoso.com");
        let staged = stage(&mut sheet, &[first, again]);
        assert_eq!(staged.doubled.len(), 1);
        assert_eq!(
            staged.doubled[0].to_string(),
            "line 3: is about the same value as line 2, by another name of the entry"
        );
    }

    #[test]
    fn what_idfix_has_written_counts_as_done() {
        let done = Decision {
            value: Some(Value::from("before@contoso.com")),
            ..decision(&sheet(), 2, 0, Action::Complete, "a a@contoso.com")
        };
        let staged = stage(&mut sheet(), &[done]);
        assert_eq!((staged.not_needed, staged.refused.len()), (1, 0));
    }
}
