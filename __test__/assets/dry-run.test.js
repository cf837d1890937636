'use strict';

// A dry run shows the changes of the assets, and makes none of them: the deployment after it resolves with
// the same changes, and sends one request that writes for each.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const litexa = require('../..');
const { assertMentions } = require('../support/assertions');
const { isWrite, keyOf } = require('../support/aws/proxy');
const { onStrictAws, useAws } = require('../support/aws/use-aws');
const { createAssetProject, BUCKET, PREFIX } = require('../support/litexa/project');
const { elements } = require('../support/xml');

let aws;
onStrictAws(() => (aws = useAws()));

const FILES = { 'default/meow.mp3': 'meow', 'default/paw.png': 'paw' };
const OTHER_ACCOUNT = '999999999999';
const PARTS = ['UploadPart', 'CompleteMultipartUpload'];

/** The IAM action of each request for a bucket that writes. */
const BUCKET_ACTIONS = {
  CreateBucket: 's3:CreateBucket',
  PutPublicAccessBlock: 's3:PutBucketPublicAccessBlock',
  PutBucketCors: 's3:PutBucketCORS',
  PutBucketPolicy: 's3:PutBucketPolicy',
  DeleteBucketPolicy: 's3:DeleteBucketPolicy',
};

/** Returns what a request changes, as `<action> <resource>`; nothing for the upload manifest. */
function changedBy(request) {
  const { operation, body } = request;
  const action = BUCKET_ACTIONS[operation];
  if (action) return [`${action} ${BUCKET}`];
  const deleted = (key) => `s3:DeleteObject ${BUCKET}/${key}`;
  if (operation === 'DeleteObjects') return elements(body.toString(), 'Key').map(deleted);
  const key = keyOf(request);
  if (operation === 'DeleteObject') return [deleted(key)];
  if (key.startsWith('.litexa-deploy-aws/') || PARTS.includes(operation)) return [];
  assert.ok(['PutObject', 'CreateMultipartUpload'].includes(operation), operation);
  return [`s3:PutObject ${BUCKET}/${key}`];
}

const s3Writes = () => aws.requests().filter((one) => one.service === 's3' && isWrite(one));
const ofS3 = (changes) =>
  changes.filter(({ resourceType }) => resourceType.startsWith('AWS::S3::'));
const described = (changes) => changes.map(({ description }) => description);

/** Returns the warnings about the bucket. */
const warningsOf = ({ logger }) => logger.lines('warning').filter((line) => line.includes(BUCKET));

/** Returns the local files of the assets' deployments, with their contents. */
function localFiles(project) {
  const folder = project.path('.deploy', project.target);
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const own = names.filter((name) => /^(asset|bucket|multipart)/.test(name)).sort();
  return own.map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]);
}

/** Makes a dry run, and asserts that it wrote nothing. Returns its changes of S3 and its context. */
async function dryRun(project) {
  const files = localFiles(project);
  const context = { ...project.context(), dryRun: true };
  aws.clearRequests();
  const { changes } = await litexa.deploy(context);
  assert.deepEqual(s3Writes(), []);
  assert.deepEqual(localFiles(project), files);
  assert.deepEqual(context.artifacts.saves, []);
  return { changes: ofS3(changes), context };
}

/**
 * Deploys after a dry run. Asserts that both have the same changes and warnings, and that the deployment
 * sends their requests. Returns the changes.
 */
async function deployAfterDryRun(project) {
  const shown = await dryRun(project);
  const lines = shown.context.logger.lines('log');
  for (const line of described(shown.changes)) {
    assert.ok(
      lines.some((one) => one.endsWith(` ${line}`)),
      line,
    );
  }
  const context = project.context();
  aws.clearRequests();
  const { changes } = await litexa.deploy(context);
  assert.deepEqual(ofS3(changes), shown.changes);
  const requested = shown.changes.map(({ iamAction, resource }) => `${iamAction} ${resource}`);
  assert.deepEqual(s3Writes().flatMap(changedBy).sort(), requested.sort());
  assert.deepEqual(warningsOf(context), warningsOf(shown.context));
  const logged = context.logger.lines();
  for (const line of described(shown.changes)) assert.ok(logged.includes(line), line);
  return shown.changes;
}

const OPEN = [
  `allowing public access to the assets in the bucket ${BUCKET}`,
  `allowing cross-origin reads from the bucket ${BUCKET}`,
];
const CREATED = `creating the S3 bucket ${BUCKET} in us-east-1`;
const UPLOADED = [
  `uploading ${PREFIX}default/meow.mp3 (4 bytes, new)`,
  `uploading ${PREFIX}default/paw.png (3 bytes, new)`,
];

for (const [publicAccess, expected] of [
  ['acl', [CREATED, ...OPEN, ...UPLOADED]],
  [
    'bucketPolicy',
    [CREATED, ...OPEN, `granting public read access to ${BUCKET}/${PREFIX}*`, ...UPLOADED],
  ],
  ['none', [CREATED, OPEN[1], ...UPLOADED]],
]) {
  test(`a first deployment with publicAccess "${publicAccess}", and an unchanged one`, async (t) => {
    const project = createAssetProject(t, FILES, { publicAccess });
    const changes = await deployAfterDryRun(project);
    assert.deepEqual(described(changes), expected);
    const isPublic = changes.some(({ effects }) => effects.join().includes('anyone can read'));
    assert.equal(isPublic, publicAccess !== 'none');
    assert.deepEqual(await deployAfterDryRun(project), []);
  });
}

test('changed, removed and large files, and changed parameters', async (t) => {
  const cached = (seconds) => [
    { filter: ['*.txt'], params: { CacheControl: `max-age=${seconds}` } },
  ];
  const s3 = { deleteRemovedAssets: true, uploadParams: cached(60) };
  const project = createAssetProject(t, { ...FILES, 'default/purr.txt': 'purr' }, s3);
  await deployAfterDryRun(project);
  project.writeAsset('default/meow.mp3', 'MEOW!');
  project.writeAsset('default/film.mp4', Buffer.alloc(17 << 20, 'film'));
  project.write('litexa/assets/paw.png', null);
  project.configureS3({ ...s3, uploadParams: cached(90) });
  const changes = await deployAfterDryRun(project);
  assert.deepEqual(described(changes), [
    `uploading ${PREFIX}default/film.mp4 (17.8 MB, new)`,
    `uploading ${PREFIX}default/meow.mp3 (5 bytes, content changed)`,
    `uploading ${PREFIX}default/purr.txt (4 bytes, parameters changed)`,
    `deleting ${PREFIX}default/paw.png (asset removed)`,
  ]);
  assert.deepEqual(
    changes.map(({ action }) => action),
    ['create', 'update', 'update', 'delete'],
  );
});

test('parameters of objects that 0.9.0 has uploaded are not recorded, which is not a change of them', async (t) => {
  const cached = [{ filter: ['*.mp3'], params: { CacheControl: 'max-age=60' } }];
  const files = {
    'default/meow.mp3': 'meow',
    'default/purr.mp3': 'purr',
    'default/read.txt': 'me',
  };
  const project = createAssetProject(t, files, { uploadParams: cached });
  await deployAfterDryRun(project);
  // 0.9.0 wrote no manifest.
  await aws.client.deleteObject(BUCKET, `.litexa-deploy-aws/${PREFIX}upload-manifest.json`);
  project.writeAsset('default/purr.mp3', 'PURR');
  assert.deepEqual(described(await deployAfterDryRun(project)), [
    `uploading ${PREFIX}default/meow.mp3 (4 bytes, parameters changed or not recorded)`,
    `uploading ${PREFIX}default/purr.mp3 (4 bytes, content changed)`,
  ]);
  assert.deepEqual(await deployAfterDryRun(project), []);
});

for (const [title, others, iamAction] of [
  ['the last statement', [], 's3:DeleteBucketPolicy'],
  ['one of several statements', ['s3:DeleteBucket'], 's3:PutBucketPolicy'],
]) {
  test(`publicAccess "none" after "bucketPolicy", which removes ${title}`, async (t) => {
    const project = createAssetProject(t, FILES, { publicAccess: 'bucketPolicy' });
    await deployAfterDryRun(project);
    const policy = await aws.client.getBucketPolicy(BUCKET);
    const Resource = `arn:aws:s3:::${BUCKET}`;
    const deny = (Action) => ({ Effect: 'Deny', Principal: '*', Action, Resource });
    policy.Statement.push(...others.map(deny));
    await aws.client.s3('PUT', `/${BUCKET}?policy`, { body: JSON.stringify(policy) });
    project.configureS3({ publicAccess: 'none' });
    const [change, ...uploads] = await deployAfterDryRun(project);
    assert.equal(change.description, `revoking public read access to ${BUCKET}/${PREFIX}*`);
    assert.equal(change.iamAction, iamAction);
    assert.deepEqual(uploads, []);
  });
}

test('an interrupted creation', async (t) => {
  const project = createAssetProject(t, FILES);
  aws.rejectS3('PutPublicAccessBlock', 400, 'InvalidRequest', 'not today');
  await assert.rejects(litexa.deploy(project.context()), /not today/);
  aws.removeInterceptors();
  assert.deepEqual(described(await deployAfterDryRun(project)), [...OPEN, ...UPLOADED]);
});

test('a marker of a creation in a bucket that is in use', async (t) => {
  const bucket = aws.emulator.s3.createBucket(BUCKET);
  await aws.client.putObject(BUCKET, 'dogs/bark.mp3', 'bark');
  for (const object of bucket.objects.values()) object.lastModified = 0;
  const project = createAssetProject(t, FILES);
  project.write('.deploy/development/bucket.in-progress', BUCKET);
  assert.deepEqual(described(await deployAfterDryRun(project)), UPLOADED);
});

test('an existing bucket with disabled ACLs, whose assets cannot be read', async (t) => {
  await aws.client.createBucket(BUCKET);
  const project = createAssetProject(t, FILES);
  // Only a deployment shows both.
  const { context } = await dryRun(project);
  assert.deepEqual(warningsOf(context), []);
  await litexa.deploy(project.context());
  const unchanged = await dryRun(project);
  assert.deepEqual(unchanged.changes, []);
  assertMentions(unchanged.context.logger.lines('warning').join(), 'Alexa cannot read the assets');
});

test('most assets removed, and all of them', async (t) => {
  const project = createAssetProject(
    t,
    { ...FILES, 'default/purr.txt': 'purr' },
    { deleteRemovedAssets: true },
  );
  await deployAfterDryRun(project);
  for (const [names, expected] of [
    [['paw.png', 'purr.txt'], 'the assets of 2 objects'],
    [['meow.mp3'], 'the project has no assets at all'],
  ]) {
    for (const name of names) project.write(`litexa/assets/${name}`, null);
    const { changes, context } = await dryRun(project);
    assert.deepEqual(changes, []);
    assertMentions(context.logger.lines('warning').join(), expected, PREFIX);
  }
});

test('the bucket of another account stops a first deployment and its dry run before the first write', async (t) => {
  const statement = { Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' };
  const policy = JSON.stringify({ Statement: [statement] });
  aws.emulator.s3.createBucket(BUCKET, { account: OTHER_ACCOUNT, policy });
  for (const publicAccess of ['acl', 'none']) {
    const project = createAssetProject(t, FILES, { publicAccess });
    for (const dryRun of [true, false]) {
      const deployed = litexa.deploy({ ...project.context(), dryRun });
      await assert.rejects(deployed, { code: 'BUCKET_UNAVAILABLE' });
    }
  }
  // Nothing of the handler either.
  assert.deepEqual(aws.writes(), []);
});
