//! Lists the files of the `aws-sdk` version 2 shim: the part that Litexa's handler uses.

macro_rules! shim {
    ($($file:literal),* $(,)?) => {
        [$((concat!("node_modules/aws-sdk/", $file), include_str!(concat!("js/aws-sdk/", $file)))),*]
    };
}

/// The shim's files: path in the package, and content.
pub(crate) const SDK_V2_SHIM: [(&str, &str); 37] = shim![
    "cloudwatch.js",
    "config.js",
    "converter.js",
    "core.js",
    "crc32.js",
    "credentials.js",
    "document-client.js",
    "dynamodb-service.js",
    "dynamodb.js",
    "endpoint.js",
    "error.js",
    "http-client.js",
    "http-message.js",
    "index.js",
    "json-protocol.js",
    "lifecycle.js",
    "maintenance-mode-message.js",
    "models/cloudwatch.json",
    "models/dynamodb.json",
    "models/other-classes.json",
    "number-value.js",
    "package.json",
    "param-validator.js",
    "request.js",
    "response.js",
    "retry.js",
    "sequential-executor.js",
    "service.js",
    "set.js",
    "shapes.js",
    "signature.js",
    "type-of.js",
    "unsupported-client.js",
    "unsupported.js",
    "util.js",
    "version.js",
    "waiter.js",
];

/// Returns whether the runtime includes `aws-sdk` version 2: those up to Node.js 16 do.
pub(crate) fn includes_aws_sdk_v2(runtime: &str) -> bool {
    let version = runtime.strip_prefix("nodejs").and_then(|rest| rest.split('.').next());
    version.and_then(|version| version.parse::<u32>().ok()).is_some_and(|version| version <= 16)
}
