//! Finds the module that `lambdaConfiguration.Handler` names in the package.
//!
//! Lambda's runtime looks for it as `src/UserFunction.js` of
//! <https://github.com/aws/aws-lambda-nodejs-runtime-interface-client> does or, since version 4, `module-loader.ts`: each
//! invocation fails if it is missing.

use crate::error::{Error, ErrorCode, Result};
use crate::lambda::package::source::{self, Source};
use std::collections::BTreeMap;

/// The folder of the function's code on Lambda.
const CODE_FOLDER: &str = "/var/task/";

/// The extensions that the runtime tries. Those of TypeScript, which Node.js 24 can load, are not refused either.
const EXTENSIONS: [&str; 7] = ["", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];

const HINT: &str = "Remove the option: the default, index.handler, calls the skill. If a layer has the module, add that to lambdaConfiguration.Layers";

/// Returns the path of the handler's module, without an extension, if the package does not have it. A layer may.
///
/// # Errors
/// `InvalidOption` for a handler that Lambda cannot read.
pub(crate) fn missing_module(sources: &BTreeMap<String, Source>, handler: &str) -> Result<Option<String>> {
    let refused = |problem: &str| {
        let message = format!("lambdaConfiguration.Handler is \"{handler}\", but {problem}");
        Err(Error::new(ErrorCode::InvalidOption, message).hint(HINT))
    };
    if handler.contains("..") {
        return refused("Lambda does not accept .. in it");
    }
    let Some((folder, module)) = split(handler) else {
        return refused("must name a module and a function in it, as index.handler does");
    };
    let Some(folder) = below_code_folder(folder) else { return Ok(None) };
    let path = format!("{folder}{module}");
    let folders = parents(&folder).chain([folder.as_str()]);
    let is_package = folders.map(|parent| format!("{parent}node_modules/{module}")).any(|path| has(sources, &path));
    let is_known = has(sources, &path) || is_package;
    Ok((!is_known).then_some(path))
}

/// Returns the error for a module that neither the package nor a layer has.
pub(crate) fn missing_module_error(path: &str) -> Error {
    let files: Vec<_> = EXTENSIONS[1..4].iter().map(|extension| format!("{path}{extension}")).collect();
    let message = format!("lambdaConfiguration.Handler names a module that the package lacks: {}", files.join(" or "));
    Error::new(ErrorCode::InvalidOption, message).hint(HINT)
}

/// Returns the folder of a handler, with its `/`, and the name of its module.
fn split(handler: &str) -> Option<(&str, &str)> {
    let (folder, name) = handler.split_at(handler.rfind('/').map_or(0, |slash| slash + 1));
    let (module, function) = name.split_once('.')?;
    (!module.is_empty() && !function.is_empty()).then_some((folder, module))
}

/// Returns a folder relative to that of the code, or `None` if it is elsewhere, as that of layers.
fn below_code_folder(folder: &str) -> Option<String> {
    let relative = folder.strip_prefix(CODE_FOLDER).unwrap_or(folder);
    if relative.starts_with('/') {
        return None;
    }
    let parts = relative.split('/').filter(|part| !part.is_empty() && *part != ".");
    Some(parts.map(|part| format!("{part}/")).collect())
}

/// Returns whether there is a module at a path: a file, a folder, or a link to it. Version 4 of the runtime client does not
/// load folders, but earlier ones do.
fn has(sources: &BTreeMap<String, Source>, path: &str) -> bool {
    EXTENSIONS.iter().any(|extension| source::is_there(sources, &format!("{path}{extension}")))
}

/// Returns the folders above a folder, from that of the code on, each with its `/`.
fn parents(folder: &str) -> impl Iterator<Item = &str> {
    let ends = folder.match_indices('/').map(|(end, _)| end + 1).filter(|end| *end < folder.len());
    [0].into_iter().chain(ends).map(|end| &folder[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(handler: &str) -> Result<Option<String>> {
        let file = |name: &str| (name.to_owned(), Source::Memory(Vec::new()));
        let files = [
            "index.js",
            "skill.js",
            "src/lib/node_modules/near/index.js",
            "node_modules/@acme/wrapper/package.json",
            "node_modules/wrapper/dist/entry.cjs",
            "node_modules/wrapper/package.json",
        ];
        let mut sources: BTreeMap<_, _> = files.into_iter().map(file).collect();
        sources.insert("node_modules/linked".to_owned(), Source::Link(".pnpm/linked".into()));
        missing_module(&sources, handler)
    }

    #[test]
    fn a_module_that_the_runtime_finds_is_not_missing() {
        for handler in [
            "index.handler",
            "./index.handler",
            "/var/task/index.handler",
            "index.nested.handler",
            "node_modules/wrapper/dist/entry.handler",
            "node_modules/wrapper/dist.handler",
            "node_modules/@acme/wrapper.handler",
            "wrapper.handler",
            "src/lib/deep/near.handler",
            "node_modules/linked/index.handler",
            "/opt/nodejs/node_modules/wrapper/index.handler",
        ] {
            assert_eq!(found(handler).unwrap(), None, "{handler}");
        }
    }

    #[test]
    fn a_module_that_the_runtime_does_not_find_is_missing() {
        for (handler, expected) in [
            ("main.handler", "main"),
            ("./src//main.handler", "src/main"),
            ("/var/task/main.handler", "main"),
            ("node_modules/wrapper/entry.handler", "node_modules/wrapper/entry"),
            ("wrap.handler", "wrap"),
            ("near.handler", "near"),
        ] {
            assert_eq!(found(handler).unwrap().as_deref(), Some(expected), "{handler}");
        }
        assert!(
            missing_module_error("src/main")
                .to_string()
                .contains("src/main.js or src/main.mjs or src/main.cjs. Remove the option")
        );
    }

    #[test]
    fn a_handler_that_the_runtime_cannot_read_is_refused() {
        for (handler, expected) in [
            ("../index.handler", "does not accept .. in it"),
            ("index..handler", "does not accept .. in it"),
            ("handler", "must name a module and a function in it"),
            ("index.", "must name a module and a function in it"),
            (".handler", "must name a module and a function in it"),
            ("src/", "must name a module and a function in it"),
        ] {
            let error = found(handler).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidOption);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
