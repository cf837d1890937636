//! Holds the data of an entry until it is written to the zip; that of a large file is not held in memory.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek};
use std::path::PathBuf;

use crate::error::{Error, ErrorCode, Result, shown};
use crate::fs;

/// The bytes of a large file that are read, compressed and written at once. Credentials and programs are recognized by
/// fewer bytes.
pub(crate) const PIECE_BYTES: usize = 1024 * 1024;

/// The data of an entry as it is in the zip.
#[derive(Debug)]
pub(crate) enum EntryData {
    Memory(Vec<u8>),
    /// Compressed into a temporary file.
    Temporary {
        file: File,
        length: u64,
    },
    /// A file that is stored as it is. It is read again, so it must not have changed.
    Stored {
        path: PathBuf,
        length: u64,
        crc32: u32,
    },
}

impl EntryData {
    pub(crate) fn length(&self) -> u64 {
        match self {
            EntryData::Memory(bytes) => bytes.len() as u64,
            EntryData::Temporary { length, .. } | EntryData::Stored { length, .. } => *length,
        }
    }

    /// Passes the data on, and returns its CRC-32.
    ///
    /// # Errors
    /// `FileError` if the data cannot be read, or is not that of before; the error of `write`.
    pub(crate) fn write_to(self, mut write: impl FnMut(&[u8]) -> Result<()>) -> Result<u32> {
        let mut checksum = libdeflater::Crc::new();
        let mut pass_on = |bytes: &[u8]| {
            checksum.update(bytes);
            write(bytes)
        };
        match self {
            EntryData::Memory(bytes) => pass_on(&bytes)?,
            EntryData::Temporary { mut file, length } => {
                let error = |cause: io::Error| Error::io("reading", "a temporary file".as_ref(), &cause);
                file.rewind().map_err(error)?;
                for_each_piece(&mut file, error, pass_on).and_then(|read| same_length(read, length).map_err(error))?;
            }
            EntryData::Stored { path, length, crc32 } => {
                let error = |cause: io::Error| Error::io("reading", &path, &cause);
                let read = for_each_piece(&mut fs::open(&path).map_err(error)?, error, pass_on)?;
                if read != length || checksum.sum() != crc32 {
                    let message = format!("{} was changed while it was being packaged", shown(&path));
                    return Err(Error::new(ErrorCode::FileError, message)
                        .hint("Deploy again while no other program changes node_modules"));
                }
            }
        }
        Ok(checksum.sum())
    }
}

fn same_length(read: u64, length: u64) -> io::Result<()> {
    if read == length { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

/// Reads to the end, in pieces that are full but for the last one. Returns the number of bytes.
///
/// # Errors
/// The `error` of reading; the error of `work`.
pub(crate) fn for_each_piece(
    input: &mut impl Read,
    error: impl Fn(io::Error) -> Error,
    mut work: impl FnMut(&[u8]) -> Result<()>,
) -> Result<u64> {
    let (mut piece, mut length) = (Vec::with_capacity(PIECE_BYTES), 0);
    loop {
        piece.clear();
        input.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece).map_err(&error)?;
        if piece.is_empty() {
            return Ok(length);
        }
        length += piece.len() as u64;
        work(&piece)?;
    }
}

/// Returns the error of a file that cannot be read anymore.
pub(crate) fn read_error(path: &std::path::Path, cause: &io::Error) -> Error {
    match cause.kind() {
        io::ErrorKind::NotFound => {
            Error::new(ErrorCode::FileError, format!("{} was deleted while it was being packaged", shown(path)))
                .hint("Deploy again while no other program changes node_modules")
        }
        _ => Error::io("reading", path, cause),
    }
}
