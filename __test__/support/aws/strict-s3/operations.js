'use strict';

// Names the operation of a request, and the IAM actions that it needs.

/** Operations on a bucket: method, the query parameter that selects them, name, IAM action. */
const BUCKET_OPERATIONS = [
  ['HEAD', undefined, 'HeadBucket', 's3:ListBucket'],
  ['PUT', 'publicAccessBlock', 'PutPublicAccessBlock', 's3:PutBucketPublicAccessBlock'],
  ['GET', 'publicAccessBlock', 'GetPublicAccessBlock', 's3:GetBucketPublicAccessBlock'],
  ['DELETE', 'publicAccessBlock', 'DeletePublicAccessBlock', 's3:PutBucketPublicAccessBlock'],
  ['PUT', 'policy', 'PutBucketPolicy', 's3:PutBucketPolicy'],
  ['GET', 'policy', 'GetBucketPolicy', 's3:GetBucketPolicy'],
  ['DELETE', 'policy', 'DeleteBucketPolicy', 's3:DeleteBucketPolicy'],
  ['PUT', 'cors', 'PutBucketCors', 's3:PutBucketCORS'],
  ['GET', 'cors', 'GetBucketCors', 's3:GetBucketCORS'],
  ['PUT', 'versioning', 'PutBucketVersioning', 's3:PutBucketVersioning'],
  ['GET', 'uploads', 'ListMultipartUploads', 's3:ListBucketMultipartUploads'],
  ['GET', 'versions', 'ListObjectVersions', 's3:ListBucketVersions'],
  ['GET', 'list-type', 'ListObjectsV2', 's3:ListBucket'],
  ['GET', undefined, 'ListObjects', 's3:ListBucket'],
  // Its keys are judged one by one.
  ['POST', 'delete', 'DeleteObjects', undefined],
  ['PUT', undefined, 'CreateBucket', 's3:CreateBucket'],
];

const OBJECT_OPERATIONS = [
  ['POST', 'uploads', 'CreateMultipartUpload', 's3:PutObject'],
  ['PUT', 'uploadId', 'UploadPart', 's3:PutObject'],
  ['POST', 'uploadId', 'CompleteMultipartUpload', 's3:PutObject'],
  ['DELETE', 'uploadId', 'AbortMultipartUpload', 's3:AbortMultipartUpload'],
  ['GET', 'uploadId', 'ListParts', 's3:ListMultipartUploadParts'],
  ['HEAD', undefined, 'HeadObject', 's3:GetObject'],
  ['GET', undefined, 'GetObject', 's3:GetObject'],
  ['PUT', undefined, 'PutObject', 's3:PutObject'],
  // Its action depends on whether it names a version.
  ['DELETE', undefined, 'DeleteObject', undefined],
];

/** Returns `{operation, action}`, both `undefined` for what this server does not know. */
function findOperation({ method, bucketName, key, query }) {
  if (!bucketName) {
    return method === 'GET' ? { operation: 'ListBuckets', action: 's3:ListAllMyBuckets' } : {};
  }
  const operations = key === undefined ? BUCKET_OPERATIONS : OBJECT_OPERATIONS;
  const [, , operation, action] =
    operations.find(
      ([verb, parameter]) => verb === method && (!parameter || query.has(parameter)),
    ) ?? [];
  return { operation, action };
}

/** The actions that the headers of a request need in addition. */
function additionalActions({ operation, headers }) {
  const has = (pattern) => Object.keys(headers).some((name) => pattern.test(name));
  if (operation === 'CreateBucket') {
    return has(/^x-amz-object-ownership$/) ? ['s3:PutBucketOwnershipControls'] : [];
  }
  if (!['PutObject', 'CreateMultipartUpload'].includes(operation)) return [];
  return [
    ...(has(/^x-amz-(acl$|grant-)/) ? ['s3:PutObjectAcl'] : []),
    ...(has(/^x-amz-tagging$/) ? ['s3:PutObjectTagging'] : []),
  ];
}

/** `/bucket/key?query` as `{pathname, bucketName, key, query}`; `key` is `undefined` for a bucket. */
function parseTarget(path) {
  const [pathname, search = ''] = path.split(/\?(.*)/s);
  const [bucketName, key] = pathname.slice(1).split(/\/(.*)/s);
  return {
    pathname,
    bucketName: decodeURIComponent(bucketName),
    key: key ? decodeURIComponent(key) : undefined,
    query: new URLSearchParams(search),
  };
}

module.exports = { findOperation, additionalActions, parseTarget };
