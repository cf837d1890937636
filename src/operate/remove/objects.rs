//! Removes a target's objects from the bucket: all versions, incomplete uploads, and the statement in its policy.

use crate::assets::delete::{MAX_ATTEMPTS, MAX_KEYS_PER_REQUEST, MAX_PAUSE, TRANSIENT_CODES, is_xml_char};
use crate::assets::public_access::policy;
use crate::assets::public_access::statement::{statement_id, without_statement};
use crate::assets::remote::Remote;
use crate::assets::remote_objects::{listed_key, next_markers};
use crate::assets::upload_manifest;
use crate::aws::s3::next_page;
use crate::aws::{CallError, CallResult, retry};
use crate::deploy::change::{Action, Change};
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::{is_staged_key, staged_prefix};
use crate::operate::missing_rights::MissingRights;
use crate::output::format;
use aws_sdk_s3::types::{Delete, EncodingType, ObjectIdentifier};
use futures_util::future::try_join_all;

const RESOURCE_TYPE: &str = "AWS::S3::Object";

/// A version of an object, or a marker that the object was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) key: String,
    /// `null` in a bucket without versioning.
    pub(crate) id: Option<String>,
    /// Whether a listing without versions shows it.
    pub(crate) is_current: bool,
}

/// An incomplete multipart upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) id: String,
}

/// The objects under one prefix of the target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    /// The beginning of the keys, for people.
    pub(crate) prefix: String,
    /// The noun for an object, such as "asset".
    pub(crate) noun: &'static str,
    pub(crate) versions: Vec<Version>,
    pub(crate) uploads: Vec<Upload>,
}

/// The target's part of the bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ObservedObjects {
    pub(crate) bucket: String,
    pub(crate) prefixes: Vec<Group>,
    pub(crate) statement: Statement,
}

/// The target's statement in the policy of its bucket, which makes its objects public.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Statement {
    #[default]
    Absent,
    Present,
    /// The policy may not be read.
    Unknown,
}

/// Reads the target's part of the bucket concurrently. `function` is the name of the function, whose packages are staged
/// there.
///
/// # Errors
/// The error of a call, unless a right is missing.
pub(crate) async fn observe(remote: &Remote<'_>, function: &str, rights: &MissingRights) -> Result<ObservedObjects> {
    let is_any = |_: &str| true;
    let is_staged = |key: &str| is_staged_key(function, key);
    let (manifest, staged) = (upload_manifest::prefix(remote.prefix), staged_prefix(function));
    let prefixes = Prefixes { remote, rights };
    let (assets, manifest, staged, policy) = tokio::join!(
        prefixes.observe((remote.prefix, "asset"), &is_any),
        prefixes.observe((&manifest, "upload manifest"), &is_any),
        prefixes.observe((&staged, "staged package"), &is_staged),
        policy::read(remote),
    );
    let statement = match policy {
        Err(error) if error.is_denied() => Statement::Unknown,
        policy => match without_statement(&policy?, remote.bucket, remote.prefix) {
            Some(_) => Statement::Present,
            None => Statement::Absent,
        },
    };
    Ok(ObservedObjects { bucket: remote.bucket.name.clone(), prefixes: vec![assets?, manifest?, staged?], statement })
}

/// Reads what is under prefixes of a bucket.
struct Prefixes<'a> {
    remote: &'a Remote<'a>,
    rights: &'a MissingRights,
}

impl Prefixes<'_> {
    async fn observe(
        &self,
        (prefix, noun): (&str, &'static str),
        is_own: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<Group> {
        let Prefixes { remote, rights } = self;
        let versions = async { Ok(list_versions(remote, prefix).await?) };
        let uploads = async { Ok(list_uploads(remote, prefix).await?) };
        let (mut versions, mut uploads) = tokio::try_join!(rights.read(versions), rights.read(uploads))?;
        versions.retain(|version: &Version| is_own(&version.key));
        uploads.retain(|upload: &Upload| is_own(&upload.key));
        Ok(Group { prefix: prefix.to_owned(), noun, versions, uploads })
    }
}

/// Lists all versions of all objects, and the markers of deletions
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>).
async fn list_versions(remote: &Remote<'_>, prefix: &str) -> Result<Vec<Version>, CallError> {
    let bucket = &remote.bucket.name;
    let request = remote.s3.list_object_versions().bucket(bucket).prefix(prefix).encoding_type(EncodingType::Url);
    let operation = format!("listing the versions of {bucket}/{prefix}");
    let (mut versions, mut markers) = (Vec::new(), None);
    loop {
        let (key, id) = markers.clone().unzip();
        let send = || request.clone().set_key_marker(key.clone()).set_version_id_marker(id.clone().flatten()).send();
        let page = remote.call(operation.as_str(), "s3:ListBucketVersions").send(send).await?;
        let encoding = page.encoding_type.clone();
        let version = |key: Option<String>, id, is_current| {
            Some(Version { key: listed_key(key?, encoding.as_ref()), id, is_current })
        };
        let objects = page.versions.unwrap_or_default().into_iter();
        versions.extend(objects.filter_map(|it| version(it.key, it.version_id, it.is_latest == Some(true))));
        let deletions = page.delete_markers.unwrap_or_default().into_iter();
        versions.extend(deletions.filter_map(|it| version(it.key, it.version_id, false)));
        let next = next_markers((page.next_key_marker, page.next_version_id_marker), encoding.as_ref());
        markers = next_page(&operation, markers.as_ref(), (page.is_truncated, next))?;
        if markers.is_none() {
            return Ok(versions);
        }
    }
}

async fn list_uploads(remote: &Remote<'_>, prefix: &str) -> Result<Vec<Upload>, CallError> {
    let bucket = &remote.bucket.name;
    let request = remote.s3.list_multipart_uploads().bucket(bucket).prefix(prefix).encoding_type(EncodingType::Url);
    let operation = format!("listing incomplete uploads in {bucket}/{prefix}");
    let (mut uploads, mut markers) = (Vec::new(), None);
    loop {
        let (key, id) = markers.clone().unzip();
        let send = || request.clone().set_key_marker(key.clone()).set_upload_id_marker(id.clone().flatten()).send();
        let page = remote.call(operation.as_str(), "s3:ListBucketMultipartUploads").send(send).await?;
        let encoding = page.encoding_type.clone();
        let upload = |key: Option<String>, id: Option<String>| {
            Some(Upload { key: listed_key(key?, encoding.as_ref()), id: id? })
        };
        uploads.extend(page.uploads.unwrap_or_default().into_iter().filter_map(|it| upload(it.key, it.upload_id)));
        let next = next_markers((page.next_key_marker, page.next_upload_id_marker), encoding.as_ref());
        markers = next_page(&operation, markers.as_ref(), (page.is_truncated, next))?;
        if markers.is_none() {
            return Ok(uploads);
        }
    }
}

/// Returns the changes that remove the target's part of the bucket: first what makes it public.
pub(crate) fn changes(observed: &ObservedObjects) -> Vec<Change> {
    let bucket = &observed.bucket;
    let assets = observed.prefixes.first().map(|assets| assets.prefix.as_str()).unwrap_or_default();
    let revoke = || {
        let description = revoking(bucket, assets);
        Change::new(Action::Update, ("AWS::S3::BucketPolicy", bucket), "s3:PutBucketPolicy", description)
    };
    let prefixes =
        observed.prefixes.iter().flat_map(|group| group.abort(bucket).into_iter().chain(group.delete(bucket)));
    let revoke = (observed.statement == Statement::Present).then(revoke);
    revoke.into_iter().chain(prefixes).collect()
}

/// Returns what stays of the bucket.
pub(crate) fn kept(observed: &ObservedObjects) -> Vec<String> {
    let ObservedObjects { bucket, prefixes, statement } = observed;
    let assets = prefixes.first().map(|assets| assets.prefix.as_str()).unwrap_or_default();
    let whole = format!("the bucket {bucket}: if nothing else is in it, delete it with `aws s3 rb s3://{bucket}`");
    let policy = || {
        format!(
            "the policy of the bucket {bucket}, which s3:GetBucketPolicy allows to read: if it has the statement {}, allow that action and run the command again, or remove the statement",
            statement_id(assets)
        )
    };
    let policy = (*statement == Statement::Unknown).then(policy);
    [whole].into_iter().chain(policy).collect()
}

impl Group {
    fn resource(&self, bucket: &str) -> String {
        format!("{bucket}/{}*", self.prefix)
    }

    /// Returns the change that aborts the uploads, if there are any.
    fn abort(&self, bucket: &str) -> Option<Change> {
        let resource = self.resource(bucket);
        let uploads = format::count(self.uploads.len(), "incomplete upload");
        let description = format!("aborting {uploads} of {resource}");
        let change = Change::new(Action::Delete, (RESOURCE_TYPE, &resource), "s3:AbortMultipartUpload", description);
        (!self.uploads.is_empty()).then_some(change)
    }

    /// Returns the change that deletes the versions, if there are any.
    fn delete(&self, bucket: &str) -> Option<Change> {
        let Group { noun, versions, .. } = self;
        let resource = self.resource(bucket);
        let current = versions.iter().filter(|version| version.is_current).count();
        let old = match versions.len() - current {
            0 => String::new(),
            1 => " and 1 old version or delete marker".to_owned(),
            old => format!(" and {old} old versions or delete markers"),
        };
        let description = format!("deleting {}{old} of {resource}", format::count(current, noun));
        let change = Change::new(Action::Delete, (RESOURCE_TYPE, &resource), "s3:DeleteObjectVersion", description);
        (!versions.is_empty()).then_some(change)
    }
}

fn revoking(bucket: &str, prefix: &str) -> String {
    format!("revoking public read access to {bucket}/{prefix}*")
}

/// Removes the target's part of the bucket, and reports each change as it begins.
///
/// # Errors
/// The first error, also of one object.
pub(crate) async fn delete(remote: &Remote<'_>, observed: &ObservedObjects) -> Result<()> {
    if observed.statement == Statement::Present {
        policy::revoke_public_read(remote, &revoking(&remote.bucket.name, remote.prefix)).await?;
        ensure_revoked(remote).await?;
    }
    let report = |change: Option<Change>| change.iter().for_each(|it| remote.reporter.log(it.description.as_str()));
    for group in &observed.prefixes {
        let Group { versions, uploads, .. } = group;
        report(group.abort(&observed.bucket));
        try_join_all(uploads.iter().map(|upload| abort(remote, upload))).await?;
        report(group.delete(&observed.bucket));
        // XML cannot hold every key, and S3 rejects a request with another one as a whole.
        let (batched, single): (Vec<&Version>, Vec<&Version>) =
            versions.iter().partition(|version| version.key.chars().all(is_xml_char));
        for batch in batched.chunks(MAX_KEYS_PER_REQUEST) {
            delete_batch(remote, batch).await?;
        }
        for version in single {
            delete_single(remote, version).await?;
        }
    }
    Ok(())
}

/// Checks that the statement is gone: a missing right to edit the policy is only a warning of a deployment.
async fn ensure_revoked(remote: &Remote<'_>) -> Result<()> {
    let policy = policy::read(remote).await?;
    if without_statement(&policy, remote.bucket, remote.prefix).is_none() {
        return Ok(());
    }
    let message = format!("the policy of the bucket {} still lets anyone read {}*", remote.bucket.name, remote.prefix);
    Err(Error::new(ErrorCode::AccessDenied, message)
        .hint("Allow s3:PutBucketPolicy and s3:DeleteBucketPolicy, and try again"))
}

async fn abort(remote: &Remote<'_>, Upload { key, id }: &Upload) -> Result<()> {
    let request = remote.s3.abort_multipart_upload().bucket(&remote.bucket.name).key(key).upload_id(id);
    let call = remote.call(format!("aborting the upload of {key}"), "s3:AbortMultipartUpload");
    call.send(|| request.clone().send()).await.optional()?;
    Ok(())
}

async fn delete_single(remote: &Remote<'_>, Version { key, id, .. }: &Version) -> Result<()> {
    let bucket = &remote.bucket.name;
    let request = remote.s3.delete_object().bucket(bucket).key(key).set_version_id(id.clone());
    let call = remote.call(format!("deleting {key:?} from {bucket}"), "s3:DeleteObjectVersion");
    call.send(|| request.clone().send()).await.optional()?;
    Ok(())
}

async fn delete_batch(remote: &Remote<'_>, batch: &[&Version]) -> Result<()> {
    let mut pending = batch.to_vec();
    for attempt in 1..=MAX_ATTEMPTS {
        let failures = send_batch(remote, &pending).await?;
        let is_final = |failure: &Failure| !TRANSIENT_CODES.contains(&failure.code.as_str());
        let Some(first) = failures.iter().find(|failure| is_final(failure)).or(failures.first()) else { return Ok(()) };
        if is_final(first) || attempt == MAX_ATTEMPTS {
            return Err(first.error(&remote.bucket.name, failures.len()));
        }
        pending.retain(|version| failures.iter().any(|failure| failure.is_of(version)));
        tokio::time::sleep(retry::pause(attempt, MAX_PAUSE)).await;
    }
    Ok(())
}

/// Why S3 has not deleted one of several versions.
struct Failure {
    key: String,
    id: Option<String>,
    code: String,
    message: String,
}

impl Failure {
    fn is_of(&self, version: &Version) -> bool {
        self.key == version.key && (self.id.is_none() || self.id == version.id)
    }

    fn error(&self, bucket: &str, failures: usize) -> Error {
        let Failure { key, code, message, .. } = self;
        let what = format::count(failures, "object");
        let message = format!(
            "deleting {what} from {bucket} failed, among them {key}: {code}: {}",
            message.trim_end_matches('.')
        );
        match code.as_str() {
            "AccessDenied" => Error::new(ErrorCode::AccessDenied, message).hint(
                "Allow s3:DeleteObject and s3:DeleteObjectVersion, and check whether Object Lock or MFA delete protects the objects",
            ),
            _ => Error::new(ErrorCode::AwsRequestRejected, message).hint("Try again"),
        }
    }
}

/// Deletes up to 1,000 versions. Returns those that S3 has not deleted.
async fn send_batch(remote: &Remote<'_>, versions: &[&Version]) -> Result<Vec<Failure>> {
    let bucket = &remote.bucket.name;
    let operation = format!("deleting {} from {bucket}", format::count(versions.len(), "object"));
    let incomplete = |error| Error::new(ErrorCode::Internal, format!("{operation} failed: {error}"));
    let object =
        |version: &&Version| ObjectIdentifier::builder().key(&version.key).set_version_id(version.id.clone()).build();
    let objects: Result<Vec<_>, _> = versions.iter().map(object).collect();
    let delete = Delete::builder().set_objects(Some(objects.map_err(incomplete)?)).quiet(true);
    let request = remote.s3.delete_objects().bucket(bucket).delete(delete.build().map_err(incomplete)?);
    let call = remote.call(operation.as_str(), "s3:DeleteObjectVersion");
    let Some(answer) = call.send(|| request.clone().send()).await.optional()? else { return Ok(Vec::new()) };
    let failure = |error: aws_sdk_s3::types::Error| Failure {
        key: error.key.unwrap_or_default(),
        id: error.version_id,
        code: error.code.unwrap_or_default(),
        message: error.message.unwrap_or_default(),
    };
    Ok(answer.errors.unwrap_or_default().into_iter().map(failure).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(key: &str, id: &str, is_current: bool) -> Version {
        Version { key: key.into(), id: Some(id.into()), is_current }
    }

    fn observed(versions: Vec<Version>, uploads: Vec<Upload>, statement: Statement) -> ObservedObjects {
        let prefix = Group { prefix: "cats/beta/".into(), noun: "asset", versions, uploads };
        ObservedObjects { bucket: "b".into(), prefixes: vec![prefix], statement }
    }

    fn descriptions(observed: &ObservedObjects) -> Vec<String> {
        changes(observed).into_iter().map(|change| change.description).collect()
    }

    #[test]
    fn an_empty_prefix_is_not_a_change() {
        assert_eq!(descriptions(&observed(vec![], vec![], Statement::Absent)), [""; 0]);
    }

    #[test]
    fn access_is_revoked_before_the_objects_are_deleted() {
        let versions = vec![version("cats/beta/a", "2", true), version("cats/beta/a", "1", false)];
        let uploads = vec![Upload { key: "cats/beta/b".into(), id: "u".into() }];
        assert_eq!(
            descriptions(&observed(versions, uploads, Statement::Present)),
            [
                "revoking public read access to b/cats/beta/*",
                "aborting 1 incomplete upload of b/cats/beta/*",
                "deleting 1 asset and 1 old version or delete marker of b/cats/beta/*",
            ]
        );
        let deleted = vec![version("cats/beta/a", "3", false), version("cats/beta/a", "1", false)];
        assert_eq!(
            descriptions(&observed(deleted, vec![], Statement::Absent)),
            ["deleting 0 assets and 2 old versions or delete markers of b/cats/beta/*"]
        );
    }

    #[test]
    fn a_policy_that_may_not_be_read_is_named_with_the_statement_that_it_may_have() {
        let kept = |statement| kept(&observed(vec![], vec![], statement)).split_off(1);
        assert_eq!((kept(Statement::Absent), kept(Statement::Present)), (vec![], vec![]));
        let unknown = kept(Statement::Unknown).concat();
        assert!(unknown.contains(&statement_id("cats/beta/")) && unknown.contains("s3:GetBucketPolicy"), "{unknown}");
        assert_eq!(descriptions(&observed(vec![], vec![], Statement::Unknown)), [""; 0]);
    }
}
