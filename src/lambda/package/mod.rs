//! The function's package: the handler and `litexa/node_modules` in one zip.
//!
//! The same input makes the same bytes on every machine, so that a digest tells whether Lambda already has the code.
//! What did not change since the last deployment is copied from its zip, neither read nor compressed again.

mod cache;
mod compress;
mod npm_dependencies;
mod project_files;
mod secret_scan;
mod size_limit;
mod source;
#[cfg(test)]
mod tests;
mod walk;
mod zip_writer;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::fs::{self, FileFingerprint};
use crate::lambda::package::cache::{Cache, Identity, Previous, Remembered};
use crate::lambda::package::compress::Queue;
use crate::lambda::package::source::Source;
use crate::lambda::package::zip_writer::Archive;
use crate::output::reporter::Reporter;

pub(crate) use crate::lambda::package::npm_dependencies::brings_own_aws_sdk;

/// What goes into the function's package.
pub(crate) struct Contents<'a> {
    /// Files made in memory: path in the zip, with `/`, and bytes. They win over files of node_modules.
    pub(crate) generated: Vec<(String, Vec<u8>)>,
    /// `<project>/litexa`: its node_modules travels if its package.json exists.
    pub(crate) litexa_root: &'a Path,
    /// What lies outside of it exists on this machine only.
    pub(crate) project_root: &'a Path,
    pub(crate) reporter: &'a dyn Reporter,
}

/// A packed function, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) path: PathBuf,
    /// As Lambda's `CodeSha256` has it.
    pub(crate) sha256_base64: String,
    /// Bytes of the zip. Over 52,428,800 Lambda takes it from S3 only.
    pub(crate) size: u64,
    pub(crate) unpacked_size: u64,
    pub(crate) entries: usize,
    /// Entries that were neither read nor compressed, because they did not change.
    pub(crate) reused: usize,
}

/// Packs `contents` into `zip_path`. `cache_path` remembers how, to make the next time fast; both are replaced in one
/// step, and may be deleted or damaged at any time. Without `use_cache` every file is read and compressed.
pub(crate) fn pack(contents: Contents, zip_path: &Path, cache_path: &Path, use_cache: bool) -> Result<Package> {
    let started = SystemTime::now();
    let reporter = contents.reporter;
    let (sources, previous) = thread::scope(|scope| {
        let previous = scope.spawn(|| use_cache.then(|| Previous::load(cache_path, zip_path)).flatten());
        (sources(contents), previous.join().unwrap_or_default())
    });
    let sources = sources?;
    size_limit::check(&sources)?;
    let steps = plan(sources, previous.as_ref().map(|previous| &previous.cache));
    let packed = match previous.as_ref().and_then(|previous| unchanged(&steps, &previous.cache, zip_path)) {
        Some(package) => package,
        None => replace_zip(steps, previous, zip_path, cache_path, started)?,
    };
    secret_scan::warn(&packed.credentials, reporter);
    Ok(packed.package)
}

/// Everything that is to be packed, by its path in the zip. A `BTreeMap` of strings is sorted by bytes, which is the
/// same order on every machine.
fn sources(contents: Contents) -> Result<BTreeMap<String, Source>> {
    let mut sources = match npm_dependencies::installed(contents.litexa_root, contents.reporter)? {
        Some(folder) => walk::node_modules(&folder, contents.project_root, contents.reporter)?,
        None => BTreeMap::new(),
    };
    sources.extend(contents.generated.into_iter().map(|(name, bytes)| (name, Source::Memory(bytes))));
    Ok(sources)
}

/// An entry to write: copied from the previous zip if it is `kept`, made from its source otherwise.
struct Step {
    name: String,
    source: Source,
    identity: Identity,
    kept: Option<Remembered>,
}

fn plan(sources: BTreeMap<String, Source>, cache: Option<&Cache>) -> Vec<Step> {
    let steps = sources.into_iter().map(|(name, source)| {
        let identity = Identity::of(&source);
        let kept = cache.and_then(|cache| cache.entry(&name, &identity)).cloned();
        Step { name, source, identity, kept }
    });
    steps.collect()
}

/// A package, and the names of its entries that look like credentials.
struct Packed {
    package: Package,
    credentials: Vec<String>,
}

/// The previous package, where it is just what would be packed now.
fn unchanged(steps: &[Step], cache: &Cache, zip_path: &Path) -> Option<Packed> {
    let same = steps.len() == cache.entries.len() && steps.iter().all(|step| step.kept.is_some());
    same.then(|| Packed::new(cache, zip_path, steps.len()))
}

impl Packed {
    fn new(cache: &Cache, zip_path: &Path, reused: usize) -> Self {
        let package = Package {
            path: zip_path.to_path_buf(),
            sha256_base64: cache.sha256_base64.clone(),
            size: cache.zip.size,
            unpacked_size: cache.entries.values().map(|entry| entry.facts.size).sum(),
            entries: cache.entries.len(),
            reused,
        };
        let suspicious = cache.entries.iter().filter(|(_, entry)| entry.facts.looks_like_credentials);
        Packed { package, credentials: suspicious.map(|(name, _)| name.clone()).collect() }
    }
}

/// Writes the zip and then what is remembered of it. A crash between the two leaves a cache that does not fit the zip,
/// which the next deployment ignores.
fn replace_zip(
    steps: Vec<Step>,
    previous: Option<Previous>,
    zip_path: &Path,
    cache_path: &Path,
    started: SystemTime,
) -> Result<Packed> {
    let draft = fs::temp_file_for(zip_path)?;
    // This also closes the previous zip: Windows replaces no file that is open.
    let written = write(steps, previous, draft.as_file(), zip_path, started)?;
    fs::persist(draft, zip_path)?;
    let zip = FileFingerprint::of_path(zip_path).map_err(|cause| Error::io("reading", zip_path, &cause))?;
    let cache = Cache::new(zip, written.sha256_base64, written.entries);
    cache.save(cache_path)?;
    Ok(Packed::new(&cache, zip_path, written.reused))
}

struct Written {
    sha256_base64: String,
    entries: BTreeMap<String, Remembered>,
    reused: usize,
}

/// Writes all entries in order, while other threads compress what is ahead.
fn write(
    steps: Vec<Step>,
    mut previous: Option<Previous>,
    zip: &File,
    zip_path: &Path,
    started: SystemTime,
) -> Result<Written> {
    let mut archive = Archive::new(zip, zip_path);
    let mut entries = BTreeMap::new();
    let mut reused = 0;
    let fresh = steps.iter().filter(|step| step.kept.is_none());
    let queue = Queue::new(fresh.map(|step| (step.name.as_str(), &step.source)).collect());
    queue.with_workers(|| {
        for step in &steps {
            let remembered = match (&step.kept, step.kept.as_ref().and_then(|kept| previous.as_mut()?.read(kept))) {
                (Some(kept), Some(data)) => {
                    reused += 1;
                    kept.moved_to(archive.add(&step.name, kept.facts, data)?)
                }
                (kept, _) => {
                    // What is kept and cannot be read is damaged in the previous zip.
                    let made = if kept.is_none() { queue.take()? } else { compress::one(&step.name, &step.source)? };
                    let offset = archive.add(&step.name, made.facts, &made.data)?;
                    let identity = made.identity(&step.identity).is_stable_before(started);
                    Remembered::new(identity, made.facts, offset, &made.data)
                }
            };
            entries.insert(step.name.clone(), remembered);
        }
        Ok(())
    })?;
    Ok(Written { sha256_base64: archive.finish()?, entries, reused })
}
