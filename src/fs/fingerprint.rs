//! Detects that a file changed without reading it.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The coarsest time of modification of a file system in use: that of FAT
/// (<https://learn.microsoft.com/en-us/windows/win32/sysinfo/file-times>).
const MTIME_GRANULARITY: Duration = Duration::from_secs(2);

/// The size, times (nanoseconds since the epoch) and inode of a file.
///
/// The time of modification alone is not enough: packages are extracted with the time that their archive gives, so two
/// versions of a `package.json` can have the same size and time. The time of change of the inode cannot be set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, i64, i64, u64)", into = "(u64, i64, i64, u64)")]
pub(crate) struct FileFingerprint {
    pub(crate) size: u64,
    modified: i64,
    changed: i64,
    inode: u64,
}

impl FileFingerprint {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().map_or(0, nanoseconds);
        let (changed, inode) = inode(metadata);
        FileFingerprint { size: metadata.len(), modified, changed, inode }
    }

    pub(crate) fn of_path(path: &Path) -> io::Result<Self> {
        Ok(FileFingerprint::of(&std::fs::metadata(path)?))
    }

    /// Returns whether a change after `moment` would change the fingerprint. A file that was modified just before may
    /// change again within the same tick of the clock (Git calls its entry "racily clean").
    pub(crate) fn is_stable_before(&self, moment: SystemTime) -> bool {
        let limit = nanoseconds(moment - MTIME_GRANULARITY);
        self.modified < limit && self.changed < limit
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> (i64, u64) {
    use std::os::unix::fs::MetadataExt;
    let changed = metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec());
    (changed, metadata.ino())
}

/// Windows does not show the time of change without opening the file. A replaced file has a new time of creation, unless
/// a file of its name was removed within the last 15 seconds ("file system tunneling").
#[cfg(not(unix))]
fn inode(metadata: &Metadata) -> (i64, u64) {
    (metadata.created().map(nanoseconds).unwrap_or(0), 0)
}

fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
    }
}

impl From<(u64, i64, i64, u64)> for FileFingerprint {
    fn from((size, modified, changed, inode): (u64, i64, i64, u64)) -> Self {
        FileFingerprint { size, modified, changed, inode }
    }
}

impl From<FileFingerprint> for (u64, i64, i64, u64) {
    fn from(fingerprint: FileFingerprint) -> Self {
        (fingerprint.size, fingerprint.modified, fingerprint.changed, fingerprint.inode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_just_changed_is_not_stable() {
        let now = SystemTime::now();
        let fingerprint = |age| {
            let time = nanoseconds(now - Duration::from_millis(age));
            FileFingerprint { size: 1, modified: 0, changed: time, inode: 1 }
        };
        assert!(!fingerprint(0).is_stable_before(now));
        assert!(!fingerprint(1_999).is_stable_before(now));
        assert!(fingerprint(2_001).is_stable_before(now));
        assert!(!FileFingerprint { modified: nanoseconds(now), ..fingerprint(9_000) }.is_stable_before(now));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_whose_time_was_set_back_has_another_fingerprint() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("package.json");
        let long_ago = UNIX_EPOCH + Duration::from_mins(8_319_375);
        let write = |text: &str| {
            std::fs::write(&path, text).unwrap();
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
            FileFingerprint::of_path(&path).unwrap()
        };
        let first = write("1.0.0");
        std::thread::sleep(Duration::from_millis(20));
        let second = write("1.0.1");
        assert_eq!((first.size, first.modified), (second.size, second.modified));
        assert_ne!(first, second);
    }
}
