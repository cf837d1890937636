//! Which texts between brackets JavaScript takes for a class of a regular expression.
//!
//! minimatch asks `RegExp('[' + text + ']')`, and takes the brackets literally where that throws, so the verdict
//! has to be the same: `[z-a]` is no class, `[\x61-z]` is one. A text that starts with `]` is the odd case: in a
//! regular expression `[]` is a class of its own, and the rest of the text is then read as an expression.

type Units<'a> = &'a [u16];

/// Whether JavaScript accepts `[`, the text and `]` as a regular expression.
pub(super) fn accepts_class(text: &[u16]) -> bool {
    let source: Vec<u16> = [&[b'['.into()], text, &[b']'.into()]].concat();
    Scanner { rest: &source, groups: Vec::new(), repeatable: false }.accepts()
}

/// Goes through an expression and tells whether its syntax is right, with the laxness that browsers need (Annex B of
/// the standard).
struct Scanner<'a> {
    rest: Units<'a>,
    /// For each open parenthesis, whether the group can be repeated.
    groups: Vec<bool>,
    /// Whether a quantifier may follow.
    repeatable: bool,
}

impl Scanner<'_> {
    fn accepts(mut self) -> bool {
        while let Some(unit) = self.next() {
            if self.element(unit).is_none() {
                return false;
            }
        }
        self.groups.is_empty()
    }

    /// Reads what starts with `unit`; none where that is an error.
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
        self.eat("?");
        self.repeatable.then_some(false)
    }

    fn open(&mut self) -> Option<bool> {
        let look_behind = self.eat("?<=") || self.eat("?<!");
        let named = !look_behind && self.eat("?<");
        if named {
            let name: Vec<char> = std::iter::from_fn(|| self.next()).take_while(|c| *c != '>').collect();
            let starts = name.first().is_some_and(|c| c.is_alphabetic() || "_$".contains(*c));
            if !starts || !name.iter().all(|c| c.is_alphanumeric() || "_$".contains(*c)) {
                return None;
            }
        } else if !look_behind && self.rest.first() == Some(&u16::from(b'?')) {
            let known = self.eat("?:") || self.eat("?=") || self.eat("?!");
            known.then_some(())?;
        }
        self.groups.push(!look_behind);
        Some(false)
    }

    /// Reads a class up to its end, and refuses a range that falls.
    fn class(&mut self) -> Option<bool> {
        self.eat("^");
        while !self.eat("]") {
            let first = self.class_unit()?;
            let is_range = self.rest.first() == Some(&u16::from(b'-')) && self.rest.get(1) != Some(&u16::from(b']'));
            if is_range && self.eat("-") {
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

    /// A member of a class. It has no value where it stands for a set, such as `\d`.
    fn class_unit(&mut self) -> Option<Option<u16>> {
        let unit = self.next_unit()?;
        if unit != u16::from(b'\\') {
            return Some(Some(unit));
        }
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
            Ok('c') => Some(self.control()),
            _ => Some(escaped),
        })
    }

    fn hex(&mut self, digits: usize) -> Option<u16> {
        let text: String = self.rest.get(..digits)?.iter().map(|unit| char_of(*unit)).collect();
        let value = text.chars().all(|c| c.is_ascii_hexdigit()).then(|| u16::from_str_radix(&text, 16).ok())??;
        self.rest = self.rest.get(digits..)?;
        Some(value)
    }

    /// Up to three digits, as long as the value fits into a byte.
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

    /// `\cJ` is a control character; with anything else behind it the backslash is one of its own.
    fn control(&mut self) -> u16 {
        match self.rest.first().map(|unit| char_of(*unit)) {
            Some(letter) if letter.is_ascii_alphanumeric() || letter == '_' => {
                self.next_unit().map_or(0, |unit| unit % 32)
            }
            _ => u16::from(b'\\'),
        }
    }

    fn next_unit(&mut self) -> Option<u16> {
        let (unit, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*unit)
    }

    fn next(&mut self) -> Option<char> {
        self.next_unit().map(char_of)
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.split_at_checked(text.len()) {
            Some((start, rest)) if start.iter().copied().eq(text.bytes().map(u16::from)) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }
}

/// Syntax is ASCII: what a unit beyond is does not matter, so half a pair may be told as something else.
fn char_of(unit: u16) -> char {
    char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The length of `2}`, `2,}` or `2,3}` and whether the numbers rise; other braces are text.
fn braces(text: Units) -> Option<(usize, bool)> {
    let length = text.iter().position(|unit| *unit == u16::from(b'}'))?;
    let inside: String = text.get(..length)?.iter().map(|unit| char_of(*unit)).collect();
    let (least, most) = match inside.split_once(',') {
        Some((least, most)) => (least, (!most.is_empty()).then_some(most)),
        None => (inside.as_str(), None),
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(least) || !most.is_none_or(is_number) {
        return None;
    }
    // Digits are compared as text, since they may be any number.
    let value = |text: &str| {
        let digits = text.trim_start_matches('0');
        (digits.len(), digits.to_string())
    };
    Some((length + 1, most.is_none_or(|most| value(least) <= value(most))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(text: &str) -> bool {
        accepts_class(&text.encode_utf16().collect::<Vec<_>>())
    }

    #[test]
    fn classes_are_accepted_as_javascript_does() {
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
            "\\c-a",
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
        for text in ["z-a", "ü-a", "😀-😂", "\\x5a-\\x41", "a-\\n", "\\n-\\t", "a-z-9-0", "\\cZ-\\cA", "\\c-A"] {
            assert!(!accepts(text), "[{text}]");
        }
    }

    #[test]
    fn after_an_empty_class_the_rest_is_an_expression() {
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
