'use strict';

// s3Configuration.uploadParams: how objects are sent, and how a change of it reaches them.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { useAws, assetSkill, BUCKET, PREFIX } = require('../support/litexa/asset-skill');

const stage = useAws();

const FILES = { 'default/meow.mp3': 'meow', 'default/paw.png': 'paw', 'de-DE/paw.png': 'Pfote' };
const ALL = ['de-DE/meow.mp3', 'de-DE/paw.png', 'default/meow.mp3', 'default/paw.png'];
const SOUNDS = ['de-DE/meow.mp3', 'default/meow.mp3'];

const cached = (CacheControl, filter) => ({ uploadParams: [{ filter, params: { CacheControl } }] });

test('parameters arrive as the headers of PutObject', async (t) => {
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
    ExpectedBucketOwner: stage.emulator.account,
    ChecksumAlgorithm: 'SHA256',
  };
  await assetSkill(t, { 'default/meow.mp3': 'meow' }, { uploadParams: [{ params }] }).deploy();
  const headers = stage.headersOf('default/meow.mp3');
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
    'x-amz-expected-bucket-owner': stage.emulator.account,
    'x-amz-sdk-checksum-algorithm': 'SHA256',
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(headers[name], value, name);
  assert.match(headers['content-encoding'], /\bidentity\b/);
});

test('object lock and KMS parameters arrive as headers, too', async (t) => {
  stage.proxy.on(({ operation }) =>
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
  const skill = assetSkill(t, { 'default/meow.mp3': 'meow' }, { uploadParams: [{ params }] });
  const { lines } = await skill.deploy();
  const headers = stage.headersOf('default/meow.mp3');
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

test('a parameter that is accepted is sent', async (t) => {
  stage.proxy.on(({ operation }) => (operation === 'PutObject' ? { status: 200 } : undefined));
  const params = { ObjectLockEventHold: 'ON', ObjectLockEventHoldDurationDays: 3 };
  await assetSkill(t, { 'default/meow.mp3': 'meow' }, { uploadParams: [{ params }] }).deploy();
  const names = Object.keys(stage.headersOf('default/meow.mp3'));
  assert.equal(names.filter((name) => /event-hold/.test(name)).length, 2, names.join(', '));
});

for (const [form, Expires] of [
  ['a JavaScript Date', new Date('2030-01-31T12:00:00.500Z')],
  ['an ISO string', '2030-01-31T13:00:00+01:00'],
  ['seconds since 1970', 1896091200],
]) {
  test(`Expires may be ${form}`, async (t) => {
    const skill = assetSkill(t, { 'default/meow.mp3': 'meow' });
    const uploadParams = [{ params: { Expires } }];
    await skill.deploy({ options: { s3Configuration: { bucketName: BUCKET, uploadParams } } });
    assert.equal(stage.headersOf('default/meow.mp3').expires, 'Thu, 31 Jan 2030 12:00:00 GMT');
  });
}

test('with grants, no canned ACL is sent', async (t) => {
  const GrantRead = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"';
  await assetSkill(t, FILES, { uploadParams: [{ params: { GrantRead } }] }).deploy();
  const headers = stage.headersOf('default/meow.mp3');
  assert.equal(headers['x-amz-grant-read'], GrantRead);
  assert.equal(headers['x-amz-acl'], undefined);
});

test('the first matching filter wins, and the rest gets the default', async (t) => {
  const uploadParams = [
    { params: { CacheControl: 'default' } },
    { filter: ['*.mp3'], params: { CacheControl: 'sound' } },
    { filter: ['meow.*'], params: { CacheControl: 'late' } },
  ];
  await assetSkill(t, FILES, { uploadParams }).deploy();
  assert.equal(stage.headersOf('default/meow.mp3')['cache-control'], 'sound');
  assert.equal(stage.headersOf('de-DE/paw.png')['cache-control'], 'default');
});

for (const [kind, name, value, expected] of [
  ['a reserved key', 'ContentType', 'audio/mpeg', /ContentType/],
  ['an unknown key', 'CacheControll', 'no-cache', /\bCacheControl\b/],
  ['a wrong type', 'Metadata', ['mood'], /string/],
]) {
  test(`${kind} fails before anything is asked of AWS, and is named`, async (t) => {
    const uploadParams = [{}, { filter: ['*.mp3'], params: { [name]: value } }];
    await assert.rejects(assetSkill(t, FILES, { uploadParams }).deploy(), ({ code, message }) => {
      assert.equal(code, 'INVALID_OPTION');
      assertMentions(message, `s3Configuration.uploadParams[1].params.${name}`, expected);
      return true;
    });
    assert.deepEqual(stage.proxy.requests, []);
  });
}

test('a changed parameter reaches exactly the objects that it is for', async (t) => {
  const skill = assetSkill(t, FILES);
  await skill.deploy();
  skill.configure(cached('max-age=60', ['*.mp3']));
  stage.proxy.clear();
  await skill.deploy();
  assert.deepEqual(stage.uploaded(), SOUNDS);
  const sound = await stage.aws.headObject(BUCKET, `${PREFIX}default/meow.mp3`);
  assert.equal(sound['cache-control'], 'max-age=60');
});

test('a parameter that is taken away is taken from the objects, too', async (t) => {
  const skill = assetSkill(t, FILES, cached('max-age=60', ['*.mp3']));
  await skill.deploy();
  skill.configure({});
  stage.proxy.clear();
  await skill.deploy();
  assert.deepEqual(stage.uploaded(), SOUNDS);
  const sound = await stage.aws.headObject(BUCKET, `${PREFIX}default/meow.mp3`);
  assert.equal(sound['cache-control'], undefined);
});

test('a changed parameter arrives although the CLI has wiped .deploy', async (t) => {
  const skill = assetSkill(t, FILES, cached('max-age=60'));
  await skill.deploy();
  skill.configure(cached('max-age=90'));
  skill.wipeDeployFolder();
  stage.proxy.clear();
  await skill.deploy();
  assert.deepEqual(stage.uploaded(), ALL);
});

test('a fresh checkout sends changed parameters, and nothing that is there already', async (t) => {
  const skill = assetSkill(t, FILES, cached('max-age=60', ['*.mp3']));
  await skill.deploy();
  const elsewhere = skill.checkOutElsewhere(t);
  stage.proxy.clear();
  await elsewhere.deploy();
  assert.deepEqual(stage.proxy.writes(), []);

  elsewhere.configure(cached('max-age=90', ['*.mp3']));
  await elsewhere.deploy();
  assert.deepEqual(stage.uploaded(), SOUNDS);
});

test('once parameters are sent, a deployment writes nothing and fetches no object', async (t) => {
  const skill = assetSkill(t, FILES, cached('max-age=60'));
  await skill.deploy();
  skill.configure(cached('max-age=90'));
  await skill.deploy();
  stage.proxy.clear();
  await skill.deploy();
  assert.deepEqual(stage.proxy.writes(), []);
  assert.deepEqual(stage.asked('GetObject'), []);
});

test('an interrupted change is made good, even where the configuration goes back', async (t) => {
  const skill = assetSkill(t, FILES, cached('max-age=60'));
  await skill.deploy();
  skill.configure(cached('max-age=90'));
  const refusal = { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' };
  let sent = 0;
  const stop = ({ operation }) => (operation === 'PutObject' && ++sent > 1 ? refusal : undefined);
  stage.proxy.on(stop);
  await assert.rejects(skill.deploy(), { code: 'ACCESS_DENIED' });

  stage.proxy.forget();
  skill.configure(cached('max-age=60'));
  await skill.deploy();
  for (const key of ALL) {
    const headers = await stage.aws.headObject(BUCKET, PREFIX + key);
    assert.equal(headers['cache-control'], 'max-age=60', key);
  }
});

test('objects whose ETag is not their MD5, as with SSE-KMS, are sent once', async (t) => {
  encryptWithKms();
  const skill = assetSkill(t, FILES);
  await skill.deploy();
  stage.proxy.clear();
  await skill.deploy();
  assert.deepEqual(stage.proxy.writes(), []);

  skill.write('default/paw.png', 'other');
  await skill.deploy();
  assert.deepEqual(stage.uploaded(), ['default/paw.png']);
});

test('without the right to read the record, a warning names it and assets go up all the same', async (t) => {
  const skill = assetSkill(t, FILES, cached('max-age=60'));
  await skill.deploy();
  skill.configure(cached('max-age=90'));
  stage.refuse('GetObject', 403, 'AccessDenied', 'Access Denied');
  stage.proxy.clear();
  const { lines } = await skill.deploy();
  assert.match(lines('warning').join('\n'), /s3:GetObject/);
  assert.deepEqual(stage.uploaded(), ALL);
});

/** Every ETag that S3 tells becomes one that says nothing about the content. */
function encryptWithKms() {
  const opaque = (etag) => crypto.createHash('md5').update(`kms ${etag}`).digest('hex');
  const inXml = /(<ETag>(?:"|&quot;))([0-9a-f]+)/g;
  stage.proxy.on(({ operation }) => {
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

test('a record whose answer breaks off is asked for again', async (t) => {
  const withAge = (age) => ({ uploadParams: [{ params: { CacheControl: `max-age=${age}` } }] });
  const skill = assetSkill(t, { 'default/a.mp3': 'a' }, withAge(1));
  await skill.deploy();
  const faults = [1, 2];
  stage.proxy.on(({ operation }) =>
    operation === 'GetObject' && faults.pop()
      ? {
          deliver({ headers, body }, response) {
            response.writeHead(200, headers);
            response.write(body.subarray(0, body.length / 2), () => response.destroy());
          },
        }
      : undefined,
  );
  skill.configure(withAge(2));
  await skill.deploy();
  assert.equal(stage.asked('GetObject').length, 3);
});
