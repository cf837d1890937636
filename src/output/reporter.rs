//! Defines how progress and warnings are reported. The Node-API layer implements it.

/// The method of Litexa's logger that shows a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Log,
    Verbose,
    Warning,
    Error,
}

/// Receives lines for the user, in order.
pub(crate) trait Reporter: Send + Sync {
    fn report(&self, level: Level, line: String);
}

impl dyn Reporter + '_ {
    pub(crate) fn log(&self, line: impl Into<String>) {
        self.report(Level::Log, line.into());
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
pub(crate) struct Recorder(std::sync::Mutex<Vec<(Level, String)>>);

#[cfg(test)]
impl Recorder {
    pub(crate) fn lines(&self, level: Level) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        lines.iter().filter(|(of, _)| *of == level).map(|(_, line)| line.clone()).collect()
    }
}

#[cfg(test)]
impl Reporter for Recorder {
    fn report(&self, level: Level, line: String) {
        self.0.lock().unwrap().push((level, line));
    }
}
