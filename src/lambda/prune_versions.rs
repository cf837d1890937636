//! Published versions, each a copy of the code that counts towards the account's 75 GB.

use crate::aws;
use crate::error::Result;
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use std::collections::BTreeSet;

/// Deletes all but the newest `keep` versions, and none that an alias points to.
pub(crate) async fn prune(config: &SdkConfig, function: &str, keep: usize, reporter: &dyn Reporter) -> Result<()> {
    let lambda = Client::new(config);
    let (published, pointed_to) = tokio::try_join!(published(&lambda, function), pointed_to(&lambda, function))?;
    for version in superfluous(published, &pointed_to, keep) {
        reporter.log(format!("deleting version {version} of {function}"));
        let request = lambda.delete_function().function_name(function).qualifier(version.to_string());
        match request.send().await {
            Ok(_) => {}
            Err(error) if aws::Refusal::of(&error).code == "ResourceNotFoundException" => {}
            // An alias has been pointed to it just now.
            Err(error) if aws::Refusal::of(&error).code == "ResourceConflictException" => {}
            Err(error) => {
                let doing = format!("deleting version {version} of {function}");
                return Err(aws::refused(&doing, "lambda:DeleteFunction", &error));
            }
        }
    }
    Ok(())
}

/// The versions to delete, oldest first.
fn superfluous(mut published: Vec<u64>, pointed_to: &BTreeSet<u64>, keep: usize) -> Vec<u64> {
    published.sort_unstable();
    published.truncate(published.len().saturating_sub(keep));
    published.retain(|version| !pointed_to.contains(version));
    published
}

async fn published(lambda: &Client, function: &str) -> Result<Vec<u64>> {
    let mut items = lambda.list_versions_by_function().function_name(function).into_paginator().items().send();
    let mut versions = Vec::new();
    while let Some(version) = items.next().await {
        let version = version.map_err(|error| {
            aws::refused(&format!("listing the versions of {function}"), "lambda:ListVersionsByFunction", &error)
        })?;
        // `$LATEST` is no number, and no published version.
        versions.extend(version.version().and_then(|number| number.parse::<u64>().ok()));
    }
    Ok(versions)
}

async fn pointed_to(lambda: &Client, function: &str) -> Result<BTreeSet<u64>> {
    let mut items = lambda.list_aliases().function_name(function).into_paginator().items().send();
    let mut versions = BTreeSet::new();
    while let Some(alias) = items.next().await {
        let alias = alias.map_err(|error| {
            aws::refused(&format!("listing the aliases of {function}"), "lambda:ListAliases", &error)
        })?;
        let weights = alias.routing_config().and_then(|routing| routing.additional_version_weights());
        let second = weights.into_iter().flatten().map(|(version, _)| version.as_str());
        versions
            .extend(alias.function_version().into_iter().chain(second).filter_map(|number| number.parse::<u64>().ok()));
    }
    Ok(versions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_stay_and_those_with_an_alias() {
        let versions = || vec![12, 3, 4, 10, 11];
        assert_eq!(superfluous(versions(), &BTreeSet::from([4]), 2), [3, 10]);
        assert_eq!(superfluous(versions(), &BTreeSet::new(), 5), [0_u64; 0]);
        assert_eq!(superfluous(versions(), &BTreeSet::from([12]), 0), [3, 4, 10, 11]);
    }
}
