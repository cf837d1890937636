'use strict';

// Only assets that differ from the bucket are uploaded or deleted.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { assertMentions } = require('../support/assertions');
const { uploadedAssets } = require('../support/litexa/asset-requests');
const { slowDown } = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { createAssetProject, BUCKET, MANIFEST, PREFIX } = require('../support/litexa/project');

const aws = useAws();

const TWO_LANGUAGES = {
  'default/meow.mp3': 'meow',
  'default/deep/paw.png': 'paw',
  'de-DE/meow.mp3': 'miau',
};

const md5 = (content) => crypto.createHash('md5').update(content).digest('hex');

test('every language has its own files and those of default that it does not override', async (t) => {
  await createAssetProject(t, TWO_LANGUAGES).deployAssets();

  const keys = ['de-DE/deep/paw.png', 'de-DE/meow.mp3', 'default/deep/paw.png', 'default/meow.mp3'];
  assert.deepEqual(
    await aws.client.listObjects(BUCKET),
    keys.map((key) => PREFIX + key),
  );
  const german = await aws.client.getObject(BUCKET, `${PREFIX}de-DE/meow.mp3`);
  assert.deepEqual([german.status, german.body.toString()], [200, 'miau']);
  assert.equal(german.headers['content-type'], 'audio/mpeg');
});

test('unchanged files are not uploaded, and a changed one is uploaded alone', async (t) => {
  const project = createAssetProject(t, TWO_LANGUAGES);
  await project.deployAssets();
  aws.clearRequests();
  await project.deployAssets();
  assert.deepEqual(aws.writes(), []);

  project.writeAsset('de-DE/meow.mp3', 'mau!');
  await project.deployAssets();
  assert.deepEqual(aws.writes(), ['s3:PutObject']);
  assert.deepEqual(uploadedAssets(aws), ['de-DE/meow.mp3']);
});

test('an object that was changed out of band is restored', async (t) => {
  const project = createAssetProject(t, TWO_LANGUAGES);
  await project.deployAssets();
  await aws.client.putObject(BUCKET, `${PREFIX}default/meow.mp3`, 'woof');
  aws.clearRequests();
  await project.deployAssets();
  assert.deepEqual(uploadedAssets(aws), ['default/meow.mp3']);
});

test('the error for invalid file names names all of them, before any request', async (t) => {
  const project = createAssetProject(t, {
    'default/a b.png': '',
    'default/fine.png': '',
    'de-DE/ü.png': '',
  });
  await assert.rejects(project.deployAssets(), ({ code, message }) => {
    assert.equal(code, 'INVALID_ASSETS');
    assert.match(message, /default\/a b\.png.*de-DE\/ü\.png/);
    assert.doesNotMatch(message, /fine/);
    return true;
  });
  assert.deepEqual(aws.requests(), []);
});

test('the error for files that have vanished names all of them, and nothing is uploaded', async (t) => {
  const project = createAssetProject(t, {
    'default/a.png': 'a',
    'default/b.png': 'b',
    'default/c.png': 'c',
  });
  const vanish = () => {
    for (const name of ['a.png', 'b.png'])
      fs.rmSync(path.join(project.root, 'litexa/assets', name));
  };
  await assert.rejects(project.deployAssets({ prepare: vanish }), ({ code, message }) => {
    assert.equal(code, 'FILE_ERROR');
    assert.match(message, /a\.png/);
    assert.match(message, /b\.png/);
    return true;
  });
  assert.deepEqual(aws.writes(), []);
});

test('the next deployment uploads a file that changed during the last one', async (t) => {
  const project = createAssetProject(t, { 'default/meow.mp3': 'old' });
  const change = ({ operation }) => {
    if (operation === 'CreateBucket') project.writeAsset('default/meow.mp3', 'new');
  };
  aws.intercept(change);
  await project.deployAssets().catch(({ message }) => assert.match(message, /meow\.mp3/));

  project.writeAsset('default/meow.mp3', 'old');
  await project.deployAssets();
  const { body } = await aws.client.getObject(BUCKET, `${PREFIX}default/meow.mp3`);
  assert.equal(body.toString(), 'old');
});

test('an empty file is an asset', async (t) => {
  const project = createAssetProject(t, { 'default/empty.json': '' });
  await project.deployAssets();
  const { status, body } = await aws.client.getObject(BUCKET, `${PREFIX}default/empty.json`);
  assert.deepEqual([status, body.length], [200, 0]);
  aws.clearRequests();
  await project.deployAssets();
  assert.deepEqual(aws.writes(), []);
});

test('the error for an asset that is a directory names it', async (t) => {
  const project = createAssetProject(t, { 'default/a.png': 'a' });
  const replaceByDirectory = () => {
    const file = path.join(project.root, 'litexa', 'assets', 'a.png');
    fs.rmSync(file);
    fs.mkdirSync(file);
  };
  await assert.rejects(project.deployAssets({ prepare: replaceByDirectory }), {
    code: 'FILE_ERROR',
    message: /a\.png/,
  });
  assert.deepEqual(aws.writes(), []);
});

test('cached digests are used instead of the files, unless --no-cache is set', async (t) => {
  const project = createAssetProject(t, { 'default/meow.mp3': 'meow' });
  // A file that changed just now is always read: it may change again without a new timestamp.
  await sleep(2500);
  await project.deployAssets();
  const cache = path.join(project.root, '.deploy', 'development', 'asset-digests.json');
  const digests = fs.readFileSync(cache, 'utf8');
  assert.ok(digests.includes(md5('meow')), digests);
  fs.writeFileSync(cache, digests.replaceAll(md5('meow'), md5('wrong')));
  aws.clearRequests();
  await project.deployAssets({ cache: false });
  assert.deepEqual(aws.writes(), []);

  fs.writeFileSync(cache, digests.replaceAll(md5('meow'), md5('wrong')));
  await project.deployAssets();
  // S3 rejects content that does not have the cached digest.
  assert.deepEqual(
    aws.requests('PutObject').map(({ status }) => status),
    [400, 200],
  );
});

test('the artifacts contain the S3 URLs of icons, inherited ones included', async (t) => {
  const project = createAssetProject(
    t,
    {
      'default/icon-108.png': 'small',
      'default/icon-512.png': 'large',
      'default/deep/icon-108.png': 'none',
      'de-DE/icon-108.png': 'klein',
    },
    {},
    { overrideAssetsRoot: 'https://cdn.example.com/cats/' },
  );
  const { context } = await project.deployAssets();

  const url = `https://s3.us-east-1.amazonaws.com/${BUCKET}/${PREFIX}`;
  const icon = (key, content) => ({ url: url + key, md5: md5(content) });
  assert.deepEqual(context.artifacts.get('deployedIconAssets'), {
    default: {
      'icon-108.png': icon('default/icon-108.png', 'small'),
      'icon-512.png': icon('default/icon-512.png', 'large'),
    },
    'de-DE': {
      'icon-108.png': icon('de-DE/icon-108.png', 'klein'),
      'icon-512.png': icon('de-DE/icon-512.png', 'large'),
    },
  });
  assert.equal(context.artifacts.get('assets-root'), 'https://cdn.example.com/cats/');
});

test('without overrideAssetsRoot, the assets root is the URL of the objects', async (t) => {
  const { context } = await createAssetProject(t, TWO_LANGUAGES).deployAssets();
  const root = `https://s3.us-east-1.amazonaws.com/${BUCKET}/${PREFIX}`;
  assert.equal(context.artifacts.get('assets-root'), root);
});

test('deleteRemovedAssets deletes removed assets, but not other prefixes or the upload manifest', async (t) => {
  const s3 = {
    deleteRemovedAssets: true,
    uploadParams: [{ params: { CacheControl: 'no-cache' } }],
  };
  const project = createAssetProject(t, { 'default/stays.png': 's', 'default/goes.png': 'g' }, s3);
  await project.deployAssets();
  const foreign = ['cats/development2/default/a.png', 'cats/developmen', 'other/development/a.png'];
  for (const key of foreign) await aws.client.putObject(BUCKET, key, 'not ours');

  fs.rmSync(path.join(project.root, 'litexa', 'assets', 'goes.png'));
  const { lines } = await project.deployAssets();
  const own = [`${PREFIX}default/stays.png`, MANIFEST];
  assert.deepEqual(await aws.client.listObjects(BUCKET), [...own, ...foreign].sort());
  assert.equal(lines('log').filter((line) => line.includes(`${PREFIX}default/goes.png`)).length, 1);
});

test('removed assets stay in the bucket unless deleteRemovedAssets is set', async (t) => {
  const project = createAssetProject(t, { 'default/stays.png': 's', 'default/goes.png': 'g' });
  await project.deployAssets();
  fs.rmSync(path.join(project.root, 'litexa', 'assets', 'goes.png'));
  aws.clearRequests();
  await project.deployAssets();
  assert.deepEqual(aws.writes(), []);
});

test('no object is deleted if the project does not have any assets', async (t) => {
  const project = createAssetProject(t, TWO_LANGUAGES, { deleteRemovedAssets: true });
  await project.deployAssets();
  fs.rmSync(path.join(project.root, 'litexa'), { recursive: true });
  aws.clearRequests();
  const { lines } = await project.deployAssets();
  assert.deepEqual(aws.writes(), []);
  assertMentions(lines('warning').join('\n'), 'assets', PREFIX);
});

test('without the permission to delete, assets are uploaded, and a warning names it', async (t) => {
  const s3 = {
    deleteRemovedAssets: true,
    uploadParams: [{ params: { CacheControl: 'no-cache' } }],
  };
  const project = createAssetProject(t, { 'default/a.png': 'a' }, s3);
  await aws.client.createBucket(BUCKET);
  await aws.client.putObject(BUCKET, `${PREFIX}default/old.png`, 'old');
  aws.intercept(({ operation }) => {
    if (operation !== 'DeleteObjects') return undefined;
    const key = `${PREFIX}default/old.png`;
    const error = `<Error><Key>${key}</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`;
    return { status: 200, body: `<DeleteResult>${error}</DeleteResult>` };
  });
  const { lines } = await project.deployAssets();
  assert.match(lines('warning').join('\n'), /s3:DeleteObject/);

  aws.clearRequests();
  await project.deployAssets();
  assert.deepEqual(uploadedAssets(aws), []);
});

test('the last line reports how many assets were uploaded, unchanged and deleted', async (t) => {
  const { lines } = await createAssetProject(t, TWO_LANGUAGES).deployAssets();
  assertMentions(lines('log').at(-1), /\b4 upload/, /\b0 unchanged/, /\b0 delet/);
});

test('a throttled upload and a lost connection are retried', async (t) => {
  const faults = [slowDown(), { destroy: true }];
  aws.intercept(({ operation }) => (operation === 'PutObject' ? faults.pop() : undefined));
  await createAssetProject(t, TWO_LANGUAGES).deployAssets();
  assert.deepEqual(faults, []);
  assert.equal((await aws.client.listObjects(BUCKET, PREFIX)).length, 4);
});

test('persistent throttling is an error with the message of S3', async (t) => {
  aws.rejectS3('ListObjectsV2', 503, 'SlowDown', 'Please reduce your request rate.');
  await aws.client.createBucket(BUCKET);
  await assert.rejects(createAssetProject(t, TWO_LANGUAGES).deployAssets(), {
    code: 'AWS_UNAVAILABLE',
    message: /SlowDown: Please reduce your request rate/,
  });
});

// Services other than S3 have other habits.
const listing = (end) => ({
  status: 200,
  headers: { 'content-type': 'application/xml', 'x-amz-request-id': 'ABC' },
  body: `<ListBucketResult><Name>${BUCKET}</Name>${end}</ListBucketResult>`,
});

/** Deploys an asset, and returns a function that deploys it again, with another answer to each listing. */
async function deployedWithListing(t, end) {
  const assets = createAssetProject(t, { 'default/meow.mp3': 'meow' });
  await assets.deployAssets();
  aws.clearRequests();
  aws.answer('ListObjectsV2', listing(end));
  return () => assets.deployAssets();
}

for (const end of [
  '<IsTruncated>false</IsTruncated><NextContinuationToken></NextContinuationToken>',
  '<IsTruncated>false</IsTruncated><NextContinuationToken>again</NextContinuationToken>',
  '<IsTruncated>true</IsTruncated><NextContinuationToken></NextContinuationToken>',
]) {
  test(`a listing ends with ${end}`, async (t) => {
    const deploy = await deployedWithListing(t, end);
    await deploy();
    assert.deepEqual(uploadedAssets(aws), ['default/meow.mp3']);
  });
}

test('a listing that names the same page again and again is an error', async (t) => {
  const again = '<NextContinuationToken>again</NextContinuationToken>';
  const deploy = await deployedWithListing(t, `<IsTruncated>true</IsTruncated>${again}`);
  await assert.rejects(deploy(), {
    code: 'AWS_UNAVAILABLE',
    message: /names the same page again/,
  });
  assert.deepEqual(aws.writes(), []);
});
