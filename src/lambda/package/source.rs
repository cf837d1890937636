//! Describes where the bytes of a package entry come from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::fs::FileFingerprint;

/// The source of one entry of the package.
pub(crate) enum Source {
    Memory(Vec<u8>),
    File {
        path: PathBuf,
        fingerprint: FileFingerprint,
    },
    /// A symbolic link, with its target relative to the link's folder.
    Link(String),
}

impl Source {
    /// Returns the path of a file.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Source::File { path, .. } => Some(path),
            Source::Memory(_) | Source::Link(_) => None,
        }
    }

    /// Returns the size in bytes; of a file, the size when its metadata was read.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Source::Memory(bytes) => bytes.len() as u64,
            Source::File { fingerprint, .. } => fingerprint.size,
            Source::Link(target) => target.len() as u64,
        }
    }
}

/// Returns whether the zip has a file or folder at a path, or may have one behind a link.
pub(crate) fn is_there(sources: &BTreeMap<String, Source>, path: &str) -> bool {
    exists(sources, path) || is_behind_link(sources, path)
}

/// Returns whether the zip has a file or link at a path, or may have one behind a link.
pub(crate) fn has_file(sources: &BTreeMap<String, Source>, path: &str) -> bool {
    sources.contains_key(path) || is_behind_link(sources, path)
}

fn is_behind_link(sources: &BTreeMap<String, Source>, path: &str) -> bool {
    path.match_indices('/').any(|(end, _)| matches!(sources.get(&path[..end]), Some(Source::Link(_))))
}

/// Returns whether the zip has a file or folder at a path.
pub(crate) fn exists(sources: &BTreeMap<String, Source>, path: &str) -> bool {
    let below = format!("{path}/");
    sources.contains_key(path)
        || sources.range(below.clone()..).next().is_some_and(|(name, _)| name.starts_with(&below))
}
