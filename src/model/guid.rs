//! objectGUID: the identity of an entry, whatever it is called and wherever it
//! is moved.

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The 16 bytes of an objectGUID as LDAP returns them.
///
/// Text form and byte order follow MS-DTYP 2.3.4: the first three fields are
/// little-endian in the bytes, so the text is not the bytes in order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectGuid([u8; 16]);

/// Why something is no objectGUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuidError {
    /// The value has not 16 bytes.
    #[error("an objectGUID has 16 bytes, this one has {0}")]
    Length(usize),
    /// The text is not in the dashed form.
    #[error("'{0}' is not a GUID such as 6f9619ff-8b86-d011-b42d-00c04fc964ff")]
    Text(String),
}

impl ObjectGuid {
    /// Takes the raw bytes of the attribute.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, GuidError> {
        <[u8; 16]>::try_from(bytes)
            .map(Self)
            .map_err(|_wrong_length| GuidError::Length(bytes.len()))
    }

    /// Takes the dashed text form, with or without braces.
    pub fn parse(text: &str) -> Result<Self, GuidError> {
        let bare = text.trim().trim_start_matches('{').trim_end_matches('}');
        match uuid::Uuid::try_parse(bare) {
            Ok(uuid) if bare.len() == 36 => Ok(Self(uuid.to_bytes_le())),
            _ => Err(GuidError::Text(text.chars().take(80).collect())),
        }
    }

    /// The raw bytes, in the order of the attribute.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The Base64 of the raw bytes: what Entra ID calls the immutable ID when
    /// the objectGUID is the source anchor.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// The LDAP filter that finds its entry: `(objectGUID=\ff\19…)`.
    pub fn filter(self) -> String {
        let mut filter = String::from("(objectGUID=");
        for byte in self.0 {
            // Writing to a String cannot fail.
            write!(filter, "\\{byte:02x}").ok();
        }
        filter.push(')');
        filter
    }
}

impl fmt::Display for ObjectGuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes_le(self.0).hyphenated().fmt(f)
    }
}

impl fmt::Debug for ObjectGuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for ObjectGuid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ObjectGuid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 16] = [
        0xff, 0x19, 0x96, 0x6f, 0x86, 0x8b, 0x11, 0xd0, 0xb4, 0x2d, 0x00, 0xc0, 0x4f, 0xc9, 0x64,
        0xff,
    ];

    #[test]
    fn text_swaps_the_first_three_fields() {
        let guid = ObjectGuid::from_bytes(&BYTES).unwrap();
        assert_eq!(guid.to_string(), "6f9619ff-8b86-d011-b42d-00c04fc964ff");
        assert_eq!(ObjectGuid::parse(&guid.to_string()), Ok(guid));
        assert_eq!(
            ObjectGuid::parse("{6F9619FF-8B86-D011-B42D-00C04FC964FF}"),
            Ok(guid)
        );
        assert_eq!(guid.to_base64(), "/xmWb4aLEdC0LQDAT8lk/w==");
        assert_eq!(
            guid.filter(),
            r"(objectGUID=\ff\19\96\6f\86\8b\11\d0\b4\2d\00\c0\4f\c9\64\ff)"
        );
    }

    #[test]
    fn wrong_lengths_and_texts_are_refused() {
        assert_eq!(
            ObjectGuid::from_bytes(&BYTES[..15]),
            Err(GuidError::Length(15))
        );
        for bad in ["", "6f9619ff8b86d011b42d00c04fc964ff", "not a guid"] {
            assert!(ObjectGuid::parse(bad).is_err(), "{bad:?}");
        }
    }
}
