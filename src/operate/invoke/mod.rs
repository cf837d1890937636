//! Invokes the skill's endpoint as Alexa does, with a device of its own, and shows the answer with the request's log.

pub(crate) mod answer;
mod event;
mod item;
pub(crate) mod session;

pub(crate) use event::Input;

use crate::aws;
use crate::aws::session::Session;
use crate::aws::{CallError, CallResult};
use crate::deploy::locks::Locks;
use crate::deploy::request::{DeployRequest, Part};
use crate::error::{Error, ErrorCode, Result};
use crate::logs::tail::{RequestLog, request_log};
use crate::logs::{printable_text, redacted};
use crate::operate::missing_rights::MissingRights;
use crate::output::Output;
use answer::{Answer, Problem};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LogType};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use event::Surroundings;
use item::Item;
use jiff::{Timestamp, Unit};
use serde::Serialize;
use serde_json::Value;
use session::{Conversation, random_id};
use std::time::{Duration, Instant};

const INVOKE_ACTION: &str = "lambda:InvokeFunction";

/// Lambda's default, in seconds.
const DEFAULT_FUNCTION_TIMEOUT: i32 = 3;

/// The time beyond the function's own that an answer may take: for an initialization, and for the way.
const TIMEOUT_MARGIN: Duration = Duration::from_secs(30);

/// The time within which Alexa accepts an answer
/// (<https://developer.amazon.com/en-US/docs/alexa/custom-skills/send-the-user-a-progressive-response.html>).
const ALEXA_LIMIT: Duration = Duration::from_secs(8);

/// An invocation to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) input: &'a Input,
    pub(crate) locale: &'a str,
    /// Whether the conversation and its item in the table stay for the next call.
    pub(crate) keep: bool,
}

/// The outcome of an invocation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Invocation {
    /// The function with its alias.
    endpoint: String,
    /// The version that has answered.
    version: Option<String>,
    request_type: Option<String>,
    session_id: String,
    /// Whether it is the first request of its session.
    is_new_session: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
    /// Why Alexa would not accept the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<Problem>,
    duration_ms: u64,
    /// Whether Alexa would not have waited for the answer.
    is_late: bool,
    log: RequestLog,
    /// Whether the item in the table was deleted.
    item: Item,
    /// Whether the next call continues the conversation.
    is_kept: bool,
}

/// Invokes the endpoint of a target.
///
/// # Errors
/// The error of a call. An error of the function is part of the outcome.
pub(crate) async fn run(
    target: &DeployRequest,
    request: Request<'_>,
    output: &Output<'_>,
    session: Session<'_>,
) -> Result<Invocation> {
    let (endpoint, items) = (Endpoint::new(target, session), Items { target, session });
    // Another invocation would take the item of this one for that of a call that has ended.
    let _lock = Locks::acquire(&target.deploy_root, &[Part::Lambda], session.reporter).await?;
    let timeout = endpoint.timeout().await?;
    let mut conversation = items.conversation(request.input).await?;
    let event = event_of(request, &conversation, output);
    // If this process ends early, the next call knows whose item to delete.
    conversation.is_kept = false;
    conversation.save(&target.deploy_root)?;
    let device = event::device_id(&event);
    let call = match endpoint.call(&event, timeout).await {
        Ok(call) => call,
        Err(error) => {
            // The handler may have written the item.
            items.clean_up(device).await;
            return Err(error);
        }
    };
    let request_type = event::request_type(&event).map(str::to_owned);
    let judged = judge(&call.output, request_type.as_deref());
    let goes_on = judged.as_ref().is_ok_and(|answer| answer.should_end_session != Some(true));
    let item = if request.keep && goes_on {
        conversation.is_kept = true;
        conversation.attributes = answer::session_attributes(&payload_of(&call.output));
        conversation.save(&target.deploy_root)?;
        Item::Kept
    } else {
        items.clean_up(device).await
    };
    let outcome = Outcome { request_type, judged, item };
    Ok(Invocation::new(endpoint.name(), conversation, call, outcome))
}

/// Checks that the caller may read and invoke the endpoint, if it exists. The skill does not get a request.
///
/// # Errors
/// `AccessDenied`, with all rights that are missing. Other errors say nothing about rights.
pub(crate) async fn ensure_allowed(target: &DeployRequest, session: Session<'_>) -> Result<()> {
    let (endpoint, rights) = (Endpoint::new(target, session), MissingRights::default());
    let invoke = async { Ok(endpoint.dry_run().await?) };
    let _others = tokio::join!(rights.read(endpoint.timeout()), rights.read(invoke));
    rights.check()
}

fn event_of(request: Request<'_>, conversation: &Conversation, output: &Output<'_>) -> Value {
    let surroundings = Surroundings {
        conversation,
        skill_id: output.artifacts.get_str("skillId"),
        locale: request.locale,
        request_id: &format!("litexa-deploy-aws-{}", random_id()),
        timestamp: &timestamp(Timestamp::now()),
    };
    event::event(request.input, surroundings)
}

/// An invocation that the function has answered.
struct Answered {
    output: InvokeOutput,
    elapsed: Duration,
    log: RequestLog,
}

/// The judgment of an answer, and what became of the item.
struct Outcome {
    request_type: Option<String>,
    judged: Result<Answer, Problem>,
    item: Item,
}

impl Invocation {
    fn new(endpoint: String, conversation: Conversation, call: Answered, outcome: Outcome) -> Self {
        let Answered { output, elapsed, log } = call;
        let (answer, problem) = match outcome.judged {
            Ok(answer) => (Some(answer), None),
            Err(problem) => (None, Some(problem)),
        };
        Invocation {
            endpoint,
            version: output.executed_version,
            request_type: outcome.request_type,
            session_id: conversation.session_id,
            is_new_session: conversation.is_new,
            answer,
            problem,
            duration_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            is_late: is_late(&log, elapsed),
            log,
            item: outcome.item,
            is_kept: conversation.is_kept,
        }
    }
}

/// The items of conversations in the target's table.
struct Items<'a> {
    target: &'a DeployRequest,
    session: Session<'a>,
}

impl Items<'_> {
    /// Returns the conversation that the input continues or begins. The item of one that has ended is deleted.
    async fn conversation(&self, input: &Input) -> Result<Conversation> {
        match Conversation::load(&self.target.deploy_root) {
            Some(kept) if kept.is_kept && !input.begins() => Ok(kept),
            Some(ended) => {
                self.delete(Some(&ended.device_id)).await?;
                Ok(Conversation::begin())
            }
            None => Ok(Conversation::begin()),
        }
    }

    /// Deletes the item of this call. If that fails, the next call deletes it.
    async fn clean_up(&self, device: Option<&str>) -> Item {
        match self.delete(device).await {
            Ok(item) => {
                Conversation::forget(&self.target.deploy_root);
                item
            }
            Err(error) => {
                self.session.reporter.warning(error.hint("The next invocation deletes it").to_string());
                Item::Failed
            }
        }
    }

    async fn delete(&self, device: Option<&str>) -> Result<Item> {
        match device.filter(|_| self.target.persistent_store) {
            Some(device) => item::delete(self.session, &self.target.project.table_name(), device).await,
            None => Ok(Item::None),
        }
    }
}

fn payload_of(output: &InvokeOutput) -> String {
    output.payload.as_ref().map(|payload| String::from_utf8_lossy(payload.as_ref()).into_owned()).unwrap_or_default()
}

/// Returns whether Alexa would not have waited. Lambda's own figures do not include the way to here.
fn is_late(log: &RequestLog, elapsed: Duration) -> bool {
    let lambda = log.duration_ms.map(|ms| ms + log.init_duration_ms.unwrap_or_default());
    lambda.map_or(elapsed > ALEXA_LIMIT, |ms| ms > ALEXA_LIMIT.as_secs_f64() * 1e3)
}

/// Returns the answer without secrets.
fn judge(output: &InvokeOutput, request_type: Option<&str>) -> Result<Answer, Problem> {
    let payload = redacted(&payload_of(output));
    let judged = match output.function_error {
        Some(_) => Err(answer::function_error(&payload)),
        None => answer::read(&payload, request_type),
    };
    let safe = |text: Option<String>| text.map(|text| printable_text(&text));
    match judged {
        Ok(answer) => Ok(Answer { speech: safe(answer.speech), reprompt: safe(answer.reprompt), ..answer }),
        Err(Problem { kind, message, location }) => {
            Err(Problem { kind: safe(kind), message: printable_text(&message), location: safe(location) })
        }
    }
}

fn log_of(output: &InvokeOutput, started_ms: i64) -> RequestLog {
    let tail = output.log_result.as_deref().and_then(|tail| BASE64_STANDARD.decode(tail).ok()).unwrap_or_default();
    request_log(&String::from_utf8_lossy(&tail), started_ms)
}

/// Returns a time as Alexa writes it, without fractions of seconds.
fn timestamp(now: Timestamp) -> String {
    now.round(Unit::Second).unwrap_or(now).to_string()
}

/// The alias that Alexa invokes.
struct Endpoint<'a> {
    lambda: Client,
    session: Session<'a>,
    function: String,
    alias: String,
}

impl<'a> Endpoint<'a> {
    fn new(target: &DeployRequest, session: Session<'a>) -> Self {
        Endpoint {
            lambda: Client::new(session.config),
            session,
            function: target.project.function_name(),
            alias: format!("release-{}", target.current_version),
        }
    }

    fn name(&self) -> String {
        format!("{}:{}", self.function, self.alias)
    }

    /// Sends an event, once: a repetition would be another request to the skill.
    async fn call(&self, event: &Value, timeout: Duration) -> Result<Answered> {
        let limits = TimeoutConfig::builder()
            .read_timeout(timeout)
            .operation_attempt_timeout(timeout)
            .operation_timeout(timeout)
            .build();
        let overrides = aws_sdk_lambda::Config::builder().retry_config(RetryConfig::disabled()).timeout_config(limits);
        let request = self
            .lambda
            .invoke()
            .function_name(&self.function)
            .qualifier(&self.alias)
            .invocation_type(InvocationType::RequestResponse)
            .log_type(LogType::Tail)
            .payload(Blob::new(event.to_string()));
        let call = aws::call(format!("invoking {}", self.name()), INVOKE_ACTION);
        let send = || request.clone().customize().config_override(overrides.clone()).send();
        let (started_ms, started) = (Timestamp::now().as_millisecond(), Instant::now());
        let output = call.reporting(self.session.reporter).send(send).await?;
        Ok(Answered { elapsed: started.elapsed(), log: log_of(&output, started_ms), output })
    }

    /// Asks Lambda whether the caller may invoke the function
    /// (<https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>, `InvocationType`).
    async fn dry_run(&self) -> Result<(), CallError> {
        let request = self.lambda.invoke().function_name(&self.function).qualifier(&self.alias);
        let request = request.invocation_type(InvocationType::DryRun);
        let call = aws::call(format!("invoking {}", self.name()), INVOKE_ACTION);
        call.send(|| request.clone().send()).await.map(drop)
    }

    /// Returns the time that an answer may take.
    async fn timeout(&self) -> Result<Duration> {
        let request = self.lambda.get_function_configuration().function_name(&self.function).qualifier(&self.alias);
        let call = aws::call(format!("looking up the function {}", self.name()), "lambda:GetFunctionConfiguration");
        let found = call.send(|| request.clone().send()).await.optional()?;
        let Some(configuration) = found else {
            let message = format!("{} does not exist in {}", self.name(), self.session.region());
            return Err(Error::new(ErrorCode::ResourceNotReady, message).hint("Deploy the skill first"));
        };
        let seconds = configuration.timeout.unwrap_or(DEFAULT_FUNCTION_TIMEOUT);
        Ok(Duration::from_secs(u64::try_from(seconds).unwrap_or_default()) + TIMEOUT_MARGIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn output(payload: &Value, function_error: Option<&str>) -> InvokeOutput {
        InvokeOutput::builder()
            .payload(Blob::new(payload.to_string()))
            .set_function_error(function_error.map(str::to_owned))
            .build()
    }

    #[test]
    fn an_error_of_the_function_is_a_problem_whatever_it_answers() {
        let fine = json!({"version": "1.0", "response": {}});
        assert!(judge(&output(&fine, None), Some("LaunchRequest")).is_ok());
        assert!(judge(&output(&fine, Some("Unhandled")), Some("LaunchRequest")).is_err());
        assert!(judge(&InvokeOutput::builder().build(), Some("LaunchRequest")).is_err());
    }

    #[test]
    fn answers_are_shown_without_secrets_and_control_characters() {
        let token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJodHRwczovL2FwaS5hbWF6b25hbGV4YS5jb20ifQ.c2ln";
        let speech = json!({"type": "PlainText", "text": "hello \u{1b}]0;x\u{7}"});
        let directives = json!([{"type": "x", "apiAccessToken": token}]);
        let payload = json!({"version": "1.0", "response": {"outputSpeech": speech, "directives": directives}});
        let answer = judge(&output(&payload, None), Some("LaunchRequest")).unwrap();
        assert!(!json!(answer).to_string().contains("eyJhdWQi"));
        assert!(!answer.speech.unwrap().contains('\u{1b}'));
    }

    #[test]
    fn lambda_knows_better_than_the_clock_here_whether_alexa_waits() {
        let log = |duration_ms| RequestLog { duration_ms, ..RequestLog::default() };
        assert!(!is_late(&log(Some(100.0)), Duration::from_secs(20)));
        assert!(is_late(&log(Some(8001.0)), Duration::from_secs(9)));
        assert!(is_late(&log(None), Duration::from_secs(9)) && !is_late(&log(None), Duration::from_secs(8)));
        let cold = RequestLog { init_duration_ms: Some(3000.0), ..log(Some(6000.0)) };
        assert!(is_late(&cold, Duration::from_secs(9)));
    }

    #[test]
    fn times_have_no_fractions_of_seconds() {
        assert_eq!(timestamp("2026-01-02T03:04:05.678Z".parse().unwrap()), "2026-01-02T03:04:06Z");
    }
}
