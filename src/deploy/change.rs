//! Describes what a deployment changes, before it does.

use serde::Serialize;

/// Stands for a value that AWS chooses while the changes are applied.
pub(crate) const KNOWN_AFTER_APPLY: &str = "(known after apply)";

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Action {
    Create,
    Update,
    Delete,
}

/// A change of a resource, as people read it, and as programs get it. It is one request to AWS that writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    pub(crate) action: Action,
    /// The type of the resource by CloudFormation's or CloudTrail's name, such as `AWS::Lambda::Function`.
    pub(crate) resource_type: &'static str,
    /// The name of the resource, such as `cats_beta`.
    pub(crate) resource: String,
    /// One line with old and new values, such as `updating the configuration of cats_beta: MemorySize 256 -> 512`.
    pub(crate) description: String,
    /// Its consequences: a cost, an interruption, or what becomes public.
    pub(crate) effects: Vec<String>,
    /// The IAM action of the request, such as `lambda:UpdateFunctionConfiguration`.
    pub(crate) iam_action: &'static str,
}

impl Change {
    /// Describes a change of a resource (its type and its name).
    pub(crate) fn new(
        action: Action,
        resource: (&'static str, &str),
        iam_action: &'static str,
        description: impl Into<String>,
    ) -> Self {
        let (resource_type, name) = resource;
        Change {
            action,
            resource_type,
            resource: name.to_owned(),
            description: description.into(),
            effects: Vec::new(),
            iam_action,
        }
    }

    /// Adds a consequence.
    pub(crate) fn effect(mut self, effect: impl Into<String>) -> Self {
        self.effects.push(effect.into());
        self
    }
}
