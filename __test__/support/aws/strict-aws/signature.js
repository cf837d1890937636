'use strict';

// Verifies Signature Version 4 of requests to all services but S3, and finds the caller. Services of
// the JSON protocols name their refusals otherwise than those of the query protocol. The region that IAM
// is signed for (us-east-1, us-gov-west-1 …) is not judged: with an endpoint of its own, as in tests, the
// AWS SDKs sign for the caller's region.

const { AwsError } = require('./errors');
const {
  expectedSignature,
  parseAuthorization,
  parseDate,
  sha256,
} = require('../strict-s3/signature');

const COMMON = 'https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html';

const isQuery = ({ service }) => service === 'iam' || service === 'sts';

const refusal = (call, query, json, message) =>
  isQuery(call) ? new AwsError(403, query, message) : new AwsError(403, json, message);

function authenticate(call) {
  const parts = call.headers.authorization && parseAuthorization(call);
  if (!parts) {
    call.rule('signature-required');
    call.caller = Object.values(call.server.keys)[0];
    return;
  }
  call.signature = parts;
  call.caller = findCaller(call);
  call.rule('session-token');
  call.rule('clock-tolerance');
  call.payloadHash = call.rule('signed-payload');
  call.rule('signature');
}

function findCaller(call) {
  const { keys } = call.server;
  const { accessKeyId } = call.signature;
  if (!Object.hasOwn(keys, accessKeyId)) call.rule('known-access-key');
  const found = keys[accessKeyId] ?? Object.values(keys)[0];
  return { accessKeyId, ...found };
}

const compact = (time) => new Date(time).toISOString().replace(/[:-]|\.\d+/g, '');

/** Lambda's tolerance differs from that of the others. */
const toleranceMinutes = ({ service }) => (service === 'lambda' ? 5 : 15);

const RULES = [
  {
    name: 'signature-required',
    rule: 'A request without a complete Authorization header is refused: 403 MissingAuthenticationToken, in the JSON protocols MissingAuthenticationTokenException.',
    source: COMMON,
    apply(call) {
      throw refusal(
        call,
        'MissingAuthenticationToken',
        'MissingAuthenticationTokenException',
        'Missing Authentication Token',
      );
    },
  },
  {
    name: 'signature',
    rule: 'A signature that the secret key does not give is refused: 403 SignatureDoesNotMatch, in the JSON protocols InvalidSignatureException.',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html',
    apply(call) {
      if (call.signature.value === expectedSignature(call)) return;
      throw refusal(
        call,
        'SignatureDoesNotMatch',
        'InvalidSignatureException',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      );
    },
  },
  {
    name: 'signed-payload',
    rule: 'The signature is that of the body which arrives, whatever x-amz-content-sha256 has: UNSIGNED-PAYLOAD is for S3.',
    source: 'https://github.com/apache/opendal-reqsign/issues/346',
    apply: ({ raw }) => sha256(raw),
  },
  {
    name: 'known-access-key',
    rule: 'An access key that does not exist is refused: 403 InvalidClientTokenId, in the JSON protocols UnrecognizedClientException.',
    source: COMMON,
    apply(call) {
      throw refusal(
        call,
        'InvalidClientTokenId',
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      );
    },
  },
  {
    name: 'session-token',
    rule: 'Temporary credentials need their session token, as with unknown keys; an expired one is 403 ExpiredToken, in the JSON protocols ExpiredTokenException.',
    source: COMMON,
    apply(call) {
      const { caller, headers, server } = call;
      const message = 'The security token included in the request is';
      if (headers['x-amz-security-token'] !== caller.token) {
        const codes = ['InvalidClientTokenId', 'UnrecognizedClientException'];
        throw refusal(call, ...codes, `${message} invalid.`);
      }
      if (caller.expires <= server.clock()) {
        throw refusal(call, 'ExpiredToken', 'ExpiredTokenException', `${message} expired`);
      }
    },
  },
  {
    name: 'clock-tolerance',
    rule: "A request that is dated more than 5 minutes (Lambda) or 15 minutes (others) off AWS's clock is refused with both times: 403 SignatureDoesNotMatch, in the JSON protocols InvalidSignatureException.",
    source: 'https://github.com/aws/aws-sdk-js/issues/2598',
    apply(call) {
      const { headers, server } = call;
      const minutes = toleranceMinutes(call);
      const [sent, now] = [parseDate(headers['x-amz-date']), server.clock()];
      const limit = minutes * 60 * 1000;
      if (Math.abs(sent - now) <= limit) return;
      const [kind, relation, sign] =
        sent < now
          ? ['Signature expired', 'earlier', '-']
          : ['Signature not yet current', 'later', '+'];
      const bound = compact(now + (sent < now ? -limit : limit));
      throw refusal(
        call,
        'SignatureDoesNotMatch',
        'InvalidSignatureException',
        `${kind}: ${headers['x-amz-date']} is now ${relation} than ${bound} (${compact(now)} ${sign} ${minutes} min.)`,
      );
    },
  },
];

module.exports = { authenticate, RULES };
