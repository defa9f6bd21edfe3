//! What each step of a chain finds, and how it repairs.
//!
//! Small pure functions of a value and its entry. A value that is all right
//! costs no allocation; nothing is ever left empty where a cn can stand.

use unicode_segmentation::UnicodeSegmentation as _;

use super::step::{Failure, Place};
use crate::model::Entry;
use crate::rule::characters::{first_wrong, named, utf16_len};
use crate::rule::{Part, domain};

fn limit(max: u32) -> usize {
    usize::try_from(max).unwrap_or(usize::MAX)
}

/// The longest beginning of `text` that has at most `max` UTF-16 code units
/// and cuts no character that a person sees as one.
pub(super) fn cut(text: &str, max: u32) -> &str {
    let mut length = 0;
    let end = text.grapheme_indices(true).find_map(|(at, grapheme)| {
        length += utf16_len(grapheme);
        (length > limit(max)).then_some(at)
    });
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

pub(super) fn over_length<'v>(value: &str, max: u32) -> Option<Failure<'v>> {
    // A UTF-16 code unit takes at least one byte of UTF-8.
    if value.len() <= limit(max) {
        return None;
    }
    let length = utf16_len(value);
    (length > limit(max)).then(|| Failure {
        detail: format!("it has {length} characters, the limit is {max}"),
        repaired: Some(cut(value, max).to_owned().into()),
    })
}

pub(super) fn over_part_length<'v>(value: &str, part: Part, max: u32) -> Option<Failure<'v>> {
    let (local, domain) = value.rsplit_once('@')?;
    let (text, subject) = match part {
        Part::Domain => (domain, "the part after @"),
        _ => (local, "the part before @"),
    };
    let length = utf16_len(text);
    (length > limit(max)).then(|| Failure {
        detail: format!("{subject} has {length} characters, the limit is {max}"),
        repaired: None,
    })
}

pub(super) fn wrong_characters<'v>(
    entry: &Entry,
    value: &str,
    at: Place,
    wrong: impl Fn(char) -> bool + Copy,
) -> Option<Failure<'v>> {
    let kept = match at {
        Place::Anywhere => {
            let detail = first_wrong(value, (value, 0), wrong)?;
            let kept: String = value.chars().filter(|c| !wrong(*c)).collect();
            return Some(Failure {
                detail,
                repaired: Some(or_common_name(kept, entry).into()),
            });
        }
        Place::Beginning => value.trim_start_matches(wrong),
        Place::Edges => value.trim_matches(wrong),
    };
    if kept.len() == value.len() {
        return None;
    }
    let place = if value.starts_with(wrong) {
        "beginning"
    } else {
        "end"
    };
    let c = if place == "end" {
        value.chars().next_back()
    } else {
        value.chars().next()
    };
    let name = c.map(named).unwrap_or_default();
    Some(Failure {
        detail: format!("{name} at the {place}"),
        repaired: Some(or_common_name(kept.to_owned(), entry).into()),
    })
}

/// `text`, or the name of the entry when nothing is left of it.
fn or_common_name(text: String, entry: &Entry) -> String {
    if text.is_empty() {
        entry.common_name().into_owned()
    } else {
        text
    }
}

pub(super) fn second_colon<'v>(value: &str) -> Option<Failure<'v>> {
    let (prefix, rest) = value.split_once(':')?;
    if prefix.is_empty() || !rest.contains(':') {
        return None;
    }
    let before = prefix.chars().count() + 1 + rest.split(':').next()?.chars().count();
    Some(Failure {
        detail: format!("a second colon at character {}", before + 1),
        repaired: Some(format!("{prefix}:{}", rest.replace(':', "")).into()),
    })
}

pub(super) fn outer_dots<'v>(entry: &Entry, value: &str) -> Option<Failure<'v>> {
    let kept = value.trim_matches('.');
    if kept.len() == value.len() {
        return None;
    }
    let place = if value.starts_with('.') {
        "beginning"
    } else {
        "end"
    };
    Some(Failure {
        detail: format!("a dot at the {place}"),
        repaired: Some(or_common_name(kept.to_owned(), entry).into()),
    })
}

pub(super) fn mail_match<'v>(entry: &Entry, value: &str) -> Option<Failure<'v>> {
    let mail = entry.text("mail")?;
    let address = match value.split_once(':') {
        Some((_, address)) => address,
        None => value,
    };
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    if domain::is_hybrid_routing(domain) {
        return None;
    }
    let same = address.eq_ignore_ascii_case(mail) || address.to_lowercase() == mail.to_lowercase();
    (!same).then(|| Failure {
        detail: format!("mail is '{}'", mail.escape_debug()),
        repaired: Some(format!("SMTP:{mail}").into()),
    })
}

pub(super) fn alias(entry: &Entry) -> String {
    let names: Vec<&str> = ["givenName", "sn"]
        .iter()
        .filter_map(|name| entry.text(name))
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() {
        let account = entry.text("sAMAccountName").map(str::to_owned);
        account.unwrap_or_else(|| entry.common_name().into_owned())
    } else {
        names.join(".")
    }
}
