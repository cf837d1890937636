//! Writes a file in large pieces, and computes its SHA-256.

use std::fs::File;
use std::io::{self, Write};

use crate::lambda::package::running_digest::RunningDigest;

const BUFFER_BYTES: usize = 256 * 1024;

/// A file that is being written.
pub(crate) struct HashingFile<'a> {
    file: &'a File,
    buffer: Vec<u8>,
    digest: RunningDigest,
}

impl<'a> HashingFile<'a> {
    pub(crate) fn new(file: &'a File) -> Self {
        HashingFile { file, buffer: Vec::with_capacity(BUFFER_BYTES), digest: RunningDigest::start() }
    }

    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        loop {
            let free = BUFFER_BYTES - self.buffer.len();
            let Some((fitting, rest)) = bytes.split_at_checked(free) else {
                self.buffer.extend_from_slice(bytes);
                return Ok(());
            };
            self.buffer.extend_from_slice(fitting);
            self.flush()?;
            bytes = rest;
        }
    }

    /// Writes what is left, and returns the SHA-256 of all.
    pub(crate) fn finish(mut self) -> io::Result<[u8; 32]> {
        self.flush()?;
        Ok(self.digest.finish())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.buffer = self.digest.update(std::mem::take(&mut self.buffer));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn pieces_of_any_size_are_written_and_hashed_in_order() {
        for size in [1_000, BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1, 3 * BUFFER_BYTES] {
            let bytes: Vec<u8> = (0..2 * BUFFER_BYTES + size).map(|at| (at % 251) as u8).collect();
            let written = tempfile::NamedTempFile::new().unwrap();
            let mut file = HashingFile::new(written.as_file());
            for piece in bytes.chunks(size) {
                file.write(piece).unwrap();
            }
            assert_eq!(file.finish().unwrap(), <[u8; 32]>::from(Sha256::digest(&bytes)), "{size}");
            assert!(std::fs::read(written.path()).unwrap() == bytes, "{size}");
        }
    }
}
