//! The corpus of lines as Lambda writes them, and what each of its files comes down to.
//!
//! In the corpus an event stands on one line: `␤` is a line feed, `␍` a carriage return. `#` begins a comment. The events
//! are a second apart, within a time range of an hour, if a test does not say otherwise.

use super::*;
use crate::testing::prop;
use fastrand::Rng;

const HOUR: i64 = 60 * 60 * 1000;
const RANGE: Range<i64> = 0..HOUR;
const HALF: i64 = HOUR / 2;

fn events(corpus: &str, from: i64) -> impl Iterator<Item = Event> {
    let lines = corpus.lines().filter(|line| !line.starts_with('#'));
    lines.enumerate().map(move |(at, line)| Event {
        timestamp: from + 1000 * at as i64,
        message: line.replace('␤', "\n").replace('␍', "\r"),
    })
}

fn read_from(corpus: &str, from: i64) -> Vec<Request> {
    let mut reader = StreamReader::new("2026/11/22/[$LATEST]0a1b", RANGE);
    let mut requests: Vec<Request> = events(corpus, from).flat_map(|event| reader.push(event)).collect();
    requests.extend(reader.finish());
    requests
}

fn read(corpus: &str) -> Vec<Request> {
    read_from(corpus, HALF)
}

/// A request in one line: verdict, what it was, duration, memory, cold start, error.
fn told(requests: &[Request]) -> Vec<String> {
    let parts = |request: &Request| {
        let mut parts = vec![request.verdict.words().to_owned()];
        parts.extend(request.intent.clone().or(request.request_type.clone()));
        parts.extend(request.duration_ms.map(|ms| format!("{ms}ms")));
        parts.extend(request.memory_mb.map(|mb| format!("{mb}MB")));
        parts.extend(request.cold_start.then(|| format!("cold {}", request.init_ms.unwrap_or_default())));
        parts.extend(request.error.as_ref().map(|error| {
            let kind = error.kind.as_ref().map(|kind| format!("{kind}: ")).unwrap_or_default();
            let at = error.at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
            format!("{kind}{}{at}", error.message.lines().next().unwrap_or_default())
        }));
        parts.join(" | ")
    };
    requests.iter().map(parts).collect()
}

fn texts(request: &Request, kind: Kind) -> Vec<&str> {
    request.lines.iter().filter(|line| line.kind == kind).map(|line| line.text.as_str()).collect()
}

const TYPE_ERROR: &str =
    "TypeError: Cannot read properties of undefined (reading 'score') at Object.enter (/var/task/index.js:812:14)";

macro_rules! corpus {
    ($name:literal) => {
        include_str!(concat!("../testdata/", $name, ".txt"))
    };
}

#[test]
fn todays_text_format_is_a_success() {
    let requests = read(corpus!("text-terse"));
    assert_eq!(
        told(&requests),
        [
            "answered | LaunchRequest | 532.41ms | 71MB | cold 138.1",
            "answered | PlayIntent | 8.83ms | 65MB",
            "answered | SessionEndedRequest | 5.2ms | 65MB",
        ]
    );
    assert_eq!(texts(&requests[0], Kind::Output), ["\"a line that the skill logs\""]);
    assert!(texts(&requests[0], Kind::Response)[0].starts_with("{\n  \"version\": \"1.0\""));
    assert!(
        texts(&requests[1], Kind::Platform)[2].ends_with(
            "\nXRAY TraceId: 1-65a1b2c3-0a1b2c3d4e5f60718293a4b5\tSegmentId: 5ac44c2a6a16e1b5\tSampled: true"
        )
    );
    assert_eq!((requests[0].billed_ms, requests[0].memory_limit_mb), (Some(533.0), Some(256)));
}

#[test]
fn the_text_format_without_levels_is_read_as_before() {
    let requests = read(corpus!("text-node10"));
    assert_eq!(told(&requests), ["answered | LaunchRequest | 530.41ms | 33MB"]);
    assert!(requests[0].lines.iter().all(|line| line.level.is_none()));
}

#[test]
fn a_full_request_is_understood_and_its_secrets_are_hidden() {
    let requests = read(corpus!("text-verbose"));
    assert_eq!(told(&requests), ["answered | PlayIntent | 8.83ms | 65MB"]);
    let json = serde_json::to_string(&requests).unwrap();
    assert_eq!((json.contains("sEcReT"), json.contains("c0VjUmVU")), (false, false));
    assert_eq!(json.matches("<masked>").count(), 5);
    assert!(json.contains("amzn1.ask.account.AG"));
}

#[test]
fn secrets_are_shown_if_asked_for() {
    let mut reader = StreamReader::new("", RANGE).show_tokens(true);
    events(corpus!("text-verbose"), HALF).for_each(|event| assert_eq!(reader.push(event), []));
    let json = serde_json::to_string(&reader.finish()).unwrap();
    assert_eq!((json.contains("Atza|IwEBIJx-8sEcReT"), json.contains("<masked>")), (true, false));
}

#[test]
fn without_logging_level_reports_and_errors_decide() {
    assert_eq!(
        told(&read(corpus!("text-empty"))),
        ["answered | 8.83ms | 65MB", &format!("threw | 14.02ms | 65MB | {TYPE_ERROR}"), "answered | 8.83ms | 65MB"]
    );
}

#[test]
fn a_handler_that_throws_fails_with_its_error_and_where_it_happened() {
    assert_eq!(
        told(&read(corpus!("text-threw"))),
        [
            format!("threw | PlayIntent | 81.5ms | 65MB | {TYPE_ERROR}"),
            format!("threw | LaunchRequest | 81.5ms | 65MB | {TYPE_ERROR}"),
        ]
    );
}

#[test]
fn a_timeout_outweighs_even_an_answer_that_was_logged() {
    assert_eq!(
        told(&read(corpus!("text-timeout"))),
        [
            "timed out | PlayIntent | 10000ms | 65MB | Task timed out after 10.00 seconds",
            "timed out | PlayIntent | 10010.05ms | 65MB | Task timed out after 10.01 seconds",
            "timed out | PlayIntent | 10000ms | 65MB | Task timed out after 10.00 seconds",
        ]
    );
}

#[test]
fn out_of_memory_is_told_from_other_ends() {
    assert_eq!(
        told(&read(corpus!("text-out-of-memory"))),
        [
            "ran out of memory | PlayIntent | 2051.88ms | 256MB | Runtime.OutOfMemory: used 256 MB of 256 MB",
            "ran out of memory | PlayIntent | 1010.05ms | 256MB | used 256 MB of 256 MB",
            "ran out of memory | 4110.21ms | 210MB | Runtime.ExitError: used 210 MB of 256 MB",
        ]
    );
}

#[test]
fn an_initialization_that_fails_fails_the_request_that_waits_for_it() {
    let requests = read(corpus!("text-init-error"));
    let error = "Runtime.ImportModuleError: Error: Cannot find module 'aws-sdk' at _loadUserApp (file:///var/runtime/index.mjs:1084:17)";
    assert_eq!(
        told(&requests),
        [format!("threw | 170.33ms | 60MB | cold 164.2 | {error}"), format!("outside any request | {error}")]
    );
    assert_eq!(requests[1].lines.len(), 3);
}

#[test]
fn an_initialization_that_was_slow_and_succeeded_in_the_end_is_no_failure() {
    let requests = read(corpus!("text-init-timeout"));
    assert_eq!(told(&requests), ["answered | LaunchRequest | 4021ms | 90MB | cold 9999.79"]);
    assert_eq!(texts(&requests[0], Kind::Output), ["loading the questions", "loading the questions"]);
}

#[test]
fn an_unhandled_rejection_fails_a_request_that_has_no_answer() {
    assert_eq!(
        told(&read(corpus!("text-unhandled-rejection"))),
        [
            "answered | LaunchRequest | 8.83ms | 65MB",
            "threw | LaunchRequest | 8.83ms | 65MB | Runtime.UnhandledPromiseRejection: Error: HelloError at process.<anonymous> (file:///var/runtime/index.mjs:1276:17)",
            "threw | 8.83ms | 65MB | Runtime.ExitError: Error: Runtime exited with error: exit status 1 Runtime.ExitError",
        ]
    );
}

#[test]
fn lines_around_a_request_find_it() {
    let requests = read(corpus!("text-order"));
    assert_eq!(
        told(&requests),
        ["answered | LaunchRequest | 8.83ms | 65MB | cold 99", "answered | PlayIntent | 8.83ms | 65MB"]
    );
    assert_eq!(
        texts(&requests[0], Kind::Output),
        ["the store is configured", "(node:8) Warning: something old is still in use", "later still"]
    );
    assert_eq!(texts(&requests[1], Kind::Output), ["flushed late"]);
    assert_eq!(requests[0].start, HALF + 3000, "the time of START, not of the first line");
}

#[test]
fn what_looks_like_lambdas_lines_stays_output() {
    let requests = read(corpus!("text-lookalikes"));
    assert_eq!(told(&requests), ["answered | LaunchRequest | 12ms | 65MB", "outside any request"]);
    assert_eq!(texts(&requests[0], Kind::Output).len(), 12);
    assert_eq!(requests[1].lines[0].text, "START RequestId: 8a6f0c1d-91b7-4d3e-8f10-d720e2c6697e Version: $LATEST");
}

#[test]
fn carriage_returns_are_line_breaks() {
    let requests = read(corpus!("text-carriage-returns"));
    assert_eq!(told(&requests), ["answered | PlayIntent | 8.83ms | 65MB"]);
    assert_eq!(texts(&requests[0], Kind::Output), ["one\ntwo\nthree"]);
}

#[test]
fn the_edges_of_the_range_decide_nothing() {
    let corpus = corpus!("text-cut");
    let length = 1000 * events(corpus, 0).count() as i64;
    let at_the_start = read_from(corpus, 0);
    assert_eq!(
        told(&at_the_start),
        [
            "cut by the edge of the time range | 702ms | 65MB",
            "answered | PlayIntent | 8.83ms | 65MB",
            "gave no answer | LaunchRequest | it ended without a response and without an error",
            "outside any request",
        ]
    );
    let at_the_end = read_from(corpus, HOUR - length);
    assert_eq!(told(&at_the_end)[2], "cut by the edge of the time range | LaunchRequest");
}

#[test]
fn only_the_first_request_of_a_stream_can_begin_before_the_range() {
    let requests = read_from(corpus!("json-warn"), 0);
    let verdicts: Vec<Verdict> = requests.iter().map(|request| request.verdict).collect();
    assert_eq!(verdicts, [Verdict::Cut, Verdict::Threw, Verdict::Answered]);
}

#[test]
fn silence_is_a_failure_where_requests_are_logged() {
    assert_eq!(
        told(&read(corpus!("text-no-answer"))),
        [
            "gave no answer | PlayIntent | 3.1ms | 65MB | it ended without a response and without an error",
            "gave no answer | PlayIntent | it ended without a response and without an error",
            "answered | LaunchRequest | 8.83ms | 65MB",
        ]
    );
}

#[test]
fn parallel_requests_keep_their_own_lines() {
    let requests = read(corpus!("text-parallel"));
    assert_eq!(
        told(&requests),
        [
            "answered | LaunchRequest | 15ms | 65MB".to_owned(),
            format!("threw | PlayIntent | 8.83ms | 65MB | {TYPE_ERROR}"),
        ]
    );
}

#[test]
fn the_json_format_tells_the_same() {
    let requests = read(corpus!("json-terse"));
    assert_eq!(
        told(&requests),
        ["answered | LaunchRequest | 532.41ms | 71MB | cold 138.1", "answered | SessionEndedRequest | 5.2ms | 65MB"]
    );
    assert_eq!(
        texts(&requests[0], Kind::Output),
        ["the store is configured", r#"{"score":12,"answers":["b","a"]}"#, "slow store"]
    );
    assert_eq!(requests[0].lines[5].level, Some(Level::Warn));
}

#[test]
fn the_json_format_tells_failures_apart() {
    assert_eq!(
        told(&read(corpus!("json-failures"))),
        [
            &format!("threw | PlayIntent | 81.5ms | 65MB | {TYPE_ERROR}"),
            "timed out | PlayIntent | 10000ms | 94MB | the function's timeout was reached",
            "ran out of memory | PlayIntent | 880.1ms | 256MB | Runtime.OutOfMemory: used 256 MB of 256 MB",
        ]
    );
}

#[test]
fn in_the_json_format_lambdas_report_decides_and_not_an_error_that_was_logged() {
    assert_eq!(
        told(&read(corpus!("json-empty"))),
        ["answered | 8.83ms | 65MB", "threw | 8.83ms | 65MB | TypeError: oops at /var/task/index.js:1:1"]
    );
}

#[test]
fn the_json_format_tells_why_the_handler_did_not_load() {
    assert_eq!(
        told(&read(corpus!("json-init-error"))),
        [
            "threw | 170.33ms | 60MB | cold 150.79 | Runtime.ImportModuleError: Error: Cannot find module 'aws-sdk' at _loadUserApp (file:///var/runtime/index.mjs:1084:17)"
        ]
    );
}

#[test]
fn a_function_that_logs_warnings_only_has_no_failures_but_the_reported_ones() {
    assert_eq!(
        told(&read(corpus!("json-warn"))),
        ["answered".to_owned(), format!("threw | 8.83ms | 65MB | {TYPE_ERROR}"), "answered".to_owned()]
    );
}

#[test]
fn unknown_lines_are_kept() {
    let requests = read(corpus!("unknown"));
    assert_eq!(told(&requests), ["answered | 8.83ms | 65MB", "outside any request"]);
    assert_eq!(
        texts(&requests[0], Kind::Output),
        [
            "TELEMETRY\tName: insights\tState: Subscribed\tTypes: [Platform]",
            "",
            "\u{feff}☃  \u{fffd}",
            r#"{"time":"now","type":"platform.surprise","record":{}}"#,
            r#"{"broken":"#,
            "[]",
            "null",
            "SHOUT\tnot a level",
            "",
        ]
    );
}

#[test]
fn a_long_stream_gives_out_requests_while_it_is_read() {
    let mut reader = StreamReader::new("", RANGE);
    let mut given = 0;
    for number in 0..10_000 {
        let id = format!("00000000-0000-0000-0000-{number:012}");
        for message in
            [format!("START RequestId: {id} Version: 1\n"), format!("REPORT RequestId: {id}\tDuration: 1 ms\n")]
        {
            given += reader.push(Event { timestamp: number, message }).len();
            assert!(reader.open.len() <= HELD);
        }
    }
    assert_eq!(given + reader.finish().len(), 10_000);
}

#[test]
fn lines_without_any_request_are_given_out_in_portions() {
    let mut reader = StreamReader::new("", RANGE);
    let mut lines = 0;
    for timestamp in 0..5000 {
        let message = if timestamp == 0 { "INIT_START Runtime Version: nodejs:22.v51" } else { "raw" }.to_owned();
        lines += reader.push(Event { timestamp, message }).iter().map(|request| request.lines.len()).sum::<usize>();
        assert!(reader.init.len() + reader.outside.len() <= 2 * PORTION + 2);
    }
    assert!(lines >= 3000);
    assert_eq!(lines + reader.finish().iter().map(|request| request.lines.len()).sum::<usize>(), 5000);
}

/// Pieces of real lines and of nonsense, put together at random.
fn any_message(rng: &mut Rng) -> String {
    const PIECES: [&str; 16] = [
        "START RequestId: ",
        "END RequestId: ",
        "REPORT RequestId: ",
        "RequestId: ",
        "79104e54-2f3c-4b0a-9d6e-0c5a3b1f4e21",
        "8a6f0c1d-91b7-4d3e-8f10-d720e2c6697e",
        " Version: $LATEST",
        "\tDuration: 1e999 ms\tMax Memory Used: -1 MB\tStatus: ",
        "2026-11-22T07:45:04.631Z",
        "\tundefined\tERROR\tInvoke Error \t",
        "VERBOSE REQUEST {",
        r#"{"time":"","type":"platform.report","record":{"requestId":"79104e54-2f3c-4b0a-9d6e-0c5a3b1f4e21","metrics":{"durationMs":-1}}}"#,
        r#"{"timestamp":"","level":"ERROR","message":"#,
        "INIT_START Runtime Version: ",
        "\t",
        "\r\n",
    ];
    let piece = |rng: &mut Rng| match PIECES.get(rng.usize(..=PIECES.len())) {
        Some(piece) => piece.to_string(),
        None => prop::text(rng, 12),
    };
    prop::list(rng, 6, piece).concat()
}

#[test]
fn any_stream_is_read_and_every_line_comes_out_once() {
    prop::cases(|rng| {
        let messages = prop::list(rng, 60, |rng| (any_message(rng), rng.i64(..)));
        let mut reader = StreamReader::new("", rng.i64(..)..rng.i64(..));
        let mut requests = Vec::new();
        for (message, timestamp) in &messages {
            requests.extend(reader.push(Event { timestamp: *timestamp, message: message.clone() }));
        }
        requests.extend(reader.finish());
        let mut times: Vec<i64> = requests.iter().flat_map(|request| &request.lines).map(|line| line.time).collect();
        let mut expected: Vec<i64> = messages.iter().map(|(_, timestamp)| *timestamp).collect();
        times.sort_unstable();
        expected.sort_unstable();
        assert_eq!(times, expected);
        assert!(requests.iter().all(|request| !request.lines.is_empty()));
    });
}

#[test]
fn a_request_survives_being_written_and_read_back() {
    prop::cases(|rng| {
        let mut reader = StreamReader::new("stream", RANGE);
        reader.push(Event { timestamp: rng.i64(..), message: any_message(rng) });
        for request in reader.finish() {
            let json = serde_json::to_string(&request).unwrap();
            assert_eq!(serde_json::from_str::<Request>(&json).unwrap(), request);
        }
    });
}
