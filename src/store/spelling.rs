//! How values and kinds of sources are spelled in files.
//!
//! These shapes are part of formats, so they mirror the model's types instead
//! of deriving from them: a change of the model must not change a file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::model::{SourceKind, Value};

/// A value: text as it is, other bytes as Base64.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum ValueWire {
    Text(String),
    Bytes { base64: String },
}

impl From<&Value> for ValueWire {
    fn from(value: &Value) -> Self {
        match value.as_text() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Bytes {
                base64: STANDARD.encode(value.as_bytes()),
            },
        }
    }
}

impl TryFrom<ValueWire> for Value {
    type Error = String;

    fn try_from(wire: ValueWire) -> Result<Self, String> {
        match wire {
            ValueWire::Text(text) => Ok(text.into()),
            ValueWire::Bytes { base64 } => STANDARD
                .decode(base64)
                .map(Self::from)
                .map_err(|error| format!("a value is not Base64: {error}")),
        }
    }
}

/// [`SourceKind`] as files spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KindRecord {
    /// An Active Directory.
    ActiveDirectory,
    /// Another LDAP server.
    OtherLdap,
    /// An LDIF file.
    Ldif,
    /// Memory.
    Memory,
}

impl From<SourceKind> for KindRecord {
    fn from(kind: SourceKind) -> Self {
        match kind {
            SourceKind::ActiveDirectory => Self::ActiveDirectory,
            SourceKind::OtherLdap => Self::OtherLdap,
            SourceKind::Ldif => Self::Ldif,
            SourceKind::Memory => Self::Memory,
        }
    }
}

/// Something in a file that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}
