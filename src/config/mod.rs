//! What a deployment target says: its options and its project.

pub mod object_reader;
pub mod options;
pub mod project;
#[cfg(test)]
pub mod read_recorder;
#[cfg(test)]
pub mod schema_tests;
