//! What an examination of a source found: one line each, with what to do.

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works; somebody should know.
    Notable,
    /// It keeps something from working.
    Wrong,
}

/// One line of an examination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// What was looked at, in a word or two.
    pub subject: &'static str,
    /// How it stands.
    pub verdict: Verdict,
    /// What was found.
    pub finding: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Diagnosis {
    /// All is well.
    pub fn good(subject: &'static str, finding: impl Into<String>) -> Self {
        Self {
            subject,
            verdict: Verdict::Good,
            finding: finding.into(),
            remedy: None,
        }
    }

    /// Something to know, with what to do about it.
    pub fn notable(
        subject: &'static str,
        finding: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            verdict: Verdict::Notable,
            remedy: Some(remedy.into()).filter(|remedy: &String| !remedy.is_empty()),
            ..Self::good(subject, finding)
        }
    }

    /// Something that must be mended first.
    pub fn wrong(
        subject: &'static str,
        finding: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            verdict: Verdict::Wrong,
            ..Self::notable(subject, finding, remedy)
        }
    }
}
