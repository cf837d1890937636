//! Runs a deployment: checks everything first, then deploys assets and handler concurrently.

pub(crate) mod arn_options;
pub(crate) mod change;
mod dry_run;
pub(crate) mod request;

use crate::aws::s3::{BucketLookup, RequestParams, bucket_name};
use crate::aws::{SignIn, region};
use crate::deploy::change::Change;
use crate::deploy::request::{DeployRequest, Part};
use crate::error::Result;
use crate::output::Output;
use crate::output::reporter::{Level, Reporter};
use crate::{assets, aws, lambda};
use serde::Serialize;

/// The changes that a deployment has made, or would make.
#[derive(Debug, Serialize)]
pub(crate) struct DeployResult {
    changes: Vec<Change>,
}

/// Deploys the parts of the skill that the request names, or shows the changes of a dry run.
///
/// # Errors
/// The first failure. Before the first change, both parts have been decided. After it, the other part is completed all
/// the same, and the next deployment does the rest.
pub(crate) async fn run(request: &DeployRequest, output: Output<'_>) -> Result<DeployResult> {
    if let Some(name) = &request.options.s3.bucket_name {
        bucket_name::validate(name)?;
    }
    let assets = request.assets.as_deref().map(|languages| assets::Plan::new(request, languages)).transpose()?;
    let has_endpoint = request.handler.is_some() || request.is_without_code();
    let handler = has_endpoint.then(|| lambda::Plan::new(request, request.handler.as_deref())).transpose()?;
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

    // In this order everywhere, so that two deployments do not wait for each other: a handler may wait for the bucket that
    // the assets create, and never the reverse.
    let handler_lock = match handler.as_ref().filter(|_| !request.dry_run) {
        Some(plan) => Some(lambda::lock(plan, reporter).await?),
        None => None,
    };
    let assets_lock = match assets.as_ref().filter(|_| !request.dry_run) {
        Some(plan) => Some(assets::lock(plan, reporter).await?),
        None => None,
    };
    let prepare_assets = async {
        match (&assets, &bucket) {
            (Some(plan), Some(bucket)) => assets::prepare(plan, config, bucket, &output).await.map(Some),
            _ => Ok(None),
        }
    };
    let prepare_handler = async {
        match &handler {
            Some(plan) => lambda::prepare(plan, config, bucket.as_ref(), &output).await.map(Some),
            None => Ok(None),
        }
    };
    let (assets, handler) = tokio::join!(prepare_assets, prepare_handler);
    let (assets, handler) = both(assets, handler, reporter)?;

    let of_assets = assets.as_ref().map(assets::Prepared::changes);
    let of_handler = handler.as_ref().map(lambda::Prepared::changes);
    let changes: Vec<_> = of_assets.into_iter().chain(of_handler).flatten().collect();
    if request.dry_run {
        for line in dry_run::lines(&changes) {
            reporter.log(line);
        }
        return Ok(DeployResult { changes });
    }
    // Each half gives its lock up when it ends: the handler waits for a bucket while the assets are being deployed.
    let deploy_assets = async {
        let _lock = assets_lock;
        match assets {
            Some(prepared) => prepared.apply().await,
            None => Ok(()),
        }
    };
    let deploy_handler = async {
        let _lock = handler_lock;
        match handler {
            Some(prepared) => prepared.apply().await,
            None => Ok(()),
        }
    };
    let (assets, handler) = tokio::join!(deploy_assets, deploy_handler);
    both(assets, handler, reporter)?;
    Ok(DeployResult { changes })
}

/// Returns both outcomes, or an error. If both have failed, that of the assets is reported, and that of the handler
/// returned.
fn both<A, H>(assets: Result<A>, handler: Result<H>, reporter: &dyn Reporter) -> Result<(A, H)> {
    match (assets, handler) {
        (Err(assets), Err(handler)) => {
            reporter.report(Level::Error, assets.to_string());
            Err(handler)
        }
        (assets, handler) => Ok((assets?, handler?)),
    }
}
