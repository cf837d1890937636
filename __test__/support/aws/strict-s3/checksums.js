'use strict';

// Computes the checksums that S3 verifies.

const crypto = require('node:crypto');

const ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'];

/** A lookup table of a reflected CRC of 32 bits. */
function table32(polynomial) {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    }
    return value >>> 0;
  });
}

const TABLES = { CRC32: table32(0xedb88320), CRC32C: table32(0x82f63b78) };

function crc32(table, bytes) {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i += 1) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 0xff];
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return sum;
}

// CRC-64/NVME, in halves: numbers of 64 bits are too slow for parts of megabytes.
const NVME_POLYNOMIAL = { high: 0x9a6c9329, low: 0xac4bc9b5 };

function nvmeTables() {
  const high = new Uint32Array(256);
  const low = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let [h, l] = [0, byte];
    for (let bit = 0; bit < 8; bit += 1) {
      const carry = l & 1;
      l = (l >>> 1) | (h << 31);
      h >>>= 1;
      if (carry) [h, l] = [h ^ NVME_POLYNOMIAL.high, l ^ NVME_POLYNOMIAL.low];
    }
    high[byte] = h;
    low[byte] = l;
  }
  return { high, low };
}

const NVME = nvmeTables();

function crc64nvme(bytes) {
  let [high, low] = [0xffffffff, 0xffffffff];
  for (let i = 0; i < bytes.length; i += 1) {
    const index = (low ^ bytes[i]) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ NVME.low[index];
    high = (high >>> 8) ^ NVME.high[index];
  }
  const sum = Buffer.alloc(8);
  sum.writeUInt32BE(~high >>> 0, 0);
  sum.writeUInt32BE(~low >>> 0, 4);
  return sum;
}

/** The raw checksum of some bytes. */
function digest(algorithm, bytes) {
  if (algorithm in TABLES) return crc32(TABLES[algorithm], bytes);
  if (algorithm === 'CRC64NVME') return crc64nvme(bytes);
  return crypto.createHash(algorithm.toLowerCase()).update(bytes).digest();
}

/** Checksums of large contents by their MD5: the reliability sweeps send the same files very often. */
const known = new Map();
const LARGE = 1024 * 1024;

/** The checksum as headers carry it. */
function checksum(algorithm, bytes) {
  if (bytes.length < LARGE) return digest(algorithm, bytes).toString('base64');
  const key = `${algorithm} ${md5(bytes).digest('hex')}`;
  if (!known.has(key)) known.set(key, digest(algorithm, bytes).toString('base64'));
  return known.get(key);
}

/** The checksum of the parts' checksums, with their number. */
function compositeChecksum(algorithm, checksums) {
  const parts = Buffer.concat(checksums.map((one) => Buffer.from(one, 'base64')));
  return `${checksum(algorithm, parts)}-${checksums.length}`;
}

/** Whether a text can be a checksum of an algorithm at all. */
function isChecksum(algorithm, text) {
  const bytes = Buffer.from(text, 'base64');
  const isCanonical = bytes.toString('base64') === text;
  return isCanonical && bytes.length === digest(algorithm, Buffer.alloc(0)).length;
}

const headerOf = (algorithm) => `x-amz-checksum-${algorithm.toLowerCase()}`;

const md5 = (bytes) => crypto.createHash('md5').update(bytes);

module.exports = { ALGORITHMS, checksum, compositeChecksum, isChecksum, headerOf, md5 };
