//! The words that stand in reports for actions and severities.

use crate::rule::{Confidence, Severity};
use crate::worksheet::Action;

/// The ACTION word; nothing decided is the empty word.
pub fn action_word(action: Action) -> &'static str {
    match action {
        Action::None => "",
        Action::Edit => "EDIT",
        Action::Remove => "REMOVE",
        Action::Complete => "COMPLETE",
    }
}

/// Reads an ACTION word in any case. UNDO and FAIL, which IdFix leaves in its
/// files after an apply, ask for nothing.
pub fn parse_action(word: &str) -> Option<Action> {
    let word = word.trim();
    [
        ("", Action::None),
        ("EDIT", Action::Edit),
        ("REMOVE", Action::Remove),
        ("COMPLETE", Action::Complete),
        ("UNDO", Action::None),
        ("FAIL", Action::None),
    ]
    .into_iter()
    .find(|(known, _)| known.eq_ignore_ascii_case(word))
    .map(|(_, action)| action)
}

/// The SEVERITY word.
pub fn severity_word(severity: Severity) -> &'static str {
    severity.as_str()
}

/// How much care a proposal asks for.
pub fn confidence_word(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Safe => "safe",
        Confidence::Review => "review",
        Confidence::Manual => "manual",
    }
}
