//! Assembles the events of a log stream into invocations, and determines the outcome of each.

pub(crate) mod assemble;
mod log_line;
pub(crate) mod model;
mod open_invocation;
pub(crate) mod outcome;

#[cfg(test)]
mod tests;
