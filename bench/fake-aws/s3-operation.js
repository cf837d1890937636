'use strict';

const VERBS = { GET: 'Get', HEAD: 'Head', PUT: 'Put', POST: 'Post', DELETE: 'Delete' };

/** Returns the name of the S3 operation of a request. */
function operationOf({ method, bucket, key, query }) {
  if (!bucket) return 'ListBuckets';
  if (key) return objectOperation(method, query);
  const [aspect] = query.keys();
  if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
  if (query.has('uploads')) return 'ListMultipartUploads';
  if (query.has('list-type')) return 'ListObjectsV2';
  if (aspect && aspect !== 'x-id') {
    return `${VERBS[method]}Bucket${aspect[0].toUpperCase()}${aspect.slice(1)}`;
  }
  return method === 'PUT' ? 'CreateBucket' : `${VERBS[method]}Bucket`;
}

function objectOperation(method, query) {
  if (query.has('partNumber')) return 'UploadPart';
  if (method === 'POST') return `${query.has('uploads') ? 'Create' : 'Complete'}MultipartUpload`;
  if (query.has('uploadId')) return 'AbortMultipartUpload';
  return `${VERBS[method]}Object`;
}

module.exports = { operationOf };
