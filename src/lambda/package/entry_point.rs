//! Finds the file that Node.js loads for the name of a package.
//!
//! See <https://nodejs.org/api/packages.html#package-entry-points> and
//! <https://nodejs.org/api/modules.html#folders-as-modules>.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::lambda::package::source::{self, Source};

/// The conditions of `exports` that Node.js applies to `require` or `import`
/// (<https://nodejs.org/api/packages.html#conditional-exports>).
const CONDITIONS: [&str; 6] = ["node-addons", "node", "import", "require", "module-sync", "default"];

/// The ends that Node.js tries for `main`.
const SUFFIXES: [&str; 7] = ["", ".js", ".json", ".node", "/index.js", "/index.json", "/index.node"];

/// The entry point in a `package.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum EntryPoint {
    /// It is `index.js`, or the package can be loaded by the paths of its files only.
    #[default]
    Unnamed,
    Main(String),
    /// Those of all conditions.
    Exports(Vec<String>),
}

impl EntryPoint {
    /// Returns that of a `package.json`. Node.js does not read `main` of a package with `exports`.
    pub(crate) fn from_json(json: &Map<String, Value>) -> Self {
        match (json.get("exports"), json.get("main").and_then(Value::as_str)) {
            (Some(exports), _) if !exports.is_null() => {
                let mut targets = Vec::new();
                add_targets(of_package(exports), &mut targets);
                if targets.is_empty() { EntryPoint::Unnamed } else { EntryPoint::Exports(targets) }
            }
            (_, Some(main)) if !main.is_empty() => EntryPoint::Main(main.to_owned()),
            _ => EntryPoint::Unnamed,
        }
    }

    /// Returns the file that a package names and does not have, so that its name cannot be loaded. Of several for several
    /// conditions, only the first is returned, if none is there. `place` is the package's path in the zip.
    pub(crate) fn missing<'a>(&'a self, sources: &BTreeMap<String, Source>, place: &str) -> Option<&'a str> {
        let is_there = |file: &str, suffixes: &[&str]| match join(place, file) {
            Some(path) => suffixes.iter().any(|suffix| source::has_file(sources, &format!("{path}{suffix}"))),
            None => true,
        };
        match self {
            EntryPoint::Unnamed => None,
            EntryPoint::Main(main) => (!is_there(main, &SUFFIXES) && !is_there("", &SUFFIXES[4..])).then_some(main),
            EntryPoint::Exports(targets) => {
                (!targets.iter().any(|target| is_there(target, &[""]))).then(|| targets[0].as_str())
            }
        }
    }
}

/// Returns what `exports` has for the name of the package.
fn of_package(exports: &Value) -> &Value {
    match exports.as_object() {
        Some(paths) if paths.keys().any(|key| key.starts_with('.')) => paths.get(".").unwrap_or(&Value::Null),
        _ => exports,
    }
}

fn add_targets(value: &Value, targets: &mut Vec<String>) {
    match value {
        Value::String(target) => targets.push(target.clone()),
        Value::Array(values) => values.iter().for_each(|value| add_targets(value, targets)),
        Value::Object(conditions) => {
            for condition in CONDITIONS {
                conditions.get(condition).into_iter().for_each(|value| add_targets(value, targets));
            }
        }
        _ => {}
    }
}

/// Returns the path in the zip of a package's file; `None` if it is outside of the package.
fn join(place: &str, file: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in file.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some([place].into_iter().chain(parts).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry_point(json: &str) -> EntryPoint {
        EntryPoint::from_json(&serde_json::from_str(json).unwrap())
    }

    /// Of a package in `m/a` with these files.
    fn missing(json: &str, files: &[&str]) -> Option<String> {
        let file = |name: &&str| (format!("m/a/{name}"), Source::Memory(Vec::new()));
        entry_point(json).missing(&files.iter().map(file).collect(), "m/a").map(str::to_owned)
    }

    #[test]
    fn what_node_js_loads_is_not_missing() {
        for (json, file) in [
            (r"{}", "lib.js"),
            (r#"{"main": ""}"#, "index.d.ts"),
            (r#"{"main": 1}"#, "lib.js"),
            (r#"{"main": "lib"}"#, "lib"),
            (r#"{"main": "./lib"}"#, "lib.js"),
            (r#"{"main": "lib/"}"#, "lib/index.js"),
            (r#"{"main": "lib"}"#, "lib/index.json"),
            (r#"{"main": "lib"}"#, "lib.node"),
            (r#"{"main": "dist/../lib.js"}"#, "lib.js"),
            (r#"{"main": "../lib.js"}"#, "index.d.ts"),
            (r#"{"main": "gone.js"}"#, "index.js"),
            (r#"{"main": "gone.js", "exports": "./lib.js"}"#, "lib.js"),
            (r#"{"main": "lib.js", "exports": null}"#, "lib.js"),
            (r#"{"exports": {"import": "./gone.mjs", "require": "./lib.cjs"}}"#, "lib.cjs"),
            (r#"{"exports": {".": ["./gone.js", {"node": {"default": "./lib.js"}}], "./a": "./a.js"}}"#, "lib.js"),
            (r#"{"exports": {"./a": "./a.js"}}"#, "b.js"),
            (r#"{"exports": {".": null}}"#, "b.js"),
            (r#"{"exports": {"browser": "./gone.js"}}"#, "b.js"),
        ] {
            assert_eq!(missing(json, &[file]), None, "{json}");
        }
    }

    #[test]
    fn the_file_that_a_package_names_and_lacks_is_missing() {
        for (json, file, expected) in [
            (r#"{"main": "dist/index.js"}"#, "src/index.ts", "dist/index.js"),
            (r#"{"main": "Lib.js"}"#, "lib.js", "Lib.js"),
            (r#"{"main": "dist\\index.js"}"#, "dist/index.js", "dist\\index.js"),
            (r#"{"exports": "./dist/index.js"}"#, "index.js", "./dist/index.js"),
            (r#"{"exports": "./lib"}"#, "lib.js", "./lib"),
            (r#"{"exports": "./dist"}"#, "dist/index.js", "./dist"),
            (r#"{"main": "dist"}"#, "dist/index.d.ts", "dist"),
            (r#"{"exports": {"types": "./a.d.ts", "default": "./a.js"}}"#, "a.d.ts", "./a.js"),
            (r#"{"exports": {".": {"require": {"types": "./a.d.ts", "node": "./a.js"}}}}"#, "a.d.ts", "./a.js"),
        ] {
            assert_eq!(missing(json, &[file]).as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn what_a_link_leads_to_counts_as_there() {
        let sources = BTreeMap::from([("m/a/dist".to_owned(), Source::Link("../b".into()))]);
        assert_eq!(entry_point(r#"{"main": "dist/lib/index.js"}"#).missing(&sources, "m/a"), None);
    }
}
