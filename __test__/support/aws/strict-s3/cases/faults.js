'use strict';

const { ask } = require('../client');
const { md5 } = require('../checksums');

const bucket = (server) => server.createBucket('films');
const put = (server) => ask(server, 'PUT', '/films/a', { body: 'hallo' });
const once = (kind, more) => ({ faults: [{ kind, operation: 'PutObject', ...more }] });

/** Reads the object after a PutObject that may not get its answer. */
const afterPut = async (server) => {
  const first = await put(server).catch(({ code }) => ({ code }));
  const { status, body } = await ask(server, 'GET', '/films/a');
  return { first: { status: first.status, code: first.code }, status, body };
};

const create = (server) => ask(server, 'PUT', '/films');

async function uploadOnePart(server) {
  const { body: begun } = await ask(server, 'POST', '/films/a?uploads');
  const [, id] = /<UploadId>([^<]*)</.exec(begun);
  const path = `/films/a?partNumber=1&uploadId=${id}`;
  const { headers } = await ask(server, 'PUT', path, { body: 'hallo' });
  const part = `<Part><PartNumber>1</PartNumber><ETag>${headers.etag}</ETag></Part>`;
  return ask(server, 'POST', `/films/a?uploadId=${id}`, {
    body: `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`,
  });
}

function deleteTwo(server) {
  const body =
    '<Delete><Quiet>true</Quiet><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>';
  const headers = { 'content-md5': md5(body).digest('base64') };
  return ask(server, 'POST', '/films?delete', { headers, body });
}

const LOST = { code: 'ECONNRESET', status: undefined };

module.exports = [
  {
    rule: 'connection-reset',
    title: 'a connection that is closed before anything is done',
    options: once('connection-reset'),
    given: bucket,
    request: afterPut,
    answer: { first: LOST, status: 404 },
  },
  {
    rule: 'foreign-answer',
    title: 'HTML from something in between',
    options: once('foreign-answer'),
    given: bucket,
    request: put,
    answer: {
      status: 200,
      body: /<html>/,
      headers: { 'content-type': /html/, 'x-amz-request-id': undefined },
    },
  },
  {
    rule: 'slow-down',
    title: 'S3 that asks for fewer requests',
    options: once('slow-down'),
    given: bucket,
    request: put,
    answer: { status: 503, code: 'SlowDown' },
  },
  {
    rule: 'internal-error',
    title: 'S3 that fails at the second request',
    options: once('internal-error', { skip: 1 }),
    given: async (server) => {
      bucket(server);
      await put(server);
    },
    request: put,
    answer: { status: 500, code: 'InternalError' },
  },
  {
    rule: 'refused',
    title: 'a bucket whose use AWS has disabled',
    options: { faults: [{ kind: 'refused', status: 403, code: 'AllAccessDisabled' }] },
    given: bucket,
    request: put,
    answer: { status: 403, code: 'AllAccessDisabled' },
  },
  {
    rule: 'new-bucket-not-found',
    title: 'a bucket that was created just now',
    options: {
      faults: [{ kind: 'new-bucket-not-found', withinMs: 60000, times: Infinity }],
    },
    given: create,
    request: put,
    answer: { status: 404, code: 'NoSuchBucket' },
  },
  {
    rule: 'operation-aborted',
    title: 'a change of a bucket while S3 works on another one',
    options: { faults: [{ kind: 'operation-aborted', operation: 'CreateBucket' }] },
    request: create,
    answer: { status: 409, code: 'OperationAborted' },
  },
  {
    rule: 'completion-error-in-200',
    title: 'a completion that fails after its status',
    options: { faults: [{ kind: 'completion-error-in-200' }] },
    given: bucket,
    request: uploadOnePart,
    answer: { status: 200, code: 'InternalError', body: /^<\?xml[^>]*>\s+<Error>/ },
  },
  {
    rule: 'completion-white-space',
    title: 'a completion',
    given: bucket,
    request: uploadOnePart,
    answer: { status: 200, body: /^<\?xml[^>]*>\n(\n )+\n<CompleteMultipartUploadResult/ },
  },
  {
    rule: 'delete-error-in-200',
    title: 'DeleteObjects where one key fails',
    options: { faults: [{ kind: 'delete-error-in-200', key: 'b' }] },
    given: bucket,
    request: deleteTwo,
    answer: { status: 200, body: /<Error><Key>b<\/Key><Code>InternalError</ },
  },
  {
    rule: 'answer-lost',
    title: 'an answer that is lost after the work',
    options: once('answer-lost'),
    given: bucket,
    request: afterPut,
    answer: { first: LOST, status: 200, body: 'hallo' },
  },
  {
    rule: 'answer-cut',
    title: 'an answer that is cut in the middle',
    options: { faults: [{ kind: 'answer-cut', operation: 'GetObject' }] },
    given: async (server) => {
      bucket(server);
      await put(server);
    },
    request: (server) => ask(server, 'GET', '/films/a'),
    answer: { failed: true },
  },
  {
    rule: 'answer-slow',
    title: 'an answer after 200 ms',
    options: once('answer-slow', { ms: 200 }),
    given: bucket,
    request: async (server) => {
      const start = performance.now();
      const { status } = await put(server);
      return { status, isSlow: performance.now() - start >= 190 };
    },
    answer: { status: 200, isSlow: true },
  },
];
