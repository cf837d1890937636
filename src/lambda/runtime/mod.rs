//! Generates the files that make a Litexa handler run on the current Node.js runtimes of Lambda.
//!
//! Litexa's handler answers through a callback and requires version 2 of `aws-sdk`. Lambda does not call callback
//! handlers since Node.js 24, and does not include version 2 since Node.js 18. Therefore the package's entry is our
//! `index.js`, the handler is beside it, and a shim provides the part of `aws-sdk` that Litexa's handlers use.

mod deprecations;
mod node_version;
mod shim;

pub(crate) use deprecations::{deprecation_warning, end_of_support, ensure_creatable, ensure_updatable, today};
pub(crate) use node_version::without_node_version;

/// The handler's file in the package, beside our `index.js`.
const HANDLER_FILE: &str = "skill.js";

const ENTRY: (&str, &str) = ("index.js", include_str!("js/entry.js"));

/// Returns the files to generate for every package: our entry, and the handler unchanged.
pub(crate) fn files(handler: &str) -> Vec<(String, Vec<u8>)> {
    owned(&[ENTRY, (HANDLER_FILE, handler)])
}

/// Returns the shim for `aws-sdk`, unless the runtime includes it.
pub(crate) fn sdk_shim(runtime: &str) -> Vec<(String, Vec<u8>)> {
    if shim::includes_aws_sdk_v2(runtime) { Vec::new() } else { owned(&shim::SDK_V2_SHIM) }
}

fn owned(files: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shim_is_packaged_only_where_the_runtime_has_no_aws_sdk() {
        assert!(sdk_shim("nodejs24.x").iter().any(|(name, _)| name == "node_modules/aws-sdk/index.js"));
        assert!(!sdk_shim("nodejs18.x").is_empty());
        assert!(sdk_shim("nodejs16.x").is_empty());
    }

    #[test]
    fn the_handler_is_packaged_unchanged() {
        let handler = "exports.handler = (event, context, callback) => callback();\r\n";
        let files = files(handler);
        let skill = files.iter().find(|(name, _)| name == HANDLER_FILE).unwrap();
        assert_eq!(skill.1, handler.as_bytes());
    }
}
