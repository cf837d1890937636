//! Reads the plain objects that `index.js` passes into typed requests.

use crate::config::env;
use crate::config::options::Options;
use crate::config::project::{FileList, Language, Project};
use crate::deploy::request::{DeployRequest, Part};
use crate::error::Result;
use crate::logs::LogsRequest;
use crate::operate::{Command, OperateRequest};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::path::PathBuf;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawDeployRequest {
    project: ProjectFields,
    #[serde(deserialize_with = "from_json")]
    options: Map<String, Value>,
    deploy_root: PathBuf,
    cache: bool,
    persistent_store: bool,
    artifacts: ArtifactFields,
    /// Present if the assets are deployed.
    assets: Option<Vec<LanguageFields>>,
    /// The source of the handler; present if the handler is deployed.
    handler: Option<String>,
    /// The only part to deploy, if the other one is present to be checked.
    only: Option<Part>,
    /// Whether the context asks for a dry run. The environment may do so, too.
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
pub(crate) struct RawOperateRequest {
    command: Command,
    target: RawDeployRequest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawLogsRequest {
    project: ProjectFields,
    #[serde(deserialize_with = "from_json")]
    options: Map<String, Value>,
    logs_root: PathBuf,
    function_arn: Option<String>,
    follow: Option<bool>,
    color: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProjectFields {
    name: String,
    variant: String,
    root: PathBuf,
    litexa_root: PathBuf,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactFields {
    current_version: u32,
    #[serde(deserialize_with = "from_json")]
    known: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LanguageFields {
    name: String,
    assets: FileList,
    converted_assets: FileList,
}

/// Reads a value of any depth and shape from JSON text. Its reader limits the depth, which a graph of live objects does
/// not have.
fn from_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    let text = String::deserialize(deserializer)?;
    serde_json::from_str(&text).map_err(serde::de::Error::custom)
}

impl ProjectFields {
    fn into_project(self) -> Result<Project> {
        let ProjectFields { name, variant, root, litexa_root } = self;
        let project = Project { name, variant, root, litexa_root };
        project.validate()?;
        Ok(project)
    }
}

impl RawDeployRequest {
    /// Checks the request.
    ///
    /// # Errors
    /// `InvalidName`; `InvalidOption`, naming the key.
    pub(crate) fn into_request(self) -> Result<DeployRequest> {
        let request = self.into_target()?;
        Ok(DeployRequest { dry_run: request.dry_run || env::is_dry_run()?, ..request })
    }

    /// Checks the request, apart from the environment.
    fn into_target(self) -> Result<DeployRequest> {
        let languages = |fields: Vec<LanguageFields>| {
            fields.into_iter().map(|LanguageFields { name, assets, converted_assets }| Language {
                name,
                assets,
                converted_assets,
            })
        };
        Ok(DeployRequest {
            project: self.project.into_project()?,
            options: Options::parse(&self.options)?,
            deploy_root: self.deploy_root,
            use_cache: self.cache,
            persistent_store: self.persistent_store,
            current_version: self.artifacts.current_version,
            previous_artifacts: self.artifacts.known,
            assets: self.assets.map(|fields| languages(fields).collect()),
            handler: self.handler,
            only: self.only,
            dry_run: self.dry_run.unwrap_or(false),
        })
    }
}

impl RawOperateRequest {
    /// Checks the request.
    ///
    /// # Errors
    /// `InvalidName`; `InvalidOption`, naming the key.
    pub(crate) fn into_request(self) -> Result<OperateRequest> {
        Ok(OperateRequest { command: self.command, target: self.target.into_target()? })
    }
}

impl RawLogsRequest {
    /// Checks the request.
    ///
    /// # Errors
    /// `InvalidName`; `InvalidOption`, naming the key.
    pub(crate) fn into_request(self) -> Result<LogsRequest> {
        Ok(LogsRequest {
            project: self.project.into_project()?,
            options: Options::parse(&self.options)?,
            logs_root: self.logs_root,
            function_arn: self.function_arn,
            follow: self.follow,
            color: self.color,
        })
    }
}
