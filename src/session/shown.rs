//! A transaction as text to read.

use crate::model::Value;
use crate::transaction::TransactionRecord;

/// A transaction as text to read: a heading and the lines of its diff for each
/// modification. Raw: a face makes it safe.
pub fn shown(record: &TransactionRecord) -> Vec<(String, Vec<String>)> {
    let outcomes = record
        .outcomes
        .iter()
        .map(Some)
        .chain(std::iter::repeat(None));
    record
        .plan
        .iter()
        .zip(outcomes)
        .map(|(modification, outcome)| {
            let outcome = outcome
                .and_then(Option::as_ref)
                .map_or_else(|| "unknown".to_owned(), ToString::to_string);
            let Some(modification) = modification else {
                let heading = format!("(unreadable in the journal): {outcome}");
                return (heading, Vec::new());
            };
            let mut lines = Vec::new();
            for change in &modification.changes {
                lines.push(change.attribute.as_str().to_owned());
                let side = |sign: char, values: &[Value]| {
                    let line = |value: &Value| format!("{sign} {}", value.to_text_lossy());
                    values.iter().map(line).collect::<Vec<_>>()
                };
                lines.extend(side('-', &change.delete));
                lines.extend(side('+', &change.add));
            }
            (format!("{}: {outcome}", modification.dn), lines)
        })
        .collect()
}
