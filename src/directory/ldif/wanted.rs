//! Which attributes of a record are kept: those that are asked for, and of a
//! ranged one (`member;range=50000-50000`) the values in the range only, so
//! that a group of a million members costs no memory.

use crate::directory::select::range;
use crate::model::{AttributeName, AttributeNameError};

/// The attributes to keep, and how much of the present record has been seen.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// Empty for all.
    names: Vec<WantedName>,
}

#[derive(Debug, Clone)]
struct WantedName {
    name: AttributeName,
    range: Option<Range>,
}

#[derive(Debug, Clone)]
struct Range {
    low: usize,
    high: usize,
    seen: usize,
    /// The name under which the values are given: with the range.
    given: AttributeName,
}

impl Wanted {
    /// Keeps these attributes; all of them for an empty list or `*`.
    pub(super) fn new(names: &[AttributeName]) -> Self {
        if names.iter().any(|name| name.is("*")) {
            return Self { names: Vec::new() };
        }
        let names = names
            .iter()
            .filter_map(|name| {
                let bounds = range(name);
                Some(WantedName {
                    name: AttributeName::parse(name.without_options()).ok()?,
                    range: bounds.map(|(low, high)| Range {
                        low,
                        high,
                        seen: 0,
                        given: name.clone(),
                    }),
                })
            })
            .collect();
        Self { names }
    }

    /// Begins a record.
    pub(super) fn begin(&mut self) {
        for range in self.names.iter_mut().filter_map(|name| name.range.as_mut()) {
            range.seen = 0;
        }
    }

    /// The name under which a value of `name`, which may have options, is to
    /// be kept; `None` if it is not.
    pub(super) fn attribute(
        &mut self,
        name: &str,
    ) -> Option<Result<AttributeName, AttributeNameError>> {
        let base = name.split(';').next().unwrap_or_default();
        if self.names.is_empty() {
            return Some(AttributeName::parse(base));
        }
        let wanted = self.names.iter_mut().find(|wanted| wanted.name.is(base))?;
        let Some(range) = wanted.range.as_mut() else {
            return Some(Ok(wanted.name.clone()));
        };
        let place = range.seen;
        range.seen += 1;
        (range.low..=range.high)
            .contains(&place)
            .then(|| Ok(range.given.clone()))
    }
}
