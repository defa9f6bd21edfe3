//! slapd with sixty users on a port of its own, as long as a test runs.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use idmend::model::ObjectGuid;

use crate::program::{Desk, Dump, records};

pub(crate) const ROOT: &str = "dc=open,dc=test";
pub(crate) const ADMIN: &str = "cn=admin,dc=open,dc=test";
/// May read everything and write to all but the users whose number ends in 1.
pub(crate) const WRITER: &str = "cn=writer,ou=accounts,dc=open,dc=test";
pub(crate) const USERS: u8 = 60;

/// The server.
pub(crate) struct Slapd {
    process: Child,
    pub(crate) url: String,
    configuration: String,
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Users of whom the last digit tells the fault.
fn people(users: u8) -> String {
    let mut ldif = format!(
        "dn: {ROOT}\nobjectClass: domain\ndc: open\n\n\
         dn: ou=accounts,{ROOT}\nobjectClass: organizationalUnit\n\n\
         dn: {WRITER}\nobjectClass: person\nsn: writer\nuserPassword: secret\n\n"
    );
    for n in 1..=users {
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

/// Runs another program to its end; what it printed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

impl Slapd {
    /// Starts a server with sixty users in it, in the folder of the desk.
    pub(crate) fn start(desk: &Desk) -> Self {
        Self::start_with(desk, USERS)
    }

    /// Starts a server with so many users in it.
    pub(crate) fn start_with(desk: &Desk, users: u8) -> Self {
        let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/openldap/schema.conf");
        let configuration = format!(
            "include /etc/ldap/schema/core.schema\n\
             include /etc/ldap/schema/cosine.schema\n\
             include /etc/ldap/schema/inetorgperson.schema\n\
             include {}\n\
             modulepath /usr/lib/ldap\nmoduleload back_mdb\n\
             database mdb\nsuffix \"{ROOT}\"\nrootdn \"{ADMIN}\"\nrootpw secret\n\
             directory {}\nindex objectClass,objectGUID eq\n\
             access to attrs=userPassword by * auth\n\
             access to dn.regex=\"^cn=User o00[0-9]1,\" by * read\n\
             access to * by dn.exact=\"{WRITER}\" write by * read\n",
            schema.display(),
            desk.name("database"),
        );
        fs::create_dir(desk.path("database")).expect("a folder");
        fs::write(desk.path("slapd.conf"), configuration).expect("a file");
        fs::write(desk.path("people.ldif"), people(users)).expect("a file");
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
        Self {
            process: spawn(&configuration, &url),
            url,
            configuration,
        }
    }

    /// Kills it, and with it all its connections.
    pub(crate) fn kill(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }

    /// Starts it again on the same data.
    pub(crate) fn start_again(&mut self) {
        self.process = spawn(&self.configuration, &self.url);
    }

    /// The flags that name it and sign in as `user`; the last two name the base.
    pub(crate) fn source(&self, desk: &Desk, user: &str) -> Vec<String> {
        let password = desk.name("password");
        let source = [
            "--server",
            &self.url,
            "--allow-cleartext",
            "--user",
            user,
            "--password-file",
            &password,
            "--base",
            ROOT,
        ];
        source.map(str::to_owned).to_vec()
    }

    /// Everything it holds.
    pub(crate) fn dump(&self) -> Dump {
        let arguments = [
            &["-x", "-LLL", "-o", "ldif-wrap=no", "-H", &self.url][..],
            &["-D", ADMIN, "-w", "secret", "-b", ROOT],
            &["(objectClass=*)", "*"],
        ];
        records(&run("ldapsearch", &arguments.concat()))
    }
}

fn spawn(configuration: &str, url: &str) -> Child {
    // With -d it stays in the foreground.
    let process = Command::new("/usr/sbin/slapd")
        .args(["-f", configuration, "-h", url, "-d", "0"])
        .stderr(Stdio::null())
        .spawn()
        .expect("slapd is installed");
    let address = url.trim_start_matches("ldap://");
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "slapd does not answer"
        );
    }
    process
}
