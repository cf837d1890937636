//! What tells, without reading a file, that it changed.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The coarsest clock of a file system still in use (FAT).
const GRANULARITY: Duration = Duration::from_secs(2);

/// A file's size and times. The time of modification alone would not do: packages come out of archives with the time
/// that is written there, so two versions of a package.json can have the same size and time. A change of the inode,
/// or the time at which it was changed, cannot be set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, i64, i64, u64)", into = "(u64, i64, i64, u64)")]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    modified: i64,
    changed: i64,
    inode: u64,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().map_or(0, nanoseconds);
        let (changed, inode) = inode(metadata);
        Stamp { size: metadata.len(), modified, changed, inode }
    }

    pub(crate) fn of_path(path: &Path) -> io::Result<Self> {
        Ok(Stamp::of(&std::fs::metadata(path)?))
    }

    /// False where the file may change once more within the same tick of the clock, so that its stamp proves nothing.
    pub(crate) fn settled_before(&self, moment: SystemTime) -> bool {
        let limit = nanoseconds(moment - GRANULARITY);
        self.modified < limit && self.changed < limit
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> (i64, u64) {
    use std::os::unix::fs::MetadataExt;
    let changed = metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec());
    (changed, metadata.ino())
}

/// Windows shows no time of change without opening the file; a replaced file has a new time of creation, unless it has
/// the name of one that was removed within the last 15 seconds.
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

impl From<(u64, i64, i64, u64)> for Stamp {
    fn from((size, modified, changed, inode): (u64, i64, i64, u64)) -> Self {
        Stamp { size, modified, changed, inode }
    }
}

impl From<Stamp> for (u64, i64, i64, u64) {
    fn from(stamp: Stamp) -> Self {
        (stamp.size, stamp.modified, stamp.changed, stamp.inode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_this_moment_is_not_settled() {
        let now = SystemTime::now();
        let stamp = |age| {
            let time = nanoseconds(now - Duration::from_millis(age));
            Stamp { size: 1, modified: 0, changed: time, inode: 1 }
        };
        assert!(!stamp(0).settled_before(now));
        assert!(!stamp(1_999).settled_before(now));
        assert!(stamp(2_001).settled_before(now));
        assert!(!Stamp { modified: nanoseconds(now), ..stamp(9_000) }.settled_before(now));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_whose_time_was_set_back_has_another_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("package.json");
        let long_ago = UNIX_EPOCH + Duration::from_mins(8_319_375);
        let write = |text: &str| {
            std::fs::write(&path, text).unwrap();
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
            Stamp::of_path(&path).unwrap()
        };
        let first = write("1.0.0");
        std::thread::sleep(Duration::from_millis(20));
        let second = write("1.0.1");
        assert_eq!((first.size, first.modified), (second.size, second.modified));
        assert_ne!(first, second);
    }
}
