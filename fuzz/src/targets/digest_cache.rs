//! Checks that any content of the digest cache leads to the digest of the file's content.

use crate::assets::digest_cache::{DigestCache, digests};
use crate::assets::source_file::SourceFile;
use std::collections::BTreeSet;

pub fn check(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let [asset, cache] = ["asset.txt", "cache.json"].map(|name| folder.path().join(name));
    std::fs::write(&asset, "hello").unwrap();
    std::fs::write(&cache, bytes).unwrap();
    let asset = asset.into_os_string();
    let cache = DigestCache { path: cache, is_used: true, is_saved: true };
    let found = digests(SourceFile::find_all(BTreeSet::from([asset.clone()])), &cache).unwrap();
    assert_eq!((found.len(), found[&asset].md5.as_str()), (1, "5d41402abc4b2a76b9719d911017c592"));
}
