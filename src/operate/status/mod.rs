//! Shows what stands where: each resource of a target, and what differs from its config.

mod bucket;
mod differences;
mod function;
mod reads;
mod storage;

use crate::aws::SignedIn;
use crate::aws::s3::{BucketLookup, RequestParams, bucket_name};
use crate::aws::session::Session;
use crate::deploy::last_change;
use crate::deploy::request::DeployRequest;
use crate::error::Result;
use crate::lambda::configuration::FunctionOptions;
use crate::lambda::execution_role::DesiredRole;
use crate::logs::count::{self, Requests};
use crate::output::{Output, artifacts};
use bucket::BucketPart;
use differences::{Comparison, Differences};
use function::{AliasPart, FunctionPart, RolePart};
use reads::{NotShown, Reads};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;
use storage::{LogGroupPart, TablePart};

/// The time whose requests are counted.
const COUNTED: Duration = Duration::from_hours(1);

/// The state of a target. A part is `None` if it does not exist, is not wanted, or is not shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    project: String,
    target: String,
    region: String,
    /// The alias that Alexa invokes.
    endpoint: String,
    bucket: Option<BucketPart>,
    function: Option<FunctionPart>,
    aliases: Option<Vec<AliasPart>>,
    /// The skills and others that may invoke the endpoint.
    may_invoke: Option<Vec<String>>,
    role: Option<RolePart>,
    table: Option<TablePart>,
    /// The attribute by which items of the table expire; empty if they do not.
    time_to_live: Option<String>,
    /// Whether the table is backed up continuously.
    backups: Option<bool>,
    log_group: Option<LogGroupPart>,
    last_hour: Option<Requests>,
    last_deployment: Option<LastDeployment>,
    last_change: LastChange,
    differences: Differences,
    not_wanted: Vec<NotWanted>,
    not_shown: Vec<NotShown>,
}

/// A part that the config does not ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct NotWanted {
    what: &'static str,
    why: &'static str,
}

/// The last deployment that was begun on this machine, or on one whose `artifacts.json` was committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct LastDeployment {
    /// As the CLI writes it: local time.
    date: String,
    /// When it was begun, in UTC, if that was recorded.
    time: Option<String>,
    /// How it has failed; `None` if it has not, or has not recorded that.
    failure: Option<Failure>,
    commit: Option<String>,
    /// The first line of the commit's message.
    message: Option<String>,
    has_uncommitted_changes: bool,
}

/// The failure of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Failure {
    /// In UTC.
    at: String,
    code: Option<String>,
}

/// The last deployment that has changed something, as far as the artifacts and the function show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct LastChange {
    /// When the function was changed, as AWS writes it.
    function_at: Option<String>,
    /// The user of the machine, or who has started the job of a CI service.
    by: Option<String>,
    commit: Option<String>,
}

/// Reads everything concurrently.
///
/// # Errors
/// `InvalidOption` for an invalid config; the error of a call, unless a right is missing.
pub(crate) async fn read(
    session: Session<'_>,
    signed_in: &SignedIn,
    target: &DeployRequest,
    output: &Output<'_>,
) -> Result<Status> {
    let DeployRequest { project, options, .. } = target;
    let (function, alias) = (project.function_name(), format!("release-{}", target.current_version));
    let configured = FunctionOptions::new(target)?;
    let log_group = options.function_log_group()?.unwrap_or_else(|| project.log_group_name());
    let role = role_name(target, &configured, &log_group);
    let params = RequestParams::parse(options.s3.upload_params.as_ref())?;
    let bucket_name = options.s3.bucket_name.as_deref();
    bucket_name.map(bucket_name::validate).transpose()?;
    let lookup = bucket_name.map(|name| BucketLookup::new(signed_in, name, project.asset_prefix(), params));
    let table = target.persistent_store.then(|| project.table_name());
    let request = &DeployRequest { dry_run: true, ..target.clone() };
    let comparison = Comparison { session, request, bucket: lookup.as_ref(), output };

    let reads = Reads::default();
    let (
        bucket,
        observed,
        aliases,
        may_invoke,
        role_part,
        table_part,
        time_to_live,
        backups,
        log_group_part,
        last_hour,
        differences,
    ) = tokio::try_join!(
        reads.part("bucket", async {
            match &lookup {
                Some(lookup) => bucket::read(session, lookup, options.s3.public_access).await,
                None => Ok(None),
            }
        }),
        reads.part("function", function::read(session, &function)),
        reads.part("aliases", function::read_aliases(session, &function)),
        reads.part("Alexa access", function::read_grantees(session, &function, &alias)),
        reads.part("role", function::read_role(session, &role)),
        reads.part("table", if_some(table.as_deref(), |name| storage::read_table(session, name))),
        reads.part("time to live", if_some(table.as_deref(), |name| storage::read_time_to_live(session, name))),
        reads.part("backups", if_some(table.as_deref(), |name| storage::read_backups(session, name))),
        reads.part("log group", storage::read_log_group(session, &log_group)),
        reads.part("requests of the last hour", count::recent(session, &log_group, &function, COUNTED)),
        comparison.read(&reads),
    )?;
    let may_exist = observed.is_some() || reads.hides("function");
    Ok(Status {
        project: project.name.clone(),
        target: project.variant.clone(),
        region: session.region().to_owned(),
        endpoint: alias,
        bucket,
        function: observed.as_ref().map(|observed| FunctionPart::new(&function, observed)),
        // Without the function, these are empty lists.
        aliases: aliases.filter(|_| may_exist),
        may_invoke: may_invoke.filter(|_| may_exist),
        role: role_part,
        table: table_part,
        time_to_live,
        backups,
        log_group: log_group_part,
        last_hour,
        last_deployment: last_deployment(
            output.artifacts.get("lastDeployment"),
            output.artifacts.get(artifacts::LAST_FAILURE),
        ),
        last_change: last_change(
            output.artifacts.get(last_change::ARTIFACT),
            observed.as_ref().and_then(|observed| observed.last_modified()),
        ),
        differences,
        not_wanted: not_wanted(target),
        not_shown: reads.into_not_shown(),
    })
}

/// Reads a resource that the skill may not have.
async fn if_some<'a, T, F>(name: Option<&'a str>, read: impl FnOnce(&'a str) -> F) -> Result<Option<T>>
where
    F: Future<Output = Result<Option<T>>>,
{
    match name {
        Some(name) => read(name).await,
        None => Ok(None),
    }
}

/// Returns the name of the function's role.
fn role_name(target: &DeployRequest, configured: &FunctionOptions, log_group: &str) -> String {
    match DesiredRole::new(target, configured.configuration.role.as_deref(), log_group) {
        DesiredRole::Managed { name, .. } => name,
        DesiredRole::External(arn) => arn.rsplit('/').next().unwrap_or(&arn).to_owned(),
    }
}

/// Returns the parts that the config does not ask for.
fn not_wanted(target: &DeployRequest) -> Vec<NotWanted> {
    let bucket = NotWanted { what: "bucket", why: "s3Configuration.bucketName is not set" };
    let table = NotWanted { what: "table", why: "the skill keeps its state in session attributes" };
    let has_bucket = target.options.s3.bucket_name.is_some();
    [(!has_bucket).then_some(bucket), (!target.persistent_store).then_some(table)].into_iter().flatten().collect()
}

/// Reads the artifact that this module saves.
fn last_change(artifact: Option<&Value>, function_at: Option<&str>) -> LastChange {
    let text = |key: &str| artifact.and_then(|found| found.get(key)?.as_str()).map(str::to_owned);
    LastChange { function_at: function_at.map(str::to_owned), by: text("by"), commit: text("commit") }
}

/// Reads the artifact that the CLI saves before each deployment, and that of a failure, which may be an earlier one's.
fn last_deployment(artifact: Option<&Value>, failure: Option<&Value>) -> Option<LastDeployment> {
    let artifact = artifact?;
    let text = |pointer: &str| artifact.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let changes = artifact.pointer("/git/uncommittedChanges").and_then(Value::as_array);
    let date = text("/date")?;
    Some(LastDeployment {
        failure: failure.and_then(|failure| failure_of(&date, failure)),
        date,
        time: text("/time"),
        commit: text("/git/currentCommitHash"),
        message: text("/git/currentCommitComment/0"),
        has_uncommitted_changes: changes.is_some_and(|changes| !changes.is_empty()),
    })
}

/// Returns the failure, if it is that of the deployment of this date.
fn failure_of(date: &str, failure: &Value) -> Option<Failure> {
    let text = |key: &str| failure.get(key).and_then(Value::as_str).map(str::to_owned);
    (text("deployment")? == date).then_some(Failure { at: text("at")?, code: text("code") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_user_or_commit_that_was_not_known_is_not_shown() {
        let shown = |artifact: Value| {
            let LastChange { by, commit, .. } = last_change(Some(&artifact), None);
            (by, commit)
        };
        assert_eq!(shown(json!({"by": null, "commit": "abc"})), (None, Some("abc".into())));
        assert_eq!(shown(json!({"by": "ann"})), (Some("ann".into()), None));
        for broken in [json!(null), json!([]), json!("ann"), json!({"by": 7, "commit": {}})] {
            assert_eq!(shown(broken.clone()), (None, None), "{broken}");
        }
        assert_eq!(last_change(None, Some("2026-11-27")).function_at.as_deref(), Some("2026-11-27"));
    }

    #[test]
    fn the_last_deployment_is_what_the_cli_saved() {
        let git =
            json!({"currentCommitHash": "abc", "currentCommitComment": ["Add tea", "More"], "uncommittedChanges": []});
        let last_deployment = |artifact: Value| last_deployment(Some(&artifact), None);
        let found = last_deployment(json!({"date": "11/27/2026, 1:00:00 AM", "git": git})).unwrap();
        assert_eq!((found.commit.as_deref(), found.message.as_deref()), (Some("abc"), Some("Add tea")));
        assert!(!found.has_uncommitted_changes);
        let without_git = json!({"date": "today", "git": {"currentCommit": "could not retrieve git info"}});
        assert_eq!(last_deployment(without_git).unwrap().commit, None);
        for broken in [json!(null), json!("today"), json!({"date": 7})] {
            assert_eq!(last_deployment(broken), None);
        }
    }

    #[test]
    fn a_failure_counts_for_its_own_deployment() {
        let (today, at) = ("11/27/2026, 1:00:00 AM", "2026-11-27T01:00:07.000Z");
        let failed = |deployment: Value| {
            let failure = json!({"deployment": deployment, "at": at, "code": "ACCESS_DENIED"});
            last_deployment(Some(&json!({"date": today, "time": at})), Some(&failure)).unwrap()
        };
        let Failure { at: found, code } = failed(json!(today)).failure.unwrap();
        assert_eq!((found.as_str(), code.as_deref()), (at, Some("ACCESS_DENIED")));
        assert_eq!(failed(json!(today)).time.as_deref(), Some(at));
        for other in [json!("11/26/2026, 1:00:00 AM"), json!(null), json!({})] {
            assert_eq!(failed(other).failure, None);
        }
        let date = json!({ "date": today });
        for broken in [json!(null), json!("x"), json!({"deployment": today}), json!({"deployment": today, "at": 7})] {
            assert_eq!(last_deployment(Some(&date), Some(&broken)).unwrap().failure, None, "{broken}");
        }
        let unknown = last_deployment(Some(&date), Some(&json!({"deployment": today, "at": at, "code": null})));
        assert_eq!(unknown.unwrap().failure.unwrap().code, None);
    }
}
