//! Which entries of different forests the sync engine joins to one object.
//!
//! The choice is made in the wizard of Entra Connect ("Custom installation of
//! Microsoft Entra Connect", uniquely identifying your users). Entries that
//! are joined may hold the same values: an address book contact and its user,
//! a linked mailbox and its account. Contacts join by mail whatever is chosen
//! ("Microsoft Entra Connect Sync: Understanding Users, Groups, and
//! Contacts"); groups never join, nor do two entries of one forest.

use std::fmt;
use std::str::FromStr;

use super::{ConflictSet, EntryRef, Holder, Part, ScanResult, Snapshot};
use crate::model::{AttributeName, Domain, Entry, ObjectClass};
use crate::rule::KeySpace;

/// A value that more entries hold than this is never that of a person known
/// twice, but a fault: comparing each with each is left out.
pub const MOST_JOINED: usize = 64;

const SID: [&str; 3] = [
    "objectSid",
    "msExchMasterAccountSid",
    "msRTCSIP-OriginatorSID",
];

/// What makes users of different forests one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ForestJoin {
    /// Nothing: each person is one user of one forest.
    #[default]
    Once,
    /// The same mail.
    Mail,
    /// objectSid of the account in msExchMasterAccountSid or
    /// msRTCSIP-OriginatorSID of the other.
    Sid,
    /// sAMAccountName of the one as mailNickname of the other.
    Sam,
    /// The same value of this attribute.
    Attribute(AttributeName),
}

impl fmt::Display for ForestJoin {
    /// As [`ForestJoin::from_str`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Once => "once",
            Self::Mail => "mail",
            Self::Sid => "sid",
            Self::Sam => "sam",
            Self::Attribute(name) => name.as_str(),
        })
    }
}

impl FromStr for ForestJoin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "once" => Self::Once,
            "mail" => Self::Mail,
            "sid" => Self::Sid,
            "sam" => Self::Sam,
            _ => Self::Attribute(AttributeName::parse(text).map_err(|error| {
                format!("neither once, mail, sid, sam nor an attribute: {error}")
            })?),
        })
    }
}

impl ForestJoin {
    /// The attributes that it looks at beside those that are always read.
    pub(super) fn attributes(&self) -> Vec<AttributeName> {
        match self {
            Self::Once | Self::Mail | Self::Sam => Vec::new(),
            Self::Sid => SID.map(AttributeName::known).to_vec(),
            Self::Attribute(name) => vec![name.clone()],
        }
    }

    /// Everything that it looks at: a change there can make or end a join.
    pub fn compared(&self) -> Vec<AttributeName> {
        let mut names = vec![AttributeName::known("mail")];
        match self {
            Self::Once | Self::Mail => {}
            Self::Sid => names.extend(SID.map(AttributeName::known)),
            Self::Sam => names.extend(["sAMAccountName", "mailNickname"].map(AttributeName::known)),
            Self::Attribute(name) => names.push(name.clone()),
        }
        names
    }

    /// Whether two entries of different forests are one object to the cloud.
    pub fn joins(&self, a: &Entry, b: &Entry) -> bool {
        let shares = |name: &str, other: &str| shared(a, name, b, other);
        match (a.class(), b.class()) {
            (ObjectClass::Contact, ObjectClass::Contact | ObjectClass::User)
            | (ObjectClass::User, ObjectClass::Contact) => shares("mail", "mail"),
            (ObjectClass::User, ObjectClass::User) => match self {
                Self::Once => false,
                Self::Mail => shares("mail", "mail"),
                Self::Sid => {
                    let linked = SID.iter().skip(1);
                    linked
                        .into_iter()
                        .any(|link| shares("objectSid", link) || shares(link, "objectSid"))
                }
                Self::Sam => {
                    shares("sAMAccountName", "mailNickname")
                        || shares("mailNickname", "sAMAccountName")
                }
                Self::Attribute(name) => shares(name.as_str(), name.as_str()),
            },
            _ => false,
        }
    }
}

/// Whether the first values of two attributes are the same text, without
/// regard to case, or the same bytes.
fn shared(a: &Entry, name: &str, b: &Entry, other: &str) -> bool {
    let (Some(a), Some(b)) = (a.values(name).first(), b.values(other).first()) else {
        return false;
    };
    match (a.as_text(), b.as_text()) {
        (Some(a), Some(b)) => {
            let (a, b) = (a.trim().to_lowercase(), b.trim().to_lowercase());
            a == b && !a.is_empty()
        }
        _ => a == b,
    }
}

/// Tells whether entries of a scan are joined.
#[derive(Debug, Clone, Copy)]
pub(super) struct Joiner<'a> {
    pub(super) snapshot: &'a Snapshot,
    /// The domains with the forest of each.
    pub(super) domains: &'a [(usize, Domain)],
    pub(super) join: &'a ForestJoin,
}

impl Joiner<'_> {
    /// Whether two entries of different forests are joined.
    fn joined(&self, a: EntryRef, b: EntryRef) -> bool {
        let snapshot = self.snapshot;
        let forest = |at| self.forest(at);
        forest(a) != forest(b) && self.join.joins(&snapshot.entry(a), &snapshot.entry(b))
    }

    fn forest(&self, at: EntryRef) -> Option<usize> {
        let domain = usize::from(self.snapshot.domain(at).0);
        self.domains.get(domain).map(|(forest, _)| *forest)
    }

    /// The holders of a value without those that are joined with `own`.
    pub(super) fn apart_from(&self, set: &ConflictSet, own: EntryRef) -> ConflictSet {
        let holders = set.holders.iter();
        let apart = holders.filter(|holder| holder.entry == own || !self.joined(own, holder.entry));
        ConflictSet {
            holders: apart.cloned().collect(),
            ..set.clone()
        }
    }

    /// Whether joining can matter for a value: not for an anchor, which must
    /// differ all the same, nor within one forest.
    pub(super) fn matters(&self, space: KeySpace, holders: &[Holder]) -> bool {
        let mut forests = holders.iter().map(|holder| self.forest(holder.entry));
        let first = forests.next();
        space != KeySpace::Anchor
            && holders.len() <= MOST_JOINED
            && forests.any(|forest| Some(forest) != first)
    }

    /// Whether joining makes one object of all that hold a value and
    /// synchronise.
    pub(super) fn explains(&self, space: KeySpace, holders: &[Holder]) -> bool {
        if !self.matters(space, holders) {
            return false;
        }
        let mut entries: Vec<EntryRef> = holders.iter().map(|holder| holder.entry).collect();
        entries.retain(|at| !matches!(self.snapshot.part(*at), Part::Skipped(_)));
        entries.sort_unstable();
        entries.dedup();
        let identity = |at: &EntryRef| self.snapshot.identity(*at);
        entries.iter().enumerate().all(|(number, a)| {
            let mut later = entries.iter().skip(number + 1);
            later.all(|b| identity(a) == identity(b) || self.joined(*a, *b))
        })
    }
}

impl ScanResult {
    /// Whether two entries are one object to the cloud: the same entry, or two
    /// of different forests that the sync engine joins.
    pub fn is_one_object(&self, a: EntryRef, b: EntryRef) -> bool {
        self.is_same_entry(a, b)
            || self.is_of_two_forests(a, b)
                && self
                    .join
                    .joins(&self.snapshot.entry(a), &self.snapshot.entry(b))
    }

    /// Whether two entries would be one object to the cloud if they were as
    /// given here.
    pub fn would_be_one_object(&self, a: (EntryRef, &Entry), b: (EntryRef, &Entry)) -> bool {
        self.is_same_entry(a.0, b.0)
            || self.is_of_two_forests(a.0, b.0) && self.join.joins(a.1, b.1)
    }

    /// Whether two places hold the same entry, read once or twice.
    pub fn is_same_entry(&self, a: EntryRef, b: EntryRef) -> bool {
        a == b || self.snapshot.identity(a) == self.snapshot.identity(b)
    }

    /// Whether two entries lie in different forests; others never join.
    pub fn is_of_two_forests(&self, a: EntryRef, b: EntryRef) -> bool {
        let joiner = Joiner {
            snapshot: &self.snapshot,
            domains: &self.domains,
            join: &self.join,
        };
        joiner.forest(a) != joiner.forest(b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::memory::MemoryDirectory;
    use crate::scan::ScanOptions;
    use crate::scan::fixture::{entry, rows, run, source};

    const UPN: &str = "userPrincipalName";

    type Given<'a> = &'a [(&'static str, &'a [&'a str])];

    /// The rows of two forests with one entry each.
    fn found(first: (&str, Given<'_>), second: (&str, Given<'_>), join: &str) -> Vec<String> {
        let forest = |domain, (class, given): (&str, Given<'_>)| {
            let entries = vec![entry(class, "anna", domain, given)];
            source(&MemoryDirectory::new(domain, &[domain], entries))
        };
        let sources = [forest("contoso.com", first), forest("fabrikam.com", second)];
        let options = ScanOptions {
            join: join.parse().unwrap(),
            ..ScanOptions::default()
        };
        let mut found = rows(&run(&sources, &options).unwrap());
        found.retain(|row| row.contains("-duplicate"));
        found
    }

    #[test]
    fn a_contact_in_another_forest_is_its_user_whatever_is_chosen() {
        let user: Given<'_> = &[
            (UPN, &["anna@contoso.com"]),
            ("mail", &["anna@contoso.com"]),
            ("proxyAddresses", &["SMTP:anna@contoso.com"]),
        ];
        let contact: Given<'_> = &[
            ("mail", &["Anna@contoso.com"]),
            ("proxyAddresses", &["SMTP:anna@contoso.com"]),
        ];
        for join in ["once", "mail", "sid", "sam", "employeeID"] {
            assert_eq!(
                found(("user", user), ("contact", contact), join),
                [""; 0],
                "{join}"
            );
            assert_eq!(
                found(("contact", contact), ("user", user), join),
                [""; 0],
                "{join}"
            );
            assert_eq!(
                found(("contact", contact), ("contact", contact), join),
                [""; 0]
            );
            assert_ne!(found(("group", user), ("contact", contact), join), [""; 0]);
        }
        let elsewhere: Given<'_> = &[
            ("mail", &["other@contoso.com"]),
            (
                "proxyAddresses",
                &["SMTP:other@contoso.com", "smtp:anna@contoso.com"],
            ),
        ];
        assert_ne!(
            found(("user", user), ("contact", elsewhere), "mail"),
            [""; 0]
        );
    }

    #[test]
    fn two_users_are_one_only_by_what_was_chosen() {
        let account: Given<'_> = &[
            ("mail", &["anna@contoso.com"]),
            ("objectSid", &["S-1"]),
            ("employeeID", &["7"]),
        ];
        let mailbox: Given<'_> = &[
            ("mail", &["anna@contoso.com"]),
            ("msExchMasterAccountSid", &["S-1"]),
            ("mailNickname", &["anna"]),
            ("employeeID", &["7"]),
        ];
        let clash = |join| !found(("user", account), ("user", mailbox), join).is_empty();
        assert!(clash("once"));
        for join in ["mail", "sid", "sam", "employeeID", "EMPLOYEEid"] {
            let rows = found(("user", account), ("user", mailbox), join);
            assert_eq!(rows, [""; 0], "{join}");
        }
        assert!(clash("department"), "what both lack joins nothing");
        let group = found(("group", account), ("group", mailbox), "mail");
        assert!(!group.is_empty(), "groups never join");
    }

    #[test]
    fn entries_of_one_forest_never_join() {
        let given: Given<'_> = &[("mail", &["anna@contoso.com"])];
        let entries = vec![
            entry("user", "a", "contoso.com", given),
            entry("contact", "b", "contoso.com", given),
        ];
        let forest = source(&MemoryDirectory::new(
            "contoso.com",
            &["contoso.com"],
            entries,
        ));
        let options = ScanOptions {
            join: ForestJoin::Mail,
            ..ScanOptions::default()
        };
        assert_eq!(rows(&run(&[forest], &options).unwrap()).len(), 2);
    }

    #[test]
    fn two_users_of_a_forest_clash_though_each_joins_the_same_contact() {
        let given: Given<'_> = &[("mail", &["anna@contoso.com"])];
        let users = vec![
            entry("user", "a", "contoso.com", given),
            entry("user", "b", "contoso.com", given),
        ];
        let contact = vec![entry("contact", "c", "fabrikam.com", given)];
        let sources = [
            source(&MemoryDirectory::new(
                "contoso.com",
                &["contoso.com"],
                users,
            )),
            source(&MemoryDirectory::new(
                "fabrikam.com",
                &["fabrikam.com"],
                contact,
            )),
        ];
        let scan = run(&sources, &ScanOptions::default()).unwrap();
        let found = rows(&scan);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|row| !row.starts_with('c')), "{found:?}");
        let detail = &scan.findings[0].faults[0].detail;
        assert!(
            detail.contains("CN=b,") && !detail.contains("CN=c,"),
            "{detail}"
        );
    }

    #[test]
    fn a_word_that_is_no_choice_and_no_attribute_is_refused() {
        let error = "e mail".parse::<ForestJoin>().unwrap_err();
        assert!(
            error.starts_with("neither once, mail, sid, sam nor an attribute: "),
            "{error}"
        );
    }
}
