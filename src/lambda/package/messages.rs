//! Words what is wrong with a package.

use std::path::Path;

use crate::error::{Error, ErrorCode, Result, shown};
use crate::lambda::package::dependencies::{Damaged, Missing, MissingDependencies};
use crate::lambda::package::installer::Installer;
use crate::lambda::package::manifest;
use crate::output::reporter::Reporter;

/// The number of files or packages that a line lists; `--verbose` lists the others.
const MAX_LISTED_FILES: usize = 10;

/// Returns the error for dependencies that do not resolve.
pub(crate) fn missing(missing: &[Missing], package_json: &Path, installer: &Installer) -> Error {
    let message = format!("dependencies of {} are not installed: {}", shown(package_json), listed(missing));
    Error::new(ErrorCode::InvalidPackage, message).hint(installer.install_hint())
}

/// Reports what does not resolve, and does not stop the deployment. Some packages work without their peers, and code
/// handles the failure of optional packages.
pub(crate) fn report_other_missing(missing: &MissingDependencies, reporter: &dyn Reporter) {
    let fails = "are not installed, and code that needs them will fail";
    for (what, missing) in
        [("peer dependencies", &missing.peers), ("dependencies of optional packages", &missing.of_optional)]
    {
        if !missing.is_empty() {
            reporter.warning(format!("{what} {fails}: {}", listed(missing)));
        }
    }
    if !missing.left_out.is_empty() {
        reporter.log(format!("leaving out dependencies that pnpm's settings remove: {}", listed(&missing.left_out)));
    }
}

/// Checks that Node.js can read the `package.json` of each dependency. The name of one that is damaged cannot be loaded,
/// whatever a layer has.
///
/// # Errors
/// `InvalidPackage` for one that is required. Another one is a warning.
pub(crate) fn check_damaged(
    missing: &MissingDependencies,
    installer: &Installer,
    reporter: &dyn Reporter,
) -> Result<()> {
    for Damaged { folder, cause, is_required } in &missing.damaged {
        let message = format!("{} is not a valid package.json: {cause}", shown(&folder.join(manifest::FILE_NAME)));
        if *is_required {
            // The folders of a workspace are the user's own.
            let is_installed = folder.components().any(|part| part.as_os_str() == "node_modules");
            let again = || format!("Remove the folder of the package. {}", installer.install_hint());
            let hint = if is_installed { again() } else { "Correct it".to_owned() };
            return Err(Error::new(ErrorCode::InvalidPackage, message).hint(hint));
        }
        reporter.warning(format!("{message}, and code that needs the package will fail"));
    }
    Ok(())
}

/// Warns of packages whose entry point is missing, such as those of a workspace that were not built. Their other files may
/// be all that the skill needs.
pub(crate) fn warn_not_loadable(packages: &[String], reporter: &dyn Reporter) {
    let warning = "packages lack the file that their package.json names as the entry point, and code that needs it \
                   will fail: build or install them again";
    warn_listing(warning, "lacks its entry point", packages, reporter);
}

/// Warns that the shim takes the place of `aws-sdk`, which the skill requires. Skills of 0.9.0 often require it for
/// DynamoDB only, so that this does not stop the deployment.
pub(crate) fn warn_shim(installer: &Installer, reporter: &dyn Reporter) {
    reporter.warning(format!(
        "aws-sdk is not installed: a shim takes its place, which supports DynamoDB and CloudWatch only, and code that uses other services will fail. {}",
        installer.install_hint()
    ));
}

/// Lists packages with those that require them.
fn listed(missing: &[Missing]) -> String {
    let (listed, others) = missing.split_at(missing.len().min(MAX_LISTED_FILES));
    let describe = |Missing { name, required_by }: &Missing| match required_by {
        Some(package) => format!("{name} (required by {package})"),
        None => name.clone(),
    };
    let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    listed.iter().map(describe).collect::<Vec<_>>().join(", ") + &more
}

/// Lists the entries that look like credentials.
pub(crate) fn warn_credentials(names: &[String], reporter: &dyn Reporter) {
    let warning = "the function's package contains files that look like credentials, readable by anyone who can read \
                   the function's code";
    warn_listing(warning, "looks like credentials", names, reporter);
}

/// Lists the files of node_modules that belong to a Litexa project, and are not packaged for that reason.
pub(crate) fn warn_excluded(names: &[String], reporter: &dyn Reporter) {
    let warning = "node_modules contains a Litexa project's own files, which are excluded from the function's package";
    warn_listing(warning, "excluded", names, reporter);
}

fn warn_listing(warning: &str, verbose: &str, names: &[String], reporter: &dyn Reporter) {
    let (listed, others) = names.split_at(names.len().min(MAX_LISTED_FILES));
    if listed.is_empty() {
        return;
    }
    let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    reporter.warning(format!("{warning}: {}{more}", listed.join(", ")));
    for name in others {
        reporter.verbose(format!("{verbose}: {name}"));
    }
}
