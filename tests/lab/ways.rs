//! The ways in, by the program: what is read of several forests at once and
//! what is said when a way is barred.

use std::process::Command;

use crate::forest::{ldapsearch, variable};
use crate::program::{DOMAINS, Desk, Ran, Report};

/// What a scan asks a domain for, as ldapsearch's own count of it.
const CANDIDATES: &str = "(|(objectCategory=person)(objectCategory=group))";

/// How the program counts what ldapsearch finds in a domain.
fn counted(domain: &str, host: &str) -> String {
    let base = format!("DC={}", domain.replace('.', ",DC="));
    let found = ldapsearch(host, &base, CANDIDATES).len();
    assert!(found > 90, "{found} in {domain}");
    format!("{domain}: {found} entries, ")
}

/// Both domains of the first forest, by the program and by ldapsearch.
fn reads_both(ran: Ran) {
    let counts = DOMAINS.map(|(domain, host, _)| counted(domain, host));
    let [one, two] = &counts;
    ran.ends_with(1).says(&[one, two]);
}

/// Scans through a way of signing in; the flags follow those of [`Desk::source`].
fn scan(desk: &Desk, url: &str, more: &[&str]) -> Ran {
    let source = desk.source_at(url);
    let output = desk.name("findings.csv");
    desk.on(&source, &[&["scan", "-o", &output], more].concat())
}

/// The flags of a source with one of them changed.
pub(crate) fn source_with(desk: &Desk, flag: &str, value: &str) -> Vec<String> {
    let mut source = desk.source();
    let at = source.iter().position(|given| given == flag);
    value.clone_into(&mut source[at.expect("a flag") + 1]);
    source
}

/// Writes a profile.
#[cfg(feature = "kerberos")]
fn profile(desk: &Desk, name: &str, text: &str) {
    let folder = desk.path(".config/idmend/profiles");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(format!("{name}.toml")), text).expect("a file");
}

/// Saves a profile for each forest: `contoso` signs in with a password,
/// `woodgrove` with the ticket.
#[cfg(feature = "kerberos")]
pub(crate) fn save_profiles(desk: &Desk) {
    let contoso = format!(
        "server = [\"{}\"]\ndc = [\"{}\"]\nca-cert = \"{}\"\nuser = \"{}\"\npassword-file = \"{}\"\n",
        variable("IDMEND_LAB_URL"),
        variable("IDMEND_LAB_DC"),
        variable("IDMEND_LAB_CA"),
        variable("IDMEND_LAB_USER"),
        desk.name("password"),
    );
    profile(desk, "contoso", &contoso);
    let woodgrove = "server = [\"ldap://dc1.woodgrove.test\"]\nauth = \"kerberos\"\n";
    profile(desk, "woodgrove", woodgrove);
}

#[cfg(feature = "kerberos")]
#[test]
fn two_forests_are_read_in_one_scan_each_with_its_own_sign_in() {
    let desk = Desk::new();
    save_profiles(&desk);
    let profiles = ["--profile", "contoso", "--profile", "woodgrove"];
    let output = desk.name("findings.csv");
    let ran = desk.run(&[&["scan", "-o", &output][..], &profiles].concat());
    let [one, two] = DOMAINS.map(|(domain, host, _)| counted(domain, host));
    ran.ends_with(1).says(&[
        &one,
        &two,
        &counted("woodgrove.test", "127.0.0.3"),
        "as idmend@contoso.test",
        "as idmend@WOODGROVE.TEST",
    ]);
    let report = Report::read(&desk.path("findings.csv"));
    for domain in ["contoso.test", "emea.contoso.test", "woodgrove.test"] {
        assert!(report.counts().keys().any(|(of, _, _)| *of == domain));
    }
}

#[test]
fn each_protected_way_reads_both_domains() {
    let desk = Desk::new();
    reads_both(scan(&desk, "ldaps://127.0.0.1", &[]));
    reads_both(scan(&desk, "ldap://127.0.0.1", &["--starttls"]));
}

#[test]
fn an_authority_that_is_not_trusted_is_refused_with_the_ways_on() {
    let desk = Desk::new();
    let other = source_with(&desk, "--ca-cert", &variable("IDMEND_LAB_OTHER_CA"));
    desk.on(&other, &["scan"]).ends_with(3).says(&[
        "the certificate of 127.0.0.1:636 was not accepted: it was issued by an authority that \
         this computer does not trust; give that authority's certificate with --ca-cert FILE; or",
        ", --pin ",
    ]);
}

#[test]
fn the_roots_of_the_system_and_the_fingerprint_that_was_shown_let_in() {
    let desk = Desk::new();
    // Without --ca-cert, as it stands at the third place of the flags.
    let source = desk.source();
    let without: Vec<&str> = source[..4]
        .iter()
        .chain(&source[6..])
        .map(String::as_str)
        .collect();
    let scan = [&["scan"][..], &without].concat();
    let mut command = desk.command(&scan);
    // What a system's own store is named by (OpenSSL's variable).
    let output = command
        .env("SSL_CERT_FILE", variable("IDMEND_LAB_CA"))
        .output()
        .expect("the program");
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{talk}");
    let refused = desk.run(&scan).ends_with(3);
    let (_, shown) = refused.talk.split_once("--pin ").expect("a fingerprint");
    let pin = shown.split_whitespace().next().expect("a fingerprint");
    let base = ["--base", "OU=Lab,DC=contoso,DC=test", "--pin", pin];
    // The other controller has a certificate of its own.
    desk.run(&[&scan[..], &base].concat())
        .ends_with(4)
        .says(&["contoso.test: ", "emea.contoso.test could not be reached"]);
}

#[test]
fn the_global_catalog_is_refused_with_the_port_to_use() {
    let desk = Desk::new();
    let source = desk.source_at("ldaps://127.0.0.1:3269");
    desk.on(&source, &["scan"]).ends_with(2).says(&[
        "port 3269 is the global catalog, which holds a part of each entry and takes no write; \
         use port 636, or 389 with --starttls",
    ]);
}

/// What a domain controller keeps of an account's sign-ins.
fn kept(host: &str, account: &str, attribute: &str) -> i64 {
    let root = DOMAINS.iter().find(|(_, at, _)| *at == host).expect("one");
    let base = format!("DC={}", root.0.replace('.', ",DC="));
    let output = Command::new("ldapsearch")
        .env("LDAPTLS_CACERT", variable("IDMEND_LAB_CA"))
        .args(["-x", "-LLL", "-H", &format!("ldaps://{host}")])
        .args(["-D", &variable("IDMEND_LAB_USER")])
        .args(["-w", &variable("IDMEND_LAB_PASSWORD"), "-b", &base])
        .args([&format!("(sAMAccountName={account})"), attribute])
        .output()
        .expect("ldapsearch is installed");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(&format!("{attribute}: ")));
    value.map_or(0, |value| value.parse().expect("a number"))
}

#[test]
fn a_mistyped_password_counts_once_in_one_domain() {
    let desk = Desk::new();
    std::fs::write(desk.path("password"), "wrong").expect("a file");
    let source = source_with(&desk, "--user", &variable("IDMEND_LAB_MISTYPED_USER"));
    let counts = || ["127.0.0.1", "127.0.0.2"].map(|at| kept(at, "mistyped", "badPwdCount"));
    let before = counts();
    desk.on(&source, &["scan"]).ends_with(3).says(&[
        "127.0.0.1:636 refused the sign-in of mistyped@contoso.test: the name or the password is \
         wrong",
        "it was tried once and is not tried again",
    ]);
    assert_eq!(counts(), [before[0] + 1, before[1]]);
}

#[test]
fn an_account_that_is_locked_out_is_said_to_be() {
    let desk = Desk::new();
    let source = source_with(&desk, "--user", "locked@contoso.test");
    let bind = |password: &str| {
        let status = Command::new("ldapwhoami")
            .env("LDAPTLS_CACERT", variable("IDMEND_LAB_CA"))
            .args(["-x", "-H", "ldaps://127.0.0.1", "-D", "locked@contoso.test"])
            .args(["-w", password])
            .output();
        status.expect("ldapwhoami is installed").status.code()
    };
    for _ in 0..5 {
        assert_eq!(bind("wrong"), Some(49));
    }
    assert_ne!(kept("127.0.0.1", "locked", "lockoutTime"), 0);
    desk.on(&source, &["scan"]).ends_with(3).says(&[
        "127.0.0.1:636 refused the sign-in of locked@contoso.test: the account is locked out; \
         have it unlocked before trying again",
        "it was tried once and is not tried again",
    ]);
}

#[test]
fn a_base_or_a_filter_that_is_none_is_refused_before_anything_is_read() {
    let desk = Desk::new();
    let odd = [
        (
            ["--base", "OU=Nowhere,DC=contoso,DC=test"],
            "error: the base 'OU=Nowhere,DC=contoso,DC=test' does not exist in contoso.test on \
             dc1.contoso.test; check its spelling",
        ),
        (
            ["--base", "no name"],
            "error: --base: 'no name' is not a distinguished name",
        ),
        (
            ["--filter", "(mail=*"],
            "error: '(mail=*' is not an LDAP filter",
        ),
    ];
    for (more, said) in odd {
        let arguments = [&["scan"][..], &more].concat();
        desk.on_forest(&arguments).ends_with(2).says(&[said]);
    }
}

/// The steps that the doctor went, each with its verdict.
fn steps(ran: &Ran) -> Vec<(&str, &str)> {
    let cells = |line| {
        let (verdict, rest) = str::split_at_checked(line, 6)?;
        let (step, _found) = rest.split_at_checked(13)?;
        Some((verdict.trim(), step.trim()))
    };
    let lines = ran.out.lines().skip(1);
    // What to do about a step stands below it, indented.
    let lines = lines.filter(|line| !line.starts_with(' '));
    lines.filter_map(cells).collect()
}

/// The steps to a domain controller, and those of each of its domains.
const TO_THE_SERVER: [&str; 7] = [
    "DNS", "port", "TLS", "sign-in", "signing", "server", "clock",
];

#[test]
fn the_doctor_finds_the_forest_well() {
    let desk = Desk::new();
    let ran = desk.on_forest(&["doctor"]).ends_with(0);
    let of_domains = ["domain", "domain", "schema"];
    let in_domains = ["paging", "read rights"].repeat(2);
    let expected = TO_THE_SERVER.into_iter().chain(of_domains);
    let expected = expected.chain(in_domains).map(|step| ("ok", step));
    assert_eq!(steps(&ran), expected.collect::<Vec<_>>(), "{}", ran.out);
    for found in [
        "the certificate is accepted; its SHA-256 is ",
        "accepted as idmend@contoso.test",
        "dc1.contoso.test is a domain controller that can be written to",
        "emea.contoso.test is read on dc1.emea.contoso.test",
        "extended by Exchange",
        "users in 2 pages of 50 at most",
    ] {
        assert!(ran.out.contains(found), "{found}\n{}", ran.out);
    }
}

#[test]
fn the_doctor_stops_at_what_is_wrong_and_says_what_to_do() {
    let desk = Desk::new();
    let other = source_with(&desk, "--ca-cert", &variable("IDMEND_LAB_OTHER_CA"));
    let ran = desk.on(&other, &["doctor"]).ends_with(3);
    assert_eq!(
        steps(&ran),
        [("ok", "DNS"), ("WRONG", "TLS")],
        "{}",
        ran.out
    );
    assert!(ran.out.contains("with --ca-cert FILE; or"), "{}", ran.out);
    let mistyped = source_with(&desk, "--user", "nobody@contoso.test");
    let ran = desk.on(&mistyped, &["doctor"]).ends_with(3);
    assert_eq!(
        steps(&ran).last(),
        Some(&("WRONG", "sign-in")),
        "{}",
        ran.out
    );
}

#[cfg(feature = "kerberos")]
#[test]
fn the_doctor_finds_a_sealed_connection_well() {
    let desk = Desk::new();
    let source = [
        "--server",
        "ldap://dc1.woodgrove.test",
        "--auth",
        "kerberos",
    ];
    let ran = desk.run(&[&["doctor"][..], &source].concat()).ends_with(0);
    let sealed = "ok    signing      signed and sealed by Kerberos";
    assert!(ran.out.contains(sealed), "{}", ran.out);
}
