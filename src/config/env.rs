//! Declares the environment variables that this module reads, and reads them.
//!
//! Those of the AWS SDK (credentials, region, proxies) are read by the SDK itself.

use super::object_reader::nearest_of;
use crate::error::{Error, ErrorCode, Result};
use std::collections::BTreeSet;
use std::ffi::OsStr;

/// An environment variable of this module. The README's table has a row for each.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    /// The values that it takes, as the documentation shows them.
    pub(crate) values: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "for the documentation, which a test compares"))]
    pub(crate) description: &'static str,
}

pub(crate) const AWS_TIMEOUT_SECONDS: Variable = Variable {
    name: "LITEXA_AWS_TIMEOUT_SECONDS",
    values: "1 to 3,600",
    description: "seconds for an AWS response; default 30",
};

pub(crate) const DEPLOY_DRY_RUN: Variable =
    Variable { name: "LITEXA_DEPLOY_DRY_RUN", values: "`1`, `0`", description: "1 only shows the changes" };

pub(crate) const LOGS_MINUTES: Variable = Variable {
    name: "LITEXA_LOGS_MINUTES",
    values: "a whole number",
    description: "minutes that `litexa logs` looks back",
};

pub(crate) const LOGS_SINCE: Variable = Variable {
    name: "LITEXA_LOGS_SINCE",
    values: "`3h`, `7d`, an ISO time",
    description: "start of the range of `litexa logs`",
};

pub(crate) const LOGS_STATUS: Variable =
    Variable { name: "LITEXA_LOGS_STATUS", values: "`all`, `failed`", description: "requests to write; default `all`" };

pub(crate) const LOGS_FORMATS: Variable = Variable {
    name: "LITEXA_LOGS_FORMATS",
    values: "`text`, `jsonl`, `html`",
    description: "formats to write, separated by commas",
};

pub(crate) const LOGS_FOLLOW: Variable =
    Variable { name: "LITEXA_LOGS_FOLLOW", values: "`1`, `0`", description: "1 shows requests as they end" };

pub(crate) const LOGS_SOURCE: Variable =
    Variable { name: "LITEXA_LOGS_SOURCE", values: "`events`, `insights`", description: "what `litexa logs` reads" };

pub(crate) const LOGS_MAX_SCANNED_GB: Variable = Variable {
    name: "LITEXA_LOGS_MAX_SCANNED_GB",
    values: "a whole number",
    description: "GB that `insights` may scan; default 10",
};

/// All variables of this module.
const VARIABLES: [&Variable; 9] = [
    &AWS_TIMEOUT_SECONDS,
    &DEPLOY_DRY_RUN,
    &LOGS_MINUTES,
    &LOGS_SINCE,
    &LOGS_STATUS,
    &LOGS_FORMATS,
    &LOGS_FOLLOW,
    &LOGS_SOURCE,
    &LOGS_MAX_SCANNED_GB,
];

impl Variable {
    /// Returns the value without surrounding white space; `None` if the variable is not set or blank.
    ///
    /// # Errors
    /// `InvalidOption` if the value is not valid UTF-8.
    pub(crate) fn get(&self) -> Result<Option<String>> {
        let Some(value) = std::env::var_os(self.name) else { return Ok(None) };
        match value.to_str() {
            Some(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            None => Err(self.invalid(&value.display().to_string(), self.values)),
        }
    }

    /// Returns the error for a value that is not one of those that the documentation shows.
    pub(crate) fn not_one_of_its_values(&self, value: &str) -> Error {
        self.invalid(value, &format!("one of {}", self.values))
    }

    /// Returns the error for a value that the variable does not take.
    pub(crate) fn invalid(&self, value: &str, expected: &str) -> Error {
        invalid(self.name, value, expected)
    }
}

/// Returns the error for a value that an environment variable does not take.
pub(crate) fn invalid(name: &str, value: &str, expected: &str) -> Error {
    let message = format!("the environment variable {name} must be {expected}, but is '{value}'");
    Error::new(ErrorCode::InvalidOption, message).hint("Correct it, or unset it")
}

/// Returns the error for credentials of which the environment has one half only.
pub(crate) fn half_is_missing(set: &str, missing: &str) -> Error {
    let message = format!("the environment variable {set} is set, but {missing} is not set, or empty");
    let hint = format!("Set {missing} as well, or unset {set} to use other credentials");
    Error::new(ErrorCode::MissingCredentials, message).hint(hint)
}

/// Returns whether the user asks for a dry run. Any other value than a yes or a no is an error, never a deployment, and
/// so is a name that is misspelt.
///
/// # Errors
/// `InvalidOption`
pub(crate) fn is_dry_run() -> Result<bool> {
    check_names()?;
    match DEPLOY_DRY_RUN.get()?.as_deref() {
        Some("1") => Ok(true),
        Some("0") | None => Ok(false),
        Some(other) => Err(DEPLOY_DRY_RUN.invalid(other, "1 or 0")),
    }
}

/// Variables with this prefix are those of Litexa and of other tools.
const COMMON_PREFIX: &str = "LITEXA_";

/// After the former prefix, the beginnings of the names of this module's variables.
const PREFIXES: [&str; 3] = ["AWS_", "DEPLOY_", "LOGS_"];

/// The characters by which the beginning of a name is recognized.
const MIN_START_CHARS: usize = 3;

/// Returns a warning for each variable that is set, has a prefix of this module, and is not known.
///
/// # Errors
/// `InvalidOption` for names that are most likely misspelt: a misspelt dry run must not deploy.
pub(crate) fn check_names() -> Result<Vec<String>> {
    let is_blank = |value: &OsStr| value.to_str().is_some_and(|text| text.trim().is_empty());
    let set = std::env::vars_os().filter(|(_, value)| !is_blank(value));
    let mut names: Vec<_> = set.filter_map(|(name, _)| name.into_string().ok()).collect();
    names.sort_unstable();
    check_names_of(&names)
}

fn check_names_of(names: &[String]) -> Result<Vec<String>> {
    let unknown = || names.iter().filter(|name| !is_known(name));
    let (misspelt, meant): (Vec<_>, BTreeSet<_>) =
        unknown().filter_map(|name| Some((name.as_str(), meant_by(name)?))).unzip();
    let meant: Vec<_> = meant.into_iter().collect();
    if !misspelt.is_empty() {
        let message = match misspelt.as_slice() {
            [name] => format!("the environment variable {name} is not known"),
            names => format!("the environment variables {} are not known", names.join(" and ")),
        };
        return Err(
            Error::new(ErrorCode::InvalidOption, message).hint(format!("Did you mean {}?", meant.join(" and ")))
        );
    }
    let is_own = |name: &&String| name.strip_prefix(COMMON_PREFIX).is_some_and(|word| own_part(word).is_some());
    let warning = |name: &String| format!("the environment variable {name} is not known, and has no effect");
    Ok(unknown().filter(is_own).map(warning).collect())
}

/// On Windows, the case of a name does not matter.
fn is_known(name: &str) -> bool {
    VARIABLES.iter().any(|known| known.name == name || cfg!(windows) && known.name.eq_ignore_ascii_case(name))
}

/// Returns the name that another one most likely stands for. A dry run must not be missed, whatever is before it.
fn meant_by(name: &str) -> Option<String> {
    let name = name.to_ascii_uppercase();
    let word = name.strip_prefix(COMMON_PREFIX)?;
    if word.replace('_', "").ends_with("DRYRUN") {
        return Some(DEPLOY_DRY_RUN.name.to_owned());
    }
    let known = || VARIABLES.iter().filter_map(|variable| variable.name.strip_prefix(COMMON_PREFIX));
    // The prefix, which the names have in common, does not make them similar.
    let is_near = |(distance, known): &(usize, &str)| *distance <= own_part(known).map_or(0, str::len) / 3;
    let near = nearest_of(word, known()).filter(is_near).map(|(_, near)| near);
    let is_long = own_part(word).is_some_and(|part| part.len() >= MIN_START_CHARS);
    let is_start = |known: &&str| is_long && (known.starts_with(word) || word.starts_with(known));
    let meant = near.or_else(|| known().find(is_start))?;
    Some(format!("{COMMON_PREFIX}{meant}"))
}

/// Returns what is after the prefix of this module.
fn own_part(word: &str) -> Option<&str> {
    PREFIXES.into_iter().find_map(|prefix| word.strip_prefix(prefix))
}

/// The AWS SDK's own variables that decide something in this module as well.
pub(crate) const AWS_ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
pub(crate) const AWS_CA_BUNDLE: &str = "AWS_CA_BUNDLE";
/// The SDK reads the first of them that is set.
pub(crate) const AWS_CONTAINER_CREDENTIALS: [&str; 2] =
    ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", AWS_CONTAINER_CREDENTIALS_FULL_URI];
pub(crate) const AWS_CONTAINER_CREDENTIALS_FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
pub(crate) const AWS_CONFIG_FILE: &str = "AWS_CONFIG_FILE";
/// The profile for the AWS CLI and others, which the SDK for Rust does not read.
pub(crate) const AWS_DEFAULT_PROFILE: &str = "AWS_DEFAULT_PROFILE";
pub(crate) const AWS_ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
pub(crate) const AWS_PROFILE: &str = "AWS_PROFILE";
/// The variables of the region, in the SDK's order. The SDK takes an empty one for a region.
pub(crate) const AWS_REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
pub(crate) const AWS_ROLE_ARN: &str = "AWS_ROLE_ARN";
pub(crate) const AWS_SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
pub(crate) const AWS_SHARED_CREDENTIALS_FILE: &str = "AWS_SHARED_CREDENTIALS_FILE";
pub(crate) const AWS_WEB_IDENTITY_TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";

/// The SDK's other name for `AWS_SECRET_ACCESS_KEY`.
pub(crate) const SECRET_ACCESS_KEY: &str = "SECRET_ACCESS_KEY";

/// The home directory, also on Windows, where the SDK prefers it to the user's profile.
pub(crate) const HOME: &str = "HOME";

/// A variable of Node.js: more certificate authorities to trust.
pub(crate) const NODE_EXTRA_CA_CERTS: &str = "NODE_EXTRA_CA_CERTS";

/// The user who has started a job of GitHub, GitLab, Azure, CircleCI and CodeBuild, or else of this machine. See
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>,
/// <https://docs.gitlab.com/ci/variables/predefined_variables/>,
/// <https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables>,
/// <https://circleci.com/docs/reference/variables/> and
/// <https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html>.
pub(crate) const USERS: [&str; 8] = [
    "GITHUB_ACTOR",
    "GITLAB_USER_LOGIN",
    "BUILD_REQUESTEDFOR",
    "CIRCLE_USERNAME",
    "CODEBUILD_INITIATOR",
    "USER",
    "USERNAME",
    "LOGNAME",
];

/// The commit of a job of these services, and of Bitbucket
/// (<https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/>).
pub(crate) const COMMITS: [&str; 6] = [
    "GITHUB_SHA",
    "CI_COMMIT_SHA",
    "BUILD_SOURCEVERSION",
    "CIRCLE_SHA1",
    "CODEBUILD_RESOLVED_SOURCE_VERSION",
    "BITBUCKET_COMMIT",
];

/// Returns the value of one of the SDK's variables; `None` if it is not set, empty, or not valid UTF-8.
pub(crate) fn aws(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_describes_every_variable_as_declared() {
        let documentation = include_str!("../../README.md");
        let cells: Vec<_> =
            documentation.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>()).collect();
        for Variable { name, values, description } in VARIABLES {
            let row = ["", &format!("`{name}`"), values, description, ""];
            assert!(cells.iter().any(|cells| *cells == row), "README.md has no row {}", row.join(" | "));
        }
    }

    fn checked(name: &str) -> Result<Vec<String>> {
        check_names_of(&[format!("{COMMON_PREFIX}{name}")])
    }

    #[test]
    fn a_misspelt_variable_is_an_error_that_names_the_right_one() {
        for (name, meant) in [
            ("DEPLOY_DRYRUN", &DEPLOY_DRY_RUN),
            ("DEPLOY_DRY_RUNS", &DEPLOY_DRY_RUN),
            ("DEPLOY_DRY", &DEPLOY_DRY_RUN),
            ("LOGS_DRY_RUN", &DEPLOY_DRY_RUN),
            ("DRY_RUN", &DEPLOY_DRY_RUN),
            ("deploy_dryRun", &DEPLOY_DRY_RUN),
            ("LOGS_FORMAT", &LOGS_FORMATS),
            ("LOG_SINCE", &LOGS_SINCE),
            ("LOGS_MAX_SCANNED", &LOGS_MAX_SCANNED_GB),
            ("AWS_TIMEOUT", &AWS_TIMEOUT_SECONDS),
        ] {
            let error = checked(name).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidOption);
            assert_eq!(error.message, format!("the environment variable {COMMON_PREFIX}{name} is not known"));
            assert_eq!(error.hint, format!("Did you mean {}?", meant.name));
        }
    }

    #[test]
    fn all_misspelt_variables_are_named() {
        let names =
            ["DEPLOY_DRY_RUNS", "DEPLOY_TARGET", "DRYRUN", "LOGS_FORMAT"].map(|name| format!("{COMMON_PREFIX}{name}"));
        let Error { message, hint, .. } = check_names_of(&names).unwrap_err();
        let misspelt = [&names[0], &names[2], &names[3]].map(String::as_str).join(" and ");
        assert_eq!(message, format!("the environment variables {misspelt} are not known"));
        assert_eq!(hint, format!("Did you mean {} and {}?", DEPLOY_DRY_RUN.name, LOGS_FORMATS.name));
    }

    #[test]
    fn another_unknown_variable_with_a_prefix_of_this_module_is_a_warning() {
        for name in ["DEPLOY_TARGET", "LOGS_COLOR", "LOGS_", "AWS_REGION", "LOGS_SIZE"] {
            let warnings = checked(name).unwrap();
            assert_eq!(
                warnings,
                [format!("the environment variable {COMMON_PREFIX}{name} is not known, and has no effect")]
            );
        }
    }

    #[test]
    fn known_variables_and_those_of_others_are_accepted() {
        let known = VARIABLES.iter().map(|known| known.name.to_owned());
        let others = ["HOME", "STATUS"].map(|name| format!("{COMMON_PREFIX}{name}"));
        for name in known.chain(others).chain(["DRY_RUN".to_owned(), "PATH".to_owned()]) {
            assert_eq!(check_names_of(std::slice::from_ref(&name)), Ok(Vec::new()), "{name}");
        }
    }
}
