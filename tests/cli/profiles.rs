//! Saved profiles: listed, shown, and used for a scan.

use std::fs;

use insta::assert_snapshot;

use crate::common::Home;

/// A home with one profile of a file and one of a server.
fn home() -> Home {
    let home = Home::new();
    let folder = home.path("home/.config/idmend/profiles");
    fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write(
        "export.toml",
        "ldif = [\"contoso=people.ldif\"]\nbase-file = \"bases.txt\"\nexclude = \
         [\"OU=Lab,OU=Staff,DC=contoso,DC=test\"]\nscope-only = true\n\
         verified-domain = [\"contoso.com\"]\n\n\
         [upn-suffix-map]\n\"contoso.test\" = \"contoso.com\"\n",
    );
    write(
        "live.toml",
        "domain = [\"contoso.com\"]\nauth = \"kerberos\"\ntimeout = 90\n",
    );
    write("bases.txt", "# one a line\nOU=Staff,DC=contoso,DC=test\n");
    let user = |name: &str, unit: &str| {
        format!(
            "dn: CN={name},{unit},DC=contoso,DC=test\nobjectClass: user\ncn: {name}\n\
             userPrincipalName: {name}@contoso.test\n\n"
        )
    };
    let people = [
        user("anna", "OU=Staff"),
        user("bert", "OU=Lab,OU=Staff"),
        user("cleo", "OU=Other"),
    ];
    write("people.ldif", &people.concat());
    home
}

#[test]
fn profiles_are_listed_with_what_they_read_and_shown() {
    let home = home();
    assert_snapshot!(home.run(&["profile", "list"]), @"
-- stdout
export               contoso=$FOLDER/home/.config/idmend/profiles/people.ldif
live                 contoso.com by Kerberos
-- exit 0
");
    assert_snapshot!(home.run(&["profile", "show", "live"]), @r#"
-- stdout
domain = ["contoso.com"]
auth = "kerberos"
timeout = 90
-- stderr
profile: $FOLDER/home/.config/idmend/profiles/live.toml
reads: contoso.com by Kerberos
-- exit 0
"#);
    assert_snapshot!(home.run(&["profile", "show", "nobody"]), @"
-- stderr
error: there is no profile $FOLDER/home/.config/idmend/profiles/nobody.toml
hint: idmend profile list shows those that are there
-- exit 2
");
}

#[test]
fn a_profile_says_what_is_read_and_judged_and_flags_come_first() {
    let home = home();
    let by_profile = ["scan", "--profile", "export", "-o", "rows.csv"];
    assert_snapshot!(home.run(&by_profile), @"
-- stderr
profile: $FOLDER/home/.config/idmend/profiles/export.toml
state: $FOLDER/home/.local/state/idmend
LDIF contoso: contoso.test ($FOLDER/home/.config/idmend/profiles/people.ldif)
report: rows.csv
contoso.test: 1 entry, 1 judged, 0 skipped, 1 finding
judged below: OU=Staff,DC=contoso,DC=test
not judged below: OU=Lab,OU=Staff,DC=contoso,DC=test
scope only: addresses outside the scope were not compared
1 finding in 1 object
log: $FOLDER/home/.local/state/idmend/log/RUN.log
-- exit 1
");
    let rows = home.read("rows.csv");
    assert!(
        rows.contains("anna@contoso.com") && !rows.contains("bert@"),
        "{rows}"
    );
    let other = [&by_profile[..], &["--base", "OU=Other,DC=contoso,DC=test"]].concat();
    let said = home.run(&other);
    assert!(
        said.contains("judged below: OU=Other,DC=contoso,DC=test\n"),
        "{said}"
    );
    assert!(!said.contains("judged below: OU=Staff"), "{said}");
}

#[test]
fn an_editor_is_not_opened_for_a_script() {
    let home = Home::new();
    let mut command = home.command(&["profile", "edit", "new"]);
    let output = command.env("EDITOR", "true").output().unwrap();
    assert_snapshot!(home.shown(&output), @"
-- stderr
error: the editor needs a terminal
hint: write $FOLDER/home/.config/idmend/profiles/new.toml by other means
-- exit 2
");
}
