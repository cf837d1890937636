//! The module's parsers, and what each of them promises about any input at all.
//!
//! The parsers are the module's own files, in the same tree, as far as they need neither the AWS SDK nor Node.js.

// Not every part of these files is used here.
#![allow(dead_code, unused_imports)]

#[path = "../../src"]
mod shared {
    pub mod error;
    pub mod local_file;
    pub mod options;
    pub mod reporter;
}

#[path = "../../src/assets"]
mod assets {
    pub mod digest;
    pub mod glob;
    pub mod upload_rules;
}

#[path = "../../src/aws"]
mod aws {
    pub mod config_file;
}

#[path = "../../src/lambda"]
mod lambda {
    pub mod package;
}

#[path = "../../src/logs"]
mod logs {
    pub mod line;
    mod line_json;
    mod mask;
    mod pretty;
    pub mod report;
    pub mod report_html;
    pub mod report_jsonl;
    pub mod requests;
    pub mod summary;
    mod verdict;
}

pub mod targets;

use shared::{error, local_file, options, reporter};
