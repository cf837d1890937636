//! Deletes old versions of the function: each contains a copy of the code, which counts towards the account's quota of
//! 75 GB (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).

use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallResult};
use crate::error::Result;
use aws_sdk_lambda::Client;
use std::collections::BTreeSet;

/// Deletes all versions except the newest `keep` ones and those that an alias points to. Nothing else counts, so that a
/// repeated deployment deletes the same.
///
/// # Errors
/// The error of a call.
pub(crate) async fn prune(session: Session<'_>, function: &str, keep: usize) -> Result<()> {
    let lambda = Client::new(session.config);
    let (published, kept) = tokio::try_join!(published(&lambda, function), aliased(&lambda, function))?;
    for version in prunable(published, &kept, keep) {
        session.reporter.log(format!("deleting version {version} of {function}"));
        let request = lambda.delete_function().function_name(function).qualifier(version.to_string());
        let call = aws::call(format!("deleting version {version} of {function}"), "lambda:DeleteFunction");
        match call.send(|| request.clone().send()).await.optional() {
            // An alias was pointed to the version in the meantime.
            Err(error) if error.is("ResourceConflictException") => {}
            outcome => drop(outcome?),
        }
    }
    Ok(())
}

/// Returns the versions to delete, oldest first.
fn prunable(mut published: Vec<u64>, kept: &BTreeSet<u64>, keep: usize) -> Vec<u64> {
    published.sort_unstable();
    published.truncate(published.len().saturating_sub(keep));
    published.retain(|version| !kept.contains(version));
    published
}

async fn published(lambda: &Client, function: &str) -> Result<Vec<u64>> {
    let request = lambda.list_versions_by_function().function_name(function);
    let versions = aws::call(format!("listing the versions of {function}"), "lambda:ListVersionsByFunction")
        .after(RecentChange::FunctionCreated)
        .send(|| request.clone().into_paginator().items().send().try_collect())
        .await?;
    // `$LATEST` is not a number, and not a published version.
    Ok(versions.iter().filter_map(|version| version.version()?.parse().ok()).collect())
}

async fn aliased(lambda: &Client, function: &str) -> Result<BTreeSet<u64>> {
    let request = lambda.list_aliases().function_name(function);
    let aliases = aws::call(format!("listing the aliases of {function}"), "lambda:ListAliases")
        .after(RecentChange::FunctionCreated)
        .send(|| request.clone().into_paginator().items().send().try_collect())
        .await?;
    let versions = aliases.iter().flat_map(|alias| {
        let weights = alias.routing_config().and_then(|routing| routing.additional_version_weights());
        alias.function_version().into_iter().chain(weights.into_iter().flatten().map(|(version, _)| version.as_str()))
    });
    Ok(versions.filter_map(|version| version.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_versions_and_those_with_an_alias_are_kept() {
        let versions = || vec![12, 3, 4, 10, 11];
        assert_eq!(prunable(versions(), &BTreeSet::from([4]), 2), [3, 10]);
        assert_eq!(prunable(versions(), &BTreeSet::new(), 5), [0_u64; 0]);
        assert_eq!(prunable(versions(), &BTreeSet::from([12]), 0), [3, 4, 10, 11]);
    }
}
