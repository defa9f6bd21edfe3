use super::*;

fn exception(name: &str, value: Option<&[u8]>) -> Exception {
    Exception {
        guid: name
            .starts_with('G')
            .then(|| ObjectGuid::from_bytes(&[7; 16]).unwrap()),
        dn: DistinguishedName::from_server(format!("CN={name},DC=x")),
        attribute: AttributeName::known("mail"),
        value: value.map(Value::from),
        rule: "mail-domain".into(),
        why: Why {
            reason: "moves \"soon\"\nor later".into(),
            author: "anna".into(),
            expires: Some(Date::constant(2027, 1, 31)),
        },
    }
}

fn file(text: &str) -> Result<ExceptionFile, String> {
    ExceptionFile::parse(Path::new("x.toml"), text.to_owned()).map_err(|error| error.to_string())
}

#[test]
fn every_value_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("below").join("x.toml");
    let all = [
        exception("a", Some(b"a@b")),
        exception("G", Some(b"\xff\xfe")),
        exception("c", Some(b"")),
        exception("d", None),
        exception("e", Some("'''\"\"\"\u{202e}\u{0}".as_bytes())),
    ];
    let mut file = ExceptionFile::read(&path).unwrap();
    assert_eq!(file.add(&all).unwrap(), 5);
    file.save().unwrap();
    let mut file = ExceptionFile::read(&path).unwrap();
    assert_eq!(file.exceptions(), all);
    assert_eq!(file.add(&all).unwrap(), 0, "nothing is there twice");
}

#[test]
fn what_people_wrote_stays_when_others_come_and_go() {
    let mut file = file(
        "# ours\n\n# first\n[[exception]]\ndn = \"CN=a,DC=x\"\nattribute = \"mail\"\n\
         rule = \"r\" # why not\n\n# second\n[[exception]]\nattribute='mail'\ndn='CN=b,DC=x'\n\
         rule='r'\nvalue='''\n#x\n[[exception]]\n'''\n# end\n",
    )
    .unwrap();
    assert_eq!(
        file.exceptions()[1].value,
        Some(Value::from("#x\n[[exception]]\n"))
    );
    let first = file.exceptions()[0].id();
    assert_eq!(file.remove(std::slice::from_ref(&first)).unwrap(), 1);
    assert!(
        file.text
            .starts_with("# ours\n\n# first\n\n# second\n[[exception]]\nattribute='mail'"),
        "{}",
        file.text
    );
    assert_eq!(file.remove(&[first]).unwrap(), 0);
    file.add(&[exception("c", Some(b"v"))]).unwrap();
    assert!(
        file.text
            .contains("'''\n# end\n\n[[exception]]\ndn = \"CN=c,DC=x\"\n")
    );
    let second = file.exceptions()[0].id();
    assert_eq!(file.remove(&[second]).unwrap(), 1);
    assert_eq!(file.exceptions(), [exception("c", Some(b"v"))]);
}

#[test]
fn a_new_reason_takes_the_place_of_the_old() {
    let mut file = file("").unwrap();
    file.add(&[exception("a", None), exception("b", None)])
        .unwrap();
    let mut again = exception("a", None);
    again.why.reason = "for good".into();
    again.why.expires = None;
    assert_eq!(file.add(std::slice::from_ref(&again)).unwrap(), 1);
    assert_eq!(file.exceptions(), [exception("b", None), again]);
}

#[test]
fn mistakes_are_named_by_line() {
    let refused = |text: &str| file(text).unwrap_err();
    assert_eq!(
        refused("\n[[exception]]\ndn = 'CN=a,DC=x'\nrule = 'r'\nattribut = 'mail'\n"),
        "x.toml:5:1: unknown field `attribut`, expected one of `dn`, `guid`, `attribute`, \
         `rule`, `value`, `value-base64`, `reason`, `author`, `expires`"
    );
    let head = "[[exception]]\ndn = 'CN=a,DC=x'\nrule = 'r'\nattribute = 'mail'\n";
    assert_eq!(
        refused(&format!("{head}expires = 2027-01-31T10:00:00Z\n")),
        "x.toml:5:11: '2027-01-31T10:00:00Z' is no date such as 2027-01-31"
    );
    assert_eq!(
        refused(&format!("{head}guid = 'x'\n")).split(": ").next(),
        Some("x.toml:5:8")
    );
    assert_eq!(
        refused(&format!("{head}value = 'a'\nvalue-base64 = 'YQ=='\n")),
        "x.toml:6:16: there is a value already"
    );
}

#[test]
fn a_text_that_cannot_be_changed_without_harm_is_left() {
    let text = "exception = [{ dn = 'CN=a,DC=x', rule = 'r', attribute = 'mail' }]\n";
    let mut file = file(text).unwrap();
    let refused = file.add(&[exception("b", None)]).unwrap_err().to_string();
    assert!(refused.contains("x.toml is written in a way"), "{refused}");
    assert_eq!(file.text, text);
}

#[cfg(unix)]
#[test]
fn a_new_file_is_private_and_a_shared_one_stays_shared() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    let mut file = ExceptionFile::read(&path).unwrap();
    file.add(&[exception("a", None)]).unwrap();
    file.save().unwrap();
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
    file.save().unwrap();
    assert_eq!(mode(), 0o664);
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no part is left"
    );
}
