//! Connecting: the form, profiles, and the test of the way before a scan.

use crossterm::event::KeyCode;

use super::screens::both;
use super::{Face, SMALL, options};
use crate::config::{ServerSpec, SourceSpec};
use crate::model::{Credentials, Diagnosis, Entrance, Protection};
use crate::session::{Command, Event, Examined, ScanRequest};
use crate::tui::{Effect, Options, Saved, Start};

/// The form filled, and Enter pressed.
fn asked_to_connect(size: (u16, u16)) -> Face {
    let mut face = Face::begin(Start::Connect, size);
    face.keys("dc1.contoso.com");
    for text in ["", "anna@contoso.com", "wrong"] {
        face.press(KeyCode::Tab);
        face.keys(text);
    }
    face.press(KeyCode::Enter);
    face
}

/// The answer to a test.
fn examined(number: u64, found: Vec<Diagnosis>) -> Event {
    let can_read = crate::session::can_read(&found);
    let label = "ldaps://dc1.contoso.com:636".to_owned();
    Event::Examined(
        number,
        vec![Examined {
            label,
            found,
            can_read,
        }],
    )
}

#[test]
fn the_way_is_tested_before_a_scan_and_a_scan_is_asked_for() {
    let mut face = asked_to_connect(SMALL);
    assert!(matches!(
        face.effects.as_slice(),
        [.., Effect::Send(Command::Examine(1, sources))] if sources.len() == 1
    ));
    assert!(face.shows("testing the way to dc1.contoso.com as anna@contoso.com"));
    face.press(KeyCode::Enter);
    face.tell(examined(
        1,
        vec![Diagnosis::good("sign-in", "accepted as anna")],
    ));
    assert!(
        face.shows("✓ sign-in      accepted as anna"),
        "{}",
        face.screen()
    );
    assert!(face.shows("Enter scans"));
    face.press(KeyCode::Enter);
    assert!(matches!(
        face.effects.last(),
        Some(Effect::Send(Command::Scan(request))) if request.sources.len() == 1
    ));
}

#[test]
fn a_test_that_fails_leads_back_to_the_form_as_it_was_typed() {
    let mut face = asked_to_connect(SMALL);
    let refused = Diagnosis::wrong("sign-in", "the password is wrong\u{1b}[2J", "check it");
    face.tell(examined(1, vec![refused]));
    for words in [
        "✗ sign-in      the password is wrong␛[2J",
        "→ check it",
        "cannot be scanned",
    ] {
        assert!(face.shows(words), "{}", face.screen());
    }
    face.effects.clear();
    face.press(KeyCode::Enter);
    assert!(
        face.shows("dc1.contoso.com") && face.shows("•••••") && !face.shows("wrong"),
        "{}",
        face.screen()
    );
    // The same password is not sent again before that was said.
    face.press(KeyCode::Enter);
    assert!(face.effects.is_empty() && face.shows("a few more tries"));
    face.press(KeyCode::Enter);
    assert!(matches!(
        face.effects.last(),
        Some(Effect::Send(Command::Examine(2, _)))
    ));
}

#[test]
fn a_test_is_stopped_and_its_late_answer_is_not_taken_for_another() {
    for key in [KeyCode::Esc, KeyCode::Char('q')] {
        let mut face = asked_to_connect(SMALL);
        face.press(key);
        assert!(matches!(
            face.effects.last(),
            Some(Effect::Send(Command::Cancel))
        ));
        face.press(KeyCode::Enter);
        assert!(face.shows("testing the way"), "{}", face.screen());
        face.tell(examined(1, vec![Diagnosis::good("sign-in", "late")]));
        assert!(!face.shows("late") && face.shows("testing the way"));
        face.ctrl('c');
        assert!(face.shows("dc1.contoso.com") && !face.has_quit());
    }
}

#[test]
fn a_scan_that_fails_comes_back_to_the_form_as_it_was_typed() {
    let mut face = asked_to_connect(SMALL);
    face.tell(examined(1, Vec::new()));
    face.press(KeyCode::Enter);
    face.tell(Event::Failed {
        message: "the server is gone\u{1b}[2J".to_owned(),
        hint: Some("check it".to_owned()),
    });
    assert!(
        face.shows("the server is gone␛[2J") && face.shows("check it"),
        "{}",
        face.screen()
    );
    face.press(KeyCode::Enter);
    assert!(
        face.shows("dc1.contoso.com") && face.shows("•••••"),
        "{}",
        face.screen()
    );
}

#[test]
fn connect() {
    both("connect", |size| Face::begin(Start::Connect, size));
}

#[test]
fn connect_with_a_mistake() {
    both("connect_mistake", |size| {
        let mut face = Face::begin(Start::Connect, size);
        face.keys("ldap://dc1");
        for text in ["", "anna@contoso.com", "secret"] {
            face.press(KeyCode::Tab);
            face.keys(text);
        }
        for _ in 0..3 {
            face.press(KeyCode::Down);
        }
        face.keys(" ");
        face.press(KeyCode::Enter);
        face
    });
}

/// The form with profiles: of a server, of a file, and a broken one.
fn with_profiles(size: (u16, u16)) -> Face {
    let plain = options(Start::Connect);
    let request = |sources| ScanRequest {
        sources,
        ..plain.request.clone()
    };
    let server = ServerSpec {
        entrance: Entrance::Domain("contoso.com".to_owned()),
        site: None,
        dns_server: None,
        port: 389,
        protection: Protection::Sealed,
        ca_cert: None,
        pins: Vec::new(),
        insecure: false,
        credentials: Credentials::Kerberos { principal: None },
        domain_hosts: Vec::new(),
        timeout: None,
        bases: Vec::new(),
    };
    let file = SourceSpec::Ldif {
        name: None,
        files: vec!["/exports/a\u{202e}b.ldif".into()],
    };
    let saved = |name: &str, request| Saved {
        name: name.to_owned(),
        request,
    };
    let options = Options {
        saved: vec![
            saved("contoso", Ok(request(vec![SourceSpec::Server(server)]))),
            saved("files", Ok(request(vec![file]))),
            saved(
                "old",
                Err("old.toml, line 2, column 1: unknown field".to_owned()),
            ),
        ],
        ..plain
    };
    Face::begin_with(options, size)
}

#[test]
fn connect_with_profiles() {
    for (name, keys) in [
        ("none", ""),
        ("server", " "),
        ("files", "  "),
        ("broken", "   "),
    ] {
        both(&format!("connect_profile_{name}"), |size| {
            let mut face = with_profiles(size);
            face.keys(keys);
            face
        });
    }
}

#[test]
fn testing_a_connection() {
    let print = "9f:86:d0:81:88:4c:7d:65:9a:2f:ea:a0:c5:5a:d0:15:a3:bf:4f:1b:2b:0b:82:2c:d1:5d:6c:15:b0:f0:0a:08";
    let good = vec![
        Diagnosis::good("DNS", "dc1.contoso.com is 10.0.0.1"),
        Diagnosis::good("port", "dc1.contoso.com:636 answers at 10.0.0.1:636"),
        Diagnosis::good(
            "TLS",
            format!("the certificate is accepted; its SHA-256 is {print}"),
        ),
        Diagnosis::good("sign-in", "accepted as CONTOSO\\anna\u{202e}\u{1b}[2J"),
        Diagnosis::notable(
            "server",
            "dc1.contoso.com is a read-only domain controller: it refuses every write",
            "name another with --server or --dc DOMAIN=HOST before you apply",
        ),
        Diagnosis::good("domain", "contoso.com is read on dc1.contoso.com"),
        Diagnosis::wrong(
            "domain",
            "the domain emea.contoso.com could not be reached",
            "name a controller of it with --dc DOMAIN=HOST",
        ),
        Diagnosis::good(
            "read rights",
            "contoso.com: of 100 users, sAMAccountName of 100, mail of 90",
        ),
    ];
    let well = vec![
        good[0].clone(),
        good[1].clone(),
        good[2].clone(),
        Diagnosis::good("sign-in", "accepted as anna@contoso.com"),
        Diagnosis::good(
            "server",
            "dc1.contoso.com is a domain controller that can be written to",
        ),
        Diagnosis::good("clock", "the server's clock is the same as this computer's"),
        good[5].clone(),
        good[7].clone(),
    ];
    let refused = vec![
        good[0].clone(),
        good[1].clone(),
        good[2].clone(),
        Diagnosis::wrong(
            "sign-in",
            "dc1.contoso.com refused the sign-in of anna@contoso.com: the name or the password is wrong",
            "",
        ),
    ];
    both("test_running", |size| {
        let mut face = asked_to_connect(size);
        face.wait(2);
        face
    });
    let answers = [("scannable", good), ("well", well), ("refused", refused)];
    for (name, answer) in answers {
        both(&format!("test_{name}"), |size| {
            let mut face = asked_to_connect(size);
            face.tell(examined(1, answer.clone()));
            face
        });
    }
}
