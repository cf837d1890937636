//! Tests links, and entries that are neither files nor folders.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;

use super::*;

fn link(project: &Project, target: impl AsRef<Path>, link: &str) {
    let link = project.path("litexa/node_modules").join(link);
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    symlink(target, link).unwrap();
}

/// Returns the links of a package, with their targets.
fn links(zip: &[u8]) -> Vec<(String, String)> {
    let links = entries(zip).into_iter().filter(|entry| entry.mode == 0o120_777);
    links.map(|entry| (entry.name, String::from_utf8(entry.content).unwrap())).collect()
}

#[test]
fn links_between_packages_are_kept_without_those_of_shells() {
    let project = Project::new();
    project.module("a/index.js", "a");
    project.module("a/lib/libz.so.1", "z");
    link(&project, "libz.so.1", "a/lib/libz.so");
    link(&project, "../a/index.js", ".bin/a");
    link(&project, "../../a/index.js", "a/node_modules/.bin/a");
    link(&project, project.path("litexa/node_modules/a"), "@s/alias");
    project.pack();
    let kept = [("node_modules/@s/alias", "../a"), ("node_modules/a/lib/libz.so", "libz.so.1")];
    assert_eq!(links(&project.bytes()), kept.map(|(name, target)| (name.to_owned(), target.to_owned())));
    assert_eq!(names(&project.bytes()).len(), 5);
}

#[test]
fn packages_of_a_linked_scope_find_what_they_depend_on() {
    let project = Project::new();
    project.write("litexa/package.json", r#"{"dependencies": {"@s/a": "1"}}"#);
    project.write("shared/a/package.json", r#"{"version": "1.0.0", "dependencies": {"dep": "1"}}"#);
    project.write("shared/a/index.js", "a");
    project.write("node_modules/dep/package.json", r#"{"version": "2.0.0"}"#);
    project.write("node_modules/dep/index.js", "dep");
    link(&project, "../../shared", "@s");
    project.pack();
    let zip = project.bytes();
    let links: BTreeMap<String, String> = links(&zip).into_iter().collect();
    // A zip with a link and something below it cannot be extracted.
    assert!(!links.contains_key("node_modules/@s"), "{links:?}");
    assert_eq!(links["node_modules/@s/a"], "../.packages/@s+a@1.0.0/node_modules/@s/a");
    let names = names(&zip);
    assert!(names.contains(&"node_modules/.packages/@s+a@1.0.0/node_modules/@s/a/index.js".to_owned()), "{names:?}");
    assert_eq!(links["node_modules/.packages/@s+a@1.0.0/node_modules/dep"], "../../dep@2.0.0/node_modules/dep");
}

#[test]
fn a_folder_outside_of_node_modules_is_packaged_once() {
    let project = Project::new();
    project.write("shared/index.js", "shared");
    project.write("shared/lib/deep.js", "deep");
    let links_to = [
        ("../../shared", "shared"),
        ("../../shared/lib", "lib"),
        ("../../../shared", "@s/again"),
        ("../../../shared/index.js", "a/index.js"),
        ("../../../other.js", "a/other.js"),
    ];
    for (target, name) in links_to {
        link(&project, target, name);
    }
    project.write("other.js", "other");
    project.pack();
    let kept = [
        ("node_modules/@s/again", "../.packages/shared"),
        ("node_modules/a/index.js", "../.packages/shared/index.js"),
        ("node_modules/lib", ".packages/shared/lib"),
        ("node_modules/shared", ".packages/shared"),
    ];
    assert_eq!(links(&project.bytes()), kept.map(|(name, target)| (name.to_owned(), target.to_owned())));
    let files = entries(&project.bytes()).into_iter().filter(|entry| entry.mode == 0o100_644);
    let files: Vec<_> = files.map(|entry| entry.name).collect();
    let shared = ["index.js", "lib/deep.js"].map(|file| format!("node_modules/.packages/shared/{file}"));
    assert_eq!(files, ["index.js", &shared[0], &shared[1], "node_modules/a/other.js"]);
    assert!(project.warnings().is_empty(), "{:?}", project.warnings());
}

#[test]
fn the_same_links_give_the_same_bytes() {
    let [first, second] = [false, true].map(|is_reversed| {
        let project = Project::new();
        let mut folders: Vec<_> = (0..20).map(|number| format!("parts/{number}/same")).collect();
        if is_reversed {
            folders.reverse();
        }
        for (index, folder) in folders.iter().enumerate() {
            project.write(&format!("{folder}/index.js"), folder);
            let number = folder.split('/').nth(1).unwrap();
            link(&project, format!("../../{folder}"), &format!("{number}-of-{}", folders.len()));
            project.write(&format!("{folder}/package.json"), "{}");
            project.module(&format!("{index}.js"), "");
        }
        project.pack();
        project.bytes()
    });
    assert_eq!(first, second);
}

#[test]
fn links_in_a_circle_are_kept_inside_and_skipped_where_they_contain_the_skill() {
    for (target, name, kept) in [
        ("..", "a/loop", Some("..")),
        (".", "self", Some(".")),
        ("../..", "up", None),
        ("/", "disk", None),
        ("round", "round", None),
    ] {
        let project = Project::new();
        project.module("a/index.js", "a");
        link(&project, target, name);
        project.pack();
        let kept: Vec<_> = kept.map(|text| (format!("node_modules/{name}"), text.to_owned())).into_iter().collect();
        assert_eq!(links(&project.bytes()), kept);
        assert_eq!(names(&project.bytes()).len(), 2 + kept.len());
        let skipped = project.recorder.lines(Level::Log);
        assert_eq!(skipped.len(), 1 - kept.len(), "{skipped:?}");
        assert!(skipped.iter().all(|line| line.contains(&format!("node_modules/{name} "))), "{skipped:?}");
    }
}

#[test]
fn broken_links_are_skipped_with_a_line() {
    let project = Project::new();
    project.module("a/index.js", "a");
    // As Emacs marks a file that is being edited.
    link(&project, "user@host.123:456", "a/.#index.js");
    link(&project, "../gone", "gone");
    link(&project, "../gone/cli.js", ".bin/gone");
    project.pack();
    assert_eq!(names(&project.bytes()), ["index.js", "node_modules/a/index.js"]);
    let lines = project.recorder.lines(Level::Log);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().any(|line| line.ends_with("/a/.#index.js to user@host.123:456")), "{lines:?}");
    fs::remove_file(project.zip()).unwrap();
    project.write("litexa/package.json", r#"{"dependencies": {"gone": "file:../gone"}}"#);
    assert!(project.pack_error().message.ends_with("not installed: gone"));
}

#[test]
fn links_out_of_the_project_are_reported_once_per_folder() {
    let outside = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for folder in &outside {
        fs::create_dir_all(folder.path().join("lib")).unwrap();
        fs::write(folder.path().join("lib/a.js"), "a").unwrap();
        symlink("a.js", folder.path().join("lib/b.js")).unwrap();
    }
    let project = Project::new();
    link(&project, outside[0].path(), "a");
    link(&project, outside[0].path(), "a2");
    link(&project, outside[1].path(), "@s/b");
    project.pack();
    let warnings = project.warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings.iter().any(|line| line.starts_with("node_modules/@s/b is a link out of the project")));
    assert_eq!(links(&project.bytes()).len(), 5);
}

#[test]
fn a_link_to_a_file_out_of_the_project_is_reported() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("credentials"), "a").unwrap();
    let project = Project::new();
    project.module("a/index.js", "a");
    symlink(outside.path().join("credentials"), project.path("litexa/node_modules/a/data")).unwrap();
    project.pack();
    let warnings = project.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("node_modules/a/data is a link out of the project"), "{warnings:?}");
}

#[test]
fn many_links_to_files_out_of_the_project_are_counted() {
    let outside = tempfile::tempdir().unwrap();
    let project = Project::new();
    project.module("a/index.js", "a");
    for number in 0..8 {
        let file = outside.path().join(format!("{number}.js"));
        fs::write(&file, "a").unwrap();
        symlink(file, project.path(&format!("litexa/node_modules/a/{number}.js"))).unwrap();
    }
    project.pack();
    let warnings = project.warnings();
    assert_eq!(warnings.len(), 6, "{warnings:?}");
    assert_eq!(warnings[5], "3 more files are links out of the project as well");
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

#[test]
fn a_socket_that_an_installer_has_left_below_a_link_does_no_harm() {
    let project = Project::new();
    project.write("litexa/package.json", r#"{"dependencies": {"dep": "1"}}"#);
    project.write("node_modules/dep/package.json", "{}");
    project.write("node_modules/dep/index.js", "dep");
    project.module("dep/node_modules/.cache/file", "");
    let socket = project.path("litexa/node_modules/dep/node_modules/.cache/s");
    let _socket = std::os::unix::net::UnixListener::bind(socket).unwrap();
    project.pack();
    let place = ".packages/dep/node_modules/dep".to_owned();
    assert_eq!(links(&project.bytes()), [("node_modules/dep".to_owned(), place)]);
}

#[test]
fn of_a_package_outside_of_node_modules_its_own_node_modules_are_left_out() {
    let project = Project::new();
    link(&project, "../../packages/own", "own");
    for file in ["package.json", "lib/node_modules/x/index.js", "node_modules/tool/index.js"] {
        project.write(&format!("packages/own/{file}"), "{}");
    }
    project.pack();
    let own = "node_modules/.packages/own/node_modules/own";
    let expected = ["lib/node_modules/x/index.js", "package.json"].map(|file| format!("{own}/{file}"));
    let names = names(&project.bytes());
    let found: Vec<_> = names.iter().filter(|name| name.starts_with(own)).collect();
    assert_eq!(found, expected.iter().collect::<Vec<_>>());
}

// The file systems of macOS do not allow such names.
#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_unicode_is_an_error() {
    use std::os::unix::ffi::OsStrExt;
    let project = Project::new();
    project.module("a/index.js", "a");
    let path = |name| project.folder.path().join(std::ffi::OsStr::from_bytes(name));
    // An empty folder is not packaged.
    fs::create_dir(path(b"litexa/node_modules/a/\xff")).unwrap();
    project.pack();
    fs::remove_file(project.zip()).unwrap();
    for name in [&b"litexa/node_modules/a/\xff/b.js"[..], b"litexa/node_modules/a/\xff.js"] {
        fs::write(path(name), "a").unwrap();
        assert!(project.pack_error().message.contains("not valid Unicode"));
        fs::remove_file(path(name)).unwrap();
    }
}

#[test]
fn a_damaged_package_json_of_the_users_own_package_is_to_be_corrected() {
    let project = Project::new();
    project.write("litexa/package.json", r#"{"dependencies": {"own": "1", "@types/a": "1"}}"#);
    project.write("packages/own/package.json", "{\n  \"main\": \"index.js\",\n}");
    link(&project, "../../packages/own", "own");
    // Nothing needs types at run time.
    project.module("@types/a/package.json", "");
    let error = project.pack_error();
    assert!(error.message.ends_with(": key must be a string at line 3 column 1"), "{error}");
    assert_eq!(error.hint, "Correct it");
    project.write("packages/own/package.json", "{}");
    project.pack();
}
