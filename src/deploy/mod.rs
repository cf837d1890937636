//! Runs a deployment: checks everything first, then deploys assets and handler concurrently.

pub(crate) mod arn_options;
pub(crate) mod change;
mod dry_run;
pub(crate) mod last_change;
pub(crate) mod locks;
pub(crate) mod request;

use crate::aws::region::ResolvedRegion;
use crate::aws::s3::{BucketLookup, RequestParams, bucket_name};
use crate::aws::{SignIn, SignedIn, region};
use crate::deploy::change::{Action, Change};
use crate::deploy::locks::Locks;
use crate::deploy::request::{DeployRequest, Part};
use crate::error::{Error, Result};
use crate::output::Output;
use crate::output::reporter::{Level, Reporter};
use crate::{assets, aws, lambda};
use aws_config::SdkConfig;
use serde::Serialize;
use std::time::Duration;

/// The time for which a dry run waits for the name of its account.
const ACCOUNT_TIMEOUT: Duration = Duration::from_secs(2);

/// The changes that a deployment has made, or would make, and where.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeployResult {
    changes: Vec<Change>,
    region: String,
    /// The account, if it is known.
    account: Option<String>,
    /// Whether the endpoint stays rolled back, so that what was deployed is not live.
    stays_rolled_back: bool,
}

/// Deploys the parts of the skill that the request names, or shows the changes of a dry run.
///
/// # Errors
/// The first failure. Before the first change, both parts have been decided. After it, the other part is completed all
/// the same, and the next deployment does the rest.
pub(crate) async fn run(request: &DeployRequest, output: Output<'_>) -> Result<DeployResult> {
    let reporter = &*output.reporter;
    // Before the checks: an option that is missing may be misspelt.
    request.options.report_unknown_keys(reporter);
    let plans = Plans::new(request)?;
    let params = RequestParams::parse(request.options.s3.upload_params.as_ref())?;
    let signed_in = sign_in(request, &plans, &output).await?;
    let bucket_name = request.options.s3.bucket_name.as_deref();
    let bucket = bucket_name.map(|name| BucketLookup::new(&signed_in, name, request.project.asset_prefix(), params));
    let locks = if request.dry_run {
        Locks::default()
    } else {
        Locks::acquire(&request.deploy_root, &plans.parts(), reporter).await?
    };
    let prepared = plans.prepare(&signed_in.config, bucket.as_ref(), &output).await?;
    let changes = prepared.changes();
    let stays_rolled_back = prepared.handler.as_ref().is_some_and(lambda::Prepared::stays_rolled_back);
    let mut account = signed_in.account_id.clone();
    if request.dry_run {
        if let Some(warning) = legacy_region_warning(&signed_in.region, &changes) {
            reporter.warning(warning);
        }
        account = account_of(account, bucket.as_ref()).await;
        for line in dry_run::lines(&changes) {
            reporter.log(line);
        }
    } else {
        // A checkout during the deployment must not count.
        let who = last_change::describe(&request.project.root).filter(|_| !changes.is_empty());
        if !changes.is_empty() {
            // Of an incomplete deployment, it is not known what it has changed.
            output.artifacts.delete(last_change::ARTIFACT);
        }
        prepared.apply(locks, reporter).await?;
        if let Some(who) = who {
            output.artifacts.save(last_change::ARTIFACT, who);
        }
    }
    Ok(DeployResult { changes, region: signed_in.region.name.clone(), account, stays_rolled_back })
}

/// Returns the account that is known, or that of the lookup, which asks for it in any case. A dry run does not fail
/// without it.
async fn account_of(known: Option<String>, bucket: Option<&BucketLookup<'_>>) -> Option<String> {
    match (known, bucket) {
        (None, Some(bucket)) => tokio::time::timeout(ACCOUNT_TIMEOUT, bucket.account()).await.ok()?.ok()?,
        (known, _) => known,
    }
}

/// Returns a warning if 0.9.0 may have deployed the function that does not exist in this region.
fn legacy_region_warning(region: &ResolvedRegion, changes: &[Change]) -> Option<String> {
    let is_new = |change: &&Change| change.action == Action::Create && change.resource_type == "AWS::Lambda::Function";
    let function = changes.iter().find(is_new).filter(|_| region.is_new_since_legacy())?;
    Some(format!(
        "the function {} does not exist in {}, the profile's region. 0.9.0 deployed to {}: to keep that region, set awsRegion",
        function.resource,
        region.name,
        region::DEFAULT_REGION
    ))
}

/// Returns what is wrong with the options for a deployment to a region, as far as that is known without local files and
/// AWS: one failure of each kind.
pub(crate) fn option_failures(request: &DeployRequest, region: Option<&str>) -> Vec<Error> {
    let s3 = &request.options.s3;
    let upload_params = RequestParams::parse(s3.upload_params.as_ref()).map(drop);
    // The parameters that are read from the options twice are reported once.
    let has_assets = s3.bucket_name.is_some() && upload_params.is_ok();
    let assets = has_assets.then(|| assets::Plan::new(request, &[]).map(drop)).transpose();
    let handler = lambda::Plan::new(request, None).map(drop);
    let arns = region.map_or(Ok(()), |region| arn_options::check_all(&request.options, region));
    let checks = [check_bucket_name(request), upload_params, assets.map(drop), handler, arns];
    checks.into_iter().filter_map(Result::err).collect()
}

fn check_bucket_name(request: &DeployRequest) -> Result<()> {
    request.options.s3.bucket_name.as_deref().map_or(Ok(()), bucket_name::validate)
}

/// Signs in, and checks what depends on the region.
async fn sign_in(request: &DeployRequest, plans: &Plans, output: &Output<'_>) -> Result<SignedIn> {
    let deployed_arn = output.artifacts.deployed_arn();
    let sign_in = SignIn { project: &request.project, options: &request.options, deployed_arn };
    let signed_in = aws::load_sdk_config(&sign_in, &output.host()).await?;
    let region = region::config_region(&signed_in.config);
    arn_options::check_partition(request, region)?;
    if plans.handler.is_some() {
        for warning in region::warnings(region, deployed_arn) {
            output.reporter.warning(warning);
        }
    }
    Ok(signed_in)
}

/// The desired state of each part that is deployed.
struct Plans {
    assets: Option<assets::Plan>,
    handler: Option<lambda::Plan>,
}

/// The parts of a deployment, as they were decided.
struct Prepared<'a> {
    assets: Option<assets::Prepared<'a>>,
    handler: Option<lambda::Prepared<'a>>,
}

impl Plans {
    /// Checks both parts of the request, also if only one is deployed.
    fn new(request: &DeployRequest) -> Result<Self> {
        check_bucket_name(request)?;
        let assets = request.assets.as_deref().map(|languages| assets::Plan::new(request, languages)).transpose()?;
        let has_endpoint = request.handler.is_some() || request.is_without_code();
        let handler = has_endpoint.then(|| lambda::Plan::new(request, request.handler.as_deref())).transpose()?;
        Ok(Plans {
            assets: assets.filter(|_| request.deploys(Part::Assets)),
            handler: handler.filter(|_| request.deploys(Part::Lambda)),
        })
    }

    /// Returns the parts that are deployed.
    fn parts(&self) -> Vec<Part> {
        let assets = self.assets.as_ref().map(|_| Part::Assets);
        assets.into_iter().chain(self.handler.as_ref().map(|_| Part::Lambda)).collect()
    }

    /// Reads the current state, and decides the changes of both parts concurrently.
    async fn prepare<'a>(
        &'a self,
        config: &'a SdkConfig,
        bucket: Option<&'a BucketLookup<'a>>,
        output: &'a Output<'a>,
    ) -> Result<Prepared<'a>> {
        let assets = async {
            match (&self.assets, bucket) {
                (Some(plan), Some(bucket)) => assets::prepare(plan, config, bucket, output).await.map(Some),
                _ => Ok(None),
            }
        };
        let handler = async {
            match &self.handler {
                Some(plan) => lambda::prepare(plan, config, bucket, output).await.map(Some),
                None => Ok(None),
            }
        };
        let (assets, handler) = tokio::join!(assets, handler);
        let (assets, handler) = both(assets, handler, &*output.reporter)?;
        Ok(Prepared { assets, handler })
    }
}

impl Prepared<'_> {
    /// Returns what [`Self::apply`] will change, the assets first.
    fn changes(&self) -> Vec<Change> {
        let assets = self.assets.as_ref().map(assets::Prepared::changes);
        let handler = self.handler.as_ref().map(lambda::Prepared::changes);
        assets.into_iter().chain(handler).flatten().collect()
    }

    /// Makes the changes of both parts concurrently. Each part gives its lock up when it ends: the handler waits for a
    /// bucket while the assets are being deployed.
    async fn apply(self, locks: Locks, reporter: &dyn Reporter) -> Result<()> {
        let assets = async {
            let _lock = locks.assets;
            match self.assets {
                Some(prepared) => prepared.apply().await,
                None => Ok(()),
            }
        };
        let handler = async {
            let _lock = locks.handler;
            match self.handler {
                Some(prepared) => prepared.apply().await,
                None => Ok(()),
            }
        };
        let (assets, handler) = tokio::join!(assets, handler);
        both(assets, handler, reporter).map(drop)
    }
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
