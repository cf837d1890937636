//! Operates a deployed skill: what the executable offers beside deployments and logs.

mod doctor;
mod invoke;
mod missing_rights;
mod policy;
mod remove;
mod rollback;
mod status;
mod versions;

use crate::aws::session::Session;
use crate::aws::{self, SignIn, region};
use crate::config::env;
use crate::deploy::request::DeployRequest;
use crate::error::{Error, ErrorCode, Result};
use crate::output::Output;
use invoke::Input;
use remove::Shown;
use rollback::Wanted;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A command, by the name that the executable has for it, with its arguments.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "name", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Command {
    /// Shows the state of every resource of the target.
    Status,
    /// Lists the published versions of the function, and what points to them.
    Versions,
    /// Examines what a deployment needs.
    Doctor,
    /// Writes the IAM policy of the target.
    Policy {
        #[serde(rename = "for")]
        purpose: policy::Purpose,
    },
    /// Points the endpoint to another version.
    Rollback {
        /// The version; without one, the newest one before that has other code.
        version: Option<u64>,
        /// Points it to what a deployment points it to instead.
        #[serde(default)]
        undo: bool,
        /// Only shows what would change.
        #[serde(default)]
        dry_run: bool,
    },
    /// Invokes the endpoint as Alexa does.
    Invoke {
        input: Input,
        /// The language of the request.
        locale: String,
        /// Whether the conversation and its item in the table stay for the next call.
        #[serde(default)]
        keep: bool,
        /// Only checks that the caller may invoke it.
        #[serde(default)]
        dry_run: bool,
    },
    /// Removes everything that the target has on AWS, or shows it.
    Remove {
        /// Whether the table is removed, too.
        #[serde(default)]
        table: bool,
        /// The changes that were shown and confirmed; without them, nothing is removed.
        confirmed: Option<Vec<Shown>>,
    },
}

impl Command {
    /// Checks that the environment does not ask for a dry run where this module has none.
    fn check_dry_run(&self) -> Result<()> {
        let name = match self {
            Command::Rollback { .. } => "rollback",
            Command::Remove { .. } => "remove",
            _ => return Ok(()),
        };
        if !env::is_dry_run()? {
            return Ok(());
        }
        let variable = env::DEPLOY_DRY_RUN.name;
        let message = format!("{variable} is 1, and only deployments have a dry run: {name} makes its changes");
        Err(Error::new(ErrorCode::InvalidOption, message)
            .hint(format!("Unset {variable}; {name} shows its changes before it asks to confirm them")))
    }
}

/// A command for a deployment target.
#[derive(Clone, Debug)]
pub(crate) struct OperateRequest {
    pub(crate) command: Command,
    /// The target, as a deployment gets it, without assets and handler.
    pub(crate) target: DeployRequest,
}

/// Carries out a command. Returns its result as plain data, which the executable shows as text or JSON.
///
/// # Errors
/// The error of a call.
pub(crate) async fn run(request: &OperateRequest, output: Output<'_>) -> Result<Value> {
    if let Some(result) = run_without_credentials(request, &output).await {
        return result;
    }
    request.command.check_dry_run()?;
    let DeployRequest { project, options, .. } = &request.target;
    options.report_unknown_keys(&*output.reporter);
    let deployed_arn = output.artifacts.deployed_arn();
    let sign_in = SignIn { project, options, deployed_arn };
    let signed_in = aws::load_sdk_config(&sign_in, &output.host()).await?;
    let session = Session { config: &signed_in.config, reporter: &*output.reporter };
    match &request.command {
        // They have been carried out.
        Command::Doctor | Command::Policy { .. } => Ok(Value::Null),
        Command::Status => {
            if let Some(warning) = region::elsewhere_warning(&signed_in.region, deployed_arn) {
                output.reporter.warning(warning);
            }
            plain(&status::read(session, &signed_in, &request.target, &output).await?)
        }
        Command::Versions => plain(&versions::list(session, &project.function_name()).await?),
        Command::Rollback { version, undo, dry_run } => {
            let wanted = match version {
                _ if *undo => Wanted::Newest,
                Some(version) => Wanted::Version(*version),
                None => Wanted::Earlier,
            };
            plain(&rollback::run(session, &request.target, wanted, *dry_run).await?)
        }
        Command::Invoke { dry_run: true, .. } => {
            invoke::ensure_allowed(&request.target, session).await?;
            Ok(Value::Null)
        }
        Command::Invoke { input, locale, keep, .. } => {
            let invocation = invoke::Request { input, locale, keep: *keep };
            plain(&invoke::run(&request.target, invocation, &output, session).await?)
        }
        Command::Remove { table, confirmed } => {
            let removal = remove::Request { with_table: *table, confirmed: confirmed.as_deref() };
            remove::run(&request.target, removal, &signed_in, &output).await
        }
    }
}

/// Carries out a command that also works where signing in fails; `None` for any other.
async fn run_without_credentials(request: &OperateRequest, output: &Output<'_>) -> Option<Result<Value>> {
    match &request.command {
        Command::Doctor => Some(doctor::examine(&request.target, output).await),
        Command::Policy { purpose } => Some(policy::write(&request.target, *purpose, output).await),
        Command::Status
        | Command::Versions
        | Command::Rollback { .. }
        | Command::Invoke { .. }
        | Command::Remove { .. } => None,
    }
}

fn plain(result: &impl Serialize) -> Result<Value> {
    serde_json::to_value(result)
        .map_err(|error| Error::new(ErrorCode::Internal, format!("internal error in @litexa/deploy-aws: {error}")))
}
