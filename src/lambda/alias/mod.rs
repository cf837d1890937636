//! Creates and updates the aliases of the function, and permits Alexa to invoke the one that is the skill's endpoint.

mod change;
pub(crate) mod endpoint;
pub(crate) mod invoke_permission;
pub(crate) mod mark;
mod observe;
pub(crate) mod target;

pub(crate) use change::{
    AliasChange, AliasChangeKind, DesiredAlias, changes, rollback_warning, versions_in_use, warnings,
};
pub(crate) use observe::{ObservedAlias, list_aliases, observe};

use crate::aws::call::Call;
use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallError, CallResult};
use crate::error::Result;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::AliasRoutingConfiguration;
use change::LIVE_ALIAS;
use invoke_permission::{ALEXA_PRINCIPAL, INVOKE_ACTION, InvokePermission};
use target::Target;

/// Marks an alias that is about to be pointed to other code, before that code is sent.
///
/// # Errors
/// The error of a call.
pub(crate) async fn mark(session: Session<'_>, function: &str, changes: &[AliasChange]) -> Result<()> {
    let updater = AliasUpdater { lambda: Client::new(session.config), function, session, published: &Target::latest() };
    for change in changes.iter().filter(|change| change.is_mark()) {
        updater.apply(change).await?;
    }
    Ok(())
}

/// Makes the other changes: those of an alias one after another, and both aliases concurrently. `published` is the
/// version that this deployment has published.
///
/// # Errors
/// The error of a call.
pub(crate) async fn apply(
    session: Session<'_>,
    function: &str,
    changes: &[AliasChange],
    published: &Target,
) -> Result<()> {
    let updater = AliasUpdater { lambda: Client::new(session.config), function, session, published };
    let in_order = async |is_live: bool| {
        let is_own = |change: &&AliasChange| (change.alias == LIVE_ALIAS) == is_live && !change.is_mark();
        for change in changes.iter().filter(is_own) {
            updater.apply(change).await?;
        }
        Ok(())
    };
    tokio::try_join!(in_order(true), in_order(false)).map(drop)
}

struct AliasUpdater<'a> {
    lambda: Client,
    function: &'a str,
    session: Session<'a>,
    published: &'a Target,
}

impl AliasUpdater<'_> {
    async fn apply(&self, change: &AliasChange) -> Result<()> {
        let alias = change.alias.as_str();
        let line = change.describe(self.function);
        self.session.reporter.log(line.description.as_str());
        // The function exists before its aliases are changed.
        let call = aws::call(line.description, line.iam_action).reporting(self.session.reporter);
        match &change.kind {
            AliasChangeKind::Create(target) => {
                let target = target.as_ref().unwrap_or(self.published);
                self.create_alias(call.after(RecentChange::FunctionCreated), alias, target).await
            }
            AliasChangeKind::Mark(description) => {
                self.describe_alias(call.after(RecentChange::FunctionCreated), alias, description).await
            }
            AliasChangeKind::Update { to, description, .. } => {
                let target = to.as_ref().unwrap_or(self.published);
                let request = self.lambda.update_alias().function_name(self.function).name(alias);
                let request = request.function_version(target.version()).description(description);
                let request = request.routing_config(AliasRoutingConfiguration::builder().build());
                call.after(RecentChange::FunctionCreated).send(|| request.clone().send()).await?;
                Ok(())
            }
            AliasChangeKind::AddPermission { permission, is_likely_there } => {
                let call = call.after(RecentChange::FunctionCreated);
                match self.add_permission(call, alias, permission).await {
                    Err(error) if error.is_denied() && *is_likely_there => Ok(()),
                    added => Ok(added?),
                }
            }
            AliasChangeKind::RemovePermission(statement_id) => self.remove_permission(call, alias, statement_id).await,
        }
    }

    /// Creates an alias, unless it exists in the meantime.
    async fn create_alias(&self, call: Call<'_>, alias: &str, target: &Target) -> Result<()> {
        let request = self.lambda.create_alias().function_name(self.function).name(alias);
        let request = request.description("Created by @litexa/deploy-aws").function_version(target.version());
        call.send(|| request.clone().send()).await.unless_exists()?;
        Ok(())
    }

    async fn describe_alias(&self, call: Call<'_>, alias: &str, description: &str) -> Result<()> {
        let request = self.lambda.update_alias().function_name(self.function).name(alias).description(description);
        call.send(|| request.clone().send()).await?;
        Ok(())
    }

    /// Adds a permission, unless it was added in the meantime.
    async fn add_permission(
        &self,
        call: Call<'_>,
        alias: &str,
        permission: &InvokePermission,
    ) -> Result<(), CallError> {
        let request = self
            .lambda
            .add_permission()
            .function_name(self.function)
            .qualifier(alias)
            .statement_id(permission.statement_id())
            .action(INVOKE_ACTION)
            .principal(ALEXA_PRINCIPAL)
            .set_event_source_token(permission.skill_id.clone());
        call.send(|| request.clone().send()).await.unless_exists().map(drop)
    }

    /// Removes a statement, unless it was removed in the meantime.
    async fn remove_permission(&self, call: Call<'_>, alias: &str, statement_id: &str) -> Result<()> {
        let request =
            self.lambda.remove_permission().function_name(self.function).qualifier(alias).statement_id(statement_id);
        call.send(|| request.clone().send()).await.optional()?;
        Ok(())
    }
}
