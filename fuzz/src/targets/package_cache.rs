//! Checks that any content of the package cache leads to the zip that is written without a cache.

use crate::error::Result;
use crate::lambda::package::{Contents, Package, pack};
use crate::output::reporter::{Level, Reporter};
use std::path::Path;

struct SilentReporter;

impl Reporter for SilentReporter {
    fn report(&self, _: Level, _: String) {}
}

pub fn check(bytes: &[u8]) {
    let project = tempfile::tempdir().unwrap();
    let [zip, cache] = ["lambda.zip", "cache.json"].map(|name| project.path().join(name));
    let without = packed(project.path(), &zip, &cache).unwrap();
    std::fs::write(&cache, bytes).unwrap();
    let with = packed(project.path(), &zip, &cache).unwrap();
    assert_eq!((with.sha256_base64, with.size), (without.sha256_base64, without.size));

    // Only this module writes caches with a correct checksum, but not even those may cause a panic.
    let forged = String::from_utf8_lossy(bytes).replace("\"ZIP\"", &stamp(&zip)).replace("\"VERSION\"", VERSION);
    let checksum = format!("{:08x}\n", libdeflater::crc32(forged.as_bytes()));
    std::fs::write(&cache, checksum + &forged).unwrap();
    let _ = packed(project.path(), &zip, &cache);
}

const VERSION: &str = concat!("\"", env!("CARGO_PKG_VERSION"), "\"");

fn stamp(zip: &Path) -> String {
    serde_json::to_string(&crate::fs::FileFingerprint::of_path(zip).unwrap()).unwrap()
}

fn packed(project: &Path, zip: &Path, cache: &Path) -> Result<Package> {
    let generated = [("index.js", "exports.handler = 1;"), ("litexa.js", "exports.handler = 2;")];
    let generated = generated.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).to_vec();
    let contents = Contents { generated, litexa_root: project, project_root: project, reporter: &SilentReporter };
    pack(contents, zip, cache, true)
}
