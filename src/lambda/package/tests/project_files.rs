//! The project's own files, on all the ways on which they could get into its package.

use super::*;

/// What a project keeps to itself, with content that nobody else has.
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
    OWN.iter().for_each(|file| project.write(file, secret(file)));
    project.module("a/index.js", "a");
    project
}

/// Packs, and proves that no entry, whatever its name is, has the content of an own file.
fn packed(project: &Project) -> Vec<String> {
    project.pack();
    let entries = entries(&project.bytes());
    for entry in &entries {
        let content = String::from_utf8_lossy(&entry.content);
        assert!(!content.contains("the secret of"), "{} holds {content}", entry.name);
    }
    entries.into_iter().map(|entry| entry.name).collect()
}

#[test]
fn what_lies_beside_node_modules_stays_at_home() {
    let project = project_with_secrets();
    assert_eq!(packed(&project), ["index.js", "node_modules/a/index.js"]);
    assert!(project.warnings().is_empty());
}

/// As npm makes of a dependency `file:..` with `install-links`.
#[test]
fn a_copy_of_the_project_comes_without_them() {
    let project = project_with_secrets();
    OWN.iter().for_each(|file| project.module(&format!("me/{file}"), secret(file)));
    project.module("me/lib/index.js", "me");
    assert_eq!(packed(&project), ["index.js", "node_modules/a/index.js", "node_modules/me/lib/index.js"]);
    let [warning] = project.warnings().try_into().unwrap();
    assert!(warning.starts_with("node_modules holds a Litexa project's own files, which are left out"), "{warning}");
    for file in OWN {
        assert!(warning.contains(&format!("node_modules/me/{file}")), "{file}: {warning}");
    }
    assert!(!warning.contains("the secret"));
}

/// The keys have changed since the copy was made, or the project is another one.
#[test]
fn nor_does_any_other_litexa_project_bring_its_own() {
    for config in ["litexa.config.json", "litexa.config.js", "litexa.config.ts", "litexa.config.coffee"] {
        let project = Project::new();
        OWN.iter().for_each(|file| project.module(&format!("@s/other/{file}"), secret(file)));
        project.module(&format!("@s/other/{config}"), "{}");
        project.module("@s/other/.env.example", "KEY=");
        project.module("@s/other/data/artifacts.json", "{}");
        let kept = [".env.example", "data/artifacts.json", config].map(|file| format!("node_modules/@s/other/{file}"));
        assert_eq!(packed(&project)[1..], kept);
    }
}

#[test]
fn a_dependency_has_files_of_the_same_names() {
    let project = project_with_secrets();
    for file in OWN {
        project.module(&format!("a/{file}"), format!("the dependency's {file}"));
    }
    let names = packed(&project);
    assert_eq!(names.len(), 2 + OWN.len());
    let [warning] = project.warnings().try_into().unwrap();
    assert!(warning.starts_with("the function's package holds files that look like credentials"), "{warning}");
    for file in OWN {
        assert!(warning.contains(&format!("node_modules/a/{file}")), "{file}: {warning}");
    }
}

#[test]
fn empty_files_are_no_secrets() {
    let project = Project::new();
    project.write(".env", "");
    project.module("a/.env", "");
    assert_eq!(packed(&project), ["index.js", "node_modules/a/.env"]);
    assert!(project.warnings().is_empty());
}

#[test]
fn what_is_left_out_is_left_out_of_an_incremental_package_too() {
    let project = project_with_secrets();
    project.module("me/.env", "what the copy has been once");
    assert_eq!(packed(&project).len(), 3);
    project.module("me/.env", secret(".env"));
    assert_eq!(packed(&project).len(), 2);
    project.settle();
    assert_eq!(packed(&project).len(), 2);
    assert_eq!(project.bytes(), project.full());
}

#[cfg(unix)]
mod links {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_to_one_of_them_is_an_error() {
        let mut refused = 0;
        for file in OWN {
            let project = project_with_secrets();
            symlink(project.path(file), project.path("litexa/node_modules/a/settings")).unwrap();
            let error = project.refusal();
            assert_eq!(error.code, ErrorCode::InvalidPackage);
            assert!(error.message.ends_with(&format!("is a link to the project's own {file}")), "{error}");
            refused += 1;
        }
        assert_eq!(refused, OWN.len());
    }

    #[test]
    fn so_is_one_to_their_folder() {
        let project = project_with_secrets();
        symlink(project.path(".aws"), project.path("litexa/node_modules/a/settings")).unwrap();
        assert!(project.refusal().message.ends_with("is a link to the project's own .aws"));
    }

    #[test]
    fn so_is_one_by_way_of_another_folder() {
        let outside = tempfile::tempdir().unwrap();
        let project = project_with_secrets();
        symlink(project.path("aws-config.json"), outside.path().join("config.json")).unwrap();
        symlink(outside.path(), project.path("litexa/node_modules/b")).unwrap();
        assert!(project.refusal().message.ends_with("is a link to the project's own aws-config.json"));
    }

    #[test]
    fn a_second_name_of_the_same_file_is_left_out() {
        let project = project_with_secrets();
        let hidden = project.path("litexa/node_modules/a/settings.json");
        fs::hard_link(project.path("aws-config.json"), hidden).unwrap();
        assert_eq!(packed(&project), ["index.js", "node_modules/a/index.js"]);
        assert!(project.warnings()[0].ends_with("package: node_modules/a/settings.json"));
    }

    #[test]
    fn node_modules_that_is_the_project_itself_is_an_error() {
        let project = project_with_secrets();
        fs::remove_dir_all(project.path("litexa/node_modules")).unwrap();
        symlink(project.folder.path(), project.path("litexa/node_modules")).unwrap();
        let error = project.refusal();
        assert_eq!(error.code, ErrorCode::InvalidPackage);
        assert!(error.message.contains("which holds the link"), "{error}");
    }

    /// As npm makes of a dependency `file:..`, and of a workspace.
    #[test]
    fn so_is_a_dependency_that_is_the_project_itself() {
        for root in ["", "litexa"] {
            let project = project_with_secrets();
            symlink(project.path(root), project.path("litexa/node_modules/me")).unwrap();
            let error = project.refusal();
            assert_eq!(error.code, ErrorCode::InvalidPackage);
            assert!(error.message.contains("which holds the link"), "{error}");
        }
    }

    #[test]
    fn so_is_the_workspace_that_the_project_is_in() {
        let workspace = tempfile::tempdir().unwrap();
        let project = Project { folder: tempfile::tempdir_in(&workspace).unwrap(), ..project_with_secrets() };
        project.write("litexa/package.json", "{}");
        fs::create_dir_all(project.path("litexa/node_modules")).unwrap();
        symlink(workspace.path(), project.path("litexa/node_modules/all")).unwrap();
        assert!(project.refusal().message.contains("which holds the link"));
    }

    #[test]
    fn a_part_of_the_workspace_comes_with_its_own_files_and_a_warning() {
        let project = project_with_secrets();
        project.write("shared/.env", "the part's own");
        project.write("shared/index.js", "shared");
        symlink(project.path("shared"), project.path("litexa/node_modules/shared")).unwrap();
        assert_eq!(packed(&project).len(), 4);
        assert!(project.warnings()[0].ends_with("read them: node_modules/shared/.env"));
    }
}
