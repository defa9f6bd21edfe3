//! What a server would do with an entry at hand: choose the attributes that
//! were asked for, and know which domain the entry belongs to.

use crate::model::{AttributeName, DistinguishedName, Domain, Entry};

/// The attributes of `entry` that were asked for; all of them for an empty
/// list or `*`, as RFC 4511, 4.5.1.8 has it. Of a ranged attribute the values
/// in the range are given, under the name that was asked for.
pub(super) fn select(entry: &Entry, attributes: &[AttributeName]) -> Entry {
    if attributes.is_empty() || attributes.iter().any(|name| name.is("*")) {
        return entry.clone();
    }
    let mut selected = Entry::new(entry.dn.clone());
    for attribute in entry.attributes() {
        for asked in attributes {
            if attribute.name == *asked {
                selected.add(asked.clone(), attribute.values.iter().cloned());
                break;
            }
            if !attribute.name.is(asked.without_options()) {
                continue;
            }
            if let Some((low, high)) = range(asked) {
                let count = high.saturating_sub(low).saturating_add(1);
                let mut values = attribute.values.iter().skip(low).take(count).peekable();
                if values.peek().is_some() {
                    selected.add(asked.clone(), values.cloned());
                }
            } else {
                selected.add(attribute.name.clone(), attribute.values.iter().cloned());
                break;
            }
        }
    }
    selected
}

/// The bounds of a name such as `member;range=0-1499` or `member;range=0-*`
/// (learn.microsoft.com, Attribute range retrieval).
pub(super) fn range(name: &AttributeName) -> Option<(usize, usize)> {
    let option = name
        .as_str()
        .split(';')
        .skip(1)
        .find_map(|option| option.strip_prefix("range="))?;
    let (low, high) = option.split_once('-')?;
    let high = if high == "*" {
        usize::MAX
    } else {
        high.parse().ok()?
    };
    Some((low.parse().ok()?, high))
}

/// Whether an entry of this name lies in the naming context of `domain`: below
/// it, but neither in a child domain nor in the configuration of the forest.
pub(super) fn belongs_to(name: &DistinguishedName, domain: &Domain) -> bool {
    let same_context = match (name.domain_part(), domain.naming_context.domain_part()) {
        (Some(own), Some(of_domain)) => own.key() == of_domain.key(),
        _ => true,
    };
    same_context && name.is_within(&domain.naming_context) && !is_configuration(name)
}

/// Whether the name lies in the configuration naming context, which hangs
/// below the root domain by name only (MS-ADTS 6.1.1.1.2).
pub(super) fn is_configuration(name: &DistinguishedName) -> bool {
    // What stands before the parts of the domain; a DC= may be elsewhere, too.
    let mut last = None;
    for rdn in name.rdns() {
        if !rdn.attribute.eq_ignore_ascii_case("DC") {
            last = Some(rdn);
        }
    }
    last.is_some_and(|rdn| {
        rdn.attribute.eq_ignore_ascii_case("CN") && rdn.value.eq_ignore_ascii_case("Configuration")
    })
}

/// The alternate UPN suffixes that an entry lists, in lower case: those of the
/// forest at CN=Partitions, those of an organizational unit at the unit itself
/// ("UPN-Suffixes attribute").
pub(super) fn upn_suffixes(entry: &Entry) -> impl Iterator<Item = String> {
    let of_attribute = entry.values("uPNSuffixes");
    of_attribute
        .iter()
        .filter_map(|value| Some(value.as_text()?.to_lowercase()))
}
