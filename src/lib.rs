//! Puts a Litexa Alexa skill on AWS: its assets into S3, its handler into Lambda with a DynamoDB table for its
//! state, and its CloudWatch logs into a file that a person can read.
//!
//! `node` is the door to JavaScript; `deploy` and `logs` are what it opens. `assets` and `lambda` are the two halves
//! of a deployment and do not know each other. Below them lie `bucket`, `aws`, `deployment`, `host`, `artifacts`,
//! `local_file`, `project`, `options`, and at the bottom `error` and `reporter`.

// What #[napi] generates to register its functions needs an `allow`; in a test build it generates none of that.
#![deny(unsafe_code)]
#![cfg_attr(test, forbid(unsafe_code))]
// A test binary exports nothing to Node, so that much is called by nobody there.
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
mod output;
#[cfg(test)]
mod testing;
