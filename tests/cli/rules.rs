//! `idmend rules`.

use insta::assert_snapshot;

use crate::common::{Home, lines_with};

#[test]
fn rules_are_listed_and_can_be_shown() {
    let home = Home::new();
    let list = home.data(&["rules", "list"]);
    let some = lines_with(
        &list,
        &["upn-white-space ", "proxy-duplicate ", "proxy-old-type "],
    );
    assert_snapshot!(some, @"
upn-white-space                      fails       userPrincipalName White space or invisible characters in the user principal name
proxy-old-type                       hygiene     proxyAddresses    An address of a type that the cloud does not take (off)
proxy-duplicate                      quarantined proxyAddresses    Another entry has the same address
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
    assert_snapshot!(home.run(&["rules", "show", "UPN-white-space"]), @"
-- stdout
upn-white-space: White space or invisible characters in the user principal name

attribute   userPrincipalName
concerns    user
severity    fails
ERROR       Character

What happens
  The export of the user fails with IdentityDataValidationFailed. A new user does not appear in the cloud; for an existing one the change does not arrive.

Why
  Spaces are not among the characters that a user principal name may hold. They usually come from copying out of a document or a spreadsheet, and many of them cannot be seen.

When it may be left
  Never: a name with a space cannot be used to sign in to the cloud.

Sources, checked 2026-11-21
  Password policies and account restrictions in Microsoft Entra ID
    https://learn.microsoft.com/entra/identity/authentication/concept-sspr-policy
  Prepare for directory synchronization to Microsoft 365
    https://learn.microsoft.com/microsoft-365/enterprise/prepare-for-directory-synchronization
  Understanding errors during Microsoft Entra synchronization
    https://learn.microsoft.com/entra/identity/hybrid/connect/tshoot-connect-sync-errors
-- exit 0
");
}

#[test]
fn the_embedded_rules_are_sound_as_a_directory() {
    let home = Home::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/entra");
    let shown = home.run(&["rules", "check", folder]);
    assert!(shown.ends_with("sound\n-- exit 0"), "{shown}");
}
