//! Selects the `PutObject` parameters of each asset by `s3Configuration.uploadParams`.
//!
//! An entry without a `filter`, or with `'*'` in it, is the default. Of the others, the first one that matches an
//! asset applies.

mod put_object_params;
#[cfg(test)]
mod tests;

pub(crate) use put_object_params::{FingerprintCache, PutObjectParams};

use crate::assets::glob::Pattern;
use crate::config::object_reader::{self, Values};
use crate::config::schema::formats::shown;
use crate::config::schema::target::UPLOAD_PARAMS;
use crate::config::upload_entries::{UPLOAD_PARAMS_KEY, is_default};
use crate::error::{Error, ErrorCode, Result};
use serde_json::Value;
use std::collections::BTreeSet;

/// The entries of `uploadParams`.
#[derive(Clone, Debug, Default)]
pub(crate) struct UploadParams {
    rules: Vec<Rule>,
    default: PutObjectParams,
    warnings: Vec<String>,
}

/// An entry that is not a default.
#[derive(Clone, Debug)]
struct Rule {
    /// The key of the entry in full.
    path: String,
    patterns: Vec<Pattern>,
    params: PutObjectParams,
}

impl UploadParams {
    /// Reads the value of the option. Without one, no parameters are sent.
    pub(crate) fn parse(value: Option<&Value>) -> Result<Self> {
        let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(Self::default()) };
        let entries: Vec<Values> = object_reader::read_value(UPLOAD_PARAMS_KEY, value, &UPLOAD_PARAMS)?;
        let mut upload_params = Self::default();
        let mut default = None;
        for (index, entry) in entries.into_iter().enumerate() {
            let path = format!("{UPLOAD_PARAMS_KEY}[{index}]");
            let params: PutObjectParams = entry.get::<Values>("params")?.unwrap_or_default().into_struct()?;
            upload_params.warnings.extend(warnings(&format!("{path}.params"), &params));
            let patterns = parse_filter(&path, &entry)?;
            if let Some(patterns) = patterns {
                if patterns.is_empty() {
                    upload_params.warnings.push(format!("{path}.filter is an empty list, so it matches no asset"));
                }
                upload_params.rules.push(Rule { path, patterns, params });
                continue;
            }
            if let Some(earlier) = default.replace(path.clone()) {
                upload_params.warnings.push(format!("{earlier} is not used: {path} is a later default"));
            }
            upload_params.default = params;
        }
        Ok(upload_params)
    }

    /// Returns the parameters of the asset at `path`, which is relative to the folder of its language, with `/`.
    pub(crate) fn params_for(&self, path: &str) -> &PutObjectParams {
        self.rules.iter().find(|rule| rule.matches(path)).map_or(&self.default, |rule| &rule.params)
    }

    /// Returns the account that the bucket belongs to: that of `s3Configuration.bucketOwner`, or of `ExpectedBucketOwner`.
    ///
    /// # Errors
    /// `InvalidOption` if they differ.
    pub(crate) fn bucket_owner(&self, option: Option<&str>) -> Result<Option<String>> {
        let all = self.rules.iter().map(|rule| &rule.params).chain([&self.default]);
        let owners: BTreeSet<&str> =
            all.filter_map(|params| params.expected_bucket_owner.as_deref()).chain(option).collect();
        if owners.len() > 1 {
            let message = format!(
                "s3Configuration.bucketOwner and ExpectedBucketOwner in {UPLOAD_PARAMS_KEY} must be the same account, but are {}",
                owners.into_iter().collect::<Vec<_>>().join(" and ")
            );
            return Err(Error::new(ErrorCode::InvalidOption, message).hint("Set s3Configuration.bucketOwner only"));
        }
        Ok(owners.first().map(|owner| (*owner).to_owned()))
    }

    /// Returns a warning for each entry whose patterns do not match any of the assets at these paths.
    pub(crate) fn unmatched<'p>(&self, paths: impl Iterator<Item = &'p str> + Clone) -> Vec<String> {
        // A project without assets is not a reason to correct patterns, and an empty list has its own warning.
        if paths.clone().next().is_none() {
            return Vec::new();
        }
        let is_unmatched = |rule: &&Rule| !rule.patterns.is_empty() && !paths.clone().any(|path| rule.matches(path));
        let warning = |rule: &Rule| {
            format!(
                "{}.filter matches no asset: a pattern is compared with the path of an asset below the folder of its language, which does not begin with / or ./, and a list has one pattern an entry",
                rule.path
            )
        };
        self.rules.iter().filter(is_unmatched).map(warning).collect()
    }

    /// Values that are accepted, but are unlikely to be intended.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

impl Rule {
    fn matches(&self, path: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(path))
    }
}

/// Returns the patterns of an entry, or `None` for a default.
fn parse_filter(path: &str, entry: &Values) -> Result<Option<Vec<Pattern>>> {
    let Some(filter) = entry.get::<Vec<String>>("filter")? else { return Ok(None) };
    let parse = |(index, text): (usize, &String)| {
        Pattern::new(text).map_err(|reason| {
            let shown = shown(&Value::from(text.as_str()));
            let message = format!("{path}.filter[{index}] must be a valid pattern, but is {shown}: {reason}");
            Error::new(ErrorCode::InvalidOption, message)
        })
    };
    let patterns = filter.iter().enumerate().map(parse).collect::<Result<_>>()?;
    Ok((!is_default(Some(&filter))).then_some(patterns))
}

/// Reports parameters that S3 accepts, but that keep Alexa from reading the asset.
fn warnings(path: &str, params: &PutObjectParams) -> Vec<String> {
    let mut warnings = Vec::new();
    if params.server_side_encryption.as_deref().is_some_and(|value| value.starts_with("aws:kms")) {
        warnings.push(format!(
            "{path}.ServerSideEncryption encrypts with a KMS key: Alexa reads assets anonymously, which S3 rejects \
             for such objects. Use \"AES256\" unless something else decrypts them for Alexa."
        ));
    }
    if let Some(class @ ("GLACIER" | "DEEP_ARCHIVE")) = params.storage_class.as_deref() {
        warnings.push(format!("{path}.StorageClass is {class}: Alexa cannot read an asset before it is restored."));
    }
    if params.has_grants()
        && !params.grant_read.iter().chain(&params.grant_full_control).any(|who| who.contains(ALL_USERS))
    {
        warnings.push(format!(
            "{path} has grants, so the asset is not made public, and no grant allows anonymous reads. \
             Add GrantRead: 'uri=\"http://{ALL_USERS}\"' unless something else serves it to Alexa."
        ));
    }
    if params.request_payer.is_some() {
        warnings.push(format!(
            "{path}.RequestPayer: Alexa reads assets anonymously, which a Requester Pays bucket does not allow."
        ));
    }
    warnings
}

/// S3's name for the group of all users, anonymous ones included. See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>.
const ALL_USERS: &str = "acs.amazonaws.com/groups/global/AllUsers";
