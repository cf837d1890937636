//! Marks an alias, in its description on AWS, while a deployment is about to point it to new code.
//!
//! A deployment that has sent its code, and was interrupted before it could point the alias to it, would otherwise look
//! like a roll-back: the alias points to an earlier version, and the code to deploy is that of `$LATEST`. The mark is
//! on AWS, so that another machine can complete the deployment.

/// The limit of Lambda for a description, in characters.
/// See <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html>.
const MAX_DESCRIPTION: usize = 256;

const START: &str = " [deploying ";
const END: char = ']';

/// Returns the description with a mark for the code with this digest.
pub(crate) fn marked(description: &str, code_sha256: &str) -> String {
    let mark = format!("{START}{code_sha256}{END}");
    let available = MAX_DESCRIPTION.saturating_sub(mark.chars().count());
    let kept: String = unmarked(description).chars().take(available).collect();
    kept + &mark
}

/// Returns the description without a mark.
pub(crate) fn unmarked(description: &str) -> &str {
    description.split_once(START).map_or(description, |(own, _)| own)
}

/// Returns whether a deployment of the code with this digest was interrupted.
pub(crate) fn is_marked(description: &str, code_sha256: &str) -> bool {
    let mark = description.split_once(START).and_then(|(_, mark)| mark.strip_suffix(END));
    mark == Some(code_sha256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_names_the_code_and_leaves_the_description() {
        let marked_once = marked("mine", "abc=");
        assert_eq!(marked_once, "mine [deploying abc=]");
        assert_eq!(marked(&marked_once, "xyz="), "mine [deploying xyz=]");
        assert_eq!(unmarked(&marked_once), "mine");
        assert!(is_marked(&marked_once, "abc=") && !is_marked(&marked_once, "xyz=") && !is_marked("mine", "abc="));
        assert_eq!(unmarked("mine"), "mine");
        assert!(!is_marked("", ""));
    }

    #[test]
    fn a_marked_description_keeps_the_limit_of_lambda() {
        let marked = marked(&"ä".repeat(256), "abc=");
        assert_eq!(marked.chars().count(), 256);
        assert!(is_marked(&marked, "abc="));
    }
}
