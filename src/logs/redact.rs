//! Hides secrets. A full Alexa request carries tokens that act for the skill or for the user (`apiAccessToken`,
//! `consentToken`, the linked account's `accessToken`); a log file gets mailed around, so they must not reach it.
//!
//! The work is done on the text, not on parsed JSON: the same token may sit in an object, in JSON inside a JSON string
//! (with `\"` for quotes), or in what `console.log` makes of an object (`apiAccessToken: 'eyJ…'`).

use std::borrow::Cow;

/// What stands where a secret stood. It needs no escaping in JSON.
pub(crate) const MASKED: &str = "<masked>";

/// Names that hold a secret, also as the end of a longer one (`apiAccessToken`), compared without regard to case.
/// A plain `token` is none of them: audio players, APL documents and pages of a list have one that people look for.
const SECRET_NAMES: [&str; 6] =
    ["accesstoken", "access_token", "consenttoken", "consent_token", "refreshtoken", "refresh_token"];

/// How the tokens of Login with Amazon begin, whatever the name in front of them.
const AMAZON_TOKENS: [&str; 3] = ["Atza|", "Atzr|", "Atc|"];

/// The text with each secret replaced by [`MASKED`]; borrowed where there is none.
pub(crate) fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut kept_to = 0;
    for start in candidates(text) {
        if start < kept_to {
            continue;
        }
        if let Some((from, to)) = secret_at(text, start) {
            masked.push_str(text.get(kept_to..from).unwrap_or_default());
            masked.push_str(MASKED);
            kept_to = to;
        }
    }
    if kept_to == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(text.get(kept_to..).unwrap_or_default());
    Cow::Owned(masked)
}

/// Where a secret may begin, or the name of one end: cheap to find, few in number.
fn candidates(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).filter(move |&at| match bytes[at] {
        b't' | b'T' => starts_with_ignoring_case(&bytes[at..], "token"),
        b'A' => AMAZON_TOKENS.iter().any(|token| bytes[at..].starts_with(token.as_bytes())),
        b'e' => bytes[at..].starts_with(b"eyJ"),
        _ => false,
    })
}

/// The range of the secret that the candidate at `start` announces or begins.
fn secret_at(text: &str, start: usize) -> Option<(usize, usize)> {
    let rest = text.get(start..)?;
    if starts_with_ignoring_case(rest.as_bytes(), "token") {
        let name_end = start + "token".len();
        return names_a_secret(text.get(..name_end)?).then(|| value_after(text, name_end)).flatten();
    }
    let begins_a_word = !text.get(..start)?.ends_with(|c: char| c.is_ascii_alphanumeric());
    let length = rest.find(|c: char| !is_token_character(c)).unwrap_or(rest.len());
    let token = rest.get(..length)?;
    (begins_a_word && (token.contains('|') || is_web_token(token))).then_some((start, start + length))
}

fn names_a_secret(text: &str) -> bool {
    SECRET_NAMES.iter().any(|name| {
        let from = text.len().saturating_sub(name.len());
        text.get(from..).is_some_and(|end| end.eq_ignore_ascii_case(name))
    })
}

/// The range of the text that stands after a name: `": "…"`, `\":\"…\"`, `: '…'` or `=…`.
fn value_after(text: &str, name_end: usize) -> Option<(usize, usize)> {
    let rest = text.get(name_end..)?;
    let separator = rest.trim_start_matches(['\\', '"', '\'', '`']).trim_start();
    let value = separator.strip_prefix([':', '='])?.trim_start();
    let from = text.len() - value.len();
    let unescaped = value.trim_start_matches('\\');
    let escapes = value.len() - unescaped.len();
    match unescaped.chars().next()? {
        quote @ ('"' | '\'' | '`') => {
            let from = from + escapes + 1;
            let length = closing_quote(text.get(from..)?, quote, escapes);
            (length > 0).then_some((from, from + length))
        }
        _ => bare_value(value).map(|length| (from, from + length)),
    }
}

/// The length of what stands before the closing quote. A quote behind more backslashes than the opening one had belongs
/// to the value. Without a closing quote everything to the end is the value: Lambda splits events that are too long.
fn closing_quote(text: &str, quote: char, escapes: usize) -> usize {
    text.match_indices(quote)
        .map(|(at, _)| {
            let before = text.get(..at).unwrap_or_default();
            let unescaped = before.trim_end_matches('\\');
            (unescaped.len(), before.len() - unescaped.len())
        })
        .find_map(|(length, backslashes)| (backslashes <= escapes).then_some(length))
        .unwrap_or(text.len())
}

/// The length of a value without quotes, as in a URL. What is no token (`null`, a number, an object) stays readable.
fn bare_value(text: &str) -> Option<usize> {
    let length = text.find(|c: char| !is_token_character(c)).unwrap_or(text.len());
    let value = text.get(..length)?;
    let says_nothing = ["null", "undefined", "true", "false"].contains(&value) || value.parse::<f64>().is_ok();
    (length > 0 && !says_nothing).then_some(length)
}

fn is_token_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.|~+/=".contains(c)
}

/// A JSON Web Token: three parts in base64url, the first one beginning with `{"`, which is `eyJ`.
fn is_web_token(token: &str) -> bool {
    token.split('.').count() == 3 && token.split('.').all(|part| part.len() >= 10)
}

fn starts_with_ignoring_case(bytes: &[u8], what: &str) -> bool {
    bytes.get(..what.len()).is_some_and(|start| start.eq_ignore_ascii_case(what.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::prop;

    #[test]
    fn masks_the_tokens_of_a_full_request_at_any_depth() {
        let request = r#"{"context":{"System":{"apiAccessToken":"eyJ0.a.b","user":{"accessToken": "Atza|Iw"}}},
            "session":{"user":{"permissions":{"consentToken" : "eyJ9"}}}}"#;
        assert_eq!(
            mask(request),
            r#"{"context":{"System":{"apiAccessToken":"<masked>","user":{"accessToken": "<masked>"}}},
            "session":{"user":{"permissions":{"consentToken" : "<masked>"}}}}"#
        );
    }

    #[test]
    fn masks_json_inside_a_json_string_and_keeps_it_json() {
        let line = r#"{"message":"VERBOSE REQUEST {\"apiAccessToken\":\"a\\\"b\",\"locale\":\"de-DE\"}"}"#;
        let masked = mask(line);
        assert_eq!(masked, r#"{"message":"VERBOSE REQUEST {\"apiAccessToken\":\"<masked>\",\"locale\":\"de-DE\"}"}"#);
        assert!(serde_json::from_str::<serde_json::Value>(&masked).is_ok());
    }

    #[test]
    fn masks_what_is_not_json() {
        assert_eq!(mask("{ apiAccessToken: 'eyJ0.a.b', x: 1 }"), "{ apiAccessToken: '<masked>', x: 1 }");
        assert_eq!(mask("GET /?access_token=s3cr3t&x=1"), "GET /?access_token=<masked>&x=1");
        assert_eq!(mask("sent Atza|IwEBIJ-_x to the API"), "sent <masked> to the API");
        assert_eq!(mask("Bearer eyJ0eXAiOiJKV1Q.eyJhdWQiOiJodHRw.c2lnbmF0dXJl!"), "Bearer <masked>!");
    }

    #[test]
    fn masks_to_the_end_where_an_event_was_split_within_a_token() {
        assert_eq!(mask(r#"{"apiAccessToken":"eyJ0eXAi"#), r#"{"apiAccessToken":"<masked>"#);
    }

    #[test]
    fn leaves_everything_else_alone() {
        for text in [
            r#"{"token":"track-7","accessToken":null,"offset":0}"#,
            r#"{"nextToken":"abc","accessTokenExpires":12}"#,
            "the accessToken is missing",
            r#"{"consentToken":""}"#,
            "eyJust a word",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn no_token_survives_and_nothing_else_is_lost() {
        const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        prop::cases(|rng| {
            let before = prop::text_of(rng, "abcx {}[],:\"é🎲\\", 20);
            let secret = format!("s3cret{}", prop::text_of(rng, LETTERS, 30));
            let (after, name) =
                (prop::text_of(rng, " }],:\"abcé🎲", 20), SECRET_NAMES[rng.usize(..SECRET_NAMES.len())]);
            let masked = mask(&format!("{before}\"{name}\":\"{secret}\"{after}")).into_owned();
            assert_eq!(masked, format!("{before}\"{name}\":\"<masked>\"{}", mask(&after)));
        });
    }

    #[test]
    fn takes_any_text() {
        prop::cases(|rng| {
            let text = prop::text(rng, 60);
            let once = mask(&text).into_owned();
            assert_eq!(mask(&once), once);
            let rest = prop::text_of(rng, "\\\"': =az\u{e9}", 12);
            mask(&format!("{text}{}{rest}", SECRET_NAMES[rng.usize(..SECRET_NAMES.len())]));
        });
    }
}
