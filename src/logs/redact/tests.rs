//! Plants each kind of secret in each encoding, and looks for its characters in every report.

use super::decoded::{Decoded, STEPS};
use super::kinds::{By, KINDS, Kind};
use super::replace::REDACTED;
use super::*;
use crate::logs::event::model::Event;
use crate::logs::invocation::assemble::InvocationAssembler;
use crate::logs::invocation::model::Invocation;
use crate::logs::report::{html, jsonl, text};
use crate::testing::prop;
use fastrand::Rng;
use jiff::tz::TimeZone;
use std::fmt::Write;

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

fn redact(text: &str) -> Cow<'_, str> {
    Redactor::default().redact(text).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The way in which a name and a value are written.
struct Encoding {
    title: &'static str,
    write: fn(&str, &str) -> String,
}

/// The ways of `docs/logs.md`, in its order.
const ENCODINGS: [Encoding; 12] = [
    Encoding { title: "text", write: |name, value| format!("the {name}: {value} was sent") },
    Encoding { title: "JSON", write: |name, value| json(name, value) },
    Encoding { title: "JSON in a JSON string", write: |name, value| json("body", &json(name, value)) },
    Encoding {
        title: "JSON in a JSON string of a JSON string",
        write: |name, value| json("message", &json("body", &json(name, value))),
    },
    Encoding { title: "queries of URLs", write: |name, value| format!("GET /a?x=1&{name}={}&y=2", url(value)) },
    Encoding {
        title: "URLs in queries of URLs",
        write: |name, value| format!("/a?next={}&y=2", url(&format!("https://b.example/?{name}={}&z=3", url(value)))),
    },
    Encoding { title: "dumps of objects", write: |name, value| format!("{{ {name}: '{value}', x: 1 }}") },
    Encoding { title: "headers", write: |name, value| format!("Host: a.example\r\n{name}: {value}\r\nAccept: */*") },
    Encoding {
        title: "lists of headers",
        write: |name, value| format!("[ 'Host', 'a', '{name}', 'x', '{name}: {value}' ]"),
    },
    Encoding {
        title: "colored text",
        write: |name, value| {
            let (a, b) = value.split_at(value.len() / 2);
            format!("{{ \u{1b}[1m{name}\u{1b}[22m: \u{1b}[32m'{a}\u{1b}[0m{b}'\u{1b}[39m }}")
        },
    },
    Encoding { title: "attributes of DynamoDB", write: |name, value| format!("{{\"{name}\":{{\"S\":\"{value}\"}}}}") },
    Encoding {
        title: "several lines",
        write: |name, value| {
            let (a, b) = value.split_at(value.len() * 2 / 3);
            format!("{{ {name}:\n   '{a}' +\n    '{b}' }}")
        },
    },
];

fn json(name: &str, value: &str) -> String {
    serde_json::json!({ name: value, "x": 1 }).to_string()
}

fn url(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Random letters and digits, with each class of them.
fn random(rng: &mut Rng, length: usize) -> String {
    let letters: Vec<char> = LETTERS.chars().collect();
    let random = (0..length.saturating_sub(3)).map(|_| letters[rng.usize(..letters.len())]);
    "aB3".chars().chain(random).collect()
}

/// A name, a value with a secret, and the characters that must not be shown.
fn sample(kind: &str, rng: &mut Rng) -> (&'static str, String, String) {
    let length = 24 + 3 * rng.usize(..100);
    let secret = random(rng, length);
    let (name, value) = match kind {
        "tokens of Alexa, of account linking and of AWS sessions" => {
            let names = [
                "apiAccessToken",
                "consentToken",
                "refresh_token",
                "idToken",
                "AWS_SESSION_TOKEN",
                "x-amz-security-token",
            ];
            (names[rng.usize(..names.len())], secret.clone())
        }
        "client secrets and secret keys" => {
            (["client_secret", "clientSecret", "AWS_SECRET_ACCESS_KEY"][rng.usize(..3)], secret.clone())
        }
        "passwords and API keys" => {
            (["password", "DB_PASSWORD", "x-api-key", "apiKey"][rng.usize(..4)], secret.clone())
        }
        "authorization headers" => ("Authorization", format!("Bearer {secret}")),
        "cookies" => ("Set-Cookie", format!("id={secret}; Path=/")),
        "authorization codes" => {
            let name = ["code", "auth_code", "authCode", "oauth_code", "authorizationCode"][rng.usize(..5)];
            ("url", format!("https://a.example/?{name}={secret}&state=x"))
        }
        "secrets in a query" => {
            let name = ["token", "sig", "key", "signature"][rng.usize(..4)];
            ("url", format!("https://a.example/?a=b&{name}={secret}&state=x"))
        }
        "other tokens and secrets" => (["token", "secret", "JWT_SECRET", "signature"][rng.usize(..4)], secret.clone()),
        "keys of other services" => {
            ("value", format!("{}{secret}", ["sk_live_", "ghp_", "ya29.", "sk-proj-", "SG.", "hf_"][rng.usize(..6)]))
        }
        "tokens of Login with Amazon" => ("value", format!("{}{secret}", ["Atza|", "Atzr|", "Atc|"][rng.usize(..3)])),
        "web tokens" => {
            let tail = random(rng, 43);
            return ("value", format!("eyJhbGciOiJIUzI1NiJ9.{secret}.{tail}"), secret + &tail);
        }
        "credentials after `Bearer` or `Basic`" => {
            ("value", format!("{} {secret}", ["Bearer", "Basic"][rng.usize(..2)]))
        }
        "credentials of AWS" => ("value", format!("IQoJb3JpZ2lu{secret}==")),
        "passwords in a URL" => ("url", format!("https://user:{}@a.example/", &secret[..20])),
        "private keys" => ("value", format!("-----BEGIN PRIVATE KEY-----{secret}-----END PRIVATE KEY-----")),
        other => panic!("no sample of {other}"),
    };
    (name, value, secret)
}

/// Whether the kind is found in the encoding: forms that are not one word cannot be in two pieces, and some
/// combinations do not occur.
fn applies(kind: &str, encoding: &str) -> bool {
    match encoding {
        "several lines" => ![
            "cookies",
            "authorization headers",
            "authorization codes",
            "secrets in a query",
            "credentials after `Bearer` or `Basic`",
            "passwords in a URL",
            "private keys",
        ]
        .contains(&kind),
        "colored text" => kind != "authorization codes",
        _ => true,
    }
}

/// All texts that a pull shows of these messages.
fn reports(messages: &[String]) -> String {
    let mut assembler = InvocationAssembler::new("stream", 0..1_000_000);
    let events = messages.iter().map(|message| Event { timestamp_ms: 1, message: message.clone() });
    let mut invocations: Vec<Invocation> = events.flat_map(|event| assembler.push(event)).collect();
    invocations.extend(assembler.finish());
    let show = |invocation: &Invocation| {
        text::section(invocation, &TimeZone::UTC) + &jsonl::line(invocation) + &html::lines(invocation)
    };
    invocations.iter().map(show).collect()
}

/// Fails if the text has six characters of the secret in a row.
fn assert_hidden(shown: &str, secret: &str, what: &str) {
    let shown = shown.as_bytes();
    let pieces: std::collections::HashSet<&[u8]> = secret.as_bytes().windows(6).collect();
    if let Some(at) = shown.windows(6).position(|window| pieces.contains(window)) {
        let around = &shown[at.saturating_sub(100)..(at + 100).min(shown.len())];
        panic!("{what}: a piece of {secret} is in {}", String::from_utf8_lossy(around));
    }
}

fn in_column(text: &str) -> String {
    format!("2026-11-22T07:45:04.631Z\t79104e54-2f3c-4b0a-9d6e-0c5a3b1f4e21\tINFO\t{text}\n")
}

#[test]
fn every_kind_is_hidden_in_every_encoding_and_format() {
    prop::check(|rng| {
        let kind = &KINDS[rng.usize(..KINDS.len())];
        let some = (0..3).map(|_| &ENCODINGS[rng.usize(..ENCODINGS.len())]).collect::<Vec<_>>();
        for encoding in some.into_iter().filter(|encoding| applies(kind.title, encoding.title)) {
            let (name, value, secret) = sample(kind.title, rng);
            let what = format!("{} as {}", kind.title, encoding.title);
            let line = (encoding.write)(name, &value);
            let before = prop::text_of(rng, "abc x{}[],:é🎲\\", 20) + " ";
            let line = format!("{before}{line}{}", prop::text_of(rng, " }],:abcé🎲", 20));
            let shown = reports(&[in_column(&line), serde_json::json!({
                "timestamp": "2026-11-22T07:45:04.631Z", "level": "INFO", "requestId": "79104e54-2f3c-4b0a-9d6e-0c5a3b1f4e21", "message": line,
            }).to_string() + "\n"]);
            assert_hidden(&shown, &secret, &what);
            assert!(shown.contains(REDACTED), "{what}: {shown}");
        }
    });
}

#[test]
fn secrets_are_hidden_anywhere_in_a_line_of_a_megabyte() {
    let rng = &mut Rng::with_seed(7);
    let filler = corpus().replace(['"', '\'', '`'], " ");
    let (mut line, mut secrets) = (String::new(), String::new());
    for (kind, encoding) in KINDS.iter().flat_map(|kind| ENCODINGS.iter().map(move |encoding| (kind, encoding))) {
        if applies(kind.title, encoding.title) {
            let skipped = rng.usize(..20_000);
            line.extend(filler.chars().skip(skipped).take(7_000));
            let (name, value, secret) = sample(kind.title, rng);
            let _ = write!(line, "\n{}\n", (encoding.write)(name, &value));
            secrets.push_str(&secret);
        }
    }
    assert!(line.len() > 900_000, "{}", line.len());
    assert_hidden(&reports(&[in_column(&line)]), &secrets, "all kinds in one line");
}

#[test]
fn a_secret_that_was_named_once_is_hidden_without_its_name() {
    prop::check(|rng| {
        let length = 8 + rng.usize(..200);
        let secret = random(rng, length);
        let named = in_column(&format!("{{ apiAccessToken: '{secret}' }}"));
        for nameless in [
            format!("got {secret}."),
            format!("[\"{secret}\"]"),
            format!("GET /x?a={}&b=1", url(&secret)),
            format!("\u{1b}[31m{secret}\u{1b}[0m"),
            format!("a={secret},b"),
        ] {
            let shown = reports(&[named.clone(), in_column(&nameless)]);
            assert_hidden(&shown, &secret, &nameless);
        }
    });
}

#[test]
fn a_secret_is_hidden_in_a_request_that_was_read_before_another_stream_named_it() {
    let secret = "aB3xyzaB3xyzaB3xyzaB3xyzQQ";
    let buffer = crate::logs::buffer::DiskBuffer::new(crate::config::options::LogStatus::All).unwrap();
    for message in [format!("got {secret} of the session"), format!("{{\"consentToken\":\"{secret}\"}}")] {
        let mut assembler = InvocationAssembler::new("stream", 0..1_000_000).sharing(buffer.secrets());
        buffer.push(assembler.push(Event { timestamp_ms: 1, message: in_column(&message) })).unwrap();
        buffer.push(assembler.finish()).unwrap();
    }
    let mut shown = String::new();
    let visit = |invocation: &Invocation| {
        shown.push_str(&jsonl::line(invocation));
        Ok(())
    };
    buffer.into_sorted().unwrap().for_each(visit).unwrap();
    assert_hidden(&shown, secret, &shown);
    assert!(shown.contains("got <redacted> of the session"), "{shown}");
}

#[test]
fn a_secret_is_hidden_that_is_cut_into_two_events_at_any_place() {
    prop::check(|rng| {
        let secret = random(rng, 90);
        for line in [
            format!("x {{\"apiAccessToken\":\"{secret}\",\"locale\":\"de-DE\"}}"),
            format!("{{\\\"consentToken\\\":\\\"{secret}\\\"}} and more"),
            format!("GET /?access_token={secret}&x=1"),
            format!("sent Atza|{secret} to the API"),
            format!("Authorization: Bearer {secret}\r\nHost: x"),
        ] {
            let cut = rng.usize(1..line.len());
            let shown =
                reports(&[in_column(&line[..cut]).trim_end_matches('\n').to_owned(), format!("{}\n", &line[cut..])]);
            assert_hidden(&shown, &secret, &format!("{} | {}", &line[..cut], &line[cut..]));
        }
    });
}

#[test]
fn rows_of_g5_and_their_neighbors_are_redacted() {
    for (raw, safe) in [
        ("GET /?access_token=Atza%7CIwEBIJ-_x%2Fy&x=1", "GET /?access_token=<redacted>&x=1"),
        (
            "GET /?next=%2F%3Faccess_token%3DAtza%257CIwEBIJ%26y%3D1&x=1",
            "GET /?next=%2F%3Faccess_token%3D<redacted>%26y%3D1&x=1",
        ),
        ("access_token=ab:cd,ef;gh)", "access_token=<redacted>)"),
        ("sent eyJ0eXAiOiJKV1Qi.eyJhdWQiOiJodHRw.c2lnbmF0dXJl.", "sent <redacted>"),
        ("{ Authorization: 'Bearer abc:def' }", "{ Authorization: 'Bearer <redacted>' }"),
        ("{ authorization: 'Basic dXNlcjpwdw==' }", "{ authorization: 'Basic <redacted>' }"),
        (
            "{\"headers\":{\"Proxy-Authorization\":[\"Basic dXNlcg==\"]}}",
            "{\"headers\":{\"Proxy-Authorization\":[\"Basic <redacted>\"]}}",
        ),
        ("[ 'Authorization', 'Bearer abc' ]", "[ 'Authorization', 'Bearer <redacted>' ]"),
        ("{\"name\":\"Authorization\",\"value\":\"abcdef\"}", "{\"name\":\"Authorization\",\"value\":\"<redacted>\"}"),
        (
            "curl -H 'Authorization: AWS4-HMAC-SHA256 Credential=x, Signature=y' z",
            "curl -H 'Authorization: AWS4-HMAC-SHA256 <redacted>' z",
        ),
        ("client_secret=abc&id_token=def", "client_secret=<redacted>&id_token=<redacted>"),
        (
            r#"{"webhookSecret":"xExxnkBk3A9lDxnYnjr7Zz","device_token":"AExxnkBk3A9lDxnYnjr7Zz"}"#,
            r#"{"webhookSecret":"<redacted>","device_token":"<redacted>"}"#,
        ),
        ("{ hmacSecret: 'xExxnkBk3A9lDxnYnjr7Zz' }", "{ hmacSecret: '<redacted>' }"),
        ("unsecret: xExxnkBk3A9lDxnYnjr7Zz", "unsecret: xExxnkBk3A9lDxnYnjr7Zz"),
        (r#"{"idToken":"a\"b","clientSecret":"c\\"}"#, r#"{"idToken":"<redacted>","clientSecret":"<redacted>"}"#),
        (r#""{\"idToken\":\"a\\\"b\",\"pwd\":\"c\\\\\"}""#, r#""{\"idToken\":\"<redacted>\",\"pwd\":\"<redacted>\"}""#),
        ("apiAccessToken: \u{1b}[32m'eyJ0'\u{1b}[39m", "apiAccessToken: \u{1b}[32m'<redacted>'\u{1b}[39m"),
        ("AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "<redacted>:<redacted>"),
        ("Cookie: a=b; c=d\nHost: x", "Cookie: <redacted>\nHost: x"),
        ("password: hunter2", "password: <redacted>"),
        ("password := \"hunter2\"", "password := \"<redacted>\""),
        ("if (password == 'hunter2')", "if (password == '<redacted>')"),
        ("if (password === 'hunter2')", "if (password === '<redacted>')"),
        ("if (password !== 'hunter2')", "if (password !== '<redacted>')"),
        ("Authorization:=abc123SECRETxyz", "Authorization:=<redacted>"),
        ("/cb?code=ANBzsjhYZmNCTeAszagk&state=1", "/cb?code=<redacted>&state=1"),
        ("mongodb+srv://me:pa55@db.example/x", "mongodb+srv://me:<redacted>@db.example/x"),
    ] {
        assert_eq!(redact(raw), safe, "{raw}");
    }
}

/// Secrets as people and libraries write them, by a reviewer who did not know the rules.
#[test]
fn secrets_in_unusual_places_are_redacted() {
    const SECRET: &str = "sK9xQ2mB7vN4zR8tL1wP6yH3";
    for raw in [
        // Headers
        "Authorization: ApiKey %",
        "Authorization: OAuth %",
        "Authorization: GoogleLogin auth=%",
        "Authorization: Token token=\"%\"",
        "Authorization: Digest username=\"cat\", realm=\"tea\", response=\"%\"",
        "authorization :  bearer %",
        "Bearer  %",
        "Bearer: %",
        "bearer=%",
        // Names
        "accessToken -> %",
        "access token: %",
        "Access Token = %",
        "<accessToken>%</accessToken>",
        "<ns:AccessToken>%</ns:AccessToken>",
        r#"{"name":"accessToken","value":"%"}"#,
        r#"{"Key":"password","Value":"%"}"#,
        r#"{\"key\":\"api_key\",\"value\":\"%\"}"#,
        r#"{"accessToken":{"value":"%"}}"#,
        r#"{"accessToken":{"expires":1,"token":"%"}}"#,
        r#"{"scope":{"type":"BearerToken","token":"%"}}"#,
        "{ token: '%' }",
        "token=%==",
        "JWT_SECRET=%",
        "signature: %",
        "the access token is %",
        "accessToken was '%'",
        "Your password is %, keep it safe",
        "the token is %.",
        "the password is: %",
        "sh: login --password % --verbose",
        "login --db-password '%'",
        "login --api-key %",
        "login --token %",
        "login --password = %",
        "login --password => '%'",
        "login --password =\"%\"",
        "login --password : %",
        "https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature=%",
        // Chinese, Japanese, symbols
        "令牌apiAccessToken：%",
        "密码password＝%",
        "🔑Bearer %🔑",
        // Keys of other services
        "sk_live_%",
        "ghp_%",
        "xoxb-123-456-%",
        "ya29.a0AfH6SMB%",
        "sk-proj-%_a-B",
        "key of Anthropic sk-ant-api03-%",
        "SG.%.a1",
        "npm_%",
        "hf_%",
        "401 for npm_%.",
        "hf_%... is not valid",
        "xapp-1-A0-%",
        "ghr_%",
        // Stack traces
        "Error: 401 for https://api.example/?access_token=%\n    at f (/var/task/x.js:1:2)",
        "AxiosError { config: { headers: AxiosHeaders { Authorization: 'Bearer %' } } }",
    ] {
        let shown = redact(&raw.replace('%', SECRET)).into_owned();
        assert_hidden(&shown, SECRET, raw);
        let shown = redact(&serde_json::json!({ "message": raw.replace('%', SECRET) }).to_string()).into_owned();
        assert_hidden(&shown, SECRET, raw);
    }
}

#[test]
fn a_password_of_a_url_that_an_event_cuts_is_redacted_and_a_port_is_not() {
    let mut redactor = Redactor::default();
    let [first, second] = ["https://me:pa55wo", "rd4you@db.example/\n"].map(|part| redactor.redact(part));
    assert_eq!(first.as_deref(), Some("https://me:<redacted>"));
    assert_eq!(second.as_deref(), Some("<redacted>\n"));
    assert_eq!(Redactor::default().redact("listening on http://localhost:8080"), None);
}

#[test]
fn ordinary_words_stay() {
    for text in [
        "the code: 12",
        "{\"code\":\"SplxlOBeZQQYbYS\"}",
        "{ code: 'ERR_HTTP2_STREAM_CANCEL' }",
        "{\"code\":\"InvalidParameterValueException\"}",
        "the accessToken is missing",
        "the access token is not valid",
        "your password is too short",
        "the password is 12 characters long",
        "the password was 'required'",
        "the token is PlaylistSummer2024Track",
        "use --password to sign in, or --token with a name",
        "--token",
        "the password is 8-20 characters",
        "the password is n/a",
        "the password is 'Must have 8 characters!'",
        "login --password --http2",
        "?msg=the%20password%20is%20too%20short%2C%20min%208&x=1",
        "-- password is --password",
        "Wrong password: try again",
        "the password: too short",
        "Authorization: sign in first, please",
        "Basic authentication is required; bearer of bad news",
        "your favorite cookie: chocolate",
        "{\"token\":\"track-7\",\"nextToken\":\"eyJOZXh0VG9rZW4iOiBudWxsfQ==\",\"accessToken\":null,\"offset\":0}",
        "{\"accessTokenExpires\":12,\"validToken\":\"yes\",\"password\":\"\"}",
        "https://a.example:8080/x@2?key=value&token=short",
        "eyJust a word, Atlas | Atoms",
        "the access token: missing",
        "Access token: expired, please link again",
        "api key: not set",
        "accessToken -> undefined",
        "{\"name\":\"password\",\"type\":\"AMAZON.SearchQuery\"}",
        "{\"token\":\"PlaylistSummer2024Track\"}",
        "{\"accessToken\":{\"expires\":12,\"scope\":\"read\"}}",
        "{\"authorization\":{\"status\":\"granted\"}}",
        "Authorization: required for this request",
        "authorization: see https://docs.example/1",
        "密码：请重试",
        "授权码 code：１２３",
        "ghp_ is the prefix, as are glpat- and sk_live_",
        "npm_package_dependencies_aws_sdk_2 and hf_distilbert_base_uncased_v2",
        "the size is SG.2, and risk-proj-2026-budget-overview-1 is open",
        "<code>const someFunctionNameIsHere = 1</code>",
        "https://a.example/?nextToken=abcABC123abcABC123",
        "connecting to redis://cache:6379/0",
        "key: value, secret: garden, auth: none",
    ] {
        assert_eq!(redact(text), text);
    }
}

/// The corpus of the parser's tests, one event a line.
fn corpus() -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/logs/testdata");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let texts = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "txt"));
    texts.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn ordinary_lines_stay_byte_for_byte() {
    let corpus = corpus();
    let mut redactor = Redactor::default();
    let mut count = 0;
    for line in corpus.lines().filter(|line| !line.contains("sEcReT") && !line.contains("eyJ0")) {
        let line = line.replace('␤', "\n").replace('␍', "\r");
        let redacted = redactor.redact(&line);
        assert_eq!(redacted.as_deref().unwrap_or(&line), line);
        count += 1;
    }
    assert!(count > 200, "{count}");
}

#[test]
fn the_time_is_linear() {
    let steps = |(pattern, end): (&str, &str), length: usize| {
        let text = pattern.repeat(length / pattern.len()) + end;
        let before = STEPS.with(std::cell::Cell::get);
        let decoded = Decoded::new(&text);
        let values = find::find(&decoded);
        let seen = SeenSecrets::default();
        values.iter().take(1000).for_each(|value| seen.add(decoded.get(value.start..value.end)));
        seen.add(pattern.repeat(64).as_bytes());
        seen.find(&decoded);
        STEPS.with(std::cell::Cell::get) - before
    };
    let mut failed = Vec::new();
    let repeated = [
        "token is ",
        "token%20is%20",
        "--password ",
        "eyJ",
        "eyJ-",
        "eyJ.",
        "eyJaaaaaaa.",
        "eyJaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
        "accessToken",
        "accessToken:",
        "accessToken: '",
        "accessToken:[",
        "access_token=",
        "code=",
        "code:",
        "'code':'",
        "password:",
        "password: ",
        "token=",
        "?token=",
        "Bearer ",
        "Basic:",
        "Atza|",
        "AKIA",
        "://",
        "://a:",
        "\\",
        "\\\"",
        "%25",
        "%",
        "'",
        "accessToken:'a'+",
        "authorization:",
        "authorization: a ",
        "cookie:",
        "PRIVATE KEY-----",
        "FwoGZXIvYXdz",
        "{",
        "accessToken:{S:",
        "_",
        "-token",
        "a",
        "accessToken: \\",
        "x1y2z3w4",
        "token:",
        "token: '",
        "secret=",
        "signature->",
        "a-token=",
        "?a-token=",
        "access token ",
        "<token>",
        "accessToken:{a:",
        "accessToken:{a:'b',",
        "\"token\",\"value\":",
        "Bearer:::",
        "ghp_",
        "SG.",
        "sk_live_a1",
        "Authorization: a=\"",
        "Authorization: Digest a=\"b\", ",
        "：",
        "authorization:= x ",
    ];
    let ended = [("basic:", "=\""), ("bearer ", "=\""), ("authorization: a", "\n"), ("cookie:a=", "\"")];
    for pattern in repeated.into_iter().map(|pattern| (pattern, "")).chain(ended) {
        let (short, long) = (steps(pattern, 8_000), steps(pattern, 64_000));
        if long > 10 * short.max(10 * 8_000) || long > 120 * 64_000 {
            failed.push(format!("{pattern:?}: {short} steps, then {long}"));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn memory_of_secrets_is_limited_and_keeps_the_last() {
    let seen = SeenSecrets::default();
    let secret = |number: usize| format!("s3cret{number:040}");
    for number in 0..100_000 {
        seen.add(secret(number).as_bytes());
    }
    assert_eq!(seen.redact(format!("a {}", secret(99_999))), "a <redacted>");
    assert_eq!(seen.redact(format!("a {}", secret(90_000))), "a <redacted>");
    assert!(seen.pieces() <= 100_000);
}

#[test]
fn any_text_is_redacted_without_a_panic_and_the_second_time_without_a_change() {
    prop::check(|rng| {
        let names =
            ["accessToken", "password", "Authorization", "Cookie", "code", "?token", "Bearer ", "eyJ", "Atza|", "://"];
        let (name, rest) = (names[rng.usize(..names.len())], prop::text_of(rng, "\\\"': =azé%26<>[{+\n", 16));
        let once = redact(&format!("{}{name}{rest}", prop::text(rng, 40))).into_owned();
        assert_eq!(redact(&once), once);
    });
}

#[test]
fn every_name_and_form_is_a_candidate_and_every_kind_has_a_sample() {
    for kind in &KINDS {
        if let By::Names(names, _) = &kind.by {
            assert!(names.iter().all(|name| find::may_have_secrets(name)), "{}", kind.title);
            assert!(names.iter().all(|name| kind.description.contains(&format!("`{name}`"))), "{}", kind.title);
        }
        let (name, value, _) = sample(kind.title, &mut Rng::with_seed(1));
        assert!(redact(&format!("{name}: '{value}'")).contains(REDACTED), "{}", kind.title);
    }
}

#[test]
fn the_documentation_lists_the_kinds_and_the_encodings() {
    let document = include_str!("../../../docs/logs.md");
    for Kind { title, description, .. } in &KINDS {
        let row = format!("{title}: {description}");
        let flat = document.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&format!("- {row}")), "{row}");
    }
    let encodings: Vec<_> = ENCODINGS.iter().map(|encoding| encoding.title).collect();
    let flat = document.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(&encodings.join(", ")), "{}", encodings.join(", "));
}
