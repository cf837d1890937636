//! Computes the digests of the assets, and reads only files that have changed since the last deployment.
//!
//! The digests are cached together with each file's fingerprint. The cache may be missing or damaged at any time; then
//! the files are read again.

use crate::assets::etag::{Digest, hash_file};
use crate::assets::source_file::SourceFile;
use crate::error::{Error, ErrorCode, Result};
use crate::fs::{self, FileFingerprint, parallel_map};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The digests by the paths of the files. The keys are strings, because comparing a `Path` component by component is
/// slow for ten thousand of them.
pub(crate) type Digests = HashMap<OsString, Digest>;

/// The file of the cache.
#[derive(Clone, Debug)]
pub(crate) struct DigestCache {
    pub(crate) path: PathBuf,
    /// Whether files that are unchanged since the last deployment are not read.
    pub(crate) is_used: bool,
    /// Whether the digests are saved, which a dry run does not do.
    pub(crate) is_saved: bool,
}

impl DigestCache {
    /// Removes the cache. It is not an error if that fails: the cache is checked again when it is read.
    pub(crate) fn clear(&self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Returns the digests of all files, from the cache if it is used and the file is unchanged.
///
/// # Errors
/// `FileError`, which names every file that is missing or cannot be read.
pub(crate) fn digests(sources: Vec<SourceFile>, cache: &DigestCache) -> Result<Digests> {
    digests_at(sources, cache, SystemTime::now())
}

fn digests_at(sources: Vec<SourceFile>, file: &DigestCache, started: SystemTime) -> Result<Digests> {
    let cache = if file.is_used { Cache::load(&file.path) } else { Cache::default() };
    let hash = |source: &SourceFile| cached_or_hash(source, &cache, started);
    let files = collect_errors(parallel_map(&sources, hash))?;
    if file.is_saved && (files.iter().any(|file| file.was_hashed) || files.len() != cache.files.len()) {
        let entry = |(source, file): (&SourceFile, &HashedFile)| {
            Some((source.path.to_str()?.to_owned(), (file.fingerprint?, file.digest.clone())))
        };
        let entries: HashMap<_, _> = sources.iter().zip(&files).filter_map(entry).collect();
        if entries != cache.files {
            Cache { files: entries }.save(&file.path)?;
        }
    }
    Ok(sources.into_iter().map(|source| source.path).zip(files.into_iter().map(|file| file.digest)).collect())
}

struct HashedFile {
    /// `None` if the file has changed so recently that an equal fingerprint would not prove equal content.
    fingerprint: Option<FileFingerprint>,
    digest: Digest,
    /// The digest was not in the cache.
    was_hashed: bool,
}

fn cached_or_hash(source: &SourceFile, cache: &Cache, started: SystemTime) -> Result<HashedFile> {
    let path = Path::new(&source.path);
    let failed = |cause: &std::io::Error| Error::io("reading the asset", path, cause);
    let fingerprint = FileFingerprint::of(source.metadata.as_ref().map_err(failed)?);
    let fingerprint = fingerprint.is_stable_before(started).then_some(fingerprint);
    let cached = source.path.to_str().and_then(|path| cache.files.get(path));
    if let Some((cached_fingerprint, digest)) = cached
        && fingerprint == Some(*cached_fingerprint)
        // Earlier versions did not cache the digests of the parts.
        && digest.is_multipart() != digest.parts.is_empty()
    {
        return Ok(HashedFile { fingerprint, digest: digest.clone(), was_hashed: false });
    }
    Ok(HashedFile { fingerprint, digest: hash_file(path).map_err(|cause| failed(&cause))?, was_hashed: true })
}

/// Returns all values, or one error with the messages of all errors.
fn collect_errors<T>(results: Vec<Result<T>>) -> Result<Vec<T>> {
    let (values, errors): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    if errors.is_empty() {
        return values.into_iter().collect();
    }
    let messages: Vec<_> = errors.into_iter().filter_map(Result::err).map(|error| error.message).collect();
    Err(Error::new(ErrorCode::FileError, messages.join("; ")))
}

/// The content of the cache file: fingerprint and digest by path.
#[derive(Default, Serialize, Deserialize)]
struct Cache {
    files: HashMap<String, (FileFingerprint, Digest)>,
}

impl Cache {
    /// Returns an empty cache if the file is missing or damaged.
    fn load(path: &Path) -> Self {
        fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    fn save(&self, path: &Path) -> Result<()> {
        fs::write_atomic(path, &serde_json::to_vec(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::write_file;

    fn sources<'p>(paths: impl IntoIterator<Item = &'p OsString>) -> Vec<SourceFile> {
        SourceFile::find_all(paths.into_iter().cloned().collect())
    }

    fn cache_at(path: PathBuf) -> DigestCache {
        DigestCache { path, is_used: true, is_saved: true }
    }

    #[test]
    fn an_unchanged_file_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let source = write_file(folder.path(), "a", b"hello").into_os_string();
        let cache = cache_at(folder.path().join("cache.json"));
        let later = SystemTime::now() + std::time::Duration::from_mins(1);
        let read = |is_used| digests_at(sources([&source]), &DigestCache { is_used, ..cache.clone() }, later).unwrap();
        let correct = read(true);
        // Only the cache has this digest, the file does not.
        let md5 = &correct[&source].md5;
        let text = std::fs::read_to_string(&cache.path).unwrap().replace(md5, "from the cache");
        std::fs::write(&cache.path, text).unwrap();
        assert_eq!(read(true)[&source].md5, "from the cache");
        assert_eq!(read(false), correct);
    }

    #[test]
    fn a_file_that_has_just_changed_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let source = write_file(folder.path(), "a", b"old").into_os_string();
        let cache = cache_at(folder.path().join("cache.json"));
        let old = digests(sources([&source]), &cache).unwrap();
        write_file(folder.path(), "a", b"new");
        assert_ne!(digests(sources([&source]), &cache).unwrap(), old);
    }

    #[test]
    fn a_damaged_cache_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let source = write_file(folder.path(), "a", b"hello").into_os_string();
        let cache = cache_at(write_file(folder.path(), "cache.json", b"{\"files\": 7"));
        assert_eq!(digests(sources([&source]), &cache).unwrap()[&source].size, 5);
    }

    #[test]
    fn a_dry_run_does_not_save_the_digests() {
        let folder = tempfile::tempdir().unwrap();
        let source = write_file(folder.path(), "a", b"hello").into_os_string();
        let cache = DigestCache { is_saved: false, ..cache_at(folder.path().join("cache.json")) };
        assert_eq!(digests(sources([&source]), &cache).unwrap()[&source].size, 5);
        assert!(!cache.path.exists());
    }

    #[test]
    fn the_error_names_all_missing_files() {
        let folder = tempfile::tempdir().unwrap();
        let missing = ["gone.mp3", "lost.png"].map(|name| folder.path().join(name).into_os_string());
        let error = digests(sources(&missing), &cache_at(folder.path().join("cache.json"))).unwrap_err();
        assert!(error.message.contains("gone.mp3") && error.message.contains("lost.png"), "{error}");
    }
}
