//! Follows the logs: shows each request when it has ended, until the user interrupts.
//!
//! Events come from Live Tail or, without it, by polling. Both judge requests by the code of a pull. The files come from a
//! pull of the same range at the end, so they have what a session left out.

mod clock;
mod live_tail;
mod log_group_arn;
mod reader;
mod seen;
mod style;
mod viewer;

use crate::config::env::{LOGS_FOLLOW, LOGS_SINCE};
use crate::config::options::LogStatus;
use crate::error::{Error, ErrorCode, Result};
use crate::logs::source::LogSource;
use crate::output::interrupt::Interrupt;
use clock::Clock;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use log_group_arn::log_group_arn;
use reader::{POLL_INTERVAL, Page, Reader};
use seen::Occurrences;
use std::ops::Range;
use std::time::Duration;
use style::Style;
use viewer::{Shown, Viewer, overlapping};

pub(crate) use log_group_arn::Account;

/// The price of Live Tail, which that page lists by region.
const PRICE: &str =
    "Live Tail is billed by the minute, after 1,800 free minutes a month: https://aws.amazon.com/cloudwatch/pricing/";

/// How often it is checked whether CloudWatch returns all events of a session, one second apart.
const CHECKS: usize = 10;

/// How to follow.
pub(crate) struct Follow<'a> {
    pub(crate) source: &'a LogSource<'a>,
    pub(crate) account: Account<'a>,
    pub(crate) show_tokens: bool,
    /// The requests to show.
    pub(crate) status: LogStatus,
    /// Whether lines go to a terminal that shows colors.
    pub(crate) color: bool,
}

/// Returns whether to follow: as the caller demands, or else the environment variable.
///
/// # Errors
/// [`ErrorCode::InvalidOption`], naming the variable.
pub(crate) fn is_requested(by_caller: Option<bool>) -> Result<bool> {
    let by_variable = match LOGS_FOLLOW.get()?.as_deref() {
        None | Some("0") => false,
        Some("1") => true,
        Some(other) => return Err(LOGS_FOLLOW.invalid(other, "1 or 0")),
    };
    Ok(by_caller.unwrap_or(by_variable))
}

/// Shows requests until the user interrupts. Returns the time range, which begins now.
///
/// # Errors
/// Those of the calls. An outage is not an error.
pub(crate) async fn run(follow: &Follow<'_>, interrupt: &dyn Interrupt) -> Result<Range<i64>> {
    let clock = Clock::of_aws(follow.source).await;
    let start_ms = clock.now_ms();
    let source = &follow.source.with_range(start_ms..start_ms + 1);
    let Follow { show_tokens, status, color, .. } = *follow;
    let style = Style { zone: TimeZone::system(), color };
    let mut viewer = Viewer::new(source, show_tokens, Shown { status, style });
    let mut reader = Reader::new(source, clock);
    let following = async {
        tokio::select! {
            () = interrupt.interrupted() => {}
            result = watch(&follow.account, &mut reader, &mut viewer) => result?,
        }
        viewer.finish();
        source.reporter.log("stopping: writing the files; press Ctrl-C again to stop without them");
        let end_ms = clock.now_ms().max(start_ms + 1);
        wait_until_readable(&mut reader, &viewer, end_ms).await?;
        Ok(start_ms..end_ms)
    };
    following.await.inspect_err(|_| report_start(source))
}

/// Reports how to get the files of a follow that has failed, such as after the credentials have expired.
fn report_start(source: &LogSource<'_>) {
    if let Ok(start) = Timestamp::from_millisecond(source.range.start) {
        let name = LOGS_SINCE.name;
        source.reporter.log(format!("following failed before the files were written: set {name}={start} to pull them"));
    }
}

/// Shows requests, from Live Tail as long as it works.
async fn watch(account: &Account<'_>, reader: &mut Reader<'_>, viewer: &mut Viewer<'_>) -> Result<()> {
    let source = reader.source();
    let LogSource { log_group, reporter, .. } = source;
    reporter.log(format!("following {log_group}; press Ctrl-C to stop. {PRICE}"));
    let problem = match log_group_arn(source, account).await {
        Ok(arn) => follow_live_tail(&arn, reader, viewer).await?,
        Err(error) => error,
    };
    let Error { code, message, hint } = problem;
    let hint = if code == ErrorCode::AccessDenied { hint } else { String::new() };
    let message = format!("{message}. Polling instead, which shows requests a few seconds later and is free");
    reporter.warning(Error { code, message, hint }.to_string());
    poll(reader, viewer, Polling::ToTheEnd).await
}

/// Shows requests from Live Tail, which begins when the log group exists. Returns why it does not work.
async fn follow_live_tail(arn: &str, reader: &mut Reader<'_>, viewer: &mut Viewer<'_>) -> Result<Error> {
    loop {
        let problem = live_tail::follow(arn, reader, viewer).await?;
        if !problem.is("ResourceNotFoundException") {
            return Ok(problem.into());
        }
        poll(reader, viewer, Polling::WithoutLogGroup).await?;
        if !reader.has_group_appeared() {
            // The group was there.
            return Ok(problem.into());
        }
    }
}

/// How long to poll.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Polling {
    ToTheEnd,
    WithoutLogGroup,
}

/// Reads at intervals, each time from a while before the last complete reading.
async fn poll(reader: &mut Reader<'_>, viewer: &mut Viewer<'_>, polling: Polling) -> Result<()> {
    let mut of_reading = Occurrences::default();
    loop {
        let (began_ms, from_ms) = (reader.clock().now_ms(), viewer.incomplete_from_ms());
        if reader.read_pages(from_ms, |page| viewer.accept_page(&mut of_reading, page)).await? {
            viewer.completed(began_ms);
            // A line after a REPORT may be on the next page.
            viewer.show_ended();
            if polling == Polling::WithoutLogGroup && !reader.is_group_absent() {
                return Ok(());
            }
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Waits until CloudWatch returns what was shown, so that the files have it: a session is ahead of the other calls.
async fn wait_until_readable(reader: &mut Reader<'_>, viewer: &Viewer<'_>, end_ms: i64) -> Result<()> {
    let from_ms = overlapping(reader.source(), end_ms);
    for check in 0..CHECKS {
        let mut read = Occurrences::default();
        let count = |page: Page| page.events.iter().for_each(|event| _ = read.add(event));
        let is_complete = reader.read_pages(from_ms, count).await?;
        if !is_complete || !reader.repeats_events() || viewer.has_shown_only(&read, from_ms) {
            return Ok(());
        }
        if check == 0 {
            reader.source().reporter.log("waiting for CloudWatch to return all events that were shown");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}
