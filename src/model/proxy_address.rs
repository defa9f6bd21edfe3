//! One value of proxyAddresses (or targetAddress), taken apart by its type.

/// The type of an address, by the text before its first colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressType {
    /// `SMTP:` in capitals: the primary address.
    PrimarySmtp,
    /// `smtp:` in any other spelling: a secondary address.
    SecondarySmtp,
    /// `sip:`.
    Sip,
    /// `x500:`, in any case; a legacy Exchange DN.
    X500,
    /// `x400:`, in any case.
    X400,
    /// Another prefix of letters and digits, such as `EUM:` or `MSMAIL:`.
    Other,
    /// No prefix at all: the cloud discards such a value.
    None,
}

impl AddressType {
    /// All of them, each at its own number.
    pub const ALL: [Self; 7] = [
        Self::PrimarySmtp,
        Self::SecondarySmtp,
        Self::Sip,
        Self::X500,
        Self::X400,
        Self::Other,
        Self::None,
    ];

    /// Whether the address is an SMTP one, primary or not.
    pub fn is_smtp(self) -> bool {
        matches!(self, Self::PrimarySmtp | Self::SecondarySmtp)
    }
}

/// A value split at its first colon.
///
/// Splitting never fails and loses nothing: `prefix`, a colon when there is a
/// prefix, and `address` give back the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxyAddress<'a> {
    /// The text before the first colon, as spelled; empty without a prefix.
    pub prefix: &'a str,
    /// The text after it.
    pub address: &'a str,
    /// What the prefix says.
    pub kind: AddressType,
}

impl<'a> ProxyAddress<'a> {
    /// Splits `value`. What stands before the first colon counts as a prefix
    /// only if it is a word of ASCII letters, digits and `-`, as Exchange's
    /// types are; surrounding white space is tolerated so that ` smtp:a@b` is
    /// still known for what it is.
    pub fn split(value: &'a str) -> Self {
        let Some((prefix, address)) = value.split_once(':') else {
            return Self {
                prefix: "",
                address: value,
                kind: AddressType::None,
            };
        };
        let is_word = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let word = if is_word(prefix) {
            prefix
        } else {
            prefix.trim()
        };
        if !is_word(word) {
            return Self {
                prefix: "",
                address: value,
                kind: AddressType::None,
            };
        }
        let kind = match word.as_bytes() {
            b"SMTP" => AddressType::PrimarySmtp,
            [b's' | b'S', b'm' | b'M', b't' | b'T', b'p' | b'P'] => AddressType::SecondarySmtp,
            [b's' | b'S', b'i' | b'I', b'p' | b'P'] => AddressType::Sip,
            [b'x' | b'X', b'5', b'0', b'0'] => AddressType::X500,
            [b'x' | b'X', b'4', b'0', b'0'] => AddressType::X400,
            _ => AddressType::Other,
        };
        Self {
            prefix,
            address,
            kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_apart() {
        let kind = |value| ProxyAddress::split(value).kind;
        assert_eq!(kind("SMTP:a@b.c"), AddressType::PrimarySmtp);
        assert_eq!(kind("smtp:a@b.c"), AddressType::SecondarySmtp);
        assert_eq!(kind("Smtp:a@b.c"), AddressType::SecondarySmtp);
        assert_eq!(kind(" SMTP:a@b.c"), AddressType::PrimarySmtp);
        assert_eq!(kind("SIP:a@b.c"), AddressType::Sip);
        assert_eq!(kind("X500:/o=Org/cn=a"), AddressType::X500);
        assert_eq!(kind("x400:C=US;A= "), AddressType::X400);
        assert_eq!(kind("EUM:123;phone-context=x"), AddressType::Other);
        assert_eq!(kind("a@b.c"), AddressType::None);
        assert_eq!(kind("a b@c:d"), AddressType::None);
        assert_eq!(kind(":a@b.c"), AddressType::None);
        assert_eq!(kind(""), AddressType::None);
    }

    #[test]
    fn nothing_is_lost() {
        let split = ProxyAddress::split("smtp:a:b@c");
        assert_eq!((split.prefix, split.address), ("smtp", "a:b@c"));
    }
}
