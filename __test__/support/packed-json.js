'use strict';

const fs = require('node:fs');
const { gunzipSync } = require('node:zlib');

/** Returns a JSON file of a package: a tar archive with a 512-byte header before each file. */
function packedJson(file, name) {
  const tar = gunzipSync(fs.readFileSync(file));
  const text = (start, end) => tar.toString('utf8', start, end).replace(/\0.*$/s, '');
  for (let at = 0, size; at < tar.length; at += 512 + Math.ceil(size / 512) * 512) {
    size = parseInt(text(at + 124, at + 136), 8) || 0;
    if (text(at, at + 100) !== `package/${name}`) continue;
    return JSON.parse(text(at + 512, at + 512 + size));
  }
  throw new Error(`${file} has no ${name}`);
}

module.exports = { packedJson };
