//! Who keeps a value that several entries hold.
//!
//! Only what the directory shows decides, and when it does not decide, nobody
//! is proposed: a wrong guess takes an address from a person.

use std::collections::BTreeMap;

use crate::model::{AddressType, Entry, ObjectClass, ProxyAddress};
use crate::rule::KeySpace;
use crate::scan::{ConflictSet, EntryRef, Snapshot};

/// The bit of userAccountControl of a disabled account (ACCOUNTDISABLE,
/// "User-Account-Control attribute").
const DISABLED: i64 = 2;

/// What decides, best first: holds it as UPN, mail or primary address; enabled;
/// mail-enabled; a user before a group before a contact.
type Rank = (bool, bool, bool, u8);

/// The entry that keeps the value of `set`, if one is clearly first.
pub(super) fn keeper(set: &ConflictSet, snapshot: &Snapshot) -> Option<EntryRef> {
    let is_address = matches!(
        set.space,
        KeySpace::Address | KeySpace::Sip | KeySpace::X500
    );
    if !is_address {
        return None;
    }
    let mut ranks: BTreeMap<EntryRef, Rank> = BTreeMap::new();
    for holder in &set.holders {
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
    match (first.next(), first.next()) {
        (Some((entry, _)), None) => Some(*entry),
        _ => None,
    }
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
