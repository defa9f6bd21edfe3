//! `idmend rules`.

use insta::assert_snapshot;

use crate::common::{Home, lines_with};

#[test]
fn rules_are_listed_and_can_be_shown() {
    let home = Home::new();
    let list = home.data(&["rules", "list"]);
    let some = lines_with(
        &list,
        &[
            "upn-white-space ",
            "proxy-duplicate ",
            "proxy-old-type ",
            "ded-nickname-dots ",
        ],
    );
    assert_snapshot!(some, @"
upn-white-space                      fails       userPrincipalName White space or invisible characters in the user principal name
proxy-old-type                       hygiene     proxyAddresses    An address of a type that the cloud does not take (off)
proxy-duplicate                      quarantined proxyAddresses    Another entry has the same address
ded-nickname-dots                    changed     mailNickname      The alias begins or ends with a dot
");
    for line in list.lines().step_by(9) {
        let id = line.split_whitespace().next().unwrap();
        let shown = home.data(&["rules", "show", id]);
        for heading in [
            "What happens",
            "Why",
            "When it may be left",
            "Sources, checked 20",
        ] {
            assert!(shown.contains(heading), "{shown}");
        }
    }
}

#[test]
fn one_rule_in_full() {
    let home = Home::new();
    assert_snapshot!(home.run(&["rules", "show", "UPN-white-space"]), @r#"
-- stdout
upn-white-space: White space or invisible characters in the user principal
name

attribute   userPrincipalName
concerns    user
severity    fails
ERROR       Character
finds       White space or hidden characters anywhere.
            Judges the attribute that --login-attribute names.
proposals   trim, remove hidden characters, remove white space

What happens
  The export of the user fails with IdentityDataValidationFailed. A new user
  does not appear in the cloud; for an existing one the change does not
  arrive.

Why
  Spaces are not among the characters that a user principal name may hold.
  They usually come from copying out of a document or a spreadsheet, and many
  of them cannot be seen.

When it may be left
  Never: a name with a space cannot be used to sign in to the cloud.

Accepted, for example
  jane.doe@contoso.com
  j_doe@contoso.com
  jane-doe@contoso.com

Faulted, for example
  " jane@contoso.com" → jane@contoso.com
  jane@contoso.com\u{a0} → jane@contoso.com
  jane doe@contoso.com → janedoe@contoso.com
  jane\u{200b}doe@contoso.com → janedoe@contoso.com
  jane\t@contoso.com → jane@contoso.com
  jane@\u{202e}contoso.com

Sources, checked 2026-11-21
  Password policies and account restrictions in Microsoft Entra ID
    https://learn.microsoft.com/entra/identity/authentication/concept-sspr-policy
  Prepare for directory synchronization to Microsoft 365
    https://learn.microsoft.com/microsoft-365/enterprise/prepare-for-directory-synchronization
  Understanding errors during Microsoft Entra synchronization
    https://learn.microsoft.com/entra/identity/hybrid/connect/tshoot-connect-sync-errors
-- exit 0
"#);
}

#[test]
fn the_embedded_rules_are_sound_as_a_directory() {
    let home = Home::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/entra");
    let shown = home.run(&["rules", "check", folder]);
    assert!(shown.ends_with("sound\n-- exit 0"), "{shown}");
}

#[test]
fn a_domain_in_the_file_of_routable_ones_is_no_finding() {
    let home = Home::new();
    home.write(
        "forest.ldif",
        "dn: CN=Anna,DC=corp\nobjectClass: user\nuserPrincipalName: anna@ad.corp\n",
    );
    home.write("routable.txt", "# ours\n\ncorp\n");
    let scan = ["scan", "--ldif", "forest.ldif"];
    assert!(home.run(&scan).contains("upn-suffix-not-public"));
    let with = |file| home.run(&[&scan[..], &["--routable-domains", file]].concat());
    let shown = with("routable.txt");
    assert!(shown.ends_with("-- exit 0"), "{shown}");
    home.write("bad.txt", "corp\nno domain\n");
    let shown = with("bad.txt");
    assert!(
        shown.contains("bad.txt, line 2: 'no domain' is not a domain name"),
        "{shown}"
    );
    assert!(shown.ends_with("-- exit 2"), "{shown}");
}

#[test]
fn a_folder_that_extends_a_set_judges_by_both() {
    let home = Home::new();
    let text = include_str!("../../docs/rules-writing.md");
    let blocks = text.split("```toml\n").skip(1);
    for (name, block) in ["set.toml", "department.toml"].iter().zip(blocks) {
        home.write(name, block.split("```").next().unwrap_or_default());
    }
    home.write(
        "forest.ldif",
        "dn: CN=Anna,DC=contoso,DC=com\nobjectClass: user\n\
         userPrincipalName: an na@contoso.com\ndepartment: Sales\n",
    );
    let folder = home.path(".");
    let folder = folder.to_str().unwrap_or_default();
    let shown = home.run(&["scan", "--ldif", "forest.ldif", "--rules", folder]);
    assert!(shown.contains("contoso-department-code"), "{shown}");
    assert!(shown.contains("upn-white-space"), "{shown}");
}
