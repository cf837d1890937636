//! A deployment from end to end: everything is checked first, then assets and handler travel side by side.

use crate::artifacts::Host;
use crate::bucket::Lookup;
use crate::error::Result;
use crate::options::Options;
use crate::project::{Language, Project};
use crate::{assets, aws, lambda};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// What is deployed, from where, with which options.
#[derive(Clone, Debug)]
pub struct Deployment {
    pub project: Project,
    pub options: Options,
    /// `<root>/.deploy/<target>`: for what speeds up the next deployment, and for the curious.
    pub deploy_root: PathBuf,
    /// False: what an earlier deployment remembered about local files is not trusted.
    pub trust_cache: bool,
    /// False: the skill keeps its state in session attributes, and has no table.
    pub persistent_store: bool,
    /// Litexa's version counter of the artifacts.
    pub current_version: u32,
    /// What an earlier deployment left in `artifacts.json`.
    pub known_artifacts: Map<String, Value>,
    /// The languages whose assets are deployed, if assets are.
    pub assets: Option<Vec<Language>>,
    /// The handler's source, if the handler is deployed.
    pub handler: Option<String>,
}

/// Brings AWS to what the deployment describes.
///
/// # Errors
/// The first of what went wrong. The other half is finished all the same, and the next deployment mends the rest.
pub async fn run(deployment: &Deployment, host: Host<'_>) -> Result<()> {
    let assets = deployment.assets.as_deref().map(|languages| assets::Plan::new(deployment, languages)).transpose()?;
    let handler = deployment.handler.as_deref().map(|source| lambda::Plan::new(deployment, source)).transpose()?;
    let reporter = &*host.reporter;
    for key in &deployment.options.unknown_keys {
        reporter.verbose(format!("the deployment target's option '{key}' is not one of this module"));
    }

    let standing_in = host.artifacts.text("lambdaARN");
    let config = aws::sign_in(&deployment.project, &deployment.options, standing_in, reporter).await?;
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
            reporter.report(crate::reporter::Level::Error, assets.to_string());
            Err(handler)
        }
        (assets, handler) => assets.and(handler),
    }
}
