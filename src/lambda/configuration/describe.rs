//! Describes a change of the configuration: each parameter with its old and new value, variables by their names only.

use super::parameters::Configuration;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;

/// The text of a parameter that is not set.
const NOT_SET: &str = "(not set)";

/// The characters of a value that are shown.
const MAX_CHARS: usize = 120;

impl Configuration {
    /// Describes a change, as named by [`Configuration::differences`].
    pub(crate) fn describe(&self, differences: &[String], deployed: &GetFunctionConfigurationOutput) -> String {
        let deployed = Configuration::of_function(deployed);
        let describe = |parameter: &String| {
            let text = |configuration: &Configuration| {
                configuration.text(parameter).filter(|text| !text.is_empty()).unwrap_or(NOT_SET.to_owned())
            };
            let (old, new) = (text(&deployed), text(self));
            // AWS shows a part of some parameters only, and none of a variable's value is shown here.
            if old == new {
                parameter.clone()
            } else {
                format!("{parameter} {} -> {}", shortened(&old), shortened(&new))
            }
        };
        differences.iter().map(describe).collect::<Vec<_>>().join(", ")
    }
}

fn shortened(text: &str) -> String {
    let mut chars = text.chars();
    let start: String = chars.by_ref().take(MAX_CHARS).collect();
    if chars.next().is_some() { format!("{start}…") } else { start }
}
