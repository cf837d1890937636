//! Generates the files that make a Litexa handler run on the current Node.js runtimes of Lambda.
//!
//! Litexa's handler answers through a callback and requires version 2 of `aws-sdk`. Lambda does not call callback
//! handlers since Node.js 24, and does not include version 2 since Node.js 18. Therefore the package's entry is our
//! `index.js`, the handler is beside it, and a shim provides the part of `aws-sdk` that Litexa's handlers use.

mod deprecations;
mod shim;

pub(crate) use deprecations::{deprecation_warning, ensure_creatable};

/// The handler's file in the package, beside our `index.js`.
const HANDLER_FILE: &str = "skill.js";

const ENTRY: (&str, &str) = ("index.js", include_str!("js/entry.js"));

/// Returns the files to generate for the package: our entry, the handler unchanged, and the shim, unless the skill
/// bundles its own `aws-sdk` or the runtime includes it.
pub(crate) fn files(handler: &str, runtime: &str, bundles_aws_sdk_v2: bool) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![ENTRY, (HANDLER_FILE, handler)];
    if !bundles_aws_sdk_v2 && !shim::includes_aws_sdk_v2(runtime) {
        files.extend(shim::SDK_V2_SHIM);
    }
    files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(runtime: &str, bundles_aws_sdk_v2: bool) -> Vec<String> {
        files("exports.handler = 1;", runtime, bundles_aws_sdk_v2).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn the_shim_is_packaged_only_where_no_other_aws_sdk_is_available() {
        assert!(names("nodejs24.x", false).contains(&"node_modules/aws-sdk/index.js".to_owned()));
        assert_eq!(names("nodejs24.x", true), ["index.js", "skill.js"]);
        assert_eq!(names("nodejs16.x", false), ["index.js", "skill.js"]);
        assert!(names("nodejs18.x", false).len() > 2);
    }

    #[test]
    fn the_handler_is_packaged_unchanged() {
        let handler = "exports.handler = (event, context, callback) => callback();\r\n";
        let files = files(handler, "nodejs24.x", false);
        let skill = files.iter().find(|(name, _)| name == HANDLER_FILE).unwrap();
        assert_eq!(skill.1, handler.as_bytes());
    }
}
