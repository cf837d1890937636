'use strict';

// Checks that addons can be published: `node scripts/release/check-addon.js <addon>…`. Each has a
// limited size, and one for Linux loads on old systems.
//
// The ELF file is read as the dynamic loader reads it, by its segments of type PT_DYNAMIC and
// PT_LOAD, since sections can be stripped. pyelftools would save half of these lines, but the jobs
// that build and pack would have to install it, and tests would start a Python for each case.

const fs = require('node:fs');
const path = require('node:path');
const { runMain } = require('../lib/exec');
const { PLATFORMS, addonName } = require('../lib/platforms');

/** The oldest glibc with which published addons load: that of Debian 10 and RHEL 8. */
const MIN_GLIBC = '2.28';

/** The size up to which a release build may grow before its dependencies need a review. */
const MAX_ADDON_BYTES = 19_000_000;

const MACHINES = { 62: 'x64', 183: 'arm64' };
const [PT_LOAD, PT_DYNAMIC] = [1, 2];
const [DT_NULL, DT_NEEDED, DT_STRTAB, DT_VERNEED, DT_VERNEEDNUM] = [
  0, 1, 5, 0x6ffffffe, 0x6fffffff,
];

/**
 * Reads a 64-bit ELF file.
 *
 * @returns {{ cpu: string, libraries: string[], versions: string[] }} the processor as Node.js
 *   names it, the shared libraries, and the versions of their symbols, such as `GLIBC_2.28`
 */
function readElf(file) {
  const bytes = fs.readFileSync(file);
  const isElf = bytes.length > 64 && bytes.readUInt32BE(0) === 0x7f454c46;
  if (!isElf || bytes[4] !== 2 || bytes[5] !== 1) {
    throw new Error(`${file} is not a 64-bit little-endian ELF file`);
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

/** Returns the place in the file of the bytes that the loader puts at an address. */
function fileOffset(segments, address, file) {
  const holds = ({ type, address: start, length }) =>
    type === PT_LOAD && address >= start && address < start + length;
  const segment = segments.find(holds);
  if (!segment) throw new Error(`${file} is damaged: nothing is loaded at address ${address}`);
  return address - segment.address + segment.offset;
}

/** Returns the dynamic section: all values of each tag. */
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

/** Returns the newest glibc among versions of symbols, such as `2.28`, or undefined. */
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

/** Returns why an addon does not load on `linux-<cpu>-<gnu or musl>`, or undefined if it does. */
function compatibilityError(file, platform, minGlibc = MIN_GLIBC) {
  const [, cpu, libc] = platform.split('-');
  const elf = readElf(file);
  if (elf.cpu !== cpu) return `it is for the processor ${elf.cpu}`;
  const glibc = neededGlibc(elf.versions);
  if (libc === 'musl') return glibc && `it needs glibc ${glibc}, which musl systems lack`;
  if (!glibc) return 'it was not linked with glibc';
  const isTooNew = compareVersions(glibc, minGlibc) > 0;
  return isTooNew ? `it needs glibc ${glibc}, newer than ${minGlibc}` : undefined;
}

/** Returns why an addon cannot be published for a platform, or undefined if it can. */
function publishingError(file, platform) {
  const { size } = fs.statSync(file);
  if (size > MAX_ADDON_BYTES) return `it has ${size} bytes, more than ${MAX_ADDON_BYTES}`;
  return platform.startsWith('linux') ? compatibilityError(file, platform) : undefined;
}

module.exports = {
  MAX_ADDON_BYTES,
  MIN_GLIBC,
  compareVersions,
  compatibilityError,
  neededGlibc,
  publishingError,
  readElf,
};

if (require.main === module) {
  runMain(async (files) => {
    for (const file of files) {
      const platform = Object.keys(PLATFORMS).find((one) => addonName(one) === path.basename(file));
      if (!platform) throw new Error(`${file} is not named after a published platform`);
      const error = publishingError(file, platform);
      if (error) throw new Error(`${file} cannot be published: ${error}`);
      console.log(`${file}: ${fs.statSync(file).size} bytes of at most ${MAX_ADDON_BYTES}`);
    }
  });
}
