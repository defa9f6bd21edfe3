//! One new value for many rows, made for each from its own entry: by a
//! template, by a replacement, by another domain, or from the primary address.
//!
//! What is made is checked like a value that somebody typed; here it is only
//! made. The attributes of an entry are taken as they will be with everything
//! that is staged on its other rows.

mod replace;
mod template;

pub use replace::Replacement;
pub use template::{TRANSFORMS, Template};

use super::{RowId, Worksheet};
use crate::model::{AddressType, AttributeName, Entry, ProxyAddress, Value};

/// Why a template or a replacement cannot be used, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ComposeError(pub String);

/// How new values are made.
#[derive(Debug, Clone)]
pub enum Composer {
    /// From text and attributes.
    Template(Template),
    /// By replacing a part of the present value.
    Replace(Replacement),
    /// The sign-in name with this domain.
    Suffix(String),
    /// The primary address as the sign-in name.
    Primary,
}

/// What a value is made from.
pub(super) struct Material<'a> {
    sheet: &'a Worksheet,
    row: RowId,
    entry: Entry,
}

impl Composer {
    /// The new value of a row, or why there is none.
    pub fn compose(&self, sheet: &Worksheet, row: RowId) -> Result<String, String> {
        match self {
            Self::Template(template) => template.fill(&Material::of(sheet, row)),
            Self::Replace(replacement) => {
                let value = sheet.present_text(row)?;
                replacement.replace(value)
            }
            Self::Suffix(domain) => {
                sheet.require_login_name(row)?;
                let value = sheet.present_text(row)?;
                match value.rsplit_once('@') {
                    Some((local, _)) => Ok(format!("{local}@{domain}")),
                    None => Ok(format!("{value}@{domain}")),
                }
            }
            Self::Primary => {
                sheet.require_login_name(row)?;
                let material = Material::of(sheet, row);
                material.primary()
            }
        }
    }
}

impl<'a> Material<'a> {
    fn of(sheet: &'a Worksheet, row: RowId) -> Self {
        Self {
            sheet,
            row,
            entry: sheet.entry_beside(row),
        }
    }

    /// The present value of the row.
    pub(super) fn value(&self) -> Result<String, String> {
        self.sheet.present_text(self.row).map(str::to_owned)
    }

    /// The new value of the row as it was edited or proposed.
    pub(super) fn update(&self) -> Result<String, String> {
        let update = self.sheet.update(self.row);
        update
            .map(str::to_owned)
            .ok_or_else(|| "nothing is proposed for this row".to_owned())
    }

    /// The primary address of the entry, without its type.
    pub(super) fn primary(&self) -> Result<String, String> {
        let values = self.entry.values("proxyAddresses").iter();
        let mut primary = values
            .filter_map(Value::as_text)
            .map(ProxyAddress::split)
            .filter(|address| address.kind == AddressType::PrimarySmtp);
        match (primary.next(), primary.next()) {
            (Some(address), None) => Ok(address.address.to_owned()),
            (Some(_), Some(_)) => Err("the entry has two primary addresses".to_owned()),
            (None, _) => Err("the entry has no primary address".to_owned()),
        }
    }

    /// The one value of an attribute.
    pub(super) fn attribute(&self, name: &AttributeName) -> Result<String, String> {
        match self.entry.values(name.as_str()) {
            [] => Err(format!("the entry has no {name}")),
            [value] => value
                .as_text()
                .map(str::to_owned)
                .ok_or_else(|| format!("{name} is no text")),
            more => Err(format!("the entry has {} values of {name}", more.len())),
        }
    }
}

impl Worksheet {
    /// The attributes that were read, which a template can name.
    pub fn attribute_names(&self) -> &[AttributeName] {
        self.scan.snapshot.names()
    }

    /// Whether a row is about the name that people sign in with.
    pub fn is_login_name(&self, row: RowId) -> bool {
        self.finding(row).place.attribute == self.judge.settings.login_attribute
    }

    /// Whether a row is about the name that people sign in with; else says so.
    fn require_login_name(&self, row: RowId) -> Result<(), String> {
        let login = &self.judge.settings.login_attribute;
        if self.is_login_name(row) {
            Ok(())
        } else {
            Err(format!("this goes to {login} only"))
        }
    }

    /// The present value of a row as text.
    fn present_text(&self, row: RowId) -> Result<&str, String> {
        let value = self
            .value(row)
            .ok_or_else(|| "there is no present value".to_owned())?;
        std::str::from_utf8(value).map_err(|_error| "the present value is no text".to_owned())
    }

    /// The domains that the sign-in name of a row can have, each with what is
    /// known of it: verified ones first, then what its own forest names, then
    /// what the others do.
    pub fn login_suffixes(&self, row: RowId) -> Vec<(String, String)> {
        let mut suffixes: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, remark: String| {
            let name = name.to_lowercase();
            if !name.is_empty() && suffixes.iter().all(|(known, _)| *known != name) {
                suffixes.push((name, remark));
            }
        };
        for name in &self.judge.settings.verified_domains {
            add(name, "verified".to_owned());
        }
        let domain = self.scan.snapshot.domain(self.finding(row).entry);
        let own = self.scan.forest(domain);
        let others = self
            .scan
            .forests
            .iter()
            .filter(|forest| forest.name != own.name);
        for forest in std::iter::once(own).chain(others) {
            for name in &forest.upn_suffixes {
                add(name, format!("UPN suffix of {}", forest.name));
            }
            for domain in &forest.domains {
                add(&domain.dns_name, format!("domain of {}", forest.name));
            }
        }
        suffixes
    }

    /// The rows about sign-in names of the container of `row` and below, in row
    /// order, and the path of the container.
    pub fn login_names_below(&self, row: RowId) -> (String, Vec<RowId>) {
        self.columns().login_names_below(row, &self.judge)
    }
}
