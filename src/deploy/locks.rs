//! Locks the parts of a target, so that one deployment or removal of each runs at a time on one machine.

use crate::deploy::request::Part;
use crate::error::Result;
use crate::fs::{ASSETS_LOCK_FILE, HANDLER_LOCK_FILE, Lock};
use crate::output::reporter::Reporter;
use std::path::Path;

/// The locks of some parts. Others wait for each until it is dropped. Dry runs take none.
#[derive(Default)]
pub(crate) struct Locks {
    pub(crate) assets: Option<Lock>,
    pub(crate) handler: Option<Lock>,
}

impl Locks {
    /// Acquires the locks in the same order everywhere, so that two deployments do not wait for each other: a handler may
    /// wait for the bucket that the assets create, and never the reverse.
    ///
    /// # Errors
    /// `DeploymentLocked` if another deployment does not end in time; `FileError`.
    pub(crate) async fn acquire(deploy_root: &Path, parts: &[Part], reporter: &dyn Reporter) -> Result<Self> {
        let lock = async |part: Part, file: &str| {
            if !parts.contains(&part) {
                return Ok(None);
            }
            Lock::acquire(&deploy_root.join(file), reporter).await.map(Some)
        };
        let handler = lock(Part::Lambda, HANDLER_LOCK_FILE).await?;
        let assets = lock(Part::Assets, ASSETS_LOCK_FILE).await?;
        Ok(Locks { assets, handler })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::reporter::{Level, Recorder};
    use std::sync::Arc;
    use std::time::Duration;

    #[tokio::test]
    async fn who_waits_for_the_handler_does_not_hold_the_assets() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        let is_held = |file: &str| Lock::is_held(&root.join(file));
        let recorder = Arc::new(Recorder::default());
        let first = Locks::acquire(&root, &[Part::Lambda], &*recorder).await.unwrap();
        assert!(is_held(HANDLER_LOCK_FILE) && !is_held(ASSETS_LOCK_FILE));
        let second = tokio::spawn({
            let (root, recorder) = (root.clone(), recorder.clone());
            async move { Locks::acquire(&root, &[Part::Assets, Part::Lambda], &*recorder).await.unwrap() }
        });
        while recorder.lines(Level::Log).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(!is_held(ASSETS_LOCK_FILE));
        // A deployment of the assets, for whose bucket the first one waits, goes on.
        drop(Locks::acquire(&root, &[Part::Assets], &*recorder).await.unwrap());
        drop(first);
        let second = second.await.unwrap();
        assert!(is_held(HANDLER_LOCK_FILE) && is_held(ASSETS_LOCK_FILE));
        drop(second);
        assert!(!is_held(HANDLER_LOCK_FILE) && !is_held(ASSETS_LOCK_FILE));
    }
}
