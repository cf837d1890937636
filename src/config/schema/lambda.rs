//! Declares `lambdaConfiguration`: the parameters of the function, in their AWS spelling.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>.

use super::declaration::{Kind, MapFormat, MapValues, Table, object, option};
use super::formats::{ANY, ANYTHING};
use super::lambda_formats::{
    ACCESS_POINT_ARN, CAPACITY_PROVIDER_ARN, DESCRIPTION, HANDLER, LAYER_ARN, LOG_GROUP_NAME, MOUNT_PATH, RESOURCE_ARN,
    ROLE_ARN, RUNTIME, SECURITY_GROUP, SUBNET, VARIABLE_NAME,
};

const STRING: Kind = Kind::String(&ANY);
const ARN: Kind = Kind::String(&RESOURCE_ARN);

const fn list_of(item: &'static Kind) -> Kind {
    Kind::List { item, min: 0, max: usize::MAX }
}

/// A whole number in the range of AWS's service model: Lambda rejects all others. For most functions, the highest one that
/// it accepts is lower, and is raised at times: a number above that is a warning (`max_today`).
/// See <https://github.com/boto/botocore/blob/develop/botocore/data/lambda/2015-03-31/service-2.json>.
const fn from_to(min: i64, max: i64) -> Kind {
    Kind::Integer { min, max }
}

const KMS_KEY: [&str; 1] = [r#""arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab""#];
const FILE_SYSTEM: [&str; 1] =
    [r#""arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0""#];

pub(crate) static LAMBDA_CONFIGURATION: Table = Table::new(
    "LambdaConfiguration",
    "Parameters of Lambda's `CreateFunction`, in their AWS spelling, and `endpointVersion` and `keepVersions` of this module. They override the defaults; other parameters are left unchanged.",
    &[
        option("Description", Kind::String(&DESCRIPTION), "The description of the function.")
            .values("a string")
            .default_is("`Litexa skill handler for project <name>`")
            .examples(&[r#""The handler of the tea house""#]),
        option("Runtime", Kind::String(&RUNTIME), "The version of Node.js that the handler runs on.")
            .values("a Node.js runtime")
            .default(r#""nodejs24.x""#)
            .examples(&[r#""nodejs24.x""#, r#""nodejs22.x""#]),
        option(
            "MemorySize",
            from_to(128, 32_768),
            "The memory, and in proportion the share of a processor. More than 10,240 is for few functions, with a warning.",
        )
        .values("megabytes")
        .default("256")
        .max_today(10_240)
        .examples(&["512"]),
        option(
            "Timeout",
            from_to(1, 5400),
            "The time after which Lambda ends an invocation. Alexa itself waits for about eight seconds. More than 1,800 is for few functions, with a warning.",
        )
        .values("seconds")
        .default("10")
        .max_today(1800)
        .examples(&["8"]),
        object("Environment", &ENVIRONMENT).secret(),
        option(
            "Architectures",
            Kind::List { item: &Kind::OneOf(&[("x86_64", ""), ("arm64", "")]), min: 1, max: 1 },
            "The processor architecture. A change uploads the code again.",
        )
        .values("`[\"x86_64\"]` or `[\"arm64\"]`")
        .default_is("`[\"x86_64\"]`, as in Lambda")
        .examples(&[r#"["arm64"]"#]),
        option("Role", Kind::String(&ROLE_ARN), "An existing role. It is used as it is, and `iamConfiguration` has no effect.")
            .values("an ARN")
            .default_is("the role of `iamConfiguration`")
            .examples(&[r#""arn:aws:iam::123456789012:role/suncoast""#]),
        option(
            "Handler",
            Kind::String(&HANDLER),
            "The module and the function in it that Lambda calls. The default is the entry point that this module adds to the handler. A module that neither the package nor a layer has is an error.",
        )
        .values("a string")
        .default(r#""index.handler""#)
        .examples(&[r#""index.handler""#]),
        option("Layers", list_of(&Kind::String(&LAYER_ARN)), "Layers, the lowest first.")
            .values("a list of ARNs")
            .examples(&[r#"["arn:aws:lambda:us-east-1:123456789012:layer:sounds:3"]"#]),
        object("VpcConfig", &VPC_CONFIG),
        option("KMSKeyArn", ARN, "The key with which Lambda encrypts the variables.")
            .values("an ARN")
            .default_is("Lambda's own key")
            .examples(&KMS_KEY),
        object("DeadLetterConfig", &DEAD_LETTER_CONFIG),
        object("TracingConfig", &TRACING_CONFIG),
        object("EphemeralStorage", &EPHEMERAL_STORAGE),
        option("FileSystemConfigs", Kind::Objects(&FILE_SYSTEM_CONFIG), "File systems that are mounted as folders.")
            .values("a list of `{ Arn, LocalMountPath }`")
            .examples(&[
                r#"[{"Arn": "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0", "LocalMountPath": "/mnt/sounds"}]"#,
            ]),
        object("SnapStart", &SNAP_START),
        object("LoggingConfig", &LOGGING_CONFIG),
        object("DurableConfig", &DURABLE_CONFIG),
        object("CapacityProviderConfig", &CAPACITY_PROVIDER_CONFIG),
        option(
            "endpointVersion",
            Kind::OneOf(&[
                ("latest", "`$LATEST`: a change of the configuration is live a moment before the code that comes with it."),
                (
                    "published",
                    "The version that the deployment publishes: configuration and code change together. Needs `lambda:PublishVersion`.",
                ),
            ]),
            "Not an AWS parameter. The version that the skill's endpoint, the alias `release-<n>`, points to.",
        )
        .default(r#""latest""#),
        option(
            "keepVersions",
            Kind::Integer { min: 0, max: 10_000 },
            "Not an AWS parameter. The number of published versions to keep; older ones are deleted, except for those that an alias points to.",
        )
        .values("a number")
        .default_is("all are kept")
        .examples(&["10"]),
    ],
)
.unsupported(&[
    ("Code", "the code is the skill's handler, which this module packages"),
    ("CodeSigningConfigArn", "the package is not signed, so Lambda would reject it"),
    ("FunctionName", "the name consists of the project and the deployment target"),
    ("ImageConfig", "it is for container images, and the function is created from a zip"),
    ("PackageType", "the function is created from a zip"),
    ("Publish", "each deployment that changes the code publishes a version"),
    ("PublishTo", "each deployment that changes the code publishes a version"),
    ("RevisionId", "it identifies one state of the function, so that the next deployment would be rejected"),
    ("Tags", "the option `tags` of the target has the tags of the function and of the other resources"),
    // https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation-invoke.html
    ("TenancyConfig", "Lambda then asks for the ID of a tenant with each invocation, which Alexa does not send"),
]);

static ENVIRONMENT: Table = Table::new(
    "",
    "The environment of the handler.",
    &[option(
        "Variables",
        Kind::Map(&VARIABLES),
        "Environment variables, in addition to those that Litexa sets, which are listed here; up to 4 KB in total as JSON text. Numbers and booleans become strings, and `null` counts as not set.",
    )
    .values("an object")
    .secret()
    .examples(&[r#"{"loggingLevel": "verbose", "mySpecialVariable": 13}"#])],
);

/// Values are strings when they arrive: only JavaScript knows its own spelling of them.
const VARIABLES: MapFormat = MapFormat {
    names: Some(&VARIABLE_NAME),
    values: MapValues::Scalars,
    documented: &[
        option(
            "loggingLevel",
            STRING,
            "`terse` logs the relevant part of requests, `verbose` all of it, and an empty string nothing.",
        )
        .values("`terse`, `verbose` or an empty string")
        .default(r#""terse""#)
        .examples(&[r#""verbose""#]),
        option("variant", STRING, "The name of the target.").values("a string").default_is("the target's name"),
        option("dynamoTableName", STRING, "The table with the skill's state.")
            .values("a table name")
            .default_is("the table, or `NO_TABLE_DEPLOYED`"),
        option("assetsRoot", STRING, "The base URL of the assets.")
            .values("a URL")
            .default_is("`overrideAssetsRoot`, or else the URL of the bucket's assets; not set without both"),
    ],
    ..ANYTHING
};

static VPC_CONFIG: Table = Table::new(
    "",
    "The network of the function.",
    &[
        option("SubnetIds", list_of(&Kind::String(&SUBNET)), "The subnets.")
            .values("a list of IDs")
            .examples(&[r#"["subnet-0123456789abcdef0"]"#]),
        option("SecurityGroupIds", list_of(&Kind::String(&SECURITY_GROUP)), "The security groups.")
            .values("a list of IDs")
            .examples(&[r#"["sg-0123456789abcdef0"]"#]),
        option("Ipv6AllowedForDualStack", Kind::Bool, "Allows outbound IPv6 traffic where the subnets support it.")
            .default_is("`false`, as in Lambda"),
    ],
);

static DEAD_LETTER_CONFIG: Table = Table::new(
    "",
    "The destination of events that could not be processed.",
    &[option(
        "TargetArn",
        ARN,
        "A queue or topic. Alexa invokes synchronously, so it receives the events of other callers only.",
    )
    .values("an ARN")
    .examples(&[r#""arn:aws:sqs:us-east-1:123456789012:suncoast""#])],
);

static TRACING_CONFIG: Table = Table::new(
    "",
    "Tracing with X-Ray.",
    &[option(
        "Mode",
        Kind::OneOf(&[("Active", ""), ("PassThrough", "")]),
        "Whether requests are traced that the caller does not trace.",
    )
    .default_is("`PassThrough`, as in Lambda")],
);

static EPHEMERAL_STORAGE: Table = Table::new(
    "",
    "The folder `/tmp`.",
    &[option(
        "Size",
        from_to(512, 32_768),
        "The size of the folder. More than 10,240 is for few functions, with a warning.",
    )
    .values("megabytes")
    .max_today(10_240)
    .default_is("512, as in Lambda")
    .examples(&["1024"])],
);

static FILE_SYSTEM_CONFIG: Table = Table::new(
    "",
    "A file system.",
    &[
        option("Arn", Kind::String(&ACCESS_POINT_ARN), "An access point of an EFS file system.")
            .required()
            .values("an ARN")
            .examples(&FILE_SYSTEM),
        option("LocalMountPath", Kind::String(&MOUNT_PATH), "The folder in `/mnt` where it is mounted.")
            .required()
            .values("a path")
            .examples(&[r#""/mnt/sounds""#]),
    ],
);

static SNAP_START: Table = Table::new(
    "",
    "Starting from a snapshot.",
    &[option(
        "ApplyOn",
        Kind::OneOf(&[("PublishedVersions", ""), ("None", "")]),
        "The versions that get a snapshot. AWS supports it for few runtimes.",
    )
    .default_is("`None`, as in Lambda")],
);

pub(crate) static LOGGING_CONFIG: Table = Table::new(
    "",
    "The format and destination of logs.",
    &[
        option(
            "LogFormat",
            Kind::OneOf(&[("Text", ""), ("JSON", "")]),
            "Lines as the handler writes them, or one JSON object each. `litexa logs` reads both.",
        )
        .default_is("`Text`, as in Lambda"),
        option(
            "ApplicationLogLevel",
            Kind::OneOf(&[("TRACE", ""), ("DEBUG", ""), ("INFO", ""), ("WARN", ""), ("ERROR", ""), ("FATAL", "")]),
            "The lowest level of the handler's lines. With `JSON` only. Requests are logged at `INFO`.",
        )
        .default_is("`INFO`, as in Lambda"),
        option(
            "SystemLogLevel",
            Kind::OneOf(&[("DEBUG", ""), ("INFO", ""), ("WARN", "")]),
            "The lowest level of Lambda's own lines. With `JSON` only.",
        )
        .default_is("`INFO`, as in Lambda"),
        option(
            "LogGroup",
            Kind::String(&LOG_GROUP_NAME),
            "The log group, which is created if it is missing. `litexa logs` reads it.",
        )
        .values("the name of a log group")
        .default_is("`/aws/lambda/<name>_<target>_litexa_handler`")
        .examples(&[r#""/skills/suncoast""#]),
    ],
);

static DURABLE_CONFIG: Table = Table::new(
    "",
    "Durable functions, which resume where they were interrupted.",
    &[
        option("ExecutionTimeout", from_to(1, 31_622_400), "The maximum duration of an execution.")
            .values("seconds")
            .examples(&["3600"]),
        option("RetentionPeriodInDays", from_to(1, 90), "How long the history of an execution is kept.")
            .values("days")
            .examples(&["14"]),
        option("KMSKeyArn", ARN, "The key with which the state is encrypted.").values("an ARN").examples(&KMS_KEY),
    ],
);

static CAPACITY_PROVIDER_CONFIG: Table = Table::new(
    "",
    "Runs the function on Lambda Managed Instances.",
    &[object("LambdaManagedInstancesCapacityProviderConfig", &MANAGED_INSTANCES)],
);

static MANAGED_INSTANCES: Table = Table::new(
    "",
    "Instances in your account that Lambda manages.",
    &[
        option("CapacityProviderArn", Kind::String(&CAPACITY_PROVIDER_ARN), "The capacity provider.")
            .required()
            .values("an ARN")
            .examples(&[r#""arn:aws:lambda:us-east-1:123456789012:capacity-provider:suncoast""#]),
        option("ExecutionEnvironmentMemoryGiBPerVCpu", Kind::Number { min: 2 }, "The memory for each processor.")
            .values("gigabytes")
            .max_today(8)
            .examples(&["2"]),
        option(
            "PerExecutionEnvironmentMaxConcurrency",
            from_to(1, 1600),
            "The number of requests that one execution environment handles concurrently.",
        )
        .values("a number")
        .examples(&["8"]),
    ],
)
.examples(&[r#"{"CapacityProviderArn": "arn:aws:lambda:us-east-1:123456789012:capacity-provider:suncoast"}"#]);
