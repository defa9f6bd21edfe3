//! The built program against the forest, as an admin runs it, and what the
//! forest holds as another client sees it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::forest::{ldapsearch_ldif, variable};

/// The domains, by DNS name: where they are served and what is tested in them.
pub(crate) const DOMAINS: [(&str, &str, &str); 2] = [
    ("contoso.test", "127.0.0.1", "OU=Lab,DC=contoso,DC=test"),
    (
        "emea.contoso.test",
        "127.0.0.2",
        "OU=Lab,DC=emea,DC=contoso,DC=test",
    ),
];

/// A folder of its own for state, reports and the password.
pub(crate) struct Desk {
    folder: TempDir,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) talk: String,
}

impl Ran {
    /// The same, if it ended with this exit code.
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "\n--- stdout\n{}\n--- stderr\n{}",
            self.out,
            self.talk
        );
        self
    }

    /// The same, if it said all of this to the person who ran it.
    pub(crate) fn says(self, sentences: &[&str]) -> Self {
        for sentence in sentences {
            assert!(
                self.talk.contains(sentence),
                "not said: {sentence}\n{}",
                self.talk
            );
        }
        self
    }
}

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self {
            folder: TempDir::new().expect("a folder"),
        };
        std::fs::write(desk.path("password"), variable("IDMEND_LAB_PASSWORD")).expect("a file");
        desk
    }

    /// A file in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same for a command line.
    pub(crate) fn name(&self, name: &str) -> String {
        text(&self.path(name))
    }

    /// The flags that name the forest and sign in over LDAPS.
    pub(crate) fn source(&self) -> Vec<String> {
        self.source_at(&variable("IDMEND_LAB_URL"))
    }

    /// The same for another address.
    pub(crate) fn source_at(&self, url: &str) -> Vec<String> {
        let password = self.name("password");
        [
            ("--server", url),
            ("--dc", &variable("IDMEND_LAB_DC")),
            ("--ca-cert", &variable("IDMEND_LAB_CA")),
            ("--user", &variable("IDMEND_LAB_USER")),
            ("--password-file", &password),
        ]
        .into_iter()
        .flat_map(|(flag, value)| [flag.to_owned(), value.to_owned()])
        .collect()
    }

    /// The program, ready to run with these arguments and nobody to ask.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_idmend"));
        command
            .args(arguments)
            .env("IDMEND_STATE_DIR", self.path("state"))
            .env("HOME", self.folder.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("IDMEND_PASSWORD")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command that needs no source.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().expect("the program");
        Ran {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("text"),
            talk: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// Runs a command on the forest.
    pub(crate) fn on_forest(&self, arguments: &[&str]) -> Ran {
        self.on(&self.source(), arguments)
    }

    /// Runs a command on a source.
    pub(crate) fn on(&self, source: &[String], arguments: &[&str]) -> Ran {
        let arguments: Vec<&str> = arguments
            .iter()
            .copied()
            .chain(source.iter().map(String::as_str))
            .collect();
        self.run(&arguments)
    }

    /// The only transaction that the history shows to be in this state.
    pub(crate) fn transaction(&self, state: &str) -> String {
        let history = self.run(&["history"]).ends_with(0).out;
        let mut found = history.lines().filter(|line| line.contains(state));
        let line = found.next().unwrap_or_else(|| panic!("{history}"));
        assert_eq!(found.next(), None, "{history}");
        line.split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned()
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("a name in UTF-8").to_owned()
}

/// Attributes that a domain controller sets by itself at every write.
const BOOKKEEPING: [&str; 4] = [
    "whenChanged",
    "uSNChanged",
    "modifyTimestamp",
    "dSCorePropagationData",
];

/// All entries that are tested, each with all its values, as OpenLDAP's client
/// reads them.
pub(crate) type Dump = BTreeMap<String, Vec<String>>;

/// Reads everything below `OU=Lab` of both domains.
pub(crate) fn dump() -> Dump {
    let all = DOMAINS.iter();
    all.flat_map(|(_, host, base)| dump_of(host, base))
        .collect()
}

/// The same of one folder.
pub(crate) fn dump_of(host: &str, base: &str) -> Dump {
    let asked = ["(objectClass=*)", "*"];
    records(&ldapsearch_ldif("IDMEND_LAB", (host, base), asked))
}

/// The entries of an unfolded LDIF, the lines of each sorted.
pub(crate) fn records(ldif: &str) -> Dump {
    ldif.split("\n\n")
        .filter_map(|record| {
            let mut lines = record.lines().filter(|line| !line.is_empty());
            // Between pages stands a comment.
            let name = lines.find(|line| line.starts_with("dn:"))?.to_owned();
            let mut lines: Vec<String> = lines
                .filter(|line| {
                    let attribute = line.split(':').next().unwrap_or_default();
                    !BOOKKEEPING.contains(&attribute)
                })
                .map(str::to_owned)
                .collect();
            lines.sort();
            Some((name, lines))
        })
        .collect()
}

/// The entries that differ, by their common name: what went and what came.
pub(crate) fn differences(before: &Dump, after: &Dump) -> BTreeMap<String, Vec<String>> {
    assert!(before.keys().eq(after.keys()), "entries came or went");
    before
        .iter()
        .zip(after.values())
        .filter(|((_, old), new)| old != new)
        .map(|((name, old), new)| {
            let lacks = |lines: &[String], line: &String| !lines.contains(line);
            let gone = old.iter().filter(|line| lacks(new, line));
            let come = new.iter().filter(|line| lacks(old, line));
            let changes = gone
                .map(|line| format!("- {line}"))
                .chain(come.map(|line| format!("+ {line}")))
                .collect();
            (common_name(name), changes)
        })
        .collect()
}

/// `User c0001` of `dn: CN=User c0001,OU=…`.
pub(crate) fn common_name(name: &str) -> String {
    let first = name.split(',').next().unwrap_or_default();
    first.rsplit('=').next().unwrap_or_default().to_owned()
}

/// A report as a spreadsheet sees it.
pub(crate) struct Report {
    header: csv::StringRecord,
    pub(crate) rows: Vec<csv::StringRecord>,
}

impl Report {
    pub(crate) fn read(path: &Path) -> Self {
        let mut reader = csv::Reader::from_path(path).expect("a report");
        Self {
            header: reader.headers().expect("a header").clone(),
            rows: reader.records().map(|row| row.expect("a row")).collect(),
        }
    }

    fn column(&self, name: &str) -> usize {
        let found = self.header.iter().position(|column| column == name);
        found.unwrap_or_else(|| panic!("no column {name}"))
    }

    /// A cell.
    pub(crate) fn get(&self, row: usize, column: &str) -> &str {
        &self.rows[row][self.column(column)]
    }

    /// Fills a cell in.
    pub(crate) fn set(&mut self, row: usize, column: &str, text: &str) {
        let place = self.column(column);
        let cells = self.rows[row].iter().enumerate();
        self.rows[row] = cells
            .map(|(at, cell)| if at == place { text } else { cell })
            .collect();
    }

    /// The only row of this entry, attribute and value.
    pub(crate) fn row(&self, common_name: &str, attribute: &str, value: &str) -> usize {
        let mut found = (0..self.rows.len()).filter(|row| {
            self.get(*row, "COMMONNAME") == common_name
                && self.get(*row, "ATTRIBUTE") == attribute
                && self.get(*row, "VALUE") == value
        });
        let row = found.next();
        assert!(found.next().is_none());
        row.unwrap_or_else(|| panic!("no row {common_name}, {attribute}, {value}"))
    }

    /// How many rows each domain has of an attribute and an error.
    pub(crate) fn counts(&self) -> BTreeMap<(&str, &str, &str), usize> {
        let mut counts = BTreeMap::new();
        for row in 0..self.rows.len() {
            let kind = (
                self.get(row, "DOMAIN"),
                self.get(row, "ATTRIBUTE"),
                self.get(row, "ERROR"),
            );
            *counts.entry(kind).or_default() += 1;
        }
        counts
    }

    pub(crate) fn write(&self, path: &Path) {
        let mut writer = csv::Writer::from_path(path).expect("a file");
        writer.write_record(&self.header).expect("a header");
        for row in &self.rows {
            writer.write_record(row).expect("a row");
        }
        writer.flush().expect("a file");
    }
}
