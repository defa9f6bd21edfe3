//! One column of texts, end to end in one string.
//!
//! A word is looked for in the whole string at once, which costs what reading
//! the memory costs; an expression is looked for text by text, so that it
//! cannot match across two of them.

use regex::Regex;

/// Texts by number. The texts of one column of one chunk of rows, so their
/// total length fits a `u32`; what does not fit reads as empty.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Each text with a line feed behind it.
    text: String,
    /// For each text where it ends, without the line feed.
    ends: Vec<u32>,
}

impl Texts {
    pub(super) fn push(&mut self, text: &str) {
        let end = u32::try_from(self.text.len() + text.len());
        if end.is_ok() {
            self.text.push_str(text);
        }
        let end = end.unwrap_or_else(|_| u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        self.ends.push(end);
        self.text.push('\n');
    }

    /// Bytes that are held.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    pub(super) fn get(&self, at: usize) -> &str {
        let start = match at.checked_sub(1) {
            Some(before) => self.end(before) + 1,
            None => 0,
        };
        self.text.get(start..self.end(at)).unwrap_or_default()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|at| self.get(at))
    }

    /// Sets `hits` where the text matches.
    pub(super) fn find(&self, pattern: &Regex, hits: &mut [bool]) {
        for (text, hit) in self.iter().zip(hits) {
            *hit = *hit || pattern.is_match(text);
        }
    }

    /// Sets `hits` where the text holds `word`, a pattern for one literal text
    /// that is not empty.
    pub(super) fn find_word(&self, word: &Regex, hits: &mut [bool]) {
        let (mut from, mut at) = (0, 0);
        while let Some(found) = word.find_at(&self.text, from) {
            let ends = self.ends.get(at..).unwrap_or_default();
            at += ends.partition_point(|end| (*end as usize) < found.start());
            let Some(hit) = hits.get_mut(at) else {
                return;
            };
            let end = self.end(at);
            if found.end() > end {
                // It runs over into the next text: only a word with a line
                // feed in it can. It may still begin again further on.
                let first = self
                    .text
                    .get(found.start()..)
                    .and_then(|t| t.chars().next());
                from = found.start() + first.map_or(1, char::len_utf8);
            } else {
                *hit = true;
                from = end + 1;
                at += 1;
            }
            if from > self.text.len() {
                return;
            }
        }
    }

    fn end(&self, at: usize) -> usize {
        self.ends
            .get(at)
            .map_or(self.text.len(), |end| *end as usize)
    }
}

#[cfg(test)]
mod tests {
    use regex::RegexBuilder;

    use super::*;

    fn word(text: &str) -> Regex {
        let literal = regex::escape(text);
        RegexBuilder::new(&literal)
            .case_insensitive(true)
            .build()
            .unwrap()
    }

    proptest::proptest! {
        #[test]
        fn a_word_is_found_in_the_texts_that_hold_it_and_in_no_other(
            texts in proptest::collection::vec("[ab\nÄä]{0,6}", 0..12),
            sought in "[ab\nä]{1,3}",
        ) {
            let mut column = Texts::default();
            for text in &texts {
                column.push(text);
            }
            let pattern = word(&sought);
            let mut fast = vec![false; texts.len()];
            column.find_word(&pattern, &mut fast);
            let mut plain = vec![false; texts.len()];
            column.find(&pattern, &mut plain);
            proptest::prop_assert_eq!(&fast, &plain);
            let held: Vec<bool> = texts.iter().map(|text| pattern.is_match(text)).collect();
            proptest::prop_assert_eq!(plain, held);
            proptest::prop_assert!(column.iter().eq(texts.iter().map(String::as_str)));
        }
    }
}
