//! The skill's recent requests, out of CloudWatch Logs, into files that a person can read.

mod buffer;
mod event;
mod fetch;
mod invocation;
mod list_streams;
mod redact;
mod report;
mod summary;
mod time_range;

use crate::aws;
use crate::config::options::Options;
use crate::config::project::Project;
use crate::error::Result;
use crate::output::reporter::Reporter;
use buffer::Spool;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Instant;

/// A request for the logs of one target.
#[derive(Clone, Debug)]
pub(crate) struct Pull {
    pub(crate) project: Project,
    pub(crate) options: Options,
    /// `<root>/.logs`: each target gets a folder in it.
    pub(crate) logs_root: PathBuf,
    /// The ARN of the deployed function, whose region is the one to look in.
    pub(crate) function_arn: Option<String>,
}

/// What a pull has found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pulled {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) answered: u64,
    pub(crate) failed: u64,
}

/// Collects all requests of the time range and writes them down, newest first.
pub(crate) async fn pull(pull: &Pull, reporter: &dyn Reporter) -> Result<Pulled> {
    let started = Instant::now();
    let options = &pull.options.logs;
    let range = time_range::chosen(options)?;
    let formats = time_range::formats(options)?;
    let config = aws::load_sdk_config(&pull.project, &pull.options, pull.function_arn.as_deref(), reporter).await?;

    let group = group(pull);
    let spool = Spool::new()?;
    let found =
        fetch::all(&config, &group, &pull.project.function_name(), &range, options.show_tokens, &spool, reporter)
            .await?;
    if !found {
        reporter.log(format!("no log records found for this skill yet: there is no log group {group}"));
    }
    let folder = pull.logs_root.join(&pull.project.variant);
    let title = format!("{} ({})", pull.project.name, pull.project.variant);
    let (requests, zone) = (spool.sorted()?, TimeZone::system());
    let writing =
        tokio::task::spawn_blocking(move || report::write(&folder, &title, &formats, requests, &range, &zone));
    let (files, summary) = writing.await.unwrap_or_else(|defect| {
        let problem = format!("a defect in writing the logs: {defect}");
        Err(crate::error::Error::new(crate::error::ErrorCode::Internal, problem))
    })?;
    for file in &files {
        reporter.log(format!("pulled {}", file.display()));
    }
    reporter.log(format!(
        "{} requests answered, {} failed, in {} ms",
        summary.answered(),
        summary.failed(),
        started.elapsed().as_millis()
    ));
    Ok(Pulled { files, answered: summary.answered(), failed: summary.failed() })
}

/// `logsConfiguration.logGroup`, else the group that the function is configured to log to, else the function's own.
fn group(pull: &Pull) -> String {
    let configured = pull.options.lambda_configuration.get("LoggingConfig").and_then(|logging| logging.get("LogGroup"));
    let chosen = pull.options.logs.log_group.as_deref().or(configured.and_then(|group| group.as_str()));
    chosen.map_or_else(|| pull.project.log_group_name(), str::to_owned)
}
