use super::*;
use crate::config::options::Options;
use crate::config::project::Project;
use crate::config::schema::samples::samples;
use aws_sdk_lambda::types::{EnvironmentResponse, EphemeralStorage, Layer, VpcConfigResponse};
use serde_json::{Map, Value, json};

fn deployment(lambda_configuration: Value) -> DeployRequest {
    let target = json!({ "lambdaConfiguration": lambda_configuration });
    DeployRequest {
        project: Project {
            name: "cats".into(),
            variant: "beta".into(),
            root: "/p".into(),
            litexa_root: "/p/litexa".into(),
        },
        options: Options::parse(target.as_object().unwrap()).unwrap(),
        deploy_root: "/p/.deploy/beta".into(),
        use_cache: true,
        persistent_store: true,
        current_version: 0,
        previous_artifacts: serde_json::Map::default(),
        assets: None,
        handler: None,
    }
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
        "MemorySize": 128, "Role": "mine", "Environment": {"Variables": {"loggingLevel": "verbose", "mine": "13"}}
    }));
    assert_eq!((configuration.memory_size, configuration.role.as_deref()), (Some(128), Some("mine")));
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
    old.layers = Some(vec![Layer::builder().arn("layer:1").build()]);
    let new = desired(json!({
        "Runtime": "nodejs22.x",
        "Timeout": 20,
        "Layers": ["layer:2"],
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
    let long = json!({"Environment": {"Variables": {"long": "x".repeat(4096)}}});
    assert!(FunctionOptions::new(&deployment(long)).unwrap_err().message.contains("at most 4096 bytes"));
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
