//! Checks whether JavaScript accepts a text between brackets as a character class of a regular expression.
//!
//! minimatch evaluates `RegExp('[' + text + ']')`, and takes the brackets literally if that throws, so the result must
//! be the same: `[z-a]` is not a class, `[\x61-z]` is one. A text that starts with `]` is a special case: in a regular
//! expression, `[]` is a complete class, and the rest of the text is parsed as an expression.
//!
//! The crate `regress` 0.12 agrees on all patterns of the fixture, but adds 700 KB to a program and 45,000 lines to the
//! build, for this check alone. After `[]`, it accepts `\b?` and `(?i:a)`, which V8 (Node.js 20) rejects. This module
//! accepts two groups of the same name and a `\k` without its group, which V8 rejects.

type Units<'a> = &'a [u16];

/// Returns whether JavaScript accepts `[`, the text and `]` as a regular expression.
pub(super) fn accepts_class(text: &[u16]) -> bool {
    let source: Vec<u16> = [&[b'['.into()], text, &[b']'.into()]].concat();
    SyntaxChecker { rest: &source, groups: Vec::new(), repeatable: false }.accepts()
}

/// Checks the syntax of an expression, including the extensions for web browsers
/// (<https://tc39.es/ecma262/#sec-regular-expressions-patterns>).
struct SyntaxChecker<'a> {
    rest: Units<'a>,
    /// For each open parenthesis, whether a quantifier may follow the group.
    groups: Vec<bool>,
    /// Whether a quantifier may follow.
    repeatable: bool,
}

impl SyntaxChecker<'_> {
    fn accepts(mut self) -> bool {
        while let Some(unit) = self.next() {
            if self.element(unit).is_none() {
                return false;
            }
        }
        self.groups.is_empty()
    }

    /// Reads an element that starts with `unit`. Returns `None` for an error.
    fn element(&mut self, unit: char) -> Option<()> {
        self.repeatable = match unit {
            '(' => self.open()?,
            ')' => self.groups.pop()?,
            '[' => self.class()?,
            '*' | '+' | '?' => self.quantifier()?,
            '{' => match braces(self.rest) {
                Some((length, in_order)) => {
                    self.rest = self.rest.get(length..)?;
                    if !in_order {
                        return None;
                    }
                    self.quantifier()?
                }
                None => true,
            },
            '|' | '^' | '$' => false,
            '\\' => !matches!(self.next()?, 'b' | 'B'),
            _ => true,
        };
        Some(())
    }

    fn quantifier(&mut self) -> Option<bool> {
        self.consume("?");
        self.repeatable.then_some(false)
    }

    fn open(&mut self) -> Option<bool> {
        let look_behind = self.consume("?<=") || self.consume("?<!");
        let named = !look_behind && self.consume("?<");
        if named {
            let name: Vec<char> = std::iter::from_fn(|| self.next()).take_while(|c| *c != '>').collect();
            let starts = name.first().is_some_and(|c| c.is_alphabetic() || "_$".contains(*c));
            if !starts || !name.iter().all(|c| c.is_alphanumeric() || "_$".contains(*c)) {
                return None;
            }
        } else if !look_behind && self.rest.first() == Some(&u16::from(b'?')) {
            let known = self.consume("?:") || self.consume("?=") || self.consume("?!");
            known.then_some(())?;
        }
        self.groups.push(!look_behind);
        Some(false)
    }

    /// Reads a class up to its end. A descending range is an error.
    fn class(&mut self) -> Option<bool> {
        self.consume("^");
        while !self.consume("]") {
            let first = self.class_unit()?;
            let is_range = self.rest.first() == Some(&u16::from(b'-')) && self.rest.get(1) != Some(&u16::from(b']'));
            if is_range && self.consume("-") {
                let last = self.class_unit()?;
                if let (Some(first), Some(last)) = (first, last)
                    && first > last
                {
                    return None;
                }
            }
        }
        Some(true)
    }

    /// Reads a member of a class. A set of characters such as `\d` does not have a value.
    #[expect(clippy::option_option, reason = "the outer one is the end of the pattern")]
    fn class_unit(&mut self) -> Option<Option<u16>> {
        let unit = self.next_unit()?;
        if unit != u16::from(b'\\') {
            return Some(Some(unit));
        }
        let at_escaped = self.rest;
        let escaped = self.next_unit()?;
        Some(match u8::try_from(escaped).map(char::from) {
            Ok('d' | 'D' | 's' | 'S' | 'w' | 'W') => None,
            Ok('b') => Some(8),
            Ok('t') => Some(9),
            Ok('n') => Some(10),
            Ok('v') => Some(11),
            Ok('f') => Some(12),
            Ok('r') => Some(13),
            Ok('x') => Some(self.hex(2).unwrap_or(escaped)),
            Ok('u') => Some(self.hex(4).unwrap_or(escaped)),
            Ok('0'..='7') => Some(self.octal(escaped)),
            Ok('c') => Some(self.control().unwrap_or_else(|| {
                self.rest = at_escaped;
                unit
            })),
            _ => Some(escaped),
        })
    }

    fn hex(&mut self, digits: usize) -> Option<u16> {
        let text: String = self.rest.get(..digits)?.iter().map(|unit| char_of(*unit)).collect();
        let value = text.chars().all(|c| c.is_ascii_hexdigit()).then(|| u16::from_str_radix(&text, 16).ok())??;
        self.rest = self.rest.get(digits..)?;
        Some(value)
    }

    /// Reads up to two more digits, as long as the value fits into a byte.
    fn octal(&mut self, first: u16) -> u16 {
        let mut value = first - u16::from(b'0');
        for _ in 0..2 {
            match self.rest.first().map(|unit| char_of(*unit).to_digit(8)) {
                Some(Some(digit)) if value * 8 + (digit as u16) <= 0o377 => {
                    value = value * 8 + digit as u16;
                    self.next_unit();
                }
                _ => break,
            }
        }
        value
    }

    /// Reads the `J` of `\cJ`, a control character. Returns `None` for anything else: then the backslash is literal.
    fn control(&mut self) -> Option<u16> {
        let (letter, rest) = self.rest.split_first()?;
        if !char_of(*letter).is_ascii_alphanumeric() && char_of(*letter) != '_' {
            return None;
        }
        self.rest = rest;
        Some(*letter % 32)
    }

    fn next_unit(&mut self) -> Option<u16> {
        let (unit, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*unit)
    }

    fn next(&mut self) -> Option<char> {
        self.next_unit().map(char_of)
    }

    fn consume(&mut self, text: &str) -> bool {
        match self.rest.split_at_checked(text.len()) {
            Some((start, rest)) if start.iter().copied().eq(text.bytes().map(u16::from)) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }
}

/// Returns a unit as a character. Syntax is ASCII, so half of a surrogate pair may become any other character.
fn char_of(unit: u16) -> char {
    char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Returns the length of `2}`, `2,}` or `2,3}`, and whether the numbers ascend. Other braces are text.
fn braces(text: Units) -> Option<(usize, bool)> {
    let length = text.iter().position(|unit| *unit == u16::from(b'}'))?;
    let inside: String = text.get(..length)?.iter().map(|unit| char_of(*unit)).collect();
    let (min, max) = match inside.split_once(',') {
        Some((min, max)) => (min, (!max.is_empty()).then_some(max)),
        None => (inside.as_str(), None),
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(min) || !max.is_none_or(is_number) {
        return None;
    }
    // Compares the digits as text, since a number may have any length.
    let value = |text: &str| {
        let digits = text.trim_start_matches('0');
        (digits.len(), digits.to_string())
    };
    Some((length + 1, max.is_none_or(|max| value(min) <= value(max))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(text: &str) -> bool {
        accepts_class(&text.encode_utf16().collect::<Vec<_>>())
    }

    #[test]
    fn the_same_classes_are_accepted_as_in_javascript() {
        for text in [
            "abc",
            "a-z",
            "^a-z",
            "^",
            "a-",
            "-a",
            "a-c-e",
            "\\d-a",
            "z-\\d",
            "\\x41-\\x5a",
            "\\u0041-z",
            "\\101-z",
            "\\cA-z",
            "\\b-a",
            "a[b",
            "(*+?",
            "\\]",
            "é-ü",
            "😀",
            "\\400-1",
            "\\xg-z",
        ] {
            assert!(accepts(text), "[{text}]");
        }
        for text in [
            "z-a",
            "ü-a",
            "😀-😂",
            "\\x5a-\\x41",
            "a-\\n",
            "\\n-\\t",
            "a-z-9-0",
            "\\cZ-\\cA",
            "\\c-A",
            "\\c-a",
            "a\\c-b",
        ] {
            assert!(!accepts(text), "[{text}]");
        }
    }

    #[test]
    fn the_text_after_an_empty_class_is_an_expression() {
        for text in [
            "]", "]a", "]*", "](a)", "](?:a)+", "][", "]{2}", "]{a", "]{2,3}?", "](?<n>a)", "](?<=a)", "](?=a)*",
            "]a|b",
        ] {
            assert!(accepts(text), "[{text}]");
        }
        for text in
            ["](", "])", "]**", "]|*", "]{3,2}", "]{2}{2}", "](?a)", "](?<1>a)", "](?<=a)*", "](*a)", "]^*", "][z-a"]
        {
            assert!(!accepts(text), "[{text}]");
        }
    }
}
