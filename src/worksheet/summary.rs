//! Rows counted by what people ask for.

use std::collections::BTreeMap;

use super::{Action, Worksheet};
use crate::rule::{Confidence, Severity};

/// Counts of rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// By the worst severity of a row.
    pub by_severity: BTreeMap<Severity, usize>,
    /// By attribute.
    pub by_attribute: BTreeMap<String, usize>,
    /// By the id of each rule a row breaks.
    pub by_rule: BTreeMap<String, usize>,
    /// By the DNS name of the domain.
    pub by_domain: BTreeMap<String, usize>,
    /// By decision.
    pub by_action: BTreeMap<Action, usize>,
    /// Rows with a proposal that "accept all safe" takes.
    pub safe: usize,
}

impl Worksheet {
    /// Counts all rows.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for row in self.rows() {
            *summary.by_severity.entry(self.severity(row)).or_default() += 1;
            *summary.by_action.entry(self.action(row)).or_default() += 1;
            let finding = self.finding(row);
            count(&mut summary.by_attribute, finding.place.attribute.as_str());
            count(&mut summary.by_domain, self.domain(row));
            for fault in &finding.faults {
                count(&mut summary.by_rule, &self.judge.rules.rule(fault.rule).id);
            }
            let is_safe = |confidence| confidence == Confidence::Safe;
            let proposal = self.proposal(row);
            summary.safe += usize::from(proposal.is_some_and(|p| is_safe(p.confidence)));
        }
        summary
    }
}

fn count(counts: &mut BTreeMap<String, usize>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}
