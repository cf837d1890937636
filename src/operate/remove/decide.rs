//! Decides what is removed and what stays, by what there is.

use crate::config::project::Project;
use crate::deploy::change::Change;
use crate::lambda::SHARED_ROLE_NAME;
use crate::operate::remove::buckets::ObservedBucket;
use crate::operate::remove::function::{self, ObservedFunction};
use crate::operate::remove::objects::{self, ObservedObjects, Statement};
use crate::operate::remove::role::{self, ObservedRole};
use crate::operate::remove::table::{self, ObservedTable};
use crate::operate::remove::{log_group, shown::Shown};
use serde::Serialize;

/// The resources of a target.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    pub(crate) function: Option<ObservedFunction>,
    /// The role that only this target's function uses.
    pub(crate) role: Option<ObservedRole>,
    /// Whether the default log group exists.
    pub(crate) log_group: bool,
    pub(crate) table: Option<ObservedTable>,
    pub(crate) buckets: Vec<ObservedBucket>,
}

impl Observed {
    /// The objects in each accessible bucket.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &ObservedObjects> {
        self.buckets.iter().filter_map(|bucket| match bucket {
            ObservedBucket::Accessible(objects) => Some(objects),
            ObservedBucket::LeftAlone { .. } => None,
        })
    }

    /// The names of the buckets that keep, or may keep, something of the target.
    pub(crate) fn buckets_left_alone(&self) -> impl Iterator<Item = &str> {
        self.buckets.iter().filter_map(|bucket| match bucket {
            ObservedBucket::Accessible(ObservedObjects { bucket, statement: Statement::Unknown, .. }) => {
                Some(bucket.as_str())
            }
            ObservedBucket::Accessible(_) => None,
            ObservedBucket::LeftAlone { name, .. } => Some(name.as_str()),
        })
    }
}

/// The facts that a decision depends on, besides the resources.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) project: &'a Project,
    pub(crate) region: &'a str,
    /// Whether the table is removed, too.
    pub(crate) with_table: bool,
    /// The skill's ID, if it is known.
    pub(crate) skill_id: Option<&'a str>,
}

/// The resources to remove, in this order, and those that stay.
#[derive(Debug, Serialize)]
pub(crate) struct Removal {
    pub(crate) changes: Vec<Change>,
    /// Resources that are left alone, and how to remove them.
    pub(crate) kept: Vec<String>,
}

/// Decides.
pub(crate) fn decide(scope: Scope<'_>, observed: &Observed) -> Removal {
    Removal { changes: changes(scope, observed), kept: kept(scope, observed) }
}

fn changes(scope: Scope<'_>, observed: &Observed) -> Vec<Change> {
    let Scope { project, .. } = scope;
    let (function, table) = (project.function_name(), project.table_name());
    let mut changes: Vec<Change> = Vec::new();
    changes.extend(observed.function.as_ref().map(|found| function::change(&function, found)));
    changes.extend(removable_role(scope, observed).map(|found| role::changes(&function, found)).unwrap_or_default());
    changes.extend(observed.log_group.then(|| log_group::change(&project.log_group_name())));
    changes.extend(observed.objects().flat_map(objects::changes));
    changes.extend(removable_table(scope, observed).map(|found| table::changes(&table, found)).unwrap_or_default());
    changes
}

/// Returns the role, if no function in another region uses it.
pub(crate) fn removable_role<'o>(scope: Scope<'_>, observed: &'o Observed) -> Option<&'o ObservedRole> {
    observed.role.as_ref().filter(|role| role.other_region(scope.region).is_none())
}

/// Returns the table, if it must be removed.
pub(crate) fn removable_table(scope: Scope<'_>, observed: &Observed) -> Option<ObservedTable> {
    observed.table.filter(|table| scope.with_table || table.is_deleting)
}

fn kept(scope: Scope<'_>, observed: &Observed) -> Vec<String> {
    let Scope { project, region, with_table, skill_id } = scope;
    let (function, mut kept) = (project.function_name(), Vec::new());
    if let Some(table) = observed.table.filter(|_| !with_table) {
        kept.push(table::kept(&project.table_name(), table));
    }
    if let Some(other) = observed.role.as_ref().and_then(|role| role.other_region(region)) {
        kept.push(format!("the role {function}, which belongs to the same target in {other}"));
    }
    let used_role = observed.function.as_ref().map(|found| role::name_of(&found.role)).unwrap_or_default();
    match used_role {
        SHARED_ROLE_NAME => kept.push(format!("the role {SHARED_ROLE_NAME}, which all Litexa skills share")),
        name if name.is_empty() || name == function => {}
        name => kept.push(format!("the role {name}, which others manage")),
    }
    let log_group = observed.function.as_ref().and_then(|found| found.log_group.as_deref());
    if let Some(name) = log_group.filter(|name| *name != project.log_group_name()) {
        kept.push(format!(
            "the log group {name}, which may have logs of others: delete it with `aws logs delete-log-group --log-group-name {name} --region {region}`"
        ));
    }
    for bucket in &observed.buckets {
        match bucket {
            ObservedBucket::LeftAlone { reason, .. } => kept.push(reason.clone()),
            ObservedBucket::Accessible(objects) => kept.extend(objects::kept(objects)),
        }
    }
    if let Some(id) = skill_id {
        kept.push(format!(
            "the skill {id} with its interaction model: delete it in the Alexa developer console, or with `ask smapi delete-skill -s {id}`"
        ));
    }
    kept
}

/// Returns the changes that were not shown, or not in this form, before they were confirmed.
pub(crate) fn unconfirmed<'c>(changes: &'c [Change], shown: &[Shown]) -> Vec<&'c Change> {
    changes.iter().filter(|change| !shown.iter().any(|shown| shown.is(change))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::change::Action;

    fn project() -> Project {
        let (name, variant) = ("cats".into(), "beta".into());
        Project { name, variant, root: "/p".into(), litexa_root: "/p/litexa".into() }
    }

    fn removal(observed: &Observed, with_table: bool) -> (Vec<String>, Vec<String>) {
        let project = project();
        let scope = Scope { project: &project, region: "us-east-1", with_table, skill_id: Some("amzn1.ask.skill.x") };
        let Removal { changes, kept } = decide(scope, observed);
        (changes.into_iter().map(|change| change.description).collect(), kept)
    }

    fn function(role: &str, log_group: Option<&str>) -> ObservedFunction {
        let (role, log_group) = (format!("arn:aws:iam::1:role/{role}"), log_group.map(str::to_owned));
        ObservedFunction { role, log_group, ..ObservedFunction::default() }
    }

    fn used_in(region: &str) -> ObservedRole {
        ObservedRole { regions: [region.to_owned()].into(), ..ObservedRole::default() }
    }

    const OWN_ROLE: &str = "cats_beta_litexa_handler";

    #[test]
    fn the_function_goes_first_and_the_log_group_after_what_may_write_to_it() {
        let observed = Observed {
            function: Some(function(OWN_ROLE, None)),
            role: Some(used_in("us-east-1")),
            log_group: true,
            table: Some(ObservedTable::default()),
            buckets: vec![ObservedBucket::Accessible(ObservedObjects::default())],
        };
        let (changes, _) = removal(&observed, true);
        let starts = [
            "deleting the function",
            "deleting the role",
            "deleting the log group",
            "backing up",
            "deleting the table",
        ];
        assert_eq!(changes.len(), starts.len());
        assert!(changes.iter().zip(starts).all(|(change, start)| change.starts_with(start)), "{changes:?}");
    }

    #[test]
    fn what_is_shared_or_belongs_to_others_stays_and_is_named() {
        let stays = |observed: &Observed, part: &str| {
            let (changes, kept) = removal(observed, false);
            assert!(kept.iter().any(|line| line.contains(part)), "{part}: {kept:?}");
            changes
        };
        let shared = Observed { function: Some(function(SHARED_ROLE_NAME, None)), ..Observed::default() };
        assert_eq!(stays(&shared, "the role litexa_handler_lambda, which all Litexa skills share").len(), 1);
        let external = Observed { function: Some(function("path/team", Some("/team/logs"))), ..Observed::default() };
        assert_eq!(stays(&external, "the role team, which others manage").len(), 1);
        assert_eq!(stays(&external, "the log group /team/logs").len(), 1);
        let elsewhere = Observed { role: Some(used_in("eu-west-1")), ..Observed::default() };
        assert_eq!(stays(&elsewhere, "in eu-west-1"), [""; 0]);
        let table = Observed { table: Some(ObservedTable::default()), ..Observed::default() };
        assert_eq!(stays(&table, "--table"), [""; 0]);
        assert_eq!(stays(&Observed::default(), "the skill amzn1.ask.skill.x"), [""; 0]);
        let foreign = ObservedBucket::LeftAlone { name: "b".into(), reason: "the bucket b of others".into() };
        let foreign = Observed { buckets: vec![foreign], ..Observed::default() };
        assert_eq!(stays(&foreign, "the bucket b of others"), [""; 0]);
        assert_eq!(foreign.buckets_left_alone().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn a_bucket_whose_policy_may_not_be_read_may_keep_a_statement() {
        let bucket = |name: &str, statement| {
            ObservedBucket::Accessible(ObservedObjects { bucket: name.into(), statement, ..ObservedObjects::default() })
        };
        let buckets = vec![
            bucket("a", Statement::Absent),
            bucket("b", Statement::Unknown),
            bucket("c", Statement::Present),
            ObservedBucket::LeftAlone { name: "d".into(), reason: String::new() },
        ];
        let observed = Observed { buckets, ..Observed::default() };
        assert_eq!(observed.buckets_left_alone().collect::<Vec<_>>(), ["b", "d"]);
    }

    #[test]
    fn a_table_that_is_being_deleted_is_waited_for() {
        let table = ObservedTable { is_deleting: true, ..ObservedTable::default() };
        assert_eq!(removal(&Observed { table: Some(table), ..Observed::default() }, false).0.len(), 1);
    }

    #[test]
    fn a_change_that_was_not_shown_is_not_confirmed() {
        let change = |name: &str, description: &str| {
            Change::new(Action::Delete, ("AWS::Lambda::Function", name), "lambda:DeleteFunction", description)
        };
        let changes = [change("cats", "deleting cats, 1 version"), change("dogs", "deleting dogs")];
        let shown = |changes: &[Change]| -> Vec<Shown> {
            serde_json::from_value(serde_json::to_value(changes).unwrap()).unwrap()
        };
        assert_eq!(unconfirmed(&changes, &shown(&changes)), Vec::<&Change>::new());
        assert_eq!(unconfirmed(&changes, &shown(&changes[..1])), [&changes[1]]);
        let granted = [changes[0].clone().effect("a partner cannot invoke it anymore"), changes[1].clone()];
        assert_eq!(unconfirmed(&granted, &shown(&changes)), [&granted[0]]);
        assert_eq!(unconfirmed(&changes, &shown(&granted)), Vec::<&Change>::new());
        let smaller = [change("cats", "deleting cats, 0 versions"), changes[1].clone()];
        assert_eq!(unconfirmed(&changes, &shown(&smaller)), [&changes[0]]);
    }
}
