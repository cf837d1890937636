//! Records who has made the last changes, once they are complete, and the commit they were made from, in an artifact:
//! AWS shows them only with further rights. The time is AWS's: that of the function.

use crate::config::env;
use serde_json::{Value, json};
use std::path::Path;

/// The name of the artifact.
pub(crate) const ARTIFACT: &str = "lastChange";

/// The characters of a name that are recorded.
const MAX_NAME: usize = 100;

/// Describes who runs this deployment: the user of this machine, or who has started the job of a CI service; and the
/// commit of the project. `None` if neither is known.
pub(crate) fn describe(root: &Path) -> Option<Value> {
    describe_with(root, &|name| std::env::var(name).ok())
}

fn describe_with(root: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Option<Value> {
    let first = |names: &[&str]| names.iter().filter_map(|name| variable(name)).find(|value| !value.trim().is_empty());
    let by = first(&env::USERS).map(|name| printable(&name));
    let commit = first(&env::COMMITS).filter(|hash| is_hash(hash)).or_else(|| checked_out(root));
    (by.is_some() || commit.is_some()).then(|| json!({"by": by, "commit": commit}))
}

fn printable(name: &str) -> String {
    name.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME).collect()
}

/// Returns the commit that is checked out, from git's files
/// (<https://git-scm.com/docs/gitrepository-layout>). A worktree of its own keeps them elsewhere.
fn checked_out(root: &Path) -> Option<String> {
    let git = root.ancestors().map(|folder| folder.join(".git")).find(|git| git.exists()).filter(|git| git.is_dir())?;
    let read = |name: &str| Some(String::from_utf8(crate::fs::read(&git.join(name)).ok()?).ok()?.trim().to_owned());
    let head = read("HEAD")?;
    let Some(branch) = head.strip_prefix("ref: ") else { return Some(head).filter(|hash| is_hash(hash)) };
    // A branch that names a file elsewhere is not one.
    if branch.split('/').any(|part| part == "..") || !branch.starts_with("refs/") {
        return None;
    }
    let packed = || {
        let refs = read("packed-refs")?;
        let of_branch = refs.lines().filter_map(|line| line.split_once(' ')).find(|(_, name)| *name == branch);
        of_branch.map(|(hash, _)| hash.to_owned())
    };
    read(branch).or_else(packed).filter(|hash| is_hash(hash))
}

fn is_hash(text: &str) -> bool {
    (40..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0123456789abcdef0123456789abcdef01234567";

    fn described(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Option<Value> {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(".git").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let root = folder.path().join("skills/cats");
        std::fs::create_dir_all(&root).unwrap();
        let value = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        describe_with(&root, &value)
    }

    #[test]
    fn the_user_and_the_commit_are_those_of_the_job_or_else_of_the_machine() {
        let branch = [("HEAD", "ref: refs/heads/main\n"), ("refs/heads/main", &format!("{HASH}\n"))];
        let here = json!({"by": "ann", "commit": HASH});
        assert_eq!(described(&branch, &[("USER", "ann")]), Some(here.clone()));
        let other = HASH.replace('0', "f");
        let job = [("GITHUB_ACTOR", "bo\u{1b}b"), ("GITHUB_SHA", other.as_str()), ("USER", "runner")];
        assert_eq!(described(&branch, &job), Some(json!({"by": "bob", "commit": other})));
        let packed = [("HEAD", "ref: refs/heads/main"), ("packed-refs", &format!("# pack\n{HASH} refs/heads/main\n"))];
        assert_eq!(described(&packed, &[("USERNAME", "ann")]), Some(here));
        assert_eq!(described(&[("HEAD", HASH)], &[]), Some(json!({"by": null, "commit": HASH})));
    }

    #[test]
    fn a_commit_is_recorded_without_the_user_if_no_variable_names_one() {
        let head = [("HEAD", HASH)];
        let unknown = Some(json!({"by": null, "commit": HASH}));
        for variables in [[].as_slice(), &[("USER", "")], &[("USERNAME", " \t"), ("LOGNAME", "")], &[("PATH", "ann")]] {
            assert_eq!(described(&head, variables), unknown, "{variables:?}");
        }
        // An empty variable does not hide the next one.
        let next = [("GITHUB_ACTOR", ""), ("USER", " "), ("LOGNAME", "ann")];
        assert_eq!(described(&head, &next), Some(json!({"by": "ann", "commit": HASH})));
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        assert_eq!(described(&[], &[("USER", " ")]), None);
        for head in ["ref: refs/heads/main", "ref: ../../secret", "ref: refs/../../secret", "garbage", ""] {
            assert_eq!(described(&[("HEAD", head), ("../secret", HASH)], &[]), None, "{head}");
        }
        // A submodule or worktree: the repository around it has another commit.
        assert_eq!(described(&[("HEAD", HASH), ("../skills/cats/.git", "gitdir: elsewhere")], &[]), None);
        assert_eq!(described(&[], &[("CI_COMMIT_SHA", "main"), ("USER", "ann")]).unwrap()["commit"], Value::Null);
        let long = "a".repeat(1000);
        assert_eq!(described(&[], &[("USER", &long)]).unwrap()["by"].as_str().unwrap().len(), MAX_NAME);
    }
}
