//! `litexa.config.schema.json` describes what the parsers read: neither knows a key that the other does not.
//!
//! The values that both take are compared from JavaScript, where a whole validator is at hand.

use super::options::{OF_THE_CLI, Options};
use crate::config::read_recorder::{self, Asked};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// JSON's largest whole number that JavaScript can tell from its neighbors.
const LARGEST: i64 = (1 << 53) - 1;

fn schema() -> Value {
    serde_json::from_str(include_str!("../../litexa.config.schema.json")).unwrap()
}

/// A definition of the schema.
pub(crate) fn definition(name: &str) -> Value {
    schema()["definitions"][name].clone()
}

fn resolved(property: &Value) -> Value {
    match property["$ref"].as_str() {
        Some(reference) => definition(reference.rsplit('/').next().unwrap()),
        None => property.clone(),
    }
}

/// An object's options. Keys of AWS' own that are refused stand in the schema for their errors only.
pub(crate) fn options_of(object: &Value) -> Vec<(String, Value)> {
    let properties = object["properties"].as_object().into_iter().flatten();
    properties.filter(|(_, property)| property.get("not").is_none()).map(|(k, p)| (k.clone(), resolved(p))).collect()
}

/// Keys of AWS' own that are refused, with the words for it.
pub(crate) fn refused_of(object: &Value) -> Vec<(String, String)> {
    let properties = object["properties"].as_object().into_iter().flatten();
    let refused = properties.filter(|(_, property)| property.get("not").is_some());
    refused.map(|(key, property)| (key.clone(), property["errorMessage"].as_str().unwrap().to_owned())).collect()
}

/// All of its keys are ours.
fn is_closed(object: &Value) -> bool {
    object["additionalProperties"] == Value::Bool(false)
}

/// The smallest value that makes a parser look at every option: all objects, and what is required in them.
pub(crate) fn skeleton(object: &Value) -> Map<String, Value> {
    let required = |key: &str| object["required"].as_array().is_some_and(|keys| keys.iter().any(|one| one == key));
    let mut values = Map::new();
    for (key, option) in options_of(object) {
        let entries = resolved(&option["items"]);
        if is_closed(&option) {
            values.insert(key, skeleton(&option).into());
        } else if is_closed(&entries) {
            values.insert(key, vec![Value::from(skeleton(&entries))].into());
        } else if required(&key) {
            values.insert(key, option["examples"][0].clone());
        }
    }
    values
}

/// What the schema says of the options below an object, in the words of errors.
pub(crate) fn described(object: &Value, prefix: &str) -> Asked {
    let mut all = Asked::new();
    for (key, option) in options_of(object) {
        let path = format!("{prefix}{key}");
        let entries = resolved(&option["items"]);
        if is_closed(&option) {
            all.extend(described(&option, &format!("{path}.")));
        } else if is_closed(&entries) {
            all.extend(described(&entries, &format!("{path}[0].")));
        }
        all.insert(path, words(&option));
    }
    all
}

fn words(option: &Value) -> String {
    if let Some(choices) = option["enum"].as_array() {
        let quoted: Vec<_> = choices.iter().filter(|word| !word.is_null()).map(Value::to_string).collect();
        return if quoted.len() > 1 { format!("one of {}", quoted.join(", ")) } else { quoted.concat() };
    }
    let kind = option["type"].as_str().or(option["type"][0].as_str()).unwrap();
    match kind {
        "string" => "a string".into(),
        "boolean" => "true or false".into(),
        "object" => "an object".into(),
        "array" => "a list of strings".into(),
        "number" => "a number".into(),
        "integer" => {
            let (least, most) = (option["minimum"].as_i64().unwrap(), option["maximum"].as_i64().unwrap());
            format!("a whole number from {least} to {most}")
        }
        other => panic!("no parser reads the kind {other}"),
    }
}

/// Both sides know the same options, and say the same of those that are read as what they are.
pub(crate) fn assert_same(asked: &Asked, described: &Asked) {
    assert_eq!(asked.keys().collect::<Vec<_>>(), described.keys().collect::<Vec<_>>());
    for (path, wanted) in asked.iter().filter(|(_, wanted)| !wanted.is_empty()) {
        assert_eq!(&format!("{path}: {wanted}"), &format!("{path}: {}", described[path]));
    }
}

#[test]
fn parser_and_schema_know_the_same_options() {
    let target = definition("DeploymentTarget");
    let (parsed, asked) = read_recorder::during(|| Options::parse(&skeleton(&target)));
    assert_eq!(parsed.unwrap().unknown_keys, [""; 0]);
    let mut described = described(&target, "");
    // What AWS defines is read by the wing that sends it, and compared there.
    let of_aws = ["lambdaConfiguration.", "s3Configuration.uploadParams["];
    described.retain(|path, _| !of_aws.iter().any(|start| path.starts_with(start)));
    assert_same(&asked, &described);
}

#[test]
fn keys_of_the_cli_are_the_same_on_both_sides() {
    let options = options_of(&definition("CliOptions"));
    let keys: BTreeSet<_> = options.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, BTreeSet::from(OF_THE_CLI));
}

#[test]
fn a_number_of_the_schema_can_be_written_in_javascript() {
    fn check(object: &Value) {
        for (key, option) in options_of(object) {
            assert!(option["maximum"].as_i64().is_none_or(|most| most <= LARGEST), "{key}");
            check(&option);
        }
    }
    check(&definition("DeploymentTarget"));
}
