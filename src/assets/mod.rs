//! The skill's assets: what differs from the bucket is uploaded, and nothing else.

mod content_type;
mod delete;
mod diff;
mod digest_cache;
mod etag;
mod glob;
mod local_assets;
mod observe;
mod progress;
mod public_access;
mod remote_objects;
mod upload;
mod upload_manifest;
mod upload_params;

use crate::aws::s3::{Bucket, BucketLookup, BucketStatus};
use crate::config::options::PublicAccess;
use crate::config::project::Language;
use crate::deploy::request::DeployRequest;
use crate::error::{Error, ErrorCode, Result};
use crate::fs::{ASSETS_LOCK_FILE, InProgressMarker, Lock};
use crate::output::Output;
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use diff::Upload;
use digest_cache::Digests;
use local_assets::Inventory;
use observe::{Seen, survey};
use remote_objects::Listing;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::time::Instant;
use upload::multipart_cleanup::Note;
use upload_manifest::{Record, Sent};
use upload_params::{Fingerprints, PutParameters, UploadRules};

/// What the bucket is to hold, checked, before anything is read from AWS.
#[derive(Debug)]
pub(crate) struct Plan {
    bucket_name: String,
    prefix: String,
    inventory: Inventory,
    rules: UploadRules,
    public_access: PublicAccess,
    delete_removed: bool,
    override_root: Option<String>,
    deploy_root: PathBuf,
    use_cache: bool,
}

impl Plan {
    /// # Errors
    /// `InvalidBucketName`, `InvalidAssets` for names that cannot be keys, `InvalidOption` for wrong `uploadParams`.
    pub(crate) fn new(deployment: &DeployRequest, languages: &[Language]) -> Result<Self> {
        let options = &deployment.options;
        let Some(bucket_name) = options.s3.bucket_name.clone() else {
            let problem = format!("the deployment target '{}' names no S3 bucket", deployment.project.variant);
            return Err(Error::new(ErrorCode::InvalidBucketName, problem).hint(
                "Set s3Configuration.bucketName in the Litexa config; the bucket is created if it does not exist",
            ));
        };
        let prefix = deployment.project.asset_prefix();
        Ok(Plan {
            inventory: local_assets::inventory(&prefix, languages)?,
            rules: UploadRules::parse(options.s3.upload_params.as_ref())?,
            bucket_name,
            prefix,
            public_access: options.s3.public_access,
            delete_removed: options.s3.delete_removed_assets,
            override_root: options.override_assets_root.clone(),
            deploy_root: deployment.deploy_root.clone(),
            use_cache: deployment.use_cache,
        })
    }

    /// What is remembered of the files.
    fn digest_cache(&self) -> PathBuf {
        self.deploy_root.join("local-cache.json")
    }
}

/// Brings the bucket's objects under this target's prefix to what the plan says.
pub(crate) async fn deploy(
    plan: &Plan,
    config: &SdkConfig,
    lookup: &BucketLookup<'_>,
    host: &Output<'_>,
) -> Result<()> {
    let started = Instant::now();
    let reporter = &*host.reporter;
    let _lock = Lock::acquire(&plan.deploy_root.join(ASSETS_LOCK_FILE), reporter).await?;
    for warning in plan.rules.warnings() {
        reporter.warning(warning);
    }
    let (digests, (bucket, seen)) = tokio::try_join!(digests(plan), survey(plan, config, lookup))?;
    if bucket.status == BucketStatus::Forbidden {
        return Err(forbidden(bucket));
    }
    save_artifacts(plan, bucket, &digests, host);

    let s3 = bucket.client(config);
    let Seen { listing, policy, reading } = seen;
    let Prepared { opening, policy_edited } = prepare(plan, &s3, bucket, policy, reporter).await?;
    let wanted = uploads(plan, &digests)?;
    let done = sync(plan, &s3, bucket, opening, &wanted, &listing, reporter).await?;
    if policy_edited {
        // Once more at the end: somebody who read the policy before our edit may have written theirs after it.
        let policy = public_access::policy(&s3, bucket).await;
        public_access::allow_reading(&s3, bucket, &plan.prefix, policy, reporter).await?;
    }
    if let Some(key) = observe::sample(plan) {
        let reading = match reading {
            // What was so before holds as long as neither this object nor the bucket was changed.
            Some(reading) if !done.has_uploaded(&key) && !policy_edited && !opening => reading,
            _ => public_access::reading(config, bucket, &key).await,
        };
        public_access::warn_of_unreadable(bucket, &key, reading, reporter);
    }
    reporter.log(format!(
        "assets: {} uploaded ({}), {} unchanged, {} deleted, in {} ms",
        done.uploads.len(),
        progress::size(done.uploads.iter().map(|upload| upload.digest.size).sum()),
        wanted.len() - done.uploads.len(),
        done.deleted,
        started.elapsed().as_millis()
    ));
    Ok(())
}

/// What was done to the bucket.
struct Prepared {
    /// It has been opened to public access just now, which may not be known everywhere yet.
    opening: bool,
    policy_edited: bool,
}

/// Sees to the bucket, and to who may read it.
async fn prepare(
    plan: &Plan,
    s3: &Client,
    bucket: &Bucket,
    policy: Option<Result<String>>,
    reporter: &dyn Reporter,
) -> Result<Prepared> {
    let marker = InProgressMarker::new(plan.deploy_root.join("bucket-in-the-making"));
    let opening = match bucket.status {
        BucketStatus::NotFound => public_access::create(s3, bucket, plan.public_access, &marker, reporter).await?,
        _ => public_access::finish_creation(s3, bucket, plan.public_access, &marker, reporter).await?,
    };
    // A bucket that was not there has no policy.
    let policy = policy.unwrap_or_else(|| Ok(String::new()));
    let policy_edited = match plan.public_access {
        PublicAccess::BucketPolicy => public_access::allow_reading(s3, bucket, &plan.prefix, policy, reporter).await?,
        PublicAccess::None => {
            public_access::withdraw_reading(s3, bucket, &plan.prefix, policy, reporter).await?;
            false
        }
        PublicAccess::Acl => false,
    };
    Ok(Prepared { opening, policy_edited })
}

/// What a synchronization came to.
struct Done<'a> {
    uploads: Vec<&'a Upload<'a>>,
    deleted: usize,
}

impl Done<'_> {
    fn has_uploaded(&self, key: &str) -> bool {
        self.uploads.iter().any(|upload| upload.key == key)
    }
}

/// Uploads what is due, and deletes what is left over if that is wanted. What is recorded of the objects is true at
/// each moment, whatever happens in between.
async fn sync<'a>(
    plan: &Plan,
    s3: &Client,
    bucket: &Bucket,
    opening: bool,
    wanted: &'a [Upload<'a>],
    listing: &Listing,
    reporter: &dyn Reporter,
) -> Result<Done<'a>> {
    let acl = plan.public_access == PublicAccess::Acl;
    let mut found = upload_manifest::read(s3, plan, wanted, listing, acl, reporter).await?;
    let due = diff::due(wanted, listing, &found.record, acl);
    if let Some(during) = found.record.during(&due, acl) {
        upload_manifest::write(s3, plan, &during, &mut found, reporter).await?;
    }
    let note = Note::load(plan.deploy_root.join(upload::multipart_cleanup::FILE_NAME));
    upload::multipart_cleanup::give_up_noted(s3, &note, reporter).await?;
    let settings = upload::Settings { s3, bucket, opening, acl, note: &note, reporter };
    let sent = upload::send(&settings, &due).await;
    upload::multipart_cleanup::give_up_unfinished(s3, bucket, &plan.prefix, &note, reporter).await?;
    if !due.iter().all(|(upload, _)| is_as_remembered(upload, &sent)) {
        digest_cache::clear_cache(&plan.digest_cache());
    }
    upload_manifest::write(s3, plan, &Record::after(wanted, listing, &sent?, acl), &mut found, reporter).await?;
    let deleted = if plan.delete_removed { delete_removed(s3, plan, bucket, listing, reporter).await? } else { 0 };
    Ok(Done { uploads: due.into_iter().map(|(upload, _)| upload).collect(), deleted })
}

/// Whether the bytes that went up were those that were expected. If not, the file has changed during the deployment,
/// or what is remembered of it was wrong.
fn is_as_remembered(upload: &Upload, sent: &Result<Sent>) -> bool {
    match sent {
        Ok(sent) => sent.get(&upload.key).is_none_or(|content| content.md5 == upload.digest.md5),
        Err(error) => error.code != ErrorCode::FileError,
    }
}

fn forbidden(bucket: &Bucket) -> Error {
    Error::new(ErrorCode::BucketUnavailable, format!("S3 does not let you use the bucket {}", bucket.name)).hint(
        "If it belongs to another account, choose another name (s3Configuration.bucketName), as names are global; if it is yours, allow s3:ListBucket on it to the IAM user or role that deploys",
    )
}

/// Reading files happens beside the question where the bucket is.
async fn digests(plan: &Plan) -> Result<Digests> {
    let sources = plan.inventory.assets.values().map(|asset| asset.source.clone().into_os_string()).collect();
    let (cache, trust) = (plan.digest_cache(), plan.use_cache);
    tokio::task::spawn_blocking(move || digest_cache::digests(&sources, &cache, trust)).await.unwrap_or_else(|defect| {
        Err(Error::new(ErrorCode::Internal, format!("a defect in reading the assets: {defect}")))
    })
}

fn uploads<'a>(plan: &'a Plan, digests: &'a Digests) -> Result<Vec<Upload<'a>>> {
    let plain = PutParameters::default();
    let mut fingerprints = Fingerprints::default();
    let upload = |asset: &'a local_assets::Asset| {
        let parameters = plan.rules.parameters_for(&asset.path);
        let digest = digests.get(asset.source.as_os_str()).ok_or_else(|| {
            Error::new(ErrorCode::Internal, format!("the asset {} has not been read", asset.source.display()))
        })?;
        Ok(Upload {
            key: format!("{}{}", plan.prefix, asset.key),
            source: &asset.source,
            content_type: asset.content_type,
            fingerprint: fingerprints.of(parameters, asset.content_type),
            plain: fingerprints.of(&plain, asset.content_type),
            parameters,
            digest,
        })
    };
    plan.inventory.assets.values().map(upload).collect()
}

/// What the CLI puts into the skill's manifest, as soon as it is known.
fn save_artifacts(plan: &Plan, bucket: &Bucket, digests: &Digests, host: &Output<'_>) {
    let url = format!("{}/{}", bucket.url(), plan.prefix);
    host.artifacts.save("assets-root", plan.override_root.clone().unwrap_or_else(|| url.clone()));
    let mut icons = Map::new();
    for asset in plan.inventory.icons() {
        let Some(digest) = digests.get(asset.source.as_os_str()) else { continue };
        let of_language = icons.entry(asset.language.clone()).or_insert_with(|| json!({}));
        // Always S3's own URL: the manifest's icons are fetched from there, whatever serves the assets.
        of_language[asset.path.as_str()] = json!({"url": format!("{url}{}", asset.key), "md5": digest.md5});
    }
    host.artifacts.save("deployedIconAssets", Value::Object(icons));
    host.artifacts.delete("required-assets");
}

/// Objects under the prefix that no asset stands for any more. Never all of them: an empty project is a mistake.
async fn delete_removed(
    s3: &Client,
    plan: &Plan,
    bucket: &Bucket,
    listing: &Listing,
    reporter: &dyn Reporter,
) -> Result<usize> {
    let gone: Vec<_> = diff::gone(&plan.prefix, &plan.inventory, listing).collect();
    if gone.is_empty() {
        return Ok(0);
    }
    if plan.inventory.assets.is_empty() {
        reporter.warning(format!(
            "the project has no assets at all, so none of the {} objects under {} is deleted",
            gone.len(),
            plan.prefix
        ));
        return Ok(0);
    }
    delete::delete(s3, bucket, &gone, reporter).await
}
