//! Lists the published versions of the function, and what points to them.

use crate::aws::CallError;
use crate::aws::session::Session;
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::alias::list_aliases;
use crate::lambda::alias::target::{LATEST, Target};
use crate::lambda::versions;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::{AliasConfiguration, FunctionConfiguration, Runtime};
use serde::Serialize;
use std::collections::BTreeMap;

/// The versions of a function.
#[expect(clippy::struct_field_names, reason = "the names of the result's fields")]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Versions {
    pub(crate) function: String,
    /// The digest of the code of `$LATEST`, in Base64.
    pub(crate) latest_code_sha256: String,
    /// The aliases that point to `$LATEST`.
    pub(crate) latest_aliases: Vec<AliasShare>,
    /// Newest first.
    pub(crate) versions: Vec<Version>,
    #[serde(skip)]
    aliases: Vec<AliasConfiguration>,
}

/// A published version.
#[expect(clippy::struct_field_names, reason = "the names of the result's fields")]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Version {
    pub(crate) version: u64,
    /// When it was published, as AWS writes it.
    pub(crate) date: String,
    pub(crate) description: String,
    /// The digest of its code, in Base64.
    pub(crate) code_sha256: String,
    pub(crate) runtime: String,
    pub(crate) aliases: Vec<AliasShare>,
    /// Whether its code is that of `$LATEST`.
    pub(crate) has_latest_code: bool,
}

/// An alias, and the share of its invocations that a version gets, which is more than 0 and at most 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AliasShare {
    pub(crate) name: String,
    pub(crate) share: f64,
}

/// Reads the versions and aliases of a function.
///
/// # Errors
/// `ResourceNotReady` if the function does not exist; the error of a call.
pub(crate) async fn list(session: Session<'_>, function: &str) -> Result<Versions> {
    let lambda = Client::new(session.config);
    let list_versions =
        async { versions::list(&lambda, function, None).await.map_err(|error| explained(error, function, session)) };
    let (versions, aliases) = tokio::try_join!(list_versions, list_aliases(&lambda, function))?;
    Ok(Versions::new(function, &versions, &aliases))
}

/// Returns the error of a call, or that the function has not been deployed.
fn explained(error: CallError, function: &str, session: Session<'_>) -> Error {
    if error.is_not_found() { not_deployed(function, session.region()) } else { error.into() }
}

/// Returns the error of a command for a function that does not exist.
fn not_deployed(function: &str, region: &str) -> Error {
    Error::new(ErrorCode::ResourceNotReady, format!("the function {function} does not exist in {region}"))
        .hint("Check the deployment target and awsRegion, or deploy first")
}

impl Versions {
    fn new(function: &str, listed: &[FunctionConfiguration], aliases: &[AliasConfiguration]) -> Self {
        let targets: BTreeMap<_, _> =
            aliases.iter().filter_map(|alias| Some((alias.name()?.to_owned(), Target::of(alias)))).collect();
        let latest = listed.iter().find(|version| version.version() == Some(LATEST));
        let latest_code = latest.and_then(|latest| latest.code_sha256()).unwrap_or_default();
        let mut versions: Vec<_> =
            listed.iter().filter_map(|version| Version::new(version, &targets, latest_code)).collect();
        versions.sort_by_key(|version| std::cmp::Reverse(version.version));
        Versions {
            function: function.to_owned(),
            latest_code_sha256: latest_code.to_owned(),
            latest_aliases: aliases_of(LATEST, &targets),
            versions,
            aliases: aliases.to_vec(),
        }
    }

    /// Returns an alias.
    pub(crate) fn alias(&self, name: &str) -> Option<&AliasConfiguration> {
        self.aliases.iter().find(|alias| alias.name() == Some(name))
    }

    /// Returns a published version.
    pub(crate) fn find(&self, version: u64) -> Option<&Version> {
        self.versions.iter().find(|found| found.version == version)
    }
}

impl Version {
    /// Returns `None` for `$LATEST`.
    fn new(listed: &FunctionConfiguration, targets: &BTreeMap<String, Target>, latest_code: &str) -> Option<Self> {
        let version = listed.version()?;
        let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Some(Version {
            version: version.parse().ok()?,
            date: owned(listed.last_modified()),
            description: owned(listed.description()),
            code_sha256: owned(listed.code_sha256()),
            runtime: owned(listed.runtime().map(Runtime::as_str)),
            aliases: aliases_of(version, targets),
            has_latest_code: listed.code_sha256() == Some(latest_code),
        })
    }
}

fn aliases_of(version: &str, targets: &BTreeMap<String, Target>) -> Vec<AliasShare> {
    let shares = targets.iter().flat_map(|(name, target)| target.shares().map(move |share| (name, share)));
    let own = shares.filter(|(_, (of, share))| *of == version && *share > 0.0);
    own.map(|(name, (_, share))| AliasShare { name: name.clone(), share }).collect()
}

/// Returns the versions of a function without aliases, for tests: each published version with its code.
#[cfg(test)]
pub(crate) fn of(latest_code: &str, published: &[(u64, &str)]) -> Versions {
    let version = |number: String, code: &str| {
        let runtime = Runtime::from("nodejs24.x");
        FunctionConfiguration::builder().version(number).code_sha256(code).runtime(runtime).build()
    };
    let latest = version(LATEST.to_owned(), latest_code);
    let published = published.iter().map(|(number, code)| version(number.to_string(), code));
    Versions::new("cats", &std::iter::once(latest).chain(published).collect::<Vec<_>>(), &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_lambda::types::AliasRoutingConfiguration;

    fn alias(name: &str, version: &str, weights: &[(&str, f64)]) -> AliasConfiguration {
        let weights = weights.iter().map(|(version, weight)| ((*version).to_owned(), *weight)).collect();
        let routing = AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights)).build();
        AliasConfiguration::builder().name(name).function_version(version).routing_config(routing).build()
    }

    #[test]
    fn versions_are_listed_newest_first_with_the_aliases_that_point_to_them() {
        let version =
            |number: &str, code: &str| FunctionConfiguration::builder().version(number).code_sha256(code).build();
        let listed = [version(LATEST, "c"), version("9", "b"), version("10", "c"), version("2", "a")];
        let aliases = [alias("LIVE", LATEST, &[]), alias("release-0", "9", &[("10", 0.25)])];
        let versions = Versions::new("cats", &listed, &aliases);
        let share = |name: &str, share| AliasShare { name: name.to_owned(), share };
        let found: Vec<_> = versions
            .versions
            .iter()
            .map(|found| (found.version, found.has_latest_code, found.aliases.clone()))
            .collect();
        assert_eq!(
            found,
            [
                (10, true, vec![share("release-0", 0.25)]),
                (9, false, vec![share("release-0", 0.75)]),
                (2, false, vec![]),
            ]
        );
        assert_eq!(versions.latest_aliases, [share("LIVE", 1.0)]);
        assert_eq!(versions.find(10).map(|found| found.code_sha256.as_str()), Some("c"));
        assert!(versions.alias("release-0").is_some() && versions.alias("release-1").is_none());
    }
}
