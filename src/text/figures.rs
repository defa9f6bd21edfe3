//! Figures as people read them.

/// `1,234,567`.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `97 %`; never 100 or 0 by rounding.
pub fn percent(number: u64, total: u64) -> String {
    if total == 0 {
        return "–".to_owned();
    }
    let rounded = (number.saturating_mul(200) / total).div_ceil(2);
    let honest = match rounded {
        100 if number < total => 99,
        0 if number > 0 => 1,
        other => other,
    };
    format!("{honest} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_not_rounded_to_all_or_nothing() {
        assert_eq!(percent(999, 1000), "99 %");
        assert_eq!(percent(1, 1000), "1 %");
        assert_eq!(percent(0, 3), "0 %");
        assert_eq!(percent(3, 3), "100 %");
        assert_eq!(percent(2, 3), "67 %");
        assert_eq!(percent(0, 0), "–");
    }

    #[test]
    fn long_numbers_are_grouped() {
        for (long, grouped) in [
            (7, "7"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(long), grouped);
        }
    }
}
