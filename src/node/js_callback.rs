//! Passes lines, artifacts and context fields to JavaScript, through one queue that keeps their order.

use crate::error::{Error, ErrorCode, Result};
use crate::logs::printable_text;
use crate::output::artifacts::ArtifactStore;
use crate::output::reporter::{Level, Reporter};
use crate::output::secrets::Secrets;
use crate::output::{ContextFields, RootCertificates};
use futures_util::future::BoxFuture;
use napi::bindgen_prelude::{FnArgs, Function, JsObjectValue, Object};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use serde_json::Value;
use std::sync::Arc;

type Args = FnArgs<(&'static str, String, Value)>;

/// The context's `emit(kind, text, value)`. It is weak: the promise keeps the process alive, not the callback.
#[derive(Clone)]
pub(crate) struct JsCallback {
    function: Arc<ThreadsafeFunction<Args, Option<String>, Args, napi::Status, false, true>>,
    secrets: Arc<Secrets>,
}

impl JsCallback {
    pub(crate) fn from_context(context: &Object) -> Result<Self> {
        let function = || -> napi::Result<_> {
            context
                .get_named_property::<Function<Args, Option<String>>>("emit")?
                .build_threadsafe_function::<Args>()
                .weak::<true>()
                .build_callback(|call| Ok(call.value))
        };
        match function() {
            Ok(function) => Ok(JsCallback { function: Arc::new(function), secrets: Arc::default() }),
            Err(_) => Err(Error::new(ErrorCode::InvalidContext, "the context does not have a function 'emit'")
                .hint("Call this package through its index.js")),
        }
    }

    /// Ignores an exception of the callback, which would end the process if it were unhandled.
    fn send(&self, kind: &'static str, text: String, value: Value) {
        let args = FnArgs::from((kind, text, value));
        self.function.call_with_return_value(args, ThreadsafeFunctionCallMode::NonBlocking, |_, _| Ok(()));
    }

    /// Asks JavaScript to report the user's interruption instead of ending the process.
    pub(crate) fn take_interruption(&self) {
        self.send("interruptible", String::new(), Value::Null);
    }

    /// Waits until JavaScript has received everything that was sent before.
    pub(crate) async fn flush(&self) {
        let (done, delivered) = tokio::sync::oneshot::channel();
        let args = FnArgs::from(("flush", String::new(), Value::Null));
        self.function.call_with_return_value(args, ThreadsafeFunctionCallMode::NonBlocking, |_, _| {
            // The receiver is gone if the process is ending.
            let _ = done.send(());
            Ok(())
        });
        let _ = delivered.await;
    }
}

impl RootCertificates for JsCallback {
    fn root_certificates(&self) -> BoxFuture<'_, String> {
        Box::pin(async {
            let (done, received) = tokio::sync::oneshot::channel();
            let args = FnArgs::from(("rootCertificates", String::new(), Value::Null));
            self.function.call_with_return_value(args, ThreadsafeFunctionCallMode::NonBlocking, |pem, _| {
                // The receiver is gone if the process is ending.
                let _ = done.send(pem.ok().flatten().unwrap_or_default());
                Ok(())
            });
            received.await.unwrap_or_default()
        })
    }
}

impl Reporter for JsCallback {
    fn report(&self, level: Level, line: String) {
        let method = match level {
            Level::Log | Level::Styled => "log",
            Level::Verbose => "verbose",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        // File names, packages and answers of AWS may have control sequences, also within a secret.
        let line = if level == Level::Styled { line } else { printable_text(&line) };
        self.send(method, self.secrets.redact(line), Value::Null);
    }

    fn secrets(&self) -> &Arc<Secrets> {
        &self.secrets
    }
}

impl ArtifactStore for JsCallback {
    fn save(&self, key: &str, value: &Value) {
        self.send("artifact", key.to_owned(), value.clone());
    }

    fn delete(&self, key: &str) {
        self.send("deleteArtifact", key.to_owned(), Value::Null);
    }
}

impl ContextFields for JsCallback {
    fn set_context(&self, field: &str, value: &Value) {
        self.send("context", field.to_owned(), value.clone());
    }
}
