//! Holds a change as the user has seen and confirmed it.

use crate::deploy::change::Change;
use serde::Deserialize;

/// A change that was shown. Its other fields follow from these.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown {
    resource_type: String,
    resource: String,
    description: String,
    #[serde(default)]
    effects: Vec<String>,
}

impl Shown {
    /// Returns whether it is this change, with the effects that it has now.
    pub(crate) fn is(&self, change: &Change) -> bool {
        self.resource_type == change.resource_type
            && self.resource == change.resource
            && self.description == change.description
            && change.effects.iter().all(|effect| self.effects.contains(effect))
    }
}
