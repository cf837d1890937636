//! Removes everything that a target has on AWS.
//!
//! Everything is read first, concurrently, and shown. Only then, and only if what there is has not grown since it was
//! shown, is it deleted: what serves requests first. After a failure at any point, the next removal finds what is left.

mod begin;
mod buckets;
mod decide;
mod function;
mod local;
mod log_group;
mod objects;
mod role;
mod shown;
mod table;

pub(crate) use shown::Shown;

use crate::assets::remote::Remote;
use crate::aws::SignedIn;
use crate::aws::account;
use crate::aws::arn::Arn;
use crate::aws::s3::{BucketLookup, RequestParams};
use crate::aws::session::Session;
use crate::deploy::change::Change;
use crate::deploy::locks::Locks;
use crate::deploy::request::{DeployRequest, Part};
use crate::error::{Error, ErrorCode, Result};
use crate::operate::missing_rights::MissingRights;
use crate::output::Output;
use buckets::ObservedBucket;
use decide::{Observed, Removal, Scope, decide, removable_role, removable_table, unconfirmed};
use futures_util::future::try_join_all;
use local::Left;
use serde_json::{Value, json};

/// A removal: what it includes, and what was shown and confirmed before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) with_table: bool,
    /// `None` only shows what would be removed.
    pub(crate) confirmed: Option<&'a [Shown]>,
}

/// Shows or makes a removal. Returns the changes, what stays, and the name of the table's backup.
///
/// # Errors
/// The error of a call; `NotRemoved` if the target is that of another account, region or project, or there is something that
/// was not shown.
pub(crate) async fn run(
    target: &DeployRequest,
    request: Request<'_>,
    signed_in: &SignedIn,
    output: &Output<'_>,
) -> Result<Value> {
    let session = Session { config: &signed_in.config, reporter: &*output.reporter };
    let account = match &signed_in.account_id {
        Some(account) => account.clone(),
        None => account::required_account_id(&signed_in.config).await?,
    };
    ensure_deployed_here(output.artifacts.deployed_arn(), session.region(), &account)?;
    session.reporter.log(format!("the account is {account}, the region {}", session.region()));
    let remover = Remover { target, session, output, with_table: request.with_table };
    let names = buckets::names(target, output.artifacts);
    let lookups = bucket_lookups(target, signed_in, &names)?;
    let Some(confirmed) = request.confirmed else {
        let (observed, _) = remover.observe(&lookups).await?;
        return Ok(json!(decide(remover.scope(), &observed)));
    };
    let _locks = Locks::acquire(&target.deploy_root, &[Part::Assets, Part::Lambda], session.reporter).await?;
    let (observed, remotes) = remover.observe(&lookups).await?;
    let removal = decide(remover.scope(), &observed);
    ensure_confirmed(&removal, confirmed)?;
    let backup = remover.apply(&observed, &remotes).await?;
    let Removal { changes, kept } = removal;
    Ok(json!({"changes": changes, "kept": kept, "backup": backup}))
}

fn bucket_lookups<'a>(
    target: &DeployRequest,
    signed_in: &'a SignedIn,
    names: &'a [String],
) -> Result<Vec<BucketLookup<'a>>> {
    let params = RequestParams::parse(target.options.s3.upload_params.as_ref())?;
    let lookup = |name: &'a String| BucketLookup::new(signed_in, name, target.project.asset_prefix(), params.clone());
    Ok(names.iter().map(lookup).collect())
}

/// Checks that the target was deployed to this account and region: seen from another one, it seems to be gone.
fn ensure_deployed_here(deployed_arn: Option<&str>, region: &str, account: &str) -> Result<()> {
    let Some(deployed) = deployed_arn.and_then(Arn::parse) else { return Ok(()) };
    if (deployed.region, deployed.account) == (region, account) {
        return Ok(());
    }
    let message = format!(
        "the target is deployed in the account {} and the region {}, but the credentials belong to the account {account}, and the region is {region}",
        deployed.account, deployed.region
    );
    Err(Error::new(ErrorCode::NotRemoved, message)
        .hint("Use the profile and the region that the target was deployed with"))
}

fn ensure_confirmed(removal: &Removal, confirmed: &[Shown]) -> Result<()> {
    let [first, ..] = unconfirmed(&removal.changes, confirmed)[..] else { return Ok(()) };
    let message = format!("removing was stopped, because this is not what was shown: {}", first.description);
    Err(Error::new(ErrorCode::NotRemoved, message).hint("Run the command again"))
}

struct Remover<'a> {
    target: &'a DeployRequest,
    session: Session<'a>,
    output: &'a Output<'a>,
    with_table: bool,
}

impl Remover<'_> {
    fn scope(&self) -> Scope<'_> {
        Scope {
            project: &self.target.project,
            region: self.session.region(),
            with_table: self.with_table,
            skill_id: self.output.artifacts.get_str("skillId"),
        }
    }

    /// Reads everything concurrently. Returns the target's parts of the buckets as well, in the order of those that are
    /// accessible. Rights that are missing are one error.
    async fn observe<'l>(&'l self, lookups: &'l [BucketLookup<'_>]) -> Result<(Observed, Vec<Remote<'l>>)> {
        let Remover { target, session, .. } = *self;
        let (function, log_group) = (target.project.function_name(), target.project.log_group_name());
        let table = target.project.table_name();
        let missing = MissingRights::default();
        let rights = &missing;
        let bucket = |lookup| rights.read(buckets::observe(session, target, lookup, rights));
        let (buckets, function, role, log_group, table) = tokio::try_join!(
            try_join_all(lookups.iter().map(bucket)),
            function::observe(session, &function, rights),
            role::observe(session, &function, rights),
            rights.read(log_group::exists(session, &log_group)),
            rights.read(table::observe(session, &table)),
        )?;
        missing.check()?;
        function::ensure_own(&target.project, function.as_ref())?;
        let (buckets, remotes): (Vec<_>, Vec<_>) = buckets.into_iter().flatten().unzip();
        let is_accessible = |(bucket, _): &(&ObservedBucket, _)| matches!(bucket, ObservedBucket::Accessible(_));
        let remotes = buckets.iter().zip(remotes).filter(is_accessible).map(|(_, remote)| remote).collect();
        Ok((Observed { function, role, log_group, table, buckets }, remotes))
    }

    /// Deletes what was observed, in an order in which nothing is created again. Returns the name of the table's backup.
    async fn apply(&self, observed: &Observed, remotes: &[Remote<'_>]) -> Result<Option<String>> {
        let (project, session, scope) = (&self.target.project, self.session, self.scope());
        let (function, log_group, table) = (project.function_name(), project.log_group_name(), project.table_name());
        if let Some(found) = &observed.function {
            self.announce(&[function::change(&function, found)]);
            function::delete(session, &function).await?;
        }
        if let Some(role) = removable_role(scope, observed) {
            role::delete(session, &function, role).await?;
        }
        if observed.log_group {
            self.announce(&[log_group::change(&log_group)]);
            log_group::delete(session, &log_group).await?;
        }
        for (found, remote) in observed.objects().zip(remotes) {
            objects::delete(remote, found).await?;
        }
        let backup = match removable_table(scope, observed) {
            Some(found) => table::delete(session, &table, found).await?,
            None => None,
        };
        self.delete_late_logs().await?;
        let left = Left {
            has_table: observed.table.is_some() && removable_table(scope, observed).is_none(),
            buckets: observed.buckets_left_alone().collect(),
        };
        local::remove(self.target, self.output.artifacts, &left)?;
        Ok(backup)
    }

    /// Reports changes that begin now: after an error, later ones have not been made.
    fn announce(&self, changes: &[Change]) {
        for change in changes {
            self.session.reporter.log(change.description.as_str());
        }
    }

    /// Deletes a log group that the last invocations of the function have created again.
    async fn delete_late_logs(&self) -> Result<()> {
        let name = self.target.project.log_group_name();
        if log_group::exists(self.session, &name).await? {
            log_group::delete(self.session, &name).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_of_another_account_or_region_is_not_removed() {
        let arn = Some("arn:aws:lambda:eu-west-1:123456789012:function:cats:release-0");
        let removes = |deployed, region, account| ensure_deployed_here(deployed, region, account).is_ok();
        assert!(removes(arn, "eu-west-1", "123456789012"));
        assert!(!removes(arn, "us-east-1", "123456789012"));
        assert!(!removes(arn, "eu-west-1", "210987654321"));
        assert!(removes(None, "us-east-1", "210987654321"));
    }
}
