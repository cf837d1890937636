//! Finds packages as Node.js does: in the `node_modules` of a folder, then of each folder above it.
//!
//! See <https://nodejs.org/api/modules.html#loading-from-node_modules-folders>. Node.js starts at a module's real path,
//! after following links, so all paths here are real ones.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Resolves names, and remembers what is where.
pub(crate) struct Resolver {
    /// The skill's own `node_modules`: in the function, it is above every other package.
    node_modules: PathBuf,
    /// Folder -> the real path of its `node_modules`, if it has one.
    module_folders: Mutex<HashMap<PathBuf, Option<PathBuf>>>,
}

impl Resolver {
    pub(crate) fn new(node_modules: PathBuf) -> Self {
        Resolver { node_modules, module_folders: Mutex::default() }
    }

    /// Returns the real folder of the package `name` for a module in the folder `from`.
    pub(crate) fn resolve(&self, from: &Path, name: &str) -> Option<PathBuf> {
        if !is_package_name(name) {
            return None;
        }
        let above = from.ancestors().filter(|folder| !folder.ends_with("node_modules"));
        let above = above.filter_map(|folder| self.module_folder(folder)).chain([self.node_modules.clone()]);
        let mut found = above.filter_map(|folder| package_in(&folder, name)).peekable();
        // Only its files can be loaded from a folder without an entry, by their paths.
        let first = found.peek().cloned();
        found.find(|folder| has_entry(folder)).or(first)
    }

    fn module_folder(&self, folder: &Path) -> Option<PathBuf> {
        if let Some(known) = self.lock().get(folder) {
            return known.clone();
        }
        let found = fs::canonicalize(folder.join("node_modules")).ok().filter(|found| found.is_dir());
        self.lock().insert(folder.to_owned(), found.clone());
        found
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Option<PathBuf>>> {
        self.module_folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether this is `name` or `@scope/name`, and so cannot lead out of `node_modules`.
fn is_package_name(name: &str) -> bool {
    let is_plain =
        |part: &str| !part.starts_with('.') && Path::new(part).components().eq([Component::Normal(part.as_ref())]);
    match name.strip_prefix('@').map(|scoped| scoped.split_once('/')) {
        None => is_plain(name),
        Some(Some((scope, rest))) => is_plain(scope) && is_plain(rest),
        Some(None) => false,
    }
}

/// Returns the real folder of a package in a `node_modules`, whose path is real.
fn package_in(node_modules: &Path, name: &str) -> Option<PathBuf> {
    // Part by part: Windows does not accept `/` in a real path.
    let path = name.split('/').fold(node_modules.to_owned(), |path, part| path.join(part));
    let metadata = fs::symlink_metadata(&path).ok()?;
    let is_in_linked_scope = || name.contains('/') && path.parent().is_some_and(Path::is_symlink);
    let folder = if metadata.is_dir() && !is_in_linked_scope() { path } else { fs::canonicalize(path).ok()? };
    is_package(&folder).then_some(folder)
}

/// Returns whether a folder has something to load. Installers leave folders that are empty, or have only a
/// `node_modules` with a cache. A folder that cannot be read is an error when it is packaged.
fn is_package(folder: &Path) -> bool {
    let has_content = || match fs::read_dir(folder) {
        Ok(entries) => {
            let mut names = entries.flatten().map(|entry| entry.file_name());
            names.any(|name| name != "node_modules" && !name.to_string_lossy().starts_with('.'))
        }
        Err(cause) => !matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    };
    has_entry(folder) || has_content()
}

/// Returns whether a package can be loaded by its name
/// (<https://nodejs.org/api/modules.html#folders-as-modules>): Node.js goes on above any other folder.
fn has_entry(folder: &Path) -> bool {
    ["package.json", "index.js", "index.json", "index.node"].iter().any(|entry| folder.join(entry).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_not_packages() {
        for name in ["a", "a.b", "@s/a", "-rf", "猫", "a b"] {
            assert!(is_package_name(name), "{name}");
        }
        for name in ["", ".", "..", "../a", "a/b", "/a", "@s", "@s/", "@s/..", "@../a", "@s/a/b", ".bin"] {
            assert!(!is_package_name(name), "{name}");
        }
    }
}
