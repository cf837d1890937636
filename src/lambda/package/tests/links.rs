//! Tests links, and entries that are neither files nor folders.

use std::os::unix::fs::symlink;

use super::*;

fn link(project: &Project, target: impl AsRef<Path>, link: &str) {
    let link = project.path("litexa/node_modules").join(link);
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    symlink(target, link).unwrap();
}

#[test]
fn links_are_followed() {
    let project = Project::new();
    project.write("shared/index.js", "shared");
    project.module("a/index.js", "a");
    link(&project, "../../shared", "shared");
    link(&project, "../a/index.js", ".bin/a");
    project.pack();
    let contents: Vec<_> = entries(&project.bytes()).into_iter().map(|entry| (entry.name, entry.content)).collect();
    assert_eq!(contents[1], ("node_modules/.bin/a".to_string(), b"a".to_vec()));
    assert_eq!(contents[3], ("node_modules/shared/index.js".to_string(), b"shared".to_vec()));
    assert!(project.warnings().is_empty(), "{:?}", project.warnings());
}

#[test]
fn circular_links_are_errors() {
    for (target, name) in [("..", "a/loop"), ("../..", "up"), (".", "self"), ("/", "disk"), ("round", "round")] {
        let project = Project::new();
        project.module("a/index.js", "a");
        link(&project, target, name);
        let error = project.pack_error();
        assert_eq!(error.code, ErrorCode::InvalidPackage);
        assert!(error.message.contains(&format!("node_modules/{name} ")), "{error}");
    }
}

#[test]
fn broken_links_are_errors_except_in_bin() {
    let project = Project::new();
    link(&project, "../gone/cli.js", ".bin/gone");
    project.pack();
    assert!(project.recorder.lines(Level::Verbose)[0].ends_with(".bin/gone"));
    fs::remove_file(project.zip()).unwrap();
    link(&project, "../gone", "a");
    let error = project.pack_error();
    assert_eq!(error.code, ErrorCode::InvalidPackage);
    assert!(error.message.contains("node_modules/a to ../gone failed: "), "{error}");
}

#[test]
fn links_out_of_the_project_are_reported_once_per_package() {
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir_all(outside.path().join("lib")).unwrap();
    fs::write(outside.path().join("lib/a.js"), "a").unwrap();
    symlink("a.js", outside.path().join("lib/b.js")).unwrap();
    let project = Project::new();
    link(&project, outside.path(), "a");
    link(&project, outside.path(), "@s/b");
    link(&project, "../a/lib/a.js", ".bin/a");
    project.pack();
    let warnings = project.warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings.iter().any(|line| line.starts_with("node_modules/a is a link out of the project")));
    assert!(warnings.iter().any(|line| line.starts_with("node_modules/@s/b is a link out of the project")));
    assert_eq!(names(&project.bytes()).len(), 6);
}

#[test]
fn a_socket_is_reported_by_name() {
    let project = Project::new();
    project.module("a/index.js", "a");
    let _socket = std::os::unix::net::UnixListener::bind(project.path("litexa/node_modules/a/s")).unwrap();
    let error = project.pack_error();
    assert_eq!(error.code, ErrorCode::InvalidPackage);
    assert!(error.message.contains("node_modules/a/s cannot be packaged"), "{error}");
}

// The file systems of macOS do not allow such names.
#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_unicode_is_an_error() {
    use std::os::unix::ffi::OsStrExt;
    let project = Project::new();
    project.module("a/index.js", "a");
    let name = std::ffi::OsStr::from_bytes(b"litexa/node_modules/a/\xff.js");
    fs::write(project.folder.path().join(name), "a").unwrap();
    assert!(project.pack_error().message.contains("not valid Unicode"));
}
