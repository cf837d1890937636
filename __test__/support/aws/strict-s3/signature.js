'use strict';

// Verifies Signature Version 4 and finds the caller.

const crypto = require('node:crypto');
const { S3Error, accessDenied, invalidRequest } = require('./errors');

const SIGV4 = 'https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html';
const ERRORS = 'https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html';

const MAX_CLOCK_SKEW_MS = 15 * 60 * 1000;

const hmac = (key, text) => crypto.createHmac('sha256', key).update(text).digest();
const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');

/** Finds the caller of a request and verifies the signature; anonymous requests have no caller. */
function authenticate(call) {
  if (!call.headers.authorization) return;
  call.signature = parseAuthorization(call);
  if (!call.signature) {
    throw new S3Error(
      400,
      'AuthorizationHeaderMalformed',
      'The authorization header that you provided is not valid.',
    );
  }
  call.region = call.signature.region;
  call.caller = findCaller(call);
  call.rule('session-token');
  call.rule('clock-tolerance');
  call.rule('signed-headers');
  call.rule('payload-hash-header');
  call.rule('signature');
}

/** Returns the parts of the Authorization header, or `undefined` if they are not all there. */
function parseAuthorization({ headers }) {
  const field = (name) => new RegExp(`${name}=([^,\\s]+)`).exec(headers.authorization)?.[1];
  const [accessKeyId, date, region, service] = (field('Credential') ?? '').split('/');
  const value = field('Signature');
  const isComplete = headers.authorization.startsWith('AWS4-HMAC-SHA256 ') && service && value;
  if (!isComplete) return undefined;
  const signedHeaders = (field('SignedHeaders') ?? '').split(';');
  const scope = `${date}/${region}/${service}/aws4_request`;
  return { accessKeyId, date, region, service, scope, signedHeaders, value };
}

function findCaller(call) {
  const { keys } = call.server;
  const { accessKeyId } = call.signature;
  if (!Object.hasOwn(keys, accessKeyId)) call.rule('known-access-key');
  const found = keys[accessKeyId] ?? Object.values(keys)[0];
  return { accessKeyId, ...found };
}

/** The signature that the caller's secret gives. */
function expectedSignature(call) {
  const { signature, headers } = call;
  const request = sha256(canonicalRequest(call));
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], signature.scope, request].join('\n');
  return hmac(signingKey(call), text).toString('hex');
}

function signingKey({ caller, signature: { date, region, service } }) {
  const steps = [date, region, service, 'aws4_request'];
  return steps.reduce(hmac, `AWS4${caller.secret}`);
}

function canonicalRequest(call) {
  const { method, pathname, query, headers, headersDistinct, raw, signature } = call;
  // All services but S3 encode the path once more.
  const partOf = signature.service === 's3' ? decodeURIComponent : (part) => part;
  const path = pathname.split('/').map((part) => uriEncode(partOf(part)));
  const pairs = [...query].map((pair) => pair.map(uriEncode).join('='));
  const signed = signature.signedHeaders;
  const lines = signed.map((name) => `${name}:${canonicalValue(headersDistinct[name]?.join())}\n`);
  const hash = call.payloadHash ?? headers['x-amz-content-sha256'] ?? sha256(raw);
  return [
    method,
    path.join('/'),
    pairs.sort().join('&'),
    lines.join(''),
    signed.join(';'),
    hash,
  ].join('\n');
}

const canonicalValue = (value = '') => value.trim().replace(/ +/g, ' ');

const uriEncode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) =>
    `%${c.charCodeAt(0).toString(16)}`.toUpperCase(),
  );

/** The time of `20261126T145500Z` in milliseconds, or NaN. */
function parseDate(text = '') {
  return Date.parse(
    text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
}

const RULES = [
  {
    name: 'signature',
    rule: 'A request whose signature is not the one that the secret key gives is refused: 403 SignatureDoesNotMatch.',
    source: SIGV4,
    apply(call) {
      if (call.signature.value === expectedSignature(call)) return;
      throw new S3Error(
        403,
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
        { details: { AWSAccessKeyId: call.caller.accessKeyId } },
      );
    },
  },
  {
    name: 'known-access-key',
    rule: 'An access key that does not exist is refused: 403 InvalidAccessKeyId.',
    source: ERRORS,
    apply({ signature }) {
      throw new S3Error(
        403,
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
        { details: { AWSAccessKeyId: signature.accessKeyId } },
      );
    },
  },
  {
    name: 'session-token',
    rule: 'Temporary credentials need their session token: another one is 400 InvalidToken, an expired one 400 ExpiredToken.',
    source: ERRORS,
    apply({ caller, headers, server }) {
      const token = headers['x-amz-security-token'];
      if (token !== caller.token) {
        throw new S3Error(
          400,
          'InvalidToken',
          'The provided token is malformed or otherwise invalid.',
        );
      }
      if (caller.expires <= server.clock()) {
        throw new S3Error(400, 'ExpiredToken', 'The provided token has expired.');
      }
    },
  },
  {
    name: 'clock-tolerance',
    rule: "A request that is dated more than 15 minutes off S3's clock is refused: 403 RequestTimeTooSkewed, with ServerTime in the body and the Date header.",
    source: 'https://github.com/good-lly/s3mini/pull/10',
    apply({ headers, server }) {
      const now = server.clock();
      if (Math.abs(parseDate(headers['x-amz-date']) - now) <= MAX_CLOCK_SKEW_MS) return;
      throw new S3Error(
        403,
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
        {
          details: {
            RequestTime: headers['x-amz-date'],
            ServerTime: new Date(now).toISOString().replace(/\.\d+/, ''),
            MaxAllowedSkewMilliseconds: MAX_CLOCK_SKEW_MS,
          },
        },
      );
    },
  },
  {
    name: 'signed-headers',
    rule: 'Host and all x-amz-* headers have to be signed: else 403 AccessDenied with HeadersNotSigned.',
    source: SIGV4,
    apply({ headers, signature }) {
      const needed = Object.keys(headers).filter((name) => /^(host$|x-amz-)/.test(name));
      const missing = needed.filter((name) => !signature.signedHeaders.includes(name));
      if (missing.length === 0) return;
      throw accessDenied('There were headers present in the request which were not signed', {
        details: { HeadersNotSigned: missing.join(', ') },
      });
    },
  },
  {
    name: 'payload-hash-header',
    rule: 'A signed request to S3 names the hash of its payload in x-amz-content-sha256: else 400 InvalidRequest.',
    source: SIGV4,
    apply({ headers, signature }) {
      if (signature.service !== 's3' || headers['x-amz-content-sha256']) return;
      throw invalidRequest('Missing required header for this request: x-amz-content-sha256');
    },
  },
];

module.exports = {
  authenticate,
  expectedSignature,
  parseAuthorization,
  parseDate,
  signingKey,
  hmac,
  sha256,
  RULES,
};
