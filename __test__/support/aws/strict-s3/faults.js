'use strict';

// Injects what goes wrong now and then, in S3 or on the way to it. A fault is
// `{kind, operation?, when?, skip?, times?, …}`: its kind is a rule of this file, `operation` a name or
// several, `when` a test of the request, `skip` requests pass first, and it happens `times` (once).

const { S3Error } = require('./errors');
const { document } = require('./xml');

const ERRORS = 'https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html';

/** Returns the next fault of a kind for a request, and counts it; `undefined` if there is none. */
function takeFault(call, kind, isMeant = () => true) {
  const fits = (fault) => fault.kind === kind && isDue(fault, call) && isMeant(fault);
  for (const fault of call.server.faults.filter(fits)) {
    if (fault.skip > 0) {
      fault.skip -= 1;
    } else {
      fault.times = (fault.times ?? 1) - 1;
      return fault;
    }
  }
  return undefined;
}

function isDue({ operation, when, times = 1, withinMs }, call) {
  if (times <= 0) return false;
  if (operation && ![operation].flat().includes(call.operation)) return false;
  if (withinMs !== undefined && !(Date.now() - call.bucket?.createdAt < withinMs)) return false;
  return !when || when(call);
}

/** Throws a fault's error, if it is due. */
function refuseIfDue(call, kind, error) {
  const fault = takeFault(call, kind);
  if (fault) throw error(fault);
}

const slowDown = () => new S3Error(503, 'SlowDown', 'Please reduce your request rate.');
const internalError = () =>
  new S3Error(500, 'InternalError', 'We encountered an internal error. Please try again.');

const PAGE = `<!DOCTYPE html>
<html><head><title>Sign in to the network</title></head><body><form action="/login"></form></body></html>
`;

/** Before a request is looked at. */
const EARLY = [
  {
    name: 'connection-reset',
    rule: 'The connection is closed before anything is done.',
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/ErrorBestPractices.html',
    apply: (call) => takeFault(call, 'connection-reset') && { connection: 'close' },
  },
  {
    name: 'foreign-answer',
    rule: 'A proxy or captive portal answers instead of S3: HTML, without a request ID.',
    source: 'https://en.wikipedia.org/wiki/Captive_portal',
    apply(call) {
      const fault = takeFault(call, 'foreign-answer');
      if (!fault) return undefined;
      const headers = { 'content-type': 'text/html; charset=utf-8', server: 'portal' };
      return { status: fault.status ?? 200, headers, body: PAGE, isForeign: true };
    },
  },
  {
    name: 'slow-down',
    rule: 'S3 asks for fewer requests: 503 SlowDown.',
    source: ERRORS,
    apply: (call) => refuseIfDue(call, 'slow-down', slowDown),
  },
  {
    name: 'internal-error',
    rule: 'S3 fails: 500 InternalError.',
    source: ERRORS,
    apply: (call) => refuseIfDue(call, 'internal-error', internalError),
  },
  {
    name: 'refused',
    rule: 'S3 refuses for a reason of its own, such as 403 AllAccessDisabled or AccountProblem (status, code and message of the fault).',
    source: ERRORS,
    apply: (call) =>
      refuseIfDue(
        call,
        'refused',
        ({ status, code, message = code }) => new S3Error(status, code, message),
      ),
  },
];

/** When the bucket of a request has been found. */
const NEW_BUCKET = [
  {
    name: 'new-bucket-not-found',
    rule: 'For a while after its creation (`withinMs`, `times`) a bucket is not found everywhere: 404 NoSuchBucket.',
    source: 'https://github.com/hashicorp/terraform-provider-aws/issues/372',
    apply: (call) =>
      refuseIfDue(
        call,
        'new-bucket-not-found',
        () =>
          new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', {
            details: { BucketName: call.bucketName },
          }),
      ),
  },
  {
    name: 'operation-aborted',
    rule: 'While S3 works on another change of a bucket, it refuses the next one: 409 OperationAborted.',
    source: 'https://github.com/hashicorp/terraform-provider-aws/issues/7628',
    apply: (call) =>
      refuseIfDue(
        call,
        'operation-aborted',
        () =>
          new S3Error(
            409,
            'OperationAborted',
            'A conflicting conditional operation is currently in progress against this resource. Please try again.',
          ),
      ),
  },
];

/** Within answers that succeed at first sight. */
const WITHIN_200 = [
  {
    name: 'completion-error-in-200',
    rule: 'CompleteMultipartUpload fails after its status: 200 with white space and an Error in the body; nothing is done.',
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html',
    apply(call) {
      const fault = takeFault(call, 'completion-error-in-200');
      if (!fault) return undefined;
      const { code = 'InternalError', message } = fault;
      const error = new S3Error(200, code, message ?? internalError().message);
      return error.answer(call.requestId);
    },
  },
  {
    name: 'completion-white-space',
    rule: 'While S3 puts parts together, it sends white space after the XML declaration.',
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html',
    apply: (_, body) => body.replace(document(''), document('\n \n \n')),
  },
  {
    name: 'delete-error-in-200',
    rule: 'DeleteObjects answers 200, and a key in it has an Error of its own (`key`, `code` and `message` of the fault; InternalError unless given).',
    source: 'https://github.com/boto/boto3/issues/3052',
    apply(call, key) {
      const isMeant = (fault) => fault.key === undefined || fault.key === key;
      const fault = takeFault(call, 'delete-error-in-200', isMeant);
      if (!fault) return undefined;
      const { code = 'InternalError', message = internalError().message } = fault;
      return { code, message };
    },
  },
];

/** When the work is done. */
const LATE = [
  {
    name: 'answer-lost',
    rule: 'The work is done, and the connection closes before the answer arrives.',
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/ErrorBestPractices.html',
    apply: (call) => takeFault(call, 'answer-lost') && { connection: 'close' },
  },
  {
    name: 'answer-cut',
    rule: 'The work is done, and the connection closes in the middle of the answer.',
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/ErrorBestPractices.html',
    apply: (call) => takeFault(call, 'answer-cut') && { connection: 'cut' },
  },
  {
    name: 'answer-slow',
    rule: 'The work is done, and the answer comes after `ms`.',
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html',
    apply: (call) => takeFault(call, 'answer-slow')?.ms,
  },
];

module.exports = {
  takeFault,
  EARLY,
  NEW_BUCKET,
  LATE,
  RULES: [...EARLY, ...NEW_BUCKET, ...WITHIN_200, ...LATE],
};
