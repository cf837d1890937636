//! Holds what every request for a target's objects needs.

use crate::assets::owner::OwnerCheck;
use crate::assets::public_access::change::DesiredBucket;
use crate::aws::call;
use crate::aws::call::Call;
use crate::aws::retry::RecentChange;
use crate::aws::s3::Bucket;
use crate::config::options::PublicAccess;
use crate::error::Result;
use crate::output::reporter::Reporter;
use aws_sdk_s3::Client;

/// The part of a bucket that belongs to one deployment target.
#[derive(Clone)]
pub(crate) struct Remote<'a> {
    pub(crate) s3: Client,
    pub(crate) bucket: &'a Bucket,
    /// The prefix of the target's keys, such as `cats/beta/`.
    pub(crate) prefix: &'a str,
    pub(crate) public_access: PublicAccess,
    /// A change of this run to the bucket, which S3 may not apply everywhere yet.
    pub(crate) recent_change: Option<RecentChange>,
    pub(crate) reporter: &'a dyn Reporter,
    /// The check that has to pass before the first write.
    pub(crate) owner: Option<&'a OwnerCheck<'a>>,
}

impl Remote<'_> {
    /// Checks, before the first write, that the bucket belongs to the right account.
    pub(crate) async fn ensure_writable(&self) -> Result<()> {
        match self.owner {
            Some(owner) => owner.ensure(&self.s3, self.bucket).await.map(drop),
            None => Ok(()),
        }
    }

    /// Makes S3 reject writes to a bucket of the wrong account.
    pub(crate) async fn expect_owner(&self) {
        if let Some(owner) = self.owner {
            owner.expect(self.bucket).await;
        }
    }
}

impl<'a> Remote<'a> {
    /// Returns the same with an owner whose bucket it has to be.
    pub(crate) fn owned_by(self, owner: &'a OwnerCheck<'a>) -> Self {
        Remote { s3: owner.client(&self.s3), owner: Some(owner), ..self }
    }

    /// Returns the bucket as it must be for the target.
    pub(crate) fn desired_bucket(&self) -> DesiredBucket<'a> {
        DesiredBucket { bucket: self.bucket, prefix: self.prefix, public_access: self.public_access }
    }

    /// Describes a call for the bucket, as [`call`] does. Refusals that pass after the recent change are waited for.
    pub(crate) fn call(&self, operation: impl Into<String>, action: &'static str) -> Call<'a> {
        call(operation, action).after(self.recent_change).reporting(self.reporter)
    }

    /// Returns the same for calls whose refusal is an answer.
    pub(crate) fn without_waiting(&self) -> Self {
        Remote { recent_change: None, ..self.clone() }
    }

    /// Returns the same after a change to the bucket.
    pub(crate) fn after(&self, change: impl Into<Option<RecentChange>>) -> Self {
        Remote { recent_change: change.into().or(self.recent_change), ..self.clone() }
    }
}
