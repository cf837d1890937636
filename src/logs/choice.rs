//! The choices of options and environment variables for a pull.

use crate::config::env::{LOGS_FOLLOW, LOGS_MINUTES, LOGS_SINCE};
use crate::config::options::{LogFormat, LogStatus, LogsOptions};
use crate::error::{Error, ErrorCode, Result};
use crate::logs::{follow, insights, selection, time_range};
use std::ops::Range;

/// The choices of a pull, which do not contradict each other.
pub(crate) struct Choice {
    pub(crate) is_followed: bool,
    /// In milliseconds since the epoch. Following determines its own, by AWS's clock.
    pub(crate) range: Range<i64>,
    /// The requests to write.
    pub(crate) status: LogStatus,
    pub(crate) formats: Vec<LogFormat>,
    /// `None` to read the events themselves.
    pub(crate) insights: Option<insights::Settings>,
}

impl Choice {
    /// Reads the choices. The caller may decide whether to follow.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidOption`], naming the option or the environment variable.
    pub(crate) fn of(options: &LogsOptions, follow: Option<bool>) -> Result<Self> {
        let is_followed = follow::is_requested(follow)?;
        let range = if is_followed {
            check_range_of_following()?;
            0..1
        } else {
            time_range::resolve(options)?
        };
        let (status, formats) = (selection::status(options)?, selection::formats(options)?);
        let insights = insights::settings(options)?;
        if is_followed && insights.is_some() {
            let message = "logs cannot be followed by Logs Insights";
            return Err(
                Error::new(ErrorCode::InvalidOption, message).hint("Set logsConfiguration.source to \"events\"")
            );
        }
        // A summary is about all requests.
        let status = if insights.is_some() { LogStatus::All } else { status };
        Ok(Choice { is_followed, range, status, formats, insights })
    }
}

/// Checks that no variable sets another beginning than now.
///
/// # Errors
/// [`ErrorCode::InvalidOption`].
fn check_range_of_following() -> Result<()> {
    for variable in [&LOGS_MINUTES, &LOGS_SINCE] {
        if variable.get()?.is_some() {
            let message = format!("{} and {} are mutually exclusive", LOGS_FOLLOW.name, variable.name);
            return Err(Error::new(ErrorCode::InvalidOption, message)
                .hint("Following begins now: pull what was before with a command of its own"));
        }
    }
    Ok(())
}
