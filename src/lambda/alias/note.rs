//! Notes on an alias, in its description on AWS, how it came to its target.
//!
//! An alias that points to a version looks the same whether a deployment has published that version for it
//! (`endpointVersion: "published"`) or a user has rolled the skill back to it. The note makes the difference. It names the
//! target that it was written for, so that it does not count for an alias that was pointed elsewhere since, by hand or by
//! another tool.
//!
//! A deployment that ends a roll-back adds the digest of its code before it sends it. If it is interrupted before it
//! can point the alias to that code, the alias would otherwise look rolled back: the code to deploy is that of
//! `$LATEST`. The note is on AWS, so that another machine can complete the deployment.

use crate::lambda::alias::target::Target;

/// The limit of Lambda for a description, in characters.
/// See <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html>.
const MAX_DESCRIPTION: usize = 256;

const DEPLOYED: &str = "deployed ";
const ROLLED_BACK: &str = "rolled back to ";
const DEPLOYING: &str = ", deploying ";

/// How an alias came to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A deployment, or the end of a roll-back, has pointed it there.
    Deployed,
    /// The skill was rolled back.
    RolledBack,
}

/// A note on an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) origin: Origin,
    target: String,
    /// The digest of code that the alias is about to be pointed to.
    deploying: Option<String>,
}

impl Note {
    pub(crate) fn new(origin: Origin, target: &Target) -> Self {
        Note { origin, target: target.key(), deploying: None }
    }

    /// Returns the note of an alias that a deployment points to this target; `$LATEST` does not need one.
    pub(crate) fn deployed(target: &Target) -> Option<Self> {
        (!target.is_latest()).then(|| Note::new(Origin::Deployed, target))
    }

    /// Adds that the alias is about to be pointed to the code with this digest.
    pub(crate) fn deploying(self, code_sha256: &str) -> Self {
        Note { deploying: Some(code_sha256.to_owned()), ..self }
    }

    /// Returns the note in a description.
    pub(crate) fn of(description: &str) -> Option<Self> {
        split(description).1
    }

    /// Returns whether the note was written for this target.
    pub(crate) fn is_about(&self, target: &Target) -> bool {
        self.target == target.key()
    }

    /// Returns whether a deployment has pointed the alias to this target.
    pub(crate) fn has_deployed(&self, target: &Target) -> bool {
        self.origin == Origin::Deployed && self.is_about(target)
    }

    /// Returns whether a deployment of the code with this digest has not completed.
    pub(crate) fn is_deploying(&self, code_sha256: &str) -> bool {
        self.deploying.as_deref() == Some(code_sha256)
    }

    fn parse(text: &str) -> Option<Self> {
        let (origin, rest) = match (text.strip_prefix(DEPLOYED), text.strip_prefix(ROLLED_BACK)) {
            (Some(rest), _) => (Origin::Deployed, rest),
            (_, Some(rest)) => (Origin::RolledBack, rest),
            _ => return None,
        };
        let (target, deploying) =
            rest.split_once(DEPLOYING).map_or((rest, None), |(target, code)| (target, Some(code)));
        // Anything else is a description of the user's own.
        let is_target = target.starts_with(|c: char| c.is_ascii_digit()) && !target.contains(' ');
        is_target.then(|| Note { origin, target: target.to_owned(), deploying: deploying.map(str::to_owned) })
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let origin = match self.origin {
            Origin::Deployed => DEPLOYED,
            Origin::RolledBack => ROLLED_BACK,
        };
        write!(f, "[{origin}{}", self.target)?;
        if let Some(code_sha256) = &self.deploying {
            write!(f, "{DEPLOYING}{code_sha256}")?;
        }
        f.write_str("]")
    }
}

/// Returns the description with a note in place of the one that it has.
pub(crate) fn describe(description: &str, note: Option<&Note>) -> String {
    let own = split(description).0;
    let Some(note) = note.map(Note::to_string) else { return own.to_owned() };
    let kept: String = own.chars().take(MAX_DESCRIPTION.saturating_sub(note.chars().count() + 1)).collect();
    if kept.is_empty() { note } else { format!("{kept} {note}") }
}

/// Splits a description into the user's own and the note at its end.
fn split(description: &str) -> (&str, Option<Note>) {
    let parts = description.strip_suffix(']').and_then(|text| text.rsplit_once('['));
    match parts.and_then(|(own, note)| Some((own, Note::parse(note)?))) {
        Some((own, note)) => (own.strip_suffix(' ').unwrap_or(own), Some(note)),
        None => (description, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::alias::target::divided;

    fn note(origin: Origin, version: &str) -> Note {
        Note::new(origin, &Target::of_version(version))
    }

    #[test]
    fn a_note_stands_at_the_end_of_the_description() {
        let rolled_back = note(Origin::RolledBack, "1");
        for (note, text) in [
            (note(Origin::Deployed, "3"), "[deployed 3]"),
            (rolled_back.clone(), "[rolled back to 1]"),
            (rolled_back.deploying("abc="), "[rolled back to 1, deploying abc=]"),
            (Note::new(Origin::Deployed, &divided("2", &[("3", 0.25)])), "[deployed 2+3=0.25]"),
        ] {
            for own in ["mine", "", "mine [beta]", "[x] [deployed 3 times]"] {
                let described = describe(own, Some(&note));
                assert_eq!(described, format!("{own} {text}").trim_start());
                assert_eq!(Note::of(&described).as_ref(), Some(&note));
                assert_eq!(describe(&described, None), own);
                assert_eq!(describe(&described, Some(&note)), described);
            }
        }
    }

    #[test]
    fn what_is_not_a_note_is_a_description_of_the_users_own() {
        for own in ["", "mine", "[beta]", "[deployed 3 times]", "[deployed ]", "[deployed 3] yesterday", "deployed 3]"]
        {
            assert_eq!((Note::of(own), describe(own, None).as_str()), (None, own));
        }
    }

    #[test]
    fn a_note_is_about_one_target_and_one_code() {
        let note = note(Origin::RolledBack, "1").deploying("abc=");
        assert!(note.is_about(&Target::of_version("1")) && note.is_deploying("abc="));
        for other in [Target::of_version("11"), Target::latest(), divided("1", &[("2", 0.5)])] {
            assert!(!note.is_about(&other), "{other}");
        }
        assert!(!note.is_deploying("xyz="));
    }

    #[test]
    fn a_description_with_a_note_keeps_the_limit_of_lambda() {
        let note = note(Origin::RolledBack, "1").deploying(&"a".repeat(44));
        let described = describe(&"ä".repeat(256), Some(&note));
        assert_eq!(described.chars().count(), 256);
        assert_eq!(Note::of(&described), Some(note));
    }
}
