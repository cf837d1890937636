//! What a deployment target says: its options and its project.

pub(crate) mod env;
pub(crate) mod object_reader;
pub(crate) mod options;
pub(crate) mod project;
#[cfg(test)]
pub(crate) mod read_recorder;
#[cfg(test)]
pub(crate) mod schema_tests;
