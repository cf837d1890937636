//! Packages the function: the handler and `litexa/node_modules` in one zip.
//!
//! The same input gives the same bytes on every machine, so comparing digests shows whether Lambda already has the code.
//! Entries that did not change since the last deployment are copied from its zip, neither read nor compressed again.

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
use std::path::{Path, PathBuf};
use std::thread;
use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::fs::{self, FileFingerprint};
use crate::lambda::package::cache::{Cache, CachedEntry, PreviousPackage, SourceFingerprint};
use crate::lambda::package::compress::{CompressedEntry, CompressionQueue, compress_one};
use crate::lambda::package::source::Source;
use crate::lambda::package::zip_writer::ZipWriter;
use crate::output::reporter::Reporter;

pub(crate) use crate::lambda::package::npm_dependencies::bundles_aws_sdk_v2;

/// The number of files that a warning lists; `--verbose` lists the others.
const MAX_LISTED_FILES: usize = 10;

/// The content of the function's package.
pub(crate) struct PackageInput<'a> {
    /// Generated files: path in the zip, with `/`, and bytes. They take precedence over files of node_modules.
    pub(crate) generated: Vec<(String, Vec<u8>)>,
    /// `<project>/litexa`: its node_modules is included if its package.json exists.
    pub(crate) litexa_root: &'a Path,
    /// Files outside of it exist on this machine only: a link to them is reported.
    pub(crate) project_root: &'a Path,
    pub(crate) reporter: &'a dyn Reporter,
    /// False: every file is read and compressed.
    pub(crate) use_cache: bool,
}

/// The files of the package. Both are replaced atomically, and may be deleted or damaged at any time.
pub(crate) struct PackageFiles {
    pub(crate) zip: PathBuf,
    /// Records how the zip was made, which makes the next packaging fast.
    pub(crate) cache: PathBuf,
}

/// A package, ready to be uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) path: PathBuf,
    /// In the form of Lambda's `CodeSha256`.
    pub(crate) sha256_base64: String,
    /// The size of the zip, in bytes.
    pub(crate) size: u64,
    /// The size of all entries, unzipped, in bytes.
    pub(crate) unzipped_size: u64,
    pub(crate) entries: usize,
    /// The number of entries that did not change, and were neither read nor compressed.
    pub(crate) reused: usize,
}

/// Writes the package. Leaves the zip as it is if nothing changed.
///
/// # Errors
/// `InvalidPackage` if dependencies are not installed, a file cannot be packaged, or the package exceeds Lambda's
/// limit; `FileError` if a file cannot be read or written.
pub(crate) fn pack(input: PackageInput, files: &PackageFiles) -> Result<Package> {
    let started = SystemTime::now();
    let reporter = input.reporter;
    let use_cache = input.use_cache;
    let (sources, previous) = thread::scope(|scope| {
        let load = || use_cache.then(|| PreviousPackage::load(&files.cache, &files.zip)).flatten();
        match thread::Builder::new().spawn_scoped(scope, load) {
            Ok(loading) => (collect_sources(input), loading.join().unwrap_or_default()),
            // The system does not allow another thread.
            Err(_) => (collect_sources(input), load()),
        }
    });
    let sources = sources?;
    size_limit::check(&sources)?;
    let plans = plan_entries(sources, previous.as_ref().map(|previous| &previous.cache));
    let result = match previous.as_ref().and_then(|previous| unchanged(&plans, &previous.cache, &files.zip)) {
        Some(result) => result,
        None => replace_zip(plans, previous, files, started)?,
    };
    warn_credentials(&result.credentials, reporter);
    Ok(result.package)
}

/// Collects everything to package by its path in the zip. A `BTreeMap` of strings is sorted by bytes, which is the same
/// order on every machine.
fn collect_sources(input: PackageInput) -> Result<BTreeMap<String, Source>> {
    let mut sources = match npm_dependencies::installed(input.litexa_root, input.reporter)? {
        Some(folder) => {
            let walked = walk::node_modules(&folder, input.project_root, input.reporter)?;
            warn_excluded(&walked.excluded, input.reporter);
            walked.sources
        }
        None => BTreeMap::new(),
    };
    sources.extend(input.generated.into_iter().map(|(name, bytes)| (name, Source::Memory(bytes))));
    Ok(sources)
}

/// An entry to write: copied from the previous zip if it is `cached`, else compressed from its source.
struct EntryPlan {
    name: String,
    source: Source,
    fingerprint: SourceFingerprint,
    cached: Option<CachedEntry>,
}

fn plan_entries(sources: BTreeMap<String, Source>, cache: Option<&Cache>) -> Vec<EntryPlan> {
    let plans = sources.into_iter().map(|(name, source)| {
        let fingerprint = SourceFingerprint::of(&source);
        let cached = cache.and_then(|cache| cache.entry(&name, &fingerprint)).cloned();
        EntryPlan { name, source, fingerprint, cached }
    });
    plans.collect()
}

/// A package, and the names of its entries that look like credentials.
struct PackResult {
    package: Package,
    credentials: Vec<String>,
}

impl PackResult {
    fn new(cache: &Cache, zip_path: &Path, reused: usize) -> Self {
        let package = Package {
            path: zip_path.to_path_buf(),
            sha256_base64: cache.sha256_base64.clone(),
            size: cache.zip.size,
            unzipped_size: cache.entries.values().map(|entry| entry.metadata.size).sum(),
            entries: cache.entries.len(),
            reused,
        };
        let suspicious = cache.entries.iter().filter(|(_, entry)| entry.metadata.is_credential_file);
        PackResult { package, credentials: suspicious.map(|(name, _)| name.clone()).collect() }
    }
}

/// Returns the previous package if packaging now would give the same one.
fn unchanged(plans: &[EntryPlan], cache: &Cache, zip_path: &Path) -> Option<PackResult> {
    let is_same = plans.len() == cache.entries.len() && plans.iter().all(|plan| plan.cached.is_some());
    is_same.then(|| PackResult::new(cache, zip_path, plans.len()))
}

/// Writes the zip, then the cache. A crash between the two leaves a cache that does not match the zip, which the next
/// deployment ignores.
fn replace_zip(
    plans: Vec<EntryPlan>,
    previous: Option<PreviousPackage>,
    files: &PackageFiles,
    started: SystemTime,
) -> Result<PackResult> {
    let draft = fs::temp_file_for(&files.zip)?;
    // This also closes the previous zip: Windows does not replace an open file.
    let written = write_entries(&plans, previous, ZipWriter::new(draft.as_file(), &files.zip), started)?;
    fs::persist(draft, &files.zip)?;
    let zip = FileFingerprint::of_path(&files.zip).map_err(|cause| Error::io("reading", &files.zip, &cause))?;
    let cache = Cache::new(zip, written.sha256_base64, written.entries);
    cache.save(&files.cache)?;
    Ok(PackResult::new(&cache, &files.zip, written.reused))
}

struct WrittenZip {
    sha256_base64: String,
    entries: BTreeMap<String, CachedEntry>,
    reused: usize,
}

/// Writes all entries in order, while other threads compress those ahead.
fn write_entries(
    plans: &[EntryPlan],
    mut previous: Option<PreviousPackage>,
    mut writer: ZipWriter,
    started: SystemTime,
) -> Result<WrittenZip> {
    let mut entries = BTreeMap::new();
    let mut reused = 0;
    let jobs = plans.iter().filter(|plan| plan.cached.is_none()).map(|plan| (plan.name.as_str(), &plan.source));
    let queue = CompressionQueue::new(jobs.collect());
    queue.with_workers(|| {
        for plan in plans {
            let entry = match copy_entry(plan, previous.as_mut(), &mut writer)? {
                Some(copied) => {
                    reused += 1;
                    copied
                }
                None if plan.cached.is_none() => add_entry(plan, &queue.take()?, &mut writer, started)?,
                // The entry is damaged in the previous zip.
                None => add_entry(plan, &compress_one(&plan.name, &plan.source)?, &mut writer, started)?,
            };
            entries.insert(plan.name.clone(), entry);
        }
        Ok(())
    })?;
    Ok(WrittenZip { sha256_base64: writer.finish()?, entries, reused })
}

/// Copies an entry of the previous zip; returns `None` if it is not there, or damaged.
fn copy_entry(
    plan: &EntryPlan,
    previous: Option<&mut PreviousPackage>,
    writer: &mut ZipWriter,
) -> Result<Option<CachedEntry>> {
    let (Some(cached), Some(previous)) = (&plan.cached, previous) else { return Ok(None) };
    let Some(data) = previous.read(cached) else { return Ok(None) };
    Ok(Some(cached.moved_to(writer.add(&plan.name, cached.metadata, data)?)))
}

fn add_entry(
    plan: &EntryPlan,
    compressed: &CompressedEntry,
    writer: &mut ZipWriter,
    started: SystemTime,
) -> Result<CachedEntry> {
    let offset = writer.add(&plan.name, compressed.metadata, &compressed.data)?;
    let fingerprint = compressed.fingerprint(&plan.fingerprint).if_stable_before(started);
    Ok(CachedEntry::new(fingerprint, compressed.metadata, offset, &compressed.data))
}

/// Lists the entries that look like credentials.
fn warn_credentials(names: &[String], reporter: &dyn Reporter) {
    let warning = "the function's package contains files that look like credentials, readable by anyone who can read \
                   the function's code";
    warn_listing(warning, "looks like credentials", names, reporter);
}

/// Lists the files of node_modules that belong to a Litexa project, and are not packaged for that reason.
fn warn_excluded(names: &[String], reporter: &dyn Reporter) {
    let warning = "node_modules contains a Litexa project's own files, which are excluded from the function's package";
    warn_listing(warning, "excluded", names, reporter);
}

fn warn_listing(warning: &str, verbose: &str, names: &[String], reporter: &dyn Reporter) {
    let (listed, others) = names.split_at(names.len().min(MAX_LISTED_FILES));
    if listed.is_empty() {
        return;
    }
    let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    reporter.warning(format!("{warning}: {}{more}", listed.join(", ")));
    for name in others {
        reporter.verbose(format!("{verbose}: {name}"));
    }
}
