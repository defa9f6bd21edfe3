//! The grammar of RFC 4515, section 3.

use super::{Filter, FilterError, Item, MAX_DEPTH, Test};
use crate::model::AttributeName;

/// Takes a whole text as one filter.
pub(super) fn parse(text: &str) -> Result<Filter, FilterError> {
    let mut parser = Parser { text, at: 0 };
    let filter = parser.filter(0)?;
    if parser.at < text.len() {
        return Err(parser.refuse("nothing more is expected"));
    }
    Ok(filter)
}

struct Parser<'a> {
    text: &'a str,
    /// The byte that comes next.
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn refuse(&self, reason: &'static str) -> FilterError {
        self.refuse_at(self.at, reason)
    }

    fn refuse_at(&self, byte: usize, reason: &'static str) -> FilterError {
        let before = self.text.char_indices().take_while(|(at, _)| *at < byte);
        FilterError::Syntax {
            filter: self.text.chars().take(200).collect(),
            position: before.count() + 1,
            reason,
        }
    }

    fn expect(&mut self, byte: u8, reason: &'static str) -> Result<(), FilterError> {
        if self.peek() != Some(byte) {
            return Err(self.refuse(reason));
        }
        self.at += 1;
        Ok(())
    }

    fn filter(&mut self, depth: usize) -> Result<Filter, FilterError> {
        if depth > MAX_DEPTH {
            return Err(self.refuse("it is nested more than 100 deep"));
        }
        self.expect(b'(', "a '(' is expected")?;
        let filter = match self.peek() {
            Some(b'&') => Filter::And(self.list(depth)?),
            Some(b'|') => Filter::Or(self.list(depth)?),
            Some(b'!') => {
                self.at += 1;
                Filter::Not(Box::new(self.filter(depth + 1)?))
            }
            _ => Filter::Item(self.item()?),
        };
        self.expect(b')', "a ')' is expected")?;
        Ok(filter)
    }

    /// The filters after `&` or `|`. None at all is allowed: RFC 4526 gives
    /// `(&)` the meaning true and `(|)` false.
    fn list(&mut self, depth: usize) -> Result<Vec<Filter>, FilterError> {
        self.at += 1;
        let mut filters = Vec::new();
        while self.peek() == Some(b'(') {
            filters.push(self.filter(depth + 1)?);
        }
        Ok(filters)
    }

    fn item(&mut self) -> Result<Item, FilterError> {
        let start = self.at;
        let attribute = self.take_while(|b| !matches!(b, b'=' | b'~' | b'>' | b'<' | b':' | b'('));
        let attribute = attribute.to_owned();
        let test = match self.peek() {
            Some(b'=') => {
                self.at += 1;
                Self::equality(self.pieces()?)
            }
            Some(b'~') => self.ordering(Test::Approximately)?,
            Some(b'>') => self.ordering(Test::AtLeast)?,
            Some(b'<') => self.ordering(Test::AtMost)?,
            Some(b':') => self.rule()?,
            _ => return Err(self.refuse("an attribute and '=' are expected")),
        };
        let unnamed = attribute.is_empty() && matches!(test, Test::Rule { .. });
        if !unnamed && AttributeName::parse(&attribute).is_err() {
            return Err(self.refuse_at(start, "an attribute name is expected"));
        }
        Ok(Item {
            attribute,
            test,
            text: self.text.get(start..self.at).unwrap_or_default().to_owned(),
        })
    }

    fn equality(mut pieces: Vec<Vec<u8>>) -> Test {
        match pieces.as_mut_slice() {
            [only] => Test::Equal(std::mem::take(only)),
            [first, last] if first.is_empty() && last.is_empty() => Test::Present,
            _ => Test::Substring(pieces),
        }
    }

    fn ordering(&mut self, test: Test) -> Result<Test, FilterError> {
        self.at += 1;
        self.expect(b'=', "a '=' is expected")?;
        self.whole_value()?;
        Ok(test)
    }

    /// `[:dn][:rule]:=value`; the attribute is read already.
    fn rule(&mut self) -> Result<Test, FilterError> {
        let mut rule = String::new();
        loop {
            self.expect(b':', "a ':' is expected")?;
            if self.peek() == Some(b'=') {
                self.at += 1;
                let value = self.whole_value()?;
                return Ok(Test::Rule { rule, value });
            }
            let start = self.at;
            let word = self.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
            let word = word.to_owned();
            if word.is_empty() || !rule.is_empty() {
                return Err(self.refuse_at(start, "a matching rule and ':=' are expected"));
            }
            if !word.eq_ignore_ascii_case("dn") {
                rule = word;
            }
        }
    }

    fn whole_value(&mut self) -> Result<Vec<u8>, FilterError> {
        let start = self.at;
        match <[Vec<u8>; 1]>::try_from(self.pieces()?) {
            Ok([value]) => Ok(value),
            Err(_asterisks) => Err(self.refuse_at(start, "a '*' must be written \\2a here")),
        }
    }

    /// A value up to the closing parenthesis, split at its asterisks.
    fn pieces(&mut self) -> Result<Vec<Vec<u8>>, FilterError> {
        let mut pieces = Vec::new();
        let mut piece = Vec::new();
        loop {
            match self.peek() {
                Some(b')') => break,
                None => return Err(self.refuse("a ')' is expected")),
                Some(b'(') => return Err(self.refuse("a '(' in a value must be written \\28")),
                Some(0) => return Err(self.refuse("a NUL in a value must be written \\00")),
                Some(b'*') => {
                    pieces.push(std::mem::take(&mut piece));
                    self.at += 1;
                }
                Some(b'\\') => piece.push(self.escape()?),
                Some(byte) => {
                    piece.push(byte);
                    self.at += 1;
                }
            }
        }
        pieces.push(piece);
        Ok(pieces)
    }

    fn escape(&mut self) -> Result<u8, FilterError> {
        let digits = self.text.get(self.at + 1..self.at + 3);
        let byte = digits
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.refuse("two hexadecimal digits must follow a '\\'"))?;
        self.at += 3;
        Ok(byte)
    }

    fn take_while(&mut self, mut belongs: impl FnMut(u8) -> bool) -> &str {
        let start = self.at;
        while self.peek().is_some_and(&mut belongs) {
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::filter::check;

    #[test]
    fn what_rfc_4515_gives_as_examples_is_taken() {
        for good in [
            "(cn=Babs Jensen)",
            "(!(cn=Tim Howes))",
            "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
            "(o=univ*of*mich*)",
            "(seeAlso=)",
            "(cn:caseExactMatch:=Fred Flintstone)",
            "(cn:=Betty Rubble)",
            "(sn:dn:2.4.6.8.10:=Barney Rubble)",
            "(o:dn:=Ace Industry)",
            "(:1.2.3:=Wilma Flintstone)",
            "(:DN:2.4.6.8.10:=Dino)",
            r"(o=Parens R Us \28for all your parenthetical needs\29)",
            r"(cn=*\2A*)",
            r"(filename=C:\5cMyFile)",
            r"(bin=\00\00\00\04)",
            r"(sn=Lu\c4\8di\c4\87)",
            "(sn=Lučić)",
            "(age>=18)",
            "(age<=18)",
            "(sn~=jansen)",
            "(&)",
            "(userAccountControl:1.2.840.113556.1.4.803:=2)",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let said = |text: &str| match check(text) {
            Err(FilterError::Syntax {
                position, reason, ..
            }) => format!("{position}: {reason}"),
            other => panic!("{text} gave {other:?}"),
        };
        insta::assert_snapshot!(
            ["", "mail=*", "(mail=*", "(mail=*))", "(ä=ö", "(&(mail=a) (b=c))", "(ma il=x)",
             r"(a=\2)", r"(a=\zz)", "(a=(b))", "(a>b)", "(a>=*)", "(a:1.2:3.4:=x)", "(=x)",
             "(!a=b)", "()", "(a=b\0)"]
            .map(|text| format!("{text:?} {}", said(text)))
            .join("\n"),
            @r#"
        "" 1: a '(' is expected
        "mail=*" 1: a '(' is expected
        "(mail=*" 8: a ')' is expected
        "(mail=*))" 9: nothing more is expected
        "(ä=ö" 5: a ')' is expected
        "(&(mail=a) (b=c))" 11: a ')' is expected
        "(ma il=x)" 2: an attribute name is expected
        "(a=\\2)" 4: two hexadecimal digits must follow a '\'
        "(a=\\zz)" 4: two hexadecimal digits must follow a '\'
        "(a=(b))" 4: a '(' in a value must be written \28
        "(a>b)" 4: a '=' is expected
        "(a>=*)" 5: a '*' must be written \2a here
        "(a:1.2:3.4:=x)" 8: a matching rule and ':=' are expected
        "(=x)" 2: an attribute name is expected
        "(!a=b)" 3: a '(' is expected
        "()" 3: an attribute and '=' are expected
        "(a=b\0)" 5: a NUL in a value must be written \00
        "#
        );
    }

    #[test]
    fn deep_nesting_is_refused_and_not_fatal() {
        let nested = |depth: usize| {
            let open = "(!".repeat(depth);
            format!("{open}(a=b){}", ")".repeat(depth))
        };
        assert_eq!(check(&nested(100)), Ok(()));
        assert!(check(&nested(101)).is_err());
        assert!(check(&"(!".repeat(1_000_000)).is_err());
    }

    #[test]
    fn escapes_stay_escaped_in_their_piece() {
        let filter = parse(r"(cn=a\2ab*c)").unwrap();
        let Filter::Item(item) = filter else {
            panic!("{filter:?}")
        };
        assert_eq!(
            item.test,
            Test::Substring(vec![b"a*b".to_vec(), b"c".to_vec()])
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in r"[()&|!=*\\:~<>a-c0-9é ]{0,40}") {
            drop(check(&text));
        }
    }
}
