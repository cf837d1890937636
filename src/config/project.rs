//! Describes the project: its names, folders and languages.

use crate::error::{Error, ErrorCode, Result};
use std::path::PathBuf;

/// The table name that the handler gets where the skill keeps its state in session attributes.
pub(crate) const NO_TABLE_MARKER: &str = "NO_TABLE_DEPLOYED";

/// The characters that Lambda allows in the name of a function.
const MAX_FUNCTION_NAME: usize = 64;

/// One deployment target of one Litexa project.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) name: String,
    /// The name of the deployment target; Litexa calls it the variant.
    pub(crate) variant: String,
    pub(crate) root: PathBuf,
    /// `<root>/litexa`, which contains the handler's `package.json` and `node_modules`.
    pub(crate) litexa_root: PathBuf,
}

/// The asset files of a language, before and after Litexa's converters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Language {
    /// `default`, or a locale such as `en-GB`.
    pub(crate) name: String,
    pub(crate) assets: FileList,
    pub(crate) converted_assets: FileList,
}

/// Files below a folder. The folder may be missing if `files` is empty.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub(crate) struct FileList {
    pub(crate) root: PathBuf,
    /// Paths relative to `root`, with the separators of the system.
    pub(crate) files: Vec<String>,
}

impl Project {
    /// Returns the name of the Lambda function.
    pub(crate) fn function_name(&self) -> String {
        format!("{}_{}_litexa_handler", self.name, self.variant)
    }

    /// Returns the name of the DynamoDB table.
    pub(crate) fn table_name(&self) -> String {
        format!("{}_{}_litexa_handler_state", self.name, self.variant)
    }

    /// Returns the name of the function's default log group.
    pub(crate) fn log_group_name(&self) -> String {
        format!("/aws/lambda/{}", self.function_name())
    }

    /// Returns the S3 prefix of this target's objects. It ends with a slash, which separates `development` from
    /// `development2`.
    pub(crate) fn asset_prefix(&self) -> String {
        format!("{}/{}/", self.name, self.variant)
    }

    /// Returns another project whose target `variant` has the same names on AWS: those of `cats` with `dev_test` are those
    /// of `cats_dev` with `test`.
    pub(crate) fn namesake(&self, variant: &str) -> Option<String> {
        let names = format!("{}_{}", self.name, self.variant);
        let project = names.strip_suffix(variant)?.strip_suffix('_')?;
        (project != self.name && !project.is_empty()).then(|| project.to_owned())
    }

    /// Checks that the names can be parts of AWS names: letters, digits, `-` and `_`
    /// (<https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>).
    ///
    /// S3 allows more, but Alexa does not reliably fetch URLs with other characters.
    ///
    /// # Errors
    /// `InvalidName`, naming the project or the target.
    pub(crate) fn validate(&self) -> Result<()> {
        self.validate_on(cfg!(windows))
    }

    fn validate_on(&self, windows: bool) -> Result<()> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        for (what, name) in [("project", &self.name), ("deployment target", &self.variant)] {
            if name.is_empty() || !name.chars().all(allowed) {
                return Err(Error::new(
                    ErrorCode::InvalidName,
                    format!("the name of the {what}, '{name}', cannot be part of AWS names"),
                )
                .hint("Use only letters, digits, - and _"));
            }
        }
        if windows && is_reserved_windows_name(&self.variant) {
            return Err(Error::new(
                ErrorCode::InvalidName,
                format!(
                    "the name of the deployment target, '{0}', is reserved on Windows, so .deploy/{0} cannot be a folder",
                    self.variant
                ),
            )
            .hint("Rename the deployment target"));
        }
        Ok(())
    }

    /// Checks that the function's name has at most 64 characters
    /// (<https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>). The limit of table names, 255, is then
    /// kept as well.
    ///
    /// # Errors
    /// `InvalidName`.
    pub(crate) fn validate_function_name(&self) -> Result<()> {
        let name = self.function_name();
        if name.len() > MAX_FUNCTION_NAME {
            return Err(Error::new(
                ErrorCode::InvalidName,
                format!("the name of the Lambda function, '{name}', must have at most {MAX_FUNCTION_NAME} characters, but has {}", name.len()),
            )
            .hint("Shorten the name of the project or of the deployment target"));
        }
        Ok(())
    }
}

/// Returns whether Windows reserves a name, in any case and in every folder, for a device
/// (<https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file>).
fn is_reserved_windows_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let number = name.strip_prefix("COM").or_else(|| name.strip_prefix("LPT"));
    matches!(name.as_str(), "CON" | "PRN" | "AUX" | "NUL") || matches!(number.map(str::as_bytes), Some([b'1'..=b'9']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(name: &str, variant: &str) -> Project {
        Project { name: name.into(), variant: variant.into(), root: "/p".into(), litexa_root: "/p/litexa".into() }
    }

    #[test]
    fn aws_names_are_built_from_the_names_of_project_and_target() {
        let cats = project("cats", "beta");
        assert_eq!(cats.function_name(), "cats_beta_litexa_handler");
        assert_eq!(cats.table_name(), "cats_beta_litexa_handler_state");
        assert_eq!(cats.log_group_name(), "/aws/lambda/cats_beta_litexa_handler");
        assert_eq!(cats.asset_prefix(), "cats/beta/");
    }

    #[test]
    fn a_name_that_aws_would_reject_is_an_error() {
        assert!(project("cats", "beta").validate().is_ok());
        for (name, variant) in [("", "beta"), ("cats", ""), ("cat food", "beta"), ("cats", "../beta"), ("käse", "beta")]
        {
            assert_eq!(project(name, variant).validate().unwrap_err().code, ErrorCode::InvalidName);
        }
        assert!(project(&"c".repeat(44), "beta").validate_function_name().is_ok());
        assert_eq!(project(&"c".repeat(45), "beta").validate_function_name().unwrap_err().code, ErrorCode::InvalidName);
    }

    #[test]
    fn a_reserved_name_cannot_be_a_target_on_windows() {
        for device in ["con", "NUL", "Aux", "prn", "com1", "LPT9"] {
            let error = project("cats", device).validate_on(true).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidName);
            assert!(error.message.contains(&format!(".deploy/{device}")), "{error}");
            assert!(project("cats", device).validate_on(false).is_ok(), "{device}");
        }
        for folder in ["console", "com0", "com", "com10", "lpt", "nul-1", "_con"] {
            assert!(project("con", folder).validate_on(true).is_ok(), "{folder}");
        }
        // These could be devices as well; they are invalid on every system.
        for file in ["aux.txt", "CON:", "con ", "com\u{b9}"] {
            assert!(project("cats", file).validate_on(false).is_err(), "{file}");
        }
    }
}
