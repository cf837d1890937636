'use strict';

// What differs from the bucket is uploaded or deleted, and nothing else.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { assertMentions } = require('../support/assertions');
const {
  useAws,
  assetSkill,
  s3Error,
  BUCKET,
  PREFIX,
  RECORD,
} = require('../support/litexa/asset-skill');

const stage = useAws();

const TWO_LANGUAGES = {
  'default/meow.mp3': 'meow',
  'default/deep/paw.png': 'paw',
  'de-DE/meow.mp3': 'miau',
};

const md5 = (content) => crypto.createHash('md5').update(content).digest('hex');

test('every language gets its own files and those of default that it has no version of', async (t) => {
  await assetSkill(t, TWO_LANGUAGES).deploy();

  const keys = ['de-DE/deep/paw.png', 'de-DE/meow.mp3', 'default/deep/paw.png', 'default/meow.mp3'];
  assert.deepEqual(
    await stage.aws.listObjects(BUCKET),
    keys.map((key) => PREFIX + key),
  );
  const german = await stage.aws.getObject(BUCKET, `${PREFIX}de-DE/meow.mp3`);
  assert.deepEqual([german.status, german.body.toString()], [200, 'miau']);
  assert.equal(german.headers['content-type'], 'audio/mpeg');
});

test('unchanged files are not uploaded, and a changed one is uploaded alone', async (t) => {
  const skill = assetSkill(t, TWO_LANGUAGES);
  await skill.deploy();
  stage.proxy.clear();
  await skill.deploy();
  assert.deepEqual(stage.proxy.writes(), []);

  skill.write('de-DE/meow.mp3', 'mau!');
  await skill.deploy();
  assert.deepEqual(stage.proxy.writes(), ['s3:PutObject']);
  assert.deepEqual(stage.uploaded(), ['de-DE/meow.mp3']);
});

test('a file changed outside of the project is brought back', async (t) => {
  const skill = assetSkill(t, TWO_LANGUAGES);
  await skill.deploy();
  await stage.aws.putObject(BUCKET, `${PREFIX}default/meow.mp3`, 'woof');
  stage.proxy.clear();
  await skill.deploy();
  assert.deepEqual(stage.uploaded(), ['default/meow.mp3']);
});

test('every name that S3 keys may not have here is told before anything is sent', async (t) => {
  const skill = assetSkill(t, { 'default/a b.png': '', 'default/fine.png': '', 'de-DE/ü.png': '' });
  await assert.rejects(skill.deploy(), ({ code, message }) => {
    assert.equal(code, 'INVALID_ASSETS');
    assert.match(message, /default\/a b\.png.*de-DE\/ü\.png/);
    assert.doesNotMatch(message, /fine/);
    return true;
  });
  assert.deepEqual(stage.proxy.requests, []);
});

test('files that have vanished are all named, and nothing is sent', async (t) => {
  const skill = assetSkill(t, { 'default/a.png': 'a', 'default/b.png': 'b', 'default/c.png': 'c' });
  const vanish = () => {
    for (const name of ['a.png', 'b.png']) fs.rmSync(path.join(skill.root, 'litexa/assets', name));
  };
  await assert.rejects(skill.deploy({ prepare: vanish }), ({ code, message }) => {
    assert.equal(code, 'FILE_ERROR');
    assert.match(message, /a\.png/);
    assert.match(message, /b\.png/);
    return true;
  });
  assert.deepEqual(stage.proxy.writes(), []);
});

test('a file that changes during a deployment is made good by the next one', async (t) => {
  const skill = assetSkill(t, { 'default/meow.mp3': 'old' });
  const change = ({ operation }) => {
    if (operation === 'CreateBucket') skill.write('default/meow.mp3', 'new');
  };
  stage.proxy.on(change);
  await skill.deploy().catch(({ message }) => assert.match(message, /meow\.mp3/));

  skill.write('default/meow.mp3', 'old');
  await skill.deploy();
  const { body } = await stage.aws.getObject(BUCKET, `${PREFIX}default/meow.mp3`);
  assert.equal(body.toString(), 'old');
});

test('an empty file is an asset, too', async (t) => {
  const skill = assetSkill(t, { 'default/empty.json': '' });
  await skill.deploy();
  const { status, body } = await stage.aws.getObject(BUCKET, `${PREFIX}default/empty.json`);
  assert.deepEqual([status, body.length], [200, 0]);
  stage.proxy.clear();
  await skill.deploy();
  assert.deepEqual(stage.proxy.writes(), []);
});

test('what is no readable file is named', async (t) => {
  const skill = assetSkill(t, { 'default/a.png': 'a' });
  const replaceByFolder = () => {
    const file = path.join(skill.root, 'litexa', 'assets', 'a.png');
    fs.rmSync(file);
    fs.mkdirSync(file);
  };
  await assert.rejects(skill.deploy({ prepare: replaceByFolder }), {
    code: 'FILE_ERROR',
    message: /a\.png/,
  });
  assert.deepEqual(stage.proxy.writes(), []);
});

test('what is remembered of files spares reading them, and --no-cache reads them', async (t) => {
  const skill = assetSkill(t, { 'default/meow.mp3': 'meow' });
  // A file of this moment is read in any case: it may change once more within a tick of the clock.
  await sleep(2500);
  await skill.deploy();
  const cache = path.join(skill.root, '.deploy', 'development', 'asset-digests.json');
  const remembered = fs.readFileSync(cache, 'utf8');
  assert.ok(remembered.includes(md5('meow')), remembered);
  fs.writeFileSync(cache, remembered.replaceAll(md5('meow'), md5('wrong')));
  stage.proxy.clear();
  await skill.deploy({ cache: false });
  assert.deepEqual(stage.proxy.writes(), []);

  fs.writeFileSync(cache, remembered.replaceAll(md5('meow'), md5('wrong')));
  await skill.deploy();
  // S3 refuses content that is not what was remembered of it.
  assert.deepEqual(
    stage.asked('PutObject').map(({ status }) => status),
    [400, 200],
  );
});

test('icons are told to the manifest by their S3 URLs, inherited ones included', async (t) => {
  const skill = assetSkill(
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
  const { context } = await skill.deploy();

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

test('without overrideAssetsRoot the assets root is where the objects are', async (t) => {
  const { context } = await assetSkill(t, TWO_LANGUAGES).deploy();
  const root = `https://s3.us-east-1.amazonaws.com/${BUCKET}/${PREFIX}`;
  assert.equal(context.artifacts.get('assets-root'), root);
});

test('deleteRemovedAssets deletes below its own prefix, and leaves neighbors and the record', async (t) => {
  const s3 = {
    deleteRemovedAssets: true,
    uploadParams: [{ params: { CacheControl: 'no-cache' } }],
  };
  const skill = assetSkill(t, { 'default/stays.png': 's', 'default/goes.png': 'g' }, s3);
  await skill.deploy();
  const neighbors = [
    'cats/development2/default/a.png',
    'cats/developmen',
    'other/development/a.png',
  ];
  for (const key of neighbors) await stage.aws.putObject(BUCKET, key, 'not ours');

  fs.rmSync(path.join(skill.root, 'litexa', 'assets', 'goes.png'));
  const { lines } = await skill.deploy();
  const own = [`${PREFIX}default/stays.png`, RECORD];
  assert.deepEqual(await stage.aws.listObjects(BUCKET), [...own, ...neighbors].sort());
  assert.equal(lines('log').filter((line) => line.includes(`${PREFIX}default/goes.png`)).length, 1);
});

test('assets that are gone stay in the bucket unless deleteRemovedAssets is set', async (t) => {
  const skill = assetSkill(t, { 'default/stays.png': 's', 'default/goes.png': 'g' });
  await skill.deploy();
  fs.rmSync(path.join(skill.root, 'litexa', 'assets', 'goes.png'));
  stage.proxy.clear();
  await skill.deploy();
  assert.deepEqual(stage.proxy.writes(), []);
});

test('a project that has lost all its assets deletes none', async (t) => {
  const skill = assetSkill(t, TWO_LANGUAGES, { deleteRemovedAssets: true });
  await skill.deploy();
  fs.rmSync(path.join(skill.root, 'litexa'), { recursive: true });
  stage.proxy.clear();
  const { lines } = await skill.deploy();
  assert.deepEqual(stage.proxy.writes(), []);
  assertMentions(lines('warning').join('\n'), 'assets', PREFIX);
});

test('without the right to delete, all else is done and a warning names the right', async (t) => {
  const s3 = {
    deleteRemovedAssets: true,
    uploadParams: [{ params: { CacheControl: 'no-cache' } }],
  };
  const skill = assetSkill(t, { 'default/a.png': 'a' }, s3);
  await stage.aws.createBucket(BUCKET);
  await stage.aws.putObject(BUCKET, `${PREFIX}default/old.png`, 'old');
  stage.proxy.on(({ operation }) => {
    if (operation !== 'DeleteObjects') return undefined;
    const key = `${PREFIX}default/old.png`;
    const error = `<Error><Key>${key}</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`;
    return { status: 200, body: `<DeleteResult>${error}</DeleteResult>` };
  });
  const { lines } = await skill.deploy();
  assert.match(lines('warning').join('\n'), /s3:DeleteObject/);

  stage.proxy.clear();
  await skill.deploy();
  assert.deepEqual(stage.uploaded(), []);
});

test('a summary says what was done', async (t) => {
  const { lines } = await assetSkill(t, TWO_LANGUAGES).deploy();
  assertMentions(lines('log').at(-1), /\b4 upload/, /\b0 unchanged/, /\b0 delet/);
});

test('S3 that is busy, or hangs up, once is asked again', async (t) => {
  const faults = [s3Error(503, 'SlowDown', 'Please reduce your request rate.'), { destroy: true }];
  stage.proxy.on(({ operation }) => (operation === 'PutObject' ? faults.pop() : undefined));
  await assetSkill(t, TWO_LANGUAGES).deploy();
  assert.deepEqual(faults, []);
  assert.equal((await stage.aws.listObjects(BUCKET, PREFIX)).length, 4);
});

test('S3 that stays busy ends in an error that says so', async (t) => {
  stage.refuse('ListObjectsV2', 503, 'SlowDown', 'Please reduce your request rate.');
  await stage.aws.createBucket(BUCKET);
  await assert.rejects(assetSkill(t, TWO_LANGUAGES).deploy(), {
    code: 'AWS_UNAVAILABLE',
    message: /SlowDown: Please reduce your request rate/,
  });
});
