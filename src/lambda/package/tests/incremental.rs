//! Tests incremental packages, also with a damaged cache.

use super::*;

#[test]
fn unchanged_files_are_not_read_again() {
    let project = Project::new();
    project.module("a/index.js", "a");
    project.module("b/index.js", "b");
    assert_eq!(project.pack().reused, 0);
    let stable = project.pack_when_stable();
    let written = fs::metadata(project.zip()).unwrap().modified().unwrap();
    let again = project.pack();
    assert_eq!((again.reused, again.entries), (3, 3));
    assert_eq!(Package { reused: 0, ..again }, Package { reused: 0, ..stable });
    assert_eq!(fs::metadata(project.zip()).unwrap().modified().unwrap(), written);
    project.module("b/index.js", "B");
    project.module("c/index.js", "c");
    let changed = project.pack();
    assert_eq!((changed.reused, changed.entries), (2, 4));
    assert_eq!(project.bytes(), project.full_package());
    fs::remove_file(project.path("litexa/node_modules/a/index.js")).unwrap();
    project.pack();
    assert_eq!(names(&project.bytes()), ["index.js", "node_modules/b/index.js", "node_modules/c/index.js"]);
}

#[test]
fn a_file_that_was_just_modified_is_read_again() {
    let project = Project::new();
    project.module("a/index.js", "a");
    let file = fs::File::options().write(true).open(project.path("litexa/node_modules/a/index.js")).unwrap();
    // In the future, so that it works on a slow machine too.
    file.set_modified(SystemTime::now() + Duration::from_mins(10)).unwrap();
    project.pack();
    let again = project.pack();
    // index.js is compared by its digest.
    assert_eq!((again.reused, again.entries), (1, 2));
}

#[test]
fn a_package_that_is_only_compared_leaves_the_files_as_they_are() {
    let project = Project::new();
    project.module("a/index.js", "a");
    let compare = || {
        let files = PackageFiles { zip: project.zip(), cache: project.cache(), are_kept: true };
        project.try_pack(true, &files).unwrap().sha256_base64
    };
    let first = compare();
    assert!(!project.zip().exists() && !project.cache().exists());
    assert_eq!(first, project.pack().sha256_base64);
    project.pack_when_stable();
    let read = || (project.bytes(), fs::read(project.cache()).unwrap());
    let before = read();
    assert_eq!(compare(), first);
    project.module("b/index.js", "b");
    let changed = compare();
    assert_eq!(read(), before);
    assert_eq!(changed, project.pack().sha256_base64);
}

#[test]
fn every_file_is_read_without_the_cache() {
    let project = Project::new();
    project.module("a/index.js", "a");
    project.pack();
    project.pack_when_stable();
    assert_eq!(project.pack_with(false).unwrap().reused, 0);
}

#[test]
fn an_incremental_package_equals_a_full_one() {
    // Concurrently, since each waits until its files are stable.
    std::thread::scope(|scope| (1..=4).for_each(|seed| drop(scope.spawn(move || edit_and_pack(seed)))));
}

fn edit_and_pack(seed: u64) {
    let mut random = Random(seed);
    let mut project = Project::new();
    let name = |n| format!("litexa/node_modules/p{}/{n}.js", n % 7);
    for n in 0..40 {
        project.write(&name(n), random.bytes());
    }
    project.pack();
    project.pack_when_stable();
    for round in 0..12 {
        match random.below(4) {
            0 => project.write(&name(random.below(60)), random.bytes()),
            1 => drop(fs::remove_file(project.path(&name(random.below(60))))),
            2 => project.generated[0].1 = random.bytes(),
            _ => drop(fs::rename(project.path(&name(random.below(60))), project.path(&name(random.below(60))))),
        }
        let package = project.pack();
        assert!(package.reused > 0, "seed {seed}, round {round}");
        assert_eq!(project.bytes(), project.full_package(), "seed {seed}, round {round}");
        assert_eq!(package.sha256_base64, sha256_base64(&project.bytes()), "seed {seed}, round {round}");
    }
}

#[test]
fn a_damaged_zip_or_cache_does_not_change_the_package() {
    let mut project = Project::new();
    for n in 0..30 {
        project.module(&format!("a/{n}.js"), format!("{n}").repeat(500));
    }
    project.pack();
    project.pack_when_stable();
    let (zip, cache) = (project.bytes(), fs::read(project.cache()).unwrap());
    let full = project.full_package();
    let mut random = Random(7);
    for round in 0..60 {
        fs::write(project.zip(), &zip).unwrap();
        fs::write(project.cache(), &cache).unwrap();
        let (path, whole) = if round % 2 == 0 { (project.zip(), &zip) } else { (project.cache(), &cache) };
        let mut damaged = whole.clone();
        match random.below(4) {
            0 => damaged.truncate(random.below(whole.len() as u64) as usize),
            1 => damaged = random.bytes(),
            2 => damaged[random.below(whole.len() as u64) as usize] ^= 1 << random.below(8),
            _ => damaged.extend(random.bytes()),
        }
        fs::write(path, damaged).unwrap();
        project.pack();
        assert_eq!(project.bytes(), full, "round {round}");
    }
    // A folder at the path of the cache cannot be replaced, and is reported.
    fs::remove_file(project.cache()).unwrap();
    fs::create_dir(project.cache()).unwrap();
    project.generated[0].1.push(b' ');
    let error = project.pack_with(true).unwrap_err();
    assert!(error.message.contains("package-cache.bin"), "{error}");
}

#[test]
fn a_cache_of_another_version_or_with_more_bytes_is_not_read() {
    let project = Project::new();
    project.pack();
    let whole = fs::read(project.cache()).unwrap();
    let reads = |change: fn(&mut Vec<u8>)| {
        let mut content = whole[4..].to_vec();
        change(&mut content);
        let checksum = libdeflater::crc32(&content).to_le_bytes();
        fs::write(project.cache(), [&checksum[..], &content].concat()).unwrap();
        Cache::read(&project.cache()).is_some()
    };
    assert!(reads(|_| ()));
    assert!(!reads(|content| content[0] += 1), "another format");
    assert!(!reads(|content| content[2] += 1), "another version of this module");
    assert!(!reads(|content| content.push(0)), "one byte more");
}

#[test]
fn without_the_zip_or_the_cache_every_file_is_read() {
    let project = Project::new();
    project.module("a/index.js", "a");
    project.pack();
    project.pack_when_stable();
    for file in [project.zip(), project.cache()] {
        assert_eq!(project.pack().reused, 2);
        fs::remove_file(file).unwrap();
        assert_eq!(project.pack().reused, 0);
        assert_eq!(project.bytes(), project.full_package());
    }
}

#[test]
fn a_flipped_bit_in_a_copied_entry_is_detected() {
    let mut project = Project::new();
    project.module("a/index.js", "a".repeat(100));
    project.module("b/index.js", "b".repeat(100));
    project.pack();
    project.pack_when_stable();
    let mut cache = Cache::read(&project.cache()).unwrap();
    let damaged = cache.entries["node_modules/b/index.js"].offset as usize;
    let mut zip = project.bytes();
    zip[damaged] ^= 1;
    fs::write(project.zip(), zip).unwrap();
    // As if the disk had lost the bit, without a change of size and times.
    cache.zip = FileFingerprint::of_path(&project.zip()).unwrap();
    cache.save(&project.cache(), &cache::encode(&cache.entries).unwrap()).unwrap();
    project.generated[0].1.push(b' ');
    assert_eq!(project.pack().reused, 1);
    assert_eq!(project.bytes(), project.full_package());
}

#[test]
fn temporary_files_of_a_crash_are_removed() {
    let project = Project::new();
    project.write(".deploy/test/.lambda.zip.AbCdEf.tmp", "torn");
    project.write(".deploy/test/.package-cache.bin.AbCdEf.tmp", "torn");
    project.write(".deploy/test/other.tmp", "not ours");
    project.pack();
    let left = fs::read_dir(project.path(".deploy/test")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut left: Vec<_> = left.collect();
    left.sort();
    assert_eq!(left, ["lambda.zip", "other.tmp", "package-cache.bin"]);
}
