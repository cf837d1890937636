//! Recognizes events that pages repeat.

use std::collections::HashSet;

/// The IDs of the last events: FilterLogEvents has been observed to repeat events from page to page.
#[derive(Default)]
pub(super) struct RecentEventIds {
    current: HashSet<String>,
    previous: HashSet<String>,
}

impl RecentEventIds {
    /// Each of the two sets holds a page's events, so the last 10,000 IDs are known at least.
    const MAX_SET_LEN: usize = 10_000;

    /// Returns whether the ID was seen recently, and remembers it.
    pub(super) fn has_seen(&mut self, id: String) -> bool {
        if id.is_empty() {
            return false;
        }
        let seen = self.previous.contains(&id) || self.current.contains(&id);
        self.current.insert(id);
        if self.current.len() >= Self::MAX_SET_LEN {
            self.previous = std::mem::take(&mut self.current);
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_the_last_page_are_remembered_and_older_ones_are_not() {
        let mut recent = RecentEventIds::default();
        let id = |number: usize| format!("{number}");
        assert!((0..3 * RecentEventIds::MAX_SET_LEN).all(|number| !recent.has_seen(id(number))));
        assert!(recent.has_seen(id(2 * RecentEventIds::MAX_SET_LEN)));
        assert!(!recent.has_seen(id(0)));
        assert!(!recent.has_seen(String::new()) && !recent.has_seen(String::new()));
    }
}
