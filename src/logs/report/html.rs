//! Writes one HTML page that contains all of its data and needs no network.
//!
//! The page is a fixed document. Log data is embedded in it as JSON, and its script inserts it as text. A content
//! security policy lets nothing else run or load.
//!
//! # Data of the page
//!
//! The element `summary` is one JSON object, as [`Head`] becomes it. Each field may be absent; a page of counts without
//! requests, such as those of CloudWatch Logs Insights, has no lines in `requests`, but `bins`.
//!
//! | field | value |
//! | --- | --- |
//! | `title`, `note` | the heading, and a paragraph below it |
//! | `fromMs`, `toMs`, `timeZone` | the time range in milliseconds since the epoch, and an IANA name |
//! | `incomplete` | why the page does not have all requests of the time range, such as "reading was interrupted" |
//! | `failedOnly` | whether the page has the failed requests only; the counts are of all |
//! | `region`, `logGroup`, `consoleHost` | where the events are; links to the console need all three |
//! | `labels`, `failureOutcomes` | the label of each outcome, and the outcomes that are failures |
//! | `answered`, `failed`, `late`, `truncated`, `coldStarts` | counts; `late` is a part of `answered` |
//! | `failures` | `[{outcome, count}]` |
//! | `lateMs` | the duration after which an answer is late |
//! | `maxInitDurationMs`, `durationsMs`, `peakMemory` | a number, `{p50, p95, max}`, `{usedMb, sizeMb}` |
//! | `groups` | `[{outcome, type, message, location, count, lastMs}]`, failures of one kind |
//! | `ungrouped` | the number of failures without a group, since there are too many groups |
//! | `intents` | `[{name, count, failed, durationsMs}]`, by intent or else request type; `name` may be null |
//! | `bins` | `{stepMs, counts: [{startMs, answered, failed}]}`, the requests by time |
//!
//! `groups` and `intents` are shown if the page does not have all requests. Otherwise it counts its own, since a filter
//! changes the counts.
//!
//! The element `requests` has two lines for each request, newest first: the fields of JSON Lines with empty `lines`, to
//! which a failure adds the `pattern` of its message; and the array of its lines. The page parses the second one when
//! the request is opened. All of it is ASCII.

use crate::aws::arn::Partition;
use crate::config::options::LogStatus;
use crate::logs::failure_groups::FailureKey;
use crate::logs::invocation::model::{ALEXA_RESPONSE_LIMIT_MS, Invocation, LineKind};
use crate::logs::invocation::outcome::Outcome;
use crate::logs::report::jsonl::{Row, to_json_line};
use crate::logs::report::labels::{json_name, label};
use crate::logs::report::pretty_json::with_pretty_json;
use crate::logs::report::scope::Scope;
use crate::logs::summary::Summary;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt::Write;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
/// The parts of the script, which share one scope, in their order.
const SCRIPTS: [&str; 8] = [
    include_str!("page/data.js"),
    include_str!("page/document.js"),
    include_str!("page/filter.js"),
    include_str!("page/tables.js"),
    include_str!("page/list.js"),
    include_str!("page/request.js"),
    include_str!("page/timeline.js"),
    include_str!("page/keys.js"),
];

/// The place of the requests in the page.
const REQUESTS: &str = "<!--requests-->";

/// The content of a page besides its requests.
pub(crate) struct Head<'a> {
    pub(crate) title: &'a str,
    pub(crate) scope: &'a Scope,
    pub(crate) region: &'a str,
    pub(crate) log_group: &'a str,
    /// A paragraph below the title.
    pub(crate) note: Option<&'a str>,
    /// For a page without requests.
    pub(crate) bins: Option<Bins>,
}

/// The number of requests by time.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bins {
    pub(crate) step_ms: i64,
    pub(crate) counts: Vec<Bin>,
}

/// The requests that started within a step.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bin {
    /// Milliseconds since the epoch.
    pub(crate) start_ms: i64,
    pub(crate) answered: u64,
    pub(crate) failed: u64,
}

impl Head<'_> {
    /// Returns the page up to its first request.
    pub(crate) fn of(&self, summary: &Summary) -> String {
        up_to_requests(&self.json(summary))
    }

    /// Returns the data of the page's element `summary`.
    pub(crate) fn json(&self, summary: &Summary) -> Value {
        let outcomes =
            Outcome::FAILURES.into_iter().chain([Outcome::Answered, Outcome::Truncated, Outcome::Unattributed]);
        let labels: serde_json::Map<String, Value> =
            outcomes.map(|outcome| (json_name(outcome).to_owned(), label(outcome).into())).collect();
        let failures: Vec<Value> = summary
            .failures()
            .map(|(outcome, count)| json!({ "outcome": json_name(outcome), "count": count }))
            .collect();
        let groups = summary.failure_groups().sorted().into_iter().map(|group| {
            json!({
                "outcome": json_name(group.key.outcome),
                "type": group.key.error_type,
                "message": group.message,
                "location": group.key.location,
                "count": group.count,
                "lastMs": group.last_ms,
            })
        });
        json!({
            "title": self.title,
            "note": self.note,
            "bins": self.bins,
            "fromMs": self.scope.range.start,
            "toMs": self.scope.range.end,
            "incomplete": self.scope.incomplete,
            "failedOnly": self.scope.status == LogStatus::Failed,
            "timeZone": self.scope.zone.iana_name(),
            "region": self.region,
            "logGroup": self.log_group,
            "consoleHost": Partition::of_region(self.region).console_host(self.region),
            "labels": labels,
            "failureOutcomes": Outcome::FAILURES.map(json_name),
            "answered": summary.answered(),
            "failed": summary.failed(),
            "failures": failures,
            "groups": groups.collect::<Vec<Value>>(),
            "ungrouped": summary.failure_groups().ungrouped(),
            "intents": summary.by_name(),
            "late": summary.late(),
            "lateMs": ALEXA_RESPONSE_LIMIT_MS,
            "truncated": summary.truncated(),
            "coldStarts": summary.cold_starts(),
            "maxInitDurationMs": summary.max_init_duration_ms(),
            "durationsMs": summary.durations(),
            "peakMemory": summary.peak_memory(),
        })
    }
}

/// Returns the page up to its first request, for a summary as described above.
fn up_to_requests(summary: &Value) -> String {
    let (head, _) = PAGE.split_once(REQUESTS).unwrap_or((PAGE, ""));
    let head = head.replace("{policy}", &content_security_policy()).replace("/*style*/", STYLE);
    head.replace("<!--summary-->", &escape_for_script(&summary.to_string())) + "\n"
}

/// An invocation without its lines.
#[derive(Serialize)]
struct PageRow<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    /// Of a failure: the message without the parts that differ within a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
}

/// Returns an invocation as two lines of the page's data, its JSON texts formatted.
pub(crate) fn lines(invocation: &Invocation) -> String {
    let mut row = Row::from(invocation);
    for (line, field) in invocation.lines.iter().zip(&mut row.lines) {
        if let (false, Some(json)) =
            (matches!(line.kind, LineKind::Init | LineKind::Platform), with_pretty_json(&line.text))
        {
            field.text = Cow::Owned(json);
        }
    }
    let lines = std::mem::take(&mut row.lines);
    let pattern = FailureKey::of(invocation.outcome, invocation.error.as_ref()).map(|key| key.pattern);
    escape_for_script(&(to_json_line(&PageRow { row, pattern }) + &to_json_line(&lines)))
}

/// Returns the page from its last request on.
pub(crate) fn after_requests() -> String {
    let (_, tail) = PAGE.split_once(REQUESTS).unwrap_or_default();
    tail.replace("/*script*/", &SCRIPTS.concat())
}

/// Returns the policy: no source for anything, but this page's own style and script by their hashes. Text becomes
/// neither markup nor code, whatever the script does (`require-trusted-types-for`).
fn content_security_policy() -> String {
    let style = source_hash(&element_text("/*style*/", STYLE));
    let script = source_hash(&element_text("/*script*/", &SCRIPTS.concat()));
    format!(
        "default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// Returns the hash source of an inline element's text, whose line breaks a browser reads as `\n`.
///
/// See <https://www.w3.org/TR/CSP3/#grammardef-hash-source>.
fn source_hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text.replace("\r\n", "\n"))))
}

/// Returns the text of the element that has the placeholder, with the white space around it.
fn element_text(placeholder: &str, text: &str) -> String {
    let (before, after) = PAGE.split_once(placeholder).unwrap_or_default();
    let start = before.rfind('>').map_or(0, |at| at + 1);
    let end = after.find('<').unwrap_or_default();
    [before.get(start..).unwrap_or_default(), text, after.get(..end).unwrap_or_default()].concat()
}

/// Escapes `<`, which can then neither end the script element nor begin a comment in it, and all that is not ASCII: a
/// browser reads a page of ASCII in half the time. In JSON both occur within strings only, where `\u003c` is the same.
fn escape_for_script(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find(|c: char| c == '<' || !c.is_ascii()) {
        let (plain, special) = rest.split_at(at);
        escaped.push_str(plain);
        let mut characters = special.chars();
        for unit in characters.next().into_iter().flat_map(|c| c.encode_utf16(&mut [0; 2]).to_vec()) {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "\\u{unit:04x}");
        }
        rest = characters.as_str();
    }
    escaped.push_str(rest);
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::invocation::model::LogLine;
    use jiff::tz::TimeZone;

    const SCOPE: Scope = Scope { range: 0..1000, status: LogStatus::All, zone: TimeZone::UTC, incomplete: None };
    const HEAD: Head = Head {
        title: "quiz </title><script>",
        scope: &SCOPE,
        region: "eu-west-1",
        log_group: "/aws/lambda/quiz",
        note: None,
        bins: None,
    };

    fn page(invocations: &[Invocation]) -> String {
        let mut summary = Summary::default();
        for invocation in invocations {
            summary.add(invocation);
        }
        let body: String = invocations.iter().map(lines).collect();
        HEAD.of(&summary) + &body + &after_requests()
    }

    fn invocation_with(text: &str) -> Invocation {
        let line = LogLine { time_ms: 0, level: None, kind: LineKind::Output, text: text.to_owned() };
        Invocation::unattributed("stream", 0, vec![line])
    }

    /// Returns the text of the page's data element with this ID.
    fn data<'a>(page: &'a str, id: &str) -> &'a str {
        let (_, element) = page.split_once(&format!(" id=\"{id}\">")).unwrap();
        element.split_once("</script").unwrap().0
    }

    /// Returns the text of the first line of each request.
    fn texts(page: &str) -> Vec<String> {
        let requests = data(page, "requests").trim().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let lines = requests.filter(Value::is_array);
        lines.map(|lines| lines[0]["text"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn log_data_cannot_leave_its_script_element() {
        let evil = "</script><script>alert(1)</script><!-- <script> ]]> \u{2028} ü 😀";
        let page = page(&[invocation_with(evil), invocation_with("{\"html\":\"<b>\"}")]);
        assert_eq!(page.matches("<script").count(), PAGE.matches("<script").count());
        assert!(data(&page, "requests").chars().all(|c| c.is_ascii() && c != '<'));
        assert_eq!(texts(&page), [evil, "{\n  \"html\": \"<b>\"\n}"]);
    }

    #[test]
    fn the_summary_is_json_and_its_title_stays_text() {
        let page = page(&[]);
        let summary: Value = serde_json::from_str(data(&page, "summary")).unwrap();
        assert_eq!((&summary["title"], &summary["timeZone"]), (&json!("quiz </title><script>"), &json!("UTC")));
        assert_eq!(
            summary["failureOutcomes"],
            json!(["handlerError", "timedOut", "outOfMemory", "noAnswer", "answerRefused", "alexaError"])
        );
        assert_eq!(summary["consoleHost"], "eu-west-1.console.aws.amazon.com");
    }

    #[test]
    fn the_report_of_the_runtime_is_formatted_as_in_the_text_file() {
        let page = page(&[invocation_with("Invoke Error \t{\"errorType\":\"TypeError\",\"stack\":[\"a\",\"b\"]}")]);
        let expected = "Invoke Error {\n  \"errorType\": \"TypeError\",\n  \"stack\": [\n    \"a\",\n    \"b\"\n  ]\n}";
        assert_eq!(texts(&page), [expected]);
    }

    #[test]
    fn the_page_is_complete_and_refers_to_no_network_resource() {
        let page = page(&[]);
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
        assert!(!page.contains("/*style*/") && !page.contains("/*script*/") && !page.contains("{policy}"));
        let loads = ["src=", "@import", "url(", "<link", "fetch(", "XMLHttpRequest", "WebSocket", "import("];
        let markup = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"];
        for unwanted in loads.into_iter().chain(markup) {
            assert!(!page.contains(unwanted), "{unwanted}");
        }
    }

    #[test]
    fn the_policy_allows_this_style_and_this_script_alone() {
        let policy = content_security_policy();
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        // The hash of an empty text, as in <https://www.w3.org/TR/CSP3/>'s algorithm: base64 of SHA-256.
        assert_eq!(source_hash(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(source_hash("a\r\nb"), source_hash("a\nb"));
    }

    #[test]
    fn a_page_may_have_a_summary_only() {
        let bins = Bins { step_ms: 500, counts: vec![Bin { start_ms: 0, answered: 5, failed: 1 }] };
        let head = Head { title: "<week>", note: Some("counts"), bins: Some(bins), ..HEAD };
        let page = head.of(&Summary::default()) + &after_requests();
        let summary: Value = serde_json::from_str(data(&page, "summary")).unwrap();
        assert_eq!((&summary["title"], &summary["note"]), (&json!("<week>"), &json!("counts")));
        let counts = json!([{ "startMs": 0, "answered": 5, "failed": 1 }]);
        assert_eq!(summary["bins"], json!({ "stepMs": 500, "counts": counts }));
        assert_eq!(data(&page, "requests").trim(), "");
    }
}
