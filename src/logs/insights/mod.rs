//! Summarizes the requests of days by CloudWatch Logs Insights, instead of reading their log streams.
//!
//! Counting in Insights alone would judge requests by other rules than a pull: a request fails or succeeds by the order
//! of its lines, and some name no request. So Insights finds the lines that decide, leaves out the rest, shortens the
//! long ones, and the pull's own assembler judges them. A request has about five such lines, of 200 bytes, whatever it
//! logs.
//!
//! Two passes read the time range: one counts the lines by hour, the other returns them, in parts of less than the
//! 10,000 rows that a query returns. AWS bills the bytes that both scan, so they are limited.
//!
//! The queries use no command that the Infrequent Access class lacks (`pattern`, `diff`, `unmask`), and no discovered
//! fields, which that class lacks as well. See
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html> and
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html>.

mod budget;
mod collector;
mod estimate;
mod line;
mod log_group;
mod parts;
mod query;
mod report;
mod row;
mod same_time;
mod settings;
mod totals;

use crate::error::Result;
use crate::logs::report::{Report, ReportOptions};
use crate::logs::source::LogSource;
use crate::output::format::{bytes, count};
use crate::output::interrupt::Interrupt;
use crate::output::progress::Throttle;
use budget::Budget;
use collector::Collector;
use futures_util::stream::{self, StreamExt};
use log_group::LogGroup;
use parts::Part;
use query::Queries;
use std::path::PathBuf;
use totals::Totals;

pub(crate) use settings::{Settings, settings};

/// The queries that run concurrently. AWS allows 30 and more in an account, its dashboards and other users included.
///
/// See <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html>.
const CONCURRENT_QUERIES: usize = 8;

/// The result of a summary.
pub(crate) struct Summarized {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) answered: u64,
    pub(crate) failed: u64,
}

/// Summarizes the requests of the time range, and writes the summary into files: none if the user interrupts.
///
/// # Errors
/// [`ErrorCode::InvalidOption`](crate::error::ErrorCode::InvalidOption) if more bytes would be scanned than the
/// settings allow, those of the calls, and of writing files.
pub(crate) async fn summarize(
    source: &LogSource<'_>,
    settings: &Settings,
    report: &ReportOptions,
    interrupt: &dyn Interrupt,
) -> Result<Summarized> {
    let totals = if let Some(group) = log_group::look_up(source).await? {
        let Some(totals) = query_totals(source, settings, &group, interrupt).await? else {
            return Ok(Summarized { files: Vec::new(), answered: 0, failed: 0 });
        };
        totals
    } else {
        let (group, region) = (&source.log_group, source.region());
        source.reporter.log(format!("no requests found: the log group {group} does not exist in {region} yet"));
        Totals::default()
    };
    report::print(&totals, report, source.reporter);
    let Report { files, latest_problem } = report::write(&totals, report)?;
    if let Some(problem) = latest_problem {
        source.reporter.warning(problem.to_string());
    }
    Ok(Summarized { files, answered: totals.summary.answered(), failed: totals.summary.failed() })
}

/// Returns the totals of the time range; `None` if the user interrupts.
async fn query_totals(
    source: &LogSource<'_>,
    settings: &Settings,
    group: &LogGroup,
    interrupt: &dyn Interrupt,
) -> Result<Option<Totals>> {
    let Some(range) = group.clamp(&source.range) else { return Ok(Some(Totals::default())) };
    let budget = Budget::new(settings.max_scanned_bytes);
    let estimate = group.estimate(&range, &source.range);
    budget.check_estimate(estimate.expected_bytes)?;
    source.reporter.log(estimate.announcement(&source.log_group, settings.max_scanned_bytes));
    let queries = Queries::new(source, &budget);
    let read = async {
        let parts = count_lines(&queries, &range).await?;
        budget.check_second_pass()?;
        read_lines(source, settings, &queries, parts).await
    };
    let totals = tokio::select! {
        totals = read => totals.map(Some),
        () = interrupt.interrupted() => Ok(None),
    };
    // After an error or an interruption, queries may still be running.
    queries.stop_all().await;
    let (scanned, runs) = (budget.scanned_bytes(), queries.started());
    source.reporter.log(format!("scanned {} with {}", bytes(scanned), query::number(runs)));
    Ok(totals?.map(|totals| Totals { scanned_bytes: scanned, queries: runs, ..totals }))
}

/// Counts the lines by hour, and returns the parts of the range to read.
async fn count_lines(queries: &Queries<'_>, range: &std::ops::Range<i64>) -> Result<Vec<Part>> {
    let mut hours = Vec::new();
    for seconds in parts::countable(range) {
        hours.extend(queries.count_by_hour(seconds).await?);
    }
    Ok(parts::plan(hours, range))
}

/// Reads and judges the lines, in the order of time.
async fn read_lines(
    source: &LogSource<'_>,
    settings: &Settings,
    queries: &Queries<'_>,
    parts: Vec<Part>,
) -> Result<Totals> {
    let (all, throttle) = (parts.len(), Throttle::new());
    let mut collector = Collector::new(source, settings.show_tokens);
    let mut read = stream::iter(parts).map(|part| queries.lines(part)).buffered(CONCURRENT_QUERIES).enumerate();
    while let Some((at, lines)) = read.next().await {
        collector.add(lines?);
        if throttle.is_due() {
            source.reporter.log(format!("reading {} of {}", at + 1, count(all, "part")));
        }
    }
    Ok(collector.finish(queries.lines_left_out()))
}
