//! Decides how long empty pages of a log stream are followed.
//!
//! GetLogEvents returns pages by time, so that a gap between events may give many empty ones
//! (<https://github.com/dstackai/dstack/pull/2501>). For a stream beyond its log group's retention, it returns empty pages
//! with ever new tokens (<https://github.com/boto/boto3/issues/4591>). Tokens contain a time, which shows whether empty
//! pages lead further.

/// The empty pages in a row, without progress, after which a stream has no more events.
pub(super) const MAX_EMPTY_PAGES: u32 = 100;

/// The empty pages in a row after which a stream is left although its tokens lead further.
const MAX_ADVANCING_PAGES: u32 = 2000;

/// The empty pages in a row.
#[derive(Default)]
pub(super) struct EmptyPages {
    furthest_ms: Option<i64>,
    advancing: u32,
    without_progress: u32,
}

impl EmptyPages {
    /// Returns their number.
    pub(super) fn count(&self) -> u32 {
        self.advancing + self.without_progress
    }

    /// Takes the token after an empty page. Returns whether the stream must be left.
    pub(super) fn are_endless(&mut self, token: &str, range_end_ms: i64) -> bool {
        let time_ms = token_time_ms(token).filter(|time_ms| *time_ms < range_end_ms);
        if time_ms.is_some_and(|time_ms| self.furthest_ms.is_none_or(|furthest_ms| time_ms > furthest_ms)) {
            self.furthest_ms = time_ms;
            self.advancing += 1;
        } else {
            self.without_progress += 1;
        }
        self.without_progress >= MAX_EMPTY_PAGES || self.advancing >= MAX_ADVANCING_PAGES
    }
}

/// Returns the time in a token such as `f/37573027568974156271757159761545765678340254830751121408/s`: milliseconds
/// since the epoch in the bits from the 144th on. AWS does not document it, so other forms are `None`.
///
/// See <https://github.com/boto/boto3/issues/3718>, with tokens and the time at which they were made.
fn token_time_ms(token: &str) -> Option<i64> {
    const DIGITS: usize = 56;
    let number = token.strip_prefix("f/")?.split('/').next()?;
    let is_number = number.len() == DIGITS && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: f64 = number.parse().ok().filter(|_| is_number)?;
    Some((number / 2_f64.powi(144)) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a token with this time.
    fn token(time_ms: i64) -> String {
        format!("f/{:.0}/s", time_ms as f64 * 2_f64.powi(144))
    }

    #[test]
    fn a_token_has_the_time_up_to_which_aws_has_read() {
        // 2023-05-23, as in the issue.
        let token = "f/37573027568974156271757159761545765678340254830751121408/s";
        assert_eq!(token_time_ms(token), Some(1_684_832_826_638));
        for other in ["f/1", "", "b/37573027568974156271757159761545765678340254830751121408/s", "f/x/s"] {
            assert_eq!(token_time_ms(other), None, "{other}");
        }
    }

    #[test]
    fn empty_pages_are_followed_as_long_as_their_tokens_advance() {
        let (start, end) = (1_684_832_000_000, 1_684_932_000_000);
        let mut pages = EmptyPages::default();
        assert!((0..1000).all(|page| !pages.are_endless(&token(start + page * 1000), end)));
        // The same time again, times beyond the range, and tokens of another form do not lead further.
        for endless in [token(start), token(end + 1000), "f/1".to_owned()] {
            let mut pages = EmptyPages::default();
            pages.are_endless(&token(start), end);
            let followed = (0..10_000).take_while(|_| !pages.are_endless(&endless, end)).count();
            assert_eq!(followed + 1, MAX_EMPTY_PAGES as usize, "{endless}");
        }
    }

    #[test]
    fn pages_that_advance_in_small_steps_end_as_well() {
        let mut pages = EmptyPages::default();
        let followed =
            (0..10_000).take_while(|page| !pages.are_endless(&token(1_684_832_000_000 + page), i64::MAX)).count();
        assert_eq!(followed + 1, MAX_ADVANCING_PAGES as usize);
    }
}
