//! Makes an object for each option of a table, for tests that every option is used.

use super::declaration::{Declaration, Kind, Table, bool_or_word};
use serde_json::{Map, Value, json};

/// The key of an option in full, an object that sets it, and the same object without it, or with another value if it
/// is required.
pub(crate) type Sample = (String, Map<String, Value>, Map<String, Value>);

/// Returns a sample for each option of a table and of the objects in it, but not for those that are read later.
pub(crate) fn samples(table: &Table) -> Vec<Sample> {
    table.options.iter().filter(|option| !option.is_read_later).flat_map(|option| of_option(table, option)).collect()
}

fn of_option(table: &Table, option: &Declaration) -> Vec<Sample> {
    let beside = beside(table, option);
    let with = |value: Value| {
        let mut object = beside.clone();
        object.insert(option.key.to_owned(), value);
        object
    };
    if let Kind::Object(inner) = option.kind {
        let inner = samples(inner).into_iter();
        let path = |key| format!("{}.{key}", option.key);
        return inner.map(|(key, set, unset)| (path(key), with(set.into()), with(unset.into()))).collect();
    }
    let sample = sample_value(option);
    let another = sample.as_str().map_or(json!("another"), |text| json!(format!("{text}1")));
    let without = if option.is_required { with(another) } else { beside.clone() };
    vec![(option.key.to_owned(), with(sample), without)]
}

/// Options that have to be set as well.
fn beside(table: &Table, option: &Declaration) -> Map<String, Value> {
    let required = table.options.iter().filter(|other| other.is_required && other.key != option.key);
    let mut object: Map<_, _> = required.map(|other| (other.key.to_owned(), sample_value(other))).collect();
    let other = match option.key {
        "policies" | "permissionsBoundary" => ("role", json!("dedicated")),
        "enable" => ("AttributeName", json!("ttl")),
        _ => return object,
    };
    object.insert(other.0.to_owned(), other.1);
    object
}

/// Returns a value that differs from the default.
fn sample_value(option: &Declaration) -> Value {
    let default = option.default.map(|json| serde_json::from_str::<Value>(json).unwrap());
    let examples = option.docs.examples.iter().map(|json| serde_json::from_str(json).unwrap());
    let candidates: Vec<Value> = match option.kind {
        Kind::Bool => vec![json!(true)],
        Kind::BoolOr(choices) => choices.iter().map(|(word, _)| bool_or_word(word)).collect(),
        Kind::OneOf(choices) => choices.iter().map(|(word, _)| json!(word)).collect(),
        Kind::Integer { max, .. } => vec![json!(max)],
        Kind::IntegerOf(numbers) => numbers.iter().map(|number| json!(number)).collect(),
        Kind::String(_) => examples.chain([json!("sample")]).collect(),
        _ => examples.collect(),
    };
    candidates.into_iter().find(|value| Some(value) != default.as_ref()).unwrap()
}
