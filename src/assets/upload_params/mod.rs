//! `s3Configuration.uploadParams`: which `PutObject` parameters each asset is uploaded with.
//!
//! An entry without a `filter`, or with `'*'` in it, is the default. The others apply in their order, and the first
//! one that matches an asset is the only one that counts for it.

mod date;
mod put_object_params;
#[cfg(test)]
mod schema_tests;
mod setting;
#[cfg(test)]
mod tests;

pub(crate) use put_object_params::{FingerprintCache, PutObjectParams};

use crate::assets::glob::Pattern;
use crate::error::{Error, ErrorCode, Result};
use put_object_params::{KNOWN, REFUSED};
use serde_json::{Map, Value};
use setting::{Setting, described};

/// The option's key, as errors name it.
const OPTION: &str = "s3Configuration.uploadParams";

/// In a filter of its own this matches everything, and makes the entry the default.
const EVERYTHING: &str = "*";

/// The checked entries of `uploadParams`.
#[derive(Clone, Debug, Default)]
pub(crate) struct UploadParams {
    filtered: Vec<(Vec<Pattern>, PutObjectParams)>,
    default: PutObjectParams,
    warnings: Vec<String>,
}

impl UploadParams {
    /// Checks the option's value. Without one, nothing is sent along with the assets.
    pub(crate) fn parse(value: Option<&Value>) -> Result<Self> {
        let entries = match value {
            None | Some(Value::Null) => return Ok(Self::default()),
            Some(Value::Array(entries)) => entries,
            Some(other) => {
                return Err(invalid(OPTION, format!("is {}, and has to be a list", described(other)))
                    .hint("Write a list of entries: [{ filter: ['*.mp3'], params: { … } }]"));
            }
        };
        let mut rules = Self::default();
        let mut default = None;
        for (index, entry) in entries.iter().enumerate() {
            let key = format!("{OPTION}[{index}]");
            let Entry { patterns, parameters } = Entry::parse(&key, entry)?;
            rules.warnings.extend(warnings(&format!("{key}.params"), &parameters));
            if let Some(patterns) = patterns {
                if patterns.is_empty() {
                    rules.warnings.push(format!("{key}.filter is an empty list, and so matches no asset"));
                }
                rules.filtered.push((patterns, parameters));
            } else {
                if let Some(earlier) = default.replace(key.clone()) {
                    rules.warnings.push(format!("{earlier} is not used: {key} is a later default"));
                }
                rules.default = parameters;
            }
        }
        Ok(rules)
    }

    /// What the asset at `path` is uploaded with: `path` is relative to its language's folder, with `/`.
    pub(crate) fn params_for(&self, path: &str) -> &PutObjectParams {
        let matching = self.filtered.iter().find(|(patterns, _)| patterns.iter().any(|pattern| pattern.matches(path)));
        matching.map_or(&self.default, |(_, parameters)| parameters)
    }

    /// What is allowed, but will hardly do what the user wants.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// An entry of the list; one without patterns is a default.
struct Entry {
    patterns: Option<Vec<Pattern>>,
    parameters: PutObjectParams,
}

impl Entry {
    fn parse(key: &str, value: &Value) -> Result<Self> {
        let Value::Object(fields) = value else {
            return Err(invalid(key, format!("is {}, and has to be an object", described(value)))
                .hint("Write { filter: ['*.mp3'], params: { … } }"));
        };
        if let Some(unknown) = fields.keys().find(|name| !["filter", "params"].contains(&name.as_str())) {
            return Err(unknown_key(&format!("{key}.{unknown}"), unknown, &["filter", "params"]));
        }
        Ok(Entry {
            patterns: patterns(&format!("{key}.filter"), fields.get("filter").unwrap_or(&Value::Null))?,
            parameters: parameters(&format!("{key}.params"), fields.get("params").unwrap_or(&Value::Null))?,
        })
    }
}

/// The filter's patterns, or none for a default.
fn patterns(key: &str, filter: &Value) -> Result<Option<Vec<Pattern>>> {
    let items = match filter {
        Value::Null => return Ok(None),
        Value::Array(items) => items,
        Value::String(text) => {
            return Err(
                invalid(key, format!("is '{text}', and has to be a list")).hint(format!("Write {key}: ['{text}']"))
            );
        }
        other => return Err(invalid(key, format!("is {}, and has to be a list of patterns", described(other)))),
    };
    let mut patterns = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let key = format!("{key}[{index}]");
        let Value::String(text) = item else {
            return Err(invalid(&key, format!("is {}, and has to be a string", described(item))));
        };
        patterns
            .push(Pattern::new(text).map_err(|reason| invalid(&key, format!("is '{}': {reason}", start_of(text))))?);
    }
    Ok((!items.iter().any(|item| item == EVERYTHING)).then_some(patterns))
}

/// As much of a pattern as an error can show.
fn start_of(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_string(),
    }
}

fn parameters(key: &str, params: &Value) -> Result<PutObjectParams> {
    let fields = match params {
        // An entry without parameters keeps its files out of the default.
        Value::Null => &Map::new(),
        Value::Object(fields) => fields,
        other => return Err(invalid(key, format!("is {}, and has to be an object", described(other)))),
    };
    let mut parameters = PutObjectParams::default();
    for (name, value) in fields {
        let setting = Setting { key: format!("{key}.{name}"), value };
        match KNOWN.iter().find(|(known, _)| known == name) {
            Some((_, take)) => take(&mut parameters, &setting)?,
            None => return Err(not_taken(&setting, name)),
        }
    }
    consistent(key, &parameters)?;
    Ok(parameters)
}

fn not_taken(setting: &Setting, name: &str) -> Error {
    match REFUSED.iter().find(|(refused, _)| *refused == name) {
        Some((_, reason)) => setting.error(reason).hint("Remove it"),
        None => unknown_key(&setting.key, name, &KNOWN.map(|(known, _)| known)),
    }
}

/// Names the known key that is nearest, where one is near enough to be what was meant.
fn unknown_key(key: &str, name: &str, known: &[&str]) -> Error {
    let unlike = |known: &str| strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase());
    let nearest = known.iter().map(|known| (unlike(known), known)).min();
    let error = invalid(key, "is unknown");
    match nearest {
        Some((distance, nearest)) if distance <= nearest.len() / 3 => error.hint(format!("Perhaps {nearest} is meant")),
        _ => error.hint(format!("Known are {}", known.join(", "))),
    }
}

/// Combinations that S3 refuses.
fn consistent(key: &str, p: &PutObjectParams) -> Result<()> {
    let kms = p.server_side_encryption.as_deref().is_some_and(|value| value.starts_with("aws:kms"));
    for (set, name) in
        [(p.ssekms_key_id.is_some(), "SSEKMSKeyId"), (p.ssekms_encryption_context.is_some(), "SSEKMSEncryptionContext")]
    {
        if set && !kms {
            return Err(invalid(&format!("{key}.{name}"), "needs ServerSideEncryption: 'aws:kms' beside it"));
        }
    }
    if p.object_lock_mode.is_some() != p.object_lock_retain_until_date.is_some() {
        return Err(invalid(key, "needs ObjectLockMode and ObjectLockRetainUntilDate together"));
    }
    if p.object_lock_event_hold_duration_days.is_some() && p.object_lock_event_hold_duration_years.is_some() {
        return Err(invalid(key, "has ObjectLockEventHoldDurationDays and …Years, and S3 takes one of them"));
    }
    Ok(())
}

/// Parameters that S3 takes, but that keep Alexa from reading the asset.
fn warnings(key: &str, p: &PutObjectParams) -> Vec<String> {
    let mut warnings = Vec::new();
    if p.server_side_encryption.as_deref().is_some_and(|value| value.starts_with("aws:kms")) {
        warnings.push(format!(
            "{key}.ServerSideEncryption is a KMS encryption: Alexa reads assets anonymously, and S3 answers that \
             with an error for such objects. Use 'AES256' unless something else decrypts them for Alexa."
        ));
    }
    if let Some(class @ ("GLACIER" | "DEEP_ARCHIVE")) = p.storage_class.as_deref() {
        warnings.push(format!("{key}.StorageClass is {class}: Alexa cannot read an asset before it is restored."));
    }
    if p.has_grants() && !p.grant_read.iter().chain(&p.grant_full_control).any(|who| who.contains(ALL_USERS)) {
        warnings.push(format!(
            "{key} has grants, so the asset is not made public, and no grant lets everybody read it. \
             Add GrantRead: 'uri=\"http://{ALL_USERS}\"' unless something else serves it to Alexa."
        ));
    }
    if p.request_payer.is_some() {
        warnings
            .push(format!("{key}.RequestPayer: a bucket whose readers pay cannot be read anonymously, as Alexa does."));
    }
    warnings
}

/// S3's name for everybody.
const ALL_USERS: &str = "acs.amazonaws.com/groups/global/AllUsers";

fn invalid(key: &str, problem: impl AsRef<str>) -> Error {
    Error::new(ErrorCode::InvalidOption, format!("{key} {}", problem.as_ref()))
}
