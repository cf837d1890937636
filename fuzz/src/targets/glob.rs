//! Checks that any text is a pattern, which is rejected for its size, or soon matches any path or not.
//!
//! The first line is the pattern, each other line a path.

use crate::assets::glob::Pattern;

pub fn check(bytes: &[u8]) {
    let input = String::from_utf8_lossy(bytes);
    let (text, paths) = input.split_once('\n').unwrap_or((&input, "a/b.mp3"));
    let pattern = match Pattern::new(text) {
        Ok(pattern) => pattern,
        Err(reason) => return assert!(!reason.to_string().is_empty()),
    };
    let opposite = opposite_of(text);
    for path in paths.lines().filter(|path| !path.is_empty()) {
        let is_match = pattern.matches(path);
        if let Some(opposite) = &opposite {
            assert_ne!(opposite.matches(path), is_match, "{text:?} and its opposite agree on {path:?}");
        }
    }
}

/// Returns the pattern with one more `!`, which negates it unless white space or a comment follows.
fn opposite_of(text: &str) -> Option<Pattern> {
    let is_plain = text.starts_with(|c: char| !c.is_whitespace() && c != '#' && c != '\u{feff}');
    is_plain.then(|| Pattern::new(&format!("!{text}")).ok()).flatten()
}
