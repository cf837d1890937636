//! Redacts secrets. A full Alexa request carries tokens that act for the skill or for the user (`apiAccessToken`,
//! `consentToken`, the linked account's `accessToken`). Log files are shared, so tokens must not get into them.
//!
//! Works on text, not on parsed JSON: the same token may be in an object, in JSON within a JSON string (with `\"` for
//! quotes), or in the form that `console.log` gives an object (`apiAccessToken: 'eyJ…'`).

use std::borrow::Cow;

/// Replaces a secret. It needs no escaping in JSON.
pub(crate) const REDACTED: &str = "<redacted>";

/// Names whose values are secrets, also as the end of a longer name (`apiAccessToken`), in any case.
/// `token` alone is not one of them: audio players, APL documents and paginated lists have such values, which are
/// needed for debugging.
const SECRET_NAMES: [&str; 6] =
    ["accesstoken", "access_token", "consenttoken", "consent_token", "refreshtoken", "refresh_token"];

/// The prefixes of Login with Amazon tokens, which are secrets under any name.
const AMAZON_TOKEN_PREFIXES: [&str; 3] = ["Atza|", "Atzr|", "Atc|"];

/// Returns the text with each secret replaced by [`REDACTED`]; borrowed if there is none.
pub(crate) fn redact(text: &str) -> Cow<'_, str> {
    let mut redacted = String::new();
    let mut done_to = 0;
    for start in candidate_offsets(text) {
        if start < done_to {
            continue;
        }
        if let Some((from, to)) = secret_range(text, start) {
            redacted.push_str(text.get(done_to..from).unwrap_or_default());
            redacted.push_str(REDACTED);
            done_to = to;
        }
    }
    if done_to == 0 {
        return Cow::Borrowed(text);
    }
    redacted.push_str(text.get(done_to..).unwrap_or_default());
    Cow::Owned(redacted)
}

/// Returns the offsets at which a secret, or the last word of a secret's name, may begin. They are cheap to find and
/// few.
fn candidate_offsets(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).filter(move |&at| match bytes[at] {
        b't' | b'T' => starts_with_ignoring_case(&bytes[at..], "token"),
        b'A' => AMAZON_TOKEN_PREFIXES.iter().any(|prefix| bytes[at..].starts_with(prefix.as_bytes())),
        b'e' => bytes[at..].starts_with(b"eyJ"),
        _ => false,
    })
}

/// Returns the range of the secret that begins at the candidate, or that it names.
fn secret_range(text: &str, start: usize) -> Option<(usize, usize)> {
    let rest = text.get(start..)?;
    if starts_with_ignoring_case(rest.as_bytes(), "token") {
        let name_end = start + "token".len();
        return ends_with_secret_name(text.get(..name_end)?).then(|| value_range(text, name_end)).flatten();
    }
    let begins_word = !text.get(..start)?.ends_with(|c: char| c.is_ascii_alphanumeric());
    let length = rest.find(|c: char| !is_token_character(c)).unwrap_or(rest.len());
    let token = rest.get(..length)?;
    (begins_word && (token.contains('|') || is_web_token(token))).then_some((start, start + length))
}

fn ends_with_secret_name(text: &str) -> bool {
    SECRET_NAMES.iter().any(|name| {
        let from = text.len().saturating_sub(name.len());
        text.get(from..).is_some_and(|end| end.eq_ignore_ascii_case(name))
    })
}

/// Returns the range of the value after a name: `": "…"`, `\":\"…\"`, `: '…'` or `=…`.
fn value_range(text: &str, name_end: usize) -> Option<(usize, usize)> {
    let rest = text.get(name_end..)?;
    let separator = rest.trim_start_matches(['\\', '"', '\'', '`']).trim_start();
    let value = separator.strip_prefix([':', '='])?.trim_start();
    let from = text.len() - value.len();
    let unescaped = value.trim_start_matches('\\');
    let escapes = value.len() - unescaped.len();
    match unescaped.chars().next()? {
        quote @ ('"' | '\'' | '`') => {
            let from = from + escapes + 1;
            let length = length_before_quote(text.get(from..)?, quote, escapes);
            (length > 0).then_some((from, from + length))
        }
        _ => unquoted_value(value).map(|length| (from, from + length)),
    }
}

/// Returns the length of a quoted value. A quote after more backslashes than the opening one has belongs to the value.
/// Without a closing quote the value extends to the end of the text: Lambda splits events that are too long.
fn length_before_quote(text: &str, quote: char, escapes: usize) -> usize {
    text.match_indices(quote)
        .map(|(at, _)| {
            let before = text.get(..at).unwrap_or_default();
            let unescaped = before.trim_end_matches('\\');
            (unescaped.len(), before.len() - unescaped.len())
        })
        .find_map(|(length, backslashes)| (backslashes <= escapes).then_some(length))
        .unwrap_or(text.len())
}

/// Returns the length of a value without quotes, as in a URL. Values other than tokens (`null`, a number, an object)
/// stay readable.
fn unquoted_value(text: &str) -> Option<usize> {
    let length = text.find(|c: char| !is_token_character(c)).unwrap_or(text.len());
    let value = text.get(..length)?;
    let is_literal = ["null", "undefined", "true", "false"].contains(&value) || value.parse::<f64>().is_ok();
    (length > 0 && !is_literal).then_some(length)
}

fn is_token_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.|~+/=".contains(c)
}

/// Returns whether the text is a JSON Web Token: three parts in base64url. The first one encodes `{"`, as `eyJ`.
fn is_web_token(token: &str) -> bool {
    token.split('.').count() == 3 && token.split('.').all(|part| part.len() >= 10)
}

fn starts_with_ignoring_case(bytes: &[u8], prefix: &str) -> bool {
    bytes.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::prop;

    #[test]
    fn redacts_the_tokens_of_a_full_request_at_any_depth() {
        let request = r#"{"context":{"System":{"apiAccessToken":"eyJ0.a.b","user":{"accessToken": "Atza|Iw"}}},
            "session":{"user":{"permissions":{"consentToken" : "eyJ9"}}}}"#;
        assert_eq!(
            redact(request),
            r#"{"context":{"System":{"apiAccessToken":"<redacted>","user":{"accessToken": "<redacted>"}}},
            "session":{"user":{"permissions":{"consentToken" : "<redacted>"}}}}"#
        );
    }

    #[test]
    fn redacts_json_within_a_json_string_and_keeps_it_json() {
        let line = r#"{"message":"VERBOSE REQUEST {\"apiAccessToken\":\"a\\\"b\",\"locale\":\"de-DE\"}"}"#;
        let redacted = redact(line);
        assert_eq!(
            redacted,
            r#"{"message":"VERBOSE REQUEST {\"apiAccessToken\":\"<redacted>\",\"locale\":\"de-DE\"}"}"#
        );
        assert!(serde_json::from_str::<serde_json::Value>(&redacted).is_ok());
    }

    #[test]
    fn redacts_text_that_is_not_json() {
        assert_eq!(redact("{ apiAccessToken: 'eyJ0.a.b', x: 1 }"), "{ apiAccessToken: '<redacted>', x: 1 }");
        assert_eq!(redact("GET /?access_token=s3cr3t&x=1"), "GET /?access_token=<redacted>&x=1");
        assert_eq!(redact("sent Atza|IwEBIJ-_x to the API"), "sent <redacted> to the API");
        assert_eq!(redact("Bearer eyJ0eXAiOiJKV1Q.eyJhdWQiOiJodHRw.c2lnbmF0dXJl!"), "Bearer <redacted>!");
    }

    #[test]
    fn redacts_to_the_end_if_an_event_was_split_within_a_token() {
        assert_eq!(redact(r#"{"apiAccessToken":"eyJ0eXAi"#), r#"{"apiAccessToken":"<redacted>"#);
    }

    #[test]
    fn leaves_everything_else_unchanged() {
        for text in [
            r#"{"token":"track-7","accessToken":null,"offset":0}"#,
            r#"{"nextToken":"abc","accessTokenExpires":12}"#,
            "the accessToken is missing",
            r#"{"consentToken":""}"#,
            "eyJust a word",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn redacts_every_token_and_nothing_else() {
        const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        prop::check(|rng| {
            let before = prop::text_of(rng, "abcx {}[],:\"é🎲\\", 20);
            let secret = format!("s3cret{}", prop::text_of(rng, LETTERS, 30));
            let (after, name) =
                (prop::text_of(rng, " }],:\"abcé🎲", 20), SECRET_NAMES[rng.usize(..SECRET_NAMES.len())]);
            let redacted = redact(&format!("{before}\"{name}\":\"{secret}\"{after}")).into_owned();
            assert_eq!(redacted, format!("{before}\"{name}\":\"<redacted>\"{}", redact(&after)));
        });
    }

    #[test]
    fn redacts_any_text_without_a_panic_and_a_second_time_without_a_change() {
        prop::check(|rng| {
            let text = prop::text(rng, 60);
            let once = redact(&text).into_owned();
            assert_eq!(redact(&once), once);
            let rest = prop::text_of(rng, "\\\"': =az\u{e9}", 12);
            redact(&format!("{text}{}{rest}", SECRET_NAMES[rng.usize(..SECRET_NAMES.len())]));
        });
    }
}
