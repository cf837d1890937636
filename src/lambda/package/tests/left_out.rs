//! Tests that dependencies that an installer left out on purpose do not stop a deployment.

use super::dependencies::{package, uses};
use super::*;

/// Lockfiles as pnpm 9 to 12 write them.
fn lockfile(head: &str, importer: &str) -> String {
    format!(
        "lockfileVersion: '9.0'\n\n{head}\n\nimporters:\n\n{importer}\n\npackages:\n\n  top@1.0.0:\n    resolution: \
         {{integrity: sha512-x}}\n\nsnapshots:\n\n  '@scope/tool@1.0.0':\n    dependencies:\n      leaf: 2.0.0\n\n  \
         top@1.0.0(host@1.0.0):\n    dependencies:\n      '@scope/tool': 1.0.0\n"
    )
}

const TOP: &str = r#"{"name": "top", "version": "1.0.0", "dependencies": {"leaf": "1", "@scope/tool": "1"}}"#;
const TOOL: &str = r#"{"name": "@scope/tool", "version": "1.0.0", "dependencies": {"leaf": "2"}}"#;
const LEAF: &str = r#"{"name": "leaf", "version": "2.0.0"}"#;

/// A skill with `top`, which lacks `leaf`, and `@scope/tool`, which does not.
fn without_leaf_of_top() -> Project {
    let project = Project::new();
    uses(&project, &["top"]);
    package(&project, "litexa/node_modules/top", TOP);
    package(&project, "litexa/node_modules/@scope/tool", TOOL);
    package(&project, "litexa/node_modules/@scope/tool/node_modules/leaf", LEAF);
    project
}

#[test]
fn what_pnpm_leaves_out_of_a_package_is_not_missing() {
    let hook = "pnpmfileChecksum: sha256-x";
    for (file, head) in [
        ("litexa/node_modules/.pnpm/lock.yaml", "overrides:\n  top>leaf: '-'"),
        ("litexa/node_modules/.pnpm/lock.yaml", hook),
        ("litexa/pnpm-lock.yaml", hook),
        ("node_modules/.pnpm/lock.yaml", hook),
        ("pnpm-lock.yaml", hook),
    ] {
        let project = without_leaf_of_top();
        assert!(project.pack_error().message.ends_with("not installed: leaf (required by top@1.0.0)"));
        project.write(file, lockfile(head, "  .: {}"));
        project.pack();
        let lines = project.recorder.lines(Level::Log).join("\n");
        assert!(lines.contains("that pnpm's settings remove: leaf (required by top@1.0.0)"), "{file}: {lines}");
        assert!(project.warnings().is_empty(), "{:?}", project.warnings());
    }
}

#[test]
fn what_pnpm_has_in_its_lockfile_is_missing() {
    let project = without_leaf_of_top();
    project.write("litexa/pnpm-lock.yaml", lockfile("overrides:\n  top>leaf: '-'", "  .: {}"));
    fs::remove_dir_all(project.path("litexa/node_modules/@scope/tool/node_modules")).unwrap();
    let error = project.pack_error();
    assert!(error.message.ends_with("not installed: leaf (required by @scope/tool@1.0.0)"), "{error}");
    // Another version than the one in the lockfile.
    let project = without_leaf_of_top();
    project.write("litexa/pnpm-lock.yaml", lockfile("overrides:\n  top>leaf: '-'", "  .: {}"));
    package(&project, "litexa/node_modules/top", &TOP.replace("1.0.0", "1.0.1"));
    assert!(project.pack_error().message.contains("leaf (required by top@1.0.1)"));
}

#[test]
fn what_the_skill_needs_itself_is_left_out_only_by_an_override() {
    let project = Project::new();
    project.write("litexa/package.json", r#"{"name": "skill", "dependencies": {"leaf": "1"}}"#);
    let listed = "  .:\n    dependencies:\n      leaf:\n        specifier: ^1.0.0\n        version: 1.0.0";
    for (head, importer, is_left_out) in [
        ("overrides:\n  leaf: '-'", "  .: {}", true),
        ("overrides:\n  skill>leaf@^1: '-'", "  .: {}", true),
        ("overrides:\n  leaf: '-'", listed, false),
        ("overrides:\n  other>leaf: '-'", "  .: {}", false),
        ("overrides:\n  leaf: 1.0.0", "  .: {}", false),
        // Added to the package.json, and not installed yet.
        ("pnpmfileChecksum: sha256-x", "  .: {}", false),
        ("overrides:\n  leaf: '-'", "  other: {}", false),
    ] {
        project.write("litexa/pnpm-lock.yaml", lockfile(head, importer));
        let packed = project.pack_with(true);
        assert_eq!(packed.is_ok(), is_left_out, "{head} {importer} {packed:?}");
    }
}

#[cfg(unix)]
#[test]
fn what_a_package_of_the_workspace_needs_is_left_out_by_an_override() {
    let project = Project::new();
    uses(&project, &["shared"]);
    package(&project, "packages/shared", r#"{"name": "shared", "version": "0.1.0", "dependencies": {"leaf": "1"}}"#);
    fs::create_dir_all(project.path("litexa/node_modules")).unwrap();
    std::os::unix::fs::symlink("../../packages/shared", project.path("litexa/node_modules/shared")).unwrap();
    let importer = "  litexa: {}\n\n  packages/shared: {}";
    project.write("node_modules/.pnpm/lock.yaml", lockfile("overrides:\n  shared>leaf: '-'", importer));
    project.pack();
    project.write("node_modules/.pnpm/lock.yaml", lockfile("overrides:\n  litexa>leaf: '-'", importer));
    assert!(project.pack_with(true).unwrap_err().message.contains("leaf (required by shared@0.1.0)"));
}

#[test]
fn a_removed_peer_dependency_is_not_warned_of() {
    let project = Project::new();
    uses(&project, &["top"]);
    let peer = r#"{"name": "top", "version": "1.0.0", "peerDependencies": {"host": "1"}}"#;
    package(&project, "litexa/node_modules/top", peer);
    project.pack();
    assert!(project.warnings()[0].contains("peer dependencies are not installed"));
    let before = project.warnings().len();
    project.write("litexa/pnpm-lock.yaml", lockfile("overrides:\n  top>host: '-'", "  .: {}"));
    project.pack();
    assert_eq!(project.warnings().len(), before);
}

/// Yarn and bun leave a package out that is for another system, and keep the optional one that requires it.
#[test]
fn what_only_optional_packages_lack_is_a_warning() {
    let opt = r#"{"name": "opt", "version": "1.0.0", "dependencies": {"only-aix": "1"}}"#;
    let of_skill = Project::new();
    of_skill.write("litexa/package.json", r#"{"optionalDependencies": {"opt": "1"}}"#);
    let of_package = Project::new();
    uses(&of_package, &["wrap"]);
    package(&of_package, "litexa/node_modules/wrap", r#"{"optionalDependencies": {"opt": "1"}}"#);
    for project in [&of_skill, &of_package] {
        package(project, "litexa/node_modules/opt", opt);
        project.pack();
        let [warning] = project.warnings().try_into().unwrap();
        assert!(warning.contains("of optional packages are not installed"), "{warning}");
        assert!(warning.ends_with("only-aix (required by opt@1.0.0)"), "{warning}");
    }
    // A package that is also required has to be whole.
    package(&of_package, "litexa/node_modules/wrap", r#"{"dependencies": {"other": "1"}}"#);
    package(&of_package, "litexa/node_modules/other", r#"{"dependencies": {"opt": "1"}}"#);
    let error = of_package.pack_with(true).unwrap_err();
    assert!(error.message.contains("only-aix (required by opt@1.0.0)"), "{error}");
}
