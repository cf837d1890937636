//! Replays the corpora: seeds with typical input, and inputs with which fuzzing once found a bug.

use litexa_deploy_aws_fuzz::targets::ALL;
use std::path::{Path, PathBuf};

fn inputs(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_input_of_the_corpora_passes_the_check_of_its_target() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (target, check) in ALL {
        let inputs = inputs(&fuzz.join("corpus").join(target));
        assert!(!inputs.is_empty(), "{target} has no corpus");
        for input in inputs {
            // Shown if the check fails.
            println!("{}", input.display());
            check(&std::fs::read(&input).unwrap());
        }
    }
}

#[test]
fn every_corpus_has_a_target() {
    let corpora = inputs(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"));
    for corpus in corpora {
        assert!(ALL.iter().any(|(target, _)| corpus.ends_with(target)), "{}", corpus.display());
    }
}
