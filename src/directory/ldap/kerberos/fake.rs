//! A security context for tests: it numbers, masks and sums what it wraps, so
//! that every byte out of place is noticed as a real one would notice it.

use super::Context;

/// Nothing of it is secret.
#[derive(Debug, Default)]
pub(super) struct Fake {
    /// The tokens that are still to be exchanged, ours.
    pub(super) tokens: Vec<Vec<u8>>,
    /// What the server is to send for them.
    pub(super) expected: Vec<Vec<u8>>,
    /// Whether no more tokens are needed.
    pub(super) established: bool,
    /// How many messages went out.
    pub(super) wrapped: u32,
    /// How many came in.
    pub(super) unwrapped: u32,
}

impl Fake {
    /// One that needs no more tokens.
    pub(super) fn established() -> Self {
        Self {
            established: true,
            ..Self::default()
        }
    }
}

fn sum(number: u32, sealed: bool, bytes: &[u8]) -> [u8; 4] {
    let start = number.wrapping_mul(31).wrapping_add(u32::from(sealed));
    let sum = bytes.iter().fold(start, |sum, byte| {
        sum.rotate_left(5)
            .wrapping_mul(33)
            .wrapping_add(u32::from(*byte))
    });
    sum.to_be_bytes()
}

impl Context for Fake {
    fn step(&mut self, token: &[u8]) -> Result<Option<Vec<u8>>, String> {
        if self.expected.is_empty() || self.expected.remove(0) != token {
            return Err("not the token that was expected".to_owned());
        }
        self.established = self.expected.is_empty();
        Ok((!self.tokens.is_empty()).then(|| self.tokens.remove(0)))
    }

    fn is_established(&self) -> bool {
        self.established
    }

    fn wrap(&mut self, sealed: bool, plain: &[u8]) -> Result<Vec<u8>, String> {
        let mut token = vec![u8::from(sealed)];
        token.extend(sum(self.wrapped, sealed, plain));
        token.extend(plain.iter().map(|byte| if sealed { !byte } else { *byte }));
        self.wrapped += 1;
        Ok(token)
    }

    fn unwrap(&mut self, token: &[u8]) -> Result<Vec<u8>, String> {
        let (sealed, rest) = token.split_first().ok_or("an empty token")?;
        let (seal, masked) = rest.split_first_chunk::<4>().ok_or("a short token")?;
        let sealed = *sealed == 1;
        let plain: Vec<u8> = masked
            .iter()
            .map(|byte| if sealed { !byte } else { *byte })
            .collect();
        if sum(self.unwrapped, sealed, &plain) != *seal {
            return Err("the sum is wrong".to_owned());
        }
        self.unwrapped += 1;
        Ok(plain)
    }
}
