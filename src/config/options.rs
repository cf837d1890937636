//! A deployment target's options: typed, checked, with errors that name the key.
//!
//! What AWS defines (`uploadParams`, `lambdaConfiguration`) is checked by the wing that sends it.

use super::object_reader::Fields;
use crate::error::{Error, ErrorCode, Result};
use serde_json::{Map, Value};

/// Keys of a target that are the CLI's own business.
pub(crate) const OF_THE_CLI: [&str; 9] = [
    "DEPLOY",
    "additionalAssetExtensions",
    "askProfile",
    "disableAssetReferenceValidation",
    "invocation",
    "invocationSuffix",
    "module",
    "name",
    "useSessionAttributesForPersistentStore",
];

/// The options of one deployment target.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Options {
    pub(crate) aws_profile: Option<String>,
    pub(crate) aws_region: Option<String>,
    /// Replaces the URL of the assets, word for word.
    pub(crate) override_assets_root: Option<String>,
    pub(crate) s3: S3Options,
    pub(crate) role: RoleOptions,
    pub(crate) table: TableOptions,
    /// AWS' own parameters for the function; empty if there are none.
    pub(crate) lambda_configuration: Map<String, Value>,
    pub(crate) logs: LogsOptions,
    /// Keys of the target that nobody here knows: a newer CLI's, or a slip of the pen.
    pub(crate) unknown_keys: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct S3Options {
    pub(crate) bucket_name: Option<String>,
    pub(crate) upload_params: Option<Value>,
    pub(crate) public_access: PublicAccess,
    pub(crate) delete_removed_assets: bool,
}

/// How Alexa gets to read the assets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PublicAccess {
    /// Each object carries the canned ACL `public-read`.
    #[default]
    Acl,
    /// A statement of the bucket's policy, limited to this target's prefix.
    BucketPolicy,
    /// Somebody else's business, such as a CDN's.
    None,
}

/// Which role the function runs with.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum RoleOptions {
    /// `litexa_handler_lambda`, which all Litexa skills of an account share.
    #[default]
    Shared,
    /// A role of the skill's own, with these managed policies besides what it needs.
    Dedicated { policies: Vec<String> },
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TableOptions {
    pub(crate) billing: Billing,
    pub(crate) time_to_live: Option<TimeToLive>,
}

/// How a new table is paid for. Existing tables keep what they have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Billing {
    Provisioned { read_units: i64, write_units: i64 },
    PayPerRequest,
}

impl Default for Billing {
    fn default() -> Self {
        Billing::Provisioned { read_units: 10, write_units: 10 }
    }
}

/// Items with a stamp in the past are deleted by DynamoDB.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TimeToLive {
    pub(crate) attribute_name: String,
    /// On existing tables too, where old items may already carry stamps in the past. `None`: new tables only.
    pub(crate) enable: Option<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LogsOptions {
    pub(crate) range: LogRange,
    pub(crate) formats: Vec<LogFormat>,
    pub(crate) show_tokens: bool,
    pub(crate) log_group: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LogRange {
    Minutes(i64),
    /// An ISO 8601 time.
    Since(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    JsonLines,
    Html,
}

impl Default for LogsOptions {
    fn default() -> Self {
        LogsOptions {
            range: LogRange::Minutes(60),
            formats: vec![LogFormat::Text],
            show_tokens: false,
            log_group: None,
        }
    }
}

impl Options {
    /// Reads a target's object.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidOption`], naming the key.
    pub(crate) fn parse(target: &Map<String, Value>) -> Result<Self> {
        let mut fields = Fields::new("", target);
        let old_bucket_name = filled(&mut fields, "S3BucketName")?;
        let mut options = Options {
            aws_profile: filled(&mut fields, "awsProfile")?,
            aws_region: filled(&mut fields, "awsRegion")?,
            override_assets_root: filled(&mut fields, "overrideAssetsRoot")?,
            s3: s3(fields.fields("s3Configuration")?)?,
            role: role(fields.fields("iamConfiguration")?)?,
            table: table(fields.fields("dynamoDbConfiguration")?)?,
            lambda_configuration: fields.object("lambdaConfiguration")?.cloned().unwrap_or_default(),
            logs: logs(fields.fields("logsConfiguration")?)?,
            unknown_keys: Vec::new(),
        };
        options.s3.bucket_name = old_bucket_name.or(options.s3.bucket_name);
        let unknown = fields.unknown().into_iter().filter(|key| !OF_THE_CLI.contains(key));
        options.unknown_keys = unknown.map(str::to_owned).collect();
        Ok(options)
    }
}

/// Litexa's templates leave empty texts for their users to fill in: they say nothing.
fn filled(fields: &mut Fields, key: &'static str) -> Result<Option<String>> {
    Ok(fields.text(key)?.filter(|text| !text.is_empty()))
}

fn s3(fields: Option<Fields>) -> Result<S3Options> {
    let Some(mut fields) = fields else { return Ok(S3Options::default()) };
    let access =
        [("acl", PublicAccess::Acl), ("bucketPolicy", PublicAccess::BucketPolicy), ("none", PublicAccess::None)];
    let options = S3Options {
        bucket_name: filled(&mut fields, "bucketName")?,
        upload_params: fields.value("uploadParams").cloned(),
        public_access: fields.choice("publicAccess", &access)?.unwrap_or_default(),
        delete_removed_assets: fields.flag("deleteRemovedAssets")?.unwrap_or(false),
    };
    fields.finish()?;
    Ok(options)
}

fn role(fields: Option<Fields>) -> Result<RoleOptions> {
    let Some(mut fields) = fields else { return Ok(RoleOptions::default()) };
    let dedicated = fields.choice("role", &[("shared", false), ("dedicated", true)])?.unwrap_or(false);
    let policies = fields.texts("policies")?.unwrap_or_default();
    for policy in &policies {
        if !policy.starts_with("arn:") {
            return Err(fields.wrong("policies", "a list of managed policies' ARNs", &Value::from(policy.as_str())));
        }
    }
    fields.finish()?;
    match (dedicated, policies) {
        (true, policies) => Ok(RoleOptions::Dedicated { policies }),
        (false, policies) if policies.is_empty() => Ok(RoleOptions::Shared),
        (false, _) => Err(Error::new(
            ErrorCode::InvalidOption,
            "iamConfiguration.policies would give every Litexa skill of the account these rights, as all share one role",
        )
        .hint("Set iamConfiguration.role to \"dedicated\"")),
    }
}

fn table(fields: Option<Fields>) -> Result<TableOptions> {
    let Some(mut fields) = fields else { return Ok(TableOptions::default()) };
    let on_demand = fields.choice("billingMode", &[("PROVISIONED", false), ("PAY_PER_REQUEST", true)])?;
    let read_units = fields.number("readCapacityUnits", 1..=40_000)?;
    let write_units = fields.number("writeCapacityUnits", 1..=40_000)?;
    let time_to_live = match fields.fields("timeToLive")? {
        Some(fields) => time_to_live(fields)?,
        None => None,
    };
    fields.finish()?;
    let billing = match on_demand {
        Some(true) if read_units.or(write_units).is_some() => {
            return Err(Error::new(
                ErrorCode::InvalidOption,
                "dynamoDbConfiguration.billingMode is \"PAY_PER_REQUEST\", which has no capacity units",
            )
            .hint("Leave out readCapacityUnits and writeCapacityUnits"));
        }
        Some(true) => Billing::PayPerRequest,
        _ => Billing::Provisioned { read_units: read_units.unwrap_or(10), write_units: write_units.unwrap_or(10) },
    };
    Ok(TableOptions { billing, time_to_live })
}

/// What JavaScript counts exactly.
const MOST_SECONDS: i64 = (1 << 53) - 1;

fn time_to_live(mut fields: Fields) -> Result<Option<TimeToLive>> {
    let attribute_name = fields.text("AttributeName")?;
    // The handler reads this one when it writes the attribute.
    fields.number("secondsToLive", 0..=MOST_SECONDS)?;
    let enable = fields.flag("enable")?;
    fields.finish()?;
    match (attribute_name, enable) {
        (Some(attribute_name), enable) => Ok(Some(TimeToLive { attribute_name, enable })),
        (None, Some(true)) => Err(Error::new(
            ErrorCode::InvalidOption,
            "dynamoDbConfiguration.timeToLive.enable needs dynamoDbConfiguration.timeToLive.AttributeName",
        )),
        (None, _) => Ok(None),
    }
}

fn logs(fields: Option<Fields>) -> Result<LogsOptions> {
    let Some(mut fields) = fields else { return Ok(LogsOptions::default()) };
    let minutes = fields.number("minutes", 1..=60 * 24 * 3650)?;
    let since = fields.text("since")?;
    let formats = fields.texts("formats")?.map(|words| log_formats("logsConfiguration.formats", &words)).transpose()?;
    let show_tokens = fields.flag("showTokens")?.unwrap_or(false);
    let log_group = fields.text("logGroup")?;
    if log_group.as_deref() == Some("") {
        return Err(fields.wrong("logGroup", "the name of a log group", &Value::from("")));
    }
    fields.finish()?;
    let range = match (minutes, since) {
        (Some(_), Some(_)) => {
            return Err(Error::new(
                ErrorCode::InvalidOption,
                "logsConfiguration.minutes and logsConfiguration.since say two things",
            )
            .hint("Leave out one of them"));
        }
        (None, Some(since)) => LogRange::Since(since),
        (minutes, None) => LogRange::Minutes(minutes.unwrap_or(60)),
    };
    let formats = formats.unwrap_or_else(|| vec![LogFormat::Text]);
    Ok(LogsOptions { range, formats, show_tokens, log_group })
}

/// The formats that a log pull writes; `place` names where the words stand.
pub(crate) fn log_formats(place: &str, words: &[String]) -> Result<Vec<LogFormat>> {
    let known = [("text", LogFormat::Text), ("jsonl", LogFormat::JsonLines), ("html", LogFormat::Html)];
    let format = |word: &String| match known.iter().find(|(name, _)| name == word) {
        Some((_, format)) => Ok(*format),
        None => Err(Error::new(ErrorCode::InvalidOption, format!("{place} names the unknown format \"{word}\""))
            .hint("Known formats: \"text\", \"jsonl\", \"html\"")),
    };
    if words.is_empty() {
        return Err(Error::new(ErrorCode::InvalidOption, format!("{place} is empty"))
            .hint("Leave it out, or name at least one of \"text\", \"jsonl\", \"html\""));
    }
    let mut formats = Vec::new();
    for word in words {
        let format = format(word)?;
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    Ok(formats)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(target: Value) -> Result<Options> {
        Options::parse(target.as_object().unwrap())
    }

    fn refused(target: Value) -> String {
        let error = parse(target).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidOption);
        error.to_string()
    }

    #[test]
    fn an_empty_target_has_the_documented_defaults() {
        let options = parse(json!({})).unwrap();
        assert_eq!(options.s3.public_access, PublicAccess::Acl);
        assert_eq!(options.table.billing, Billing::Provisioned { read_units: 10, write_units: 10 });
        assert_eq!(options.logs.range, LogRange::Minutes(60));
        assert_eq!(options.role, RoleOptions::Shared);
    }

    #[test]
    fn the_older_bucket_option_wins() {
        let options = parse(json!({"S3BucketName": "old", "s3Configuration": {"bucketName": "new"}})).unwrap();
        assert_eq!(options.s3.bucket_name.as_deref(), Some("old"));
    }

    #[test]
    fn an_empty_text_says_nothing() {
        let options =
            parse(json!({"S3BucketName": "", "awsProfile": "", "s3Configuration": {"bucketName": "new"}})).unwrap();
        assert_eq!((options.s3.bucket_name.as_deref(), options.aws_profile), (Some("new"), None));
    }

    #[test]
    fn unknown_keys_of_the_target_are_a_hint_and_of_our_objects_an_error() {
        let options = parse(json!({"module": "@litexa/deploy-aws", "DEPLOY": {}, "newerThing": 1})).unwrap();
        assert_eq!(options.unknown_keys, ["newerThing"]);
        assert!(refused(json!({"s3Configuration": {"bucketNme": "x"}})).contains("Perhaps s3Configuration.bucketName"));
    }

    #[test]
    fn policies_on_the_shared_role_are_refused() {
        let arn = "arn:aws:iam::aws:policy/AmazonSNSFullAccess";
        assert!(refused(json!({"iamConfiguration": {"policies": [arn]}})).contains("every Litexa skill"));
        let options = parse(json!({"iamConfiguration": {"role": "dedicated", "policies": [arn]}})).unwrap();
        assert_eq!(options.role, RoleOptions::Dedicated { policies: vec![arn.to_owned()] });
    }

    #[test]
    fn contradictions_are_refused() {
        refused(json!({"dynamoDbConfiguration": {"billingMode": "PAY_PER_REQUEST", "readCapacityUnits": 5}}));
        refused(json!({"logsConfiguration": {"minutes": 5, "since": "2026-01-01T00:00:00Z"}}));
        refused(json!({"dynamoDbConfiguration": {"timeToLive": {"enable": true}}}));
    }
}
