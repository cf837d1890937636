//! Describes where the bytes of a package entry come from.

use std::path::PathBuf;

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
    /// Returns the size in bytes; of a file, the size when its metadata was read.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Source::Memory(bytes) => bytes.len() as u64,
            Source::File { fingerprint, .. } => fingerprint.size,
            Source::Link(target) => target.len() as u64,
        }
    }
}
