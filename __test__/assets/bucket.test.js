'use strict';

// The bucket: made where there is none, used as it is where there is one, readable for Alexa.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { awsHttp } = require('../support/aws/client');
const {
  useAws,
  assetSkill,
  s3Error,
  BUCKET,
  PREFIX,
  RECORD,
} = require('../support/litexa/asset-skill');

const stage = useAws({ auth: true });

const FILES = { 'default/meow.mp3': 'meow', 'default/paw.png': 'paw' };
const OBJECTS_ONLY = ['s3:PutObject', 's3:PutObject'];
const ACLS_ALLOWED = { 'x-amz-object-ownership': 'BucketOwnerPreferred' };

/** The emulator as seen from another region. */
const awsIn = (AWS_REGION) =>
  awsHttp({ ...stage.emulator, env: { ...stage.emulator.env, AWS_REGION } });

const locationConstraint = (region) =>
  `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
  `<LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;

/** The four flags of a PutPublicAccessBlock request. */
function blockSent() {
  const [request] = stage.asked('PutPublicAccessBlock');
  const flags = request.body.toString().matchAll(/<(\w+)>(true|false)</g);
  return Object.fromEntries([...flags].map(([, name, value]) => [name, value === 'true']));
}

async function publicStatus(key = 'default/meow.mp3') {
  return (await stage.aws.getObject(BUCKET, PREFIX + key)).status;
}

async function makeOldBucket() {
  await stage.aws.createBucket(BUCKET, ACLS_ALLOWED);
  await stage.aws.s3('DELETE', `/${BUCKET}?publicAccessBlock`);
}

test('a new bucket lets single objects be public, and stays private itself', async (t) => {
  const { lines } = await assetSkill(t, FILES).deploy();
  const [creation] = stage.asked('CreateBucket');
  assert.equal(creation.headers['x-amz-object-ownership'], 'BucketOwnerPreferred');
  assert.doesNotMatch(creation.body.toString(), /LocationConstraint/);
  assert.deepEqual(blockSent(), {
    BlockPublicAcls: false,
    IgnorePublicAcls: false,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  });
  assert.equal(await publicStatus(), 200);
  assert.equal((await stage.aws.getObject(BUCKET, '')).status, 403);
  assert.deepEqual(lines('warning'), []);
});

test('a new bucket answers GET and HEAD from any origin', async (t) => {
  await assetSkill(t, FILES).deploy();
  const cors = (await stage.aws.s3('GET', `/${BUCKET}?cors`)).body.toString();
  const allowed = [...cors.matchAll(/<Allowed(Method|Origin)>([^<]*)</g)].map(
    ([, , value]) => value,
  );
  assert.deepEqual(allowed.sort(), ['*', 'GET', 'HEAD']);
});

test('a bucket outside of us-east-1 is made with its location', async (t) => {
  const { context } = await assetSkill(t, FILES, {}, { awsRegion: 'eu-west-1' }).deploy();
  const [creation] = stage.asked('CreateBucket');
  assert.match(creation.body.toString(), /<LocationConstraint>eu-west-1</);
  const root = `https://s3.eu-west-1.amazonaws.com/${BUCKET}/${PREFIX}`;
  assert.equal(context.artifacts.get('assets-root'), root);
});

test('with publicAccess "bucketPolicy", ACLs stay blocked and the prefix is public', async (t) => {
  const { lines } = await assetSkill(t, FILES, { publicAccess: 'bucketPolicy' }).deploy();
  assert.equal(stage.asked('CreateBucket')[0].headers['x-amz-object-ownership'], undefined);
  assert.deepEqual(blockSent(), {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: false,
    RestrictPublicBuckets: false,
  });
  assert.equal(stage.headersOf('default/meow.mp3')['x-amz-acl'], undefined);
  assert.equal(await publicStatus(), 200);
  const { Statement } = await stage.aws.getBucketPolicy(BUCKET);
  assert.deepEqual(
    Statement.map(({ Action, Resource }) => ({ Action, Resource })),
    [{ Action: 's3:GetObject', Resource: `arn:aws:s3:::${BUCKET}/${PREFIX}*` }],
  );
  assert.deepEqual(lines('warning'), []);
});

test('with publicAccess "none", a new bucket stays closed', async (t) => {
  const { lines } = await assetSkill(t, FILES, { publicAccess: 'none' }).deploy();
  assert.deepEqual(stage.asked('PutPublicAccessBlock'), []);
  assert.equal(stage.headersOf('default/meow.mp3')['x-amz-acl'], undefined);
  assert.equal(await publicStatus(), 403);
  assert.deepEqual(lines('warning'), []);
});

test('nothing but objects is written to a bucket that was there', async (t) => {
  await makeOldBucket();
  stage.proxy.clear();
  const { lines } = await assetSkill(t, FILES).deploy();
  assert.deepEqual(stage.proxy.writes(), OBJECTS_ONLY);
  assert.equal(await publicStatus(), 200);
  assert.deepEqual(lines('warning'), []);
});

test('a bucket is found without the right to list all buckets', async (t) => {
  await makeOldBucket();
  await assetSkill(t, FILES).deploy();
  assert.ok(stage.proxy.requests.every(({ path }) => path.startsWith(`/${BUCKET}`)));
});

test('a bucket that takes no ACLs gets the assets without, and a warning says what is missing', async (t) => {
  await stage.aws.createBucket(BUCKET);
  const { lines } = await assetSkill(t, FILES).deploy();
  assert.equal((await stage.aws.listObjects(BUCKET, `${PREFIX}default/`)).length, 2);
  const aboutAcls = lines('warning').filter((line) => line.includes('publicAccess'));
  // The other warning is about the asset that cannot be read.
  assert.equal(aboutAcls.filter((line) => !line.includes('Alexa')).length, 1);

  stage.proxy.clear();
  await assetSkill(t, FILES).deploy();
  assert.deepEqual(stage.proxy.writes(), []);
});

test('a public ACL that Block Public Access refuses is explained', async (t) => {
  await stage.aws.createBucket(BUCKET, ACLS_ALLOWED);
  await assert.rejects(assetSkill(t, FILES).deploy(), ({ code, message }) => {
    assert.equal(code, 'ACCESS_DENIED');
    assertMentions(message, 'BlockPublicAcls', /publicAccess.*bucketPolicy/, 'account');
    return true;
  });
});

test('a public policy that Block Public Access refuses is explained', async (t) => {
  await stage.aws.createBucket(BUCKET);
  const { deploy } = assetSkill(t, FILES, { publicAccess: 'bucketPolicy' });
  await assert.rejects(deploy(), ({ code, message }) => {
    assert.equal(code, 'ACCESS_DENIED');
    assertMentions(message, 'BlockPublicPolicy', 'account');
    return true;
  });
});

test('one asset is fetched as Alexa would, and if that fails, a warning says why', async (t) => {
  await stage.aws.createBucket(BUCKET);
  const { lines } = await assetSkill(t, FILES).deploy();
  const anonymous = stage.proxy.requests.filter(({ service }) => service === 'anonymous');
  // Once with all the other questions, and once more after the upload.
  const asked = ['HEAD', `/${BUCKET}/${PREFIX}default/meow.mp3`, 403];
  assert.deepEqual(
    anonymous.map(({ method, path, status }) => [method, path, status]),
    [asked, asked],
  );
  assertMentions(lines('warning').join('\n'), 'Alexa', 'Block Public Access', 'account');
});

test('the asset that is fetched is asked for again only where it has been sent itself', async (t) => {
  const skill = assetSkill(t, FILES);
  await skill.deploy();
  const looksAfterChanging = async (name) => {
    stage.proxy.clear();
    skill.write(name, 'other content');
    await skill.deploy();
    return stage.proxy.requests.filter(({ service }) => service === 'anonymous').length;
  };
  assert.equal(await looksAfterChanging('default/paw.png'), 1);
  assert.equal(await looksAfterChanging('default/meow.mp3'), 2);
});

test('with publicAccess "none", nobody tries to read an asset', async (t) => {
  await stage.aws.createBucket(BUCKET);
  const { lines } = await assetSkill(t, FILES, { publicAccess: 'none' }).deploy();
  assert.deepEqual(stage.asked('HeadObject').concat(stage.asked('HEAD')), []);
  assert.deepEqual(lines('warning'), []);
});

for (const publicAccess of ['acl', 'bucketPolicy']) {
  test(`with publicAccess "${publicAccess}", the record of parameters is not public`, async (t) => {
    const uploadParams = [{ params: { CacheControl: 'no-cache' } }];
    await assetSkill(t, FILES, { uploadParams, publicAccess }).deploy();
    assert.ok(await stage.aws.headObject(BUCKET, RECORD));
    assert.equal((await stage.aws.getObject(BUCKET, RECORD)).status, 403);
  });
}

test('a bucket in another region is used where it is', async (t) => {
  const body = locationConstraint('eu-west-1');
  await awsIn('eu-west-1').s3('PUT', `/${BUCKET}`, { headers: ACLS_ALLOWED, body });
  await awsIn('eu-west-1').s3('DELETE', `/${BUCKET}?publicAccessBlock`);
  const { context } = await assetSkill(t, FILES).deploy();
  assert.equal((await awsIn('eu-west-1').listObjects(BUCKET)).length, 2);
  const root = `https://s3.eu-west-1.amazonaws.com/${BUCKET}/${PREFIX}`;
  assert.equal(context.artifacts.get('assets-root'), root);
  assert.match(stage.asked('PutObject')[0].headers.authorization, /\/eu-west-1\/s3\//);
});

test("somebody else's bucket is an error that says so", async (t) => {
  const headers = { 'x-amz-bucket-region': 'us-east-1' };
  stage.proxy.on(({ operation }) => operation === 'HeadBucket' && { status: 403, headers });
  await assert.rejects(assetSkill(t, FILES).deploy(), ({ code, message }) => {
    assert.equal(code, 'BUCKET_UNAVAILABLE');
    assertMentions(message, 'account', 's3Configuration.bucketName', 's3:ListBucket');
    return true;
  });
  assert.deepEqual(stage.proxy.writes(), []);
});

test('a name that somebody else has taken meanwhile is an error that says so', async (t) => {
  stage.refuse('CreateBucket', 409, 'BucketAlreadyExists', 'The requested bucket name is taken');
  await assert.rejects(assetSkill(t, FILES).deploy(), {
    message: /BucketAlreadyExists.*s3Configuration\.bucketName/,
  });
});

test('a name that breaks the rules of S3 fails before anything is asked', async (t) => {
  await assert.rejects(assetSkill(t, FILES, { bucketName: 'Cats_Assets' }).deploy(), {
    code: 'INVALID_BUCKET_NAME',
    message: /Cats_Assets.*lower-?\s?case/i,
  });
  assert.deepEqual(stage.proxy.requests, []);
});

test('a target without a bucket says which option is missing', async (t) => {
  await assert.rejects(assetSkill(t, FILES, { bucketName: undefined }).deploy(), {
    code: 'INVALID_BUCKET_NAME',
    message: /(?=.*\bdevelopment\b).*s3Configuration\.bucketName/,
  });
});

test('without the right to allow ACLs, the bucket is made all the same, with a warning', async (t) => {
  stage.proxy.on(({ operation, headers }) => {
    const asksForAcls = operation === 'CreateBucket' && headers['x-amz-object-ownership'];
    return asksForAcls || operation === 'PutPublicAccessBlock'
      ? s3Error(403, 'AccessDenied', 'Access Denied')
      : undefined;
  });
  const { lines } = await assetSkill(t, FILES).deploy();
  assert.match(lines('warning').join('\n'), /s3:PutBucketOwnershipControls/);
  assert.match(lines('warning').join('\n'), /s3:PutBucketPublicAccessBlock/);
  assert.equal((await stage.aws.listObjects(BUCKET, `${PREFIX}default/`)).length, 2);
});

test('without the right to create buckets, the error names it', async (t) => {
  stage.refuse('CreateBucket', 403, 'AccessDenied', 'Access Denied');
  await assert.rejects(assetSkill(t, FILES).deploy(), {
    code: 'ACCESS_DENIED',
    message: new RegExp(`${BUCKET}.*s3:CreateBucket`),
  });
});

for (const operation of ['CreateBucket', 'PutPublicAccessBlock', 'PutBucketCors']) {
  test(`a new bucket that is not settled yet is waited for: ${operation}`, async (t) => {
    const conflict = 'A conflicting conditional operation is currently in progress';
    const answers = [s3Error(409, 'OperationAborted', conflict)];
    stage.proxy.on((asked) => (asked.operation === operation ? answers.pop() : undefined));
    await assetSkill(t, FILES).deploy();
    assert.equal(await publicStatus(), 200);
  });
}

test('a bucket whose making was interrupted is finished by the next deployment', async (t) => {
  const skill = assetSkill(t, FILES);
  stage.refuse('PutPublicAccessBlock', 400, 'InvalidRequest', 'not today');
  await assert.rejects(skill.deploy(), { code: 'AWS_REQUEST_REJECTED', message: /not today/ });
  stage.proxy.forget();
  await skill.deploy();
  assert.equal(await publicStatus(), 200);
  assert.equal((await stage.aws.s3('GET', `/${BUCKET}?cors`)).status, 200);
});

test('a bucket that somebody else made after ours was refused keeps its settings', async (t) => {
  const skill = assetSkill(t, FILES);
  stage.refuse('CreateBucket', 403, 'AccessDenied', 'Access Denied');
  await assert.rejects(skill.deploy(), { code: 'ACCESS_DENIED' });
  stage.proxy.forget();
  await makeOldBucket();
  stage.proxy.clear();
  await skill.deploy();
  assert.deepEqual(stage.proxy.writes(), OBJECTS_ONLY);
});

test('other statements of the policy stay', async (t) => {
  await stage.aws.createBucket(BUCKET);
  await stage.aws.s3('DELETE', `/${BUCKET}?publicAccessBlock`);
  const Condition = { Bool: { 'aws:SecureTransport': 'true' } };
  const Resource = [`arn:aws:s3:::${BUCKET}/shared/*`];
  const mine = {
    Sid: 'Mine',
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:GetObject',
    Resource,
    Condition,
  };
  const policy = { Version: '2012-10-17', Id: 'ours', Statement: [mine] };
  await stage.aws.s3('PUT', `/${BUCKET}?policy`, { body: JSON.stringify(policy) });

  await assetSkill(t, FILES, { publicAccess: 'bucketPolicy' }).deploy();
  const { Statement, Id } = await stage.aws.getBucketPolicy(BUCKET);
  assert.deepEqual([Id, Statement.length, Statement[0]], ['ours', 2, mine]);

  stage.proxy.clear();
  await assetSkill(t, FILES, { publicAccess: 'bucketPolicy' }).deploy();
  assert.deepEqual(stage.proxy.writes(), []);
});

test('with publicAccess "none" our own statement is taken back, and no other', async (t) => {
  const skill = assetSkill(t, FILES, { publicAccess: 'bucketPolicy' });
  await skill.deploy();
  const mine = { Sid: 'Mine', Effect: 'Deny', Principal: '*', Action: 's3:DeleteBucket' };
  const policy = await stage.aws.getBucketPolicy(BUCKET);
  policy.Statement.push({ ...mine, Resource: `arn:aws:s3:::${BUCKET}` });
  await stage.aws.s3('PUT', `/${BUCKET}?policy`, { body: JSON.stringify(policy) });

  skill.configure({ publicAccess: 'none' });
  await skill.deploy();
  const { Statement } = await stage.aws.getBucketPolicy(BUCKET);
  assert.deepEqual(
    Statement.map(({ Sid }) => Sid),
    ['Mine'],
  );
});

test('two skills that edit the policy at once both end up in it', async (t) => {
  await stage.aws.createBucket(BUCKET);
  await stage.aws.s3('DELETE', `/${BUCKET}?publicAccessBlock`);
  // Neither writes before both have read: one of the first two writes is lost.
  let open;
  const bothHaveRead = new Promise((resolve) => (open = resolve));
  stage.proxy.on(async ({ operation }) => {
    if (operation !== 'PutBucketPolicy') return undefined;
    if (stage.asked('PutBucketPolicy').length === 2) open();
    await bothHaveRead;
    return undefined;
  });
  const targets = ['development', 'beta'];
  await Promise.all(
    targets.map((target) => {
      const skill = assetSkill(t, FILES);
      skill.configure({ publicAccess: 'bucketPolicy' }, {}, target);
      return skill.deploy({ target });
    }),
  );
  const { Statement } = await stage.aws.getBucketPolicy(BUCKET);
  assert.deepEqual(
    Statement.map(({ Resource }) => Resource).sort(),
    ['beta', 'development'].map((target) => `arn:aws:s3:::${BUCKET}/cats/${target}/*`),
  );
});

test('a changed publicAccess reaches objects that are there', async (t) => {
  await makeOldBucket();
  const skill = assetSkill(t, FILES, { publicAccess: 'none' });
  await skill.deploy();
  skill.configure({ publicAccess: 'acl' });
  stage.proxy.clear();
  await skill.deploy();
  assert.deepEqual(stage.uploaded(), ['default/meow.mp3', 'default/paw.png']);
});
