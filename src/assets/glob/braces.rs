//! Brace expansion as the package `brace-expansion` does it for minimatch: `a{b,c}` is `ab` and `ac`, `{1..3}` is
//! `1`, `2` and `3`. What only looks like a set, such as `{a}` or `{2..}`, stays as it is.

use super::PatternError;

/// More would take more time than anybody means to wait; `{a,b}` twenty times over is a million.
pub(super) const MOST_ALTERNATIVES: usize = 10_000;

/// The alternatives' characters together, and the characters looked at on the way to them.
const MOST_CHARACTERS: usize = 1_000_000;
const MOST_STEPS: usize = 20_000_000;
const DEEPEST: usize = 100;

/// JavaScript's numbers skip some beyond this one, so that counting up would never end.
const LARGEST_NUMBER: u64 = (1 << 53) - 1;

/// A character, or a number above all characters for one that a backslash makes literal.
type Symbol = u32;
type Text = Vec<Symbol>;

const OPEN: Symbol = '{' as u32;
const CLOSE: Symbol = '}' as u32;
const COMMA: Symbol = ',' as u32;

/// The characters that a backslash makes literal, and what stands for them meanwhile.
const ESCAPED: [(char, Symbol); 5] =
    [('\\', 0x11_0000), ('{', 0x11_0001), ('}', LITERAL_CLOSE), (',', 0x11_0003), ('.', 0x11_0004)];
const LITERAL_CLOSE: Symbol = 0x11_0002;

/// All patterns without sets that `pattern` stands for.
pub(super) fn expand(pattern: &str) -> Result<Vec<String>, PatternError> {
    if !has_set(pattern) {
        return Ok(vec![pattern.to_string()]);
    }
    let text = match pattern.strip_prefix("{}") {
        // As in Bash, `{}` at the very start is no part of any set.
        Some(rest) => hide_escaped(&format!("\\{{\\}}{rest}")),
        None => hide_escaped(pattern),
    };
    let alternatives = Expansion { steps: 0 }.expand(text, true, 0)?;
    Ok(alternatives.iter().map(|text| show_escaped(text)).collect())
}

/// Whether there is a `{`, and a `}` after it on the same line with no other `{` between them.
fn has_set(pattern: &str) -> bool {
    let mut open = false;
    for c in pattern.chars() {
        match c {
            '{' => open = true,
            '}' if open => return true,
            c if is_line_end(c as Symbol) => open = false,
            _ => {}
        }
    }
    false
}

fn is_line_end(symbol: Symbol) -> bool {
    ['\n', '\r', '\u{2028}', '\u{2029}'].iter().any(|c| *c as Symbol == symbol)
}

fn hide_escaped(pattern: &str) -> Text {
    let mut text = Text::with_capacity(pattern.len());
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        let escaped = rest.peek().and_then(|next| ESCAPED.iter().find(|(escaped, _)| escaped == next));
        match escaped {
            Some((_, symbol)) if c == '\\' => {
                text.push(*symbol);
                rest.next();
            }
            _ => text.push(c as Symbol),
        }
    }
    text
}

/// The backslashes are gone afterwards, as they are in brace-expansion.
fn show_escaped(text: &[Symbol]) -> String {
    let show = |symbol: &Symbol| match ESCAPED.iter().find(|(_, hidden)| hidden == symbol) {
        Some((c, _)) => Some(*c),
        None => char::from_u32(*symbol),
    };
    text.iter().filter_map(show).collect()
}

/// Counts what an expansion costs, and stops one that costs too much.
struct Expansion {
    steps: usize,
}

/// One of the results so far. Its first `kept` symbols are older than the run of sets that is being expanded.
#[derive(Clone)]
struct Partial {
    text: Text,
    kept: usize,
}

impl Expansion {
    /// `top` is whether an empty result is dropped, which Bash does outside all braces.
    fn expand(&mut self, mut rest: Text, mut top: bool, depth: usize) -> Result<Vec<Text>, PatternError> {
        if depth > DEEPEST {
            return Err(PatternError::TooDeep);
        }
        let mut results = vec![Partial { text: Text::new(), kept: 0 }];
        // Decided by the first set of a run: a list drops empty results, a sequence does not.
        let mut drop_empty = None;
        loop {
            self.spend(rest.len() + 1)?;
            let Some(group) = Group::first_in(&rest) else { break };
            if group.before.last() == Some(&('$' as Symbol)) {
                break;
            }
            let set = match Set::of(group.body) {
                Some(set) => set,
                None if list_follows(group.after) => {
                    // `{a},b}` is a set with the members `a}` and `b`: the first `}` is made literal.
                    rest = [group.before, &[OPEN], group.body, &[LITERAL_CLOSE], group.after].concat();
                    results.iter_mut().for_each(|result| result.kept = result.text.len());
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

    /// A list's members, expanded. A list of one, as in `{{a,b}}`, keeps its braces around each result.
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
            if expanded.len() > MOST_ALTERNATIVES {
                return Err(PatternError::TooManyAlternatives);
            }
        }
        Ok(expanded)
    }

    /// Every result with every member behind it.
    fn combine(
        &mut self,
        results: Vec<Partial>,
        before: &[Symbol],
        members: &[Text],
        drop_empty: bool,
    ) -> Result<Vec<Partial>, PatternError> {
        let mut combined = Vec::new();
        let mut characters = 0;
        for result in &results {
            for member in members {
                let text = [&result.text, before, member].concat();
                self.spend(text.len() + 1)?;
                if drop_empty && text.len() == result.kept {
                    continue;
                }
                characters += text.len();
                if combined.len() == MOST_ALTERNATIVES || characters > MOST_CHARACTERS {
                    return Err(PatternError::TooManyAlternatives);
                }
                combined.push(Partial { text, kept: result.kept });
            }
        }
        Ok(combined)
    }

    fn spend(&mut self, steps: usize) -> Result<(), PatternError> {
        self.steps += steps;
        if self.steps > MOST_STEPS { Err(PatternError::TooManyAlternatives) } else { Ok(()) }
    }
}

/// The first pair of braces that belong together, and what is around it.
struct Group<'a> {
    before: &'a [Symbol],
    body: &'a [Symbol],
    after: &'a [Symbol],
}

impl<'a> Group<'a> {
    fn first_in(text: &'a [Symbol]) -> Option<Self> {
        let mut open = Vec::new();
        // Where an earlier `{` stays open, the leftmost pair after it counts.
        let mut leftmost: Option<(usize, usize)> = None;
        for (at, symbol) in text.iter().enumerate() {
            match *symbol {
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
    fn of(body: &[Symbol]) -> Option<Set> {
        if let Some(sequence) = Sequence::of(body) {
            return Some(Set::Sequence(sequence));
        }
        body.contains(&COMMA).then(|| Set::List(split_list(body)))
    }
}

/// Cuts at the commas outside inner braces.
fn split_list(body: &[Symbol]) -> Vec<Text> {
    let mut members = vec![Text::new()];
    let mut depth = 0_usize;
    for symbol in body {
        match *symbol {
            OPEN => depth += 1,
            CLOSE => depth = depth.saturating_sub(1),
            _ => {}
        }
        match members.last_mut() {
            Some(member) if *symbol != COMMA || depth > 0 => member.push(*symbol),
            _ => members.push(Text::new()),
        }
    }
    members
}

/// Whether there is a comma that no other comma follows, and a `}` behind it on the same line.
fn list_follows(after: &[Symbol]) -> bool {
    let mut close = false;
    let mut next = None;
    for symbol in after.iter().rev() {
        match *symbol {
            CLOSE => close = true,
            COMMA if close && next != Some(COMMA) => return true,
            end if is_line_end(end) => close = false,
            _ => {}
        }
        next = Some(*symbol);
    }
    false
}

/// `1..9`, `09..1`, `a..e`, each perhaps with a step: `1..9..2`.
struct Sequence {
    first: i64,
    last: i64,
    step: i64,
    letters: bool,
    /// Numbers are filled up with zeros to this width if one of them is written so.
    width: usize,
}

impl Sequence {
    fn of(body: &[Symbol]) -> Option<Sequence> {
        let text: String = body.iter().map(|symbol| char::from_u32(*symbol)).collect::<Option<_>>()?;
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
        if [self.first, self.last, self.step].iter().any(|value| value.unsigned_abs() > LARGEST_NUMBER) {
            return Err(PatternError::LargeNumber);
        }
        let distance = self.first.abs_diff(self.last);
        let count = distance / self.step.unsigned_abs() + 1;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > MOST_ALTERNATIVES || count.saturating_mul(self.width) > MOST_CHARACTERS {
            return Err(PatternError::TooManyAlternatives);
        }
        let sign = if self.first <= self.last { 1 } else { -1 };
        let values = (0..count as i64).map(|index| self.first + sign * index * self.step);
        Ok(values.map(|value| self.member(value)).collect())
    }

    fn member(&self, value: i64) -> Text {
        if !self.letters {
            return format!("{value:0width$}", width = self.width).chars().map(|c| c as Symbol).collect();
        }
        // Between `Z` and `a` there is a backslash, which would escape what follows; it is left out.
        u32::try_from(value).ok().filter(|letter| *letter != '\\' as Symbol).into_iter().collect()
    }
}

fn is_letter(part: &str) -> bool {
    matches!(part.as_bytes(), [letter] if letter.is_ascii_alphabetic())
}

fn is_number(part: &str) -> bool {
    let digits = part.strip_prefix('-').unwrap_or(part);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A zero with another digit behind it.
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
    fn sets_stand_for_their_members() {
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
    fn what_is_no_set_stays() {
        for text in ["{a}", "{2..}", "{1..b}", "a{b", "a}b{c", "${a,b}", "{}", "{}a", "plain", ""] {
            assert_eq!(expanded(text), [text]);
        }
        assert_eq!(expanded("\\{a,b\\}{c,d}"), ["{a,b}c", "{a,b}d"]);
    }

    #[test]
    fn too_many_alternatives_are_refused() {
        assert_eq!(expanded("{1..10000}").len(), MOST_ALTERNATIVES);
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
            assert_eq!(expand(pattern), Err(PatternError::LargeNumber));
        }
        assert_eq!(expand(&format!("{}a,b{}", "{".repeat(200), "}".repeat(200))), Err(PatternError::TooDeep));
    }

    #[test]
    fn long_chains_of_braces_are_no_trouble() {
        assert_eq!(expanded(&"{1..1}".repeat(2000)), ["1".repeat(2000)]);
        assert_eq!(expanded(&"{a}".repeat(2000)), ["{a}".repeat(2000)]);
    }
}
