//! Decides all changes of the endpoint: what is desired and what was observed give values, without a call.

use crate::deploy::change::{Change, KNOWN_AFTER_APPLY};
use crate::lambda::alias::{self, AliasChange, DesiredAlias};
use crate::lambda::execution_role::{self, RoleChange};
use crate::lambda::function::{self, DesiredFunction, FunctionChange};
use crate::lambda::log_group::{self, LogGroupChange};
use crate::lambda::observe::Observed;
use crate::lambda::package::Package;
use crate::lambda::plan::Plan;
use crate::lambda::prune_versions::{self, Version, VersionDeletion};
use crate::lambda::table::{self, TableChange};
use crate::lambda::tags::MissingTags;
use std::collections::BTreeSet;

/// The facts that decisions are made from.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) package: &'a Package,
    pub(crate) observed: &'a Observed,
    /// `None` before the skill's manifest is deployed for the first time.
    pub(crate) skill_id: Option<&'a str>,
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
    pub(crate) versions: Vec<VersionDeletion>,
}

impl<'a> Facts<'a> {
    /// Decides all changes.
    pub(crate) fn changes(self) -> Changes {
        let Facts { plan, observed, region, .. } = self;
        let unfinished = observed.unfinished;
        let table = plan.table.as_ref().map(|table| table::changes(table, observed.table.as_ref(), unfinished.table));
        let role_arn = execution_role::known_arn(&plan.role, observed.role.as_ref());
        let desired = self.function(role_arn.unwrap_or(KNOWN_AFTER_APPLY));
        let function = function::changes(&desired, observed.function.as_ref());
        let publishes = function.contains(&FunctionChange::PublishVersion);
        Changes {
            tags: observed.missing_tags.clone(),
            role: execution_role::changes(&plan.role, observed.role.as_ref(), region),
            table: table.unwrap_or_default(),
            log_group: log_group::changes(&plan.log_group, observed.log_group.as_ref(), unfinished.log_group),
            function,
            alias: alias::changes(self.alias(), &observed.alias),
            versions: self.deletions(publishes.then_some(Version::KnownAfterApply)),
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
        }
    }

    /// Returns which versions are deleted if one is published.
    pub(crate) fn deletions(self, published: Option<Version>) -> Vec<VersionDeletion> {
        let Facts { plan, observed, .. } = self;
        let (Some(keep), Some(versions)) = (plan.options.keep_versions, &observed.versions) else { return Vec::new() };
        let aliased: BTreeSet<_> =
            alias::versions_in_use(&observed.alias, &alias::changes(self.alias(), &observed.alias));
        prune_versions::changes(versions, published, &aliased, keep)
    }

    /// Returns warnings of what the changes do not show.
    pub(crate) fn warnings(self, changes: &Changes) -> Vec<String> {
        let Facts { plan, observed, region, .. } = self;
        let table = plan.table.as_ref().zip(observed.table.as_ref());
        let table = table.map(|(desired, table)| table::warnings(desired, table, observed.unfinished.table));
        let log_group = observed.log_group.as_ref().filter(|_| !observed.unfinished.log_group);
        let log_group = log_group.and_then(|group| log_group::retention_mismatch(&plan.log_group, group));
        let function = function::warnings(&plan.function, observed.function.as_ref(), &changes.function);
        let alias = alias::warnings(self.alias(), &observed.alias, region);
        table.into_iter().flatten().chain(log_group).chain(function).chain(alias).collect()
    }

    fn alias(self) -> DesiredAlias<'a> {
        let Facts { plan, skill_id, .. } = self;
        DesiredAlias { function: &plan.function, alias: &plan.alias, skill_id }
    }
}

impl Changes {
    /// Describes all changes.
    pub(crate) fn describe(&self, plan: &Plan, region: &str) -> Vec<Change> {
        let Changes { tags, role, table, log_group, function, alias, versions } = self;
        let role_name = plan.role.name().unwrap_or_default();
        let table_name = plan.table.as_ref().map_or("", |table| &table.name);
        let tags = tags.iter().map(MissingTags::describe);
        let role = role.iter().map(|change| change.describe(role_name));
        let table = table.iter().map(|change| change.describe(table_name, region));
        let log_group = log_group.iter().map(|change| change.describe(&plan.log_group.name));
        let function = function.iter().map(|change| change.describe(&plan.function));
        let alias = alias.iter().map(|change| change.describe(&plan.function));
        let versions = versions.iter().map(|change| change.describe(&plan.function));
        tags.chain(role).chain(table).chain(log_group).chain(function).chain(alias).chain(versions).collect()
    }
}
