//! Decides all changes of the endpoint: what is desired and what was observed give values, without a call.

use crate::deploy::change::{Change, KNOWN_AFTER_APPLY};
use crate::lambda::alias::endpoint::{Decision, Situation, decide};
use crate::lambda::alias::note::Note;
use crate::lambda::alias::{self, AliasChange, DesiredAlias};
use crate::lambda::execution_role::{self, RoleChange};
use crate::lambda::function::{self, DesiredFunction, FunctionChange};
use crate::lambda::function_state::deployed_variant;
use crate::lambda::log_group::{self, LogGroupChange};
use crate::lambda::observe::Observed;
use crate::lambda::package::Package;
use crate::lambda::plan::Plan;
use crate::lambda::prune_versions::{self, Version, VersionDeletion};
use crate::lambda::table::{self, TableChange};
use crate::lambda::tags::MissingTags;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use std::collections::BTreeSet;

/// The facts that decisions are made from.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) package: &'a Package,
    pub(crate) observed: &'a Observed,
    /// `None` before the skill's manifest is deployed for the first time.
    pub(crate) skill_id: Option<&'a str>,
    /// The ARN of the endpoint that a completed deployment has saved.
    pub(crate) saved_arn: Option<&'a str>,
    pub(crate) region: &'a str,
}

/// The changes of each resource, in the order in which the resources are changed.
pub(crate) struct Changes {
    pub(crate) tags: Vec<MissingTags>,
    pub(crate) role: Vec<RoleChange>,
    pub(crate) table: Vec<TableChange>,
    pub(crate) log_group: Vec<LogGroupChange>,
    pub(crate) function: Vec<FunctionChange>,
    pub(crate) alias: Vec<AliasChange>,
    /// Whether the endpoint stays rolled back, so that what is deployed is not live.
    pub(crate) stays_rolled_back: bool,
    pub(crate) versions: Vec<VersionDeletion>,
}

impl<'a> Facts<'a> {
    /// Decides all changes.
    pub(crate) fn changes(self) -> Changes {
        let Facts { plan, observed, region, .. } = self;
        let unfinished = observed.unfinished;
        let table = plan.table.as_ref().map(|table| table::changes(table, observed.table.as_ref(), unfinished.table));
        let role_arn = execution_role::known_arn(&plan.role, observed.role.as_ref());
        let role_arn = role_arn.unwrap_or(KNOWN_AFTER_APPLY);
        let alias = self.alias_changes();
        let desired = self.function(role_arn);
        let function = function::changes(&desired, observed.function.as_ref());
        let published = self.published(&function);
        Changes {
            tags: observed.missing_tags.clone(),
            role: execution_role::changes(&plan.role, observed.role.as_ref(), region),
            table: table.unwrap_or_default(),
            log_group: log_group::changes(&plan.log_group, observed.log_group.as_ref(), unfinished.log_group),
            function,
            alias,
            stays_rolled_back: matches!(self.decision(), Decision::StayRolledBack { .. }),
            versions: self.deletions(published),
        }
    }

    /// Returns the desired function with a role.
    pub(crate) fn function(self, role_arn: &str) -> DesiredFunction<'a> {
        let Facts { plan, package, observed, .. } = self;
        DesiredFunction {
            name: &plan.function,
            options: &plan.options,
            configuration: plan.options.configuration.with_deployment_values(role_arn, observed.assets_root.as_deref()),
            package,
            tags: &plan.tags,
            role_is_new: plan.role.name().is_some() && observed.role.is_none(),
            version_is_pending: observed.unfinished.version,
            needs_version: self.alias_changes().iter().any(AliasChange::needs_version),
        }
    }

    /// Returns the version that the changes of the function publish.
    fn published(self, changes: &[FunctionChange]) -> Option<Version> {
        // Lambda answers with the newest version if nothing was changed since.
        let current = match changes {
            [FunctionChange::PublishVersion] => self.observed.versions.as_ref().and_then(|versions| versions.current),
            _ => None,
        };
        let publishes = changes.contains(&FunctionChange::PublishVersion);
        publishes.then(|| current.map_or(Version::KnownAfterApply, Version::Number))
    }

    /// Returns which versions are deleted if one is published.
    pub(crate) fn deletions(self, published: Option<Version>) -> Vec<VersionDeletion> {
        let Facts { plan, observed, .. } = self;
        let (Some(keep), Some(versions)) = (plan.options.keep_versions, &observed.versions) else { return Vec::new() };
        let changes = self.alias_changes();
        let decision = self.decision();
        let aliased: BTreeSet<_> = alias::versions_in_use(self.alias(), &observed.alias, (&decision, &changes));
        let is_endpoint = |version| changes.iter().any(AliasChange::needs_version) && Some(version) == published;
        let deletions = prune_versions::changes(&versions.published, published, &aliased, keep);
        deletions.into_iter().filter(|VersionDeletion(version)| !is_endpoint(*version)).collect()
    }

    /// Returns warnings of what the changes do not show.
    pub(crate) fn warnings(self, changes: &Changes) -> Vec<String> {
        let Facts { plan, observed, region, .. } = self;
        let table = plan.table.as_ref().zip(observed.table.as_ref());
        let table = table.map(|(desired, table)| table::warnings(desired, table, observed.unfinished.table));
        let log_group = observed.log_group.as_ref().filter(|_| !observed.unfinished.log_group);
        let log_group = log_group.and_then(|group| log_group::retention_mismatch(&plan.log_group, group));
        let function = function::warnings(&plan.function, observed.function.as_ref(), &changes.function);
        let namesake = self.namesake_warning();
        let is_code_known = plan.handler.is_some();
        let rollback =
            alias::rollback_warning(self.alias(), &observed.alias, (&self.decision(), is_code_known), region);
        let alias = rollback.into_iter().chain(alias::permission::warnings(self.alias(), &observed.alias, region));
        table.into_iter().flatten().chain(log_group).chain(namesake).chain(function).chain(alias).collect()
    }

    /// Returns a warning if the function is that of another skill with the same names.
    fn namesake_warning(self) -> Option<String> {
        let Facts { plan, observed, .. } = self;
        let variant = deployed_variant(observed.function.as_ref()?)?;
        let project = plan.project.namesake(variant)?;
        Some(format!(
            "the function {} was deployed by the target {variant} of the project {project}, which has the same names on AWS: a deployment replaces it. If that is another skill, rename this project or its target",
            plan.function
        ))
    }

    pub(crate) fn alias(self) -> DesiredAlias<'a> {
        let Facts { plan, package, skill_id, saved_arn, .. } = self;
        let endpoint = format!(":{}:{}", plan.function, plan.alias);
        DesiredAlias {
            function: &plan.function,
            alias: &plan.alias,
            skill_id,
            endpoint: plan.options.endpoint,
            target: &plan.project.variant,
            code_sha256: &package.sha256_base64,
            is_recorded: saved_arn.is_some_and(|arn| arn.ends_with(&endpoint)),
        }
    }

    fn alias_changes(self) -> Vec<AliasChange> {
        alias::changes(self.alias(), &self.observed.alias, &self.decision())
    }

    /// Decides whether the endpoint gets the deployed code.
    fn decision(self) -> Decision {
        let Facts { plan, package, observed, .. } = self;
        let Observed { assets_root, role, function, alias, .. } = observed;
        let role_arn = execution_role::known_arn(&plan.role, role.as_ref()).unwrap_or(KNOWN_AFTER_APPLY);
        let configuration = plan.options.configuration.with_deployment_values(role_arn, assets_root.as_deref());
        let has_code = |function: &GetFunctionConfigurationOutput| function::has_code(package, function);
        // The architecture is sent with the code, and does not make it other code.
        let has_configuration = |function: &GetFunctionConfigurationOutput| {
            configuration.differences(function).is_empty() && !function::architecture_differs(&plan.options, function)
        };
        // A version has a description of its own.
        let is_served = |version: &GetFunctionConfigurationOutput| {
            has_code(version)
                && !function::architecture_differs(&plan.options, version)
                && configuration.differences(version).iter().all(|name| name == "Description")
        };
        decide(&Situation {
            mode: plan.options.endpoint,
            found: alias.aliases.get(&plan.alias),
            note: Note::of(&alias.description).as_ref(),
            newest: alias.newest.as_ref(),
            latest_code: function.as_ref().and_then(|function| function.code_sha256()),
            code: &package.sha256_base64,
            code_differs: !function.as_ref().is_some_and(has_code),
            configuration_differs: !function.as_ref().is_some_and(has_configuration),
            serves_desired: alias.served.as_ref().is_some_and(is_served),
            version_is_pending: observed.unfinished.version,
        })
    }
}

impl Changes {
    /// Describes all changes.
    pub(crate) fn describe(&self, plan: &Plan, region: &str) -> Vec<Change> {
        let Changes { tags, role, table, log_group, function, alias, versions, .. } = self;
        let role_name = plan.role.name().unwrap_or_default();
        let table_name = plan.table.as_ref().map_or("", |table| &table.name);
        let tags = tags.iter().map(MissingTags::describe);
        let role = role.iter().map(|change| change.describe(role_name));
        let table = table.iter().map(|change| change.describe(table_name, region));
        let log_group = log_group.iter().map(|change| change.describe(&plan.log_group.name));
        let function = function.iter().map(|change| change.describe(&plan.function));
        let alias = alias.iter().filter(|change| !change.is_likely_made());
        let alias = alias.map(|change| change.describe(&plan.function));
        let versions = versions.iter().map(|change| change.describe(&plan.function));
        tags.chain(role).chain(table).chain(log_group).chain(function).chain(alias).chain(versions).collect()
    }
}
