//! The same to look at: one HTML page with everything in it, which asks no network for anything.
//!
//! The page is a fixed document. What comes from the log travels in it as JSON, and becomes text in the browser.

use crate::logs::invocation::outcome::Verdict;
use crate::logs::invocation::{Kind, Request};
use crate::logs::report::pretty_json::pretty;
use crate::logs::summary::Summary;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::ops::Range;

const PAGE: &str = include_str!("page.html");
const SUMMARY: &str = "<!--summary-->";
const REQUESTS: &str = "<!--requests-->";

/// The page up to its first request.
pub(crate) fn head(title: &str, summary: &Summary, range: &Range<i64>, zone: &TimeZone) -> String {
    let (before, after) = PAGE.split_once(SUMMARY).unwrap_or((PAGE, ""));
    let (between, _) = after.split_once(REQUESTS).unwrap_or((after, ""));
    format!("{before}{}{between}\n", safe_in_script(&summary_json(title, summary, range, zone).to_string()))
}

/// One request, a line of the page.
pub(crate) fn request(request: &Request) -> String {
    let mut request = request.clone();
    for line in &mut request.lines {
        if let (false, Some(json)) = (matches!(line.kind, Kind::Init | Kind::Platform), pretty(&line.text)) {
            line.text = json;
        }
    }
    safe_in_script(&super::jsonl::request(&request))
}

/// The page from its last request on.
pub(crate) fn tail() -> &'static str {
    PAGE.split_once(REQUESTS).map_or("", |(_, tail)| tail)
}

/// A `<` in JSON stands in a string always, where `\u003c` means the same and can neither end the script element nor
/// begin a comment in it.
fn safe_in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

fn summary_json(title: &str, summary: &Summary, range: &Range<i64>, zone: &TimeZone) -> Value {
    let kinds = Verdict::FAILURES.into_iter().chain([Verdict::Answered, Verdict::Cut, Verdict::Outside]);
    let words: serde_json::Map<String, Value> = kinds.map(|kind| (name(kind), kind.words().into())).collect();
    let failures: Vec<Value> =
        summary.failures().map(|(kind, count)| json!({ "verdict": name(kind), "count": count })).collect();
    json!({
        "title": title,
        "from": range.start,
        "to": range.end,
        "timeZone": zone.iana_name(),
        "words": words,
        "failureKinds": Verdict::FAILURES.map(name),
        "answered": summary.answered(),
        "failed": summary.failed(),
        "failures": failures,
        "cut": summary.cut(),
        "coldStarts": summary.cold_starts(),
        "longestInitMs": summary.longest_init_ms(),
        "durations": summary.durations(),
        "memoryPeak": summary.memory_peak(),
    })
}

/// The verdict as a request's JSON spells it.
fn name(verdict: Verdict) -> String {
    serde_json::to_value(verdict).ok().and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::invocation::Said;

    fn page(requests: &[Request]) -> String {
        let mut summary = Summary::default();
        requests.iter().for_each(|request| summary.add(request));
        let body: String = requests.iter().map(request).collect();
        head("quiz </title><script>", &summary, &(0..1000), &TimeZone::UTC) + &body + tail()
    }

    fn saying(text: &str) -> Request {
        let line = Said { time: 0, level: None, kind: Kind::Output, text: text.to_owned() };
        Request::outside("stream", 0, vec![line])
    }

    /// The text of the page's data element with this id.
    fn data<'a>(page: &'a str, id: &str) -> &'a str {
        let (_, element) = page.split_once(&format!(" id=\"{id}\">")).unwrap();
        element.split_once("</script").unwrap().0
    }

    #[test]
    fn nothing_from_the_log_can_leave_its_element() {
        let evil = "</script><script>alert(1)</script><!-- <script> ]]>";
        let page = page(&[saying(evil), saying("{\"html\":\"<b>\"}")]);
        assert_eq!(page.matches("<script").count(), PAGE.matches("<script").count());
        assert!(!data(&page, "requests").contains('<'));
        let requests: Vec<Request> =
            data(&page, "requests").trim().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(requests[0].lines[0].text, evil);
        assert_eq!(requests[1].lines[0].text, "{\n  \"html\": \"<b>\"\n}");
    }

    #[test]
    fn the_summary_is_json_with_a_title_that_stays_text() {
        let page = page(&[]);
        let summary: Value = serde_json::from_str(data(&page, "summary")).unwrap();
        assert_eq!((&summary["title"], &summary["timeZone"]), (&json!("quiz </title><script>"), &json!("UTC")));
        assert_eq!(summary["failureKinds"], json!(["threw", "timedOut", "outOfMemory", "noAnswer"]));
    }

    #[test]
    fn the_page_is_complete_and_asks_no_network() {
        let page = page(&[]);
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
        assert!(page.contains("default-src 'none'"));
        for outside in ["http:", "https:", "src=", "href=", "@import", "url(", "innerHTML"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
