//! Types the options of a deployment target.
//!
//! `uploadParams` and `lambdaConfiguration`, which AWS defines, are read by the deployer that sends them.

use super::object_reader::{self, Values};
use super::schema::declaration::object;
use super::schema::lambda::LOGGING_CONFIG;
use super::schema::target::{CLI_OPTIONS, DEPLOYMENT_TARGET, LOG_FORMATS, LOG_SOURCE, LOG_STATUS};
use super::unknown_key;
use crate::error::Result;
use crate::output::reporter::Reporter;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The options of one deployment target.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) aws_profile: Option<String>,
    pub(crate) aws_region: Option<String>,
    /// Replaces the base URL of the assets, verbatim.
    pub(crate) override_assets_root: Option<String>,
    /// Tags of the resources that belong to this target only.
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) s3: S3Options,
    pub(crate) role: RoleOptions,
    pub(crate) table: TableOptions,
    /// The parameters of the function; empty if there are none.
    pub(crate) lambda_configuration: Map<String, Value>,
    pub(crate) package_include: PackageInclude,
    pub(crate) logs: LogsOptions,
    /// Keys of the target that are not declared: those of a newer CLI, or typos.
    pub(crate) unknown_keys: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct S3Options {
    pub(crate) bucket_name: Option<String>,
    /// The account that the bucket belongs to, if it is another one than that of the credentials.
    pub(crate) bucket_owner: Option<String>,
    pub(crate) upload_params: Option<Value>,
    pub(crate) public_access: PublicAccess,
    pub(crate) removed_assets: RemovedAssets,
}

/// How the objects of removed assets are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RemovedAssets {
    Keep,
    /// Deletes them, unless they are more than the assets that are left.
    DeleteFew,
    DeleteAll,
}

/// How Alexa gets access to the assets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PublicAccess {
    /// Each object carries the canned ACL `public-read`.
    Acl,
    /// A statement of the bucket policy, limited to this target's prefix.
    BucketPolicy,
    /// Provided by something else, such as a CDN.
    None,
}

/// The role of the function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RoleOptions {
    /// `litexa_handler_lambda`, which all Litexa skills of an account share.
    Shared,
    /// A role for this skill only, with these managed policies in addition to its own permissions.
    Dedicated {
        policies: Vec<String>,
        /// The ARN of the policy that limits the role.
        permissions_boundary: Option<String>,
    },
}

/// The dependencies that the function's package contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PackageInclude {
    /// Everything that is installed.
    All,
    /// The packages that the skill's `package.json` reaches.
    Production,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TableOptions {
    pub(crate) billing: Billing,
    pub(crate) time_to_live: Option<TimeToLive>,
    /// `None` leaves an existing table as it is, as for the next one.
    pub(crate) deletion_protection: Option<bool>,
    pub(crate) point_in_time_recovery: Option<bool>,
}

/// The billing of a new table. An existing table keeps its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Billing {
    Provisioned { read_units: i64, write_units: i64 },
    PayPerRequest,
}

/// DynamoDB deletes items whose attribute contains a time in the past.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TimeToLive {
    pub(crate) attribute_name: String,
    /// Also for existing tables, whose items may already contain times in the past. `None`: new tables only.
    pub(crate) enable: Option<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LogsOptions {
    /// The retention of a new log group.
    pub(crate) retention_days: i32,
    pub(crate) range: LogRange,
    pub(crate) status: LogStatus,
    pub(crate) formats: Vec<LogFormat>,
    pub(crate) engine: LogEngine,
    /// The bytes that Logs Insights may scan, in units of 10^9.
    pub(crate) max_scanned_gb: u64,
    pub(crate) show_tokens: bool,
    pub(crate) log_group: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LogRange {
    Minutes(i64),
    /// A length of time or an ISO 8601 time.
    Since(String),
}

/// The requests of a log pull that are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum LogStatus {
    #[default]
    All,
    Failed,
}

/// The part of CloudWatch Logs that reads the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum LogEngine {
    Events,
    Insights,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum LogFormat {
    #[serde(rename = "text")]
    Text,
    #[serde(rename = "jsonl")]
    JsonLines,
    #[serde(rename = "html")]
    Html,
}

impl LogFormat {
    pub(crate) const ALL: [LogFormat; 3] = [LogFormat::Text, LogFormat::JsonLines, LogFormat::Html];
}

impl Options {
    /// Reads the object of a target.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidOption`](crate::error::ErrorCode::InvalidOption), naming the key.
    pub(crate) fn parse(target: &Map<String, Value>) -> Result<Self> {
        let values = object_reader::read_known("", target, &DEPLOYMENT_TARGET)?;
        let is_known = |key: &str| DEPLOYMENT_TARGET.keys().chain(CLI_OPTIONS.keys()).any(|known| known == key);
        let older_bucket_name: Option<String> = values.get("S3BucketName")?;
        let mut s3 = S3Options::from_values(&values.require("s3Configuration")?)?;
        s3.bucket_name = older_bucket_name.or(s3.bucket_name);
        Ok(Options {
            aws_profile: values.get("awsProfile")?,
            aws_region: values.get("awsRegion")?,
            override_assets_root: values.get("overrideAssetsRoot")?,
            tags: values.require("tags")?,
            s3,
            role: RoleOptions::from_values(&values.require("iamConfiguration")?)?,
            table: TableOptions::from_values(&values.require("dynamoDbConfiguration")?)?,
            lambda_configuration: values.get("lambdaConfiguration")?.unwrap_or_default(),
            package_include: values.require::<Values>("packageConfiguration")?.require("include")?,
            logs: LogsOptions::from_values(&values.require("logsConfiguration")?)?,
            unknown_keys: target.keys().filter(|key| !is_known(key)).cloned().collect(),
        })
    }

    /// The options of a target that sets none.
    pub(crate) fn defaults() -> Result<Self> {
        Options::parse(&Map::new())
    }

    /// Reports unknown keys of the target: as a warning if an option of this module was probably meant.
    pub(crate) fn report_unknown_keys(&self, reporter: &dyn Reporter) {
        for key in &self.unknown_keys {
            let line = unknown_key::line(key);
            match unknown_key::meant_by(key) {
                Some(option) => reporter.warning(format!("{line}. Did you mean {option}?")),
                None => reporter.verbose(line),
            }
        }
    }

    /// The log group that `lambdaConfiguration` selects; the rest of it is not checked.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidOption`](crate::error::ErrorCode::InvalidOption) for an invalid `LoggingConfig`.
    pub(crate) fn function_log_group(&self) -> Result<Option<String>> {
        let logging = self.lambda_configuration.get("LoggingConfig").filter(|value| !value.is_null());
        let Some(logging) = logging else { return Ok(None) };
        let option = object("LoggingConfig", &LOGGING_CONFIG);
        let values: Values = object_reader::read_value("lambdaConfiguration.LoggingConfig", logging, &option)?;
        values.get("LogGroup")
    }
}

impl S3Options {
    fn from_values(values: &Values) -> Result<Self> {
        Ok(S3Options {
            bucket_name: values.get("bucketName")?,
            bucket_owner: values.get("bucketOwner")?,
            upload_params: values.get("uploadParams")?,
            public_access: values.require("publicAccess")?,
            removed_assets: match values.require("deleteRemovedAssets")? {
                Value::Bool(true) => RemovedAssets::DeleteFew,
                Value::String(_) => RemovedAssets::DeleteAll,
                _ => RemovedAssets::Keep,
            },
        })
    }
}

impl RoleOptions {
    fn from_values(values: &Values) -> Result<Self> {
        Ok(match values.require::<String>("role")?.as_str() {
            "dedicated" => RoleOptions::Dedicated {
                policies: values.require("policies")?,
                permissions_boundary: values.get("permissionsBoundary")?,
            },
            _ => RoleOptions::Shared,
        })
    }
}

impl Billing {
    pub(crate) fn is_default(&self) -> bool {
        Options::defaults().is_ok_and(|options| options.table.billing == *self)
    }
}

impl TableOptions {
    pub(crate) fn is_default(&self) -> bool {
        Options::defaults().is_ok_and(|options| options.table == *self)
    }

    fn from_values(values: &Values) -> Result<Self> {
        let billing = match values.require::<String>("billingMode")?.as_str() {
            "PAY_PER_REQUEST" => Billing::PayPerRequest,
            _ => Billing::Provisioned {
                read_units: values.require("readCapacityUnits")?,
                write_units: values.require("writeCapacityUnits")?,
            },
        };
        let time_to_live: Values = values.get("timeToLive")?.unwrap_or_default();
        let enable = time_to_live.get("enable")?;
        let time_to_live = time_to_live.get("AttributeName")?;
        let time_to_live = time_to_live.map(|attribute_name| TimeToLive { attribute_name, enable });
        Ok(TableOptions {
            billing,
            time_to_live,
            deletion_protection: values.get("deletionProtection")?,
            point_in_time_recovery: values.get("pointInTimeRecovery")?,
        })
    }
}

impl LogsOptions {
    fn from_values(values: &Values) -> Result<Self> {
        Ok(LogsOptions {
            retention_days: values.require("retentionInDays")?,
            range: match values.get("since")? {
                Some(since) => LogRange::Since(since),
                None => LogRange::Minutes(values.require("minutes")?),
            },
            status: values.require("status")?,
            formats: without_duplicates(values.require("formats")?),
            engine: values.require("source")?,
            max_scanned_gb: values.require("maxScannedGb")?,
            show_tokens: values.require("showTokens")?,
            log_group: values.get("logGroup")?,
        })
    }
}

/// Returns the format of a log pull that a word stands for.
pub(crate) fn log_format(word: &str) -> Option<LogFormat> {
    object_reader::read_value::<Vec<_>>("", &Value::from(vec![word]), &LOG_FORMATS).ok()?.pop()
}

/// Returns the requests that a log pull writes.
pub(crate) fn log_status(word: &str) -> Option<LogStatus> {
    object_reader::read_value("", &Value::from(word), &LOG_STATUS).ok()
}

/// Returns the engine of a log pull.
pub(crate) fn log_engine(word: &str) -> Option<LogEngine> {
    object_reader::read_value("", &Value::from(word), &LOG_SOURCE).ok()
}

pub(crate) fn without_duplicates(formats: Vec<LogFormat>) -> Vec<LogFormat> {
    let mut distinct = Vec::new();
    for format in formats {
        if !distinct.contains(&format) {
            distinct.push(format);
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::schema::samples::samples;
    use crate::error::ErrorCode;
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
    fn an_empty_string_counts_as_not_set() {
        let options =
            parse(json!({"S3BucketName": "", "awsProfile": "", "s3Configuration": {"bucketName": "new"}})).unwrap();
        assert_eq!((options.s3.bucket_name.as_deref(), options.aws_profile), (Some("new"), None));
    }

    #[test]
    fn unknown_keys_of_the_target_are_collected_and_those_of_its_objects_are_errors() {
        let options = parse(json!({"module": "@litexa/deploy-aws", "DEPLOY": {}, "newerThing": 1})).unwrap();
        assert_eq!(options.unknown_keys, ["newerThing"]);
        assert!(
            refused(json!({"s3Configuration": {"bucketNme": "x"}}))
                .ends_with("Did you mean s3Configuration.bucketName?")
        );
    }

    #[test]
    fn policies_on_the_shared_role_are_refused() {
        let arn = "arn:aws:iam::aws:policy/AmazonSNSFullAccess";
        assert!(refused(json!({"iamConfiguration": {"policies": [arn]}})).contains("every Litexa skill"));
        let options = parse(json!({"iamConfiguration": {"role": "dedicated", "policies": [arn]}})).unwrap();
        assert_eq!(options.role, RoleOptions::Dedicated { policies: vec![arn.to_owned()], permissions_boundary: None });
    }

    #[test]
    fn a_permissions_boundary_is_a_policy_and_only_for_a_dedicated_role() {
        let with = |role: &str, arn: &str| {
            parse(json!({"iamConfiguration": {"role": role, "permissionsBoundary": arn}})).map_err(|e| e.to_string())
        };
        for arn in ["arn:aws:iam::123456789012:policy/b", "arn:aws-us-gov:iam::aws:policy/job-function/ViewOnlyAccess"]
        {
            let RoleOptions::Dedicated { permissions_boundary, .. } = with("dedicated", arn).unwrap().role else {
                panic!("not dedicated")
            };
            assert_eq!(permissions_boundary.as_deref(), Some(arn));
            assert!(with("shared", arn).unwrap_err().contains("every Litexa skill"));
        }
        for arn in [
            "",
            "litexa-boundary",
            "arn:aws:iam::123456789012:role/b",
            "arn:aws:iam::123:policy/b",
            "arn:aws:iam:us-east-1:123456789012:policy/b",
            "arn:aws:iam::123456789012:policy/",
            "arn:gcp:iam::123456789012:policy/b",
            "arn:aws:s3::123456789012:policy/b",
        ] {
            assert!(with("dedicated", arn).unwrap_err().contains("permissionsBoundary must be the ARN"), "{arn}");
        }
    }

    #[test]
    fn tags_have_the_form_that_all_services_accept() {
        let tags =
            |tags: Value| parse(json!({"tags": tags})).map(|options| options.tags.len()).map_err(|e| e.to_string());
        assert_eq!(tags(json!({"team": "voice", "Größe": "", "a b_.:/=+-@": "1"})), Ok(3));
        let many: Map<String, Value> = (0..51).map(|n| (n.to_string(), json!("x"))).collect();
        assert!(tags(Value::Object(many)).unwrap_err().contains("at most 50 tags, but has 51"));
        for (name, value) in [("aws:x", "1"), ("AWS:x", "1"), ("", "1"), ("a,b", "1"), ("a", "x\ny"), ("a", "{}")] {
            assert!(tags(json!({ name: value })).unwrap_err().contains("tag"), "{name}={value}");
        }
        let long = "x".repeat(257);
        assert!(tags(json!({"a": long})).is_err() && tags(json!({ &long[..129]: "" })).is_err());
        assert_eq!(tags(json!({ &long[..128]: &long[..256] })), Ok(1));
    }

    #[test]
    fn retentions_are_those_of_aws() {
        let days = |days| parse(json!({"logsConfiguration": {"retentionInDays": days}}));
        assert_eq!(days(json!(3653)).unwrap().logs.retention_days, 3653);
        for wrong in [json!(0), json!(31), json!("30"), json!(30.5)] {
            assert!(days(wrong).unwrap_err().message.contains("must be one of 1, 3, 5, 7, 14, 30,"));
        }
    }

    #[test]
    fn contradictions_are_refused() {
        refused(json!({"dynamoDbConfiguration": {"billingMode": "PAY_PER_REQUEST", "readCapacityUnits": 5}}));
        refused(json!({"logsConfiguration": {"minutes": 5, "since": "2026-01-01T00:00:00Z"}}));
        refused(json!({"dynamoDbConfiguration": {"timeToLive": {"enable": true}}}));
    }

    #[test]
    fn every_declared_option_is_read() {
        let samples = samples(&DEPLOYMENT_TARGET);
        assert!(samples.len() > 15);
        // The handler reads this one.
        let by_handler = "dynamoDbConfiguration.timeToLive.secondsToLive";
        for (key, with, without) in samples.into_iter().filter(|(key, ..)| key != by_handler) {
            assert_ne!(Options::parse(&with).unwrap(), Options::parse(&without).unwrap(), "{key}");
        }
    }

    #[test]
    fn the_log_group_of_the_function_is_read_without_its_other_parameters() {
        let options =
            parse(json!({"lambdaConfiguration": {"LoggingConfig": {"LogGroup": "/cats"}, "typo": 1}})).unwrap();
        assert_eq!(options.function_log_group(), Ok(Some("/cats".to_owned())));
        assert_eq!(Options::defaults().unwrap().function_log_group(), Ok(None));
    }
}
