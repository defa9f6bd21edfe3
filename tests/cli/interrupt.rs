//! Ctrl-C.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Command;

use crate::common::Home;

#[test]
fn an_interrupted_scan_stops_cleanly_and_says_that_it_is_incomplete() {
    let home = Home::new();
    let mut text = String::from("dn: DC=contoso,DC=test\nobjectClass: domainDNS\n\n");
    for number in 0..20_000 {
        text.push_str(&format!(
            "dn: CN=u{number},DC=contoso,DC=test\nobjectClass: user\nsAMAccountName: u{number}\n\
             userPrincipalName: u{number}@contoso.com\nproxyAddresses: SMTP:u{number}@contoso.com\n\n"
        ));
    }
    home.write("large.ldif", text);
    let mut child = home
        .command(&["scan", "--ldif", "large.ldif", "--format", "csv"])
        .spawn()
        .unwrap();
    let mut talk = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    talk.read_line(&mut first).unwrap();
    assert!(first.starts_with("state: "), "{first}");
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let mut rest = String::new();
    talk.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(4), "{rest}");
    assert!(rest.contains("interrupted"), "{rest}");
}
