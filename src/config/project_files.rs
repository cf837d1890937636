//! Recognizes the project's own files by their names: its credentials and tokens, and its record of deployments.

use std::ffi::OsStr;
use std::path::Path;

/// Returns whether a path, relative to a project's folder, is one of the project's own files.
pub(crate) fn is_project_file(inside: &Path) -> bool {
    inside.components().next().is_some_and(|first| is_project_file_name(first.as_os_str()))
}

/// Compares without case: to macOS and Windows, `AWS-Config.json` is the same file.
pub(crate) fn is_project_file_name(name: &OsStr) -> bool {
    const NAMES: [&str; 10] = [
        "aws-config.json",
        "artifacts.json",
        ".aws",
        // They may have tokens of registries, of hosts and of git.
        ".npmrc",
        ".yarnrc",
        ".yarnrc.yml",
        "bunfig.toml",
        ".netrc",
        "_netrc",
        ".git-credentials",
    ];
    NAMES.iter().any(|own| name.eq_ignore_ascii_case(own)) || name.to_str().is_some_and(is_env)
}

/// Returns whether this is `.env`, `.env.production` and the like, but not a template such as `.env.example`.
pub(crate) fn is_env(name: &str) -> bool {
    const TEMPLATES: [&str; 5] = ["example", "sample", "template", "dist", "defaults"];
    const START: &str = ".env";
    if !name.get(..START.len()).is_some_and(|start| start.eq_ignore_ascii_case(START)) {
        return false;
    }
    let rest = name[START.len()..].to_ascii_lowercase();
    (rest.is_empty() || rest.starts_with('.')) && !rest.split('.').any(|stage| TEMPLATES.contains(&stage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_with_credentials_and_tokens_are_the_projects_own_in_its_folder_only() {
        for own in ["aws-config.json", "AWS-Config.json", ".aws/credentials", ".env", ".npmrc", ".Yarnrc.yml", ".netrc"]
        {
            assert!(is_project_file(Path::new(own)), "{own}");
        }
        for other in ["litexa/.npmrc", "npmrc", ".npmrc.md", ".env.example", "package.json", ".npmignore"] {
            assert!(!is_project_file(Path::new(other)), "{other}");
        }
    }
}
