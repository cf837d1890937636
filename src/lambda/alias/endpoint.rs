//! Decides whether a deployment points the endpoint to its code.
//!
//! A user who has pointed the alias to an earlier version has rolled the skill back. That lasts until there is other
//! code to deploy: a deployment that has nothing new would make the release live again that was rolled back. Nothing
//! but the alias records it.

use crate::lambda::alias::target::Target;
use crate::lambda::configuration::EndpointVersion;

/// A published version, and the digest of its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) version: String,
    pub(crate) code_sha256: String,
}

/// The facts on which the decision depends.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, and a test of their combinations")]
#[derive(Clone, Debug)]
pub(crate) struct Situation<'a> {
    pub(crate) mode: EndpointVersion,
    /// The versions that the alias points to, if it exists.
    pub(crate) found: Option<&'a Target>,
    /// The newest published version, if it is known.
    pub(crate) newest: Option<&'a Published>,
    /// The digest of the code of `$LATEST`.
    pub(crate) latest_code: Option<&'a str>,
    /// Whether the code to deploy is not that of `$LATEST`.
    pub(crate) code_differs: bool,
    /// Whether the configuration of `$LATEST` differs from the desired one.
    pub(crate) configuration_differs: bool,
    /// Whether a deployment of this code was interrupted before it could change the alias.
    pub(crate) was_interrupted: bool,
    /// Whether the version that the alias points to has the code and the configuration to deploy.
    pub(crate) serves_desired: bool,
    /// Whether an interrupted deployment has not published its version, which this one does.
    pub(crate) version_is_pending: bool,
}

/// The way in which a deployment treats the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Create,
    /// It points to what the deployment would point it to.
    Keep,
    /// It was rolled back, and this deployment has nothing that was not rolled back.
    StayRolledBack {
        /// Whether the deployment changes the configuration of `$LATEST` only.
        configuration_differs: bool,
    },
    /// It gets the deployed code.
    Point {
        /// Whether it was rolled back until now.
        ends_rollback: bool,
        /// Whether the alias has to be marked before the code is sent.
        needs_mark: bool,
    },
}

pub(crate) fn decide(situation: &Situation<'_>) -> Decision {
    let Situation { mode, found, code_differs, was_interrupted, serves_desired, .. } = *situation;
    let Some(found) = found else { return Decision::Create };
    let is_rolled_back = is_rolled_back(situation, found);
    if is_rolled_back && !code_differs && !was_interrupted {
        return Decision::StayRolledBack { configuration_differs: situation.configuration_differs };
    }
    let is_as_desired = match mode {
        EndpointVersion::Latest => found.is_latest(),
        EndpointVersion::Published => {
            let is_version = found.only_version().is_some() && !found.is_latest();
            serves_desired && !code_differs && is_version && !situation.version_is_pending
        }
    };
    if is_as_desired {
        return Decision::Keep;
    }
    // An alias at `$LATEST` is never taken for a roll-back, and without new code or version nothing can look like one.
    let becomes_ambiguous = !found.is_latest() && (code_differs || mode == EndpointVersion::Published);
    Decision::Point { ends_rollback: is_rolled_back, needs_mark: becomes_ambiguous && !was_interrupted }
}

/// Returns whether a user has pointed the alias elsewhere. A deployment points it to `$LATEST` or to the newest version,
/// and never divides the invocations.
fn is_rolled_back(situation: &Situation<'_>, found: &Target) -> bool {
    let Situation { newest, latest_code, .. } = situation;
    if found.is_latest() {
        return false;
    }
    let (Some(version), Some(newest)) = (found.only_version(), newest) else { return true };
    // Otherwise, a deployment to a published version has left it there.
    newest.version != version || Some(newest.code_sha256.as_str()) != *latest_code
}

#[cfg(test)]
mod tests {
    use super::*;
    use EndpointVersion::{Latest, Published as AtPublished};

    const KEEP: Decision = Decision::Keep;
    const STAY: Decision = Decision::StayRolledBack { configuration_differs: false };

    fn point(ends_rollback: bool, needs_mark: bool) -> Decision {
        Decision::Point { ends_rollback, needs_mark }
    }

    /// A situation in which version 3 is the newest, with the code of `$LATEST`, which is deployed again.
    fn unchanged(mode: EndpointVersion, found: &Target) -> Decision {
        decided(mode, found, |_| {})
    }

    fn decided(mode: EndpointVersion, found: &Target, change: impl FnOnce(&mut Situation<'_>)) -> Decision {
        let newest = Published { version: "3".into(), code_sha256: "c".into() };
        let mut situation = Situation {
            mode,
            found: Some(found),
            newest: Some(&newest),
            latest_code: Some("c"),
            code_differs: false,
            configuration_differs: false,
            was_interrupted: false,
            serves_desired: found.only_version() == Some("3"),
            version_is_pending: false,
        };
        change(&mut situation);
        decide(&situation)
    }

    #[test]
    fn an_alias_that_does_not_exist_is_created() {
        for mode in [Latest, AtPublished] {
            assert_eq!(decided(mode, &Target::latest(), |it| it.found = None), Decision::Create);
        }
    }

    #[test]
    fn a_rollback_stays_until_the_code_differs() {
        let shifted = crate::lambda::alias::target::divided("2", &[("3", 0.5)]);
        for mode in [Latest, AtPublished] {
            for found in [&Target::of_version("2"), &shifted] {
                assert_eq!(unchanged(mode, found), STAY, "{mode:?} {found}");
                assert_eq!(decided(mode, found, |it| it.code_differs = true), point(true, true), "{mode:?} {found}");
                // The code was sent, and the alias not changed.
                let interrupted = |it: &mut Situation<'_>| it.was_interrupted = true;
                assert_eq!(decided(mode, found, interrupted), point(true, false), "{mode:?} {found}");
            }
            // Without the right to list versions, no version is known to be the newest.
            assert_eq!(decided(mode, &Target::of_version("3"), |it| it.newest = None), STAY);
        }
    }

    #[test]
    fn at_latest_the_alias_is_not_changed() {
        assert_eq!(unchanged(Latest, &Target::latest()), KEEP);
        assert_eq!(decided(Latest, &Target::latest(), |it| it.code_differs = true), KEEP);
    }

    #[test]
    fn at_a_published_version_the_alias_follows_code_and_configuration() {
        let newest = Target::of_version("3");
        assert_eq!(unchanged(AtPublished, &newest), KEEP);
        let configured = |it: &mut Situation<'_>| it.serves_desired = false;
        assert_eq!(decided(AtPublished, &newest, configured), point(false, true));
        assert_eq!(decided(AtPublished, &newest, |it| it.code_differs = true), point(false, true));
        // Rolled back, with another configuration: that is applied to `$LATEST` only.
        for mode in [Latest, AtPublished] {
            let stays = decided(mode, &Target::of_version("2"), |it| it.configuration_differs = true);
            assert_eq!(stays, Decision::StayRolledBack { configuration_differs: true });
        }
    }

    #[test]
    fn the_modes_can_be_switched() {
        assert_eq!(unchanged(Latest, &Target::of_version("3")), point(false, false));
        assert_eq!(unchanged(AtPublished, &Target::latest()), point(false, false));
        // The code of `$LATEST` was never published: version 3 is a roll-back from it.
        assert_eq!(decided(Latest, &Target::of_version("3"), |it| it.latest_code = Some("d")), STAY);
    }

    #[test]
    fn a_deleted_version_does_not_end_the_roll_back_from_it() {
        // The code of `$LATEST` was published as version 4, which does not exist any more.
        let before = decided(AtPublished, &Target::of_version("3"), |it| {
            it.latest_code = Some("d");
            it.serves_desired = false;
        });
        assert_eq!(before, STAY);
    }

    #[test]
    fn the_endpoint_follows_a_version_that_an_interrupted_deployment_has_not_published() {
        let pending = decided(AtPublished, &Target::of_version("3"), |it| it.version_is_pending = true);
        assert_eq!(pending, point(false, true));
    }
}
