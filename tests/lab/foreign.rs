//! Somebody else who writes to the same entries at the same time.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::kill::{Said, pause};
use crate::plan::{CHANGES, Somebody, decide_many};
use crate::program::{Desk, Dump, common_name, differences, dump};

const DEADLINE: Duration = Duration::from_secs(120);

/// One in so many entries is edited by somebody else.
const ONE_IN: usize = 10;

fn begin(desk: &Desk) -> Child {
    let decided = desk.name("decided.csv");
    let source = desk.source();
    let mut arguments = vec!["apply", &decided, "--yes", "--stop-after", "0"];
    arguments.extend(source.iter().map(String::as_str));
    desk.command(&arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program")
}

/// Waits until the journal has so many outcomes, or has ended.
fn wait_for(desk: &Desk, outcomes: usize) -> Said {
    let begun = Instant::now();
    loop {
        match Said::by(desk) {
            Some(said) if said.outcomes.len() >= outcomes || said.ended => return said,
            _ => {}
        }
        assert!(begun.elapsed() < DEADLINE, "the journal does not grow");
        pause(Duration::from_millis(1));
    }
}

/// The attribute that the plan changes in an entry, by its fault.
fn attribute_of(name: &str) -> &'static str {
    match name.as_bytes().last() {
        _ if name.contains("partner") => "targetAddress",
        _ if name.contains("team") => "displayName",
        Some(b'1') => "sn",
        Some(b'2') => "displayName",
        Some(b'3') => "userPrincipalName",
        Some(b'4') => "mailNickname",
        _ => "proxyAddresses",
    }
}

/// The lines of an attribute in a dump.
fn lines<'d>(dump: &'d Dump, name: &str, attribute: &str) -> Vec<&'d str> {
    let head = format!("{attribute}:");
    let (_, lines) = dump
        .iter()
        .find(|(dn, _)| common_name(dn) == name)
        .unwrap_or_else(|| panic!("no {name}"));
    lines
        .iter()
        .map(String::as_str)
        .filter(|line| line.starts_with(&head))
        .collect()
}

/// How what somebody else writes differs from what was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Differs {
    Wholly,
    /// Equal to Active Directory.
    InCase,
    /// Equal to Active Directory; Samba tells it apart.
    InAccents,
}

/// What somebody else writes into an entry.
struct Edit {
    dn: String,
    name: String,
    attribute: &'static str,
    differs: Differs,
    /// Whether it was in time: one that differs little goes through only while
    /// the old value is there.
    in_time: bool,
    lines: Vec<String>,
}

impl Edit {
    fn new(dn: &str, differs: Differs, start: &Dump) -> Self {
        let name = common_name(dn);
        let attribute = attribute_of(&name);
        let id = name.replace("User ", "");
        let lines = match attribute {
            _ if differs != Differs::Wholly => {
                vec![like(lines(start, &name, attribute)[0], differs)]
            }
            "proxyAddresses" => vec![format!("{attribute}: SMTP:{id}.foreign@contoso.com")],
            "userPrincipalName" | "targetAddress" => {
                vec![format!("{attribute}: {id}.foreign@contoso.com")]
            }
            _ => vec![format!("{attribute}: Foreign {id}")],
        };
        Self {
            dn: dn.to_owned(),
            name,
            attribute,
            differs,
            in_time: true,
            lines,
        }
    }

    /// Writes it, whatever is there; one that differs little only over the old
    /// value.
    fn send(&mut self, somebody: &mut Somebody, start: &Dump) {
        let new = self.lines.join("\n");
        let attribute = self.attribute;
        if self.differs == Differs::Wholly {
            somebody.modify(&self.dn, &format!("replace: {attribute}\n{new}"));
            return;
        }
        let old = lines(start, &self.name, attribute)[0];
        let record = format!("delete: {attribute}\n{old}\n-\nadd: {attribute}\n{new}");
        self.in_time = Somebody::modify_at_once(&self.dn, &record);
    }

    fn stands(&self, dump: &Dump) -> bool {
        lines(dump, &self.name, self.attribute) == self.lines
    }
}

/// A line of LDIF with its value in capitals, or with accents.
fn like(line: &str, differs: Differs) -> String {
    let (attribute, value) = line.split_once(':').expect("a line");
    let value = match value.strip_prefix(": ") {
        Some(encoded) => STANDARD.decode(encoded).expect("Base64"),
        None => value.trim_start().as_bytes().to_vec(),
    };
    let text = String::from_utf8(value).expect("a text");
    let text = match differs {
        Differs::InAccents => {
            let second = text.chars().next().map_or(0, char::len_utf8);
            let (first, rest) = text.split_at(second);
            format!("{first}\u{301}{rest}")
        }
        Differs::Wholly | Differs::InCase => text.to_ascii_uppercase(),
    };
    format!("{attribute}:: {}", STANDARD.encode(text))
}

/// Writes the attributes of these entries as the dump has them. By way of
/// nothing at all: a value that differs in case only would not be replaced.
fn restore(edits: &[Edit], start: &Dump) {
    let mut somebody = Somebody::new();
    for edit in edits {
        let old = lines(start, &edit.name, edit.attribute).join("\n");
        let attribute = edit.attribute;
        somebody.modify(&edit.dn, &format!("replace: {attribute}"));
        somebody.modify(&edit.dn, &format!("replace: {attribute}\n{old}"));
    }
    somebody.finish();
}

#[test]
fn no_value_that_somebody_else_writes_meanwhile_is_overwritten() {
    let desk = Desk::new();
    let start = dump();
    decide_many(&desk);
    let mut program = begin(&desk);
    let mut somebody = Somebody::new();
    let planned = wait_for(&desk, 0).planned;
    let mut edits = Vec::new();
    // Around what is being written: some before it is read, some between read
    // and write, some after that.
    for (number, index) in (ONE_IN / 2..CHANGES).step_by(ONE_IN).enumerate() {
        let may_be_like = matches!(
            attribute_of(&common_name(&planned[index])),
            "sn" | "displayName" | "mailNickname"
        );
        let differs = match number % 4 {
            0 if may_be_like => Differs::InCase,
            2 if may_be_like => Differs::InAccents,
            _ => Differs::Wholly,
        };
        let mut edit = Edit::new(&planned[index], differs, &start);
        wait_for(&desk, index.saturating_sub(8 * (number % 6)));
        edit.send(&mut somebody, &start);
        edits.push(edit);
    }
    somebody.finish();
    program.wait().expect("an end");
    let said = wait_for(&desk, CHANGES);
    let after = dump();

    let mut counts: BTreeMap<(Differs, &str, &str), usize> = BTreeMap::new();
    let edited: BTreeSet<&String> = edits.iter().map(|edit| &edit.dn).collect();
    assert_eq!(edited.len(), CHANGES / ONE_IN);
    for (index, dn) in planned.iter().enumerate() {
        let is_over = said.over.contains(&index);
        let outcome = said.outcomes[&index].as_str();
        let Some(edit) = edits.iter().find(|edit| edit.dn == *dn) else {
            assert_eq!((outcome, is_over), ("done", false), "{dn}");
            continue;
        };
        let stands = edit.stands(&after);
        let what = match (edit.differs, edit.in_time, stands) {
            (_, true, true) => "it stands",
            (Differs::InCase | Differs::InAccents, true, false) => "written over",
            (_, false, _) => "too late",
            _ => panic!(
                "{dn}: {outcome}, {:?}",
                lines(&after, &edit.name, edit.attribute)
            ),
        };
        // It is told if somebody's edit is lost, and never else.
        assert_eq!(is_over, edit.in_time && !stands, "{dn}: {what}, {outcome}");
        let outcome = if is_over {
            "done over a foreign edit"
        } else {
            outcome
        };
        *counts.entry((edit.differs, what, outcome)).or_default() += 1;
    }
    println!(
        "{} of {CHANGES} entries edited by somebody else meanwhile:",
        edits.len()
    );
    for ((differs, what, outcome), count) in &counts {
        println!("  {count:2} differs {differs:?}, {what}: {outcome}");
    }

    // A rollback leaves what somebody else wrote alone, too.
    desk.on_forest(&["rollback", "--yes", "--stop-after", "0"])
        .ends_with(1);
    let back = dump();
    for edit in edits.iter().filter(|edit| edit.differs == Differs::Wholly) {
        assert!(edit.stands(&back), "{}", edit.name);
    }
    restore(&edits, &start);
    let left = differences(&start, &dump());
    assert!(left.is_empty(), "all is as it was: {left:?}");
}

#[test]
fn addresses_that_somebody_else_adds_are_no_conflict_and_survive_the_rollback() {
    let desk = Desk::new();
    let start = dump();
    decide_many(&desk);
    let mut program = begin(&desk);
    let mut somebody = Somebody::new();
    let planned = wait_for(&desk, 0).planned;
    let mut added = Vec::new();
    for (index, dn) in planned.iter().enumerate() {
        let name = common_name(dn);
        if attribute_of(&name) == "proxyAddresses" {
            wait_for(&desk, index.saturating_sub(index % 3));
            let id = name.replace("User ", "");
            let line = format!("proxyAddresses: smtp:{id}.added@contoso.com");
            somebody.modify(dn, &format!("add: proxyAddresses\n{line}"));
            added.push((dn.clone(), name, line));
        }
    }
    somebody.finish();
    assert!(program.wait().expect("an end").success(), "no conflict");
    assert!(added.len() >= 50, "{}", added.len());
    let said = wait_for(&desk, CHANGES);
    assert!(said.outcomes.values().all(|what| what == "done"));
    assert!(said.over.is_empty(), "none is taken for written over");
    println!("{} addresses added by somebody else meanwhile", added.len());

    desk.on_forest(&["rollback", "--yes"])
        .ends_with(0)
        .says(&[&format!(": {CHANGES} done")]);
    let back = dump();
    for (_, name, line) in &added {
        assert!(
            lines(&back, name, "proxyAddresses").contains(&line.as_str()),
            "{name}"
        );
    }
    let mut somebody = Somebody::new();
    for (dn, _, line) in &added {
        somebody.modify(dn, &format!("delete: proxyAddresses\n{line}"));
    }
    somebody.finish();
    assert!(dump() == start, "nothing but what was added differed");
}
