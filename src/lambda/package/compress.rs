//! Reading and compressing on all cores, handed out in order.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use libdeflater::{CompressionLvl, Compressor};

use crate::error::{Error, ErrorCode, Result};
use crate::fs::{self, FileFingerprint};
use crate::lambda::package::cache::Identity;
use crate::lambda::package::secret_scan;
use crate::lambda::package::source::Source;
use crate::lambda::package::zip_writer::Facts;

/// The lowest one that makes packages no larger than `zip -r` does by itself, as `npm run bench package` tells.
const LEVEL: i32 = 7;

/// How many bytes may be read ahead of what is written, so that memory does not grow with the package.
const WINDOW: u64 = 32 * 1024 * 1024;

/// An entry's data as it goes into the zip, and what is known of it.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) facts: Facts,
    pub(crate) data: Vec<u8>,
    /// The file's stamp at the time of reading.
    stamp: Option<FileFingerprint>,
}

impl Made {
    /// Of what it was made, where `planned` is what was seen earlier.
    pub(crate) fn identity(&self, planned: &Identity) -> Identity {
        self.stamp.map_or_else(|| planned.clone(), Identity::File)
    }
}

/// Compresses one entry at once.
pub(crate) fn one(name: &str, source: &Source) -> Result<Made> {
    Worker::new()?.make(name, source)
}

/// Entries to be compressed by several threads and taken in their order by one.
pub(crate) struct Queue<'a> {
    jobs: Vec<(&'a str, &'a Source)>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// How many jobs were begun; they are begun in order.
    claimed: usize,
    /// How many results were taken, in the same order.
    taken: usize,
    /// Bytes of the jobs that were begun and not yet taken.
    in_flight: u64,
    done: BTreeMap<usize, Result<Made>>,
    stopped: bool,
}

impl<'a> Queue<'a> {
    pub(crate) fn new(jobs: Vec<(&'a str, &'a Source)>) -> Self {
        Queue { jobs, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Runs `taking` beside threads that do the jobs; they end with it.
    pub(crate) fn with_workers<T>(&self, taking: impl FnOnce() -> Result<T>) -> Result<T> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        thread::scope(|scope| {
            let _stop = StopOnDrop(self);
            let start = |_| thread::Builder::new().spawn_scoped(scope, || self.work()).map(drop);
            let started = (0..cores.min(self.jobs.len())).try_for_each(start);
            started.map_err(|cause| Error::new(ErrorCode::Internal, format!("starting a thread failed: {cause}")))?;
            taking()
        })
    }

    /// The result of the next job, as soon as it is there. Callable once per job.
    pub(crate) fn take(&self) -> Result<Made> {
        let mut state = self.lock();
        loop {
            let next = state.taken;
            if let Some(result) = state.done.remove(&next) {
                state.taken += 1;
                state.in_flight -= self.jobs.get(next).map_or(0, |(_, source)| source.size());
                self.changed.notify_all();
                return result;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut worker = Worker::new();
        while let Some((index, (name, source))) = self.claim() {
            let make = || match &mut worker {
                Ok(worker) => worker.make(name, source),
                Err(error) => Err(error.clone()),
            };
            // A defect ends the deployment with an error; a result that never comes would hang it.
            let result = catch_unwind(AssertUnwindSafe(make))
                .unwrap_or_else(|_| Err(Error::new(ErrorCode::Internal, format!("compressing {name} failed"))));
            self.lock().done.insert(index, result);
            self.changed.notify_all();
        }
    }

    /// The next job, once the window has room for it. One that is larger than the window gets it for itself.
    fn claim(&self) -> Option<(usize, (&'a str, &'a Source))> {
        let mut state = self.lock();
        loop {
            let index = state.claimed;
            let job = *self.jobs.get(index).filter(|_| !state.stopped)?;
            let size = job.1.size();
            if state.in_flight == 0 || state.in_flight.saturating_add(size) <= WINDOW {
                state.in_flight += size;
                state.claimed += 1;
                return Some((index, job));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Lets the threads of a queue end, whichever way their scope is left.
struct StopOnDrop<'a>(&'a Queue<'a>);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// One thread's compressor and its buffers.
struct Worker {
    compressor: Compressor,
    input: Vec<u8>,
    output: Vec<u8>,
}

impl Worker {
    fn new() -> Result<Self> {
        let level = CompressionLvl::new(LEVEL)
            .map_err(|cause| Error::new(ErrorCode::Internal, format!("no compressor of level {LEVEL}: {cause:?}")))?;
        Ok(Worker { compressor: Compressor::new(level), input: Vec::new(), output: Vec::new() })
    }

    fn make(&mut self, name: &str, source: &Source) -> Result<Made> {
        match source {
            Source::Memory(bytes) => self.deflate(name, bytes, None),
            Source::File { path, .. } => {
                let mut input = std::mem::take(&mut self.input);
                let stamp = read(path, &mut input).map_err(|cause| unreadable(path, &cause))?;
                let made = self.deflate(name, &input, Some(stamp));
                self.input = input;
                made
            }
        }
    }

    fn deflate(&mut self, name: &str, bytes: &[u8], stamp: Option<FileFingerprint>) -> Result<Made> {
        let bound = self.compressor.deflate_compress_bound(bytes.len());
        if self.output.len() < bound {
            self.output.resize(bound, 0);
        }
        let length = self
            .compressor
            .deflate_compress(bytes, &mut self.output)
            .map_err(|cause| Error::new(ErrorCode::Internal, format!("compressing {name} failed: {cause}")))?;
        let deflated = self.output.get(..length).filter(|deflated| deflated.len() < bytes.len());
        let facts = Facts {
            size: bytes.len() as u64,
            crc32: libdeflater::crc32(bytes),
            is_deflated: deflated.is_some(),
            is_executable: is_executable(bytes),
            looks_like_credentials: stamp.is_some() && secret_scan::look_like(name, bytes),
        };
        Ok(Made { facts, data: deflated.unwrap_or(bytes).to_vec(), stamp })
    }
}

fn read(path: &Path, into: &mut Vec<u8>) -> io::Result<FileFingerprint> {
    let mut file = fs::open(path)?;
    let stamp = FileFingerprint::of(&file.metadata()?);
    into.clear();
    into.reserve(usize::try_from(stamp.size).unwrap_or(0));
    file.read_to_end(into)?;
    Ok(stamp)
}

fn unreadable(path: &Path, cause: &io::Error) -> Error {
    match cause.kind() {
        io::ErrorKind::NotFound => {
            Error::new(ErrorCode::FileError, format!("{} vanished while it was being packed", path.display()))
                .hint("Deploy again when nothing else changes node_modules")
        }
        _ => Error::io("reading", path, cause),
    }
}

/// Decided by content, since Windows knows no executable bit and a package must not depend on where it was made: a
/// script with an interpreter, or a program of Linux, where Lambda runs.
fn is_executable(bytes: &[u8]) -> bool {
    bytes.starts_with(b"#!") || bytes.starts_with(b"\x7fELF")
}
