//! Exit codes, in one table. Scripts depend on them.

use std::process::ExitCode;

/// How a run ended; the higher wins when several hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Exit {
    /// 0: nothing found, or all done.
    #[default]
    Clean,
    /// 1: findings, or rows that were refused, failed or in conflict.
    Findings,
    /// 2: usage, a bad file or rule, a cap, a lock, a missing `--yes`.
    Usage,
    /// 3: nothing could be read.
    Nothing,
    /// 4: incomplete, in doubt or interrupted.
    Incomplete,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Nothing => 3,
            Self::Incomplete => 4,
        }
    }

    /// The worse of the two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn the_highest_code_wins() {
        let all = [
            Exit::Clean,
            Exit::Findings,
            Exit::Usage,
            Exit::Nothing,
            Exit::Incomplete,
        ];
        for (a, left) in all.into_iter().enumerate() {
            for (b, right) in all.into_iter().enumerate() {
                assert_eq!(usize::from(left.and(right).code()), a.max(b));
            }
        }
    }
}
