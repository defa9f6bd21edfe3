//! A home for a run, and its output as one text.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use regex::Regex;

/// A folder in which the program runs, with its home and state directory.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    masks: Vec<(Regex, &'static str)>,
}

impl Home {
    pub(crate) fn new() -> Self {
        let mask = |pattern: &str, text| (Regex::new(pattern).unwrap(), text);
        Self {
            folder: tempfile::tempdir().unwrap(),
            masks: vec![
                mask(r"demo/\d+-[0-9a-f]{32}", "demo/RUN"),
                mask(r"\d{8}-\d{6}-\d+\.log", "RUN.log"),
                mask(r"\d{8}-\d{6}-[0-9a-f]{4}", "TRANSACTION"),
            ],
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program in this home, with nothing of the real environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_idmend"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path("home"))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs the program and shows all that it says.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let mut output = self.output(arguments);
        if let Some(at) = find(&output.stdout, ABOUT_RULES) {
            // What is known of each rule is looked at in a test of its own.
            output.stdout.truncate(at + ABOUT_RULES.len());
            output.stdout.push(b'\n');
        }
        self.shown(&output)
    }

    /// The same with a password given on standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> String {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that does not want it may be gone already.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        self.shown(&child.wait_with_output().unwrap())
    }

    /// Standard error and exit code only: for what prints much data.
    pub(crate) fn talk(&self, arguments: &[&str]) -> String {
        let mut output = self.output(arguments);
        output.stdout.clear();
        self.shown(&output)
    }

    /// Standard output as it is.
    pub(crate) fn data(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.output(arguments).stdout).unwrap()
    }

    pub(crate) fn shown(&self, output: &Output) -> String {
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let code = output
            .status
            .code()
            .map_or("none".to_owned(), |code| code.to_string());
        let mut text = String::new();
        for (name, part) in [("stdout", stdout), ("stderr", stderr)] {
            if !part.is_empty() {
                text.push_str(&format!("-- {name}\n{part}"));
                if !part.ends_with('\n') {
                    text.push('\n');
                }
            }
        }
        text.push_str(&format!("-- exit {code}"));
        self.mask(&text)
    }

    pub(crate) fn mask(&self, text: &str) -> String {
        let folder = fs::canonicalize(self.folder.path()).unwrap();
        let mut text = text.replace('\r', "");
        for path in [folder.as_path(), self.folder.path()] {
            text = text.replace(&path.display().to_string(), "$FOLDER");
        }
        for (pattern, replacement) in &self.masks {
            text = pattern.replace_all(&text, *replacement).into_owned();
        }
        text
    }

    /// The exported demo as `--ldif` arguments.
    pub(crate) fn exported_demo(&self) -> Vec<String> {
        let listed = self.data(&["demo", "--export", "demo"]);
        listed
            .lines()
            .flat_map(|file| {
                // Each file is a forest of its own, named as in the demo.
                let name = file.rsplit('/').next().unwrap_or(file);
                let name = name.trim_end_matches(".ldif");
                ["--ldif".to_owned(), format!("{name}={file}")]
            })
            .collect()
    }
}

/// How many there are of what in the demo is not these tests' to say.
pub(crate) fn without_numbers(text: &str) -> String {
    Regex::new(r"\d+")
        .unwrap()
        .replace_all(text, "N")
        .into_owned()
}

/// The lines of a shown run that begin with one of `starts`.
pub(crate) fn lines_with(text: &str, starts: &[&str]) -> String {
    text.lines()
        .filter(|line| starts.iter().any(|start| line.starts_with(start)))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A report with the ACTION of each row set by `decide` from its columns.
pub(crate) fn decide(report: &Path, to: &Path, decide: impl Fn(&Row<'_>) -> Decision) {
    let mut reader = csv::Reader::from_path(report).unwrap();
    let headings = reader.headers().unwrap().clone();
    let mut writer = csv::Writer::from_path(to).unwrap();
    writer.write_record(&headings).unwrap();
    for record in reader.records() {
        let record = record.unwrap();
        let row = Row {
            headings: &headings,
            record: &record,
        };
        let decision = decide(&row);
        let changed = headings
            .iter()
            .zip(&record)
            .map(|(heading, field)| match heading {
                "ACTION" => decision.action.to_owned(),
                "UPDATE" => decision.update.clone().unwrap_or_else(|| field.to_owned()),
                _ => field.to_owned(),
            });
        writer.write_record(changed).unwrap();
    }
    writer.flush().unwrap();
}

/// A row of a report.
pub(crate) struct Row<'a> {
    headings: &'a csv::StringRecord,
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    pub(crate) fn get(&self, heading: &str) -> &str {
        let at = self.headings.iter().position(|name| name == heading);
        &self.record[at.unwrap()]
    }
}

/// What to put into a row.
#[derive(Default)]
pub(crate) struct Decision {
    pub(crate) action: &'static str,
    pub(crate) update: Option<String>,
}

/// Takes the proposal of a row.
pub(crate) fn accept(row: &Row<'_>) -> Decision {
    let action = match row.get("PROPOSEDACTION") {
        "EDIT" => "EDIT",
        "REMOVE" => "REMOVE",
        _ => "",
    };
    Decision {
        action,
        update: None,
    }
}

/// The heading after which a text report tells what is known of the rules.
pub(crate) const ABOUT_RULES: &str = "What these rules are about";

fn find(bytes: &[u8], text: &str) -> Option<usize> {
    bytes
        .windows(text.len())
        .position(|window| window == text.as_bytes())
}

/// Two users with a fault each, a clean one, and one that shares an address.
pub(crate) const SMALL: &str = "\
dn: DC=contoso,DC=test
objectClass: domainDNS

dn: CN=Anna Meyer,OU=Sales,DC=contoso,DC=test
objectClass: user
cn: Anna Meyer
sAMAccountName: anna
userPrincipalName: anna meyer@contoso.com
mail: anna@contoso.com
proxyAddresses: SMTP:anna@contoso.com

dn: CN=Bert Kunz,OU=Sales,DC=contoso,DC=test
objectClass: user
cn: Bert Kunz
sAMAccountName: bert
userPrincipalName: bert@contoso.com
proxyAddresses: SMTP:bert@contoso.com
proxyAddresses: smtp:anna@contoso.com

dn: CN=Clean,OU=Office,DC=contoso,DC=test
objectClass: user
cn: Clean
sAMAccountName: clean
userPrincipalName: clean@contoso.com
";

/// Says that a test is not run, where people see it.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(crate) fn skip(test: &str, program: &str) {
    eprintln!("SKIPPED: {test} needs {program}, which is not installed");
}

pub(crate) fn is_installed(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}
