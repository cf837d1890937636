//! Replaces the placeholders of the documented policy by the names of a target.

use super::selection::external_role;
use crate::aws::arn::{Arn, Partition};
use crate::aws::policy_document::texts;
use crate::config::options::RoleOptions;
use crate::deploy::request::DeployRequest;
use serde_json::{Map, Value};

/// Where the target is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) region: &'a str,
    /// `None` keeps the placeholder.
    pub(crate) account: Option<&'a str>,
}

const ACCOUNT: &str = "myAccountId";
const SHARED_ROLE: &str = "arn:aws:iam::myAccountId:role/litexa_handler_lambda";
const BOUNDARY: &str = "arn:aws:iam::myAccountId:policy/litexa-boundary";
const LOG_GROUP: &str = "/aws/lambda/*_*_litexa_handler";
const OBJECTS: &str = "arn:aws:s3:::myBucketName/*";
const OWN_OBJECTS: &str = "arn:aws:s3:::myBucketName/.litexa-deploy-aws/*";
const MANIFESTS: &str = "arn:aws:s3:::myBucketName/.litexa-deploy-aws/*/upload-manifest.json";

/// Returns a statement with the names of a target.
pub(super) fn fill_in(statement: &Value, target: &DeployRequest, place: Place<'_>) -> Value {
    let mut filled = statement.clone();
    if let Some(resources) = filled.get_mut("Resource") {
        *resources = texts(resources).flat_map(|resource| resources_of(resource, target, place)).collect();
        if let Value::Array(one) = resources
            && one.len() == 1
        {
            *resources = one.remove(0);
        }
    }
    if let Some(conditions) = filled.get_mut("Condition").and_then(Value::as_object_mut) {
        for (_, keys) in conditions.iter_mut() {
            fill_in_condition(keys, target, place);
        }
    }
    filled
}

fn fill_in_condition(keys: &mut Value, target: &DeployRequest, place: Place<'_>) {
    for (key, value) in keys.as_object_mut().unwrap_or(&mut Map::new()) {
        match (key.as_str(), &target.options.s3.bucket_owner) {
            ("aws:ResourceAccount", Some(owner)) => *value = Value::from(owner.as_str()),
            _ => map_texts(value, &|text| filled(text, target, place)),
        }
    }
}

fn resources_of(resource: &str, target: &DeployRequest, place: Place<'_>) -> Vec<Value> {
    let function = target.project.function_name();
    let prefix = target.project.asset_prefix();
    let (own, packages) = (format!(".litexa-deploy-aws/{prefix}"), format!(".litexa-deploy-aws/{function}-*"));
    let keys = match resource {
        OBJECTS => vec![format!("{prefix}*"), format!("{own}*"), packages],
        OWN_OBJECTS => vec![format!("{own}*"), packages],
        MANIFESTS => vec![format!("{own}upload-manifest.json")],
        _ => return log_groups(resource, target, place),
    };
    let object = |key: &String| filled(&format!("arn:aws:s3:::myBucketName/{key}"), target, place);
    keys.iter().map(object).map(Value::from).collect()
}

/// Returns the log group that the function writes to and the one that is read, where the resource is one.
fn log_groups(resource: &str, target: &DeployRequest, place: Place<'_>) -> Vec<Value> {
    if !resource.contains(LOG_GROUP) {
        return vec![filled(resource, target, place).into()];
    }
    let written = target.options.function_log_group().ok().flatten();
    let written = written.unwrap_or_else(|| target.project.log_group_name());
    let read = target.options.logs.log_group.as_deref().map_or(written.as_str(), name_of_log_group);
    let mut names = vec![written.as_str(), read];
    names.dedup();
    names.iter().map(|name| filled(&resource.replace(LOG_GROUP, name), target, place).into()).collect()
}

fn name_of_log_group(group: &str) -> &str {
    let Some(arn) = Arn::parse(group) else { return group };
    arn.resource.strip_prefix("log-group:").and_then(|name| name.split(':').next()).unwrap_or(group)
}

/// Returns a text with the names in place of the placeholders.
fn filled(text: &str, target: &DeployRequest, place: Place<'_>) -> String {
    match text {
        SHARED_ROLE if external_role(target).is_some() => return external_role(target).unwrap_or_default().to_owned(),
        BOUNDARY => {
            if let RoleOptions::Dedicated { permissions_boundary: Some(boundary), .. } = &target.options.role {
                return boundary.clone();
            }
        }
        _ => {}
    }
    let partition = Partition::of_region(place.region).id;
    let account = place.account.unwrap_or(ACCOUNT);
    let bucket = target.options.s3.bucket_name.as_deref().unwrap_or("myBucketName");
    text.replace("*_*_litexa_handler_state", &target.project.table_name())
        .replace("*_*_litexa_handler", &target.project.function_name())
        .replace(":*:myAccountId:", &format!(":{}:{account}:", place.region))
        .replace(ACCOUNT, account)
        .replace("myBucketName", bucket)
        .replace("arn:aws:", &format!("arn:{partition}:"))
}

fn map_texts(value: &mut Value, change: &dyn Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Array(values) => values.iter_mut().for_each(|value| map_texts(value, change)),
        _ => {}
    }
}
