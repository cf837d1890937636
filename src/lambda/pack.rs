//! Packages the function of a plan.

use crate::error::{Error, ErrorCode, Result};
use crate::lambda::package::{self, Package, PackageFiles, PackageInput};
use crate::lambda::plan::Plan;
use crate::lambda::{handler_copy, runtime};
use crate::output::format;
use crate::output::reporter::Reporter;
use std::sync::Arc;

/// The files in `.deploy/<target>` of the package.
const ZIP_FILE: &str = "lambda.zip";
const PACKAGE_CACHE_FILE: &str = "package-cache.bin";
const HANDLER_FOLDER: &str = "lambda";

/// All of them.
pub(crate) const LOCAL_FILES: [&str; 3] = [ZIP_FILE, PACKAGE_CACHE_FILE, HANDLER_FOLDER];

/// Packages the function in a thread of its own, if there is a handler.
pub(crate) async fn pack(plan: &Plan, reporter: Arc<dyn Reporter>) -> Result<Option<Package>> {
    let Some(handler) = plan.handler.clone() else { return Ok(None) };
    let (litexa_root, project_root) = (plan.project.litexa_root.clone(), plan.project.root.clone());
    let (runtime, deploy_root) = (plan.runtime().to_owned(), plan.deploy_root.clone());
    let (use_cache, include, has_layers) = (plan.use_cache, plan.include, plan.has_layers());
    let (dry_run, entry_point) = (plan.dry_run, plan.handler_in_package().map(str::to_owned));
    let packing = tokio::task::spawn_blocking(move || {
        if !dry_run {
            handler_copy::write(&deploy_root.join(HANDLER_FOLDER), &handler)?;
        }
        let input = PackageInput {
            generated: runtime::files(&handler),
            sdk_shim: runtime::sdk_shim(&runtime),
            litexa_root: &litexa_root,
            project_root: &project_root,
            reporter: &*reporter,
            use_cache,
            include,
            has_layers,
            handler: entry_point.as_deref(),
        };
        let (zip, cache) = (deploy_root.join(ZIP_FILE), deploy_root.join(PACKAGE_CACHE_FILE));
        let package = package::pack(input, &PackageFiles { zip, cache, are_kept: dry_run })?;
        reporter.log(package_line(&package));
        Ok(Some(package))
    });
    packing
        .await
        .unwrap_or_else(|panic| Err(Error::new(ErrorCode::Internal, format!("packaging the function failed: {panic}"))))
}

/// Describes a package.
fn package_line(package: &Package) -> String {
    let Package { entries, size, reused, unneeded, .. } = package;
    let line =
        format!("packaged {} into {}, {reused} unchanged", format::count(*entries, "file"), format::bytes(*size));
    match unneeded {
        0 => line,
        bytes => {
            let bytes = format::bytes(*bytes);
            format!("{line}; with packageConfiguration.include \"production\", {bytes} would be left out")
        }
    }
}
