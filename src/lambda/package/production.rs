//! Separates what the skill may need at run time from the rest, by its path in the zip.

use std::collections::{BTreeMap, BTreeSet};

use crate::lambda::package::layout::Layout;

const MODULES: &str = "node_modules";

/// Where installers keep packages apart: each in a folder of its own, with links to its dependencies.
const STORES: [&str; 4] = [".pnpm", ".store", ".bun", ".packages"];

/// The folders of the packages that the skill's `package.json` reaches.
#[derive(Default)]
pub(crate) struct Production {
    folders: BTreeSet<String>,
}

impl Production {
    pub(crate) fn new(layout: &Layout) -> Self {
        let folders = layout.production.keys().filter_map(|path| package_folder(path)).map(ToOwned::to_owned);
        let mut production = Production { folders: folders.collect() };
        production.add_linked(&layout.links, layout);
        production
    }

    /// Adds folders other than packages that something needed links to.
    fn add_linked(&mut self, links: &BTreeMap<String, String>, layout: &Layout) {
        let packages: BTreeSet<_> = layout.packages.iter().filter_map(|path| package_folder(path)).collect();
        loop {
            let needed = links.iter().filter(|(link, _)| self.contains(folder_of(link)));
            let linked = needed.filter_map(|(_, target)| package_folder(target));
            let new: Vec<_> = linked.filter(|folder| !packages.contains(folder) && is_in_own_store(folder)).collect();
            let before = self.folders.len();
            self.folders.extend(new.into_iter().map(ToOwned::to_owned));
            if self.folders.len() == before {
                return;
            }
        }
    }

    /// Returns whether a file at this path is needed. Everything outside of packages is.
    pub(crate) fn contains(&self, path: &str) -> bool {
        package_folder(path).is_none_or(|folder| self.folders.contains(folder))
    }

    /// Returns whether a link is needed: if its target is, and what it is in.
    pub(crate) fn contains_link(&self, link: &str, target: &str) -> bool {
        self.contains(folder_of(link)) && self.contains(target)
    }
}

fn is_in_own_store(folder: &str) -> bool {
    folder.starts_with("node_modules/.packages/")
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Returns the folder of the package that this path is in: that of the package itself, or its entry of a store.
fn package_folder(path: &str) -> Option<&str> {
    let (first, inside) = path.split_once('/')?;
    (first == MODULES).then(|| folder_in_modules(path, inside)).flatten()
}

/// `rest` is the end of `path` after a `node_modules/`.
fn folder_in_modules<'a>(path: &'a str, rest: &'a str) -> Option<&'a str> {
    let start = path.len() - rest.len();
    let (name, below) = match rest.split_once('/') {
        Some((name, below)) => (name, Some(below)),
        None => (rest, None),
    };
    if name.starts_with('.') {
        let below = below.filter(|_| STORES.contains(&name))?;
        return match below.split_once('/') {
            Some((MODULES, hoisted)) => folder_in_modules(path, hoisted),
            Some((entry, _)) => path.get(..start + name.len() + 1 + entry.len()),
            None => (below != MODULES).then_some(path),
        };
    }
    let (length, below) = match (name.starts_with('@'), below) {
        (false, below) => (name.len(), below),
        (true, None) => return None,
        (true, Some(below)) => match below.split_once('/') {
            Some((package, below)) => (name.len() + 1 + package.len(), Some(below)),
            None => (rest.len(), None),
        },
    };
    let nested = below.and_then(|below| below.split_once('/')).filter(|(folder, _)| *folder == MODULES);
    let nested = nested.and_then(|(_, inside)| folder_in_modules(path, inside));
    nested.or_else(|| path.get(..start + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_is_in_the_folder_of_one_package() {
        for (path, folder) in [
            ("index.js", None),
            ("node_modules", None),
            ("node_modules/@s", None),
            ("node_modules/.prisma/client/index.js", None),
            ("node_modules/.pnpm", None),
            ("node_modules/.pnpm/node_modules", None),
            ("node_modules/a", Some("node_modules/a")),
            ("node_modules/a/lib/node_modules/b/c.js", Some("node_modules/a")),
            ("node_modules/a/node_modules", Some("node_modules/a")),
            ("node_modules/a/node_modules/.x/y", Some("node_modules/a")),
            ("node_modules/a/node_modules/@s/b/c.js", Some("node_modules/a/node_modules/@s/b")),
            ("node_modules/@s/a/c.js", Some("node_modules/@s/a")),
            ("node_modules/.pnpm/a@1/node_modules", Some("node_modules/.pnpm/a@1")),
            ("node_modules/.pnpm/a@1/node_modules/a/c.js", Some("node_modules/.pnpm/a@1")),
            ("node_modules/.store/a-1/package/c.js", Some("node_modules/.store/a-1")),
            ("node_modules/.pnpm/node_modules/a", Some("node_modules/.pnpm/node_modules/a")),
        ] {
            assert_eq!(package_folder(path), folder, "{path}");
        }
    }
}
