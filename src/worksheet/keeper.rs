//! Who keeps a value that several entries hold.
//!
//! Only what the directory shows decides, and when it does not decide, nobody
//! is proposed: a wrong guess takes an address from a person. Entries that the
//! sync engine skips have no claim: the cloud never sees them.

use std::collections::{BTreeMap, HashMap};

use crate::model::{AddressType, Entry, ObjectClass, ProxyAddress};
use crate::rule::{Judge, KeySpace};
use crate::scan::{ConflictSet, EntryRef, Finding, MOST_JOINED, ScanResult};

/// The bit of userAccountControl of a disabled account (ACCOUNTDISABLE,
/// "User-Account-Control attribute").
pub(super) const DISABLED: i64 = 2;

/// What decides, best first: holds it as UPN, mail or primary address; enabled;
/// mail-enabled; a user before a group before a contact.
type Rank = (bool, bool, bool, u8);

/// A row's part in a conflict set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Membership {
    /// Nobody else holds the value.
    Alone,
    /// The row's entry should keep the value.
    Keeper,
    /// Another entry should.
    GivesUp,
    /// Nothing tells who should.
    Tied,
}

/// The keepers of conflict sets, each worked out once.
#[derive(Debug, Default)]
pub(super) struct Keepers(HashMap<usize, Option<EntryRef>>);

impl Keepers {
    /// The part of a finding's value in the conflict set that it belongs to.
    pub(super) fn part(
        &mut self,
        finding: &Finding,
        scan: &ScanResult,
        judge: &Judge,
    ) -> Membership {
        let attribute = &finding.place.attribute;
        let key = finding
            .place
            .value
            .and_then(|index| scan.snapshot.value(finding.entry, attribute, index))
            .and_then(|value| std::str::from_utf8(value).ok())
            .and_then(|value| judge.key_of(&scan.snapshot.entry(finding.entry), attribute, value));
        let Some(set) = key.and_then(|(space, key)| scan.conflicts.find(space, &key)) else {
            return Membership::Alone;
        };
        let conflict = &scan.conflicts.sets()[set];
        let first = self.0.entry(set).or_insert_with(|| keeper(conflict, scan));
        match *first {
            Some(first) if first == finding.entry => Membership::Keeper,
            // The keeper and this entry are one person to the cloud.
            Some(first) if is_one(conflict, scan, (first, finding.entry)) => Membership::Keeper,
            Some(_) => Membership::GivesUp,
            None => Membership::Tied,
        }
    }
}

/// Whether two holders of a value are one object to the cloud.
fn is_one(set: &ConflictSet, scan: &ScanResult, (a, b): (EntryRef, EntryRef)) -> bool {
    scan.is_same_entry(a, b) || set.holders.len() <= MOST_JOINED && scan.is_one_object(a, b)
}

/// The entry that keeps the value of `set`, if one is clearly first, or several
/// that are one object to the cloud.
pub(super) fn keeper(set: &ConflictSet, scan: &ScanResult) -> Option<EntryRef> {
    let is_address = matches!(
        set.space,
        KeySpace::Address | KeySpace::Sip | KeySpace::X500
    );
    if !is_address {
        return None;
    }
    let snapshot = &scan.snapshot;
    let mut ranks: BTreeMap<EntryRef, Rank> = BTreeMap::new();
    let holders = set.holders.iter();
    for holder in holders.filter(|holder| !snapshot.is_skipped(holder.entry)) {
        let value = holder
            .place
            .value
            .and_then(|index| snapshot.value(holder.entry, &holder.place.attribute, index))
            .and_then(|value| std::str::from_utf8(value).ok());
        let secondary = holder.place.attribute.is("proxyAddresses")
            && value
                .is_none_or(|value| ProxyAddress::split(value).kind != AddressType::PrimarySmtp);
        let known = ranks
            .entry(holder.entry)
            .or_insert_with(|| rank(&snapshot.entry(holder.entry), secondary));
        known.0 &= secondary;
    }
    let best = ranks.values().min()?;
    let mut first = ranks.iter().filter(|(_, rank)| *rank == best);
    let (keeper, _) = first.next()?;
    first
        .all(|(other, _)| is_one(set, scan, (*keeper, *other)))
        .then_some(*keeper)
}

fn rank(entry: &Entry, secondary: bool) -> Rank {
    let disabled = entry
        .integer("userAccountControl")
        .is_some_and(|control| control & DISABLED != 0);
    let class = match entry.class() {
        ObjectClass::User => 0,
        ObjectClass::Group => 1,
        ObjectClass::Contact | ObjectClass::Computer | ObjectClass::Other => 2,
    };
    (secondary, disabled, !entry.has("mailNickname"), class)
}
