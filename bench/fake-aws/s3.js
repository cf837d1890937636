'use strict';

// Answers the S3 operations that deployments and sync tools use.

const crypto = require('node:crypto');
const { list } = require('./s3-listing');
const { operationOf } = require('./s3-operation');
const { xml } = require('./xml');

/** Settings of a bucket, each with S3's error code for its absence. */
const MISSING = {
  policy: 'NoSuchBucketPolicy',
  cors: 'NoSuchCORSConfiguration',
  publicAccessBlock: 'NoSuchPublicAccessBlockConfiguration',
  ownershipControls: 'OwnershipControlsNotFoundError',
};
const aspectOf = (query) => Object.keys(MISSING).find((aspect) => query.has(aspect));

/** Larger files may be multipart uploads, whose ETag depends on the size of their parts. */
const MULTIPART_BYTES = 5 << 20;

function s3() {
  const buckets = new Map();
  const uploads = new Map();

  function answer(request) {
    const [, bucket, key] = /^\/([^/]*)\/?(.*)$/s.exec(request.pathname);
    const parsed = { ...request, bucket, key: decodeURIComponent(key) };
    const found = answerOf(parsed, operationOf(parsed));
    return found && { operation: operationOf(parsed), ...found };
  }

  function answerOf(request, operation) {
    const { bucket, key } = request;
    if (operation === 'ListBuckets') return listBuckets();
    if (operation === 'CreateBucket') return createBucket(bucket);
    const found = buckets.get(bucket);
    if (!found) return failure(request, 404, 'NoSuchBucket');
    return key ? objectAnswer(found, request) : bucketAnswer(found, request, operation);
  }

  function listBuckets() {
    const Bucket = [...buckets.keys()].map((Name) => ({ Name, CreationDate: isoNow() }));
    return ok({ ListAllMyBucketsResult: { Buckets: { Bucket } } });
  }

  function createBucket(name) {
    makeBucket(name);
    return { headers: { location: `/${name}` } };
  }

  function makeBucket(name) {
    buckets.set(name, { name, objects: new Map(), aspects: new Map(), sorted: undefined });
  }

  function bucketAnswer(bucket, request, operation) {
    const { query } = request;
    const aspect = aspectOf(query);
    if (aspect) return aspectAnswer(bucket, aspect, request);
    switch (operation) {
      case 'DeleteObjects':
        return deleteObjects(bucket, request);
      case 'GetBucketLocation':
        return ok({ LocationConstraint: '' });
      case 'ListMultipartUploads':
        return ok({ ListMultipartUploadsResult: '' });
      case 'HeadBucket':
        return { headers: { 'x-amz-bucket-region': 'us-east-1' } };
      case 'ListObjectsV2':
        return list(bucket, query);
      default:
        return undefined;
    }
  }

  function aspectAnswer({ aspects }, aspect, request) {
    if (request.method === 'PUT') aspects.set(aspect, request.body.text());
    if (request.method === 'DELETE') aspects.delete(aspect);
    if (request.method !== 'GET') return {};
    return aspects.has(aspect)
      ? { body: aspects.get(aspect) }
      : failure(request, 404, MISSING[aspect]);
  }

  function deleteObjects(bucket, { body }) {
    const keys = [...body.text().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
    for (const key of keys) bucket.objects.delete(key);
    bucket.sorted = undefined;
    return ok({ DeleteResult: { Deleted: keys.map((Key) => ({ Key })) } });
  }

  function objectAnswer(bucket, request) {
    const { method, query, body, key } = request;
    if (method === 'POST' && query.has('uploads')) return beginUpload(bucket, key);
    if (method === 'POST') return completeUpload(bucket, key, query.get('uploadId'));
    if (query.has('partNumber')) return uploadPart(request);
    if (method === 'PUT') {
      const etag = body.digest();
      keep(bucket, key, { etag, size: body.size, blocks: body.blocks?.all() });
      return { headers: { etag: `"${etag}"` } };
    }
    if (method === 'DELETE') {
      uploads.delete(query.get('uploadId'));
      if (!query.has('uploadId')) bucket.objects.delete(key);
      return { status: 204 };
    }
    const object = bucket.objects.get(key);
    if (!object) return failure(request, 404, 'NoSuchKey');
    const headers = {
      etag: `"${object.etag}"`,
      'content-length': object.size,
      'last-modified': new Date(object.modified).toUTCString(),
    };
    return method === 'HEAD' ? { headers } : undefined;
  }

  function keep(bucket, key, object) {
    if (!bucket.objects.has(key)) bucket.sorted = undefined;
    bucket.objects.set(key, { ...object, modified: isoNow() });
  }

  function beginUpload({ name }, Key) {
    const UploadId = crypto.randomUUID();
    uploads.set(UploadId, new Map());
    const InitiateMultipartUploadResult = { Bucket: name, Key, UploadId };
    return ok({ InitiateMultipartUploadResult });
  }

  function uploadPart({ query, body }) {
    const md5 = body.digest();
    uploads.get(query.get('uploadId')).set(Number(query.get('partNumber')), { md5, body });
    return { headers: { etag: `"${md5}"` } };
  }

  function completeUpload(bucket, key, id) {
    const parts = [...uploads.get(id)].sort(([a], [b]) => a - b).map(([, part]) => part);
    uploads.delete(id);
    const sums = Buffer.concat(parts.map(({ md5 }) => Buffer.from(md5, 'hex')));
    const etag = `${crypto.createHash('md5').update(sums).digest('hex')}-${parts.length}`;
    const size = parts.reduce((sum, { body }) => sum + body.size, 0);
    keep(bucket, key, { etag, size, blocks: blocksOf(parts) });
    const CompleteMultipartUploadResult = { Key: key, ETag: `"${etag}"` };
    return ok({ CompleteMultipartUploadResult });
  }

  return Object.assign(answer, {
    makeBucket,
    copyBucket(from, to) {
      const { objects, ...rest } = buckets.get(from);
      buckets.set(to, { ...rest, name: to, objects: new Map(objects) });
    },
    /** Returns number and digest of a bucket's objects: of keys, sizes, and MD5s or blocks of content. */
    contents(name) {
      const objects = [...(buckets.get(name)?.objects ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
      const hash = crypto.createHash('sha256');
      let bytes = 0;
      for (const [key, { etag, size, blocks }] of objects) {
        hash.update(`${key} ${size} ${blocks ?? (size > MULTIPART_BYTES ? '' : etag)}\n`);
        bytes += size;
      }
      return { objects: objects.length, bytes, digest: hash.digest('hex') };
    },
  });
}

function blocksOf(parts) {
  return parts[0].body.blocks && parts.flatMap(({ body }) => body.blocks.all());
}

const isoNow = () => new Date().toISOString();

function ok(document) {
  return { headers: { 'content-type': 'application/xml' }, body: xml(document) };
}

function failure({ method }, status, Code) {
  const body = method === 'HEAD' ? '' : xml({ Error: { Code, Message: Code } });
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

module.exports = { s3 };
