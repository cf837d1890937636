//! Redacts secrets. A full Alexa request carries tokens that act for the skill or for the user (`apiAccessToken`,
//! `consentToken`, the linked account's `accessToken`). Log files are shared, so tokens must not get into them.
//!
//! Works on text, not on parsed JSON: the same token may be in an object, in JSON within a JSON string, in a URL, in a
//! dump of headers, or in the form that `console.log` gives an object (`apiAccessToken: 'eyJ…'`). [`kinds`] lists the
//! kinds of secrets. A secret that was redacted once is redacted everywhere ([`seen`]).

mod bare;
mod bytes;
mod decoded;
mod find;
mod forms;
mod judge;
mod kinds;
mod names;
mod quoted;
mod replace;
pub(crate) mod seen;
mod value;

#[cfg(test)]
mod tests;

use decoded::Decoded;
use replace::redact_ranges;
use seen::SeenSecrets;
use std::borrow::Cow;

/// The end of a cut event that is read together with the next one, in which a name may go on.
const TAIL: usize = 64;

/// An event that was cut goes on in one of this number of events.
const MAX_WAIT: usize = 16;

/// Redacts the events of a log stream, in order.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    seen: SeenSecrets,
    /// The text after which the next event is read, if the last one was cut.
    before: String,
    /// The events since then.
    waited: usize,
}

impl Redactor {
    /// Creates a redactor that shares what it remembers.
    pub(crate) fn sharing(seen: SeenSecrets) -> Self {
        Redactor { seen, ..Redactor::default() }
    }

    /// Returns the message without secrets, if it has any.
    pub(crate) fn redact(&mut self, message: &str) -> Option<String> {
        let before = self.take_before(message);
        if before.is_empty() && self.seen.is_empty() && !find::may_have_secrets(message) {
            self.remember_end(message, None);
            return None;
        }
        let joined = if before.is_empty() { Cow::Borrowed(message) } else { Cow::Owned(format!("{before}{message}")) };
        let text = Decoded::new(&joined);
        let values = find::find(&text);
        self.remember_end(message, find::unfinished(&text, &values));
        for value in &values {
            self.seen.add(text.get(value.start..value.end));
        }
        let named = values.iter().map(|value| value.raw_range(&text));
        let seen =
            self.seen.find(&text).into_iter().map(|range| text.raw_start(range.start)..text.raw_start(range.end));
        let clip = |at: usize| at.saturating_sub(before.len());
        let ranges = named.chain(seen).map(|range| clip(range.start)..clip(range.end));
        redact_ranges(message, ranges.filter(|range| range.start < range.end).collect())
    }

    /// Returns the end of the event that this one continues. A line that begins as those of Lambda continues none.
    fn take_before(&mut self, message: &str) -> String {
        let is_own_line = ["START ", "END ", "REPORT ", "INIT_", "{\"time", "{\"level", "{\"record", "20"]
            .iter()
            .any(|start| message.starts_with(start));
        self.waited += 1;
        if is_own_line && self.waited < MAX_WAIT { String::new() } else { std::mem::take(&mut self.before) }
    }

    fn remember_end(&mut self, message: &str, unfinished: Option<String>) {
        let is_cut = !message.ends_with(['\n', '\r']);
        if is_cut {
            let start = (message.len().saturating_sub(TAIL)..=message.len()).find(|at| message.is_char_boundary(*at));
            let tail = || message.get(start.unwrap_or_default()..).unwrap_or_default().to_owned();
            self.before = unfinished.unwrap_or_else(tail);
            self.waited = 0;
        }
    }
}
