//! What the files hold, as S3's ETags tell it: MD5, remembered by size and time of change.

use crate::error::{Error, ErrorCode, Result};
use crate::fs::{self, Stamp};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

/// Files above this size go up in parts. S3 takes up to 5 GB at once, but a part that fails is sent again alone.
pub(crate) const MULTIPART_THRESHOLD: u64 = 16 * MIB;

const MIB: u64 = 1024 * 1024;

/// S3 takes 10,000 parts at most.
const MOST_PARTS: u64 = 10_000;

/// Part sizes of others whose objects may lie in the bucket: ours, `@litexa/deploy-aws` 0.9.0, and the AWS CLI's
/// is the same as ours.
const FOREIGN_PART_SIZES: [u64; 2] = [5 * MIB, 16 * MIB];

/// A file's content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Digest {
    pub(crate) size: u64,
    /// The ETag that S3 gives the object when we upload it, without quotes: the MD5 in hex; of a file that goes up in
    /// parts the MD5 of their MD5s, with their number.
    pub(crate) md5: String,
    /// The MD5 of each part in base64, as the header Content-MD5 wants it, where the file goes up in parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<String>,
}

impl Digest {
    /// Whether a file of this size goes up in parts.
    pub(crate) fn is_in_parts(&self) -> bool {
        self.size > MULTIPART_THRESHOLD
    }
}

/// By the files' paths: as bytes, since paths are compared part by part, which is slow for ten thousand of them.
pub(crate) type Digests = HashMap<OsString, Digest>;

/// The size of a file's parts, the last one excepted.
pub(crate) fn part_size(size: u64) -> u64 {
    size.div_ceil(MOST_PARTS).next_multiple_of(MIB).max(8 * MIB)
}

/// Whether an object of this ETag holds the file, however it was uploaded.
pub(crate) fn is_content_of(source: &Path, digest: &Digest, etag: &str) -> bool {
    if etag == digest.md5 {
        return true;
    }
    let hashed_by = |part| hash(source, Some(part)).is_ok_and(|digest| digest.md5 == etag);
    match etag.split_once('-') {
        Some((_, parts)) => {
            let Ok(parts) = parts.parse::<u64>() else { return false };
            let candidates = FOREIGN_PART_SIZES.into_iter().chain([8 * MIB]);
            candidates.filter(|part| digest.size.div_ceil(*part).max(1) == parts).any(hashed_by)
        }
        // Others send in one go what we send in parts.
        None => digest.is_in_parts() && md5_of_file(source).is_ok_and(|md5| md5 == etag),
    }
}

/// Drops what is remembered. It may not be there, and it does no harm where it cannot be removed: it is checked again.
pub(crate) fn forget(cache_path: &Path) {
    let _ = std::fs::remove_file(cache_path);
}

/// The digests of all files; only what has changed since the last time is read.
///
/// # Errors
/// `LocalFile`, naming the file that has vanished or cannot be read.
pub(crate) fn digests(sources: &BTreeSet<OsString>, cache_path: &Path, trust_cache: bool) -> Result<Digests> {
    digests_at(sources, cache_path, trust_cache, SystemTime::now())
}

fn digests_at(
    sources: &BTreeSet<OsString>,
    cache_path: &Path,
    trust_cache: bool,
    started: SystemTime,
) -> Result<Digests> {
    let cache = if trust_cache { Cache::load(cache_path) } else { Cache::default() };
    let sources: Vec<&OsString> = sources.iter().collect();
    let results =
        all_or_every_failure(on_all_cores(&sources, |source| remembered(Path::new(source), &cache, started)))?;
    let read = |file: &File| file.read_now;
    if results.iter().any(read) || results.len() != cache.files.len() {
        let lasting = |(source, file): (&&OsString, &File)| {
            Some((source.to_str()?.to_owned(), (file.stamp?, file.digest.clone())))
        };
        let files: HashMap<_, _> = sources.iter().zip(&results).filter_map(lasting).collect();
        if files != cache.files {
            Cache { files }.save(cache_path)?;
        }
    }
    Ok(sources.into_iter().cloned().zip(results.into_iter().map(|file| file.digest)).collect())
}

/// What is known of a file.
struct File {
    /// If it may be trusted the next time.
    stamp: Option<Stamp>,
    digest: Digest,
    /// It was not remembered.
    read_now: bool,
}

fn remembered(source: &Path, cache: &Cache, started: SystemTime) -> Result<File> {
    let failed = |cause| Error::io("reading the asset", source, &cause);
    let stamp = Stamp::of(&std::fs::metadata(source).map_err(failed)?);
    let settled = stamp.settled_before(started).then_some(stamp);
    let known = source.to_str().and_then(|path| cache.files.get(path));
    if let Some((stamp, digest)) = known
        && settled == Some(*stamp)
        // An earlier version of this module did not remember the parts.
        && digest.is_in_parts() != digest.parts.is_empty()
    {
        return Ok(File { stamp: settled, digest: digest.clone(), read_now: false });
    }
    Ok(File { stamp: settled, digest: hash(source, None).map_err(failed)?, read_now: true })
}

/// Reads a file once, in parts of this size, or as it will be uploaded.
fn hash(source: &Path, part: Option<u64>) -> std::io::Result<Digest> {
    let size = std::fs::metadata(source)?.len();
    if part.is_none() && size <= MULTIPART_THRESHOLD {
        return Ok(Digest { size, md5: md5_of_file(source)?, parts: Vec::new() });
    }
    let part = part.unwrap_or_else(|| part_size(size));
    let starts: Vec<u64> = (0..size.div_ceil(part).max(1)).map(|index| index * part).collect();
    let sums = on_all_cores(&starts, |start| {
        let mut file = fs::open(source)?;
        file.seek(SeekFrom::Start(*start))?;
        md5_of_reader(file.take(part))
    });
    let sums = sums.into_iter().collect::<std::io::Result<Vec<_>>>()?;
    let md5 = format!("{}-{}", hex(&Md5::digest(sums.concat())), sums.len());
    Ok(Digest { size, md5, parts: sums.iter().map(|sum| BASE64.encode(sum)).collect() })
}

/// The digest of a file as it is now, whatever is remembered of it.
pub(crate) fn of(source: &Path) -> std::io::Result<Digest> {
    hash(source, None)
}

/// The MD5 of a file as it is now, in hex.
fn md5_of_file(source: &Path) -> std::io::Result<String> {
    Ok(hex(&md5_of_reader(fs::open(source)?)?))
}

fn md5_of_reader(mut reader: impl Read) -> std::io::Result<[u8; 16]> {
    let mut md5 = Md5::new();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(md5.finalize().into()),
            read => md5.update(&buffer[..read]),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An MD5 in hex as the header Content-MD5 wants it; `None` for what is no hex.
pub(crate) fn content_md5(hex: &str) -> Option<String> {
    let byte = |index| hex.get(index..index + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let bytes: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(byte).collect();
    bytes.map(|bytes| BASE64.encode(bytes))
}

/// The MD5 of what is in memory, in hex.
pub(crate) fn md5_of(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

/// One error that tells of all files that could not be read.
fn all_or_every_failure<R>(results: Vec<Result<R>>) -> Result<Vec<R>> {
    let (good, bad): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    let mut problems = bad.into_iter().filter_map(Result::err).map(|error| error.message).peekable();
    if problems.peek().is_some() {
        return Err(Error::new(ErrorCode::FileError, problems.collect::<Vec<_>>().join("; ")));
    }
    good.into_iter().collect()
}

/// Does the same for each item, in its order.
fn on_all_cores<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let worker = || {
        let mut done = Vec::new();
        while let Some((index, item)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            items.get(index).map(|item| (index, item))
        } {
            done.push((index, work(item)));
        }
        done
    };
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// What is known of files by path. Garbage in it counts as nothing known.
#[derive(Default, Serialize, Deserialize)]
struct Cache {
    files: HashMap<String, (Stamp, Digest)>,
}

impl Cache {
    fn load(path: &Path) -> Self {
        fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    fn save(&self, path: &Path) -> Result<()> {
        fs::write(path, &serde_json::to_vec(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn file(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    #[test]
    fn etags_are_s3s() {
        let folder = tempfile::tempdir().unwrap();
        let small = hash(&file(folder.path(), "a", b"hello"), None).unwrap();
        assert_eq!((small.md5.as_str(), small.size), ("5d41402abc4b2a76b9719d911017c592", 5));
        assert_eq!(hash(&file(folder.path(), "b", b""), None).unwrap().md5, "d41d8cd98f00b204e9800998ecf8427e");
        // 17 MiB of zeros in parts of 8 MiB: computed with `aws s3 cp` conventions by hand.
        let large = file(folder.path(), "c", &vec![0; 17 * MIB as usize]);
        let parts = [8, 8, 1].map(|size| Md5::digest(vec![0; size * MIB as usize]).to_vec()).concat();
        let large = hash(&large, None).unwrap();
        assert_eq!(large.md5, format!("{}-3", md5_of(&parts)));
        assert_eq!(large.parts, parts.chunks(16).map(|sum| BASE64.encode(sum)).collect::<Vec<_>>());
    }

    #[test]
    fn objects_that_others_uploaded_in_parts_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "film.mp4", &vec![7; 6 * MIB as usize]);
        let digest = hash(&path, None).unwrap();
        let by_old_module = hash(&path, Some(5 * MIB)).unwrap().md5;
        assert!(by_old_module.ends_with("-2"));
        assert!(is_content_of(&path, &digest, &by_old_module));
        assert!(is_content_of(&path, &digest, &digest.md5));
        let film = file(folder.path(), "long.mp4", &vec![7; 17 * MIB as usize]);
        let at_once = md5_of(&vec![7; 17 * MIB as usize]);
        assert!(is_content_of(&film, &hash(&film, None).unwrap(), &at_once));
        assert!(!is_content_of(&path, &digest, "00000000000000000000000000000000-2"));
        assert!(!is_content_of(&path, &digest, "garbage"));
    }

    #[test]
    fn headers_want_base64() {
        // As RFC 1864 shows it.
        assert_eq!(content_md5("d41d8cd98f00b204e9800998ecf8427e").as_deref(), Some("1B2M2Y8AsgTpgAmY7PhCfg=="));
        assert_eq!(content_md5("0-1"), None);
        assert_eq!(content_md5("é"), None);
    }

    #[test]
    fn parts_never_exceed_what_s3_takes() {
        assert_eq!(part_size(17 * MIB), 8 * MIB);
        let five_tib = 5 * 1024 * 1024 * MIB;
        assert!(five_tib.div_ceil(part_size(five_tib)) <= MOST_PARTS);
    }

    #[test]
    fn what_did_not_change_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let sources = BTreeSet::from([file(folder.path(), "a", b"hello").into_os_string()]);
        let cache = folder.path().join("cache.json");
        let later = SystemTime::now() + std::time::Duration::from_mins(1);
        let read = |trust_cache| digests_at(&sources, &cache, trust_cache, later).unwrap();
        let truth = read(true);
        // Only a reader of the cache, and not of the file, believes this.
        let text = std::fs::read_to_string(&cache).unwrap().replace(&truth[sources.first().unwrap()].md5, "remembered");
        std::fs::write(&cache, text).unwrap();
        assert_eq!(read(true)[sources.first().unwrap()].md5, "remembered");
        assert_eq!(read(false), truth);
    }

    #[test]
    fn a_file_of_this_moment_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let sources = BTreeSet::from([file(folder.path(), "a", b"old").into_os_string()]);
        let cache = folder.path().join("cache.json");
        let old = digests(&sources, &cache, true).unwrap();
        file(folder.path(), "a", b"new");
        assert_ne!(digests(&sources, &cache, true).unwrap(), old);
    }

    #[test]
    fn a_damaged_cache_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let sources = BTreeSet::from([file(folder.path(), "a", b"hello").into_os_string()]);
        let cache = file(folder.path(), "cache.json", b"{\"files\": 7");
        assert_eq!(digests(&sources, &cache, true).unwrap().values().next().unwrap().size, 5);
    }

    #[test]
    fn all_vanished_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let sources = BTreeSet::from(["gone.mp3", "lost.png"].map(|name| folder.path().join(name).into_os_string()));
        let error = digests(&sources, &folder.path().join("cache.json"), true).unwrap_err();
        assert!(error.message.contains("gone.mp3") && error.message.contains("lost.png"), "{error}");
    }
}
