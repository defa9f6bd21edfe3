//! Attribute names with numbers, to be found by name fast: they are looked up
//! for every attribute of every entry.

use super::AttributeName;

/// Different attribute names, numbered from 0 in the order in which they were
/// added.
#[derive(Debug, Clone, Default)]
pub struct AttributeTable {
    names: Vec<AttributeName>,
    /// The names of each length, each with its mark: few names share a length,
    /// and those that share a mark, too, hardly ever.
    by_length: Vec<Vec<(u64, usize)>>,
}

impl AttributeTable {
    /// A table of `names`.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a AttributeName>) -> Self {
        let mut table = Self::default();
        for name in names {
            table.add(name);
        }
        table
    }

    /// The number of `name`, which gets one if it has none yet.
    pub fn add(&mut self, name: &AttributeName) -> usize {
        if let Some(number) = self.find(name) {
            return number;
        }
        let number = self.names.len();
        let length = name.as_str().len();
        if self.by_length.len() <= length {
            self.by_length.resize(length + 1, Vec::new());
        }
        self.by_length[length].push((mark(name.as_str().as_bytes()), number));
        self.names.push(name.clone());
        number
    }

    /// The number of `name`, if it has one.
    #[inline]
    pub fn find(&self, name: &AttributeName) -> Option<usize> {
        self.find_text(name.as_str().as_bytes())
    }

    /// The number of the name that `text` spells, in any case.
    #[inline]
    pub fn find_text(&self, text: &[u8]) -> Option<usize> {
        let same_length = self.by_length.get(text.len())?;
        let own = mark(text);
        let spells = |number: usize| {
            let name = self.names[number].as_str().as_bytes();
            // Servers spell names as the schema does, and so do we.
            name == text || name.eq_ignore_ascii_case(text)
        };
        same_length
            .iter()
            .find(|(mark, number)| *mark == own && spells(*number))
            .map(|(_, number)| *number)
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The name of that number.
    pub fn name(&self, number: usize) -> Option<&AttributeName> {
        self.names.get(number)
    }
}

/// The end of a name, where names differ most, the same for every spelling of
/// it: the bit that tells a letter's case is set in every byte.
#[inline]
fn mark(text: &[u8]) -> u64 {
    let end = match text.last_chunk() {
        Some(end) => u64::from_le_bytes(*end),
        None => text
            .iter()
            .fold(0, |mark, byte| mark << 8 | u64::from(*byte)),
    };
    end | 0x2020_2020_2020_2020
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_keep_their_numbers() {
        let names = ["mail", "MEMBER;range=1-1", "cn", "sn", "MAIL"].map(AttributeName::known);
        let mut table = AttributeTable::of(&names);
        assert_eq!(table.len(), 4);
        assert_eq!(table.find(&AttributeName::known("Mail")), Some(0));
        assert_eq!(table.find_text(b"member;RANGE=1-1"), Some(1));
        assert_eq!(table.find_text(b"SN"), Some(3));
        for unknown in ["", "c", "info", "member"] {
            assert_eq!(table.find_text(unknown.as_bytes()), None);
        }
        assert_eq!(table.add(&AttributeName::known("info")), 4);
        assert_eq!(table.name(2), Some(&AttributeName::known("cn")));
        assert_eq!(table.name(5), None);
    }
}
