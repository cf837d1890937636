//! Checks that the package has the module that `lambdaConfiguration.Handler` names.
//!
//! Lambda's runtime looks for it as `src/function/module-loader.ts` and `src/utils/handler-path.ts` of
//! <https://github.com/aws/aws-lambda-nodejs-runtime-interface-client> do, and each invocation fails if it is missing.

use crate::error::{Error, ErrorCode, Result};
use crate::lambda::package::source::Source;
use std::collections::BTreeMap;

/// The folder of the function's code on Lambda.
const CODE_FOLDER: &str = "/var/task/";

/// The ends of a file's name that the runtime adds to that of the module.
const EXTENSIONS: [&str; 4] = ["", ".js", ".mjs", ".cjs"];

/// Checks the handler by the entries of the package.
///
/// # Errors
/// `InvalidOption` if Lambda cannot read the handler, or the package lacks its module.
pub(crate) fn check(sources: &BTreeMap<String, Source>, handler: &str) -> Result<()> {
    let refused = |problem: String| {
        Err(Error::new(ErrorCode::InvalidOption, format!("lambdaConfiguration.Handler is \"{handler}\", {problem}"))
            .hint("Remove the option: the default, index.handler, calls the skill"))
    };
    if handler.contains("..") {
        return refused("but Lambda does not accept .. in it".to_owned());
    }
    let Some((folder, module)) = split(handler) else {
        return refused("but must name a module and a function in it, as index.handler does".to_owned());
    };
    let Some(folder) = below_code_folder(folder) else { return Ok(()) };
    let path = format!("{folder}{module}");
    let is_file = EXTENSIONS.iter().any(|extension| sources.contains_key(&format!("{path}{extension}")));
    let is_package = ["", &folder].iter().any(|root| has_package(sources, &format!("{root}node_modules/{module}")));
    if is_file || is_package || is_behind_link(sources, &folder) {
        return Ok(());
    }
    let files: Vec<_> = EXTENSIONS[1..].iter().map(|extension| format!("{path}{extension}")).collect();
    refused(format!("but the package has none of {}", files.join(", ")))
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

fn has_package(sources: &BTreeMap<String, Source>, path: &str) -> bool {
    let inside = format!("{path}/");
    let is_folder = sources.range(inside.clone()..).next().is_some_and(|(name, _)| name.starts_with(&inside));
    is_folder || sources.contains_key(path) || sources.contains_key(&format!("{path}.js"))
}

/// Returns whether a part of the folder is a link, whose target has the files.
fn is_behind_link(sources: &BTreeMap<String, Source>, folder: &str) -> bool {
    let parents = folder.match_indices('/').map(|(end, _)| &folder[..end]);
    parents.into_iter().any(|parent| matches!(sources.get(parent), Some(Source::Link(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(handler: &str) -> Result<()> {
        let file = |name: &str| (name.to_owned(), Source::Memory(Vec::new()));
        let files =
            ["index.js", "skill.js", "node_modules/wrapper/dist/entry.cjs", "node_modules/wrapper/package.json"];
        let mut sources: BTreeMap<_, _> = files.into_iter().map(file).collect();
        sources.insert("node_modules/linked".to_owned(), Source::Link(".pnpm/linked".into()));
        check(&sources, handler)
    }

    #[test]
    fn a_module_that_the_runtime_finds_is_accepted() {
        for handler in [
            "index.handler",
            "./index.handler",
            "/var/task/index.handler",
            "index.nested.handler",
            "node_modules/wrapper/dist/entry.handler",
            "wrapper.handler",
            "node_modules/linked/index.handler",
            "/opt/nodejs/node_modules/wrapper/index.handler",
        ] {
            assert!(checked(handler).is_ok(), "{handler}");
        }
    }

    #[test]
    fn a_handler_that_the_runtime_cannot_load_is_refused() {
        for (handler, expected) in [
            ("main.handler", "but the package has none of main.js, main.mjs, main.cjs. Remove the option"),
            ("src/index.handler", "has none of src/index.js,"),
            ("node_modules/wrapper/entry.handler", "has none of node_modules/wrapper/entry.js,"),
            ("wrap.handler", "has none of wrap.js,"),
            ("../index.handler", "does not accept .. in it"),
            ("index..handler", "does not accept .. in it"),
            ("handler", "must name a module and a function in it"),
            ("index.", "must name a module and a function in it"),
            (".handler", "must name a module and a function in it"),
            ("src/", "must name a module and a function in it"),
        ] {
            let error = checked(handler).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidOption);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
