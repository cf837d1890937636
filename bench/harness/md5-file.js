'use strict';

// Computes the MD5 of a file in one pass: `md5-file.js <file>`.

const crypto = require('node:crypto');
const fs = require('node:fs');

const BUFFER_BYTES = 128 * 1024;

const hash = crypto.createHash('md5');
const buffer = Buffer.alloc(BUFFER_BYTES);
const file = fs.openSync(process.argv[2]);
for (let read; (read = fs.readSync(file, buffer)) > 0;) hash.update(buffer.subarray(0, read));
console.log(hash.digest('hex'));
