//! Determines whether and how Logs Insights is used: environment variables override the target's options.

use crate::config::env::{LOGS_MAX_SCANNED_GB, LOGS_SOURCE};
use crate::config::options::{LogEngine, LogsOptions, log_engine};
use crate::error::Result;

/// The bytes of a GB. AWS does not document whether it bills 10^9 or 2^30 bytes as one; the smaller unit leads to the
/// higher price.
pub(super) const GB: u64 = 1_000_000_000;

/// The settings of a summary.
pub(crate) struct Settings {
    pub(crate) max_scanned_bytes: u64,
    pub(crate) show_tokens: bool,
}

/// Returns the settings; `None` to read the events themselves.
///
/// # Errors
/// [`ErrorCode::InvalidOption`](crate::error::ErrorCode::InvalidOption), naming the environment variable.
pub(crate) fn settings(options: &LogsOptions) -> Result<Option<Settings>> {
    settings_with(options, LOGS_SOURCE.get()?, LOGS_MAX_SCANNED_GB.get()?)
}

fn settings_with(options: &LogsOptions, engine: Option<String>, max_gb: Option<String>) -> Result<Option<Settings>> {
    let engine = match engine {
        None => options.engine,
        Some(word) => log_engine(&word).ok_or_else(|| LOGS_SOURCE.not_one_of_its_values(&word))?,
    };
    let max_gb = match max_gb {
        None => options.max_scanned_gb,
        Some(text) => match text.parse() {
            Ok(number @ 1..) => number,
            _ => return Err(LOGS_MAX_SCANNED_GB.invalid(&text, "a whole number of GB of at least 1")),
        },
    };
    let settings = Settings { max_scanned_bytes: max_gb.saturating_mul(GB), show_tokens: options.show_tokens };
    Ok((engine == LogEngine::Insights).then_some(settings))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options::Options;
    use crate::error::ErrorCode;
    use serde_json::json;

    fn limit(options: &serde_json::Value, engine: Option<&str>, max_gb: Option<&str>) -> Result<Option<u64>> {
        let target = json!({ "logsConfiguration": options });
        let options = Options::parse(target.as_object().unwrap()).unwrap().logs;
        let settings = settings_with(&options, engine.map(str::to_owned), max_gb.map(str::to_owned))?;
        Ok(settings.map(|settings| settings.max_scanned_bytes / GB))
    }

    #[test]
    fn variables_override_options_and_the_default_is_to_read_events() {
        let insights = json!({ "source": "insights", "maxScannedGb": 3 });
        assert_eq!(limit(&json!({}), None, None), Ok(None));
        assert_eq!(limit(&json!({}), Some("insights"), None), Ok(Some(10)));
        assert_eq!(limit(&insights, None, None), Ok(Some(3)));
        assert_eq!(limit(&insights, None, Some("50")), Ok(Some(50)));
        assert_eq!(limit(&insights, Some("events"), Some("50")), Ok(None));
    }

    #[test]
    fn another_value_is_an_invalid_option() {
        for (engine, max_gb, name) in [
            (Some("insight"), None, "LITEXA_LOGS_SOURCE"),
            (Some("Insights"), None, "LITEXA_LOGS_SOURCE"),
            (None, Some("0"), "LITEXA_LOGS_MAX_SCANNED_GB"),
            (None, Some("1.5"), "LITEXA_LOGS_MAX_SCANNED_GB"),
            (None, Some("10GB"), "LITEXA_LOGS_MAX_SCANNED_GB"),
        ] {
            let error = limit(&json!({}), engine, max_gb).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidOption);
            assert!(error.message.starts_with(&format!("the environment variable {name} must be ")), "{error}");
            assert_eq!(error.hint, "Correct it, or unset it");
        }
    }
}
