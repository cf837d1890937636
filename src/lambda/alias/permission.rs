//! Decides which skills may invoke the endpoint.

use crate::error::{Error, ErrorCode, Result};
use crate::lambda::alias::desired::DesiredAlias;
use crate::lambda::alias::invoke_permission::{InvokePermission, Statement};
use crate::lambda::alias::observe::ObservedAlias;
use crate::lambda::alias::target::Endpoint;

/// The fix if the skill ID got lost.
const RESTORE: &str = "restore artifacts.json, or add skillId to the last of the target's versions there";

/// Checks that Alexa can be expected to have the permission to invoke, where that can neither be read nor added.
///
/// # Errors
/// `AccessDenied` if nothing shows that a deployment has ever added it.
pub(crate) fn ensure_known(desired: DesiredAlias<'_>, observed: &ObservedAlias) -> Result<()> {
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

/// Returns the permission to add; `None` if the endpoint has it, or must not get it.
pub(super) fn missing(desired: DesiredAlias<'_>, observed: &ObservedAlias) -> Option<InvokePermission> {
    let permission = InvokePermission::for_skill(desired.skill_id);
    let is_there = observed.statements.iter().flatten().any(|statement| statement.grants(&permission));
    (!is_there && Withheld::of(desired, observed).is_none()).then_some(permission)
}

/// Returns the IDs of our statements that permit any skill, although the skill is known.
pub(super) fn superfluous(desired: DesiredAlias<'_>, observed: &ObservedAlias) -> Vec<String> {
    if desired.skill_id.is_none() {
        return Vec::new();
    }
    let unrestricted = observed.statements.iter().flatten().filter(|statement| statement.is_own_unrestricted());
    unrestricted.map(|statement| statement.id.clone()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::alias::change::tests::{DESIRED, lines, observed, policy};
    use crate::lambda::alias::change::{self, AliasChange};
    use crate::lambda::alias::endpoint::Decision;
    use crate::lambda::alias::target::Target;

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
        let error = ensure_known(interrupted, &there).unwrap_err();
        assert_eq!(error.code, ErrorCode::AccessDenied);
        assert!(error.to_string().contains("lambda:GetPolicy"), "{error}");
        let readable = observed(&[("release-0", Target::latest())], Some("{}"));
        for (desired, observed) in [
            (DesiredAlias { is_recorded: true, ..interrupted }, &there),
            (DesiredAlias { skill_id: Some("skill"), ..interrupted }, &there),
            (interrupted, &readable),
            (interrupted, &observed(&[("LIVE", Target::latest())], None)),
        ] {
            assert!(ensure_known(desired, observed).is_ok(), "{desired:?}");
        }
    }

    #[test]
    fn a_policy_that_cannot_be_read_has_the_permission_most_likely_if_the_alias_exists() {
        let is_likely_there = |aliases: &[(&str, Target)]| {
            let observed = ObservedAlias { statements: None, ..observed(aliases, None) };
            change::changes(DESIRED, &observed, &Decision::Keep).iter().any(AliasChange::is_likely_made)
        };
        assert!(is_likely_there(&[("release-0", Target::latest())]));
        assert!(!is_likely_there(&[]) && !is_likely_there(&[("LIVE", Target::latest())]));
    }
}
