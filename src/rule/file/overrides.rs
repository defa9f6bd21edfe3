//! What an admin changes about single rules, by their id.
//!
//! A profile may switch a rule on or off, give it another severity and other
//! parameters. The parameters are those that the rule file writes under
//! `check`, merged and read again by the same reader, so that whatever a rule
//! file may say an override may say, and nothing else. What does not fit is
//! refused with the place where it was written.

use std::collections::BTreeMap;

use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::{RuleError, one_line};
use crate::rule::check::Check;
use crate::rule::{Location, RuleSet, Severity};

/// Changes to one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOverride {
    /// The id of the rule.
    pub id: String,
    /// Where it was written.
    pub location: Location,
    /// Another severity.
    pub severity: Option<Severity>,
    /// Whether the rule is used.
    pub enabled: Option<bool>,
    /// Other parameters of its check, by name, with the place of each.
    pub params: BTreeMap<String, (Location, Value)>,
}

/// The checks of a set as its files write them, by rule id.
pub(super) type WrittenChecks = BTreeMap<String, Value>;

/// The `check` of each rule of a file that was read without fault before.
pub(super) fn written_checks(text: &str) -> WrittenChecks {
    let file: Value = toml::from_str(text).unwrap_or_default();
    let rules = file.get("rule").and_then(Value::as_array);
    rules
        .into_iter()
        .flatten()
        .filter_map(|rule| {
            let id = rule.get("id")?.as_str()?.to_owned();
            Some((id, rule.get("check")?.clone()))
        })
        .collect()
}

/// Changes the rules of `set` as `overrides` say.
pub(super) fn apply(
    set: &mut RuleSet,
    checks: &WrittenChecks,
    overrides: &[RuleOverride],
) -> Result<(), RuleError> {
    for wish in overrides {
        let Some(rule) = set.rules.iter_mut().find(|rule| rule.id == wish.id) else {
            return Err(RuleError::At {
                location: wish.location.clone(),
                message: format!(
                    "there is no rule '{}' in the set {}; `idmend rules list` names them",
                    wish.id, set.name
                ),
            });
        };
        rule.severity = wish.severity.unwrap_or(rule.severity);
        rule.on = wish.enabled.unwrap_or(rule.on);
        let mut check = checks.get(&wish.id).cloned().unwrap_or_default();
        for (name, (location, value)) in &wish.params {
            let at = |message| RuleError::At {
                location: location.clone(),
                message,
            };
            let params = params(&mut check).ok_or_else(|| {
                at(format!(
                    "the rule '{}' has no parameters, so there is no '{name}' to change",
                    wish.id
                ))
            })?;
            params.insert(name.clone(), value.clone());
            rule.check = Check::deserialize(&check).map_err(|error| {
                at(format!(
                    "parameter '{name}' of the rule '{}': {}",
                    wish.id,
                    one_line(&error.to_string())
                ))
            })?;
        }
    }
    Ok(())
}

/// The parameters in a check, which is written as its name or as a table of
/// one key, its name.
fn params(check: &mut Value) -> Option<&mut Map<String, Value>> {
    check.as_object_mut()?.values_mut().next()?.as_object_mut()
}

#[cfg(test)]
mod tests {
    use super::super::{load, load_with};
    use super::*;
    use crate::model::{AttributeName, DistinguishedName, Entry, Value as Bytes};
    use crate::rule::{Judge, Rule, Settings};

    fn place(line: usize) -> Location {
        Location {
            file: "profile.toml".into(),
            line,
            column: 1,
        }
    }

    fn wish(id: &str) -> RuleOverride {
        RuleOverride {
            id: id.into(),
            location: place(1),
            severity: None,
            enabled: None,
            params: BTreeMap::new(),
        }
    }

    fn with(id: &str, name: &str, value: Value) -> RuleOverride {
        RuleOverride {
            params: BTreeMap::from([(name.to_owned(), (place(7), value))]),
            ..wish(id)
        }
    }

    fn refusal(wish: RuleOverride) -> String {
        load_with("entra", &[wish]).unwrap_err().to_string()
    }

    #[test]
    fn severity_switch_and_parameters_change_that_rule_alone() {
        let usual = load("entra").unwrap();
        let is_length = |rule: &&Rule| {
            rule.attribute.is("displayName") && matches!(rule.check, Check::Length { .. })
        };
        let id = &usual.rules.iter().find(is_length).unwrap().id;
        let wishes = [
            RuleOverride {
                severity: Some(Severity::Hygiene),
                enabled: Some(false),
                ..wish("mail-duplicate")
            },
            with(id, "max", 10.into()),
        ];
        let set = load_with("entra", &wishes).unwrap();
        for (rule, before) in set.rules.iter().zip(&usual.rules) {
            if rule.id == "mail-duplicate" {
                assert_eq!((rule.severity, rule.on), (Severity::Hygiene, false));
            } else {
                assert_eq!((rule.severity, rule.on), (before.severity, before.on));
            }
        }
        let judge = Judge::new(std::sync::Arc::new(set), Settings::default());
        let mut entry = Entry::new(DistinguishedName::from_server("CN=a,DC=x"));
        entry.add(AttributeName::known("objectClass"), [Bytes::from("user")]);
        entry.add(
            AttributeName::known("displayName"),
            [Bytes::from("Anna Meyer-Lee")],
        );
        entry.add(
            AttributeName::known("userPrincipalName"),
            [Bytes::from("anna@contoso.com")],
        );
        let faults = judge.faults(&entry);
        assert_eq!(faults.len(), 1);
        assert_eq!(judge.rules.rule(faults[0].rule).id, *id);
    }

    #[test]
    fn what_does_not_fit_is_refused_where_it_stands() {
        assert_eq!(
            refusal(wish("mail-lenght")),
            "profile.toml:1:1: there is no rule 'mail-lenght' in the set entra; \
             `idmend rules list` names them"
        );
        assert_eq!(
            refusal(with("mail-white-space", "max", 3.into())),
            "profile.toml:7:1: the rule 'mail-white-space' has no parameters, \
             so there is no 'max' to change"
        );
        assert_eq!(
            refusal(with("mail-length", "maximum", 3.into())),
            "profile.toml:7:1: parameter 'maximum' of the rule 'mail-length': \
             unknown field `maximum`, expected `part` or `max`"
        );
        let wrong = refusal(with("mail-length", "max", "3".into()));
        assert!(
            wrong.starts_with("profile.toml:7:1: parameter 'max'"),
            "{wrong}"
        );
    }
}
