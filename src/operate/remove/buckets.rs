//! Looks into the buckets that may have objects of the target: that of the options, and those of earlier deployments.

use crate::assets::remote::Remote;
use crate::assets::upload::multipart_cleanup::{self, UploadJournal};
use crate::assets::upload_params::UploadParams;
use crate::aws::s3::{Bucket, BucketLookup, BucketStatus, ExpectedOwner, belongs_to};
use crate::aws::session::Session;
use crate::deploy::request::DeployRequest;
use crate::error::{Error, ErrorCode, Result};
use crate::lambda;
use crate::operate::missing_rights::MissingRights;
use crate::operate::remove::objects::{self, ObservedObjects};
use crate::output::artifacts::{self, Artifacts};
use serde_json::Value;

/// The target's part of a bucket that exists.
#[derive(Debug)]
pub(crate) enum ObservedBucket {
    /// It stays as it is, for this reason.
    LeftAlone {
        name: String,
        reason: String,
    },
    Accessible(ObservedObjects),
}

/// The names of the buckets, each once: first that of the options, then those that artifacts and journals name.
pub(crate) fn names(target: &DeployRequest, artifacts: &Artifacts<'_>) -> Vec<String> {
    let DeployRequest { project, options, deploy_root, .. } = target;
    let prefix = project.asset_prefix();
    let journal = UploadJournal::load(deploy_root.join(multipart_cleanup::FILE_NAME), "");
    let staged = lambda::staged_bucket(deploy_root, &project.function_name());
    let configured = options.s3.bucket_name.iter().cloned();
    let is_root_of_user = options.override_assets_root.is_some();
    let deployed = urls(artifacts, is_root_of_user).into_iter().filter_map(|url| bucket_of(url, &prefix));
    let deployed = deployed.map(str::to_owned);
    let mut names = Vec::new();
    for name in configured.chain(deployed).chain(journal.buckets(&prefix)).chain(staged) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Returns the URLs in S3 that the last deployment of the assets has saved. Those of icons always are; that of the root is
/// the user's if `overrideAssetsRoot` is set, and may then name a bucket that no deployment has written to.
fn urls<'a>(artifacts: &'a Artifacts<'_>, is_root_of_user: bool) -> Vec<&'a str> {
    let icons = artifacts.get(artifacts::ICONS).and_then(Value::as_object);
    let icons = icons.into_iter().flat_map(|languages| languages.values().filter_map(Value::as_object));
    let urls: Vec<_> = icons.flat_map(|icons| icons.values().filter_map(|icon| icon.get("url")?.as_str())).collect();
    if !urls.is_empty() || is_root_of_user {
        return urls;
    }
    artifacts.get_str(artifacts::ASSETS_ROOT).into_iter().collect()
}

/// Returns the bucket of a URL such as `https://s3.us-east-1.amazonaws.com/<bucket>/<prefix>…`.
fn bucket_of<'a>(url: &'a str, prefix: &str) -> Option<&'a str> {
    let (host, path) = url.strip_prefix("https://s3.")?.split_once('/')?;
    let (bucket, key) = path.split_once('/')?;
    (host.contains(".amazonaws.") && key.starts_with(prefix)).then_some(bucket)
}

/// Reads the target's part of a bucket; `None` if the bucket does not exist.
///
/// # Errors
/// The error of a call; `AccessDenied` for the bucket of the options, if it may not be listed. `rights` get the other
/// rights that are missing for that bucket.
pub(crate) async fn observe<'l>(
    session: Session<'l>,
    target: &'l DeployRequest,
    lookup: &'l BucketLookup<'_>,
    rights: &MissingRights,
) -> Result<Option<(ObservedBucket, Remote<'l>)>> {
    let (bucket, s3) = (lookup.bucket().await?, &target.options.s3);
    let remote = remote(session, target, (bucket, lookup.prefix()));
    let left_alone = |reason: String| ObservedBucket::LeftAlone { name: bucket.name.clone(), reason };
    match &bucket.status {
        BucketStatus::NotFound => return Ok(None),
        BucketStatus::Forbidden(message) if s3.bucket_name.as_ref() == Some(&bucket.name) => {
            return Err(forbidden(bucket, message));
        }
        BucketStatus::Forbidden(message) => {
            let reason =
                format!("the bucket {} of an earlier deployment, to which S3 denies access: {message}", bucket.name);
            return Ok(Some((left_alone(reason), remote)));
        }
        BucketStatus::Accessible => {}
    }
    let configured = UploadParams::parse(s3.upload_params.as_ref())?.bucket_owner(s3.bucket_owner.as_deref())?;
    let owner = match configured {
        Some(owner) => Some(owner),
        None => lookup.account().await?,
    };
    let expected = ExpectedOwner::default();
    if let Some(owner) = &owner {
        if !belongs_to(&remote.s3, &bucket.name, lookup.prefix(), owner).await? {
            let reason = format!("the bucket {}, which does not belong to the account {owner}", bucket.name);
            return Ok(Some((left_alone(reason), remote)));
        }
        expected.set(Some(owner));
    }
    let missing = MissingRights::default();
    let observed = objects::observe(&remote, &target.project.function_name(), &missing).await?;
    let observed = if s3.bucket_name.as_ref() == Some(&bucket.name) {
        rights.extend(missing);
        ObservedBucket::Accessible(observed)
    } else {
        readable(missing.check().map(|()| observed), &bucket.name)?
    };
    let s3 = expected.client(&remote.s3);
    Ok(Some((observed, Remote { s3, ..remote })))
}

/// Returns the target's part of a bucket of an earlier deployment. Without the right to read it, the bucket is left alone.
fn readable(observed: Result<ObservedObjects>, bucket: &str) -> Result<ObservedBucket> {
    match observed {
        Err(error) if error.code == ErrorCode::AccessDenied => {
            let reason = format!("the bucket {bucket} of an earlier deployment: {error}");
            Ok(ObservedBucket::LeftAlone { name: bucket.to_owned(), reason })
        }
        observed => observed.map(ObservedBucket::Accessible),
    }
}

fn forbidden(bucket: &Bucket, message: &str) -> Error {
    let message = format!("looking up the bucket {} failed: S3 denies access: {message}", bucket.name);
    Error::new(ErrorCode::AccessDenied, message.trim_end_matches('.'))
        .hint("Allow s3:ListBucket, or remove s3Configuration.bucketName if the bucket belongs to others")
}

fn remote<'l>(session: Session<'l>, target: &DeployRequest, (bucket, prefix): (&'l Bucket, &'l str)) -> Remote<'l> {
    Remote {
        s3: bucket.client(session.config),
        bucket,
        prefix,
        public_access: target.options.s3.public_access,
        recent_change: None,
        reporter: session.reporter,
        owner: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::artifacts::ArtifactStore;
    use serde_json::json;

    struct NoStore;

    impl ArtifactStore for NoStore {
        fn save(&self, _: &str, _: &Value) {}
        fn delete(&self, _: &str) {}
    }

    #[test]
    fn a_root_of_the_user_does_not_name_a_bucket() {
        let root = "https://s3.us-east-1.amazonaws.com/of-the-user/cats/beta/";
        let icon = "https://s3.us-east-1.amazonaws.com/own/cats/beta/default/icon.png";
        let urls = |known: Value, is_root_of_user| {
            let artifacts = Artifacts::new(known.as_object().unwrap().clone(), &NoStore);
            urls(&artifacts, is_root_of_user).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let icons = json!({"default": {"icon.png": {"url": icon, "md5": "0"}}});
        // Icons show where a deployment wrote to, also after `overrideAssetsRoot` was removed from the options.
        let with_icons = json!({"assets-root": root, "deployedIconAssets": icons});
        assert_eq!((urls(with_icons.clone(), true), urls(with_icons, false)), (vec![icon.into()], vec![icon.into()]));
        let without_icons = json!({"assets-root": root, "deployedIconAssets": {}});
        assert_eq!((urls(without_icons.clone(), true), urls(without_icons, false)), (vec![], vec![root.into()]));
    }

    #[test]
    fn a_missing_right_on_a_bucket_of_an_earlier_deployment_leaves_it_alone() {
        let error = |code| Error::new(code, "listing the versions of old/cats/beta/ failed");
        let denied = || Err(error(ErrorCode::AccessDenied));
        let left = readable(denied(), "old").unwrap();
        let ObservedBucket::LeftAlone { name, reason } = left else { panic!("{left:?}") };
        assert!(name == "old" && reason.contains("listing the versions of old/cats/beta/ failed"), "{reason}");
        let unavailable = Err(error(ErrorCode::AwsUnavailable));
        assert_eq!(readable(unavailable, "old").unwrap_err(), error(ErrorCode::AwsUnavailable));
        let found = readable(Ok(ObservedObjects::default()), "old").unwrap();
        assert!(matches!(found, ObservedBucket::Accessible(_)), "{found:?}");
    }

    #[test]
    fn only_urls_of_the_target_in_s3_name_a_bucket() {
        let bucket = |url| bucket_of(url, "cats/beta/");
        assert_eq!(bucket("https://s3.us-east-1.amazonaws.com/old/cats/beta/"), Some("old"));
        assert_eq!(bucket("https://s3.cn-north-1.amazonaws.com.cn/old/cats/beta/default/i.png"), Some("old"));
        for other in [
            "https://s3.us-east-1.amazonaws.com/old/cats/beta2/",
            "https://s3.us-east-1.amazonaws.com/old/",
            "https://cdn.example.com/old/cats/beta/",
            "https://s3.example.com/old/cats/beta/",
            "cats/beta/",
        ] {
            assert_eq!(bucket(other), None, "{other}");
        }
    }
}
