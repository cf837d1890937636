//! Reads one object of the configuration, key by key, with errors that name the key.

use crate::error::{Error, ErrorCode, Result};
use serde_json::{Map, Value};

/// An object whose keys are all ours: what is not asked for is an error, with the nearest known name.
///
/// `null` counts as absent, as it did in `@litexa/deploy-aws` 0.9.0.
pub(crate) struct Fields<'a> {
    path: String,
    map: &'a Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// `path` is how the reader would write the object, as in `s3Configuration`; empty for the target itself.
    pub(crate) fn new(path: impl Into<String>, map: &'a Map<String, Value>) -> Self {
        Fields { path: path.into(), map, known: Vec::new() }
    }

    /// How the reader would write a key of this object.
    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Any value that is not null.
    pub(crate) fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        #[cfg(test)]
        super::read_recorder::note(self.path_of(key), "");
        self.map.get(key).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Result<Option<String>> {
        self.typed(key, "a string", |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn flag(&mut self, key: &'static str) -> Result<Option<bool>> {
        self.typed(key, "true or false", Value::as_bool)
    }

    /// A whole number within a range.
    pub(crate) fn number(&mut self, key: &'static str, range: std::ops::RangeInclusive<i64>) -> Result<Option<i64>> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        self.typed(key, &wanted, |value| value.as_i64().filter(|number| range.contains(number)))
    }

    pub(crate) fn decimal(&mut self, key: &'static str) -> Result<Option<f64>> {
        self.typed(key, "a number", Value::as_f64)
    }

    /// One of a few words.
    pub(crate) fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Result<Option<T>> {
        let words: Vec<_> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let wanted = if words.len() > 1 { format!("one of {}", words.join(", ")) } else { words.concat() };
        self.typed(key, &wanted, |value| {
            choices.iter().find(|(word, _)| value.as_str() == Some(word)).map(|(_, choice)| *choice)
        })
    }

    pub(crate) fn texts(&mut self, key: &'static str) -> Result<Option<Vec<String>>> {
        self.typed(key, "a list of strings", |value| {
            value.as_array()?.iter().map(|entry| entry.as_str().map(str::to_owned)).collect()
        })
    }

    pub(crate) fn object(&mut self, key: &'static str) -> Result<Option<&'a Map<String, Value>>> {
        self.typed(key, "an object", |value| value.as_object())
    }

    /// An object of which every key is ours.
    pub(crate) fn fields(&mut self, key: &'static str) -> Result<Option<Fields<'a>>> {
        let path = self.path_of(key);
        Ok(self.object(key)?.map(|map| Fields::new(path, map)))
    }

    /// An error that names the key, what was wanted and what stands there.
    pub(crate) fn wrong(&self, key: &str, wanted: &str, value: &Value) -> Error {
        Error::new(
            ErrorCode::InvalidOption,
            format!("{} should be {wanted}, and is {}", self.path_of(key), abbreviated(value)),
        )
        .hint("Correct it in the Litexa config")
    }

    /// Keys that AWS has and this module does not take, each with the reason.
    pub(crate) fn refuse(&self, keys: &[(&str, &str)]) -> Result<()> {
        match keys.iter().find(|(key, _)| self.map.get(*key).is_some_and(|value| !value.is_null())) {
            None => Ok(()),
            Some((key, reason)) => {
                let problem = format!("{} cannot be set: {reason}", self.path_of(key));
                Err(Error::new(ErrorCode::InvalidOption, problem).hint("Remove it from the Litexa config"))
            }
        }
    }

    /// Every key was asked for; an unknown one is likely a slip of the pen.
    pub(crate) fn finish(self) -> Result<()> {
        match self.unknown().first() {
            None => Ok(()),
            Some(key) => {
                let error =
                    Error::new(ErrorCode::InvalidOption, format!("{} is no option of this module", self.path_of(key)));
                Err(error.hint(match nearest(key, &self.known) {
                    Some(known) => format!("Perhaps {} is meant", self.path_of(known)),
                    None => format!("Known here: {}", self.known.join(", ")),
                }))
            }
        }
    }

    /// Keys that were not asked for.
    pub(crate) fn unknown(&self) -> Vec<&'a str> {
        self.map.keys().map(String::as_str).filter(|key| !self.known.contains(key)).collect()
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>> {
        #[cfg(test)]
        super::read_recorder::note(self.path_of(key), wanted);
        match self.value(key) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| self.wrong(key, wanted, value)),
        }
    }
}

/// The known name that a slip of the pen most likely meant.
fn nearest<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    let likeness = |name: &str| strsim::jaro_winkler(&name.to_lowercase(), &key.to_lowercase());
    let best = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.8).then_some(best)
}

fn abbreviated(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read<T>(value: Value, read: impl FnOnce(&mut Fields) -> Result<T>) -> Result<T> {
        let mut fields = Fields::new("part", value.as_object().unwrap());
        let result = read(&mut fields)?;
        fields.finish()?;
        Ok(result)
    }

    #[test]
    fn null_is_absent() {
        assert_eq!(read(json!({"a": null}), |f| f.text("a")).unwrap(), None);
    }

    #[test]
    fn wrong_types_name_the_key() {
        let error = read(json!({"a": 7}), |f| f.text("a")).unwrap_err();
        assert_eq!(error.to_string(), "part.a should be a string, and is 7. Correct it in the Litexa config.");
        for wrong in [json!({"a": 0}), json!({"a": 1.5}), json!({"a": "1"}), json!({"a": []})] {
            assert_eq!(read(wrong, |f| f.number("a", 1..=9)).unwrap_err().code, ErrorCode::InvalidOption);
        }
        assert!(
            read(json!({"a": "z"}), |f| f.choice("a", &[("x", 1), ("y", 2)]))
                .unwrap_err()
                .message
                .contains("\"x\", \"y\"")
        );
        assert!(read(json!({"a": ["b", 1]}), |f| f.texts("a")).is_err());
    }

    #[test]
    fn unknown_keys_name_the_nearest() {
        let error = read(json!({"bucketname": "x"}), |f| f.text("bucketName")).unwrap_err();
        assert_eq!(error.to_string(), "part.bucketname is no option of this module. Perhaps part.bucketName is meant.");
    }
}
