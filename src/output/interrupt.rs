//! Lets the user end work that has no end of its own.

use futures_util::future::BoxFuture;

/// The user's interruption, such as Ctrl-C.
pub(crate) trait Interrupt: Send + Sync {
    /// Waits until the user interrupts. From now on, the first interruption does not end the process.
    fn interrupted(&self) -> BoxFuture<'_, ()>;
}
