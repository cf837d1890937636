//! Uploads in parts that nobody has finished. S3 keeps their parts, and asks to be paid for them, until somebody
//! gives the upload up.
//!
//! Given up is what deployments from this folder have begun and not ended, and what is older than a day under this
//! target's prefix. A deployment may have begun an upload without having learned its ID, when it died or an answer got
//! lost: such an upload is known by its key and the time.

use crate::aws;
use crate::aws::s3::Bucket;
use crate::error::Result;
use crate::fs;
use crate::output::reporter::Reporter;
use aws_sdk_s3::Client;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// In `.deploy/<target>`.
pub(crate) const FILE_NAME: &str = "uploads-under-way.json";

const ABANDONED: Duration = Duration::from_hours(24);

/// AWS accepts requests of machines whose clock is wrong by up to this much.
const CLOCKS_DIFFER: Duration = Duration::from_mins(15);

/// One upload in parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct UnderWay {
    bucket: String,
    key: String,
    /// `None` as long as S3 has not told it.
    id: Option<String>,
    /// Seconds since 1970 by this machine's clock.
    since: u64,
}

/// The note of the uploads that have begun and not ended.
pub(crate) struct Note {
    path: PathBuf,
    under_way: Mutex<BTreeSet<UnderWay>>,
    /// The keys that this deployment has sent in parts, and since when.
    begun: Mutex<HashMap<String, u64>>,
}

impl Note {
    /// What an earlier deployment noted. A damaged note says nothing; S3 then waits for a day.
    pub(crate) fn load(path: PathBuf) -> Self {
        let noted = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Note { path, under_way: Mutex::new(noted.unwrap_or_default()), begun: Mutex::default() }
    }

    /// An upload is about to begin.
    pub(crate) fn begins(&self, bucket: &str, key: &str) -> Result<()> {
        let since = seconds(SystemTime::now());
        locked(&self.begun).insert(key.to_owned(), since);
        self.change(|noted| {
            noted.insert(UnderWay { bucket: bucket.to_owned(), key: key.to_owned(), id: None, since });
        })
    }

    /// It has begun, and S3 has told its ID.
    pub(crate) fn has_id(&self, bucket: &str, key: &str, id: &str) -> Result<()> {
        self.change(|noted| {
            let is_it = |upload: &UnderWay| upload.bucket == bucket && upload.key == key && upload.id.is_none();
            if let Some(upload) = noted.iter().find(|upload| is_it(upload)).cloned() {
                noted.remove(&upload);
                noted.insert(UnderWay { id: Some(id.to_owned()), ..upload });
            }
        })
    }

    /// It is complete, or given up.
    pub(crate) fn ended(&self, bucket: &str, key: &str, id: Option<&str>) -> Result<()> {
        self.change(|noted| {
            noted.retain(|upload| upload.bucket != bucket || upload.key != key || upload.id.as_deref() != id);
        })
    }

    fn all(&self) -> BTreeSet<UnderWay> {
        locked(&self.under_way).clone()
    }

    /// The keys of which there may be uploads whose IDs nobody has learned, and since when.
    fn uncertain(&self, bucket: &str) -> HashMap<String, u64> {
        let mut uncertain = locked(&self.begun).clone();
        for upload in self.all().into_iter().filter(|upload| upload.bucket == bucket && upload.id.is_none()) {
            let since = uncertain.entry(upload.key).or_insert(upload.since);
            *since = upload.since.min(*since);
        }
        uncertain
    }

    fn forget_uncertain(&self, bucket: &str) -> Result<()> {
        self.change(|noted| noted.retain(|upload| upload.bucket != bucket || upload.id.is_some()))
    }

    fn change(&self, change: impl FnOnce(&mut BTreeSet<UnderWay>)) -> Result<()> {
        let mut noted = locked(&self.under_way);
        let before = noted.clone();
        change(&mut noted);
        if *noted != before {
            fs::write_atomic(&self.path, &serde_json::to_vec(&*noted).unwrap_or_default())?;
        }
        Ok(())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Gives up what earlier deployments from this folder have left.
pub(crate) async fn give_up_noted(s3: &Client, note: &Note, reporter: &dyn Reporter) -> Result<()> {
    for UnderWay { bucket, key, id, .. } in note.all() {
        let Some(id) = id else { continue };
        reporter.log(format!("giving up an interrupted upload of {key}"));
        if give_up(s3, &bucket, &key, &id, reporter).await {
            note.ended(&bucket, &key, Some(&id))?;
        }
    }
    Ok(())
}

/// Gives up what is left of this target when all its uploads have come to an end. A right that is missing for this is
/// no reason to fail, nor to complain: it is tidiness.
pub(crate) async fn give_up_unfinished(
    s3: &Client,
    bucket: &Bucket,
    prefix: &str,
    note: &Note,
    reporter: &dyn Reporter,
) -> Result<()> {
    let uncertain = note.uncertain(&bucket.name);
    if uncertain.is_empty() {
        return Ok(());
    }
    let answer = match s3.list_multipart_uploads().bucket(&bucket.name).prefix(prefix).send().await {
        Ok(answer) => answer,
        Err(error) => {
            let doing = format!("looking for unfinished uploads in {}", bucket.name);
            reporter.verbose(aws::refused(&doing, "s3:ListBucketMultipartUploads", &error).to_string());
            return Ok(());
        }
    };
    let now = seconds(SystemTime::now());
    for upload in answer.uploads.unwrap_or_default() {
        let (Some(key), Some(id)) = (upload.key, upload.upload_id) else { continue };
        let initiated = upload.initiated.and_then(|time| SystemTime::try_from(time).ok()).map(seconds);
        if is_left(initiated, uncertain.get(&key).copied(), now) {
            reporter.log(format!("giving up an upload of {key} that nobody has finished"));
            give_up(s3, &bucket.name, &key, &id, reporter).await;
        }
    }
    note.forget_uncertain(&bucket.name)
}

/// Whether an upload is nobody's any more. `ours_since` is when a deployment from this folder began one of its key.
fn is_left(initiated: Option<u64>, ours_since: Option<u64>, now: u64) -> bool {
    let Some(initiated) = initiated else { return false };
    let is_ours = ours_since.is_some_and(|since| initiated.saturating_add(CLOCKS_DIFFER.as_secs()) >= since);
    is_ours || initiated.saturating_add(ABANDONED.as_secs()) < now
}

/// Whether the upload is gone.
async fn give_up(s3: &Client, bucket: &str, key: &str, id: &str, reporter: &dyn Reporter) -> bool {
    match s3.abort_multipart_upload().bucket(bucket).key(key).upload_id(id).send().await {
        Ok(_) => true,
        Err(error) if aws::Refusal::of(&error).status == Some(404) => true,
        Err(error) => {
            let doing = format!("giving up the upload of {key}");
            reporter.warning(aws::refused(&doing, "s3:AbortMultipartUpload", &error).to_string());
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_begun_is_known_until_it_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        let note = Note::load(path.clone());
        for (key, id) in [("a.mp4", "1"), ("c.mp4", "2")] {
            note.begins("b", key).unwrap();
            note.has_id("b", key, id).unwrap();
        }
        note.begins("b", "d.mp4").unwrap();
        note.ended("b", "a.mp4", Some("1")).unwrap();

        let later = Note::load(path.clone());
        let known: Vec<_> = later.all().into_iter().map(|upload| (upload.key, upload.id)).collect();
        assert_eq!(known, [("c.mp4".to_owned(), Some("2".to_owned())), ("d.mp4".to_owned(), None)]);
        assert_eq!(later.uncertain("b").into_keys().collect::<Vec<_>>(), ["d.mp4"]);
        later.forget_uncertain("b").unwrap();
        assert!(later.uncertain("b").is_empty());

        std::fs::write(&path, "garbage").unwrap();
        assert!(Note::load(path).all().is_empty());
    }

    #[test]
    fn an_upload_is_left_when_it_is_ours_or_old() {
        let day = ABANDONED.as_secs();
        assert!(is_left(Some(1000), Some(1000), 1000));
        assert!(is_left(Some(1000), Some(1000 + CLOCKS_DIFFER.as_secs()), 2000), "the clock of S3 is behind");
        assert!(!is_left(Some(1000), Some(1001 + CLOCKS_DIFFER.as_secs()), 2000), "somebody else's");
        assert!(!is_left(Some(1000), None, 1000 + day));
        assert!(is_left(Some(1000), None, 1001 + day));
        assert!(!is_left(None, Some(0), u64::MAX));
    }
}
