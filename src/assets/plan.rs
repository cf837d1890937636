//! Decides what the bucket must hold, and checks it before the first request to AWS.

use crate::assets::content_type::with_charset;
use crate::assets::diff::DesiredObjects;
use crate::assets::digest_cache::{DigestCache, Digests};
use crate::assets::links::ProjectFolders;
use crate::assets::local_assets::{Asset, LocalAssets};
use crate::assets::object::DesiredObject;
use crate::assets::remote::Remote;
use crate::assets::upload_params::{FingerprintCache, PutObjectParams, UploadParams};
use crate::aws::s3::Bucket;
use crate::config::options::{PublicAccess, RemovedAssets};
use crate::config::project::Language;
use crate::deploy::request::DeployRequest;
use crate::error::{Error, ErrorCode, Result};
use crate::fs::InProgressMarker;
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;
use std::path::PathBuf;

/// The file in `.deploy/<target>` with the digests of the assets.
pub(crate) const DIGEST_CACHE_FILE: &str = "asset-digests.json";

/// The assets of a deployment, and how they are uploaded.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The prefix of the target's keys, such as `cats/beta/`.
    pub(crate) prefix: String,
    pub(crate) assets: LocalAssets,
    /// The folders that the assets may come from.
    pub(crate) folders: ProjectFolders,
    pub(crate) upload_params: UploadParams,
    pub(crate) public_access: PublicAccess,
    pub(crate) removed_assets: RemovedAssets,
    /// The account that the bucket belongs to, if the options name it.
    pub(crate) bucket_owner: Option<String>,
    pub(crate) override_root: Option<String>,
    /// `.deploy/<target>`.
    pub(crate) deploy_root: PathBuf,
    pub(crate) digest_cache: DigestCache,
}

impl Plan {
    /// Checks the options and the names of all assets.
    ///
    /// # Errors
    /// - `InvalidBucketName` without a bucket name.
    /// - `InvalidAssets` for file names that cannot be keys.
    /// - `InvalidOption` for wrong `uploadParams`.
    pub(crate) fn new(request: &DeployRequest, languages: &[Language]) -> Result<Self> {
        let options = &request.options;
        if options.s3.bucket_name.is_none() {
            let message = format!("the deployment target '{}' has no S3 bucket", request.project.variant);
            return Err(Error::new(ErrorCode::InvalidBucketName, message).hint(
                "Set s3Configuration.bucketName in the Litexa config; the bucket is created if it does not exist",
            ));
        }
        let prefix = request.project.asset_prefix();
        let projects = [request.project.root.as_path(), request.project.litexa_root.as_path()];
        let lists = languages.iter().flat_map(|language| [&language.assets, &language.converted_assets]);
        let upload_params = UploadParams::parse(options.s3.upload_params.as_ref())?;
        Ok(Plan {
            bucket_owner: upload_params.bucket_owner(options.s3.bucket_owner.as_deref())?,
            assets: LocalAssets::collect(&prefix, languages)?,
            folders: ProjectFolders::new(projects, lists.map(|list| list.root.as_path())),
            upload_params,
            prefix,
            public_access: options.s3.public_access,
            removed_assets: options.s3.removed_assets,
            override_root: options.override_assets_root.clone(),
            deploy_root: request.deploy_root.clone(),
            digest_cache: DigestCache {
                path: request.deploy_root.join(DIGEST_CACHE_FILE),
                is_used: request.use_cache,
                is_saved: !request.dry_run,
            },
        })
    }

    /// Returns the marker of the bucket's creation.
    pub(crate) fn creation_marker(&self) -> InProgressMarker {
        InProgressMarker::new(self.deploy_root.join("bucket.in-progress"))
    }

    /// Returns whether the deployment makes assets publicly readable.
    pub(crate) fn must_be_public(&self) -> bool {
        self.public_access != PublicAccess::None && !self.assets.is_empty()
    }

    /// Returns the key of an asset that must be publicly readable, or `None` if no asset must be.
    ///
    /// Prefers an asset without parameters, because some parameters deny public access on purpose.
    pub(crate) fn probe_key(&self) -> Option<String> {
        if !self.must_be_public() {
            return None;
        }
        let has_default_params = |asset: &&Asset| self.upload_params.params_for(&asset.path).is_default();
        let asset = self.assets.iter().find(has_default_params).or_else(|| self.assets.iter().next())?;
        Some(self.key_of(asset))
    }

    /// Returns the objects that the bucket must hold.
    ///
    /// # Errors
    /// `Internal`, if the digest of an asset is missing.
    pub(crate) fn desired_objects<'a>(&'a self, digests: &Digests) -> Result<Vec<DesiredObject<'a>>> {
        let default = PutObjectParams::default();
        let mut fingerprints = FingerprintCache::default();
        let object = |asset: &'a Asset| {
            let params = self.upload_params.params_for(&asset.path);
            let digest = digests.get(asset.source.as_os_str()).ok_or_else(|| {
                Error::new(ErrorCode::Internal, format!("the asset {} has no digest", asset.source.display()))
            })?;
            let content_type = with_charset(asset.content_type, digest.is_utf8_text);
            Ok(DesiredObject {
                key: self.key_of(asset),
                source: &asset.source,
                fingerprint: fingerprints.of(params, &content_type),
                default_fingerprint: fingerprints.of(&default, &content_type),
                content_type,
                params,
                digest: digest.clone(),
            })
        };
        self.assets.iter().map(object).collect()
    }

    /// Returns these objects with what else the bucket must hold.
    pub(crate) fn desired_state<'a>(&'a self, objects: &'a [DesiredObject<'a>]) -> DesiredObjects<'a> {
        let Plan { prefix, public_access, removed_assets, .. } = self;
        DesiredObjects { objects, prefix, public_access: *public_access, removed_assets: *removed_assets }
    }

    /// Returns the target's part of a bucket.
    pub(crate) fn remote<'a>(
        &'a self,
        bucket: &'a Bucket,
        config: &SdkConfig,
        reporter: &'a dyn Reporter,
    ) -> Remote<'a> {
        Remote {
            s3: bucket.client(config),
            bucket,
            prefix: &self.prefix,
            public_access: self.public_access,
            recent_change: None,
            reporter,
            owner: None,
        }
    }

    /// Returns the key of an asset's object.
    pub(crate) fn key_of(&self, asset: &Asset) -> String {
        format!("{}{}", self.prefix, asset.key)
    }
}
