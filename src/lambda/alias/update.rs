//! Decides what to do if the endpoint was changed after it was read: a user may roll the skill back at any time.
//!
//! Each update of the endpoint names the `RevisionId` that was read, so that Lambda refuses it if the alias is in
//! another state. See <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html>.

use crate::lambda::alias::desired::DesiredAlias;
use crate::lambda::alias::endpoint::{Decision, Published, Situation, decide};
use crate::lambda::alias::note::Note;
use crate::lambda::alias::observe::ObservedAlias;
use crate::lambda::alias::target::Target;
use aws_sdk_lambda::types::AliasConfiguration;

/// The endpoint while a deployment changes it.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint<'a> {
    pub(crate) desired: DesiredAlias<'a>,
    pub(crate) observed: &'a ObservedAlias,
    /// Identifies the state in which the deployment has left it.
    pub(crate) revision: Option<&'a str>,
    /// The version that this deployment has published.
    pub(crate) published: &'a Target,
}

/// An update of an alias that exists.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Update<'a> {
    Mark(&'a Note),
    CorrectNote(Option<&'a Note>),
    Point(&'a Target),
}

/// The way to go on after Lambda has refused an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The alias is as desired: an earlier attempt has changed it, whose answer was lost, or someone else has.
    Done,
    /// The update is still right.
    Again,
    /// A user has decided otherwise.
    LeaveAlone,
}

impl Update<'_> {
    /// Returns the note that the alias gets.
    pub(crate) fn note(&self) -> Option<Note> {
        match self {
            Update::Mark(note) => Some((*note).clone()),
            Update::CorrectNote(note) => note.cloned(),
            Update::Point(target) => Note::deployed(target),
        }
    }

    /// Judges by the state of the alias now.
    pub(crate) fn judge(&self, endpoint: &Endpoint<'_>, now: &AliasConfiguration) -> Verdict {
        let Endpoint { desired, observed, published, .. } = *endpoint;
        let (target, note) = (Target::of(now), Note::of(now.description().unwrap_or_default()));
        let has_target = |target: &Target| observed.aliases.get(desired.alias) == Some(target);
        match self {
            Update::Mark(mark) if has_target(&target) && note.as_ref() == Some(*mark) => Verdict::Done,
            Update::Mark(_) if has_target(&target) && note == Note::of(&observed.description) => Verdict::Again,
            Update::Mark(_) => Verdict::LeaveAlone,
            // The one who has changed the alias has written a note that holds now.
            Update::CorrectNote(_) => Verdict::Done,
            Update::Point(to) if target == **to => Verdict::Done,
            // Another deployment has published after this one.
            Update::Point(to)
                if note.as_ref().is_some_and(|note| note.has_deployed(&target)) && target.is_after(to) =>
            {
                Verdict::Done
            }
            Update::Point(_) => {
                let code = desired.code_sha256;
                let newest = Published { version: published.version().to_owned(), code_sha256: code.to_owned() };
                // The deployment has sent its code and its configuration.
                let situation = Situation {
                    mode: desired.endpoint,
                    found: Some(&target),
                    note: note.as_ref(),
                    newest: Some(&newest),
                    latest_code: Some(code),
                    code,
                    code_differs: false,
                    configuration_differs: false,
                    serves_desired: target == *published,
                    version_is_pending: false,
                };
                match decide(&situation) {
                    Decision::Keep => Verdict::Done,
                    Decision::Create | Decision::Point { .. } => Verdict::Again,
                    Decision::StayRolledBack { .. } => Verdict::LeaveAlone,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::alias::note::{self, Origin};
    use crate::lambda::configuration::EndpointVersion;
    use Verdict::{Again, Done, LeaveAlone};

    fn alias(version: &str, description: &str) -> AliasConfiguration {
        AliasConfiguration::builder().name("release-0").function_version(version).description(description).build()
    }

    /// Judges an update of an alias that was read with a version and a description.
    fn judge(mode: EndpointVersion, read: (&str, &str), update: Update<'_>, now: (&str, &str)) -> Verdict {
        let desired = DesiredAlias {
            function: "cats",
            alias: "release-0",
            skill_id: None,
            endpoint: mode,
            target: "beta",
            code_sha256: "c",
            is_recorded: true,
        };
        let observed = ObservedAlias {
            aliases: [("release-0".to_owned(), Target::of_version(read.0))].into(),
            description: read.1.to_owned(),
            ..ObservedAlias::default()
        };
        let endpoint = Endpoint { desired, observed: &observed, revision: None, published: &Target::of_version("4") };
        update.judge(&endpoint, &alias(now.0, now.1))
    }

    #[test]
    fn the_endpoint_is_left_where_it_was_rolled_back_to_in_the_meantime() {
        let (four, latest) = (Target::of_version("4"), Target::latest());
        for (mode, to) in [(EndpointVersion::Published, &four), (EndpointVersion::Latest, &latest)] {
            let judged = |now| judge(mode, ("3", "[deployed 3]"), Update::Point(to), now);
            // By the command and by hand, to another version and to the same.
            assert_eq!(judged(("2", "[rolled back to 2]")), LeaveAlone);
            assert_eq!(judged(("2", "[deployed 3]")), LeaveAlone);
            assert_eq!(judged(("3", "[rolled back to 3]")), LeaveAlone);
            // Only the description or the policy was changed.
            assert_eq!(judged(("3", "new [deployed 3]")), Again);
            // Another deployment, of this code and of other code.
            assert_eq!(judged((to.version(), "")), Done);
            let is_newer = mode == EndpointVersion::Published;
            assert_eq!(judged(("5", "[deployed 5]")), if is_newer { Done } else { Again });
            assert_eq!(judged(("2", "[deployed 2]")), Again);
            let marked = |code| note::describe("", Some(&Note::new(Origin::RolledBack, &four).deploying(code)));
            let judged = |code| judge(mode, ("4", "[rolled back to 4]"), Update::Point(&latest), ("4", &marked(code)));
            assert_eq!(judged("x"), LeaveAlone);
        }
    }

    #[test]
    fn a_mark_whose_answer_was_lost_is_recognized() {
        let mark = Note::new(Origin::RolledBack, &Target::of_version("3")).deploying("c");
        let judged = |now| judge(EndpointVersion::Latest, ("3", "mine"), Update::Mark(&mark), now);
        assert_eq!(judged(("3", "mine [rolled back to 3, deploying c]")), Done);
        assert_eq!(judged(("3", "ours")), Again);
        assert_eq!(judged(("3", "mine [rolled back to 3, deploying x]")), LeaveAlone);
        assert_eq!(judged(("2", "mine")), LeaveAlone);
    }
}
