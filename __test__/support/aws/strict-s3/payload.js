'use strict';

// Reads the payload of a request as it is announced: whole, or in aws-chunked framing with trailers.

const { S3Error } = require('./errors');
const { signingKey, hmac, sha256 } = require('./signature');

const TRAILERS = 'https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html';
const CHUNKS = 'https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html';
const SIGV4 = 'https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html';

/** Sets the body and the trailers of a request. */
function readPayload(call) {
  const announced = call.headers['x-amz-content-sha256'] ?? '';
  if (!announced.startsWith('STREAMING-')) {
    call.body = call.raw;
    call.trailers = {};
    call.rule('payload-hash', announced);
    return;
  }
  const { chunks, trailers, trailerSignature } = unframe(call.raw);
  call.body = Buffer.concat(chunks.map((chunk) => chunk.bytes));
  call.trailers = trailers;
  if (announced.startsWith('STREAMING-AWS4-'))
    call.rule('chunk-signature', chunks, trailerSignature);
  call.rule('decoded-length');
  call.rule('announced-trailer');
}

/** Splits `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n … 0\r\n<trailers>\r\n`. */
function unframe(raw) {
  const chunks = [];
  let position = 0;
  for (;;) {
    const end = raw.indexOf('\r\n', position);
    const header = end < 0 ? '' : raw.toString('latin1', position, end);
    const [, size, signature] = /^([\da-f]+)(?:;chunk-signature=(\w+))?$/i.exec(header) ?? [];
    if (size === undefined) throw incompleteBody();
    const start = end + 2;
    const length = parseInt(size, 16);
    if (start + length > raw.length) throw incompleteBody();
    chunks.push({ bytes: raw.subarray(start, start + length), signature });
    position = start + length;
    if (length === 0) return { chunks, ...readTrailers(raw.toString('latin1', position)) };
    position += 2;
  }
}

function readTrailers(text) {
  const pairs = text.split(/\r?\n/).filter(Boolean);
  const trailers = Object.fromEntries(
    pairs.map((line) => [
      line.split(':', 1)[0].toLowerCase(),
      line.replace(/^[^:]*:\s*/, '').trim(),
    ]),
  );
  const { 'x-amz-trailer-signature': trailerSignature, ...rest } = trailers;
  return { trailers: rest, trailerSignature };
}

const incompleteBody = () =>
  new S3Error(400, 'IncompleteBody', 'The request body terminated unexpectedly');

function chunkSignatures(call, chunks) {
  const key = signingKey(call);
  const prefix = [call.headers['x-amz-date'], call.signature.scope];
  let previous = call.signature.value;
  return chunks.map(({ bytes }) => {
    const text = ['AWS4-HMAC-SHA256-PAYLOAD', ...prefix, previous, sha256(''), sha256(bytes)];
    previous = hmac(key, text.join('\n')).toString('hex');
    return previous;
  });
}

function trailerSignatureOf(call, previous) {
  const lines = Object.entries(call.trailers).map(([name, value]) => `${name}:${value}\n`);
  const prefix = [call.headers['x-amz-date'], call.signature.scope];
  const text = ['AWS4-HMAC-SHA256-TRAILER', ...prefix, previous, sha256(lines.join(''))];
  return hmac(signingKey(call), text.join('\n')).toString('hex');
}

const signatureMismatch = () =>
  new S3Error(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  );

const RULES = [
  {
    name: 'payload-hash',
    rule: 'A payload that does not have the announced SHA-256 is refused, unless it is announced as UNSIGNED-PAYLOAD: 400 XAmzContentSHA256Mismatch.',
    source: SIGV4,
    apply({ raw }, announced) {
      if (!announced || announced === 'UNSIGNED-PAYLOAD' || announced === sha256(raw)) return;
      throw new S3Error(
        400,
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        {
          details: {
            ClientComputedContentSHA256: announced,
            S3ComputedContentSHA256: sha256(raw),
          },
        },
      );
    },
  },
  {
    name: 'chunk-signature',
    rule: 'With STREAMING-AWS4-HMAC-SHA256-PAYLOAD each chunk, and with -TRAILER the trailers, carry a signature that follows from the one before: else 403 SignatureDoesNotMatch.',
    source: CHUNKS,
    apply(call, chunks, trailerSignature) {
      const expected = chunkSignatures(call, chunks);
      if (chunks.some(({ signature }, i) => signature !== expected[i])) throw signatureMismatch();
      if (!call.headers['x-amz-content-sha256'].endsWith('-TRAILER')) return;
      const last = expected[expected.length - 1];
      if (trailerSignature !== trailerSignatureOf(call, last)) throw signatureMismatch();
    },
  },
  {
    name: 'decoded-length',
    rule: 'An aws-chunked payload is announced with its decoded length, else 411 MissingContentLength, and has it, else 400 IncompleteBody.',
    source: TRAILERS,
    apply({ headers, body }) {
      const length = headers['x-amz-decoded-content-length'];
      if (length === undefined) {
        throw new S3Error(
          411,
          'MissingContentLength',
          'You must provide the Content-Length HTTP header.',
        );
      }
      if (Number(length) !== body.length) throw incompleteBody();
    },
  },
  {
    name: 'announced-trailer',
    rule: 'The trailers that come are those that x-amz-trailer announces: else 400 MalformedTrailerError.',
    source: TRAILERS,
    apply({ headers, trailers }) {
      const announced = (headers['x-amz-trailer'] ?? '').toLowerCase().split(/\s*,\s*/);
      const names = announced.filter(Boolean).sort().join();
      if (names === Object.keys(trailers).sort().join()) return;
      throw new S3Error(
        400,
        'MalformedTrailerError',
        'The request contained trailing data that was not well-formed or did not conform to our published schema.',
      );
    },
  },
];

module.exports = { readPayload, RULES };
