//! Pulls the skill's recent requests from CloudWatch Logs and writes them into files.

mod buffer;
mod choice;
pub(crate) mod count;
mod event;
mod failure_groups;
mod fetch;
mod follow;
mod group_description;
mod insights;
mod invocation;
mod list_streams;
mod log_group;
mod printable;
mod read_events;
mod redact;
mod refusals;
mod report;
mod selection;
mod source;
mod summary;
pub(crate) mod tail;
mod time_range;

use crate::aws::{self, SignIn, SignedIn, region};
use crate::config::env::LOGS_SINCE;
use crate::config::options::{LogStatus, Options};
use crate::config::project::Project;
use crate::error::{Error, ErrorCode, Result};
use crate::output::Host;
use crate::output::format::duration;
use crate::output::interrupt::Interrupt;
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use buffer::{DiskBuffer, SortedInvocations};
use choice::Choice;
use fetch::Fetched;
use follow::{Account, Follow};
use jiff::tz::TimeZone;
use report::scope::Scope;
use report::{Report, ReportOptions};
use serde::Serialize;
use source::LogSource;
use std::future::pending;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Instant;
use summary::Summary;

/// A request for the logs of one deployment target.
#[derive(Clone, Debug)]
pub(crate) struct LogsRequest {
    pub(crate) project: Project,
    pub(crate) options: Options,
    /// `<root>/.logs`, which has a folder for each target.
    pub(crate) logs_root: PathBuf,
    /// The ARN of the deployed function, which has the region to use.
    pub(crate) function_arn: Option<String>,
    /// Whether to show requests as they end, if the caller decides. Otherwise the environment does.
    pub(crate) follow: Option<bool>,
    /// Whether lines go to a terminal that shows colors.
    pub(crate) color: bool,
}

/// The result of a pull.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogsResult {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) answered: u64,
    pub(crate) failed: u64,
}

/// Collects all requests of the time range and writes them into files, newest first. If the logs are followed, the
/// range begins now and ends when the user interrupts; until then, requests are shown as they end.
///
/// # Errors
/// [`ErrorCode::InvalidOption`] for an invalid time range, format or variable, [`ErrorCode::FileError`] for a file that
/// cannot be written, and those of the calls.
pub(crate) async fn pull_logs(request: &LogsRequest, host: &Host, interrupt: &dyn Interrupt) -> Result<LogsResult> {
    let reporter = &*host.reporter;
    let LogsRequest { project, options, function_arn, .. } = request;
    options.report_unknown_keys(reporter);
    let choice = Choice::of(&options.logs, request.follow)?;
    let sign_in = SignIn { project, options, deployed_arn: function_arn.as_deref() };
    let SignedIn { config, account_id, region, .. } = aws::load_sdk_config(&sign_in, host).await?;
    if let Some(warning) = region::elsewhere_warning(&region, function_arn.as_deref()) {
        reporter.warning(warning);
    }
    let source = LogSource {
        client: Client::new(&config),
        log_group: log_group_of(request, &config, account_id.as_deref())?,
        function_name: project.function_name(),
        range: choice.range.clone(),
        reporter,
    };
    let account =
        Account { config: &config, function_arn: function_arn.as_deref(), of_credentials: account_id.as_deref() };
    match &choice.insights {
        Some(settings) => summarize(&source, settings, &report_options(request, &choice, &source), interrupt).await,
        None if choice.is_followed => {
            let Choice { status, .. } = choice;
            let show_tokens = options.logs.show_tokens;
            let follow = Follow { source: &source, account, show_tokens, status, color: request.color };
            let source = source.with_range(follow::run(&follow, interrupt).await?);
            // Following has been interrupted once already: the next time ends the process.
            pull(request, &choice, &source, pending()).await
        }
        None => pull(request, &choice, &source, interrupt.interrupted()).await,
    }
}

fn report_options(request: &LogsRequest, choice: &Choice, source: &LogSource<'_>) -> ReportOptions {
    let Project { name, variant, .. } = &request.project;
    let (range, status) = (source.range.clone(), choice.status);
    ReportOptions {
        folder: request.logs_root.join(variant),
        title: format!("{name} ({variant})"),
        formats: choice.formats.clone(),
        scope: Scope { range, status, zone: TimeZone::system(), incomplete: None },
        region: source.region().to_owned(),
        log_group: source.log_group.clone(),
    }
}

/// Lets Logs Insights summarize the time range.
async fn summarize(
    source: &LogSource<'_>,
    settings: &insights::Settings,
    report: &ReportOptions,
    interrupt: &dyn Interrupt,
) -> Result<LogsResult> {
    let insights::Summarized { files, answered, failed } =
        insights::summarize(source, settings, report, interrupt).await?;
    log_files(&files, "", source.reporter);
    Ok(LogsResult { files, answered, failed })
}

/// Reads all events of the time range, until the user interrupts, and writes their requests.
async fn pull(
    request: &LogsRequest,
    choice: &Choice,
    source: &LogSource<'_>,
    interrupted: impl Future<Output = ()>,
) -> Result<LogsResult> {
    let started = Instant::now();
    let buffer = DiskBuffer::new(choice.status)?;
    let fetched = fetch::fetch_events(source, request.options.logs.show_tokens, &buffer, interrupted).await?;
    let invocations = buffer.into_sorted()?;
    let (has_group, stopped) = match fetched {
        Fetched::NoLogGroup => (false, None),
        Fetched::All => (true, None),
        Fetched::Part(reason) if invocations.is_empty() && invocations.summary.requests() == 0 => return Err(reason),
        Fetched::Part(reason) => (true, Some(reason)),
    };
    let mut report = report_options(request, choice, source);
    report.scope.incomplete = stopped.as_ref().map(reason_for_reports);
    let (files, summary) = write_reports(report, invocations, source.reporter).await?;
    log_summary(&summary, choice.status, started, source.reporter);
    if let Some(Error { code, message, hint }) = stopped {
        return Err(Error { code, message: format!("the logs are not complete: {message}"), hint });
    }
    if !has_group {
        let LogSource { log_group, reporter, .. } = source;
        reporter.log(format!("no requests found: the log group {log_group} does not exist in {} yet", source.region()));
    } else if summary.requests() == 0 && !choice.is_followed {
        source.reporter.log(no_requests(&source.range));
    }
    Ok(LogsResult { files, answered: summary.answered(), failed: summary.failed() })
}

/// Writes a file for each format. Returns their paths, and the summary of all requests.
async fn write_reports(
    options: ReportOptions,
    mut invocations: SortedInvocations,
    reporter: &dyn Reporter,
) -> Result<(Vec<PathBuf>, Summary)> {
    let mark = if options.scope.incomplete.is_some() { " (not complete)" } else { "" };
    let writing = tokio::task::spawn_blocking(move || {
        let written = report::write(&options, &mut invocations)?;
        Ok((written, invocations.summary))
    });
    let (Report { files, latest_problem }, summary) = writing.await.unwrap_or_else(|panic| {
        Err(Error::new(ErrorCode::Internal, format!("internal error while writing the logs: {panic}")))
    })?;
    log_files(&files, mark, reporter);
    if let Some(problem) = latest_problem {
        reporter.warning(problem.to_string());
    }
    Ok((files, summary))
}

fn log_summary(summary: &Summary, status: LogStatus, started: Instant, reporter: &dyn Reporter) {
    for line in report::labels::top_causes(summary.failure_groups()) {
        reporter.log(line);
    }
    let (answered, failed) = (summary.answered(), summary.failed());
    let only = if status == LogStatus::Failed { ", of which the failed ones were written" } else { "" };
    let took = duration(started.elapsed());
    reporter.log(format!("requests: {answered} answered, {failed} failed{only}; pulled in {took}"));
}

/// Returns a text without the secrets that logs do not show either.
pub(crate) fn redacted(text: &str) -> String {
    redact::Redactor::default().redact(text).unwrap_or_else(|| text.to_owned())
}

/// Returns a text that is safe to show in a terminal.
pub(crate) fn printable_text(text: &str) -> String {
    printable::text(text).into_owned()
}

/// Returns the place of an error by the lines of its stack trace: the first frame in the skill's code, if there is one.
pub(crate) fn location_of_error(trace: &[&str]) -> Option<String> {
    event::stack::location(trace.iter().copied())
}

/// Returns a line that states where the pull found nothing, and how to look further.
fn no_requests(range: &Range<i64>) -> String {
    let time = |time_ms| report::text::local_time(time_ms, &TimeZone::system());
    let looked = format!("no requests found from {} to {}", time(range.start), time(range.end));
    match time_range::longer(range) {
        Some(longer) => format!("{looked}. To look further back, set {}={longer}", LOGS_SINCE.name),
        None => format!("{looked}. Check awsRegion and the target's name"),
    }
}

fn log_files(files: &[PathBuf], mark: &str, reporter: &dyn Reporter) {
    for file in files {
        reporter.log(format!("pulled {}{mark}", file.display()));
    }
}

/// Returns why reading was stopped, for the files: AWS's own message may quote what is not meant for them.
fn reason_for_reports(error: &Error) -> &'static str {
    match error.code {
        ErrorCode::Interrupted => "reading was interrupted",
        ErrorCode::MissingCredentials => "AWS no longer accepted the credentials",
        ErrorCode::AccessDenied => "AWS denied access to a log stream",
        ErrorCode::AwsUnavailable => "AWS could not be reached anymore",
        _ => "AWS rejected a request",
    }
}

/// Returns the name of `logsConfiguration.logGroup`, else of the group that the function is configured to log to, else
/// of its default one.
fn log_group_of(request: &LogsRequest, config: &SdkConfig, account: Option<&str>) -> Result<String> {
    let options = &request.options;
    let of_function = options.function_log_group()?;
    let region = config.region().map_or("", |region| region.as_ref());
    match options.logs.log_group.as_deref().or(of_function.as_deref()) {
        Some(group) => Ok(log_group::name_of(group, region, account)?.to_owned()),
        None => Ok(request.project.log_group_name()),
    }
}
