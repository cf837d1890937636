//! Deploys a Litexa Alexa skill to AWS: its assets to S3, its handler to Lambda with a DynamoDB table for its state.
//! Pulls its logs from CloudWatch Logs into readable files.
//!
//! `node` is the Node-API layer; it exposes `deploy` and `logs`. `deploy` runs `assets` and `lambda`, which do not know
//! each other, and `operate` runs the commands for a live skill. Below them are `aws`, `config`, `output` and `fs`, and `error` at the bottom.

// A test build lacks the generated code for which Cargo.toml only denies it.
#![cfg_attr(test, forbid(unsafe_code))]
// A test binary does not export anything to Node.js, so much of the code is not called there.
#![cfg_attr(test, allow(dead_code))]

mod assets;
mod aws;
mod config;
mod deploy;
mod error;
mod fs;
mod lambda;
mod logs;
// Exported to Node.js, and so the only public items.
pub mod node;
mod operate;
mod output;
#[cfg(test)]
mod testing;
