use super::*;
use crate::config::schema::samples::samples;
use crate::testing::deploy_request;
use aws_sdk_lambda::operation::create_function::CreateFunctionInput;
use aws_sdk_lambda::types::{EnvironmentResponse, EphemeralStorage, Layer, VpcConfigResponse};
use serde_json::{Map, Value, json};

const ACCESS_POINT: &str = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0";
const ROLE: &str = "arn:aws:iam::123456789012:role/service/cats";

fn deployment(lambda_configuration: Value) -> DeployRequest {
    let target = json!({ "lambdaConfiguration": lambda_configuration });
    deploy_request(&target)
}

fn desired(lambda_configuration: Value) -> Configuration {
    FunctionOptions::new(&deployment(lambda_configuration))
        .unwrap()
        .configuration
        .with_deployment_values("role-arn", Some("https://assets/"))
}

/// Returns the response of AWS for a function with this configuration.
fn deployed(configuration: &Configuration) -> GetFunctionConfigurationOutput {
    let variables = configuration.variables.clone().into_iter().collect();
    GetFunctionConfigurationOutput::builder()
        .set_description(configuration.description.clone())
        .set_handler(configuration.handler.clone())
        .set_memory_size(configuration.memory_size)
        .set_role(configuration.role.clone())
        .set_runtime(configuration.runtime.clone())
        .set_timeout(configuration.timeout)
        .environment(EnvironmentResponse::builder().set_variables(Some(variables)).build())
        .set_ephemeral_storage(EphemeralStorage::builder().size(512).build().ok())
        .build()
}

#[test]
fn litexas_values_are_the_defaults() {
    let configuration = desired(json!({}));
    assert_eq!(configuration.runtime, Some(Runtime::Nodejs24x));
    assert_eq!((configuration.memory_size, configuration.timeout), (Some(256), Some(10)));
    assert_eq!(configuration.description.as_deref(), Some("Litexa skill handler for project cats"));
    let variables: Vec<_> = configuration.variables.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(
        variables,
        [
            "assetsRoot=https://assets/",
            "dynamoTableName=cats_beta_litexa_handler_state",
            "loggingLevel=terse",
            "variant=beta"
        ]
    );
}

#[test]
fn values_of_the_target_take_precedence_key_by_key() {
    let configuration = desired(json!({
        "MemorySize": 128, "Role": ROLE, "Environment": {"Variables": {"loggingLevel": "verbose", "mine": "13"}}
    }));
    assert_eq!((configuration.memory_size, configuration.role.as_deref()), (Some(128), Some(ROLE)));
    assert_eq!(configuration.variables["loggingLevel"], "verbose");
    assert_eq!(configuration.variables["mine"], "13");
    assert_eq!(configuration.variables["variant"], "beta");
}

#[test]
fn the_deployed_configuration_does_not_differ_from_itself() {
    let configuration = desired(json!({"VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []}, "KMSKeyArn": ""}));
    assert_eq!(configuration.differences(&deployed(&configuration)), [""; 0]);
}

#[test]
fn differences_are_named_by_parameter_and_variable() {
    let mut old = deployed(&desired(json!({"Environment": {"Variables": {"byHand": "1"}}})));
    old.vpc_config = Some(VpcConfigResponse::builder().subnet_ids("subnet-b").subnet_ids("subnet-a").build());
    old.layers = Some(vec![Layer::builder().arn("arn:aws:lambda:us-east-1:123456789012:layer:a:1").build()]);
    let new = desired(json!({
        "Runtime": "nodejs22.x",
        "Timeout": 20,
        "Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:a:2"],
        "VpcConfig": {"SubnetIds": ["subnet-a", "subnet-b"]},
        "EphemeralStorage": {"Size": 1024},
        "Environment": {"Variables": {"loggingLevel": ""}},
    }));
    assert_eq!(
        new.differences(&old),
        ["Environment.Variables.loggingLevel", "Runtime", "Timeout", "Layers", "EphemeralStorage"]
    );
    let changed = new.retain_changed(&new.differences(&old));
    assert_eq!((changed.timeout, changed.memory_size, changed.description), (Some(20), None, None));
    assert_eq!(new.retain_changed(&["Timeout".into()]).removed_variables(&old).len(), 0);
    assert_eq!(new.removed_variables(&old).into_iter().collect::<Vec<_>>(), ["byHand"]);
}

#[test]
fn errors_name_the_key_in_full() {
    for (configuration, place) in [
        (json!({"MemorySise": 128}), "lambdaConfiguration.MemorySise"),
        (json!({"MemorySize": "128"}), "lambdaConfiguration.MemorySize"),
        (json!({"Environment": 7}), "lambdaConfiguration.Environment"),
        (json!({"Environment": {"Variables": "a=b"}}), "lambdaConfiguration.Environment.Variables"),
        (json!({"VpcConfig": {"SubnetIds": "subnet-a"}}), "lambdaConfiguration.VpcConfig.SubnetIds"),
        (json!({"FileSystemConfigs": [{"Arn": "a"}]}), "lambdaConfiguration.FileSystemConfigs"),
        (
            json!({"Environment": {"Variables": {"AWS_REGION": "x"}}}),
            "lambdaConfiguration.Environment.Variables.AWS_REGION",
        ),
        (json!({"Environment": {"Variables": {"9lives": "x"}}}), "lambdaConfiguration.Environment.Variables.9lives"),
    ] {
        let error = FunctionOptions::new(&deployment(configuration)).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidOption);
        assert!(error.message.contains(place), "{error}");
    }
}

fn environment_error(variables: Value) -> Option<String> {
    let configuration = json!({"Environment": {"Variables": variables}});
    FunctionOptions::new(&deployment(configuration)).err().map(|error| error.message)
}

/// The variables that Litexa sets have 98 bytes as JSON text, with a comma before the next one.
#[test]
fn the_size_of_variables_is_that_of_their_json_text() {
    let own = r#"{"dynamoTableName":"cats_beta_litexa_handler_state","loggingLevel":"terse","variant":"beta","#.len();
    let value = |length: usize| "x".repeat(length - own - r#""long":""}"#.len());
    assert_eq!(environment_error(json!({"long": value(4096)})), None);
    assert!(environment_error(json!({"long": value(4097)})).unwrap().contains("but has 4097 bytes"));
    // Each quote is escaped, and counts twice.
    let quotes = value(4096).replace('x', "\"");
    assert!(environment_error(json!({"long": quotes})).is_some());
    // The names, quotes, colons and commas of many small variables count, too.
    let many: Map<_, _> = (10..41).map(|number| (format!("NAME{number}"), json!("x".repeat(119)))).collect();
    let raw: usize = many.iter().map(|(name, value)| name.len() + value.as_str().unwrap().len()).sum();
    assert!(raw + own < 4096);
    assert!(environment_error(many.into()).is_some());
}

#[test]
fn the_assets_root_counts_once_it_is_known() {
    let long = json!({"Environment": {"Variables": {"long": "x".repeat(3950)}}});
    let options = FunctionOptions::new(&deployment(long)).unwrap();
    assert_eq!(options.configuration.with_deployment_values("role-arn", None).check_environment_size(), Ok(()));
    let complete = options.configuration.with_deployment_values("role-arn", Some(&"a".repeat(80)));
    assert!(complete.check_environment_size().is_err());
}

#[test]
fn numbers_outside_of_awss_ranges_are_errors_and_those_above_the_maximum_of_most_functions_are_warnings() {
    for (configuration, expected) in [
        (json!({"Timeout": 0}), "lambdaConfiguration.Timeout must be a whole number from 1 to 5400, but is 0"),
        (json!({"Timeout": 10_000}), "lambdaConfiguration.Timeout must be a whole number from 1 to 5400, but is 10000"),
        (
            json!({"MemorySize": 64}),
            "lambdaConfiguration.MemorySize must be a whole number from 128 to 32768, but is 64",
        ),
        (json!({"MemorySize": 102_400}), "lambdaConfiguration.MemorySize must be a whole number from 128 to 32768"),
        (
            json!({"MemorySize": "512"}),
            "lambdaConfiguration.MemorySize must be a whole number from 128 to 32768, but is \"512\"",
        ),
        (
            json!({"EphemeralStorage": {"Size": 100}}),
            "lambdaConfiguration.EphemeralStorage.Size must be a whole number from 512 to 32768, but is 100",
        ),
        (
            json!({"EphemeralStorage": {"Size": 102_400}}),
            "lambdaConfiguration.EphemeralStorage.Size must be a whole number from 512 to 32768, but is 102400",
        ),
        (
            json!({"DurableConfig": {"ExecutionTimeout": 0}}),
            "lambdaConfiguration.DurableConfig.ExecutionTimeout must be",
        ),
        (
            json!({"DurableConfig": {"RetentionPeriodInDays": 91}}),
            "lambdaConfiguration.DurableConfig.RetentionPeriodInDays must be",
        ),
        (json!({"Runtime": "python3.12"}), "lambdaConfiguration.Runtime must be a Node.js runtime"),
        (json!({"Role": "cats"}), "lambdaConfiguration.Role must be the ARN of a role, but is \"cats\""),
        (json!({"Role": "arn:aws:iam::123456789012:user/cats"}), "lambdaConfiguration.Role must be the ARN of a role"),
        (json!({"Role": "arn:aws:iam::1234:role/cats"}), "lambdaConfiguration.Role must be the ARN of a role"),
        (json!({"Runtime": "nodejs"}), "lambdaConfiguration.Runtime must be a Node.js runtime"),
        (
            json!({"Description": "x".repeat(257)}),
            "lambdaConfiguration.Description must have at most 256 characters, but has 257",
        ),
        (
            json!({"Handler": "index.han dler"}),
            "lambdaConfiguration.Handler must be 1 to 128 characters without spaces",
        ),
        (json!({"Handler": "x".repeat(129)}), "lambdaConfiguration.Handler must be"),
        (json!({"LoggingConfig": {"LogGroup": "a b*"}}), "lambdaConfiguration.LoggingConfig.LogGroup must be the name"),
        (
            json!({"LoggingConfig": {"LogGroup": "arn:aws:logs:us-east-1:123456789012:log-group:cats"}}),
            "lambdaConfiguration.LoggingConfig.LogGroup must be the name",
        ),
        (json!({"KMSKeyArn": "alias/x"}), "lambdaConfiguration.KMSKeyArn must be an ARN, but is \"alias/x\""),
        (json!({"DeadLetterConfig": {"TargetArn": "cats"}}), "lambdaConfiguration.DeadLetterConfig.TargetArn must be"),
        (
            json!({"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:sounds"]}),
            "lambdaConfiguration.Layers[0] must be the ARN of a version of a layer",
        ),
        (json!({"VpcConfig": {"SubnetIds": ["sg-1"]}}), "lambdaConfiguration.VpcConfig.SubnetIds[0] must be the ID"),
        (
            json!({"FileSystemConfigs": [{"Arn": "fsap-1", "LocalMountPath": "/mnt/x"}]}),
            "lambdaConfiguration.FileSystemConfigs[0].Arn must be the ARN of an access point",
        ),
        (json!({"Runtime": "NodeJS24.x"}), "lambdaConfiguration.Runtime must be a Node.js runtime"),
    ] {
        let error = FunctionOptions::new(&deployment(configuration)).unwrap_err();
        assert!(error.message.starts_with(expected), "{error}");
    }
    let warnings = |configuration| FunctionOptions::new(&deployment(configuration)).unwrap().warnings;
    for configuration in [
        json!({"Timeout": 1000, "MemorySize": 10_240, "EphemeralStorage": {"Size": 10_240}, "Runtime": "nodejs99.x"}),
        json!({"Timeout": 1, "MemorySize": 128, "EphemeralStorage": {"Size": 512}, "Runtime": "provided.al2023"}),
        json!({"MemorySize": 30_000, "CapacityProviderConfig": {}}),
    ] {
        assert_eq!(warnings(configuration), [""; 0]);
    }
    for (configuration, name) in [
        (json!({"Timeout": 1801}), "lambdaConfiguration.Timeout is 1801, and AWS accepts up to 1800"),
        (json!({"MemorySize": 10_241}), "lambdaConfiguration.MemorySize is 10241"),
        (json!({"EphemeralStorage": {"Size": 20_000}}), "lambdaConfiguration.EphemeralStorage.Size is 20000"),
    ] {
        let found = warnings(configuration);
        assert!(found.len() == 1 && found[0].starts_with(name), "{found:?}");
    }
}

#[test]
fn values_that_litexa_does_not_take_as_they_are_meant_are_warnings() {
    let warnings = |target: Value| FunctionOptions::new(&deploy_request(&target)).unwrap().warnings;
    let level = |level: &str| json!({"lambdaConfiguration": {"Environment": {"Variables": {"loggingLevel": level}}}});
    for (target, start) in [
        (json!({"overrideAssetsRoot": "https://cdn.example.com/cats"}), "overrideAssetsRoot is"),
        (level("Verbose"), "lambdaConfiguration.Environment.Variables.loggingLevel is \"Verbose\""),
        (level("debug"), "lambdaConfiguration.Environment.Variables.loggingLevel is \"debug\""),
    ] {
        let found = warnings(target);
        assert!(found.len() == 1 && found[0].starts_with(start), "{found:?}");
    }
    for target in [
        json!({"overrideAssetsRoot": "https://cdn.example.com/cats/"}),
        json!({"overrideAssetsRoot": "https://c.example/get?path="}),
        level(""),
        level("verbose"),
    ] {
        assert_eq!(warnings(target), [""; 0]);
    }
}

#[test]
fn a_number_of_versions_that_is_null_is_not_set() {
    let keep = |configuration: Value| FunctionOptions::new(&deployment(configuration)).unwrap().keep_versions;
    assert_eq!([json!({}), json!({"keepVersions": null})].map(keep), [None, None]);
    // Zero is a number.
    assert_eq!([json!({"keepVersions": 0}), json!({"keepVersions": 3})].map(keep), [Some(0), Some(3)]);
    let wrong = |value: Value| FunctionOptions::new(&deployment(json!({ "keepVersions": value }))).is_err();
    assert!([json!("null"), json!(-1), json!(1.5), json!([])].map(wrong).iter().all(|is_wrong| *is_wrong));
}

#[test]
fn every_declared_parameter_is_used() {
    let samples = samples(&LAMBDA_CONFIGURATION);
    assert!(samples.len() > 25);
    let options = |values: Map<String, Value>| FunctionOptions::new(&deployment(values.into())).unwrap();
    for (key, with, without) in samples {
        assert_ne!(options(with), options(without), "{key}");
    }
}

#[test]
fn every_parameter_of_create_function_is_an_option_or_has_a_reason_why_not() {
    // Fields that the SDK gets with a new version are in its `Debug` as well.
    let input = CreateFunctionInput::builder().function_name("cats").role(ROLE).build().unwrap();
    let text = format!("{input:?}").replace('_', "");
    let fields = text.strip_prefix("CreateFunctionInput { ").unwrap().split(", ");
    let parameters: Vec<&str> = fields.map(|field| field.split(": ").next().unwrap()).collect();
    assert!(parameters.len() > 25 && parameters.contains(&"kmskeyarn"), "{parameters:?}");
    let reasons = LAMBDA_CONFIGURATION.unsupported.iter().map(|(key, _)| *key);
    let known: Vec<String> = LAMBDA_CONFIGURATION.keys().chain(reasons).map(str::to_lowercase).collect();
    let unknown: Vec<&str> = parameters.into_iter().filter(|name| !known.iter().any(|key| key == name)).collect();
    assert_eq!(unknown, Vec::<&str>::new());
}

#[test]
fn a_change_is_described_with_old_and_new_values_but_without_those_of_variables() {
    let mut old = deployed(&desired(json!({
        "Runtime": "nodejs22.x", "MemorySize": 128, "Description": "", "Environment": {"Variables": {"token": "old"}}
    })));
    old.layers = Some(vec![Layer::builder().arn("arn:aws:lambda:us-east-1:123456789012:layer:a:1").build()]);
    old.vpc_config = Some(VpcConfigResponse::builder().subnet_ids("subnet-b").vpc_id("vpc-1").build());
    let new = desired(json!({
        "Runtime": "nodejs24.x",
        "MemorySize": 256,
        "Description": "The\nskill of\u{20}cats",
        "KMSKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1",
        "Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:a:2", "arn:aws:lambda:us-east-1:123456789012:layer:a:3"],
        "VpcConfig": {"SubnetIds": ["subnet-b", "subnet-a"], "SecurityGroupIds": ["sg-1"]},
        "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:failed"},
        "LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "WARN"},
        "EphemeralStorage": {"Size": 1024},
        "TracingConfig": {"Mode": "Active"},
        "SnapStart": {"ApplyOn": "PublishedVersions"},
        "FileSystemConfigs": [{"Arn": ACCESS_POINT, "LocalMountPath": "/mnt/a"}],
        "Environment": {"Variables": {"token": "s3cret"}},
    }));
    let described = new.describe(&new.differences(&old), &old);
    assert_eq!(described.split(", ").find(|part| !part.contains(" -> ")), Some("Environment.Variables.token"));
    for change in [
        "Runtime nodejs22.x -> nodejs24.x",
        "MemorySize 128 -> 256",
        "Description (not set) -> The skill of cats",
        "KMSKeyArn (not set) -> arn:aws:kms:us-east-1:123456789012:key/1",
        "Layers [arn:aws:lambda:us-east-1:123456789012:layer:a:1] -> [arn:aws:lambda:us-east-1:123456789012:layer:a:2, arn:aws:lambda:us-east-1:123456789012:layer:a:3]",
        "VpcConfig SubnetIds: [subnet-b] -> SubnetIds: [subnet-a, subnet-b], SecurityGroupIds: [sg-1]",
        "DeadLetterConfig (not set) -> arn:aws:sqs:us-east-1:123456789012:failed",
        "LoggingConfig (not set) -> LogFormat: JSON, SystemLogLevel: WARN",
        "EphemeralStorage 512 -> 1024",
        "TracingConfig (not set) -> Active",
        "SnapStart (not set) -> PublishedVersions",
        "FileSystemConfigs (not set) -> [arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0 at /mnt/a]",
    ] {
        assert!(described.contains(change), "{change} in {described}");
    }
    assert!(!described.contains("s3cret") && !described.contains("old"), "{described}");
    let long = desired(json!({"Description": "x".repeat(250)}));
    assert!(long.describe(&["Description".to_owned()], &old).ends_with(&format!("-> {}…", "x".repeat(120))));
}
