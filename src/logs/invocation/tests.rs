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
const MINUTE_MS: i64 = 60_000;

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
    let error = "Runtime.ImportModuleError: Error: Cannot find module 'aws-sdk' at /var/task/index.js";
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
            "HandlerError | LaunchRequest | 8.83ms | 65MB | Error: HelloError at hello (/var/task/index.js:2:9)",
            "HandlerError | 8.83ms | 65MB | Error: HelloError at hello (file:///var/task/index.mjs:2:9)",
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
            "HandlerError | 170.33ms | 60MB | cold 150.79 | Runtime.ImportModuleError: Error: Cannot find module 'aws-sdk' at /var/task/index.js"
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

const A: &str = "79104e54-2f3c-4b0a-9d6e-0c5a3b1f4e21";
const B: &str = "8a6f0c1d-91b7-4d3e-8f10-d720e2c6697e";

/// Assembles events, in which `$A` and `$B` are requests and `$T` is a time.
fn assemble_messages(messages: &[&str]) -> Vec<Invocation> {
    let lines: Vec<String> = messages
        .iter()
        .map(|message| message.replace("$A", A).replace("$B", B).replace("$T", "2026-11-22T07:45:04.631Z"))
        .map(|message| message.replace('\n', "␤"))
        .collect();
    assemble(&lines.join("\n"))
}

#[test]
fn an_unknown_request_id_belongs_to_the_running_request() {
    for placeholder in ["-", "undefined", "null", "", "unknown"] {
        let line = |rest: &str| format!("$T\t{placeholder}\t{rest}");
        let failed = assemble_messages(&[
            "START RequestId: $A Version: $LATEST",
            &line("ERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"no score\",\"stack\":[]}"),
            "END RequestId: $A",
        ]);
        assert_eq!(describe(&failed), ["HandlerError | TypeError: no score"], "{placeholder}");
        let answered = assemble_messages(&[
            "START RequestId: $A Version: $LATEST",
            &line("INFO\tVERBOSE REQUEST {\"type\":\"LaunchRequest\"}"),
            &line("INFO\tVERBOSE RESPONSE {}"),
            "END RequestId: $A",
        ]);
        assert_eq!(describe(&answered), ["Answered | LaunchRequest"], "{placeholder}");
    }
}

#[test]
fn an_unknown_request_id_after_a_report_belongs_to_the_next_request() {
    let report = "REPORT RequestId: $A\tDuration: 8.83 ms\tStatus: error\tError Type: Runtime.ExitError";
    let json_report = r#"{"time":"$T","type":"platform.report","record":{"requestId":"$A","status":"error","errorType":"Runtime.ExitError"}}"#;
    let json_start = r#"{"time":"$T","type":"platform.start","record":{"requestId":"$B"}}"#;
    let json_line = |id: &str| format!(r#"{{"timestamp":"$T","level":"INFO","requestId":{id},"message":"loading"}}"#);
    let start = "START RequestId: $B Version: 1".to_owned();
    for (report, line, start) in [
        (report, "$T\t-\tINFO\tloading".to_owned(), start.clone()),
        (report, "$T\tundefined\tINFO\tloading".to_owned(), start.clone()),
        (report, "$T\t-\tloading".to_owned(), start),
        (json_report, json_line("\"-\""), json_start.to_owned()),
        (json_report, json_line("\"undefined\""), json_start.to_owned()),
        (json_report, json_line("null"), json_start.to_owned()),
    ] {
        let invocations = assemble_messages(&[report, &line, &start]);
        assert_eq!(invocations.len(), 2, "{line}");
        assert_eq!(texts(&invocations[0], LineKind::Output), [""; 0], "{line}");
        assert_eq!(texts(&invocations[1], LineKind::Output), ["loading"], "{line}");
    }
}

#[test]
fn one_unknown_column_leaves_the_others_readable() {
    let lines = |message: &str| {
        let invocations = assemble_messages(&["START RequestId: $A Version: 1", message, "END RequestId: $A"]);
        let line = invocations[0].lines[1].clone();
        (line.level, line.text)
    };
    assert_eq!(lines("$T\tnew-kind-of-id\tERROR\tno score"), (Some(Level::Error), "no score".to_owned()));
    assert_eq!(lines("$T\t-\tNOTICE\tno score"), (None, "NOTICE\tno score".to_owned()));
    assert_eq!(lines("-\t$A\tERROR\tno score"), (Some(Level::Error), "no score".to_owned()));
    assert_eq!(lines("$T\tname\tno score"), (None, format!("{}\tname\tno score", "2026-11-22T07:45:04.631Z")));
    assert_eq!(lines("a\tb\tERROR\tno score"), (None, "a\tb\tERROR\tno score".to_owned()));
}

#[test]
fn a_crash_has_the_error_that_node_printed_in_one_event_or_in_many() {
    let trace = "/var/task/index.js:2\n  throw error;\n  ^\n\nTypeError: no score\n    at node:events:1\n    at later (/var/task/index.js:2:9)\n\nNode.js v24.0.0";
    let error = "HandlerError | 8.83ms | TypeError: no score at later (/var/task/index.js:2:9)";
    let exit = "RequestId: $A Error: Runtime exited with error: exit status 1\nRuntime.ExitError";
    let report = "REPORT RequestId: $A\tDuration: 8.83 ms\tStatus: error\tError Type: Runtime.ExitError";
    let start = "START RequestId: $A Version: 1";
    let mut many = vec![start, "printed by something else"];
    many.extend(trace.split('\n'));
    many.extend([exit, report]);
    assert_eq!(describe(&assemble_messages(&many)), [error]);
    assert_eq!(describe(&assemble_messages(&[start, trace, exit, report])), [error]);
    let without_exit_line = [start, trace, report, "after the report"];
    assert_eq!(describe(&assemble_messages(&without_exit_line)), [error]);
    let exit_only = assemble_messages(&[start, "all is well", exit, report]);
    assert_eq!(
        describe(&exit_only),
        [
            "HandlerError | 8.83ms | Runtime.ExitError: Error: Runtime exited with error: exit status 1 Runtime.ExitError"
        ]
    );
}

#[test]
fn requests_that_run_at_once_stay_open_until_they_are_reported() {
    let id = |number: usize| format!("00000000-0000-4000-8000-{number:012}");
    for count in [17, 64] {
        let mut messages = Vec::new();
        messages.extend((0..count).map(|number| format!("START RequestId: {} Version: 1", id(number))));
        messages.extend(
            (0..count)
                .map(|number| format!("$T\t{}\tINFO\tVERBOSE REQUEST {{\"type\":\"LaunchRequest\"}}", id(number))),
        );
        messages.push(format!("raw, of {}", id(3)));
        messages.push("raw, of any of them".to_owned());
        messages.extend((0..count).map(|number| format!("$T\t{}\tINFO\tVERBOSE RESPONSE {{}}", id(number))));
        messages.extend((0..count).rev().map(|number| format!("REPORT RequestId: {}\tDuration: 8.83 ms", id(number))));
        let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
        let invocations = assemble_messages(&messages);
        let (outside, requests): (Vec<_>, Vec<_>) = invocations.iter().partition(|one| one.request_id.is_none());
        let ids: std::collections::BTreeSet<_> = requests.iter().map(|request| &request.request_id).collect();
        assert_eq!((requests.len(), ids.len()), (count, count));
        assert!(requests.iter().all(|request| request.outcome == Outcome::Answered && request.lines.len() >= 4));
        let third = requests.iter().find(|request| request.request_id == Some(id(3))).unwrap();
        assert_eq!(texts(third, LineKind::Output), [format!("raw, of {}", id(3))]);
        assert_eq!(outside.len(), 1);
        assert_eq!(texts(outside[0], LineKind::Output), ["raw, of any of them"]);
    }
}

#[test]
fn a_request_without_a_report_is_returned_after_the_longest_timeout() {
    let mut assembler = InvocationAssembler::new("", 0..i64::MAX);
    let mut returned = 0;
    for (number, timestamp_ms) in (0..20).map(|number| (number, number * 60_000)) {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let message = format!("START RequestId: {id} Version: 1");
        returned += assembler.push(Event { timestamp_ms, message }).len();
        let message = format!("2026-11-22T07:45:04.631Z\t{id}\tINFO\tbegin");
        returned += assembler.push(Event { timestamp_ms, message }).len();
    }
    assert!((1..=4).contains(&returned), "{returned}");
}

#[test]
fn the_error_of_a_process_that_did_not_end_is_not_a_stack_that_the_skill_printed() {
    let handled = "TypeError: no picture, handled\n    at show (/var/task/index.js:9:9)";
    let thrown = r#"{"timestamp":"$T","level":"ERROR","requestId":"$A","message":{"errorType":"RangeError","errorMessage":"no score","stackTrace":["RangeError: no score","    at enter (/var/task/index.js:8:1)"]}}"#;
    let start = r#"{"time":"$T","type":"platform.start","record":{"requestId":"$A"}}"#;
    let report = |error_type: &str| {
        format!(
            r#"{{"time":"$T","type":"platform.report","record":{{"requestId":"$A","status":"error","errorType":"{error_type}"}}}}"#
        )
    };
    let errors = |error_type: &str| describe(&assemble_messages(&[start, handled, thrown, &report(error_type)]));
    let logged = "HandlerError | RangeError: no score at enter (/var/task/index.js:8:1)";
    assert_eq!(errors("RangeError"), [logged]);
    assert_eq!(errors("Runtime.Unknown"), [logged]);
    let printed = "HandlerError | TypeError: no picture, handled at show (/var/task/index.js:9:9)";
    assert_eq!(errors("Runtime.ExitError"), [printed]);
}

#[test]
fn an_error_of_an_initialization_that_was_repeated_without_one_is_not_a_failure() {
    let init = "INIT_START Runtime Version: nodejs:22.v51";
    let error = |title: &str, json: &str| format!("$T\t-\tERROR\t{title} \t{json}");
    let json = r#"{"errorType":"Error","errorMessage":"no table","stack":[]}"#;
    let init_report = "INIT_REPORT Init Duration: 150.79 ms\tPhase: init\tStatus: error\tError Type: Error";
    let start = "START RequestId: $A Version: 1";
    let report = "REPORT RequestId: $A\tDuration: 8.83 ms";
    let failed = format!("{report}\tStatus: error\tError Type: Error");
    for title in ["Init Error", "Uncaught Exception", "Unhandled Promise Rejection"] {
        let error = error(title, json);
        let outcome =
            |rest: &[&str]| describe(&assemble_messages(&[&[init, &error, init_report], rest].concat())).join("");
        assert_eq!(outcome(&[start, "$T\t-\tINFO\tloaded", report]), "Answered | 8.83ms | cold 150.79", "{title}");
        assert_eq!(outcome(&[start, &failed]), "HandlerError | 8.83ms | cold 150.79 | Error: no table", "{title}");
        assert_eq!(outcome(&[start]), "HandlerError | cold 150.79 | Error: no table", "{title}");
        // Within the request itself, the runtime may not know it either.
        let within = outcome(&[start, &error, report]);
        assert_eq!(within, "HandlerError | 8.83ms | cold 150.79 | Error: no table", "{title}");
    }
}

/// Assembles an event for each time, in milliseconds, and message.
fn assemble_timed(events: &[(i64, String)]) -> Vec<Invocation> {
    let mut assembler = InvocationAssembler::new("", 0..i64::MAX);
    let push = |(timestamp_ms, message): &(i64, String)| {
        assembler.push(Event { timestamp_ms: *timestamp_ms, message: message.clone() })
    };
    let mut invocations: Vec<Invocation> = events.iter().flat_map(push).collect();
    invocations.extend(assembler.finish());
    invocations
}

#[test]
fn a_request_whose_end_is_not_logged_does_not_take_the_lines_of_later_ones() {
    let id = |number: i64| format!("00000000-0000-4000-8000-{number:012}");
    for lost in [0, 3] {
        let mut events = Vec::new();
        for number in 0..40 {
            let (id, time_ms) = (id(number), number * MINUTE_MS);
            events.push((time_ms, format!("START RequestId: {id} Version: 1")));
            events.push((time_ms, format!("2026-11-22T07:45:04.631Z\t{id}\tINFO\tbegin")));
            if number != lost {
                events.push((time_ms, format!("raw {number}")));
                events.push((time_ms, format!("REPORT RequestId: {id}\tDuration: 8.83 ms")));
            }
        }
        let invocations = assemble_timed(&events);
        let has_raw = |number: i64| {
            let of_request = |one: &&Invocation| one.request_id == Some(id(number));
            let request = invocations.iter().find(of_request).unwrap();
            texts(request, LineKind::Output).contains(&format!("raw {number}").as_str())
        };
        let with_raw: Vec<i64> = (0..40).filter(|number| has_raw(*number)).collect();
        // For the longest timeout, the request without an end may still run.
        let expected: Vec<i64> = (0..40).filter(|number| !(lost..=lost + 15).contains(number)).collect();
        assert_eq!(with_raw, expected);
        let position = invocations.iter().position(|one| one.request_id == Some(id(lost))).unwrap();
        assert!(position < 20, "returned after a quarter of an hour, not at the end: {position}");
    }
}

#[test]
fn a_request_without_an_end_makes_no_later_one_a_false_start() {
    let (first, second) = ("START RequestId: $A Version: 1".replace("$A", A), "START RequestId: $B Version: 1");
    let second = second.replace("$B", B);
    let outcomes = |time_ms| {
        let invocations = assemble_timed(&[(0, first.clone()), (time_ms, second.clone()), (time_ms, "raw".to_owned())]);
        invocations.iter().filter(|one| one.request_id.is_some()).count()
    };
    assert_eq!([outcomes(1), outcomes(15 * MINUTE_MS), outcomes(15 * MINUTE_MS + 1)], [1, 1, 2]);
}

#[test]
fn an_answer_that_alexa_refused_is_a_failure_of_its_own() {
    let outcome = |request: &str| {
        let request = format!("$T\t$A\tINFO\tVERBOSE REQUEST {request}");
        let end = "$T\t$A\tINFO\tVERBOSE Terminating input handler early";
        describe(&assemble_messages(&["START RequestId: $A Version: 1", &request, end, "END RequestId: $A"])).join("")
    };
    let error = r#""error":{"type":"INVALID_RESPONSE","message":"no speech"}"#;
    assert_eq!(
        outcome(&format!(r#"{{"type":"SessionEndedRequest","reason":"ERROR",{error}}}"#)),
        "AnswerRefused | SessionEndedRequest | INVALID_RESPONSE: no speech"
    );
    assert_eq!(
        outcome(&format!(
            r#"{{"session":{{"sessionId":"s"}},"request":{{"type":"System.ExceptionEncountered",{error},"cause":{{"requestId":"r"}}}}}}"#
        )),
        "AnswerRefused | System.ExceptionEncountered | INVALID_RESPONSE: no speech"
    );
    for kind in ["DEVICE_COMMUNICATION_ERROR", "INTERNAL_SERVICE_ERROR", "ENDPOINT_TIMEOUT"] {
        let error = format!(r#""error":{{"type":"{kind}","message":"no device"}}"#);
        assert_eq!(
            outcome(&format!(r#"{{"type":"SessionEndedRequest","reason":"ERROR",{error}}}"#)),
            format!("AlexaError | SessionEndedRequest | {kind}: no device")
        );
    }
    assert_eq!(
        outcome(r#"{"type":"SessionEndedRequest","reason":"ERROR"}"#),
        "AlexaError | SessionEndedRequest | Alexa reports an error without a message"
    );
    for reason in ["USER_INITIATED", "EXCEEDED_MAX_REPROMPTS"] {
        let request = format!(r#"{{"type":"SessionEndedRequest","reason":"{reason}"}}"#);
        assert_eq!(outcome(&request), "Answered | SessionEndedRequest");
    }
}

#[test]
fn without_logging_level_the_handlers_own_line_reports_a_refused_answer() {
    let line = r#"$T	$A	ERROR	ERROR System.ExceptionEncountered: {"type":"System.ExceptionEncountered","error":{"type":"INVALID_RESPONSE","message":"no token"},"cause":{"requestId":"r"}}"#;
    let invocations =
        assemble_messages(&["START RequestId: $A Version: 1", line, "REPORT RequestId: $A\tDuration: 1 ms"]);
    assert_eq!(describe(&invocations), ["AnswerRefused | 1ms | INVALID_RESPONSE: no token"]);
    assert_eq!(invocations[0].alexa.cause.as_deref(), Some("r"));
}

#[test]
fn the_error_that_a_logging_library_printed_is_the_cause_of_a_missing_answer() {
    let pino = r#"{"level":50,"err":{"type":"TypeError","message":"no score","stack":"TypeError: no score\n    at enter (/var/task/index.js:8:1)"},"msg":"failed"}"#;
    let expected = "NoAnswer | LaunchRequest | TypeError: no score at enter (/var/task/index.js:8:1)";
    for line in [pino.to_owned(), format!("$T\t$A\tINFO\t{pino}"), format!("$T\t-\tERROR\t{pino}")] {
        let request = "$T\t$A\tINFO\tVERBOSE REQUEST {\"type\":\"LaunchRequest\"}";
        let messages = ["START RequestId: $A Version: 1", request, &line, "END RequestId: $A"];
        // The raw line break of this JSON is an escape: assemble_messages would replace a real one.
        assert_eq!(describe(&assemble_messages(&messages)), [expected], "{line}");
    }
}

#[test]
fn the_id_in_a_line_of_a_logging_library_begins_no_request() {
    let json_start = r#"{"time":"$T","type":"platform.start","record":{"requestId":"$A"}}"#;
    let json_report = r#"{"time":"$T","type":"platform.report","record":{"requestId":"$A","status":"success"}}"#;
    let (start, report) = ("START RequestId: $A Version: 1", "REPORT RequestId: $A\tDuration: 8.83 ms");
    for (start, report, line) in [
        (start, report, r#"{"level":30,"requestId":"$B","msg":"call"}"#),
        (start, report, r#"{"level":"INFO","aws_request_id":"$B","message":"call"}"#),
        (json_start, json_report, r#"{"level":30,"requestId":"$B","msg":"call"}"#),
        (
            json_start,
            json_report,
            r#"{"level":"INFO","timestamp":"now","requestId":"$B","service":"quiz","message":"call"}"#,
        ),
    ] {
        let line = line.replace("$B", B);
        let within = assemble_messages(&[start, &line, "raw", report]);
        assert_eq!(within.len(), 1, "{line}");
        assert_eq!(texts(&within[0], LineKind::Output), [&line, "raw"]);
        let own = line.replace(B, "$A");
        let concurrent = assemble_messages(&[start, &start.replace("$A", B), &own, &line, report]);
        assert_eq!(concurrent.len(), 2, "the ID of an open request: {own}");
        assert_eq!(texts(&concurrent[1], LineKind::Output), [&line]);
        assert!(assemble_messages(&[&line]).iter().all(|one| one.request_id.is_none()), "{line}");
    }
}

/// Returns the sections of a file that `npm run corpus:logs` made, each with its name.
fn sections(corpus: &str) -> impl Iterator<Item = (&str, &str)> {
    corpus.split("\n## ").skip(1).filter_map(|section| section.split_once('\n'))
}

/// Describes each invocation: outcome, message, place.
fn judgments(invocations: &[Invocation]) -> Vec<String> {
    let judgment = |invocation: &Invocation| {
        let mut parts = vec![format!("{:?}", invocation.outcome)];
        let error = invocation.error.clone().unwrap_or_default();
        parts.extend(error.message.lines().next().map(str::to_owned));
        parts.extend(error.location);
        parts.join(" | ")
    };
    invocations.iter().map(judgment).collect()
}

#[test]
fn what_the_runtime_clients_write_is_judged_the_same_in_both_formats() {
    let exit = "Error: Runtime exited with error: exit status 3 Runtime.ExitError";
    for (corpus, is_text, is_node_22) in [
        (corpus!("client-nodejs22-text"), true, true),
        (corpus!("client-nodejs22-json"), false, true),
        (corpus!("client-nodejs24-text"), true, false),
        (corpus!("client-nodejs24-json"), false, false),
    ] {
        let mut count = 0;
        for (name, lines) in sections(corpus) {
            count += 1;
            let handler_error = |message: &str, place: &str| vec![format!("HandlerError | {message} | {place}")];
            let no_place = |message: &str| vec![format!("HandlerError | {message}")];
            let rejection = "This error originated either by throwing inside of an async function without a catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason \"just a text\".";
            let expected = match name {
                "answer" => vec!["Answered".to_owned()],
                "output" => vec!["Answered".to_owned(); 2],
                "throw" => handler_error("no score", "exports.handler (/var/task/index.js:2:9)"),
                "rejection" => handler_error("no such cat", "load (/var/task/index.js:2:9)"),
                "rejection without an error" => no_place("just a text"),
                "uncaught error" => {
                    let one = handler_error("uncaught", "Timeout.later [as _onTimeout] (/var/task/index.js:2:9)");
                    [one.clone(), one].concat()
                }
                "unhandled rejection" => handler_error("not awaited", "later (/var/task/index.js:2:9)"),
                "unhandled rejection without an error" if is_node_22 => no_place("just a text"),
                "unhandled rejection without an error" => no_place(rejection),
                "exit" if is_text => [no_place(exit), no_place(exit)].concat(),
                "exit" => [no_place("Lambda reports an error"), no_place("Lambda reports an error")].concat(),
                "error at load" => handler_error("no table", "Object.<anonymous> (/var/task/index.js:2:7)"),
                "syntax error" if is_node_22 => no_place("SyntaxError: Unexpected token ';'"),
                "syntax error" => handler_error("SyntaxError: Unexpected token ';'", "/var/task/index.js:2"),
                "missing module" => handler_error("Error: Cannot find module 'aws-sdk'", "/var/task/index.js"),
                "missing handler" => no_place("index.handler is undefined or not exported"),
                "no handler file" => no_place("Error: Cannot find module 'index'"),
                "timeout" if is_text => vec!["TimedOut | Task timed out after 3.00 seconds".to_owned()],
                "timeout" => vec!["TimedOut | the function's timeout was reached".to_owned()],
                "out of memory" => vec!["OutOfMemory | used 65 MB of 256 MB".to_owned()],
                _ => panic!("{name}: add its expected outcome"),
            };
            let invocations = assemble(lines);
            assert_eq!(judgments(&invocations), expected, "{name}\n{lines}");
            let lines_of: usize = invocations.iter().map(|invocation| invocation.lines.len()).sum();
            assert_eq!(lines_of, lines.lines().count(), "{name}");
            if name == "output" {
                let output = |at: usize| texts(&invocations[at], LineKind::Output);
                assert_eq!(output(0).first(), Some(&"before any request"));
                for at in 0..2 {
                    assert!(output(at).contains(&"within a\nrequest"), "{lines}");
                    assert_eq!(output(at).last(), Some(&"after a request"));
                }
            }
        }
        assert_eq!(count, 16);
    }
}

#[test]
fn the_64_concurrent_requests_of_the_runtime_client_have_their_own_lines() {
    let (_, lines) = sections(corpus!("client-nodejs24-json-concurrent")).next().unwrap();
    let invocations = assemble(lines);
    assert_eq!(invocations.len(), 64);
    for invocation in &invocations {
        let id = invocation.request_id.as_deref().unwrap();
        let fails = id.ends_with("000000000007");
        assert_eq!(invocation.outcome, if fails { Outcome::HandlerError } else { Outcome::Answered });
        let begin = format!("begin {id}");
        assert_eq!(texts(invocation, LineKind::Output)[0], begin);
    }
    let failed = invocations.iter().find_map(|invocation| invocation.error.clone()).unwrap();
    assert_eq!(
        (failed.message.as_str(), failed.location.as_deref()),
        ("no score", Some("exports.handler (/var/task/index.js:8:33)"))
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
