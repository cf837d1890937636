//! Checks that any content of the package cache leads to the zip that is written without a cache.

use crate::config::options::PackageInclude;
use crate::error::Result;
use crate::fs::FileFingerprint;
use crate::lambda::package::cache::{self, Cache, CachedEntries};
use crate::lambda::package::{Package, PackageFiles, PackageInput, pack};
use crate::output::reporter::{Level, Reporter};
use crate::output::secrets::Secrets;
use std::path::Path;
use std::sync::Arc;

#[derive(Default)]
struct SilentReporter(Arc<Secrets>);

impl Reporter for SilentReporter {
    fn report(&self, _: Level, _: String) {}

    fn secrets(&self) -> &Arc<Secrets> {
        &self.0
    }
}

pub fn check(bytes: &[u8]) {
    let project = tempfile::tempdir().unwrap();
    let [zip, cache] = ["lambda.zip", "package-cache.bin"].map(|name| project.path().join(name));
    let files = PackageFiles { zip, cache, are_kept: false };
    let without = packed(project.path(), &files).unwrap();
    std::fs::write(&files.cache, bytes).unwrap();
    let with = packed(project.path(), &files).unwrap();
    assert_eq!((with.sha256_base64, with.size), (without.sha256_base64, without.size));

    // Only this module writes a cache with a valid checksum. Its entries may be false, but must not cause a panic. Those of
    // the corpus are JSON, so that they can be read.
    forge(&files, bytes);
    let _ = packed(project.path(), &files);
    if let Ok(entries) = serde_json::from_slice::<CachedEntries>(bytes) {
        forge(&files, &cache::encode(&entries).unwrap());
        let _ = packed(project.path(), &files);
    }
}

/// Writes a cache of the zip with these entries.
fn forge(files: &PackageFiles, entries: &[u8]) {
    let zip = FileFingerprint::of_path(&files.zip).unwrap();
    let cache = Cache { zip, sha256_base64: "AAAA".to_owned(), entries: CachedEntries::new() };
    cache.save(&files.cache, entries).unwrap();
}

fn packed(project: &Path, files: &PackageFiles) -> Result<Package> {
    let generated = [("index.js", "exports.handler = 1;"), ("litexa.js", "exports.handler = 2;")];
    let generated = generated.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).to_vec();
    let input = PackageInput {
        generated,
        sdk_shim: Vec::new(),
        litexa_root: project,
        project_root: project,
        reporter: &SilentReporter::default(),
        use_cache: true,
        include: PackageInclude::All,
        has_layers: false,
        handler: None,
    };
    pack(input, files)
}
