//! Computes the SHA-256 of a file while it is written.

use std::panic;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

use sha2::{Digest, Sha256};

const MAX_WAITING_PIECES: usize = 4;

/// A SHA-256 of what has been written so far.
pub(crate) enum RunningDigest {
    /// Computed in a thread of its own, since it takes about as long as writing the file.
    Thread {
        pieces: SyncSender<Vec<u8>>,
        /// The memory of the pieces, to be used again.
        spent: Receiver<Vec<u8>>,
        digest: JoinHandle<Sha256>,
    },
    /// Computed here, on a system that allows no more threads.
    Here(Sha256),
}

impl RunningDigest {
    pub(crate) fn start() -> Self {
        let (pieces, received) = mpsc::sync_channel::<Vec<u8>>(MAX_WAITING_PIECES);
        let (give_back, spent) = mpsc::channel();
        let compute = move || {
            received.into_iter().fold(Sha256::new(), |digest, mut piece| {
                let digest = digest.chain_update(&piece);
                piece.clear();
                // The memory of the last pieces is not needed.
                let _ = give_back.send(piece);
                digest
            })
        };
        match thread::Builder::new().spawn(compute) {
            Ok(digest) => RunningDigest::Thread { pieces, spent, digest },
            Err(_) => RunningDigest::Here(Sha256::new()),
        }
    }

    /// Adds a piece. Returns an empty vector for the next one: new memory would have to be mapped page by page.
    pub(crate) fn update(&mut self, mut piece: Vec<u8>) -> Vec<u8> {
        match self {
            RunningDigest::Thread { pieces, spent, .. } => {
                let capacity = piece.capacity();
                // It fails only if the thread has panicked, which `finish` passes on.
                let _ = pieces.send(piece);
                spent.try_recv().unwrap_or_else(|_| Vec::with_capacity(capacity))
            }
            RunningDigest::Here(digest) => {
                digest.update(&piece);
                piece.clear();
                piece
            }
        }
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        let digest = match self {
            RunningDigest::Thread { pieces, digest, .. } => {
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
        let text: Vec<u8> = (0..200_000_u32).map(|at| (at % 251) as u8).collect();
        for mut digest in [RunningDigest::start(), RunningDigest::Here(Sha256::new())] {
            for piece in text.chunks(7_001) {
                assert_eq!(digest.update(piece.to_vec()), Vec::<u8>::new());
                digest.update(Vec::new());
            }
            assert_eq!(digest.finish(), <[u8; 32]>::from(Sha256::digest(&text)));
        }
    }
}
