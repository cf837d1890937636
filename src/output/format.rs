//! Formats sizes, counts and durations for people: one way for each.

use std::time::Duration;

/// Returns a number of bytes in decimal units, as AWS's consoles and `ls --si` show them: "999 bytes", "5.2 MB".
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} KB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

/// Returns a number with its noun, which takes an `s` in the plural: "1 asset", "2 assets".
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Returns a duration in the unit that fits: "250 ms", "12.3 s", "4 min 5 s".
pub(crate) fn duration(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_decimal_units() {
        let shown = [0, 1, 999, 1_000, 52_428_800, 999_949_999, 2_500_000_000].map(bytes);
        assert_eq!(shown, ["0 bytes", "1 byte", "999 bytes", "1.0 KB", "52.4 MB", "999.9 MB", "2.50 GB"]);
    }

    #[test]
    fn counts_agree_with_their_noun() {
        assert_eq!([count(0, "asset"), count(1, "asset"), count(2, "asset")], ["0 assets", "1 asset", "2 assets"]);
    }

    #[test]
    fn durations_have_the_unit_that_fits() {
        let shown = [250, 12_340, 245_000].map(|ms| duration(Duration::from_millis(ms)));
        assert_eq!(shown, ["250 ms", "12.3 s", "4 min 5 s"]);
    }
}
