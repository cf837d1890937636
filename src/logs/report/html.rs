//! Writes one HTML page that contains all of its data and needs no network.
//!
//! The page is a fixed document. Log data is embedded in it as JSON, and the browser inserts it as text.

use crate::config::options::LogStatus;
use crate::logs::invocation::model::{Invocation, LineKind};
use crate::logs::invocation::outcome::Outcome;
use crate::logs::report::jsonl::{Row, to_json_line};
use crate::logs::report::labels::{json_name, label};
use crate::logs::report::pretty_json::with_pretty_json;
use crate::logs::report::scope::Scope;
use crate::logs::summary::Summary;
use serde_json::{Value, json};
use std::borrow::Cow;

const PAGE: &str = include_str!("page.html");
const SUMMARY_PLACEHOLDER: &str = "<!--summary-->";
const REQUESTS_PLACEHOLDER: &str = "<!--requests-->";

/// Returns the page up to its first request.
pub(crate) fn head(title: &str, summary: &Summary, scope: &Scope) -> String {
    let (before, after) = PAGE.split_once(SUMMARY_PLACEHOLDER).unwrap_or((PAGE, ""));
    let (between, _) = after.split_once(REQUESTS_PLACEHOLDER).unwrap_or((after, ""));
    format!("{before}{}{between}\n", escape_for_script(&summary_json(title, summary, scope).to_string()))
}

/// Returns an invocation as a line of the page's data, its JSON texts formatted.
pub(crate) fn line(invocation: &Invocation) -> String {
    let mut row = Row::from(invocation);
    for (line, field) in invocation.lines.iter().zip(&mut row.lines) {
        if let (false, Some(json)) =
            (matches!(line.kind, LineKind::Init | LineKind::Platform), with_pretty_json(&line.text))
        {
            field.text = Cow::Owned(json);
        }
    }
    escape_for_script(&to_json_line(&row))
}

/// Returns the page from its last request on.
pub(crate) fn tail() -> &'static str {
    PAGE.split_once(REQUESTS_PLACEHOLDER).map_or("", |(_, tail)| tail)
}

/// Escapes `<`, which in JSON occurs within strings only: `\u003c` means the same there, and can neither end the script
/// element nor begin a comment in it.
fn escape_for_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

fn summary_json(title: &str, summary: &Summary, scope: &Scope) -> Value {
    let outcomes = Outcome::FAILURES.into_iter().chain([Outcome::Answered, Outcome::Truncated, Outcome::Unattributed]);
    let labels: serde_json::Map<String, Value> =
        outcomes.map(|outcome| (json_name(outcome).to_owned(), label(outcome).into())).collect();
    let failures: Vec<Value> =
        summary.failures().map(|(outcome, count)| json!({ "outcome": json_name(outcome), "count": count })).collect();
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
        "title": title,
        "fromMs": scope.range.start,
        "toMs": scope.range.end,
        "failedOnly": scope.status == LogStatus::Failed,
        "timeZone": scope.zone.iana_name(),
        "labels": labels,
        "failureOutcomes": Outcome::FAILURES.map(json_name),
        "answered": summary.answered(),
        "failed": summary.failed(),
        "failures": failures,
        "failureGroups": groups.collect::<Vec<Value>>(),
        "ungroupedFailures": summary.failure_groups().ungrouped(),
        "byName": summary.by_name(),
        "late": summary.late(),
        "truncated": summary.truncated(),
        "coldStarts": summary.cold_starts(),
        "maxInitDurationMs": summary.max_init_duration_ms(),
        "durationsMs": summary.durations(),
        "peakMemory": summary.peak_memory(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::invocation::model::LogLine;
    use jiff::tz::TimeZone;

    fn page(invocations: &[Invocation]) -> String {
        let mut summary = Summary::default();
        for invocation in invocations {
            summary.add(invocation);
        }
        let scope = Scope { range: 0..1000, status: LogStatus::All, zone: TimeZone::UTC };
        let body: String = invocations.iter().map(line).collect();
        head("quiz </title><script>", &summary, &scope) + &body + tail()
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

    #[test]
    fn log_data_cannot_leave_its_script_element() {
        let evil = "</script><script>alert(1)</script><!-- <script> ]]>";
        let page = page(&[invocation_with(evil), invocation_with("{\"html\":\"<b>\"}")]);
        assert_eq!(page.matches("<script").count(), PAGE.matches("<script").count());
        assert!(!data(&page, "requests").contains('<'));
        let requests: Vec<Value> =
            data(&page, "requests").trim().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(requests[0]["lines"][0]["text"], evil);
        assert_eq!(requests[1]["lines"][0]["text"], "{\n  \"html\": \"<b>\"\n}");
    }

    #[test]
    fn the_summary_is_json_and_its_title_stays_text() {
        let page = page(&[]);
        let summary: Value = serde_json::from_str(data(&page, "summary")).unwrap();
        assert_eq!((&summary["title"], &summary["timeZone"]), (&json!("quiz </title><script>"), &json!("UTC")));
        assert_eq!(
            summary["failureOutcomes"],
            json!(["handlerError", "timedOut", "outOfMemory", "noAnswer", "answerRefused"])
        );
    }

    #[test]
    fn the_page_is_complete_and_refers_to_no_network_resource() {
        let page = page(&[]);
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
        assert!(page.contains("default-src 'none'"));
        for outside in ["http:", "https:", "src=", "href=", "@import", "url(", "innerHTML"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
