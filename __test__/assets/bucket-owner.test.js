'use strict';

// Bucket names are global: whoever takes a name may let everyone in. Assets go to a bucket of
// the account that deploys, or of the one that the options name.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { ACCOUNT } = require('../support/aws/strict-s3/server');
const { openStrictS3 } = require('../support/aws/use-strict-s3');
const { setVariables } = require('../support/environment');
const { createAssetProject, BUCKET, PREFIX } = require('../support/litexa/project');
const { startProxy } = require('../support/network/connect-proxy');
const { listen } = require('../support/network/listen');
const { tempDir } = require('../support/tmp');

const OTHER = '999999999999';
const OPEN = JSON.stringify({
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' }],
});
const FILES = { 'default/meow.mp3': 'meow' };

const isWrite = ({ service, method }) => service === 's3' && !['GET', 'HEAD'].includes(method);
const writes = (s3) => s3.requests.filter(isWrite);
const count = (s3, name) => s3.requests.filter(({ operation }) => operation === name).length;
/** Reads that only find out who owns the bucket. */
const ownerChecks = (s3) =>
  s3.requests.filter(
    (request) => !isWrite(request) && request.headers['x-amz-expected-bucket-owner'],
  );
const owners = (s3) => [
  ...new Set(writes(s3).map(({ headers }) => headers['x-amz-expected-bucket-owner'])),
];

async function openBucket(t, account) {
  const s3 = await openStrictS3(t);
  s3.createBucket(BUCKET, { account, policy: account === ACCOUNT ? undefined : OPEN });
  return s3;
}

test('every request that writes to a bucket of the own account expects this owner', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  const film = Buffer.alloc(17 << 20, 'film');
  const s3Configuration = {
    publicAccess: 'bucketPolicy',
    deleteRemovedAssets: true,
    uploadParams: [{ filter: ['*.png'], params: { CacheControl: 'no-cache' } }],
  };
  const files = { ...FILES, 'default/purr.png': 'purr', 'default/film.mp4': film };
  const project = createAssetProject(t, files, s3Configuration);
  await project.deployAssets();
  project.write('litexa/assets/purr.png', null);
  await project.deployAssets();
  assert.deepEqual(owners(s3), [ACCOUNT]);
  const operations = new Set(writes(s3).map(({ operation }) => operation));
  for (const name of ['PutBucketPolicy', 'CreateMultipartUpload', 'UploadPart', 'DeleteObjects']) {
    assert.ok(operations.has(name), name);
  }
});

test('a change is sent without a request for the owner, since S3 verifies it with the change', async (t) => {
  for (const [title, s3Configuration, operation] of [
    ['content', {}, 'PutObject'],
    ['a large file', {}, 'CreateMultipartUpload'],
    ['parameters', { uploadParams: [{ params: { CacheControl: 'no-cache' } }] }, 'PutObject'],
  ]) {
    const s3 = await openBucket(t, ACCOUNT);
    const project = createAssetProject(t, FILES, s3Configuration);
    await project.deployAssets();
    s3.requests.length = 0;
    const content = title === 'a large file' ? Buffer.alloc(17 << 20, 'hiss') : 'hiss';
    project.writeAsset('default/meow.mp3', content);
    await project.deployAssets();
    assert.ok(s3.sent(operation).length > 0, title);
    assert.deepEqual(owners(s3), [ACCOUNT], title);
    assert.deepEqual(ownerChecks(s3), [], title);
  }
});

test('a new bucket is configured and filled with its owner expected', async (t) => {
  const s3 = await openStrictS3(t);
  await createAssetProject(t, FILES).deployAssets();
  const uploads = writes(s3).filter(({ operation }) => operation === 'PutObject');
  assert.deepEqual(
    uploads.map(({ headers }) => headers['x-amz-expected-bucket-owner']),
    [ACCOUNT],
  );
});

test('an unchanged deployment asks for the account while it reads, and does not check the owner', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  const project = createAssetProject(t, FILES);
  await project.deployAssets();
  s3.requests.length = 0;
  await project.deployAssets();
  assert.equal(count(s3, 'GetCallerIdentity'), 1);
  assert.equal(count(s3, 'HeadBucket'), 1);
  assert.deepEqual(writes(s3), []);
});

test('the bucket of another account is refused, if it has nothing of this target', async (t) => {
  const s3 = await openBucket(t, OTHER);
  await assert.rejects(createAssetProject(t, FILES).deployAssets(), ({ code, message }) => {
    assert.equal(code, 'BUCKET_UNAVAILABLE');
    assertMentions(message, BUCKET, ACCOUNT, 's3Configuration.bucketOwner');
    return true;
  });
  assert.deepEqual(writes(s3), []);
});

test('the bucket of another account that has objects of this target is used with a warning', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  const project = createAssetProject(t, FILES);
  await project.deployAssets();
  Object.assign(s3.buckets.get(BUCKET), { account: OTHER, policy: OPEN });
  project.writeAsset('default/meow.mp3', 'hiss');
  const { lines } = await project.deployAssets();
  assert.equal(lines('warning').length, 1);
  assertMentions(lines('warning')[0], BUCKET, ACCOUNT, 's3Configuration.bucketOwner');
  assert.equal(
    String(s3.buckets.get(BUCKET).objects.get(`${PREFIX}default/meow.mp3`).body),
    'hiss',
  );
});

for (const [title, s3Configuration] of [
  ['bucketOwner', { bucketOwner: OTHER }],
  ['ExpectedBucketOwner', { uploadParams: [{ params: { ExpectedBucketOwner: OTHER } }] }],
  ['both', { bucketOwner: OTHER, uploadParams: [{ params: { ExpectedBucketOwner: OTHER } }] }],
]) {
  test(`the bucket of another account is used if the options name it: ${title}`, async (t) => {
    const s3 = await openBucket(t, OTHER);
    const { lines } = await createAssetProject(t, FILES, s3Configuration).deployAssets();
    assert.deepEqual(owners(s3), [OTHER]);
    assert.ok(!lines('warning').join('\n').includes('account'));
  });

  test(`a bucket of any other account is refused if the options name one: ${title}`, async (t) => {
    for (const account of [ACCOUNT, '111111111111']) {
      const s3 = await openBucket(t, account);
      await assert.rejects(createAssetProject(t, FILES, s3Configuration).deployAssets(), {
        code: 'BUCKET_UNAVAILABLE',
      });
      assert.deepEqual(writes(s3), []);
    }
  });
}

test('two owners in the options are an error that names both, before any request', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  const uploadParams = [{ params: { ExpectedBucketOwner: OTHER } }];
  const project = createAssetProject(t, FILES, { bucketOwner: ACCOUNT, uploadParams });
  await assert.rejects(project.deployAssets(), ({ code, message }) => {
    assert.equal(code, 'INVALID_OPTION');
    assertMentions(message, ACCOUNT, OTHER, 'bucketOwner', 'ExpectedBucketOwner');
    return true;
  });
  assert.deepEqual(s3.requests, []);
});

test('the bucket of another account that has objects of this target takes large files and parameters, too', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  const uploadParams = [{ params: { CacheControl: 'no-cache' } }];
  const project = createAssetProject(t, FILES, { uploadParams });
  await project.deployAssets();
  Object.assign(s3.buckets.get(BUCKET), { account: OTHER, policy: OPEN });
  const film = Buffer.alloc(17 << 20, 'film');
  project.writeAsset('default/film.mp4', film);
  project.writeAsset('default/meow.mp3', 'hiss');
  const { lines } = await project.deployAssets();
  assert.equal(lines('warning').length, 1);
  const { objects } = s3.buckets.get(BUCKET);
  assert.equal(String(objects.get(`${PREFIX}default/meow.mp3`).body), 'hiss');
  assert.ok(objects.has(`${PREFIX}default/film.mp4`));
  s3.requests.length = 0;
  await project.deployAssets();
  assert.deepEqual(writes(s3), [], 'everything is there');
});

test('a write to the own bucket that S3 denies is an error about this write', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  const project = createAssetProject(t, FILES);
  await project.deployAssets();
  const deny = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: '*' };
  Object.assign(s3.buckets.get(BUCKET), { policy: JSON.stringify({ Statement: [deny] }) });
  project.writeAsset('default/meow.mp3', 'hiss');
  await assert.rejects(project.deployAssets(), ({ code, message }) => {
    assert.equal(code, 'ACCESS_DENIED');
    assertMentions(message, 'meow.mp3', 's3:PutObject');
    return true;
  });
});

test('STS is not asked where the credentials name their account', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  process.env.AWS_ACCOUNT_ID = ACCOUNT;
  await createAssetProject(t, FILES).deployAssets();
  assert.equal(count(s3, 'GetCallerIdentity'), 0);
  assert.deepEqual(owners(s3), [ACCOUNT]);
});

test('without an answer of STS, assets are deployed with a warning', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  const isSts = ({ service }) => service === 'sts';
  s3.addFault({ kind: 'refused', status: 403, code: 'AccessDenied', times: 99, when: isSts });
  const { lines } = await createAssetProject(t, FILES).deployAssets();
  assert.equal(lines('warning').length, 1);
  assertMentions(lines('warning')[0], 'sts:GetCallerIdentity', BUCKET);
});

/** Starts an STS that keeps its responses for a test. */
async function openSilentSts(t) {
  const waiting = [];
  const { url, close } = await listen(http.createServer((_, response) => waiting.push(response)));
  t.after(close);
  setVariables(t, { AWS_ENDPOINT_URL_STS: url });
  return waiting;
}

/** Leads requests for S3 to the server once a condition is true. */
async function holdS3(t, s3, isReady) {
  const gate = net.createServer(async (socket) => {
    await waitFor(() => isReady() || socket.destroyed);
    const upstream = net.connect(new URL(s3.url).port, '127.0.0.1');
    for (const end of [socket, upstream]) end.on('error', () => {});
    socket.pipe(upstream).pipe(socket);
  });
  const { url, close } = await listen(gate);
  t.after(close);
  setVariables(t, { AWS_ENDPOINT_URL_S3: url });
}

async function waitFor(isTrue) {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('an unchanged deployment does not wait for STS', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  const project = createAssetProject(t, FILES);
  await project.deployAssets();
  const sts = await openSilentSts(t);
  await holdS3(t, s3, () => sts.length > 0);
  const { lines } = await project.deployAssets();
  assert.equal(sts.length, 1, 'STS was asked');
  // A line would report a request that is waited for, and STS does not answer at all.
  assert.ok(!lines().some((line) => line.includes('waiting')), lines().join('\n'));
});

test('a deployment that writes waits for the one request to STS that it has made while it read', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  const sts = await openSilentSts(t);
  await holdS3(t, s3, () => sts.length > 0);
  const deployed = createAssetProject(t, FILES).deployAssets();
  // The age of the bucket is asked for after the target's state has been read.
  let isOver = false;
  const over = () => (isOver = true);
  deployed.then(over, over);
  await waitFor(() => isOver || s3.sent('ListBuckets').length > 0);
  assert.equal(s3.sent('ListBuckets').length, 1);
  assert.deepEqual(writes(s3), []);
  const identity = `<GetCallerIdentityResult><Account>${ACCOUNT}</Account></GetCallerIdentityResult>`;
  sts[0].setHeader('content-type', 'text/xml');
  sts[0].end(`<GetCallerIdentityResponse>${identity}</GetCallerIdentityResponse>`);
  await deployed;
  assert.equal(sts.length, 1);
  assert.deepEqual(owners(s3), [ACCOUNT]);
});

/** Leads AWS's own hosts to a proxy that refuses all of them. Returns what it is asked for. */
async function refuseAwsHosts(t) {
  const { requests, url, close } = await startProxy({ route: () => 0, credentials: 'no:body' });
  t.after(close);
  setVariables(t, { HTTPS_PROXY: url });
  return requests;
}

for (const [title, settings] of [
  ['by the environment', (url) => ({ AWS_ENDPOINT_URL_S3: url })],
  [
    'by the environment, with an account of AWS',
    (url) => ({ AWS_ENDPOINT_URL_S3: url, AWS_ACCOUNT_ID: OTHER }),
  ],
  [
    // Buckets are not subdomains of `localhost`.
    'by the profile, with a name of a host',
    (ip, t) => {
      const url = ip.replace('127.0.0.1', 'localhost');
      const file = path.join(tempDir(t), 'config');
      fs.writeFileSync(
        file,
        `[default]\nservices = store\n[services store]\ns3 =\n  endpoint_url = ${url}\n`,
      );
      return { AWS_CONFIG_FILE: file };
    },
  ],
]) {
  test(`with an endpoint of another S3 only, ${title}, no account of AWS is expected to own the bucket`, async (t) => {
    const s3 = await openBucket(t, '000000000000');
    s3.buckets.get(BUCKET).policy = OPEN;
    const asked = await refuseAwsHosts(t);
    delete process.env.AWS_ENDPOINT_URL;
    setVariables(t, settings(s3.url, t));
    const { lines } = await createAssetProject(t, FILES).deployAssets();
    assert.deepEqual(asked, []);
    assert.deepEqual(owners(s3), [undefined]);
    assert.deepEqual(lines('warning'), []);
    assertMentions(lines('verbose').join('\n'), BUCKET, 'STS');
  });
}

test('with endpoints of S3 and STS, the account of the credentials has to own the bucket', async (t) => {
  const s3 = await openBucket(t, ACCOUNT);
  delete process.env.AWS_ENDPOINT_URL;
  setVariables(t, { AWS_ENDPOINT_URL_S3: s3.url, AWS_ENDPOINT_URL_STS: s3.url });
  await createAssetProject(t, FILES).deployAssets();
  assert.deepEqual(owners(s3), [ACCOUNT]);
});

test('with an endpoint of another S3 only, the owner that the options name is expected', async (t) => {
  const s3 = await openBucket(t, OTHER);
  const asked = await refuseAwsHosts(t);
  delete process.env.AWS_ENDPOINT_URL;
  setVariables(t, { AWS_ENDPOINT_URL_S3: s3.url });
  await createAssetProject(t, FILES, { bucketOwner: OTHER }).deployAssets();
  assert.deepEqual(owners(s3), [OTHER]);
  assert.deepEqual(asked, []);
});
