//! How a line of a journal is framed: checksum, format, number.
//!
//! A line is one JSON object that begins with the CRC-32 (as in zip and
//! Ethernet) of everything that follows that first member up to the line feed.
//! A change that an older reader would misread needs a new [`VERSION`].

use std::io;

use serde::{Deserialize, Serialize};

use super::wire::Line;
use crate::transaction::TransactionId;

/// The format that is written.
pub(super) const VERSION: u32 = 1;

const OPENING: &str = "{\"crc\":\"";
const CLOSING: &str = "\",";
const CRC_DIGITS: usize = 8;

/// A line with its number.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Numbered<L> {
    v: u32,
    /// The number of the line, counted from 1.
    pub(super) n: usize,
    /// The transaction it belongs to. The plan's lines do without: they are
    /// held together by the digest, which is the same for the same plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<TransactionId>,
    #[serde(flatten)]
    pub(super) line: L,
}

#[derive(Deserialize)]
struct VersionOnly {
    v: u32,
}

/// The bytes of a line of the transaction `of`, line feed included.
pub(super) fn encode(
    number: usize,
    of: Option<&TransactionId>,
    line: &Line,
) -> io::Result<Vec<u8>> {
    let json = serde_json::to_string(&Numbered {
        v: VERSION,
        n: number,
        of: of.cloned(),
        line,
    })?;
    let body = json.get(1..).unwrap_or_default();
    let crc = crc32fast::hash(body.as_bytes());
    Ok(format!("{OPENING}{crc:08x}{CLOSING}{body}\n").into_bytes())
}

/// The part of an encoded line that its checksum covers.
pub(super) fn body(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.get(OPENING.len() + CRC_DIGITS + CLOSING.len()..)
        .unwrap_or_default()
}

/// Reads a line without its line feed. Total: any bytes give a line or the
/// reason why they are none.
pub(super) fn decode(line: &[u8]) -> Result<Numbered<Line>, String> {
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
    if v != VERSION {
        return Err(format!(
            "it has format {v}, which this version of idmend does not know"
        ));
    }
    serde_json::from_slice(&json).map_err(|error| format!("it is not understood: {error}"))
}
