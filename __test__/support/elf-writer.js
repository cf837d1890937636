'use strict';

// Writes ELF files that need libraries and symbol versions, as an addon for Linux does, and contain
// nothing else.

const fs = require('node:fs');

const MACHINES = { x64: 62, arm64: 183 };
/** Addresses differ from file offsets, as in real files. */
const ADDRESS = 0x10000;
const [HEADERS, LOADER, DYNAMIC, NEEDS, STRINGS] = [64, 0x100, 0x200, 0x400, 0x800];

/**
 * @param {string} file
 * @param {{ cpu: string, libraries: Record<string, string[]>, loader?: string | null }} what the symbol
 *   versions that are needed of each library, as `{ 'libc.so.6': ['GLIBC_2.28'] }`, and the path of a
 *   program's dynamic loader
 */
function writeElf(file, { cpu, libraries, loader }) {
  const bytes = Buffer.alloc(0x1000);
  const text = textWriter(bytes);
  bytes.write('\x7fELF\x02\x01\x01', 'latin1');
  bytes.writeUInt16LE(MACHINES[cpu], 18);
  bytes.writeBigUInt64LE(BigInt(HEADERS), 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(loader ? 3 : 2, 56);
  writeSegment(bytes, HEADERS, 1, [0]);
  writeSegment(bytes, HEADERS + 56, 2, [DYNAMIC]);
  if (loader) {
    const length = bytes.write(`${loader}\0`, LOADER, 'latin1');
    writeSegment(bytes, HEADERS + 2 * 56, 3, [LOADER, length]);
  }

  const names = Object.keys(libraries);
  const entries = [
    ...names.map((name) => [1, text(name)]),
    [5, ADDRESS + STRINGS],
    [0x6ffffffe, ADDRESS + NEEDS],
    [0x6fffffff, names.length],
    [0, 0],
  ];
  entries.flat().forEach((value, index) => {
    bytes.writeBigUInt64LE(BigInt(value), DYNAMIC + 8 * index);
  });
  writeNeeds(bytes, Object.values(libraries), text);
  fs.writeFileSync(file, bytes);
}

function textWriter(bytes) {
  let end = STRINGS + 1;
  return (value) => {
    const start = end;
    end += bytes.write(`${value}\0`, start, 'latin1');
    return start - STRINGS;
  };
}

function writeSegment(bytes, at, type, [offset, length = bytes.length - offset]) {
  bytes.writeUInt32LE(type, at);
  const numbers = [offset, ADDRESS + offset, 0, length];
  numbers.forEach((value, index) => bytes.writeBigUInt64LE(BigInt(value), at + 8 + 8 * index));
}

function writeNeeds(bytes, lists, text) {
  let at = NEEDS;
  lists.forEach((versions, index) => {
    const size = 16 + 16 * versions.length;
    bytes.writeUInt16LE(versions.length, at + 2);
    bytes.writeUInt32LE(16, at + 8);
    bytes.writeUInt32LE(index === lists.length - 1 ? 0 : size, at + 12);
    versions.forEach((version, place) => {
      const start = at + 16 + 16 * place;
      bytes.writeUInt32LE(text(version), start + 8);
      bytes.writeUInt32LE(place === versions.length - 1 ? 0 : 16, start + 12);
    });
    at += size;
  });
}

module.exports = { writeElf };
