//! Uploads in parts that nobody has finished. S3 keeps their parts, and asks to be paid for them, until somebody
//! gives the upload up.
//!
//! Only uploads that are surely nobody's any more are given up: those that an earlier deployment from this folder has
//! noted and not crossed out, and those under this target's prefix that are older than a day.

use crate::aws;
use crate::bucket::Bucket;
use crate::error::Result;
use crate::local_file;
use crate::reporter::Reporter;
use aws_sdk_s3::Client;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// In `.deploy/<target>`.
pub const FILE_NAME: &str = "uploads-under-way.json";

const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// One upload in parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnderWay {
    bucket: String,
    key: String,
    id: String,
}

/// The note of the uploads that have begun and not ended.
pub struct Note {
    path: PathBuf,
    under_way: Mutex<BTreeSet<UnderWay>>,
}

impl Note {
    /// What an earlier deployment noted. A damaged note says nothing; S3 then waits for a day.
    pub fn load(path: PathBuf) -> Self {
        let noted = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Note { path, under_way: Mutex::new(noted.unwrap_or_default()) }
    }

    pub fn begun(&self, bucket: &str, key: &str, id: &str) -> Result<()> {
        self.change(|noted| noted.insert(under_way(bucket, key, id)))
    }

    pub fn ended(&self, bucket: &str, key: &str, id: &str) -> Result<()> {
        self.change(|noted| noted.remove(&under_way(bucket, key, id)))
    }

    fn all(&self) -> BTreeSet<UnderWay> {
        self.under_way.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    fn change(&self, change: impl FnOnce(&mut BTreeSet<UnderWay>) -> bool) -> Result<()> {
        let mut noted = self.under_way.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if change(&mut noted) {
            local_file::write(&self.path, &serde_json::to_vec(&*noted).unwrap_or_default())?;
        }
        Ok(())
    }
}

fn under_way(bucket: &str, key: &str, id: &str) -> UnderWay {
    UnderWay { bucket: bucket.to_owned(), key: key.to_owned(), id: id.to_owned() }
}

/// Gives up what an earlier deployment from this folder has left.
pub async fn give_up_noted(s3: &Client, note: &Note, reporter: &dyn Reporter) -> Result<()> {
    for left in note.all() {
        reporter.log(format!("giving up an interrupted upload of {}", left.key));
        if give_up(s3, &left, reporter).await {
            note.ended(&left.bucket, &left.key, &left.id)?;
        }
    }
    Ok(())
}

/// Gives up what any deployment of this target has left for more than a day. A right that is missing for this is no
/// reason to fail, nor to complain: it is tidiness.
pub async fn give_up_abandoned(s3: &Client, bucket: &Bucket, prefix: &str, reporter: &dyn Reporter) {
    let limit = SystemTime::now() - ABANDONED;
    let answer = match s3.list_multipart_uploads().bucket(&bucket.name).prefix(prefix).send().await {
        Ok(answer) => answer,
        Err(error) => {
            let doing = format!("looking for abandoned uploads in {}", bucket.name);
            return reporter.verbose(aws::refused(&doing, "s3:ListBucketMultipartUploads", &error).to_string());
        }
    };
    for upload in answer.uploads.unwrap_or_default() {
        let old = upload.initiated.and_then(|time| SystemTime::try_from(time).ok()).is_some_and(|time| time < limit);
        if let (true, Some(key), Some(id)) = (old, upload.key, upload.upload_id) {
            reporter.log(format!("giving up an upload of {key} that was begun more than a day ago"));
            give_up(s3, &under_way(&bucket.name, &key, &id), reporter).await;
        }
    }
}

/// Whether the upload is gone.
async fn give_up(s3: &Client, left: &UnderWay, reporter: &dyn Reporter) -> bool {
    let request = s3.abort_multipart_upload().bucket(&left.bucket).key(&left.key).upload_id(&left.id);
    match request.send().await {
        Ok(_) => true,
        Err(error) if aws::Refusal::of(&error).status == Some(404) => true,
        Err(error) => {
            let doing = format!("giving up the upload of {}", left.key);
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
        note.begun("b", "a.mp4", "1").unwrap();
        note.begun("b", "c.mp4", "2").unwrap();
        note.ended("b", "a.mp4", "1").unwrap();
        assert_eq!(Note::load(path.clone()).all(), BTreeSet::from([under_way("b", "c.mp4", "2")]));
        std::fs::write(&path, "garbage").unwrap();
        assert!(Note::load(path).all().is_empty());
    }
}
