'use strict';

// Multipart uploads of large files, and uploads of many files.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const path = require('node:path');
const { test } = require('node:test');
const { uploadedAssets } = require('../support/litexa/asset-requests');
const { s3Error, slowDown } = require('../support/aws/errors');
const { keyOf } = require('../support/aws/proxy');
const { useAws } = require('../support/aws/use-aws');
const { deployInChild } = require('../support/litexa/deploy-child');
const { createAssetProject, BUCKET, PREFIX } = require('../support/litexa/project');
const { element } = require('../support/xml');

const aws = useAws();

const MIB = 1024 * 1024;
const FILM = `${PREFIX}default/film.mp4`;
const film = () => crypto.randomBytes(17 * MIB + 1);

const md5 = (bytes) => crypto.createHash('md5').update(bytes);

/** Returns the ETag of a multipart upload with parts of a size. */
function etagInParts(content, size) {
  const count = Math.ceil(content.length / size);
  const parts = Array.from({ length: count }, (_, i) => content.subarray(i * size, (i + 1) * size));
  return `${md5(Buffer.concat(parts.map((part) => md5(part).digest()))).digest('hex')}-${count}`;
}

async function uploadInParts(content, size) {
  const target = `/${BUCKET}/${FILM}`;
  const created = (await aws.client.s3('POST', `${target}?uploads`)).body;
  const id = element(created, 'UploadId');
  const parts = [];
  for (let start = 0; start < content.length; start += size) {
    const query = `partNumber=${parts.length + 1}&uploadId=${id}`;
    const body = content.subarray(start, start + size);
    const { headers } = await aws.client.s3('PUT', `${target}?${query}`, { body });
    parts.push(
      `<Part><PartNumber>${parts.length + 1}</PartNumber><ETag>${headers.etag}</ETag></Part>`,
    );
  }
  const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
  await aws.client.s3('POST', `${target}?uploadId=${id}`, { body });
}

test('a large file is uploaded in parts, complete, and only once', async (t) => {
  const content = film();
  const project = createAssetProject(t, { 'default/film.mp4': content });
  await project.deployAssets();
  assert.equal(aws.requests('UploadPart').length, 3);
  const { status, headers, body } = await aws.client.s3('GET', `/${BUCKET}/${FILM}`);
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'video/mp4');
  assert.equal(headers.etag, `"${etagInParts(content, 8 * MIB)}"`);
  assert.ok(body.equals(content));

  aws.clearRequests();
  await project.deployAssets();
  assert.deepEqual(aws.writes(), []);
});

test('a multipart upload has the parameters and the ACL', async (t) => {
  const uploadParams = [{ params: { CacheControl: 'max-age=60', Metadata: { cut: 'final' } } }];
  await createAssetProject(t, { 'default/film.mp4': film() }, { uploadParams }).deployAssets();
  const [{ headers }] = aws.requests('CreateMultipartUpload');
  assert.equal(headers['x-amz-acl'], 'public-read');
  assert.equal(headers['cache-control'], 'max-age=60');
  assert.equal(headers['x-amz-meta-cut'], 'final');
});

test('a ChecksumAlgorithm applies to the parts', async (t) => {
  const uploadParams = [{ params: { ChecksumAlgorithm: 'SHA256' } }];
  await createAssetProject(t, { 'default/film.mp4': film() }, { uploadParams }).deployAssets();
  const [completion] = aws.requests('CompleteMultipartUpload');
  assert.equal(completion.body.toString().match(/<ChecksumSHA256>/g).length, 3);
});

for (const [who, size] of [
  ['0.9.0, in parts of 5 MiB', 5 * MIB],
  ['others, in parts of 16 MiB', 16 * MIB],
]) {
  test(`a multipart upload by ${who}, is recognized`, async (t) => {
    const content = film();
    await aws.client.createBucket(BUCKET);
    await uploadInParts(content, size);
    const project = createAssetProject(t, { 'default/film.mp4': content });
    await project.deployAssets();
    assert.deepEqual(uploadedAssets(aws), []);

    // The digest is cached, so the file is not read again.
    aws.clearRequests();
    await project.deployAssets();
    assert.deepEqual(aws.writes(), []);
  });
}

test('a part that fails aborts the upload', async (t) => {
  aws.intercept(({ operation, path }) =>
    operation === 'UploadPart' && path.includes('partNumber=2')
      ? s3Error(400, 'InvalidRequest', 'no such part for you')
      : undefined,
  );
  await assert.rejects(createAssetProject(t, { 'default/film.mp4': film() }).deployAssets(), {
    code: 'AWS_REQUEST_REJECTED',
    message: /default\/film\.mp4.*InvalidRequest: no such part for you/,
  });
  assert.equal(aws.requests('AbortMultipartUpload').length, 1);
  assert.deepEqual(await aws.client.listMultipartUploads(BUCKET), []);
});

test('a failure of another upload aborts the multipart upload', async (t) => {
  let start;
  const filmStarted = new Promise((resolve) => (start = resolve));
  aws.intercept(async ({ operation }) => {
    if (operation === 'UploadPart') start();
    if (operation !== 'PutObject') return undefined;
    await filmStarted;
    return s3Error(403, 'AccessDenied', 'Access Denied');
  });
  // The parts wait until the other file has failed.
  aws.intercept(async ({ operation }) => {
    if (operation === 'UploadPart') await new Promise((resolve) => setTimeout(resolve, 500));
    return undefined;
  });
  const files = { 'default/film.mp4': film(), 'default/small.png': 'small' };
  await assert.rejects(createAssetProject(t, files).deployAssets(), { code: 'ACCESS_DENIED' });
  assert.deepEqual(await aws.client.listMultipartUploads(BUCKET), []);
});

test('the next deployment aborts the multipart upload of a killed one', async (t) => {
  const project = createAssetProject(t, { 'default/film.mp4': film() });
  const killed = deployInChild({
    projectRoot: project.root,
    target: project.target,
    part: 'assets',
    env: aws.env,
  });
  let isKilled = false;
  aws.intercept(async ({ operation }) => {
    if (operation !== 'UploadPart' || isKilled) return undefined;
    isKilled = killed.kill();
    return { destroy: true };
  });
  await killed.done;
  aws.removeInterceptors();
  assert.equal((await aws.client.listMultipartUploads(BUCKET)).length, 1);

  await project.deployAssets();
  assert.deepEqual(await aws.client.listMultipartUploads(BUCKET), []);
});

test('multipart uploads of a target that are older than a day are aborted, and younger ones are not', async (t) => {
  await aws.client.createBucket(BUCKET);
  const [old, young, foreign] = ['old.mp4', 'young.mp4', '../../other/beta/old.mp4'].map((name) =>
    path.posix.join(PREFIX, 'default', name),
  );
  for (const key of [old, young, foreign]) await aws.client.s3('POST', `/${BUCKET}/${key}?uploads`);
  aws.intercept(({ method, path }) => {
    if (method !== 'GET' || !/[?&]uploads\b/.test(path)) return undefined;
    return {
      rewrite({ status, headers: { 'content-length': _, ...headers }, body }) {
        const backdated = body.toString().replace(/<Upload>.*?<\/Upload>/gs, (upload) => {
          const day = new Date(upload.includes(young) ? Date.now() : '2026-01-01T00:00:00Z');
          return upload.replace(/(<Initiated>)[^<]*/, `$1${day.toISOString()}`);
        });
        return { status, headers, body: backdated };
      },
    };
  });
  await createAssetProject(t, { 'default/film.mp4': film() }).deployAssets();
  const left = await aws.client.listMultipartUploads(BUCKET);
  assert.deepEqual(left.sort(), [young, foreign].sort());
});

test('only the part that S3 throttles is uploaded again', async (t) => {
  const faults = [slowDown()];
  aws.intercept(({ operation }) => (operation === 'UploadPart' ? faults.pop() : undefined));
  const content = film();
  await createAssetProject(t, { 'default/film.mp4': content }).deployAssets();
  assert.equal(aws.requests('UploadPart').length, 4);
  const { body } = await aws.client.s3('GET', `/${BUCKET}/${FILM}`);
  assert.ok(body.equals(content));
});

test('large files go to a bucket with disabled ACLs without one', async (t) => {
  await aws.client.createBucket(BUCKET, { 'x-amz-object-ownership': 'BucketOwnerEnforced' });
  aws.intercept(({ operation, headers }) =>
    operation === 'CreateMultipartUpload' && headers['x-amz-acl']
      ? s3Error(400, 'AccessControlListNotSupported', 'The bucket does not allow ACLs')
      : undefined,
  );
  const { lines } = await createAssetProject(t, { 'default/film.mp4': film() }).deployAssets();
  assert.equal(aws.requests('CompleteMultipartUpload').length, 1);
  assert.match(lines('warning').join('\n'), /\bACLs?\b/);
});

test('thousands of small files are uploaded, and all pages of their list are read', async (t) => {
  const names = Array.from({ length: 2000 }, (_, i) => `default/${i}.json`);
  const project = createAssetProject(
    t,
    Object.fromEntries(names.map((name) => [name, `{"is": "${name}"}`])),
  );
  await project.deployAssets();
  // On a slow machine, an upload may be attempted twice.
  assert.deepEqual([...new Set(uploadedAssets(aws))], names.sort());

  aws.clearRequests();
  await project.deployAssets();
  assert.deepEqual(aws.writes(), []);
  const prefix = `prefix=${encodeURIComponent(PREFIX)}`;
  const listings = aws.requests('ListObjectsV2').filter(({ path }) => path.includes(prefix));
  assert.equal(listings.length, 2);
});

test('hundreds of files are uploaded although S3 throttles each of them twice', async (t) => {
  const names = Array.from({ length: 200 }, (_, i) => `default/${i}.json`);
  const throttled = new Map();
  aws.intercept((asked) => {
    if (asked.operation !== 'PutObject') return undefined;
    const times = throttled.get(keyOf(asked)) ?? 0;
    throttled.set(keyOf(asked), times + 1);
    return times < 2 ? slowDown() : undefined;
  });
  const project = createAssetProject(t, Object.fromEntries(names.map((name) => [name, name])));
  await project.deployAssets();
  assert.equal((await aws.client.listObjects(BUCKET, PREFIX)).length, 200);
});

test('more removed assets than fit into one request are deleted', async (t) => {
  await aws.client.createBucket(BUCKET);
  const old = Array.from({ length: 1100 }, (_, i) => `${PREFIX}default/old-${i}.json`);
  await Promise.all(old.map((key) => aws.client.putObject(BUCKET, key, 'old')));
  await createAssetProject(
    t,
    { 'default/new.json': 'new' },
    { deleteRemovedAssets: 'always' },
  ).deployAssets();
  assert.deepEqual(await aws.client.listObjects(BUCKET), [`${PREFIX}default/new.json`]);
});
