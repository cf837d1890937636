//! Warns about runtimes that Lambda does not accept for functions anymore, or soon will not.

use crate::error::{Error, ErrorCode, Result};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A warning begins this long before Lambda blocks the creation of functions.
const NOTICE_DAYS: i64 = 180;

struct Deprecation {
    runtime: &'static str,
    /// From this day on, Lambda does not fix the runtime.
    deprecated: Date,
    /// From this day on, Lambda does not create functions with the runtime.
    block_create: Date,
    /// From this day on, Lambda does not update functions with the runtime.
    block_update: Date,
}

const fn deprecation(runtime: &'static str, deprecated: Date, block_create: Date, block_update: Date) -> Deprecation {
    Deprecation { runtime, deprecated, block_create, block_update }
}

/// The dates of the Node.js runtimes, as of November 2026.
/// See <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>.
const RUNTIME_DEPRECATIONS: [Deprecation; 10] = [
    deprecation("nodejs6.10", date(2019, 8, 12), date(2019, 8, 12), date(2019, 8, 12)),
    deprecation("nodejs8.10", date(2020, 3, 6), date(2020, 3, 6), date(2020, 3, 6)),
    deprecation("nodejs10.x", date(2021, 7, 30), date(2021, 7, 30), date(2022, 2, 14)),
    deprecation("nodejs12.x", date(2023, 3, 31), date(2023, 3, 31), date(2023, 4, 30)),
    deprecation("nodejs14.x", date(2023, 12, 4), date(2024, 1, 9), date(2027, 3, 3)),
    deprecation("nodejs16.x", date(2024, 6, 12), date(2027, 2, 1), date(2027, 3, 3)),
    deprecation("nodejs18.x", date(2025, 9, 1), date(2027, 2, 1), date(2027, 3, 3)),
    deprecation("nodejs20.x", date(2026, 4, 30), date(2027, 2, 1), date(2027, 3, 3)),
    deprecation("nodejs22.x", date(2027, 4, 30), date(2027, 6, 1), date(2027, 7, 1)),
    deprecation("nodejs24.x", date(2028, 4, 30), date(2028, 6, 1), date(2028, 7, 1)),
];

/// The day on which the dates below were read. AWS has postponed dates before, so only those that had passed are final.
const AS_OF: Date = date(2026, 11, 26);

/// Checks that Lambda creates functions with the runtime.
///
/// # Errors
/// `InvalidOption` for a runtime that it does not create functions with anymore.
pub(crate) fn ensure_creatable(runtime: &str) -> Result<()> {
    ensure_not_blocked(runtime, "create functions", |deprecation| deprecation.block_create)
}

/// Checks that Lambda updates functions to the runtime, or those that have it.
///
/// # Errors
/// `InvalidOption` for a runtime that it does not update functions with anymore.
pub(crate) fn ensure_updatable(runtime: &str) -> Result<()> {
    ensure_not_blocked(runtime, "update functions", |deprecation| deprecation.block_update)
}

fn ensure_not_blocked(runtime: &str, operation: &str, blocked_from: impl Fn(&Deprecation) -> Date) -> Result<()> {
    let found = RUNTIME_DEPRECATIONS.iter().find(|deprecation| deprecation.runtime == runtime);
    match found.map(blocked_from) {
        Some(day) if day <= AS_OF => {
            let message =
                format!("lambdaConfiguration.Runtime is {runtime}, with which Lambda does not {operation} since {day}");
            Err(Error::new(ErrorCode::InvalidOption, message).hint("Set a newer runtime, or remove it for the default"))
        }
        _ => Ok(()),
    }
}

/// Returns the day from which on Lambda does not support the runtime, as far as it was known when this was built.
pub(crate) fn end_of_support(runtime: &str) -> Option<Date> {
    let found = RUNTIME_DEPRECATIONS.iter().find(|deprecation| deprecation.runtime == runtime);
    found.map(|deprecation| deprecation.deprecated)
}

/// Returns the day in UTC. For the local one, all time zones of the machine would be listed, which takes milliseconds.
pub(crate) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// Returns a warning if Lambda blocks the runtime, or will do so within [`NOTICE_DAYS`].
pub(crate) fn deprecation_warning(runtime: &str, today: Date) -> Option<String> {
    let Deprecation { block_create, block_update, .. } =
        RUNTIME_DEPRECATIONS.iter().find(|deprecation| deprecation.runtime == runtime)?;
    if *block_create > today.saturating_add(Span::new().days(NOTICE_DAYS)) {
        return None;
    }
    let from = |day: &Date| if *day <= today { format!("since {day}") } else { format!("from {day} on") };
    Some(format!(
        "the runtime {runtime} is deprecated: Lambda does not create functions with it {}, and does not update them {}. Set lambdaConfiguration.Runtime to a newer runtime, or remove it",
        from(block_create),
        from(block_update)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_not_created_with_a_runtime_that_lambda_has_retired() {
        for runtime in ["nodejs14.x", "nodejs12.x", "nodejs8.10"] {
            let error = ensure_creatable(runtime).unwrap_err();
            assert!(error.code == ErrorCode::InvalidOption && error.message.contains(runtime), "{error}");
        }
        for runtime in ["nodejs16.x", "nodejs22.x", "nodejs24.x", "nodejs30.x", "provided.al2023"] {
            assert_eq!(ensure_creatable(runtime), Ok(()), "{runtime}");
        }
    }

    #[test]
    fn a_function_is_not_updated_with_a_runtime_that_lambda_has_retired() {
        for runtime in ["nodejs12.x", "nodejs8.10"] {
            let error = ensure_updatable(runtime).unwrap_err();
            assert!(error.code == ErrorCode::InvalidOption && error.message.contains(runtime), "{error}");
        }
        for runtime in ["nodejs14.x", "nodejs24.x", "provided.al2023"] {
            assert_eq!(ensure_updatable(runtime), Ok(()), "{runtime}");
        }
    }

    #[test]
    fn a_deprecated_runtime_is_reported_with_its_dates() {
        let today = date(2026, 11, 22);
        let warning = deprecation_warning("nodejs14.x", today).unwrap();
        assert!(warning.contains("nodejs14.x is deprecated"), "{warning}");
        assert!(warning.contains("create functions with it since 2024-01-09"), "{warning}");
        assert!(warning.contains("update them from 2027-03-03 on"), "{warning}");
        assert!(deprecation_warning("nodejs20.x", today).unwrap().contains("it from 2027-02-01 on"));
        assert_eq!(deprecation_warning("nodejs22.x", today), None);
        assert_eq!(deprecation_warning("nodejs24.x", today), None);
        assert_eq!(deprecation_warning("provided.al2023", today), None);
    }
}
