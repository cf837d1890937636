//! `litexa.config.schema.json` knows the same parameters of `PutObject` as the reader of `uploadParams`.

use super::{Entry, UploadParams};
use crate::assets::upload_params::put_object_params::{KNOWN, REFUSED};
use crate::config::schema_tests::{definition, options_of, refused_of};
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn parameters_are_the_same_on_both_sides() {
    let options = options_of(&definition("UploadParameters"));
    let described: BTreeSet<_> = options.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(described, KNOWN.iter().map(|(key, _)| *key).collect());
}

#[test]
fn refused_parameters_are_the_same_on_both_sides_with_the_same_words() {
    let described: BTreeSet<_> = refused_of(&definition("UploadParameters")).into_iter().collect();
    let refused = REFUSED.iter().map(|(key, reason)| ((*key).to_owned(), format!("{key} {reason}")));
    assert_eq!(described, refused.collect());
}

#[test]
fn words_of_enumerations_are_the_same_on_both_sides() {
    let options = options_of(&definition("UploadParameters"));
    let enumerations: Vec<_> = options.iter().filter(|(_, option)| option["enum"].is_array()).collect();
    assert!(enumerations.len() > 5);
    for (key, option) in enumerations {
        let rules = json!([{ "params": { key.as_str(): "nonsense" } }]);
        let problem = UploadParams::parse(Some(&rules)).unwrap_err().message;
        let words: Vec<_> = option["enum"].as_array().unwrap().iter().filter_map(|word| word.as_str()).collect();
        assert!(problem.ends_with(&format!("one of {}", words.join(", "))), "{problem}");
    }
}

#[test]
fn an_entry_has_the_keys_of_the_schema() {
    for (key, _) in options_of(&definition("UploadRule")) {
        assert!(Entry::parse("entry", &json!({ key: null })).is_ok());
    }
    let error = Entry::parse("entry", &json!({ "zzzzzzzz": null })).err().unwrap();
    let keys: Vec<_> = options_of(&definition("UploadRule")).into_iter().map(|(key, _)| key).collect();
    assert_eq!(error.hint, format!("Known are {}", keys.join(", ")));
}
