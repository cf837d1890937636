//! Keeps a conversation between two calls, in a file of the target. The file also names the device of a call that has
//! not ended, so that the next one deletes its item.

use crate::error::Result;
use crate::fs;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};

pub(crate) const FILE_NAME: &str = "invoke-session.json";

/// How the IDs of users and devices begin that are not Alexa's. The operators' policy has it as well.
pub(crate) const OWN_USER: &str = "amzn1.ask.account.litexa-deploy-aws-";
pub(crate) const OWN_DEVICE: &str = "amzn1.ask.device.litexa-deploy-aws-";

/// A conversation with the skill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Conversation {
    pub(crate) session_id: String,
    pub(crate) user_id: String,
    pub(crate) device_id: String,
    /// The session attributes of the last answer.
    pub(crate) attributes: Map<String, Value>,
    /// Whether the next call may continue it. Otherwise it is over, except for its item.
    pub(crate) is_kept: bool,
    /// Whether no request has been answered yet.
    #[serde(skip)]
    pub(crate) is_new: bool,
}

impl Conversation {
    /// Creates a conversation of a user and a device of its own.
    pub(crate) fn begin() -> Self {
        let id = random_id();
        Conversation {
            session_id: format!("amzn1.echo-api.session.litexa-deploy-aws-{id}"),
            user_id: format!("{OWN_USER}{id}"),
            device_id: format!("{OWN_DEVICE}{id}"),
            attributes: Map::new(),
            is_kept: false,
            is_new: true,
        }
    }

    /// Returns the conversation of an earlier call, if there is one. A damaged file counts as none, and so does one with
    /// the IDs of others, whose state must not be deleted.
    pub(crate) fn load(deploy_root: &Path) -> Option<Self> {
        let kept: Self = serde_json::from_slice(&fs::read(&file(deploy_root)).ok()?).ok()?;
        (kept.user_id.starts_with(OWN_USER) && kept.device_id.starts_with(OWN_DEVICE)).then_some(kept)
    }

    /// Saves the conversation for the next call.
    pub(crate) fn save(&self, deploy_root: &Path) -> Result<()> {
        fs::write_atomic(&file(deploy_root), &serde_json::to_vec(self).unwrap_or_default())
    }

    /// Forgets the saved conversation.
    pub(crate) fn forget(deploy_root: &Path) {
        drop(std::fs::remove_file(file(deploy_root)));
    }
}

fn file(deploy_root: &Path) -> PathBuf {
    deploy_root.join(FILE_NAME)
}

/// Returns 32 hexadecimal digits, which differ in each call.
pub(crate) fn random_id() -> String {
    let state = RandomState::new();
    format!("{:016x}{:016x}", state.hash_one(0), RandomState::new().hash_one(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_kept_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Conversation::load(folder.path()), None);
        let conversation = Conversation::begin();
        conversation.save(folder.path()).unwrap();
        assert_eq!(Conversation::load(folder.path()), Some(Conversation { is_new: false, ..conversation }));
        Conversation::forget(folder.path());
        assert_eq!(Conversation::load(folder.path()), None);
    }

    #[test]
    fn a_file_with_the_ids_of_a_user_is_not_a_conversation() {
        let folder = tempfile::tempdir().unwrap();
        let users = Conversation { device_id: "amzn1.ask.device.AHUMAN".into(), ..Conversation::begin() };
        users.save(folder.path()).unwrap();
        assert_eq!(Conversation::load(folder.path()), None);
        std::fs::write(file(folder.path()), "{").unwrap();
        assert_eq!(Conversation::load(folder.path()), None);
    }

    #[test]
    fn conversations_have_different_ids() {
        assert_ne!(Conversation::begin().session_id, Conversation::begin().session_id);
        assert_eq!(random_id().len(), 32);
    }
}
