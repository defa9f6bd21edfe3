//! Files in the form that IdFix itself writes, which is not quite CSV.
//!
//! IdFix puts a field between quotes only if it holds a comma, and never
//! doubles a quote inside; a line feed in a value is written as it is. Such a
//! row is read back by what it must be: as many fields as the headings, a field
//! with a comma between quotes and every other one bare, a DN, an attribute and
//! known words where the headings say so. If just one reading is left, it is
//! taken; a row with none or with several is refused by its line. Rows that a
//! spreadsheet has saved since, with quotes doubled, are read as RFC 4180 says.

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead};
use std::ops::Range;

use crate::model::AttributeName;
use crate::report::words::parse_action;

/// How many lines a row may take: a value with more line breaks is refused.
const LINES_OF_A_ROW: usize = 16;

/// How many places where a quoted field may end are tried in one row.
const MAX_CLOSERS: usize = 64;

/// The words that IdFix writes into ERROR.
const ERRORS: [&str; 9] = [
    "Character",
    "Format",
    "TopLevelDomain",
    "DomainPart",
    "LocalPart",
    "Length",
    "Duplicate",
    "Blank",
    "MailMatch",
];

/// What a column holds, as far as it helps to tell fields apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Attribute,
    Class,
    Errors,
    Action,
    Any,
}

/// A record with the line that it begins on.
pub(super) type Numbered = (u64, Result<Vec<Vec<u8>>, &'static str>);

/// Reads rows of such a file, after its headings.
#[derive(Debug)]
pub(super) struct IdFixReader<R> {
    input: R,
    kinds: Vec<Kind>,
    /// Lines that were read ahead, with their line ends.
    ahead: VecDeque<Vec<u8>>,
    /// The number of the first of them.
    line: u64,
}

impl<R: BufRead> IdFixReader<R> {
    /// A reader of the rows below `headings`, from the line `next_line` on.
    pub(super) fn new(input: R, headings: &[String], next_line: u64) -> Self {
        let kind = |name: &String| match name.as_str() {
            "DISTINGUISHEDNAME" => Kind::Name,
            "ATTRIBUTE" => Kind::Attribute,
            "OBJECTCLASS" => Kind::Class,
            "ERROR" => Kind::Errors,
            "PROPOSEDACTION" | "PROPOSED" | "ACTION" => Kind::Action,
            _ => Kind::Any,
        };
        Self {
            input,
            kinds: headings.iter().map(kind).collect(),
            ahead: VecDeque::new(),
            line: next_line,
        }
    }

    /// The next record; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Numbered>> {
        loop {
            let Some(first) = self.peek(0)?.map(<[u8]>::to_vec) else {
                return Ok(None);
            };
            if without_end(&first).is_empty() {
                self.pass(1);
                continue;
            }
            let start = self.line;
            let mut text = first;
            for lines in 1..=LINES_OF_A_ROW {
                match self.parse(without_end(&text)) {
                    Reading::One(fields) => {
                        self.pass(lines);
                        return Ok(Some((start, Ok(fields))));
                    }
                    Reading::Several => {
                        self.pass(lines);
                        let sentence = "its quotes can be read in more than one way; \
                                        put the field into quotes and double those inside";
                        return Ok(Some((start, Err(sentence))));
                    }
                    Reading::None => {}
                }
                let Some(next) = self.peek(lines)?.map(<[u8]>::to_vec) else {
                    break;
                };
                if matches!(self.parse(without_end(&next)), Reading::One(_)) {
                    break;
                }
                text.extend_from_slice(&next);
            }
            self.pass(1);
            let sentence = "has not the fields of the headings: a quote, a comma or a line \
                            break is amiss";
            return Ok(Some((start, Err(sentence))));
        }
    }

    /// A line that was not passed yet, with its end.
    fn peek(&mut self, index: usize) -> io::Result<Option<&[u8]>> {
        while self.ahead.len() <= index {
            let mut line = Vec::new();
            if !read_line(&mut self.input, &mut line)? {
                return Ok(None);
            }
            self.ahead.push_back(line);
        }
        Ok(self.ahead.get(index).map(Vec::as_slice))
    }

    fn pass(&mut self, lines: usize) {
        self.ahead.drain(..lines.min(self.ahead.len()));
        self.line += lines as u64;
    }

    fn parse(&self, text: &[u8]) -> Reading {
        if let Some(fields) = strict(text)
            && fields.len() == self.kinds.len()
        {
            return Reading::One(fields);
        }
        let mut row = Row::new(text, &self.kinds);
        if row.closers.len() > MAX_CLOSERS {
            return Reading::None;
        }
        match row.readings(0, 0) {
            0 => Reading::None,
            1 => Reading::One(row.fields()),
            _ => Reading::Several,
        }
    }
}

/// What a text may mean as a record.
#[derive(Debug)]
enum Reading {
    None,
    One(Vec<Vec<u8>>),
    Several,
}

/// Appends one line with its end, whichever it is; `false` at the end.
pub(super) fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        let bytes = input.fill_buf()?;
        let Some(first) = bytes.first() else {
            return Ok(!line.is_empty());
        };
        if line.last() == Some(&b'\r') {
            if *first == b'\n' {
                line.push(b'\n');
                input.consume(1);
            }
            return Ok(true);
        }
        let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let taken = end.map_or(bytes.len(), |at| at + 1);
        line.extend(bytes.iter().take(taken));
        input.consume(taken);
        if line.last() == Some(&b'\n') {
            return Ok(true);
        }
    }
}

pub(super) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The fields as RFC 4180 has them; `None` if the text keeps not to it, or
/// puts a field between quotes for no reason, which nothing but a quote in the
/// value explains.
fn strict(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let (field, behind) = if let Some(quoted) = rest.strip_prefix(b"\"") {
            strict_quoted(quoted)?
        } else {
            let end = rest.iter().position(|byte| *byte == b',');
            let (field, behind) = rest.split_at(end.unwrap_or(rest.len()));
            if field
                .iter()
                .any(|byte| matches!(byte, b'"' | b'\r' | b'\n'))
            {
                return None;
            }
            (field.to_vec(), behind)
        };
        fields.push(field);
        match behind.split_first() {
            None => return Some(fields),
            Some((b',', after)) => rest = after,
            Some(_) => return None,
        }
    }
}

/// The content of a quoted field, and what stands behind its closing quote.
fn strict_quoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut field = Vec::new();
    let mut rest = text;
    loop {
        let at = rest.iter().position(|byte| *byte == b'"')?;
        let (before, behind) = (rest.get(..at)?, rest.get(at + 1..)?);
        field.extend_from_slice(before);
        let Some(after) = behind.strip_prefix(b"\"") else {
            let needed = |byte: &u8| matches!(byte, b',' | b'"' | b'\r' | b'\n');
            return field.iter().any(needed).then_some((field, behind));
        };
        field.push(b'"');
        rest = after;
    }
}

/// A row, and how often each of its tails can be read.
struct Row<'a> {
    text: &'a [u8],
    kinds: &'a [Kind],
    commas: Vec<usize>,
    /// Quotes that stand before a comma or at the end.
    closers: Vec<usize>,
    known: HashMap<(usize, usize), u8>,
}

impl<'a> Row<'a> {
    fn new(text: &'a [u8], kinds: &'a [Kind]) -> Self {
        let places = |test: &dyn Fn(usize, u8) -> bool| {
            let bytes = text.iter().copied().enumerate();
            bytes
                .filter(|(at, byte)| test(*at, *byte))
                .map(|(at, _)| at)
                .collect()
        };
        Self {
            text,
            kinds,
            commas: places(&|_, byte| byte == b','),
            closers: places(&|at, byte| {
                byte == b'"' && matches!(text.get(at + 1), None | Some(b','))
            }),
            known: HashMap::new(),
        }
    }

    /// In how many ways the fields from number `field` on can stand from the
    /// byte `start` on; two stands for more.
    fn readings(&mut self, field: usize, start: usize) -> u8 {
        if let Some(known) = self.known.get(&(field, start)) {
            return *known;
        }
        let mut count = 0_u8;
        for (_, end) in self.candidates(field, start) {
            count += if field + 1 == self.kinds.len() {
                u8::from(end == self.text.len())
            } else if end < self.text.len() {
                self.readings(field + 1, end + 1)
            } else {
                0
            };
            count = count.min(2);
        }
        self.known.insert((field, start), count);
        count
    }

    /// The fields of the one reading that there is.
    fn fields(&mut self) -> Vec<Vec<u8>> {
        let mut fields = Vec::new();
        let mut start = 0;
        for field in 0..self.kinds.len() {
            let last = field + 1 == self.kinds.len();
            for (content, end) in self.candidates(field, start) {
                let fits = if last {
                    end == self.text.len()
                } else {
                    end < self.text.len() && self.readings(field + 1, end + 1) > 0
                };
                if fits {
                    fields.push(self.text.get(content).unwrap_or_default().to_vec());
                    start = end + 1;
                    break;
                }
            }
        }
        fields
    }

    /// What the field that begins at `start` may be: its content, and where
    /// the comma behind it stands.
    fn candidates(&self, field: usize, start: usize) -> Vec<(Range<usize>, usize)> {
        let next = self.commas.partition_point(|at| *at < start);
        let comma = self.commas.get(next).copied();
        let bare = comma.unwrap_or(self.text.len());
        let mut found = Vec::new();
        if start <= bare {
            found.push((start..bare, bare));
        }
        if let (Some(b'"'), Some(comma)) = (self.text.get(start), comma) {
            // Between quotes there is a comma, or there were no quotes.
            let first = self.closers.partition_point(|at| *at <= comma);
            let closers = self.closers.get(first..).unwrap_or_default();
            found.extend(closers.iter().map(|at| (start + 1..*at, at + 1)));
        }
        let kind = self.kinds.get(field).copied().unwrap_or(Kind::Any);
        found.retain(|(content, _)| kind.allows(self.text.get(content.clone())));
        found
    }
}

impl Kind {
    fn allows(self, content: Option<&[u8]>) -> bool {
        let Some(text) = content.and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
            // Named as such, field and byte, by whoever takes the row.
            return true;
        };
        match self {
            Self::Any => true,
            Self::Name => !text.starts_with('"') && text.contains('='),
            Self::Attribute => AttributeName::parse(text).is_ok(),
            Self::Class => text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
            Self::Action => parse_action(text).is_some(),
            Self::Errors => text
                .split(", ")
                .all(|word| word.is_empty() || ERRORS.contains(&word)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::csv::IDFIX_COLUMNS;

    fn records(text: &str) -> Vec<(u64, Result<Vec<String>, &'static str>)> {
        let headings = IDFIX_COLUMNS.map(str::to_owned);
        let mut reader = IdFixReader::new(text.as_bytes(), &headings, 2);
        let mut records = Vec::new();
        while let Some((line, record)) = reader.next().unwrap() {
            let texts = |fields: Vec<Vec<u8>>| {
                fields
                    .into_iter()
                    .map(|field| String::from_utf8(field).unwrap())
                    .collect()
            };
            records.push((line, record.map(texts)));
        }
        records
    }

    fn values(text: &str) -> Vec<(u64, String)> {
        records(text)
            .into_iter()
            .map(|(line, record)| match record {
                Ok(fields) => (line, fields[5].clone()),
                Err(sentence) => (line, format!("refused: {sentence}")),
            })
            .collect()
    }

    /// A row as IdFix writes it.
    fn written(fields: [&str; 9]) -> String {
        let field = |field: &str| {
            if field.contains(',') {
                format!("\"{field}\"")
            } else {
                field.to_owned()
            }
        };
        fields.map(field).join(",")
    }

    #[test]
    fn rows_come_back_as_idfix_meant_them() {
        for value in [
            "plain",
            "",
            "two, parts",
            "a \"nick\" name",
            "\"Smith\"",
            "\"Smith\" John",
            "Smith, \"Bob\"",
            "\"Bob\", Smith",
            "\"a\",\"b\"",
            "a, \"b\", c",
            "\"",
            ",",
            "\",\"",
            "first\r\nsecond",
            "first\n\nthird, and \"more\"",
        ] {
            let fields = [
                "CN=Meyer\\, Anna,OU=Sales,DC=contoso,DC=com",
                "Meyer, Anna",
                "user",
                "displayName",
                "Character, Length",
                value,
                "x",
                "EDIT",
                "",
            ];
            let text = format!("{}\r\n", written(fields));
            let read = records(&text);
            assert_eq!(read.len(), 1, "{value:?}: {read:?}");
            assert_eq!(read[0].1.as_ref().unwrap(), &fields, "{value:?}");
        }
    }

    #[test]
    fn a_row_that_a_spreadsheet_saved_is_read_as_rfc_4180_says() {
        let text = "\"CN=a,DC=x\",a,user,displayName,Character,\"say \"\"hi\"\", or\nnot\",b,EDIT,EDIT\n\
                    \"CN=b,DC=x\",b,user,displayName,Character,c,d,EDIT,EDIT\n";
        assert_eq!(
            values(text),
            [(2, "say \"hi\", or\nnot".to_owned()), (4, "c".to_owned())]
        );
    }

    #[test]
    fn a_row_that_cannot_be_read_is_refused_and_the_next_one_taken() {
        let good = written([
            "CN=a,DC=x",
            "a",
            "user",
            "mail",
            "Format",
            "v",
            "u",
            "EDIT",
            "",
        ]);
        let text = format!("nonsense\n{good}\n\n\"CN=b,DC=x\",too,few\r{good}");
        let lines: Vec<(u64, bool)> = records(&text)
            .into_iter()
            .map(|(line, record)| (line, record.is_ok()))
            .collect();
        assert_eq!(lines, [(2, false), (3, true), (5, false), (6, true)]);
    }

    #[test]
    fn a_row_with_two_readings_is_refused() {
        // The quotes may belong to the value or to the update.
        let text = "\"CN=a,DC=x\",a,user,mail,Format,\"b\",\"c\",\"d\",EDIT,\n";
        assert!(
            values(text)[0].1.contains("more than one way"),
            "{:?}",
            values(text)
        );
    }

    #[test]
    fn a_long_row_of_quotes_costs_little() {
        let hostile = format!("\"CN=a,DC=x\",{}", "\"a,\",".repeat(20_000));
        assert_eq!(values(&hostile).len(), 1);
    }
}
