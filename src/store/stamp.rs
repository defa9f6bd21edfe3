//! Names of files that sort by time and are short enough to type.

use std::fmt;

use jiff::Timestamp;

/// A name such as `20261122-034512-7f3a`: date and time (UTC) and four random
/// hex digits. It is also the name of files, so a text that is not of this form
/// is refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Stamp(Box<str>);

impl Stamp {
    /// A new name for something that begins at `time`.
    pub(crate) fn new(time: Timestamp) -> Self {
        let stamp = time.strftime("%Y%m%d-%H%M%S");
        let random = uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 0, 0));
        let [.., high, low] = random.into_bytes();
        Self(format!("{stamp}-{high:02x}{low:02x}").into())
    }

    /// Takes a name that somebody typed or a file bears; of what is none, as
    /// much is given back as fits a sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let fits = text.len() == 20
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 15 => byte == b'-',
                16.. => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
                _ => byte.is_ascii_digit(),
            });
        if fits {
            Ok(Self(text.into()))
        } else {
            Err(text.chars().take(80).collect())
        }
    }

    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for Stamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Stamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .map_err(|text| serde::de::Error::custom(format!("'{text}' is not such a name")))
    }
}
