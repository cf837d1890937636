//! Lists the files of the `aws-sdk` version 2 shim: the part that Litexa's handler uses.

macro_rules! shim {
    ($($file:literal),* $(,)?) => {
        [$((concat!("node_modules/aws-sdk/", $file), include_str!(concat!("js/aws-sdk/", $file)))),*]
    };
}

/// The shim's files: path in the package, and content.
pub(crate) const SDK_V2_SHIM: [(&str, &str); 10] = shim![
    "attribute-paths.js",
    "attribute-values.js",
    "cloudwatch.js",
    "dynamodb.js",
    "index.js",
    "package.json",
    "request.js",
    "service.js",
    "subpath.js",
    "unsupported.js",
];

/// Returns whether the runtime includes `aws-sdk` version 2: those up to Node.js 16 do.
pub(crate) fn includes_aws_sdk_v2(runtime: &str) -> bool {
    let version = runtime.strip_prefix("nodejs").and_then(|rest| rest.split('.').next());
    version.and_then(|version| version.parse::<u32>().ok()).is_some_and(|version| version <= 16)
}
