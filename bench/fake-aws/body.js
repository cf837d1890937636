'use strict';

const crypto = require('node:crypto');

const BLOCK = 1 << 20;

/**
 * The body of a request: digested as it arrives, and kept only if the response depends on it.
 *
 * `inBlocks` also digests blocks of 1 MiB, by which files are compared that were uploaded in parts of
 * different sizes, and so have different ETags.
 */
class IncomingBody {
  constructor(headers, { keep, inBlocks }) {
    this.size = 0;
    this.chunks = keep ? [] : undefined;
    this.md5 = keep ? undefined : crypto.createHash('md5');
    this.blocks = inBlocks && !keep ? new Blocks() : undefined;
    const isChunked = /^STREAMING-/.test(headers['x-amz-content-sha256'] ?? '');
    this.unwrap = isChunked ? awsChunks((bytes) => this.take(bytes)) : undefined;
  }
  push(bytes) {
    if (this.unwrap) this.unwrap(bytes);
    else this.take(bytes);
  }
  take(bytes) {
    this.size += bytes.length;
    this.chunks?.push(bytes);
    this.md5?.update(bytes);
    this.blocks?.take(bytes);
  }
  digest() {
    return this.md5.digest('hex');
  }
  text() {
    return Buffer.concat(this.chunks).toString();
  }
}

class Blocks {
  constructor() {
    this.finished = [];
    this.begin();
  }
  begin() {
    this.size = 0;
    this.hash = crypto.createHash('sha1');
  }
  take(bytes) {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + BLOCK - this.size);
      this.hash.update(part);
      this.size += part.length;
      at += part.length;
      if (this.size === BLOCK) this.end();
    }
  }
  end() {
    this.finished.push(this.hash.digest('hex'));
    this.begin();
  }
  /** Returns the blocks' digests, including the last and shorter one. */
  all() {
    if (this.size > 0) this.end();
    return this.finished;
  }
}

/**
 * Decodes `aws-chunked` frames: `<hex size>[;extension]\r\n<bytes>\r\n`, the last of size 0 and
 * followed by trailers.
 */
function awsChunks(take) {
  let header = '';
  let left = 0;
  let isOver = false;
  return (bytes) => {
    let at = 0;
    while (at < bytes.length && !isOver) {
      if (left > 0) {
        const part = bytes.subarray(at, at + left);
        take(part);
        left -= part.length;
        at += part.length;
        continue;
      }
      header += String.fromCharCode(bytes[at++]);
      if (!header.endsWith('\n') || header === '\r\n') {
        if (header === '\r\n') header = '';
        continue;
      }
      left = parseInt(header, 16);
      isOver = left === 0;
      header = '';
    }
  };
}

module.exports = { IncomingBody };
