'use strict';

// Unpacks a function's package as Lambda does, by the zip's central directory.

const fs = require('node:fs');
const path = require('node:path');
const { unzipSync } = require('fflate');

/** Unpacks the zip file into a directory and returns the directory. */
function unzip(file, directory) {
  const entries = Object.entries(unzipSync(fs.readFileSync(file)));
  for (const [name, bytes] of entries.filter(([name]) => !name.endsWith('/'))) {
    const target = path.join(directory, name);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, bytes);
  }
  return directory;
}

module.exports = { unzip };
