//! Tests the assembler with a corpus of lines as Lambda writes them.
//!
//! In the corpus each line is an event: `␤` is a line feed, `␍` a carriage return, and `#` begins a comment. The events
//! are one second apart, within a time range of an hour, unless a test states otherwise.

use crate::logs::event::model::{Event, Level};
use crate::logs::invocation::assemble::InvocationAssembler;
use crate::logs::invocation::model::{Invocation, LineKind};
use crate::logs::invocation::outcome::Outcome;
use crate::testing::prop;
use fastrand::Rng;
use std::ops::Range;

const HOUR_MS: i64 = 60 * 60 * 1000;
const RANGE: Range<i64> = 0..HOUR_MS;
const MIDDLE_MS: i64 = HOUR_MS / 2;

fn events(corpus: &str, start_ms: i64) -> impl Iterator<Item = Event> {
    let lines = corpus.lines().filter(|line| !line.starts_with('#'));
    lines.enumerate().map(move |(at, line)| Event {
        timestamp_ms: start_ms + 1000 * at as i64,
        message: line.replace('␤', "\n").replace('␍', "\r"),
    })
}

fn assemble_from(corpus: &str, start_ms: i64) -> Vec<Invocation> {
    let mut assembler = InvocationAssembler::new("2026/11/22/[$LATEST]0a1b", RANGE);
    let mut invocations: Vec<Invocation> = events(corpus, start_ms).flat_map(|event| assembler.push(event)).collect();
    invocations.extend(assembler.finish());
    invocations
}

fn assemble(corpus: &str) -> Vec<Invocation> {
    assemble_from(corpus, MIDDLE_MS)
}

/// Describes each invocation in a line: outcome, name, duration, memory, cold start, error.
fn describe(invocations: &[Invocation]) -> Vec<String> {
    let describe = |invocation: &Invocation| {
        let metrics = &invocation.metrics;
        let mut parts = vec![format!("{:?}", invocation.outcome)];
        parts.extend(invocation.intent.clone().or(invocation.request_type.clone()));
        parts.extend(metrics.duration_ms.map(|ms| format!("{ms}ms")));
        parts.extend(metrics.max_memory_used_mb.map(|mb| format!("{mb}MB")));
        parts.extend(invocation.cold_start.then(|| format!("cold {}", metrics.init_duration_ms.unwrap_or_default())));
        parts.extend(invocation.error.as_ref().map(|error| {
            let kind = error.kind.as_ref().map(|kind| format!("{kind}: ")).unwrap_or_default();
            let location = error.location.as_ref().map(|location| format!(" at {location}")).unwrap_or_default();
            format!("{kind}{}{location}", error.message.lines().next().unwrap_or_default())
        }));
        parts.join(" | ")
    };
    invocations.iter().map(describe).collect()
}

fn texts(invocation: &Invocation, kind: LineKind) -> Vec<&str> {
    invocation.lines.iter().filter(|line| line.kind == kind).map(|line| line.text.as_str()).collect()
}

const TYPE_ERROR: &str =
    "TypeError: Cannot read properties of undefined (reading 'score') at Object.enter (/var/task/index.js:812:14)";

macro_rules! corpus {
    ($name:literal) => {
        include_str!(concat!("../testdata/", $name, ".txt"))
    };
}

#[test]
fn the_text_format_of_current_runtimes_is_parsed() {
    let invocations = assemble(corpus!("text-terse"));
    assert_eq!(
        describe(&invocations),
        [
            "Answered | LaunchRequest | 532.41ms | 71MB | cold 138.1",
            "Answered | PlayIntent | 8.83ms | 65MB",
            "Answered | SessionEndedRequest | 5.2ms | 65MB",
        ]
    );
    assert_eq!(texts(&invocations[0], LineKind::Output), ["\"a line that the skill logs\""]);
    assert!(texts(&invocations[0], LineKind::Response)[0].starts_with("{\n  \"version\": \"1.0\""));
    assert!(
        texts(&invocations[1], LineKind::Platform)[2].ends_with(
            "\nXRAY TraceId: 1-65a1b2c3-0a1b2c3d4e5f60718293a4b5\tSegmentId: 5ac44c2a6a16e1b5\tSampled: true"
        )
    );
    assert_eq!(
        (invocations[0].metrics.billed_duration_ms, invocations[0].metrics.memory_size_mb),
        (Some(533.0), Some(256))
    );
}

#[test]
fn the_text_format_without_levels_is_parsed() {
    let invocations = assemble(corpus!("text-node10"));
    assert_eq!(describe(&invocations), ["Answered | LaunchRequest | 530.41ms | 33MB"]);
    assert!(invocations[0].lines.iter().all(|line| line.level.is_none()));
}

#[test]
fn a_full_request_is_parsed_and_its_secrets_are_redacted() {
    let invocations = assemble(corpus!("text-verbose"));
    assert_eq!(describe(&invocations), ["Answered | PlayIntent | 8.83ms | 65MB"]);
    let text = format!("{invocations:?}");
    assert_eq!((text.contains("sEcReT"), text.contains("c0VjUmVU")), (false, false));
    assert_eq!(text.matches("<redacted>").count(), 5);
    assert!(text.contains("amzn1.ask.account.AG"));
}

#[test]
fn secrets_are_kept_with_show_tokens() {
    let mut assembler = InvocationAssembler::new("", RANGE).show_tokens(true);
    events(corpus!("text-verbose"), MIDDLE_MS).for_each(|event| assert_eq!(assembler.push(event), []));
    let text = format!("{:?}", assembler.finish());
    assert_eq!((text.contains("Atza|IwEBIJx-8sEcReT"), text.contains("<redacted>")), (true, false));
}

#[test]
fn without_logging_level_reports_and_errors_decide_the_outcome() {
    assert_eq!(
        describe(&assemble(corpus!("text-empty"))),
        [
            "Answered | 8.83ms | 65MB",
            &format!("HandlerError | 14.02ms | 65MB | {TYPE_ERROR}"),
            "Answered | 8.83ms | 65MB"
        ]
    );
}

#[test]
fn a_handler_that_throws_has_its_error_and_the_location() {
    assert_eq!(
        describe(&assemble(corpus!("text-handler-error"))),
        [
            format!("HandlerError | PlayIntent | 81.5ms | 65MB | {TYPE_ERROR}"),
            format!("HandlerError | LaunchRequest | 81.5ms | 65MB | {TYPE_ERROR}"),
        ]
    );
}

#[test]
fn a_timeout_outweighs_a_response_that_was_logged() {
    assert_eq!(
        describe(&assemble(corpus!("text-timeout"))),
        [
            "TimedOut | PlayIntent | 10000ms | 65MB | Task timed out after 10.00 seconds",
            "TimedOut | PlayIntent | 10010.05ms | 65MB | Task timed out after 10.01 seconds",
            "TimedOut | PlayIntent | 10000ms | 65MB | Task timed out after 10.00 seconds",
        ]
    );
}

#[test]
fn out_of_memory_is_distinguished_from_other_failures() {
    assert_eq!(
        describe(&assemble(corpus!("text-out-of-memory"))),
        [
            "OutOfMemory | PlayIntent | 2051.88ms | 256MB | Runtime.OutOfMemory: used 256 MB of 256 MB",
            "OutOfMemory | PlayIntent | 1010.05ms | 256MB | used 256 MB of 256 MB",
            "OutOfMemory | 4110.21ms | 210MB | Runtime.ExitError: used 210 MB of 256 MB",
        ]
    );
}

#[test]
fn a_failed_initialization_fails_the_request_that_waits_for_it() {
    let invocations = assemble(corpus!("text-init-error"));
    let error = "Runtime.ImportModuleError: Error: Cannot find module 'aws-sdk' at _loadUserApp (file:///var/runtime/index.mjs:1084:17)";
    assert_eq!(
        describe(&invocations),
        [format!("HandlerError | 170.33ms | 60MB | cold 164.2 | {error}"), format!("Unattributed | {error}")]
    );
    assert_eq!(invocations[1].lines.len(), 3);
}

#[test]
fn a_slow_initialization_that_succeeds_is_not_a_failure() {
    let invocations = assemble(corpus!("text-init-timeout"));
    assert_eq!(describe(&invocations), ["Answered | LaunchRequest | 4021ms | 90MB | cold 9999.79"]);
    assert_eq!(texts(&invocations[0], LineKind::Output), ["loading the questions", "loading the questions"]);
}

#[test]
fn an_unhandled_rejection_fails_a_request_without_a_response() {
    assert_eq!(
        describe(&assemble(corpus!("text-unhandled-rejection"))),
        [
            "Answered | LaunchRequest | 8.83ms | 65MB",
            "HandlerError | LaunchRequest | 8.83ms | 65MB | Runtime.UnhandledPromiseRejection: Error: HelloError at process.<anonymous> (file:///var/runtime/index.mjs:1276:17)",
            "HandlerError | 8.83ms | 65MB | Runtime.ExitError: Error: Runtime exited with error: exit status 1 Runtime.ExitError",
        ]
    );
}

#[test]
fn lines_without_an_id_are_placed_by_their_order() {
    let invocations = assemble(corpus!("text-order"));
    assert_eq!(
        describe(&invocations),
        ["Answered | LaunchRequest | 8.83ms | 65MB | cold 99", "Answered | PlayIntent | 8.83ms | 65MB"]
    );
    assert_eq!(
        texts(&invocations[0], LineKind::Output),
        ["the store is configured", "(node:8) Warning: something old is still in use", "later still"]
    );
    assert_eq!(texts(&invocations[1], LineKind::Output), ["flushed late"]);
    assert_eq!(invocations[0].start_time_ms, MIDDLE_MS + 3000, "the time of START, not of the first line");
}

#[test]
fn output_that_looks_like_lambdas_lines_stays_output() {
    let invocations = assemble(corpus!("text-lookalikes"));
    assert_eq!(describe(&invocations), ["Answered | LaunchRequest | 12ms | 65MB", "Unattributed"]);
    assert_eq!(texts(&invocations[0], LineKind::Output).len(), 12);
    assert_eq!(invocations[1].lines[0].text, "START RequestId: 8a6f0c1d-91b7-4d3e-8f10-d720e2c6697e Version: $LATEST");
}

#[test]
fn carriage_returns_are_line_breaks() {
    let invocations = assemble(corpus!("text-carriage-returns"));
    assert_eq!(describe(&invocations), ["Answered | PlayIntent | 8.83ms | 65MB"]);
    assert_eq!(texts(&invocations[0], LineKind::Output), ["one\ntwo\nthree"]);
}

#[test]
fn an_invocation_that_reaches_beyond_the_range_is_truncated() {
    let corpus = corpus!("text-truncated");
    let length = 1000 * events(corpus, 0).count() as i64;
    let at_the_start = assemble_from(corpus, 0);
    assert_eq!(
        describe(&at_the_start),
        [
            "Truncated | 702ms | 65MB",
            "Answered | PlayIntent | 8.83ms | 65MB",
            "NoAnswer | LaunchRequest | the invocation ended without a response and without an error",
            "Unattributed",
        ]
    );
    let at_the_end = assemble_from(corpus, HOUR_MS - length);
    assert_eq!(describe(&at_the_end)[2], "Truncated | LaunchRequest");
}

#[test]
fn only_the_first_request_of_a_stream_can_begin_before_the_range() {
    let invocations = assemble_from(corpus!("json-warn"), 0);
    let outcomes: Vec<Outcome> = invocations.iter().map(|invocation| invocation.outcome).collect();
    assert_eq!(outcomes, [Outcome::Truncated, Outcome::HandlerError, Outcome::Answered]);
}

#[test]
fn a_missing_response_is_a_failure_if_requests_are_logged() {
    assert_eq!(
        describe(&assemble(corpus!("text-no-answer"))),
        [
            "NoAnswer | PlayIntent | 3.1ms | 65MB | the invocation ended without a response and without an error",
            "NoAnswer | PlayIntent | the invocation ended without a response and without an error",
            "Answered | LaunchRequest | 8.83ms | 65MB",
        ]
    );
}

#[test]
fn concurrent_requests_keep_their_own_lines() {
    let invocations = assemble(corpus!("text-parallel"));
    assert_eq!(
        describe(&invocations),
        [
            "Answered | LaunchRequest | 15ms | 65MB".to_owned(),
            format!("HandlerError | PlayIntent | 8.83ms | 65MB | {TYPE_ERROR}"),
        ]
    );
}

#[test]
fn the_json_format_has_the_same_result() {
    let invocations = assemble(corpus!("json-terse"));
    assert_eq!(
        describe(&invocations),
        ["Answered | LaunchRequest | 532.41ms | 71MB | cold 138.1", "Answered | SessionEndedRequest | 5.2ms | 65MB"]
    );
    assert_eq!(
        texts(&invocations[0], LineKind::Output),
        ["the store is configured", r#"{"score":12,"answers":["b","a"]}"#, "slow store"]
    );
    assert_eq!(invocations[0].lines[5].level, Some(Level::Warn));
}

#[test]
fn the_json_format_distinguishes_failures() {
    assert_eq!(
        describe(&assemble(corpus!("json-failures"))),
        [
            &format!("HandlerError | PlayIntent | 81.5ms | 65MB | {TYPE_ERROR}"),
            "TimedOut | PlayIntent | 10000ms | 94MB | the function's timeout was reached",
            "OutOfMemory | PlayIntent | 880.1ms | 256MB | Runtime.OutOfMemory: used 256 MB of 256 MB",
        ]
    );
}

#[test]
fn in_the_json_format_the_report_decides_and_not_a_logged_error() {
    assert_eq!(
        describe(&assemble(corpus!("json-empty"))),
        ["Answered | 8.83ms | 65MB", "HandlerError | 8.83ms | 65MB | TypeError: oops at /var/task/index.js:1:1"]
    );
}

#[test]
fn the_json_format_has_the_error_of_a_handler_that_was_not_loaded() {
    assert_eq!(
        describe(&assemble(corpus!("json-init-error"))),
        [
            "HandlerError | 170.33ms | 60MB | cold 150.79 | Runtime.ImportModuleError: Error: Cannot find module 'aws-sdk' at _loadUserApp (file:///var/runtime/index.mjs:1084:17)"
        ]
    );
}

#[test]
fn a_function_that_logs_only_warnings_has_only_the_reported_failures() {
    assert_eq!(
        describe(&assemble(corpus!("json-warn"))),
        ["Answered".to_owned(), format!("HandlerError | 8.83ms | 65MB | {TYPE_ERROR}"), "Answered".to_owned()]
    );
}

#[test]
fn unknown_lines_are_output() {
    let invocations = assemble(corpus!("unknown"));
    assert_eq!(describe(&invocations), ["Answered | 8.83ms | 65MB", "Unattributed"]);
    assert_eq!(
        texts(&invocations[0], LineKind::Output),
        [
            "TELEMETRY\tName: insights\tState: Subscribed\tTypes: [Platform]",
            "",
            "<U+FEFF>☃  \u{fffd}",
            r#"{"time":"now","type":"platform.surprise","record":{}}"#,
            r#"{"broken":"#,
            "[]",
            "null",
            "SHOUT\tnot a level",
            "",
        ]
    );
}

/// Returns a random sequence of parts of real lines and of arbitrary text.
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
fn every_line_of_any_stream_is_returned_once() {
    prop::check(|rng| {
        let messages = prop::list(rng, 60, |rng| (any_message(rng), rng.i64(..)));
        let mut assembler = InvocationAssembler::new("", rng.i64(..)..rng.i64(..));
        let mut invocations = Vec::new();
        for (message, timestamp_ms) in &messages {
            invocations.extend(assembler.push(Event { timestamp_ms: *timestamp_ms, message: message.clone() }));
        }
        invocations.extend(assembler.finish());
        let mut times: Vec<i64> =
            invocations.iter().flat_map(|invocation| &invocation.lines).map(|line| line.time_ms).collect();
        let mut expected: Vec<i64> = messages.iter().map(|(_, timestamp_ms)| *timestamp_ms).collect();
        times.sort_unstable();
        expected.sort_unstable();
        assert_eq!(times, expected);
        assert!(invocations.iter().all(|invocation| !invocation.lines.is_empty()));
    });
}
