'use strict';

// Encodes messages of an event stream.
// https://smithy.io/2.0/aws/amazon-eventstream.html#amazon-event-stream-specification

/** The type of a header whose value is a string. */
const STRING = 7;

const CRC_TABLE = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

function crc32(bytes) {
  const add = (sum, byte) => CRC_TABLE[(sum ^ byte) & 0xff] ^ (sum >>> 8);
  return (bytes.reduce(add, 0xffffffff) ^ 0xffffffff) >>> 0;
}

/**
 * Returns a message: lengths, checksum of both, headers, payload, checksum of everything.
 *
 * @param {Record<string, string>} headers
 * @param {object} payload
 */
function encodeMessage(headers, payload) {
  const head = Buffer.concat(Object.entries(headers).map(encodeHeader));
  const body = Buffer.from(JSON.stringify(payload));
  const total = 16 + head.length + body.length;
  const prelude = Buffer.concat([uint32(total), uint32(head.length)]);
  const message = Buffer.concat([prelude, uint32(crc32(prelude)), head, body]);
  return Buffer.concat([message, uint32(crc32(message))]);
}

function encodeHeader([name, value]) {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([
    Buffer.from([Buffer.byteLength(name)]),
    Buffer.from(name),
    Buffer.from([STRING]),
    length,
    Buffer.from(value),
  ]);
}

function uint32(number) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

const event = (type, payload) =>
  encodeMessage(
    { ':message-type': 'event', ':event-type': type, ':content-type': 'application/json' },
    payload,
  );

const exception = (type, payload) =>
  encodeMessage(
    { ':message-type': 'exception', ':exception-type': type, ':content-type': 'application/json' },
    payload,
  );

module.exports = { crc32, event, exception };
