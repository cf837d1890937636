//! Recognizes dependencies that pnpm leaves out by its settings: an override with the value `-`, or a hook.
//!
//! The `package.json` of a package still names them, but the lockfile does not. See
//! <https://pnpm.io/settings/dependency-resolution#overrides> and <https://pnpm.io/pnpmfile>. Other installers put
//! something else in the place of a required dependency, and so never leave one out.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use crate::fs;
use crate::lambda::package::installer;
use crate::lambda::package::manifest::Manifest;

/// The record of the last installation, and that of the wanted one. The first is elsewhere with a `virtualStoreDir`,
/// the second does not exist with `lockfile: false`.
const FILES: [&str; 2] = ["node_modules/.pnpm/lock.yaml", "pnpm-lock.yaml"];

/// The sections of packages: those of the workspace, and installed ones without and with their dependencies.
const PACKAGE_SECTIONS: [&str; 3] = ["importers", "packages", "snapshots"];

/// The dependencies that pnpm resolved.
#[derive(Default)]
pub(crate) struct PnpmLockfile {
    /// The folder that paths in the file are relative to.
    folder: PathBuf,
    /// The names that a package depends on. The key is `name@version`, or the path of a folder in the workspace.
    dependencies: HashMap<String, HashSet<String>>,
    removed: Vec<RemovingOverride>,
}

/// An override that removes a dependency.
#[derive(Debug, PartialEq, Eq)]
struct RemovingOverride {
    /// The package that loses it; `None` for all.
    parent: Option<String>,
    name: String,
}

impl PnpmLockfile {
    /// Reads the lockfile of the skill, or of the workspace that it is in. Both paths are real ones. Without one,
    /// nothing is left out.
    pub(crate) fn of_skill(litexa_root: &Path, project_root: &Path) -> Self {
        let read = |folder: &Path| {
            let text = FILES.iter().find_map(|file| fs::read(&folder.join(file)).ok())?;
            Some(PnpmLockfile { folder: folder.to_owned(), ..Self::parse(&String::from_utf8_lossy(&text)) })
        };
        installer::roots(litexa_root, project_root).find_map(read).unwrap_or_default()
    }

    /// Returns whether pnpm left out a dependency that the `package.json` in a real folder names.
    pub(crate) fn leaves_out(&self, folder: &Path, manifest: &Manifest, name: &str) -> bool {
        let is_unlisted = |key: &str| self.dependencies.get(key).is_some_and(|names| !names.contains(name));
        match self.path_in_workspace(folder) {
            // Additions to its package.json are unlisted, too, until they are installed.
            Some(path) => is_unlisted(&path) && self.removes(&manifest.name, name),
            None => is_unlisted(&format!("{}@{}", manifest.name, manifest.version)),
        }
    }

    fn removes(&self, package: &str, name: &str) -> bool {
        let is_for = |parent: &Option<String>| parent.as_deref().is_none_or(|parent| parent == package);
        self.removed.iter().any(|removed| removed.name == name && is_for(&removed.parent))
    }

    /// Returns the path of a package of the workspace; `None` for an installed package.
    fn path_in_workspace(&self, folder: &Path) -> Option<String> {
        let inside = folder.strip_prefix(&self.folder).ok()?;
        let parts: Vec<_> = inside.components().map(Component::as_os_str).collect();
        let path = parts.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
        let is_installed = parts.iter().any(|part| *part == "node_modules");
        (!is_installed).then(|| if path.is_empty() { ".".to_owned() } else { path })
    }

    /// Reads the lines that matter of the file, which pnpm writes in one style.
    fn parse(text: &str) -> Self {
        let mut found = PnpmLockfile::default();
        let (mut section, mut package, mut group) = ("", "", "");
        for line in text.lines() {
            let content = line.trim_start();
            let Some((key, value)) = key_and_value(content) else { continue };
            let is_package = PACKAGE_SECTIONS.contains(&section);
            match line.len() - content.len() {
                0 => section = key,
                2 if section == "overrides" && unquoted(value) == "-" => {
                    found.removed.push(RemovingOverride::of_selector(key));
                }
                2 if is_package => {
                    // Without the peers that a version was resolved with.
                    package = key.split('(').next().unwrap_or_default();
                    found.dependencies.entry(package.to_owned()).or_default();
                }
                4 => group = key,
                6 if is_package && group.to_ascii_lowercase().ends_with("dependencies") => {
                    found.dependencies.entry(package.to_owned()).or_default().insert(key.to_owned());
                }
                _ => {}
            }
        }
        found
    }
}

impl RemovingOverride {
    /// Reads `name@range` or `parent@range>name@range`. A range may begin with `>`, after an `@`, a space or a `|`.
    fn of_selector(selector: &str) -> Self {
        let before = |at: usize| selector.get(..at).unwrap_or_default();
        let mut arrows = selector.match_indices('>').map(|(at, _)| at);
        match arrows.rfind(|at| !before(*at).ends_with(['@', ' ', '|'])) {
            Some(at) => RemovingOverride {
                parent: Some(name_of(before(at))),
                name: name_of(selector.get(at + 1..).unwrap_or_default()),
            },
            None => RemovingOverride { parent: None, name: name_of(selector) },
        }
    }
}

/// Returns the name in `name@range`.
fn name_of(package: &str) -> String {
    let range = package.char_indices().skip(1).find(|(_, character)| *character == '@');
    package.get(..range.map_or(package.len(), |(at, _)| at)).unwrap_or_default().to_owned()
}

fn key_and_value(content: &str) -> Option<(&str, &str)> {
    let pair = content.split_once(": ").or_else(|| Some((content.strip_suffix(':')?, "")));
    pair.map(|(key, value)| (unquoted(key), value))
}

fn unquoted(text: &str) -> &str {
    let within = |quote| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    within('\'').or_else(|| within('"')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_names_the_dependency_and_maybe_its_parent() {
        for (selector, parent, name) in [
            ("leaf", None, "leaf"),
            ("leaf@1", None, "leaf"),
            ("leaf@>=1 || >3", None, "leaf"),
            ("@scope/tool", None, "@scope/tool"),
            ("top>leaf", Some("top"), "leaf"),
            ("@scope/tool@1>@scope/leaf@^2", Some("@scope/tool"), "@scope/leaf"),
            ("top@>1>leaf@>2", Some("top"), "leaf"),
        ] {
            let expected = RemovingOverride { parent: parent.map(ToOwned::to_owned), name: name.to_owned() };
            assert_eq!(RemovingOverride::of_selector(selector), expected, "{selector}");
        }
    }

    #[test]
    fn the_dependencies_of_all_sections_are_read() {
        let text = [
            "lockfileVersion: '9.0'",
            "overrides:",
            "  top>leaf: '-'",
            "  other: 1.0.0",
            "importers:",
            "  .: {}",
            "  packages/shared:",
            "    devDependencies:",
            "      '@scope/tool':",
            "        specifier: ^1.0.0",
            "        version: 1.0.0",
            "packages:",
            "  top@1.0.0:",
            "    resolution: {integrity: sha512-x}",
            "    peerDependencies:",
            "      host: ^1.0.0",
            "snapshots:",
            "  top@1.0.0(host@1.0.0)(other@2.0.0):",
            "    dependencies:",
            "      '@scope/tool': 1.0.0",
            "    transitivePeerDependencies:",
            "      - other",
        ];
        let lockfile = PnpmLockfile::parse(&text.join("\r\n"));
        let sorted = |key: &str| {
            let mut names: Vec<_> = lockfile.dependencies[key].iter().map(String::as_str).collect();
            names.sort_unstable();
            names
        };
        assert_eq!(sorted("."), [""; 0]);
        assert_eq!(sorted("packages/shared"), ["@scope/tool"]);
        assert_eq!(sorted("top@1.0.0"), ["@scope/tool", "host"]);
        assert_eq!(lockfile.removed, [RemovingOverride::of_selector("top>leaf")]);
        assert_eq!(lockfile.dependencies.len(), 3);
    }
}
