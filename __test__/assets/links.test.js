'use strict';

// Links among the assets. The Litexa CLI follows them, so the paths that it lists look like any others.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { openStrictS3 } = require('../support/aws/use-strict-s3');
const { createAssetProject, BUCKET, PREFIX } = require('../support/litexa/project');
const { tempDir } = require('../support/tmp');

const SECRETS = JSON.stringify({ AWSAccessKeyId: 'AKIA' });

/** Opens a bucket, and a project with a link at `litexa/assets/<name>` to a path. */
async function setUp(t, name, target) {
  const s3 = await openStrictS3(t);
  s3.createBucket(BUCKET);
  const project = createAssetProject(t, { 'default/meow.mp3': 'meow' });
  project.write('shared/paw.png', 'paw');
  const link = project.path('litexa/assets', name);
  fs.mkdirSync(path.dirname(link), { recursive: true });
  if (target) fs.symlinkSync(target(project), link);
  return { s3, project };
}

/** The content of an aws-config.json, from which this module reads the credentials of the target. */
function credentialsOf({ env }) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  return JSON.stringify({ development: { accessKeyId, secretAccessKey } });
}

async function assertRefused({ s3, project }, ...names) {
  await assert.rejects(project.deployAssets(), ({ code, message }) => {
    assert.equal(code, 'INVALID_ASSETS');
    assertMentions(message, ...names);
    return true;
  });
  // STS may have been asked whose credentials these are, with a POST.
  const isWrite = ({ service, method }) => service === 's3' && /^(PUT|POST|DELETE)$/.test(method);
  assert.deepEqual(s3.requests.filter(isWrite), []);
}

test('a link to a file outside of the project is an error that names both', async (t) => {
  const outside = path.join(tempDir(t), 'y.json');
  fs.writeFileSync(outside, '{}');
  await assertRefused(await setUp(t, 'y.json', () => outside), 'y.json', fs.realpathSync(outside));
});

test('a link to a folder outside of the project is an error that names its files', async (t) => {
  const folder = tempDir(t);
  for (const name of ['a.png', 'b.png']) fs.writeFileSync(path.join(folder, name), name);
  const names = [path.join('cats', 'a.png'), path.join('cats', 'b.png')];
  await assertRefused(await setUp(t, 'cats', () => folder), ...names, '2 asset files');
});

for (const own of ['aws-config.json', 'artifacts.json', '.aws/credentials.json', '.env']) {
  test(`a link to the project's own ${own} is an error, by whatever name`, async (t) => {
    const state = await setUp(t, 'y.json', ({ path: inProject }) => inProject(own));
    state.project.write(own, SECRETS);
    if (own === 'aws-config.json') state.project.write(own, credentialsOf(state.s3));
    await assertRefused(state, 'y.json', 'credentials');
  });
}

test("a copy of the project's aws-config.json among the assets is an error", async (t) => {
  const state = await setUp(t, 'cats/x.json');
  state.project.write('aws-config.json', credentialsOf(state.s3));
  state.project.writeAsset('default/cats/aws-config.json', credentialsOf(state.s3));
  await assertRefused(state, 'aws-config.json', 'credentials');
});

for (const [own, content] of [
  ['aws-config.json', credentialsOf],
  ['.env', () => `AWS_SECRET_ACCESS_KEY=${'x'.repeat(40)}\n`],
  ['.aws/credentials', () => `[default]\naws_secret_access_key = ${'y'.repeat(40)}\n`],
]) {
  for (const [what, make] of [
    ['a copy', fs.copyFileSync],
    ['a hard link', fs.linkSync],
  ]) {
    test(`${what} of the project's ${own} is an error, by whatever name`, async (t) => {
      const state = await setUp(t, 'cats/x.json');
      const file = state.project.write(own, content(state.s3));
      make(file, state.project.path('litexa/assets/cats/notes.txt'));
      await assertRefused(state, 'notes.txt', 'credentials');
      // The same with the cache of digests.
      await assertRefused(state, 'notes.txt', 'credentials');
    });
  }
}

test('a copy of credentials in a folder that the project links to is an error', async (t) => {
  const state = await setUp(t, 'cats/x.json');
  const credentials = `[default]\naws_secret_access_key = ${'y'.repeat(40)}\n`;
  state.project.write('elsewhere/settings/credentials', credentials);
  fs.symlinkSync(state.project.path('elsewhere/settings'), state.project.path('.aws'), 'junction');
  state.project.write('litexa/assets/cats/notes.txt', credentials);
  await assertRefused(state, 'notes.txt', 'credentials');
});

const KEY = '-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n';

for (const [secret, content] of [
  ['.ssh/id_rsa', KEY],
  ['.ask/cli_config', '{"refresh_token": "x"}'],
  ['infra/terraform.tfstate', '{}'],
  ['packages/web/.env', 'TOKEN=1'],
  ['aws-config.json.bak', '{}'],
]) {
  test(`a link to ${secret} in the project is an error, by whatever name`, async (t) => {
    const state = await setUp(t, 'notes.txt', ({ path: inProject }) => inProject(secret));
    state.project.write(secret, content);
    await assertRefused(state, 'notes.txt', path.normalize(secret), 'credentials');
  });
}

test('a link to a folder of the project that has a private key is an error', async (t) => {
  const state = await setUp(t, 'shared', ({ path: inProject }) => inProject('shared'));
  state.project.write('shared/server.pem', KEY);
  await assertRefused(state, 'server.pem', 'credentials');
});

test('a link to a folder whose name makes its file one of credentials is an error', async (t) => {
  const state = await setUp(t, 'shared', ({ path: inProject }) => inProject('.ask'));
  state.project.write('.ask/cli_config', '{"refresh_token": "x"}');
  await assertRefused(state, 'cli_config', 'credentials');
});

test('an asset that looks like credentials is uploaded with a warning, once', async (t) => {
  const { s3, project } = await setUp(t, 'cats/x.json');
  project.writeAsset('default/server.pem', KEY);
  project.writeAsset('default/service.json', JSON.stringify({ private_key: KEY }));
  project.writeAsset('default/ca.pem', '-----BEGIN CERTIFICATE-----');
  project.writeAsset('default/large.tfstate', ' '.repeat(2 * 1024 * 1024));
  const warnings = async () => {
    const { lines } = await project.deployAssets();
    return lines('warning').filter((line) => line.includes('look like credentials'));
  };
  const [warning, ...others] = await warnings();
  assertMentions(warning, 'server.pem', 'service.json', 'large.tfstate');
  assert.doesNotMatch(warning, /ca\.pem/);
  assert.deepEqual(others, []);
  assert.ok(s3.buckets.get(BUCKET).objects.has(`${PREFIX}default/server.pem`));
  assert.deepEqual(await warnings(), []);
});

test('an asset with the content of a file of the project that is too small for credentials is uploaded', async (t) => {
  const { s3, project } = await setUp(t, 'a.png');
  for (const own of ['artifacts.json', '.env']) project.write(own, '{}');
  project.writeAsset('default/empty.json', '{}');
  await project.deployAssets();
  assert.ok(s3.buckets.get(BUCKET).objects.has(`${PREFIX}default/empty.json`));
});

test('links within the project are assets', async (t) => {
  const { s3, project } = await setUp(t, 'shared', ({ path: inProject }) => inProject('shared'));
  fs.symlinkSync('meow.mp3', project.path('litexa/assets/purr.mp3'));
  await project.deployAssets();
  const keys = ['meow.mp3', 'purr.mp3', 'shared/paw.png'].map((name) => `${PREFIX}default/${name}`);
  assert.deepEqual([...s3.buckets.get(BUCKET).objects.keys()].sort(), keys);
});

test('a project in a folder that is reached by a link, and a folder of assets that is one, are deployed', async (t) => {
  const { s3, project } = await setUp(t, 'a/b.png');
  project.writeAsset('default/a/b.png', 'b');
  const folder = path.join(tempDir(t), 'assets');
  fs.renameSync(project.path('litexa/assets'), folder);
  fs.symlinkSync(folder, project.path('litexa/assets'));
  await project.deployAssets();
  const keys = ['a/b.png', 'meow.mp3'].map((name) => `${PREFIX}default/${name}`);
  assert.deepEqual([...s3.buckets.get(BUCKET).objects.keys()].sort(), keys);
});

test('assets with names like those of credentials are uploaded, if they are other files', async (t) => {
  const { s3, project } = await setUp(t, 'a.png');
  project.writeAsset('default/artifacts.json', '{"cups": 3}');
  await project.deployAssets();
  assert.ok(s3.buckets.get(BUCKET).objects.has(`${PREFIX}default/artifacts.json`));
});
