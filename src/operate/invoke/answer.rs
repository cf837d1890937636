//! Reads and judges what the function answers.

use crate::logs::location_of_error;
use serde::Serialize;
use serde_json::{Map, Value};

/// The answer of the skill, as Alexa would use it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    /// As text, without SSML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) speech: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reprompt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) card: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) directives: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) should_end_session: Option<bool>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(crate) session_attributes: Map<String, Value>,
}

/// Why an answer is not one that Alexa accepts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem {
    /// The class of the error, such as `TypeError`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    pub(crate) message: String,
    /// The first frame in the skill's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<String>,
}

impl Problem {
    fn new(message: impl Into<String>) -> Self {
        Problem { message: message.into(), ..Problem::default() }
    }
}

/// Requests that Alexa sends without expecting an answer
/// (<https://developer.amazon.com/en-US/docs/alexa/custom-skills/request-types-reference.html>).
const WITHOUT_ANSWER: [&str; 2] = ["SessionEndedRequest", "System.ExceptionEncountered"];

/// Reads the payload of an invocation that has ended without an error of the function.
///
/// # Errors
/// Why Alexa would not accept it as the answer to a request of this type.
pub(crate) fn read(payload: &str, request_type: Option<&str>) -> Result<Answer, Problem> {
    let value: Value = serde_json::from_str(payload).map_err(|_| Problem::new("the answer is not JSON"))?;
    if request_type.is_some_and(|name| WITHOUT_ANSWER.contains(&name)) {
        return Ok(Answer::default());
    }
    let Some(response) = value.get("response").and_then(Value::as_object) else {
        return Err(Problem::new(match value {
            Value::Null => "the answer is empty",
            _ => "the answer has no response",
        }));
    };
    if !value.get("version").is_some_and(Value::is_string) {
        return Err(Problem::new("the answer has no version, which Alexa needs"));
    }
    let speech = |place: Option<&Value>| place.and_then(speech_text).filter(|text| !text.is_empty());
    Ok(Answer {
        speech: speech(response.get("outputSpeech")),
        reprompt: speech(response.get("reprompt").and_then(|reprompt| reprompt.get("outputSpeech"))),
        card: response.get("card").filter(|card| !card.is_null()).cloned(),
        directives: response.get("directives").and_then(Value::as_array).cloned().unwrap_or_default(),
        should_end_session: response.get("shouldEndSession").and_then(Value::as_bool),
        session_attributes: attributes_of(&value),
    })
}

/// Returns the text of an `outputSpeech`.
fn speech_text(speech: &Value) -> Option<String> {
    let text = speech.get("text").and_then(Value::as_str).map(str::to_owned);
    speech.get("ssml").and_then(Value::as_str).map(ssml_text).or(text)
}

/// Returns the text of SSML: sounds by their sources, and no other tags.
/// See <https://developer.amazon.com/en-US/docs/alexa/custom-skills/speech-synthesis-markup-language-ssml-reference.html>.
fn ssml_text(ssml: &str) -> String {
    let mut text = String::new();
    let mut rest = ssml;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        if let Some(source) = tag.strip_prefix("audio").and_then(source_of) {
            text.extend([" [audio ", source, "] "]);
        } else if tag.starts_with("break") || tag.starts_with("/p") || tag.starts_with("/s>") {
            text.push(' ');
        }
        rest = after;
    }
    text.push_str(rest);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    entities.iter().fold(text, |text, (entity, character)| text.replace(entity, character))
}

/// Returns the value of the attribute `src`.
fn source_of(attributes: &str) -> Option<&str> {
    let (_, value) = attributes.split_once("src=")?;
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.get(1..)?.split(quote).next()
}

/// Reads the payload of an invocation that has ended with an error of the function
/// (<https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html>).
pub(crate) fn function_error(payload: &str) -> Problem {
    let value: Value = serde_json::from_str(payload).unwrap_or_default();
    let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let trace = value.get("trace").or(value.get("stackTrace")).and_then(Value::as_array);
    let lines: Vec<&str> = trace.into_iter().flatten().filter_map(Value::as_str).collect();
    Problem {
        kind: text("errorType"),
        message: text("errorMessage").unwrap_or_else(|| "the function failed without a message".to_owned()),
        location: location_of_error(&lines),
    }
}

/// Returns the session attributes of a payload, with which the next request continues.
pub(crate) fn session_attributes(payload: &str) -> Map<String, Value> {
    serde_json::from_str(payload).map(|value: Value| attributes_of(&value)).unwrap_or_default()
}

fn attributes_of(value: &Value) -> Map<String, Value> {
    value.get("sessionAttributes").and_then(Value::as_object).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_is_read_as_text() {
        let payload = json!({
            "version": "1.0",
            "sessionAttributes": {"litexa": {}},
            "response": {
                "outputSpeech": {"type": "SSML", "ssml": "<speak>Tom &amp; <break time='1s'/>Ann<audio src='https://x/a.mp3'/></speak>"},
                "reprompt": {"outputSpeech": {"type": "PlainText", "text": "Well?"}},
                "card": {"type": "Simple", "title": "Cats"},
                "directives": [{"type": "AudioPlayer.Stop"}],
                "shouldEndSession": false,
            },
        });
        let answer = read(&payload.to_string(), Some("LaunchRequest")).unwrap();
        assert_eq!(answer.speech.as_deref(), Some("Tom & Ann [audio https://x/a.mp3]"));
        assert_eq!(answer.reprompt.as_deref(), Some("Well?"));
        assert_eq!((answer.directives.len(), answer.should_end_session), (1, Some(false)));
        assert_eq!(answer.card.unwrap()["title"], "Cats");
    }

    #[test]
    fn what_alexa_would_not_accept_is_a_problem() {
        let problem = |payload: &str| read(payload, Some("LaunchRequest")).unwrap_err().message;
        assert_eq!(problem("null"), "the answer is empty");
        assert_eq!(problem("<html>"), "the answer is not JSON");
        assert_eq!(problem("{}"), "the answer has no response");
        assert!(problem(r#"{"response": {}}"#).contains("no version"));
        assert_eq!(read("null", Some("SessionEndedRequest")), Ok(Answer::default()));
        assert_eq!(read(r#"{"version": "1.0", "response": {}}"#, Some("LaunchRequest")), Ok(Answer::default()));
    }

    #[test]
    fn an_error_has_its_message_and_its_first_frame_in_the_skill() {
        let payload = json!({
            "errorType": "TypeError",
            "errorMessage": "no score",
            "trace": ["TypeError: no score", "    at later (/var/task/skill.js:2:9)", "    at Runtime.handle (/var/runtime/index.mjs:1:1)"],
        });
        let problem = function_error(&payload.to_string());
        assert_eq!((problem.kind.as_deref(), problem.message.as_str()), (Some("TypeError"), "no score"));
        assert!(problem.location.unwrap().contains("/var/task/skill.js:2:9"));
        assert!(function_error("").message.contains("without a message"));
    }
}
