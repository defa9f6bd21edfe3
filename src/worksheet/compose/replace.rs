//! Replacing a part of a value, found by a regular expression.

use regex::Regex;

use super::ComposeError;

/// An expression and what is put in place of what it matches.
#[derive(Debug, Clone)]
pub struct Replacement {
    pattern: Regex,
    with: String,
}

impl Replacement {
    /// Reads an expression, and the text for every match: `$1` or `${name}` in
    /// it is what a group matched, `$$` a dollar sign. A group that the
    /// expression does not have is named here: it would be replaced by nothing.
    pub fn parse(pattern: &str, with: &str) -> Result<Self, ComposeError> {
        if pattern.is_empty() {
            return Err(ComposeError("an expression is missing".to_owned()));
        }
        let pattern = Regex::new(pattern).map_err(|error| {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            let reason = last.trim().trim_start_matches("error: ");
            ComposeError(format!("the expression cannot be read: {reason}"))
        })?;
        for group in groups(with) {
            let is_known = match group.parse::<usize>() {
                Ok(number) => number < pattern.captures_len(),
                Err(_) => pattern.capture_names().any(|name| name == Some(group)),
            };
            if !is_known {
                return Err(ComposeError(format!(
                    "the expression has no group '{group}'; ${{1}} is the first one, whatever \
                     follows it"
                )));
            }
        }
        Ok(Self {
            pattern,
            with: with.to_owned(),
        })
    }

    /// The value with every match replaced, or why there is none.
    pub(super) fn replace(&self, value: &str) -> Result<String, String> {
        if !self.pattern.is_match(value) {
            return Err("the expression does not match".to_owned());
        }
        let replaced = self.pattern.replace_all(value, self.with.as_str());
        Ok(replaced.into_owned())
    }
}

/// The groups that a replacement names, as [`Regex::replace_all`] reads them: the
/// longest name of letters, digits and `_` behind a `$`, or what is in braces.
fn groups(with: &str) -> Vec<&str> {
    let mut groups = Vec::new();
    let mut rest = with;
    while let Some((_, tail)) = rest.split_once('$') {
        if let Some(tail) = tail.strip_prefix('$') {
            rest = tail;
            continue;
        }
        let braced = tail.strip_prefix('{').and_then(|tail| tail.split_once('}'));
        let (group, tail) = braced.unwrap_or_else(|| {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let end = tail.find(|c| !is_name(c)).unwrap_or(tail.len());
            tail.split_at(end)
        });
        if !group.is_empty() {
            groups.push(group);
        }
        rest = tail;
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(pattern: &str, with: &str, value: &str) -> Result<String, String> {
        let replacement = Replacement::parse(pattern, with).map_err(|error| error.to_string())?;
        replacement.replace(value)
    }

    #[test]
    fn what_matches_is_replaced_and_groups_are_put_in() {
        for (pattern, with, value, expected) in [
            (
                "@contoso\\.local$",
                "@contoso.com",
                "a@contoso.local",
                "a@contoso.com",
            ),
            ("^(.)[^.]*\\.", "$1.", "anna.meyer@x", "a.meyer@x"),
            ("(?<first>a)(b)", "${2}${first}x", "abab", "baxbax"),
            ("a", "$$1", "a", "$1"),
            ("(?i)A", "", "xax", "xx"),
        ] {
            assert_eq!(
                replaced(pattern, with, value).as_deref(),
                Ok(expected),
                "{pattern}"
            );
        }
    }

    #[test]
    fn what_cannot_be_meant_is_named_at_once() {
        for (pattern, with, said) in [
            ("", "x", "an expression is missing"),
            ("(", "x", "cannot be read"),
            ("(a)", "$2", "no group '2'"),
            ("(a)", "$1b", "no group '1b'"),
            ("(a)", "${name}", "no group 'name'"),
        ] {
            let error = replaced(pattern, with, "a").unwrap_err();
            assert!(error.contains(said), "{pattern} {with}: {error}");
            assert!(!error.contains('\n'));
        }
        assert_eq!(
            replaced("b", "c", "a").unwrap_err(),
            "the expression does not match"
        );
    }
}
