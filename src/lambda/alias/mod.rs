//! Creates and updates the aliases of the function, and permits Alexa to invoke the one that is the skill's endpoint.

mod change;
mod desired;
pub(crate) mod endpoint;
pub(crate) mod invoke_permission;
pub(crate) mod note;
mod observe;
pub(crate) mod permission;
pub(crate) mod target;
#[cfg(test)]
mod tests;
mod update;

pub(crate) use change::{AliasChange, AliasChangeKind, changes, rollback_warning, versions_in_use};
pub(crate) use desired::DesiredAlias;
pub(crate) use observe::{ObservedAlias, list_aliases, observe};
pub(crate) use update::Endpoint;

use crate::aws::call::Call;
use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallError, CallResult};
use crate::deploy::change::Change;
use crate::error::{Error, ErrorCode, Result};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::{AliasConfiguration, AliasRoutingConfiguration};
use change::LIVE_ALIAS;
use invoke_permission::{ALEXA_PRINCIPAL, INVOKE_ACTION, InvokePermission};
use note::Note;
use target::Target;
use update::{Update, Verdict};

/// How often the endpoint is updated anew when it was changed in the meantime.
const MAX_UPDATES: u32 = 5;

/// Marks an alias that is about to be pointed to other code, before that code is sent. Returns its revision.
///
/// # Errors
/// The error of a call; `ResourceNotReady` if the alias was changed in the meantime.
pub(crate) async fn mark(
    session: Session<'_>,
    endpoint: Endpoint<'_>,
    changes: &[AliasChange],
) -> Result<Option<String>> {
    let updater = AliasUpdater { lambda: Client::new(session.config), endpoint, session };
    match changes.iter().find(|change| change.is_mark()) {
        Some(change) => updater.apply(change).await,
        None => Ok(endpoint.revision.map(str::to_owned)),
    }
}

/// Makes the other changes: those of an alias one after another, and both aliases concurrently.
///
/// # Errors
/// The error of a call; `ResourceNotReady` if the endpoint was pointed elsewhere in the meantime.
pub(crate) async fn apply(session: Session<'_>, endpoint: Endpoint<'_>, changes: &[AliasChange]) -> Result<()> {
    let updater = AliasUpdater { lambda: Client::new(session.config), endpoint, session };
    let in_order = async |is_live: bool| {
        let is_own = |change: &&AliasChange| (change.alias == LIVE_ALIAS) == is_live && !change.is_mark();
        for change in changes.iter().filter(is_own) {
            updater.apply(change).await?;
        }
        Ok(())
    };
    // A failure does not interrupt the changes of the other alias.
    let (live, endpoint) = tokio::join!(in_order(true), in_order(false));
    endpoint.and(live)
}

struct AliasUpdater<'a> {
    lambda: Client,
    endpoint: Endpoint<'a>,
    session: Session<'a>,
}

impl AliasUpdater<'_> {
    /// Makes a change. Returns the revision of the alias, as far as the answer names it.
    async fn apply(&self, change: &AliasChange) -> Result<Option<String>> {
        let alias = change.alias.as_str();
        let line = change.with_version(self.endpoint.published).describe(self.function());
        if !change.is_likely_made() {
            self.session.reporter.log(line.description.as_str());
        }
        match &change.kind {
            AliasChangeKind::Create(target) => self.create(&line, alias, target.as_ref()).await?,
            AliasChangeKind::Mark(note) => return self.update(&line, Update::Mark(note)).await,
            AliasChangeKind::CorrectNote(note) => self.correct_note(&line, note.as_ref()).await?,
            AliasChangeKind::Update { to, .. } => {
                return self.update(&line, Update::Point(to.as_ref().unwrap_or(self.endpoint.published))).await;
            }
            AliasChangeKind::AddPermission { permission, statement_id, is_likely_there } => {
                let statement = (permission, statement_id.as_str());
                if *is_likely_there {
                    self.try_to_add_permission(&line, alias, statement).await?;
                } else {
                    self.add_permission(&line, alias, statement).await?;
                }
            }
            AliasChangeKind::RemovePermission(statement_id) => {
                self.remove_permission(&line, alias, statement_id).await?;
            }
        }
        Ok(None)
    }

    fn function(&self) -> &str {
        self.endpoint.desired.function
    }

    /// Returns a call after the function was created or found.
    fn call(&self, change: &Change) -> Call<'_> {
        let call = aws::call(change.description.as_str(), change.iam_action).reporting(self.session.reporter);
        call.after(RecentChange::FunctionCreated)
    }

    /// Creates an alias. If it exists in the meantime, the endpoint is pointed to the deployed code.
    async fn create(&self, change: &Change, alias: &str, target: Option<&Target>) -> Result<()> {
        let target = target.unwrap_or(self.endpoint.published);
        let description = note::describe("Created by @litexa/deploy-aws", Note::deployed(target).as_ref());
        let request = self.lambda.create_alias().function_name(self.function()).name(alias);
        let request = request.description(description).function_version(target.version());
        let created = self.call(change).send(|| request.clone().send()).await.unless_exists()?;
        if created.is_none() && alias == self.endpoint.desired.alias {
            self.update_changed(change, Update::Point(target)).await?;
        }
        Ok(())
    }

    /// Corrects the note. Without the right to do so, a warning reports that it stays.
    async fn correct_note(&self, change: &Change, note: Option<&Note>) -> Result<()> {
        match self.update(change, Update::CorrectNote(note)).await {
            Err(error) if error.code == ErrorCode::AccessDenied => {
                let DesiredAlias { function, alias, .. } = self.endpoint.desired;
                let message = format!("the note in the description of {function}:{alias} is out of date: {error}");
                self.session.reporter.warning(message);
                Ok(())
            }
            corrected => corrected.map(drop),
        }
    }

    /// Updates the endpoint. Returns its revision.
    async fn update(&self, change: &Change, update: Update<'_>) -> Result<Option<String>> {
        let Endpoint { observed, revision, .. } = self.endpoint;
        match self.send_update(change, update, (&observed.description, revision)).await {
            Err(error) if error.is("PreconditionFailedException") => self.update_changed(change, update).await,
            updated => Ok(updated?),
        }
    }

    /// Updates the endpoint, which was changed after it was read, if the update is still right.
    async fn update_changed(&self, change: &Change, update: Update<'_>) -> Result<Option<String>> {
        let DesiredAlias { function, alias, .. } = self.endpoint.desired;
        for _ in 0..MAX_UPDATES {
            let aliases = list_aliases(&self.lambda, function).await?;
            let Some(now) = aliases.iter().find(|found| found.name() == Some(alias)) else {
                let message = format!("{} failed: the alias does not exist anymore", change.description);
                return Err(Error::new(ErrorCode::ResourceNotReady, message).hint("Deploy again"));
            };
            match update.judge(&self.endpoint, now) {
                Verdict::Done => return Ok(now.revision_id.clone()),
                Verdict::LeaveAlone => return Err(self.left_alone(change, update, now)),
                Verdict::Again => {}
            }
            let read = (now.description().unwrap_or_default(), now.revision_id());
            match self.send_update(change, update, read).await {
                Err(error) if error.is("PreconditionFailedException") => {}
                updated => return Ok(updated?),
            }
        }
        let message = format!("{} failed: the alias is being changed by someone else", change.description);
        Err(Error::new(ErrorCode::ResourceNotReady, message).hint("Deploy again"))
    }

    /// Sends an update of the endpoint, which was read with a description and a revision.
    async fn send_update(
        &self,
        change: &Change,
        update: Update<'_>,
        (description, revision): (&str, Option<&str>),
    ) -> Result<Option<String>, CallError> {
        let DesiredAlias { function, alias, .. } = self.endpoint.desired;
        let request = self.lambda.update_alias().function_name(function).name(alias);
        let request = request.description(note::describe(description, update.note().as_ref()));
        let request = request.set_revision_id(revision.map(str::to_owned));
        let request = match update {
            Update::Point(target) => {
                request.function_version(target.version()).routing_config(AliasRoutingConfiguration::builder().build())
            }
            Update::Mark(_) | Update::CorrectNote(_) => request,
        };
        Ok(self.call(change).send(|| request.clone().send()).await?.revision_id)
    }

    /// Returns the error for an endpoint that a user has changed while it was deployed.
    fn left_alone(&self, change: &Change, update: Update<'_>, now: &AliasConfiguration) -> Error {
        let failed = format!("{} failed: the alias was changed in the meantime", change.description);
        let error = |message| Error::new(ErrorCode::ResourceNotReady, message);
        match update {
            Update::Point(_) => {
                error(format!("{failed}, and stays at {}, so the deployed code is not live", Target::of(now))).hint(
                    format!(
                        "To make it live, run `litexa-deploy-aws rollback --undo -d {}`",
                        self.endpoint.desired.target
                    ),
                )
            }
            Update::Mark(_) | Update::CorrectNote(_) => error(failed).hint("Deploy again"),
        }
    }

    /// Adds a permission that is most likely there. Only AWS knows, since the policy may not be read.
    async fn try_to_add_permission(
        &self,
        change: &Change,
        alias: &str,
        statement: (&InvokePermission, &str),
    ) -> Result<()> {
        let reporter = self.session.reporter;
        match self.add_permission(change, alias, statement).await {
            Ok(true) => reporter.log(change.description.as_str()),
            Ok(false) => reporter.verbose(format!("{}: it is there already", change.description)),
            Err(error) if error.is_denied() => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Adds a permission, and returns true, unless it was added in the meantime.
    async fn add_permission(
        &self,
        change: &Change,
        alias: &str,
        (permission, statement_id): (&InvokePermission, &str),
    ) -> Result<bool, CallError> {
        let request = self
            .lambda
            .add_permission()
            .function_name(self.function())
            .qualifier(alias)
            .statement_id(statement_id)
            .action(INVOKE_ACTION)
            .principal(ALEXA_PRINCIPAL)
            .set_event_source_token(permission.skill_id.clone());
        self.call(change).send(|| request.clone().send()).await.unless_exists().map(|added| added.is_some())
    }

    /// Removes a statement, unless it was removed in the meantime.
    async fn remove_permission(&self, change: &Change, alias: &str, statement_id: &str) -> Result<()> {
        let request =
            self.lambda.remove_permission().function_name(self.function()).qualifier(alias).statement_id(statement_id);
        let call = aws::call(change.description.as_str(), change.iam_action).reporting(self.session.reporter);
        call.send(|| request.clone().send()).await.optional()?;
        Ok(())
    }
}
