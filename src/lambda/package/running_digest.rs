//! Computes the SHA-256 of a file while it is written.

use std::panic;
use std::sync::mpsc::{self, SyncSender};
use std::thread::{self, JoinHandle};

use sha2::{Digest, Sha256};

/// The size of the pieces that are passed to the thread. Larger ones would be mapped into memory one by one.
const PIECE_BYTES: usize = 64 * 1024;
const MAX_WAITING_PIECES: usize = 16;

/// A SHA-256 of what has been written so far.
pub(crate) enum RunningDigest {
    /// Computed in a thread of its own, since it takes about as long as writing the file.
    Thread { pieces: SyncSender<Vec<u8>>, digest: JoinHandle<Sha256> },
    /// Computed here, on a system that allows no more threads.
    Here(Sha256),
}

impl RunningDigest {
    pub(crate) fn start() -> Self {
        let (pieces, received) = mpsc::sync_channel::<Vec<u8>>(MAX_WAITING_PIECES);
        let compute = move || received.into_iter().fold(Sha256::new(), |digest, piece| digest.chain_update(piece));
        match thread::Builder::new().spawn(compute) {
            Ok(digest) => RunningDigest::Thread { pieces, digest },
            Err(_) => RunningDigest::Here(Sha256::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            // It fails only if the thread has panicked, which `finish` passes on.
            RunningDigest::Thread { pieces, .. } => bytes.chunks(PIECE_BYTES).for_each(|piece| {
                let _ = pieces.send(piece.to_vec());
            }),
            RunningDigest::Here(digest) => digest.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        let digest = match self {
            RunningDigest::Thread { pieces, digest } => {
                drop(pieces);
                digest.join().unwrap_or_else(|cause| panic::resume_unwind(cause))
            }
            RunningDigest::Here(digest) => digest,
        };
        digest.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_all_bytes_in_a_thread_and_without_one() {
        let text: Vec<u8> = (0..3 * PIECE_BYTES + 5).map(|at| (at % 251) as u8).collect();
        for mut digest in [RunningDigest::start(), RunningDigest::Here(Sha256::new())] {
            let (first, rest) = text.split_at(7);
            digest.update(first);
            digest.update(&[]);
            digest.update(rest);
            assert_eq!(digest.finish(), <[u8; 32]>::from(Sha256::digest(&text)));
        }
    }
}
