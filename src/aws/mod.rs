//! Reaches AWS: credentials, region, HTTP client, calls and their retries.
//!
//! Only this module reads AWS profiles and `aws-config.json`.

pub(crate) mod account;
pub(crate) mod arn;
mod body_progress;
pub(crate) mod call;
mod config_files;
mod config_normalize;
mod credentials;
mod denial;
pub(crate) mod endpoints;
pub(crate) mod error;
mod foreign_answer;
mod http_client;
pub(crate) mod lost_answers;
mod machine_sources;
mod network_problem;
pub(crate) mod policy_document;
mod profile_names;
mod profile_problems;
mod project_credentials;
pub(crate) mod proxy;
mod quoted_request;
pub(crate) mod region;
mod request_observer;
pub(crate) mod retry;
pub(crate) mod s3;
mod sdk_config;
pub(crate) mod server_time;
pub(crate) mod session;
pub(crate) mod timeouts;
mod trust_store;

pub(crate) use call::{CallError, CallResult, call};
pub(crate) use sdk_config::{SignIn, SignedIn, known_region, load_sdk_config, profile_of, resolve_region};
pub(crate) use trust_store::{CaBundle, machine_certificates};
