'use strict';

// Reads out of a Linux addon what it asks of the system that loads it.
//
// What it finds is what the dynamic loader goes by: the segments of type PT_DYNAMIC and PT_LOAD.
// Sections could be stripped.

const fs = require('node:fs');

/** The oldest glibc that the published addons have to load with: that of Debian 10 and RHEL 8. */
const OLDEST_GLIBC = '2.28';

const MACHINES = { 62: 'x64', 183: 'arm64' };
const [PT_LOAD, PT_DYNAMIC] = [1, 2];
const [DT_NULL, DT_NEEDED, DT_STRTAB, DT_VERNEED, DT_VERNEEDNUM] = [
  0, 1, 5, 0x6ffffffe, 0x6fffffff,
];

/**
 * Reads a 64-bit ELF file.
 *
 * @returns {{ cpu: string, libraries: string[], versions: string[] }} the processor in Node's
 *   words, the shared libraries, and the versions of their symbols, such as `GLIBC_2.28`
 */
function readElf(file) {
  const bytes = fs.readFileSync(file);
  const isElf = bytes.length > 64 && bytes.readUInt32BE(0) === 0x7f454c46;
  if (!isElf || bytes[4] !== 2 || bytes[5] !== 1) {
    throw new Error(`${file} is no 64-bit little-endian ELF file`);
  }
  const segments = readSegments(bytes);
  const offsetOf = (address) => fileOffset(segments, Number(address), file);
  const dynamic = readDynamic(bytes, segments);
  const [strings] = dynamic.get(DT_STRTAB) ?? [0];
  const text = (index) => readText(bytes, offsetOf(strings) + index);
  return {
    cpu: MACHINES[bytes.readUInt16LE(18)] ?? 'unknown',
    libraries: (dynamic.get(DT_NEEDED) ?? []).map(text),
    versions: neededVersions(bytes, dynamic, offsetOf, text),
  };
}

function readSegments(bytes) {
  const start = Number(bytes.readBigUInt64LE(32));
  const [size, count] = [bytes.readUInt16LE(54), bytes.readUInt16LE(56)];
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * size;
    const number = (offset) => Number(bytes.readBigUInt64LE(at + offset));
    const [offset, address, length] = [number(8), number(16), number(32)];
    return { type: bytes.readUInt32LE(at), offset, address, length };
  });
}

/** Where in the file is what the loader will put at this address. */
function fileOffset(segments, address, file) {
  const holds = ({ type, address: start, length }) =>
    type === PT_LOAD && address >= start && address < start + length;
  const segment = segments.find(holds);
  if (!segment) throw new Error(`${file} is damaged: nothing is loaded at address ${address}`);
  return address - segment.address + segment.offset;
}

/** The dynamic section: all values of each tag. */
function readDynamic(bytes, segments) {
  const values = new Map();
  const segment = segments.find(({ type }) => type === PT_DYNAMIC);
  if (!segment) return values;
  for (let at = segment.offset; at < segment.offset + segment.length; at += 16) {
    const tag = Number(bytes.readBigInt64LE(at));
    if (tag === DT_NULL) break;
    values.set(tag, [...(values.get(tag) ?? []), Number(bytes.readBigUInt64LE(at + 8))]);
  }
  return values;
}

// A list of libraries, each with a list of versions; both are linked by distances in bytes.
function neededVersions(bytes, dynamic, offsetOf, text) {
  if (!dynamic.has(DT_VERNEED)) return [];
  const versions = new Set();
  let library = offsetOf(dynamic.get(DT_VERNEED)[0]);
  for (let left = dynamic.get(DT_VERNEEDNUM)[0]; left > 0; left -= 1) {
    let version = library + bytes.readUInt32LE(library + 8);
    for (let more = bytes.readUInt16LE(library + 2); more > 0; more -= 1) {
      versions.add(text(bytes.readUInt32LE(version + 8)));
      version += bytes.readUInt32LE(version + 12);
    }
    library += bytes.readUInt32LE(library + 12);
  }
  return [...versions].sort();
}

function readText(bytes, start) {
  return bytes.toString('latin1', start, bytes.indexOf(0, start));
}

/** The newest glibc that these versions of symbols ask for, as `2.28`; nothing where none is. */
function neededGlibc(versions) {
  const numbers = versions
    .filter((name) => /^GLIBC_[\d.]+$/.test(name))
    .map((name) => name.slice(6));
  return numbers.sort(compareVersions).at(-1);
}

function compareVersions(one, other) {
  const [left, right] = [one, other].map((version) => version.split('.').map(Number));
  const at = left.findIndex((number, index) => number !== (right[index] ?? 0));
  return at === -1 ? left.length - right.length : left[at] - (right[at] ?? 0);
}

/** What is wrong with an addon for `linux-<cpu>-<gnu or musl>`; nothing where all is well. */
function linuxFault(file, platform, oldestGlibc = OLDEST_GLIBC) {
  const [, cpu, libc] = platform.split('-');
  const elf = readElf(file);
  if (elf.cpu !== cpu) return `it is for the processor ${elf.cpu}`;
  const glibc = neededGlibc(elf.versions);
  if (libc === 'musl') return glibc && `it needs glibc ${glibc}, which is not there beside musl`;
  if (!glibc) return 'it was not linked with glibc';
  const isTooNew = compareVersions(glibc, oldestGlibc) > 0;
  return isTooNew ? `it needs glibc ${glibc}, newer than ${oldestGlibc}` : undefined;
}

module.exports = { readElf, neededGlibc, compareVersions, linuxFault, OLDEST_GLIBC };

if (require.main === module) {
  for (const file of process.argv.slice(2)) {
    const { cpu, libraries, versions } = readElf(file);
    const glibc = neededGlibc(versions) ?? 'none';
    console.log(`${file}: ${cpu}, glibc ${glibc}, libraries ${libraries.join(', ')}`);
  }
}
