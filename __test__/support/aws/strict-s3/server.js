'use strict';

// A strict S3: an HTTP server on the loopback interface that refuses what S3 refuses and emulators
// accept. It has the operations that this module uses, and keeps its state in memory.
//
// It stands for the endpoints of all regions: a request reaches the region that it is signed for.

const http = require('node:http');
const { once } = require('node:events');
const { authorize } = require('./access');
const { complete, newRequestId, write } = require('./answers');
const buckets = require('./buckets');
const bucketPolicy = require('./bucket-policy');
const { completeMultipartUpload } = require('./completion');
const { deleteObject, deleteObjects } = require('./deletion');
const { S3Error } = require('./errors');
const faults = require('./faults');
const { verifyContent } = require('./integrity');
const { listObjectVersions, putBucketVersioning } = require('./versions');
const listing = require('./listing');
const multipart = require('./multipart');
const { getObject, putObject } = require('./objects');
const { findOperation, parseTarget } = require('./operations');
const { readPayload } = require('./payload');
const { locateBucket } = require('./regions');
const { ruleBook } = require('./rules');
const { authenticate } = require('./signature');
const { getCallerIdentity, refusal } = require('./sts');

const ACCOUNT = '123456789012';

const KEYS = {
  AKIASTRICTOWNER00000: {
    secret: 'strict/owner/secret',
    account: ACCOUNT,
    arn: `arn:aws:iam::${ACCOUNT}:user/owner`,
  },
};

/** Bodies up to this size are recorded. */
const MAX_RECORDED_BYTES = 64 * 1024;

const OPERATIONS = {
  CreateBucket: buckets.createBucket,
  ListBuckets: buckets.listBuckets,
  HeadBucket: buckets.headBucket,
  PutPublicAccessBlock: withContent(buckets.putPublicAccessBlock),
  GetPublicAccessBlock: buckets.getPublicAccessBlock,
  DeletePublicAccessBlock: buckets.deletePublicAccessBlock,
  PutBucketCors: withContent(buckets.putBucketCors),
  GetBucketCors: buckets.getBucketCors,
  PutBucketVersioning: putBucketVersioning,
  PutBucketPolicy: withContent(bucketPolicy.putBucketPolicy),
  GetBucketPolicy: bucketPolicy.getBucketPolicy,
  DeleteBucketPolicy: bucketPolicy.deleteBucketPolicy,
  ListObjects: listing.listObjects,
  ListObjectsV2: listing.listObjects,
  ListObjectVersions: listObjectVersions,
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: getObject,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  CreateMultipartUpload: multipart.createMultipartUpload,
  UploadPart: multipart.uploadPart,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: multipart.abortMultipartUpload,
  ListMultipartUploads: listing.listMultipartUploads,
  ListParts: listing.listParts,
};

function withContent(operation) {
  return (call) => {
    verifyContent(call);
    return operation(call);
  };
}

/**
 * Starts a server.
 *
 * @param {object} [options]
 * @param {string} [options.region] of `env` and of anonymous requests
 * @param {() => number} [options.clock] S3's clock, in milliseconds
 * @param {string[]} [options.rulesOff] names of rules that do not hold
 * @param {object[]} [options.faults] see faults.js
 * @param {object} [options.keys] `{<access key>: {secret, account, arn, token?, expires?, policy?}}`
 * @param {object} [options.accountPublicAccessBlock] Block Public Access of the account
 */
async function startStrictS3(options) {
  const s3 = createS3(options);
  const listener = http.createServer((request, response) => {
    s3.serve(request, response).catch((error) => response.destroy(error));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return Object.assign(s3, clientSettings(listener, s3), {
    close() {
      listener.closeAllConnections();
      return new Promise((resolve) => listener.close(resolve));
    },
  });
}

/** Returns the address of a server, and the environment that the AWS SDKs find it with. */
function clientSettings(listener, { region, keys }) {
  const url = `http://127.0.0.1:${listener.address().port}`;
  const [[accessKeyId, { secret, token }]] = Object.entries(keys);
  return {
    url,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secret,
      ...(token ? { AWS_SESSION_TOKEN: token } : {}),
    },
  };
}

/** Creates an S3 without a listener: `serve(request, response)` answers. */
function createS3({
  region = 'us-east-1',
  clock = Date.now,
  rulesOff = [],
  faults: initialFaults = [],
  keys = KEYS,
  accountPublicAccessBlock = {},
} = {}) {
  const state = {
    region,
    clock,
    keys,
    accountPublicAccessBlock,
    rule: ruleBook(rulesOff),
    buckets: new Map(),
    requests: [],
    faults: initialFaults.map((fault) => ({ ...fault })),
  };
  return Object.assign(state, {
    serve: (request, response) => serve(state, request, response),
    /** Creates a bucket of the account, in the past, with ACLs allowed and nothing blocked. */
    createBucket(name, properties) {
      const bucket = buckets.newBucket(name, {
        account: ACCOUNT,
        region,
        createdAt: 0,
        ...properties,
      });
      state.buckets.set(name, bucket);
      return bucket;
    },
    addFault: (fault) => state.faults.push({ ...fault }),
    reset() {
      state.buckets.clear();
      state.requests.length = 0;
      state.faults.length = 0;
    },
  });
}

async function serve(server, request, response) {
  const raw = await bodyOf(request);
  const { method, url: path, headers, headersDistinct } = request;
  const target = parseTarget(path);
  const sent = { method, path, headers, headersDistinct, raw };
  const call = { server, ...sent, requestId: newRequestId(), ...target };
  call.rule = (name, ...args) => server.rule(name, call, ...args);
  call.service = /\/(\w+)\/aws4_request/.exec(headers.authorization)?.[1] ?? 's3';
  call.region = server.region;
  Object.assign(
    call,
    call.service === 's3' ? findOperation(call) : { operation: 'GetCallerIdentity' },
  );
  const entry = record(call);
  const answer = complete(call, handle(call));
  Object.assign(entry, { status: answer.status, code: answer.code });
  await write(call, response, answer);
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Adds a request to those that tests look at, without what could be used to sign. */
function record(call) {
  const { service, operation, method, path, bucketName, key, headers, raw } = call;
  const { authorization, 'x-amz-security-token': token, ...shown } = headers;
  if (authorization) shown.authorization = authorization.replace(/Signature=\w+/, 'Signature=***');
  if (token) shown['x-amz-security-token'] = '***';
  const body = raw.length <= MAX_RECORDED_BYTES ? raw : undefined;
  const entry = { service, operation, method, path, bucketName, key, headers: shown, body };
  entry.size = raw.length;
  call.server.requests.push(entry);
  return entry;
}

/** Returns the answer `{status, headers, body, code}` to a request. */
function handle(call) {
  try {
    for (const { name } of faults.EARLY) {
      const answer = call.rule(name);
      if (answer) return answer;
    }
    authenticate(call);
    readPayload(call);
    return call.service === 's3' ? handleS3(call) : getCallerIdentity(call);
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return call.service === 's3' ? error.answer(call.requestId) : refusal(error, call.requestId);
  }
}

function handleS3(call) {
  const { operation, method } = call;
  if (!operation) {
    throw new S3Error(
      501,
      'NotImplemented',
      `A request that this server does not implement: ${method}`,
    );
  }
  if (operation === 'CreateBucket') {
    call.rule('operation-aborted');
  } else if (operation !== 'ListBuckets') {
    locateBucket(call);
    for (const { name } of faults.NEW_BUCKET) call.rule(name);
    authorize(call);
  }
  return OPERATIONS[operation](call);
}

module.exports = { startStrictS3, createS3, clientSettings, ACCOUNT, KEYS };
