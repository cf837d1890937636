'use strict';

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { unzipSync } = require('fflate');

/** Returns name and compressed size of the files in a zip whose name has a prefix. */
function packedSizes(file, prefix) {
  const sizes = [];
  const note = ({ name, size }) => {
    if (isFile(name, prefix)) sizes.push([name, size]);
    return false;
  };
  unzipSync(fs.readFileSync(file), { filter: note });
  return sizes;
}

/** Returns name and digest of the files in a zip whose name has a prefix. */
function unpackedDigests(file, prefix) {
  const filter = ({ name }) => isFile(name, prefix);
  const contents = unzipSync(fs.readFileSync(file), { filter });
  return Object.entries(contents).map(([name, bytes]) => [name, sha1(bytes)]);
}

const isFile = (name, prefix) => name.startsWith(prefix) && !name.endsWith('/');
const sha1 = (bytes) => createHash('sha1').update(bytes).digest('hex');

module.exports = { packedSizes, unpackedDigests };
