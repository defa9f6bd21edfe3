//! Entries as directories really hold them: mostly clean, with the mistakes
//! that people and scripts make. One number makes one entry, so that a failing
//! forest shrinks to the few entries that matter.

use idmend::model::{AttributeName, DistinguishedName, Entry, Value};

const GIVEN: [&str; 16] = [
    "Anna",
    "Jürgen",
    "Zoë",
    "Łukasz",
    "Søren",
    "María",
    "Tom",
    "Inês",
    "Þór",
    "Đorđe",
    "Ștefan",
    "Žofia",
    "İbrahim",
    "Οδυσσέας",
    "Иван",
    "Siân",
];
const FAMILY: [&str; 16] = [
    "Meyer",
    "O'Brien",
    "Núñez",
    "Kowalski",
    "Jensen",
    "Groß",
    "Smith",
    "D’Arcy",
    "Dvořák",
    "Østergård",
    "Năstase",
    "Yılmaz",
    "Bērziņš",
    "Smith-Jones",
    "van der Berg",
    "Ólafsdóttir",
];
const DOMAINS: [&str; 16] = [
    "contoso.local",
    "münchen.de",
    "xn--mnchen-3ya.de",
    "contoso.cloud",
    "contoso",
    "CONTOSO.COM",
    "contoso.onmicrosoft.com",
    "contoso.mail.onmicrosoft.com",
    "con toso.com",
    "contoso..com",
    "-contoso.com",
    "contoso.com.",
    "other.example.org",
    "192.168.1.10",
    "fabrikam.com",
    "contöso.com\u{a0}",
];
const SLIPS: [&str; 32] = [
    " ", "\u{a0}", "\u{200b}", "\t", "..", ".", "&", "+", "'", "\"", "(", ")", "ß", "ü",
    "e\u{301}", "ł", "я", "日", "@", ":", ",", ";", "/", "\\", "\u{202e}", "😀", "#EXT#", "\u{ad}",
    "\r\n", "\u{feff}", "<", "%",
];
const PREFIXES: [&str; 14] = [
    "Smtp:",
    "",
    "smtp: ",
    " smtp:",
    "smtp::",
    "smtp:smtp:",
    "sip:",
    "SIP:",
    "X500:/o=Org/cn=",
    "x400:C=US;A= ;S=",
    "EUM:",
    "MSMAIL:",
    "mailto:",
    "SMTP:",
];

/// Numbers from a seed (splitmix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or_default()
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

/// How much is wrong with the entries of a forest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tidiness {
    /// One value in so many carries a mistake.
    pub(crate) slip: usize,
    /// Names are taken from so many; fewer meet more often.
    pub(crate) people: usize,
}

/// The entry that `seed` stands for, number `number` of the forest `domain`.
pub(crate) fn entry(seed: u64, number: usize, domain: &str, tidiness: Tidiness) -> Entry {
    let mut maker = Maker {
        dice: Dice::new(seed),
        tidiness,
        domain,
    };
    maker.entry(number)
}

/// The entry that stands for `original` in another forest: an address book
/// contact, the account of a linked mailbox, or a second user.
pub(crate) fn twin(original: &Entry, seed: u64, number: usize, domain: &str) -> Entry {
    let mut dice = Dice::new(seed);
    let tidiness = Tidiness {
        slip: 25,
        people: 1,
    };
    let mut twin = entry(seed, number, domain, tidiness);
    let class = dice.of(&["contact", "contact", "user"]);
    put(
        &mut twin,
        "objectClass",
        vec![Value::from("top"), Value::from(class)],
    );
    for (name, of) in [
        ("mail", "mail"),
        ("proxyAddresses", "proxyAddresses"),
        ("mailNickname", "sAMAccountName"),
        ("msExchMasterAccountSid", "objectSid"),
        ("employeeID", "employeeID"),
    ] {
        let mut values = original.values(of).to_vec();
        if dice.one_in(8) {
            values.pop();
        }
        put(&mut twin, name, values);
    }
    if class == "contact" {
        put(&mut twin, "userPrincipalName", Vec::new());
        put(&mut twin, "sAMAccountName", Vec::new());
    } else if dice.one_in(2) {
        let linked = vec![Value::from("2")];
        put(&mut twin, "msExchRecipientTypeDetails", linked);
    }
    twin
}

struct Maker<'a> {
    dice: Dice,
    tidiness: Tidiness,
    domain: &'a str,
}

impl Maker<'_> {
    fn entry(&mut self, number: usize) -> Entry {
        let class = self.dice.of(&[
            "user", "user", "user", "user", "user", "user", "user", "group", "contact", "computer",
        ]);
        let context: Vec<String> = self.domain.split('.').map(|l| format!("DC={l}")).collect();
        let dn = format!("CN=entry{number},OU=Staff,{}", context.join(","));
        let mut entry = Entry::new(DistinguishedName::from_server(dn));
        let mut guid = [0x5a_u8; 16];
        guid[..8].copy_from_slice(&(number as u64).to_le_bytes());
        guid[8..12].copy_from_slice(&self.domain.as_bytes()[..4]);
        put(&mut entry, "objectGUID", vec![Value::from(guid.to_vec())]);
        let own = vec![Value::from(format!("{}-{number}", self.domain).as_str())];
        put(&mut entry, "objectSid", own.clone());
        put(&mut entry, "employeeID", own);
        put(
            &mut entry,
            "objectClass",
            vec![Value::from("top"), Value::from(class)],
        );
        self.names(&mut entry, class);
        self.addresses(&mut entry, class);
        self.circumstances(&mut entry);
        entry
    }

    fn names(&mut self, entry: &mut Entry, class: &str) {
        let (given, family) = (self.dice.of(&GIVEN), self.dice.of(&FAMILY));
        for (name, text) in [
            ("displayName", format!("{given} {family}")),
            ("givenName", given.to_owned()),
            ("sn", family.to_owned()),
        ] {
            if !self.dice.one_in(12) {
                let text = self.name(text);
                put(entry, name, vec![text]);
            }
        }
        if class != "contact" && !self.dice.one_in(50) {
            let text = self.local();
            let text = self.name(text.chars().take(20).collect());
            put(entry, "sAMAccountName", vec![text]);
        }
    }

    fn addresses(&mut self, entry: &mut Entry, class: &str) {
        let local = self.local();
        if class == "user" && !self.dice.one_in(20) {
            let text = self.address(&local);
            let text = self.bytes(text);
            put(entry, "userPrincipalName", vec![text]);
        }
        let primary = self.address(&local);
        if self.dice.below(3) > 0 {
            let mail = if self.dice.one_in(12) {
                self.address(&local)
            } else {
                primary.clone()
            };
            let mail = self.bytes(mail);
            put(entry, "mail", vec![mail]);
        }
        if self.dice.below(3) > 0 {
            let nickname = self.slipped(local.clone());
            let nickname = self.bytes(nickname);
            put(entry, "mailNickname", vec![nickname]);
        }
        if self.dice.below(4) > 0 {
            let mut values = Vec::new();
            if !self.dice.one_in(12) {
                values.push(self.bytes(format!("SMTP:{primary}")));
            }
            for _ in 0..self.dice.below(5) {
                values.push(self.proxy(&local));
            }
            if self.dice.one_in(15) && !values.is_empty() {
                values.push(values[self.dice.below(values.len())].clone());
            }
            put(entry, "proxyAddresses", values);
        }
        if class == "contact" || self.dice.one_in(15) {
            let target = self.proxy(&local);
            put(entry, "targetAddress", vec![target]);
        }
    }

    fn circumstances(&mut self, entry: &mut Entry) {
        let disabled = self.dice.one_in(8);
        let control = if disabled { "514" } else { "512" };
        put(entry, "userAccountControl", vec![Value::from(control)]);
        for (name, text, many) in [
            ("adminCount", "1", 25),
            ("adminDescription", "User_x", 60),
            ("isCriticalSystemObject", "TRUE", 90),
            ("msExchRecipientTypeDetails", "2", 60),
            (
                "msExchPoliciesExcluded",
                "{26491cfc-9e50-4857-861b-0cb8df22b5d7}",
                4,
            ),
        ] {
            if self.dice.one_in(many) {
                put(entry, name, vec![Value::from(text)]);
            }
        }
        if self.dice.one_in(20) {
            let length = if self.dice.one_in(5) { 15 } else { 16 };
            let anchor = vec![u8::try_from(self.dice.below(40)).unwrap_or(0); length];
            put(entry, "mS-DS-ConsistencyGuid", vec![Value::from(anchor)]);
        }
    }

    fn local(&mut self) -> String {
        let person = self.dice.below(self.tidiness.people);
        let given = if self.dice.one_in(self.tidiness.slip) {
            self.dice.of(&GIVEN)
        } else {
            self.dice.of(&["anna", "Tom", "paul", "Mei"])
        };
        format!("{given}.{person}")
    }

    fn address(&mut self, local: &str) -> String {
        let domain = if self.dice.one_in(self.tidiness.slip) {
            self.dice.of(&DOMAINS)
        } else {
            "contoso.com"
        };
        let local = if self.dice.one_in(self.tidiness.slip * 8) {
            local.repeat(12)
        } else {
            local.to_owned()
        };
        self.slipped(format!("{local}@{domain}"))
    }

    fn proxy(&mut self, local: &str) -> Value {
        let local = if self.dice.one_in(2) {
            self.local()
        } else {
            local.to_owned()
        };
        let address = self.address(&local);
        let prefix = if self.dice.one_in(self.tidiness.slip) {
            self.dice.of(&PREFIXES)
        } else {
            "smtp:"
        };
        self.bytes(format!("{prefix}{address}"))
    }

    fn name(&mut self, text: String) -> Value {
        let text = match self.dice.below(self.tidiness.slip * 6) {
            0 => format!(" {text}"),
            1 => format!("{text}\u{a0}"),
            2 => text.repeat(30),
            3 => "  ".to_owned(),
            4 => format!("#{text}"),
            5 => format!("\t{text}\u{200b}"),
            _ => text,
        };
        let text = self.slipped(text);
        self.bytes(text)
    }

    /// Now and then a slip somewhere in the text, or two.
    fn slipped(&mut self, mut text: String) -> String {
        for many in [self.tidiness.slip, self.tidiness.slip * 4] {
            if self.dice.one_in(many) {
                let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                let place = self.dice.below(places.len() + 1);
                let at = places.get(place).copied().unwrap_or(text.len());
                text.insert_str(at, self.dice.of(&SLIPS));
            }
        }
        text
    }

    /// Rarely bytes that are no text.
    fn bytes(&mut self, text: String) -> Value {
        let mut bytes = text.into_bytes();
        if self.dice.one_in(self.tidiness.slip * 40) {
            let at = self.dice.below(bytes.len() + 1);
            bytes.insert(at, 0xff);
        }
        Value::from(bytes)
    }
}

/// An entry of nothing but noise at every attribute that rules look at.
pub(crate) fn noise(seed: u64, number: usize, texts: &[Vec<u8>]) -> Entry {
    let mut dice = Dice::new(seed);
    let dn = format!("CN=noise{number},DC=contoso,DC=com");
    let mut entry = Entry::new(DistinguishedName::from_server(dn));
    let class = dice.of(&["user", "group", "contact"]);
    put(&mut entry, "objectClass", vec![Value::from(class)]);
    for name in [
        "userPrincipalName",
        "mail",
        "mailNickname",
        "proxyAddresses",
        "targetAddress",
        "sAMAccountName",
        "displayName",
        "givenName",
        "sn",
        "mS-DS-ConsistencyGuid",
        "userAccountControl",
        "msExchRecipientTypeDetails",
        "groupType",
        "adminDescription",
    ] {
        let values = (0..dice.below(4)).map(|_| {
            let mut value = dice
                .of(&["", "smtp:", "SMTP:", "x500:"])
                .as_bytes()
                .to_vec();
            value.extend(&texts[dice.below(texts.len())]);
            Value::from(value)
        });
        let values: Vec<Value> = values.collect();
        put(&mut entry, name, values);
    }
    entry
}

fn put(entry: &mut Entry, name: &'static str, values: Vec<Value>) {
    entry.set(&AttributeName::known(name), values);
}
