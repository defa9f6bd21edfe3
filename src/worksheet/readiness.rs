//! How much of each container is ready to synchronise, and what each rule costs.
//!
//! Counted over entries, not over rows: an entry with five findings is one
//! entry that is not ready. What is accepted does not count.

use std::collections::{BTreeMap, HashMap};

use super::{Action, RowId, Worksheet};
use crate::model::DomainId;
use crate::rule::{Confidence, RuleId, Severity};
use crate::scan::EntryRef;

/// How the judged entries of a container stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Readiness {
    /// Entries that were judged.
    pub judged: u64,
    /// Those with a finding that fails or is quarantined.
    pub blocked: u64,
    /// Those that synchronise, with a value dropped or changed.
    pub degraded: u64,
}

impl Readiness {
    /// Entries that arrive in the cloud as they are.
    pub fn ready(&self) -> u64 {
        self.judged.saturating_sub(self.blocked + self.degraded)
    }

    /// Adds the counts of another container.
    pub fn add(&mut self, other: &Self) {
        self.judged += other.judged;
        self.blocked += other.blocked;
        self.degraded += other.degraded;
    }
}

/// How much work the rows that are not accepted ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effort {
    /// Rows with a safe proposal.
    pub safe: u64,
    /// Of these, those that "accept all safe" takes now: nothing was decided on
    /// them and nothing tried.
    pub untouched: u64,
    /// Rows with another proposal that holds.
    pub review: u64,
    /// Rows for which somebody must find an answer.
    pub by_hand: u64,
}

impl Effort {
    /// All of them.
    pub fn all(&self) -> u64 {
        self.safe + self.review + self.by_hand
    }
}

/// The rows that break a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// The rule.
    pub rule: RuleId,
    /// Rows that break it and are not accepted.
    pub rows: usize,
    /// Of these, rows whose proposal "accept all safe" takes.
    pub safe: usize,
    /// Of these, rows with another proposal that holds.
    pub review: usize,
    /// One of them that shows well what is wrong: with a proposal, if any has
    /// one.
    pub example: RowId,
}

impl Worksheet {
    /// The judged entries by domain and container path.
    pub fn readiness(&self) -> BTreeMap<(DomainId, String), Readiness> {
        let mut places: HashMap<(DomainId, Box<str>), usize> = HashMap::new();
        let mut containers: Vec<((DomainId, String), Readiness)> = Vec::new();
        let snapshot = &self.scan.snapshot;
        let mut place = |entry: EntryRef| -> usize {
            let dn = snapshot.dn(entry);
            let domain = snapshot.domain(entry);
            let known = places.entry((domain, dn.parent().into()));
            *known.or_insert_with(|| {
                containers.push(((domain, dn.container_path()), Readiness::default()));
                containers.len() - 1
            })
        };
        let judged: Vec<usize> = snapshot
            .refs()
            .filter(|entry| snapshot.is_judged(*entry))
            .map(&mut place)
            .collect();
        let faulty: Vec<(usize, Severity)> = self
            .worst_of_entries()
            .into_iter()
            .map(|(entry, worst)| (place(entry), worst))
            .collect();
        for place in judged {
            containers[place].1.judged += 1;
        }
        for (place, worst) in faulty {
            let readiness = &mut containers[place].1;
            match worst {
                Severity::Fails | Severity::Quarantined => readiness.blocked += 1,
                Severity::Dropped | Severity::Changed => readiness.degraded += 1,
                Severity::Hygiene => {}
            }
        }
        let mut by_path: BTreeMap<_, Readiness> = BTreeMap::new();
        for (path, readiness) in containers {
            by_path.entry(path).or_default().add(&readiness);
        }
        by_path
    }

    /// Each entry with rows that are not accepted, with the worst severity.
    fn worst_of_entries(&self) -> Vec<(EntryRef, Severity)> {
        let mut entries: Vec<(EntryRef, Severity)> = Vec::new();
        for row in self.rows().filter(|row| !self.is_accepted(*row)) {
            let (entry, severity) = (self.finding(row).entry, self.severity(row));
            match entries.last_mut() {
                Some((last, worst)) if *last == entry => *worst = severity.min(*worst),
                _ => entries.push((entry, severity)),
            }
        }
        entries
    }

    /// What breaks most: the rules by severity and then by number of rows.
    pub fn causes(&self) -> Vec<Cause> {
        let mut causes: BTreeMap<RuleId, Cause> = BTreeMap::new();
        for row in self.rows().filter(|row| !self.is_accepted(*row)) {
            let (safe, review) = self.help_for(row);
            for fault in &self.finding(row).faults {
                let cause = causes.entry(fault.rule).or_insert(Cause {
                    rule: fault.rule,
                    rows: 0,
                    safe: 0,
                    review: 0,
                    example: row,
                });
                if (safe || review) && cause.safe + cause.review == 0 {
                    cause.example = row;
                }
                cause.rows += 1;
                cause.safe += usize::from(safe);
                cause.review += usize::from(review);
            }
        }
        let mut causes: Vec<Cause> = causes.into_values().collect();
        causes.sort_by_key(|cause| {
            let severity = self.judge.rules.rule(cause.rule).severity;
            (severity, std::cmp::Reverse(cause.rows), cause.rule)
        });
        causes
    }

    /// How much work there is.
    pub fn effort(&self) -> Effort {
        let mut effort = Effort::default();
        for row in self.rows().filter(|row| !self.is_accepted(*row)) {
            match self.help_for(row) {
                (true, _) => {
                    effort.safe += 1;
                    effort.untouched += u64::from(self.is_safe(row));
                }
                (_, true) => effort.review += 1,
                _ => effort.by_hand += 1,
            }
        }
        effort
    }

    /// Whether the proposal of a row is safe, or holds and asks for a look.
    fn help_for(&self, row: RowId) -> (bool, bool) {
        match self.proposal(row) {
            Some(proposal) if matches!(proposal.action, Action::Edit | Action::Remove) => (
                proposal.confidence == Confidence::Safe,
                proposal.confidence == Confidence::Review,
            ),
            _ => (false, false),
        }
    }
}

/// How a forest stands, as a manager would tell another; `number` says how
/// figures are written.
pub fn verdict(all: &Readiness, effort: &Effort, number: impl Fn(u64) -> String) -> String {
    if all.judged == 0 {
        return "No object was judged, so nothing can be said.".to_owned();
    }
    if effort.all() == 0 {
        return format!(
            "All {} objects can be synchronised as they are.",
            number(all.judged)
        );
    }
    let objects = [
        (
            all.blocked,
            "would be refused, or arrive without a value that somebody needs",
        ),
        (
            all.degraded,
            "would arrive with a value left out or changed",
        ),
    ];
    let decide = if effort.by_hand == 1 { "needs" } else { "need" };
    let findings = [
        (
            effort.safe,
            format!("{} can be mended at once", number(effort.safe)),
        ),
        (
            effort.review,
            format!(
                "for {} there is a checked proposal to look at",
                number(effort.review)
            ),
        ),
        (
            effort.by_hand,
            format!("{} {decide} a decision", number(effort.by_hand)),
        ),
    ];
    let findings = findings.into_iter().filter(|(rows, _)| *rows > 0);
    let findings: Vec<String> = findings.map(|(_, part)| part).collect();
    let mut sentences = vec![format!(
        "{} of {} objects can be synchronised as they are.",
        number(all.ready()),
        number(all.judged)
    )];
    let some = objects.into_iter().filter(|(objects, _)| *objects > 0);
    sentences.extend(some.map(|(objects, what)| format!("{} {what}.", number(objects))));
    sentences.push(format!(
        "Of {} open findings, {}.",
        number(effort.all()),
        findings.join(", ")
    ));
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::fixture::{contoso, judge, user};

    #[test]
    fn an_entry_counts_once_by_its_worst_row() {
        let sheet = Worksheet::new(
            contoso(vec![
                user(
                    "two",
                    &[
                        ("userPrincipalName", &["t wo@contoso.com"]),
                        ("displayName", &[" two "]),
                    ],
                ),
                user("good", &[("userPrincipalName", &["good@contoso.com"])]),
                user(
                    "untidy",
                    &[
                        ("userPrincipalName", &["untidy@contoso.com"]),
                        ("displayName", &["untidy "]),
                    ],
                ),
            ]),
            judge(),
        );
        let readiness = sheet.readiness();
        let counts = readiness[&(DomainId(0), "Staff".to_owned())];
        assert_eq!(
            counts,
            Readiness {
                judged: 3,
                blocked: 1,
                degraded: 0
            }
        );
        assert_eq!(counts.ready(), 2);
    }

    #[test]
    fn causes_come_worst_first_and_say_what_helps() {
        let user = |name: &str, upn: &str| {
            user(
                name,
                &[("userPrincipalName", &[upn]), ("displayName", &[" x "])],
            )
        };
        let mut sheet = Worksheet::new(
            contoso(vec![
                user("a", "a a@contoso.com"),
                user("b", "b@contoso.com"),
            ]),
            judge(),
        );
        let causes: Vec<(String, usize, usize, usize)> = sheet
            .causes()
            .into_iter()
            .map(|cause| {
                let id = sheet.judge.rules.rule(cause.rule).id.clone();
                (id, cause.rows, cause.safe, cause.review)
            })
            .collect();
        assert_eq!(
            causes,
            [
                ("upn-white-space".to_owned(), 1, 0, 1),
                ("displayname-white-space".to_owned(), 2, 2, 0),
            ]
        );
        assert_eq!(
            sheet.effort(),
            Effort {
                safe: 2,
                untouched: 2,
                review: 1,
                by_hand: 0
            }
        );
        let rows: Vec<RowId> = sheet.rows().collect();
        sheet.accept_safe(&rows);
        let effort = sheet.effort();
        assert_eq!((effort.safe, effort.untouched), (2, 0));
    }

    fn counted(judged: u64, blocked: u64, degraded: u64) -> Readiness {
        Readiness {
            judged,
            blocked,
            degraded,
        }
    }

    #[test]
    fn the_verdict_says_only_what_there_is() {
        let effort = |safe, review, by_hand| Effort {
            safe,
            untouched: safe,
            review,
            by_hand,
        };
        for (all, effort, said) in [
            (
                counted(0, 0, 0),
                effort(0, 0, 0),
                "No object was judged, so nothing can be said.",
            ),
            (
                counted(1200, 0, 0),
                effort(0, 0, 0),
                "All 1200 objects can be synchronised as they are.",
            ),
            (
                counted(10, 2, 0),
                effort(0, 1, 2),
                "8 of 10 objects can be synchronised as they are. 2 would be refused, or arrive \
                 without a value that somebody needs. Of 3 open findings, for 1 there is a \
                 checked proposal to look at, 2 need a decision.",
            ),
        ] {
            assert_eq!(verdict(&all, &effort, |number| number.to_string()), said);
        }
    }
}
