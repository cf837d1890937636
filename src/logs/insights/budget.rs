//! Limits the bytes that queries scan, since AWS bills them.

use crate::config::env::LOGS_MAX_SCANNED_GB;
use crate::error::{Error, ErrorCode, Result};
use crate::logs::insights::settings::GB;
use crate::output::format::bytes;
use std::collections::HashMap;
use std::sync::Mutex;

/// The price of a scanned GB in us-east-1. Other regions have other prices.
///
/// See <https://aws.amazon.com/cloudwatch/pricing/>.
const USD_PER_GB: f64 = 0.005;

/// The bytes that the queries of a summary may scan, and those that they have scanned.
pub(super) struct Budget {
    max_bytes: u64,
    /// By the ID of the query, also while it is running.
    scanned: Mutex<HashMap<String, u64>>,
}

impl Budget {
    pub(super) fn new(max_bytes: u64) -> Budget {
        Budget { max_bytes, scanned: Mutex::default() }
    }

    /// Checks an estimate before anything is scanned.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidOption`] if it is more than the limit, as for the next ones.
    pub(super) fn check_estimate(&self, expected_bytes: u64) -> Result<()> {
        self.check(expected_bytes, "Logs Insights would scan about")
    }

    /// Checks whether the time range can be read once more: the second pass scans what the first one did.
    pub(super) fn check_second_pass(&self) -> Result<()> {
        self.check(self.scanned_bytes().saturating_mul(2), "Logs Insights would scan")
    }

    /// Records the bytes that a query has scanned so far.
    pub(super) fn record(&self, query_id: &str, bytes_scanned: f64) -> Result<()> {
        self.lock().insert(query_id.to_owned(), bytes_scanned as u64);
        self.check(self.scanned_bytes(), "Logs Insights was stopped, after it had scanned")
    }

    pub(super) fn scanned_bytes(&self) -> u64 {
        self.lock().values().sum()
    }

    fn check(&self, needed: u64, what: &str) -> Result<()> {
        if needed <= self.max_bytes {
            return Ok(());
        }
        let message = format!(
            "{what} {} ({}), more than logsConfiguration.maxScannedGb allows: {}",
            bytes(needed),
            price(needed),
            bytes(self.max_bytes)
        );
        // Before a summary and after a stop, the need is known only roughly.
        let suggested = needed.max(self.max_bytes).saturating_mul(2).div_ceil(GB);
        let hint =
            format!("Choose a shorter time range, or allow more, such as {}={suggested}", LOGS_MAX_SCANNED_GB.name);
        Err(Error::new(ErrorCode::InvalidOption, message).hint(hint))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, u64>> {
        self.scanned.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Returns the price of scanned bytes, rounded up.
pub(super) fn price(bytes: u64) -> String {
    let usd = bytes as f64 / GB as f64 * USD_PER_GB;
    format!("{:.3} USD in us-east-1", (usd * 1000.0).ceil() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_those_of_us_east_1_and_rounded_up() {
        assert_eq!(price(0), "0.000 USD in us-east-1");
        assert_eq!(price(1), "0.001 USD in us-east-1");
        assert_eq!(price(10 * GB), "0.050 USD in us-east-1");
        assert_eq!(price(10 * GB + 1), "0.051 USD in us-east-1");
    }

    #[test]
    fn running_queries_count_with_what_they_have_scanned_so_far() {
        let budget = Budget::new(10 * GB);
        budget.record("a", 4e9).unwrap();
        budget.record("b", 1e9).unwrap();
        budget.record("b", 6e9).unwrap();
        assert_eq!(budget.scanned_bytes(), 10 * GB);
        let error = budget.record("a", 4e9 + 1.0).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidOption);
        assert!(error.message.contains("10.00 GB (0.051 USD in us-east-1)"), "{error}");
        assert!(error.hint.ends_with("LITEXA_LOGS_MAX_SCANNED_GB=21"), "{error}");
    }

    #[test]
    fn the_second_pass_needs_as_much_as_the_first_one() {
        let budget = Budget::new(10 * GB);
        budget.record("count", 5e9).unwrap();
        assert!(budget.check_second_pass().is_ok());
        budget.record("count", 5e9 + 1.0).unwrap();
        assert!(budget.check_second_pass().is_err());
        assert!(budget.check_estimate(10 * GB).is_ok() && budget.check_estimate(10 * GB + 1).is_err());
    }
}
