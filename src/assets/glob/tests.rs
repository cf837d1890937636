use super::*;
use serde_json::Value;

/// The results of minimatch 3.1.2. A JavaScript test checks them against the package.
fn fixture() -> Value {
    serde_json::from_str(include_str!("../../../__test__/fixtures/globs.json")).unwrap()
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

#[test]
fn every_result_is_the_same_as_minimatchs() {
    let fixture = fixture();
    let paths = strings(&fixture["paths"]);
    let mut pairs = 0;
    let mut differences = Vec::new();
    for case in fixture["cases"].as_array().unwrap() {
        let (text, own, results) = (case[0].as_str().unwrap(), strings(&case[1]), case[2].as_str().unwrap());
        let pattern = Pattern::new(text).unwrap();
        assert_eq!(results.len(), paths.len() + own.len());
        for (path, result) in paths.iter().chain(&own).zip(results.chars()) {
            pairs += 1;
            if pattern.matches(path) != (result == '1') {
                differences.push(format!("{text:?} on {path:?}: minimatch's result is {result}"));
            }
        }
    }
    assert!(differences.is_empty(), "{} of {pairs} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(pairs > 100_000, "only {pairs} pairs");
}

#[test]
fn a_pattern_without_a_slash_is_compared_with_the_file_name() {
    let sounds = Pattern::new("*.{mp3,wav}").unwrap();
    assert!(sounds.matches("a.mp3") && sounds.matches("deep/er/a.wav"));
    assert!(!sounds.matches("a.mp3/b") && !sounds.matches("A.MP3") && !sounds.matches(".mp3"));
}

#[test]
fn a_pattern_with_a_slash_is_compared_with_the_path() {
    let icons = Pattern::new("icons/**/*.png").unwrap();
    assert!(icons.matches("icons/a.png") && icons.matches("icons/de/a.png"));
    assert!(!icons.matches("deep/icons/a.png") && !icons.matches("icons/.de/a.png"));
}

#[test]
fn patterns_over_a_limit_are_errors() {
    for (text, expected) in [
        ("x".repeat(MAX_PATTERN_BYTES + 1), PatternError::TooLong),
        ("{a,b}".repeat(20), PatternError::TooManyAlternatives),
        ("{1..99999999999999999999}".to_string(), PatternError::NumberTooLarge),
        ("+(".repeat(200) + "a" + &")".repeat(200), PatternError::TooDeep),
        ("[".repeat(200), PatternError::TooDeep),
        ("[z-a".repeat(200), PatternError::TooDeep),
        ("!(a)".repeat(40), PatternError::TooComplex),
    ] {
        assert_eq!(Pattern::new(&text).unwrap_err(), expected, "{text:.40}");
        assert!(!expected.to_string().is_empty());
    }
}

#[test]
fn patterns_that_would_backtrack_are_matched_in_linear_time() {
    let path = format!("{}/{}", "a/".repeat(400), "a".repeat(200));
    for text in [
        "*a".repeat(500) + "b",
        "+(+(+(a)))b".to_string(),
        "*(*(*(*(a|b)|a)|b)|ab)c".to_string(),
        "**/a/".repeat(200) + "b",
        "?(a)".repeat(500) + "b",
        "*(a|a?)".repeat(40) + "b",
        "!(a)".repeat(8) + "b",
        "[a".repeat(40),
    ] {
        Pattern::new(&text).unwrap().matches(&path);
    }
}
