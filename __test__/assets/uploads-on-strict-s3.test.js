'use strict';

// Uploads on the strict S3: checksums, the module's own objects, requester-pays buckets, and uploads
// in parts whose answers are lost or that another machine is working on.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { test } = require('node:test');
const { openStrictS3 } = require('../support/aws/use-strict-s3');
const { cloneAssetProject, createAssetProject } = require('../support/litexa/project');
const { BUCKET, MANIFEST, PREFIX } = require('../support/litexa/project');
const { ACCOUNT, KEYS } = require('../support/aws/strict-s3/server');

const MIB = 1024 * 1024;
const DAY_MS = 24 * 3600 * 1000;
const FILM = `${PREFIX}default/film.mp4`;
const SMALL_FILE = { 'default/meow.mp3': 'meow' };
const LARGE_FILE = { 'default/film.mp4': crypto.randomBytes(17 * MIB + 1) };

/** Starts a strict S3 with an old, open bucket. */
async function openBucket(t, { bucket, ...options } = {}) {
  const s3 = await openStrictS3(t, options);
  s3.createBucket(BUCKET, bucket);
  return s3;
}

const objectsOf = (s3) => s3.buckets.get(BUCKET).objects;
const uploadsOf = (s3) => s3.buckets.get(BUCKET).uploads;

for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256']) {
  test(`requests that name ${algorithm} carry it, in one request and in parts`, async (t) => {
    const s3 = await openBucket(t);
    const uploadParams = [{ params: { ChecksumAlgorithm: algorithm } }];
    const files = { ...SMALL_FILE, ...LARGE_FILE };
    await createAssetProject(t, files, { uploadParams }).deployAssets();
    const header = `x-amz-checksum-${algorithm.toLowerCase()}`;
    const uploads = [
      ...s3.sent('PutObject').filter(({ key }) => key !== MANIFEST),
      ...s3.sent('UploadPart'),
    ];
    assert.equal(uploads.length, 4);
    for (const { operation, headers } of uploads) {
      assert.ok(headers[header] ?? headers['x-amz-trailer'] === header, operation);
      assert.ok(headers['content-md5'], `Content-MD5 of ${operation}`);
    }
    const [completion] = s3.sent('CompleteMultipartUpload');
    const values = completion.body.toString().match(new RegExp(`<Checksum${algorithm}>[^<]+`, 'g'));
    assert.equal(values.length, 3);
    for (const key of [`${PREFIX}default/meow.mp3`, FILM]) {
      assert.equal(objectsOf(s3).get(key).checksum.algorithm, algorithm);
    }
  });
}

test('requests that name no algorithm carry a Content-MD5 and no other checksum', async (t) => {
  const s3 = await openBucket(t);
  const uploadParams = [{ filter: ['*.png'], params: { ChecksumAlgorithm: 'SHA256' } }];
  await createAssetProject(t, SMALL_FILE, { uploadParams }).deployAssets();
  const [{ headers }] = s3.sent('PutObject');
  assert.ok(headers['content-md5']);
  assert.deepEqual(
    Object.keys(headers).filter((name) => /x-amz-(checksum|trailer|sdk-checksum)/.test(name)),
    [],
  );
});

const denyUnless = (condition) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:PutObject',
        Resource: `arn:aws:s3:::${BUCKET}/*`,
        Condition: condition,
      },
    ],
  });

const ENCRYPTION = 's3:x-amz-server-side-encryption';
const AES256 = { ServerSideEncryption: 'AES256' };
const KMS = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/cats' };

for (const [what, condition, uploadParams] of [
  ['AES256', { StringNotEquals: { [ENCRYPTION]: 'AES256' } }, [{ params: AES256 }]],
  ['any encryption', { Null: { [ENCRYPTION]: 'true' } }, [{ filter: ['*'], params: AES256 }]],
  [
    'a KMS key',
    { StringNotEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': 'alias/cats' } },
    [{ params: KMS }],
  ],
]) {
  test(`a bucket that demands ${what} gets the upload manifest with it`, async (t) => {
    const s3 = await openBucket(t, { bucket: { policy: denyUnless(condition) } });
    const project = createAssetProject(t, SMALL_FILE, { uploadParams });
    await project.deployAssets();
    assert.ok(objectsOf(s3).has(MANIFEST));
    s3.requests.length = 0;
    await project.deployAssets();
    assert.deepEqual(s3.sent('PutObject'), []);
  });
}

test('the upload manifest names the expected owner, and no other parameters of the assets', async (t) => {
  const s3 = await openBucket(t);
  const params = { CacheControl: 'no-cache', Metadata: { mood: 'hungry' } };
  const uploadParams = [{ params: { ...params, ExpectedBucketOwner: ACCOUNT } }];
  await createAssetProject(t, SMALL_FILE, { uploadParams }).deployAssets();
  const { headers } = s3.sent('PutObject').find(({ key }) => key === MANIFEST);
  assert.equal(headers['x-amz-expected-bucket-owner'], ACCOUNT);
  assert.deepEqual([headers['cache-control'], headers['x-amz-meta-mood']], [undefined, undefined]);
});

for (const filter of [undefined, ['*.mp3']]) {
  test(`with RequestPayer ${filter ? 'for some assets' : ''}, every request accepts the charges`, async (t) => {
    const everyone = [
      { Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: `arn:aws:s3:::${BUCKET}` },
      { Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: `arn:aws:s3:::${BUCKET}/*` },
    ];
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: everyone });
    const bucket = { account: '999999999999', requesterPays: true, policy };
    const s3 = await openBucket(t, { bucket });
    const uploadParams = [{ filter, params: { RequestPayer: 'requester' } }];
    const bucketOwner = bucket.account;
    const options = { uploadParams, bucketOwner, publicAccess: 'none', deleteRemovedAssets: true };
    const files = { ...SMALL_FILE, ...LARGE_FILE, 'default/old.png': 'old' };
    const project = createAssetProject(t, files, options);
    await project.deployAssets();
    project.write('litexa/assets/old.png', null);
    await project.deployAssets();
    assert.deepEqual([...objectsOf(s3).keys()].filter((key) => key.startsWith(PREFIX)).length, 2);
    const operations = new Set(s3.requests.map(({ operation }) => operation));
    assert.ok(
      operations.has('DeleteObjects') && operations.has('UploadPart'),
      [...operations].join(),
    );
    for (const { service, operation, headers, status } of s3.requests) {
      if (service !== 's3') continue;
      assert.equal(headers['x-amz-request-payer'], 'requester', operation);
      assert.notEqual(status, 403, operation);
    }
  });
}

test('without RequestPayer, no request accepts charges', async (t) => {
  const s3 = await openBucket(t);
  await createAssetProject(t, SMALL_FILE).deployAssets();
  assert.ok(s3.requests.every(({ headers }) => headers['x-amz-request-payer'] === undefined));
});

/** Makes the parts of the first upload of a bucket wait, and those of the second one for longer. */
function slowUploads(s3) {
  const uploadIds = new Set();
  const isOf = (number) => (call) => {
    for (const id of uploadsOf(s3).keys()) uploadIds.add(id);
    return [...uploadIds].indexOf(call.query.get('uploadId')) === number;
  };
  const fault = { kind: 'answer-slow', operation: 'UploadPart', times: Infinity };
  s3.addFault({ ...fault, ms: 1500, when: isOf(0) });
  s3.addFault({ ...fault, ms: 3000, when: isOf(1) });
}

test('an upload that another machine is working on is left to it', async (t) => {
  const s3 = await openBucket(t);
  const project = createAssetProject(t, LARGE_FILE);
  const clone = cloneAssetProject(t, project);
  slowUploads(s3);
  await Promise.all([project.deployAssets(), clone.deployAssets()]);
  assert.deepEqual(s3.sent('AbortMultipartUpload'), []);
  assert.equal(s3.sent('CompleteMultipartUpload').length, 2);
});

const skip = process.platform === 'win32' && 'Windows removes no folder with open files';

test(
  'an upload of this checkout is left alone if .deploy was removed while it was sent',
  { skip },
  async (t) => {
    const s3 = await openBucket(t);
    const project = createAssetProject(t, LARGE_FILE);
    s3.addFault({ kind: 'answer-slow', operation: 'UploadPart', ms: 2000, times: 3 });
    const first = project.deployAssets();
    while (s3.sent('UploadPart').length < 3) await new Promise((done) => setTimeout(done, 20));
    project.write('.deploy', null);
    await project.deployAssets();
    await first;
    assert.deepEqual(s3.sent('AbortMultipartUpload'), []);
  },
);

for (const kind of ['answer-lost', 'answer-cut']) {
  test(`the upload whose ID was lost is aborted (${kind})`, async (t) => {
    const s3 = await openBucket(t);
    s3.addFault({ kind, operation: 'CreateMultipartUpload' });
    await createAssetProject(t, LARGE_FILE).deployAssets();
    assert.equal(s3.sent('CreateMultipartUpload').length, 2);
    assert.ok(objectsOf(s3).has(FILM));
    assert.equal(uploadsOf(s3).size, 0);
  });
}

test('the upload whose ID was lost is aborted by the next deployment if this one cannot', async (t) => {
  const s3 = await openBucket(t);
  s3.addFault({ kind: 'answer-lost', operation: 'CreateMultipartUpload' });
  const refusal = { kind: 'refused', status: 403, code: 'AccessDenied' };
  s3.addFault({ ...refusal, operation: 'AbortMultipartUpload' });
  const project = createAssetProject(t, LARGE_FILE);
  await project.deployAssets();
  assert.equal(uploadsOf(s3).size, 1);
  await project.deployAssets();
  assert.equal(uploadsOf(s3).size, 0);
});

for (const minutes of [-60, -20, 60]) {
  test(`the upload whose ID was lost is aborted by a machine whose clock is ${minutes} min off, and no other one`, async (t) => {
    const s3 = await openBucket(t, { clock: () => Date.now() - minutes * 60_000 });
    const settings = { storageClass: 'STANDARD' };
    const add = (id, ageMinutes) => {
      const initiated = s3.clock() - ageMinutes * 60_000;
      uploadsOf(s3).set(id, { id, key: FILM, initiated, settings, parts: new Map() });
    };
    // Another machine has begun it 20 min ago.
    add('other', 20);
    s3.addFault({ kind: 'answer-lost', operation: 'CreateMultipartUpload' });
    await createAssetProject(t, LARGE_FILE).deployAssets();
    assert.deepEqual([...uploadsOf(s3).keys()], ['other']);
  });
}

for (const foreign of [999, 1000, 2500]) {
  test(`the upload whose ID was lost is found after ${foreign} others`, async (t) => {
    const s3 = await openBucket(t);
    for (let i = 0; i < foreign; i++) {
      const id = `foreign${String(i).padStart(5, '0')}`;
      const key = `${PREFIX}default/0${i}`;
      const settings = { storageClass: 'STANDARD' };
      uploadsOf(s3).set(id, { id, key, initiated: Date.now(), settings, parts: new Map() });
    }
    s3.addFault({ kind: 'answer-lost', operation: 'CreateMultipartUpload' });
    await createAssetProject(t, LARGE_FILE).deployAssets();
    assert.equal(uploadsOf(s3).size, foreign);
    assert.ok([...uploadsOf(s3).values()].every(({ key }) => key !== FILM));
  });
}

for (const kind of ['answer-lost', 'answer-cut']) {
  for (const rulesOff of [[], ['completion-repeated']]) {
    const memory = rulesOff.length > 0 ? 'has forgotten' : 'remembers';
    test(`an upload that S3 has completed and ${memory} is uploaded (${kind})`, async (t) => {
      const s3 = await openBucket(t, { rulesOff });
      s3.addFault({ kind, operation: 'CompleteMultipartUpload' });
      const project = createAssetProject(t, LARGE_FILE);
      await project.deployAssets();
      assert.deepEqual(s3.sent('AbortMultipartUpload'), []);
      s3.requests.length = 0;
      await project.deployAssets();
      assert.deepEqual(s3.sent('CreateMultipartUpload'), []);
    });
  }
}

/** Aborts the next uploads when they are completed, as something else would, and loses the answer. */
function abortUploads(s3, times) {
  const aborted = new Set();
  const abort = ({ query, operation }) => {
    const id = query.get('uploadId');
    if (operation !== 'CompleteMultipartUpload' || aborted.has(id)) return false;
    uploadsOf(s3).delete(id);
    aborted.add(id);
    return true;
  };
  s3.addFault({ kind: 'internal-error', when: abort, times });
}

test('an upload that something else has aborted is sent again, even if an old object is there', async (t) => {
  const s3 = await openBucket(t);
  const project = createAssetProject(t, { 'default/film.mp4': Buffer.alloc(17 * MIB, 'old') });
  await project.deployAssets();
  project.writeAsset('default/film.mp4', LARGE_FILE['default/film.mp4']);
  abortUploads(s3, 1);
  await project.deployAssets();
  assert.ok(objectsOf(s3).get(FILM).body.equals(LARGE_FILE['default/film.mp4']));
});

test('an upload that something else aborts twice is an error', async (t) => {
  const s3 = await openBucket(t);
  const project = createAssetProject(t, LARGE_FILE);
  abortUploads(s3, 2);
  await assert.rejects(project.deployAssets(), /NoSuchUpload/);
  assert.equal(s3.sent('CreateMultipartUpload').length, 2);
});

const DSSE = { ServerSideEncryption: 'aws:kms:dsse' };

for (const [what, kinds, bucket, uploadParams] of [
  ['a KMS key', ['answer-lost', 'answer-cut'], {}, [{ params: KMS }]],
  ['two layers of a KMS key', ['answer-lost'], {}, [{ params: DSSE }]],
  ["the bucket's KMS key", ['answer-lost'], { encryption: 'aws:kms' }],
]) {
  for (const kind of kinds) {
    for (const rulesOff of [[], ['completion-repeated']]) {
      const memory = rulesOff.length > 0 ? 'has forgotten' : 'remembers';
      test(`an upload that S3 encrypts with ${what}, has completed and ${memory} is uploaded (${kind})`, async (t) => {
        const s3 = await openBucket(t, { rulesOff, bucket });
        s3.addFault({ kind, operation: 'CompleteMultipartUpload' });
        const files = { ...SMALL_FILE, ...LARGE_FILE };
        const project = createAssetProject(t, files, { uploadParams });
        await project.deployAssets();
        assert.ok(objectsOf(s3).get(FILM).body.equals(LARGE_FILE['default/film.mp4']));
        assert.equal(uploadsOf(s3).size, 0);
        // The ETag is known now, so nothing is sent again.
        s3.requests.length = 0;
        await project.deployAssets();
        assert.deepEqual([s3.sent('CreateMultipartUpload'), s3.sent('PutObject')], [[], []]);
      });
    }
  }
}

test('an upload that S3 has completed and forgotten is found without the permission to read assets', async (t) => {
  const actions = ['s3:ListBucket', 's3:PutObject', 's3:PutObjectAcl'];
  const policy = { Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] };
  const [[accessKey, owner]] = Object.entries(KEYS);
  const keys = { [accessKey]: { ...owner, policy } };
  const s3 = await openBucket(t, { rulesOff: ['completion-repeated'], keys });
  s3.addFault({ kind: 'answer-lost', operation: 'CompleteMultipartUpload' });
  await createAssetProject(t, LARGE_FILE).deployAssets();
  assert.equal(s3.sent('CreateMultipartUpload').length, 1);
  assert.ok(objectsOf(s3).has(FILM));
});

test('another object whose key begins with that of the lost one is not taken for it', async (t) => {
  const s3 = await openBucket(t);
  const files = { 'default/film.mp4': LARGE_FILE['default/film.mp4'] };
  const project = createAssetProject(t, files);
  await project.deployAssets();
  const object = objectsOf(s3).get(FILM);
  objectsOf(s3).set(`${FILM}.copy`, { ...object, key: `${FILM}.copy` });
  objectsOf(s3).delete(FILM);
  abortUploads(s3, 1);
  await project.deployAssets();
  assert.ok(objectsOf(s3).has(FILM));
});

test('uploads whose keys XML cannot hold are listed: the lost one is aborted, and orphans are', async (t) => {
  const s3 = await openBucket(t);
  const add = (id, name, age) => {
    const settings = { storageClass: 'STANDARD' };
    const [key, initiated] = [`${PREFIX}default/${name}`, Date.now() - age];
    uploadsOf(s3).set(id, { id, key, initiated, settings, parts: new Map() });
  };
  const names = ['\u0010', 'a\ufffe.mp4', 'b+c d%41&<.mp4', '\u{1f408}'];
  for (const [i, name] of names.entries()) {
    add(`young${i}`, name, 0);
    add(`old${i}`, name, 2 * DAY_MS);
  }
  // They fill the first page, whose last key is the marker of the next one.
  for (let i = 0; i < 1000; i++) add(`page${String(i).padStart(4, '0')}`, `\u0001+ ${i % 7}`, 0);
  s3.addFault({ kind: 'answer-lost', operation: 'CreateMultipartUpload' });
  const { lines } = await createAssetProject(t, LARGE_FILE).deployAssets();
  assert.deepEqual(lines('warning'), []);
  const left = [...uploadsOf(s3).keys()];
  assert.deepEqual(
    left.filter((id) => !id.startsWith('page')),
    ['young0', 'young1', 'young2', 'young3'],
  );
  assert.equal(left.length, 1004);
});
