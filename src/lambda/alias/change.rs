//! Decides how aliases and permissions are changed.

use crate::deploy::change::{Action, Change, KNOWN_AFTER_APPLY};
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::alias::endpoint::{Decision, right_note};
use crate::lambda::alias::invoke_permission::{InvokePermission, Statement};
use crate::lambda::alias::note::Note;
use crate::lambda::alias::observe::ObservedAlias;
use crate::lambda::alias::target::{Endpoint, Target};
use crate::lambda::configuration::EndpointVersion;
use std::collections::BTreeSet;

/// Created once with the function, and never updated: users can point it to a version that they trust.
pub(crate) const LIVE_ALIAS: &str = "LIVE";

/// The fix if the skill ID got lost.
const RESTORE: &str = "restore artifacts.json, or add skillId to the last of the target's versions there";

const ALIAS_TYPE: &str = "AWS::Lambda::Alias";
const PERMISSION_TYPE: &str = "AWS::Lambda::Permission";

/// The desired endpoint of the skill.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DesiredAlias<'a> {
    pub(crate) function: &'a str,
    pub(crate) alias: &'a str,
    /// `None` before the skill's manifest is deployed for the first time.
    pub(crate) skill_id: Option<&'a str>,
    pub(crate) endpoint: EndpointVersion,
    /// The name of the deployment target.
    pub(crate) target: &'a str,
    /// The digest of the code to deploy.
    pub(crate) code_sha256: &'a str,
    /// Whether `artifacts.json` records a deployment of the endpoint that was completed, with its permission.
    pub(crate) is_recorded: bool,
}

impl DesiredAlias<'_> {
    /// Returns what the endpoint is to point to; `None` for the version that this deployment publishes.
    fn points_to(&self) -> Option<Target> {
        (self.endpoint == EndpointVersion::Latest).then(Target::latest)
    }

    fn endpoint<'a>(&'a self, region: &'a str) -> Endpoint<'a> {
        let DesiredAlias { function, alias, target, endpoint: mode, .. } = *self;
        Endpoint { function, alias, region, target, mode }
    }
}

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
        /// The policy cannot be read, and the deployment that created the alias has most likely added it.
        is_likely_there: bool,
    },
    /// Removes the statement of this ID, which permits any skill.
    RemovePermission(String),
}

/// Checks that Alexa can be expected to have the permission to invoke, where that can neither be read nor added.
///
/// # Errors
/// `AccessDenied` if nothing shows that a deployment has ever added it.
pub(crate) fn ensure_permission_known(desired: DesiredAlias<'_>, observed: &ObservedAlias) -> Result<()> {
    let DesiredAlias { function, alias, target, is_recorded, .. } = desired;
    match Withheld::of(desired, observed) {
        Some(Withheld::Unknown) if !is_recorded => Err(Error::new(
            ErrorCode::AccessDenied,
            format!(
                "cannot find out whether Alexa may invoke {function}:{alias}: its policy cannot be read, and artifacts.json has neither the skill ID (skillId) of the target {target} nor a deployment of it that was completed"
            ),
        )
        .hint(format!("Allow lambda:GetPolicy and lambda:AddPermission on the function's ARN with :* at its end. For a skill that exists, {RESTORE}"))),
        _ => Ok(()),
    }
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
    changes.extend(permission_changes(desired, observed).into_iter().map(|kind| change(desired.alias, kind)));
    changes
}

/// Adds a permission before others are removed.
fn permission_changes(desired: DesiredAlias<'_>, observed: &ObservedAlias) -> Vec<AliasChangeKind> {
    let statements = observed.statements.as_deref().unwrap_or_default();
    let permission = InvokePermission::for_skill(desired.skill_id);
    let mut changes = Vec::new();
    if !statements.iter().any(|statement| statement.grants(&permission)) && Withheld::of(desired, observed).is_none() {
        let is_likely_there = observed.statements.is_none() && observed.aliases.contains_key(desired.alias);
        changes.push(AliasChangeKind::AddPermission { permission, is_likely_there });
    }
    if desired.skill_id.is_some() {
        let unrestricted = statements.iter().filter(|statement| statement.is_own_unrestricted());
        changes.extend(unrestricted.map(|statement| AliasChangeKind::RemovePermission(statement.id.clone())));
    }
    changes
}

/// Why any skill is not permitted to invoke, although the skill ID is unknown: it may have got lost, and the endpoint of
/// a skill must not be opened to all others then.
enum Withheld<'a> {
    /// These statements permit some skills only.
    Restricted(Vec<&'a Statement>),
    /// The deployer may not read the policy of an endpoint that exists.
    Unknown,
}

impl<'a> Withheld<'a> {
    fn of(desired: DesiredAlias<'_>, observed: &'a ObservedAlias) -> Option<Self> {
        let DesiredAlias { alias, skill_id, .. } = desired;
        if skill_id.is_some() {
            return None;
        }
        let Some(statements) = &observed.statements else {
            return observed.aliases.contains_key(alias).then_some(Withheld::Unknown);
        };
        let any_skill = InvokePermission::for_skill(None);
        let restricted: Vec<_> = statements.iter().filter(|statement| !statement.skills().is_empty()).collect();
        let is_open = restricted.is_empty() || statements.iter().any(|statement| statement.grants(&any_skill));
        (!is_open).then_some(Withheld::Restricted(restricted))
    }

    /// Returns the warning, with what to do.
    fn warning(&self, by_hand: Endpoint<'_>) -> String {
        let Endpoint { function, alias, target, .. } = by_hand;
        let endpoint = format!("{function}:{alias}");
        let unknown = format!("because the skill ID (skillId) of the target {target} is missing in artifacts.json");
        match self {
            Withheld::Restricted(statements) => {
                let skills: Vec<_> = statements.iter().flat_map(|statement| statement.skills()).cloned().collect();
                let remove = statements.iter().map(|statement| by_hand.remove_permission(&statement.id));
                format!(
                    "{endpoint} stays restricted to the skill {}, {unknown}. If that is your skill, {RESTORE}. To create a new skill, run {}, and deploy again",
                    skills.join(", "),
                    remove.collect::<Vec<_>>().join(" and ")
                )
            }
            Withheld::Unknown => format!(
                "the permission of Alexa to invoke {endpoint} is left as it is, {unknown}, and because the policy of the endpoint cannot be read: it may be restricted to a skill. For a skill that exists, {RESTORE}. Otherwise, allow reading the policy, and deploy again"
            ),
        }
    }
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

/// Returns the warning about a rollback, with the way back.
pub(crate) fn rollback_warning(
    desired: DesiredAlias<'_>,
    observed: &ObservedAlias,
    decision: &Decision,
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
            let not_live =
                if *configuration_differs { ", and the change of the configuration is not live" } else { "" };
            Some(format!(
                "{function}:{alias} stays rolled back to {found}, because the code was deployed before{not_live}. To make {} live again, run `litexa-deploy-aws rollback --undo -d {target}`{}",
                newest.as_ref().map_or("the newest version".to_owned(), Target::to_string),
                newest.map_or(String::new(), |newest| format!(", or {}", newest.by_hand(endpoint)))
            ))
        }
        _ => None,
    }
}

/// Returns warnings about permissions for others than the skill.
pub(crate) fn warnings(desired: DesiredAlias<'_>, observed: &ObservedAlias, region: &str) -> Vec<String> {
    let DesiredAlias { function, alias, skill_id, .. } = desired;
    let mut warnings = Vec::new();
    for statement in observed.statements.iter().flatten() {
        if let Some(grantee) = statement.unexpected_grantee(skill_id) {
            warnings.push(format!(
                "{grantee} may invoke {function}:{alias}, too. Unless that is intended, run {}",
                desired.endpoint(region).remove_permission(&statement.id)
            ));
        }
    }
    if let Some(withheld) = Withheld::of(desired, observed) {
        warnings.push(withheld.warning(desired.endpoint(region)));
    } else if skill_id.is_none() {
        warnings.push(format!(
            "any Alexa skill may invoke {function}:{alias} until the skill ID is known. Deploy again after the manifest has been deployed to restrict it to your skill"
        ));
    }
    warnings
}

impl AliasChange {
    /// Returns whether the alias is pointed to the version that this deployment publishes.
    pub(crate) fn needs_version(&self) -> bool {
        matches!(self.kind, AliasChangeKind::Create(None) | AliasChangeKind::Update { to: None, .. })
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
mod tests {
    use super::*;
    use crate::lambda::alias::invoke_permission::{self, ALEXA_PRINCIPAL};
    use crate::lambda::alias::note::Origin;
    use std::collections::BTreeMap;

    const DESIRED: DesiredAlias<'_> = DesiredAlias {
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

    fn observed(aliases: &[(&str, Target)], statements: Option<&str>) -> ObservedAlias {
        ObservedAlias {
            aliases: aliases.iter().map(|(name, target)| ((*name).to_owned(), target.clone())).collect(),
            statements: statements.map(invoke_permission::statements),
            description: "mine".to_owned(),
            ..ObservedAlias::default()
        }
    }

    fn policy(statements: &[(&str, Option<&str>)]) -> String {
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
    fn lines(desired: DesiredAlias<'_>, observed: &ObservedAlias) -> Vec<String> {
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

    #[test]
    fn an_endpoint_that_is_as_desired_is_not_changed() {
        let there = [("LIVE", Target::of_version("1")), ("release-0", Target::latest())];
        let granted = policy(&[("lc-skill", Some("skill"))]);
        let observed = observed(&there, Some(&granted));
        assert_eq!(changes(DESIRED, &observed, &Decision::Keep), []);
        assert_eq!(warnings(DESIRED, &observed, "r"), [""; 0]);
        assert_eq!(rollback_warning(DESIRED, &observed, &Decision::Keep, "r"), None);
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
        let warning = rollback_warning(DESIRED, &observed, &ends_rollback(), "r").unwrap();
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
            let warning = rollback_warning(DESIRED, &observed, &stays, "r").unwrap();
            assert!(warning.contains("stays rolled back to version 3") && warning.contains("rollback --undo -d beta`"));
            assert_eq!(warning.contains("is not live"), configuration_differs, "{warning}");
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
        assert_eq!(rollback_warning(published, &observed, &decision, "r"), None);
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
    fn the_permission_is_restricted_once_the_skill_is_known() {
        let there = [("LIVE", Target::latest()), ("release-0", Target::latest())];
        let observed = observed(&there, Some(&policy(&[("lc-any-skill", None), ("other-tool", None)])));
        let expected = [
            "granting the skill skill permission to invoke cats:release-0",
            "removing the permission of any Alexa skill to invoke cats:release-0",
        ];
        assert_eq!(lines(DESIRED, &observed), expected);
        let warnings = warnings(DESIRED, &observed, "r");
        assert!(warnings.len() == 1 && warnings[0].contains("--statement-id other-tool --region r`"), "{warnings:?}");
    }

    #[test]
    fn an_endpoint_that_is_restricted_to_a_skill_is_not_opened_if_the_skill_id_is_unknown() {
        let there = [("LIVE", Target::latest()), ("release-0", Target::latest())];
        let lost = DesiredAlias { skill_id: None, ..DESIRED };
        for id in ["lc-skill", "mine"] {
            let observed = observed(&there, Some(&policy(&[(id, Some("skill"))])));
            assert_eq!(lines(lost, &observed), [""; 0]);
            let warnings = warnings(lost, &observed, "r");
            assert!(
                warnings.len() == 1 && warnings[0].contains("stays restricted to the skill skill, "),
                "{warnings:?}"
            );
            assert!(warnings[0].contains(&format!("--statement-id {id} --region r`")), "{warnings:?}");
        }
        // Without a policy, a new skill is not known yet; with a general permission, the endpoint is open already.
        for (statements, is_added) in
            [(vec![], true), (vec![("lc-skill", Some("skill")), ("lc-any-skill", None)], false)]
        {
            let observed = observed(&there, Some(&policy(&statements)));
            assert_eq!(lines(lost, &observed).len(), usize::from(is_added));
            let warnings = warnings(lost, &observed, "r");
            assert!(warnings.len() == 1 && warnings[0].starts_with("any Alexa skill may invoke"), "{warnings:?}");
        }
    }

    #[test]
    fn an_endpoint_whose_policy_cannot_be_read_is_not_opened_if_the_skill_id_is_unknown() {
        let lost = DesiredAlias { skill_id: None, ..DESIRED };
        let there = observed(&[("LIVE", Target::latest()), ("release-0", Target::latest())], None);
        assert_eq!(lines(lost, &there), [""; 0]);
        let warnings = warnings(lost, &there, "r");
        assert!(warnings.len() == 1 && warnings[0].contains("cannot be read"), "{warnings:?}");
        let new = observed(&[("LIVE", Target::latest())], None);
        assert_eq!(lines(lost, &new).len(), 2);
    }

    #[test]
    fn a_permission_of_which_nothing_is_known_is_an_error() {
        let there = observed(&[("release-0", Target::latest())], None);
        let interrupted = DesiredAlias { skill_id: None, is_recorded: false, ..DESIRED };
        let error = ensure_permission_known(interrupted, &there).unwrap_err();
        assert_eq!(error.code, ErrorCode::AccessDenied);
        assert!(error.to_string().contains("lambda:GetPolicy"), "{error}");
        let readable = observed(&[("release-0", Target::latest())], Some("{}"));
        for (desired, observed) in [
            (DesiredAlias { is_recorded: true, ..interrupted }, &there),
            (DesiredAlias { skill_id: Some("skill"), ..interrupted }, &there),
            (interrupted, &readable),
            (interrupted, &observed(&[("LIVE", Target::latest())], None)),
        ] {
            assert!(ensure_permission_known(desired, observed).is_ok(), "{desired:?}");
        }
    }

    #[test]
    fn a_policy_that_cannot_be_read_has_the_permission_most_likely_if_the_alias_exists() {
        let is_likely_there = |aliases: &[(&str, Target)]| {
            let observed = ObservedAlias { statements: None, ..observed(aliases, None) };
            changes(DESIRED, &observed, &Decision::Keep).iter().any(AliasChange::is_likely_made)
        };
        assert!(is_likely_there(&[("release-0", Target::latest())]));
        assert!(!is_likely_there(&[]) && !is_likely_there(&[("LIVE", Target::latest())]));
    }

    #[test]
    fn an_alias_is_looked_up_by_its_whole_name() {
        let observed = observed(&[("release-00", Target::latest())], Some("{}"));
        assert_eq!(observed.aliases, BTreeMap::from([("release-00".to_owned(), Target::latest())]));
        assert_eq!(lines(DESIRED, &observed)[1], "creating the alias release-0 of cats");
    }
}
