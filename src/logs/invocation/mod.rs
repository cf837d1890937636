//! Assembles the events of a log stream into invocations, and determines the outcome of each.

pub(crate) mod assemble;
pub(crate) mod model;
pub(crate) mod outcome;

#[cfg(test)]
mod tests;
