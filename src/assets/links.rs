//! Rejects assets that are not files of the project: links that lead out of it, and the project's own credentials, which
//! are recognized by their content, too.
//!
//! The Litexa CLI follows links when it collects the assets, and an asset is public.

use crate::assets::digest_cache::Digests;
use crate::assets::etag::{Digest, md5_hex};
use crate::assets::source_file::SourceFile;
use crate::config::credential_files;
use crate::config::project_files::{is_project_file, is_project_file_name};
use crate::error::{Error, ErrorCode, Result, shown};
use crate::output::format;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

const OWN_FILE: &str = "a file of the project that may contain credentials";

/// A smaller file does not hold credentials: an access key ID has 16 characters or more
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>), and a secret is longer.
const MIN_CREDENTIALS_BYTES: u64 = 32;

/// A larger file is not one of credentials.
const MAX_CREDENTIALS_BYTES: u64 = 1024 * 1024;

/// How deep a folder of such a name is read: it may be a virtual environment of Python.
const MAX_CREDENTIALS_DEPTH: usize = 3;

/// The assets that look like credentials which are reported by their names.
const MAX_NAMED_CREDENTIALS: usize = 10;

/// A folder with assets.
struct Folder {
    /// Its path without links.
    resolved: PathBuf,
    /// Whether its files may be public, except those with the names of the project's own files.
    is_allowed: bool,
}

/// The folders by their paths.
type Folders<'f> = HashMap<&'f OsStr, Option<Folder>>;

/// The folders that assets may come from, without links.
#[derive(Clone, Debug)]
pub(crate) struct ProjectFolders {
    /// The project, and the folder with its handler.
    projects: Vec<PathBuf>,
    /// The folders of the languages, which may be links themselves.
    assets: Vec<PathBuf>,
}

impl ProjectFolders {
    /// Resolves the folders. Those that do not exist have no files.
    pub(crate) fn new<'p>(projects: [&Path; 2], assets: impl IntoIterator<Item = &'p Path>) -> Self {
        let resolve = |folder: &Path| fs::canonicalize(folder).ok();
        ProjectFolders {
            projects: projects.into_iter().filter_map(resolve).collect(),
            assets: assets.into_iter().filter_map(resolve).collect(),
        }
    }

    /// Checks where the files are that the assets' paths lead to. A file that does not exist is an error later.
    ///
    /// # Errors
    /// `InvalidAssets`, which names all files that must not be uploaded.
    pub(crate) fn validate(&self, files: &[SourceFile]) -> Result<()> {
        let mut folders = HashMap::new();
        let problem = |file| {
            let problem = self.problem_of(file, &mut folders)?;
            Some(format!("{} ({problem})", Path::new(&file.path).display()))
        };
        reject(&files.iter().filter_map(problem).collect::<Vec<_>>())
    }

    /// Checks that no asset has the content of one of the project's own files: a copy or a hard link, by any name.
    ///
    /// # Errors
    /// `InvalidAssets`, which names all files that must not be uploaded.
    pub(crate) fn validate_contents(&self, digests: &Digests) -> Result<()> {
        let own = self.own_contents();
        let is_own = |digest: &Digest| digest.size >= MIN_CREDENTIALS_BYTES && own.contains(&digest.md5);
        let copies = digests.iter().filter(|(_, digest)| is_own(digest));
        let mut invalid: Vec<String> =
            copies.map(|(source, _)| format!("{} ({OWN_FILE})", Path::new(source).display())).collect();
        invalid.sort();
        reject(&invalid)
    }

    /// Looks for files like credentials among those to upload. Returns a warning of those that are assets themselves.
    ///
    /// # Errors
    /// `InvalidAssets`, which names all that a link among the assets leads to.
    pub(crate) fn check_credentials<'s>(&self, sources: impl IntoIterator<Item = &'s Path>) -> Result<Option<String>> {
        let mut folders = HashMap::new();
        let found: Vec<_> =
            sources.into_iter().filter_map(|source| self.credential_file(source, &mut folders)).collect();
        let is_asset = |file: &CredentialFile<'_>| self.assets.iter().any(|folder| file.resolved.starts_with(folder));
        let (assets, linked): (Vec<_>, Vec<_>) = found.iter().partition(|file| is_asset(file));
        let problem = |file: &&CredentialFile<'_>| {
            format!("{} (a link to {}, which looks like credentials)", file.path.display(), shown(&file.resolved))
        };
        reject(&linked.iter().map(problem).collect::<Vec<_>>())?;
        let (listed, others) = assets.split_at(assets.len().min(MAX_NAMED_CREDENTIALS));
        let names: Vec<_> = listed.iter().map(|file| file.path.display().to_string()).collect();
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        Ok((!names.is_empty()).then(|| {
            let names = names.join(", ");
            format!(
                "files among the assets look like credentials: {names}{more}. Remove them, unless everyone may have them"
            )
        }))
    }

    /// Returns a file if it looks like credentials, by its own path or by that of the file that it is a link to. Each folder
    /// is resolved once.
    fn credential_file<'s>(
        &self,
        path: &'s Path,
        folders: &mut HashMap<&'s Path, Option<PathBuf>>,
    ) -> Option<CredentialFile<'s>> {
        let (parent, name) = (path.parent()?, path.file_name()?);
        let folder = folders.entry(parent).or_insert_with(|| fs::canonicalize(parent).ok()).as_ref()?;
        let own = folder.join(name);
        let resolved = if own.is_symlink() { fs::canonicalize(&own).ok()? } else { own.clone() };
        let texts = [self.path_inside(&own), self.path_inside(&resolved)];
        if !texts.iter().any(|text| credential_files::may_be_credential_file(text)) {
            return None;
        }
        let mut bytes = Vec::new();
        fs::File::open(&resolved).ok()?.take(MAX_CREDENTIALS_BYTES).read_to_end(&mut bytes).ok()?;
        let is = texts.iter().any(|text| credential_files::is_credential_file(text, &bytes));
        is.then_some(CredentialFile { path, resolved })
    }

    /// Returns a path in the project or in the assets, with slashes: the names of folders above say nothing about it.
    fn path_inside(&self, resolved: &Path) -> String {
        let mut roots = self.assets.iter().chain(&self.projects);
        let inside = roots.find_map(|root| resolved.strip_prefix(root).ok()).unwrap_or(resolved);
        inside.to_string_lossy().replace('\\', "/")
    }

    /// Returns the MD5s of the project's own files.
    fn own_contents(&self) -> HashSet<String> {
        let entries = self.projects.iter().filter_map(|project| fs::read_dir(project).ok()).flatten().flatten();
        let own = entries.filter(|entry| is_project_file_name(&entry.file_name()));
        let files = own.flat_map(|entry| {
            let walk = WalkDir::new(entry.path()).max_depth(MAX_CREDENTIALS_DEPTH).follow_links(true);
            walk.into_iter().flatten()
        });
        let is_small = |file: &DirEntry| file.metadata().is_ok_and(|file| file.len() <= MAX_CREDENTIALS_BYTES);
        let files = files.filter(|file| file.file_type().is_file() && is_small(file));
        let contents = files.filter_map(|file| crate::fs::read(file.path()).ok());
        contents.map(|content| md5_hex(&content)).collect()
    }

    /// Resolves each folder once, because there may be thousands of files.
    fn problem_of<'f>(&self, file: &'f SourceFile, folders: &mut Folders<'f>) -> Option<String> {
        let metadata = file.metadata.as_ref().ok()?;
        let path = Path::new(&file.path);
        let (parent, name) = (path.parent()?, path.file_name()?);
        if file.is_link {
            let target = fs::canonicalize(path).ok().filter(|_| metadata.is_file())?;
            return self.problem(path, &target);
        }
        let folder = folders.entry(parent.as_os_str()).or_insert_with(|| self.folder(parent)).as_ref()?;
        if folder.is_allowed && !is_project_file_name(name) {
            return None;
        }
        self.problem(path, &folder.resolved.join(name))
    }

    /// Returns `None` for a folder that does not exist.
    fn folder(&self, path: &Path) -> Option<Folder> {
        let resolved = fs::canonicalize(path).ok()?;
        Some(Folder { is_allowed: self.is_inside(&resolved) && !self.is_own(&resolved), resolved })
    }

    fn is_inside(&self, resolved: &Path) -> bool {
        self.projects.iter().chain(&self.assets).any(|folder| resolved.starts_with(folder))
    }

    /// Returns whether this is one of the project's own files, or in a folder of them.
    fn is_own(&self, resolved: &Path) -> bool {
        self.projects.iter().any(|project| resolved.strip_prefix(project).is_ok_and(is_project_file))
    }

    /// Returns why the file at `path`, which is at `resolved` without links, must not be public.
    fn problem(&self, path: &Path, resolved: &Path) -> Option<String> {
        if self.is_own(resolved) {
            return Some(OWN_FILE.to_owned());
        }
        (!self.is_inside(resolved)).then(|| {
            let target =
                if shown(path) == shown(resolved) { String::new() } else { format!(" to {}", shown(resolved)) };
            format!("a link{target}, which is outside of the project")
        })
    }
}

/// A file that looks like credentials.
struct CredentialFile<'s> {
    path: &'s Path,
    /// Its path without links.
    resolved: PathBuf,
}

fn reject(invalid: &[String]) -> Result<()> {
    if invalid.is_empty() {
        return Ok(());
    }
    let count = format::count(invalid.len(), "asset file");
    Err(Error::new(ErrorCode::InvalidAssets, format!("{count} cannot be uploaded: {}", invalid.join(", ")))
        .hint("Remove these files from the assets; copy what the skill needs into the project, in place of a link"))
}
