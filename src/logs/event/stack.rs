//! Parses stack traces: the error that one begins with, and its first frame in the skill's code.

use crate::logs::event::model::{Level, LoggedError};

/// The folder into which Lambda unpacks the skill.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>, `LAMBDA_TASK_ROOT`.
const TASK_ROOT: &str = "/var/task/";

/// The code of Node.js and of Lambda's runtime, which is never the place of an error.
const RUNTIME_CODE: [&str; 3] = ["/var/runtime/", "node:", "<anonymous>)"];

/// Returns the place of the error: the first frame in the skill's own code, or else in one of its dependencies, or else
/// the file that could not be loaded, or else the first frame outside of the runtime.
pub(crate) fn location<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    let frames = || lines.clone().filter_map(frame);
    let in_task = || frames().filter(|frame| frame.contains(TASK_ROOT));
    in_task()
        .find(|frame| !frame.contains("/node_modules/"))
        .or_else(|| in_task().next())
        .or_else(|| lines.clone().find_map(loaded_file))
        .or_else(|| frames().find(|frame| !RUNTIME_CODE.iter().any(|code| frame.contains(code))))
        .map(str::to_owned)
}

/// Returns the frame in a line; a `{` after it begins the error's own properties.
fn frame(line: &str) -> Option<&str> {
    line.trim().trim_end_matches('{').trim_end().strip_prefix("at ")
}

/// Returns the file of a syntax error, `/var/task/index.js:2`, or the one that required a missing module,
/// `- /var/task/index.js`.
fn loaded_file(line: &str) -> Option<&str> {
    let file = line.trim().trim_start_matches("- ").trim_start_matches("file://");
    (file.starts_with(TASK_ROOT) && !file.contains(' ')).then_some(file)
}

/// Returns the error of a stack trace among the lines that Node.js prints of an error that was not caught:
///
/// ```text
/// /var/task/index.js:2
///   throw new TypeError('no score');
///   ^
///
/// TypeError: no score
///     at later (/var/task/index.js:2:9)
///
/// Node.js v24.0.0
/// ```
pub(crate) fn error_of_crash(lines: &[&str]) -> Option<LoggedError> {
    let caret = lines.iter().rposition(|line| !line.trim().is_empty() && line.trim().chars().all(|char| char == '^'));
    let Some(caret) = caret else { return error_of_stack(lines) };
    let source = caret.checked_sub(2).map_or(&[][..], |at| lines.get(at..=at).unwrap_or_default());
    let after = lines.get(caret + 1..).unwrap_or_default();
    let skipped = after.iter().take_while(|line| line.trim().is_empty()).count();
    let trace = after.get(skipped..).unwrap_or_default();
    let end = trace.iter().position(|line| line.trim().is_empty() || line.starts_with("Node.js v"));
    let trace = trace.get(..end.unwrap_or(trace.len())).unwrap_or_default();
    let header_lines =
        trace.iter().take_while(|line| frame(line).is_none() && !line.starts_with("(Use `node ")).count();
    let error = parse_header(trace.get(..header_lines)?)?;
    Some(LoggedError { location: location(trace.iter().chain(source).copied()), ..error })
}

/// Returns the error whose stack the skill logged, by `console.error(error)`.
pub(crate) fn error_of_text(level: Option<Level>, text: &str) -> Option<LoggedError> {
    let is_error = level.is_some_and(|level| level >= Level::Error);
    is_error.then(|| error_of_stack(&text.lines().collect::<Vec<_>>())).flatten()
}

/// Returns the error of the last stack trace in a text: a line such as `TypeError: no score`, and frames after it.
pub(crate) fn error_of_stack(lines: &[&str]) -> Option<LoggedError> {
    let (mut first_frame, mut header) = (None, None);
    for (at, pair) in lines.windows(2).enumerate() {
        let [line, next] = pair else { continue };
        if frame(line).is_none() && frame(next).is_some() && next.starts_with(' ') {
            // The frames of a `[cause]` are indented more.
            let from = (at + 1).saturating_sub(MAX_MESSAGE_LINES);
            if let Some(found) = lines.get(from..=at)?.iter().rposition(|line| class_of(line).is_some()) {
                (first_frame, header) = (Some(at + 1), Some(from + found));
            }
        }
    }
    let error = parse_header(lines.get(header?..first_frame?)?)?;
    let frames = lines.get(first_frame?..)?.iter().take_while(|line| frame(line).is_some());
    Some(LoggedError { location: location(frames.copied()), ..error })
}

/// The lines of a message in front of its stack, at most.
const MAX_MESSAGE_LINES: usize = 20;

/// Parses `TypeError: no score`, `Error [ERR_CODE]: …`, or the text that was thrown instead of an error.
fn parse_header(lines: &[&str]) -> Option<LoggedError> {
    let first = lines.first()?.trim().trim_start_matches('[').trim_start_matches("Uncaught ");
    let (kind, message) = match class_of(first) {
        Some(class) => {
            let message = first.split_once(": ").map(|(_, message)| message).unwrap_or_default();
            (Some(class.to_owned()), message)
        }
        None => (None, first),
    };
    let further = lines.iter().skip(1).map(|line| format!("\n{}", line.trim_end()));
    Some(LoggedError { kind, message: format!("{message}{}", further.collect::<String>()), location: None })
}

/// Returns the class at the beginning of the line, such as `TypeError` of `TypeError: no score`.
fn class_of(line: &str) -> Option<&str> {
    let line = line.trim_start_matches('[').trim_start_matches("Uncaught ");
    let title = line.split_once(": ").map_or(line.trim_end_matches(':'), |(title, _)| title);
    let class = title.split_once(" [").filter(|(_, code)| code.ends_with(']')).map_or(title, |(class, _)| class);
    let is_name = class.chars().all(|char| char.is_alphanumeric() || matches!(char, '_' | '.' | '$'));
    let is_error = ["Error", "Exception", "Rejection"].iter().any(|ending| class.ends_with(ending));
    (is_name && is_error).then_some(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crash(text: &str) -> (Option<String>, String, Option<String>) {
        let error = error_of_crash(&text.lines().collect::<Vec<_>>()).unwrap();
        (error.kind, error.message, error.location)
    }

    #[test]
    fn the_error_that_ended_node_has_class_message_and_place() {
        let some = |text: &str| Some(text.to_owned());
        let index = |at: &str| some(&format!("later (/var/task/index.js:{at})"));
        assert_eq!(
            crash(
                "/var/task/index.js:2\n  throw x;\n  ^\n\nTypeError: no score\n    at later (/var/task/index.js:2:9)\n\nNode.js v24.0.0"
            ),
            (some("TypeError"), "no score".into(), index("2:9"))
        );
        assert_eq!(
            crash("Error [ERR_X]: two\nlines\n    at a (node:net:1)\n    at later (/var/task/index.js:2:9)"),
            (some("Error"), "two\nlines".into(), index("2:9"))
        );
        assert_eq!(
            crash(
                "/var/task/index.js:7\n  throw 'a text';\n  ^\na text\n(Use `node --trace-uncaught ...` to show where the exception was thrown)\n\nNode.js v24.0.0"
            ),
            (None, "a text".into(), some("/var/task/index.js:7"))
        );
        assert_eq!(
            crash(
                "x\n  ^\n\nError: outer\n    at later (/var/task/index.js:2:9) {\n  [cause]: Error: inner\n      at inner (/var/task/index.js:1:1)\n}\n\nNode.js v24.0.0"
            ),
            (some("Error"), "outer".into(), index("2:9"))
        );
    }

    #[test]
    fn the_runtime_is_never_the_place() {
        let place = |stack: &str| location(stack.lines());
        assert_eq!(
            place("Error: x\n    at process.<anonymous> (file:///var/runtime/index.mjs:1:1)\n    at node:events:1"),
            None
        );
        assert_eq!(
            place("    at a (/var/task/node_modules/b/c.js:1:1)\n    at d (/var/task/e.js:1:1)").unwrap(),
            "d (/var/task/e.js:1:1)"
        );
        assert_eq!(
            place("    at a (/var/task/node_modules/b/c.js:1:1)").unwrap(),
            "a (/var/task/node_modules/b/c.js:1:1)"
        );
        assert_eq!(
            place("Require stack:\n- /var/task/index.js\n    at b (file:///var/runtime/index.mjs:1:1)").unwrap(),
            "/var/task/index.js"
        );
        assert_eq!(place("    at a (/opt/nodejs/layer.js:1:1)").unwrap(), "a (/opt/nodejs/layer.js:1:1)");
    }

    // A search for the header of each frame from the first line on takes minutes for this text.
    #[test]
    fn a_text_of_many_frames_is_searched_once() {
        let text = "x\n at y\n".repeat(1 << 14);
        assert_eq!(error_of_text(Some(Level::Error), &text), None);
        let header = format!("{text}TypeError: no score\n    at later (/var/task/index.js:2:9)");
        assert_eq!(error_of_text(Some(Level::Error), &header).unwrap().message, "no score");
    }

    #[test]
    fn a_header_is_at_most_20_lines_before_its_frames() {
        let message = |further: usize| {
            let text = format!("ok\nTypeError: no{}\n    at later (/var/task/index.js:2:9)", "\nscore".repeat(further));
            error_of_text(Some(Level::Error), &text).map(|error| error.message.lines().count())
        };
        assert_eq!([message(0), message(1), message(19), message(20)], [Some(1), Some(2), Some(20), None]);
    }

    #[test]
    fn text_without_a_stack_has_no_error() {
        for text in ["", "Error: x", "    at home", "all is well\n    at home", "^"] {
            assert_eq!(error_of_crash(&text.lines().collect::<Vec<_>>()), None, "{text}");
        }
    }
}
