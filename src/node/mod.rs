//! Exposes `deploy`, `logs` and `operate` to Node.js. Plain data comes in; a result or an error goes out.

mod interrupt;
mod js_callback;
mod request;

use crate::error::{Error, ErrorCode, Result};
use crate::logs::printable_text;
use crate::output::artifacts::Artifacts;
use crate::output::reporter::Reporter;
use crate::output::secrets::Secrets;
use crate::output::{Host, Output};
use crate::{aws, config, deploy, logs, operate};
use interrupt::JsInterrupt;
use js_callback::JsCallback;
use napi::bindgen_prelude::{Env, JsObjectValue, JsValue, Object};
use napi_derive::napi;
use request::{RawDeployRequest, RawLogsRequest, RawOperateRequest};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// Time that a new thread has to begin.
const THREAD_START_TIMEOUT: Duration = Duration::from_secs(5);

/// The stack of a thread, of which the system provides what is used. Commands that make many calls at once need more than
/// Tokio's 2 MiB in debug builds for Windows.
const THREAD_STACK_BYTES: usize = 8 << 20;

/// Returns the runtime, which is created at the first call, so that loading the module does not start threads.
fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let runtime = start_runtime().map_err(|cause| {
        Error::new(ErrorCode::Internal, format!("starting threads failed: {cause}"))
            .hint("Allow this process more threads, such as by `ulimit -u` or by the limit of its container")
    })?;
    // Another thread of Node.js may have been faster; one runtime is enough.
    Ok(RUNTIME.get_or_init(|| runtime))
}

fn start_runtime() -> io::Result<Runtime> {
    let too_few = || io::Error::other("the system does not allow enough of them");
    let cores = thread::available_parallelism().map_or(1, usize::from);
    // One of them is for blocking work.
    let workers = startable_threads(cores + 1).saturating_sub(1);
    if workers == 0 {
        return Err(too_few());
    }
    let build = || {
        Builder::new_multi_thread()
            .worker_threads(workers)
            .enable_all()
            .thread_stack_size(THREAD_STACK_BYTES)
            .thread_name("litexa-deploy-aws")
            // The threads that are started here must not end: the system may not allow new ones later.
            .thread_keep_alive(Duration::MAX)
            .build()
    };
    // Tokio panics if the system refuses its first thread after all.
    let runtime = catch_unwind(build).unwrap_or_else(|_| Err(too_few()))?;
    // Without a thread for blocking work, Tokio would wait for one forever.
    let (started, threads) = mpsc::channel();
    let start = || drop(runtime.spawn_blocking(move || started.send(())));
    let is_started =
        catch_unwind(AssertUnwindSafe(start)).is_ok() && threads.recv_timeout(THREAD_START_TIMEOUT).is_ok();
    if !is_started {
        runtime.shutdown_background();
        return Err(too_few());
    }
    Ok(runtime)
}

/// Returns how many threads the system allows to start now, up to `max`.
fn startable_threads(max: usize) -> usize {
    let gate = Arc::new(Mutex::new(()));
    let closed = gate.lock();
    let start = |_| {
        let gate = gate.clone();
        thread::Builder::new().stack_size(THREAD_STACK_BYTES).spawn(move || drop(gate.lock())).ok()
    };
    let threads: Vec<_> = (0..max).map_while(start).collect();
    drop(closed);
    threads.into_iter().filter_map(|thread| thread.join().ok()).count()
}

/// Returns whether the environment asks for a dry run.
#[napi]
pub fn is_dry_run(env: &Env) -> napi::Result<bool> {
    match config::env::is_dry_run() {
        Ok(is_dry_run) => Ok(is_dry_run),
        Err(error) => Err(js_error(env, &error)?),
    }
}

/// Begins to read the machine's certificates, while JavaScript reads the context of a deployment.
#[napi]
pub fn read_certificates() {
    // A system that does not allow threads is an error of the deployment.
    if let Ok(runtime) = runtime() {
        runtime.spawn_blocking(aws::machine_certificates);
    }
}

/// Deploys the assets, the handler, or both concurrently, as the request asks.
#[napi(ts_return_type = "Promise<DeployResult>")]
pub fn deploy<'env>(env: &'env Env, context: Object<'env>) -> napi::Result<Object<'env>> {
    let input = read::<RawDeployRequest>(env, &context);
    let callback = JsCallback::from_context(&context);
    into_promise(env, callback.clone(), async move {
        let (request, callback) = (input?.into_request()?, callback?);
        let artifacts = Artifacts::new(request.previous_artifacts.clone(), &callback);
        deploy::run(&request, output(&callback, &artifacts)).await
    })
}

/// Carries out a command for a deployed skill.
#[napi(ts_return_type = "Promise<object>")]
pub fn operate<'env>(env: &'env Env, context: Object<'env>) -> napi::Result<Object<'env>> {
    let input = read::<RawOperateRequest>(env, &context);
    let callback = JsCallback::from_context(&context);
    into_promise(env, callback.clone(), async move {
        let (request, callback) = (input?.into_request()?, callback?);
        let artifacts = Artifacts::new(request.target.previous_artifacts.clone(), &callback);
        operate::run(&request, output(&callback, &artifacts)).await
    })
}

/// Pulls the skill's recent logs into readable files, or follows them. The promise has a function `stop`, which ends
/// following.
#[napi(ts_return_type = "Promise<LogsResult>")]
pub fn logs<'env>(env: &'env Env, context: Object<'env>) -> napi::Result<Object<'env>> {
    let input = read::<RawLogsRequest>(env, &context);
    let callback = JsCallback::from_context(&context);
    let (interrupt, requested) = watch::channel(false);
    let mut promise = into_promise(env, callback.clone(), async move {
        let (input, callback) = (input?, callback?);
        let interrupt = JsInterrupt { callback: callback.clone(), requested };
        logs::pull_logs(&input.into_request()?, &host(&callback), &interrupt).await
    })?;
    let stop = env.create_function_from_closure::<(), (), _>("stop", move |_| {
        // The receiver is gone if the work has ended.
        let _ = interrupt.send(true);
        Ok(())
    })?;
    promise.set_named_property("stop", stop)?;
    Ok(promise)
}

fn output<'a>(callback: &'a JsCallback, artifacts: &'a Artifacts<'a>) -> Output<'a> {
    let Host { reporter, certificates } = host(callback);
    Output { reporter, certificates, artifacts, context: callback }
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
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return Err(js_error(env, &error)?),
    };
    let (deferred, promise) = env.create_deferred()?;
    runtime.spawn(async move {
        // A panic rejects the promise, and does not end the process.
        let outcome = tokio::spawn(work).await.unwrap_or_else(|panic| {
            Err(Error::new(ErrorCode::Internal, format!("internal error in @litexa/deploy-aws: {panic}"))
                .hint("Please report it"))
        });
        let internal = |cause: serde_json::Error| {
            Error::new(ErrorCode::Internal, format!("the result cannot be written as JSON: {cause}"))
        };
        let mut outcome = outcome.and_then(|result| serde_json::to_value(result).map_err(internal));
        if let Ok(callback) = callback {
            outcome = redacted(outcome, callback.secrets());
            callback.flush().await;
        }
        deferred.resolve(move |env| match outcome {
            Ok(value) => Ok(value),
            Err(error) => Err(js_error(&env, &error)?),
        });
    });
    Ok(promise)
}

/// Results quote errors as well, such as the findings of `doctor`.
fn redacted(outcome: Result<Value>, secrets: &Secrets) -> Result<Value> {
    let of_error = |Error { code, message, hint }| {
        let shown = |text: String| secrets.redact(printable_text(&text));
        Error { code, message: shown(message), hint: shown(hint) }
    };
    outcome.map(|value| secrets.redact_json(value)).map_err(of_error)
}

/// Returns a JavaScript `Error` with the message, and with the `code` for programs.
fn js_error(env: &Env, error: &Error) -> napi::Result<napi::Error> {
    let mut object = env.create_error(napi::Error::from_reason(error.to_string()))?;
    object.set_named_property("code", error.code.as_str())?;
    Ok(napi::Error::from(object.to_unknown()))
}
