//! Checks what the module's parsers guarantee for any input.
//!
//! It includes the module's own files, in the same tree, as far as they need neither the AWS SDK nor Node.js.

// These targets use only parts of the files.
#![allow(dead_code, unused_imports)]

#[path = "../../src"]
mod shared {
    pub mod config;
    pub mod error;
    pub mod fs;
    pub mod output;
}

#[path = "../../src/assets"]
mod assets {
    pub mod content_type;
    pub mod digest_cache;
    pub mod etag;
    pub mod glob;
    pub mod source_file;
    pub mod upload_params;
}

#[path = "../../src/aws"]
mod aws {
    pub mod arn;
    pub mod project_credentials;
}

#[path = "../../src/lambda"]
mod lambda {
    pub mod package;
}

#[path = "../../src/logs"]
mod logs {
    pub mod buffer;
    pub mod event;
    pub mod failure_groups;
    pub mod invocation;
    pub mod printable;
    pub mod redact;
    pub mod refusals;
    pub mod report;
    pub mod selection;
    pub mod summary;
}

pub mod targets;

use shared::{config, error, fs, output};
