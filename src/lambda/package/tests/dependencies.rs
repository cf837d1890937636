//! Tests that packages resolve in the zip as they do on this machine.

use super::*;

pub(super) fn package(project: &Project, folder: &str, manifest: &str) {
    project.write(&format!("{folder}/package.json"), manifest);
    project.write(&format!("{folder}/index.js"), folder);
}

pub(super) fn uses(project: &Project, names: &[&str]) {
    let names: Vec<_> = names.iter().map(|name| format!("\"{name}\": \"1\"")).collect();
    project.write("litexa/package.json", format!("{{\"dependencies\": {{{}}}}}", names.join(", ")));
}

/// Without links and installers' files, of which each test has others.
fn packed_files(project: &Project) -> Vec<String> {
    project.pack();
    let files = entries(&project.bytes()).into_iter().filter(|entry| entry.mode != 0o120_777);
    files
        .map(|entry| entry.name)
        .filter(|name| !name.ends_with("package.json") && name != "index.js" && !name.contains("aws-sdk"))
        .collect()
}

#[test]
fn a_missing_dependency_of_a_dependency_is_an_error_with_both_names() {
    let project = Project::new();
    uses(&project, &["a"]);
    let a = "litexa/node_modules/a";
    package(
        &project,
        a,
        r#"{"version": "3.0.1", "dependencies": {"b": "1", "@aws-sdk/client-s3": "3", "@types/node": "1"}}"#,
    );
    let error = project.pack_error();
    assert!(error.message.ends_with("not installed: b (required by a@3.0.1)"), "{error}");
    package(&project, &format!("{a}/node_modules/b"), r#"{"optionalDependencies": {"c": "1"}}"#);
    project.pack();
    assert!(project.warnings().is_empty());
}

#[test]
fn a_damaged_package_json_of_a_required_package_is_an_error_also_with_layers() {
    let project = Project { has_layers: true, ..Project::new() };
    uses(&project, &["a"]);
    package(&project, "litexa/node_modules/a", r#"{"dependencies": {"b": "1"}}"#);
    for damaged in ["", "{", r#"{"version": "1.0"#, "\0\0\0\0", "<<<<<<< HEAD\n{}", "[]", "null"] {
        package(&project, "litexa/node_modules/b", damaged);
        let error = project.pack_error();
        assert_eq!(error.code, ErrorCode::InvalidPackage, "{damaged}");
        assert!(
            error.message.replace('\\', "/").contains("node_modules/b/package.json is not a valid package.json: "),
            "{error}"
        );
        assert!(error.hint.ends_with("Remove the folder of the package. Run `npm install` in litexa"), "{error}");
    }
    project.write("litexa/node_modules/b/package.json", b"{\"author\": \"J\xfcrgen\"}");
    assert!(project.pack_error().message.contains("invalid utf-8 sequence"));
    for fine in ["\u{feff}{}", r#" {"description": "\ud800"}"#] {
        package(&project, "litexa/node_modules/b", fine);
        project.pack();
    }
    assert!(project.warnings().is_empty());
}

#[test]
fn a_damaged_package_json_of_an_optional_package_is_a_warning() {
    let project = Project::new();
    project.write("litexa/package.json", r#"{"optionalDependencies": {"a": "1"}}"#);
    package(&project, "litexa/node_modules/a", "{");
    project.pack();
    let [warning] = project.warnings().try_into().unwrap();
    assert!(warning.contains("package.json is not a valid package.json: EOF while parsing"), "{warning}");
    assert!(warning.ends_with(", and code that needs the package will fail"), "{warning}");
}

#[test]
fn packages_without_their_entry_point_are_one_warning() {
    let project = Project::new();
    uses(&project, &["a", "b", "c"]);
    let modules = "litexa/node_modules";
    let unbuilt = |name: &str, manifest: &str| {
        project.write(&format!("{modules}/{name}/package.json"), manifest);
        project.write(&format!("{modules}/{name}/src/index.ts"), "");
    };
    unbuilt("a", r#"{"version": "1.0.0", "main": "dist/index.js"}"#);
    unbuilt("b", r#"{"exports": {".": {"types": "./src/index.ts", "require": "./dist/index.js"}}}"#);
    package(&project, &format!("{modules}/c"), r#"{"main": "gone.js"}"#);
    unbuilt("not-needed", r#"{"main": "dist/index.js"}"#);
    project.pack();
    let [warning] = project.warnings().try_into().unwrap();
    assert!(warning.ends_with("install them again: a@1.0.0 (dist/index.js), b (./dist/index.js)"), "{warning}");
    for name in ["a", "b"] {
        project.write(&format!("{modules}/{name}/dist/index.js"), "");
    }
    project.pack();
    assert_eq!(project.warnings().len(), 1);
}

#[test]
fn with_layers_a_missing_dependency_is_a_warning() {
    let project = Project { has_layers: true, ..Project::new() };
    uses(&project, &["a"]);
    project.pack();
    let [warning] = project.warnings().try_into().unwrap();
    assert!(warning.contains("not installed: a. Run `npm install` in litexa. Not needed if a layer"), "{warning}");
}

#[test]
fn missing_peer_dependencies_are_a_warning_unless_they_are_optional() {
    let project = Project::new();
    uses(&project, &["a"]);
    let peers = r#"{"peerDependencies": {"b": "1", "c": "1"}, "peerDependenciesMeta": {"c": {"optional": true}}}"#;
    package(&project, "litexa/node_modules/a", peers);
    project.pack();
    let [warning] = project.warnings().try_into().unwrap();
    assert!(warning.ends_with("will fail: b (required by a)"), "{warning}");
}

#[test]
fn packages_of_the_folders_above_are_packaged_with_what_they_need() {
    let project = Project::new();
    uses(&project, &["a", "c"]);
    package(&project, "node_modules/a", r#"{"version": "1.0.0", "dependencies": {"b": "1", "c": "1"}}"#);
    package(&project, "node_modules/a/node_modules/b", r#"{"version": "2.0.0"}"#);
    package(&project, "node_modules/b", r#"{"version": "1.0.0"}"#);
    package(&project, "litexa/node_modules/c", r#"{"version": "2.0.0", "dependencies": {"b": "1"}}"#);
    package(&project, "node_modules/c", r#"{"version": "1.0.0", "dependencies": {"a": "1"}}"#);
    package(&project, "node_modules/of-others", "{}");
    project.pack();
    let links: Vec<_> = entries(&project.bytes()).into_iter().filter(|entry| entry.mode == 0o120_777).collect();
    let links: Vec<_> = links.iter().map(|link| (&*link.name, std::str::from_utf8(&link.content).unwrap())).collect();
    let expected = [
        ("node_modules/.packages/a@1.0.0/node_modules/b", "../../b@2.0.0/node_modules/b"),
        ("node_modules/.packages/a@1.0.0/node_modules/c", "../../c@1.0.0/node_modules/c"),
        ("node_modules/.packages/c@1.0.0/node_modules/a", "../../a@1.0.0/node_modules/a"),
        ("node_modules/a", ".packages/a@1.0.0/node_modules/a"),
        ("node_modules/b", ".packages/b@1.0.0/node_modules/b"),
    ];
    assert_eq!(links, expected);
    assert!(!names(&project.bytes()).iter().any(|name| name.contains("of-others")));
}

/// Node.js goes on above a folder that it can load nothing from.
#[test]
fn a_folder_without_a_package_does_not_hide_the_package_above() {
    for content in ["", "node_modules/.cache/x", ".package-lock.json", "build/Release/x.node", "README.md"] {
        for include in [PackageInclude::All, PackageInclude::Production] {
            let project = Project { include, ..Project::new() };
            uses(&project, &["top"]);
            package(&project, "node_modules/top", r#"{"version": "1.0.0", "dependencies": {"leaf": "1"}}"#);
            package(&project, "node_modules/leaf", r#"{"version": "1.0.0"}"#);
            for folder in ["litexa/node_modules/top", "node_modules/top/node_modules/leaf"] {
                fs::create_dir_all(project.path(folder)).unwrap();
                if !content.is_empty() {
                    project.write(&format!("{folder}/{content}"), "");
                }
            }
            let files = packed_files(&project);
            for name in ["top", "leaf"] {
                let file = format!("node_modules/.packages/{name}@1.0.0/node_modules/{name}/index.js");
                assert!(files.contains(&file), "{content}: {files:?}");
            }
            let names = names(&project.bytes());
            assert!(names.contains(&"node_modules/top".to_owned()), "{names:?}");
            assert!(!names.iter().any(|name| name.starts_with("node_modules/top/")), "{content}: {names:?}");
        }
    }
}

#[test]
fn a_folder_without_a_package_is_not_an_installed_dependency() {
    let project = Project::new();
    uses(&project, &["a"]);
    fs::create_dir_all(project.path("litexa/node_modules/a")).unwrap();
    assert!(project.pack_error().message.ends_with("not installed: a"));
    // Without a package.json, its files are loaded by their paths.
    project.module("a/lib/x.js", "");
    assert_eq!(packed_files(&project), ["node_modules/a/lib/x.js"]);
}

#[test]
fn a_byte_order_mark_does_not_hide_the_dependencies_of_a_package() {
    let project = Project::new();
    uses(&project, &["a"]);
    package(&project, "litexa/node_modules/a", "\u{feff}{\"dependencies\": {\"b\": \"1\"}}");
    assert!(project.pack_error().message.ends_with("not installed: b (required by a)"));
}

#[test]
fn a_package_may_depend_on_another_version_of_itself_and_on_its_dependent() {
    let project = Project::new();
    uses(&project, &["a"]);
    package(&project, "node_modules/a", r#"{"version": "2.0.0", "dependencies": {"a": "1", "b": "1"}}"#);
    package(&project, "node_modules/a/node_modules/a", r#"{"version": "1.0.0"}"#);
    package(&project, "node_modules/b", r#"{"version": "1.0.0", "dependencies": {"a": "2"}}"#);
    project.pack();
    let zip = project.bytes();
    let own = entries(&zip).into_iter().find(|entry| entry.name.ends_with("/a/node_modules/a")).unwrap();
    assert_eq!(own.name, "node_modules/.packages/a@2.0.0/node_modules/a/node_modules/a");
    assert_eq!(own.content, b"../../../../a@1.0.0/node_modules/a");
}

#[test]
fn production_packages_only_what_dependencies_reach() {
    let mut project = Project { include: PackageInclude::Production, ..Project::new() };
    project.generated.push(("node_modules/aws-sdk/index.js".to_owned(), b"the shim".to_vec()));
    let manifest =
        r#"{"dependencies": {"a": "1"}, "optionalDependencies": {"o": "1"}, "devDependencies": {"dev": "1"}}"#;
    project.write("litexa/package.json", manifest);
    let modules = "litexa/node_modules";
    package(&project, &format!("{modules}/a"), r#"{"dependencies": {"@s/b": "1"}, "peerDependencies": {"p": "1"}}"#);
    package(&project, &format!("{modules}/a/node_modules/@s/b"), "{}");
    for name in ["@s/b", "o", "p", "dev", "dev/node_modules/p", "extraneous", ".prisma/client"] {
        package(&project, &format!("{modules}/{name}"), "{}");
    }
    let needed = [
        "node_modules/.prisma/client/index.js",
        "node_modules/a/index.js",
        "node_modules/a/node_modules/@s/b/index.js",
        "node_modules/o/index.js",
        "node_modules/p/index.js",
    ];
    assert_eq!(packed_files(&project), needed);
    assert_eq!(project.pack().unneeded, 0);
    let all = Project { include: PackageInclude::All, ..project };
    assert_eq!(packed_files(&all).len(), needed.len() + 4);
    let package = all.pack();
    assert!((1..package.size).contains(&package.unneeded), "{package:?}");
}

#[test]
fn what_installers_keep_for_themselves_is_not_packaged() {
    let project = Project::new();
    for file in [".package-lock.json", ".modules.yaml", ".yarn-integrity", ".pnpm/lock.yaml", ".yarn-state.yml"] {
        project.module(file, "/home/me");
    }
    project.module(".pnpm-workspace-state-v1.json", "{}");
    project.module(".bin/a.cmd", "a");
    project.module("a/.package-lock.json", "{}");
    project.module("a/lock.yaml", "{}");
    project.pack();
    assert_eq!(names(&project.bytes()), ["index.js", "node_modules/a/.package-lock.json", "node_modules/a/lock.yaml"]);
}

#[test]
fn what_resolves_counts_and_not_what_an_installer_has_left_behind() {
    for record in [".pnpm/lock.yaml", ".modules.yaml", ".yarn-state.yml", ".package-lock.json"] {
        let project = Project::new();
        project.module(record, "");
        uses(&project, &["a"]);
        package(&project, "litexa/node_modules/a", r#"{"dependencies": {"b": "1"}}"#);
        package(&project, "litexa/node_modules/b", "{}");
        assert_eq!(packed_files(&project), ["node_modules/a/index.js", "node_modules/b/index.js"], "{record}");
        assert!(project.warnings().is_empty(), "{:?}", project.warnings());
        fs::remove_dir_all(project.path("litexa/node_modules/b")).unwrap();
        assert!(project.pack_with(true).is_err(), "{record}");
    }
}

#[test]
fn an_installed_aws_sdk_replaces_the_shim_if_it_is_packaged() {
    let pack = |project: &Project, include| {
        let input = PackageInput {
            generated: Vec::new(),
            sdk_shim: vec![("node_modules/aws-sdk/index.js".to_owned(), b"shim".to_vec())],
            litexa_root: &project.path("litexa"),
            project_root: project.folder.path(),
            reporter: &project.recorder,
            use_cache: false,
            include,
            has_layers: false,
            handler: None,
        };
        pack(input, &PackageFiles { zip: project.zip(), cache: project.cache(), are_kept: false }).unwrap();
        entries(&project.bytes()).into_iter().any(|entry| entry.content == b"shim")
    };
    let project = Project::new();
    assert!(pack(&project, PackageInclude::All));
    package(&project, "litexa/node_modules/aws-sdk", "{}");
    assert!(!pack(&project, PackageInclude::All));
    assert!(pack(&project, PackageInclude::Production));
    uses(&project, &["aws-sdk"]);
    assert!(!pack(&project, PackageInclude::Production));
    assert_eq!(project.warnings(), [""; 0]);
    fs::remove_file(project.path("litexa/package.json")).unwrap();
    assert!(pack(&project, PackageInclude::All));
}

#[test]
fn an_aws_sdk_that_the_skill_itself_requires_is_a_warning_if_the_shim_takes_its_place() {
    let warnings = |manifest: &str, is_installed: bool, runtime_lacks_it: bool| {
        let project = Project::new();
        project.write("litexa/package.json", manifest);
        package(&project, "litexa/node_modules/a", r#"{"dependencies": {"aws-sdk": "2"}}"#);
        if is_installed {
            package(&project, "litexa/node_modules/aws-sdk", "{}");
        }
        let shim = ("node_modules/aws-sdk/index.js".to_owned(), b"shim".to_vec());
        let input = PackageInput {
            generated: Vec::new(),
            sdk_shim: runtime_lacks_it.then_some(shim).into_iter().collect(),
            litexa_root: &project.path("litexa"),
            project_root: project.folder.path(),
            reporter: &project.recorder,
            use_cache: false,
            include: PackageInclude::All,
            has_layers: false,
            handler: None,
        };
        pack(input, &PackageFiles { zip: project.zip(), cache: project.cache(), are_kept: false }).unwrap();
        project.warnings()
    };
    let required = r#"{"dependencies": {"aws-sdk": "2"}}"#;
    let found = warnings(required, false, true);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("DynamoDB and CloudWatch only") && found[0].contains("npm install"), "{found:?}");
    assert_eq!(warnings(required, true, true), [""; 0]);
    assert_eq!(warnings(required, false, false), [""; 0]);
    for other in [
        r#"{"devDependencies": {"aws-sdk": "2"}}"#,
        r#"{"optionalDependencies": {"aws-sdk": "2"}}"#,
        r#"{"dependencies": {"a": "1"}}"#,
    ] {
        assert_eq!(warnings(other, false, true), [""; 0], "{other}");
    }
}

#[test]
fn an_addon_for_another_system_is_reported_with_its_package() {
    let project = Project::new();
    uses(&project, &["a"]);
    package(&project, "litexa/node_modules/a", r#"{"version": "1.0.0"}"#);
    project.module("a/build/Release/a.node", [0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1]);
    let package = project.pack();
    let [warning] = package.native_code.warnings(Cpu::X64).try_into().unwrap();
    assert!(warning.starts_with("a@1.0.0 has native code for macOS on arm64"), "{warning}");
    project.pack_when_stable();
    assert_eq!(project.pack().native_code, package.native_code);
}

#[cfg(unix)]
mod isolated {
    use super::*;
    use std::os::unix::fs::symlink;

    /// Installs `a` and `dev` as pnpm, bun and `npm install --install-strategy=linked` do, into a store.
    fn install(project: &Project, store: &str, modules: &str) {
        let real = |entry: &str| format!("{store}/{entry}/node_modules");
        package(project, &format!("{}/a", real("a@1.0.0")), r#"{"version": "1.0.0", "dependencies": {"@s/b": "1"}}"#);
        package(project, &format!("{}/@s/b", real("@s+b@1.0.0")), r#"{"version": "1.0.0"}"#);
        package(project, &format!("{}/dev", real("dev@1.0.0")), r#"{"version": "1.0.0", "dependencies": {"a": "1"}}"#);
        let link = |at: String, target: String| {
            let at = project.path(&at);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            symlink(project.path(&target), at).unwrap();
        };
        link(format!("{}/@s/b", real("a@1.0.0")), format!("{}/@s/b", real("@s+b@1.0.0")));
        link(format!("{}/a", real("dev@1.0.0")), format!("{}/a", real("a@1.0.0")));
        link(format!("{store}/node_modules/@s/b"), format!("{}/@s/b", real("@s+b@1.0.0")));
        for name in ["a", "dev"] {
            link(format!("{modules}/{name}"), format!("{}/{name}", real(&format!("{name}@1.0.0"))));
        }
    }

    fn content_through_links(project: &Project, path: &str) -> Vec<u8> {
        let found = entries(&project.bytes());
        let mut path = path.to_owned();
        for _ in 0..10 {
            if let Some(file) = found.iter().find(|entry| entry.name == path) {
                return file.content.clone();
            }
            let link = found.iter().find(|entry| path.starts_with(&format!("{}/", entry.name))).unwrap();
            let rest = path.strip_prefix(&link.name).unwrap().to_owned();
            let folder = Path::new(&link.name).parent().unwrap().join(std::str::from_utf8(&link.content).unwrap());
            let mut parts = Vec::new();
            for part in folder.components() {
                match part.as_os_str().to_str().unwrap() {
                    ".." => drop(parts.pop()),
                    part => parts.push(part.to_owned()),
                }
            }
            path = parts.join("/") + &rest;
        }
        panic!("{path} has too many links")
    }

    #[test]
    fn a_store_within_node_modules_keeps_its_layout() {
        for store in [".pnpm", ".store", ".bun"] {
            let project = Project::new();
            uses(&project, &["a"]);
            install(&project, &format!("litexa/node_modules/{store}"), "litexa/node_modules");
            project.pack();
            let found = content_through_links(&project, "node_modules/a/index.js");
            assert!(found.ends_with(b"a@1.0.0/node_modules/a"));
            let name = format!("node_modules/{store}/a@1.0.0/node_modules/@s/b/index.js");
            assert!(content_through_links(&project, &name).ends_with(b"@s/b"));
            // Each file once.
            assert_eq!(packed_files(&project).len(), 3);
            let production = Project { include: PackageInclude::Production, ..project };
            assert_eq!(packed_files(&production).len(), 2);
            let names = names(&production.bytes());
            assert!(!names.iter().any(|name| name.contains("dev")), "{names:?}");
            assert!(names.contains(&format!("node_modules/{store}/node_modules/@s/b")), "{names:?}");
        }
    }

    #[test]
    fn a_store_of_the_workspace_around_the_project_is_packaged_too() {
        let project = Project::new();
        uses(&project, &["a"]);
        install(&project, "node_modules/.pnpm", "litexa/node_modules");
        project.pack();
        let name = "node_modules/.packages/a@1.0.0/node_modules/@s/b/index.js";
        assert!(content_through_links(&project, name).ends_with(b"@s/b"));
        assert!(content_through_links(&project, "node_modules/dev/index.js").ends_with(b"dev"));
        assert_eq!(packed_files(&project).len(), 3);
        assert!(project.warnings().is_empty(), "{:?}", project.warnings());
        let production = Project { include: PackageInclude::Production, ..project };
        assert_eq!(packed_files(&production).len(), 2);
    }

    #[test]
    fn a_package_of_the_workspace_brings_its_dependencies_without_its_tools() {
        let project = Project::new();
        uses(&project, &["shared"]);
        package(&project, "packages/shared", r#"{"version": "0.0.0", "dependencies": {"a": "1", "skill": "1"}}"#);
        install(&project, "node_modules/.pnpm", "packages/shared/node_modules");
        fs::create_dir_all(project.path("litexa/node_modules")).unwrap();
        symlink("../../packages/shared", project.path("litexa/node_modules/shared")).unwrap();
        symlink("../../../litexa", project.path("packages/shared/node_modules/skill")).unwrap();
        project.pack();
        let name = "node_modules/.packages/shared@0.0.0/node_modules/a/index.js";
        assert!(content_through_links(&project, name).ends_with(b"a@1.0.0/node_modules/a"));
        assert_eq!(packed_files(&project).len(), 3);
    }

    #[test]
    fn node_modules_may_itself_be_a_link() {
        let project = Project::new();
        uses(&project, &["a"]);
        package(&project, "elsewhere/a", r#"{"dependencies": {"b": "1"}}"#);
        package(&project, "elsewhere/b", "{}");
        symlink("../elsewhere", project.path("litexa/node_modules")).unwrap();
        assert_eq!(packed_files(&project), ["node_modules/a/index.js", "node_modules/b/index.js"]);
    }
}
