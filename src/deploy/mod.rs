//! A deployment from end to end: everything is checked first, then assets and handler travel side by side.

pub(crate) mod request;

use crate::aws::s3::{self, Lookup};
use crate::deploy::request::Deployment;
use crate::error::Result;
use crate::output::Host;
use crate::{assets, aws, lambda};

/// Brings AWS to what the deployment describes.
///
/// # Errors
/// The first of what went wrong. The other half is finished all the same, and the next deployment mends the rest.
pub(crate) async fn run(deployment: &Deployment, host: Host<'_>) -> Result<()> {
    if let Some(name) = &deployment.options.s3.bucket_name {
        s3::validate_name(name)?;
    }
    let assets = deployment.assets.as_deref().map(|languages| assets::Plan::new(deployment, languages)).transpose()?;
    let handler = deployment.handler.as_deref().map(|source| lambda::Plan::new(deployment, source)).transpose()?;
    let reporter = &*host.reporter;
    for key in &deployment.options.unknown_keys {
        reporter.verbose(format!("the deployment target's option '{key}' is not one of this module"));
    }

    let standing_in = host.artifacts.text("lambdaARN");
    let config = aws::sign_in(&deployment.project, &deployment.options, standing_in, reporter).await?;
    if handler.is_some() {
        for warning in aws::region_warnings(&config, standing_in) {
            reporter.warning(warning);
        }
    }
    let bucket = deployment.options.s3.bucket_name.as_deref().map(|name| Lookup::new(&config, name));

    let deploy_assets = async {
        match (&assets, &bucket) {
            (Some(plan), Some(bucket)) => assets::deploy(plan, &config, bucket, &host).await,
            _ => Ok(()),
        }
    };
    let deploy_handler = async {
        match &handler {
            Some(plan) => lambda::deploy(plan, &config, bucket.as_ref(), &host).await,
            None => Ok(()),
        }
    };
    match tokio::join!(deploy_assets, deploy_handler) {
        (Err(assets), Err(handler)) => {
            reporter.report(crate::output::reporter::Level::Error, assets.to_string());
            Err(handler)
        }
        (assets, handler) => assets.and(handler),
    }
}
