//! Tests packaging from folders to a zip, on real files.

mod dependencies;
mod incremental;
mod large_files;
mod left_out;
#[cfg(unix)]
mod links;
mod project_files;
mod reproducible;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use rawzip::{CompressionMethod, ZipArchive};
use tempfile::TempDir;

use super::*;
use crate::config::options::PackageInclude;
use crate::error::ErrorCode;
use crate::output::reporter::{Level, Recorder};

/// A project on disk, and the reports of packaging it.
struct Project {
    folder: TempDir,
    recorder: Recorder,
    generated: Vec<(String, Vec<u8>)>,
    include: PackageInclude,
    has_layers: bool,
}

impl Project {
    /// A project whose `litexa/package.json` has no dependencies.
    fn new() -> Self {
        let generated = vec![("index.js".to_string(), b"exports.handler = () => {};".to_vec())];
        let project = Project {
            folder: tempfile::tempdir().unwrap(),
            recorder: Recorder::default(),
            generated,
            include: PackageInclude::All,
            has_layers: false,
        };
        project.write("litexa/package.json", "{}");
        project
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file and the folders that it is in.
    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
    }

    fn module(&self, path: &str, content: impl AsRef<[u8]>) {
        self.write(&format!("litexa/node_modules/{path}"), content);
    }

    fn zip(&self) -> PathBuf {
        self.path(".deploy/test/lambda.zip")
    }

    fn cache(&self) -> PathBuf {
        self.path(".deploy/test/package-cache.bin")
    }

    fn try_pack(&self, use_cache: bool, files: &PackageFiles) -> Result<Package> {
        let input = PackageInput {
            generated: self.generated.clone(),
            sdk_shim: Vec::new(),
            litexa_root: &self.path("litexa"),
            project_root: self.folder.path(),
            reporter: &self.recorder,
            use_cache,
            include: self.include,
            has_layers: self.has_layers,
            handler: None,
        };
        pack(input, files)
    }

    fn pack_with(&self, use_cache: bool) -> Result<Package> {
        self.try_pack(use_cache, &PackageFiles { zip: self.zip(), cache: self.cache(), are_kept: false })
    }

    fn pack(&self) -> Package {
        self.pack_with(true).unwrap()
    }

    fn pack_error(&self) -> Error {
        let error = self.pack_with(true).unwrap_err();
        assert!(!self.zip().exists());
        error
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.zip()).unwrap()
    }

    /// Returns the bytes of a package that is made without the cache.
    fn full_package(&self) -> Vec<u8> {
        let folder = self.path(".deploy/full");
        let files = PackageFiles { zip: folder.join("lambda.zip"), cache: folder.join("cache"), are_kept: false };
        self.try_pack(false, &files).unwrap();
        let bytes = fs::read(files.zip).unwrap();
        fs::remove_dir_all(folder).unwrap();
        bytes
    }

    /// Packs after a pause: from then on the timestamps of all files are trusted.
    fn pack_when_stable(&self) -> Package {
        std::thread::sleep(Duration::from_millis(2_100));
        self.pack()
    }

    fn warnings(&self) -> Vec<String> {
        self.recorder.lines(Level::Warning)
    }
}

/// An entry as another program reads it from the zip.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    mode: u32,
    content: Vec<u8>,
}

/// Unzips with a library, which checks sizes and CRC.
fn entries(zip: &[u8]) -> Vec<Entry> {
    let archive = ZipArchive::from_slice(zip).unwrap();
    let mut entries = Vec::new();
    for header in archive.entries() {
        let header = header.unwrap();
        let entry = archive.get_entry(header.wayfinder()).unwrap();
        let mut content = vec![0; header.uncompressed_size_hint() as usize];
        let length = match header.compression_method() {
            CompressionMethod::STORE => {
                content.copy_from_slice(entry.data());
                content.len()
            }
            _ => libdeflater::Decompressor::new().deflate_decompress(entry.data(), &mut content).unwrap(),
        };
        assert_eq!(length, content.len());
        // Readers of streams use the local header.
        let local = entry.local_header();
        assert_eq!(local.crc32(), header.crc32());
        assert_eq!(local.compressed_size_hint(), entry.data().len() as u64);
        assert_eq!(local.file_path().as_ref(), header.file_path().as_ref());
        assert_eq!(libdeflater::crc32(&content), header.crc32());
        let name = String::from_utf8(header.file_path().as_ref().to_vec()).unwrap();
        entries.push(Entry { name, mode: header.mode().value(), content });
    }
    entries
}

fn names(zip: &[u8]) -> Vec<String> {
    entries(zip).into_iter().map(|entry| entry.name).collect()
}

#[test]
fn a_package_contains_the_generated_files_and_node_modules_in_order() {
    let mut project = Project::new();
    project.generated.push(("skill.js".to_string(), vec![b'x'; 100_000]));
    project.module("b/index.js", "b");
    project.module("a.js", "a");
    project.module("a/index.js", "");
    project.module("größe/~index.js", "ü");
    project.module("tool/run", "#!/bin/sh\necho");
    project.module("tool/program", b"\x7fELF\x02");
    let package = project.pack();
    let zip = project.bytes();
    let expected = [
        ("index.js", 0o100_644, b"exports.handler = () => {};".to_vec()),
        ("node_modules/a.js", 0o100_644, b"a".to_vec()),
        ("node_modules/a/index.js", 0o100_644, vec![]),
        ("node_modules/b/index.js", 0o100_644, b"b".to_vec()),
        ("node_modules/größe/~index.js", 0o100_644, "ü".as_bytes().to_vec()),
        ("node_modules/tool/program", 0o100_755, b"\x7fELF\x02".to_vec()),
        ("node_modules/tool/run", 0o100_755, b"#!/bin/sh\necho".to_vec()),
        ("skill.js", 0o100_644, vec![b'x'; 100_000]),
    ];
    let expected = expected.map(|(name, mode, content)| Entry { name: name.to_string(), mode, content });
    assert_eq!(entries(&zip), expected);
    let unzipped: usize = expected.iter().map(|entry| entry.content.len()).sum();
    assert_eq!((package.entries, package.reused), (8, 0));
    assert_eq!((package.size, package.unzipped_size), (zip.len() as u64, unzipped as u64));
    assert_eq!(package.sha256_base64, sha256_base64(&zip));
}

fn sha256_base64(bytes: &[u8]) -> String {
    use base64::Engine;
    use sha2::Digest;
    base64::prelude::BASE64_STANDARD.encode(sha2::Sha256::digest(bytes))
}

#[test]
fn names_that_are_not_ascii_are_marked_as_utf8_and_unusual_ones_are_kept() {
    let mut project = Project::new();
    project.generated = ["größe.js", "a:b\\c.js", "ö:b.js"].map(|name| (name.to_string(), vec![])).to_vec();
    project.pack();
    let zip = project.bytes();
    assert_eq!(names(&zip), ["a:b\\c.js", "größe.js", "ö:b.js"]);
    let archive = ZipArchive::from_slice(&zip).unwrap();
    let flags: Vec<_> = archive.entries().map(|entry| entry.unwrap().flags().is_utf8()).collect();
    assert_eq!(flags, [false, true, true]);
}

#[test]
fn entries_that_do_not_shrink_are_stored_uncompressed() {
    let mut random = Random(5);
    let noise: Vec<u8> = (0..5_000).map(|_| random.below(256) as u8).collect();
    let project = Project::new();
    // Deflate would make index.js longer.
    project.module("a/noise.bin", noise);
    project.module("a/text.txt", "text ".repeat(1_000));
    project.pack();
    let zip = project.bytes();
    let archive = ZipArchive::from_slice(&zip).unwrap();
    let methods: Vec<_> = archive.entries().map(|entry| entry.unwrap().compression_method()).collect();
    assert_eq!(methods, [CompressionMethod::STORE, CompressionMethod::STORE, CompressionMethod::DEFLATE]);
}

#[test]
fn a_zip_can_have_more_entries_than_16_bits_can_count() {
    for count in [65_534, 65_535] {
        let mut project = Project::new();
        project.generated = (0..count).map(|n| (format!("{n:05}.js"), vec![])).collect();
        assert_eq!(project.pack().entries, count);
        let entries = entries(&project.bytes());
        assert_eq!(entries.len(), count);
        assert_eq!(entries[count - 1].name, format!("{:05}.js", count - 1));
    }
}

#[test]
fn generated_files_take_precedence_over_node_modules() {
    let mut project = Project::new();
    project.generated.push(("node_modules/aws-sdk/index.js".to_string(), b"ours".to_vec()));
    project.module("aws-sdk/index.js", "theirs");
    project.pack();
    let shim = entries(&project.bytes()).into_iter().find(|entry| entry.name == "node_modules/aws-sdk/index.js");
    assert_eq!(shim.unwrap().content, b"ours");
}

/// Xorshift with a seed, so that a failure can be reproduced.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = self.below(20_000);
        // Half of the files do not compress.
        let range = if self.below(2) == 0 { 256 } else { 4 };
        (0..length).map(|_| self.below(range) as u8).collect()
    }
}

#[test]
fn files_and_folders_whose_names_end_in_git_are_excluded() {
    let project = Project::new();
    project.module("a/.git/HEAD", "ref");
    project.module("a/sub/.git", "gitdir");
    project.module("a/bare.git/HEAD", "ref");
    project.module("a/.gitignore", "x");
    project.pack();
    assert_eq!(names(&project.bytes()), ["index.js", "node_modules/a/.gitignore"]);
}

#[test]
fn node_modules_is_not_packaged_without_a_package_json() {
    let project = Project::new();
    project.module("a/index.js", "a");
    fs::remove_file(project.path("litexa/package.json")).unwrap();
    project.pack();
    assert_eq!(names(&project.bytes()), ["index.js"]);
    assert_eq!(project.recorder.lines(Level::Verbose).len(), 1);
}

#[test]
fn dependencies_must_be_installed() {
    let project = Project::new();
    for fine in ["{}", r#"{"dependencies": {}}"#, r#"{"dependencies": null}"#, "\u{feff}{}"] {
        project.write("litexa/package.json", fine);
        project.pack();
    }
    let optional = r#"{"dependencies": {"a": "1"}, "optionalDependencies": {"a": "1", "b": "1"}}"#;
    project.write("litexa/package.json", optional);
    project.pack();
    fs::remove_file(project.zip()).unwrap();
    project.write("litexa/package.json", r#"{"dependencies": {"a": "1", "@s/b": "1"}}"#);
    let error = project.pack_error();
    assert_eq!(error.code, ErrorCode::InvalidPackage);
    assert!(error.to_string().ends_with("not installed: @s/b, a. Run `npm install` in litexa."), "{error}");
    project.module("a/index.js", "a");
    let error = project.pack_error();
    assert!(error.message.ends_with("not installed: @s/b"), "{error}");
    assert!(project.warnings().is_empty());
    project.module("@s/b/index.js", "b");
    project.pack();
}

#[test]
fn an_invalid_package_json_is_reported_by_name() {
    let project = Project::new();
    for broken in ["", "{", "[]", "7", r#"{"dependencies": []}"#, r#"{"dependencies": "a"}"#] {
        project.write("litexa/package.json", broken);
        let error = project.pack_error();
        assert_eq!(error.code, ErrorCode::InvalidPackage, "{broken}");
        assert!(error.message.contains("package.json is not a valid package.json"), "{error}");
    }
    let message = |text: &[u8]| {
        project.write("litexa/package.json", text);
        project.pack_error().to_string()
    };
    assert!(message(b"[]").contains("is not a valid package.json: it must be an object, {…}"));
    assert!(message(br#"{"dependencies": []}"#).contains("its dependencies must be an object, {…}"));
    assert!(message(b"\xff\xfe{\0}\0").contains("Save it as UTF-8"));
    assert_eq!(project.pack_error().code, ErrorCode::FileError);
}

#[test]
fn a_package_over_lambdas_limit_is_rejected_before_its_files_are_read() {
    let project = Project::new();
    project.module("small/index.js", "a");
    project.module("huge/data.bin", "");
    let sparse = fs::File::create(project.path("litexa/node_modules/huge/data.bin")).unwrap();
    sparse.set_len(300 * 1_048_576).unwrap();
    let error = project.pack_error();
    assert_eq!(error.code, ErrorCode::InvalidPackage);
    assert!(error.message.contains("is 314.6 MB, but"), "{error}");
    assert!(error.message.contains("huge (314.6 MB)"), "{error}");
}

#[test]
fn files_that_look_like_credentials_are_reported_each_time() {
    let project = Project::new();
    project.module("a/.env", "SECRET=1");
    project.module("a/test/key.pem", "-----BEGIN PRIVATE KEY-----");
    project.module("a/test/ca.pem", "-----BEGIN CERTIFICATE-----");
    project.pack();
    project.pack_when_stable();
    assert_eq!(project.pack().reused, 4);
    let warnings = project.warnings();
    assert_eq!(warnings.len(), 3);
    for warning in warnings {
        assert!(
            warning.ends_with("the function's code: node_modules/a/.env, node_modules/a/test/key.pem"),
            "{warning}"
        );
        assert!(!warning.contains("SECRET"));
    }
    assert_eq!(names(&project.bytes()).len(), 4);
}

#[test]
fn a_package_larger_than_the_bytes_in_flight_is_complete() {
    let project = Project::new();
    project.module("a/40mb.txt", vec![b'x'; 40_000_000]);
    for n in 0..30 {
        project.module(&format!("b/{n}.txt"), vec![b'y'; n * 100_000]);
    }
    assert_eq!(project.pack().entries, 32);
    assert_eq!(entries(&project.bytes())[1].content.len(), 40_000_000);
}

#[test]
fn a_file_that_is_deleted_or_unreadable_is_reported_by_name() {
    let project = Project::new();
    project.module("a/index.js", "a");
    let fingerprint = FileFingerprint::of_path(&project.path("litexa/node_modules/a/index.js")).unwrap();
    let error_for = |path: &str| {
        let path = project.path("litexa/node_modules").join(path);
        let queue = CompressionQueue::new(Vec::new(), project.folder.path());
        queue.compress_one("node_modules/a/index.js", &Source::File { path, fingerprint }).unwrap_err()
    };
    let deleted = error_for("a/gone.js");
    assert_eq!(deleted.code, ErrorCode::FileError);
    assert!(deleted.message.contains("gone.js was deleted"), "{deleted}");
    // Some systems open a folder, but none reads it.
    let unreadable = error_for("a");
    assert_eq!(unreadable.code, ErrorCode::FileError);
    let folder = project.path("litexa/node_modules").join("a");
    assert!(unreadable.message.contains(&format!("{} failed: ", folder.display())), "{unreadable}");
}

#[test]
fn a_warning_lists_ten_files_and_verbose_lists_the_others() {
    let names: Vec<_> = (0..12).map(|n| format!("node_modules/a/{n}.pem")).collect();
    let recorder = Recorder::default();
    messages::warn_credentials(&names, &recorder);
    let warnings = recorder.lines(Level::Warning);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].ends_with("node_modules/a/9.pem and 2 more"), "{warnings:?}");
    assert_eq!(recorder.lines(Level::Verbose).len(), 2);
}
