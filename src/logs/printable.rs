//! Makes the texts of a log safe to show in a terminal, an editor and a browser.
//!
//! The skill, and those who talk to it, decide what is in a log. A terminal obeys control sequences, some of which write
//! to the clipboard; marks for the direction of text show a line in another order than it has; invisible characters
//! hide differences. Colors are removed. All other such characters are shown: control characters as their symbols
//! (`␛`), the rest by their numbers (`<U+202E>`).
//!
//! Every report has the same texts, JSON Lines as well: [`Invocation::printable`] is the only place that calls this for
//! requests.
//!
//! [`Invocation::printable`]: crate::logs::invocation::model::Invocation::printable

use std::borrow::Cow;
use std::fmt::Write;

/// Returns a text of any number of lines. Its line breaks are `\n`.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    shown(text, |c| matches!(c, '\n' | '\t'))
}

/// Returns a text that stays on one line, such as a name.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    shown(text, |_| false)
}

/// Returns the text without what may do more than be read. `is_kept` decides about control characters.
fn shown(text: &str, is_kept: fn(char) -> bool) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') || is_kept(char::from(byte))) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = match (c, after.chars().next()) {
            ('\u{1b}', Some('[')) => without_color(after.get(1..).unwrap_or_default()).unwrap_or(after),
            ('\u{9b}', _) => without_color(after).unwrap_or(after),
            _ => after,
        };
        let is_color = rest.len() < after.len();
        match c {
            _ if is_color => {}
            '\r' if is_kept('\n') && after.starts_with('\n') => {}
            '\r' if is_kept('\n') => shown.push('\n'),
            c if is_kept(c) => shown.push(c),
            '\0'..='\u{1f}' => shown.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => shown.push('␡'),
            '\u{200c}' | '\u{200d}' if joins(before, after) => shown.push(c),
            // Writing to a String cannot fail.
            c if is_unseen(c) => drop(write!(shown, "<U+{:04X}>", u32::from(c))),
            c => shown.push(c),
        }
        before = c;
    }
    Cow::Owned(shown)
}

/// Returns the text after a sequence that sets colors, of which the beginning has been read.
///
/// See <https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>, Character Attributes (SGR).
fn without_color(text: &str) -> Option<&str> {
    /// The longest sequence that is looked for: a color by its components has about 20 characters.
    const MAX_LENGTH: usize = 64;
    let end = text.bytes().take(MAX_LENGTH).position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':'))?;
    text.get(end..)?.strip_prefix('m')
}

/// Returns whether a joiner between these characters belongs to a word or an emoji of several parts.
fn joins(before: char, after: &str) -> bool {
    let is_joined = |c: char| !c.is_ascii() && !is_unseen(c) && !matches!(c, '\u{200c}' | '\u{200d}');
    is_joined(before) && after.chars().next().is_some_and(is_joined)
}

/// Returns whether a character has no shape of its own: control characters of ISO 6429, line breaks that few programs
/// know, marks for the direction of text, characters without a width, tags.
///
/// See <https://www.unicode.org/reports/tr36/> and <https://trojansource.codes>.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::prop;

    #[test]
    fn colors_are_removed_and_other_sequences_are_shown() {
        for (raw, safe) in [
            ("\u{1b}[31mred\u{1b}[0m and \u{1b}[1;38;5;208mbold\u{1b}[m", "red and bold"),
            ("\u{9b}32mgreen", "green"),
            ("\u{1b}[2J\u{1b}[1;1Hcleared", "␛[2J␛[1;1Hcleared"),
            ("\u{1b}]52;c;c2VjcmV0\u{7}", "␛]52;c;c2VjcmV0␇"),
            ("\u{1b}]8;;https://example.com\u{1b}\\link\u{1b}]8;;\u{1b}\\", "␛]8;;https://example.com␛\\link␛]8;;␛\\"),
            ("\u{1b}P1$r0m\u{1b}\\", "␛P1$r0m␛\\"),
            ("\u{9d}0;title\u{9c}", "<U+009D>0;title<U+009C>"),
            ("cut \u{1b}[3", "cut ␛[3"),
            (
                "nul \0, bell \u{7}, back \u{8}, del \u{7f}, next line \u{85}",
                "nul ␀, bell ␇, back ␈, del ␡, next line <U+0085>",
            ),
        ] {
            assert_eq!((text(raw).as_ref(), line(raw).as_ref()), (safe, safe));
        }
    }

    #[test]
    fn marks_of_direction_and_invisible_characters_are_shown() {
        assert_eq!(text("a\u{202e}b\u{2066}c\u{200f}d\u{61c}"), "a<U+202E>b<U+2066>c<U+200F>d<U+061C>");
        assert_eq!(text("ad\u{200b}min\u{ad} \u{feff}\u{e0041}"), "ad<U+200B>min<U+00AD> <U+FEFF><U+E0041>");
        assert_eq!(text("a\u{2028}--- ✘ b\u{2029}"), "a<U+2028>--- ✘ b<U+2029>");
        assert_eq!(text("ad\u{200d}min \u{200d}"), "ad<U+200D>min <U+200D>");
    }

    #[test]
    fn words_and_emojis_of_any_language_stay() {
        for words in ["Grüße, 東京 🎲", "👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}", "می\u{200c}خواهم", "שלום", "\ttab\nline\n"]
        {
            assert_eq!(text(words), words);
        }
    }

    #[test]
    fn line_breaks_are_one_kind_and_shown_where_there_is_one_line() {
        assert_eq!(text("a\r\nb\rc\n\r"), "a\nb\nc\n\n");
        assert_eq!(line("a\r\nb\tc"), "a␍␊b␉c");
    }

    #[test]
    fn any_text_is_safe_and_stays_the_same_a_second_time() {
        prop::check(|rng| {
            let raw = prop::text(rng, 60) + &prop::text_of(rng, "\u{1b}[]m1;\r\n\u{200d}\u{202e}é🎲", 20);
            let safe = text(&raw).into_owned();
            assert!(!safe.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')), "{safe:?}");
            assert_eq!(text(&safe), safe);
            let safe = line(&raw).into_owned();
            assert!(!safe.contains(char::is_control), "{safe:?}");
            assert_eq!(line(&safe), safe);
        });
    }
}
