//! The skill's endpoint: an alias of the function, and who may invoke it.

mod invoke_permission;

use crate::aws;
use crate::aws::patiently;
use crate::error::Result;
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::AliasConfiguration;
use invoke_permission::{Grant, Statement};

/// Made once with the function; people may point it to a version that they trust. Nothing calls it by itself.
const LIVE: &str = "LIVE";

const LATEST: &str = "$LATEST";

/// The aliases and the policy that are there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observed {
    aliases: Vec<AliasConfiguration>,
    statements: Vec<Statement>,
}

/// Reads aliases and policy at the same time. Policies are kept per alias: the function's own does not show them.
pub(crate) async fn read(config: &SdkConfig, function: &str, alias: &str) -> Result<Observed> {
    let lambda = Client::new(config);
    let (aliases, statements) =
        tokio::try_join!(read_aliases(&lambda, function), read_policy(&lambda, function, alias))?;
    Ok(Observed { aliases, statements })
}

/// Points the aliases where they belong, and lets Alexa invoke `alias`.
pub(crate) async fn converge(
    config: &SdkConfig,
    function: &str,
    alias: &str,
    skill_id: Option<&str>,
    observed: &Observed,
    reporter: &dyn Reporter,
) -> Result<()> {
    let endpoint = Endpoint { lambda: Client::new(config), function, reporter };
    let find = |name: &str| observed.aliases.iter().find(|alias| alias.name() == Some(name));
    let live = async {
        match find(LIVE) {
            Some(_) => Ok(()),
            None => endpoint.create_alias(LIVE).await,
        }
    };
    let release = async {
        match find(alias) {
            None => endpoint.create_alias(alias).await,
            Some(found) if is_latest(found) => Ok(()),
            Some(_) => endpoint.point_to_latest(alias).await,
        }?;
        endpoint.grant(alias, skill_id, &observed.statements).await
    };
    tokio::try_join!(live, release).map(drop)
}

async fn read_aliases(lambda: &Client, function: &str) -> Result<Vec<AliasConfiguration>> {
    let mut items = lambda.list_aliases().function_name(function).into_paginator().items().send();
    let mut aliases = Vec::new();
    while let Some(alias) = items.next().await {
        match alias {
            Ok(alias) => aliases.push(alias),
            Err(error) if aws::Refusal::of(&error).code == "ResourceNotFoundException" => break,
            Err(error) => {
                return Err(aws::refused(&format!("listing the aliases of {function}"), "lambda:ListAliases", &error));
            }
        }
    }
    Ok(aliases)
}

async fn read_policy(lambda: &Client, function: &str, alias: &str) -> Result<Vec<Statement>> {
    match lambda.get_policy().function_name(function).qualifier(alias).send().await {
        Ok(answer) => Ok(invoke_permission::statements(answer.policy().unwrap_or_default())),
        Err(error) if aws::Refusal::of(&error).code == "ResourceNotFoundException" => Ok(Vec::new()),
        Err(error) => {
            Err(aws::refused(&format!("reading who may invoke {function}:{alias}"), "lambda:GetPolicy", &error))
        }
    }
}

/// All calls go to `$LATEST`, none to a second version.
fn is_latest(alias: &AliasConfiguration) -> bool {
    let weights = alias.routing_config().and_then(|routing| routing.additional_version_weights());
    alias.function_version() == Some(LATEST) && weights.is_none_or(|weights| weights.is_empty())
}

struct Endpoint<'a> {
    lambda: Client,
    function: &'a str,
    reporter: &'a dyn Reporter,
}

impl Endpoint<'_> {
    async fn create_alias(&self, alias: &str) -> Result<()> {
        let function = self.function;
        self.reporter.log(format!("creating the alias {alias} of {function}"));
        let request = self.lambda.create_alias().function_name(function).name(alias);
        let request = request.description("Made by @litexa/deploy-aws").function_version(LATEST);
        match patiently(self.reporter, || request.clone().send()).await {
            Ok(_) => Ok(()),
            Err(error) if aws::Refusal::of(&error).is_already_exists() => Ok(()),
            Err(error) => {
                Err(aws::refused(&format!("creating the alias {alias} of {function}"), "lambda:CreateAlias", &error))
            }
        }
    }

    /// Somebody pointed the alias elsewhere, as for a roll-back: a deployment is the way back.
    async fn point_to_latest(&self, alias: &str) -> Result<()> {
        let function = self.function;
        self.reporter.log(format!("pointing the alias {alias} of {function} to {LATEST}"));
        let request = self.lambda.update_alias().function_name(function).name(alias).function_version(LATEST);
        let request = request.routing_config(aws_sdk_lambda::types::AliasRoutingConfiguration::builder().build());
        patiently(self.reporter, || request.clone().send()).await.map(drop).map_err(|error| {
            let doing = format!("pointing the alias {alias} of {function} to {LATEST}");
            aws::refused(&doing, "lambda:UpdateAlias", &error)
        })
    }

    /// The new statement comes first: there is no moment in which Alexa may not call.
    async fn grant(&self, alias: &str, skill_id: Option<&str>, statements: &[Statement]) -> Result<()> {
        let grant = Grant::for_skill(skill_id);
        if !statements.iter().any(|statement| statement.is(&grant)) {
            self.add(alias, &grant).await?;
        }
        if skill_id.is_some() {
            for open in statements.iter().filter(|statement| statement.is_our_open_one()) {
                self.remove(alias, &open.id).await?;
            }
            Ok(())
        } else {
            self.reporter.warning(format!(
                "any Alexa skill may invoke {}:{alias} until the skill's ID is known; the next deployment after the manifest's narrows this down",
                self.function
            ));
            Ok(())
        }
    }

    async fn add(&self, alias: &str, grant: &Grant) -> Result<()> {
        let function = self.function;
        self.reporter.log(format!("letting {grant} invoke {function}:{alias}"));
        let request = self
            .lambda
            .add_permission()
            .function_name(function)
            .qualifier(alias)
            .statement_id(grant.statement_id())
            .action(invoke_permission::INVOKE)
            .principal(invoke_permission::ALEXA)
            .set_event_source_token(grant.skill_id.clone());
        match patiently(self.reporter, || request.clone().send()).await {
            Ok(_) => Ok(()),
            Err(error) if aws::Refusal::of(&error).is_already_exists() => Ok(()),
            Err(error) => {
                let doing = format!("letting {grant} invoke {function}:{alias}");
                Err(aws::refused(&doing, "lambda:AddPermission", &error))
            }
        }
    }

    async fn remove(&self, alias: &str, statement: &str) -> Result<()> {
        let function = self.function;
        self.reporter.log(format!("no longer letting every Alexa skill invoke {function}:{alias}"));
        let request = self.lambda.remove_permission().function_name(function).qualifier(alias).statement_id(statement);
        match patiently(self.reporter, || request.clone().send()).await {
            Ok(_) => Ok(()),
            Err(error) if aws::Refusal::of(&error).code == "ResourceNotFoundException" => Ok(()),
            Err(error) => {
                let doing = format!("removing the statement {statement} from {function}:{alias}");
                Err(aws::refused(&doing, "lambda:RemovePermission", &error))
            }
        }
    }
}
