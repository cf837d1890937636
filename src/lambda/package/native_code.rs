//! Finds native addons that do not run on the function.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::lambda::package::installer::Installer;
use crate::lambda::package::layout::ProductionPackage;

/// The platform that an addon of Node.js (`.node`) was built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct NativeTarget {
    system: System,
    cpu: Cpu,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum System {
    /// With glibc, as in Lambda's runtimes, or without any C library.
    Linux,
    LinuxMusl,
    MacOs,
    Windows,
}

/// A processor, by the name that Node.js has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Cpu {
    X64,
    Arm64,
    Other,
}

impl NativeTarget {
    /// Reads the header of a program or library. Returns `None` for anything else.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let head: &[u8; 4] = bytes.first_chunk()?;
        match head {
            [0x7f, b'E', b'L', b'F'] => {
                let system = if needs_musl(bytes) { System::LinuxMusl } else { System::Linux };
                Some(NativeTarget { system, cpu: elf_cpu(u16_at(bytes, 18)) })
            }
            // Mach-O: <https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h>
            [0xcf, 0xfa, 0xed, 0xfe] => {
                let cpu = match u32_at(bytes, 4) {
                    Some(0x0100_0007) => Cpu::X64,
                    Some(0x0100_000c) => Cpu::Arm64,
                    _ => Cpu::Other,
                };
                Some(NativeTarget { system: System::MacOs, cpu })
            }
            // For several processors, or for 32 bits.
            [0xca, 0xfe, 0xba, 0xbe | 0xbf] | [0xce, 0xfa, 0xed, 0xfe] => {
                Some(NativeTarget { system: System::MacOs, cpu: Cpu::Other })
            }
            [b'M', b'Z', ..] => Some(NativeTarget { system: System::Windows, cpu: pe_cpu(bytes) }),
            _ => None,
        }
    }

    fn runs_on(self, cpu: Cpu) -> bool {
        self.system == System::Linux && self.cpu == cpu
    }
}

impl fmt::Display for NativeTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let system = match self.system {
            System::Linux => "Linux",
            System::LinuxMusl => "Linux with musl",
            System::MacOs => "macOS",
            System::Windows => "Windows",
        };
        match self.cpu {
            Cpu::Other => formatter.write_str(system),
            cpu => write!(formatter, "{system} on {}", cpu.name()),
        }
    }
}

impl Cpu {
    /// Returns the processor of a function, by Lambda's name for it.
    pub(crate) fn of_function(architecture: &str) -> Self {
        if architecture == "arm64" { Cpu::Arm64 } else { Cpu::X64 }
    }

    fn name(self) -> &'static str {
        match self {
            Cpu::X64 => "x64",
            Cpu::Arm64 => "arm64",
            Cpu::Other => "another processor",
        }
    }
}

/// See <https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html>.
fn elf_cpu(machine: Option<u16>) -> Cpu {
    match machine {
        Some(62) => Cpu::X64,
        Some(183) => Cpu::Arm64,
        _ => Cpu::Other,
    }
}

/// See <https://learn.microsoft.com/en-us/windows/win32/debug/pe-format>.
fn pe_cpu(bytes: &[u8]) -> Cpu {
    let header = u32_at(bytes, 0x3c).and_then(|offset| usize::try_from(offset).ok());
    match header.and_then(|offset| u16_at(bytes, offset.checked_add(4)?)) {
        Some(0x8664) => Cpu::X64,
        Some(0xaa64) => Cpu::Arm64,
        _ => Cpu::Other,
    }
}

/// Returns whether a Linux library names the C library musl, which is `libc.musl-x86_64.so.1` and the like.
fn needs_musl(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"libc.musl-";
    let mut starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'l');
    starts.any(|(start, _)| bytes.get(start..).is_some_and(|rest| rest.starts_with(NAME)))
}

/// The bytes of a name that begins in one piece and ends in the next one.
const MAX_TAIL_BYTES: usize = 9;

/// Reads what a file was built for, piece by piece.
#[derive(Default)]
pub(crate) struct NativeScan {
    target: Option<NativeTarget>,
    is_started: bool,
    tail: Vec<u8>,
}

impl NativeScan {
    /// Reads the next piece. The first one has the header.
    pub(crate) fn update(&mut self, piece: &[u8]) {
        if !std::mem::replace(&mut self.is_started, true) {
            self.target = NativeTarget::of(piece);
        } else if let Some(target) = self.target.as_mut().filter(|target| target.system == System::Linux) {
            self.tail.extend(piece.iter().take(MAX_TAIL_BYTES));
            if needs_musl(&self.tail) || needs_musl(piece) {
                target.system = System::LinuxMusl;
            }
        }
        self.tail = piece.get(piece.len().saturating_sub(MAX_TAIL_BYTES)..).unwrap_or_default().to_vec();
    }

    pub(crate) fn target(&self) -> Option<NativeTarget> {
        self.target
    }
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes.get(offset..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// The addons of the packages that the skill needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NativeCode {
    /// Package -> what its addons, and those of its packages for single platforms, were built for.
    packages: BTreeMap<String, Vec<NativeTarget>>,
    installer: Installer,
}

impl NativeCode {
    /// Groups addons, by their paths in the zip.
    pub(crate) fn new<'a>(
        addons: impl Iterator<Item = (&'a str, NativeTarget)>,
        production: &BTreeMap<String, ProductionPackage>,
        installer: Installer,
    ) -> Self {
        let mut packages: BTreeMap<String, Vec<NativeTarget>> = BTreeMap::new();
        for (path, target) in addons {
            match package_at(path, production) {
                // Without a variant for Linux, it is for other systems only, as fsevents is.
                None | Some(ProductionPackage { optional_for: Some((_, false)), .. }) => {}
                Some(package) => {
                    let label = package.optional_for.as_ref().map_or(&package.label, |(parent, _)| parent);
                    packages.entry(label.clone()).or_default().push(target);
                }
            }
        }
        NativeCode { packages, installer }
    }

    /// Returns a warning for each package that has no addon for the function.
    pub(crate) fn warnings(&self, cpu: Cpu) -> Vec<String> {
        let foreign = self.packages.iter().filter(|(_, targets)| !targets.iter().any(|target| target.runs_on(cpu)));
        let warning = |(package, targets): (&String, &Vec<NativeTarget>)| {
            let mut targets: Vec<_> = targets.iter().map(ToString::to_string).collect();
            targets.sort();
            targets.dedup();
            format!(
                "{package} has native code for {}, but the function runs on Linux on {} with glibc. {}",
                targets.join(", "),
                cpu.name(),
                self.installer.native_hint(cpu.name())
            )
        };
        foreign.map(warning).collect()
    }
}

fn package_at<'a>(path: &str, packages: &'a BTreeMap<String, ProductionPackage>) -> Option<&'a ProductionPackage> {
    path.rmatch_indices('/').find_map(|(end, _)| packages.get(path.get(..end)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf(machine: u8, text: &str) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(64, 0);
        bytes[18] = machine;
        bytes.extend(text.as_bytes());
        bytes
    }

    fn pe(machine: u16) -> Vec<u8> {
        let mut bytes = b"MZ".to_vec();
        bytes.resize(0x80, 0);
        bytes[0x3c] = 0x80;
        bytes.extend(b"PE\0\0");
        bytes.extend(machine.to_le_bytes());
        bytes
    }

    fn mach_o(cpu: u32) -> Vec<u8> {
        [[0xcf, 0xfa, 0xed, 0xfe], cpu.to_le_bytes()].concat()
    }

    #[test]
    fn addons_are_recognized_by_their_headers() {
        let cases = [
            (elf(62, "\0libc.so.6\0"), "Linux on x64"),
            (elf(183, "\0libc.so.6\0"), "Linux on arm64"),
            (elf(62, "\0llibc.musl-x86_64.so.1\0"), "Linux with musl on x64"),
            (elf(40, ""), "Linux"),
            (mach_o(0x0100_000c), "macOS on arm64"),
            (mach_o(0x0100_0007), "macOS on x64"),
            (vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2], "macOS"),
            (pe(0x8664), "Windows on x64"),
            (pe(0xaa64), "Windows on arm64"),
            (b"MZ".repeat(2), "Windows"),
        ];
        for (bytes, name) in cases {
            assert_eq!(NativeTarget::of(&bytes).unwrap().to_string(), name);
        }
        for bytes in [&b""[..], b"\x7f", b"#!/bin/sh", b"exports", &[0xff; 70]] {
            assert_eq!(NativeTarget::of(bytes), None);
        }
        let cut = &elf(62, "")[..10];
        assert_eq!(NativeTarget::of(cut).unwrap().to_string(), "Linux");
    }

    #[test]
    fn the_c_library_is_found_in_any_piece_and_across_two() {
        let file = [elf(62, ""), vec![0; 40], b"libc.musl-x86_64.so.1".to_vec(), vec![0; 40]].concat();
        for length in 20..file.len() {
            let mut scan = NativeScan::default();
            file.chunks(length).for_each(|piece| scan.update(piece));
            assert_eq!(scan.target(), NativeTarget::of(&file), "{length}");
        }
        let mut scan = NativeScan::default();
        b"libc.musl-".chunks(4).for_each(|piece| scan.update(piece));
        assert_eq!(scan.target(), None);
    }

    fn warnings(addons: &[(&str, &[u8])], cpu: Cpu) -> Vec<String> {
        let package = |label: &str, optional_for: Option<(&str, bool)>| ProductionPackage {
            label: label.to_owned(),
            optional_for: optional_for.map(|(parent, for_linux)| (parent.to_owned(), for_linux)),
            ..ProductionPackage::default()
        };
        let production = BTreeMap::from([
            ("node_modules/own".to_owned(), package("own@1", None)),
            ("node_modules/@img/sharp-darwin-arm64".to_owned(), package("darwin", Some(("sharp@1", true)))),
            ("node_modules/@img/sharp-linux-x64".to_owned(), package("linux", Some(("sharp@1", true)))),
            ("node_modules/fsevents".to_owned(), package("fsevents@2", Some(("chokidar@3", false)))),
        ]);
        let found = addons.iter().map(|(path, bytes)| (*path, NativeTarget::of(bytes).unwrap()));
        NativeCode::new(found, &production, Installer::default()).warnings(cpu)
    }

    #[test]
    fn a_package_needs_one_addon_that_runs_on_the_function() {
        let (linux, mac) = (elf(62, ""), mach_o(0x0100_000c));
        let (own, other) = ("node_modules/own/prebuilds/a.node", "node_modules/own/build/Release/b.node");
        assert_eq!(warnings(&[(own, &mac), (other, &linux)], Cpu::X64), Vec::<String>::new());
        let [warning] = warnings(&[(own, &mac), (other, &linux)], Cpu::Arm64).try_into().unwrap();
        assert!(warning.starts_with("own@1 has native code for Linux on x64, macOS on arm64, but"), "{warning}");
        assert!(warning.contains("npm install --os=linux --cpu=arm64 --libc=glibc` in litexa"), "{warning}");
        let musl = elf(62, "libc.musl-x86_64.so.1");
        assert_eq!(warnings(&[(own, &musl)], Cpu::X64).len(), 1);
    }

    #[test]
    fn packages_for_single_platforms_count_for_the_one_that_chooses_among_them() {
        let (linux, mac) = (elf(62, ""), mach_o(0x0100_000c));
        let (for_mac, for_linux) =
            ("node_modules/@img/sharp-darwin-arm64/a.node", "node_modules/@img/sharp-linux-x64/a.node");
        assert_eq!(warnings(&[(for_mac, &mac), (for_linux, &linux)], Cpu::X64), Vec::<String>::new());
        let [warning] = warnings(&[(for_mac, &mac)], Cpu::X64).try_into().unwrap();
        assert!(warning.starts_with("sharp@1 has native code for macOS on arm64, but"), "{warning}");
        for unneeded in ["node_modules/fsevents/fsevents.node", "node_modules/a-development-tool/a.node"] {
            assert_eq!(warnings(&[(unneeded, &mac)], Cpu::X64), Vec::<String>::new());
        }
    }
}
