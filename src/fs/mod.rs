//! Reads, replaces, compares and locks local files.

mod atomic_write;
mod fingerprint;
mod in_progress;
mod lock;
mod open_files;
mod parallel;
mod regular_file;

pub(crate) use atomic_write::{
    link_or_copy, persist_noclobber, remove_and_persist, temp_file, temp_file_for, temp_file_in_shared_dir,
    write_atomic,
};
pub(crate) use fingerprint::FileFingerprint;
pub(crate) use in_progress::InProgressMarker;
pub(crate) use lock::{ASSETS_LOCK_FILE, HANDLER_LOCK_FILE, Lock, assets_are_deploying};
pub(crate) use open_files::spare_open_files;
pub(crate) use parallel::{parallel, parallel_map};
pub(crate) use regular_file::{open, read};
