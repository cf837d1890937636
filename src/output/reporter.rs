//! Defines how progress and warnings are reported. The Node-API layer implements it.

use crate::output::secrets::Secrets;
use std::sync::Arc;

/// The method of Litexa's logger that shows a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Log,
    /// As `Log`, with colors: the texts in it have been made safe to show.
    Styled,
    Verbose,
    Warning,
    Error,
}

/// Receives lines for the user, in order.
pub(crate) trait Reporter: Send + Sync {
    fn report(&self, level: Level, line: String);

    /// Returns the secrets of this run, which are removed from every line.
    fn secrets(&self) -> &Arc<Secrets>;
}

impl dyn Reporter + '_ {
    pub(crate) fn log(&self, line: impl Into<String>) {
        self.report(Level::Log, line.into());
    }

    /// Reports a line with colors, whose other texts are safe to show.
    pub(crate) fn styled(&self, line: impl Into<String>) {
        self.report(Level::Styled, line.into());
    }

    /// Reports a line that is shown with `--verbose` only.
    pub(crate) fn verbose(&self, line: impl Into<String>) {
        self.report(Level::Verbose, line.into());
    }

    /// Reports something that the user should fix, although the work goes on.
    pub(crate) fn warning(&self, line: impl Into<String>) {
        self.report(Level::Warning, line.into());
    }
}

/// Keeps the reported lines, for tests.
#[cfg(test)]
#[derive(Default)]
pub(crate) struct Recorder {
    lines: std::sync::Mutex<Vec<(Level, String)>>,
    secrets: Arc<Secrets>,
}

#[cfg(test)]
impl Recorder {
    pub(crate) fn lines(&self, level: Level) -> Vec<String> {
        let lines = self.lines.lock().unwrap();
        lines.iter().filter(|(of, _)| *of == level).map(|(_, line)| line.clone()).collect()
    }
}

#[cfg(test)]
impl Reporter for Recorder {
    fn report(&self, level: Level, line: String) {
        self.lines.lock().unwrap().push((level, line));
    }

    fn secrets(&self) -> &Arc<Secrets> {
        &self.secrets
    }
}
