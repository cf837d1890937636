//! Tests large files, which are compressed in pieces.

use super::*;
use crate::lambda::package::large_file::{self, MIN_BYTES};

const SIZE: usize = MIN_BYTES as usize + 1_234_567;

/// Returns bytes that do not compress.
fn noise(size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    fastrand::Rng::with_seed(7).fill(&mut bytes);
    bytes
}

/// Returns lines that compress well.
fn text(size: usize) -> Vec<u8> {
    let lines: Vec<u8> =
        (0..9_999).flat_map(|number| format!("line {number}: a dependency has data\n").into_bytes()).collect();
    let mut text = lines.repeat(size / lines.len() + 1);
    text.truncate(size);
    text
}

#[test]
fn a_large_file_is_complete_whether_it_compresses_or_not() {
    for (content, is_smaller) in [
        (text(SIZE), true),
        (noise(SIZE), false),
        ([text(SIZE), noise(SIZE)].concat(), true),
        ([noise(SIZE), text(SIZE / 4), noise(SIZE)].concat(), true),
        // Too little to be worth it.
        ([noise(SIZE), text(SIZE / 400)].concat(), false),
    ] {
        let project = Project::new();
        project.module("a/data.bin", &content);
        let size = usize::try_from(project.pack().size).unwrap();
        assert_eq!(entries(&project.bytes())[1].content, content);
        assert_eq!(size < content.len(), is_smaller);
        assert_eq!(project.bytes(), project.full_package());
        assert_eq!(fs::read_dir(project.path(".deploy/test")).unwrap().count(), 2, "zip and cache");
    }
}

#[test]
fn an_unchanged_large_file_is_copied_beside_changed_ones() {
    let project = Project::new();
    project.module("a/noise.bin", noise(SIZE));
    project.module("b/text.txt", text(SIZE));
    project.module("c/index.js", "c");
    project.pack_when_stable();
    project.module("c/index.js", "C");
    assert_eq!(project.pack().reused, 3);
    assert_eq!(project.bytes(), project.full_package());
}

#[test]
fn the_first_piece_decides_what_a_large_file_is() {
    let project = Project::new();
    project.module("a/tool", [b"#!/bin/sh\n".to_vec(), noise(SIZE)].concat());
    project.module("a/terraform.tfstate", text(SIZE));
    project.pack();
    let [_, state, tool] = entries(&project.bytes()).try_into().unwrap();
    assert_eq!((state.mode & 0o777, tool.mode & 0o777), (0o644, 0o755));
    assert!(project.warnings()[0].contains("terraform.tfstate"));
}

#[test]
fn a_large_file_that_is_changed_while_it_is_packaged_is_an_error() {
    let project = Project::new();
    project.module("a/data.bin", noise(SIZE));
    let path = project.path("litexa/node_modules/a/data.bin");
    for changed in [noise(SIZE + 1), text(SIZE)] {
        fs::write(&path, noise(SIZE)).unwrap();
        let compressed = large_file::compress("a/data.bin", &path, project.folder.path()).unwrap();
        fs::write(&path, changed).unwrap();
        let error = compressed.data.write_to(|_| Ok(())).unwrap_err();
        assert!(error.message.contains("data.bin was changed"), "{error}");
    }
}
