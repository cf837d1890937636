//! What is in node_modules.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::num::NonZero;
use std::path::{Component, Path, PathBuf};
use std::thread;

use walkdir::{DirEntry, WalkDir};

use crate::error::{Error, ErrorCode, Result};
use crate::fs::FileFingerprint;
use crate::lambda::package::project_files::{OwnFiles, is_own};
use crate::lambda::package::secret_scan;
use crate::lambda::package::size_limit::package_of;
use crate::lambda::package::source::Source;
use crate::output::reporter::Reporter;

/// All files of the folder `node_modules` by their path in the zip, as if links were what they point to: a package for
/// Lambda holds no links.
pub(crate) fn node_modules(
    folder: &Path,
    project_root: &Path,
    reporter: &dyn Reporter,
) -> Result<BTreeMap<String, Source>> {
    let mut links = Links::new(folder, project_root, reporter);
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true).into_iter().filter_entry(|entry| !is_git(entry.file_name())) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(cause) => match failure(&cause, folder, reporter) {
                Some(error) => return Err(error),
                None => continue,
            },
        };
        if entry.path_is_symlink() {
            links.check(entry.path(), &name_in_zip(entry.path(), folder)?)?;
        }
        if !entry.file_type().is_dir() {
            files.push(entry);
        }
    }
    if folder.join(".pnpm").is_dir() {
        reporter.warning(
            "litexa/node_modules was made by pnpm, whose links between packages do not survive packing: \
             install with node-linker=hoisted in litexa/.npmrc",
        );
    }
    let own = OwnFiles::new([project_root, folder.parent().unwrap_or(folder)], &files);
    let (own, sources): (Vec<_>, Vec<_>) = looked_at(&files, folder, &own)?.into_iter().partition(|file| file.is_own);
    let left_out: Vec<_> = own.into_iter().map(|file| file.name).collect();
    secret_scan::tell_of_left_out(&left_out, reporter);
    Ok(sources.into_iter().map(|file| (file.name, file.source)).collect())
}

/// A file of a dependency by its path in the zip.
struct Looked {
    name: String,
    source: Source,
    /// Not the dependency's, but a project's: see [`OwnFiles`].
    is_own: bool,
}

/// Looks at every file on all cores: for a package in which nothing changed, that is most of the work.
fn looked_at(files: &[DirEntry], folder: &Path, own: &OwnFiles) -> Result<Vec<Looked>> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let look = |entry: &DirEntry| -> Result<_> {
        let (name, source) = (name_in_zip(entry.path(), folder)?, source(entry)?);
        Ok(Looked { is_own: own.include(entry, &source), name, source })
    };
    thread::scope(|scope| {
        let parts = files.chunks(files.len().div_ceil(cores).max(1));
        let threads: Vec<_> =
            parts.map(|part| scope.spawn(move || part.iter().map(look).collect::<Result<Vec<_>>>())).collect();
        let mut looked = Vec::with_capacity(files.len());
        for thread in threads {
            let defect = |_| Err(Error::new(ErrorCode::Internal, "looking at the files of node_modules failed"));
            looked.extend(thread.join().unwrap_or_else(defect)?);
        }
        Ok(looked)
    })
}

/// Repositories inside of node_modules, and the `.git` files of submodules.
fn is_git(name: &OsStr) -> bool {
    name.as_encoded_bytes().ends_with(b".git")
}

fn source(entry: &DirEntry) -> Result<Source> {
    if !entry.file_type().is_file() {
        let problem = format!("{} is neither a file nor a folder, and cannot be packed", entry.path().display());
        return Err(Error::new(ErrorCode::InvalidPackage, problem).hint("Remove it"));
    }
    let metadata = entry.metadata().map_err(|cause| Error::io("reading", entry.path(), &cause.into()))?;
    Ok(Source::File { stamp: FileFingerprint::of(&metadata), path: entry.path().to_path_buf() })
}

/// The error for a link that leads back to a folder that it is in.
fn round(link: &Path, folder: &Path) -> Error {
    let problem = format!("{} is a link to {}, which holds the link", link.display(), folder.display());
    Error::new(ErrorCode::InvalidPackage, problem).hint("Remove the link")
}

/// What a failure to visit something means; nothing where it is of no importance.
fn failure(cause: &walkdir::Error, folder: &Path, reporter: &dyn Reporter) -> Option<Error> {
    let path = cause.path().unwrap_or(folder);
    if path.file_name().is_some_and(is_git) {
        return None;
    }
    if let Some(ancestor) = cause.loop_ancestor() {
        return Some(round(path, ancestor));
    }
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) {
        // Only command lines look in there, and what is not installed for production is often still linked.
        if path.parent().and_then(Path::file_name) == Some(OsStr::new(".bin")) {
            reporter.verbose(format!("{} is a broken link, and is left out", path.display()));
            return None;
        }
        let target = fs::read_link(path).unwrap_or_default();
        let reason = cause.io_error().map_or_else(|| cause.to_string(), ToString::to_string);
        let problem = format!("the link {} to {} cannot be followed: {reason}", path.display(), target.display());
        return Some(
            Error::new(ErrorCode::InvalidPackage, problem).hint("Run npm install in litexa, or remove the link"),
        );
    }
    let (kind, reason) =
        cause.io_error().map_or((ErrorKind::Other, cause.to_string()), |io| (io.kind(), io.to_string()));
    Some(Error::io("reading", path, &std::io::Error::new(kind, reason)))
}

/// The path in the zip, with `/` on every machine.
fn name_in_zip(path: &Path, folder: &Path) -> Result<String> {
    let mut name = String::from("node_modules");
    for component in path.strip_prefix(folder).unwrap_or(path).components() {
        let part = match component {
            Component::Normal(part) => part.to_str(),
            _ => None,
        };
        let Some(part) = part else {
            let problem = format!("{} has a name that is no Unicode text", path.display());
            return Err(Error::new(ErrorCode::InvalidPackage, problem).hint("Rename it"));
        };
        name.push('/');
        name.push_str(part);
    }
    Ok(name)
}

/// Watches where links lead.
struct Links<'a> {
    folder: PathBuf,
    project_root: PathBuf,
    reporter: &'a dyn Reporter,
    /// The package with the last link out of the project. All links of a package come in one run.
    warned: Option<String>,
}

impl<'a> Links<'a> {
    fn new(folder: &Path, project_root: &Path, reporter: &'a dyn Reporter) -> Self {
        let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        Links { folder: real(folder), project_root: real(project_root), reporter, warned: None }
    }

    /// Warns once for each package that comes from outside of the project, as of `npm link` or a workspace, and refuses
    /// what would carry the project's own secrets away.
    fn check(&mut self, link: &Path, name: &str) -> Result<()> {
        let target = fs::canonicalize(link).map_err(|cause| Error::io("reading", link, &cause))?;
        // Found out here, since the whole disk may lie between such a link and its next appearance.
        if name != "node_modules" && self.folder.starts_with(&target) {
            return Err(round(link, &target));
        }
        let Ok(inside) = target.strip_prefix(&self.project_root) else {
            let package = package_of(name);
            // The commands of a package that is warned of.
            if package == ".bin" {
                return Ok(());
            }
            if self.warned.as_deref() != Some(package) {
                self.warned = Some(package.to_string());
                self.reporter.warning(format!(
                    "{name} is a link out of the project, to {}: what is there now is packed",
                    target.display()
                ));
            }
            return Ok(());
        };
        let in_litexa = self.folder.parent().and_then(|litexa_root| target.strip_prefix(litexa_root).ok());
        if is_own(inside) || in_litexa.is_some_and(is_own) {
            let problem = format!("{} is a link to the project's own {}", link.display(), inside.display());
            return Err(Error::new(ErrorCode::InvalidPackage, problem).hint("Remove the link"));
        }
        Ok(())
    }
}
