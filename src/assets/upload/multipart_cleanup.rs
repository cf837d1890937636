//! Aborts incomplete multipart uploads, whose parts S3 stores and bills until the uploads are aborted
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>).
//!
//! A journal in the project's folder records each upload before its first request. The next deployment aborts the
//! uploads that an earlier one has started and not finished, and uploads of this target that are older than a day. If
//! S3's answer with the ID of an upload was lost, the upload is recognized by its key and time. Only then: an upload of
//! the same key may be one that another machine is working on.

use crate::assets::remote::Remote;
use crate::assets::remote_objects::{listed_key, next_markers};
use crate::aws::s3::next_page;
use crate::aws::server_time::ServerTime;
use crate::aws::{CallError, CallResult};
use crate::error::{Error, Result};
use crate::fs;
use aws_sdk_s3::types::{EncodingType, MultipartUpload};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The journal's name in `.deploy/<target>`.
pub(crate) const FILE_NAME: &str = "multipart-uploads.json";

/// The age at which an upload of another machine counts as orphaned.
const ORPHAN_AGE: Duration = Duration::from_hours(24);

/// The maximum error of a time of this machine's clock, after it was corrected by S3's. Without a correction, S3 rejects
/// requests above it (`RequestTimeTooSkewed`, <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).
const MAX_CLOCK_SKEW: Duration = Duration::from_mins(15);

/// A multipart upload that was started and has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JournalEntry {
    bucket: String,
    key: String,
    /// `None` until S3 has returned it, and if an answer with an ID was lost.
    upload_id: Option<String>,
    /// In seconds since the Unix epoch, by this machine's clock.
    started_at: u64,
}

/// The multipart uploads that were started from this project's folder and have not ended.
pub(crate) struct UploadJournal {
    path: PathBuf,
    /// The bucket of this deployment. The entries of an earlier one may be in another bucket.
    bucket: String,
    /// In the order in which the uploads were started. Two uploads of a key may have equal entries: a deployment that is
    /// killed and the next one may start theirs within a second.
    entries: Mutex<Vec<JournalEntry>>,
    /// Whether this deployment has started an upload.
    has_started: AtomicBool,
}

impl UploadJournal {
    /// Reads the journal. A damaged one counts as empty: its uploads are aborted after a day.
    pub(crate) fn load(path: PathBuf, bucket: &str) -> Self {
        let entries = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        UploadJournal {
            path,
            bucket: bucket.to_owned(),
            entries: Mutex::new(entries.unwrap_or_default()),
            has_started: AtomicBool::new(false),
        }
    }

    /// Records an upload before its first request.
    pub(crate) fn record_start(&self, key: &str) -> Result<()> {
        let started_at = unix_seconds(SystemTime::now());
        self.has_started.store(true, Ordering::Relaxed);
        let (bucket, key) = (self.bucket.clone(), key.to_owned());
        self.edit(|entries| entries.push(JournalEntry { bucket, key, upload_id: None, started_at }))
    }

    /// Records the ID of an upload. The entry without an ID stays if another answer with an ID was lost.
    pub(crate) fn record_id(&self, key: &str, upload_id: &str, answer_was_lost: bool) -> Result<()> {
        self.edit(|entries| {
            let Some(index) = self.position(entries, key, None) else { return };
            let entry = JournalEntry { upload_id: Some(upload_id.to_owned()), ..entries[index].clone() };
            if answer_was_lost {
                entries.push(entry);
            } else {
                entries[index] = entry;
            }
        })
    }

    /// Removes an upload that is complete or aborted, or that was never created.
    pub(crate) fn record_end(&self, key: &str, upload_id: Option<&str>) -> Result<()> {
        self.edit(|entries| {
            if let Some(index) = self.position(entries, key, upload_id) {
                entries.remove(index);
            }
        })
    }

    /// Returns the place of the latest entry of an upload. Earlier ones without an ID are those of other deployments.
    fn position(&self, entries: &[JournalEntry], key: &str, upload_id: Option<&str>) -> Option<usize> {
        entries.iter().rposition(|entry| {
            entry.bucket == self.bucket && entry.key == key && entry.upload_id.as_deref() == upload_id
        })
    }

    /// Returns the buckets of uploads with a prefix. The journal may have been written by someone else.
    pub(crate) fn buckets(&self, prefix: &str) -> BTreeSet<String> {
        let entries = self.entries().into_iter().filter(|entry| entry.key.starts_with(prefix));
        entries.map(|entry| entry.bucket).collect()
    }

    /// Removes the uploads with a prefix, except for those in some buckets. The file goes with the last upload.
    pub(crate) fn forget(&self, prefix: &str, except: &[&str]) -> Result<()> {
        let is_kept = |entry: &JournalEntry| !entry.key.starts_with(prefix) || except.contains(&entry.bucket.as_str());
        self.edit(|entries| entries.retain(is_kept))?;
        if !self.is_empty() {
            return Ok(());
        }
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("removing", &self.path, &error)),
            _ => Ok(()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.entries).is_empty()
    }

    fn entries(&self) -> Vec<JournalEntry> {
        lock(&self.entries).clone()
    }

    /// Returns the keys in this bucket that may have uploads with unknown IDs, and when the first one was started.
    fn without_id(&self) -> HashMap<String, u64> {
        let mut keys = HashMap::<String, u64>::new();
        for entry in self.entries() {
            if entry.bucket == self.bucket && entry.upload_id.is_none() {
                let started_at = keys.entry(entry.key).or_insert(entry.started_at);
                *started_at = entry.started_at.min(*started_at);
            }
        }
        keys
    }

    fn remove(&self, entry: &JournalEntry) -> Result<()> {
        self.edit(|entries| entries.retain(|other| other != entry))
    }

    fn clear_without_id(&self) -> Result<()> {
        self.edit(|entries| entries.retain(|entry| entry.bucket != self.bucket || entry.upload_id.is_some()))
    }

    fn edit(&self, edit: impl FnOnce(&mut Vec<JournalEntry>)) -> Result<()> {
        let mut entries = lock(&self.entries);
        let before = entries.clone();
        edit(&mut entries);
        if *entries != before {
            fs::write_atomic(&self.path, &serde_json::to_vec(&*entries).unwrap_or_default())?;
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Aborts the uploads that earlier deployments have recorded.
pub(crate) async fn abort_recorded(remote: &Remote<'_>, journal: &UploadJournal) -> Result<()> {
    for entry in journal.entries() {
        let JournalEntry { bucket, key, upload_id: Some(id), .. } = &entry else { continue };
        // The journal may have been written by someone else.
        if !key.starts_with(remote.prefix) {
            journal.remove(&entry)?;
            continue;
        }
        remote.reporter.log(format!("aborting an interrupted upload of {key}"));
        if abort(remote, bucket, key, id).await {
            journal.remove(&entry)?;
        }
    }
    Ok(())
}

/// Aborts the orphaned uploads of this target, after all its uploads have ended.
///
/// A failure to list them is only logged, because the deployment does not depend on it.
pub(crate) async fn abort_orphaned(remote: &Remote<'_>, journal: &UploadJournal) -> Result<()> {
    let without_id = journal.without_id();
    if without_id.is_empty() && !journal.has_started.load(Ordering::Relaxed) {
        return Ok(());
    }
    let server_time = ServerTime::default();
    let uploads = match list_uploads(remote, &server_time).await {
        Ok(uploads) => uploads,
        Err(error) => {
            remote.reporter.verbose(error.to_string());
            return Ok(());
        }
    };
    let now = unix_seconds(server_time.get());
    // The journal has the times of this machine's clock, which may be wrong.
    let by_server = |time: u64| (time + now).saturating_sub(unix_seconds(SystemTime::now()));
    let mut all_aborted = true;
    for upload in uploads {
        let (Some(key), Some(id)) = (upload.key, upload.upload_id) else { continue };
        let initiated = upload.initiated.and_then(|time| SystemTime::try_from(time).ok()).map(unix_seconds);
        if is_orphaned(initiated, without_id.get(&key).copied().map(by_server), now) {
            remote.reporter.log(format!("aborting an incomplete upload of {key}"));
            all_aborted &= abort(remote, &remote.bucket.name, &key, &id).await;
        }
    }
    // Otherwise, the next deployment tries again.
    if all_aborted { journal.clear_without_id() } else { Ok(()) }
}

/// Lists the incomplete uploads of this target, which fill several pages if there are more than 1,000
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html>).
async fn list_uploads(remote: &Remote<'_>, server_time: &ServerTime) -> Result<Vec<MultipartUpload>, CallError> {
    let bucket = &remote.bucket.name;
    let request =
        remote.s3.list_multipart_uploads().bucket(bucket).prefix(remote.prefix).encoding_type(EncodingType::Url);
    let operation = format!("listing incomplete uploads in {bucket}");
    let (mut uploads, mut markers) = (Vec::new(), None);
    loop {
        let (key, id) = markers.clone().unzip();
        let request = request.clone().set_key_marker(key).set_upload_id_marker(id.flatten());
        let send = || request.clone().customize().interceptor(server_time.clone()).send();
        let page = remote.call(operation.as_str(), "s3:ListBucketMultipartUploads").send(send).await?;
        let decoded = |key: Option<String>| key.map(|key| listed_key(key, page.encoding_type.as_ref()));
        for mut upload in page.uploads.unwrap_or_default() {
            upload.key = decoded(upload.key);
            uploads.push(upload);
        }
        let next = next_markers((page.next_key_marker, page.next_upload_id_marker), page.encoding_type.as_ref());
        markers = next_page(&operation, markers.as_ref(), (page.is_truncated, next))?;
        if markers.is_none() {
            return Ok(uploads);
        }
    }
}

/// Returns whether no deployment continues an upload. `started_at` is when a deployment from this folder has started an
/// upload of the same key. All times are in seconds since the Unix epoch, by S3's clock.
fn is_orphaned(initiated: Option<u64>, started_at: Option<u64>, now: u64) -> bool {
    let Some(initiated) = initiated else { return false };
    let is_own = started_at.is_some_and(|at| initiated.saturating_add(MAX_CLOCK_SKEW.as_secs()) >= at);
    is_own || initiated.saturating_add(ORPHAN_AGE.as_secs()) < now
}

/// Returns whether the upload no longer exists. Warns if aborting it fails.
async fn abort(remote: &Remote<'_>, bucket: &str, key: &str, id: &str) -> bool {
    let request = remote.s3.abort_multipart_upload().bucket(bucket).key(key).upload_id(id);
    let operation = format!("aborting the upload of {key}");
    match remote.call(operation, "s3:AbortMultipartUpload").send(|| request.clone().send()).await.optional() {
        Ok(_) => true,
        Err(error) => {
            remote.reporter.warning(error.to_string());
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_in_the_journal_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        let journal = UploadJournal::load(path.clone(), "b");
        for (key, id) in [("a.mp4", "1"), ("c.mp4", "2")] {
            journal.record_start(key).unwrap();
            journal.record_id(key, id, false).unwrap();
        }
        journal.record_start("d.mp4").unwrap();
        journal.record_end("a.mp4", Some("1")).unwrap();

        let next = UploadJournal::load(path.clone(), "b");
        let entries: Vec<_> = next.entries().into_iter().map(|entry| (entry.key, entry.upload_id)).collect();
        assert_eq!(entries, [("c.mp4".to_owned(), Some("2".to_owned())), ("d.mp4".to_owned(), None)]);
        assert_eq!(next.without_id().into_keys().collect::<Vec<_>>(), ["d.mp4"]);
        next.clear_without_id().unwrap();
        assert!(next.without_id().is_empty());

        std::fs::write(&path, "garbage").unwrap();
        assert!(UploadJournal::load(path, "b").entries().is_empty());
    }

    #[test]
    fn uploads_of_others_and_in_buckets_that_stay_are_kept_and_the_file_goes_with_the_last_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        for bucket in ["a", "b"] {
            UploadJournal::load(path.clone(), bucket).record_start("cats/beta/film.mp4").unwrap();
        }
        let journal = UploadJournal::load(path.clone(), "a");
        assert_eq!(journal.buckets("cats/beta/"), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
        assert_eq!(journal.buckets("dogs/beta/"), BTreeSet::new());
        journal.record_start("dogs/beta/film.mp4").unwrap();
        journal.forget("cats/beta/", &["b"]).unwrap();
        let left = UploadJournal::load(path.clone(), "a");
        assert_eq!(left.buckets("cats/beta/"), BTreeSet::from(["b".to_owned()]));
        assert_eq!(left.buckets("dogs/beta/"), BTreeSet::from(["a".to_owned()]));
        left.forget("", &[]).unwrap();
        assert!(!path.exists());
        left.forget("", &[]).unwrap();
    }

    #[test]
    fn an_upload_of_a_killed_deployment_stays_in_the_journal_while_the_next_deployment_sends_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        // Both start in the same second, mostly.
        UploadJournal::load(path.clone(), "b").record_start("a.mp4").unwrap();
        let complete = |journal: &UploadJournal| {
            journal.record_id("a.mp4", "1", false).unwrap();
            journal.record_end("a.mp4", Some("1")).unwrap();
        };
        let refused = |journal: &UploadJournal| journal.record_end("a.mp4", None).unwrap();
        for end in [&complete as &dyn Fn(&UploadJournal), &refused] {
            let next = UploadJournal::load(path.clone(), "b");
            next.record_start("a.mp4").unwrap();
            end(&next);
            assert!(next.without_id().contains_key("a.mp4"));
        }
    }

    #[test]
    fn an_upload_has_an_entry_without_id_only_if_an_answer_was_lost() {
        let folder = tempfile::tempdir().unwrap();
        let journal = UploadJournal::load(folder.path().join(FILE_NAME), "b");
        for (key, answer_was_lost) in [("a.mp4", false), ("c.mp4", true)] {
            journal.record_start(key).unwrap();
            assert!(journal.without_id().contains_key(key), "{key}");
            journal.record_id(key, "1", answer_was_lost).unwrap();
            journal.record_end(key, Some("1")).unwrap();
        }
        assert_eq!(journal.without_id().into_keys().collect::<Vec<_>>(), ["c.mp4"]);
    }

    #[test]
    fn an_upload_is_orphaned_if_it_is_from_this_folder_or_older_than_a_day() {
        let (day, skew) = (ORPHAN_AGE.as_secs(), MAX_CLOCK_SKEW.as_secs());
        assert!(is_orphaned(Some(1000), Some(1000), 1000));
        assert!(is_orphaned(Some(1000), Some(1000 + skew), 2000), "S3's clock is behind");
        assert!(!is_orphaned(Some(1000), Some(1001 + skew), 2000), "from another machine");
        assert!(!is_orphaned(Some(1000), None, 1000 + day));
        assert!(is_orphaned(Some(1000), None, 1001 + day));
        assert!(!is_orphaned(None, Some(0), u64::MAX));
    }
}
