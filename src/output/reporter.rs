//! What a person is told while it happens. The wings know this trait only; who prints is the door's business.

/// How a line is shown: the methods of Litexa's logger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Log,
    Verbose,
    Warning,
    Error,
}

/// Takes lines for a person, in the order in which they happen.
pub(crate) trait Reporter: Send + Sync {
    fn report(&self, level: Level, line: String);
}

impl dyn Reporter + '_ {
    pub(crate) fn log(&self, line: impl Into<String>) {
        self.report(Level::Log, line.into());
    }

    /// Shown with `--verbose` only.
    pub(crate) fn verbose(&self, line: impl Into<String>) {
        self.report(Level::Verbose, line.into());
    }

    /// Something that the reader should mend, although the work goes on.
    pub(crate) fn warning(&self, line: impl Into<String>) {
        self.report(Level::Warning, line.into());
    }
}

/// Keeps what was reported, for tests.
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
