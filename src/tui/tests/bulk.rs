//! New values for many rows, and duplicates, through the real keys.

use crossterm::event::KeyCode;

use super::{Face, LARGE, SMALL};
use crate::model::Entry;
use crate::scan::fixture::{entry, user};
use crate::tui::{Effect, Message};
use crate::worksheet::{Action, RowId};

/// Users whose sign-in names have a suffix that no tenant can verify.
fn local_users() -> Vec<Entry> {
    let person = |given: &str, family: &str, upn: &str| {
        let mail = format!(
            "SMTP:{}.{}@contoso.com",
            given.to_lowercase(),
            family.to_lowercase()
        );
        user(
            &format!("{given} {family}"),
            &[
                ("userPrincipalName", &[upn]),
                ("givenName", &[given]),
                ("sn", &[family]),
                ("proxyAddresses", &[mail.as_str()]),
            ],
        )
    };
    vec![
        person("Anna", "Meyer", "a.meyer@contoso.local"),
        person("Bert", "Lang", "b.lang@contoso.local"),
        person("Bert", "Stein", "b.stein@contoso.local"),
    ]
}

fn updates(face: &Face) -> Vec<(String, Action, String)> {
    let sheet = face.sheet();
    let texts = sheet.rows().map(|row| sheet.text(row));
    texts
        .map(|text| (text.common_name, text.action, text.update))
        .collect()
}

#[test]
fn a_template_gives_every_marked_row_a_value_of_its_own() {
    let mut face = Face::on_grid(local_users(), LARGE);
    face.ctrl('a');
    face.keys("E");
    assert!(
        face.shows("New value for 3 marked rows"),
        "{}",
        face.screen()
    );
    face.keys("{givenNam}");
    assert!(face.shows("'givenNam' is no field"), "{}", face.screen());
    face.press(KeyCode::Enter);
    assert_eq!(face.sheet().staged(), 0);
    face.ctrl('u');
    face.keys("{givenName|lower}.{sn|lower}@contoso.com");
    assert!(face.shows("3 rows get a new value"), "{}", face.screen());
    assert!(face.shows("anna.meyer@contoso.com"), "{}", face.screen());
    face.press(KeyCode::Enter);
    let staged = updates(&face);
    assert!(staged.contains(&(
        "Anna Meyer".to_owned(),
        Action::Edit,
        "anna.meyer@contoso.com".to_owned()
    )));
    assert!(
        face.status().contains("3 of 3 marked rows"),
        "{}",
        face.status()
    );
    face.keys("u");
    assert_eq!(face.sheet().staged(), 0, "it is one step of undo");
}

#[test]
fn a_row_whose_value_another_one_takes_is_shown_and_left_alone() {
    let mut face = Face::on_grid(local_users(), LARGE);
    face.ctrl('a');
    face.keys("E{givenName|lower}@contoso.com");
    assert!(
        face.shows("2 rows get a new value") && face.shows("1 row is left alone"),
        "{}",
        face.screen()
    );
    face.ctrl('n');
    assert!(
        face.shows("✗ a staged edit gives this value to CN=Bert Lang"),
        "{}",
        face.screen()
    );
    face.press(KeyCode::Enter);
    assert_eq!(face.sheet().staged(), 2);
    assert!(face.shows("Not all could be staged"), "{}", face.screen());
}

#[test]
fn a_replacement_is_tried_out_while_it_is_typed() {
    let mut face = Face::on_grid(local_users(), SMALL);
    face.ctrl('a');
    face.keys("%^b\\.(.*)@.*$");
    assert!(face.shows("✗ 3 rows are left alone"), "{}", face.screen());
    face.press(KeyCode::Tab);
    face.keys("$2");
    assert!(face.shows("no group '2'"), "{}", face.screen());
    face.ctrl('u');
    face.send(Message::Paste("$1@contoso.com".to_owned()));
    assert!(face.shows("lang@contoso.com"), "{}", face.screen());
    assert!(
        face.shows("2 rows get a new value") && face.shows("1 row is left alone"),
        "{}",
        face.screen()
    );
    face.press(KeyCode::Enter);
    assert!(
        face.shows("1 row: the expression does not match"),
        "{}",
        face.screen()
    );
}

#[test]
fn the_suffix_of_a_whole_ou_takes_three_keys() {
    let mut entries = local_users();
    let mut elsewhere = user("Zoe", &[("userPrincipalName", &["zoe@contoso.local"])]);
    elsewhere.dn = crate::model::DistinguishedName::from_server("CN=Zoe,OU=Lab,DC=contoso,DC=com");
    entries.push(elsewhere);
    let mut face = Face::on_grid(entries, LARGE);
    face.keys("fanna");
    face.press(KeyCode::Enter);
    face.keys("U");
    assert!(
        face.shows("UPN suffix of 3 sign-in names in contoso.com/Staff and below"),
        "{}",
        face.screen()
    );
    assert!(
        face.shows("> 1 contoso.com") && face.shows("verified"),
        "{}",
        face.screen()
    );
    face.keys("2");
    assert!(face.shows("a.meyer@fabrikam.com"), "{}", face.screen());
    face.press(KeyCode::Enter);
    let staged = updates(&face);
    assert_eq!(
        staged
            .iter()
            .filter(|(_, action, _)| *action == Action::Edit)
            .count(),
        3
    );
    assert!(
        staged
            .iter()
            .any(|(name, action, _)| name == "Zoe" && *action == Action::None)
    );
    face.keys("uFU");
    face.keys("other.org");
    assert!(face.shows("a.meyer@other.org"), "{}", face.screen());
    face.press(KeyCode::Tab);
    assert!(face.shows("a.meyer@fabrikam.com"), "{}", face.screen());
    face.press(KeyCode::Esc);
    assert_eq!(face.sheet().staged(), 0);
}

#[test]
fn sign_in_names_become_the_primary_addresses_under_review() {
    let mut face = Face::on_grid(local_users(), LARGE);
    face.keys("P");
    assert!(
        face.shows("People sign in with the new name"),
        "{}",
        face.screen()
    );
    assert!(face.shows("bert.stein@contoso.com"), "{}", face.screen());
    face.press(KeyCode::Enter);
    assert_eq!(face.sheet().staged(), 3);
    face.keys("R");
    assert!(face.shows("sign-in names change"), "{}", face.screen());
}

#[test]
fn a_value_that_is_no_sign_in_name_gets_no_suffix() {
    let entries = vec![user(
        "Anna",
        &[
            ("userPrincipalName", &["anna@contoso.com"]),
            ("givenName", &["Anna "]),
        ],
    )];
    let mut face = Face::on_grid(entries, SMALL);
    face.keys(" U");
    assert!(
        face.status().contains("no row about a sign-in name"),
        "{}",
        face.status()
    );
    face.keys("MgU");
    assert!(
        face.status().contains("no row about a sign-in name"),
        "{}",
        face.status()
    );
}

#[test]
fn rows_beyond_the_first_are_tried_beside_the_interface_and_the_latest_counts() {
    let entries = (0..503).map(|at| {
        let upn = format!("user{at}@contoso.local");
        user(
            &format!("User {at}"),
            &[("userPrincipalName", &[upn.as_str()])],
        )
    });
    let mut face = Face::on_grid(entries.collect(), LARGE);
    let arranged = |face: &mut Face| {
        for effect in std::mem::take(&mut face.effects) {
            if let Effect::Arrange(request) = effect {
                let never = std::sync::atomic::AtomicBool::new(false);
                let done = request.carry_out(&never).unwrap();
                face.send(Message::Arranged(done));
            }
        }
    };
    arranged(&mut face);
    face.ctrl('a');
    face.keys("E{value|local}@contoso.com");
    assert!(face.shows("502 rows get a new value"), "{}", face.screen());
    assert!(face.shows("503 are being tried"), "{}", face.screen());
    let rehearsals: Vec<_> = face.effects.drain(..).collect();
    let mut counted = 0;
    for effect in rehearsals {
        if let Effect::Rehearse(rehearsing) = effect
            && let Some((number, rehearsal)) = rehearsing.carry_out()
        {
            counted += 1;
            face.send(Message::Rehearsed(number, rehearsal));
        }
    }
    assert_eq!(counted, 1, "all but the latest were given up");
    assert!(face.shows("503 rows get a new value"), "{}", face.screen());
}

/// One address that three entries hold, one of them twice.
fn shared() -> Vec<Entry> {
    vec![
        user(
            "Anna",
            &[
                ("userPrincipalName", &["anna@contoso.com"]),
                (
                    "proxyAddresses",
                    &["SMTP:anna@contoso.com", "smtp:office@contoso.com"],
                ),
                ("mailNickname", &["anna"]),
            ],
        ),
        user(
            "Bert",
            &[
                ("userPrincipalName", &["bert@contoso.com"]),
                ("proxyAddresses", &["SMTP:Office@contoso.com"]),
                ("mailNickname", &["bert"]),
                ("whenChanged", &["20260301120000.0Z"]),
            ],
        ),
        entry(
            "contact",
            "Clara",
            "contoso.com",
            &[
                ("targetAddress", &["SMTP:clara@x.org"]),
                (
                    "proxyAddresses",
                    &["SMTP:clara@contoso.com", "smtp:office@contoso.com"],
                ),
            ],
        ),
    ]
}

fn on_duplicate(size: (u16, u16)) -> Face {
    let mut face = Face::on_grid(shared(), size);
    face.keys("fvalue:office");
    face.press(KeyCode::Enter);
    face.keys("D");
    face
}

#[test]
fn who_keeps_a_value_is_chosen_in_one_view_and_staged_as_one_step() {
    let mut face = on_duplicate(LARGE);
    let screen = face.screen();
    assert!(face.shows("Who keeps the value?"), "{screen}");
    assert!(face.shows("kept by who has the better claim"), "{screen}");
    assert!(face.shows("CN=Bert,OU=Staff"), "{screen}");
    // Anna keeps it instead: Bert's primary address needs another one.
    face.keys(" ");
    let screen = face.screen();
    assert!(face.shows("● keeps") && face.shows("~ EDIT"), "{screen}");
    assert!(face.shows("new SMTP:Office2@contoso.com"), "{screen}");
    assert!(face.shows("- REMOVE"), "{screen}");
    assert!(face.shows("kept by another"), "{screen}");
    face.press(KeyCode::Enter);
    let staged: Vec<_> = updates(&face)
        .into_iter()
        .filter(|(_, action, _)| *action != Action::None)
        .collect();
    assert_eq!(staged.len(), 3, "{staged:?}");
    face.keys("u");
    assert_eq!(face.sheet().staged(), 0, "it is one step");
}

#[test]
fn a_member_of_a_set_is_edited_removed_or_left_alone_and_checked() {
    let mut face = on_duplicate(LARGE);
    face.keys(" je");
    face.ctrl('u');
    face.keys("SMTP:bad address@contoso.com");
    face.press(KeyCode::Enter);
    assert!(face.shows("✗ proxyAddresses:"), "{}", face.screen());
    face.keys("x");
    assert!(
        !face.shows("✗") && face.shows("· as it is"),
        "{}",
        face.screen()
    );
    face.keys("r");
    assert!(
        face.shows("✗") || face.shows("- REMOVE"),
        "{}",
        face.screen()
    );
    face.press(KeyCode::Esc);
    assert_eq!(face.sheet().staged(), 0);
}

#[test]
fn a_value_that_nobody_else_holds_has_no_such_view() {
    let mut face = Face::on_grid(local_users(), SMALL);
    face.keys("D");
    assert!(
        face.status().contains("no other entry holds this value"),
        "{}",
        face.status()
    );
    face.keys("brgD");
    assert!(
        face.status().contains("go to one of the rows"),
        "{}",
        face.status()
    );
}

#[test]
fn what_was_decided_is_what_the_preview_said() {
    let mut face = Face::on_grid(local_users(), LARGE);
    face.ctrl('a');
    face.keys("E{value|local|left:1}@contoso.com");
    face.press(KeyCode::Enter);
    face.press(KeyCode::Esc);
    let edits = updates(&face)
        .into_iter()
        .filter(|(_, action, _)| *action == Action::Edit);
    let values: Vec<String> = edits.map(|(_, _, value)| value).collect();
    assert_eq!(values, ["a@contoso.com", "b@contoso.com"]);
    assert_eq!(face.sheet().action(RowId(2)), Action::None);
}
