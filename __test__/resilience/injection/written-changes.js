'use strict';

// Reads the changes of a deployment from its requests, to compare them with those that it names.

const { isWrite, keyOf } = require('../../support/aws/proxy');

/** Operations whose IAM action has another name. */
const IAM_ACTIONS = {
  's3:CreateMultipartUpload': 's3:PutObject',
  's3:PutBucketCors': 's3:PutBucketCORS',
  's3:PutPublicAccessBlock': 's3:PutBucketPublicAccessBlock',
};

/** The rest of a multipart upload, and the end of one that was left. */
const PARTS = new Set(['s3:UploadPart', 's3:CompleteMultipartUpload', 's3:AbortMultipartUpload']);

/** The prefix of objects that carry something, and are not deployed: the upload manifest, a staged package. */
const OWN_OBJECTS = '.litexa-deploy-aws/';

/** Returns the changes that requests have made, such as `s3:PutObject cats/beta/default/a.mp3`. */
function changesOf(requests) {
  return requests.filter(isChange).flatMap((request) => {
    const operation = `${request.service}:${request.operation}`;
    if (operation === 's3:DeleteObjects') return deletedObjects(request);
    return [`${IAM_ACTIONS[operation] ?? operation} ${SUBJECTS[request.service](request)}`];
  });
}

/** Whether AWS has accepted a request that changes something. */
function isChange(request) {
  const { service, operation, status } = request;
  if (!isWrite(request) || status >= 300 || PARTS.has(`${service}:${operation}`)) return false;
  if (service === 's3' && keyOf(request).startsWith(OWN_OBJECTS)) return false;
  return !isCheck(request);
}

/** Whether Lambda only checks the code of a request. */
function isCheck({ service, operation, body }) {
  return (
    service === 'lambda' && operation === 'UpdateFunctionCode' && JSON.parse(body).DryRun === true
  );
}

function deletedObjects({ path, body }) {
  const [, bucket] = path.split(/[/?]/);
  const keys = body.toString().matchAll(/<Key>([^<]+)<\/Key>/g);
  return [...keys].map(([, key]) => `s3:DeleteObject ${bucket}/${key}`);
}

const SUBJECTS = {
  s3: ({ path }) => decodeURIComponent(path.split('?')[0]).replace(/^\/|\/$/g, ''),
  iam: ({ body }) => new URLSearchParams(body.toString('latin1')).get('RoleName'),
  dynamodb: ({ body }) => {
    const { TableName, ResourceArn } = JSON.parse(body);
    return TableName ?? ResourceArn.split('/').pop();
  },
  logs: ({ body }) => {
    const { logGroupName, resourceArn } = JSON.parse(body);
    return logGroupName ?? resourceArn.split(':log-group:').pop().replace(/:\*$/, '');
  },
  lambda: ({ path, body }) => lambdaSubject(new URL(path, 'http://localhost'), body),
};

/** Returns the function, with the alias or version that the request is about. */
function lambdaSubject({ pathname, searchParams }, body) {
  const parts = decodeURIComponent(pathname).split('/').slice(2);
  const [kind, name, collection, item] = parts;
  if (kind === 'tags') return name.split(':').pop();
  if (name === undefined) return JSON.parse(body).FunctionName;
  const inBody = collection === 'aliases' && item === undefined ? JSON.parse(body).Name : undefined;
  const qualifier =
    searchParams.get('Qualifier') ?? inBody ?? (collection === 'aliases' ? item : undefined);
  return qualifier ? `${name}:${qualifier}` : name;
}

module.exports = { changesOf };
