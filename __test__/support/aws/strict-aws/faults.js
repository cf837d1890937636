'use strict';

// Injects what goes wrong now and then, in AWS or on the way to it, as the faults of the strict S3 do:
// `{kind, operation?, when?, skip?, times?, …}`.

const { AwsError } = require('./errors');
const { takeFault } = require('../strict-s3/faults');

const RETRIES = 'https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html';

function refuseIfDue(call, kind, error) {
  const fault = takeFault(call, kind);
  if (fault) throw error(fault);
}

const THROTTLED = {
  lambda: [429, 'TooManyRequestsException', { Reason: 'CallerRateLimitExceeded' }],
  dynamodb: [400, 'ThrottlingException'],
  logs: [400, 'ThrottlingException'],
  iam: [400, 'Throttling'],
  sts: [400, 'Throttling'],
};

const SERVER_ERRORS = {
  lambda: [500, 'ServiceException'],
  dynamodb: [500, 'InternalServerError'],
  logs: [503, 'ServiceUnavailableException'],
  iam: [500, 'ServiceFailure'],
  sts: [500, 'InternalFailure'],
};

const PAGE = `<!DOCTYPE html>
<html><head><title>Sign in to the network</title></head><body><form action="/login"></form></body></html>
`;

/** Before a request is looked at. */
const EARLY = [
  {
    name: 'connection-reset',
    rule: 'The connection is closed before anything is done.',
    source: RETRIES,
    apply: (call) => takeFault(call, 'connection-reset') && { connection: 'close' },
  },
  {
    name: 'foreign-answer',
    rule: 'A proxy or captive portal answers instead of AWS: HTML, without a request ID.',
    source: 'https://en.wikipedia.org/wiki/Captive_portal',
    apply(call) {
      const fault = takeFault(call, 'foreign-answer');
      if (!fault) return undefined;
      const headers = { 'content-type': 'text/html; charset=utf-8', server: 'portal' };
      return { status: fault.status ?? 200, headers, body: PAGE };
    },
  },
  {
    name: 'throttled',
    rule: 'AWS asks for fewer requests: 429 TooManyRequestsException (Lambda), 400 ThrottlingException (DynamoDB, CloudWatch Logs) or 400 Throttling (IAM, STS).',
    source: RETRIES,
    apply: (call) =>
      refuseIfDue(call, 'throttled', () => {
        const [status, code, details] = THROTTLED[call.service];
        return new AwsError(status, code, 'Rate exceeded', details);
      }),
  },
  {
    name: 'server-error',
    rule: 'AWS fails: 500 ServiceException (Lambda), InternalServerError (DynamoDB), ServiceFailure (IAM) or 503 ServiceUnavailableException (CloudWatch Logs).',
    source: RETRIES,
    apply: (call) =>
      refuseIfDue(call, 'server-error', () => {
        const [status, code] = SERVER_ERRORS[call.service];
        return new AwsError(status, code, 'The service has failed to process the request');
      }),
  },
];

/** When the caller is known, and the request may be made. */
const REFUSALS = [
  {
    name: 'refused',
    rule: 'A service refuses for a reason of its own (status, code and message of the fault).',
    source: 'https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html',
    apply: (call) =>
      refuseIfDue(
        call,
        'refused',
        ({ status = 400, code, message = code }) => new AwsError(status, code, message),
      ),
  },
  {
    name: 'concurrent-modification',
    rule: 'IAM refuses a change while another one of the same role is made: 409 ConcurrentModification.',
    source: 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html',
    apply: (call) =>
      refuseIfDue(
        call,
        'concurrent-modification',
        () =>
          new AwsError(
            409,
            'ConcurrentModification',
            'The request was rejected because multiple requests to change this object were submitted simultaneously. Wait a few minutes and submit your request again.',
          ),
      ),
  },
  {
    name: 'entity-temporarily-unmodifiable',
    rule: 'IAM refuses a change of a user or role whose last change is not complete: 409 EntityTemporarilyUnmodifiable.',
    source: 'https://github.com/hashicorp/terraform-provider-aws/issues/39421',
    apply: (call) =>
      refuseIfDue(
        call,
        'entity-temporarily-unmodifiable',
        () =>
          new AwsError(
            409,
            'EntityTemporarilyUnmodifiable',
            'The entity is temporarily unmodifiable. Please try again.',
          ),
      ),
  },
  {
    name: 'logs-operation-aborted',
    rule: 'CloudWatch Logs refuses a change of a log group while another one is made: 400 OperationAbortedException.',
    source: 'https://github.com/aws/aws-cdk/issues/15709',
    apply: (call) =>
      refuseIfDue(
        call,
        'logs-operation-aborted',
        () =>
          new AwsError(
            400,
            'OperationAbortedException',
            'A conflicting operation is currently in progress against this resource. Please try again.',
          ),
      ),
  },
];

/** When the work is done. */
const LATE = [
  {
    name: 'answer-lost',
    rule: 'The work is done, and the connection closes before the answer arrives.',
    source: RETRIES,
    apply: (call) => takeFault(call, 'answer-lost') && { connection: 'close' },
  },
  {
    name: 'answer-slow',
    rule: 'The work is done, and the answer comes after `ms`.',
    source: RETRIES,
    apply: (call) => takeFault(call, 'answer-slow')?.ms,
  },
];

module.exports = { EARLY, REFUSALS, RULES: [...EARLY, ...REFUSALS, ...LATE] };
