//! Deletes old versions of the function: each contains a copy of the code, which counts towards the account's quota of
//! 75 GB (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).

use crate::aws::session::Session;
use crate::aws::{self, CallResult};
use crate::deploy::change::{Action, Change, KNOWN_AFTER_APPLY};
use crate::error::Result;
use crate::lambda::alias::target::LATEST;
use crate::lambda::versions;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::FunctionConfiguration;
use std::collections::BTreeSet;
use std::fmt;

/// A published version of the function. The number of one that is yet to be published is the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    Number(u64),
    KnownAfterApply,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Version::Number(number) => number.fmt(f),
            Version::KnownAfterApply => f.write_str(KNOWN_AFTER_APPLY),
        }
    }
}

/// The deletion of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VersionDeletion(pub(crate) Version);

impl VersionDeletion {
    /// Describes the change of a function.
    pub(crate) fn describe(self, function: &str) -> Change {
        let (name, description) =
            (format!("{function}:{}", self.0), format!("deleting version {} of {function}", self.0));
        Change::new(Action::Delete, ("AWS::Lambda::Version", &name), "lambda:DeleteFunction", description)
            .effect(format!("version {} cannot be rolled back to", self.0))
    }
}

/// The published versions of the function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ObservedVersions {
    pub(crate) published: BTreeSet<u64>,
    /// The newest one, if `$LATEST` was not changed since: Lambda does not publish a second one then, and answers with it.
    /// See <https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html>.
    pub(crate) current: Option<u64>,
}

impl ObservedVersions {
    fn of(listed: &[FunctionConfiguration]) -> Self {
        // `$LATEST` is not a number, and not a published version.
        let number = |version: &FunctionConfiguration| version.version().and_then(|number| number.parse::<u64>().ok());
        let latest = listed.iter().find(|version| version.version() == Some(LATEST));
        // Each change of `$LATEST` sets its time, also one that ends with the same values.
        let is_current = |version: &FunctionConfiguration, latest: &FunctionConfiguration| {
            version.code_sha256() == latest.code_sha256() && version.last_modified() >= latest.last_modified()
        };
        let newest = listed.iter().filter(|version| number(version).is_some()).max_by_key(|version| number(version));
        let current = newest.zip(latest).filter(|(newest, latest)| is_current(newest, latest));
        ObservedVersions {
            published: listed.iter().filter_map(number).collect(),
            current: current.and_then(|(newest, _)| number(newest)),
        }
    }
}

/// Reads the published versions; `None`, with a warning, if the deployer may not.
///
/// # Errors
/// The error of the call.
pub(crate) async fn observe(session: Session<'_>, function: &str) -> Result<Option<ObservedVersions>> {
    let listed = versions::list(&Client::new(session.config), function, None).await.optional();
    let listed = listed.or_warn_denied(session.reporter)?;
    Ok(listed.map(|versions| ObservedVersions::of(&versions.unwrap_or_default())))
}

/// Returns the deletions of all versions except the newest `keep` ones and those that an alias points to, oldest first.
/// Nothing else counts, so that a repeated deployment deletes the same. `published` is the version of this deployment.
pub(crate) fn changes(
    observed: &BTreeSet<u64>,
    published: Option<Version>,
    aliased: &BTreeSet<u64>,
    keep: usize,
) -> Vec<VersionDeletion> {
    let mut versions: BTreeSet<_> = observed.iter().copied().map(Version::Number).collect();
    versions.extend(published);
    let old = versions.len().saturating_sub(keep);
    let is_aliased = |version: &Version| matches!(version, Version::Number(number) if aliased.contains(number));
    versions.into_iter().take(old).filter(|version| !is_aliased(version)).map(VersionDeletion).collect()
}

/// Makes the changes, as far as the deployer may: without the right, versions stay, and only use storage.
///
/// # Errors
/// The error of a call.
pub(crate) async fn apply(session: Session<'_>, function: &str, changes: &[VersionDeletion]) -> Result<()> {
    let lambda = Client::new(session.config);
    for change in changes {
        let line = change.describe(function);
        session.reporter.log(line.description.as_str());
        let request = lambda.delete_function().function_name(function).qualifier(change.0.to_string());
        let call = aws::call(line.description, line.iam_action);
        match call.send(|| request.clone().send()).await.optional() {
            // An alias was pointed to the version in the meantime.
            Err(error) if error.is("ResourceConflictException") => {}
            outcome => {
                if outcome.or_warn_denied(session.reporter)?.is_none() {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(published: Option<Version>, aliased: &[u64], keep: usize) -> Vec<String> {
        let (observed, aliased) = (BTreeSet::from([12, 3, 4, 10, 11]), aliased.iter().copied().collect());
        let changes = changes(&observed, published, &aliased, keep);
        changes.iter().map(|change| change.0.to_string()).collect()
    }

    #[test]
    fn a_version_is_current_if_latest_was_not_changed_since() {
        let configuration = |(version, code, modified): (&str, &str, &str)| {
            FunctionConfiguration::builder().version(version).code_sha256(code).last_modified(modified).build()
        };
        // The times of `$LATEST` and of version 10, the newest.
        for (latest, newest, expected) in [
            (("c", "2026-11-27T10:00:00.000+0000"), ("c", "2026-11-27T10:00:00.000+0000"), Some(10)),
            (("c", "2026-11-27T10:00:00.000+0000"), ("c", "2026-11-27T10:00:00.500+0000"), Some(10)),
            // Its configuration was changed.
            (("c", "2026-11-27T10:00:00.500+0000"), ("c", "2026-11-27T10:00:00.000+0000"), None),
            (("d", "2026-11-27T10:00:00.000+0000"), ("c", "2026-11-27T10:00:00.000+0000"), None),
        ] {
            let listed = [(LATEST, latest.0, latest.1), ("9", "c", latest.1), ("10", newest.0, newest.1)];
            let observed = ObservedVersions::of(&listed.map(configuration));
            assert_eq!(observed, ObservedVersions { published: [9, 10].into(), current: expected }, "{listed:?}");
        }
        assert_eq!(ObservedVersions::of(&[configuration((LATEST, "c", ""))]), ObservedVersions::default());
    }

    #[test]
    fn the_newest_versions_and_those_with_an_alias_are_kept() {
        assert_eq!(lines(None, &[4], 2), ["3", "10"]);
        assert_eq!(lines(None, &[], 5), [""; 0]);
        assert_eq!(lines(None, &[12], 0), ["3", "4", "10", "11"]);
    }

    #[test]
    fn a_version_that_is_published_is_the_newest_one() {
        assert_eq!(lines(Some(Version::KnownAfterApply), &[], 2), ["3", "4", "10", "11"]);
        assert_eq!(lines(Some(Version::Number(13)), &[], 2), ["3", "4", "10", "11"]);
        assert_eq!(lines(Some(Version::KnownAfterApply), &[12, 11], 0), ["3", "4", "10", KNOWN_AFTER_APPLY]);
        // Lambda publishes no second version that is equal to the last one.
        assert_eq!(lines(Some(Version::Number(12)), &[], 2), ["3", "4", "10"]);
    }
}
