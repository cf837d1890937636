'use strict';

// Completes answers with what S3 sends along, and writes them.

const { createHash, randomBytes } = require('node:crypto');
const { setTimeout: sleep } = require('node:timers/promises');

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';

const newRequestId = () => randomBytes(8).toString('hex').toUpperCase();

/** Returns the answer with the headers that come with every one. */
function complete(call, { status, headers = {}, body = '', code, isForeign, connection }) {
  if (isForeign || connection) return { status, headers, body, connection };
  return {
    status,
    code,
    headers: {
      ...call.rule('request-id'),
      ...call.rule('server-date'),
      ...call.rule('bucket-region-header'),
      server: 'AmazonS3',
      ...headers,
    },
    body: Buffer.from(body),
  };
}

async function write(call, response, { status, headers, body, connection }) {
  const ms = call.rule('answer-slow');
  if (ms) await sleep(ms);
  const { connection: fate = connection } =
    call.rule('answer-lost') ?? call.rule('answer-cut') ?? {};
  if (fate === 'close') return response.destroy();
  const length = headers['content-length'] ?? Buffer.byteLength(body);
  if (fate === 'cut') return writeHalf(response, status, headers, body);
  const isHead = call.method === 'HEAD';
  const withBody = isHead && !call.rule('head-without-body');
  if (withBody) return writeRaw(response, status, headers, body);
  // S3 announces no length for the error that a HEAD request does not get.
  const announced = isHead && status >= 300 ? {} : { 'content-length': length };
  response.writeHead(status, { ...headers, ...(status === 204 ? {} : announced) });
  return response.end(isHead ? undefined : body);
}

/** Half of an answer, then the connection ends. */
function writeHalf(response, status, headers, body) {
  const text = head(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  const whole = Buffer.concat([Buffer.from(text), Buffer.from(body)]);
  const start = body.length > 1 ? text.length : 0;
  const half = whole.subarray(0, start + Math.floor((whole.length - start) / 2));
  return response.socket.write(half, () => response.socket.destroy());
}

/** An answer with a body where HTTP has none. */
function writeRaw(response, status, headers, body) {
  const text = head(status, { ...headers, connection: 'close' });
  return response.socket.end(Buffer.concat([Buffer.from(text), Buffer.from(body)]));
}

function head(status, headers) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Status\r\n${lines.join('')}\r\n`;
}

const RULES = [
  {
    name: 'request-id',
    rule: 'Every answer of S3 has x-amz-request-id and x-amz-id-2.',
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/API/get-request-ids.html',
    apply: ({ requestId }) => ({
      'x-amz-request-id': requestId,
      'x-amz-id-2': createHash('sha256').update(requestId).digest('base64'),
    }),
  },
  {
    name: 'server-date',
    rule: "The Date of every answer is the time of S3's clock, which clients correct theirs by.",
    source: `${API}/RESTCommonResponseHeaders.html`,
    apply: ({ server }) => ({ date: new Date(server.clock()).toUTCString() }),
  },
  {
    name: 'bucket-region-header',
    rule: 'Answers to HeadBucket name the region of a bucket that exists, refusals included.',
    source: `${API}/API_HeadBucket.html`,
    apply({ operation, bucketName, server }) {
      const bucket = server.buckets.get(bucketName);
      const isNamed = operation === 'HeadBucket' && bucket;
      return isNamed ? { 'x-amz-bucket-region': bucket.region } : {};
    },
  },
  {
    name: 'head-without-body',
    rule: 'Answers to HEAD have no body, so no code and no message of an error.',
    source: `${API}/API_HeadBucket.html`,
    apply: () => true,
  },
];

module.exports = { complete, write, newRequestId, RULES };
