//! Text from a directory, a file or a server, made safe for a terminal.
//!
//! Whatever controls a terminal, reorders a line or cannot be seen is replaced
//! by a visible form; the pieces say which parts are replaced, so that a screen
//! can mark them. Text is measured in terminal columns and cut between grapheme
//! clusters. Cutting a value costs time by the width of the result, never by
//! the length of the value, which may be megabytes.
//!
//! Every text is shown on one line. Nothing here knows styles or screens.

pub mod figures;

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr};

/// What stands for a cut part.
pub const ELLIPSIS: &str = "…";

/// The longest grapheme cluster, in bytes, that is drawn as one. Real ones are
/// shorter (a base letter with ten combining marks has 22); longer ones exist to make
/// terminals slow or unreadable, and fall apart into visible code points.
const CLUSTER_BYTES: usize = 64;

/// What a [`Piece`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Text as it is.
    Plain,
    /// The visible form of something that could not be seen or must not be sent.
    Escaped,
    /// Stands for what was cut.
    Ellipsis,
}

/// A part of a text that is safe to print, with what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Safe to print.
    pub text: String,
    /// What it is.
    pub mark: Mark,
}

/// Where a text that is too wide is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The beginning goes: for a line whose end is being typed.
    Start,
    /// The end goes.
    End,
    /// The middle goes: for names whose both ends tell something.
    Middle,
}

/// One step on the line: a grapheme cluster, or one replaced character.
struct Cell<'a> {
    text: Cow<'a, str>,
    width: usize,
    mark: Mark,
}

/// The text with everything replaced that controls, reorders or hides.
/// Costs nothing if there is nothing to replace.
///
/// ```
/// assert_eq!(idmend::text::escape("a\u{1b}[31mb"), "a␛[31mb");
/// assert_eq!(idmend::text::escape("exe\u{202e}fdp"), "exe<U+202E>fdp");
/// assert_eq!(idmend::text::escape("Zoë 山田"), "Zoë 山田");
/// ```
pub fn escape(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut changed = false;
    for cell in cells(text) {
        changed |= cell.mark != Mark::Plain;
        safe.push_str(&cell.text);
    }
    if changed {
        Cow::Owned(safe)
    } else {
        Cow::Borrowed(text)
    }
}

/// Like [`escape`], for bytes; what is not UTF-8 becomes U+FFFD.
pub fn escape_bytes(bytes: &[u8]) -> String {
    escape(&String::from_utf8_lossy(bytes)).into_owned()
}

/// The whole text in pieces. For short texts: see [`fit`] for values.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut line = Vec::new();
    for cell in cells(text) {
        push(&mut line, &cell);
    }
    line
}

/// How many columns the text takes once escaped, counted up to `limit`.
pub fn width_up_to(text: &str, limit: usize) -> usize {
    let mut width = 0;
    for cell in cells(text) {
        width += cell.width;
        if width >= limit {
            return limit;
        }
    }
    width
}

/// The text in pieces that take at most `width` columns, with an ellipsis for
/// what was cut.
pub fn fit(text: &str, width: usize, cut: Cut) -> Vec<Piece> {
    let mut taken = Vec::new();
    let mut used = 0;
    let mut whole = true;
    for cell in cells(text) {
        if used + cell.width > width {
            whole = false;
            break;
        }
        used += cell.width;
        taken.push(cell);
    }
    if whole {
        return merged(&taken);
    }
    if width == 0 {
        return Vec::new();
    }
    let room = width - 1;
    let tail_room = match cut {
        Cut::Start => room,
        Cut::End => 0,
        Cut::Middle => room / 2,
    };
    while used > room - tail_room {
        used -= taken.pop().map_or(used, |cell| cell.width);
    }
    let mut line = merged(&taken);
    line.push(Piece {
        text: ELLIPSIS.to_owned(),
        mark: Mark::Ellipsis,
    });
    for cell in tail(text, tail_room) {
        push(&mut line, &cell);
    }
    line
}

/// [`fit`] as one text.
pub fn fit_text(text: &str, width: usize, cut: Cut) -> String {
    fit(text, width, cut)
        .into_iter()
        .map(|piece| piece.text)
        .collect()
}

/// The text in lines of at most `width` columns, broken at spaces where there are any,
/// and at most `limit` lines; a cut text ends with a line that is an ellipsis.
pub fn wrap(text: &str, width: usize, limit: usize) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    let mut line: Vec<Cell<'_>> = Vec::new();
    let mut used = 0;
    for cell in cells(text.trim_end_matches(' ')) {
        if used + cell.width > width && !line.is_empty() {
            let space = line.iter().rposition(|cell| cell.text == " ");
            let rest = match space {
                Some(at) if cell.text != " " => {
                    let rest = line.split_off(at + 1);
                    line.pop();
                    rest
                }
                _ => Vec::new(),
            };
            lines.push(merged(&line));
            if lines.len() == limit {
                lines.push(vec![Piece {
                    text: ELLIPSIS.to_owned(),
                    mark: Mark::Ellipsis,
                }]);
                return lines;
            }
            used = rest.iter().map(|cell| cell.width).sum();
            line = rest;
            if cell.text == " " && line.is_empty() {
                continue;
            }
        }
        used += cell.width;
        line.push(cell);
    }
    if !line.is_empty() {
        lines.push(merged(&line));
    }
    lines
}

/// A character as people may look it up: its code point, and what it is called
/// or looks like. Safe to print.
pub fn describe(character: char) -> String {
    let code = format!("U+{:04X}", u32::from(character));
    match name(character) {
        Some(name) => format!("{code} {name}"),
        None if replacement(character).is_some() => code,
        None if character.width().unwrap_or(0) == 0 => format!("{code} combining mark"),
        None => format!("{code} '{character}'"),
    }
}

/// What a character that cannot be seen is called (Unicode name, in lower case).
fn name(character: char) -> Option<&'static str> {
    Some(match character {
        ' ' => "space",
        '\0' => "null",
        '\t' => "tab",
        '\n' => "line feed",
        '\r' => "carriage return",
        '\u{1b}' => "escape",
        '\u{7f}' => "delete",
        '\u{a0}' => "no-break space",
        '\u{ad}' => "soft hyphen",
        '\u{61c}' => "arabic letter mark",
        '\u{2000}'..='\u{200a}' => "typographic space",
        '\u{200b}' => "zero width space",
        '\u{200c}' => "zero width non-joiner",
        '\u{200d}' => "zero width joiner",
        '\u{200e}' => "left-to-right mark",
        '\u{200f}' => "right-to-left mark",
        '\u{2028}' => "line separator",
        '\u{2029}' => "paragraph separator",
        '\u{202a}' => "left-to-right embedding",
        '\u{202b}' => "right-to-left embedding",
        '\u{202c}' => "pop directional formatting",
        '\u{202d}' => "left-to-right override",
        '\u{202e}' => "right-to-left override",
        '\u{202f}' => "narrow no-break space",
        '\u{2060}' => "word joiner",
        '\u{2066}' => "left-to-right isolate",
        '\u{2067}' => "right-to-left isolate",
        '\u{2068}' => "first strong isolate",
        '\u{2069}' => "pop directional isolate",
        '\u{3000}' => "ideographic space",
        '\u{feff}' => "byte order mark",
        '\u{fffd}' => "not UTF-8",
        _ => return None,
    })
}

/// What is shown for a character that must not be sent or cannot be seen;
/// `None` for one that may be shown as it is.
///
/// Covers the categories Cc, Cf, Zl and Zp, the spaces that look like U+0020
/// but are not, and what Unicode calls `Default_Ignorable_Code_Point`
/// (`DerivedCoreProperties.txt` of Unicode 16).
fn replacement(character: char) -> Option<String> {
    let code = u32::from(character);
    let picture = |offset: u32| char::from_u32(0x2400 + offset).map(String::from);
    match character {
        '\0'..='\u{1f}' => picture(code),
        '\u{7f}' => picture(0x21),
        '\u{fffd}' => Some(String::from(character)),
        '\u{80}'..='\u{a0}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{600}'..='\u{605}'
        | '\u{61c}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{890}'..='\u{891}'
        | '\u{8e2}'
        | '\u{115f}'..='\u{1160}'
        | '\u{1680}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{2000}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}'
        | '\u{205f}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffc}'
        | '\u{110bd}'
        | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Some(code_point(character)),
        _ => None,
    }
}

/// `<U+202E>`
fn code_point(character: char) -> String {
    let mut form = String::with_capacity(10);
    // Writing to a String cannot fail.
    let _written = write!(form, "<U+{:04X}>", u32::from(character));
    form
}

/// The text as steps on the line, each found in bounded time.
fn cells(text: &str) -> impl Iterator<Item = Cell<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (cell, after) = first_cell(rest)?;
        rest = after;
        Some(cell)
    })
}

fn first_cell(text: &str) -> Option<(Cell<'_>, &str)> {
    let first = text.chars().next()?;
    let escaped = |form: String| Cell {
        width: form.width(),
        text: Cow::Owned(form),
        mark: Mark::Escaped,
    };
    let (head, after) = text.split_at(first.len_utf8());
    if let Some(form) = replacement(first) {
        return Some((escaped(form), after));
    }
    if first.is_ascii() && after.as_bytes().first().is_none_or(u8::is_ascii) {
        let cell = Cell {
            text: Cow::Borrowed(head),
            width: 1,
            mark: Mark::Plain,
        };
        return Some((cell, after));
    }
    let cluster = first_cluster(text);
    let width = cluster.width();
    if width == 0 {
        // A mark without a letter to stand on.
        return Some((escaped(code_point(first)), after));
    }
    let (cluster, after) = text.split_at(cluster.len());
    let cell = Cell {
        text: Cow::Borrowed(cluster),
        width,
        mark: Mark::Plain,
    };
    Some((cell, after))
}

/// The first grapheme cluster, up to a character that has to be replaced and
/// up to [`CLUSTER_BYTES`].
fn first_cluster(text: &str) -> &str {
    let window = text
        .get(..boundary_before(text, CLUSTER_BYTES))
        .unwrap_or(text);
    let cluster = window.graphemes(true).next().unwrap_or(window);
    let end = cluster
        .char_indices()
        .skip(1)
        .find(|(_, character)| replacement(*character).is_some())
        .map_or(cluster.len(), |(at, _)| at);
    cluster.get(..end).unwrap_or(cluster)
}

/// The last steps of the text that take at most `room` columns.
fn tail(text: &str, room: usize) -> Vec<Cell<'_>> {
    // A column is at most one cluster, so this window holds enough of them.
    let from = text.len().saturating_sub((room + 1) * CLUSTER_BYTES);
    let window = text.get(boundary_before(text, from)..).unwrap_or(text);
    let all: Vec<_> = cells(window).collect();
    let mut used = 0;
    let kept = all
        .iter()
        .rev()
        .take_while(|cell| {
            used += cell.width;
            used <= room
        })
        .count();
    let skip = all.len() - kept;
    all.into_iter().skip(skip).collect()
}

/// The last place at or before byte `at` where a character begins.
fn boundary_before(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

fn merged(cells: &[Cell<'_>]) -> Vec<Piece> {
    let mut line = Vec::new();
    for cell in cells {
        push(&mut line, cell);
    }
    line
}

fn push(line: &mut Vec<Piece>, cell: &Cell<'_>) {
    match line.last_mut() {
        Some(last) if last.mark == cell.mark => last.text.push_str(&cell.text),
        _ => line.push(Piece {
            text: cell.text.clone().into_owned(),
            mark: cell.mark,
        }),
    }
}

#[cfg(test)]
mod tests;
