//! Pulls the skill's recent requests from CloudWatch Logs and writes them into files.

mod buffer;
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
use crate::config::env::{LOGS_FOLLOW, LOGS_MINUTES, LOGS_SINCE};
use crate::config::options::{LogStatus, Options};
use crate::config::project::Project;
use crate::error::{Error, ErrorCode, Result};
use crate::output::Host;
use crate::output::format::duration;
use crate::output::interrupt::Interrupt;
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use buffer::DiskBuffer;
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
    let mut started = Instant::now();
    let LogsRequest { project, options, logs_root, function_arn, follow, color } = request;
    let is_followed = follow::is_requested(*follow)?;
    let range = if is_followed {
        check_range_of_following()?;
        // Following determines it by AWS's clock.
        0..1
    } else {
        time_range::resolve(&options.logs)?
    };
    let (status, formats) = (selection::status(&options.logs)?, selection::formats(&options.logs)?);
    options.report_unknown_keys(reporter);
    let insights = insights::settings(&options.logs)?;
    // A summary is about all requests.
    let status = if insights.is_some() { LogStatus::All } else { status };
    if is_followed && insights.is_some() {
        let message = "logs cannot be followed by Logs Insights";
        return Err(Error::new(ErrorCode::InvalidOption, message).hint("Set logsConfiguration.source to \"events\""));
    }
    let sign_in = SignIn { project, options, deployed_arn: function_arn.as_deref() };
    let SignedIn { config, account_id, region, .. } = aws::load_sdk_config(&sign_in, host).await?;
    if let Some(warning) = region::elsewhere_warning(&region, function_arn.as_deref()) {
        reporter.warning(warning);
    }
    let mut source = LogSource {
        client: Client::new(&config),
        log_group: log_group_of(request, &config, account_id.as_deref())?,
        function_name: project.function_name(),
        range,
        reporter,
    };
    if is_followed {
        let (function_arn, of_credentials) = (function_arn.as_deref(), account_id.as_deref());
        let account = Account { config: &config, function_arn, of_credentials };
        let show_tokens = options.logs.show_tokens;
        let follow = Follow { source: &source, account, show_tokens, status, color: *color };
        source = source.with_range(follow::run(&follow, interrupt).await?);
        started = Instant::now();
    }

    let report = ReportOptions {
        folder: logs_root.join(&project.variant),
        title: format!("{} ({})", project.name, project.variant),
        formats,
        scope: Scope { range: source.range.clone(), status, zone: TimeZone::system(), incomplete: None },
        region: source.region().to_owned(),
        log_group: source.log_group.clone(),
    };
    if let Some(settings) = insights {
        let summarized = insights::summarize(&source, &settings, &report, interrupt).await?;
        let insights::Summarized { files, answered, failed } = summarized;
        log_files(&files, "", reporter);
        return Ok(LogsResult { files, answered, failed });
    }

    let buffer = DiskBuffer::new(status)?;
    // Following has been interrupted once already: the next time ends the process.
    let interrupted = async { if is_followed { pending().await } else { interrupt.interrupted().await } };
    let fetched = fetch::fetch_events(&source, options.logs.show_tokens, &buffer, interrupted).await?;
    let mut invocations = buffer.into_sorted()?;
    let (has_group, stopped) = match fetched {
        Fetched::NoLogGroup => (false, None),
        Fetched::All => (true, None),
        Fetched::Part(reason) if invocations.is_empty() && invocations.summary.requests() == 0 => return Err(reason),
        Fetched::Part(reason) => (true, Some(reason)),
    };
    let incomplete = stopped.as_ref().map(reason_for_reports);
    let report = ReportOptions { scope: Scope { incomplete, ..report.scope }, ..report };
    let writing = tokio::task::spawn_blocking(move || {
        let written = report::write(&report, &mut invocations)?;
        Ok((written, invocations.summary))
    });
    let (Report { files, latest_problem }, summary) = writing.await.unwrap_or_else(|panic| {
        Err(Error::new(ErrorCode::Internal, format!("internal error while writing the logs: {panic}")))
    })?;
    log_files(&files, if incomplete.is_some() { " (not complete)" } else { "" }, reporter);
    if let Some(problem) = latest_problem {
        reporter.warning(problem.to_string());
    }
    for line in report::labels::top_causes(summary.failure_groups()) {
        reporter.log(line);
    }
    let (answered, failed) = (summary.answered(), summary.failed());
    let only = if status == LogStatus::Failed { ", of which the failed ones were written" } else { "" };
    let took = duration(started.elapsed());
    reporter.log(format!("requests: {answered} answered, {failed} failed{only}; pulled in {took}"));
    if let Some(Error { code, message, hint }) = stopped {
        return Err(Error { code, message: format!("the logs are not complete: {message}"), hint });
    }
    if !has_group {
        let region = source.region();
        reporter.log(format!("no requests found: the log group {} does not exist in {region} yet", source.log_group));
    } else if summary.requests() == 0 && !is_followed {
        reporter.log(no_requests(&source.range));
    }
    Ok(LogsResult { files, answered, failed })
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
