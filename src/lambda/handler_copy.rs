//! What an author looks at when the deployed handler does something unexpected: the handler as it was sent.

use crate::error::Result;
use crate::fs;
use std::path::Path;

const README: &str = "\
The handler that `litexa deploy` sent to AWS Lambda last, for you to look at.

index.js is the handler that Litexa made of the skill. In the function's package, ../lambda.zip, it is called
skill.js; index.js there is an entry of @litexa/deploy-aws, which calls it on today's Node runtimes.
Changes here have no effect.
";

/// Writes the handler into the folder, if it differs from what is there.
pub(crate) fn write(folder: &Path, handler: &str) -> Result<()> {
    for (name, content) in [("index.js", handler), ("readme.md", README)] {
        let path = folder.join(name);
        if fs::read(&path).ok().as_deref() != Some(content.as_bytes()) {
            fs::write_atomic(&path, content.as_bytes())?;
        }
    }
    Ok(())
}
