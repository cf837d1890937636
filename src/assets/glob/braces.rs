//! Expands braces as the package `brace-expansion` 1.1 does for minimatch: `a{b,c}` becomes `ab` and `ac`, `{1..3}`
//! becomes `1`, `2` and `3`. Text that only resembles a set, such as `{a}` or `{2..}`, is not changed.

use crate::assets::glob::error::{MAX_ALTERNATIVES, PatternError};

/// The maximum number of characters of all alternatives together.
const MAX_CHARACTERS: usize = 1_000_000;

/// The maximum number of characters that are read and copied during an expansion.
const MAX_STEPS: usize = 20_000_000;

/// The maximum nesting of braces.
const MAX_DEPTH: usize = 100;

/// JavaScript's `Number.MAX_SAFE_INTEGER`: counting up never ends beyond it, because adding 1 may not change a number.
const MAX_NUMBER: u64 = (1 << 53) - 1;

/// A character, or a number above all characters for one that follows a backslash.
type Unit = u32;
type Text = Vec<Unit>;

const OPEN: Unit = '{' as u32;
const CLOSE: Unit = '}' as u32;
const COMMA: Unit = ',' as u32;

/// The characters that a backslash escapes, and the units that represent them during the expansion.
const ESCAPED: [(char, Unit); 5] =
    [('\\', 0x11_0000), ('{', 0x11_0001), ('}', LITERAL_CLOSE), (',', 0x11_0003), ('.', 0x11_0004)];
const LITERAL_CLOSE: Unit = 0x11_0002;

/// Returns the patterns without sets that `pattern` expands to.
pub(super) fn expand(pattern: &str) -> Result<Vec<String>, PatternError> {
    if !has_set(pattern) {
        return Ok(vec![pattern.to_string()]);
    }
    let text = match pattern.strip_prefix("{}") {
        // As in Bash, `{}` at the start does not belong to a set.
        Some(rest) => encode_escapes(&format!("\\{{\\}}{rest}")),
        None => encode_escapes(pattern),
    };
    let alternatives = Expansion { steps: 0 }.expand(text, true, 0)?;
    Ok(alternatives.iter().map(|text| decode_escapes(text)).collect())
}

/// Returns whether there is a `{`, and a `}` after it on the same line without another `{` in between.
fn has_set(pattern: &str) -> bool {
    let mut open = false;
    for c in pattern.chars() {
        match c {
            '{' => open = true,
            '}' if open => return true,
            c if is_line_end(c as Unit) => open = false,
            _ => {}
        }
    }
    false
}

fn is_line_end(unit: Unit) -> bool {
    ['\n', '\r', '\u{2028}', '\u{2029}'].iter().any(|c| *c as Unit == unit)
}

fn encode_escapes(pattern: &str) -> Text {
    let mut text = Text::with_capacity(pattern.len());
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        let escaped = rest.peek().and_then(|next| ESCAPED.iter().find(|(escaped, _)| escaped == next));
        match escaped {
            Some((_, unit)) if c == '\\' => {
                text.push(*unit);
                rest.next();
            }
            _ => text.push(c as Unit),
        }
    }
    text
}

/// The backslashes of escaped characters are removed, as in brace-expansion.
fn decode_escapes(text: &[Unit]) -> String {
    let decode = |unit: &Unit| match ESCAPED.iter().find(|(_, encoded)| encoded == unit) {
        Some((c, _)) => Some(*c),
        None => char::from_u32(*unit),
    };
    text.iter().filter_map(decode).collect()
}

/// Counts the steps of an expansion, and stops it at the limit.
struct Expansion {
    steps: usize,
}

/// A result up to the current position. Its first `kept` units precede the run of sets that is being expanded.
#[derive(Clone)]
struct Partial {
    text: Text,
    kept: usize,
}

impl Expansion {
    /// `top` is whether an empty result is dropped, as Bash does outside of braces.
    fn expand(&mut self, mut rest: Text, mut top: bool, depth: usize) -> Result<Vec<Text>, PatternError> {
        if depth > MAX_DEPTH {
            return Err(PatternError::TooDeep);
        }
        let mut results = vec![Partial { text: Text::new(), kept: 0 }];
        // Decided by the first set of a run: a list drops empty results, a sequence does not.
        let mut drop_empty = None;
        loop {
            self.charge(rest.len() + 1)?;
            let Some(group) = Group::first_in(&rest) else { break };
            if group.before.last() == Some(&('$' as Unit)) {
                break;
            }
            let set = match Set::of(group.body) {
                Some(set) => set,
                None if list_follows(group.after) => {
                    // `{a},b}` is a set with the members `a}` and `b`: its first `}` is literal.
                    rest = [group.before, &[OPEN], group.body, &[LITERAL_CLOSE], group.after].concat();
                    for result in &mut results {
                        result.kept = result.text.len();
                    }
                    (top, drop_empty) = (true, None);
                    continue;
                }
                None => break,
            };
            let drop = *drop_empty.get_or_insert(top && matches!(set, Set::List(_)));
            let members = match set {
                Set::Sequence(sequence) => sequence.members()?,
                Set::List(members) => self.members(members, depth)?,
            };
            results = self.combine(results, group.before, &members, drop && group.after.is_empty())?;
            if group.after.is_empty() {
                return Ok(results.into_iter().map(|result| result.text).collect());
            }
            rest = group.after.to_vec();
        }
        let results = self.combine(results, &rest, &[Text::new()], drop_empty.unwrap_or(false))?;
        Ok(results.into_iter().map(|result| result.text).collect())
    }

    /// Returns a list's expanded members. A list with one member, as in `{{a,b}}`, keeps its braces around each result.
    fn members(&mut self, mut members: Vec<Text>, depth: usize) -> Result<Vec<Text>, PatternError> {
        if let [only] = members.as_mut_slice() {
            let inner = self.expand(std::mem::take(only), false, depth + 1)?;
            members = inner.into_iter().map(|text| [&[OPEN], text.as_slice(), &[CLOSE]].concat()).collect();
            if members.len() == 1 {
                return Ok(members);
            }
        }
        let mut expanded = Vec::new();
        for member in members {
            expanded.extend(self.expand(member, false, depth + 1)?);
            if expanded.len() > MAX_ALTERNATIVES {
                return Err(PatternError::TooManyAlternatives);
            }
        }
        Ok(expanded)
    }

    /// Appends every member to every result.
    fn combine(
        &mut self,
        results: Vec<Partial>,
        before: &[Unit],
        members: &[Text],
        drop_empty: bool,
    ) -> Result<Vec<Partial>, PatternError> {
        let mut combined = Vec::new();
        let mut characters = 0;
        for result in &results {
            for member in members {
                let text = [&result.text, before, member].concat();
                self.charge(text.len() + 1)?;
                if drop_empty && text.len() == result.kept {
                    continue;
                }
                characters += text.len();
                if combined.len() == MAX_ALTERNATIVES || characters > MAX_CHARACTERS {
                    return Err(PatternError::TooManyAlternatives);
                }
                combined.push(Partial { text, kept: result.kept });
            }
        }
        Ok(combined)
    }

    fn charge(&mut self, steps: usize) -> Result<(), PatternError> {
        self.steps += steps;
        if self.steps > MAX_STEPS { Err(PatternError::TooManyAlternatives) } else { Ok(()) }
    }
}

/// The first pair of matching braces, and the text around it.
struct Group<'a> {
    before: &'a [Unit],
    body: &'a [Unit],
    after: &'a [Unit],
}

impl<'a> Group<'a> {
    fn first_in(text: &'a [Unit]) -> Option<Self> {
        let mut open = Vec::new();
        // If an earlier `{` is not closed, the leftmost pair after it counts.
        let mut leftmost: Option<(usize, usize)> = None;
        for (at, unit) in text.iter().enumerate() {
            match *unit {
                OPEN => open.push(at),
                CLOSE => {
                    let Some(start) = open.pop() else { continue };
                    if leftmost.is_none_or(|(left, _)| start < left) {
                        leftmost = Some((start, at));
                    }
                    if open.is_empty() {
                        break;
                    }
                }
                _ => {}
            }
        }
        let (start, end) = leftmost?;
        Some(Group { before: text.get(..start)?, body: text.get(start + 1..end)?, after: text.get(end + 1..)? })
    }
}

enum Set {
    List(Vec<Text>),
    Sequence(Sequence),
}

impl Set {
    fn of(body: &[Unit]) -> Option<Set> {
        if let Some(sequence) = Sequence::of(body) {
            return Some(Set::Sequence(sequence));
        }
        body.contains(&COMMA).then(|| Set::List(split_list(body)))
    }
}

/// Splits at the commas outside of inner braces.
fn split_list(body: &[Unit]) -> Vec<Text> {
    let mut members = vec![Text::new()];
    let mut depth = 0_usize;
    for unit in body {
        match *unit {
            OPEN => depth += 1,
            CLOSE => depth = depth.saturating_sub(1),
            _ => {}
        }
        match members.last_mut() {
            Some(member) if *unit != COMMA || depth > 0 => member.push(*unit),
            _ => members.push(Text::new()),
        }
    }
    members
}

/// Returns whether there is a comma that is not followed by another one, and a `}` after it on the same line.
fn list_follows(after: &[Unit]) -> bool {
    let mut close = false;
    let mut next = None;
    for unit in after.iter().rev() {
        match *unit {
            CLOSE => close = true,
            COMMA if close && next != Some(COMMA) => return true,
            end if is_line_end(end) => close = false,
            _ => {}
        }
        next = Some(*unit);
    }
    false
}

/// `1..9`, `09..1` or `a..e`, possibly with a step: `1..9..2`.
struct Sequence {
    first: i64,
    last: i64,
    step: i64,
    letters: bool,
    /// Numbers are padded with zeros to this width if one of them is.
    width: usize,
}

impl Sequence {
    fn of(body: &[Unit]) -> Option<Sequence> {
        let text: String = body.iter().map(|unit| char::from_u32(*unit)).collect::<Option<_>>()?;
        let parts: Vec<&str> = text.split("..").collect();
        let (first, last, step) = match parts.as_slice() {
            [first, last] => (*first, *last, "1"),
            [first, last, step] => (*first, *last, *step),
            _ => return None,
        };
        let letters = is_letter(first) && is_letter(last);
        if !is_number(step) || !(letters || is_number(first) && is_number(last)) {
            return None;
        }
        let value = |part: &str| match part.bytes().next() {
            Some(letter) if letters => i64::from(letter),
            _ => part.parse().unwrap_or(i64::MAX),
        };
        let step = step.parse().unwrap_or(i64::MAX).saturating_abs().max(1);
        let padded = parts.iter().any(|part| is_padded(part));
        let width = if padded && !letters { first.len().max(last.len()) } else { 0 };
        Some(Sequence { first: value(first), last: value(last), step, letters, width })
    }

    fn members(&self) -> Result<Vec<Text>, PatternError> {
        if [self.first, self.last, self.step].iter().any(|value| value.unsigned_abs() > MAX_NUMBER) {
            return Err(PatternError::NumberTooLarge);
        }
        let distance = self.first.abs_diff(self.last);
        let count = distance / self.step.unsigned_abs() + 1;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > MAX_ALTERNATIVES || count.saturating_mul(self.width) > MAX_CHARACTERS {
            return Err(PatternError::TooManyAlternatives);
        }
        let sign = if self.first <= self.last { 1 } else { -1 };
        let values = (0..count as i64).map(|index| self.first + sign * index * self.step);
        Ok(values.map(|value| self.member(value)).collect())
    }

    fn member(&self, value: i64) -> Text {
        if !self.letters {
            return format!("{value:0width$}", width = self.width).chars().map(|c| c as Unit).collect();
        }
        // The backslash between `Z` and `a` is left out, because it would escape the next character.
        u32::try_from(value).ok().filter(|letter| *letter != '\\' as Unit).into_iter().collect()
    }
}

fn is_letter(part: &str) -> bool {
    matches!(part.as_bytes(), [letter] if letter.is_ascii_alphabetic())
}

fn is_number(part: &str) -> bool {
    let digits = part.strip_prefix('-').unwrap_or(part);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a number is a zero followed by another digit.
fn is_padded(part: &str) -> bool {
    matches!(part.strip_prefix('-').unwrap_or(part).as_bytes(), [b'0', digit, ..] if digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(pattern: &str) -> Vec<String> {
        expand(pattern).unwrap()
    }

    #[test]
    fn a_set_expands_to_its_members() {
        assert_eq!(expanded("a{b,c}d"), ["abd", "acd"]);
        assert_eq!(expanded("{a,b{c,d}}{1..2}"), ["a1", "a2", "bc1", "bc2", "bd1", "bd2"]);
        assert_eq!(expanded("{08..10}"), ["08", "09", "10"]);
        assert_eq!(expanded("{-02..1..2}"), ["-02", "000"]);
        assert_eq!(expanded("{e..a..2}"), ["e", "c", "a"]);
        assert_eq!(expanded("x{{a,b}}y"), ["x{a}y", "x{b}y"]);
        assert_eq!(expanded("{a},b}"), ["a}", "b"]);
        assert_eq!(expanded("{,a}"), ["a"]);
        assert_eq!(expanded("b{,a}"), ["b", "ba"]);
    }

    #[test]
    fn text_that_only_resembles_a_set_is_not_changed() {
        for text in ["{a}", "{2..}", "{1..b}", "a{b", "a}b{c", "${a,b}", "{}", "{}a", "plain", ""] {
            assert_eq!(expanded(text), [text]);
        }
        assert_eq!(expanded("\\{a,b\\}{c,d}"), ["{a,b}c", "{a,b}d"]);
    }

    #[test]
    fn too_many_alternatives_are_an_error() {
        assert_eq!(expanded("{1..10000}").len(), MAX_ALTERNATIVES);
        for pattern in [
            "{1..10001}".to_string(),
            "{a,b}".repeat(20),
            "{1..9007199254740991}".to_string(),
            format!("{{{}1..9999}}", "0".repeat(1000)),
            format!("{}{{a,b}}{}", "x".repeat(60_000), "{a,b}".repeat(10)),
            format!("{{a}}{},b}}", "}".repeat(60_000)),
        ] {
            assert_eq!(expand(&pattern), Err(PatternError::TooManyAlternatives), "{pattern:.40}");
        }
        for pattern in ["{1..9007199254740992}", "{1..99999999999999999999999999}", "{-9223372036854775808..1}"] {
            assert_eq!(expand(pattern), Err(PatternError::NumberTooLarge));
        }
        assert_eq!(expand(&format!("{}a,b{}", "{".repeat(200), "}".repeat(200))), Err(PatternError::TooDeep));
    }

    #[test]
    fn long_chains_of_braces_are_expanded() {
        assert_eq!(expanded(&"{1..1}".repeat(2000)), ["1".repeat(2000)]);
        assert_eq!(expanded(&"{a}".repeat(2000)), ["{a}".repeat(2000)]);
    }
}
