//! Generates random input for tests, the same in every run, so that a change fails by its own fault only.
//!
//! `arbtest` takes other seeds in every run, and `proptest` would compile the AWS SDK a second time for the tests, by other
//! features of shared crates.

use fastrand::Rng;

/// Runs a test on many inputs. A failure prints its seed.
pub(crate) fn check(test: impl Fn(&mut Rng) + std::panic::RefUnwindSafe) {
    for seed in 0..500 {
        let outcome = std::panic::catch_unwind(|| test(&mut Rng::with_seed(seed)));
        if let Err(failure) = outcome {
            eprintln!("the case with seed {seed} failed");
            std::panic::resume_unwind(failure);
        }
    }
}

/// Up to `longest` characters of the alphabet.
pub(crate) fn text_of(rng: &mut Rng, alphabet: &str, longest: usize) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    (0..rng.usize(..=longest)).map(|_| alphabet[rng.usize(..alphabet.len())]).collect()
}

/// Any text: mostly plain, now and then with control characters and letters from far away.
pub(crate) fn text(rng: &mut Rng, longest: usize) -> String {
    let character = |rng: &mut Rng| match rng.u8(..8) {
        0 => rng.char('\0'..=' '),
        1 => rng.char(..),
        _ => rng.char(' '..='~'),
    };
    (0..rng.usize(..=longest)).map(|_| character(rng)).collect()
}

/// Up to `longest` items.
pub(crate) fn list<T>(rng: &mut Rng, longest: usize, item: impl Fn(&mut Rng) -> T) -> Vec<T> {
    (0..rng.usize(..=longest)).map(|_| item(rng)).collect()
}
