//! Receives the user's interruption from JavaScript, which knows signals on every system.

use crate::node::js_callback::JsCallback;
use crate::output::interrupt::Interrupt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

/// An interruption that JavaScript reports through the sender of `requested`.
pub(crate) struct JsInterrupt {
    pub(crate) callback: JsCallback,
    pub(crate) requested: watch::Receiver<bool>,
}

impl Interrupt for JsInterrupt {
    fn interrupted(&self) -> BoxFuture<'_, ()> {
        let mut requested = self.requested.clone();
        // At once, and not when it is polled: a line that names Ctrl-C may come before that.
        self.callback.take_interruption();
        Box::pin(async move {
            if requested.wait_for(|requested| *requested).await.is_err() {
                // The function that reports it is gone, so nothing will.
                std::future::pending::<()>().await;
            }
        })
    }
}
