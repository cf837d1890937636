//! Examines what a deployment needs: valid options, credentials, network, clock, region, bucket and rights.

mod finding;
mod options;
mod rights;

use crate::aws::account::{self, Identity};
use crate::aws::proxy::Proxies;
use crate::aws::s3::{BucketLookup, BucketStatus, RequestParams, bucket_name};
use crate::aws::session::Session;
use crate::aws::{self, SignIn, SignedIn, endpoints, proxy, region, timeouts};
use crate::config::env;
use crate::deploy::request::DeployRequest;
use crate::error::Result;
use crate::operate::policy::{self, Place, Purpose};
use crate::output::Output;
use aws_config::profile::Profile;
use finding::{Finding, Status};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

/// AWS rejects signatures of a clock that is further off
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>).
const MAX_CLOCK_SKEW: Duration = Duration::from_mins(5);

const ENVIRONMENT: &str = "environment";

/// A difference that is not the time of the answer's way, and grows.
const NOTICEABLE_CLOCK_SKEW: Duration = Duration::from_mins(1);

/// Returns the findings, in the order in which a deployment depends on them. A check that fails is one of them.
///
/// # Errors
/// None that is expected.
pub(crate) async fn examine(target: &DeployRequest, output: &Output<'_>) -> Result<Value> {
    let DeployRequest { project, options, .. } = target;
    let deployed_arn = output.artifacts.deployed_arn();
    let sign_in = SignIn { project, options, deployed_arn };
    let region = aws::known_region(&sign_in).await.map(|region| region.name);
    let mut findings = options::examine(target, region.as_deref());
    findings.push(proxy_finding());
    let profile = aws::profile_of(&sign_in).await;
    findings.extend(endpoints::variables(profile.as_ref()).map(|(name, url)| redirected(name, &url)));
    let environment = environment(profile.as_ref());
    let is_usable = environment.iter().all(|finding| finding.status != Status::Problem);
    findings.extend(environment);
    if !is_usable {
        // Signing in would fail by the same.
        return Ok(json!({"findings": findings}));
    }
    match aws::load_sdk_config(&sign_in, &output.host()).await {
        Ok(signed_in) => findings.extend(examine_account(target, &signed_in, output).await),
        Err(error) => findings.push(Finding::failed("credentials", &error)),
    }
    Ok(json!({"findings": findings}))
}

async fn examine_account(target: &DeployRequest, signed_in: &SignedIn, output: &Output<'_>) -> Vec<Finding> {
    let SignedIn { config, source, region, ca_bundles, .. } = signed_in;
    let mut findings = vec![certificates(ca_bundles), Finding::ok("credentials", source.as_str())];
    findings.extend(endpoints::of_profile(config).iter().map(|(name, url)| redirected(name, url)));
    findings.push(region_finding(&region.to_string(), &region.name, output.artifacts.deployed_arn()));
    let identity = match account::identity(config).await {
        Ok(identity) => identity,
        Err(error) => {
            findings.push(Finding::failed("account", &error));
            return findings;
        }
    };
    findings.push(account_finding(&identity));
    findings.extend(identity.server_time.map(|theirs| clock(SystemTime::now(), theirs)));
    findings.extend(bucket(target, signed_in).await);
    let place = Place { region: region::config_region(config), account: Some(&identity.account) };
    let mut statements = policy::statements(target, Purpose::Deploy, place);
    statements.extend(policy::statements(target, Purpose::Logs, place));
    let session = Session { config, reporter: &*output.reporter };
    findings.extend(rights::examine(session, &identity.arn, &statements).await);
    findings
}

fn proxy_finding() -> Finding {
    match proxy::from_env() {
        Err(error) => Finding::failed("proxy", &error),
        Ok(settings) => Finding::ok("proxy", proxy_text(&settings.proxies)),
    }
}

fn proxy_text(proxies: &Proxies) -> String {
    match (&proxies.for_https, &proxies.for_http) {
        (Some(proxy), _) => format!("requests to AWS go through {}, except for NO_PROXY", proxy.host),
        (None, Some(proxy)) => {
            format!("none for AWS; requests to addresses with http:// go through {}, except for NO_PROXY", proxy.host)
        }
        (None, None) => "none".to_owned(),
    }
}

/// Returns what is wrong with the environment variables that a deployment reads before it signs in: one problem of each
/// kind.
fn environment(profile: Option<&Profile>) -> Vec<Finding> {
    let names = env::check_names();
    let unknown = names.iter().flatten().map(|warning| Finding::warning(ENVIRONMENT, warning.as_str(), "Unset it"));
    let unknown: Vec<_> = unknown.collect();
    // The check of a dry run includes that of the names.
    let dry_run = env::is_dry_run().map(drop);
    let failures = [names.and(dry_run), timeouts::from_env().map(drop), endpoints::check(profile)];
    let failures = failures.iter().filter_map(|outcome| outcome.as_ref().err());
    failures.map(|error| Finding::failed(ENVIRONMENT, error)).chain(unknown).collect()
}

/// Returns the warning that requests do not go to AWS.
fn redirected(name: &str, url: &str) -> Finding {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    Finding::warning(
        "endpoint",
        format!("{name} sends requests to {host} instead of AWS"),
        format!("Unset {name} to reach AWS"),
    )
}

fn certificates(bundles: &[aws::CaBundle]) -> Finding {
    let named: Vec<_> = bundles.iter().map(|bundle| format!("{} ({})", bundle.path.display(), bundle.place)).collect();
    match named.as_slice() {
        [] => Finding::ok("certificates", "those of this machine"),
        named => Finding::ok("certificates", format!("those of this machine and of {}", named.join(", "))),
    }
}

fn region_finding(region: &str, name: &str, deployed_arn: Option<&str>) -> Finding {
    let warnings = region::warnings(name, deployed_arn);
    if warnings.is_empty() {
        return Finding::ok("region", region);
    }
    Finding::warning("region", format!("{region}: {}", warnings.join("; ")), "Set awsRegion, if it is not intended")
}

fn account_finding(identity: &Identity) -> Finding {
    let Identity { account, arn, .. } = identity;
    if arn.ends_with(":root") {
        return Finding::warning(
            "account",
            format!("{account}, as its root user"),
            "Sign in as an IAM user or role: the root user may do everything",
        );
    }
    Finding::ok("account", format!("{account}, as {arn}"))
}

fn clock(ours: SystemTime, theirs: SystemTime) -> Finding {
    let (skew, direction) = match ours.duration_since(theirs) {
        Ok(skew) => (skew, "ahead of"),
        Err(error) => (error.duration(), "behind"),
    };
    let detail = format!("{} s {direction} AWS's", skew.as_secs());
    let fix = "Set the clock of this machine, such as by NTP: AWS rejects requests with a wrong time";
    match skew {
        skew if skew > MAX_CLOCK_SKEW => Finding::problem("clock", detail, fix),
        skew if skew > NOTICEABLE_CLOCK_SKEW => Finding::warning("clock", detail, fix),
        _ => Finding::ok("clock", "as AWS's"),
    }
}

/// Returns the finding about the bucket; `None` if wrong options, which are findings of their own, do not allow it to be
/// read.
async fn bucket(target: &DeployRequest, signed_in: &SignedIn) -> Option<Finding> {
    let s3 = &target.options.s3;
    let Some(name) = &s3.bucket_name else {
        return Some(Finding::warning(
            "bucket",
            "not configured, so assets cannot be deployed",
            "Set s3Configuration.bucketName",
        ));
    };
    bucket_name::validate(name).ok()?;
    let params = RequestParams::parse(s3.upload_params.as_ref()).ok()?;
    let lookup = BucketLookup::new(signed_in, name, target.project.asset_prefix(), params);
    Some(match lookup.bucket().await {
        Err(error) => Finding::failed("bucket", &error),
        Ok(bucket) => match &bucket.status {
            BucketStatus::Accessible => Finding::ok("bucket", format!("{name} in {}", bucket.region)),
            BucketStatus::NotFound => {
                Finding::ok("bucket", format!("{name} does not exist: a deployment of assets creates it"))
            }
            BucketStatus::Forbidden(message) => Finding::problem(
                "bucket",
                format!("{name} exists, and S3 denies access: {message}"),
                "Allow s3:ListBucket on it, or choose another name if it belongs to another account",
            ),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_may_be_off_as_far_as_aws_accepts() {
        let theirs = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
        let status = |seconds: u64| {
            let off = Duration::from_secs(seconds);
            let (ahead, behind) = (clock(theirs + off, theirs), clock(theirs - off, theirs));
            assert_eq!(ahead.status, behind.status);
            ahead.status
        };
        assert_eq!(
            [0, 60, 61, 300, 301].map(status),
            [Status::Ok, Status::Ok, Status::Warning, Status::Warning, Status::Problem]
        );
        assert!(clock(theirs + Duration::from_secs(400), theirs).detail.starts_with("400 s ahead of"));
    }

    #[test]
    fn the_root_user_is_a_warning() {
        let finding = |arn: &str| {
            account_finding(&Identity { account: "123456789012".into(), arn: arn.into(), server_time: None })
        };
        assert_eq!(finding("arn:aws:iam::123456789012:root").status, Status::Warning);
        assert_eq!(finding("arn:aws:iam::123456789012:user/root").status, Status::Ok);
    }
}
