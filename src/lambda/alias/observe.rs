//! Reads the aliases of the function, and who may invoke the endpoint.

use crate::aws::session::Session;
use crate::aws::{self, CallError, CallResult};
use crate::error::{Error, Result};
use crate::lambda::alias::endpoint::{Published, needs_newest};
use crate::lambda::alias::invoke_permission::{self, Statement};
use crate::lambda::alias::note::Note;
use crate::lambda::alias::target::Target;
use crate::lambda::configuration::EndpointVersion;
use crate::lambda::versions;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{AliasConfiguration, FunctionConfiguration};
use std::collections::BTreeMap;

/// The aliases of the function by their names, and the statements that permit Alexa to invoke the endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ObservedAlias {
    pub(crate) aliases: BTreeMap<String, Target>,
    /// `None` if the deployer may not read them.
    pub(crate) statements: Option<Vec<Statement>>,
    /// The IDs of all statements of the endpoint's policy.
    pub(crate) statement_ids: Vec<String>,
    /// That of the endpoint, which may have a note.
    pub(crate) description: String,
    /// Identifies the state of the endpoint.
    pub(crate) revision: Option<String>,
    /// The newest published version, where the decision depends on it and it may be read.
    pub(crate) newest: Option<Published>,
    /// The version that the endpoint points to, if endpoints point to published versions.
    pub(crate) served: Option<GetFunctionConfigurationOutput>,
}

/// Reads aliases and policy concurrently. Each alias has its own policy, which the function's does not include.
///
/// The published versions are read only if the endpoint was pointed to one by hand, which is not the usual case.
///
/// # Errors
/// The error of a call, except for missing rights to the policy and to the versions.
pub(crate) async fn observe(
    session: Session<'_>,
    function: &str,
    alias: &str,
    endpoint: EndpointVersion,
) -> Result<ObservedAlias> {
    let lambda = Client::new(session.config);
    let served = async {
        match endpoint {
            EndpointVersion::Latest => Ok::<_, Error>(None),
            EndpointVersion::Published => Ok(get_served(&lambda, function, alias).await?),
        }
    };
    let (aliases, policy, served) =
        tokio::try_join!(list_aliases(&lambda, function), get_policy(&lambda, session, function, alias), served)?;
    let found = aliases.iter().find(|found| found.name() == Some(alias));
    let description = found.and_then(|found| found.description()).unwrap_or_default().to_owned();
    let needs_newest = |found| needs_newest(endpoint, &Target::of(found), Note::of(&description).as_ref());
    let newest = match found {
        Some(found) if needs_newest(found) => match newest(&lambda, function).await {
            Err(error) if error.is_denied() => None,
            read => read?,
        },
        _ => None,
    };
    let named = |alias: &AliasConfiguration| Some((alias.name()?.to_owned(), Target::of(alias)));
    Ok(ObservedAlias {
        description,
        revision: found.and_then(|found| found.revision_id()).map(str::to_owned),
        aliases: aliases.iter().filter_map(named).collect(),
        statements: policy.as_deref().map(invoke_permission::statements),
        statement_ids: policy.as_deref().map(invoke_permission::statement_ids).unwrap_or_default(),
        newest,
        served,
    })
}

/// Reads the newest published version; `None` if there is none.
async fn newest(lambda: &Client, function: &str) -> Result<Option<Published>, CallError> {
    let listed = versions::list(lambda, function, None).await.optional()?.unwrap_or_default();
    let number = |version: &FunctionConfiguration| version.version().and_then(|number| number.parse::<u64>().ok());
    let newest =
        listed.iter().filter_map(|version| Some((number(version)?, version))).max_by_key(|(number, _)| *number);
    Ok(newest.map(|(number, version)| Published {
        version: number.to_string(),
        code_sha256: version.code_sha256().unwrap_or_default().to_owned(),
    }))
}

/// Reads the version that an alias points to; `None` if the alias does not exist.
async fn get_served(
    lambda: &Client,
    function: &str,
    alias: &str,
) -> Result<Option<GetFunctionConfigurationOutput>, CallError> {
    let request = lambda.get_function_configuration().function_name(function).qualifier(alias);
    let call = aws::call(format!("looking up the function {function}:{alias}"), "lambda:GetFunctionConfiguration");
    call.send(|| request.clone().send()).await.optional()
}

/// Lists the aliases; none if the function does not exist.
pub(crate) async fn list_aliases(lambda: &Client, function: &str) -> Result<Vec<AliasConfiguration>> {
    let request = lambda.list_aliases().function_name(function);
    let aliases = aws::call(format!("listing the aliases of {function}"), "lambda:ListAliases")
        .send(|| request.clone().into_paginator().items().send().try_collect())
        .await
        .optional()?;
    Ok(aliases.unwrap_or_default())
}

/// Returns the alias's policy, which may be empty; `None`, with a warning, if the deployer may not read it.
///
/// Since 2022, a right to a function does not include its aliases, as it did when 0.9.0 documented its policy:
/// <https://github.com/juanjoDiaz/serverless-plugin-warmup/issues/304>
async fn get_policy(lambda: &Client, session: Session<'_>, function: &str, alias: &str) -> Result<Option<String>> {
    let request = lambda.get_policy().function_name(function).qualifier(alias);
    let call = aws::call(format!("reading the policy of {function}:{alias}"), "lambda:GetPolicy");
    let read = call.send(|| request.clone().send()).await.optional();
    let Some(response) = read.or_warn_denied(session.reporter)? else { return Ok(None) };
    Ok(Some(response.and_then(|response| response.policy).unwrap_or_default()))
}
