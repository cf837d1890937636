'use strict';

// Unpacks a function's package as Lambda does, by the zip's central directory: symbolic links are kept.

const fs = require('node:fs');
const path = require('node:path');
const { unzipSync } = require('fflate');

const LINK = 0o120000;

/** Unpacks the zip file into a directory and returns the directory. */
function unzip(file, directory) {
  const zip = fs.readFileSync(file);
  const modes = unixModes(zip);
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    if (name.endsWith('/')) continue;
    const target = path.join(directory, name);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    if ((modes.get(name) & 0o170000) === LINK) link(Buffer.from(bytes).toString(), target);
    else fs.writeFileSync(target, bytes);
  }
  return directory;
}

function link(text, target) {
  if (process.platform !== 'win32') return fs.symlinkSync(text, target);
  // Only administrators may make other links to folders on Windows.
  return fs.symlinkSync(path.resolve(path.dirname(target), text), target, 'junction');
}

/** Returns the type and permissions of each entry, which fflate does not return. */
function unixModes(zip) {
  const modes = new Map();
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let at = zip.readUInt32LE(end + 16);
  while (zip.toString('latin1', at, at + 4) === 'PK\x01\x02') {
    const [name, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    modes.set(zip.toString('utf8', at + 46, at + 46 + name), zip.readUInt32LE(at + 38) >>> 16);
    at += 46 + name + extra + comment;
  }
  return modes;
}

module.exports = { unzip };
