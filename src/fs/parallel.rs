//! Runs work on several cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Returns the result of `work` for each item, in the order of the items.
///
/// A thread takes the next item when it has finished one, so a single large file does not hold the others up.
///
/// # Panics
/// If `work` panics.
pub(crate) fn parallel_map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let run = || {
        let take = || {
            let index = next.fetch_add(1, Ordering::Relaxed);
            items.get(index).map(|item| (index, item))
        };
        std::iter::from_fn(take).map(|(index, item)| (index, work(item))).collect::<Vec<_>>()
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    if threads <= 1 {
        return items.iter().map(work).collect();
    }
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    thread::scope(|scope| {
        // This thread works as well, so that a system that allows no more threads slows the work down only.
        let start = |_| thread::Builder::new().spawn_scoped(scope, run).ok();
        let workers: Vec<_> = (1..threads).map_while(start).collect();
        let own = run();
        let theirs = workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        for (index, result) in own.into_iter().chain(theirs) {
            results[index] = Some(result);
        }
    });
    results.into_iter().flatten().collect()
}

/// Returns the results of two pieces of work, of which the other one is done by another thread.
///
/// # Panics
/// If one of them panics.
pub(crate) fn parallel<T, R: Send>(own: impl FnOnce() -> T, other: impl Fn() -> R + Sync) -> (T, R) {
    thread::scope(|scope| {
        // A system that allows no more threads slows the work down only.
        let running = thread::Builder::new().spawn_scoped(scope, &other);
        let own = own();
        let join = |running: thread::ScopedJoinHandle<R>| {
            running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        (own, running.map_or_else(|_| other(), join))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn results_are_in_the_order_of_the_items_whichever_thread_finishes_first() {
        let numbers: Vec<u64> = (0..100).collect();
        let slow_first = |number: &u64| {
            thread::sleep(Duration::from_micros(100 - number));
            number * 2
        };
        assert_eq!(parallel_map(&numbers, slow_first), numbers.iter().map(|number| number * 2).collect::<Vec<_>>());
        assert!(parallel_map(&[], slow_first).is_empty());
    }

    #[test]
    fn a_panic_for_one_item_is_not_a_result_of_another_one() {
        let numbers: Vec<u64> = (0..100).collect();
        for bad in [0, 50, 99] {
            let work = |number: &u64| if *number == bad { panic!("expected") } else { *number };
            assert!(std::panic::catch_unwind(|| parallel_map(&numbers, work)).is_err(), "{bad}");
        }
    }

    #[test]
    fn two_pieces_of_work_run_at_the_same_time() {
        // Each sends while the other one receives.
        let (sender, receiver) = std::sync::mpsc::sync_channel(0);
        let other = || sender.send("a message").map(|()| "sent");
        assert_eq!(parallel(|| receiver.recv(), other), (Ok("a message"), Ok("sent")));
        assert!(std::panic::catch_unwind(|| parallel(|| (), || panic!("expected"))).is_err());
    }
}
