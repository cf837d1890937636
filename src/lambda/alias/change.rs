//! Decides how aliases are changed, and describes the changes of aliases and permissions.

use crate::deploy::change::{Action, Change, KNOWN_AFTER_APPLY};
use crate::lambda::alias::desired::DesiredAlias;
use crate::lambda::alias::endpoint::{Decision, right_note};
use crate::lambda::alias::invoke_permission::InvokePermission;
use crate::lambda::alias::note::Note;
use crate::lambda::alias::observe::ObservedAlias;
use crate::lambda::alias::permission;
use crate::lambda::alias::target::Target;
use std::collections::BTreeSet;

/// Created once with the function, and never updated: users can point it to a version that they trust.
pub(crate) const LIVE_ALIAS: &str = "LIVE";

const ALIAS_TYPE: &str = "AWS::Lambda::Alias";
const PERMISSION_TYPE: &str = "AWS::Lambda::Permission";

/// A change of an alias of the function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AliasChange {
    pub(crate) alias: String,
    pub(crate) kind: AliasChangeKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AliasChangeKind {
    /// Points a new alias to a version; `None` is the one that this deployment publishes.
    Create(Option<Target>),
    /// Writes a note before the code is sent, without which an interrupted deployment would look like a roll-back.
    Mark(Note),
    /// Replaces a note that does not hold anymore.
    CorrectNote(Option<Note>),
    Update {
        from: Target,
        /// `None` is the version that this deployment publishes.
        to: Option<Target>,
    },
    AddPermission {
        permission: InvokePermission,
        statement_id: String,
        /// The policy cannot be read, and the deployment that created the alias has most likely added it.
        is_likely_there: bool,
    },
    /// Removes the statement of this ID, which permits any skill.
    RemovePermission(String),
}

/// Returns the changes in the order in which they are made: those of an alias follow each other, so that Alexa is never
/// without permission.
pub(crate) fn changes(desired: DesiredAlias<'_>, observed: &ObservedAlias, decision: &Decision) -> Vec<AliasChange> {
    let change = |alias: &str, kind| AliasChange { alias: alias.to_owned(), kind };
    let mut changes = Vec::new();
    if !observed.aliases.contains_key(LIVE_ALIAS) {
        changes.push(change(LIVE_ALIAS, AliasChangeKind::Create(Some(Target::latest()))));
    }
    let kinds: Vec<_> = match (decision, observed.aliases.get(desired.alias)) {
        (Decision::Create, _) | (_, None) => vec![AliasChangeKind::Create(desired.points_to())],
        (Decision::Keep | Decision::StayRolledBack { .. }, Some(found)) => {
            let (note, right) = (Note::of(&observed.description), right_note(found, decision));
            (note.is_some() && note != right).then_some(AliasChangeKind::CorrectNote(right)).into_iter().collect()
        }
        (Decision::Point { mark, .. }, Some(found)) => {
            let mark = mark.clone().map(AliasChangeKind::Mark);
            let update = AliasChangeKind::Update { from: found.clone(), to: desired.points_to() };
            mark.into_iter().chain([update]).collect()
        }
    };
    changes.extend(kinds.into_iter().map(|kind| change(desired.alias, kind)));
    changes.extend(permission_changes(desired, observed).map(|kind| change(desired.alias, kind)));
    changes
}

/// Adds a permission before others are removed.
fn permission_changes(desired: DesiredAlias<'_>, observed: &ObservedAlias) -> impl Iterator<Item = AliasChangeKind> {
    let missing = permission::missing(desired, observed);
    let is_likely_there = observed.statements.is_none() && observed.aliases.contains_key(desired.alias);
    let add = missing.map(|permission| {
        let statement_id = permission.statement_id(&observed.statement_ids);
        AliasChangeKind::AddPermission { permission, statement_id, is_likely_there }
    });
    add.into_iter().chain(permission::superfluous(desired, observed).into_iter().map(AliasChangeKind::RemovePermission))
}

/// Returns the published versions that aliases point to once the changes are made, without one that is yet to be
/// published. Those of a roll-back that ends are among them: they are the way back from the deployed code.
pub(crate) fn versions_in_use(
    desired: DesiredAlias<'_>,
    observed: &ObservedAlias,
    (decision, changes): (&Decision, &[AliasChange]),
) -> BTreeSet<u64> {
    let way_back = match decision {
        Decision::Point { ends_rollback: true, .. } => observed.aliases.get(desired.alias),
        _ => None,
    };
    let mut targets = observed.aliases.clone();
    for AliasChange { alias, kind } in changes {
        if let AliasChangeKind::Create(to) | AliasChangeKind::Update { to, .. } = kind {
            match to {
                Some(to) => targets.insert(alias.clone(), to.clone()),
                None => targets.remove(alias),
            };
        }
    }
    targets.values().chain(way_back).flat_map(Target::published).collect()
}

/// Returns the warning about a rollback, with the way back. Code that was not compared may end it.
pub(crate) fn rollback_warning(
    desired: DesiredAlias<'_>,
    observed: &ObservedAlias,
    (decision, is_code_known): (&Decision, bool),
    region: &str,
) -> Option<String> {
    let DesiredAlias { function, alias, target, .. } = desired;
    let found = observed.aliases.get(alias)?;
    let endpoint = desired.endpoint(region);
    match decision {
        Decision::Point { ends_rollback: true, .. } => {
            let to = desired.points_to().map_or("the version that it publishes".to_owned(), |to| to.to_string());
            let back = found.commands(endpoint);
            Some(format!(
                "this deployment ends a rollback: {function}:{alias} points to {to} again, instead of {found}. To roll back again, run {back}"
            ))
        }
        Decision::StayRolledBack { configuration_differs } => {
            let published = observed.newest.as_ref().map(|newest| Target::of_version(&newest.version));
            let newest = desired.points_to().or(published);
            let why = match (is_code_known, configuration_differs) {
                (true, false) => "because the code was deployed before",
                (true, true) => "because the code was deployed before, and the change of the configuration is not live",
                (false, false) => "if the code, which was not compared, is unchanged",
                (false, true) => {
                    "if the code, which was not compared, is unchanged: then the change of the configuration is not live"
                }
            };
            Some(format!(
                "{function}:{alias} stays rolled back to {found}, {why}. To make {} live again, run `litexa-deploy-aws rollback --undo -d {target}`{}",
                newest.as_ref().map_or("the newest version".to_owned(), Target::to_string),
                newest.map_or(String::new(), |newest| format!(", or {}", newest.by_hand(endpoint)))
            ))
        }
        _ => None,
    }
}

impl AliasChange {
    /// Returns whether the alias is pointed to the version that this deployment publishes.
    pub(crate) fn needs_version(&self) -> bool {
        matches!(self.kind, AliasChangeKind::Create(None) | AliasChangeKind::Update { to: None, .. })
    }

    /// Returns the change with the version that was published, where it has to point the alias to that.
    pub(crate) fn with_version(&self, published: &Target) -> Self {
        let mut change = self.clone();
        if let AliasChangeKind::Create(to @ None) | AliasChangeKind::Update { to: to @ None, .. } = &mut change.kind {
            *to = Some(published.clone());
        }
        change
    }

    pub(crate) fn is_mark(&self) -> bool {
        matches!(self.kind, AliasChangeKind::Mark(_))
    }

    /// Returns whether the change has most likely been made before. It is tried again, and does not count as a change.
    pub(crate) fn is_likely_made(&self) -> bool {
        matches!(self.kind, AliasChangeKind::AddPermission { is_likely_there: true, .. })
    }

    /// Describes the change of an alias of the function.
    pub(crate) fn describe(&self, function: &str) -> Change {
        let AliasChange { alias, kind } = self;
        let name = format!("{function}:{alias}");
        let (alias_type, permission_type) = ((ALIAS_TYPE, name.as_str()), (PERMISSION_TYPE, name.as_str()));
        match kind {
            AliasChangeKind::Create(_) => {
                let description = format!("creating the alias {alias} of {function}");
                Change::new(Action::Create, alias_type, "lambda:CreateAlias", description)
            }
            AliasChangeKind::Mark(_) => {
                let description = format!("marking the alias {alias} of {function} as about to change");
                Change::new(Action::Update, alias_type, "lambda:UpdateAlias", description)
            }
            AliasChangeKind::CorrectNote(_) => {
                let description = format!("updating the description of the alias {alias} of {function}");
                Change::new(Action::Update, alias_type, "lambda:UpdateAlias", description)
            }
            AliasChangeKind::Update { from, to } => {
                let to = to.as_ref().map_or(format!("version {KNOWN_AFTER_APPLY}"), Target::to_string);
                let description = format!("updating the alias {alias} of {function}: {from} -> {to}");
                Change::new(Action::Update, alias_type, "lambda:UpdateAlias", description)
                    .effect(format!("requests to {name} are answered by {to} instead of {from}"))
            }
            AliasChangeKind::AddPermission { permission, .. } => {
                let description = format!("granting {permission} permission to invoke {name}");
                let grantee = match &permission.skill_id {
                    Some(_) => permission.to_string(),
                    None => "any Alexa skill".to_owned(),
                };
                Change::new(Action::Create, permission_type, "lambda:AddPermission", description)
                    .effect(format!("{grantee} may invoke {name}"))
            }
            AliasChangeKind::RemovePermission(_) => {
                let description = format!("removing the permission of any Alexa skill to invoke {name}");
                Change::new(Action::Delete, permission_type, "lambda:RemovePermission", description)
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::lambda::alias::invoke_permission::{self, ALEXA_PRINCIPAL};
    use crate::lambda::alias::note::Origin;
    use crate::lambda::configuration::EndpointVersion;
    use std::collections::BTreeMap;

    pub(in crate::lambda::alias) const DESIRED: DesiredAlias<'_> = DesiredAlias {
        function: "cats",
        alias: "release-0",
        skill_id: Some("skill"),
        endpoint: EndpointVersion::Latest,
        target: "beta",
        code_sha256: "abc=",
        is_recorded: true,
    };

    fn ends_rollback() -> Decision {
        let mark = Note::new(Origin::RolledBack, &Target::of_version("3")).deploying("abc=");
        Decision::Point { ends_rollback: true, mark: Some(mark) }
    }

    pub(in crate::lambda::alias) fn observed(aliases: &[(&str, Target)], statements: Option<&str>) -> ObservedAlias {
        ObservedAlias {
            aliases: aliases.iter().map(|(name, target)| ((*name).to_owned(), target.clone())).collect(),
            statements: statements.map(invoke_permission::statements),
            statement_ids: statements.map(invoke_permission::statement_ids).unwrap_or_default(),
            description: "mine".to_owned(),
            ..ObservedAlias::default()
        }
    }

    pub(in crate::lambda::alias) fn policy(statements: &[(&str, Option<&str>)]) -> String {
        let statement = |(id, skill): &(&str, Option<&str>)| {
            let condition = skill.map_or(
                serde_json::json!({}),
                |skill| serde_json::json!({"StringEquals": {"lambda:EventSourceToken": skill}}),
            );
            serde_json::json!({
                "Sid": id, "Effect": "Allow", "Principal": {"Service": ALEXA_PRINCIPAL},
                "Action": "lambda:InvokeFunction", "Condition": condition,
            })
        };
        serde_json::json!({"Statement": statements.iter().map(statement).collect::<Vec<_>>()}).to_string()
    }

    /// Returns the lines of changes. An alias that exists is kept.
    pub(in crate::lambda::alias) fn lines(desired: DesiredAlias<'_>, observed: &ObservedAlias) -> Vec<String> {
        let decision = if observed.aliases.contains_key(desired.alias) { Decision::Keep } else { Decision::Create };
        lines_of(desired, observed, &decision)
    }

    fn lines_of(desired: DesiredAlias<'_>, observed: &ObservedAlias, decision: &Decision) -> Vec<String> {
        changes(desired, observed, decision)
            .iter()
            .map(|change| change.describe(desired.function).description)
            .collect()
    }

    #[test]
    fn a_new_function_gets_both_aliases_and_the_permission() {
        let expected = [
            "creating the alias LIVE of cats",
            "creating the alias release-0 of cats",
            "granting the skill skill permission to invoke cats:release-0",
        ];
        assert_eq!(lines(DESIRED, &observed(&[], Some("{}"))), expected);
        let first = DesiredAlias { skill_id: None, ..DESIRED };
        let changes = changes(first, &observed(&[], Some("{}")), &Decision::Create);
        assert_eq!(changes[2].describe("cats").effects, ["any Alexa skill may invoke cats:release-0"]);
    }

    /// Lambda does not replace a statement: it refuses the ID, as for one that is there already.
    #[test]
    fn the_permission_gets_another_id_if_its_own_has_become_another_permission() {
        let there = [("LIVE", Target::latest()), ("release-0", Target::latest())];
        for changed in [policy(&[("lc-skill", Some("other"))]), policy(&[("lc-skill", None)]).replace("alexa", "iot")] {
            let observed = observed(&there, Some(&changed));
            let [AliasChange { kind: AliasChangeKind::AddPermission { statement_id, .. }, .. }] =
                &changes(DESIRED, &observed, &Decision::Keep)[..]
            else {
                panic!("{changed}");
            };
            assert_eq!(statement_id, "lc-skill-2");
        }
    }

    #[test]
    fn an_endpoint_that_is_as_desired_is_not_changed() {
        let there = [("LIVE", Target::of_version("1")), ("release-0", Target::latest())];
        let granted = policy(&[("lc-skill", Some("skill"))]);
        let observed = observed(&there, Some(&granted));
        assert_eq!(changes(DESIRED, &observed, &Decision::Keep), []);
        assert_eq!(permission::warnings(DESIRED, &observed, "r"), [""; 0]);
        assert_eq!(rollback_warning(DESIRED, &observed, (&Decision::Keep, true), "r"), None);
    }

    #[test]
    fn a_rollback_ends_with_the_way_back() {
        let there = [("LIVE", Target::latest()), ("release-0", Target::of_version("3"))];
        let observed = observed(&there, Some(&policy(&[("lc-skill", Some("skill"))])));
        assert_eq!(
            lines_of(DESIRED, &observed, &ends_rollback()),
            [
                "marking the alias release-0 of cats as about to change",
                "updating the alias release-0 of cats: version 3 -> $LATEST"
            ]
        );
        let mark = Note::new(Origin::RolledBack, &Target::of_version("3")).deploying("abc=");
        let marks = |change: &AliasChange| change.kind == AliasChangeKind::Mark(mark.clone());
        assert!(changes(DESIRED, &observed, &ends_rollback()).iter().any(marks));
        let warning = rollback_warning(DESIRED, &observed, (&ends_rollback(), true), "r").unwrap();
        assert!(
            warning.contains("run `litexa-deploy-aws rollback 3 -d beta`, or `aws lambda update-alias "),
            "{warning}"
        );
        assert!(
            warning.ends_with("--function-version 3 --region r --routing-config \"AdditionalVersionWeights={}\"`"),
            "{warning}"
        );
    }

    #[test]
    fn a_rollback_that_stays_is_reported_with_the_way_back() {
        let there = [("LIVE", Target::latest()), ("release-0", Target::of_version("3"))];
        let observed = observed(&there, Some(&policy(&[("lc-skill", Some("skill"))])));
        for configuration_differs in [false, true] {
            let stays = Decision::StayRolledBack { configuration_differs };
            assert_eq!(changes(DESIRED, &observed, &stays), []);
            for is_code_known in [false, true] {
                let warning = rollback_warning(DESIRED, &observed, (&stays, is_code_known), "r").unwrap();
                assert!(warning.contains("stays rolled back to version 3"), "{warning}");
                assert!(warning.contains("rollback --undo -d beta`"), "{warning}");
                assert_eq!(warning.contains("is not live"), configuration_differs, "{warning}");
                assert_eq!(warning.contains("was deployed before"), is_code_known, "{warning}");
                assert_eq!(warning.contains("if the code, which was not compared,"), !is_code_known, "{warning}");
            }
        }
    }

    #[test]
    fn the_number_of_a_version_to_publish_is_not_known_before() {
        let published = DesiredAlias { endpoint: EndpointVersion::Published, ..DESIRED };
        let there = [("LIVE", Target::latest()), ("release-0", Target::of_version("3"))];
        let observed = observed(&there, Some(&policy(&[("lc-skill", Some("skill"))])));
        let decision = Decision::Point { ends_rollback: false, mark: None };
        assert_eq!(
            lines_of(published, &observed, &decision),
            ["updating the alias release-0 of cats: version 3 -> version (known after apply)"]
        );
        let change = changes(published, &observed, &decision).remove(0).with_version(&Target::of_version("4"));
        assert_eq!(change.describe("cats").description, "updating the alias release-0 of cats: version 3 -> version 4");
        assert_eq!(rollback_warning(published, &observed, (&decision, true), "r"), None);
    }

    #[test]
    fn the_versions_of_a_rollback_that_ends_are_in_use_as_the_way_back() {
        let there = [("LIVE", Target::of_version("2")), ("release-0", Target::of_version("3"))];
        let observed = observed(&there, Some("{}"));
        let in_use = |decision: Decision| {
            let changes = changes(DESIRED, &observed, &decision);
            versions_in_use(DESIRED, &observed, (&decision, &changes))
        };
        assert_eq!(in_use(Decision::Keep), BTreeSet::from([2, 3]));
        assert_eq!(in_use(ends_rollback()), BTreeSet::from([2, 3]));
        // A switch of the mode.
        assert_eq!(in_use(Decision::Point { ends_rollback: false, mark: None }), BTreeSet::from([2]));
    }

    #[test]
    fn an_alias_is_looked_up_by_its_whole_name() {
        let observed = observed(&[("release-00", Target::latest())], Some("{}"));
        assert_eq!(observed.aliases, BTreeMap::from([("release-00".to_owned(), Target::latest())]));
        assert_eq!(lines(DESIRED, &observed)[1], "creating the alias release-0 of cats");
    }
}
