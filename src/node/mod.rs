//! The door: the only room that knows JavaScript. Plain data comes in, a result or an error goes out.

mod js_callback;
mod request;

use crate::error::{Error, ErrorCode, Result};
use crate::output::Host;
use crate::output::artifacts::Artifacts;
use crate::{deploy, logs};
use js_callback::Emit;
use napi::bindgen_prelude::{Env, JsObjectValue, JsValue, Object};
use napi_derive::napi;
use request::{DeployRequest, LogsRequest};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use tokio::runtime::{Builder, Runtime};

/// The threads that do the work, made at the first call: loading the module starts none.
fn runtime() -> napi::Result<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let runtime = Builder::new_multi_thread().enable_all().thread_name("litexa-deploy-aws").build()?;
    // Another thread of Node may have been faster; one of the two is enough.
    Ok(RUNTIME.get_or_init(|| runtime))
}

/// Deploys what the request holds: the assets, the handler, or both side by side.
#[napi(ts_return_type = "Promise<void>")]
pub fn deploy<'env>(env: &'env Env, context: Object<'env>) -> napi::Result<Object<'env>> {
    let input = read::<DeployRequest>(env, &context);
    let emit = Emit::from_context(&context);
    settle(env, emit.clone(), async move {
        let (input, emit) = (input?, emit?);
        let deployment = input.into_deployment()?;
        let artifacts = Artifacts::new(deployment.known_artifacts.clone(), &emit);
        deploy::run(&deployment, Host { reporter: Arc::new(emit.clone()), artifacts: &artifacts }).await
    })
}

/// Writes the skill's recent requests into a file that a person can read.
#[napi(ts_return_type = "Promise<LogsResult>")]
pub fn logs<'env>(env: &'env Env, context: Object<'env>) -> napi::Result<Object<'env>> {
    let input = read::<LogsRequest>(env, &context);
    let emit = Emit::from_context(&context);
    settle(env, emit.clone(), async move {
        let (input, emit) = (input?, emit?);
        logs::pull(&input.into_pull()?, &emit).await
    })
}

/// Reads the fields that are asked for; others are skipped, so they may be anything.
fn read<T: DeserializeOwned>(env: &Env, context: &Object) -> Result<T> {
    env.from_js_value(*context).map_err(|error| {
        Error::new(ErrorCode::InvalidContext, format!("the context is not what Litexa passes: {}", error.reason))
    })
}

/// A promise that settles after every line that was emitted before has been delivered.
fn settle<T: serde::Serialize + Send + 'static>(
    env: &Env,
    emit: Result<Emit>,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> napi::Result<Object<'_>> {
    let (deferred, promise) = env.create_deferred()?;
    runtime()?.spawn(async move {
        // A panic is a defect of ours; it must reject the promise, not end the process.
        let outcome = tokio::spawn(work).await.unwrap_or_else(|defect| {
            Err(Error::new(ErrorCode::Internal, format!("a defect in @litexa/deploy-aws: {defect}"))
                .hint("Please report it"))
        });
        if let Ok(emit) = emit {
            emit.flush().await;
        }
        deferred.resolve(move |env| match outcome {
            Ok(value) => Ok(serde_json::to_value(&value)?),
            Err(error) => Err(js_error(&env, &error)?),
        });
    });
    Ok(promise)
}

/// A JavaScript Error with our message, and our `code` for programs.
fn js_error(env: &Env, error: &Error) -> napi::Result<napi::Error> {
    let mut object = env.create_error(napi::Error::from_reason(error.to_string()))?;
    object.set_named_property("code", error.code.as_str())?;
    Ok(napi::Error::from(object.to_unknown()))
}
