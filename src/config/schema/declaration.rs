//! Declares an option: its key, kind, range, default, documentation, and which keys are not supported for which reason.

use super::docs::Docs;
use serde_json::Value;

/// An object of the configuration and the options in it.
pub(crate) struct Table {
    /// The name of its definition in the schema and of its type in TypeScript. Empty: written in place.
    #[cfg_attr(not(test), expect(dead_code, reason = "the generator of the schema is a test"))]
    pub(crate) name: &'static str,
    pub(crate) options: &'static [Declaration],
    /// Keys that AWS defines and this module does not support, each with the reason.
    pub(crate) unsupported: &'static [(&'static str, &'static str)],
    pub(crate) rules: &'static [Rule],
    pub(crate) docs: Docs,
}

/// An option.
#[derive(Clone, Copy)]
pub(crate) struct Declaration {
    pub(crate) key: &'static str,
    pub(crate) kind: Kind,
    pub(crate) is_required: bool,
    /// JSON; the reader fills it in.
    pub(crate) default: Option<&'static str>,
    /// Errors do not show the value.
    pub(crate) is_secret: bool,
    /// The deployer that uses the object reads it, with a table of its own.
    pub(crate) is_read_later: bool,
    /// The highest number that AWS accepts for most functions today. It may be raised, so a higher one is not an error.
    pub(crate) max_today: Option<i64>,
    pub(crate) docs: Docs,
}

/// The values that an option accepts.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    String(&'static Format),
    Bool,
    /// `true` and `false` as in [`Kind::Bool`], or one of the other words.
    BoolOr(&'static [Choice]),
    Integer {
        min: i64,
        max: i64,
    },
    /// One of these whole numbers.
    IntegerOf(&'static [i64]),
    Number {
        min: i64,
    },
    /// A date as a string, or seconds since 1970. Read as seconds.
    Date,
    OneOf(&'static [Choice]),
    List {
        item: &'static Kind,
        min: usize,
        max: usize,
    },
    Object(&'static Table),
    Objects(&'static Table),
    Map(&'static MapFormat),
}

/// The maximum of numbers for which only AWS knows one: they have 32 bits.
pub(crate) const NO_MAX: i64 = i32::MAX as i64;

/// A value of an enumeration and its description, which may be empty.
pub(crate) type Choice = (&'static str, &'static str);

/// A form of strings, as a pattern for editors and as a check for the reader.
#[derive(Clone, Copy)]
pub(crate) struct Format {
    /// A regular expression of JavaScript; empty: any string.
    #[cfg_attr(not(test), expect(dead_code, reason = "the generator of the schema is a test"))]
    pub(crate) pattern: &'static str,
    /// Strings that match the pattern and are not accepted.
    pub(crate) except: &'static [&'static str],
    /// How to write it; no trailing period.
    pub(crate) help: &'static str,
    /// An empty string counts as not set: Litexa's templates leave some for their users to fill in.
    pub(crate) is_unset_if_empty: bool,
    /// Returns what is wrong with a string, as the predicate of a sentence.
    pub(crate) check: fn(&str) -> Result<(), String>,
}

/// An object whose keys are chosen by the user.
#[derive(Clone, Copy)]
pub(crate) struct MapFormat {
    pub(crate) names: Option<&'static Format>,
    pub(crate) values: MapValues,
    /// Keys with a meaning, for the documentation.
    pub(crate) documented: &'static [Declaration],
    /// Checks and normalizes the whole map; reports what is wrong as the predicate of a sentence.
    pub(crate) finish: fn(serde_json::Map<String, Value>) -> Result<Value, String>,
}

#[derive(Clone, Copy)]
pub(crate) enum MapValues {
    Anything,
    /// Strings, numbers and booleans, which become strings, or `null` for a key that is not set.
    Scalars,
    Strings(&'static Format),
    /// Strings, or `null` for a key that is not set.
    OptionalStrings(&'static Format),
    /// The definition `Target` of the schema.
    #[cfg(test)]
    Target,
}

/// A condition on several options of one object: either the first one holds, or all others do.
pub(crate) struct Rule {
    pub(crate) either: (&'static str, Is),
    pub(crate) or: &'static [(&'static str, Is)],
    /// The predicate of a sentence about the first option.
    pub(crate) problem: &'static str,
    pub(crate) hint: &'static str,
}

#[derive(Clone, Copy)]
pub(crate) enum Is {
    Set,
    Unset,
    Empty,
    OneOf(&'static [&'static str]),
    /// JSON texts.
    UnsetOrOneOf(&'static [&'static str]),
}

impl Is {
    pub(crate) fn holds(self, value: Option<&Value>) -> bool {
        match self {
            Is::Set => value.is_some(),
            Is::Unset => value.is_none(),
            Is::Empty => value.and_then(Value::as_array).is_none_or(Vec::is_empty),
            Is::OneOf(words) => value.and_then(Value::as_str).is_some_and(|word| words.contains(&word)),
            Is::UnsetOrOneOf(texts) => value.is_none_or(|value| texts.contains(&value.to_string().as_str())),
        }
    }
}

impl Kind {
    /// Returns what the value must be.
    pub(crate) fn expected(&self) -> String {
        match self {
            Kind::String(_) => "a string".into(),
            Kind::Bool => "true or false".into(),
            Kind::BoolOr(choices) => {
                let words: Vec<_> = choices.iter().map(|(word, _)| bool_or_word(word).to_string()).collect();
                format!("one of {}", words.join(", "))
            }
            Kind::Integer { min, max } if *max == NO_MAX => format!("a whole number of at least {min}"),
            Kind::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Kind::IntegerOf(numbers) => {
                let numbers: Vec<_> = numbers.iter().map(i64::to_string).collect();
                format!("one of {}", numbers.join(", "))
            }
            Kind::Number { min } => format!("a number of at least {min}"),
            Kind::Date => "a date".into(),
            Kind::OneOf(choices) => {
                let words: Vec<_> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
                if words.len() > 1 { format!("one of {}", words.join(", ")) } else { words.concat() }
            }
            Kind::List { .. } => "a list of strings".into(),
            Kind::Objects(_) => "a list of objects".into(),
            Kind::Map(MapFormat { values: MapValues::Strings(_) | MapValues::OptionalStrings(_), .. }) => {
                "an object of strings".into()
            }
            Kind::Object(_) | Kind::Map(_) => "an object".into(),
        }
    }
}

/// Returns the value that a choice of [`Kind::BoolOr`] stands for.
pub(crate) fn bool_or_word(word: &str) -> Value {
    word.parse::<bool>().map_or_else(|_| Value::from(word), Value::from)
}

impl Table {
    pub(crate) const fn new(name: &'static str, description: &'static str, options: &'static [Declaration]) -> Self {
        Table { name, options, unsupported: &[], rules: &[], docs: Docs::new(description) }
    }

    pub(crate) const fn unsupported(mut self, keys: &'static [(&'static str, &'static str)]) -> Self {
        self.unsupported = keys;
        self
    }

    pub(crate) const fn rules(mut self, rules: &'static [Rule]) -> Self {
        self.rules = rules;
        self
    }

    pub(crate) const fn examples(mut self, examples: &'static [&'static str]) -> Self {
        self.docs = self.docs.examples(examples);
        self
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.options.iter().map(|option| option.key)
    }
}

pub(crate) const fn option(key: &'static str, kind: Kind, description: &'static str) -> Declaration {
    Declaration {
        key,
        kind,
        is_required: false,
        default: None,
        is_secret: false,
        is_read_later: false,
        max_today: None,
        docs: Docs::new(description),
    }
}

/// An object whose description is its table's.
pub(crate) const fn object(key: &'static str, table: &'static Table) -> Declaration {
    let mut declaration = option(key, Kind::Object(table), "");
    declaration.docs = table.docs.description_only();
    declaration
}

impl Declaration {
    pub(crate) const fn values(mut self, phrase: &'static str) -> Self {
        self.docs = self.docs.values(phrase);
        self
    }

    pub(crate) const fn default(mut self, json: &'static str) -> Self {
        self.default = Some(json);
        self
    }

    /// Describes a default that is not a constant.
    pub(crate) const fn default_is(mut self, phrase: &'static str) -> Self {
        self.docs = self.docs.default_is(phrase);
        self
    }

    pub(crate) const fn examples(mut self, json: &'static [&'static str]) -> Self {
        self.docs = self.docs.examples(json);
        self
    }

    pub(crate) const fn deprecated(mut self, text: &'static str) -> Self {
        self.docs = self.docs.deprecated(text);
        self
    }

    pub(crate) const fn required(mut self) -> Self {
        self.is_required = true;
        self.not_null()
    }

    pub(crate) const fn not_null(mut self) -> Self {
        self.docs = self.docs.not_null();
        self
    }

    pub(crate) const fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    pub(crate) const fn max_today(mut self, max: i64) -> Self {
        self.max_today = Some(max);
        self
    }

    pub(crate) const fn read_later(mut self) -> Self {
        self.is_read_later = true;
        self
    }
}
