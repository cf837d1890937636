//! Decides whether the target's assets may be written to the bucket, by the account that owns it.

use crate::aws::s3::{Bucket, BucketLookup, ExpectedOwner, belongs_to};
use crate::error::{Error, ErrorCode, Result};
use crate::output::reporter::Reporter;
use aws_sdk_s3::Client;
use tokio::sync::OnceCell;

/// Checks the owner once, before the first write.
pub(crate) struct OwnerCheck<'a> {
    /// Knows the account of the credentials, or asks for it.
    pub(crate) lookup: &'a BucketLookup<'a>,
    /// `s3Configuration.bucketOwner`, or the owner that `uploadParams` expects.
    pub(crate) configured: Option<&'a str>,
    /// The prefix of the target's keys.
    pub(crate) prefix: &'a str,
    /// Whether the bucket has objects of this target.
    pub(crate) has_objects: bool,
    pub(crate) expected: ExpectedOwner,
    pub(crate) result: OnceCell<Result<()>>,
}

impl OwnerCheck<'_> {
    /// Makes all requests that write expect the owner of a bucket that this deployment has created.
    pub(crate) async fn created(&self) {
        if let Ok(account) = self.lookup.account().await {
            self.expected.expect(&account);
        }
        let _ = self.result.set(Ok(()));
    }

    /// Checks the owner, and makes all requests that write expect it.
    ///
    /// # Errors
    /// `BucketUnavailable` if the bucket belongs to another account than the configured one, or to another account than
    /// that of the credentials while it has no object of this target and no owner is configured.
    pub(crate) async fn ensure(&self, s3: &Client, bucket: &Bucket, reporter: &dyn Reporter) -> Result<()> {
        self.result.get_or_init(|| self.check(s3, bucket, reporter)).await.clone()
    }

    async fn check(&self, s3: &Client, bucket: &Bucket, reporter: &dyn Reporter) -> Result<()> {
        let name = &bucket.name;
        let unavailable = |message: String| Error::new(ErrorCode::BucketUnavailable, message);
        if let Some(owner) = self.configured {
            if !belongs_to(s3, name, self.prefix, owner).await? {
                let message = format!("the bucket {name} does not belong to the account {owner}");
                return Err(unavailable(message).hint("Correct s3Configuration.bucketOwner, or ExpectedBucketOwner in s3Configuration.uploadParams, or choose another bucket (s3Configuration.bucketName)"));
            }
            self.expected.expect(owner);
            return Ok(());
        }
        let account = match self.lookup.account().await {
            Ok(account) => account,
            Err(error) => {
                reporter.warning(format!("{error} The owner of the bucket {name} is not checked."));
                return Ok(());
            }
        };
        if belongs_to(s3, name, self.prefix, &account).await? {
            self.expected.expect(&account);
            return Ok(());
        }
        let message = format!("the bucket {name} belongs to another account than the credentials ({account})");
        let hint = "If it is meant, set s3Configuration.bucketOwner to the ID of that account";
        if !self.has_objects {
            return Err(unavailable(message).hint(format!(
                "{hint}; otherwise, choose another name (s3Configuration.bucketName), because bucket names are global"
            )));
        }
        reporter.warning(format!("{message}. {hint}."));
        Ok(())
    }
}
