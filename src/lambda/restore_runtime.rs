//! Restores the runtime of a function that AWS has refused new code for, after its configuration was updated.
//!
//! Lambda changes configuration and code by different calls, of which the second may be refused although the code was
//! checked before. Earlier code may not run on a new runtime.

use crate::aws;
use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::error::{Error, Result};
use crate::lambda::configuration::Configuration;
use crate::lambda::function_state::wait_until_ready;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::Runtime;

/// The parameters that code has to fit.
const RESTORED: [&str; 3] = ["Runtime", "Handler", "Layers"];

/// A function whose configuration was updated.
pub(crate) struct Updated<'a> {
    pub(crate) name: &'a str,
    /// Its state before the update.
    pub(crate) before: &'a GetFunctionConfigurationOutput,
    /// The parameters that were updated.
    pub(crate) differences: &'a [String],
}

impl Updated<'_> {
    /// Restores what the earlier code has to fit, and returns the error of the refused code, with what the function runs
    /// now.
    pub(crate) async fn after_refused_code(&self, session: Session<'_>, lambda: &Client, refusal: Error) -> Error {
        let Updated { name, before, .. } = self;
        let runs = match wait_until_ready(lambda, name).await {
            Ok(now) if now.code_sha256() == before.code_sha256() => match self.restore(session, lambda).await {
                Ok(state) => format!("{name} runs its earlier code, {state}"),
                Err(error) => {
                    let runtime = now.runtime().map_or("its new runtime", Runtime::as_str);
                    format!("{name} runs its earlier code on {runtime}, because {}", error.message)
                }
            },
            // The refusal names other code; the new code is there if only the answer was lost.
            Ok(_) => return refusal,
            Err(error) => format!("the code that {name} runs is not known, because {}", error.message),
        };
        let message = format!("{}; {runs}", refusal.message);
        Error { message, ..refusal }
    }

    /// Returns what the earlier code runs with.
    async fn restore(&self, session: Session<'_>, lambda: &Client) -> Result<String> {
        let Updated { name, before, differences } = self;
        let restored: Vec<_> = RESTORED.into_iter().filter(|parameter| is_in(differences, parameter)).collect();
        if restored.is_empty() {
            return Ok("with its new configuration".to_owned());
        }
        let operation = format!("restoring {} of {name}", restored.join(", "));
        session.reporter.log(operation.as_str());
        let earlier = earlier_parameters(before, differences);
        aws::call(operation, "lambda:UpdateFunctionConfiguration")
            .reporting(session.reporter)
            .after(RecentChange::FunctionCreated)
            .send(|| earlier.apply_to_update(lambda.update_function_configuration().function_name(*name)).send())
            .await?;
        wait_until_ready(lambda, name).await?;
        let runtime = before.runtime().map_or("its earlier runtime", Runtime::as_str);
        Ok(format!("on {runtime} as before"))
    }
}

fn is_in(differences: &[String], parameter: &str) -> bool {
    differences.iter().any(|name| name == parameter)
}

/// Returns the values that the updated parameters had before.
fn earlier_parameters(before: &GetFunctionConfigurationOutput, differences: &[String]) -> Configuration {
    let layers = before.layers().iter().filter_map(|layer| layer.arn().map(str::to_owned));
    let earlier = Configuration {
        runtime: before.runtime().cloned(),
        handler: before.handler().map(str::to_owned),
        layers: Some(layers.collect()),
        ..Configuration::default()
    };
    earlier.retain_changed(differences)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_lambda::types::Layer;

    #[test]
    fn only_what_the_code_has_to_fit_is_restored_as_far_as_it_was_updated() {
        let before = GetFunctionConfigurationOutput::builder()
            .runtime(Runtime::Nodejs22x)
            .handler("old.handler")
            .memory_size(128)
            .layers(Layer::builder().arn("arn:layer:1").build())
            .build();
        let restored = |differences: &[&str]| {
            let differences: Vec<_> = differences.iter().map(|name| (*name).to_owned()).collect();
            let Configuration { runtime, handler, layers, memory_size, .. } = earlier_parameters(&before, &differences);
            assert_eq!(memory_size, None);
            (runtime, handler, layers)
        };
        assert_eq!(restored(&["Runtime", "MemorySize"]), (Some(Runtime::Nodejs22x), None, None));
        assert_eq!(
            restored(&["Handler", "Layers"]),
            (None, Some("old.handler".to_owned()), Some(vec!["arn:layer:1".to_owned()]))
        );
        assert_eq!(restored(&["MemorySize"]), (None, None, None));
    }
}
