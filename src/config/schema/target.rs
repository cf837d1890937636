//! Declares the options of a deployment target, without those that AWS defines.

use super::declaration::{Choice, Declaration, Is, Kind, MapFormat, MapValues, Rule, Table, object, option};
use super::formats::{
    ACCOUNT, ANY, ANYTHING, ATTRIBUTE, BOUNDARY_ARN, BUCKET_NAME, FILE_EXTENSION, LOG_GROUP, OR_EMPTY, POLICY_ARN,
    REGION, RESOURCE_TAGS,
};
use super::lambda::LAMBDA_CONFIGURATION;
use super::upload_params::UPLOAD_RULE;

const STRING: Kind = Kind::String(&ANY);
const STRING_OR_EMPTY: Kind = Kind::String(&OR_EMPTY);

/// The largest whole number that JavaScript represents exactly.
const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// The longest time range of a log pull.
pub(crate) const MAX_MINUTES: i64 = 60 * 24 * 3650;

/// See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>.
const MAX_CAPACITY_UNITS: i64 = 40_000;

pub(crate) static DEPLOYMENT_TARGET: Table = Table::new(
    "DeploymentTarget",
    "A deployment target: an entry of `deployments` in the Litexa config. Keys that are not listed here may belong to other tools: one that resembles an option is a warning.",
    &[
        option(
            "awsProfile",
            STRING_OR_EMPTY,
            "The AWS profile to sign in with. Takes precedence over environment variables; an `aws-config.json` in the project takes precedence over it.",
        )
        .values("a profile name")
        .default_is("the first credentials found (see docs/credentials.md)")
        .examples(&[r#""prototyping""#]),
        option(
            "awsRegion",
            Kind::String(&REGION),
            "The region of the function, the table and the logs, and of a new bucket. When it changes, the function and the stored data stay in the previous region.",
        )
        .values("a region")
        .default_is("the first that is set (see docs/credentials.md)")
        .examples(&[r#""us-east-1""#, r#""us-west-2""#, r#""eu-west-1""#, r#""ap-northeast-1""#]),
        option(
            "overrideAssetsRoot",
            STRING_OR_EMPTY,
            "The base URL of the assets, which the handler uses verbatim: include the trailing slash. Icons in the skill's manifest keep their S3 URLs.",
        )
        .values("a URL")
        .default_is("the target's folder in the bucket")
        .examples(&[r#""https://cdn.example.com/suncoast/""#]),
        option(
            "S3BucketName",
            Kind::String(&BUCKET_NAME),
            "The older name of `s3Configuration.bucketName`. Takes precedence where both are set.",
        )
        .values("a bucket name")
        .deprecated("Use `s3Configuration.bucketName`."),
        option(
            "tags",
            Kind::Map(&RESOURCE_TAGS),
            "Tags of the function, the table, the log group and a dedicated role. A resource is created with them; an existing one gets those that it misses, unless it is a log group of another name (`LoggingConfig.LogGroup`). Other tags stay, and so does a tag that is removed from this option. The shared role, which belongs to all skills, is not tagged.",
        )
        .values("an object of strings")
        .default("{}")
        .examples(&[r#"{"team": "voice", "cost-center": "4711"}"#]),
        object("s3Configuration", &S3_CONFIGURATION),
        object("lambdaConfiguration", &LAMBDA_CONFIGURATION).read_later(),
        object("packageConfiguration", &PACKAGE_CONFIGURATION),
        object("dynamoDbConfiguration", &DYNAMO_DB_CONFIGURATION),
        object("iamConfiguration", &IAM_CONFIGURATION),
        object("logsConfiguration", &LOGS_CONFIGURATION),
    ],
)
.examples(&[
    r#"{"module": "@litexa/deploy-aws", "askProfile": "default", "awsProfile": "prototyping", "s3Configuration": {"bucketName": "suncoast-assets"}}"#,
]);

/// Read by the assets deployer.
pub(crate) const UPLOAD_PARAMS: Declaration = option(
    "uploadParams",
    Kind::Objects(&UPLOAD_RULE),
    "Parameters of `PutObject` by file pattern. The first entry that matches an asset applies, and the default only where none does. A change of parameters also reaches assets whose content is unchanged.",
)
.values("a list of `{ filter, params }`")
.default("[]")
.examples(&[
    r#"[{"filter": ["*.mp3"], "params": {"CacheControl": "max-age=600"}}, {"params": {"CacheControl": "max-age=3600"}}]"#,
])
.read_later();

static S3_CONFIGURATION: Table = Table::new(
    "S3Configuration",
    "The bucket and the assets in it.",
    &[
        option(
            "bucketName",
            Kind::String(&BUCKET_NAME),
            "The bucket for the assets. Names are unique across all of AWS; a bucket that does not exist is created. Without a bucket, assets cannot be deployed, and the handler gets no base URL for them but `overrideAssetsRoot`.",
        )
        .values("a bucket name")
        .examples(&[r#""suncoast-assets""#]),
        option(
            "bucketOwner",
            Kind::String(&ACCOUNT),
            "The account that the bucket belongs to, if it is another one than that of the credentials. S3 rejects changes of a bucket that belongs to any other account. A package for Lambda is never uploaded to a bucket of another account.",
        )
        .values("an account ID of 12 digits")
        .default_is("the account of the credentials")
        .examples(&[r#""123456789012""#]),
        option(
            "publicAccess",
            Kind::OneOf(&PUBLIC_ACCESS),
            "How Alexa, which reads anonymously, gets access to the assets. Unless it is `\"none\"`, each deployment fetches one asset anonymously, and a warning reports a failure. The account's Block Public Access settings override those of the bucket.",
        )
        .default(r#""acl""#),
        option(
            "deleteRemovedAssets",
            Kind::BoolOr(&DELETE_REMOVED_ASSETS),
            "Deletes objects of this target whose asset was removed. Does nothing if the project has no assets at all.",
        )
        .default("false"),
        UPLOAD_PARAMS,
    ],
);

const DELETE_REMOVED_ASSETS: [Choice; 3] = [
    ("false", "Keeps them."),
    (
        "true",
        "Deletes them, unless more objects would be deleted than are left: a folder may be missing by mistake. A warning reports it.",
    ),
    ("always", "Deletes them, however many they are."),
];

const PUBLIC_ACCESS: [Choice; 3] = [
    (
        "acl",
        "Each object is sent with the ACL `public-read`. If an existing bucket has ACLs disabled, objects are sent without one, and a warning reports it.",
    ),
    (
        "bucketPolicy",
        "A statement in the bucket policy allows everyone to read `<name>/<target>/*`. All other statements stay.",
    ),
    (
        "none",
        "Something else, such as a CDN, provides access. A statement that an earlier deployment added to the bucket policy is removed.",
    ),
];

static PACKAGE_CONFIGURATION: Table = Table::new(
    "PackageConfiguration",
    "The function's package.",
    &[option(
        "include",
        Kind::OneOf(&[
            ("all", "Everything that is installed in `litexa/node_modules`."),
            (
                "production",
                "The packages that `dependencies` and `optionalDependencies` in `litexa/package.json` reach, without those that only `devDependencies` need.",
            ),
        ]),
        "The npm packages that the function's package contains.",
    )
    .default(r#""all""#)],
);

static DYNAMO_DB_CONFIGURATION: Table = Table::new(
    "DynamoDbConfiguration",
    "The skill's table.",
    &[
        option(
            "billingMode",
            Kind::OneOf(&[
                ("PROVISIONED", "Billed by the hour for a fixed capacity."),
                ("PAY_PER_REQUEST", "Billed by the request."),
            ]),
            "The billing mode of a new table. An existing table keeps its own.",
        )
        .default(r#""PROVISIONED""#),
        option(
            "readCapacityUnits",
            Kind::Integer { min: 1, max: MAX_CAPACITY_UNITS },
            "Read capacity of a new table. Not with `PAY_PER_REQUEST`.",
        )
        .default("10"),
        option(
            "writeCapacityUnits",
            Kind::Integer { min: 1, max: MAX_CAPACITY_UNITS },
            "Write capacity of a new table. Not with `PAY_PER_REQUEST`.",
        )
        .default("10"),
        object("timeToLive", &TIME_TO_LIVE),
        option(
            "deletionProtection",
            Kind::Bool,
            "Protects the table from being deleted. Applies to new and to existing tables. A deployment removes the protection for `false` only; `litexa-deploy-aws remove --table` removes it, too.",
        )
        .default_is("off for a new table; an existing one keeps its setting"),
        option(
            "pointInTimeRecovery",
            Kind::Bool,
            "Backs up the table continuously, so that it can be restored to any time of the last 35 days. Applies to new and to existing tables, and is billed by the table's size. The backups are turned off by `false` only.",
        )
        .default_is("off for a new table; an existing one keeps its setting"),
    ],
)
.rules(&[Rule {
    either: ("billingMode", Is::UnsetOrOneOf(&[r#""PROVISIONED""#])),
    or: &[("readCapacityUnits", Is::Unset), ("writeCapacityUnits", Is::Unset)],
    problem: "\"PAY_PER_REQUEST\" and capacity units are mutually exclusive",
    hint: "Remove readCapacityUnits and writeCapacityUnits",
}]);

static TIME_TO_LIVE: Table = Table::new(
    "TimeToLive",
    "Deletes items that were not used for some time.",
    &[
        option("AttributeName", Kind::String(&ATTRIBUTE), "The attribute in which the handler stores when an item expires.")
            .values("an attribute name")
            .examples(&[r#""ttl""#]),
        option(
            "secondsToLive",
            Kind::Integer { min: 0, max: MAX_SAFE_INTEGER },
            "The time from writing an item until it expires. Read by the handler.",
        )
        .values("seconds")
        .examples(&["2592000"]),
        option(
            "enable",
            Kind::Bool,
            "Allows DynamoDB to delete items. An existing table is changed by `true` only, since its items may already contain times in the past.",
        )
        .default_is("with an `AttributeName`: `true` for new tables"),
    ],
)
.rules(&[Rule {
    either: ("enable", Is::UnsetOrOneOf(&["false"])),
    or: &[("AttributeName", Is::Set)],
    problem: "requires dynamoDbConfiguration.timeToLive.AttributeName",
    hint: "Set dynamoDbConfiguration.timeToLive.AttributeName, or remove enable",
}]);

static IAM_CONFIGURATION: Table = Table::new(
    "IamConfiguration",
    "The role of the function.",
    &[
        option(
            "role",
            Kind::OneOf(&[
                ("shared", "`litexa_handler_lambda`, which all Litexa skills of an account share."),
                (
                    "dedicated",
                    "`<name>_<target>_litexa_handler`, whose permissions are limited to the skill's own table, logs and metrics.",
                ),
            ]),
            "Selects the role.",
        )
        .default(r#""shared""#),
        option(
            "policies",
            Kind::List { item: &Kind::String(&POLICY_ARN), min: 0, max: usize::MAX },
            "Additional managed policies. Only with a dedicated role: on the shared one they would apply to every skill of the account. A policy that is removed from this list stays attached.",
        )
        .values("a list of ARNs")
        .default("[]")
        .examples(&[r#"["arn:aws:iam::aws:policy/AmazonSNSFullAccess"]"#]),
        option(
            "permissionsBoundary",
            Kind::String(&BOUNDARY_ARN),
            "A managed policy that limits what the role can be allowed to do (see docs/permissions.md). Only with a dedicated role. An existing role gets it as well; without this option a role keeps the boundary that it has.",
        )
        .values("the ARN of a managed policy")
        .default_is("none for a new role")
        .examples(&[r#""arn:aws:iam::123456789012:policy/litexa-boundary""#]),
    ],
)
.rules(&[Rule {
    either: ("role", Is::OneOf(&["dedicated"])),
    or: &[("policies", Is::Empty), ("permissionsBoundary", Is::Unset)],
    problem: "must be \"dedicated\" with iamConfiguration.policies or iamConfiguration.permissionsBoundary, which would apply to every Litexa skill of the account otherwise, since they all share one role",
    hint: "Set iamConfiguration.role to \"dedicated\"",
}]);

/// Also read from an environment variable.
pub(crate) const LOG_FORMATS: Declaration = option(
    "formats",
    Kind::List { item: &Kind::OneOf(&[("text", ""), ("jsonl", ""), ("html", "")]), min: 1, max: usize::MAX },
    "The files to write: text to read, one JSON object per request for tools, or a page for a browser. Overridden by the environment variable `LITEXA_LOGS_FORMATS`, as in `text,html`.",
)
.default(r#"["text"]"#)
.examples(&[r#"["text", "html"]"#]);

/// Also read from an environment variable.
pub(crate) const LOG_STATUS: Declaration = option(
    "status",
    Kind::OneOf(&[
        ("all", "all requests"),
        ("failed", "only the failed ones, and errors outside of requests. The counts still include all requests"),
    ]),
    "The requests to write. Overridden by the environment variable `LITEXA_LOGS_STATUS`.",
)
.default(r#""all""#)
.examples(&[r#""failed""#]);

/// Also read from an environment variable.
pub(crate) const LOG_SOURCE: Declaration = option(
    "source",
    Kind::OneOf(&[
        ("events", "the events themselves, for hours"),
        ("insights", "counts by CloudWatch Logs Insights, for days of a live skill; AWS bills the data that it scans"),
    ]),
    "The engine of `litexa logs`. Overridden by the environment variable `LITEXA_LOGS_SOURCE`.",
)
.default(r#""events""#)
.examples(&[r#""insights""#]);

/// See <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>.
const RETENTION_DAYS: [i64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

static LOGS_CONFIGURATION: Table = Table::new(
    "LogsConfiguration",
    "The retention of the logs, and the time range and the output of `litexa logs`.",
    &[
        option(
            "retentionInDays",
            Kind::IntegerOf(&RETENTION_DAYS),
            "How long a new log group keeps its events. An existing group keeps its own retention.",
        )
        .default("30")
        .examples(&["90"]),
        option(
            "minutes",
            Kind::Integer { min: 1, max: MAX_MINUTES },
            "The length of the time range, which ends now. Overridden by the environment variable `LITEXA_LOGS_MINUTES`.",
        )
        .default("60")
        .examples(&["15"]),
        option(
            "since",
            STRING,
            "The start of the time range, instead of `minutes`: a length of time up to now, or a time, which is local unless it has an offset or a time zone. Overridden by the environment variable `LITEXA_LOGS_SINCE`.",
        )
        .values("a length of time or an ISO time")
        .examples(&[
            r#""3h""#,
            r#""7d""#,
            r#""2026-11-22T08:30:00Z""#,
            r#""2026-11-22T08:30:00[Europe/Berlin]""#,
            r#""2026-11-22""#,
        ]),
        LOG_STATUS,
        LOG_FORMATS,
        LOG_SOURCE,
        option(
            "maxScannedGb",
            Kind::Integer { min: 1, max: 1_000_000 },
            "The data that `source: \"insights\"` may scan, in GB. It stops before, or as soon as it is more. Overridden by the environment variable `LITEXA_LOGS_MAX_SCANNED_GB`.",
        )
        .default("10")
        .examples(&["50"]),
        option("showTokens", Kind::Bool, "Shows the access tokens in requests, which are redacted otherwise.")
            .default("false"),
        option("logGroup", Kind::String(&LOG_GROUP), "The log group to read.")
            .values("the name or ARN of a log group")
            .default_is("`LoggingConfig.LogGroup`, else the function's own")
            .examples(&[r#""/aws/lambda/suncoast_production_litexa_handler""#]),
    ],
)
.rules(&[Rule {
    either: ("since", Is::Unset),
    or: &[("minutes", Is::Unset)],
    problem: "and logsConfiguration.minutes are mutually exclusive",
    hint: "Remove one of them",
}]);

pub(super) const FILE_EXTENSIONS: Kind = Kind::List { item: &Kind::String(&FILE_EXTENSION), min: 0, max: usize::MAX };

const LOCALIZED: MapFormat = MapFormat { values: MapValues::Strings(&ANY), ..ANYTHING };

/// Read by the Litexa CLI itself.
pub(crate) static CLI_OPTIONS: Table = Table::new(
    "CliOptions",
    "Options of a deployment target that the Litexa CLI itself reads, whatever the module.",
    &[
        option("module", STRING, "The package that deploys this target.")
            .not_null()
            .values("`\"@litexa/deploy-aws\"`")
            .examples(&[r#""@litexa/deploy-aws""#]),
        option("askProfile", STRING, "The ASK CLI profile with which the skill's manifest and model are sent to Alexa.")
            .values("a profile name")
            .examples(&[r#""default""#]),
        option(
            "useSessionAttributesForPersistentStore",
            Kind::Bool,
            "Stores the skill's state in Alexa's session attributes, which are lost when the session ends. No table is created.",
        )
        .default("false"),
        option("invocation", Kind::Map(&LOCALIZED), "Invocation names by locale, for this target only.")
            .values("an object of strings")
            .examples(&[r#"{"en-GB": "cloudy cats"}"#]),
        option(
            "invocationSuffix",
            STRING,
            "Appended to the invocation name of each locale, to distinguish targets when speaking.",
        )
        .values("a string")
        .examples(&[r#""dev""#]),
        option(
            "additionalAssetExtensions",
            FILE_EXTENSIONS,
            "Files with these extensions count as assets too, in this target.",
        )
        .values("a list of file extensions")
        .default("[]")
        .examples(&[r#"[".csv", ".webp"]"#]),
        option(
            "disableAssetReferenceValidation",
            Kind::Bool,
            "Allows the skill to refer to assets that are not in the project.",
        )
        .default("false"),
        option(
            "DEPLOY",
            Kind::Map(&ANYTHING),
            "Values that the skill reads as `DEPLOY.<name>`, when it is compiled and when it runs.",
        )
        .values("an object")
        .default("{}")
        .examples(&[r#"{"DEBUG": true, "MODE": "practice"}"#]),
        option("name", STRING, "Set by the CLI while it runs. Do not set it.").not_null().values("the target's name"),
    ],
);
