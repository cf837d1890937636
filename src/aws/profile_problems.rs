//! Finds out why a profile does not lead to credentials, from what the AWS configuration files contain.

use crate::aws::config_files::Profiles;
use crate::aws::profile_names::{cli_option, decode, is_name_for_sdk};
use aws_config::profile::Profile;

/// Why a profile cannot be used, and how to fix it.
#[derive(Debug, PartialEq)]
pub(crate) struct ProfileProblem {
    pub(crate) problem: String,
    pub(crate) hint: String,
}

/// Settings that lead to credentials
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>).
const SOURCES: [&str; 8] = [
    "aws_access_key_id",
    "credential_process",
    "credential_source",
    "login_session",
    "source_profile",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

/// Returns what is wrong with a profile, or with the profiles that it takes its credentials from.
pub(crate) fn find_problem(profiles: &Profiles, name: &str) -> Option<ProfileProblem> {
    let mut visited = vec![name.to_owned()];
    let mut profile = profiles.get(name)?;
    loop {
        if let Some(problem) = problem_of(profile) {
            return Some(problem);
        }
        let name = decode(profile.name());
        let source = decode(profile.get("source_profile").filter(|_| profile.get("role_arn").is_some())?);
        // A profile may take its own keys.
        if source == name && has_keys(profile) {
            return None;
        }
        if visited.contains(&source) {
            return Some(ProfileProblem {
                problem: format!("the profiles {} name each other as source_profile", visited.join(", ")),
                hint: "Set source_profile to a profile that has credentials of its own".to_owned(),
            });
        }
        let Some(next) = profiles.get(&source) else {
            return Some(ProfileProblem {
                problem: format!("the profile '{name}' names the source_profile '{source}', which does not exist"),
                hint: format!("Correct source_profile, or run `aws configure {}`", cli_option(&source)),
            });
        };
        visited.push(source);
        profile = next;
    }
}

fn problem_of(profile: &Profile) -> Option<ProfileProblem> {
    let name = decode(profile.name());
    let option = cli_option(&name);
    let has = |key: &str| profile.get(key).is_some();
    let found = |problem: String, hint: String| Some(ProfileProblem { problem, hint });
    if has("role_arn") && has("mfa_serial") {
        return found(
            format!("the profile '{name}' needs an MFA code (mfa_serial), which this module cannot ask for"),
            format!(
                "Run `aws configure export-credentials {option} --format env`, set the environment variables that it prints, and remove awsProfile from the deployment target"
            ),
        );
    }
    if has("role_arn") && !["source_profile", "credential_source", "web_identity_token_file"].into_iter().any(has) {
        return found(
            format!("the profile '{name}' has a role_arn, but neither source_profile nor credential_source"),
            "Name the profile whose credentials assume the role (source_profile)".to_owned(),
        );
    }
    if has("aws_access_key_id") != has("aws_secret_access_key") {
        return found(
            format!("the profile '{name}' has only one of aws_access_key_id and aws_secret_access_key"),
            format!("Run `aws configure {option}`"),
        );
    }
    // The SDK takes a role, these sources, and the keys of a source_profile before single sign-on.
    let others = ["role_arn", "credential_source", "web_identity_token_file", "aws_access_key_id"];
    if let Some(session) = profile.get("sso_session").filter(|_| !others.into_iter().any(has)) {
        if let Some(both) = ["sso_start_url", "sso_region"].into_iter().find(|key| has(key)) {
            return found(
                format!("the profile '{name}' has sso_session and {both}, which the AWS SDK does not combine"),
                format!("Set {both} in the sso-session only"),
            );
        }
        if !is_name_for_sdk(session) {
            return found(
                format!("the profile '{name}' names the sso-session '{session}', which the AWS SDK does not read"),
                "Give the sso-session a name of letters, digits and -_./@:+, in its section and in sso_session"
                    .to_owned(),
            );
        }
    }
    if !leads_to_credentials(profile) {
        return found(
            format!("the profile '{name}' does not have credentials"),
            format!(
                "Run `aws configure {option}`, or `aws configure sso {option}`; for the role of this machine, set credential_source in the profile, or remove awsProfile"
            ),
        );
    }
    None
}

/// Returns whether a profile exists, and has a setting that is meant to lead to credentials.
pub(crate) fn has_source(profiles: &Profiles, name: &str) -> bool {
    let is_begun =
        |profile: &Profile| ["aws_secret_access_key", "role_arn"].into_iter().any(|key| profile.get(key).is_some());
    profiles.get(name).is_some_and(|profile| leads_to_credentials(profile) || is_begun(profile))
}

fn leads_to_credentials(profile: &Profile) -> bool {
    SOURCES.into_iter().any(|key| profile.get(key).is_some())
}

fn has_keys(profile: &Profile) -> bool {
    profile.get("aws_access_key_id").is_some()
}

/// Returns whether a profile, or one that it takes its credentials from, names the container as their source.
pub(crate) fn asks_container(profiles: &Profiles, name: &str) -> bool {
    let source_of = |profile: &&Profile| {
        let source = profile.get("source_profile").filter(|_| profile.get("role_arn").is_some())?;
        profiles.get(&decode(source))
    };
    // Profiles may name each other.
    let mut chain = std::iter::successors(profiles.get(name), source_of).take(profiles.names().len());
    chain.any(|profile| profile.get("credential_source") == Some("EcsContainer"))
}

/// Returns how to renew the credentials of a profile.
pub(crate) fn renewal_hint(profiles: &Profiles, name: &str) -> String {
    let has = |key: &str| profiles.get(name).is_some_and(|profile| profile.get(key).is_some());
    let option = cli_option(name);
    if has("sso_session") || has("sso_start_url") {
        return format!("Sign in with `aws sso login {option}`");
    }
    if has("login_session") {
        return format!("Sign in with `aws login {option}`");
    }
    if has("credential_process") {
        return format!("Check the credential_process of the profile '{name}'");
    }
    format!("Check with `aws sts get-caller-identity {option}`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::config_files;
    use aws_runtime::env_config::file::EnvConfigFileKind;

    const KEYS: &str = "aws_access_key_id = AKIA\naws_secret_access_key = s\n";
    const ROLE: &str = "role_arn = arn:aws:iam::1:role/r\n";

    async fn profiles(content: String) -> Profiles {
        config_files::from_contents(vec![(EnvConfigFileKind::Config, content)]).await.unwrap().profiles
    }

    async fn problem(content: String) -> Option<ProfileProblem> {
        find_problem(&profiles(content).await, "p")
    }

    #[tokio::test]
    async fn a_profile_that_leads_to_credentials_has_no_problem() {
        for content in [
            format!("[profile p]\n{KEYS}"),
            format!("[profile p]\n{ROLE}source_profile = q\n[profile q]\n{KEYS}"),
            format!("[profile p]\n{KEYS}{ROLE}source_profile = p\n"),
            format!("[profile p]\n{ROLE}credential_source = Environment\n"),
            format!("[profile p]\n{ROLE}web_identity_token_file = t\n"),
            "[profile p]\nsso_session = s\n".to_owned(),
            format!("[profile p]\n{KEYS}sso_session = s\nsso_region = r\n"),
            "[profile p]\nlogin_session = s\n".to_owned(),
            "[profile p]\ncredential_process = c\n".to_owned(),
        ] {
            assert_eq!(problem(content.clone()).await, None, "{content}");
        }
    }

    #[tokio::test]
    async fn the_cause_is_named_with_a_hint_that_fits() {
        let circle = format!("[profile p]\n{ROLE}source_profile = q\n[profile q]\n{ROLE}source_profile = p\n");
        for (content, cause, hint) in [
            (circle, "p, q name each other", "credentials of its own"),
            (format!("[profile p]\n{ROLE}source_profile = p\n"), "name each other", "credentials of its own"),
            (format!("[profile p]\n{ROLE}source_profile = x\n"), "'x', which does not exist", "--profile x"),
            (format!("[profile p]\n{ROLE}mfa_serial = m\nsource_profile = q\n"), "MFA", "export-credentials"),
            (format!("[profile p]\n{ROLE}"), "neither source_profile", "source_profile"),
            ("[profile p]\naws_access_key_id = AKIA\n".to_owned(), "only one of", "aws configure"),
            ("[profile p]\nsso_session = s\nsso_region = r\n".to_owned(), "and sso_region", "in the sso-session only"),
            ("[profile p]\nsso_session = my sso\n".to_owned(), "'my sso'", "letters, digits"),
            ("[profile p]\nregion = us-east-1\n".to_owned(), "does not have credentials", "aws configure"),
            (
                format!("[profile p]\n{ROLE}source_profile = q\n[profile q]\noutput = json\n"),
                "'q' does not have credentials",
                "--profile q",
            ),
        ] {
            let found = problem(content.clone()).await.unwrap_or_else(|| panic!("{content}"));
            assert!(found.problem.contains(cause), "{}", found.problem);
            assert!(found.hint.contains(hint), "{}", found.hint);
        }
    }

    #[tokio::test]
    async fn a_profile_asks_the_container_itself_or_by_its_source_profile() {
        let container =
            format!("[profile p]\n{ROLE}source_profile = q\n[profile q]\n{ROLE}credential_source = EcsContainer\n");
        assert!(asks_container(&profiles(container.clone()).await, "p"));
        assert!(asks_container(&profiles(container).await, "q"));
        let own =
            format!("[profile p]\n{KEYS}source_profile = q\n[profile q]\n{ROLE}credential_source = EcsContainer\n");
        assert!(!asks_container(&profiles(own).await, "p"), "without a role, a source_profile is not used");
        let circle = format!("[profile p]\n{ROLE}source_profile = q\n[profile q]\n{ROLE}source_profile = p\n");
        assert!(!asks_container(&profiles(circle).await, "p"));
        let instance = format!("[profile p]\n{ROLE}credential_source = Ec2InstanceMetadata\n");
        assert!(!asks_container(&profiles(instance).await, "p"));
    }

    #[tokio::test]
    async fn credentials_are_renewed_in_the_way_of_their_source() {
        for (setting, hint) in [
            ("sso_session = s", "aws sso login"),
            ("sso_start_url = s", "aws sso login"),
            ("login_session = s", "aws login"),
            ("credential_process = s", "credential_process"),
            ("aws_access_key_id = s", "get-caller-identity"),
        ] {
            let profiles = profiles(format!("[profile p]\n{setting}\n")).await;
            assert!(renewal_hint(&profiles, "p").contains(hint), "{setting}");
        }
    }
}
