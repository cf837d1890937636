//! Runs queries: starts them, waits for their results, and stops them.

use crate::aws::retry::pause;
use crate::aws::{CallError, call};
use crate::error::{Error, ErrorCode, Result};
use crate::logs::insights::budget::Budget;
use crate::logs::insights::line::Line;
use crate::logs::insights::parts::{HOUR_SECONDS, MAX_ROWS, Part, divide};
use crate::logs::insights::row::{Row, parse_time_ms, to_row};
use crate::logs::source::LogSource;
use aws_sdk_cloudwatchlogs::error::SdkError;
use aws_sdk_cloudwatchlogs::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_cloudwatchlogs::operation::start_query::builders::StartQueryFluentBuilder;
use aws_sdk_cloudwatchlogs::operation::start_query::{StartQueryError, StartQueryOutput};
use aws_sdk_cloudwatchlogs::types::QueryStatus;
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const COUNT: &str = include_str!("queries/count.txt");
const LINES: &str = include_str!("queries/lines.txt");

/// The longest pause between two looks at a running query.
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// The hint for the rights that only Logs Insights needs.
const RIGHTS: &str = "Allow logs:StartQuery, logs:GetQueryResults and logs:StopQuery to the IAM user or role that \
                      deploys: the statements ForLogsInsights and ForLogsInsightsResults of docs/iam-options-policy.json";

type Started = Result<StartQueryOutput, SdkError<StartQueryError>>;

/// The queries of a summary.
pub(super) struct Queries<'a> {
    source: &'a LogSource<'a>,
    budget: &'a Budget,
    state: Arc<State>,
    /// The requests that start queries. They are not canceled, since AWS may start the query all the same.
    starting: Mutex<Vec<JoinHandle<()>>>,
    /// The lines that are in no row, at least: one for each second with more lines than rows.
    lines_left_out: AtomicU64,
}

#[derive(Default)]
struct State {
    /// The IDs of the queries that have started and not ended.
    running: Mutex<BTreeSet<String>>,
    started: AtomicU64,
}

impl State {
    fn add(&self, id: &str) {
        self.started.fetch_add(1, Ordering::Relaxed);
        self.running().insert(id.to_owned());
    }

    fn running(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.running.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl<'a> Queries<'a> {
    pub(super) fn new(source: &'a LogSource<'a>, budget: &'a Budget) -> Self {
        let (state, starting) = (Arc::default(), Mutex::default());
        Queries { source, budget, state, starting, lines_left_out: AtomicU64::new(0) }
    }

    /// Returns the beginning of each hour with lines, in seconds since the epoch, and the number of lines.
    pub(super) async fn count_by_hour(&self, part: Part) -> Result<Vec<(i64, u64)>> {
        let rows = self.run(COUNT, &part).await?;
        let hour = |row: &Row| Some((parse_time_ms(row.get("bin(1h)")?)? / 1000, row.get("lines")?.parse().ok()?));
        rows.iter()
            .map(|row| hour(row).ok_or_else(|| unreadable(row)))
            .map(|hour| hour.map(|(start, lines)| (start - start.rem_euclid(HOUR_SECONDS), lines)))
            .collect()
    }

    /// Returns the lines of a part, in the order of time. A full result is not complete: the part is read in halves.
    pub(super) async fn lines(&self, part: Part) -> Result<Vec<Line>> {
        let (mut parts, mut lines) = (vec![part], Vec::new());
        while let Some(part) = parts.pop() {
            let rows = self.run(LINES, &part).await?;
            let is_full = rows.len() >= MAX_ROWS;
            let read = rows.iter().map(|row| Line::from_row(row).ok_or_else(|| unreadable(row)));
            let mut read = read.collect::<Result<Vec<Line>>>()?;
            // The end of a query is inclusive, and that second belongs to the next part. If rows of it were returned,
            // all of this part were.
            let is_cut = is_full && read.last().is_some_and(|line| line.time_ms < part.end * 1000);
            if is_cut && part.end - part.start > 1 {
                parts.extend(divide(&part, 2).into_iter().rev());
                continue;
            }
            self.lines_left_out.fetch_add(u64::from(is_cut), Ordering::Relaxed);
            read.retain(|line| (part.start * 1000..part.end * 1000).contains(&line.time_ms));
            lines.append(&mut read);
        }
        Ok(lines)
    }

    /// Returns the number of queries that were started.
    pub(super) fn started(&self) -> u64 {
        self.state.started.load(Ordering::Relaxed)
    }

    /// Returns whether a second had more lines than a query returns rows.
    pub(super) fn lines_left_out(&self) -> bool {
        self.lines_left_out.load(Ordering::Relaxed) > 0
    }

    /// Stops the queries that are running, so that they do not scan more. A query that has ended cannot be stopped.
    pub(super) async fn stop_all(&self) {
        let starting = std::mem::take(&mut *self.starting());
        for request in starting {
            // It has added its query.
            let _ = request.await;
        }
        let running = std::mem::take(&mut *self.state.running());
        for id in running {
            let request = self.source.client.stop_query().query_id(&id);
            let stopped = call("stopping a query of Logs Insights", "logs:StopQuery").send(|| request.clone().send());
            if let Err(error) = stopped.await
                && error.is_denied()
            {
                self.source.reporter.warning(error.hint(RIGHTS).to_string());
                return;
            }
        }
    }

    /// Runs a query over a part, and returns its rows.
    async fn run(&self, query: &str, part: &Part) -> Result<Vec<Row>> {
        let Some(id) = self.start(query, part).await? else { return Ok(Vec::new()) };
        let rows = self.results(&id).await?;
        self.state.running().remove(&id);
        Ok(rows)
    }

    /// Returns the ID of a new query; `None` if the part is before the first event that the group may have.
    async fn start(&self, query: &str, part: &Part) -> Result<Option<String>> {
        let LogSource { client, log_group, reporter, .. } = self.source;
        let request = client.start_query().log_group_name(log_group).query_string(query);
        // Both are inclusive, in seconds.
        let request = request.start_time(part.start).end_time(part.end);
        let started = call(format!("starting a query of Logs Insights over {log_group}"), "logs:StartQuery")
            .reporting(*reporter)
            .send(|| self.send_start(request.clone()))
            .await;
        match started {
            Ok(started) => Ok(started.query_id),
            Err(error) if is_before_first_event(&error) => Ok(None),
            Err(error) => Err(with_rights(error)),
        }
    }

    /// Sends a request that goes on if its future is dropped.
    fn send_start(&self, request: StartQueryFluentBuilder) -> impl Future<Output = Started> + use<> {
        let (sender, answer) = oneshot::channel();
        let state = Arc::clone(&self.state);
        let sending = tokio::spawn(async move {
            let started = request.send().await;
            if let Ok(StartQueryOutput { query_id: Some(id), .. }) = &started {
                state.add(id);
            }
            // The receiver is gone if reading has been interrupted.
            let _ = sender.send(started);
        });
        let mut starting = self.starting();
        starting.retain(|sending| !sending.is_finished());
        starting.push(sending);
        async {
            match answer.await {
                Ok(started) => started,
                Err(canceled) => Err(SdkError::construction_failure(canceled)),
            }
        }
    }

    fn starting(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.starting.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Waits for the end of a query, and returns its rows.
    async fn results(&self, id: &str) -> Result<Vec<Row>> {
        for attempt in 0.. {
            let results = self.look(id).await?;
            if let Some(statistics) = &results.statistics {
                self.budget.record(id, statistics.bytes_scanned)?;
            }
            match results.status {
                Some(QueryStatus::Complete) => {
                    return Ok(results.results.unwrap_or_default().into_iter().map(to_row).collect());
                }
                Some(QueryStatus::Scheduled | QueryStatus::Running) | None => {}
                Some(QueryStatus::Timeout) => {
                    let message = "the query of Logs Insights did not end within AWS's limit of 60 minutes";
                    return Err(Error::new(ErrorCode::ResourceNotReady, message).hint("Choose a shorter time range"));
                }
                Some(status) => {
                    let message = format!("the query of Logs Insights ended as {status}");
                    return Err(Error::new(ErrorCode::AwsRequestRejected, message).hint("Try again"));
                }
            }
            tokio::time::sleep(pause(attempt, MAX_PAUSE)).await;
        }
        Ok(Vec::new())
    }

    async fn look(&self, id: &str) -> Result<GetQueryResultsOutput> {
        let request = self.source.client.get_query_results().query_id(id);
        call("reading the results of a query of Logs Insights", "logs:GetQueryResults")
            .send(|| request.clone().send())
            .await
            .map_err(with_rights)
    }
}

/// Returns a number of queries as text.
pub(super) fn number(queries: u64) -> String {
    if queries == 1 { "1 query".to_owned() } else { format!("{queries} queries") }
}

/// Returns whether AWS refuses a query since its range ends before the group's creation or its retention.
fn is_before_first_event(error: &CallError) -> bool {
    error.is("MalformedQueryException")
        && ["log groups creation time", "log retention settings"].iter().any(|part| error.message_contains(part))
}

fn with_rights(error: CallError) -> Error {
    if error.is_denied() { error.hint(RIGHTS).into() } else { error.into() }
}

fn unreadable(row: &Row) -> Error {
    let fields: BTreeSet<&String> = row.keys().collect();
    let message = format!("the result of a query of Logs Insights has an unexpected form: {fields:?}");
    Error::new(ErrorCode::Internal, message).hint("Please report it, unless it comes from an emulator")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the lines of a query that filter.
    fn filter(query: &str) -> Vec<&str> {
        query.lines().skip_while(|line| !line.starts_with("| filter")).take(2).collect()
    }

    #[test]
    fn both_queries_are_about_the_same_lines() {
        assert_eq!(filter(COUNT), filter(LINES));
        assert!(filter(COUNT)[1].ends_with(')'));
    }

    /// See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html>.
    #[test]
    fn queries_use_commands_and_fields_that_the_infrequent_access_class_has() {
        for query in [COUNT, LINES] {
            assert!(query.len() <= 10_000, "a query string has at most 10,000 characters");
            let is_comment = |line: &&str| line.starts_with('#');
            for command in query.lines().filter(|line| !is_comment(line)).filter(|line| !line.starts_with("    ")) {
                let name = command.trim_start_matches("| ").split(' ').next().unwrap();
                assert!(["fields", "filter", "parse", "stats", "sort", "limit", "display"].contains(&name), "{name}");
            }
            for discovered in ["@requestId", "@duration", "@type", "@billedDuration"] {
                assert!(!query.contains(discovered), "{discovered}");
            }
        }
    }
}
