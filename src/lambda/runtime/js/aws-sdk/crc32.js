'use strict';

const zlib = require('node:zlib');

/** The reversed polynomial of the CRC-32 that zip files and Ethernet use. */
const POLYNOMIAL = 0xedb88320;

const BITS = 8;

const remainders = zlib.crc32
  ? undefined
  : Int32Array.from({ length: 256 }, (_, byte) => remainder(byte));

function remainder(byte) {
  let value = byte;
  for (let bit = 0; bit < BITS; bit += 1) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0);
  return value;
}

/** Returns the checksum of bytes. zlib.crc32 exists since Node.js 20.15. */
function crc32(bytes) {
  if (zlib.crc32) return zlib.crc32(bytes);
  let value = -1;
  for (const byte of bytes) value = (value >>> BITS) ^ remainders[(value ^ byte) & 0xff];
  return ~value >>> 0;
}

module.exports = { crc32 };
