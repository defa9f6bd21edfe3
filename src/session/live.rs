//! The last look before a write: is a new value still free in the live
//! forests, does it fit the schema, may this account write the attribute.
//!
//! A server compares more loosely than the cloud does (case, accents, width),
//! so what its search returns is compared again by the judge's own keys. The
//! rules themselves were checked when the plan was made.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::directory::{DirectoryError, SearchRequest};
use crate::model::{AttributeName, Change, Entry, Identity, SourceKind};
use crate::rule::{Judge, KeySpace};
use crate::scan::ScanSource;
use crate::transaction::{Objection, Objections, Pending, Precondition};

/// The constructed attribute in which Active Directory lists what the bound
/// account may write to an entry (MS-ADTS 3.1.1.4.5.21).
const WRITABLE: &str = "allowedAttributesEffective";

/// How many holders of a value are looked at; one is enough to refuse it.
const PAGE: u32 = 100;

/// The check of new values against the open sources.
#[derive(Debug)]
pub(super) struct LiveCheck {
    sources: Vec<ScanSource>,
    judge: Arc<Judge>,
    attributes: Vec<AttributeName>,
}

impl LiveCheck {
    /// A check against `sources`. Files are left out: they do not change, and
    /// were compared in the scan.
    pub(super) fn new(sources: &[ScanSource], judge: Arc<Judge>) -> Self {
        let mut attributes = vec![
            AttributeName::known("objectClass"),
            AttributeName::known("objectGUID"),
            AttributeName::known(WRITABLE),
        ];
        attributes.extend(judge.attributes());
        Self {
            sources: sources
                .iter()
                .filter(|source| source.forest.kind != SourceKind::Ldif)
                .cloned()
                .collect(),
            judge,
            attributes,
        }
    }

    async fn objections(&self, pending: Pending<'_>) -> Vec<Objection> {
        let mut objections = Vec::new();
        for change in &pending.modification.changes {
            if let Some(reason) = self.objection(&pending, change).await {
                objections.push(Objection {
                    attribute: change.attribute.clone(),
                    reason,
                });
            }
        }
        objections
    }

    async fn objection(&self, pending: &Pending<'_>, change: &Change) -> Option<String> {
        let writable = pending.entry.values(WRITABLE);
        let may_write = writable
            .iter()
            .filter_map(|name| name.as_text())
            .any(|name| change.attribute.is(name));
        if !writable.is_empty() && !may_write {
            return Some(format!(
                "this account may not write {} of this entry",
                change.attribute
            ));
        }
        for value in &change.add {
            // What is no text is neither unique nor limited in characters.
            let Some(text) = value.as_text() else {
                continue;
            };
            // What was there before may come back, whatever its length.
            if !pending.reverting
                && let Some(reason) = self.too_long(change, text)
            {
                return Some(reason);
            }
            if change.shared.contains(value) {
                // Taken back: it was not unique before either.
                continue;
            }
            let own = &pending.modification.identity;
            match self.holder(pending.entry, own, change, text).await {
                Ok(None) => {}
                Ok(Some(dn)) => return Some(format!("the value '{text}' is held by {dn}")),
                Err(error) => {
                    return Some(format!(
                        "whether '{text}' is free could not be read: {error}"
                    ));
                }
            }
        }
        None
    }

    fn too_long(&self, change: &Change, text: &str) -> Option<String> {
        let length = text.encode_utf16().count();
        let limit = self
            .sources
            .iter()
            .filter_map(|source| {
                source
                    .forest
                    .schema
                    .attribute(&change.attribute)
                    .range_upper
            })
            .min()?;
        (length > usize::try_from(limit).unwrap_or(usize::MAX)).then(|| {
            format!(
                "the value has {length} characters, the schema allows {limit} for {}",
                change.attribute
            )
        })
    }

    /// Another entry that holds the value by now.
    async fn holder(
        &self,
        entry: &Entry,
        own: &Identity,
        change: &Change,
        text: &str,
    ) -> Result<Option<String>, DirectoryError> {
        let Some((space, key)) = self.judge.key_of(entry, &change.attribute, text) else {
            return Ok(None);
        };
        let filter = filter(space, &key, text);
        for source in &self.sources {
            for domain in &source.forest.domains {
                let request = SearchRequest {
                    base: domain.naming_context.clone(),
                    filter: filter.clone(),
                    attributes: self.attributes.clone(),
                    page_size: PAGE,
                };
                let mut search = source.directory.search(domain, request).await?;
                while let Some(page) = search.next_page().await? {
                    let holds = |hit: &Entry| {
                        let keys = self.judge.keys(hit);
                        keys.iter()
                            .any(|held| held.space == space && held.key == key)
                    };
                    let other = page.entries.iter().find(|hit| {
                        hit.identity() != *own && hit.dn.key() != entry.dn.key() && holds(hit)
                    });
                    if let Some(other) = other {
                        return Ok(Some(other.dn.as_str().to_owned()));
                    }
                }
            }
        }
        Ok(None)
    }
}

impl Precondition for LiveCheck {
    fn attributes(&self) -> &[AttributeName] {
        &self.attributes
    }

    fn check<'a>(&'a self, pending: Pending<'a>) -> Objections<'a> {
        Box::pin(self.objections(pending))
    }
}

/// A filter that finds at least all holders of a value, by indexed equality.
fn filter(space: KeySpace, key: &str, text: &str) -> String {
    let tests: Vec<(&str, String)> = match space {
        KeySpace::Address => vec![
            ("userPrincipalName", key.to_owned()),
            ("mail", key.to_owned()),
            ("proxyAddresses", format!("smtp:{key}")),
        ],
        KeySpace::Sip | KeySpace::X500 => vec![("proxyAddresses", text.to_owned())],
        KeySpace::Of(attribute) => vec![(attribute.name(), text.to_owned())],
        KeySpace::Nickname => vec![("mailNickname", text.to_owned())],
        KeySpace::Target => vec![("targetAddress", text.to_owned())],
        // Anchors are never written, so that nobody asks.
        KeySpace::Anchor => vec![("mS-DS-ConsistencyGuid", text.to_owned())],
    };
    let mut filter = String::from("(|");
    for (attribute, value) in tests {
        // Writing to a String cannot fail.
        let _written = write!(filter, "({attribute}={})", escaped(&value));
    }
    filter.push(')');
    filter
}

/// A value as a filter wants it (RFC 4515, 3).
fn escaped(value: &str) -> String {
    value.chars().fold(String::new(), |mut text, c| {
        if matches!(c, '*' | '(' | ')' | '\\' | '\0') {
            let _written = write!(text, "\\{:02x}", u32::from(c));
        } else {
            text.push(c);
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SourceSpec;
    use crate::rule::Settings;
    use crate::scan::ScanOptions;
    use crate::session::{EMBEDDED_RULES, ScanRequest, Session, Watched};
    use crate::transaction::{ApplyOptions, Outcome};
    use crate::worksheet::Action;
    use tokio_util::sync::CancellationToken;

    #[tokio::test]
    async fn a_duplicate_that_was_removed_comes_back_though_it_is_held_elsewhere() {
        let state = tempfile::tempdir().unwrap();
        let mut session = Session::new(state.path().to_owned());
        let request = ScanRequest {
            sources: vec![SourceSpec::Demo],
            rules: EMBEDDED_RULES.to_owned(),
            settings: Settings::default(),
            options: ScanOptions::default(),
            exceptions: None,
        };
        session.open(&request.sources).await.unwrap();
        let cancel = CancellationToken::new();
        let mut sheet = session.scan(&request, &|_| (), &cancel).await.unwrap();
        let duplicates: Vec<_> = sheet
            .rows()
            .filter(|row| {
                let text = sheet.text(*row);
                text.attribute == "proxyAddresses" && text.error.contains("Duplicate")
            })
            .collect();
        let removed = sheet.act_all(&duplicates[..1], Action::Remove);
        assert!(removed.refused.is_empty(), "{removed:?}");
        let plan = sheet.plan().changes;
        assert_eq!(plan.len(), 1);
        let watched = Watched {
            options: &ApplyOptions::default(),
            progress: &|_| (),
            cancel: &cancel,
        };
        let applied = session.apply(&plan, None, watched).await.unwrap();
        assert_eq!(applied.outcomes, [Outcome::Done]);
        let back = session.plan_rollback(&applied.id).unwrap().plan;
        let reverted = session
            .apply(&back, Some(applied.id), watched)
            .await
            .unwrap();
        assert_eq!(reverted.outcomes, [Outcome::Done]);
    }

    #[test]
    fn a_value_cannot_change_the_filter_it_stands_in() {
        assert_eq!(
            filter(KeySpace::Address, "a*)(cn=\\\0@x", ""),
            "(|(userPrincipalName=a\\2a\\29\\28cn=\\5c\\00@x)(mail=a\\2a\\29\\28cn=\\5c\\00@x)\
             (proxyAddresses=smtp:a\\2a\\29\\28cn=\\5c\\00@x))"
        );
    }
}
