//! Exposes `deploy` and `logs` to Node.js. Plain data comes in; a result or an error goes out.

mod js_callback;
mod request;

use crate::error::{Error, ErrorCode, Result};
use crate::output::artifacts::Artifacts;
use crate::output::reporter::Reporter;
use crate::output::secrets::Secrets;
use crate::output::{Host, Output};
use crate::{deploy, logs};
use js_callback::JsCallback;
use napi::bindgen_prelude::{Env, JsObjectValue, JsValue, Object};
use napi_derive::napi;
use request::{RawDeployRequest, RawLogsRequest};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use tokio::runtime::{Builder, Runtime};

/// Returns the runtime, which is created at the first call, so that loading the module does not start threads.
fn runtime() -> napi::Result<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let runtime = Builder::new_multi_thread().enable_all().thread_name("litexa-deploy-aws").build()?;
    // Another thread of Node.js may have been faster; one runtime is enough.
    Ok(RUNTIME.get_or_init(|| runtime))
}

/// Deploys the assets, the handler, or both concurrently, as the request asks.
#[napi(ts_return_type = "Promise<void>")]
pub fn deploy<'env>(env: &'env Env, context: Object<'env>) -> napi::Result<Object<'env>> {
    let input = read::<RawDeployRequest>(env, &context);
    let callback = JsCallback::from_context(&context);
    into_promise(env, callback.clone(), async move {
        let (request, callback) = (input?.into_request()?, callback?);
        let artifacts = Artifacts::new(request.previous_artifacts.clone(), &callback);
        let Host { reporter, certificates } = host(&callback);
        let output = Output { reporter, certificates, artifacts: &artifacts, context: &callback };
        deploy::run(&request, output).await
    })
}

/// Pulls the skill's recent logs into readable files.
#[napi(ts_return_type = "Promise<LogsResult>")]
pub fn logs<'env>(env: &'env Env, context: Object<'env>) -> napi::Result<Object<'env>> {
    let input = read::<RawLogsRequest>(env, &context);
    let callback = JsCallback::from_context(&context);
    into_promise(env, callback.clone(), async move {
        let (input, callback) = (input?, callback?);
        logs::pull_logs(&input.into_request()?, &host(&callback)).await
    })
}

fn host(callback: &JsCallback) -> Host {
    Host { reporter: Arc::new(callback.clone()), certificates: Arc::new(callback.clone()) }
}

/// Reads the fields of `T`; other fields are skipped, and may be anything.
fn read<T: DeserializeOwned>(env: &Env, context: &Object) -> Result<T> {
    env.from_js_value(*context).map_err(|error| {
        Error::new(
            ErrorCode::InvalidContext,
            format!("the context is not one that the Litexa CLI passes: {}", error.reason),
        )
    })
}

/// Returns a promise that settles after JavaScript has received every line.
fn into_promise<T: serde::Serialize + Send + 'static>(
    env: &Env,
    callback: Result<JsCallback>,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> napi::Result<Object<'_>> {
    let (deferred, promise) = env.create_deferred()?;
    runtime()?.spawn(async move {
        // A panic rejects the promise, and does not end the process.
        let outcome = tokio::spawn(work).await.unwrap_or_else(|panic| {
            Err(Error::new(ErrorCode::Internal, format!("internal error in @litexa/deploy-aws: {panic}"))
                .hint("Please report it"))
        });
        let mut outcome = outcome;
        if let Ok(callback) = callback {
            outcome = outcome.map_err(|error| redacted(error, callback.secrets()));
            callback.flush().await;
        }
        deferred.resolve(move |env| match outcome {
            Ok(value) => Ok(serde_json::to_value(&value)?),
            Err(error) => Err(js_error(&env, &error)?),
        });
    });
    Ok(promise)
}

fn redacted(error: Error, secrets: &Secrets) -> Error {
    Error { message: secrets.redact(error.message), hint: secrets.redact(error.hint), ..error }
}

/// Returns a JavaScript `Error` with the message, and with the `code` for programs.
fn js_error(env: &Env, error: &Error) -> napi::Result<napi::Error> {
    let mut object = env.create_error(napi::Error::from_reason(error.to_string()))?;
    object.set_named_property("code", error.code.as_str())?;
    Ok(napi::Error::from(object.to_unknown()))
}
