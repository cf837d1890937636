//! The deployment's results that Litexa keeps in `artifacts.json`, which users commit.

use serde_json::{Map, Value};

/// Writes artifacts as soon as they are known. The CLI rewrites the file on each call.
pub(crate) trait ArtifactStore: Send + Sync {
    fn save(&self, key: &str, value: &Value);
    fn delete(&self, key: &str);
    /// Sets a field of Litexa's live context, for modules that run after this one.
    fn set_context(&self, field: &str, value: &Value);
}

/// What an earlier deployment left, and where new values go.
pub(crate) struct Artifacts<'a> {
    known: Map<String, Value>,
    store: &'a dyn ArtifactStore,
}

impl<'a> Artifacts<'a> {
    pub(crate) fn new(known: Map<String, Value>, store: &'a dyn ArtifactStore) -> Self {
        Artifacts { known, store }
    }

    /// The value that an earlier deployment left.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.known.get(key).and_then(Value::as_str)
    }

    /// Saves a value if it differs from what an earlier deployment left.
    pub(crate) fn save(&self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        if self.known.get(key) != Some(&value) {
            self.store.save(key, &value);
        }
    }

    /// Sets a field of Litexa's live context.
    pub(crate) fn set_context(&self, field: &str, value: impl Into<Value>) {
        self.store.set_context(field, &value.into());
    }

    /// Removes a value if it is there.
    pub(crate) fn delete(&self, key: &str) {
        if self.known.contains_key(key) {
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
        fn set_context(&self, field: &str, value: &Value) {
            self.0.lock().unwrap().push(format!("context.{field}={value}"));
        }
    }

    #[test]
    fn only_what_changed_is_written() {
        let store = Recorder::default();
        let known = serde_json::json!({"lambdaARN": "old", "same": 1, "required-assets": {}});
        let artifacts = Artifacts::new(known.as_object().unwrap().clone(), &store);
        artifacts.save("lambdaARN", "new");
        artifacts.save("same", 1);
        artifacts.delete("required-assets");
        artifacts.delete("absent");
        assert_eq!(*store.0.lock().unwrap(), ["lambdaARN=\"new\"", "-required-assets"]);
    }
}
