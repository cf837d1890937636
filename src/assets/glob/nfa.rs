//! Matches the regular expressions that minimatch generates: groups, alternatives, `?` `*` `+`, classes, look-ahead.
//!
//! The expression becomes a nondeterministic finite automaton (NFA), which is simulated as Thompson described
//! (<https://swtch.com/~rsc/regexp/regexp1.html>), but from the end of the text to its start. Every look-ahead is an
//! NFA of its own: it is simulated first, for all positions at once, and its result is then an assertion like `^`.
//! Without backtracking, the time is proportional to the length of the expression times that of the text. The crates
//! `globset` and `regex` do not support look-ahead, and `fancy-regex` and `regress` backtrack.
//!
//! As in JavaScript without flags, texts consist of UTF-16 units.

use std::ops::RangeInclusive;

/// The maximum nesting of parentheses, which translated patterns never reach.
const MAX_DEPTH: usize = 500;

/// A compiled expression: a graph of states, the first of which is the start.
#[derive(Clone, Debug)]
pub(super) struct Nfa {
    states: Vec<State>,
    /// For each state, those with a transition to it that does not consume a unit.
    predecessors: Vec<Vec<usize>>,
}

#[derive(Clone, Debug)]
enum State {
    /// Consumes a unit of the class, and continues with the next state.
    Consume(CharClass),
    /// Continues with the next state where the assertion holds.
    Assert(Assertion),
    /// Continues with the next state, and with another one.
    Fork(usize),
    Jump(usize),
    Match,
}

#[derive(Clone, Debug)]
struct CharClass {
    negated: bool,
    ranges: Vec<RangeInclusive<u16>>,
}

#[derive(Clone, Debug)]
enum Assertion {
    Start,
    End,
    LookAhead { negated: bool, nfa: Nfa },
}

impl CharClass {
    fn contains(&self, unit: u16) -> bool {
        self.ranges.iter().any(|range| range.contains(&unit)) != self.negated
    }
}

impl Nfa {
    /// Returns `None` if JavaScript does not accept the source as a regular expression.
    pub(crate) fn compile(source: &[u16]) -> Option<Nfa> {
        let mut parser = Parser { rest: source, states: Vec::new(), depth: 0 };
        parser.alternatives()?;
        parser.rest.is_empty().then(|| Nfa::new(parser.states))
    }

    fn new(mut states: Vec<State>) -> Nfa {
        states.push(State::Match);
        let mut predecessors = vec![Vec::new(); states.len()];
        let mut connect = |from: usize, to: usize| {
            if let Some(sources) = predecessors.get_mut(to) {
                sources.push(from);
            }
        };
        for (at, state) in states.iter().enumerate() {
            match state {
                State::Consume(_) | State::Match => {}
                State::Assert(_) => connect(at, at + 1),
                State::Fork(other) => {
                    connect(at, at + 1);
                    connect(at, *other);
                }
                State::Jump(to) => connect(at, *to),
            }
        }
        Nfa { states, predecessors }
    }

    /// Returns whether the expression matches anywhere in the text. Those of minimatch are anchored.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let units: Vec<u16> = text.encode_utf16().collect();
        self.match_starts(&units).contains(&true)
    }

    /// Returns for each position in the text whether a match starts there.
    ///
    /// Goes from the end of the text to its start: a state leads to `Match` if the text has a unit that it consumes, and
    /// the next state leads to `Match` from the next position.
    fn match_starts(&self, text: &[u16]) -> Vec<bool> {
        let look_aheads: Vec<Option<Vec<bool>>> = self.states.iter().map(|state| state.look_ahead(text)).collect();
        let mut starts = vec![false; text.len() + 1];
        let mut later = vec![false; self.states.len()];
        let mut reached = later.clone();
        let mut open: Vec<usize> = Vec::new();
        for position in (0..=text.len()).rev() {
            reached.fill(false);
            let matching = |(at, state): (usize, &State)| match (state, text.get(position)) {
                (State::Match, _) => Some(at),
                (State::Consume(class), Some(unit)) => (later[at + 1] && class.contains(*unit)).then_some(at),
                _ => None,
            };
            open.extend(self.states.iter().enumerate().filter_map(matching));
            while let Some(at) = open.pop() {
                if !std::mem::replace(&mut reached[at], true) {
                    let holds = |from: &&usize| match &self.states[**from] {
                        State::Assert(assertion) => {
                            assertion.holds(position, text.len(), look_aheads[**from].as_deref())
                        }
                        _ => true,
                    };
                    open.extend(self.predecessors[at].iter().filter(holds));
                }
            }
            starts[position] = reached[0];
            std::mem::swap(&mut later, &mut reached);
        }
        starts
    }
}

impl State {
    /// Returns for a look-ahead whether it matches, for each position.
    fn look_ahead(&self, text: &[u16]) -> Option<Vec<bool>> {
        match self {
            State::Assert(Assertion::LookAhead { nfa, .. }) => Some(nfa.match_starts(text)),
            _ => None,
        }
    }
}

impl Assertion {
    fn holds(&self, position: usize, end: usize, look_ahead: Option<&[bool]>) -> bool {
        match self {
            Assertion::Start => position == 0,
            Assertion::End => position == end,
            Assertion::LookAhead { negated, .. } => {
                look_ahead.is_some_and(|starts| starts.get(position) != Some(negated))
            }
        }
    }
}

/// Reads the source of an expression, and appends states for it.
struct Parser<'a> {
    rest: &'a [u16],
    states: Vec<State>,
    depth: usize,
}

impl Parser<'_> {
    /// Reads one or more sequences with `|` between them, up to a `)` or the end.
    fn alternatives(&mut self) -> Option<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let start = self.states.len();
        let mut jumps = Vec::new();
        self.sequence()?;
        let mut branch = start;
        while self.consume("|") {
            // The sequence before becomes a branch: a fork before it, and a jump to the end after it.
            self.insert(branch, State::Fork(self.states.len() + 2));
            jumps.push(self.states.len());
            self.states.push(State::Jump(0));
            branch = self.states.len();
            self.sequence()?;
        }
        let end = self.states.len();
        for jump in jumps {
            self.states[jump] = State::Jump(end);
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
        let start = self.states.len();
        if !self.atom()? {
            return Some(());
        }
        if self.consume("?") {
            self.insert(start, State::Fork(self.states.len() + 1));
        } else if self.consume("*") {
            self.insert(start, State::Fork(self.states.len() + 2));
            self.states.push(State::Jump(start));
        } else if self.consume("+") {
            self.states.push(State::Fork(start));
        } else {
            return Some(());
        }
        // Lazy or not, the same texts match.
        self.consume("?");
        Some(())
    }

    /// Returns whether a quantifier may follow.
    fn atom(&mut self) -> Option<bool> {
        if self.consume("^") {
            self.states.push(State::Assert(Assertion::Start));
            return Some(false);
        }
        if self.consume("$") {
            self.states.push(State::Assert(Assertion::End));
            return Some(false);
        }
        if self.consume("(?=") {
            return self.look_ahead(false);
        }
        if self.consume("(?!") {
            return self.look_ahead(true);
        }
        if self.consume("(?:") {
            self.alternatives()?;
            return self.consume(")").then_some(true);
        }
        let class = if self.consume("[") { self.class()? } else { self.single()? };
        self.states.push(State::Consume(class));
        Some(true)
    }

    fn look_ahead(&mut self, negated: bool) -> Option<bool> {
        let outer = std::mem::take(&mut self.states);
        self.alternatives()?;
        let nfa = Nfa::new(std::mem::replace(&mut self.states, outer));
        self.states.push(State::Assert(Assertion::LookAhead { negated, nfa }));
        self.consume(")").then_some(true)
    }

    fn single(&mut self) -> Option<CharClass> {
        if self.consume(".") {
            let ends = [0x0a, 0x0d, 0x2028, 0x2029];
            return Some(CharClass { negated: true, ranges: ends.map(|end| end..=end).to_vec() });
        }
        if let Some(unit) = self.rest.first()
            && b"(*+?".iter().any(|special| u16::from(*special) == *unit)
        {
            return None;
        }
        let unit = self.unit()?;
        Some(CharClass { negated: false, ranges: vec![unit..=unit] })
    }

    /// Reads the members of a class, and its closing bracket.
    fn class(&mut self) -> Option<CharClass> {
        let negated = self.consume("^");
        let mut ranges = Vec::new();
        while !self.consume("]") {
            let first = self.unit()?;
            let is_range = self.rest.first() == Some(&u16::from(b'-')) && self.rest.get(1) != Some(&u16::from(b']'));
            let last = if is_range && self.consume("-") { self.unit()? } else { first };
            if last < first {
                return None;
            }
            ranges.push(first..=last);
        }
        Some(CharClass { negated, ranges })
    }

    /// Reads a unit. In minimatch's expressions, a backslash only makes the next unit literal.
    fn unit(&mut self) -> Option<u16> {
        self.consume("\\");
        let (unit, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*unit)
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

    /// Inserts a state before others, and moves the targets that are after it.
    fn insert(&mut self, at: usize, state: State) {
        for moved in self.states.iter_mut().skip(at) {
            if let State::Fork(target) | State::Jump(target) = moved
                && *target >= at
            {
                *target += 1;
            }
        }
        self.states.insert(at, state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(source: &str) -> Option<Nfa> {
        Nfa::compile(&source.encode_utf16().collect::<Vec<_>>())
    }

    fn check(source: &str, matching: &[&str], other: &[&str]) {
        let nfa = compile(source).unwrap();
        for text in matching {
            assert!(nfa.matches(text), "{source} matches {text:?}");
        }
        for text in other {
            assert!(!nfa.matches(text), "{source} does not match {text:?}");
        }
    }

    #[test]
    fn expressions_match_the_same_texts_as_in_javascript() {
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
    fn a_source_that_javascript_rejects_is_not_compiled() {
        for source in ["(?:a", "a)", "[a", "[b-a]", "*", "a**", "(?:a))", "a|*", "\\", "(?=a", "^*", "(?:[)"] {
            assert!(compile(source).is_none(), "{source}");
        }
        assert!(compile(&"(?:".repeat(100_000)).is_none());
    }

    #[test]
    fn nested_quantifiers_take_linear_time() {
        let nfa = compile("^(?:(?:(?:a+)+)+)+b$").unwrap();
        assert!(!nfa.matches(&"a".repeat(1000)));
        let stars = compile(&format!("^{}b$", "[^/]*?a".repeat(50))).unwrap();
        assert!(!stars.matches(&"a".repeat(1000)));
    }
}
