//! Creates and updates the aliases of the function, and permits Alexa to invoke the one that is the skill's endpoint.

mod invoke_permission;
mod target;

use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallResult};
use crate::error::{ErrorCode, Result};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::{AliasConfiguration, AliasRoutingConfiguration};
use invoke_permission::{ALEXA_PRINCIPAL, INVOKE_ACTION, InvokePermission, Statement};
use target::{LATEST, Target};

/// Created once with the function, and never updated: users can point it to a version that they trust.
const LIVE_ALIAS: &str = "LIVE";

/// The desired endpoint of the skill.
#[derive(Clone, Copy)]
pub(crate) struct DesiredAlias<'a> {
    pub(crate) function: &'a str,
    pub(crate) alias: &'a str,
    /// `None` before the skill's manifest is deployed for the first time.
    pub(crate) skill_id: Option<&'a str>,
}

/// The aliases of the function, and the statements that permit Alexa to invoke the endpoint.
#[derive(Clone, Debug, Default)]
pub(crate) struct ObservedAlias {
    aliases: Vec<AliasConfiguration>,
    /// `None` if the deployer may not read them.
    statements: Option<Vec<Statement>>,
}

/// Reads aliases and policy concurrently. Each alias has its own policy, which the function's does not include.
pub(crate) async fn observe(session: Session<'_>, function: &str, alias: &str) -> Result<ObservedAlias> {
    let lambda = Client::new(session.config);
    let (aliases, statements) =
        tokio::try_join!(list_aliases(&lambda, function), get_policy(&lambda, session, function, alias))?;
    Ok(ObservedAlias { aliases, statements })
}

/// Points the endpoint to the latest code, and permits Alexa to invoke it.
///
/// # Errors
/// The error of a call.
pub(crate) async fn apply(session: Session<'_>, desired: DesiredAlias<'_>, observed: &ObservedAlias) -> Result<()> {
    let updater = AliasUpdater { lambda: Client::new(session.config), desired, session };
    let find = |name: &str| observed.aliases.iter().find(|alias| alias.name() == Some(name));
    let live = async {
        match find(LIVE_ALIAS) {
            Some(_) => Ok(()),
            None => updater.create_alias(LIVE_ALIAS).await,
        }
    };
    let endpoint = async {
        let found = find(desired.alias).map(Target::of);
        match &found {
            None => updater.create_alias(desired.alias).await,
            Some(found) if found.is_latest() => Ok(()),
            Some(found) => updater.reset_to_latest(found).await,
        }?;
        match updater.ensure_invoke_permission(observed.statements.as_deref().unwrap_or_default()).await {
            // The deployment that created the alias has most likely permitted Alexa to invoke it.
            Err(error) if error.code == ErrorCode::AccessDenied && observed.statements.is_none() && found.is_some() => {
                Ok(())
            }
            ensured => ensured,
        }
    };
    tokio::try_join!(live, endpoint).map(drop)
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

struct AliasUpdater<'a> {
    lambda: Client,
    desired: DesiredAlias<'a>,
    session: Session<'a>,
}

impl AliasUpdater<'_> {
    async fn create_alias(&self, alias: &str) -> Result<()> {
        let function = self.desired.function;
        let request = self.lambda.create_alias().function_name(function).name(alias);
        let request = request.description("Created by @litexa/deploy-aws").function_version(LATEST);
        let call = self.logged(format!("creating the alias {alias} of {function}"), "lambda:CreateAlias");
        call.send(|| request.clone().send()).await.unless_exists()?;
        Ok(())
    }

    /// Points the endpoint to `$LATEST` if a user has pointed it elsewhere, as for a rollback: a deployment ends that.
    /// The warning comes first, so that it is there if the deployment dies.
    async fn reset_to_latest(&self, found: &Target) -> Result<()> {
        let DesiredAlias { function, alias, .. } = self.desired;
        self.session.reporter.warning(format!(
            "this deployment ends a rollback: {function}:{alias} points to {LATEST} again, instead of {found}. To roll back again, run `{}`",
            found.command(function, alias, self.session.region())
        ));
        let request = self.lambda.update_alias().function_name(function).name(alias).function_version(LATEST);
        let request = request.routing_config(AliasRoutingConfiguration::builder().build());
        let operation = format!("updating the alias {alias} of {function}: {found} -> {LATEST}");
        self.logged(operation, "lambda:UpdateAlias").send(|| request.clone().send()).await?;
        Ok(())
    }

    /// Adds the permission before it removes others, so that Alexa is never without one.
    async fn ensure_invoke_permission(&self, statements: &[Statement]) -> Result<()> {
        let DesiredAlias { function, alias, skill_id } = self.desired;
        let permission = InvokePermission::for_skill(skill_id);
        if !statements.iter().any(|statement| statement.grants(&permission)) {
            self.add_permission(&permission).await?;
        }
        self.report_others(statements);
        if skill_id.is_some() {
            for unrestricted in statements.iter().filter(|statement| statement.is_own_unrestricted()) {
                self.remove_permission(&unrestricted.id).await?;
            }
        } else {
            self.session.reporter.warning(format!(
                "any Alexa skill may invoke {function}:{alias} until the skill ID is known. Deploy again after the manifest has been deployed to restrict it to your skill"
            ));
        }
        Ok(())
    }

    /// Warns of permissions for others, which a former skill or another tool may have left.
    fn report_others(&self, statements: &[Statement]) {
        let DesiredAlias { function, alias, skill_id } = self.desired;
        for statement in statements {
            if let Some(grantee) = statement.unexpected_grantee(skill_id) {
                self.session.reporter.warning(format!(
                    "{grantee} may invoke {function}:{alias}, too. Unless that is intended, run `aws lambda remove-permission --function-name {function} --qualifier {alias} --statement-id {}`",
                    statement.id
                ));
            }
        }
    }

    async fn add_permission(&self, permission: &InvokePermission) -> Result<()> {
        let DesiredAlias { function, alias, .. } = self.desired;
        let request = self
            .lambda
            .add_permission()
            .function_name(function)
            .qualifier(alias)
            .statement_id(permission.statement_id())
            .action(INVOKE_ACTION)
            .principal(ALEXA_PRINCIPAL)
            .set_event_source_token(permission.skill_id.clone());
        let operation = format!("granting {permission} permission to invoke {function}:{alias}");
        self.logged(operation, "lambda:AddPermission").send(|| request.clone().send()).await.unless_exists()?;
        Ok(())
    }

    async fn remove_permission(&self, statement_id: &str) -> Result<()> {
        let DesiredAlias { function, alias, .. } = self.desired;
        let request =
            self.lambda.remove_permission().function_name(function).qualifier(alias).statement_id(statement_id);
        let operation = format!("removing the permission of any Alexa skill to invoke {function}:{alias}");
        self.session.reporter.log(operation.as_str());
        let call = aws::call(operation, "lambda:RemovePermission").reporting(self.session.reporter);
        call.send(|| request.clone().send()).await.optional()?;
        Ok(())
    }

    /// Logs an operation, and returns its call. The function exists before its aliases are changed.
    fn logged(&self, operation: String, action: &'static str) -> aws::call::Call<'_> {
        self.session.reporter.log(operation.as_str());
        aws::call(operation, action).reporting(self.session.reporter).after(RecentChange::FunctionCreated)
    }
}
