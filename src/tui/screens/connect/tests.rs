use secrecy::ExposeSecret as _;

use super::*;
use crate::rule::Settings;
use crate::scan::ScanOptions;

fn request(sources: Vec<SourceSpec>) -> ScanRequest {
    ScanRequest {
        sources,
        rules: "entra".to_owned(),
        settings: Settings::default(),
        options: ScanOptions::default(),
        exceptions: None,
    }
}

fn form(saved: Vec<Saved>) -> Connect {
    Connect::new(&request(Vec::new()), saved.into())
}

/// Takes choices until the one under the cursor is this.
fn choose(form: &mut Connect, field: Field, is_it: impl Fn(&Connect) -> bool) {
    form.at = field;
    for _ in 0..9 {
        if is_it(form) {
            return;
        }
        assert!(form.choose(true));
    }
    panic!("{field:?} has no such choice");
}

fn fill(form: &mut Connect, field: Field, text: &str) {
    form.at = field;
    let line = form.line().unwrap();
    line.clear();
    line.paste(text);
}

fn server_of(form: &mut Connect) -> ServerSpec {
    let request = form.submit();
    let sources = request.map(|request| request.sources).unwrap_or_default();
    match sources.as_slice() {
        [SourceSpec::Server(server)] => server.clone(),
        other => panic!("{other:?}: {:?}", form.problem),
    }
}

#[test]
fn enter_asks_for_what_is_missing_and_then_gives_the_source() {
    let mut form = form(Vec::new());
    assert!(form.submit().is_none());
    assert_eq!(
        form.problem,
        Some((Field::Server, "server is needed".to_owned()))
    );
    form.line().unwrap().paste("dc1");
    assert!(form.submit().is_none());
    assert_eq!((form.at, form.problem.clone()), (Field::User, None));
    form.line().unwrap().paste("anna@x");
    assert!(form.submit().is_none());
    form.line().unwrap().paste(" pass word ");
    let spec = server_of(&mut form);
    let host = Entrance::Host("dc1".to_owned());
    assert_eq!((spec.entrance, spec.port), (host, 636));
    let Credentials::Password { user, password } = spec.credentials else {
        panic!("a password was given");
    };
    assert_eq!(user, "anna@x");
    assert_eq!(password.expose_secret(), " pass word ");
}

#[test]
fn each_way_to_sign_in_has_its_protection_and_port() {
    for (sign_in, port, protection) in [
        (SignIn::Password, 636, Protection::Ldaps),
        (SignIn::PasswordStartTls, 389, Protection::StartTls),
        (SignIn::Ticket, 389, Protection::Sealed),
        (SignIn::TicketTls, 636, Protection::Ldaps),
    ] {
        for to in TO {
            let mut form = form(Vec::new());
            choose(&mut form, Field::To, |form| form.to == to);
            choose(&mut form, Field::SignIn, |form| form.sign_in == sign_in);
            if to != To::OwnDomain {
                fill(&mut form, Field::Server, "x.y");
            }
            if !sign_in.is_ticket() {
                fill(&mut form, Field::User, "anna");
                fill(&mut form, Field::Password, "pw");
            }
            let spec = server_of(&mut form);
            assert_eq!((spec.port, spec.protection), (port, protection));
            let entrance = match to {
                To::Server => Entrance::Host("x.y".to_owned()),
                To::Domain => Entrance::Domain("x.y".to_owned()),
                To::OwnDomain => Entrance::OwnDomain,
            };
            assert_eq!(spec.entrance, entrance);
            // The form that is filled from it gives the same.
            let mut again = Connect::again(&request(vec![SourceSpec::Server(spec.clone())]));
            assert_eq!(format!("{:?}", server_of(&mut again)), format!("{spec:?}"));
        }
    }
}

#[test]
fn a_server_within_tls_is_one_whatever_the_ticket_would_do() {
    let mut form = form(Vec::new());
    choose(&mut form, Field::SignIn, |form| {
        form.sign_in == SignIn::Ticket
    });
    fill(&mut form, Field::Server, "ldaps://dc1.x.y");
    let spec = server_of(&mut form);
    assert_eq!((spec.port, spec.protection), (636, Protection::Ldaps));
}

#[test]
fn a_malformed_base_or_domain_is_named() {
    let mut form = form(Vec::new());
    for (field, text) in LINES.iter().zip(["dc1", "anna", "pw", "", "not a dn"]) {
        fill(&mut form, *field, text);
    }
    assert!(form.submit().is_none());
    assert_eq!(form.at, Field::Base);
    assert!(form.problem.as_ref().unwrap().1.contains("not a dn"));
    fill(&mut form, Field::Base, "");
    choose(&mut form, Field::To, |form| form.to == To::Domain);
    fill(&mut form, Field::Server, "ldaps://dc1");
    assert!(form.submit().is_none());
    assert_eq!(form.at, Field::Server);
}

fn saved_server(password: &str) -> ServerSpec {
    ServerSpec {
        entrance: Entrance::Host("dc1.contoso.com".to_owned()),
        site: Some("Berlin".to_owned()),
        dns_server: None,
        port: 3269,
        protection: Protection::StartTls,
        ca_cert: None,
        pins: Vec::new(),
        insecure: false,
        credentials: Credentials::Password {
            user: "anna".to_owned(),
            password: SecretString::from(password),
        },
        domain_hosts: Vec::new(),
        timeout: None,
        bases: Vec::new(),
    }
}

fn saved(name: &str, sources: Vec<SourceSpec>) -> Saved {
    Saved {
        name: name.to_owned(),
        request: Ok(ScanRequest {
            rules: "dedicated".to_owned(),
            ..request(sources)
        }),
    }
}

#[test]
fn a_profile_fills_the_form_and_its_judging_goes_along() {
    let server = SourceSpec::Server(saved_server(""));
    let mut form = form(vec![saved("contoso", vec![server])]);
    assert_eq!(form.at, Field::Profile);
    assert!(form.choose(true));
    assert!(form.submit().is_none());
    assert_eq!(form.at, Field::Password, "only the password is missing");
    fill(&mut form, Field::Password, "pw");
    let asked = form.submit().unwrap();
    assert_eq!(asked.rules, "dedicated");
    let SourceSpec::Server(spec) = &asked.sources[0] else {
        panic!("{asked:?}");
    };
    assert_eq!(format!("{spec:?}"), format!("{:?}", saved_server("pw")));
    // Another server is not looked for in the site of the first.
    fill(&mut form, Field::Server, "dc9.fabrikam.com");
    assert_eq!(server_of(&mut form).site, None);
    // Without the profile nothing of it is left.
    form.at = Field::Profile;
    assert!(form.choose(true));
    assert_eq!(form.text(Field::Server), "");
    assert_eq!(form.request().unwrap().rules, "entra");
}

#[test]
fn a_profile_of_files_is_taken_as_it_is_and_a_broken_one_says_why() {
    let files = SourceSpec::Ldif {
        name: None,
        files: vec!["a.ldif".into()],
    };
    let broken = Saved {
        name: "broken".to_owned(),
        request: Err("line 1, column 2: no".to_owned()),
    };
    let several = [saved_server(""), saved_server("")].map(SourceSpec::Server);
    let mut form = form(vec![
        saved("files", vec![files]),
        broken,
        saved("several", several.into()),
    ]);
    form.choose(true);
    assert_eq!(form.fields(), [Field::Profile]);
    let asked = form.submit().unwrap();
    assert!(matches!(
        asked.sources.as_slice(),
        [SourceSpec::Ldif { .. }]
    ));
    form.choose(true);
    assert!(form.submit().is_none());
    assert!(form.problem.as_ref().unwrap().1.contains("line 1"));
    form.choose(true);
    assert!(form.submit().is_none());
    assert!(form.problem.as_ref().unwrap().1.contains("--profile"));
}

#[test]
fn a_refused_password_is_not_sent_a_second_time_unsaid() {
    let mut form = form(Vec::new());
    for (field, text) in LINES.iter().zip(["dc1", "anna", "wrong"]) {
        fill(&mut form, *field, text);
    }
    assert!(form.submit().is_some());
    form.note_refusal();
    assert!(form.submit().is_none());
    assert!(
        form.problem
            .as_ref()
            .unwrap()
            .1
            .contains("lock the account")
    );
    assert!(form.submit().is_some(), "it is a person's decision");
    form.note_refusal();
    fill(&mut form, Field::Password, "right");
    assert!(form.submit().is_some());
}
