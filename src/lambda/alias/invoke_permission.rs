//! Reads the resource policy of an alias: the permissions to invoke it.

use crate::aws::policy_document::{self, allows, contains, includes_action};
use serde_json::Value;
use std::fmt;

/// The service principal of Alexa.
/// See <https://developer.amazon.com/en-US/docs/alexa/custom-skills/host-a-custom-skill-as-an-aws-lambda-function.html>.
pub(crate) const ALEXA_PRINCIPAL: &str = "alexa-appkit.amazon.com";
pub(crate) const INVOKE_ACTION: &str = "lambda:InvokeFunction";

/// Every version of the Litexa deployment begins its statement IDs like this.
const STATEMENT_PREFIX: &str = "lc-";

/// Lambda's limit for the length of a statement ID, in characters.
/// See <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>.
const MAX_STATEMENT_ID_LENGTH: usize = 100;

/// The desired permission: Alexa may invoke the alias for one skill, or for any skill while the skill ID is unknown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InvokePermission {
    pub(crate) skill_id: Option<String>,
}

impl InvokePermission {
    pub(crate) fn for_skill(skill_id: Option<&str>) -> Self {
        InvokePermission { skill_id: skill_id.map(str::to_owned) }
    }

    /// Returns an ID that none of these statements has. It is the same for the same permission, so that a repeated attempt
    /// does not add a second statement, unless someone has given that ID to another permission. Lambda accepts letters,
    /// digits, `-` and `_`.
    pub(crate) fn statement_id(&self, taken: &[String]) -> String {
        let name = self.skill_id.as_deref().unwrap_or("any-skill");
        let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let suffixes = std::iter::once(String::new()).chain((2..).map(|number| format!("-{number}")));
        let id = |suffix: String| {
            let length = MAX_STATEMENT_ID_LENGTH - STATEMENT_PREFIX.len() - suffix.len();
            format!("{STATEMENT_PREFIX}{}{suffix}", name.chars().take(length).collect::<String>())
        };
        suffixes.map(id).find(|id| !taken.contains(id)).unwrap_or_default()
    }
}

impl fmt::Display for InvokePermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.skill_id {
            Some(id) => write!(f, "the skill {id}"),
            None => f.write_str("Alexa"),
        }
    }
}

/// A statement that permits Alexa, or anyone, to invoke.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    pub(crate) id: String,
    is_for_anyone: bool,
    skill_id: Option<String>,
    /// The skills that it is restricted to, in a condition of any form.
    skills: Vec<String>,
    /// It has conditions other than the skill ID, which another tool has set.
    restricted: bool,
}

impl Statement {
    /// Returns whether the statement grants exactly this permission.
    pub(crate) fn grants(&self, permission: &InvokePermission) -> bool {
        !self.is_for_anyone && !self.restricted && self.skill_id == permission.skill_id
    }

    /// Returns the IDs of the skills that the statement is restricted to.
    pub(crate) fn skills(&self) -> &[String] {
        &self.skills
    }

    /// Returns who may invoke by the statement.
    pub(crate) fn grantee(&self) -> String {
        let grantee = match (&self.skill_id, self.is_for_anyone) {
            (Some(skill_id), _) => format!("the skill {skill_id}"),
            (None, true) => "anyone".to_owned(),
            (None, false) => "any Alexa skill".to_owned(),
        };
        if self.restricted { format!("{grantee}, under conditions of its own") } else { grantee }
    }

    /// Returns who may invoke besides the skill, and the ID of the statement, if it is not one that a deployment removes.
    /// Statements with conditions of another kind are the user's own.
    pub(crate) fn unexpected_grantee(&self, skill_id: Option<&str>) -> Option<String> {
        if self.is_for_anyone {
            return (!self.restricted && self.skill_id.is_none()).then(|| "anyone".to_owned());
        }
        match (&self.skill_id, skill_id) {
            (Some(other), Some(skill_id)) if other != skill_id => Some(format!("the skill {other}")),
            (None, Some(_)) if !self.restricted && !self.is_own_unrestricted() => Some("any Alexa skill".to_owned()),
            _ => None,
        }
    }

    /// Returns whether this module, or an older version of it, has added the statement for any skill.
    pub(crate) fn is_own_unrestricted(&self) -> bool {
        !self.is_for_anyone && !self.restricted && self.skill_id.is_none() && self.id.starts_with(STATEMENT_PREFIX)
    }
}

/// Returns the statements of a policy document that permit Alexa or anyone to invoke. Statements in an unknown form are skipped.
pub(crate) fn statements(document: &str) -> Vec<Statement> {
    all_statements(document).iter().filter_map(statement).collect()
}

/// Returns the IDs of all statements of a policy document.
pub(crate) fn statement_ids(document: &str) -> Vec<String> {
    let id = |statement: &Value| Some(statement.get("Sid")?.as_str()?.to_owned());
    all_statements(document).iter().filter_map(id).collect()
}

fn all_statements(document: &str) -> Vec<Value> {
    policy_document::parse(document).and_then(|document| policy_document::statements(&document)).unwrap_or_default()
}

fn statement(value: &Value) -> Option<Statement> {
    // AWS returns the principal as {"Service": …}; emulators of AWS use other forms.
    let is_for = |grantee: &str| match value.get("Principal") {
        Some(Value::Object(kinds)) => kinds.values().any(|principal| contains(Some(principal), grantee)),
        principal => contains(principal, grantee),
    };
    let is_for_anyone = is_for("*");
    if !(is_for_anyone || is_for(ALEXA_PRINCIPAL)) || !allows(value) || !includes_action(value, INVOKE_ACTION) {
        return None;
    }
    let token = value.pointer("/Condition/StringEquals/lambda:EventSourceToken").and_then(Value::as_str);
    let conditions = conditions(value);
    let skills = conditions.iter().filter(|condition| condition.is_of_skills());
    Some(Statement {
        id: value.get("Sid")?.as_str()?.to_owned(),
        is_for_anyone,
        skill_id: token.map(str::to_owned),
        skills: skills.flat_map(Condition::values).collect(),
        restricted: conditions.len() > usize::from(token.is_some()),
    })
}

/// A condition of a statement.
struct Condition<'a> {
    operator: &'a str,
    /// Empty in a document of an unknown form.
    key: &'a str,
    value: &'a Value,
}

impl Condition<'_> {
    /// Returns whether it permits some skills only. AWS ignores the case of keys.
    fn is_of_skills(&self) -> bool {
        self.key.eq_ignore_ascii_case("lambda:eventsourcetoken") && !self.operator.contains("Not")
    }

    fn values(&self) -> Vec<String> {
        let values = self.value.as_array().map_or(std::slice::from_ref(self.value), Vec::as_slice);
        values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

fn conditions(statement: &Value) -> Vec<Condition<'_>> {
    let mut found = Vec::new();
    for (operator, keys) in statement.get("Condition").and_then(Value::as_object).into_iter().flatten() {
        match keys.as_object() {
            Some(keys) => found.extend(keys.iter().map(|(key, value)| Condition { operator, key, value })),
            None => found.push(Condition { operator, key: "", value: keys }),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKILL: &str = "amzn1.ask.skill.11111111-2222-3333-4444-555555555555";

    fn policy(condition: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[
                {{"Sid":"lc-1","Effect":"Allow","Principal":{{"Service":"{ALEXA_PRINCIPAL}"}},"Action":"{INVOKE_ACTION}","Resource":"arn"{condition}}},
                {{"Sid":"s3","Effect":"Allow","Principal":{{"Service":"s3.amazonaws.com"}},"Action":"{INVOKE_ACTION}","Resource":"arn"}}
            ]}}"#
        )
    }

    #[test]
    fn an_own_statement_for_any_skill_is_recognized() {
        let found = statements(&policy(""));
        assert_eq!(found.len(), 1);
        assert!(found[0].grants(&InvokePermission::for_skill(None)) && found[0].is_own_unrestricted());
        assert!(!found[0].grants(&InvokePermission::for_skill(Some(SKILL))));
    }

    #[test]
    fn a_statement_with_a_skill_id_grants_permission_to_that_skill_only() {
        let condition = format!(r#","Condition":{{"StringEquals":{{"lambda:EventSourceToken":"{SKILL}"}}}}"#);
        let found = statements(&policy(&condition));
        assert!(found[0].grants(&InvokePermission::for_skill(Some(SKILL))) && !found[0].is_own_unrestricted());
        assert!(!found[0].grants(&InvokePermission::for_skill(Some("amzn1.ask.skill.other"))));
    }

    #[test]
    fn the_skills_of_a_statement_are_those_of_a_condition_of_any_form() {
        for (condition, skills) in [
            (r#"{"StringEquals":{"lambda:EventSourceToken":"a"}}"#, &["a"][..]),
            (r#"{"StringLike":{"Lambda:eventSourceToken":["a","b"]},"Bool":{"x":"true"}}"#, &["a", "b"]),
            (r#"{"StringNotEquals":{"lambda:EventSourceToken":"a"}}"#, &[]),
            (r#"{"StringEquals":{"aws:SourceAccount":"1"}}"#, &[]),
            (r#"{"StringEquals":7}"#, &[]),
        ] {
            assert_eq!(statements(&policy(&format!(r#","Condition":{condition}"#)))[0].skills(), skills, "{condition}");
        }
        assert_eq!(statements(&policy(""))[0].skills(), [""; 0]);
    }

    #[test]
    fn a_statement_with_other_conditions_belongs_to_another_tool() {
        let condition = r#","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}"#;
        let found = statements(&policy(condition));
        assert!(!found[0].grants(&InvokePermission::for_skill(None)) && !found[0].is_own_unrestricted());
    }

    #[test]
    fn others_who_may_invoke_are_named() {
        let of = |principal: &str, sid: &str, condition: &str| {
            statements(&format!(
                r#"{{"Statement":[{{"Sid":"{sid}","Effect":"Allow","Principal":{principal},"Action":"lambda:Invoke*"{condition}}}]}}"#
            ))[0]
            .unexpected_grantee(Some(SKILL))
        };
        let alexa = format!(r#"{{"Service":"{ALEXA_PRINCIPAL}"}}"#);
        let skill = |id: &str| format!(r#","Condition":{{"StringEquals":{{"lambda:EventSourceToken":"{id}"}}}}"#);
        let account = r#","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}"#;
        assert_eq!(
            of(&alexa, "lc-1", &skill("amzn1.ask.skill.former")).as_deref(),
            Some("the skill amzn1.ask.skill.former")
        );
        assert_eq!(of(&alexa, "other-tool", "").as_deref(), Some("any Alexa skill"));
        assert_eq!(of(r#""*""#, "public", "").as_deref(), Some("anyone"));
        assert_eq!(of(r#"{"AWS":"*"}"#, "public", "").as_deref(), Some("anyone"));
        assert_eq!(of(&alexa, "lc-1", &skill(SKILL)), None);
        assert_eq!(of(&alexa, "lc-any-skill", ""), None, "the deployment removes it");
        assert_eq!(of(&alexa, "mine", account), None);
        assert_eq!(of(r#"{"AWS":"*"}"#, "mine", account), None);
    }

    #[test]
    fn a_text_that_is_not_a_policy_has_no_statements() {
        for document in ["", "{}", "[]", r#"{"Statement": 7}"#, r#"{"Statement": [7, {}]}"#] {
            assert_eq!(statements(document), []);
        }
    }

    #[test]
    fn statement_ids_have_the_characters_and_the_length_that_lambda_accepts() {
        assert_eq!(InvokePermission::for_skill(None).statement_id(&[]), "lc-any-skill");
        let long = InvokePermission::for_skill(Some(&"ä.".repeat(99)));
        let id = long.statement_id(&[]);
        let second = long.statement_id(std::slice::from_ref(&id));
        for id in [&id, &second] {
            assert!(id.len() <= 100 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
        }
        assert!(second.ends_with("-2"));
    }

    #[test]
    fn the_id_of_another_statement_is_not_used() {
        let taken = statement_ids(&policy(""));
        assert_eq!(taken, ["lc-1", "s3"]);
        assert_eq!(InvokePermission::for_skill(Some("1")).statement_id(&taken), "lc-1-2");
        assert_eq!(InvokePermission::for_skill(Some("2")).statement_id(&taken), "lc-2");
        let more = ["lc-1".to_owned(), "lc-1-2".to_owned()];
        assert_eq!(InvokePermission::for_skill(Some("1")).statement_id(&more), "lc-1-3");
    }
}
