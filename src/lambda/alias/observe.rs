//! Reads the aliases of the function, and who may invoke the endpoint.

use crate::aws::session::Session;
use crate::aws::{self, CallResult};
use crate::error::Result;
use crate::lambda::alias::invoke_permission::{self, Statement};
use crate::lambda::alias::target::Target;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::AliasConfiguration;
use std::collections::BTreeMap;

/// The aliases of the function by their names, and the statements that permit Alexa to invoke the endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ObservedAlias {
    pub(crate) aliases: BTreeMap<String, Target>,
    /// `None` if the deployer may not read them.
    pub(crate) statements: Option<Vec<Statement>>,
}

/// Reads aliases and policy concurrently. Each alias has its own policy, which the function's does not include.
pub(crate) async fn observe(session: Session<'_>, function: &str, alias: &str) -> Result<ObservedAlias> {
    let lambda = Client::new(session.config);
    let (aliases, statements) =
        tokio::try_join!(list_aliases(&lambda, function), get_policy(&lambda, session, function, alias))?;
    let named = |alias: &AliasConfiguration| Some((alias.name()?.to_owned(), Target::of(alias)));
    Ok(ObservedAlias { aliases: aliases.iter().filter_map(named).collect(), statements })
}

async fn list_aliases(lambda: &Client, function: &str) -> Result<Vec<AliasConfiguration>> {
    let request = lambda.list_aliases().function_name(function);
    let aliases = aws::call(format!("listing the aliases of {function}"), "lambda:ListAliases")
        .send(|| request.clone().into_paginator().items().send().try_collect())
        .await
        .optional()?;
    Ok(aliases.unwrap_or_default())
}

/// Returns the statements of the alias's policy; `None`, with a warning, if the deployer may not read it.
///
/// Since 2022, a right to a function does not include its aliases, as it did when 0.9.0 documented its policy:
/// <https://github.com/juanjoDiaz/serverless-plugin-warmup/issues/304>
async fn get_policy(
    lambda: &Client,
    session: Session<'_>,
    function: &str,
    alias: &str,
) -> Result<Option<Vec<Statement>>> {
    let request = lambda.get_policy().function_name(function).qualifier(alias);
    let call = aws::call(format!("reading the policy of {function}:{alias}"), "lambda:GetPolicy");
    let read = call.send(|| request.clone().send()).await.optional();
    let Some(response) = read.or_warn_denied(session.reporter)? else { return Ok(None) };
    let policy = response.and_then(|response| response.policy);
    Ok(Some(policy.map_or_else(Vec::new, |policy| invoke_permission::statements(&policy))))
}
