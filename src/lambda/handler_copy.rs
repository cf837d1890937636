//! Writes a copy of the deployed handler, which authors inspect when it does something unexpected.

use crate::error::Result;
use crate::fs;
use std::path::Path;

const README: &str = "\
A copy of the handler that `litexa deploy` last deployed to AWS Lambda.

index.js is the handler that Litexa generated from the skill. In the function's package, ../lambda.zip, its name is
skill.js; index.js there is the entry of @litexa/deploy-aws, which calls it on the current Node.js runtimes.
Changes to these files have no effect.
";

/// Writes the handler into the folder, if it differs from the copy there.
///
/// # Errors
/// `FileError` if a file cannot be written.
pub(crate) fn write(folder: &Path, handler: &str) -> Result<()> {
    for (name, content) in [("index.js", handler), ("readme.md", README)] {
        let path = folder.join(name);
        if fs::read(&path).ok().as_deref() != Some(content.as_bytes()) {
            fs::write_atomic(&path, content.as_bytes())?;
        }
    }
    Ok(())
}
