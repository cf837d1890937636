//! One deployment of a target at a time on one machine.

use crate::error::{Error, ErrorCode, Result};
use crate::fs::atomic_write::create_folder;
use crate::output::reporter::Reporter;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// How long another deployment is waited for.
const PATIENCE: Duration = Duration::from_mins(15);

/// Held for as long as it lives. The system itself gives it back when a process dies, however it dies.
pub(crate) struct Lock {
    _file: Option<File>,
}

impl Lock {
    /// Waits for whoever holds the lock of this file.
    pub(crate) async fn take(path: &Path, reporter: &dyn Reporter) -> Result<Self> {
        let file = open(path)?;
        let end = Instant::now() + PATIENCE;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: Some(file) }),
                Err(TryLockError::WouldBlock) if Instant::now() < end => {
                    if !told {
                        reporter.log("another deployment of this target is under way on this machine: waiting for it");
                        told = true;
                    }
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Err(TryLockError::WouldBlock) => {
                    let problem = format!("another deployment of this target has held {} for too long", path.display());
                    return Err(Error::new(ErrorCode::DeploymentLocked, problem).hint("End it, and deploy again"));
                }
                // Some network file systems know no locks. Two deployments at once are rare, and mended by a third.
                Err(TryLockError::Error(_)) => return Ok(Lock { _file: None }),
            }
        }
    }

    /// Whether somebody holds the lock of this file. Where that cannot be told, nobody does.
    pub(crate) fn is_held(path: &Path) -> bool {
        File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

fn open(path: &Path) -> Result<File> {
    let failed = |cause| Error::io("writing", path, &cause);
    create_folder(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(failed(std::io::Error::new(ErrorKind::InvalidInput, "it is not a regular file")));
    }
    match creating().open(path) {
        // Another user of this folder has made it. To lock a file it is enough to read it.
        Err(cause) if cause.kind() == ErrorKind::PermissionDenied => File::open(path).map_err(failed),
        opened => opened.map_err(failed),
    }
}

/// Nobody but its maker may write into it, however open this user's files usually are.
fn creating() -> OpenOptions {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::reporter::{Level, Recorder};

    #[tokio::test]
    async fn the_second_waits_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deploy/assets.lock");
        let recorder = Recorder::default();
        assert!(!Lock::is_held(&path));
        let first = Lock::take(&path, &recorder).await.unwrap();
        assert!(Lock::is_held(&path));
        let second = tokio::spawn({
            let path = path.clone();
            async move {
                let recorder = Recorder::default();
                Lock::take(&path, &recorder).await.unwrap();
                recorder.lines(Level::Log).len()
            }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!second.is_finished());
        drop(first);
        assert_eq!(second.await.unwrap(), 1);
        assert!(recorder.lines(Level::Log).is_empty());
        assert!(!Lock::is_held(&path));
    }
}
