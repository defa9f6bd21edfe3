//! What kind of thing an entry is, as far as synchronisation cares.

use std::fmt;

/// The kinds of entries that Entra Connect tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectClass {
    /// A `user` or `inetOrgPerson`, treated alike.
    User,
    /// A security or distribution `group`.
    Group,
    /// A mail `contact`.
    Contact,
    /// A `computer`: a subclass of user that the address rules do not concern.
    Computer,
    /// Anything else.
    Other,
}

impl ObjectClass {
    /// Judges the values of objectClass. Order and case of the values do not
    /// matter; `computer` wins over `user`, of which it is a subclass.
    pub fn of<V: AsRef<[u8]>>(values: impl IntoIterator<Item = V>) -> Self {
        let mut found = Self::Other;
        for value in values {
            let value = value.as_ref();
            let class = if value.eq_ignore_ascii_case(b"computer") {
                return Self::Computer;
            } else if value.eq_ignore_ascii_case(b"user")
                || value.eq_ignore_ascii_case(b"inetOrgPerson")
            {
                Self::User
            } else if value.eq_ignore_ascii_case(b"group") {
                Self::Group
            } else if value.eq_ignore_ascii_case(b"contact") {
                Self::Contact
            } else {
                continue;
            };
            found = class;
        }
        found
    }

    /// The name of the class as the schema spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Contact => "contact",
            Self::Computer => "computer",
            Self::Other => "other",
        }
    }

    /// Whether entries of this class take part in the forest's address space.
    pub fn holds_addresses(self) -> bool {
        matches!(self, Self::User | Self::Group | Self::Contact)
    }
}

impl fmt::Display for ObjectClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_class_wins() {
        let class = |values: &[&str]| ObjectClass::of(values.iter().copied());
        assert_eq!(
            class(&["top", "person", "organizationalPerson", "user"]),
            ObjectClass::User
        );
        assert_eq!(class(&["user", "computer"]), ObjectClass::Computer);
        assert_eq!(class(&["computer", "user"]), ObjectClass::Computer);
        assert_eq!(class(&["TOP", "InetOrgPerson"]), ObjectClass::User);
        assert_eq!(class(&["top", "group"]), ObjectClass::Group);
        assert_eq!(class(&["contact"]), ObjectClass::Contact);
        assert_eq!(class(&[]), ObjectClass::Other);
    }
}
