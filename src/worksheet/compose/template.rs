//! Templates: text with fields in braces, such as
//! `{givenName|lower|ascii}.{sn|lower|ascii}@contoso.com`.
//!
//! A field is the name of an attribute that was read, or `value` (the present
//! value of the row), `update` (its new value so far) or `primary` (the primary
//! address of the entry). Behind it stand transforms, each after a `|`. Braces
//! as they are, are doubled. What is not known is named when the template is
//! read, never when it is used; there is nothing else that a template can do.

use super::{ComposeError, Material};
use crate::model::{AttributeName, ProxyAddress};
use crate::rule::to_ascii;

/// The transforms, each with what it does.
pub const TRANSFORMS: [(&str, &str); 8] = [
    ("lower", "lower case"),
    ("upper", "upper case"),
    ("ascii", "letters outside ASCII as ASCII: ü becomes ue"),
    ("trim", "no white space at the ends"),
    ("nospace", "no white space at all"),
    ("left:N", "the first N characters"),
    ("local", "what is before the @ of an address"),
    ("domain", "what is behind the @ of an address"),
];

/// A template that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field, Vec<Transform>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Field {
    Value,
    Update,
    Primary,
    Attribute(AttributeName),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transform {
    Lower,
    Upper,
    Ascii,
    Trim,
    NoSpace,
    Left(usize),
    Local,
    Domain,
}

impl Template {
    /// Reads a template; `known` are the attributes that it can name.
    pub fn parse(text: &str, known: &[AttributeName]) -> Result<Self, ComposeError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, tail) = rest.split_at(at);
            plain.push_str(before);
            let brace = if tail.starts_with('{') { '{' } else { '}' };
            let doubled = if brace == '{' { "{{" } else { "}}" };
            if let Some(tail) = tail.strip_prefix(doubled) {
                plain.push(brace);
                rest = tail;
                continue;
            }
            let Some(tail) = tail.strip_prefix('{') else {
                return refuse("a } has no { before it; }} stands for one as it is");
            };
            let Some((field, tail)) = tail.split_once('}') else {
                return refuse("a { is not closed by a }; {{ stands for one as it is");
            };
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::parse(field, known)?);
            rest = tail;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// Whether it gives the same value to every row.
    pub fn is_constant(&self) -> bool {
        let mut parts = self.parts.iter();
        parts.all(|part| matches!(part, Part::Text(_)))
    }

    /// The value for one row, or why there is none.
    pub(super) fn fill(&self, material: &Material<'_>) -> Result<String, String> {
        let mut value = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => value.push_str(text),
                Part::Field(field, transforms) => {
                    let mut text = match field {
                        Field::Value => material.value()?,
                        Field::Update => material.update()?,
                        Field::Primary => material.primary()?,
                        Field::Attribute(name) => material.attribute(name)?,
                    };
                    for transform in transforms {
                        text = transform.apply(&text)?;
                    }
                    value.push_str(&text);
                }
            }
        }
        if value.is_empty() {
            return Err("the template gives nothing here".to_owned());
        }
        Ok(value)
    }
}

impl Part {
    fn parse(text: &str, known: &[AttributeName]) -> Result<Self, ComposeError> {
        let mut words = text.split('|').map(str::trim);
        let name = words.next().unwrap_or_default();
        let field = match name {
            "value" => Field::Value,
            "update" => Field::Update,
            "primary" => Field::Primary,
            _ => match known.iter().find(|attribute| attribute.is(name)) {
                Some(attribute) => Field::Attribute(attribute.clone()),
                None => {
                    return refuse(&format!(
                        "'{name}' is no field: value, update, primary or an attribute that was read"
                    ));
                }
            },
        };
        let transforms: Result<Vec<Transform>, ComposeError> =
            words.map(Transform::parse).collect();
        Ok(Self::Field(field, transforms?))
    }
}

impl Transform {
    fn parse(word: &str) -> Result<Self, ComposeError> {
        Ok(match word {
            "lower" => Self::Lower,
            "upper" => Self::Upper,
            "ascii" => Self::Ascii,
            "trim" => Self::Trim,
            "nospace" => Self::NoSpace,
            "local" => Self::Local,
            "domain" => Self::Domain,
            _ => {
                let number = word.strip_prefix("left:").and_then(|n| n.parse().ok());
                let Some(number) = number else {
                    let names: Vec<&str> = TRANSFORMS.iter().map(|(name, _)| *name).collect();
                    return refuse(&format!("'{word}' is no transform: {}", names.join(", ")));
                };
                Self::Left(number)
            }
        })
    }

    fn apply(self, text: &str) -> Result<String, String> {
        Ok(match self {
            Self::Lower => text.to_lowercase(),
            Self::Upper => text.to_uppercase(),
            Self::Ascii => to_ascii(text)
                .ok_or_else(|| "a letter of it cannot be written in ASCII".to_owned())?,
            Self::Trim => text.trim().to_owned(),
            Self::NoSpace => text.split_whitespace().collect(),
            Self::Left(number) => text.chars().take(number).collect(),
            Self::Local => address(text)?.0.to_owned(),
            Self::Domain => address(text)?.1.to_owned(),
        })
    }
}

/// What is before and behind the last `@` of an address, without its type.
fn address(text: &str) -> Result<(&str, &str), String> {
    let address = ProxyAddress::split(text).address;
    address
        .rsplit_once('@')
        .ok_or_else(|| "it has no @".to_owned())
}

fn refuse<T>(reason: &str) -> Result<T, ComposeError> {
    Err(ComposeError(reason.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::fixture::{contoso, judge, user};
    use crate::worksheet::{RowId, Worksheet};

    fn sheet() -> Worksheet {
        let entries = vec![user(
            "Jürgen Groß",
            &[
                ("userPrincipalName", &["jürgen groß@contoso.local"]),
                ("givenName", &["Jürgen "]),
                ("sn", &["Groß"]),
                (
                    "proxyAddresses",
                    &["SMTP:j.gross@contoso.com", "smtp:jg@contoso.com"],
                ),
            ],
        )];
        Worksheet::new(contoso(entries), judge())
    }

    fn row(sheet: &Worksheet, attribute: &str) -> RowId {
        let mut rows = sheet.rows();
        rows.find(|row| sheet.finding(*row).place.attribute.is(attribute))
            .unwrap()
    }

    fn filled(template: &str) -> Result<String, String> {
        let sheet = sheet();
        let known = sheet.attribute_names().to_vec();
        let template = Template::parse(template, &known).map_err(|error| error.to_string())?;
        template.fill(&Material::of(&sheet, row(&sheet, "userPrincipalName")))
    }

    #[test]
    fn a_template_is_filled_from_the_entry_and_the_value() {
        for (template, value) in [
            ("x@contoso.com", "x@contoso.com"),
            (
                "{givenName|trim|lower|ascii}.{sn|lower|ascii}@contoso.com",
                "juergen.gross@contoso.com",
            ),
            ("{GIVENNAME|left:1|lower}{sn|ascii|upper}", "jGROSS"),
            (
                "{value|local|nospace|ascii}@{primary|domain}",
                "juergengross@contoso.com",
            ),
            ("{primary}", "j.gross@contoso.com"),
            ("{{{value|domain}}}", "{contoso.local}"),
            ("{cn|nospace}", "JürgenGroß"),
        ] {
            assert_eq!(filled(template).as_deref(), Ok(value), "{template}");
        }
    }

    #[test]
    fn what_a_template_does_not_know_is_named_when_it_is_read() {
        for (template, said) in [
            ("{givenNam}", "'givenNam' is no field"),
            (
                "{sn|lowercase}",
                "'lowercase' is no transform: lower, upper, ascii",
            ),
            ("{sn|left:x}", "'left:x' is no transform"),
            ("{}", "'' is no field"),
            ("{sn", "a { is not closed"),
            ("sn}", "a } has no { before it"),
        ] {
            let error = filled(template).unwrap_err();
            assert!(error.contains(said), "{template}: {error}");
        }
    }

    #[test]
    fn a_row_without_what_is_needed_gets_no_value_and_the_reason() {
        for (template, said) in [
            ("{mail}", "the entry has no mail"),
            (
                "{proxyAddresses}",
                "the entry has 2 values of proxyAddresses",
            ),
            ("{objectGUID}", "objectGUID is no text"),
            ("{sn|local}", "it has no @"),
            ("", "the template gives nothing here"),
            ("{givenName|left:0}", "the template gives nothing here"),
        ] {
            assert_eq!(filled(template).unwrap_err(), said, "{template}");
        }
    }

    #[test]
    fn what_is_staged_on_other_rows_counts() {
        let mut sheet = sheet();
        let given = row(&sheet, "givenName");
        sheet.edit(given, "Jörg").unwrap();
        let known = sheet.attribute_names().to_vec();
        let template = Template::parse("{givenName}", &known).unwrap();
        let upn = row(&sheet, "userPrincipalName");
        assert_eq!(
            template.fill(&Material::of(&sheet, upn)),
            Ok("Jörg".to_owned())
        );
    }
}
