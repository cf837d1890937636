//! Runs a deployment: checks everything first, then deploys assets and handler concurrently.

mod arn_options;
pub(crate) mod request;

use crate::aws::s3::{BucketLookup, RequestParams, bucket_name};
use crate::aws::{SignIn, region};
use crate::deploy::request::{DeployRequest, Part};
use crate::error::Result;
use crate::output::Output;
use crate::output::reporter::Level;
use crate::{assets, aws, lambda};

/// Deploys the parts of the skill that the request names.
///
/// # Errors
/// The first failure. The other half is completed all the same, and the next deployment does the rest.
pub(crate) async fn run(request: &DeployRequest, output: Output<'_>) -> Result<()> {
    if let Some(name) = &request.options.s3.bucket_name {
        bucket_name::validate(name)?;
    }
    let assets = request.assets.as_deref().map(|languages| assets::Plan::new(request, languages)).transpose()?;
    let handler = request.handler.as_deref().map(|source| lambda::Plan::new(request, source)).transpose()?;
    // Both are checked before one of them is deployed.
    let assets = assets.filter(|_| request.deploys(Part::Assets));
    let handler = handler.filter(|_| request.deploys(Part::Lambda));
    let request_params = RequestParams::parse(request.options.s3.upload_params.as_ref())?;
    let reporter = &*output.reporter;
    request.options.report_unknown_keys(reporter);

    let deployed_arn = output.artifacts.get_str("lambdaARN");
    let DeployRequest { project, options, .. } = request;
    let sign_in = SignIn { project, options, deployed_function_arn: deployed_arn };
    let signed_in = aws::load_sdk_config(&sign_in, &output.host()).await?;
    let config = &signed_in.config;
    arn_options::check_partition(request, region::config_region(config))?;
    if handler.is_some() {
        for warning in region::warnings(region::config_region(config), deployed_arn) {
            reporter.warning(warning);
        }
    }
    let bucket_name = request.options.s3.bucket_name.as_deref();
    let bucket = bucket_name.map(|name| BucketLookup::new(&signed_in, name, project.asset_prefix(), request_params));

    let deploy_assets = async {
        match (&assets, &bucket) {
            (Some(plan), Some(bucket)) => assets::deploy(plan, config, bucket, &output).await,
            _ => Ok(()),
        }
    };
    let deploy_handler = async {
        match &handler {
            Some(plan) => lambda::deploy(plan, config, bucket.as_ref(), &output).await,
            None => Ok(()),
        }
    };
    match tokio::join!(deploy_assets, deploy_handler) {
        (Err(assets), Err(handler)) => {
            reporter.report(Level::Error, assets.to_string());
            Err(handler)
        }
        (assets, handler) => assets.and(handler),
    }
}
