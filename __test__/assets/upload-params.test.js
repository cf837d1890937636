'use strict';

// s3Configuration.uploadParams: how objects are uploaded, and how existing objects get changed
// parameters.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { uploadedAssets, uploadHeaders } = require('../support/litexa/asset-requests');
const { s3Error } = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const {
  cloneAssetProject,
  createAssetProject,
  BUCKET,
  PREFIX,
} = require('../support/litexa/project');

const aws = useAws();

const FILES = { 'default/meow.mp3': 'meow', 'default/paw.png': 'paw', 'de-DE/paw.png': 'Pfote' };
const ALL = ['de-DE/meow.mp3', 'de-DE/paw.png', 'default/meow.mp3', 'default/paw.png'];
const SOUNDS = ['de-DE/meow.mp3', 'default/meow.mp3'];

const cached = (CacheControl, filter) => ({ uploadParams: [{ filter, params: { CacheControl } }] });

test('parameters are sent as headers of PutObject', async (t) => {
  const params = {
    CacheControl: 'max-age=600',
    ContentDisposition: 'attachment; filename="meow.mp3"',
    ContentEncoding: 'identity',
    ContentLanguage: 'en-GB',
    Metadata: { mood: 'hungry' },
    StorageClass: 'STANDARD_IA',
    Tagging: 'project=cats&stage=beta',
    ServerSideEncryption: 'AES256',
    WebsiteRedirectLocation: '/other.mp3',
    RequestPayer: 'requester',
    ExpectedBucketOwner: aws.emulator.account,
    ChecksumAlgorithm: 'SHA256',
  };
  await createAssetProject(
    t,
    { 'default/meow.mp3': 'meow' },
    { uploadParams: [{ params }] },
  ).deployAssets();
  const headers = uploadHeaders(aws, 'default/meow.mp3');
  const expected = {
    'x-amz-acl': 'public-read',
    'content-type': 'audio/mpeg',
    'cache-control': 'max-age=600',
    'content-disposition': 'attachment; filename="meow.mp3"',
    'content-language': 'en-GB',
    'x-amz-meta-mood': 'hungry',
    'x-amz-storage-class': 'STANDARD_IA',
    'x-amz-tagging': 'project=cats&stage=beta',
    'x-amz-server-side-encryption': 'AES256',
    'x-amz-website-redirect-location': '/other.mp3',
    'x-amz-request-payer': 'requester',
    'x-amz-expected-bucket-owner': aws.emulator.account,
    'x-amz-sdk-checksum-algorithm': 'SHA256',
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(headers[name], value, name);
  assert.match(headers['content-encoding'], /\bidentity\b/);
});

test('object lock and KMS parameters are sent as headers', async (t) => {
  aws.intercept(({ operation }) =>
    operation === 'PutObject' ? { status: 200, headers: { etag: '"kms"' } } : undefined,
  );
  const params = {
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: 'alias/cats',
    SSEKMSEncryptionContext: 'e30=',
    BucketKeyEnabled: true,
    ObjectLockMode: 'GOVERNANCE',
    ObjectLockRetainUntilDate: '2099-01-31T00:00:00Z',
    ObjectLockLegalHoldStatus: 'ON',
  };
  const project = createAssetProject(
    t,
    { 'default/meow.mp3': 'meow' },
    { uploadParams: [{ params }] },
  );
  const { lines } = await project.deployAssets();
  const headers = uploadHeaders(aws, 'default/meow.mp3');
  const expected = {
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': 'alias/cats',
    'x-amz-server-side-encryption-context': 'e30=',
    'x-amz-server-side-encryption-bucket-key-enabled': 'true',
    'x-amz-object-lock-mode': 'GOVERNANCE',
    'x-amz-object-lock-retain-until-date': '2099-01-31T00:00:00Z',
    'x-amz-object-lock-legal-hold': 'ON',
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(headers[name], value, name);
  assert.match(lines('warning').join('\n'), /ServerSideEncryption.*KMS/);
});

test('event hold parameters are sent as headers', async (t) => {
  aws.intercept(({ operation }) => (operation === 'PutObject' ? { status: 200 } : undefined));
  const params = { ObjectLockEventHold: 'ON', ObjectLockEventHoldDurationDays: 3 };
  await createAssetProject(
    t,
    { 'default/meow.mp3': 'meow' },
    { uploadParams: [{ params }] },
  ).deployAssets();
  const names = Object.keys(uploadHeaders(aws, 'default/meow.mp3'));
  assert.equal(names.filter((name) => /event-hold/.test(name)).length, 2, names.join(', '));
});

for (const [form, Expires] of [
  ['a JavaScript Date', new Date('2030-01-31T12:00:00.500Z')],
  ['an ISO string', '2030-01-31T13:00:00+01:00'],
  ['seconds since 1970', 1896091200],
]) {
  test(`Expires may be ${form}`, async (t) => {
    const project = createAssetProject(t, { 'default/meow.mp3': 'meow' });
    const uploadParams = [{ params: { Expires } }];
    await project.deployAssets({
      options: { s3Configuration: { bucketName: BUCKET, uploadParams } },
    });
    assert.equal(uploadHeaders(aws, 'default/meow.mp3').expires, 'Thu, 31 Jan 2030 12:00:00 GMT');
  });
}

test('a canned ACL is not sent together with grants', async (t) => {
  const GrantRead = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"';
  await createAssetProject(t, FILES, { uploadParams: [{ params: { GrantRead } }] }).deployAssets();
  const headers = uploadHeaders(aws, 'default/meow.mp3');
  assert.equal(headers['x-amz-grant-read'], GrantRead);
  assert.equal(headers['x-amz-acl'], undefined);
});

test('the first matching filter applies, and other assets get the default', async (t) => {
  const uploadParams = [
    { params: { CacheControl: 'default' } },
    { filter: ['*.mp3'], params: { CacheControl: 'sound' } },
    { filter: ['meow.*'], params: { CacheControl: 'late' } },
  ];
  await createAssetProject(t, FILES, { uploadParams }).deployAssets();
  assert.equal(uploadHeaders(aws, 'default/meow.mp3')['cache-control'], 'sound');
  assert.equal(uploadHeaders(aws, 'de-DE/paw.png')['cache-control'], 'default');
});

for (const [kind, name, value, expected] of [
  ['a reserved key', 'ContentType', 'audio/mpeg', /ContentType/],
  ['an unknown key', 'CacheControll', 'no-cache', /\bCacheControl\b/],
  ['a wrong type', 'Metadata', ['mood'], /string/],
]) {
  test(`the error for ${kind} names it, before any request`, async (t) => {
    const uploadParams = [{}, { filter: ['*.mp3'], params: { [name]: value } }];
    await assert.rejects(
      createAssetProject(t, FILES, { uploadParams }).deployAssets(),
      ({ code, message }) => {
        assert.equal(code, 'INVALID_OPTION');
        assertMentions(message, `s3Configuration.uploadParams[1].params.${name}`, expected);
        return true;
      },
    );
    assert.deepEqual(aws.requests(), []);
  });
}

test('a changed parameter is applied to exactly the assets that it matches', async (t) => {
  const project = createAssetProject(t, FILES);
  await project.deployAssets();
  project.configureS3(cached('max-age=60', ['*.mp3']));
  aws.clearRequests();
  await project.deployAssets();
  assert.deepEqual(uploadedAssets(aws), SOUNDS);
  const sound = await aws.client.headObject(BUCKET, `${PREFIX}default/meow.mp3`);
  assert.equal(sound['cache-control'], 'max-age=60');
});

test('a removed parameter is removed from the objects', async (t) => {
  const project = createAssetProject(t, FILES, cached('max-age=60', ['*.mp3']));
  await project.deployAssets();
  project.configureS3({});
  aws.clearRequests();
  await project.deployAssets();
  assert.deepEqual(uploadedAssets(aws), SOUNDS);
  const sound = await aws.client.headObject(BUCKET, `${PREFIX}default/meow.mp3`);
  assert.equal(sound['cache-control'], undefined);
});

test('a changed parameter is applied although the CLI has deleted .deploy', async (t) => {
  const project = createAssetProject(t, FILES, cached('max-age=60'));
  await project.deployAssets();
  project.configureS3(cached('max-age=90'));
  project.write('.deploy', null);
  aws.clearRequests();
  await project.deployAssets();
  assert.deepEqual(uploadedAssets(aws), ALL);
});

test('a new checkout uploads assets with changed parameters only', async (t) => {
  const project = createAssetProject(t, FILES, cached('max-age=60', ['*.mp3']));
  await project.deployAssets();
  const clone = cloneAssetProject(t, project);
  aws.clearRequests();
  await clone.deployAssets();
  assert.deepEqual(aws.writes(), []);

  clone.configureS3(cached('max-age=90', ['*.mp3']));
  await clone.deployAssets();
  assert.deepEqual(uploadedAssets(aws), SOUNDS);
});

test('without changed parameters, a deployment neither writes nor reads objects', async (t) => {
  const project = createAssetProject(t, FILES, cached('max-age=60'));
  await project.deployAssets();
  project.configureS3(cached('max-age=90'));
  await project.deployAssets();
  aws.clearRequests();
  await project.deployAssets();
  assert.deepEqual(aws.writes(), []);
  assert.deepEqual(aws.requests('GetObject'), []);
});

test('an interrupted change is completed, even if the configuration is restored', async (t) => {
  const project = createAssetProject(t, FILES, cached('max-age=60'));
  await project.deployAssets();
  project.configureS3(cached('max-age=90'));
  const denial = s3Error(403, 'AccessDenied');
  let sent = 0;
  const stop = ({ operation }) => (operation === 'PutObject' && ++sent > 1 ? denial : undefined);
  aws.intercept(stop);
  await assert.rejects(project.deployAssets(), { code: 'ACCESS_DENIED' });

  aws.removeInterceptors();
  project.configureS3(cached('max-age=60'));
  await project.deployAssets();
  for (const key of ALL) {
    const headers = await aws.client.headObject(BUCKET, PREFIX + key);
    assert.equal(headers['cache-control'], 'max-age=60', key);
  }
});

test('objects whose ETag is not their MD5, as with SSE-KMS, are uploaded once', async (t) => {
  encryptWithKms();
  const project = createAssetProject(t, FILES);
  await project.deployAssets();
  aws.clearRequests();
  await project.deployAssets();
  assert.deepEqual(aws.writes(), []);

  project.writeAsset('default/paw.png', 'other');
  await project.deployAssets();
  assert.deepEqual(uploadedAssets(aws), ['default/paw.png']);
});

test('without the permission to read the upload manifest, assets are uploaded, and a warning names it', async (t) => {
  const project = createAssetProject(t, FILES, cached('max-age=60'));
  await project.deployAssets();
  project.configureS3(cached('max-age=90'));
  aws.rejectS3('GetObject', 403, 'AccessDenied', 'Access Denied');
  aws.clearRequests();
  const { lines } = await project.deployAssets();
  assert.match(lines('warning').join('\n'), /s3:GetObject/);
  assert.deepEqual(uploadedAssets(aws), ALL);
});

/** Replaces all ETags of S3 with values that do not depend on the content. */
function encryptWithKms() {
  const opaque = (etag) => crypto.createHash('md5').update(`kms ${etag}`).digest('hex');
  const inXml = /(<ETag>(?:"|&quot;))([0-9a-f]+)/g;
  aws.intercept(({ operation }) => {
    if (operation !== 'PutObject' && operation !== 'ListObjectsV2') return undefined;
    return {
      rewrite({ status, headers: { etag, 'content-length': _, ...headers }, body }) {
        const encrypted = etag && { etag: `"${opaque(etag.replaceAll('"', ''))}"` };
        const text = body.toString().replace(inXml, (_, before, md5) => before + opaque(md5));
        return { status, headers: { ...headers, ...encrypted }, body: text };
      },
    };
  });
}

test('reading the upload manifest is retried when the response is cut off', async (t) => {
  const withAge = (age) => ({ uploadParams: [{ params: { CacheControl: `max-age=${age}` } }] });
  const project = createAssetProject(t, { 'default/a.mp3': 'a' }, withAge(1));
  await project.deployAssets();
  const faults = [1, 2];
  aws.intercept(({ operation }) =>
    operation === 'GetObject' && faults.pop()
      ? {
          deliver({ headers, body }, response) {
            response.writeHead(200, headers);
            response.write(body.subarray(0, body.length / 2), () => response.destroy());
          },
        }
      : undefined,
  );
  project.configureS3(withAge(2));
  await project.deployAssets();
  assert.equal(aws.requests('GetObject').length, 3);
});

for (const filter of [
  ['./sounds/*'],
  ['default/sounds/*'],
  ['/sounds/*'],
  ['*.mp3,*.png'],
  ['sounds\\*', '*.MP3'],
]) {
  test(`a warning names the entry of a filter that matches no asset: ${filter}`, async (t) => {
    const entry = (patterns) => ({ filter: patterns, params: { CacheControl: 'no-cache' } });
    const uploadParams = [entry(['*.png', '*.gif']), entry(filter), { params: {} }];
    const assets = { 'default/sounds/meow.mp3': 'meow', 'default/purr.png': 'purr' };
    const { lines } = await createAssetProject(t, assets, { uploadParams }).deployAssets();
    const about = lines('warning').filter((line) => line.includes('uploadParams'));
    assert.equal(about.length, 1);
    assertMentions(about[0], 's3Configuration.uploadParams[1].filter');
  });
}

test('a filter whose assets an earlier entry takes, or a project without assets, is not warned of', async (t) => {
  const uploadParams = ['*.png', 'purr.*', '*'].map((pattern) => ({
    filter: [pattern],
    params: { CacheControl: 'no-cache' },
  }));
  for (const assets of [{ 'default/purr.png': 'purr' }, {}]) {
    const { lines } = await createAssetProject(t, assets, { uploadParams }).deployAssets();
    assert.deepEqual(lines('warning'), []);
  }
});
