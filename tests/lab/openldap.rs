//! A server that is no Active Directory: the same job under `--base`, with the
//! guards that such a server cannot give named.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use idmend::model::ObjectGuid;

use crate::program::{Desk, Dump, Report, differences, records};
use crate::undo::newest_undo;

const ROOT: &str = "dc=open,dc=test";
const ADMIN: &str = "cn=admin,dc=open,dc=test";
const USERS: u8 = 60;

/// slapd, as long as the test runs.
struct Server {
    process: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Sixty users of whom the last digit tells the fault.
fn people() -> String {
    let mut ldif = format!("dn: {ROOT}\nobjectClass: domain\ndc: open\n\n");
    for n in 1..=USERS {
        let id = format!("o{n:04}");
        let surname = if n % 10 == 1 {
            "sn:: U3BhY2Ug"
        } else {
            "sn: Number"
        };
        let guid = ObjectGuid::from_bytes(&[n; 16])
            .expect("16 bytes")
            .to_base64();
        writeln!(
            ldif,
            "dn: cn=User {id},{ROOT}\nobjectClass: user\ncn: User {id}\n{surname}\n\
             objectGUID:: {guid}\nsAMAccountName: {id}\nuserPrincipalName: {id}@contoso.com\n\
             mail: {id}@contoso.com\nproxyAddresses: SMTP:{id}@contoso.com"
        )
        .expect("a string");
        match n % 10 {
            2 => writeln!(ldif, "proxyAddresses: smtp:{id} alias@contoso.com"),
            3 | 4 => writeln!(ldif, "proxyAddresses: smtp:shared{}@contoso.com", n / 10),
            _ => Ok(()),
        }
        .expect("a string");
        ldif.push('\n');
    }
    ldif
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Starts a server with the people in it.
fn serve(desk: &Desk) -> Server {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/openldap/schema.conf");
    let configuration = format!(
        "include /etc/ldap/schema/core.schema\n\
         include /etc/ldap/schema/cosine.schema\n\
         include /etc/ldap/schema/inetorgperson.schema\n\
         include {}\n\
         modulepath /usr/lib/ldap\nmoduleload back_mdb\n\
         database mdb\nsuffix \"{ROOT}\"\nrootdn \"{ADMIN}\"\nrootpw secret\n\
         directory {}\nindex objectClass,objectGUID eq\n",
        schema.display(),
        desk.name("database"),
    );
    fs::create_dir(desk.path("database")).expect("a folder");
    fs::write(desk.path("slapd.conf"), configuration).expect("a file");
    fs::write(desk.path("people.ldif"), people()).expect("a file");
    fs::write(desk.path("password"), "secret").expect("a file");
    let configuration = desk.name("slapd.conf");
    run(
        "/usr/sbin/slapadd",
        &["-f", &configuration, "-l", &desk.name("people.ldif")],
    );
    // A port that was free just now.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a port")
        .port();
    let url = format!("ldap://127.0.0.1:{port}");
    // With -d it stays in the foreground.
    let process = Command::new("/usr/sbin/slapd")
        .args(["-f", &configuration, "-h", &url, "-d", "0"])
        .stderr(Stdio::null())
        .spawn()
        .expect("slapd is installed");
    let begun = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "slapd does not answer"
        );
    }
    Server { process, url }
}

fn dump(server: &Server) -> Dump {
    records(&run(
        "ldapsearch",
        &[
            "-x",
            "-LLL",
            "-o",
            "ldif-wrap=no",
            "-H",
            &server.url,
            "-D",
            ADMIN,
            "-w",
            "secret",
            "-b",
            ROOT,
            "(objectClass=*)",
            "*",
        ],
    ))
}

#[test]
fn a_server_that_is_no_active_directory_is_mended_and_taken_back_under_a_base() {
    let desk = Desk::new();
    let server = serve(&desk);
    let start = dump(&server);
    assert_eq!(start.len(), usize::from(USERS) + 1);
    let password = desk.name("password");
    let mut source: Vec<String> = [
        "--server",
        &server.url,
        "--allow-cleartext",
        "--user",
        ADMIN,
        "--password-file",
        &password,
    ]
    .map(str::to_owned)
    .to_vec();
    desk.on(&source, &["scan"]).ends_with(2).says(&[
        "is no Active Directory: say what to read with --base DN; it holds dc=open,dc=test",
    ]);
    source.extend(["--base".to_owned(), ROOT.to_owned()]);

    let guards = [
        "WARNING: --allow-cleartext",
        "note: no Active Directory: an entry is found by its objectGUID just before it is \
         written, so a rename in that moment is not noticed",
        "note: no Active Directory: the server does not keep userPrincipalName unique",
    ];
    desk.on(&source, &["scan", "-o", &desk.name("findings.csv")])
        .ends_with(1)
        .says(&guards)
        .says(&["open.test: 60 entries, 60 judged, 0 skipped, 24 findings"]);
    let mut report = Report::read(&desk.path("findings.csv"));
    for row in 0..report.rows.len() {
        if report.get(row, "PROPOSEDACTION") == "EDIT" {
            report.set(row, "ACTION", "EDIT");
        }
    }
    let shared = report.row("User o0003", "proxyAddresses", "smtp:shared0@contoso.com");
    report.set(shared, "ACTION", "REMOVE");
    report.write(&desk.path("decided.csv"));
    desk.on(&source, &["apply", &desk.name("decided.csv"), "--yes"])
        .ends_with(0)
        .says(&guards)
        .says(&[": 13 done"]);
    let written = differences(&start, &dump(&server));
    assert_eq!(written.len(), 13);
    assert_eq!(written["User o0001"], ["- sn:: U3BhY2Ug", "+ sn: Space"]);
    assert_eq!(
        written["User o0003"],
        ["- proxyAddresses: smtp:shared0@contoso.com"]
    );
    desk.on(&source, &["rollback", "--yes"])
        .ends_with(0)
        .says(&guards)
        .says(&[": 13 done"]);
    assert_eq!(dump(&server), start, "all is as it was");

    // Once more, and taken back without this program.
    desk.on(&source, &["apply", &desk.name("decided.csv"), "--yes"])
        .ends_with(0)
        .says(&[": 13 done"]);
    let undo = newest_undo(&desk);
    run(
        "ldapmodify",
        &[
            "-x",
            "-H",
            &server.url,
            "-D",
            ADMIN,
            "-w",
            "secret",
            "-f",
            &undo,
        ],
    );
    assert_eq!(dump(&server), start, "all is as it was");
}
