//! Tests that a package depends on nothing but its files' names and content.

use super::*;
use crate::lambda::package::large_file::MIN_BYTES;

#[test]
fn the_same_input_gives_the_same_bytes() {
    let files = [("b/x.js", "x"), ("a/y.js", "y"), ("a/bin/z", "#!/bin/sh"), ("c/deep/er/w.js", "w")];
    let first = Project::new();
    for (name, content) in &files {
        first.module(name, content);
    }
    let second = Project::new();
    for (name, content) in files.iter().rev() {
        second.module(name, content);
        let file = fs::File::options().write(true).open(second.path(&format!("litexa/node_modules/{name}"))).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.set_permissions(fs::Permissions::from_mode(0o4_777)).unwrap();
        }
    }
    let packages = [first.pack(), second.pack()];
    assert_eq!(first.bytes(), second.bytes());
    assert_eq!(packages[0].sha256_base64, packages[1].sha256_base64);
}

/// These digests are of packages made on Linux on x86-64. Changing them makes every user's next deployment upload an
/// unchanged package once.
#[test]
fn a_project_has_the_same_package_on_every_platform() {
    let names = ["b/Ärger/~.js", "b/a.js", "b/A/x.js", "b/a-b/x.js", "c/deep/er/with space/[x].js", "c.js"];
    let unusual = Project::new();
    for name in names {
        unusual.module(name, format!("// {name}\r\nexports.name = {name:?};\n"));
    }
    let programs = Project::new();
    programs.module("tool/script", "#!/usr/bin/env node\n");
    programs.module("tool/program", b"\x7fELF\x02\x01\x01");
    programs.module("tool/program.exe", b"MZ\x90");
    programs.module("tool/script.cmd", "@echo off\r\n");
    let large = Project::new();
    let line = |number: usize| format!("{number} {}\n", number.wrapping_mul(2_654_435_761) % 1_000_003);
    let text: String = (0..)
        .map(line)
        .scan(0, |size, line| {
            *size += line.len();
            Some((*size, line))
        })
        .take_while(|(size, _)| *size < MIN_BYTES as usize + 100_000)
        .map(|(_, line)| line)
        .collect();
    large.module("data/medium.txt", &text[..300_000]);
    large.module("data/large.txt", &text);
    let digests = [unusual, programs, large].map(|project| project.pack().sha256_base64);
    let expected = [
        "kZxXgROLEe72TpmXFi7HLLjFpEiA+Sp1svBJqcjdR/s=",
        "OVguRwhzeZsIzmbdJPRGbE8EhtNzolBKR1cLc/2oJ3s=",
        "1IO5A1F40bBuvhDorjem0HloWP6i/vi1BQsm9FMtl7w=",
    ];
    assert_eq!(digests, expected);
}
