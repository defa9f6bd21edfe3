//! Filters evaluated here, for sources without a server.

use super::{Filter, FilterError, Item, Test, parse};
use crate::model::{AttributeName, DistinguishedName, Entry, ObjectClass, Value};

/// Attributes whose values are names: compared as names.
const NAMES: [&str; 6] = [
    "distinguishedName",
    "manager",
    "member",
    "memberOf",
    "nCName",
    "objectCategory",
];

/// Attributes whose values are bytes: compared bit by bit.
const BYTES: [&str; 4] = [
    "mS-DS-ConsistencyGuid",
    "objectGUID",
    "objectSid",
    "userCertificate",
];

const BIT_AND: &str = "1.2.840.113556.1.4.803";
const BIT_OR: &str = "1.2.840.113556.1.4.804";

/// A filter that can be evaluated on an entry at hand.
///
/// It knows and, or, not, equality, presence, substring, the two bit rules of
/// Active Directory, and objectCategory by short name. Texts are compared
/// without regard to case. A test of an attribute that an entry has not is
/// false, and so its negation true, as Active Directory answers.
#[derive(Debug, Clone)]
pub struct LocalFilter {
    root: Node,
    attributes: Vec<AttributeName>,
}

#[derive(Debug, Clone)]
enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Present(String),
    Equal(String, Assertion),
    Substring(String, Vec<String>),
    AllBits(String, i64),
    AnyBit(String, i64),
    /// objectCategory by the name of a class: the cn of its category.
    Category(String),
}

/// What a value is compared with, prepared once.
#[derive(Debug, Clone)]
enum Assertion {
    Bytes(Vec<u8>),
    Name(String),
    Text(String),
}

impl LocalFilter {
    /// Takes `text`, refusing what could only be evaluated by a server.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut attributes = Vec::new();
        let root = compile(parse::parse(text)?, &mut attributes)?;
        attributes.sort();
        attributes.dedup();
        Ok(Self { root, attributes })
    }

    /// Whether `entry`, which must hold the [attributes](Self::attributes)
    /// that the filter looks at, passes.
    pub fn matches(&self, entry: &Entry) -> bool {
        self.root.matches(entry)
    }

    /// The attributes that the filter looks at.
    pub fn attributes(&self) -> &[AttributeName] {
        &self.attributes
    }
}

fn compile(filter: Filter, attributes: &mut Vec<AttributeName>) -> Result<Node, FilterError> {
    let mut all = |filters: Vec<Filter>| {
        filters
            .into_iter()
            .map(|filter| compile(filter, attributes))
            .collect::<Result<Vec<_>, _>>()
    };
    match filter {
        Filter::And(filters) => Ok(Node::And(all(filters)?)),
        Filter::Or(filters) => Ok(Node::Or(all(filters)?)),
        Filter::Not(filter) => Ok(Node::Not(Box::new(compile(*filter, attributes)?))),
        Filter::Item(item) => {
            for name in [item.attribute.as_str(), "objectClass"] {
                attributes.extend(AttributeName::parse(name).ok());
                if !item.attribute.eq_ignore_ascii_case("objectCategory") {
                    break;
                }
            }
            compile_item(item)
        }
    }
}

fn compile_item(item: Item) -> Result<Node, FilterError> {
    let Item {
        attribute,
        test,
        text,
    } = item;
    let refuse = |reason| {
        Err(FilterError::NotLocal {
            part: text.chars().take(120).collect(),
            reason,
        })
    };
    match test {
        Test::Present => Ok(Node::Present(attribute)),
        Test::Equal(value) => Ok(equality(attribute, value)),
        Test::Substring(pieces) => Ok(Node::Substring(
            attribute,
            pieces.iter().map(|piece| folded(piece)).collect(),
        )),
        Test::AtLeast | Test::AtMost => refuse("the order of values depends on the schema"),
        Test::Approximately => refuse("'~=' is defined by the server; use '=' with '*'"),
        Test::Rule { rule, value } => {
            let bits = std::str::from_utf8(&value)
                .ok()
                .and_then(|text| text.parse::<i64>().ok());
            match (rule.as_str(), bits) {
                (BIT_AND, Some(bits)) => Ok(Node::AllBits(attribute, bits)),
                (BIT_OR, Some(bits)) => Ok(Node::AnyBit(attribute, bits)),
                (BIT_AND | BIT_OR, None) => refuse("a bit rule compares with a decimal number"),
                _ => refuse("only the rules …803 (all bits) and …804 (any bit) are known here"),
            }
        }
    }
}

fn equality(attribute: String, value: Vec<u8>) -> Node {
    let is_one_of = |names: &[&str]| {
        names
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&attribute))
    };
    let text = String::from_utf8(value.clone());
    match text {
        Ok(text) if attribute.eq_ignore_ascii_case("objectCategory") && !text.contains('=') => {
            Node::Category(category_of_class(&text))
        }
        Ok(text) if is_one_of(&NAMES) => {
            let name = DistinguishedName::from_server(text);
            Node::Equal(attribute, Assertion::Name(name.key()))
        }
        Ok(text) if !is_one_of(&BYTES) => {
            Node::Equal(attribute, Assertion::Text(text.to_lowercase()))
        }
        _ => Node::Equal(attribute, Assertion::Bytes(value)),
    }
}

/// The cn of the category that a class belongs to (defaultObjectCategory in
/// the schema), in lower case. A class not named here has one of its own.
fn category_of_class(class: &str) -> String {
    let class = class.to_lowercase();
    match class.as_str() {
        "user" | "inetorgperson" | "contact" | "organizationalperson" => "person".to_owned(),
        "organizationalunit" => "organizational-unit".to_owned(),
        "domain" | "domaindns" => "domain-dns".to_owned(),
        _ => class,
    }
}

/// The category of an entry; told by its class where the source gave none.
fn category_of_entry(entry: &Entry) -> String {
    if let Some(name) = entry.text("objectCategory") {
        return DistinguishedName::from_server(name).name().to_lowercase();
    }
    match entry.class() {
        ObjectClass::Other => entry
            .values("objectClass")
            .last()
            .and_then(Value::as_text)
            .map(category_of_class)
            .unwrap_or_default(),
        class => category_of_class(class.as_str()),
    }
}

fn folded(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_lowercase()
}

impl Node {
    fn matches(&self, entry: &Entry) -> bool {
        match self {
            Self::And(nodes) => nodes.iter().all(|node| node.matches(entry)),
            Self::Or(nodes) => nodes.iter().any(|node| node.matches(entry)),
            Self::Not(node) => !node.matches(entry),
            Self::Present(name) => entry.has(name),
            Self::Equal(name, assertion) => {
                let is_own_name = name.eq_ignore_ascii_case("distinguishedName");
                (is_own_name && assertion.holds(&Value::from(entry.dn.as_str())))
                    || entry
                        .values(name)
                        .iter()
                        .any(|value| assertion.holds(value))
            }
            Self::Substring(name, pieces) => entry
                .values(name)
                .iter()
                .any(|value| contains_in_order(&folded(value.as_bytes()), pieces)),
            Self::AllBits(name, bits) => entry
                .integer(name)
                .is_some_and(|value| value & bits == *bits),
            Self::AnyBit(name, bits) => entry.integer(name).is_some_and(|value| value & bits != 0),
            Self::Category(category) => category_of_entry(entry) == *category,
        }
    }
}

impl Assertion {
    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Bytes(bytes) => value.as_bytes() == bytes.as_slice(),
            Self::Name(key) => value
                .as_text()
                .is_some_and(|text| DistinguishedName::from_server(text).key() == *key),
            Self::Text(text) => value.as_text().is_some_and(|value| {
                value.eq_ignore_ascii_case(text)
                    || (!value.is_ascii() && value.to_lowercase() == *text)
            }),
        }
    }
}

/// Whether `text` begins with the first piece, ends with the last, and holds
/// the others in between, in order and without overlap.
fn contains_in_order(text: &str, pieces: &[String]) -> bool {
    let [first, middle @ .., last] = pieces else {
        return false;
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    for piece in middle {
        match rest.split_once(piece.as_str()) {
            Some((_before, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let mut entry = Entry::new(DistinguishedName::from_server("CN=Anna,OU=Sales,DC=x"));
        for (name, values) in [
            ("objectClass", vec!["top", "person", "user"]),
            ("mail", vec!["Anna.Müller@x.test"]),
            ("userAccountControl", vec!["514"]),
            ("memberOf", vec!["CN=All,OU=Groups,DC=x"]),
            ("description", vec!["a*b", "second"]),
        ] {
            entry.add(
                AttributeName::known(name),
                values.into_iter().map(Value::from),
            );
        }
        entry
    }

    fn matches(filter: &str) -> bool {
        LocalFilter::parse(filter).unwrap().matches(&entry())
    }

    #[test]
    fn what_admins_scope_with_is_evaluated() {
        for filter in [
            "(mail=*)",
            "(MAIL=anna.müller@X.TEST)",
            "(mail=anna*)",
            "(mail=*@x.*)",
            "(mail=*.m*@*est)",
            r"(description=a\2ab)",
            "(userAccountControl:1.2.840.113556.1.4.803:=2)",
            "(userAccountControl:1.2.840.113556.1.4.804:=3)",
            "(&(objectCategory=person)(objectClass=user))",
            "(!(|))",
            "(objectCategory=contact)",
            "(memberOf=cn=all, ou=Groups,dc=X)",
            "(distinguishedName=cn=anna,ou=sales,dc=x)",
            "(!(mail=bert*))",
            "(!(absent=x))",
            "(&)",
            "(|(absent=*)(description=SECOND))",
        ] {
            assert!(matches(filter), "{filter}");
        }
        for filter in [
            "(absent=*)",
            "(mail=anna)",
            "(mail=*anna)",
            "(mail=anna.müller@x.test*x.test)",
            "(userAccountControl:1.2.840.113556.1.4.803:=3)",
            "(userAccountControl:1.2.840.113556.1.4.804:=4)",
            "(mail:1.2.840.113556.1.4.804:=4)",
            "(objectCategory=group)",
            "(objectCategory=computer)",
            "(|)",
            "(memberOf=*Nobody*)",
        ] {
            assert!(!matches(filter), "{filter}");
        }
    }

    #[test]
    fn a_given_category_is_believed_before_the_class() {
        let mut entry = entry();
        let category = "CN=Computer,CN=Schema,CN=Configuration,DC=x";
        entry.add(
            AttributeName::known("objectCategory"),
            [Value::from(category)],
        );
        let matches = |filter: &str| LocalFilter::parse(filter).unwrap().matches(&entry);
        assert!(matches("(objectCategory=computer)"));
        assert!(matches(&format!("(objectCategory={category})")));
        assert!(!matches("(objectCategory=person)"));
    }

    #[test]
    fn what_only_a_server_can_evaluate_is_refused() {
        for filter in [
            "(uSNChanged>=1)",
            "(uSNChanged<=1)",
            "(sn~=x)",
            "(memberOf:1.2.840.113556.1.4.1941:=CN=x)",
            "(cn:dn:=x)",
            "(userAccountControl:1.2.840.113556.1.4.803:=x)",
            "(&(mail=*)(!(sn~=x)))",
        ] {
            let error = LocalFilter::parse(filter).unwrap_err();
            assert!(matches!(error, FilterError::NotLocal { .. }), "{filter}");
        }
    }

    #[test]
    fn the_attributes_it_looks_at_are_known() {
        let filter = LocalFilter::parse("(&(mail=*)(objectCategory=user)(MAIL=a))").unwrap();
        let names: Vec<_> = filter
            .attributes()
            .iter()
            .map(AttributeName::as_str)
            .collect();
        assert_eq!(names, ["mail", "objectCategory", "objectClass"]);
    }
}
