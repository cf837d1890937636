//! Any text is a pattern: it is refused for its size, or answers for any path, and soon.
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
        let verdict = pattern.matches(path);
        if let Some(opposite) = &opposite {
            assert_ne!(opposite.matches(path), verdict, "{text:?} and its opposite agree on {path:?}");
        }
    }
}

/// One more `!` turns every verdict, unless white space or a comment begins behind it.
fn opposite_of(text: &str) -> Option<Pattern> {
    let is_plain = text.starts_with(|c: char| !c.is_whitespace() && c != '#' && c != '\u{feff}');
    is_plain.then(|| Pattern::new(&format!("!{text}")).ok()).flatten()
}
