//! Looks the files of the assets up.

use crate::fs::parallel_map;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;

/// A file of an asset as the file system shows it.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// A string, because comparing a `Path` component by component is slow for ten thousand of them.
    pub(crate) path: OsString,
    pub(crate) is_link: bool,
    /// That of the link's target.
    pub(crate) metadata: io::Result<Metadata>,
}

impl SourceFile {
    /// Looks the files up on all cores. Most are not links, and need one request of the file system.
    pub(crate) fn find_all(paths: BTreeSet<OsString>) -> Vec<Self> {
        let paths: Vec<OsString> = paths.into_iter().collect();
        parallel_map(&paths, |path| {
            let metadata = fs::symlink_metadata(path);
            let is_link = metadata.as_ref().is_ok_and(Metadata::is_symlink);
            let metadata = if is_link { fs::metadata(path) } else { metadata };
            SourceFile { path: path.clone(), is_link, metadata }
        })
    }
}
