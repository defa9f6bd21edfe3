//! Bad input of every kind: one sentence, what to try, the right exit code.

use insta::assert_snapshot;

use crate::common::{Home, SMALL};

/// Runs each command and shows what it says, without the places of state and
/// log.
fn said(home: &Home, commands: &[&[&str]]) -> String {
    let mut text = String::new();
    for command in commands {
        let shown = home.run_with_input(command, "secret\n");
        let told: Vec<&str> = shown
            .lines()
            .filter(|line| {
                !["state: ", "log: ", "LDIF ", "-- std"]
                    .iter()
                    .any(|start| line.starts_with(start))
            })
            .collect();
        text.push_str(&format!("$ {}\n{}\n\n", command.join(" "), told.join("\n")));
    }
    // What the system says of a name that is nowhere depends on its network.
    let unknown = "failed to lookup address information: ";
    text.replace(
        &format!("{unknown}Temporary failure in name resolution"),
        &format!("{unknown}Name or service not known"),
    )
}

#[test]
fn sources() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    home.write(
        "broken.ldif",
        "dn: CN=a,DC=x\nmail: a\n\ndn: CN=b,DC=x\nno colon here\n",
    );
    home.write("folder.ldif", "");
    home.write("text.ldif", "this is a letter to my mother\n");
    let server = |url| {
        [
            "scan",
            "--server",
            url,
            "--user",
            "anna@contoso.test",
            "--password-stdin",
        ]
    };
    assert_snapshot!(said(&home, &[
        &["scan"],
        &["scan", "--demo", "--ldif", "small.ldif"],
        &["scan", "--domain", "dc1/x", "--user", "a"],
        &["scan", "--domain", "contoso.test", "--dns-server", "dc1", "--user", "a"],
        &["scan", "--domain", "contoso.test", "--dns-server", "127.0.0.1:1", "--user", "a", "--password-stdin"],
        &["scan", "--ldif", "missing.ldif"],
        &["scan", "--ldif", "."],
        &["scan", "--ldif", "folder.ldif"],
        &["scan", "--ldif", "text.ldif"],
        &["scan", "--ldif", "broken.ldif"],
        &server("dc1.contoso.test"),
        &server("https://dc1"),
        &server("ldaps://dc1:seven"),
        &server("ldaps://anna:secret@dc1"),
        &server("ldaps://dc1/DC=contoso"),
        &server("ldap://dc1"),
        &server("ldaps://127.0.0.1:1"),
        &server("ldaps://host.invalid"),
    ]), @"
$ scan
error: no source is named
hint: give --server ldaps://HOST, --domain NAME, --ldif FILE or --demo; --user NAME alone reads the domain of this computer
-- exit 2

$ scan --demo --ldif small.ldif
error: --demo is a source of its own: no other goes with it
-- exit 2

$ scan --domain dc1/x --user a
error: --domain 'dc1/x' is not a domain name such as contoso.com
-- exit 2

$ scan --domain contoso.test --dns-server dc1 --user a
error: --dns-server 'dc1' is not an address such as 10.0.0.1 or 10.0.0.1:53
-- exit 2

$ scan --domain contoso.test --dns-server 127.0.0.1:1 --user a --password-stdin
error: DNS does not answer for _ldap._tcp.dc._msdcs.contoso.test: request timed out; name the domain's name server with --dns-server, or a controller with --server
-- exit 3

$ scan --ldif missing.ldif
error: cannot read missing.ldif: No such file or directory (os error 2)
-- exit 2

$ scan --ldif .
error: cannot read .: is a directory
-- exit 2

$ scan --ldif folder.ldif
error: no entry of a domain in folder.ldif
-- exit 2

$ scan --ldif text.ldif
error: text.ldif, line 1: an attribute and ':' are expected
-- exit 2

$ scan --ldif broken.ldif
error: broken.ldif, line 5: an attribute and ':' are expected
-- exit 2

$ scan --server dc1.contoso.test --user anna@contoso.test --password-stdin
error: 'dc1.contoso.test' is not a server such as ldaps://dc1.contoso.com:636: it must begin with ldaps:// or ldap://
-- exit 2

$ scan --server https://dc1 --user anna@contoso.test --password-stdin
error: 'https://dc1' is not a server such as ldaps://dc1.contoso.com:636: it must begin with ldaps:// or ldap://
-- exit 2

$ scan --server ldaps://dc1:seven --user anna@contoso.test --password-stdin
error: 'ldaps://dc1:seven' is not a server such as ldaps://dc1.contoso.com:636: the port is a number from 1 to 65535
-- exit 2

$ scan --server ldaps://anna:secret@dc1 --user anna@contoso.test --password-stdin
error: '…@dc1' is not a server such as ldaps://dc1.contoso.com:636: the name to sign in with goes into --user
-- exit 2

$ scan --server ldaps://dc1/DC=contoso --user anna@contoso.test --password-stdin
error: 'ldaps://dc1/DC=contoso' is not a server such as ldaps://dc1.contoso.com:636: nothing may follow the port; a base goes into --base
-- exit 2

$ scan --server ldap://dc1 --user anna@contoso.test --password-stdin
error: ldap://dc1 would send the password unprotected
hint: use ldaps://, --starttls or --auth kerberos; --allow-cleartext if it must be
-- exit 2

$ scan --server ldaps://127.0.0.1:1 --user anna@contoso.test --password-stdin
error: no connection to 127.0.0.1:1: Connection refused (os error 111)
hint: check the host, the port and the firewall: LDAPS is 636, LDAP with --starttls 389
-- exit 3

$ scan --server ldaps://host.invalid --user anna@contoso.test --password-stdin
error: no connection to host.invalid:636: the host name cannot be resolved: failed to lookup address information: Name or service not known
hint: check the host, the port and the firewall: LDAPS is 636, LDAP with --starttls 389
-- exit 3
");
}

#[test]
fn sign_in() {
    let home = Home::new();
    home.write("empty.txt", "");
    home.write("no-cert.pem", "this is no certificate\n");
    let base = ["scan", "--server", "ldaps://127.0.0.1:1"];
    let with = |more: &[&'static str]| [&base[..], more].concat();
    assert_snapshot!(said(&home, &[
        &base,
        &with(&["--user", "anna@contoso.test"]),
        &with(&["--user", "anna@contoso.test", "--password-file", "missing.txt"]),
        &with(&["--user", "anna@contoso.test", "--password-file", "empty.txt"]),
        &with(&["--user", "a", "--password-stdin", "--ca-cert", "missing.pem"]),
        &with(&["--user", "a", "--password-stdin", "--ca-cert", "no-cert.pem"]),
        &with(&["--user", "a", "--password-stdin", "--insecure"]),
        &with(&["--user", "a", "--password-stdin", "--starttls"]),
        &with(&["--user", "a", "--password-stdin", "--dc", "contoso.test"]),
        &["scan", "--server", "ldap://127.0.0.1:1", "--user", "a", "--password-stdin", "--allow-cleartext"],
    ]), @r#"
$ scan --server ldaps://127.0.0.1:1
error: a server or a domain needs --user NAME or --auth kerberos
hint: a UPN, DOMAIN\name, or a DN; idmend never signs in anonymously
-- exit 2

$ scan --server ldaps://127.0.0.1:1 --user anna@contoso.test
error: there is no terminal to ask for the password
hint: give --password-file FILE, --password-stdin or IDMEND_PASSWORD
-- exit 2

$ scan --server ldaps://127.0.0.1:1 --user anna@contoso.test --password-file missing.txt
error: cannot read the password file missing.txt: No such file or directory (os error 2)
-- exit 2

$ scan --server ldaps://127.0.0.1:1 --user anna@contoso.test --password-file empty.txt
error: the password of anna@contoso.test is empty
hint: servers take an empty password for an anonymous sign-in, so it is not sent
-- exit 2

$ scan --server ldaps://127.0.0.1:1 --user a --password-stdin --ca-cert missing.pem
error: cannot read missing.pem: No such file or directory (os error 2)
-- exit 2

$ scan --server ldaps://127.0.0.1:1 --user a --password-stdin --ca-cert no-cert.pem
error: no-cert.pem is no usable PEM file of certificates: there is no BEGIN CERTIFICATE in it; convert a .cer or .der file with 'openssl x509 -inform der -in FILE -out FILE.pem'
-- exit 2

$ scan --server ldaps://127.0.0.1:1 --user a --password-stdin --insecure
WARNING: --insecure: any certificate is accepted; an attacker in between reads the password
error: no connection to 127.0.0.1:1: Connection refused (os error 111)
hint: check the host, the port and the firewall: LDAPS is 636, LDAP with --starttls 389
-- exit 3

$ scan --server ldaps://127.0.0.1:1 --user a --password-stdin --starttls
error: --starttls goes with ldap://; ldaps:// is TLS from the first byte
-- exit 2

$ scan --server ldaps://127.0.0.1:1 --user a --password-stdin --dc contoso.test
error: --dc 'contoso.test' is not of the form DOMAIN=HOST
-- exit 2

$ scan --server ldap://127.0.0.1:1 --user a --password-stdin --allow-cleartext
WARNING: --allow-cleartext: the password and all data cross the network readable
error: no connection to 127.0.0.1:1: Connection refused (os error 111)
hint: check the host, the port and the firewall: LDAPS is 636, LDAP with --starttls 389
-- exit 3
"#);
}

#[test]
fn scope_and_rules() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    home.write("bases.txt", "OU=Sales,DC=contoso,DC=test\n\nSales\n");
    std::fs::create_dir(home.path("rules")).unwrap();
    home.write(
        "rules/mail.toml",
        "attribute = \"mail\"\nform = \"address\"\nsurprise = 1\n",
    );
    let base = ["scan", "--ldif", "small.ldif"];
    let with = |more: &[&'static str]| [&base[..], more].concat();
    assert_snapshot!(said(&home, &[
        &with(&["--base", "Sales"]),
        &with(&["--base", "OU=Sales,DC=other,DC=test"]),
        &with(&["--base-file", "bases.txt"]),
        &with(&["--base-file", "missing.txt"]),
        &with(&["--exclude", "=Sales"]),
        &with(&["--filter", "(objectClass=user"]),
        &with(&["--filter", "(cn~=anna)"]),
        &with(&["--verified-domain", "anna@contoso.com"]),
        &with(&["--upn-suffix", "contoso.local"]),
        &with(&["--upn-suffix", "contoso.local=con toso.com"]),
        &with(&["--login-attribute", "e-mail address"]),
        &with(&["--rules", "itar"]),
        &with(&["--rules", "rules"]),
        &["rules", "check", "rules"],
        &["rules", "check", "missing"],
        &["rules", "show", "upn-nothing"],
    ]), @"
$ scan --ldif small.ldif --base Sales
error: --base: 'Sales' is not a distinguished name: an attribute=value pair is expected at character 1
-- exit 2

$ scan --ldif small.ldif --base OU=Sales,DC=other,DC=test
error: the base 'OU=Sales,DC=other,DC=test' lies in no scanned domain; those are DC=contoso,DC=test
-- exit 2

$ scan --ldif small.ldif --base-file bases.txt
error: bases.txt, line 3: 'Sales' is not a distinguished name: an attribute=value pair is expected at character 1
-- exit 2

$ scan --ldif small.ldif --base-file missing.txt
error: cannot read the DNs in missing.txt: No such file or directory (os error 2)
-- exit 2

$ scan --ldif small.ldif --exclude =Sales
error: --exclude: '=Sales' is not a distinguished name: an attribute=value pair is expected at character 1
-- exit 2

$ scan --ldif small.ldif --filter (objectClass=user
error: '(objectClass=user' is not an LDAP filter: a ')' is expected at character 18
-- exit 2

$ scan --ldif small.ldif --filter (cn~=anna)
error: 'cn~=anna' in the filter can be evaluated by an LDAP server only: '~=' is defined by the server; use '=' with '*'
-- exit 2

$ scan --ldif small.ldif --verified-domain anna@contoso.com
error: --verified-domain 'anna@contoso.com' is not a domain name such as contoso.com
-- exit 2

$ scan --ldif small.ldif --upn-suffix contoso.local
error: --upn-suffix 'contoso.local' is not of the form OLD=NEW
-- exit 2

$ scan --ldif small.ldif --upn-suffix contoso.local=con toso.com
error: --upn-suffix 'con toso.com' is not a domain name such as contoso.com
-- exit 2

$ scan --ldif small.ldif --login-attribute e-mail address
error: --login-attribute: 'e-mail address' is not an attribute name (letters, digits and '-', beginning with a letter, or an OID)
-- exit 2

$ scan --ldif small.ldif --rules itar
error: 'itar' is no rule set (there is: entra, multi-tenant, dedicated) and no folder of rule files
-- exit 2

$ scan --ldif small.ldif --rules rules
error: rules/mail.toml:3:1: unknown field `surprise`, expected one of `attribute`, `form`, `login`, `extensions`, `source`, `rule`
-- exit 2

$ rules check rules
error: rules/mail.toml:3:1: unknown field `surprise`, expected one of `attribute`, `form`, `login`, `extensions`, `source`, `rule`
-- exit 2

$ rules check missing
error: missing is no directory of rule files
-- exit 2

$ rules show upn-nothing
error: there is no rule 'upn-nothing'
hint: idmend rules list names them
-- exit 2
");
}

#[test]
fn files() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    home.write("letter.csv", "Dear mother,\nI am well.\n");
    home.write("utf16.csv", b"\xff\xfeD\0I\0");
    home.write("empty.csv", "");
    home.write("old.jsonl", "{\"attribute\": 3}\n");
    assert_snapshot!(said(&home, &[
        &["scan", "--ldif", "small.ldif", "-o", "r.xlsx"],
        &["scan", "--ldif", "small.ldif", "-o", "missing/r.csv"],
        &["scan", "--ldif", "small.ldif", "--state-dir", "small.ldif"],
        &["apply", "missing.csv", "--demo"],
        &["apply", "small.ldif", "--demo"],
        &["apply", "letter.csv", "--demo"],
        &["apply", "utf16.csv", "--demo"],
        &["apply", "empty.csv", "--demo"],
        &["apply", "old.jsonl", "--demo"],
        &["show", "20200101-000000-0000"],
        &["rollback", "--demo"],
        &["rollback", "2020", "--demo"],
        &["recover", "--demo"],
    ]), @r#"
$ scan --ldif small.ldif -o r.xlsx
error: the ending of r.xlsx names no report format
hint: end it in .csv, .jsonl, .html or .txt
-- exit 2

$ scan --ldif small.ldif -o missing/r.csv
error: cannot write missing/r.csv: No such file or directory (os error 2)
-- exit 2

$ scan --ldif small.ldif --state-dir small.ldif
error: cannot use the state directory $FOLDER/small.ldif: Not a directory (os error 20)
hint: name another with --state-dir DIR or IDMEND_STATE_DIR
-- exit 2

$ apply missing.csv --demo
error: cannot read the report missing.csv: No such file or directory (os error 2)
-- exit 2

$ apply small.ldif --demo
error: the ending of small.ldif names no report that can be read back
hint: give a .csv or .jsonl report of idmend, or a .csv of IdFix
-- exit 2

$ apply letter.csv --demo
error: letter.csv: line 1: no column DISTINGUISHEDNAME among the headings 'DEAR MOTHER, '
hint: the report of `idmend scan -o FILE.csv` has the columns that are needed
-- exit 2

$ apply utf16.csv --demo
error: utf16.csv: line 1: the file is UTF-16; save it as "CSV UTF-8"
hint: the report of `idmend scan -o FILE.csv` has the columns that are needed
-- exit 2

$ apply empty.csv --demo
error: empty.csv: the file is empty
hint: the report of `idmend scan -o FILE.csv` has the columns that are needed
-- exit 2

$ apply old.jsonl --demo
old.jsonl, line 1: is no JSON object of a report: invalid type: integer `3`, expected a string at column 15
error: 1 row of old.jsonl cannot be taken: nothing was applied
hint: mend them, or give --partial to apply the others
-- exit 2

$ show 20200101-000000-0000
error: there is no transaction 'TRANSACTION' in $FOLDER/home/.local/state/idmend/journal
hint: idmend history lists them
-- exit 2

$ rollback --demo
error: there is no transaction that could be taken back
hint: idmend history lists them; a rollback is taken back by its name
-- exit 2

$ rollback 2020 --demo
error: there is no transaction '2020' in $FOLDER/home/.local/state/idmend/journal
hint: idmend history lists them
-- exit 2

$ recover --demo
nothing to recover: no transaction is unfinished
-- exit 0
"#);
}

#[test]
fn usage() {
    let home = Home::new();
    assert_snapshot!(said(&home, &[
        &["scan", "--demo", "--password", "secret"],
        &["--demo", "scan"],
        &["frobnicate"],
        &["apply"],
        &["rollback", "x", "--last", "2"],
        &["recover", "--finish", "--rollback"],
        &["apply", "d.csv", "--demo", "--throttle", "0"],
    ]), @"
$ scan --demo --password secret
error: unexpected argument '--password' found

  tip: a similar argument exists: '--password-file'

Usage: idmend scan --demo --password-file <FILE>

For more information, try '--help'.
-- exit 2

$ --demo scan
error: --demo stands before the command 'scan'; it belongs behind it

Usage: idmend [OPTIONS] [COMMAND]

For more information, try '--help'.
-- exit 2

$ frobnicate
error: unrecognized subcommand 'frobnicate'

Usage: idmend [OPTIONS] [COMMAND]

For more information, try '--help'.
-- exit 2

$ apply
error: the following required arguments were not provided:
  <FILE>

Usage: idmend apply <FILE>

For more information, try '--help'.
-- exit 2

$ rollback x --last 2
error: the argument '[ID]' cannot be used with '--last <N>'

Usage: idmend rollback <ID>

For more information, try '--help'.
-- exit 2

$ recover --finish --rollback
error: the argument '--finish' cannot be used with '--rollback'

Usage: idmend recover --finish

For more information, try '--help'.
-- exit 2

$ apply d.csv --demo --throttle 0
error: invalid value '0' for '--throttle <N>': 0 is not in 1..=4294967295

For more information, try '--help'.
-- exit 2
");
}

#[test]
fn a_profile_with_a_mistake_is_refused_by_line_and_column() {
    let home = Home::new();
    let folder = home.path("home/.config/idmend");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("profile.toml"),
        "user = \"anna\"\npasword = \"x\"\n",
    )
    .unwrap();
    assert_snapshot!(home.run(&[]), @"
-- stderr
error: $FOLDER/home/.config/idmend/profile.toml, line 2, column 1: unknown field `pasword`, expected one of `server`, `domain`, `site`, `dns-server`, `ldif`, `timeout`, `auth`, `user`, `password-file`, `starttls`, `ca-cert`, `pin`, `dc`, `rule-set`, `base`, `base-file`, `exclude`, `exclude-file`, `filter`, `scope-only`, `verified-domain`, `upn-suffix`, `upn-suffix-map`, `forest-join`, `exceptions`, `rules`, `login-attribute`, `routable-domains`, `directory-extensions`, `sync-engine`, `source-anchor`, `max-changes`, `stop-after`, `throttle`, `colours`, `mouse`, `exchange-online`
-- exit 2
");
}

#[test]
fn a_ticket_goes_with_no_password() {
    let home = Home::new();
    let base = ["scan", "--server", "ldap://dc1.contoso.test", "--auth"];
    let with = |more: &[&'static str]| [&base[..], more].concat();
    assert_snapshot!(said(&home, &[
        &with(&["kerberos", "--password-stdin"]),
        &with(&["kerberos", "--allow-cleartext"]),
        &with(&["ntlm"]),
    ]), @"
$ scan --server ldap://dc1.contoso.test --auth kerberos --password-stdin
error: --password-stdin does not go with --auth kerberos
hint: a ticket needs no password, and what it opens is always sealed
-- exit 2

$ scan --server ldap://dc1.contoso.test --auth kerberos --allow-cleartext
error: --allow-cleartext does not go with --auth kerberos
hint: a ticket needs no password, and what it opens is always sealed
-- exit 2

$ scan --server ldap://dc1.contoso.test --auth ntlm
error: invalid value 'ntlm' for '--auth <simple|kerberos>': it is simple or kerberos

For more information, try '--help'.
-- exit 2
");
}

#[cfg(not(feature = "kerberos"))]
#[test]
fn a_build_without_kerberos_says_so() {
    let home = Home::new();
    assert_snapshot!(said(&home, &[
        &["scan", "--server", "ldap://dc1.contoso.test", "--auth", "kerberos"],
    ]), @r"
$ scan --server ldap://dc1.contoso.test --auth kerberos
error: no sign-in at ldap://dc1.contoso.test:389: this build of idmend has no Kerberos; build it with --features kerberos, or sign in with a password (--auth simple)
-- exit 2
");
}
