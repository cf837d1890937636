//! Estimates the bytes that reading a time range scans.

use crate::logs::insights::budget::price;
use crate::output::format::bytes;

/// How much smaller CloudWatch Logs stores events. AWS documents `storedBytes` as "the number of bytes stored" only; it
/// compresses what it stores, and its price calculator assumes 15 % of the size. Insights bills events by their full
/// size. An estimate counts with 15 %, a maximum with 5 %.
///
/// See <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html> and
/// <https://aws.amazon.com/cloudwatch/pricing/>.
const COMPRESSION: f64 = 0.15;
const MAX_COMPRESSION: f64 = 0.05;

/// The time range is read twice.
const PASSES: f64 = 2.0;

/// Bytes to be scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Estimate {
    /// If the group's events are spread evenly over its age.
    pub(super) expected_bytes: u64,
    /// If all of them are within the range; `None` if AWS does not report a size, as for a group of the same day.
    max_bytes: Option<u64>,
}

impl Estimate {
    /// `share` is the part of the group's age that the range covers.
    pub(super) fn new(stored_bytes: u64, share: f64) -> Estimate {
        let scanned = |compression: f64| stored_bytes as f64 / compression * PASSES;
        Estimate {
            expected_bytes: (scanned(COMPRESSION) * share.clamp(0.0, 1.0)) as u64,
            max_bytes: (stored_bytes > 0).then(|| scanned(MAX_COMPRESSION) as u64),
        }
    }

    /// Returns the line before the first query. The limit holds whatever the estimate is worth.
    pub(super) fn announcement(&self, log_group: &str, limit_bytes: u64) -> String {
        let most = self.max_bytes.unwrap_or(limit_bytes).min(limit_bytes);
        let expected = self.max_bytes.map(|_| format!("about {}, ", bytes(self.expected_bytes))).unwrap_or_default();
        format!("scanning {log_group} by Logs Insights: {expected}at most {} ({})", bytes(most), price(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::insights::settings::GB;

    #[test]
    fn an_even_group_is_expected_and_all_of_it_is_the_maximum() {
        let estimate = Estimate::new(300_000_000, 0.25);
        assert_eq!(estimate.expected_bytes, GB);
        assert_eq!(
            estimate.announcement("cats", 10 * GB),
            "scanning cats by Logs Insights: about 1.00 GB, at most 10.00 GB (0.050 USD in us-east-1)"
        );
        assert_eq!(
            estimate.announcement("cats", 50 * GB),
            "scanning cats by Logs Insights: about 1.00 GB, at most 12.00 GB (0.060 USD in us-east-1)"
        );
    }

    #[test]
    fn without_a_known_size_the_limit_is_the_maximum() {
        let estimate = Estimate::new(0, 1.0);
        assert_eq!(estimate.expected_bytes, 0);
        assert_eq!(
            estimate.announcement("cats", 10 * GB),
            "scanning cats by Logs Insights: at most 10.00 GB (0.050 USD in us-east-1)"
        );
    }
}
