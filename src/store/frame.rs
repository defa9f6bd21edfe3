//! How a line of a file is framed: checksum, format, number.
//!
//! A line is one JSON object that begins with the CRC-32 (as in zip and
//! Ethernet) of everything that follows that first member up to the line feed.
//! What a line says, and which format it has, is the business of whoever writes
//! it; a change that an older reader would misread needs a new format.

use std::io;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const OPENING: &str = "{\"crc\":\"";
const CLOSING: &str = "\",";
const CRC_DIGITS: usize = 8;

/// A line with its format, its number and the file it belongs to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "O: Deserialize<'de>, L: Deserialize<'de>"))]
pub(crate) struct Numbered<O, L> {
    /// The format.
    pub(crate) v: u32,
    /// The number of the line, counted from 1.
    pub(crate) n: usize,
    /// Whose line it is, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) of: Option<O>,
    #[serde(flatten)]
    pub(crate) line: L,
}

#[derive(Deserialize)]
struct VersionOnly {
    v: u32,
}

/// The bytes of a line, line feed included.
pub(crate) fn encode<O: Serialize, L: Serialize>(line: &Numbered<O, L>) -> io::Result<Vec<u8>> {
    let json = serde_json::to_string(line)?;
    let body = json.get(1..).unwrap_or_default();
    let crc = crc32fast::hash(body.as_bytes());
    Ok(format!("{OPENING}{crc:08x}{CLOSING}{body}\n").into_bytes())
}

/// The part of an encoded line that its checksum covers.
pub(crate) fn body(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.get(OPENING.len() + CRC_DIGITS + CLOSING.len()..)
        .unwrap_or_default()
}

/// Reads a line of format `version` without its line feed. Total: any bytes give
/// a line or the reason why they are none.
pub(crate) fn decode<O, L>(line: &[u8], version: u32) -> Result<Numbered<O, L>, String>
where
    O: DeserializeOwned,
    L: DeserializeOwned,
{
    let rest = line
        .strip_prefix(OPENING.as_bytes())
        .ok_or("it does not begin with a checksum")?;
    let (digits, rest) = rest
        .split_at_checked(CRC_DIGITS)
        .ok_or("its checksum is cut off")?;
    let body = rest
        .strip_prefix(CLOSING.as_bytes())
        .ok_or("its checksum is malformed")?;
    if format!("{:08x}", crc32fast::hash(body)).as_bytes() != digits {
        return Err("its checksum does not fit its content".to_owned());
    }
    let mut json = Vec::with_capacity(body.len() + 1);
    json.push(b'{');
    json.extend_from_slice(body);
    let VersionOnly { v } =
        serde_json::from_slice(&json).map_err(|error| format!("it has no version: {error}"))?;
    if v != version {
        return Err(format!(
            "it has format {v}, which this version of idmend does not know"
        ));
    }
    serde_json::from_slice(&json).map_err(|error| format!("it is not understood: {error}"))
}
