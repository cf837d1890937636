//! Reads the function, its aliases, who may invoke its endpoint, and its role.

use crate::aws::session::Session;
use crate::aws::{self, CallResult};
use crate::error::Result;
use crate::lambda::alias::invoke_permission;
use crate::lambda::alias::list_aliases;
use crate::lambda::alias::note::{Note, Origin};
use crate::lambda::alias::target::Target;
use crate::lambda::execution_role::list_attached_policies;
use crate::lambda::function_state;
use crate::lambda::runtime;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{LastUpdateStatus, Runtime, State};
use serde::Serialize;
use std::collections::BTreeSet;

/// The function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionPart {
    name: String,
    arn: String,
    runtime: String,
    /// From this day on, AWS does not support the runtime; `None` if it is not known.
    supported_until: Option<String>,
    state: String,
    last_update: String,
    last_modified: String,
    memory_mb: Option<i32>,
    timeout_seconds: Option<i32>,
    /// The digest of the code of `$LATEST`, in Base64.
    code_sha256: String,
    code_bytes: i64,
    role: String,
}

impl FunctionPart {
    pub(crate) fn new(name: &str, function: &GetFunctionConfigurationOutput) -> Self {
        let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let runtime = function.runtime().map_or("", Runtime::as_str);
        FunctionPart {
            name: name.to_owned(),
            arn: owned(function.function_arn()),
            runtime: runtime.to_owned(),
            supported_until: runtime::end_of_support(runtime).map(|day| day.to_string()),
            state: owned(function.state().map(State::as_str)),
            last_update: owned(function.last_update_status().map(LastUpdateStatus::as_str)),
            last_modified: owned(function.last_modified()),
            memory_mb: function.memory_size(),
            timeout_seconds: function.timeout(),
            code_sha256: owned(function.code_sha256()),
            code_bytes: function.code_size(),
            role: owned(function.role()),
        }
    }
}

/// An alias, and what it points to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AliasPart {
    name: String,
    /// Such as `version 3 and version 4 (10 %)`.
    points_to: String,
    /// Whether its note records that the skill was rolled back to this.
    is_rolled_back: bool,
}

/// The role of the function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RolePart {
    name: String,
    /// The ARNs of the attached policies.
    policies: BTreeSet<String>,
}

/// Reads the configuration of the function; `None` if it does not exist.
pub(crate) async fn read(session: Session<'_>, name: &str) -> Result<Option<GetFunctionConfigurationOutput>> {
    function_state::get_configuration(&Client::new(session.config), name).await
}

/// Reads the aliases.
pub(crate) async fn read_aliases(session: Session<'_>, function: &str) -> Result<Option<Vec<AliasPart>>> {
    let aliases = list_aliases(&Client::new(session.config), function).await?;
    let part = |alias: &aws_sdk_lambda::types::AliasConfiguration| {
        let (target, note) = (Target::of(alias), Note::of(alias.description().unwrap_or_default()));
        let is_rollback = |note: Note| note.origin == Origin::RolledBack && note.is_about(&target);
        AliasPart {
            name: alias.name().unwrap_or_default().to_owned(),
            points_to: target.to_string(),
            is_rolled_back: note.is_some_and(is_rollback),
        }
    };
    Ok(Some(aliases.iter().map(part).collect()))
}

/// Reads who may invoke the endpoint.
pub(crate) async fn read_grantees(session: Session<'_>, function: &str, alias: &str) -> Result<Option<Vec<String>>> {
    let request = Client::new(session.config).get_policy().function_name(function).qualifier(alias);
    let call = aws::call(format!("reading the policy of {function}:{alias}"), "lambda:GetPolicy");
    let policy = call.send(|| request.clone().send()).await.optional()?.and_then(|response| response.policy);
    let statements = invoke_permission::statements(&policy.unwrap_or_default());
    Ok(Some(statements.iter().map(invoke_permission::Statement::grantee).collect()))
}

/// Reads the policies of the role.
pub(crate) async fn read_role(session: Session<'_>, name: &str) -> Result<Option<RolePart>> {
    let policies = list_attached_policies(&aws_sdk_iam::Client::new(session.config), name).await?;
    Ok(policies.map(|policies| RolePart { name: name.to_owned(), policies }))
}
