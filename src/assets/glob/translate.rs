//! Translates a segment of a pattern to the regular expression that minimatch 3.1.2 generates for it.
//!
//! minimatch writes the expression as text while it reads the pattern, and edits that text afterwards. Its results for
//! unusual patterns follow from these steps, so they are the same here; [`super::nfa`] then matches the expression.

use crate::assets::glob::error::PatternError;
use crate::assets::glob::js_char_class::accepts_class;

/// UTF-16 units, as in JavaScript, because `?` matches one of them.
type Text = Vec<u16>;

/// The maximum nesting of classes and of parentheses.
const MAX_DEPTH: usize = 50;

/// The maximum length of an expression in UTF-16 units. Each `!(…)` repeats the text after it, which may contain another
/// one.
const MAX_REGEX_UNITS: usize = 32 * 1024;

/// The expressions for `*` and `?`. A `!(…)` matches [`STAR`] where it does not exclude a text.
const STAR: &str = "[^/]*?";
const ONE: &str = "[^/]";

/// The end of a closed `!(…)`. The rest of the pattern is inserted after its first `)`, as a part of the look-ahead.
const NEGATION_END: &str = ")[^/]*?)";

/// A translated segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Translation {
    /// A text without wildcards, and without its backslashes.
    Literal(String),
    /// The source of an anchored regular expression.
    Regex(Text),
}

pub(super) fn translate(segment: &str) -> Result<Translation, PatternError> {
    let pattern: Text = segment.encode_utf16().collect();
    let (regex, magic) = Translator::new(&pattern, 0).run()?;
    if !magic {
        return Ok(Translation::Literal(without_backslashes(segment)));
    }
    Ok(Translation::Regex([units("^"), regex, units("$")].concat()))
}

/// Removes every backslash that is followed by a character other than a line terminator.
fn without_backslashes(segment: &str) -> String {
    let mut text = String::with_capacity(segment.len());
    let mut rest = segment.chars();
    while let Some(c) = rest.next() {
        match rest.clone().next() {
            Some(escaped) if c == '\\' && !['\n', '\r', '\u{2028}', '\u{2029}'].contains(&escaped) => {
                text.push(escaped);
                rest.next();
            }
            _ => text.push(c),
        }
    }
    text
}

fn units(text: &str) -> Text {
    text.encode_utf16().collect()
}

/// A `?(`, `*(`, `+(`, `@(` or `!(`, with the start and end of its translation.
struct Group {
    kind: char,
    start: usize,
    end: usize,
}

impl Group {
    fn opening(&self) -> &'static str {
        if self.kind == '!' { "(?:(?!(?:" } else { "(?:" }
    }

    fn closing(&self) -> &'static str {
        match self.kind {
            '!' => "))[^/]*?)",
            '?' => ")?",
            '+' => ")+",
            '*' => ")*",
            _ => ")",
        }
    }
}

/// A `[` without its `]`.
#[derive(Clone, Copy)]
struct Class {
    /// The offset in the pattern.
    start: usize,
    /// The offset in the translation.
    regex_start: usize,
}

struct Translator<'a> {
    pattern: &'a [u16],
    depth: usize,
    regex: Text,
    /// Whether the segment has wildcards.
    magic: bool,
    /// Whether the previous unit is a backslash.
    escaping: bool,
    /// One of `?*+@!`, until it is known whether a `(` follows.
    held: Option<char>,
    class: Option<Class>,
    open: Vec<Group>,
    negations: Vec<Group>,
}

impl<'a> Translator<'a> {
    fn new(pattern: &'a [u16], depth: usize) -> Self {
        Translator {
            pattern,
            depth,
            regex: Text::new(),
            magic: false,
            escaping: false,
            held: None,
            class: None,
            open: Vec::new(),
            negations: Vec::new(),
        }
    }

    /// Returns the expression, and whether the segment has wildcards.
    fn run(mut self) -> Result<(Text, bool), PatternError> {
        if self.depth > MAX_DEPTH {
            return Err(PatternError::TooDeep);
        }
        for (at, unit) in self.pattern.iter().enumerate() {
            self.read(at, *unit)?;
        }
        if let Some(class) = self.class.take() {
            self.reopen_class(class, self.pattern.len())?;
        }
        while let Some(group) = self.open.pop() {
            self.unwind_group(&group);
        }
        self.flush();
        if self.escaping {
            self.push("\\\\");
        }
        let takes_dot = !matches!(self.regex.first().map(|unit| ascii(*unit)), Some('[' | '.' | '('));
        while let Some(negation) = self.negations.pop() {
            self.append_negative_tail(&negation)?;
        }
        Ok((self.with_dot_guards(takes_dot), self.magic))
    }

    /// Makes wildcards match at least one character, and not a dot at the start.
    fn with_dot_guards(&mut self, takes_dot: bool) -> Text {
        let mut regex = std::mem::take(&mut self.regex);
        if !regex.is_empty() && self.magic {
            regex = [units("(?=.)"), regex].concat();
        }
        let asks_for_dot = self.pattern.first() == Some(&u16::from(b'.'));
        if !takes_dot && !asks_for_dot {
            regex = [units("(?!\\.)"), regex].concat();
        }
        regex
    }

    fn read(&mut self, at: usize, unit: u16) -> Result<(), PatternError> {
        let c = ascii(unit);
        if self.escaping && is_special(c) {
            self.push_escaped(unit);
            self.escaping = false;
            return Ok(());
        }
        match c {
            '\\' => {
                self.flush();
                self.escaping = true;
            }
            '?' | '*' | '+' | '@' | '!' => self.wildcard(at, c),
            '(' => self.open_group()?,
            ')' => self.close_group(),
            '|' => self.bar(),
            '[' => self.open_class(at),
            ']' => self.close_class(at)?,
            _ => {
                self.flush();
                if self.escaping {
                    self.escaping = false;
                } else if is_special(c) && !(c == '^' && self.class.is_some()) {
                    self.push("\\");
                }
                self.regex.push(unit);
            }
        }
        Ok(())
    }

    fn wildcard(&mut self, at: usize, c: char) {
        match self.class {
            // `[!a]` is `[^a]` in a regular expression; the other characters are literal in a class.
            Some(class) if c == '!' && at == class.start + 1 => self.push("^"),
            Some(_) => self.regex.push(c as u16),
            None => {
                self.flush();
                self.held = Some(c);
            }
        }
    }

    /// Writes the character that is held, because it is not followed by a `(`.
    fn flush(&mut self) {
        match self.held.take() {
            Some('*') => self.push_magic(STAR),
            Some('?') => self.push_magic(ONE),
            Some(c) => self.push_escaped(c as u16),
            None => {}
        }
    }

    fn open_group(&mut self) -> Result<(), PatternError> {
        if self.class.is_some() {
            self.push("(");
            return Ok(());
        }
        let Some(kind) = self.held.take() else {
            self.push("\\(");
            return Ok(());
        };
        if self.open.len() == MAX_DEPTH {
            return Err(PatternError::TooDeep);
        }
        let group = Group { kind, start: self.regex.len(), end: 0 };
        self.push(group.opening());
        self.open.push(group);
        Ok(())
    }

    fn close_group(&mut self) {
        if self.class.is_some() || self.open.is_empty() {
            self.push("\\)");
            return;
        }
        self.flush();
        if let Some(mut group) = self.open.pop() {
            self.push_magic(group.closing());
            group.end = self.regex.len();
            if group.kind == '!' {
                self.negations.push(group);
            }
        }
    }

    fn bar(&mut self) {
        if self.class.is_some() || self.open.is_empty() || self.escaping {
            self.push("\\|");
            self.escaping = false;
            return;
        }
        self.flush();
        self.push("|");
    }

    fn open_class(&mut self, at: usize) {
        self.flush();
        if self.class.is_some() {
            self.push("\\[");
            return;
        }
        self.class = Some(Class { start: at, regex_start: self.regex.len() });
        self.push("[");
    }

    fn close_class(&mut self, at: usize) -> Result<(), PatternError> {
        match self.class.take_if(|class| at != class.start + 1) {
            None => {
                self.push("\\]");
                self.escaping = false;
            }
            Some(class) if self.pattern.get(class.start + 1..at).is_some_and(accepts_class) => self.push_magic("]"),
            Some(class) => {
                self.reopen_class(class, at)?;
                self.push("\\]");
            }
        }
        Ok(())
    }

    /// Makes the bracket of an invalid class literal, and translates the text after it again, up to `end`.
    fn reopen_class(&mut self, class: Class, end: usize) -> Result<(), PatternError> {
        self.regex.truncate(class.regex_start);
        self.push("\\[");
        let inner = self.pattern.get(class.start + 1..end).unwrap_or_default();
        // In these two cases, minimatch does not check its own result, and writes JavaScript's `undefined`.
        if inner.is_empty() || inner == units("**") {
            self.push("undefined");
            return Ok(());
        }
        let (regex, magic) = Translator::new(inner, self.depth + 1).run()?;
        self.regex.extend(regex);
        self.magic |= magic;
        Ok(())
    }

    /// Makes an unclosed group literal: its sign, its parenthesis, and the bars in it.
    fn unwind_group(&mut self, group: &Group) {
        let tail = self.slice(group.start + group.opening().len(), usize::MAX).to_vec();
        self.regex.truncate(group.start);
        match group.kind {
            '*' => self.push(STAR),
            '?' => self.push(ONE),
            kind => self.push_escaped(kind as u16),
        }
        self.push("\\(");
        self.regex.extend(with_literal_bars(&tail));
        self.magic = true;
    }

    /// Repeats the rest of the pattern in the look-ahead of a `!(…)`: `!(a)b` excludes `ab`, and not every text that
    /// starts with `a`.
    fn append_negative_tail(&mut self, group: &Group) -> Result<(), PatternError> {
        let excluded_end = group.end.saturating_sub(NEGATION_END.len());
        let before = self.slice(0, group.start);
        let excluded = self.slice(group.start, excluded_end);
        let end = self.slice(excluded_end, group.end);
        let after = self.slice(group.end, usize::MAX);
        let mut tail = after.to_vec();
        for _ in before.iter().filter(|unit| ascii(**unit) == '(') {
            remove_closing(&mut tail);
        }
        if tail.is_empty() && self.depth == 0 {
            tail = units("$");
        }
        let regex = [before, excluded, &tail, end, after].concat();
        if regex.len() > MAX_REGEX_UNITS {
            return Err(PatternError::TooComplex);
        }
        self.regex = regex;
        Ok(())
    }

    /// Returns a part of the expression, without offsets beyond its end, as JavaScript's `slice` does.
    fn slice(&self, start: usize, end: usize) -> &[u16] {
        let end = end.min(self.regex.len());
        self.regex.get(start.min(end)..end).unwrap_or_default()
    }

    fn push(&mut self, text: &str) {
        self.regex.extend(text.encode_utf16());
    }

    fn push_magic(&mut self, text: &str) {
        self.push(text);
        self.magic = true;
    }

    fn push_escaped(&mut self, unit: u16) {
        self.push("\\");
        self.regex.push(unit);
    }
}

/// Returns a unit as a character of the syntax, which is ASCII. All other units become the same character.
fn ascii(unit: u16) -> char {
    u8::try_from(unit).ok().filter(u8::is_ascii).map_or('\u{fffd}', char::from)
}

/// Returns whether minimatch escapes a character in regular expressions. It does not escape `@`, `|` and `-`.
fn is_special(c: char) -> bool {
    "().*{}+?[]^$\\!".contains(c)
}

/// Removes the first `)` and the quantifier after it.
fn remove_closing(regex: &mut Text) {
    let Some(at) = regex.iter().position(|unit| ascii(*unit) == ')') else { return };
    let quantified = regex.get(at + 1).is_some_and(|unit| matches!(ascii(*unit), '+' | '*' | '?'));
    regex.drain(at..at + 1 + usize::from(quantified));
}

/// Inserts a backslash before each `|` without one, and doubles the pairs of backslashes before it.
fn with_literal_bars(regex: &[u16]) -> Text {
    /// The number of backslashes before a `|` that minimatch's regular expression matches.
    const MAX_BACKSLASHES: usize = 129;
    let mut text = Text::with_capacity(regex.len());
    let mut backslashes = 0;
    for unit in regex {
        match ascii(*unit) {
            '\\' => backslashes += 1,
            '|' => {
                let pairs = backslashes.min(MAX_BACKSLASHES) / 2;
                let has_own = backslashes.min(MAX_BACKSLASHES) % 2 == 1;
                text.extend(std::iter::repeat_n(u16::from(b'\\'), 2 * pairs + usize::from(!has_own)));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        text.push(*unit);
    }
    text
}
