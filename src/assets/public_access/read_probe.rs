//! Checks whether an asset can be read anonymously, as Alexa reads it.

use crate::assets::remote::Remote;
use crate::aws::CallError;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;

/// S3's answer to an anonymous request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProbeResult {
    Readable,
    Denied {
        /// The HTTP status.
        status: u16,
    },
    /// There was no answer.
    Unknown,
}

/// The status for a range of an object without content, which can be read, too.
const RANGE_NOT_SATISFIABLE: u16 = 416;

/// Requests the headers of one object without credentials.
pub(crate) async fn probe_anonymous_read(config: &SdkConfig, remote: &Remote<'_>, key: &str) -> ProbeResult {
    let bucket = remote.bucket;
    let mut anonymous = config.to_builder();
    anonymous.set_credentials_provider(None);
    let client = bucket.client(&anonymous.build()).config().to_builder().allow_no_auth().build();
    let s3 = Client::from_conf(client);
    let operation = format!("reading {}/{key} anonymously", bucket.name);
    let request = s3.head_object().bucket(&bucket.name).key(key);
    let headers = remote.call(operation.as_str(), "s3:GetObject").send(|| request.clone().send()).await.map(drop);
    // The answer to a HEAD request does not show whether the object is missing or, for a moment, the new bucket; nor, in
    // stores like S3, whether it is an answer of the store.
    let is_unclear = |error: &CallError| error.is_unread() || remote.recent_change.is_some() && error.is_not_found();
    if !headers.as_ref().is_err_and(is_unclear) {
        return result_of(headers);
    }
    let request = s3.get_object().bucket(&bucket.name).key(key).range("bytes=0-0");
    result_of(remote.call(operation, "s3:GetObject").send(|| request.clone().send()).await.map(drop))
}

fn result_of(outcome: Result<(), CallError>) -> ProbeResult {
    match outcome.map_err(|error| error.status()) {
        Ok(()) | Err(Some(RANGE_NOT_SATISFIABLE)) => ProbeResult::Readable,
        Err(Some(status @ 400..500)) => ProbeResult::Denied { status },
        Err(_) => ProbeResult::Unknown,
    }
}

/// Warns if the object cannot be read anonymously.
pub(crate) fn warn_unreadable(remote: &Remote<'_>, key: &str, probe: ProbeResult) {
    match probe {
        ProbeResult::Readable => {}
        ProbeResult::Denied { status } => remote.reporter.warning(format!(
            "Alexa cannot read the assets: S3 answers an anonymous request for {}/{key} with HTTP status {status}. Check the bucket's Block Public Access, and the account's, which overrides it; then the object's ACL, or with s3Configuration.publicAccess \"bucketPolicy\" the bucket's policy; then the bucket's default encryption, which must not be a KMS key",
            remote.bucket.url()
        )),
        ProbeResult::Unknown => remote.reporter.verbose(format!("could not check whether {key} is public")),
    }
}
