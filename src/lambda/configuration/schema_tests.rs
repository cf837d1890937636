//! `litexa.config.schema.json` knows the same parameters as the parser of `lambdaConfiguration`.

use super::{DEFAULT_RUNTIME, RESERVED, parse};
use crate::config::read_recorder;
use crate::config::schema_tests::{assert_same, definition, described, options_of, refused_of, skeleton};
use crate::error::ErrorCode;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

#[test]
fn parser_and_schema_know_the_same_parameters() {
    let object = definition("LambdaConfiguration");
    let (parsed, asked) = read_recorder::during(|| parse::wanted(&skeleton(&object)));
    assert_eq!(parsed.err(), None);
    assert_same(&asked, &described(&object, "lambdaConfiguration."));
}

#[test]
fn refused_parameters_are_refused_with_the_words_of_the_schema() {
    for (key, words) in refused_of(&definition("LambdaConfiguration")) {
        let configuration = Map::from_iter([(key, Value::from("x"))]);
        let error = parse::wanted(&configuration).err().unwrap();
        assert_eq!((error.code, error.message), (ErrorCode::InvalidOption, format!("lambdaConfiguration.{words}")));
    }
}

#[test]
fn variables_of_lambda_itself_are_the_same_on_both_sides() {
    let configuration = definition("LambdaConfiguration");
    let variables = &configuration["properties"]["Environment"]["properties"]["Variables"];
    let names = variables["propertyNames"]["not"]["enum"].as_array().unwrap();
    let described: BTreeSet<_> = names.iter().filter_map(Value::as_str).collect();
    assert_eq!(described, BTreeSet::from(RESERVED));
}

#[test]
fn the_default_runtime_is_the_same_on_both_sides() {
    let options = options_of(&definition("LambdaConfiguration"));
    let runtime = options.iter().find(|(key, _)| key == "Runtime").map(|(_, option)| option["default"].clone());
    assert_eq!(runtime, Some(Value::from(DEFAULT_RUNTIME)));
}
