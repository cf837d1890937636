//! Removes the Node.js version of this machine from the handler, so that machines with different ones deploy the same
//! code: otherwise each deployment from another machine would replace it.

/// The beginning of the line that names the program that generated the handler.
const USER_AGENT: &str = "const userAgent = \"";

/// Returns the handler with `Node/` in place of `Node/v20.11.1` in its user agent, and nothing else changed.
pub(crate) fn without_node_version(handler: &str) -> String {
    let lines = handler.split_inclusive('\n').map(|line| match line.split_once(" Node/v") {
        Some((before, after)) if before.starts_with(USER_AGENT) => {
            let rest = after.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
            format!("{before} Node{rest}")
        }
        _ => line.to_owned(),
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_in_the_user_agent_is_removed() {
        for (handler, expected) in [
            (
                "const userAgent = \"@litexa/core/0.9.0 Node/v20.11.1\";\n",
                "const userAgent = \"@litexa/core/0.9.0 Node\";\n",
            ),
            (
                "a;\r\nconst userAgent = \"a Node/v1.2.3 x/1.0.0\";\r\nb",
                "a;\r\nconst userAgent = \"a Node x/1.0.0\";\r\nb",
            ),
            ("const userAgent = \"@litexa/core/0.9.0\";", "const userAgent = \"@litexa/core/0.9.0\";"),
            ("say(\"running Node/v20.11.1\");", "say(\"running Node/v20.11.1\");"),
            ("  const userAgent = \"a Node/v1.2.3\";", "  const userAgent = \"a Node/v1.2.3\";"),
        ] {
            assert_eq!(without_node_version(handler), expected);
        }
    }
}
