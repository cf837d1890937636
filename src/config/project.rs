//! What is deployed, as plain data: names, folders and languages.

use crate::error::{Error, ErrorCode, Result};
use std::path::PathBuf;

/// The table name that the handler gets where the skill keeps its state in session attributes.
pub(crate) const NO_TABLE_MARKER: &str = "NO_TABLE_DEPLOYED";

/// One deployment target of one Litexa project.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) name: String,
    /// The deployment target's name; Litexa calls it the variant.
    pub(crate) variant: String,
    pub(crate) root: PathBuf,
    /// `<root>/litexa`: where the handler's `package.json` and `node_modules` are.
    pub(crate) litexa_root: PathBuf,
}

/// A language's asset files, before and after Litexa's converters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Language {
    /// `default`, or a locale such as `en-GB`.
    pub(crate) name: String,
    pub(crate) assets: FileList,
    pub(crate) converted_assets: FileList,
}

/// Files below a folder. The folder need not exist where `files` is empty.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub(crate) struct FileList {
    pub(crate) root: PathBuf,
    /// Relative to `root`, with the separators of the machine.
    pub(crate) files: Vec<String>,
}

impl Project {
    /// The function that answers Alexa.
    pub(crate) fn function_name(&self) -> String {
        format!("{}_{}_litexa_handler", self.name, self.variant)
    }

    /// The skill's persistent store.
    pub(crate) fn table_name(&self) -> String {
        format!("{}_{}_litexa_handler_state", self.name, self.variant)
    }

    /// Where Lambda writes the function's output unless told otherwise.
    pub(crate) fn log_group_name(&self) -> String {
        format!("/aws/lambda/{}", self.function_name())
    }

    /// The S3 prefix of this target's objects. The slash at its end keeps `development` out of `development2`.
    pub(crate) fn asset_prefix(&self) -> String {
        format!("{}/{}/", self.name, self.variant)
    }

    /// Names that AWS would refuse are refused before anything is changed.
    ///
    /// Lambda: letters, digits, `-` and `_`, 64 characters. DynamoDB: 255 characters.
    /// S3 would take more, but a key with other characters makes URLs that Alexa does not fetch reliably.
    pub(crate) fn validate(&self) -> Result<()> {
        self.validate_on(cfg!(windows))
    }

    fn validate_on(&self, windows: bool) -> Result<()> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        for (what, name) in [("project", &self.name), ("deployment target", &self.variant)] {
            if name.is_empty() || !name.chars().all(allowed) {
                return Err(Error::new(
                    ErrorCode::InvalidName,
                    format!("the {what}'s name '{name}' cannot be part of AWS names"),
                )
                .hint("Use letters, digits, - and _ only"));
            }
        }
        if windows && is_device(&self.variant) {
            return Err(Error::new(
                ErrorCode::InvalidName,
                format!(
                    "the deployment target's name '{0}' is a device's on Windows, so .deploy/{0} cannot be a folder",
                    self.variant
                ),
            )
            .hint("Rename the deployment target"));
        }
        Ok(())
    }

    /// Lambda refuses function names of more than 64 characters; the table's limit of 255 is then kept too.
    pub(crate) fn validate_function_name(&self) -> Result<()> {
        let name = self.function_name();
        if name.len() > 64 {
            return Err(Error::new(
                ErrorCode::InvalidName,
                format!("the Lambda function's name '{name}' has {} characters, and Lambda takes 64", name.len()),
            )
            .hint("Shorten the project's name or the deployment target's name"));
        }
        Ok(())
    }
}

/// Names, in any case, that lead to a device of Windows in whatever folder they are used.
fn is_device(name: &str) -> bool {
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
    fn names_are_litexas() {
        let cats = project("cats", "beta");
        assert_eq!(cats.function_name(), "cats_beta_litexa_handler");
        assert_eq!(cats.table_name(), "cats_beta_litexa_handler_state");
        assert_eq!(cats.log_group_name(), "/aws/lambda/cats_beta_litexa_handler");
        assert_eq!(cats.asset_prefix(), "cats/beta/");
    }

    #[test]
    fn names_that_aws_refuses_are_refused_here() {
        assert!(project("cats", "beta").validate().is_ok());
        for (name, variant) in [("", "beta"), ("cats", ""), ("cat food", "beta"), ("cats", "../beta"), ("käse", "beta")]
        {
            assert_eq!(project(name, variant).validate().unwrap_err().code, ErrorCode::InvalidName);
        }
        assert!(project(&"c".repeat(44), "beta").validate_function_name().is_ok());
        assert_eq!(project(&"c".repeat(45), "beta").validate_function_name().unwrap_err().code, ErrorCode::InvalidName);
    }
    #[test]
    fn devices_of_windows_cannot_be_targets_there() {
        for device in ["con", "NUL", "Aux", "prn", "com1", "LPT9"] {
            let error = project("cats", device).validate_on(true).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidName);
            assert!(error.message.contains(&format!(".deploy/{device}")), "{error}");
            assert!(project("cats", device).validate_on(false).is_ok(), "{device}");
        }
        for folder in ["console", "com0", "com", "com10", "lpt", "nul-1", "_con"] {
            assert!(project("con", folder).validate_on(true).is_ok(), "{folder}");
        }
        // These could be devices, too, and are no names on any system.
        for file in ["aux.txt", "CON:", "con ", "com\u{b9}"] {
            assert!(project("cats", file).validate_on(false).is_err(), "{file}");
        }
    }
}
