//! Locks a target, so that one deployment of it runs at a time on one machine.

use crate::error::{Error, ErrorCode, Result};
use crate::fs::atomic_write::create_dir_all;
use crate::output::reporter::Reporter;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// The file in `.deploy/<target>` that is locked while the assets are deployed, which may create the bucket.
pub(crate) const ASSETS_LOCK_FILE: &str = "assets.lock";

/// The file in `.deploy/<target>` that is locked while the handler is deployed.
pub(crate) const HANDLER_LOCK_FILE: &str = "lambda.lock";

/// Returns whether the assets of a target are being deployed, by this process or another one on this machine.
///
/// Such a deployment may create the bucket, so a deployment of the handler that needs the bucket waits longer. The lock
/// is the signal, because the two may run in different processes.
pub(crate) fn assets_are_deploying(deploy_root: &Path) -> bool {
    Lock::is_held(&deploy_root.join(ASSETS_LOCK_FILE))
}

/// Time to wait for another deployment.
const LOCK_TIMEOUT: Duration = Duration::from_mins(15);

/// A lock that is held until it is dropped. The system releases it when the process dies.
pub(crate) struct Lock {
    _file: Option<File>,
}

impl Lock {
    /// Acquires the lock of a file, after waiting for the deployment that holds it.
    ///
    /// # Errors
    /// `DeploymentLocked` after 15 minutes; `FileError` if the file cannot be created.
    pub(crate) async fn acquire(path: &Path, reporter: &dyn Reporter) -> Result<Self> {
        let file = open(path)?;
        let end = Instant::now() + LOCK_TIMEOUT;
        let mut notified = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: Some(file) }),
                Err(TryLockError::WouldBlock) if Instant::now() < end => {
                    if !notified {
                        reporter.log("waiting: another command for this target is running on this machine");
                        notified = true;
                    }
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Err(TryLockError::WouldBlock) => {
                    let message = format!(
                        "waiting for the lock {} timed out after {} min: another command for this target is running",
                        path.display(),
                        LOCK_TIMEOUT.as_secs() / 60
                    );
                    return Err(Error::new(ErrorCode::DeploymentLocked, message).hint("End it, and try again"));
                }
                // Locking is unsupported on some network file systems. Proceed without a lock: concurrent deployments are
                // rare, and the next one repairs what they disturbed.
                Err(TryLockError::Error(_)) => return Ok(Lock { _file: None }),
            }
        }
    }

    /// Returns whether another deployment holds the lock of a file; false if locks are not supported.
    pub(crate) fn is_held(path: &Path) -> bool {
        File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

fn open(path: &Path) -> Result<File> {
    let failed = |cause| Error::io("writing", path, &cause);
    create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(failed(std::io::Error::new(ErrorKind::InvalidInput, "not a regular file")));
    }
    match open_options().open(path) {
        // Another user of the folder created it. Locking needs only the right to read.
        Err(cause) if cause.kind() == ErrorKind::PermissionDenied => File::open(path).map_err(failed),
        opened => opened.map_err(failed),
    }
}

/// Makes the file writable by its creator only, whatever the umask of the process is.
fn open_options() -> OpenOptions {
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
    async fn a_second_deployment_waits_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deploy/assets.lock");
        let recorder = Recorder::default();
        assert!(!Lock::is_held(&path));
        let first = Lock::acquire(&path, &recorder).await.unwrap();
        assert!(Lock::is_held(&path));
        let second = tokio::spawn({
            let path = path.clone();
            async move {
                let recorder = Recorder::default();
                Lock::acquire(&path, &recorder).await.unwrap();
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
