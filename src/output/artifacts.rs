//! Saves the results of a deployment in Litexa's `artifacts.json`, which users commit.

use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The ARN of the function, with the endpoint's alias.
pub(crate) const FUNCTION_ARN: &str = "lambdaARN";

/// The ARN of the role that all Litexa skills share.
pub(crate) const SHARED_ROLE_ARN: &str = "iamRole-litexa_handler_lambda";

pub(crate) const TABLE_ARN: &str = "dynamoDBARN";

/// The URL that the handler puts before the keys of assets.
pub(crate) const ASSETS_ROOT: &str = "assets-root";

/// The URLs and digests of the icons, by language and path.
pub(crate) const ICONS: &str = "deployedIconAssets";

/// The failure of a deployment, which the JavaScript side saves.
pub(crate) const LAST_FAILURE: &str = "lastFailure";

/// Writes artifacts. The CLI rewrites the file on each call.
pub(crate) trait ArtifactStore: Send + Sync {
    fn save(&self, key: &str, value: &Value);
    fn delete(&self, key: &str);
}

/// The artifacts of earlier deployments, and the store of new ones.
pub(crate) struct Artifacts<'a> {
    previous: Map<String, Value>,
    /// The keys that this run has deleted.
    deleted: Mutex<BTreeSet<String>>,
    store: &'a dyn ArtifactStore,
}

impl<'a> Artifacts<'a> {
    pub(crate) fn new(previous: Map<String, Value>, store: &'a dyn ArtifactStore) -> Self {
        Artifacts { previous, deleted: Mutex::default(), store }
    }

    /// Returns a saved value.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.previous.get(key)
    }

    /// Returns the value that an earlier deployment saved, if it is a string.
    pub(crate) fn get_str(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }

    /// Returns the ARN of what the target has on AWS: of its function, or of a table that `remove` has left.
    pub(crate) fn deployed_arn(&self) -> Option<&str> {
        [FUNCTION_ARN, TABLE_ARN].into_iter().find_map(|key| self.get_str(key))
    }

    /// Saves a value if it differs from the one that an earlier deployment saved, or if this run has deleted that one.
    pub(crate) fn save(&self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        let is_deleted = self.deleted.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        if is_deleted || self.previous.get(key) != Some(&value) {
            self.store.save(key, &value);
        }
    }

    /// Deletes a value that an earlier deployment saved.
    pub(crate) fn delete(&self, key: &str) {
        if self.previous.contains_key(key) {
            self.deleted.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
            self.store.delete(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Recorder(Mutex<Vec<String>>);

    impl ArtifactStore for Recorder {
        fn save(&self, key: &str, value: &Value) {
            self.0.lock().unwrap().push(format!("{key}={value}"));
        }
        fn delete(&self, key: &str) {
            self.0.lock().unwrap().push(format!("-{key}"));
        }
    }

    #[test]
    fn only_changed_values_are_written() {
        let store = Recorder::default();
        let previous = serde_json::json!({"lambdaARN": "old", "same": 1, "required-assets": {}});
        let artifacts = Artifacts::new(previous.as_object().unwrap().clone(), &store);
        artifacts.save("lambdaARN", "new");
        artifacts.save("same", 1);
        artifacts.delete("required-assets");
        artifacts.delete("absent");
        assert_eq!(*store.0.lock().unwrap(), ["lambdaARN=\"new\"", "-required-assets"]);
    }

    #[test]
    fn a_table_that_a_removal_has_left_shows_where_the_target_is() {
        let store = Recorder::default();
        let arn_of = |saved: Value| {
            let artifacts = Artifacts::new(saved.as_object().unwrap().clone(), &store);
            artifacts.deployed_arn().map(str::to_owned)
        };
        assert_eq!(arn_of(serde_json::json!({"lambdaARN": "function", "dynamoDBARN": "table"})).unwrap(), "function");
        assert_eq!(arn_of(serde_json::json!({"dynamoDBARN": "table"})).unwrap(), "table");
        assert_eq!(arn_of(serde_json::json!({"skillId": "skill"})), None);
    }

    #[test]
    fn a_value_that_was_deleted_is_written_again_also_if_it_is_the_same() {
        let store = Recorder::default();
        let previous = serde_json::json!({"lastChange": "ann"});
        let artifacts = Artifacts::new(previous.as_object().unwrap().clone(), &store);
        artifacts.delete("lastChange");
        artifacts.save("lastChange", "ann");
        artifacts.save("lastChange", "ann");
        assert_eq!(*store.0.lock().unwrap(), ["-lastChange", "lastChange=\"ann\""]);
    }
}
