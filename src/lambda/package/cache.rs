//! What is remembered of the last package: for each entry, of what it was made, and where it is in the zip.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::fs::{self, FileFingerprint};
use crate::lambda::package::source::Source;
use crate::lambda::package::zip_writer::Facts;

/// A later version of this module may compress in another way, and must not mix its entries with ours: what an
/// incremental package holds is what a full one would.
const MADE_BY: &str = env!("CARGO_PKG_VERSION");

/// What tells whether an entry is made of the same bytes as before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Identity {
    File(FileFingerprint),
    /// The SHA-256 of what was made in memory, in Base64.
    Memory(String),
    /// Changed too recently to tell: never the same again.
    Unsettled,
}

impl Identity {
    pub(crate) fn of(source: &Source) -> Self {
        match source {
            Source::File { stamp, .. } => Identity::File(*stamp),
            Source::Memory(bytes) => Identity::Memory(BASE64_STANDARD.encode(Sha256::digest(bytes))),
        }
    }

    /// What may be remembered of an entry in a package that was begun at `started`.
    pub(crate) fn is_stable_before(self, started: SystemTime) -> Self {
        match self {
            Identity::File(stamp) if !stamp.is_stable_before(started) => Identity::Unsettled,
            settled => settled,
        }
    }

    fn is_same(&self, other: &Identity) -> bool {
        *self != Identity::Unsettled && self == other
    }
}

/// An entry of the last package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    pub(crate) identity: Identity,
    pub(crate) facts: Facts,
    /// Where its data is in the zip.
    pub(crate) offset: u64,
    length: u64,
    /// The CRC-32 of the data as it is in the zip: a damaged zip is found out while it is copied.
    checksum: u32,
}

impl Remembered {
    pub(crate) fn new(identity: Identity, facts: Facts, offset: u64, data: &[u8]) -> Self {
        let checksum = libdeflater::crc32(data);
        Remembered { identity, facts, offset, length: data.len() as u64, checksum }
    }

    pub(crate) fn moved_to(&self, offset: u64) -> Self {
        Remembered { offset, ..self.clone() }
    }
}

/// The last package, as it was written.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Cache {
    made_by: String,
    pub(crate) zip: FileFingerprint,
    pub(crate) sha256_base64: String,
    pub(crate) entries: BTreeMap<String, Remembered>,
}

impl Cache {
    pub(crate) fn new(zip: FileFingerprint, sha256_base64: String, entries: BTreeMap<String, Remembered>) -> Self {
        Cache { made_by: MADE_BY.to_string(), zip, sha256_base64, entries }
    }

    /// What is remembered of the entry `name`, if it was made of the same bytes.
    pub(crate) fn entry(&self, name: &str, identity: &Identity) -> Option<&Remembered> {
        self.entries.get(name).filter(|entry| entry.identity.is_same(identity))
    }

    /// Reads what [`Cache::save`] wrote: a checksum, then JSON. Anything else is no cache.
    fn read(path: &Path) -> Option<Self> {
        let text = fs::read(path).ok()?;
        let (checksum, json) = text.split_at_checked(CHECKSUM_LINE)?;
        if checksum != checksum_line(json).as_bytes() {
            return None;
        }
        let cache: Cache = serde_json::from_slice(json).ok()?;
        (cache.made_by == MADE_BY).then_some(cache)
    }

    /// Remembers a package.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        let json = serde_json::to_vec(self).map_err(|cause| Error::io("writing", path, &cause.into()))?;
        let text = [checksum_line(&json).as_bytes(), &json].concat();
        fs::write_atomic(path, &text)
    }
}

/// Eight digits and a line break.
const CHECKSUM_LINE: usize = 9;

fn checksum_line(json: &[u8]) -> String {
    format!("{:08x}\n", libdeflater::crc32(json))
}

/// The last package, to copy entries from.
pub(crate) struct Previous {
    pub(crate) cache: Cache,
    zip: BufReader<File>,
    position: u64,
    data: Vec<u8>,
}

impl Previous {
    /// The last package, if its zip is the one that the cache speaks of.
    pub(crate) fn load(cache_path: &Path, zip_path: &Path) -> Option<Self> {
        let cache = Cache::read(cache_path)?;
        let zip = fs::open(zip_path).ok()?;
        let same = FileFingerprint::of(&zip.metadata().ok()?) == cache.zip;
        same.then(|| Previous { cache, zip: BufReader::with_capacity(256 * 1024, zip), position: 0, data: Vec::new() })
    }

    /// The data of an entry, unless the zip is damaged there. Entries come in the order of the zip, so this
    /// reads from its start to its end.
    pub(crate) fn read(&mut self, entry: &Remembered) -> Option<&[u8]> {
        let end = entry.offset.checked_add(entry.length)?;
        if end > self.cache.zip.size {
            return None;
        }
        let step = i64::try_from(entry.offset).ok()?.checked_sub(i64::try_from(self.position).ok()?)?;
        self.zip.seek_relative(step).ok()?;
        self.position = entry.offset;
        self.data.resize(usize::try_from(entry.length).ok()?, 0);
        self.zip.read_exact(&mut self.data).ok()?;
        self.position = end;
        (libdeflater::crc32(&self.data) == entry.checksum).then_some(self.data.as_slice())
    }
}
