//! The entries of the demo without a fault: people, groups, rooms and
//! contacts, the same in every run.

use std::fmt::Write as _;

use crate::model::{AttributeName, DistinguishedName, Entry, Value};

/// A part of the organisation, with the people who work there.
pub(super) struct Branch {
    /// The container of its sites, `OU=Contoso,DC=…`.
    pub(super) base: &'static str,
    pub(super) sites: &'static [&'static str],
    /// What follows the `@` of addresses and user principal names.
    pub(super) suffix: &'static str,
    /// The tenant's domain for mail routing; empty without Exchange hybrid.
    pub(super) routing: &'static str,
    /// Words, `Name` or `Näme=Naeme`: as it is written, and as it stands in
    /// addresses.
    pub(super) given_names: &'static str,
    pub(super) surnames: &'static str,
    pub(super) people: usize,
    /// The first telephone extension.
    pub(super) extension: usize,
}

const DEPARTMENTS: [(&str, &str); 6] = [
    ("Finance", "Accountant"),
    ("Sales", "Account Manager"),
    ("Engineering", "Engineer"),
    ("Human Resources", "Recruiter"),
    ("IT", "Systems Administrator"),
    ("Legal", "Counsel"),
];

const ROOMS: [&str; 2] = ["Boardroom", "Workshop"];

/// Where a site lies, and how that country is called.
fn country(site: &str) -> (&'static str, u16) {
    match site {
        "Wien" => ("Austria", 43),
        "Paris" => ("France", 33),
        "Milano" => ("Italy", 39),
        "Madrid" => ("Spain", 34),
        "Kraków" => ("Poland", 48),
        "Dublin" => ("Ireland", 353),
        "Manchester" => ("United Kingdom", 44),
        _ => ("Germany", 49),
    }
}

impl Branch {
    /// All entries of the branch.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let people: Vec<Entry> = (0..self.people).map(|place| self.person(place)).collect();
        let mut entries = Vec::new();
        for (at, site) in self.sites.iter().enumerate() {
            let here: Vec<&Entry> = people.iter().skip(at).step_by(self.sites.len()).collect();
            entries.push(self.distribution_list(site, &here));
            for (department, _) in DEPARTMENTS {
                let in_department = here
                    .iter()
                    .copied()
                    .filter(|person| person.text("department") == Some(department));
                entries.extend(self.security_group(site, department, in_department));
            }
            entries.extend(ROOMS.map(|room| self.room(site, room)));
        }
        people.into_iter().chain(entries).collect()
    }

    /// First and last name of a person, each as written and as in addresses.
    fn names(&self, place: usize) -> [(&'static str, &'static str); 2] {
        [self.given_names, self.surnames].map(|names| {
            let name = names.split_whitespace().cycle().nth(place);
            let name = name.unwrap_or_default();
            name.split_once('=').unwrap_or((name, name))
        })
    }

    fn site(&self, place: usize) -> &'static str {
        let site = self.sites.get(place % self.sites.len().max(1)).copied();
        site.unwrap_or_default()
    }

    fn person(&self, place: usize) -> Entry {
        let [(given_name, given_plain), (surname, surname_plain)] = self.names(place);
        let site = self.site(place);
        let (department, title) =
            DEPARTMENTS[(place / self.sites.len().max(1)) % DEPARTMENTS.len()];
        let display = format!("{given_name} {surname}");
        let alias = format!("{given_plain}.{surname_plain}").to_lowercase();
        let address = format!("{alias}@{}", self.suffix);

        let mut entry = Builder::user(&display, &format!("OU=Users,OU={site},{}", self.base));
        entry.one("displayName", &display);
        entry.one("givenName", given_name);
        entry.one("sn", surname);
        entry.one("department", department);
        entry.one("title", title);
        entry.one("l", site);
        entry.one(
            "sAMAccountName",
            &alias.chars().take(20).collect::<String>(),
        );
        entry.one("userPrincipalName", &address);
        entry.one("mail", &address);
        entry.one("mailNickname", &alias);
        entry.one("proxyAddresses", &format!("SMTP:{address}"));
        if place.is_multiple_of(3) {
            entry.one("proxyAddresses", &format!("SIP:{address}"));
        }
        if place % 4 == 1 {
            let legacy = format!(
                "X500:/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn={place:08x}-{alias}"
            );
            entry.one("proxyAddresses", &legacy);
        }
        if place % 7 == 2 {
            let voice = format!(
                "EUM:{};phone-context=dialplan.{}",
                self.extension + place,
                self.suffix
            );
            entry.one("proxyAddresses", &voice);
        }
        self.mailbox(&mut entry, &alias, place);
        self.contact_data(&mut entry, place);
        entry.entry
    }

    /// What people look for in an address book, filled in as it is where nobody
    /// looked for a while.
    fn contact_data(&self, entry: &mut Builder, place: usize) {
        let site = self.site(place);
        let (country, code) = country(site);
        if place % 10 != 3 {
            let extension = self.extension + place;
            entry.one("telephoneNumber", &format!("+{code} 555 {extension}"));
        }
        if place.is_multiple_of(3) {
            entry.one("mobile", &format!("+{code} 555 9{place:04}"));
        }
        if place % 8 != 5 {
            let company = self.base.strip_prefix("OU=").unwrap_or(self.base);
            entry.one("company", company.split(',').next().unwrap_or(company));
        }
        if place % 5 < 3 {
            entry.one(
                "physicalDeliveryOfficeName",
                &format!("{site} {}", place % 40 + 1),
            );
            entry.one("streetAddress", &format!("Ring {}", place % 9 + 1));
            entry.one(
                "postalCode",
                &format!("{:05}", 10115 + place % self.sites.len().max(1)),
            );
            entry.one("co", country);
        }
        // The first person of each site leads it.
        let boss = place % self.sites.len().max(1);
        if place != boss && place % 4 != 2 {
            let [(given_name, _), (surname, _)] = self.names(boss);
            let base = self.base;
            entry.one(
                "manager",
                &format!("CN={given_name} {surname},OU=Users,OU={site},{base}"),
            );
        }
    }

    /// Half of the mailboxes have moved to the cloud, where there is one.
    fn mailbox(&self, entry: &mut Builder, alias: &str, place: usize) {
        let is_remote = !self.routing.is_empty() && place.is_multiple_of(2);
        if is_remote {
            let routing = format!("{alias}@{}", self.routing);
            entry.one("proxyAddresses", &format!("smtp:{routing}"));
            entry.one("targetAddress", &format!("SMTP:{routing}"));
        }
        let details = if is_remote { "2147483648" } else { "1" };
        entry.one("msExchRecipientTypeDetails", details);
        entry.one("userAccountControl", "512");
    }

    fn distribution_list(&self, site: &str, members: &[&Entry]) -> Entry {
        let name = format!("All {site}");
        let alias = format!("all.{}", plain(site));
        let address = format!("{alias}@{}", self.suffix);
        let mut entry = Builder::group(&name, &format!("OU=Groups,OU={site},{}", self.base));
        entry.one("displayName", &name);
        entry.one("sAMAccountName", &name);
        entry.one("mail", &address);
        entry.one("mailNickname", &alias);
        entry.one("proxyAddresses", &format!("SMTP:{address}"));
        // 8: universal, not for security (MS-ADTS 2.2.12).
        entry.one("groupType", "8");
        entry.members(members.iter().copied());
        entry.entry
    }

    fn security_group<'a>(
        &self,
        site: &str,
        department: &str,
        members: impl Iterator<Item = &'a Entry>,
    ) -> Option<Entry> {
        let name = format!("{department} {site}");
        let mut entry = Builder::group(&name, &format!("OU=Groups,OU={site},{}", self.base));
        entry.one("displayName", &name);
        entry.one("sAMAccountName", &name);
        // 0x80000002: global, for security.
        entry.one("groupType", "-2147483646");
        entry.members(members);
        entry.entry.has("member").then_some(entry.entry)
    }

    fn room(&self, site: &str, room: &str) -> Entry {
        let name = format!("{room} {site}");
        let alias = format!("{}.{}", room.to_lowercase(), plain(site));
        let address = format!("{alias}@{}", self.suffix);
        let mut entry = Builder::user(&name, &format!("OU=Rooms,OU={site},{}", self.base));
        entry.one("displayName", &name);
        entry.one(
            "sAMAccountName",
            &alias.chars().take(20).collect::<String>(),
        );
        entry.one("userPrincipalName", &address);
        entry.one("mail", &address);
        entry.one("mailNickname", &alias);
        entry.one("proxyAddresses", &format!("SMTP:{address}"));
        entry.one("msExchRecipientTypeDetails", "16");
        // A room's account is disabled.
        entry.one("userAccountControl", "514");
        entry.entry
    }
}

/// People at other companies, as contacts.
const PARTNERS: [(&str, &str); 16] = [
    ("Adatum Service Desk", "servicedesk@adatum.com"),
    ("Agnes Holm", "agnes.holm@northwindtraders.com"),
    ("Daniel Brunner", "daniel.brunner@lamnahealthcare.com"),
    ("Emil Sandberg", "emil.sandberg@northwindtraders.com"),
    ("Giovanna Ricci", "g.ricci@tailspintoys.com"),
    ("Hanna Virtanen", "hanna.virtanen@proseware.com"),
    ("João Pereira", "joao.pereira@margiestravel.com"),
    ("Kirsten Dahl", "kirsten.dahl@proseware.com"),
    ("Margies Travel Desk", "bookings@margiestravel.com"),
    ("Northwind Orders", "orders@northwindtraders.com"),
    ("Ondřej Novák", "ondrej.novak@wingtiptoys.com"),
    ("Petra Horvat", "petra.horvat@adatum.com"),
    ("Proseware Licensing", "licensing@proseware.com"),
    ("Sven Lindqvist", "sven.lindqvist@tailspintoys.com"),
    ("Wingtip Logistics", "logistics@wingtiptoys.com"),
    ("Zsófia Kovács", "zsofia.kovacs@lamnahealthcare.com"),
];

/// The contacts, in `container`.
pub(super) fn partners(container: &str) -> Vec<Entry> {
    PARTNERS
        .iter()
        .map(|(name, address)| {
            let mut entry = Builder::new(&format!("CN={name},{container}"), "contact");
            let alias = address.replace('@', ".");
            entry.one("displayName", name);
            entry.one("mail", address);
            entry.one("mailNickname", &alias);
            entry.one("targetAddress", &format!("SMTP:{address}"));
            entry.one("proxyAddresses", &format!("SMTP:{address}"));
            entry.entry
        })
        .collect()
}

/// A site's name as it stands in addresses.
fn plain(site: &str) -> String {
    site.to_lowercase().replace('ó', "o").replace(' ', "")
}

/// An entry with more proxy addresses than the cloud takes.
pub(super) fn with_many_addresses(dn: &str, count: usize) -> Entry {
    let mut entry = Builder::new(dn, "user");
    for (name, value) in [
        ("sAMAccountName", "helpdesk"),
        ("userPrincipalName", "helpdesk@contoso.com"),
        ("mail", "helpdesk@contoso.com"),
        ("mailNickname", "helpdesk"),
        ("proxyAddresses", "SMTP:helpdesk@contoso.com"),
    ] {
        entry.one(name, value);
    }
    for number in 1..count {
        entry.one(
            "proxyAddresses",
            &format!("smtp:ticket{number:03}@contoso.com"),
        );
    }
    entry.entry
}

/// An entry with a value of four kilobytes where 256 characters are allowed.
pub(super) fn with_a_long_value(dn: &str) -> Entry {
    let mut entry = Builder::new(dn, "user");
    let mut long = String::from("Interface Account");
    for number in 1.. {
        if long.len() >= 4096 || write!(long, ", System {number}").is_err() {
            break;
        }
    }
    entry.one("displayName", &long);
    entry.one("sAMAccountName", "svc-interfaces");
    entry.one("userPrincipalName", "svc-interfaces@contoso.com");
    entry.entry
}

/// An entry in the making.
struct Builder {
    entry: Entry,
}

impl Builder {
    fn new(dn: &str, class: &str) -> Self {
        let mut builder = Self {
            entry: Entry::new(DistinguishedName::from_server(dn)),
        };
        builder.one("objectClass", class);
        builder
    }

    fn user(name: &str, container: &str) -> Self {
        Self::new(&format!("CN={name},{container}"), "user")
    }

    fn group(name: &str, container: &str) -> Self {
        Self::new(&format!("CN={name},{container}"), "group")
    }

    fn one(&mut self, name: &'static str, value: &str) {
        self.entry
            .add(AttributeName::known(name), [Value::from(value)]);
    }

    fn members<'a>(&mut self, members: impl Iterator<Item = &'a Entry>) {
        let names = members.map(|member| Value::from(member.dn.as_str()));
        self.entry.add(AttributeName::known("member"), names);
    }
}
