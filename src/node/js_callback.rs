//! Lines, artifacts and context fields on their way to JavaScript, through one queue that keeps their order.

use crate::error::{Error, ErrorCode, Result};
use crate::output::artifacts::ArtifactStore;
use crate::output::reporter::{Level, Reporter};
use napi::bindgen_prelude::{FnArgs, Function, JsObjectValue, Object, Unknown};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use serde_json::Value;
use std::sync::Arc;

type Args = FnArgs<(&'static str, String, Value)>;

/// The context's `emit(kind, text, value)`. Weak: it does not keep the process alive, the promise does.
#[derive(Clone)]
pub(crate) struct Emit(Arc<ThreadsafeFunction<Args, Unknown<'static>, Args, napi::Status, false, true>>);

impl Emit {
    pub(crate) fn from_context(context: &Object) -> Result<Self> {
        let function = || -> napi::Result<_> {
            context
                .get_named_property::<Function<Args, Unknown>>("emit")?
                .build_threadsafe_function::<Args>()
                .weak::<true>()
                .build_callback(|call| Ok(call.value))
        };
        match function() {
            Ok(function) => Ok(Emit(Arc::new(function))),
            Err(_) => Err(Error::new(ErrorCode::InvalidContext, "the context has no function 'emit'")
                .hint("Call this package through its index.js")),
        }
    }

    /// An exception of the callback is taken and dropped: unhandled, it would end the process.
    fn send(&self, kind: &'static str, text: String, value: Value) {
        let args = FnArgs::from((kind, text, value));
        self.0.call_with_return_value(args, ThreadsafeFunctionCallMode::NonBlocking, |_, _| Ok(()));
    }

    /// Waits until JavaScript has taken everything that was sent before.
    pub(crate) async fn flush(&self) {
        let (done, delivered) = tokio::sync::oneshot::channel();
        let args = FnArgs::from(("flush", String::new(), Value::Null));
        self.0.call_with_return_value(args, ThreadsafeFunctionCallMode::NonBlocking, |_, _| {
            // Nobody waits any more where the process is ending.
            let _ = done.send(());
            Ok(())
        });
        let _ = delivered.await;
    }
}

impl Reporter for Emit {
    fn report(&self, level: Level, line: String) {
        let method = match level {
            Level::Log => "log",
            Level::Verbose => "verbose",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        self.send(method, line, Value::Null);
    }
}

impl ArtifactStore for Emit {
    fn save(&self, key: &str, value: &Value) {
        self.send("artifact", key.to_owned(), value.clone());
    }

    fn delete(&self, key: &str) {
        self.send("deleteArtifact", key.to_owned(), Value::Null);
    }

    fn set_context(&self, field: &str, value: &Value) {
        self.send("context", field.to_owned(), value.clone());
    }
}
