//! Checks whether an asset can be read anonymously, as Alexa reads it.

use crate::assets::remote::Remote;
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

/// Requests the headers of one object without credentials.
pub(crate) async fn probe_anonymous_read(config: &SdkConfig, remote: &Remote<'_>, key: &str) -> ProbeResult {
    let bucket = remote.bucket;
    let mut anonymous = config.to_builder();
    anonymous.set_credentials_provider(None);
    let client = bucket.client(&anonymous.build()).config().to_builder().allow_no_auth().build();
    let request = Client::from_conf(client).head_object().bucket(&bucket.name).key(key);
    let operation = format!("reading {}/{key} anonymously", bucket.name);
    match remote.call(operation, "s3:GetObject").send(|| request.clone().send()).await {
        Ok(_) => ProbeResult::Readable,
        Err(error) => match error.status() {
            Some(status @ 400..500) => ProbeResult::Denied { status },
            _ => ProbeResult::Unknown,
        },
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
