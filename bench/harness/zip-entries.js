'use strict';

const fs = require('node:fs');

/** What a zip holds, by its directory; folders are left out. Name to content and packed size. */
function zipEntries(file) {
  const zip = fs.readFileSync(file);
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let at = zip.readUInt32LE(end + 16);
  const entries = new Map();
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [name, extra, comment] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field));
    const path = zip.toString('utf8', at + 46, at + 46 + name);
    const crcAndSize = `${zip.readUInt32LE(at + 16)} ${zip.readUInt32LE(at + 24)}`;
    if (!path.endsWith('/')) entries.set(path, { crcAndSize, packed: zip.readUInt32LE(at + 20) });
    at += 46 + name + extra + comment;
  }
  return entries;
}

module.exports = { zipEntries };
