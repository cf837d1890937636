//! Recognizes that S3 is served by another provider than AWS, where the account of the credentials does not own buckets.

use crate::aws::arn::Partition;
use crate::aws::endpoints;
use aws_config::SdkConfig;

/// The end of the host names of AWS's dual-stack endpoints
/// (<https://docs.aws.amazon.com/general/latest/gr/rande.html#dual-stack-endpoints>).
const DUAL_STACK_SUFFIX: &str = "api.aws";

/// Returns whether the endpoint of S3 is not one of AWS, while STS is AWS's own: S3 does not know the account then. Where
/// both are set, as for an emulator, they know the same accounts.
pub(crate) fn is_served_by_other_provider(config: &SdkConfig) -> bool {
    endpoints::of_service(config, "S3").is_some_and(|url| !is_aws(&url))
        && endpoints::of_service(config, "STS").is_none()
}

fn is_aws(url: &str) -> bool {
    let Some(host) = url.parse::<http::Uri>().ok().and_then(|url| url.host().map(str::to_ascii_lowercase)) else {
        return false;
    };
    let ends_with = |suffix: &str| host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'));
    Partition::all().any(|partition| ends_with(partition.dns_suffix)) || ends_with(DUAL_STACK_SUFFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_of_aws_are_recognized_by_their_hosts() {
        for url in [
            "https://s3.eu-west-1.amazonaws.com",
            "https://bucket.vpce-0f0f-abc.s3.us-east-1.vpce.amazonaws.com",
            "https://s3.cn-north-1.amazonaws.com.cn/",
            "https://S3.eusc-de-east-1.Amazonaws.eu",
            "https://s3.eu-west-1.api.aws:443",
        ] {
            assert!(is_aws(url), "{url}");
        }
        for url in [
            "https://s3.example.com",
            "http://127.0.0.1:9000",
            "https://amazonaws.com.example.com",
            "https://notamazonaws.com",
            "not a URL",
        ] {
            assert!(!is_aws(url), "{url}");
        }
    }
}
