//! The guard: what a spreadsheet would not leave as the text that it is.
//!
//! A spreadsheet takes some texts for formulas, and runs them; others for
//! numbers, dates or truths, and saves `0017` as `17`, `1E5` as `100000`, `dec1`
//! as `01. Dez`. Such a field begins with `'`, which makes it a text. Where it is
//! not certain what a spreadsheet does, in whichever language, the field is
//! guarded: a needless `'` costs nothing, since reading takes it off again.

use std::borrow::Cow;

/// What stands before a guarded field.
const GUARD: char = '\'';

/// What formulas begin with (OWASP, "CSV Injection"), their full-width forms
/// that Japanese spreadsheets read likewise, and the guard itself.
const FORMULA: [char; 12] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', GUARD,
];

/// No number and no date of a spreadsheet is longer.
const LONGEST_NUMBER: usize = 32;

/// How months begin, in any case, in the languages that Excel comes in and that
/// write Latin letters. It reads English ones in all of them.
const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov",
    "dec", // English
    "jän", "mär", "mrz", "mai", "okt", "dez", // German
    "fév", "fev", "avr", "jui", "aoû", "aou", "déc", // French
    "ene", "abr", "ago", "set", "dic", "out", // Spanish, Portuguese
    "gen", "mag", "giu", "lug", "ott", // Italian
    "mrt", "mei", "maa", "maj", // Dutch, Danish, Swedish
    "sty", "lut", "kwi", "cze", "lip", "sie", "wrz", "paź", "lis", "gru", // Polish
    "led", "úno", "bře", "dub", "kvě", "čer", "srp", "zář", "říj", "pro", // Czech
    "oca", "şub", "nis", "haz", "tem", "ağu", "eyl", "eki", "kas", "ara", // Turkish
    "ian", "iun", "iul", "noi", "máj", "már", "ápr", "jún", "júl",
    "szep", // Romanian, Hungarian
    "tam", "hel", "huh", "tou", "kes", "hei", "elo", "syy", "lok", // Finnish
];

/// No name of a month is longer.
const LONGEST_MONTH: usize = 12;

/// The words for true and false in the languages of Excel.
const TRUTHS: &[&str] = &[
    "true",
    "false",
    "wahr",
    "falsch",
    "vrai",
    "faux",
    "verdadero",
    "verdadeiro",
    "falso",
    "vero",
    "waar",
    "onwaar",
    "prawda",
    "fałsz",
    "sand",
    "falsk",
    "sann",
    "usann",
    "sant",
    "falskt",
    "pravda",
    "nepravda",
    "igaz",
    "hamis",
    "doğru",
    "yanlış",
    "tosi",
    "epätosi",
    "adevărat",
    "fals",
];

/// A field as it is written.
pub(super) fn guarded(field: &str) -> Cow<'_, str> {
    if needs_guard(field) {
        Cow::Owned(format!("{GUARD}{field}"))
    } else {
        Cow::Borrowed(field)
    }
}

/// A field as it was before it was guarded.
pub(super) fn unguarded(field: &str) -> &str {
    match field.strip_prefix(GUARD) {
        Some(rest) if needs_guard(rest) => rest,
        _ => field,
    }
}

/// Whether a spreadsheet might not leave a field as the text that it is. Reports
/// are read back by this: what is taken out of it makes older ones unreadable.
fn needs_guard(field: &str) -> bool {
    let text = field.trim();
    if field.starts_with(FORMULA) || text.starts_with(FORMULA) {
        return true;
    }
    if text.len() > LONGEST_NUMBER || text.contains(['=', '_', '\\', '@']) {
        return false;
    }
    if text.contains(char::is_numeric) {
        return is_number(text) || is_date(text);
    }
    !text.is_empty() && text.chars().all(char::is_alphabetic) && is_truth(&text.to_lowercase())
}

fn is_truth(text: &str) -> bool {
    TRUTHS.contains(&text)
}

/// Whether a text begins as a number does, with or without a currency before
/// it or brackets around it.
fn is_number(text: &str) -> bool {
    let opened = text.trim_start_matches(|c: char| c.is_whitespace() || "([$€£¥₹₽₩%".contains(c));
    let digits = opened.trim_start_matches(['.', ',', '+', '-', '\u{2212}']);
    digits.starts_with(char::is_numeric)
}

/// Whether a text begins with the name of a month and goes on with a number.
fn is_date(text: &str) -> bool {
    let Some(at) = text.find(|c: char| !c.is_alphabetic()) else {
        return false;
    };
    let (word, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    let number = rest.trim_start_matches(|c: char| c.is_whitespace() || "-/.,'".contains(c));
    let word = word.to_lowercase();
    word.chars().count() <= LONGEST_MONTH
        && number.starts_with(char::is_numeric)
        && MONTHS.iter().any(|month| word.starts_with(month))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_numbers_dates_and_truths_are_guarded() {
        for field in [
            "=1+1",
            " =1+1",
            "\u{a0}@x",
            "+49 30",
            "-x",
            "@SUM",
            "\t=1",
            "\r",
            "\n=1",
            "'x",
            "＝1",
            "0017",
            "1E5",
            " 12",
            "3/4",
            "2026-12-31",
            ".5",
            ",5",
            "(12)",
            "$5",
            "€ 5,00",
            "(0049) 30",
            "5 May",
            "dec1",
            "SEPT2",
            "Mar 5",
            "May-05",
            "Mär 3",
            "März 2026",
            "Dez.1",
            "TRUE",
            "Falsch",
            "\u{ff11}2",
            "١٢",
        ] {
            let written = guarded(field);
            assert_eq!(written, format!("'{field}"));
            assert_eq!(unguarded(&written), field);
        }
    }

    #[test]
    fn names_and_addresses_are_left_as_they_are() {
        for field in [
            "",
            "Anna",
            "anna5@contoso.com",
            "5anna@contoso.com",
            "May",
            "Marta Meyer",
            "Decker",
            "CN=1,DC=x",
            "upn-characters",
            "r0123456789abcdef",
            "SMTP:a@x",
            "True North",
            "a'b",
            "00 17 and much more than any number could have",
        ] {
            assert_eq!(guarded(field), field);
            assert_eq!(unguarded(field), field);
        }
    }

    #[test]
    fn what_somebody_typed_with_an_apostrophe_keeps_it() {
        assert_eq!(unguarded("'t Hooft"), "'t Hooft");
        assert_eq!(unguarded("''t Hooft"), "'t Hooft");
    }
}
