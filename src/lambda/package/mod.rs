//! Packages the function: the handler and `litexa/node_modules` in one zip.
//!
//! The same input gives the same bytes on every machine, so comparing digests shows whether Lambda already has the code.
//! Entries that did not change since the last deployment are copied from its zip, neither read nor compressed again.

// Public for the fuzz target.
pub(crate) mod cache;
mod compress;
mod content;
mod dependencies;
mod entry_data;
mod entry_point;
mod handler_file;
mod hashing_file;
mod installer;
mod large_file;
mod layout;
mod manifest;
mod messages;
mod native_code;
mod pnpm_lockfile;
mod production;
mod project_files;
mod resolve;
mod running_digest;
mod size_limit;
mod source;
#[cfg(test)]
mod tests;
mod walk;
mod zip_writer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::fs::{self, FileFingerprint};
use crate::lambda::package::cache::{
    Cache, CachedEntries, CachedEntry, PreviousPackage, SourceFingerprint, WrittenData,
};
use crate::lambda::package::compress::{CompressedEntry, CompressionQueue};
use crate::lambda::package::content::{Content, Needed};
use crate::lambda::package::native_code::NativeCode;
use crate::lambda::package::source::Source;
use crate::lambda::package::zip_writer::ZipWriter;

pub(crate) use crate::lambda::package::content::PackageInput;
pub(crate) use crate::lambda::package::handler_file::missing_module_error;
pub(crate) use crate::lambda::package::native_code::Cpu;

/// The files of the package. Both may be deleted or damaged at any time.
pub(crate) struct PackageFiles {
    pub(crate) zip: PathBuf,
    /// Records how the zip was made, which makes the next packaging fast.
    pub(crate) cache: PathBuf,
    /// Both are left as they are: the package is made to be compared, not to be uploaded.
    pub(crate) are_kept: bool,
}

/// A package, ready to be uploaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// The bytes of the zip that the skill's `package.json` does not reach.
    pub(crate) unneeded: u64,
    pub(crate) native_code: NativeCode,
    /// The path of the handler's module, if the package does not have it.
    pub(crate) missing_module: Option<String>,
}

impl Package {
    /// Stands for the deployed code in a dry run that does not compare the code.
    pub(crate) fn deployed(sha256_base64: &str) -> Self {
        Package {
            path: PathBuf::new(),
            sha256_base64: sha256_base64.to_owned(),
            size: 0,
            unzipped_size: 0,
            entries: 0,
            reused: 0,
            unneeded: 0,
            native_code: NativeCode::default(),
            missing_module: None,
        }
    }
}

/// Writes the package. Leaves the zip as it is if nothing changed.
///
/// # Errors
/// `InvalidPackage` if dependencies do not resolve, a file cannot be packaged, or the package exceeds Lambda's limit;
/// `InvalidOption` for a handler that Lambda cannot read; `FileError` if a file cannot be read or written.
pub(crate) fn pack(input: PackageInput, files: &PackageFiles) -> Result<Package> {
    let started = SystemTime::now();
    let (reporter, use_cache, include) = (input.reporter, input.use_cache, input.include);
    let handler = input.handler;
    let load = || use_cache.then(|| PreviousPackage::load(&files.cache, &files.zip)).flatten();
    let (content, previous) = fs::parallel(|| content::collect(input), load);
    let Content { sources, needed } = content?;
    size_limit::check(&sources, include)?;
    let missing_module = match handler {
        Some(handler) => handler_file::missing_module(&sources, handler)?,
        None => None,
    };
    let plans = plan_entries(sources, previous.as_ref().map(|previous| &previous.cache));
    let is_unchanged = previous.as_ref().is_some_and(|previous| is_unchanged(&plans, &previous.cache));
    let (cache, reused) = match previous {
        Some(previous) if is_unchanged => (previous.cache, plans.len()),
        previous if files.are_kept => write_temporary(&plans, previous, started)?,
        previous => replace_zip(plans, previous, files, started)?,
    };
    messages::warn_credentials(&cache.credentials(), reporter);
    Ok(Package { missing_module, ..Package::new(&cache, &files.zip, reused, needed) })
}

impl Package {
    fn new(cache: &Cache, zip_path: &Path, reused: usize, needed: Option<Needed>) -> Self {
        let unneeded = needed.as_ref().map_or(0, |needed| cache.size_without(&needed.production));
        let native_code = |needed: Needed| NativeCode::new(cache.native_entries(), &needed.packages, needed.installer);
        Package {
            path: zip_path.to_path_buf(),
            sha256_base64: cache.sha256_base64.clone(),
            size: cache.zip.size,
            unzipped_size: cache.entries.values().map(|entry| entry.metadata.size).sum(),
            entries: cache.entries.len(),
            reused,
            unneeded,
            native_code: needed.map(native_code).unwrap_or_default(),
            missing_module: None,
        }
    }
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

/// Returns whether packaging now would give the previous package.
fn is_unchanged(plans: &[EntryPlan], cache: &Cache) -> bool {
    plans.len() == cache.entries.len() && plans.iter().all(|plan| plan.cached.is_some())
}

/// Replaces the zip, then the cache. After a crash, one of them may be missing, or of another package: then the next
/// deployment ignores both.
fn replace_zip(
    plans: Vec<EntryPlan>,
    previous: Option<PreviousPackage>,
    files: &PackageFiles,
    started: SystemTime,
) -> Result<(Cache, usize)> {
    let draft = fs::temp_file_for(&files.zip)?;
    // This also closes the previous zip: Windows does not replace an open file.
    let written = write_entries(&plans, previous, ZipWriter::new(draft.as_file(), &files.zip), started)?;
    let WrittenZip { sha256_base64, entries, reused } = written;
    let persist = || {
        fs::remove_and_persist(draft, &files.zip)?;
        FileFingerprint::of_path(&files.zip).map_err(|cause| Error::io("reading", &files.zip, &cause))
    };
    let (zip, encoded) = fs::parallel(persist, || cache::encode(&entries));
    let cache = Cache { zip: zip?, sha256_base64, entries };
    cache.save(&files.cache, &encoded?)?;
    Ok((cache, reused))
}

/// Writes a zip that is deleted at once.
fn write_temporary(
    plans: &[EntryPlan],
    previous: Option<PreviousPackage>,
    started: SystemTime,
) -> Result<(Cache, usize)> {
    let draft = fs::temp_file()?;
    let written = write_entries(plans, previous, ZipWriter::new(draft.as_file(), draft.path()), started)?;
    let zip = FileFingerprint::of_path(draft.path()).map_err(|cause| Error::io("reading", draft.path(), &cause))?;
    let WrittenZip { sha256_base64, entries, reused } = written;
    Ok((Cache { zip, sha256_base64, entries }, reused))
}

struct WrittenZip {
    sha256_base64: String,
    entries: CachedEntries,
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
    let queue = CompressionQueue::new(jobs.collect(), writer.folder());
    queue.with_workers(|| {
        for plan in plans {
            let entry = match copy_entry(plan, previous.as_mut(), &mut writer)? {
                Some(copied) => {
                    reused += 1;
                    copied
                }
                None if plan.cached.is_none() => add_entry(plan, queue.take()?, &mut writer, started)?,
                // The entry is damaged in the previous zip.
                None => add_entry(plan, queue.compress_one(&plan.name, &plan.source)?, &mut writer, started)?,
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
    if !previous.is_intact(cached) {
        return Ok(None);
    }
    let offset = writer.start(&plan.name, cached.metadata, cached.length)?;
    previous.copy(cached, |piece| writer.write(piece))?;
    Ok(Some(cached.moved_to(offset)))
}

fn add_entry(
    plan: &EntryPlan,
    compressed: CompressedEntry,
    writer: &mut ZipWriter,
    started: SystemTime,
) -> Result<CachedEntry> {
    let fingerprint = compressed.fingerprint(&plan.fingerprint).if_stable_before(started);
    let (metadata, length) = (compressed.metadata, compressed.data.length());
    let offset = writer.start(&plan.name, metadata, length)?;
    let checksum = compressed.data.write_to(|piece| writer.write(piece))?;
    Ok(CachedEntry::new(fingerprint, metadata, WrittenData { offset, length, checksum }))
}
