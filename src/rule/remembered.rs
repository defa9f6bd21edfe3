//! Domains that were seen, with what was found out about them.
//!
//! A forest has many addresses and few domains. The first domain that falls on
//! a place keeps it, and is never put out by another: a look-up takes no lock,
//! the memory is bounded, and a directory with more domains than that loses
//! time, not truth. What is remembered must depend on the domain alone.

use std::hash::Hasher as _;
use std::sync::OnceLock;

use rustc_hash::FxHasher;

/// How many domains are remembered at most.
const PLACES: usize = 512;

/// Longer domains are none that many addresses share.
const LONGEST: usize = 64;

/// What was found out about domains: eight answers each.
#[derive(Debug)]
pub(super) struct Remembered(Box<[Seat]>);

/// The domain that came first, with its answers.
type Seat = OnceLock<(Box<str>, u8)>;

impl Default for Remembered {
    fn default() -> Self {
        Self((0..PLACES).map(|_| Seat::new()).collect())
    }
}

impl Remembered {
    /// What `find_out` answers for `domain`, now or before.
    pub(super) fn of(&self, domain: &str, find_out: impl Fn(&str) -> u8) -> u8 {
        if domain.len() > LONGEST {
            return find_out(domain);
        }
        let (known, answer) =
            self.0[place(domain)].get_or_init(|| (domain.into(), find_out(domain)));
        if **known == *domain {
            *answer
        } else {
            find_out(domain)
        }
    }
}

fn place(domain: &str) -> usize {
    let mut hasher = FxHasher::default();
    hasher.write(domain.as_bytes());
    usize::try_from(hasher.finish()).unwrap_or_default() % PLACES
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_domain_is_asked_about_once_and_answers_are_never_mixed_up() {
        let remembered = Remembered::default();
        let asked = Cell::new(0);
        let find_out = |domain: &str| {
            asked.set(asked.get() + 1);
            u8::try_from(domain.len() % 251).unwrap()
        };
        for _ in 0..3 {
            assert_eq!(remembered.of("contoso.com", find_out), 11);
        }
        assert_eq!(asked.get(), 1);
        for number in 0..3 * PLACES {
            let domain = format!("{}.{number}.com", "a".repeat(number % 80));
            for _ in 0..2 {
                assert_eq!(usize::from(remembered.of(&domain, find_out)), domain.len());
            }
        }
        assert_eq!(remembered.of("contoso.com", find_out), 11);
    }
}
