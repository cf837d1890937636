//! The resource policy of an alias: who may invoke it.

use serde_json::Value;
use std::fmt;

pub(crate) const ALEXA: &str = "alexa-appkit.amazon.com";
pub(crate) const INVOKE: &str = "lambda:InvokeFunction";

/// What Alexa is to be allowed: to invoke for one skill, or, while its ID is unknown, for any.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grant {
    pub(crate) skill_id: Option<String>,
}

impl Grant {
    pub(crate) fn for_skill(skill_id: Option<&str>) -> Self {
        Grant { skill_id: skill_id.map(str::to_owned) }
    }

    /// The same for the same grant, so that no attempt leaves a second statement. Lambda takes letters, digits,
    /// `-` and `_`, up to 100.
    pub(crate) fn statement_id(&self) -> String {
        let name = self.skill_id.as_deref().unwrap_or("any-skill");
        let name = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
        format!("lc-{}", name.take(97).collect::<String>())
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.skill_id {
            Some(id) => write!(f, "the skill {id}"),
            None => f.write_str("Alexa"),
        }
    }
}

/// A statement that lets Alexa invoke.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    pub(crate) id: String,
    skill_id: Option<String>,
    /// Conditions other than the skill's ID, which somebody else has set.
    restricted: bool,
}

impl Statement {
    pub(crate) fn is(&self, grant: &Grant) -> bool {
        !self.restricted && self.skill_id == grant.skill_id
    }

    /// Every Litexa deployment, old or new, names its statements `lc-…`; others' are none of our business.
    pub(crate) fn is_our_open_one(&self) -> bool {
        !self.restricted && self.skill_id.is_none() && self.id.starts_with("lc-")
    }
}

/// The statements of a policy document that let Alexa invoke. What is not understood is not ours.
pub(crate) fn statements(document: &str) -> Vec<Statement> {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    document.get("Statement").and_then(Value::as_array).into_iter().flatten().filter_map(statement).collect()
}

fn statement(value: &Value) -> Option<Statement> {
    let allows = value.get("Effect")? == "Allow" && names(value.get("Action")?, INVOKE);
    // AWS writes the principal as {"Service": …}; look-alikes of AWS have other forms.
    let to_alexa = match value.get("Principal")? {
        Value::Object(kinds) => kinds.values().any(|principal| names(principal, ALEXA)),
        principal => names(principal, ALEXA),
    };
    if !allows || !to_alexa {
        return None;
    }
    let token = value.pointer("/Condition/StringEquals/lambda:EventSourceToken").and_then(Value::as_str);
    let conditions = value
        .get("Condition")
        .and_then(Value::as_object)
        .map_or(0, |operators| operators.values().map(|keys| keys.as_object().map_or(1, |keys| keys.len())).sum());
    Some(Statement {
        id: value.get("Sid")?.as_str()?.to_owned(),
        skill_id: token.map(str::to_owned),
        restricted: conditions > usize::from(token.is_some()),
    })
}

fn names(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text == wanted,
        Value::Array(list) => list.iter().any(|entry| entry == wanted),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKILL: &str = "amzn1.ask.skill.11111111-2222-3333-4444-555555555555";

    fn policy(condition: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[
                {{"Sid":"lc-1","Effect":"Allow","Principal":{{"Service":"{ALEXA}"}},"Action":"{INVOKE}","Resource":"arn"{condition}}},
                {{"Sid":"s3","Effect":"Allow","Principal":{{"Service":"s3.amazonaws.com"}},"Action":"{INVOKE}","Resource":"arn"}}
            ]}}"#
        )
    }

    #[test]
    fn an_open_statement_of_ours_is_known() {
        let found = statements(&policy(""));
        assert_eq!(found.len(), 1);
        assert!(found[0].is(&Grant::for_skill(None)) && found[0].is_our_open_one());
        assert!(!found[0].is(&Grant::for_skill(Some(SKILL))));
    }

    #[test]
    fn a_skills_statement_is_for_that_skill_only() {
        let condition = format!(r#","Condition":{{"StringEquals":{{"lambda:EventSourceToken":"{SKILL}"}}}}"#);
        let found = statements(&policy(&condition));
        assert!(found[0].is(&Grant::for_skill(Some(SKILL))) && !found[0].is_our_open_one());
        assert!(!found[0].is(&Grant::for_skill(Some("amzn1.ask.skill.other"))));
    }

    #[test]
    fn statements_with_other_conditions_are_somebody_elses() {
        let condition = r#","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}"#;
        let found = statements(&policy(condition));
        assert!(!found[0].is(&Grant::for_skill(None)) && !found[0].is_our_open_one());
    }

    #[test]
    fn whatever_is_no_policy_has_no_statements() {
        for document in ["", "{}", "[]", r#"{"Statement": 7}"#, r#"{"Statement": [7, {}]}"#] {
            assert_eq!(statements(document), []);
        }
    }

    #[test]
    fn statement_ids_are_lambdas() {
        assert_eq!(Grant::for_skill(None).statement_id(), "lc-any-skill");
        let id = Grant::for_skill(Some(&"ä.".repeat(99))).statement_id();
        assert!(id.len() <= 100 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    }
}
