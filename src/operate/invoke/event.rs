//! Builds a request as Alexa sends it.
//!
//! See <https://developer.amazon.com/en-US/docs/alexa/custom-skills/request-and-response-json-reference.html>.

use crate::operate::invoke::session::Conversation;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A skill ID for skills that were not deployed with a manifest yet.
const UNKNOWN_SKILL: &str = "amzn1.ask.skill.00000000-0000-0000-0000-000000000000";

/// The user's input to the skill.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(crate) enum Input {
    Launch,
    Intent {
        name: String,
        #[serde(default)]
        slots: BTreeMap<String, String>,
    },
    /// An event of the user's own. Missing fields are added.
    Event {
        event: Map<String, Value>,
    },
}

impl Input {
    /// Returns whether a request of this kind begins a conversation.
    pub(crate) fn begins(&self) -> bool {
        *self == Input::Launch
    }
}

/// The other parts of a request than the user's input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) conversation: &'a Conversation,
    pub(crate) skill_id: Option<&'a str>,
    pub(crate) locale: &'a str,
    pub(crate) request_id: &'a str,
    /// The time in the format of ISO 8601.
    pub(crate) timestamp: &'a str,
}

/// Returns the event that the function gets.
pub(crate) fn event(input: &Input, surroundings: Surroundings<'_>) -> Value {
    let Surroundings { conversation, skill_id, locale, request_id, timestamp } = surroundings;
    let Conversation { session_id, user_id, device_id, attributes, is_new, .. } = conversation;
    let application = json!({"applicationId": skill_id.unwrap_or(UNKNOWN_SKILL)});
    let user = json!({"userId": user_id});
    let mut request = json!({
        "requestId": format!("amzn1.echo-api.request.{request_id}"),
        "timestamp": timestamp,
        "locale": locale,
    });
    match input {
        Input::Launch => request["type"] = "LaunchRequest".into(),
        Input::Intent { name, slots } => {
            request["type"] = "IntentRequest".into();
            request["intent"] = intent(name, slots);
        }
        Input::Event { .. } => {}
    }
    let mut event = json!({
        "version": "1.0",
        "session": {
            "new": is_new,
            "sessionId": session_id,
            "application": application,
            "attributes": attributes,
            "user": user,
        },
        "context": {
            "System": {
                "application": application,
                "user": user,
                "device": {"deviceId": device_id, "supportedInterfaces": {}},
                "apiEndpoint": "https://api.amazonalexa.com",
            },
        },
        "request": request,
    });
    if let Input::Event { event: given } = input {
        merge(&mut event, &Value::Object(given.clone()));
    }
    event
}

fn intent(name: &str, slots: &BTreeMap<String, String>) -> Value {
    let slot = |(name, value): (&String, &String)| {
        let slot = json!({"name": name, "value": value, "confirmationStatus": "NONE", "source": "USER"});
        (name.clone(), slot)
    };
    let slots: Map<String, Value> = slots.iter().map(slot).collect();
    json!({"name": name, "confirmationStatus": "NONE", "slots": slots})
}

/// Sets what `given` has, and keeps the rest. Objects are merged, other values replaced.
fn merge(value: &mut Value, given: &Value) {
    match (value, given) {
        (Value::Object(fields), Value::Object(given)) => {
            for (name, given) in given {
                merge(fields.entry(name.clone()).or_insert(Value::Null), given);
            }
        }
        (value, given) => *value = given.clone(),
    }
}

/// Returns the ID of the device that an event comes from.
pub(crate) fn device_id(event: &Value) -> Option<&str> {
    event.pointer("/context/System/device/deviceId")?.as_str()
}

/// Returns the type of an event's request.
pub(crate) fn request_type(event: &Value) -> Option<&str> {
    event.pointer("/request/type")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event_of(input: &Input, conversation: &Conversation) -> Value {
        let timestamp = "2026-01-01T00:00:00Z";
        let skill_id = Some("amzn1.ask.skill.cats");
        event(input, Surroundings { conversation, skill_id, locale: "en-GB", request_id: "1", timestamp })
    }

    #[test]
    fn a_launch_begins_a_session() {
        let conversation = Conversation::begin();
        let event = event_of(&Input::Launch, &conversation);
        assert_eq!(event["version"], "1.0");
        assert_eq!(event["session"]["new"], true);
        assert_eq!(event["session"]["attributes"], json!({}));
        assert_eq!(
            event["request"],
            json!({"type": "LaunchRequest", "requestId": "amzn1.echo-api.request.1",
                "timestamp": "2026-01-01T00:00:00Z", "locale": "en-GB"})
        );
        for place in ["/session/application/applicationId", "/context/System/application/applicationId"] {
            assert_eq!(event.pointer(place).unwrap(), "amzn1.ask.skill.cats", "{place}");
        }
        for place in ["/session/user/userId", "/context/System/user/userId"] {
            assert_eq!(event.pointer(place).unwrap(), &conversation.user_id, "{place}");
        }
        assert_eq!(device_id(&event), Some(conversation.device_id.as_str()));
    }

    #[test]
    fn an_intent_has_its_slots_and_the_attributes_of_the_last_answer() {
        let attributes = json!({"litexa": {"score": 3}}).as_object().unwrap().clone();
        let conversation = Conversation { is_new: false, attributes, ..Conversation::begin() };
        let slots = BTreeMap::from([("name".to_owned(), "Ann = Bea".to_owned())]);
        let event = event_of(&Input::Intent { name: "MyNameIs".into(), slots }, &conversation);
        assert_eq!(request_type(&event), Some("IntentRequest"));
        assert_eq!(event["session"]["new"], false);
        assert_eq!(event["session"]["attributes"]["litexa"]["score"], 3);
        assert_eq!(event["request"]["intent"]["slots"]["name"]["value"], "Ann = Bea");
    }

    #[test]
    fn what_an_event_of_a_file_lacks_is_added() {
        let given = json!({"request": {"type": "Alexa.Presentation.APL.UserEvent", "locale": "de-DE", "arguments": [1]},
            "context": {"System": {"device": {"supportedInterfaces": {"AudioPlayer": {}}}}}});
        let event = event_of(&Input::Event { event: given.as_object().unwrap().clone() }, &Conversation::begin());
        assert_eq!(request_type(&event), Some("Alexa.Presentation.APL.UserEvent"));
        assert_eq!(event["request"]["locale"], "de-DE");
        assert_eq!(event["request"]["requestId"], "amzn1.echo-api.request.1");
        assert!(event["context"]["System"]["device"]["supportedInterfaces"]["AudioPlayer"].is_object());
        assert!(device_id(&event).unwrap().starts_with("amzn1.ask.device.litexa-deploy-aws-"));
    }

    #[test]
    fn inputs_have_the_form_that_the_executable_sends() {
        let read = |value: Value| serde_json::from_value::<Input>(value);
        assert_eq!(read(json!({"type": "launch"})).unwrap(), Input::Launch);
        let intent = Input::Intent { name: "Yes".into(), slots: BTreeMap::new() };
        assert_eq!(read(json!({"type": "intent", "name": "Yes"})).unwrap(), intent);
        assert!(read(json!({"type": "event", "event": []})).is_err());
    }
}
