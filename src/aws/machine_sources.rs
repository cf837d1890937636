//! The sources of credentials that the environment of a machine names, such as that of a CI system or of a container. In
//! the SDK's chain, they come after the profile
//! (<https://docs.rs/aws-config/latest/aws_config/default_provider/credentials/struct.DefaultCredentialsChain.html>).

use crate::aws::endpoints;
use crate::config::env;
use crate::error::Result;
use std::fmt;

/// A source, which the chain takes if its variables are set, even to an empty value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MachineSource {
    WebIdentity,
    /// The variable with the address of its credentials.
    Container(&'static str),
}

/// Returns the value of a variable. One that is set to an empty value has one.
type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

impl MachineSource {
    /// Returns the source that the chain takes.
    pub(crate) fn of_chain(variable: Variable<'_>) -> Option<Self> {
        let is_set = |name| variable(name).is_some();
        let web_identity = is_set(env::AWS_WEB_IDENTITY_TOKEN_FILE) && is_set(env::AWS_ROLE_ARN);
        if web_identity { Some(MachineSource::WebIdentity) } else { MachineSource::container(variable) }
    }

    fn container(variable: Variable<'_>) -> Option<Self> {
        env::AWS_CONTAINER_CREDENTIALS.into_iter().find(|name| variable(name).is_some()).map(MachineSource::Container)
    }

    /// Returns what to check if it fails.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            MachineSource::WebIdentity => {
                "Check the token, AWS_ROLE_ARN, and the role's trust policy with `aws sts get-caller-identity`"
            }
            MachineSource::Container(_) => "Check the role of the container's task or pod",
        }
    }

    fn name(self) -> &'static str {
        match self {
            MachineSource::WebIdentity => env::AWS_WEB_IDENTITY_TOKEN_FILE,
            MachineSource::Container(name) => name,
        }
    }

    /// Checks what the SDK would end its chain at, or panic at.
    fn check(self, variable: Variable<'_>) -> Result<()> {
        let value = variable(self.name()).unwrap_or_default();
        match self {
            MachineSource::Container(env::AWS_CONTAINER_CREDENTIALS_FULL_URI) => {
                endpoints::check_url(self.name(), &value)
            }
            _ if value.is_empty() => {
                let expected = if self == MachineSource::WebIdentity { "the path of a file" } else { "a path" };
                Err(env::invalid(self.name(), &value, expected))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for MachineSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MachineSource::WebIdentity => write!(f, "the web identity ({})", self.name()),
            MachineSource::Container(name) => write!(f, "the container ({name})"),
        }
    }
}

/// Checks the variables of the source that the chain takes.
///
/// # Errors
/// `InvalidOption`, naming the variable; `MissingCredentials` for a web identity without its role, which the AWS CLI
/// refuses as well: the SDK takes the next source, which may be another account, or sends an empty role.
pub(crate) fn check_chain(variable: Variable<'_>) -> Result<()> {
    let is_filled = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    if is_filled(env::AWS_WEB_IDENTITY_TOKEN_FILE) && !is_filled(env::AWS_ROLE_ARN) {
        return Err(env::half_is_missing(env::AWS_WEB_IDENTITY_TOKEN_FILE, env::AWS_ROLE_ARN));
    }
    MachineSource::of_chain(variable).map_or(Ok(()), |source| source.check(variable))
}

/// Checks the variables of the container, for a profile that names it as its source.
///
/// # Errors
/// `InvalidOption`, naming the variable.
pub(crate) fn check_container(variable: Variable<'_>) -> Result<()> {
    MachineSource::container(variable).map_or(Ok(()), |source| source.check(variable))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
    const ROLE: &str = "AWS_ROLE_ARN";
    const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

    /// Returns the value of one of these variables.
    fn of(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        let owned: Vec<_> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        move |name| owned.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn the_chain_takes_the_first_source_that_is_set() {
        for (variables, expected) in [
            (&[][..], None),
            (&[(TOKEN, "t")], None),
            (&[(TOKEN, "t"), (ROLE, "r"), (RELATIVE, "/c")], Some(MachineSource::WebIdentity)),
            (&[(RELATIVE, ""), (FULL, "http://[::1]/c")], Some(MachineSource::Container(RELATIVE))),
            (&[(FULL, "http://[::1]/c")], Some(MachineSource::Container(FULL))),
        ] {
            assert_eq!(MachineSource::of_chain(&of(variables)), expected, "{variables:?}");
        }
    }

    #[test]
    fn variables_at_which_the_sdk_would_fail_are_named() {
        for (variables, named) in [
            (&[(TOKEN, ""), (ROLE, "r")][..], TOKEN),
            (&[(TOKEN, "t"), (ROLE, "")], ROLE),
            (&[(TOKEN, "t"), (RELATIVE, "/c")], ROLE),
            (&[(RELATIVE, "")], RELATIVE),
            (&[(FULL, "")], FULL),
            (&[(FULL, "localhost:80/c")], FULL),
        ] {
            let message = check_chain(&of(variables)).unwrap_err().to_string();
            assert!(message.contains(named), "{message}");
        }
        for variables in [
            &[][..],
            &[(TOKEN, "t"), (ROLE, "r"), (FULL, "x")],
            &[(TOKEN, ""), (RELATIVE, "/c"), (FULL, "x")],
            &[(ROLE, "r"), (FULL, "http://localhost/c")],
        ] {
            assert_eq!(check_chain(&of(variables)), Ok(()), "{variables:?}");
        }
    }

    #[test]
    fn only_the_container_is_checked_for_a_profile_that_names_it() {
        assert_eq!(check_container(&of(&[(TOKEN, ""), (ROLE, "r")])), Ok(()));
        assert!(check_container(&of(&[(FULL, "x")])).is_err());
    }
}
