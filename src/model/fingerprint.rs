//! The SHA-256 fingerprint of a certificate, as `openssl x509 -fingerprint
//! -sha256` and browsers show it.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// SHA-256 of a certificate in DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

/// Why a text is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 fingerprint is 64 hexadecimal digits, with or without colons")]
pub struct FingerprintError;

impl Fingerprint {
    /// That of a certificate.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// Reads 64 hexadecimal digits; colons and blanks between them are passed
    /// over.
    pub fn parse(text: &str) -> Result<Self, FingerprintError> {
        let digits: Vec<u8> = text
            .chars()
            .filter(|c| !matches!(c, ':' | ' '))
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()
            .ok_or(FingerprintError)?;
        let bytes: Vec<u8> = digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit))
            .collect();
        match (digits.len(), <[u8; 32]>::try_from(bytes)) {
            (64, Ok(bytes)) => Ok(Self(bytes)),
            _ => Err(FingerprintError),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_it_is_shown_and_in_plain_digits() {
        let shown = Fingerprint::of(b"").to_string();
        assert!(
            shown.starts_with("E3:B0:C4:42:98:FC:1C:14:9A:FB"),
            "{shown}"
        );
        let plain = shown.replace(':', "").to_lowercase();
        for text in [shown.as_str(), plain.as_str()] {
            assert_eq!(Fingerprint::parse(text), Ok(Fingerprint::of(b"")));
        }
        for wrong in [
            "",
            "E3",
            "zz",
            "e3b0c44298fc1c149afb",
            &format!("{plain}00"),
        ] {
            assert_eq!(Fingerprint::parse(wrong), Err(FingerprintError), "{wrong}");
        }
    }
}
