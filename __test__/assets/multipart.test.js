'use strict';

// Large files, and many files.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const { once } = require('node:events');
const path = require('node:path');
const { test } = require('node:test');
const {
  useAws,
  assetSkill,
  s3Error,
  keyOf,
  BUCKET,
  PREFIX,
} = require('../support/litexa/asset-skill');

const stage = useAws();

const MIB = 1024 * 1024;
const FILM = `${PREFIX}default/film.mp4`;
const film = () => crypto.randomBytes(17 * MIB + 1);

const md5 = (bytes) => crypto.createHash('md5').update(bytes);

/** The ETag of a file that was uploaded in parts of a size. */
function etagInParts(content, size) {
  const count = Math.ceil(content.length / size);
  const parts = Array.from({ length: count }, (_, i) => content.subarray(i * size, (i + 1) * size));
  return `${md5(Buffer.concat(parts.map((part) => md5(part).digest()))).digest('hex')}-${count}`;
}

async function uploadInParts(content, size) {
  const { aws } = stage;
  const target = `/${BUCKET}/${FILM}`;
  const begun = (await aws.s3('POST', `${target}?uploads`)).body.toString();
  const [, id] = /<UploadId>([^<]*)</.exec(begun);
  const parts = [];
  for (let start = 0; start < content.length; start += size) {
    const query = `partNumber=${parts.length + 1}&uploadId=${id}`;
    const body = content.subarray(start, start + size);
    const { headers } = await aws.s3('PUT', `${target}?${query}`, { body });
    parts.push(
      `<Part><PartNumber>${parts.length + 1}</PartNumber><ETag>${headers.etag}</ETag></Part>`,
    );
  }
  const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
  await aws.s3('POST', `${target}?uploadId=${id}`, { body });
}

test('a large file goes up in parts, arrives whole and is not sent again', async (t) => {
  const content = film();
  const skill = assetSkill(t, { 'default/film.mp4': content });
  await skill.deploy();
  assert.equal(stage.asked('UploadPart').length, 3);
  const { status, headers, body } = await stage.aws.s3('GET', `/${BUCKET}/${FILM}`);
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'video/mp4');
  assert.equal(headers.etag, `"${etagInParts(content, 8 * MIB)}"`);
  assert.ok(body.equals(content));

  stage.proxy.clear();
  await skill.deploy();
  assert.deepEqual(stage.proxy.writes(), []);
});

test('an upload in parts carries the parameters and the ACL', async (t) => {
  const uploadParams = [{ params: { CacheControl: 'max-age=60', Metadata: { cut: 'final' } } }];
  await assetSkill(t, { 'default/film.mp4': film() }, { uploadParams }).deploy();
  const [{ headers }] = stage.asked('CreateMultipartUpload');
  assert.equal(headers['x-amz-acl'], 'public-read');
  assert.equal(headers['cache-control'], 'max-age=60');
  assert.equal(headers['x-amz-meta-cut'], 'final');
});

test('a ChecksumAlgorithm holds for parts, too', async (t) => {
  const uploadParams = [{ params: { ChecksumAlgorithm: 'SHA256' } }];
  await assetSkill(t, { 'default/film.mp4': film() }, { uploadParams }).deploy();
  const [completion] = stage.asked('CompleteMultipartUpload');
  assert.equal(completion.body.toString().match(/<ChecksumSHA256>/g).length, 3);
});

for (const [who, size] of [
  ['0.9.0, in parts of 5 MiB', 5 * MIB],
  ['others, in parts of 16 MiB', 16 * MIB],
]) {
  test(`what was uploaded by ${who}, is recognized`, async (t) => {
    const content = film();
    await stage.aws.createBucket(BUCKET);
    await uploadInParts(content, size);
    const skill = assetSkill(t, { 'default/film.mp4': content });
    await skill.deploy();
    assert.deepEqual(stage.uploaded(), []);

    // It has been recorded, so that the file is not read for it again.
    stage.proxy.clear();
    await skill.deploy();
    assert.deepEqual(stage.proxy.writes(), []);
  });
}

test('a part that fails ends the upload, and leaves no parts behind', async (t) => {
  stage.proxy.on(({ operation, path }) =>
    operation === 'UploadPart' && path.includes('partNumber=2')
      ? s3Error(400, 'InvalidRequest', 'no such part for you')
      : undefined,
  );
  await assert.rejects(assetSkill(t, { 'default/film.mp4': film() }).deploy(), {
    code: 'AWS_REQUEST_REJECTED',
    message: /default\/film\.mp4.*InvalidRequest: no such part for you/,
  });
  assert.equal(stage.asked('AbortMultipartUpload').length, 1);
  assert.deepEqual(await stage.aws.listMultipartUploads(BUCKET), []);
});

test('a failure elsewhere leaves no parts behind either', async (t) => {
  let begun;
  const filmHasBegun = new Promise((resolve) => (begun = resolve));
  stage.proxy.on(async ({ operation }) => {
    if (operation === 'UploadPart') begun();
    if (operation !== 'PutObject') return undefined;
    await filmHasBegun;
    return s3Error(403, 'AccessDenied', 'Access Denied');
  });
  // The film's parts wait until the other file has failed.
  stage.proxy.on(async ({ operation }) => {
    if (operation === 'UploadPart') await new Promise((resolve) => setTimeout(resolve, 500));
    return undefined;
  });
  const files = { 'default/film.mp4': film(), 'default/small.png': 'small' };
  await assert.rejects(assetSkill(t, files).deploy(), { code: 'ACCESS_DENIED' });
  assert.deepEqual(await stage.aws.listMultipartUploads(BUCKET), []);
});

test('an upload that was killed half-way is given up by the next deployment', async (t) => {
  const skill = assetSkill(t, { 'default/film.mp4': film() });
  const killed = deployInProcess(skill.root);
  stage.proxy.on(async ({ operation }) => {
    if (operation !== 'UploadPart' || killed.signalCode) return undefined;
    killed.kill('SIGKILL');
    return { destroy: true };
  });
  await once(killed, 'exit');
  assert.equal((await stage.aws.listMultipartUploads(BUCKET)).length, 1);

  await skill.deploy();
  assert.deepEqual(await stage.aws.listMultipartUploads(BUCKET), []);
});

test('uploads older than a day are given up, and younger ones are left to whoever sends them', async (t) => {
  await stage.aws.createBucket(BUCKET);
  const [old, young, foreign] = ['old.mp4', 'young.mp4', '../../other/beta/old.mp4'].map((name) =>
    path.posix.join(PREFIX, 'default', name),
  );
  for (const key of [old, young, foreign]) await stage.aws.s3('POST', `/${BUCKET}/${key}?uploads`);
  stage.proxy.on(({ method, path }) => {
    if (method !== 'GET' || !/[?&]uploads\b/.test(path)) return undefined;
    return {
      rewrite({ status, headers: { 'content-length': _, ...headers }, body }) {
        const aged = body.toString().replace(/<Upload>.*?<\/Upload>/gs, (upload) => {
          const day = new Date(upload.includes(young) ? Date.now() : '2026-01-01T00:00:00Z');
          return upload.replace(/(<Initiated>)[^<]*/, `$1${day.toISOString()}`);
        });
        return { status, headers, body: aged };
      },
    };
  });
  await assetSkill(t, { 'default/film.mp4': film() }).deploy();
  const left = await stage.aws.listMultipartUploads(BUCKET);
  assert.deepEqual(left.sort(), [young, foreign].sort());
});

test('a part that S3 is too busy for is sent again alone', async (t) => {
  const faults = [s3Error(503, 'SlowDown', 'Please reduce your request rate.')];
  stage.proxy.on(({ operation }) => (operation === 'UploadPart' ? faults.pop() : undefined));
  const content = film();
  await assetSkill(t, { 'default/film.mp4': content }).deploy();
  assert.equal(stage.asked('UploadPart').length, 4);
  const { body } = await stage.aws.s3('GET', `/${BUCKET}/${FILM}`);
  assert.ok(body.equals(content));
});

test('a bucket that takes no ACLs gets large files without', async (t) => {
  await stage.aws.createBucket(BUCKET, { 'x-amz-object-ownership': 'BucketOwnerEnforced' });
  stage.proxy.on(({ operation, headers }) =>
    operation === 'CreateMultipartUpload' && headers['x-amz-acl']
      ? s3Error(400, 'AccessControlListNotSupported', 'The bucket does not allow ACLs')
      : undefined,
  );
  const { lines } = await assetSkill(t, { 'default/film.mp4': film() }).deploy();
  assert.equal(stage.asked('CompleteMultipartUpload').length, 1);
  assert.match(lines('warning').join('\n'), /\bACLs?\b/);
});

test('thousands of small files are uploaded, and listed page by page', async (t) => {
  const names = Array.from({ length: 2000 }, (_, i) => `default/${i}.json`);
  const skill = assetSkill(t, Object.fromEntries(names.map((name) => [name, `{"is": "${name}"}`])));
  await skill.deploy();
  assert.deepEqual(stage.uploaded(), names.sort());

  stage.proxy.clear();
  await skill.deploy();
  assert.deepEqual(stage.proxy.writes(), []);
  const ofAssets = `prefix=${encodeURIComponent(PREFIX)}`;
  const listings = stage.asked('ListObjectsV2').filter(({ path }) => path.includes(ofAssets));
  assert.equal(listings.length, 2);
});

test('hundreds of files get through although S3 slows each of them down twice', async (t) => {
  const names = Array.from({ length: 200 }, (_, i) => `default/${i}.json`);
  const slowed = new Map();
  stage.proxy.on((asked) => {
    if (asked.operation !== 'PutObject') return undefined;
    const times = slowed.get(keyOf(asked)) ?? 0;
    slowed.set(keyOf(asked), times + 1);
    return times < 2 ? s3Error(503, 'SlowDown', 'Please reduce your request rate.') : undefined;
  });
  const skill = assetSkill(t, Object.fromEntries(names.map((name) => [name, name])));
  await skill.deploy();
  assert.equal((await stage.aws.listObjects(BUCKET, PREFIX)).length, 200);
});

test('all that is gone is deleted, however much it is', async (t) => {
  await stage.aws.createBucket(BUCKET);
  const old = Array.from({ length: 1100 }, (_, i) => `${PREFIX}default/old-${i}.json`);
  await Promise.all(old.map((key) => stage.aws.putObject(BUCKET, key, 'old')));
  await assetSkill(t, { 'default/new.json': 'new' }, { deleteRemovedAssets: true }).deploy();
  assert.deepEqual(await stage.aws.listObjects(BUCKET), [`${PREFIX}default/new.json`]);
});

/** A deployment in a process of its own, with the AWS settings of this one. */
function deployInProcess(projectRoot) {
  const script = `
    const { deployContext } = require('../support/litexa/context');
    const context = deployContext({ projectRoot: process.argv[1] });
    require('../..').assets.deploy(context, context.logger);`;
  return spawn(process.execPath, ['-e', script, projectRoot], { cwd: __dirname, stdio: 'inherit' });
}
