//! Checks the options of a target as a deployment does before its first request.

use super::finding::Finding;
use crate::config::unknown_key;
use crate::deploy;
use crate::deploy::request::DeployRequest;

const CHECK: &str = "options";

/// Returns each failure that a deployment to the region, if it is known, would have, and each key that this module does
/// not read.
pub(super) fn examine(target: &DeployRequest, region: Option<&str>) -> Vec<Finding> {
    let failures = deploy::option_failures(target, region);
    let unknown = target.options.unknown_keys.iter().map(|key| unknown(key));
    let findings: Vec<_> = failures.iter().map(|error| Finding::failed(CHECK, error)).chain(unknown).collect();
    if findings.is_empty() { vec![Finding::ok(CHECK, "valid")] } else { findings }
}

fn unknown(key: &str) -> Finding {
    let fix = match unknown_key::meant_by(key) {
        Some(option) => format!("Did you mean {option}?"),
        None => "Remove it, unless another tool reads it".to_owned(),
    };
    Finding::warning(CHECK, unknown_key::line(key), fix)
}
