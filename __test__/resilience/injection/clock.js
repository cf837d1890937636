'use strict';

// AWS whose clock is ahead of this machine's, or behind it: it refuses requests with another time.

const { iamError, jsonError, s3Error } = require('../../support/aws/errors');
const { PROTOCOLS } = require('./faults');

const MINUTE = 60_000;

/** The difference in minutes that a service accepts. See the sources in docs/strict-s3.md. */
const TOLERANCE = { s3: 15, iam: 15, json: 5 };

/** How many minutes AWS's clock is ahead of this machine's. */
const OFFSETS = [-120, -20, 20, 120];

/** Returns an interceptor that answers as AWS with this clock does. */
function otherClock(minutes) {
  return (request) => {
    const now = Date.now() + minutes * MINUTE;
    const sent = timeOf(request);
    const protocol = PROTOCOLS[request.service] ?? 'json';
    const tolerance = TOLERANCE[protocol] * MINUTE;
    if (sent !== undefined && Math.abs(sent - now) > tolerance) {
      return withDate(refusal(protocol, sent, now), now);
    }
    return { rewrite: (real) => withDate(real, now) };
  };
}

const withDate = (answer, time) => ({
  ...answer,
  headers: { ...answer.headers, date: new Date(time).toUTCString() },
});

/** Returns the time that a request is signed with; anonymous requests do not have one. */
function timeOf({ headers }) {
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(headers['x-amz-date']);
  if (!date) return undefined;
  const [, year, month, day, ...time] = date;
  return Date.parse(`${year}-${month}-${day}T${time.join(':')}Z`);
}

function refusal(protocol, sent, now) {
  if (protocol === 's3') {
    return s3Error(
      403,
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    );
  }
  const message = expired(TOLERANCE[protocol], sent, now);
  return protocol === 'iam'
    ? iamError(403, 'SignatureDoesNotMatch', message)
    : jsonError(403, 'InvalidSignatureException', message);
}

function expired(minutes, sent, now) {
  const [signed, current] = [sent, now].map(compact);
  return sent < now
    ? `Signature expired: ${signed} is now earlier than ${compact(now - minutes * MINUTE)} (${current} - ${minutes} min.)`
    : `Signature not yet current: ${signed} is still later than ${compact(now + minutes * MINUTE)} (${current} + ${minutes} min.)`;
}

const compact = (time) => new Date(time).toISOString().replace(/[:-]|\.\d+/g, '');

module.exports = { MINUTE, OFFSETS, otherClock };
