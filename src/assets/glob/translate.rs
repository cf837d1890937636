//! One segment of a pattern as the regular expression that minimatch 3.1.2 makes of it.
//!
//! minimatch writes the expression while it reads the pattern, and mends it afterwards, as text. Its verdicts on odd
//! patterns follow from that, so the text is made here in the same steps; [`super::regex`] then matches it.

use super::PatternError;
use crate::assets::glob::js_char_class::accepts_class;

/// Texts are UTF-16 units, as in JavaScript: that is what `?` counts.
type Text = Vec<u16>;

/// Classes within classes, and parentheses within parentheses.
const DEEPEST: usize = 50;

/// Each `!(…)` repeats all that is behind it, and what is repeated may hold another one.
const LONGEST: usize = 32 * 1024;

/// `*` and `?`, and what a `!(…)` matches where it does not refuse.
const STAR: &str = "[^/]*?";
const ONE: &str = "[^/]";

/// A closed `!(…)` ends in `)` and these: the place behind that `)` is where the rest of the pattern is looked at.
const NEGATION_END: &str = ")[^/]*?)";

/// What a segment is once read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Translation {
    /// No wildcards: the text itself, without its backslashes.
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

/// Every backslash with a character of the same line behind it goes away.
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

/// A `?(`, `*(`, `+(`, `@(` or `!(`, and where its translation starts and ends.
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

/// A `[` whose `]` has not come yet.
#[derive(Clone, Copy)]
struct Class {
    /// In the pattern.
    start: usize,
    /// In the translation.
    regex_start: usize,
}

struct Translator<'a> {
    pattern: &'a [u16],
    depth: usize,
    regex: Text,
    /// Whether there is anything but text.
    magic: bool,
    /// Whether a backslash came before.
    escaping: bool,
    /// One of `?*+@!` that waits to see whether a `(` follows.
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

    /// The expression, and whether it is one at all.
    fn run(mut self) -> Result<(Text, bool), PatternError> {
        if self.depth > DEEPEST {
            return Err(PatternError::TooDeep);
        }
        for (at, unit) in self.pattern.iter().enumerate() {
            self.read(at, *unit)?;
        }
        if let Some(class) = self.class.take() {
            self.reopen_class(class, self.pattern.len())?;
        }
        while let Some(group) = self.open.pop() {
            self.undo_group(&group);
        }
        self.flush();
        if self.escaping {
            self.push("\\\\");
        }
        let takes_dot = !matches!(self.regex.first().map(|unit| ascii(*unit)), Some('[' | '.' | '('));
        while let Some(negation) = self.negations.pop() {
            self.look_past(&negation)?;
        }
        Ok((self.guarded(takes_dot), self.magic))
    }

    /// Wildcards take at least one character, and at the start no dot.
    fn guarded(&mut self, takes_dot: bool) -> Text {
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
            // `[!a]` is a regular expression's `[^a]`; all else is literal in a class.
            Some(class) if c == '!' && at == class.start + 1 => self.push("^"),
            Some(_) => self.regex.push(c as u16),
            None => {
                self.flush();
                self.held = Some(c);
            }
        }
    }

    /// Writes the character that was held back, since no `(` came.
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
        if self.open.len() == DEEPEST {
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

    /// What began as a class is none: its bracket is literal, and what follows is read anew, up to `end`.
    fn reopen_class(&mut self, class: Class, end: usize) -> Result<(), PatternError> {
        self.regex.truncate(class.regex_start);
        self.push("\\[");
        let inner = self.pattern.get(class.start + 1..end).unwrap_or_default();
        // minimatch reads its own answer wrongly in these two cases, and writes JavaScript's word for nothing.
        if inner.is_empty() || inner == units("**") {
            self.push("undefined");
            return Ok(());
        }
        let (regex, magic) = Translator::new(inner, self.depth + 1).run()?;
        self.regex.extend(regex);
        self.magic |= magic;
        Ok(())
    }

    /// Makes a group that was never closed literal: its sign, its parenthesis, and the bars in it.
    fn undo_group(&mut self, group: &Group) {
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

    /// Writes the rest of the pattern into a `!(…)`, too: `!(a)b` must not refuse `ab…` for the sake of its `a`.
    fn look_past(&mut self, group: &Group) -> Result<(), PatternError> {
        let refused_end = group.end.saturating_sub(NEGATION_END.len());
        let before = self.slice(0, group.start);
        let refused = self.slice(group.start, refused_end);
        let end = self.slice(refused_end, group.end);
        let after = self.slice(group.end, usize::MAX);
        let mut looked_at = after.to_vec();
        for _ in before.iter().filter(|unit| ascii(**unit) == '(') {
            remove_closing(&mut looked_at);
        }
        if looked_at.is_empty() && self.depth == 0 {
            looked_at = units("$");
        }
        let regex = [before, refused, &looked_at, end, after].concat();
        if regex.len() > LONGEST {
            return Err(PatternError::TooComplex);
        }
        self.regex = regex;
        Ok(())
    }

    /// Like JavaScript's `slice`: what is beyond the end is left out.
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

/// A unit as a character of the syntax, which is ASCII; all others are alike.
fn ascii(unit: u16) -> char {
    u8::try_from(unit).ok().filter(u8::is_ascii).map_or('\u{fffd}', char::from)
}

/// What minimatch escapes for regular expressions. Signs such as `@`, `|` and `-` are not among them.
fn is_special(c: char) -> bool {
    "().*{}+?[]^$\\!".contains(c)
}

/// Takes away the first `)`, with the quantifier behind it.
fn remove_closing(regex: &mut Text) {
    let Some(at) = regex.iter().position(|unit| ascii(*unit) == ')') else { return };
    let quantified = regex.get(at + 1).is_some_and(|unit| matches!(ascii(*unit), '+' | '*' | '?'));
    regex.drain(at..at + 1 + usize::from(quantified));
}

/// Puts a backslash before each `|` that has none, and doubles the pairs of backslashes before that.
fn with_literal_bars(regex: &[u16]) -> Text {
    /// As many as minimatch looks back.
    const MOST: usize = 129;
    let mut text = Text::with_capacity(regex.len());
    let mut backslashes = 0;
    for unit in regex {
        match ascii(*unit) {
            '\\' => backslashes += 1,
            '|' => {
                let pairs = backslashes.min(MOST) / 2;
                let has_own = backslashes.min(MOST) % 2 == 1;
                text.extend(std::iter::repeat_n(u16::from(b'\\'), 2 * pairs + usize::from(!has_own)));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        text.push(*unit);
    }
    text
}
