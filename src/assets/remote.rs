//! Holds what every request for a target's objects needs.

use crate::aws::retry::Change;
use crate::aws::s3::Bucket;
use crate::config::options::PublicAccess;
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
    pub(crate) recent_change: Option<Change>,
    pub(crate) reporter: &'a dyn Reporter,
}
