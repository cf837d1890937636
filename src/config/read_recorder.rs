//! What the readers of options ask for, for tests that hold it against the schema.

use std::cell::RefCell;
use std::collections::BTreeMap;

/// Each option that was asked for, and what it should be, in the words of errors; empty where anything is taken first.
pub(crate) type Asked = BTreeMap<String, String>;

thread_local! {
    static ASKED: RefCell<Asked> = const { RefCell::new(Asked::new()) };
}

pub(crate) fn note(path: String, wanted: &str) {
    ASKED.with_borrow_mut(|asked| {
        let known = asked.entry(path).or_default();
        if !wanted.is_empty() {
            *known = wanted.to_owned();
        }
    });
}

/// What is asked for while `work` runs on this thread.
pub(crate) fn during<T>(work: impl FnOnce() -> T) -> (T, Asked) {
    ASKED.take();
    let result = work();
    (result, ASKED.take())
}
