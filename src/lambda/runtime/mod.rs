//! What the package carries so that Litexa's handler runs on today's Node runtimes, and which runtimes those are.
//!
//! Litexa's handler answers through a callback and requires `aws-sdk` version 2. Node 24 on Lambda refuses callback
//! handlers, and version 2 is gone since Node 18. So the function's entry is ours, the handler lies beside it, and
//! `aws-sdk` is a stand-in over version 3, which Lambda provides.

use crate::lambda::configuration::DEFAULT_RUNTIME;
use jiff::civil::{Date, date};

/// The handler's file in the package, beside our `index.js`.
pub(crate) const HANDLER_FILE: &str = "skill.js";

const ENTRY: (&str, &str) = ("index.js", include_str!("js/entry.js"));

/// `aws-sdk` version 2 as far as Litexa's handler uses it.
macro_rules! stand_in {
    ($($file:literal),* $(,)?) => {
        [$((concat!("node_modules/aws-sdk/", $file), include_str!(concat!("js/aws-sdk/", $file)))),*]
    };
}

const STAND_IN: [(&str, &str); 10] = stand_in![
    "attribute-values.js",
    "cloudwatch.js",
    "dynamodb.js",
    "index.js",
    "item-shapes.js",
    "not-included.js",
    "package.json",
    "request.js",
    "service.js",
    "subpath.js",
];

/// AWS' dates for its Node runtimes: from then on no function can be created, or updated, with them.
/// Source: "Lambda runtimes" in AWS' documentation, as of November 2026.
const RUNTIMES: [(&str, Date, Date); 10] = [
    ("nodejs6.10", date(2019, 8, 12), date(2019, 8, 12)),
    ("nodejs8.10", date(2020, 3, 6), date(2020, 3, 6)),
    ("nodejs10.x", date(2021, 7, 30), date(2022, 2, 14)),
    ("nodejs12.x", date(2023, 3, 31), date(2023, 4, 30)),
    ("nodejs14.x", date(2024, 1, 9), date(2027, 3, 3)),
    ("nodejs16.x", date(2027, 2, 1), date(2027, 3, 3)),
    ("nodejs18.x", date(2027, 2, 1), date(2027, 3, 3)),
    ("nodejs20.x", date(2027, 2, 1), date(2027, 3, 3)),
    ("nodejs22.x", date(2027, 6, 1), date(2027, 7, 1)),
    ("nodejs24.x", date(2028, 6, 1), date(2028, 7, 1)),
];

/// The files made for the package: our entry, the handler unchanged, and the stand-in unless the skill brings its own
/// `aws-sdk` or the runtime still has it.
pub(crate) fn files(handler: &str, runtime: &str, brings_own_aws_sdk: bool) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![ENTRY, (HANDLER_FILE, handler)];
    if !brings_own_aws_sdk && !has_aws_sdk(runtime) {
        files.extend(STAND_IN);
    }
    files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect()
}

/// Runtimes up to Node 16 bring version 2 themselves.
fn has_aws_sdk(runtime: &str) -> bool {
    let version = runtime.strip_prefix("nodejs").and_then(|rest| rest.split('.').next());
    version.and_then(|version| version.parse::<u32>().ok()).is_some_and(|version| version <= 16)
}

/// What to say about a runtime that AWS refuses, or will refuse within half a year.
pub(crate) fn warning(runtime: &str, today: Date) -> Option<String> {
    let (_, no_create, no_update) = RUNTIMES.iter().find(|(name, ..)| *name == runtime)?;
    let soon = today.saturating_add(jiff::Span::new().days(180));
    if *no_create > soon {
        return None;
    }
    let refuses = |date: &Date| if *date <= today { "has refused" } else { "will refuse" };
    Some(format!(
        "AWS {} to create functions on {runtime} from {no_create} on, and {} to update them from {no_update} on: set lambdaConfiguration.Runtime to {DEFAULT_RUNTIME}, or leave it out",
        refuses(no_create),
        refuses(no_update)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(runtime: &str, own: bool) -> Vec<String> {
        files("exports.handler = 1;", runtime, own).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn the_stand_in_travels_only_where_nothing_else_is_there() {
        assert!(names("nodejs24.x", false).contains(&"node_modules/aws-sdk/index.js".to_owned()));
        assert_eq!(names("nodejs24.x", true), ["index.js", "skill.js"]);
        assert_eq!(names("nodejs16.x", false), ["index.js", "skill.js"]);
        assert!(names("nodejs18.x", false).len() > 2);
    }

    #[test]
    fn the_handler_is_unchanged() {
        let handler = "exports.handler = (event, context, callback) => callback();\r\n";
        let files = files(handler, "nodejs24.x", false);
        let skill = files.iter().find(|(name, _)| name == HANDLER_FILE).unwrap();
        assert_eq!(skill.1, handler.as_bytes());
    }

    #[test]
    fn refused_runtimes_are_named_with_their_dates() {
        let today = date(2026, 11, 22);
        let text = warning("nodejs14.x", today).unwrap();
        assert!(text.contains("has refused to create functions on nodejs14.x from 2024-01-09"));
        assert!(text.contains("will refuse to update them from 2027-03-03"));
        assert!(warning("nodejs20.x", today).unwrap().contains("will refuse to create"));
        assert_eq!(warning("nodejs22.x", today), None);
        assert_eq!(warning("nodejs24.x", today), None);
        assert_eq!(warning("provided.al2023", today), None);
    }
}
