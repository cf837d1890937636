//! Gives each folder its place in the zip, so that Node.js finds there what it finds on this machine.
//!
//! `litexa/node_modules` keeps its layout, with its links: Lambda extracts symbolic links as such
//! (<https://github.com/pnpm/pnpm/issues/6259>, <https://github.com/microsoft/rushstack/issues/2045>). A folder outside
//! of it, as in a workspace, gets a place in a store within, and links to what it depends on beside it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use crate::config::project_files::is_project_file;
use crate::error::{Error, ErrorCode, Result, shown};
use crate::lambda::package::dependencies::{Dependencies, Dependency};
use crate::lambda::package::entry_point::EntryPoint;
use crate::lambda::package::walk::{self, Folder, Found, FoundFile, FoundLink};
use crate::output::format;
use crate::output::reporter::Reporter;

/// The links to files out of the project that are reported one by one: an installer may link each file.
const MAX_NAMED_LINKS: usize = 5;

const NODE_MODULES: &str = "node_modules";
/// The place in the zip of folders outside of `litexa/node_modules`.
const STORE: &str = "node_modules/.packages";

/// The folders of the deployment. All are real paths.
pub(crate) struct Roots {
    pub(crate) litexa: PathBuf,
    pub(crate) node_modules: PathBuf,
    pub(crate) project: PathBuf,
}

/// The files and links to package.
#[derive(Default)]
pub(crate) struct Layout {
    pub(crate) files: Vec<FoundFile>,
    /// Links to files out of `litexa/node_modules`, whose content is packaged: path in the zip -> file.
    pub(crate) copies: BTreeMap<String, PathBuf>,
    /// Path in the zip -> target in the zip.
    pub(crate) links: BTreeMap<String, String>,
    pub(crate) production: ProductionPackages,
    /// The paths in the zip of all packages that were found.
    pub(crate) packages: Vec<String>,
}

impl Layout {
    /// Removes what is in the place of a link, such as what an installer has left of a package that is elsewhere now: a zip
    /// with both cannot be extracted. Of the link of a scope, only those of its packages are kept, which lead to the
    /// places where these find what they depend on.
    fn remove_below_links(&mut self) {
        let all: BTreeSet<String> = self.links.keys().cloned().collect();
        let has_links =
            |scope: &str| all.iter().any(|path| path.strip_prefix(scope).is_some_and(|rest| rest.starts_with('/')));
        let is_scope = |path: &str| path.rsplit('/').next().is_some_and(|name| name.starts_with('@'));
        self.links.retain(|path, _| !is_scope(path) || !has_links(path));
        let links: BTreeSet<String> = self.links.keys().cloned().collect();
        let is_below = |path: &str| path.match_indices('/').any(|(end, _)| links.contains(&path[..end]));
        self.files.retain(|file| !is_below(&file.name));
        self.copies.retain(|path, _| !is_below(path));
        self.links.retain(|path, _| !is_below(path));
    }
}

/// The packages that the skill's `package.json` reaches, by their path in the zip.
pub(crate) type ProductionPackages = BTreeMap<String, ProductionPackage>;

/// A package that the skill may need at run time.
#[derive(Debug, Default)]
pub(crate) struct ProductionPackage {
    /// Name and version.
    pub(crate) label: String,
    pub(crate) entry_point: EntryPoint,
    /// The package that has this one as an optional dependency, and whether it also has one for Linux.
    pub(crate) optional_for: Option<(String, bool)>,
}

/// Builds a [`Layout`].
struct Builder<'a> {
    roots: &'a Roots,
    dependencies: Dependencies,
    /// The folders outside of `litexa/node_modules` -> their path in the zip.
    outside: HashMap<PathBuf, String>,
    /// How many folders have a name in the store, in lowercase.
    names: HashMap<String, usize>,
    queue: Vec<Folder>,
    /// Path in the zip -> real path.
    file_links: Vec<(String, PathBuf)>,
    layout: Layout,
    reporter: &'a dyn Reporter,
}

/// Lays out the skill's dependencies, and with them everything in `litexa/node_modules`.
///
/// # Errors
/// `InvalidPackage` for a link to the project's credentials, or a dependency that contains the skill; `FileError` if
/// something cannot be read.
pub(crate) fn of(roots: &Roots, dependencies: Dependencies, reporter: &dyn Reporter) -> Result<Layout> {
    let mut builder = Builder {
        roots,
        dependencies,
        outside: HashMap::new(),
        names: HashMap::new(),
        queue: Vec::new(),
        file_links: Vec::new(),
        layout: Layout::default(),
        reporter,
    };
    builder.reject_own_folders()?;
    builder.reject_own_modules()?;
    if roots.node_modules.is_dir() {
        let path = roots.node_modules.clone();
        builder.queue.push(Folder { path, name: Some(NODE_MODULES.to_owned()), without_modules: false });
    }
    let placed = builder.place_packages(0)?;
    builder.layout.production = builder.production(placed);
    builder.walk()?;
    builder.link_packages();
    builder.layout.remove_below_links();
    builder.layout.packages = builder.dependencies.order.iter().filter_map(|folder| builder.place_of(folder)).collect();
    Ok(builder.layout)
}

impl Builder<'_> {
    /// Rejects direct dependencies such as `file:..`, which would package the project into itself.
    fn reject_own_folders(&self) -> Result<()> {
        let direct = self.dependencies.get(&self.roots.litexa).into_iter().flat_map(|skill| &skill.loads);
        for (name, folder) in direct {
            if self.contains_the_skill(folder) {
                let message = format!("the dependency {name} is {}, which contains the skill", shown(folder));
                return Err(Error::new(ErrorCode::InvalidPackage, message)
                    .hint("Move what the skill needs of it into a package of its own, and depend on that"));
            }
        }
        Ok(())
    }

    /// Rejects `litexa/node_modules` if it leads to a folder that contains it.
    fn reject_own_modules(&self) -> Result<()> {
        let Roots { litexa, node_modules, .. } = self.roots;
        if !litexa.starts_with(node_modules) {
            return Ok(());
        }
        let message = format!("litexa/node_modules is a link to {}, which contains the link", shown(node_modules));
        Err(Error::new(ErrorCode::InvalidPackage, message).hint("Remove the link"))
    }

    fn contains_the_skill(&self, folder: &Path) -> bool {
        self.roots.litexa.starts_with(folder)
            || (self.roots.node_modules.starts_with(folder) && self.roots.node_modules != folder)
    }

    /// Gives packages outside of `litexa/node_modules` their place, beginning with that of a number. Returns the
    /// number of packages.
    fn place_packages(&mut self, first: usize) -> Result<usize> {
        let folders = self.dependencies.order.get(first..).unwrap_or_default().to_vec();
        for folder in &folders {
            if folder.starts_with(&self.roots.node_modules) || self.outside.contains_key(folder) {
                continue;
            }
            if self.contains_the_skill(folder) {
                self.reporter.log(format!("skipping {}, which contains the skill", shown(folder)));
                continue;
            }
            self.reject_project_file(folder, folder)?;
            let Some(dependency) = self.dependencies.get(folder) else { continue };
            let (label, name) = (dependency.label(), dependency.name.clone());
            let place = format!("{}/{NODE_MODULES}/{name}", self.new_store_entry(&label));
            self.warn_out_of_project(&name, folder);
            self.place(folder, place, true);
        }
        Ok(self.dependencies.order.len())
    }

    /// Describes the first packages that were found: those that the skill reaches.
    fn production(&self, count: usize) -> ProductionPackages {
        let folders = self.dependencies.order.get(..count).unwrap_or_default();
        let optional: HashMap<_, _> = folders.iter().flat_map(|folder| self.optional_of(folder)).collect();
        let describe = |folder: &PathBuf| {
            let dependency = self.dependencies.get(folder)?;
            let (label, entry_point) = (dependency.label(), dependency.manifest.entry_point.clone());
            let optional_for = optional.get(folder).cloned();
            Some((self.place_of(folder)?, ProductionPackage { label, entry_point, optional_for }))
        };
        folders.iter().filter_map(describe).collect()
    }

    fn optional_of(&self, folder: &Path) -> Vec<(PathBuf, (String, bool))> {
        let Some(parent) = self.dependencies.get(folder) else { return Vec::new() };
        let optional = &parent.manifest.optional;
        let is_for_linux = optional.iter().any(|name| name.contains("linux"));
        let loaded = optional.iter().filter_map(|name| parent.loads.get(name));
        loaded.map(|target| (target.clone(), (parent.label(), is_for_linux))).collect()
    }

    fn place(&mut self, folder: &Path, place: String, without_modules: bool) {
        self.outside.insert(folder.to_owned(), place.clone());
        self.queue.push(Folder { path: folder.to_owned(), name: Some(place), without_modules });
    }

    /// Returns a new folder of the store. Versions of one package that differ in their own dependencies are numbered.
    fn new_store_entry(&mut self, label: &str) -> String {
        let is_safe = |character: char| character.is_ascii_alphanumeric() || "@.-_".contains(character);
        let label: String = label.chars().map(|one| if is_safe(one) { one } else { '+' }).collect();
        let number = self.names.entry(label.to_lowercase()).or_default();
        *number += 1;
        match number {
            1 => format!("{STORE}/{label}"),
            number => format!("{STORE}/{label}~{number}"),
        }
    }

    /// Lists all folders, and places those that their links lead to.
    fn walk(&mut self) -> Result<()> {
        while !self.queue.is_empty() {
            let Found { files, mut links, .. } = walk::walk(std::mem::take(&mut self.queue))?;
            self.layout.files.extend(files);
            // Not in the order of this machine's file system, on which the places of folders would depend.
            links.sort_by(|one, other| one.name.cmp(&other.name));
            for link in links {
                self.add_link(link)?;
            }
        }
        self.add_file_links();
        Ok(())
    }

    fn add_link(&mut self, link: FoundLink) -> Result<()> {
        let FoundLink { path, name } = link;
        let Ok(target) = fs::canonicalize(&path) else {
            let target = fs::read_link(&path).unwrap_or_default();
            self.reporter.log(format!("skipping the broken link {} to {}", shown(&path), shown(&target)));
            return Ok(());
        };
        self.reject_project_file(&path, &target)?;
        if target.is_dir() && self.place_of(&target).is_none() {
            if self.contains_the_skill(&target) {
                let skipped = format!("skipping the link {} to {}", shown(&path), shown(&target));
                self.reporter.log(format!("{skipped}, which contains the skill"));
                return Ok(());
            }
            self.place_target(&name, &target)?;
        }
        match self.place_of(&target).filter(|_| target.is_dir()) {
            Some(place) => drop(self.layout.links.insert(name, place)),
            None => self.file_links.push((name, target)),
        }
        Ok(())
    }

    /// Adds links to files, once all folders have their place: the content of the others is packaged.
    fn add_file_links(&mut self) {
        let mut copies = 0;
        for (name, target) in std::mem::take(&mut self.file_links) {
            if let Some(place) = self.place_of(&target) {
                self.layout.links.insert(name, place);
                continue;
            }
            if self.is_out_of_project(&target) {
                copies += 1;
                if copies <= MAX_NAMED_LINKS {
                    self.warn_out_of_project(&name, &target);
                }
            }
            self.layout.copies.insert(name, target);
        }
        if let Some(more) = copies.checked_sub(MAX_NAMED_LINKS).filter(|more| *more > 0) {
            let are = if more == 1 { "is a link" } else { "are links" };
            self.reporter.warning(format!("{} {are} out of the project as well", format::count(more, "more file")));
        }
    }

    /// Places the folder that a link leads to: a package with all that it depends on, or any other folder.
    fn place_target(&mut self, link: &str, target: &Path) -> Result<()> {
        if target.join("package.json").is_file() {
            let first = self.dependencies.order.len();
            let folder_name = || target.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = package_name(link).map_or_else(folder_name, ToOwned::to_owned);
            self.dependencies.add(vec![(name, target.to_owned())]);
            self.place_packages(first)?;
        }
        if !self.outside.contains_key(target) {
            let label = target.file_name().unwrap_or_default().to_string_lossy();
            let place = self.new_store_entry(&label);
            self.warn_out_of_project(link, target);
            self.place(target, place, false);
        }
        Ok(())
    }

    /// Returns where a file or folder of this machine is in the zip.
    fn place_of(&self, path: &Path) -> Option<String> {
        if let Ok(inside) = path.strip_prefix(&self.roots.node_modules) {
            return Some(join(NODE_MODULES, inside));
        }
        path.ancestors().find_map(|folder| {
            let (place, inside) = (self.outside.get(folder)?, path.strip_prefix(folder).ok()?);
            let is_elsewhere = inside.starts_with(NODE_MODULES) && self.dependencies.get(folder).is_some();
            (!is_elsewhere).then(|| join(place, inside))
        })
    }

    /// Links each package to what it may load, unless that is where Node.js finds it anyway.
    fn link_packages(&mut self) {
        let mut links = BTreeMap::new();
        for folder in std::iter::once(&self.roots.litexa).chain(&self.dependencies.order) {
            if let Some(dependency) = self.dependencies.get(folder) {
                links.extend(self.links_of(folder, dependency));
            }
        }
        for (link, target) in links {
            self.layout.links.entry(link).or_insert(target);
        }
    }

    fn links_of(&self, folder: &Path, dependency: &Dependency) -> Vec<(String, String)> {
        let outside = self.outside.get(folder);
        let link = |(name, target): (&String, &PathBuf)| {
            let place = self.place_of(target)?;
            let link = match outside {
                // Everything in litexa/node_modules finds the same folder above it.
                None if self.outside.contains_key(target) => format!("{NODE_MODULES}/{name}"),
                None => return None,
                // A package may depend on another version of itself.
                Some(own) if *name == dependency.name && target != folder => format!("{own}/{NODE_MODULES}/{name}"),
                Some(_) if *name == dependency.name => return None,
                Some(own) => format!("{}{name}", own.strip_suffix(&dependency.name)?),
            };
            Some((link, place))
        };
        dependency.loads.iter().filter_map(link).collect()
    }

    /// Rejects what belongs to the project itself.
    fn reject_project_file(&self, link: &Path, target: &Path) -> Result<()> {
        let in_root = |root: &Path| target.strip_prefix(root).is_ok_and(is_project_file);
        if !in_root(&self.roots.project) && !in_root(&self.roots.litexa) {
            return Ok(());
        }
        let inside = target.strip_prefix(&self.roots.project).unwrap_or(target);
        let message = format!("{} is a link to the project's own {}", shown(link), shown(inside));
        Err(Error::new(ErrorCode::InvalidPackage, message).hint("Remove the link"))
    }

    /// Returns whether others do not have what a link leads to, as with `npm link`. Installed packages are the same for
    /// all.
    fn is_out_of_project(&self, target: &Path) -> bool {
        let is_installed = target.components().any(|component| component.as_os_str() == NODE_MODULES);
        !is_installed && !target.starts_with(&self.roots.project)
    }

    fn warn_out_of_project(&self, name: &str, target: &Path) {
        if self.is_out_of_project(target) {
            let line = format!("{name} is a link out of the project, to {}", shown(target));
            self.reporter.warning(format!("{line}: its current content is packaged"));
        }
    }
}

fn join(place: &str, inside: &Path) -> String {
    let parts = inside.components().map(|part| part.as_os_str().to_string_lossy());
    std::iter::once(place.into()).chain(parts).collect::<Vec<std::borrow::Cow<str>>>().join("/")
}

/// Returns the name of the package at this path in the zip, if a package is there and nothing below it.
fn package_name(path: &str) -> Option<&str> {
    let (_, name) = path.rsplit_once("node_modules/")?;
    let slashes = usize::from(name.starts_with('@'));
    (name.matches('/').count() == slashes).then_some(name)
}

/// Returns a link's text: its target, relative to the folder of the link. Both are paths in the zip.
pub(crate) fn relative(link: &str, target: &str) -> String {
    let from: Vec<_> = link.split('/').collect();
    let from = from.split_last().map_or(&[][..], |(_, folder)| folder);
    let to: Vec<_> = target.split('/').collect();
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from.iter().skip(shared).map(|_| "..");
    let text = up.chain(to.iter().skip(shared).copied()).collect::<Vec<_>>().join("/");
    if text.is_empty() { ".".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_texts_are_relative_to_the_folder_of_the_link() {
        for (link, target, text) in [
            ("node_modules/a", "node_modules/.pnpm/a@1/node_modules/a", ".pnpm/a@1/node_modules/a"),
            ("node_modules/@s/a", "node_modules/.pnpm/x", "../.pnpm/x"),
            ("node_modules/a/loop", "node_modules", ".."),
            ("node_modules/self", "node_modules", "."),
            ("node_modules/a/b", "node_modules/a", "."),
            ("node_modules/a", "node_modules/ab", "ab"),
        ] {
            assert_eq!(relative(link, target), text, "{link} -> {target}");
        }
    }

    #[test]
    fn a_path_is_a_packages_only_if_it_ends_there() {
        for (path, name) in [
            ("node_modules/a", Some("a")),
            ("node_modules/@s/a", Some("@s/a")),
            ("node_modules/.pnpm/a@1/node_modules/b", Some("b")),
            ("node_modules/a/lib", None),
            ("node_modules/@s", None),
        ] {
            assert_eq!(package_name(path), name, "{path}");
        }
    }
}
