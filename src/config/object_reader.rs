//! Reads an object of the configuration by its table: values are checked, defaults filled in, and errors name the key.

use super::schema::date;
use super::schema::declaration::{Declaration, Is, Kind, MapFormat, MapValues, Table, bool_or_word};
use super::schema::formats::shown;
use crate::error::{Error, ErrorCode, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Options that have been checked. `null` counts as not set.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Values(Map<String, Value>);

impl Values {
    /// Returns the value of an option, in the type that its kind has.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.0.get(key).map(|value| typed(value.clone())).transpose()
    }

    /// Returns the value of an option that has a default.
    pub(crate) fn require<T: DeserializeOwned>(&self, key: &str) -> Result<T> {
        typed(self.0.get(key).cloned().unwrap_or_default())
    }

    /// Returns all options as a structure that has a field for each.
    pub(crate) fn into_struct<T: DeserializeOwned>(self) -> Result<T> {
        typed(Value::Object(self.0))
    }
}

/// The types and the tables are compared by tests, so that a difference is a defect of this module.
fn typed<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|error| {
        Error::new(
            ErrorCode::Internal,
            format!("an option does not have the type that its declaration promises: {error}"),
        )
    })
}

/// Reads all options of a table. `path` is the object's own key in full; empty for the deployment target itself.
///
/// # Errors
/// [`ErrorCode::InvalidOption`], naming the key, for the first value that is not accepted.
pub(crate) fn read(path: &str, object: &Map<String, Value>, table: &Table) -> Result<Values> {
    for key in object.keys() {
        reject_unknown(path, key, table)?;
    }
    read_known(path, object, table)
}

/// As [`read`], but keys that are not in the table are skipped.
pub(crate) fn read_known(path: &str, object: &Map<String, Value>, table: &Table) -> Result<Values> {
    let mut values = Map::new();
    for option in table.options {
        if let Some(value) = read_option(path, object, option)? {
            values.insert(option.key.to_owned(), value);
        }
    }
    check_required(path, &values, table)?;
    check_rules(path, &values, table)?;
    fill_defaults(&mut values, table.options);
    Ok(Values(values))
}

/// Returns a warning for each number that is above the highest one that AWS accepts today.
pub(crate) fn above_maxima(path: &str, values: &Values, table: &Table) -> Vec<String> {
    let above = |option: &Declaration| -> Vec<String> {
        let (path, value) = (join(path, option.key), values.0.get(option.key));
        match (option.kind, value, option.max_today) {
            (Kind::Object(inner), Some(Value::Object(object)), _) => {
                above_maxima(&path, &Values(object.clone()), inner)
            }
            (_, Some(Value::Number(number)), Some(max))
                if number.as_f64().is_some_and(|number| number > max as f64) =>
            {
                vec![format!("{path} is {number}, and AWS accepts up to {max} today: it may reject the function")]
            }
            _ => Vec::new(),
        }
    };
    table.options.iter().flat_map(above).collect()
}

/// Reads a value that comes from elsewhere, such as from an environment variable, as an option's.
pub(crate) fn read_value<T: DeserializeOwned>(path: &str, value: &Value, option: &Declaration) -> Result<T> {
    typed(Place { path: path.to_owned(), value, option }.read(&option.kind)?)
}

fn read_option(path: &str, object: &Map<String, Value>, option: &Declaration) -> Result<Option<Value>> {
    let place = Place { path: join(path, option.key), value: object.get(option.key).unwrap_or(&Value::Null), option };
    if place.value.is_null() {
        return Ok(None);
    }
    let value = match option.kind {
        Kind::String(format) if format.is_unset_if_empty && place.value == "" => Value::Null,
        Kind::Object(_) if option.is_read_later => Value::Object(place.object("an object")?.clone()),
        _ if option.is_read_later => place.value.clone(),
        kind => place.read(&kind)?,
    };
    Ok(Some(value).filter(|value| !value.is_null()))
}

/// A value, how errors name it, and the option that it belongs to.
struct Place<'a> {
    path: String,
    value: &'a Value,
    option: &'a Declaration,
}

impl<'a> Place<'a> {
    fn read(&self, kind: &Kind) -> Result<Value> {
        let value = self.value;
        let matching = match kind {
            Kind::Bool => value.is_boolean(),
            Kind::BoolOr(choices) => choices.iter().any(|(word, _)| *value == bool_or_word(word)),
            Kind::Integer { min, max } => value.as_i64().is_some_and(|number| (*min..=*max).contains(&number)),
            Kind::IntegerOf(numbers) => value.as_i64().is_some_and(|number| numbers.contains(&number)),
            Kind::Number { min } => value.as_f64().is_some_and(|number| number >= *min as f64),
            Kind::OneOf(choices) => choices.iter().any(|(word, _)| value == word),
            Kind::String(format) => {
                let Some(text) = value.as_str() else { return Err(self.must_be("a string")) };
                (format.check)(text).map_err(|problem| self.invalid(&problem, format.help))?;
                true
            }
            Kind::Date => {
                let seconds = date::parse(value).map_err(|expected| {
                    self.must_be(expected)
                        .hint("Write an ISO date (2030-01-31T12:00:00Z), an HTTP date, or seconds since 1970")
                })?;
                return Ok(Value::from(seconds));
            }
            Kind::List { item, min, max } => return self.list(kind, item, *min..=*max),
            Kind::Objects(table) => return self.list(kind, &Kind::Object(table), 0..=usize::MAX),
            Kind::Object(table) => return Ok(Value::Object(read(&self.path, self.object("an object")?, table)?.0)),
            Kind::Map(format) => return self.map(format, &kind.expected()),
        };
        if matching {
            return Ok(value.clone());
        }
        let error = self.must_be(&kind.expected());
        let is_number = matches!(kind, Kind::Integer { .. } | Kind::Number { .. });
        Err(match value.as_str().map(str::trim) {
            Some(text) if is_number && text.parse::<f64>().is_ok_and(f64::is_finite) => {
                error.hint(format!("Remove the quotes: write {text}"))
            }
            _ => error,
        })
    }

    fn list(&self, kind: &Kind, item: &Kind, lengths: std::ops::RangeInclusive<usize>) -> Result<Value> {
        let Some(items) = self.value.as_array() else {
            let error = self.must_be(&kind.expected());
            return Err(if self.value.is_string() && matches!(kind, Kind::List { .. }) {
                error.hint(format!("Write [{}]", shown(self.value)))
            } else {
                error
            });
        };
        if !lengths.contains(&items.len()) {
            let number = if lengths.start() == lengths.end() { "exactly 1 entry" } else { "at least 1 entry" };
            return Err(self.invalid(&format!("must have {number}, but has {}", items.len()), ""));
        }
        let read = |(index, value)| self.at(format!("{}[{index}]", self.path), value).read(item);
        items.iter().enumerate().map(read).collect()
    }

    fn map(&self, format: &MapFormat, expected: &str) -> Result<Value> {
        let mut map = Map::new();
        for (name, value) in self.object(expected)? {
            let place = self.at(join(&self.path, name), value);
            if let Some(names) = format.names {
                if names.except.contains(&name.as_str()) {
                    return Err(place.invalid("is reserved, and cannot be set", names.help));
                }
                (names.check)(name).map_err(|problem| place.invalid(&problem, names.help))?;
            }
            let value = match format.values {
                MapValues::OptionalStrings(_) | MapValues::Scalars if value.is_null() => continue,
                MapValues::OptionalStrings(values) | MapValues::Strings(values) => place.read(&Kind::String(values))?,
                MapValues::Scalars if value.is_object() || value.is_array() => {
                    return Err(place
                        .must_be("a string, a number or a boolean")
                        .hint("Write its text, as with JSON.stringify, or set one variable for each value"));
                }
                // JavaScript spells all others, before they are passed as JSON.
                MapValues::Scalars if !value.is_string() => Value::from(value.to_string()),
                _ => value.clone(),
            };
            map.insert(name.clone(), value);
        }
        fill_defaults(&mut map, format.documented);
        (format.finish)(map).map_err(|problem| self.invalid(&problem, ""))
    }

    fn object(&self, expected: &str) -> Result<&'a Map<String, Value>> {
        self.value.as_object().ok_or_else(|| self.must_be(expected))
    }

    /// A value inside this one.
    fn at(&self, path: String, value: &'a Value) -> Self {
        Place { path, value, option: self.option }
    }

    fn must_be(&self, expected: &str) -> Error {
        let found = match self.value {
            Value::Null if self.option.is_required => "missing".to_owned(),
            value if self.option.is_secret => kind_of(value).to_owned(),
            value => shown(value),
        };
        self.invalid(&format!("must be {expected}, but is {found}"), "")
    }

    fn invalid(&self, problem: &str, help: &str) -> Error {
        let error = Error::new(ErrorCode::InvalidOption, format!("{} {problem}", self.path));
        error.hint(if help.is_empty() { "Correct it in the Litexa config" } else { help })
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn reject_unknown(path: &str, key: &str, table: &Table) -> Result<()> {
    if table.keys().any(|known| known == key) {
        return Ok(());
    }
    let place = join(path, key);
    if let Some((_, reason)) = table.unsupported.iter().find(|(unsupported, _)| *unsupported == key) {
        let error = Error::new(ErrorCode::InvalidOption, format!("{place} cannot be set: {reason}"));
        return Err(error.hint("Remove it from the Litexa config"));
    }
    let error = Error::new(ErrorCode::InvalidOption, format!("{place} is not a known option"));
    Err(match nearest(key, table) {
        Some((_, known)) => error.hint(format!("Did you mean {}?", join(path, known))),
        None => error.hint(format!("Known options: {}", table.keys().collect::<Vec<_>>().join(", "))),
    })
}

/// Returns the known key that a typo most likely stands for, and its distance.
pub(crate) fn nearest(key: &str, table: &Table) -> Option<(usize, &'static str)> {
    nearest_of(key, table.keys())
}

/// As [`nearest`], of these keys.
pub(crate) fn nearest_of<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<(usize, &'a str)> {
    // The distance needs memory for the product of both lengths.
    const MAX_LENGTH: usize = 100;
    if key.len() > MAX_LENGTH {
        return None;
    }
    let distance = |known: &str| strsim::damerau_levenshtein(&known.to_lowercase(), &key.to_lowercase());
    let (distance, known) = known.map(|known| (distance(known), known)).min()?;
    (distance <= known.len() / 3).then_some((distance, known))
}

fn check_required(path: &str, values: &Map<String, Value>, table: &Table) -> Result<()> {
    match table.options.iter().find(|option| option.is_required && !values.contains_key(option.key)) {
        None => Ok(()),
        Some(option) => {
            Err(Place { path: join(path, option.key), value: &Value::Null, option }.must_be(&option.kind.expected()))
        }
    }
}

fn check_rules(path: &str, values: &Map<String, Value>, table: &Table) -> Result<()> {
    let holds = |(key, condition): &(&str, Is)| condition.holds(values.get(*key));
    match table.rules.iter().find(|rule| !holds(&rule.either) && !rule.or.iter().all(holds)) {
        None => Ok(()),
        Some(rule) => {
            let message = format!("{} {}", join(path, rule.either.0), rule.problem);
            Err(Error::new(ErrorCode::InvalidOption, message).hint(rule.hint))
        }
    }
}

/// Fills in the defaults, those of objects that are not set included.
fn fill_defaults(values: &mut Map<String, Value>, options: &[Declaration]) {
    for option in options.iter().filter(|option| !option.is_read_later) {
        if values.contains_key(option.key) {
            continue;
        }
        let inner = match option.kind {
            Kind::Object(table) => table.options,
            Kind::Map(format) => format.documented,
            _ => &[],
        };
        let mut defaults = Map::new();
        fill_defaults(&mut defaults, inner);
        let default = match option.default {
            Some(json) => serde_json::from_str(json).unwrap_or_default(),
            None if defaults.is_empty() => continue,
            None => Value::Object(defaults),
        };
        values.insert(option.key.to_owned(), default);
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::declaration::{Rule, object, option};
    use super::super::schema::formats::{ANY, ANYTHING};
    use super::*;
    use serde_json::json;

    static INNER: Table = Table::new("", "", &[option("flag", Kind::Bool, "").default("false")]);

    static TABLE: Table = Table::new(
        "",
        "",
        &[
            option("bucketName", Kind::String(&ANY), ""),
            option("minutes", Kind::Integer { min: 1, max: 9 }, "").default("5"),
            option("format", Kind::OneOf(&[("text", ""), ("html", "")]), ""),
            option("names", Kind::List { item: &Kind::String(&ANY), min: 0, max: usize::MAX }, ""),
            option("arn", Kind::String(&ANY), "").required(),
            option("secrets", Kind::Map(&ANYTHING), "").secret(),
            object("inner", &INNER),
        ],
    )
    .unsupported(&[("Bucket", "it is bucketName")])
    .rules(&[Rule {
        either: ("minutes", Is::Unset),
        or: &[("format", Is::Set)],
        problem: "requires format",
        hint: "",
    }]);

    fn read_part(mut value: Value) -> Result<Values> {
        value.as_object_mut().unwrap().entry("arn").or_insert(json!("arn:x"));
        read("part", value.as_object().unwrap(), &TABLE)
    }

    fn error(value: Value) -> String {
        let error = read_part(value).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidOption);
        error.to_string()
    }

    #[test]
    fn null_counts_as_not_set() {
        assert_eq!(read_part(json!({"bucketName": null})).unwrap(), read_part(json!({})).unwrap());
    }

    #[test]
    fn defaults_are_filled_in_after_the_rules_were_checked() {
        let values = read_part(json!({})).unwrap();
        assert_eq!(values.require::<i64>("minutes").unwrap(), 5);
        assert!(!values.require::<Values>("inner").unwrap().require::<bool>("flag").unwrap());
        assert_eq!(error(json!({"minutes": 5})), "part.minutes requires format");
    }

    #[test]
    fn a_wrong_value_is_reported_with_its_key_and_the_expected_values() {
        for (value, expected) in [
            (json!({"bucketName": 7}), "part.bucketName must be a string, but is 7. Correct it in the Litexa config."),
            (json!({"minutes": 10}), "part.minutes must be a whole number from 1 to 9, but is 10."),
            (json!({"minutes": 1.5}), "part.minutes must be a whole number from 1 to 9, but is 1.5."),
            (json!({"format": "pdf"}), "part.format must be one of \"text\", \"html\", but is \"pdf\"."),
            (json!({"names": "a"}), "part.names must be a list of strings, but is \"a\". Write [\"a\"]."),
            (json!({"names": ["a", 1]}), "part.names[1] must be a string, but is 1."),
            (json!({"inner": {"flag": 0}}), "part.inner.flag must be true or false, but is 0."),
            (
                json!({"minutes": "7"}),
                "part.minutes must be a whole number from 1 to 9, but is \"7\". Remove the quotes: write 7.",
            ),
            (json!({"minutes": "7 s"}), "part.minutes must be a whole number from 1 to 9, but is \"7 s\". Correct it"),
            (json!({"arn": null, "minutes": 0}), "part.minutes must be a whole number from 1 to 9, but is 0."),
            (json!({"arn": null}), "part.arn must be a string, but is missing."),
            (json!({"Bucket": null}), "part.Bucket cannot be set: it is bucketName."),
        ] {
            let message = error(value);
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn a_secret_value_is_not_reported() {
        assert!(error(json!({"secrets": "hunter2"})).starts_with("part.secrets must be an object, but is a string."));
    }

    #[test]
    fn an_unknown_key_is_reported_with_the_nearest_known_one() {
        for (key, known) in [("bucketname", "bucketName"), ("bucketNme", "bucketName"), ("minuts", "minutes")] {
            assert_eq!(error(json!({key: 1})), format!("part.{key} is not a known option. Did you mean part.{known}?"));
        }
        let known = "Known options: bucketName, minutes, format, names, arn, secrets, inner.";
        for key in ["color", &"x".repeat(1000)] {
            assert_eq!(error(json!({key: 1})), format!("part.{key} is not a known option. {known}"));
        }
    }
}
