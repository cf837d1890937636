//! Reads `package.json` files.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::ErrorKind;
use std::path::Path;

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::error::{Error, ErrorCode, Result, shown};
use crate::fs;
use crate::lambda::package::entry_point::EntryPoint;

pub(crate) const FILE_NAME: &str = "package.json";

/// The part of a `package.json` that decides what is packaged.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Have to be there.
    pub(crate) required: BTreeSet<String>,
    /// May be missing. As with npm, a dependency that is listed as both is optional.
    pub(crate) optional: BTreeSet<String>,
    /// Peer dependencies, without those that are optional.
    pub(crate) peers: BTreeSet<String>,
    pub(crate) optional_peers: BTreeSet<String>,
    pub(crate) entry_point: EntryPoint,
    /// Why the file is not an object in JSON: then Node.js 22 and later cannot load the package.
    pub(crate) damage: Option<String>,
}

impl Manifest {
    /// Returns the names of everything that this package may load.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        let declared: BTreeSet<_> =
            [&self.required, &self.optional, &self.peers, &self.optional_peers].into_iter().flatten().collect();
        declared.into_iter()
    }

    fn from_json(json: &Map<String, Value>) -> Self {
        let object = |name: &str| json.get(name).and_then(Value::as_object);
        let keys = |name: &str| object(name).into_iter().flat_map(Map::keys).cloned().collect::<BTreeSet<_>>();
        let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let optional = keys("optionalDependencies");
        let is_optional_peer =
            |name: &&String| object("peerDependenciesMeta")?.get(*name)?.get("optional")?.as_bool().filter(|is| *is);
        let (optional_peers, peers) =
            keys("peerDependencies").into_iter().partition(|name| is_optional_peer(&name).is_some());
        Manifest {
            name: text("name"),
            version: text("version"),
            required: keys("dependencies").difference(&optional).cloned().collect(),
            optional,
            peers,
            optional_peers,
            entry_point: EntryPoint::from_json(json),
            damage: None,
        }
    }
}

/// Reads the skill's own `package.json`, or returns `None` if there is none.
///
/// # Errors
/// `InvalidPackage` if it is not valid; `FileError` if it cannot be read.
pub(crate) fn of_skill(path: &Path) -> Result<Option<Manifest>> {
    let text = match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|cause| {
            let cause = std::io::Error::other(cause);
            Error::io("reading", path, &cause).hint("Save it as UTF-8")
        })?,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(Error::io("reading", path, &cause)),
    };
    let invalid = |cause: &dyn Display| {
        Error::new(ErrorCode::InvalidPackage, format!("{} is not a valid package.json: {cause}", shown(path)))
    };
    let json: Value = serde_json::from_str(without_mark(&text)).map_err(|cause| invalid(&cause))?;
    let Value::Object(json) = json else { return Err(invalid(&"it must be an object, {…}")) };
    for name in ["dependencies", "optionalDependencies"] {
        if json.get(name).is_some_and(|value| !value.is_object() && !value.is_null()) {
            return Err(invalid(&format!("its {name} must be an object, {{…}}")));
        }
    }
    Ok(Some(Manifest::from_json(&json)))
}

/// Reads the `package.json` in the folder of a dependency. One that is missing or invalid requires nothing.
pub(crate) fn of_dependency(folder: &Path) -> Manifest {
    let Ok(bytes) = fs::read(&folder.join(FILE_NAME)) else { return Manifest::default() };
    match serde_json::from_slice(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)) {
        Ok(json) => Manifest::from_json(&json),
        Err(_) => Manifest { damage: damage_of(&bytes), ..Manifest::default() },
    }
}

/// Returns why Node.js does not read an object. One may have what does not fit into a `Value`: half of a character.
fn damage_of(bytes: &[u8]) -> Option<String> {
    let text = match str::from_utf8(bytes) {
        Ok(text) => without_mark(text),
        Err(cause) => return Some(cause.to_string()),
    };
    match serde_json::from_str::<IgnoredAny>(text) {
        _ if text.trim().is_empty() => Some("it is empty".to_owned()),
        Err(cause) => Some(cause.to_string()),
        Ok(_) => (!text.trim_start().starts_with('{')).then(|| "it must be an object, {…}".to_owned()),
    }
}

/// Returns a text without a byte order mark, which some Windows editors write, and npm and Node.js accept.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
