//! Finds the answer that Alexa refused: that of the request which a `System.ExceptionEncountered` names, or of the last
//! request before a `SessionEndedRequest` in the same session. Lambda may have run it in another environment, so it may
//! be in another log stream.
//!
//! The IDs are kept as hashes, at 16 bytes an invocation: there may be a million.

use crate::logs::event::model::AlexaIds;
use crate::logs::invocation::outcome::Outcome;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The keys by which an invocation is found, or finds another one.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    /// The request; for a refusal, the request whose answer was refused. 0 if it is unknown.
    request: u64,
    /// 0 if it is unknown.
    session: u64,
    is_refusal: bool,
}

impl Keys {
    pub(crate) fn new(ids: &AlexaIds, outcome: Outcome) -> Keys {
        let is_refusal = outcome == Outcome::AnswerRefused;
        let request = if is_refusal { &ids.cause } else { &ids.request };
        Keys { request: hash(request.as_deref()), session: hash(ids.session.as_deref()), is_refusal }
    }
}

fn hash(id: Option<&str>) -> u64 {
    let hash = |id: &str| {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        hasher.finish()
    };
    id.map_or(0, hash)
}

/// Returns the position of the refused answer for the position of each refusal, of invocations that are sorted by time,
/// newest first.
pub(crate) fn link(
    newest_first: impl DoubleEndedIterator<Item = Keys> + ExactSizeIterator + Clone,
) -> HashMap<usize, usize> {
    let refusals = || newest_first.clone().filter(|keys| keys.is_refusal);
    let requests: HashSet<u64> = refusals().map(|keys| keys.request).filter(|key| *key != 0).collect();
    let sessions: HashSet<u64> = refusals().map(|keys| keys.session).filter(|key| *key != 0).collect();
    let mut by_request = HashMap::new();
    let mut last_of_session = HashMap::new();
    let mut refused = HashMap::new();
    for (at, keys) in newest_first.enumerate().rev() {
        if keys.is_refusal {
            let found = by_request.get(&keys.request).or_else(|| last_of_session.get(&keys.session));
            refused.extend(found.map(|found| (at, *found)));
            continue;
        }
        if requests.contains(&keys.request) {
            by_request.insert(keys.request, at);
        }
        if sessions.contains(&keys.session) {
            last_of_session.insert(keys.session, at);
        }
    }
    refused
}
