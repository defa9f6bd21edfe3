//! Tests of showing text.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn shown(text: &str, width: usize, cut: Cut) -> String {
    fit_text(text, width, cut)
}

#[test]
fn what_controls_a_terminal_is_shown_and_not_sent() {
    for (raw, safe) in [
        ("\u{1b}]0;owned\u{7}", "␛]0;owned␇"),
        ("a\r\nb\tc", "a␍␊b␉c"),
        ("\u{7f}\u{9b}31m", "␡<U+009B>31m"),
        (
            "\u{202a}\u{202e}\u{2066}\u{2069}",
            "<U+202A><U+202E><U+2066><U+2069>",
        ),
        ("\u{200e}\u{200f}\u{61c}", "<U+200E><U+200F><U+061C>"),
        ("a\u{200b}b\u{feff}", "a<U+200B>b<U+FEFF>"),
        ("a\u{a0}b", "a<U+00A0>b"),
        ("\u{e0041}\u{fe0f}\u{ad}", "<U+E0041><U+FE0F><U+00AD>"),
    ] {
        assert_eq!(escape(raw), safe);
    }
    assert_eq!(escape_bytes(b"a\xffb\x1b"), "a\u{fffd}b␛");
}

#[test]
fn names_of_people_are_left_as_they_are() {
    for name in [
        "Zoë O'Neil",
        "山田 太郎",
        "Łukasz",
        "عمر",
        "e\u{301}te\u{301}",
        "🇩🇪",
    ] {
        assert!(
            matches!(escape(name), Cow::Borrowed(same) if same == name),
            "{name}"
        );
    }
}

#[test]
fn replaced_parts_are_pieces_of_their_own() {
    assert_eq!(
        pieces("a\u{200b}\u{1b}b"),
        [
            Piece {
                text: "a".into(),
                mark: Mark::Plain
            },
            Piece {
                text: "<U+200B>␛".into(),
                mark: Mark::Escaped
            },
            Piece {
                text: "b".into(),
                mark: Mark::Plain
            },
        ]
    );
}

#[test]
fn a_mark_without_a_letter_is_shown() {
    assert_eq!(escape("\u{301}a"), "<U+0301>a");
    assert_eq!(escape("\u{200b}\u{301}"), "<U+200B><U+0301>");
}

#[test]
fn text_is_cut_between_clusters_and_fits() {
    assert_eq!(shown("abcdef", 6, Cut::End), "abcdef");
    assert_eq!(shown("abcdef", 5, Cut::End), "abcd…");
    assert_eq!(shown("山田太郎", 5, Cut::End), "山田…");
    assert_eq!(shown("e\u{301}e\u{301}e\u{301}", 2, Cut::End), "e\u{301}…");
    assert_eq!(shown("ab\u{202e}c", 6, Cut::End), "ab…");
    assert_eq!(shown("abc", 1, Cut::End), "…");
    assert_eq!(shown("abc", 0, Cut::End), "");
    assert_eq!(shown("", 0, Cut::Middle), "");
}

#[test]
fn the_middle_goes_from_a_name() {
    assert_eq!(
        shown("CN=Anna,OU=Sales,DC=x", 11, Cut::Middle),
        "CN=An…,DC=x"
    );
    assert_eq!(shown("山田太郎山田", 8, Cut::Middle), "山田…田");
    assert_eq!(shown("abcdef", 4, Cut::Start), "…def");
    assert_eq!(shown("abcdef", 6, Cut::Start), "abcdef");
}

#[test]
fn lines_break_at_words_and_stop_at_the_limit() {
    let lines = |raw: &str, width, limit| -> Vec<String> {
        wrap(raw, width, limit)
            .into_iter()
            .map(|line| line.into_iter().map(|piece| piece.text).collect())
            .collect()
    };
    assert_eq!(lines("one two three", 7, 9), ["one two", "three"]);
    assert_eq!(lines("one two three", 8, 9), ["one two", "three"]);
    assert_eq!(lines("one two three", 6, 9), ["one", "two", "three"]);
    assert_eq!(lines("abcdefgh", 3, 9), ["abc", "def", "gh"]);
    assert_eq!(lines("one two three", 5, 1), ["one", "…"]);
    assert_eq!(
        lines("e\u{301}e\u{301}e\u{301}", 2, 9),
        ["e\u{301}e\u{301}", "e\u{301}"]
    );
    assert_eq!(lines("a\u{202e}b", 4, 9), ["a", "<U+202E>", "b"]);
    assert_eq!(lines("  ", 4, 9), Vec::<String>::new());
}

#[test]
fn width_is_that_of_the_escaped_form() {
    assert_eq!(width_up_to("a\u{1b}山", 100), 4);
    assert_eq!(width_up_to("\u{202e}", 100), 8);
    assert_eq!(width_up_to("abcdef", 3), 3);
}

#[test]
fn characters_are_named() {
    assert_eq!(describe('\u{a0}'), "U+00A0 no-break space");
    assert_eq!(describe('&'), "U+0026 '&'");
    assert_eq!(describe('\u{301}'), "U+0301 combining mark");
    assert_eq!(describe('\u{9b}'), "U+009B");
}

#[test]
fn a_huge_value_costs_no_more_than_what_is_shown() {
    let plain = "x".repeat(10_000_000);
    let marks = format!("a{}", "\u{301}".repeat(5_000_000));
    let begun = Instant::now();
    for value in [&plain, &marks] {
        for cut in [Cut::Start, Cut::End, Cut::Middle] {
            for _ in 0..100 {
                assert!(fit_text(value, 80, cut).width() <= 80);
            }
        }
    }
    assert!(
        // 600 passes over the whole of it would take many minutes.
        begun.elapsed() < Duration::from_secs(90),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn escaping_is_linear_in_the_length() {
    let marks = format!("a{}", "\u{301}".repeat(200_000));
    let begun = Instant::now();
    assert!(escape(&marks).len() > marks.len());
    assert!(
        // A quadratic one would take hours.
        begun.elapsed() < Duration::from_secs(90),
        "{:?}",
        begun.elapsed()
    );
}

proptest! {
    #[test]
    fn nothing_that_is_drawn_can_be_replaced_again(text in any::<String>(), width in 0_usize..50) {
        for cut in [Cut::Start, Cut::End, Cut::Middle] {
            let line = fit_text(&text, width, cut);
            prop_assert!(line.width() <= width, "{line:?}");
            prop_assert!(line.chars().all(|c| c == '\u{fffd}' || replacement(c).is_none()), "{line:?}");
        }
    }

    #[test]
    fn columns_are_counted_as_the_screen_counts_them(text in "\\PC{0,40}|[\\x00-\\x7f\u{200b}-\u{202e}e\u{301}山]{0,40}") {
        let drawn: usize = escape(&text).graphemes(true).map(UnicodeWidthStr::width).sum();
        prop_assert_eq!(width_up_to(&text, usize::MAX), drawn);
    }
}
