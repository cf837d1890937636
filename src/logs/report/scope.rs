//! Holds what the requests of a report were selected by.

use crate::config::options::LogStatus;
use jiff::tz::TimeZone;
use std::ops::Range;

/// The selection of requests that a report states at its top.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// Milliseconds since the epoch.
    pub(crate) range: Range<i64>,
    pub(crate) status: LogStatus,
    /// The reader's time zone.
    pub(crate) zone: TimeZone,
    /// Why the report is not complete; `None` if it is.
    pub(crate) incomplete: Option<&'static str>,
}
