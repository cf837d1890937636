//! Formats JSON with line breaks and indentation. Works on the text, so that members keep their order and numbers their
//! digits, which a parsed value would lose.

use serde::de::IgnoredAny;

/// Deeper brackets are not formatted: a line of them would take the square of its length.
const MAX_DEPTH: usize = 64;

/// The longest result, in lengths of the text. Indentation makes a list of short values in a deep object much longer.
const MAX_GROWTH: usize = 16;

/// Short texts may grow more.
const MIN_LIMIT: usize = 16 * 1024;

/// Returns the JSON text on several lines, or `None` if the text is not a JSON object or array, or would become too long.
pub(crate) fn pretty(text: &str) -> Option<String> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) || serde_json::from_str::<IgnoredAny>(text).is_err() {
        return None;
    }
    format(text)
}

/// Returns the text with its JSON on several lines: all of the text, or the part after the title and the tab of the
/// runtime's own reports (`Invoke Error \t{…}`). `None` if there is no such JSON.
pub(crate) fn with_pretty_json(text: &str) -> Option<String> {
    let after_title = || {
        let (title, json) = text.split_once('\t')?;
        Some(format!("{} {}", title.trim_end(), pretty(json)?))
    };
    pretty(text).or_else(after_title)
}

/// Formats valid JSON: brackets are paired and strings are terminated.
fn format(json: &str) -> Option<String> {
    let limit = (MAX_GROWTH * json.len()).max(MIN_LIMIT);
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0;
    let mut rest = json;
    while let Some(next) = rest.chars().next() {
        if depth > MAX_DEPTH || out.len() > limit {
            return None;
        }
        match next {
            '"' => {
                let (string, after) = rest.split_at(string_length(rest));
                out.push_str(string);
                rest = after;
                continue;
            }
            '{' | '[' => {
                let after = rest.get(1..).unwrap_or_default().trim_start();
                out.push(next);
                if let Some(close) = after.chars().next().filter(|c| matches!(c, '}' | ']')) {
                    out.push(close);
                    rest = after.get(1..).unwrap_or_default();
                    continue;
                }
                depth += 1;
                new_line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(next);
            }
            ',' => {
                out.push(next);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_whitespace() => {
                rest = rest.trim_start();
                continue;
            }
            _ => {
                let (word, after) = rest.split_at(rest.find(ends_a_word).unwrap_or(rest.len()));
                out.push_str(word);
                rest = after;
                continue;
            }
        }
        rest = rest.get(next.len_utf8()..).unwrap_or_default();
    }
    Some(out)
}

/// Returns the length of the string literal at the beginning, with both quotes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let closing = text.bytes().skip(1).position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    closing.map_or(text.len(), |at| at + 2)
}

/// Returns whether the character ends a number, `true`, `false` or `null`.
fn ends_a_word(c: char) -> bool {
    c.is_whitespace() || "\"{}[],:".contains(c)
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    (0..depth).for_each(|_| out.push_str("  "));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::prop;
    use fastrand::Rng;
    use serde_json::Value;

    #[test]
    fn formats_json_like_json_stringify_with_two_spaces() {
        assert_eq!(
            pretty(r#"{"z":1.50,"a":[],"b":{"c":["x, {y}: \"z\"\\",null]},"d":{ }}"#).unwrap(),
            "{\n  \"z\": 1.50,\n  \"a\": [],\n  \"b\": {\n    \"c\": [\n      \"x, {y}: \\\"z\\\"\\\\\",\n      null\n    ]\n  },\n  \"d\": {}\n}"
        );
    }

    #[test]
    fn returns_nothing_for_text_other_than_an_object_or_array() {
        for text in ["12", "\"text\"", "{ a: 1 }", "{\"a\":1} and more", "", "{"] {
            assert_eq!(pretty(text), None, "{text}");
        }
    }

    #[test]
    fn what_would_become_much_longer_is_not_formatted() {
        let nested = |depth: usize, inner: &str| format!("{}{inner}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(pretty(&nested(100_000, "")), None);
        assert_eq!(pretty(&nested(MAX_DEPTH, &"1,".repeat(100_000)).replace(",]", "]")), None);
        assert!(pretty(&nested(MAX_DEPTH, "1")).is_some());
        let wide = format!("[{}]", vec![r#"{"name":"tea","cups":[1,2]}"#; 10_000].join(","));
        assert!(pretty(&wide).is_some());
    }

    #[test]
    fn formats_the_json_after_the_title_of_a_report() {
        for title in ["Invoke Error", "Init Error", "Uncaught Exception"] {
            let report = format!("{title} \t{{\"errorType\":\"Error\"}}");
            let expected = format!("{title} {{\n  \"errorType\": \"Error\"\n}}");
            assert_eq!(with_pretty_json(&report), Some(expected));
        }
        assert_eq!(with_pretty_json("[1]").as_deref(), Some("[\n  1\n]"));
        for text in ["a\tb", "Invoke Error \t{", "a", ""] {
            assert_eq!(with_pretty_json(text), None);
        }
    }

    fn any_json(rng: &mut Rng, depth: usize) -> Value {
        match rng.u8(..if depth == 0 { 4 } else { 6 }) {
            0 => Value::Null,
            1 => rng.bool().into(),
            2 => rng.i64(..).into(),
            3 => prop::text(rng, 20).into(),
            4 => prop::list(rng, 5, |rng| any_json(rng, depth - 1)).into(),
            _ => Value::Object(
                prop::list(rng, 5, |rng| (prop::text(rng, 9), any_json(rng, depth - 1))).into_iter().collect(),
            ),
        }
    }

    #[test]
    fn formats_any_json_like_serde_json() {
        prop::check(|rng| {
            let value = any_json(rng, 4);
            let is_formatted = value.is_array() || value.is_object();
            assert_eq!(pretty(&value.to_string()), is_formatted.then(|| serde_json::to_string_pretty(&value).unwrap()));
        });
    }

    #[test]
    fn formats_any_text_without_a_panic() {
        prop::check(|rng| {
            let text = prop::text_of(rng, "[{\\\":,}] a1é", 40);
            pretty(&text);
            format(&text);
        });
    }
}
