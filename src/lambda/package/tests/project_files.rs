//! Tests that the project's own files do not get into its package, by any route.

use super::*;

/// A project's own files, each with unique content.
const OWN: [&str; 7] = [
    "aws-config.json",
    "artifacts.json",
    ".env",
    ".env.production",
    ".aws/credentials",
    ".aws/sso/cache/token.json",
    "litexa/.env",
];

fn secret(file: &str) -> String {
    format!("the secret of {file}")
}

fn project_with_secrets() -> Project {
    let project = Project::new();
    for file in &OWN {
        project.write(file, secret(file));
    }
    project.module("a/index.js", "a");
    project
}

/// Packs, checks that no entry has the content of an own file under any name, and returns the names of all entries.
fn packed_names(project: &Project) -> Vec<String> {
    project.pack();
    let entries = entries(&project.bytes());
    for entry in &entries {
        let content = String::from_utf8_lossy(&entry.content);
        assert!(!content.contains("the secret of"), "{} holds {content}", entry.name);
    }
    entries.into_iter().map(|entry| entry.name).collect()
}

#[test]
fn files_outside_of_node_modules_are_not_packaged() {
    let project = project_with_secrets();
    assert_eq!(packed_names(&project), ["index.js", "node_modules/a/index.js"]);
    assert!(project.warnings().is_empty());
}

/// npm creates such a copy for a dependency `file:..` with `install-links`.
#[test]
fn a_copy_of_the_project_is_packaged_without_its_own_files() {
    let project = project_with_secrets();
    for file in &OWN {
        project.module(&format!("me/{file}"), secret(file));
    }
    project.module("me/lib/index.js", "me");
    assert_eq!(packed_names(&project), ["index.js", "node_modules/a/index.js", "node_modules/me/lib/index.js"]);
    let [warning] = project.warnings().try_into().unwrap();
    assert!(warning.starts_with("node_modules contains a Litexa project's own files, which are excluded"), "{warning}");
    for file in OWN {
        assert!(warning.contains(&format!("node_modules/me/{file}")), "{file}: {warning}");
    }
    assert!(!warning.contains("the secret"));
}

/// As with an outdated copy, or another project: the content differs.
#[test]
fn another_litexa_project_is_packaged_without_its_own_files() {
    for config in ["litexa.config.json", "litexa.config.js", "litexa.config.ts", "litexa.config.coffee"] {
        let project = Project::new();
        for file in &OWN {
            project.module(&format!("@s/other/{file}"), secret(file));
        }
        project.module(&format!("@s/other/{config}"), "{}");
        project.module("@s/other/.env.example", "KEY=");
        project.module("@s/other/data/artifacts.json", "{}");
        let kept = [".env.example", "data/artifacts.json", config].map(|file| format!("node_modules/@s/other/{file}"));
        assert_eq!(packed_names(&project)[1..], kept);
    }
}

#[test]
fn files_of_a_dependency_with_the_same_names_are_packaged_and_reported() {
    let project = project_with_secrets();
    for file in OWN {
        project.module(&format!("a/{file}"), format!("the dependency's {file}"));
    }
    let names = packed_names(&project);
    assert_eq!(names.len(), 2 + OWN.len());
    let [warning] = project.warnings().try_into().unwrap();
    assert!(warning.starts_with("the function's package contains files that look like credentials"), "{warning}");
    for file in OWN {
        assert!(warning.contains(&format!("node_modules/a/{file}")), "{file}: {warning}");
    }
}

#[test]
fn empty_files_are_not_secrets() {
    let project = Project::new();
    project.write(".env", "");
    project.module("a/.env", "");
    assert_eq!(packed_names(&project), ["index.js", "node_modules/a/.env"]);
    assert!(project.warnings().is_empty());
}

#[test]
fn own_files_are_also_excluded_from_an_incremental_package() {
    let project = project_with_secrets();
    project.module("me/.env", "an outdated copy");
    assert_eq!(packed_names(&project).len(), 3);
    project.module("me/.env", secret(".env"));
    assert_eq!(packed_names(&project).len(), 2);
    project.pack_when_stable();
    assert_eq!(packed_names(&project).len(), 2);
    assert_eq!(project.bytes(), project.full_package());
}

#[cfg(unix)]
mod links {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_to_an_own_file_is_an_error() {
        let mut rejected = 0;
        for file in OWN {
            let project = project_with_secrets();
            symlink(project.path(file), project.path("litexa/node_modules/a/settings")).unwrap();
            let error = project.pack_error();
            assert_eq!(error.code, ErrorCode::InvalidPackage);
            assert!(error.message.ends_with(&format!("is a link to the project's own {file}")), "{error}");
            rejected += 1;
        }
        assert_eq!(rejected, OWN.len());
    }

    #[test]
    fn a_link_to_their_folder_is_an_error() {
        let project = project_with_secrets();
        symlink(project.path(".aws"), project.path("litexa/node_modules/a/settings")).unwrap();
        assert!(project.pack_error().message.ends_with("is a link to the project's own .aws"));
    }

    #[test]
    fn a_link_to_an_own_file_through_another_folder_is_an_error() {
        let outside = tempfile::tempdir().unwrap();
        let project = project_with_secrets();
        symlink(project.path("aws-config.json"), outside.path().join("config.json")).unwrap();
        symlink(outside.path(), project.path("litexa/node_modules/b")).unwrap();
        assert!(project.pack_error().message.ends_with("is a link to the project's own aws-config.json"));
    }

    #[test]
    fn a_hard_link_to_an_own_file_is_excluded() {
        let project = project_with_secrets();
        let hidden = project.path("litexa/node_modules/a/settings.json");
        fs::hard_link(project.path("aws-config.json"), hidden).unwrap();
        assert_eq!(packed_names(&project), ["index.js", "node_modules/a/index.js"]);
        assert!(project.warnings()[0].ends_with("package: node_modules/a/settings.json"));
    }

    #[test]
    fn node_modules_that_is_the_project_itself_is_an_error() {
        let project = project_with_secrets();
        fs::remove_dir_all(project.path("litexa/node_modules")).unwrap();
        symlink(project.folder.path(), project.path("litexa/node_modules")).unwrap();
        let error = project.pack_error();
        assert_eq!(error.code, ErrorCode::InvalidPackage);
        assert!(error.message.contains("which contains the link"), "{error}");
    }

    /// npm creates such links for a dependency `file:..`, and for a workspace.
    #[test]
    fn the_project_itself_is_skipped_and_an_error_as_a_dependency() {
        for root in ["", "litexa"] {
            let project = project_with_secrets();
            symlink(project.path(root), project.path("litexa/node_modules/me")).unwrap();
            assert_eq!(packed_names(&project), ["index.js", "node_modules/a/index.js"]);
            fs::remove_file(project.zip()).unwrap();
            project.write("litexa/package.json", r#"{"dependencies": {"me": "file:.."}}"#);
            let error = project.pack_error();
            assert_eq!(error.code, ErrorCode::InvalidPackage);
            assert!(error.message.contains("the dependency me is"), "{error}");
        }
    }

    #[test]
    fn the_workspace_of_the_project_is_skipped() {
        let workspace = tempfile::tempdir().unwrap();
        let project = Project { folder: tempfile::tempdir_in(&workspace).unwrap(), ..project_with_secrets() };
        project.write("litexa/package.json", "{}");
        project.write("aws-config.json", secret("aws-config.json"));
        fs::create_dir_all(project.path("litexa/node_modules")).unwrap();
        symlink(workspace.path(), project.path("litexa/node_modules/all")).unwrap();
        assert_eq!(packed_names(&project), ["index.js"]);
    }

    #[test]
    fn a_package_of_the_workspace_is_packaged_with_its_own_files_and_a_warning() {
        let project = project_with_secrets();
        project.write("shared/.env", "the part's own");
        project.write("shared/index.js", "shared");
        symlink(project.path("shared"), project.path("litexa/node_modules/shared")).unwrap();
        assert_eq!(packed_names(&project).len(), 5);
        let warning = &project.warnings()[0];
        assert!(warning.ends_with("the function's code: node_modules/.packages/shared/.env"), "{warning}");
    }
}
