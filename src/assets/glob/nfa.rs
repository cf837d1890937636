//! A matcher for the regular expressions that minimatch makes: groups, alternatives, `?` `*` `+`, classes, look-ahead.
//!
//! Look-ahead is what `globset` and `regex` leave out, since it does not fit into one pass over the text. Here every
//! look-ahead is answered first, for all positions at once, and then counts as a test like that of a character. So
//! the time grows with the expression times the text, whatever they are: there is no backtracking.
//!
//! As in JavaScript without flags, texts are UTF-16 units.

use std::ops::RangeInclusive;

/// Parentheses within parentheses; translated patterns stay far below.
const DEEPEST: usize = 500;

/// A compiled expression: a graph of steps, of which the first is the start.
#[derive(Clone, Debug)]
pub(super) struct Program {
    steps: Vec<Step>,
    /// For each step those that lead to it without taking a unit.
    leading: Vec<Vec<usize>>,
}

#[derive(Clone, Debug)]
enum Step {
    /// Takes one unit, and goes on to the next step.
    Take(Units),
    /// Goes on to the next step where the test holds.
    Test(Test),
    /// Goes on to the next step, and to another one.
    Fork(usize),
    Jump(usize),
    Done,
}

#[derive(Clone, Debug)]
struct Units {
    negated: bool,
    ranges: Vec<RangeInclusive<u16>>,
}

#[derive(Clone, Debug)]
enum Test {
    Start,
    End,
    Ahead { negated: bool, program: Program },
}

impl Units {
    fn contain(&self, unit: u16) -> bool {
        self.ranges.iter().any(|range| range.contains(&unit)) != self.negated
    }
}

impl Program {
    /// None for what JavaScript would not accept as a regular expression.
    pub(crate) fn compile(source: &[u16]) -> Option<Program> {
        let mut parser = Parser { rest: source, steps: Vec::new(), depth: 0 };
        parser.alternatives()?;
        parser.rest.is_empty().then(|| Program::new(parser.steps))
    }

    fn new(mut steps: Vec<Step>) -> Program {
        steps.push(Step::Done);
        let mut leading = vec![Vec::new(); steps.len()];
        let mut lead = |from: usize, to: usize| {
            if let Some(sources) = leading.get_mut(to) {
                sources.push(from);
            }
        };
        for (at, step) in steps.iter().enumerate() {
            match step {
                Step::Take(_) | Step::Done => {}
                Step::Test(_) => lead(at, at + 1),
                Step::Fork(other) => {
                    lead(at, at + 1);
                    lead(at, *other);
                }
                Step::Jump(to) => lead(at, *to),
            }
        }
        Program { steps, leading }
    }

    /// Whether the expression matches anywhere in the text; minimatch anchors its own.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let units: Vec<u16> = text.encode_utf16().collect();
        self.starts(&units).contains(&true)
    }

    /// For each position in the text, whether a match can start there.
    ///
    /// Worked out from the end to the start: a step leads to `Done` if the unit that it takes is there and the step
    /// behind it leads to `Done` from the next position.
    fn starts(&self, text: &[u16]) -> Vec<bool> {
        let ahead: Vec<Option<Vec<bool>>> = self.steps.iter().map(|step| step.look_ahead(text)).collect();
        let mut starts = vec![false; text.len() + 1];
        let mut later = vec![false; self.steps.len()];
        let mut reached = later.clone();
        let mut open: Vec<usize> = Vec::new();
        for position in (0..=text.len()).rev() {
            reached.fill(false);
            let leads = |(at, step): (usize, &Step)| match (step, text.get(position)) {
                (Step::Done, _) => Some(at),
                (Step::Take(units), Some(unit)) => (later[at + 1] && units.contain(*unit)).then_some(at),
                _ => None,
            };
            open.extend(self.steps.iter().enumerate().filter_map(leads));
            while let Some(at) = open.pop() {
                if !std::mem::replace(&mut reached[at], true) {
                    let holds = |from: &&usize| match &self.steps[**from] {
                        Step::Test(test) => test.holds(position, text.len(), ahead[**from].as_deref()),
                        _ => true,
                    };
                    open.extend(self.leading[at].iter().filter(holds));
                }
            }
            starts[position] = reached[0];
            std::mem::swap(&mut later, &mut reached);
        }
        starts
    }
}

impl Step {
    /// For a look-ahead: for each position, whether what it looks for starts there.
    fn look_ahead(&self, text: &[u16]) -> Option<Vec<bool>> {
        match self {
            Step::Test(Test::Ahead { program, .. }) => Some(program.starts(text)),
            _ => None,
        }
    }
}

impl Test {
    fn holds(&self, position: usize, end: usize, ahead: Option<&[bool]>) -> bool {
        match self {
            Test::Start => position == 0,
            Test::End => position == end,
            Test::Ahead { negated, .. } => ahead.is_some_and(|starts| starts.get(position) != Some(negated)),
        }
    }
}

/// Reads a source and writes steps as it goes.
struct Parser<'a> {
    rest: &'a [u16],
    steps: Vec<Step>,
    depth: usize,
}

impl Parser<'_> {
    /// One or more sequences with `|` between them, up to a `)` or the end.
    fn alternatives(&mut self) -> Option<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let start = self.steps.len();
        let mut jumps = Vec::new();
        self.sequence()?;
        let mut branch = start;
        while self.eat("|") {
            // What is there becomes a branch: a fork before it, a jump to the end behind it.
            self.insert(branch, Step::Fork(self.steps.len() + 2));
            jumps.push(self.steps.len());
            self.steps.push(Step::Jump(0));
            branch = self.steps.len();
            self.sequence()?;
        }
        let end = self.steps.len();
        for jump in jumps {
            self.steps[jump] = Step::Jump(end);
        }
        self.depth -= 1;
        Some(())
    }

    fn sequence(&mut self) -> Option<()> {
        while let Some(unit) = self.rest.first() {
            if [b'|', b')'].iter().any(|end| u16::from(*end) == *unit) {
                break;
            }
            self.quantified()?;
        }
        Some(())
    }

    fn quantified(&mut self) -> Option<()> {
        let start = self.steps.len();
        if !self.atom()? {
            return Some(());
        }
        if self.eat("?") {
            self.insert(start, Step::Fork(self.steps.len() + 1));
        } else if self.eat("*") {
            self.insert(start, Step::Fork(self.steps.len() + 2));
            self.steps.push(Step::Jump(start));
        } else if self.eat("+") {
            self.steps.push(Step::Fork(start));
        } else {
            return Some(());
        }
        // Lazy or not, the same texts match.
        self.eat("?");
        Some(())
    }

    /// Whether what was read can be repeated.
    fn atom(&mut self) -> Option<bool> {
        if self.eat("^") {
            self.steps.push(Step::Test(Test::Start));
            return Some(false);
        }
        if self.eat("$") {
            self.steps.push(Step::Test(Test::End));
            return Some(false);
        }
        if self.eat("(?=") {
            return self.ahead(false);
        }
        if self.eat("(?!") {
            return self.ahead(true);
        }
        if self.eat("(?:") {
            self.alternatives()?;
            return self.eat(")").then_some(true);
        }
        let units = if self.eat("[") { self.class()? } else { self.single()? };
        self.steps.push(Step::Take(units));
        Some(true)
    }

    fn ahead(&mut self, negated: bool) -> Option<bool> {
        let outer = std::mem::take(&mut self.steps);
        self.alternatives()?;
        let program = Program::new(std::mem::replace(&mut self.steps, outer));
        self.steps.push(Step::Test(Test::Ahead { negated, program }));
        self.eat(")").then_some(true)
    }

    fn single(&mut self) -> Option<Units> {
        if self.eat(".") {
            let ends = [0x0a, 0x0d, 0x2028, 0x2029];
            return Some(Units { negated: true, ranges: ends.map(|end| end..=end).to_vec() });
        }
        if let Some(unit) = self.rest.first()
            && b"(*+?".iter().any(|special| u16::from(*special) == *unit)
        {
            return None;
        }
        let unit = self.unit()?;
        Some(Units { negated: false, ranges: vec![unit..=unit] })
    }

    /// What is between brackets, and the closing one.
    fn class(&mut self) -> Option<Units> {
        let negated = self.eat("^");
        let mut ranges = Vec::new();
        while !self.eat("]") {
            let first = self.unit()?;
            let is_range = self.rest.first() == Some(&u16::from(b'-')) && self.rest.get(1) != Some(&u16::from(b']'));
            let last = if is_range && self.eat("-") { self.unit()? } else { first };
            if last < first {
                return None;
            }
            ranges.push(first..=last);
        }
        Some(Units { negated, ranges })
    }

    /// One unit. In what minimatch makes, a backslash is only ever there to take away a special meaning.
    fn unit(&mut self) -> Option<u16> {
        self.eat("\\");
        let (unit, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*unit)
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

    /// Puts a step before others that are there already, whose targets move along.
    fn insert(&mut self, at: usize, step: Step) {
        for moved in self.steps.iter_mut().skip(at) {
            if let Step::Fork(target) | Step::Jump(target) = moved
                && *target >= at
            {
                *target += 1;
            }
        }
        self.steps.insert(at, step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(source: &str) -> Option<Program> {
        Program::compile(&source.encode_utf16().collect::<Vec<_>>())
    }

    fn check(source: &str, matching: &[&str], other: &[&str]) {
        let program = compile(source).unwrap();
        for text in matching {
            assert!(program.matches(text), "{source} matches {text:?}");
        }
        for text in other {
            assert!(!program.matches(text), "{source} does not match {text:?}");
        }
    }

    #[test]
    fn matches_as_javascript_does() {
        check("^a|b$", &["ax", "xb", "ab"], &["xa", "bx", ""]);
        check("^(?:a|bc)*$", &["", "a", "bc", "abca"], &["b", "ab"]);
        check("^(?:a|)+x?$", &["", "a", "aax", "x"], &["xx", "ax "]);
        check("^[a-c\\]]+$", &["a", "]", "abc]"], &["", "d", "-"]);
        check("^[^a-c-]$", &["d", "\n"], &["a", "-", "", "dd"]);
        check("^[a-]$", &["a", "-"], &["b"]);
        check("^[^]$", &["a", "\n"], &["", "ab"]);
        check("^.$", &["a", "é"], &["\n", "\u{2028}", "", "😀"]);
        check("^(?!\\.)(?=.)[^/]*?\\.js$", &["a.js", "a.b.js"], &[".js", "js", "a.ts", ""]);
        check("^(?:(?!(?:a|b)$)[^/]*?)$", &["", "ab", "c"], &["a", "b"]);
        check("^(?:(?!(?:(?!x).)$)[^/]*?)$", &["x", "ab", ""], &["a"]);
        check("a", &["bab"], &["b"]);
    }

    #[test]
    fn what_javascript_refuses_is_none() {
        for source in ["(?:a", "a)", "[a", "[b-a]", "*", "a**", "(?:a))", "a|*", "\\", "(?=a", "^*", "(?:[)"] {
            assert!(compile(source).is_none(), "{source}");
        }
        assert!(compile(&"(?:".repeat(100_000)).is_none());
    }

    #[test]
    fn time_does_not_explode() {
        let program = compile("^(?:(?:(?:a+)+)+)+b$").unwrap();
        assert!(!program.matches(&"a".repeat(1000)));
        let stars = compile(&format!("^{}b$", "[^/]*?a".repeat(50))).unwrap();
        assert!(!stars.matches(&"a".repeat(1000)));
    }
}
