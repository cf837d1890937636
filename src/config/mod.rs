//! The options of a deployment target and its project.

pub(crate) mod credential_files;
pub(crate) mod env;
pub(crate) mod object_reader;
pub(crate) mod options;
pub(crate) mod project;
pub(crate) mod project_files;
pub(crate) mod schema;
pub(crate) mod unknown_key;
pub(crate) mod upload_entries;
