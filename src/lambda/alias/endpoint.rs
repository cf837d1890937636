//! Decides whether a deployment points the endpoint to its code.
//!
//! A user who has pointed the alias to an earlier version has rolled the skill back. That lasts until there is other
//! code to deploy: a deployment that has nothing new would make the release live again that was rolled back. Nothing
//! but the alias records it: its target, and the [note](crate::lambda::alias::note) in its description.

use crate::lambda::alias::note::{Note, Origin};
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
    /// The note in its description, which may be about another target.
    pub(crate) note: Option<&'a Note>,
    /// The newest published version, if it is known. Only [`needs_newest`] asks for it.
    pub(crate) newest: Option<&'a Published>,
    /// The digest of the code of `$LATEST`.
    pub(crate) latest_code: Option<&'a str>,
    /// The digest of the code to deploy.
    pub(crate) code: &'a str,
    /// Whether the code to deploy is not that of `$LATEST`.
    pub(crate) code_differs: bool,
    /// Whether the configuration of `$LATEST` differs from the desired one.
    pub(crate) configuration_differs: bool,
    /// Whether the version that the alias points to has the code and the configuration to deploy.
    pub(crate) serves_desired: bool,
    /// Whether an interrupted deployment has not published its version, which this one does.
    pub(crate) version_is_pending: bool,
}

/// The way in which a deployment treats the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        /// The note without which this deployment would look like a roll-back if it was interrupted.
        mark: Option<Note>,
    },
}

pub(crate) fn decide(situation: &Situation<'_>) -> Decision {
    let Situation { mode, found, code, code_differs, serves_desired, .. } = *situation;
    let Some(found) = found else { return Decision::Create };
    let note = situation.note.filter(|note| note.is_about(found));
    let is_rolled_back = is_rolled_back(situation, found, note);
    let was_interrupted = note.is_some_and(|note| note.is_deploying(code));
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
    let mark = match note.map(|note| note.origin) {
        // An alias at `$LATEST` is never taken for a roll-back, and neither is one that a deployment has pointed.
        _ if found.is_latest() || was_interrupted => None,
        Some(Origin::Deployed) => None,
        _ if is_rolled_back => Some(Note::new(Origin::RolledBack, found).deploying(code)),
        _ => Some(Note::new(Origin::Deployed, found)),
    };
    Decision::Point { ends_rollback: is_rolled_back, mark }
}

/// Returns whether a user has pointed the alias elsewhere. A deployment points it to `$LATEST`, or to a version with a
/// note of that, and never divides the invocations.
fn is_rolled_back(situation: &Situation<'_>, found: &Target, note: Option<&Note>) -> bool {
    let Situation { mode, newest, latest_code, .. } = *situation;
    if found.is_latest() {
        return false;
    }
    match (note.map(|note| note.origin), mode) {
        (Some(origin), _) => origin == Origin::RolledBack,
        (None, EndpointVersion::Latest) => true,
        // By hand, it was pointed to what a deployment would have pointed it to, as after a roll-back by hand.
        (None, EndpointVersion::Published) => newest.is_none_or(|newest| {
            found.only_version() != Some(&newest.version) || Some(newest.code_sha256.as_str()) != latest_code
        }),
    }
}

/// Returns whether the decision depends on the newest version: listing the versions takes a round trip for each 50.
pub(crate) fn needs_newest(mode: EndpointVersion, found: &Target, note: Option<&Note>) -> bool {
    mode == EndpointVersion::Published && !found.is_latest() && !note.is_some_and(|note| note.is_about(found))
}

/// Returns the note that holds for an alias that a deployment leaves where it is. One that does not hold anymore would
/// be misread as soon as the alias points to its target again; an alias without a note does not need one.
pub(crate) fn right_note(found: &Target, decision: &Decision) -> Option<Note> {
    match decision {
        Decision::StayRolledBack { .. } => Some(Note::new(Origin::RolledBack, found)),
        Decision::Keep | Decision::Create | Decision::Point { .. } => Note::deployed(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::alias::target::divided;
    use EndpointVersion::{Latest, Published as AtPublished};

    /// The whole space: the mode, the versions that the alias points to, its note, and the decisions for a deployment
    /// that changes nothing, the configuration only, and the code. `$LATEST` has the code `c`, which was published as
    /// version 3, the newest. `*` is a note that is written before the code is sent, `!` one that is corrected.
    const TABLE: &[(EndpointVersion, &str, &str, [&str; 3])] = &[
        (Latest, "", "", ["create", "create", "create"]),
        (Latest, "$LATEST", "", ["keep", "keep", "keep"]),
        (Latest, "$LATEST", "[deployed 3]", ["keep!", "keep!", "keep!"]),
        (Latest, "$LATEST", "[rolled back to 2, deploying c]", ["keep!", "keep!", "keep!"]),
        // Made by hand, or by a tool that does not write notes.
        (Latest, "3", "", ["stay", "stay, not live", "end*"]),
        (Latest, "2", "", ["stay", "stay, not live", "end*"]),
        (Latest, "2+3", "", ["stay", "stay, not live", "end*"]),
        (Latest, "9", "", ["stay", "stay, not live", "end*"]),
        // The mode was switched.
        (Latest, "3", "[deployed 3]", ["point", "point", "point"]),
        (Latest, "2", "[deployed 2]", ["point", "point", "point"]),
        // Rolled back by the command, also to the newest version, for its configuration.
        (Latest, "3", "[rolled back to 3]", ["stay", "stay, not live", "end*"]),
        (Latest, "2", "[rolled back to 2]", ["stay", "stay, not live", "end*"]),
        // Pointed elsewhere by hand since the note was written.
        (Latest, "2", "[deployed 3]", ["stay!", "stay, not live!", "end*"]),
        (Latest, "3", "[rolled back to 2]", ["stay!", "stay, not live!", "end*"]),
        (Latest, "3", "[rolled back to 2, deploying c]", ["stay!", "stay, not live!", "end*"]),
        (Latest, "2+3", "[deployed 2]", ["stay!", "stay, not live!", "end*"]),
        // A deployment was interrupted that ends a roll-back: of this code, and of other code.
        (Latest, "2", "[rolled back to 2, deploying c]", ["end", "end", "end*"]),
        (Latest, "2", "[rolled back to 2, deploying x]", ["stay!", "stay, not live!", "end*"]),
        (Latest, "2", "[rolled back to 2, deploying d]", ["stay!", "stay, not live!", "end"]),
        (AtPublished, "", "", ["create", "create", "create"]),
        // The mode was switched.
        (AtPublished, "$LATEST", "", ["point", "point", "point"]),
        (AtPublished, "$LATEST", "[deployed 3]", ["point", "point", "point"]),
        // By hand: what a deployment would point it to, and anything else.
        (AtPublished, "3", "", ["keep", "point*", "point*"]),
        (AtPublished, "2", "", ["stay", "stay, not live", "end*"]),
        (AtPublished, "2+3", "", ["stay", "stay, not live", "end*"]),
        (AtPublished, "9", "", ["stay", "stay, not live", "end*"]),
        (AtPublished, "3", "[deployed 3]", ["keep", "point", "point"]),
        // A deployment was interrupted after it has published version 3.
        (AtPublished, "2", "[deployed 2]", ["point", "point", "point"]),
        (AtPublished, "9", "[deployed 9]", ["point", "point", "point"]),
        (AtPublished, "3", "[rolled back to 3]", ["stay", "stay, not live", "end*"]),
        (AtPublished, "2", "[rolled back to 2]", ["stay", "stay, not live", "end*"]),
        (AtPublished, "3", "[deployed 2]", ["keep!", "point*", "point*"]),
        (AtPublished, "3", "[rolled back to 2]", ["keep!", "point*", "point*"]),
        (AtPublished, "2", "[deployed 3]", ["stay!", "stay, not live!", "end*"]),
        (AtPublished, "2+3", "[deployed 2]", ["stay!", "stay, not live!", "end*"]),
        (AtPublished, "2", "[rolled back to 2, deploying c]", ["end", "end", "end*"]),
        (AtPublished, "2", "[rolled back to 2, deploying x]", ["stay!", "stay, not live!", "end*"]),
        (AtPublished, "3", "[rolled back to 3, deploying c]", ["keep!", "end", "end*"]),
    ];

    fn target(text: &str) -> Option<Target> {
        match text.split_once('+') {
            Some((version, other)) => Some(divided(version, &[(other, 0.5)])),
            None => (!text.is_empty()).then(|| Target::of_version(text)),
        }
    }

    fn newest(code_sha256: &str) -> Published {
        Published { version: "3".into(), code_sha256: code_sha256.into() }
    }

    /// A situation in which nothing differs.
    fn unchanged<'a>(mode: EndpointVersion, found: Option<&'a Target>, newest: &'a Published) -> Situation<'a> {
        Situation {
            mode,
            found,
            note: None,
            newest: Some(newest),
            latest_code: Some("c"),
            code: "c",
            code_differs: false,
            configuration_differs: false,
            serves_desired: found == Some(&Target::of_version("3")),
            version_is_pending: false,
        }
    }

    /// Adds `!` where the note is corrected.
    fn in_words(decision: &Decision, found: Option<&Target>, note: Option<&Note>) -> String {
        let holds = |found| note == right_note(found, decision).as_ref();
        let text = match decision {
            Decision::Create => "create",
            Decision::Keep => "keep",
            Decision::StayRolledBack { configuration_differs: false } => "stay",
            Decision::StayRolledBack { configuration_differs: true } => "stay, not live",
            Decision::Point { ends_rollback: true, mark: None } => "end",
            Decision::Point { ends_rollback: true, mark: Some(_) } => "end*",
            Decision::Point { ends_rollback: false, mark: None } => "point",
            Decision::Point { ends_rollback: false, mark: Some(_) } => "point*",
        };
        let is_left = matches!(decision, Decision::Keep | Decision::StayRolledBack { .. });
        let is_wrong = is_left && note.is_some() && !found.is_some_and(holds);
        format!("{text}{}", if is_wrong { "!" } else { "" })
    }

    #[test]
    fn a_deployment_points_the_endpoint_to_its_code_unless_the_skill_is_rolled_back() {
        let newest = newest("c");
        for (mode, alias, text, expected) in TABLE {
            let (found, note) = (target(alias), Note::of(text));
            assert_eq!(note.is_some(), !text.is_empty(), "{text}");
            let situation = Situation { note: note.as_ref(), ..unchanged(*mode, found.as_ref(), &newest) };
            let configured = Situation { configuration_differs: true, serves_desired: false, ..situation.clone() };
            let coded = Situation { code: "d", code_differs: true, serves_desired: false, ..situation.clone() };
            let decisions = [situation, configured, coded].map(|it| in_words(&decide(&it), it.found, it.note));
            assert_eq!(decisions, *expected, "{mode:?}, {alias}, {text}");
        }
    }

    #[test]
    fn the_newest_version_is_read_only_where_a_decision_depends_on_it() {
        for (mode, alias, text, _) in TABLE {
            let (Some(found), note) = (target(alias), Note::of(text)) else { continue };
            let other = newest("other");
            let decisions = [None, Some(&other), Some(&newest("c"))].map(|newest| {
                decide(&Situation { newest, note: note.as_ref(), ..unchanged(*mode, Some(&found), &other) })
            });
            if !needs_newest(*mode, &found, note.as_ref()) {
                assert!(decisions.iter().all(|decision| *decision == decisions[0]), "{mode:?}, {alias}, {text}");
            }
        }
    }

    #[test]
    fn a_version_that_is_not_known_to_be_the_newest_was_rolled_back_to() {
        let found = Target::of_version("3");
        let stays = Decision::StayRolledBack { configuration_differs: false };
        // The code of `$LATEST` was published as version 4, which does not exist anymore.
        let other = newest("c");
        let deleted = Situation { latest_code: Some("d"), code: "d", ..unchanged(AtPublished, Some(&found), &other) };
        assert_eq!(decide(&deleted), stays);
        assert_eq!(decide(&Situation { newest: None, ..deleted }), stays);
    }

    #[test]
    fn the_endpoint_follows_a_version_that_an_interrupted_deployment_has_not_published() {
        let (found, newest) = (Target::of_version("3"), newest("c"));
        let deployed = Note::new(Origin::Deployed, &found);
        for (note, mark) in [(None, Some(deployed.clone())), (Some(&deployed), None)] {
            let situation = unchanged(AtPublished, Some(&found), &newest);
            let pending = decide(&Situation { note, version_is_pending: true, ..situation });
            assert_eq!(pending, Decision::Point { ends_rollback: false, mark });
        }
    }

    #[test]
    fn a_mark_records_whether_the_skill_was_rolled_back() {
        let newest = newest("c");
        let mark = |version: &str| {
            let found = Target::of_version(version);
            let situation = unchanged(AtPublished, Some(&found), &newest);
            match decide(&Situation { code: "d", code_differs: true, ..situation }) {
                Decision::Point { mark, .. } => mark.map(|note| note.to_string()),
                _ => None,
            }
        };
        assert_eq!(mark("2").as_deref(), Some("[rolled back to 2, deploying d]"));
        assert_eq!(mark("3").as_deref(), Some("[deployed 3]"));
    }
}
