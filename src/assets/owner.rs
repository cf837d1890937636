//! Decides whether the target's assets may be written to the bucket, by the account that owns it.

use crate::aws::s3::{Bucket, BucketLookup, ExpectedOwner, belongs_to};
use crate::error::{Error, ErrorCode, Result};
use crate::output::reporter::Reporter;
use aws_sdk_s3::Client;
use tokio::sync::OnceCell;

const HINT: &str = "If it is meant, set s3Configuration.bucketOwner to the ID of that account";

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// The bucket belongs to the expected account.
    Expected,
    /// It belongs to another one, which is accepted with a warning.
    Accepted,
    /// The expected account is not known, or no account owns the bucket.
    Unknown,
}

/// Makes S3 verify the owner with each request that writes, and checks it once where that has to be known before.
pub(crate) struct OwnerCheck<'a> {
    /// Knows the account of the credentials, or asks for it.
    lookup: &'a BucketLookup<'a>,
    /// `s3Configuration.bucketOwner`, or the owner that `uploadParams` expects.
    configured: Option<&'a str>,
    /// Whether the bucket has objects of this target.
    has_objects: bool,
    reporter: &'a dyn Reporter,
    expected: ExpectedOwner,
    /// The owner that the bucket should have; `None` if it cannot be determined.
    owner: OnceCell<Option<String>>,
    result: OnceCell<Result<Ownership>>,
}

impl<'a> OwnerCheck<'a> {
    pub(crate) fn new(
        lookup: &'a BucketLookup<'a>,
        configured: Option<&'a str>,
        has_objects: bool,
        reporter: &'a dyn Reporter,
    ) -> Self {
        OwnerCheck {
            lookup,
            configured,
            has_objects,
            reporter,
            expected: ExpectedOwner::default(),
            owner: OnceCell::new(),
            result: OnceCell::new(),
        }
    }

    /// Returns a client whose requests that write expect the owner.
    pub(crate) fn client(&self, s3: &Client) -> Client {
        self.expected.client(s3)
    }

    /// Makes all requests that write expect the owner of a bucket that this deployment has created.
    pub(crate) async fn created(&self) {
        if let Ok(Some(account)) = self.lookup.account().await {
            self.expected.set(Some(&account));
        }
        let _ = self.result.set(Ok(Ownership::Expected));
    }

    /// Makes all requests that write expect the owner. Those whose rejection is an error do not wait for [`Self::ensure`],
    /// because S3 rejects them if the bucket belongs to another account.
    pub(crate) async fn expect(&self, bucket: &Bucket) {
        if !self.is_checked() {
            self.owner(bucket).await;
        }
    }

    pub(crate) fn is_checked(&self) -> bool {
        self.result.initialized()
    }

    /// Checks the owner, once: before a write whose rejection would not be an error, or after one that was rejected.
    ///
    /// # Errors
    /// `BucketUnavailable` if the bucket belongs to another account than the configured one, or to another account than
    /// that of the credentials while it has no object of this target and no owner is configured.
    pub(crate) async fn ensure(&self, s3: &Client, bucket: &Bucket) -> Result<Ownership> {
        self.result.get_or_init(|| self.check(s3, bucket)).await.clone()
    }

    async fn owner(&self, bucket: &Bucket) -> Option<&str> {
        let find = async || {
            let owner = match self.configured {
                Some(owner) => Some(owner.to_owned()),
                None => self.account(bucket).await,
            };
            self.expected.set(owner.as_deref());
            owner
        };
        self.owner.get_or_init(find).await.as_deref()
    }

    async fn account(&self, bucket: &Bucket) -> Option<String> {
        let unchecked = format!("The owner of the bucket {} is not checked.", bucket.name);
        match self.lookup.account().await {
            Ok(Some(account)) => Some(account),
            Ok(None) => {
                let reason = "S3 is at another provider than STS, so no AWS account owns its buckets.";
                self.reporter.verbose(format!("{reason} {unchecked}"));
                None
            }
            Err(error) => {
                self.reporter.warning(format!("{error} {unchecked}"));
                None
            }
        }
    }

    async fn check(&self, s3: &Client, bucket: &Bucket) -> Result<Ownership> {
        let Some(owner) = self.owner(bucket).await else { return Ok(Ownership::Unknown) };
        let name = &bucket.name;
        if belongs_to(s3, name, self.lookup.prefix(), owner).await? {
            return Ok(Ownership::Expected);
        }
        let unavailable = |message: String| Error::new(ErrorCode::BucketUnavailable, message);
        if self.configured.is_some() {
            let message = format!("the bucket {name} does not belong to the account {owner}");
            return Err(unavailable(message).hint("Correct s3Configuration.bucketOwner, or ExpectedBucketOwner in s3Configuration.uploadParams, or choose another bucket (s3Configuration.bucketName)"));
        }
        let message = format!("the bucket {name} belongs to another account than the credentials ({owner})");
        if !self.has_objects {
            return Err(unavailable(message).hint(format!(
                "{HINT}; otherwise, choose another name (s3Configuration.bucketName), because bucket names are global"
            )));
        }
        self.reporter.warning(format!("{message}. {HINT}."));
        self.expected.set(None);
        Ok(Ownership::Accepted)
    }
}
