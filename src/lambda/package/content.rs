//! Collects what the package contains.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::options::PackageInclude;
use crate::error::{Error, Result};
use crate::lambda::package::dependencies::{Dependencies, Missing, MissingDependencies};
use crate::lambda::package::installer::Installer;
use crate::lambda::package::layout::{self, Layout, ProductionPackages, Roots};
use crate::lambda::package::manifest;
use crate::lambda::package::messages;
use crate::lambda::package::pnpm_lockfile::PnpmLockfile;
use crate::lambda::package::production::Production;
use crate::lambda::package::project_files::ProjectFiles;
use crate::lambda::package::source::{self, Source};
use crate::lambda::package::walk::{self, FoundFile};
use crate::output::reporter::Reporter;

/// The content of the function's package.
pub(crate) struct PackageInput<'a> {
    /// Generated files: path in the zip, with `/`, and bytes. They take precedence over files of node_modules.
    pub(crate) generated: Vec<(String, Vec<u8>)>,
    /// More generated files, for a skill without `aws-sdk` of its own.
    pub(crate) sdk_shim: Vec<(String, Vec<u8>)>,
    /// `<project>/litexa`: its dependencies are included if its package.json exists.
    pub(crate) litexa_root: &'a Path,
    /// Files outside of it exist on this machine only: a link to them is reported.
    pub(crate) project_root: &'a Path,
    pub(crate) reporter: &'a dyn Reporter,
    /// False: every file is read and compressed.
    pub(crate) use_cache: bool,
    pub(crate) include: PackageInclude,
    /// Whether layers may contain dependencies, too.
    pub(crate) has_layers: bool,
    /// The handler whose module is looked for in the package.
    pub(crate) handler: Option<&'a str>,
}

/// The content of a package, by its path in the zip. A `BTreeMap` of strings is sorted by bytes, which is the same order on
/// every machine.
pub(crate) struct Content {
    pub(crate) sources: BTreeMap<String, Source>,
    /// `None` for a skill without a package.json.
    pub(crate) needed: Option<Needed>,
}

/// The part that the skill needs at run time.
pub(crate) struct Needed {
    pub(crate) production: Production,
    pub(crate) packages: ProductionPackages,
    pub(crate) installer: Installer,
}

/// Collects the generated files, and the skill's dependencies.
///
/// # Errors
/// `InvalidPackage` if dependencies do not resolve, or a file cannot be packaged; `FileError` if one cannot be read.
pub(crate) fn collect(input: PackageInput) -> Result<Content> {
    let (mut sources, needed) = match collect_dependencies(&input)? {
        Some((sources, needed)) => (sources, Some(needed)),
        None => (BTreeMap::new(), None),
    };
    let mut generated = input.generated;
    if !bundles_aws_sdk_v2(&sources) {
        sources.remove("node_modules/aws-sdk");
        generated.extend(input.sdk_shim);
    }
    sources.extend(generated.into_iter().map(|(name, bytes)| (name, Source::Memory(bytes))));
    Ok(Content { sources, needed })
}

/// Returns whether the skill has installed `aws-sdk` itself.
fn bundles_aws_sdk_v2(sources: &BTreeMap<String, Source>) -> bool {
    let folder = match sources.get("node_modules/aws-sdk") {
        Some(Source::Link(target)) => format!("node_modules/{target}"),
        _ => "node_modules/aws-sdk".to_owned(),
    };
    sources.contains_key(&format!("{folder}/package.json"))
}

/// Collects the skill's dependencies, or returns `None` for a skill without a package.json.
fn collect_dependencies(input: &PackageInput) -> Result<Option<(BTreeMap<String, Source>, Needed)>> {
    let PackageInput { litexa_root, project_root, reporter, .. } = *input;
    let Some(manifest) = manifest::of_skill(&litexa_root.join("package.json"))? else {
        if litexa_root.join("node_modules").is_dir() {
            reporter.verbose("litexa/node_modules is not packaged, because litexa/package.json does not exist");
        }
        return Ok(None);
    };
    let roots = real_roots(litexa_root, project_root)?;
    let installer = Installer::detect(&roots.litexa, &roots.project);
    let dependencies = Dependencies::of_skill(&roots.litexa, &roots.node_modules, manifest);
    let missing = find_missing(&dependencies, &roots);
    messages::check_damaged(&missing, &installer, reporter)?;
    check_required(&missing.required, &installer, input)?;
    messages::report_other_missing(&missing, reporter);
    if !input.sdk_shim.is_empty() && dependencies.lacks_aws_sdk(&roots.litexa) {
        messages::warn_shim(&installer, reporter);
    }
    let layout = layout::of(&roots, dependencies, reporter)?;
    let production = Production::new(&layout);
    let Layout { files, copies, links, production: packages, .. } = layout;
    let mut sources = file_sources(files, copies, &roots, reporter)?;
    if input.include == PackageInclude::Production {
        sources.retain(|name, _| production.contains(name));
    }
    for (link, target) in &links {
        let is_needed = input.include == PackageInclude::All || production.contains_link(link, target);
        if is_needed && source::exists(&sources, target) {
            sources.insert(link.clone(), Source::Link(layout::relative(link, target)));
        }
    }
    messages::warn_not_loadable(&not_loadable(&sources, &packages), reporter);
    Ok(Some((sources, Needed { production, packages, installer })))
}

/// Returns the packages that Node.js cannot load by their names, and the files that they lack for it.
fn not_loadable(sources: &BTreeMap<String, Source>, packages: &ProductionPackages) -> Vec<String> {
    let lacking = packages.iter().filter_map(|(place, package)| {
        let file = package.entry_point.missing(sources, place)?;
        Some(format!("{} ({file})", package.label))
    });
    lacking.collect()
}

fn real_roots(litexa_root: &Path, project_root: &Path) -> Result<Roots> {
    let real = |path: &Path| path.canonicalize().map_err(|cause| Error::io("reading", path, &cause));
    let litexa = real(litexa_root)?;
    let node_modules = litexa.join("node_modules");
    let node_modules = node_modules.canonicalize().unwrap_or(node_modules);
    Ok(Roots { node_modules, project: real(project_root)?, litexa })
}

/// Returns the sources of files, without those of a Litexa project. `copies` are links to other files.
fn file_sources(
    files: Vec<FoundFile>,
    copies: BTreeMap<String, PathBuf>,
    roots: &Roots,
    reporter: &dyn Reporter,
) -> Result<BTreeMap<String, Source>> {
    let files = files.into_iter().map(|file| Ok((file.name, file.source?))).collect::<Result<Vec<_>>>()?;
    let own = [&*roots.project, &*roots.litexa];
    let project_files = ProjectFiles::collect(own, files.iter().filter_map(|(_, source)| source.path()));
    let copy = |(name, path): (String, PathBuf)| walk::linked_source(&name, &path).map(|source| (name, source));
    let copies = copies.into_iter().map(copy).collect::<Result<Vec<_>>>()?;
    let (mut sources, mut excluded) = (BTreeMap::new(), Vec::new());
    for (name, source) in files.into_iter().chain(copies) {
        if project_files.contains(&source) {
            excluded.push(name);
        } else {
            sources.insert(name, source);
        }
    }
    excluded.sort();
    messages::warn_excluded(&excluded, reporter);
    Ok(sources)
}

fn find_missing(dependencies: &Dependencies, roots: &Roots) -> MissingDependencies {
    let lockfile = LazyCell::new(|| PnpmLockfile::of_skill(&roots.litexa, &roots.project));
    dependencies.missing(&roots.litexa, |folder, manifest, name| lockfile.leaves_out(folder, manifest, name))
}

/// Rejects what would fail in the function. Layers may contain it, and this module does not see them.
fn check_required(missing: &[Missing], installer: &Installer, input: &PackageInput) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let error = messages::missing(missing, &input.litexa_root.join("package.json"), installer);
    if !input.has_layers {
        return Err(error);
    }
    input.reporter.warning(format!("{error} Not needed if a layer of the function contains them"));
    Ok(())
}
