'use strict';

// The bucket: created if it does not exist, not changed if it does, and readable by Alexa.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { uploadedAssets, uploadHeaders } = require('../support/litexa/asset-requests');
const { s3Error } = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { createAssetProject, BUCKET, MANIFEST, PREFIX } = require('../support/litexa/project');

const aws = useAws({ auth: true });

const FILES = { 'default/meow.mp3': 'meow', 'default/paw.png': 'paw' };
const OBJECTS_ONLY = ['s3:PutObject', 's3:PutObject'];
const ACLS_ALLOWED = { 'x-amz-object-ownership': 'BucketOwnerPreferred' };

const locationConstraint = (region) =>
  `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
  `<LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;

/** Returns the four flags of the PutPublicAccessBlock request. */
function sentPublicAccessBlock() {
  const [request] = aws.requests('PutPublicAccessBlock');
  const flags = request.body.toString().matchAll(/<(\w+)>(true|false)</g);
  return Object.fromEntries([...flags].map(([, name, value]) => [name, value === 'true']));
}

async function anonymousStatus(key = 'default/meow.mp3') {
  return (await aws.client.getObject(BUCKET, PREFIX + key)).status;
}

async function createBucketWithAcls() {
  await aws.client.createBucket(BUCKET, ACLS_ALLOWED);
  await aws.client.s3('DELETE', `/${BUCKET}?publicAccessBlock`);
}

test('a new bucket allows public objects, and is private itself', async (t) => {
  const { lines } = await createAssetProject(t, FILES).deployAssets();
  const [creation] = aws.requests('CreateBucket');
  assert.equal(creation.headers['x-amz-object-ownership'], 'BucketOwnerPreferred');
  assert.doesNotMatch(creation.body.toString(), /LocationConstraint/);
  assert.deepEqual(sentPublicAccessBlock(), {
    BlockPublicAcls: false,
    IgnorePublicAcls: false,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  });
  assert.equal(await anonymousStatus(), 200);
  assert.equal((await aws.client.getObject(BUCKET, '')).status, 403);
  assert.deepEqual(lines('warning'), []);
});

test('a new bucket answers GET and HEAD from any origin', async (t) => {
  await createAssetProject(t, FILES).deployAssets();
  const cors = (await aws.client.s3('GET', `/${BUCKET}?cors`)).body.toString();
  const allowed = [...cors.matchAll(/<Allowed(Method|Origin)>([^<]*)</g)].map(
    ([, , value]) => value,
  );
  assert.deepEqual(allowed.sort(), ['*', 'GET', 'HEAD']);
});

test('a bucket outside us-east-1 is created with its location', async (t) => {
  const { context } = await createAssetProject(
    t,
    FILES,
    {},
    { awsRegion: 'eu-west-1' },
  ).deployAssets();
  const [creation] = aws.requests('CreateBucket');
  assert.match(creation.body.toString(), /<LocationConstraint>eu-west-1</);
  const root = `https://s3.eu-west-1.amazonaws.com/${BUCKET}/${PREFIX}`;
  assert.equal(context.artifacts.get('assets-root'), root);
});

test('with publicAccess "bucketPolicy", ACLs stay blocked and the prefix is public', async (t) => {
  const { lines } = await createAssetProject(t, FILES, {
    publicAccess: 'bucketPolicy',
  }).deployAssets();
  assert.equal(aws.requests('CreateBucket')[0].headers['x-amz-object-ownership'], undefined);
  assert.deepEqual(sentPublicAccessBlock(), {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: false,
    RestrictPublicBuckets: false,
  });
  assert.equal(uploadHeaders(aws, 'default/meow.mp3')['x-amz-acl'], undefined);
  assert.equal(await anonymousStatus(), 200);
  const { Statement } = await aws.client.getBucketPolicy(BUCKET);
  assert.deepEqual(
    Statement.map(({ Action, Resource }) => ({ Action, Resource })),
    [{ Action: 's3:GetObject', Resource: `arn:aws:s3:::${BUCKET}/${PREFIX}*` }],
  );
  assert.deepEqual(lines('warning'), []);
});

test('with publicAccess "none", a new bucket stays private', async (t) => {
  const { lines } = await createAssetProject(t, FILES, { publicAccess: 'none' }).deployAssets();
  assert.deepEqual(aws.requests('PutPublicAccessBlock'), []);
  assert.equal(uploadHeaders(aws, 'default/meow.mp3')['x-amz-acl'], undefined);
  assert.equal(await anonymousStatus(), 403);
  assert.deepEqual(lines('warning'), []);
});

test('only objects are written to an existing bucket', async (t) => {
  await createBucketWithAcls();
  aws.clearRequests();
  const { lines } = await createAssetProject(t, FILES).deployAssets();
  assert.deepEqual(aws.writes(), OBJECTS_ONLY);
  assert.equal(await anonymousStatus(), 200);
  assert.deepEqual(lines('warning'), []);
});

test('a bucket is found without the permission to list all buckets', async (t) => {
  await createBucketWithAcls();
  aws.rejectS3('ListBuckets', 403, 'AccessDenied', 'Access Denied');
  const { lines } = await createAssetProject(t, FILES).deployAssets();
  assert.deepEqual(lines('warning'), []);
  assert.equal(await anonymousStatus(), 200);
});

test('assets go to a bucket with disabled ACLs without one, and a warning names publicAccess', async (t) => {
  await aws.client.createBucket(BUCKET);
  const { lines } = await createAssetProject(t, FILES).deployAssets();
  assert.equal((await aws.client.listObjects(BUCKET, `${PREFIX}default/`)).length, 2);
  const aboutAcls = lines('warning').filter((line) => line.includes('publicAccess'));
  // The other warning is about the asset that cannot be read.
  assert.equal(aboutAcls.filter((line) => !line.includes('Alexa')).length, 1);

  aws.clearRequests();
  await createAssetProject(t, FILES).deployAssets();
  assert.deepEqual(aws.writes(), []);
});

test('the error for a public ACL that Block Public Access rejects names the settings', async (t) => {
  await aws.client.createBucket(BUCKET, ACLS_ALLOWED);
  await assert.rejects(createAssetProject(t, FILES).deployAssets(), ({ code, message }) => {
    assert.equal(code, 'ACCESS_DENIED');
    assertMentions(message, 'BlockPublicAcls', /publicAccess.*bucketPolicy/, 'account');
    return true;
  });
});

test('a status of 404 without a body and an ID does not show that a bucket has no policy', async (t) => {
  await aws.client.createBucket(BUCKET);
  aws.answer('GetBucketPolicy', { status: 404, body: '' });
  const { deployAssets } = createAssetProject(t, FILES, { publicAccess: 'bucketPolicy' });
  await assert.rejects(deployAssets(), { code: 'AWS_UNAVAILABLE' });
  assert.equal(aws.count('PutBucketPolicy'), 0);
});

test('the error for a public policy that Block Public Access rejects names the settings', async (t) => {
  await aws.client.createBucket(BUCKET);
  const { deployAssets } = createAssetProject(t, FILES, { publicAccess: 'bucketPolicy' });
  await assert.rejects(deployAssets(), ({ code, message }) => {
    assert.equal(code, 'ACCESS_DENIED');
    assertMentions(message, 'BlockPublicPolicy', 'account');
    return true;
  });
});

test('an anonymous HEAD that a store answers by 404 without an ID is repeated as GET', async (t) => {
  await aws.client.createBucket(BUCKET);
  aws.intercept(({ service, method }) =>
    service === 'anonymous' && method === 'HEAD' ? { status: 404, body: '' } : undefined,
  );
  const { lines } = await createAssetProject(t, FILES).deployAssets();
  const anonymous = aws.requests().filter(({ service }) => service === 'anonymous');
  assert.deepEqual(new Set(anonymous.map(({ method }) => method)), new Set(['HEAD', 'GET']));
  assert.match(lines('warning').join('\n'), /Alexa cannot read the assets/);
});

test('one asset is requested anonymously, and a failure is a warning with the possible causes', async (t) => {
  await aws.client.createBucket(BUCKET);
  const { lines } = await createAssetProject(t, FILES).deployAssets();
  const anonymous = aws.requests().filter(({ service }) => service === 'anonymous');
  // Once with all other reads, and once after the upload.
  const expected = ['HEAD', `/${BUCKET}/${PREFIX}default/meow.mp3`, 403];
  assert.deepEqual(
    anonymous.map(({ method, path, status }) => [method, path, status]),
    [expected, expected],
  );
  assertMentions(lines('warning').join('\n'), 'Alexa', 'Block Public Access', 'account');
});

test('the asset is requested again only after it was uploaded', async (t) => {
  const project = createAssetProject(t, FILES);
  await project.deployAssets();
  const requestsAfterChanging = async (name) => {
    aws.clearRequests();
    project.writeAsset(name, 'other content');
    await project.deployAssets();
    return aws.requests().filter(({ service }) => service === 'anonymous').length;
  };
  assert.equal(await requestsAfterChanging('default/paw.png'), 1);
  assert.equal(await requestsAfterChanging('default/meow.mp3'), 2);
});

test('with publicAccess "none", no asset is requested anonymously', async (t) => {
  await aws.client.createBucket(BUCKET);
  const { lines } = await createAssetProject(t, FILES, { publicAccess: 'none' }).deployAssets();
  assert.deepEqual(aws.requests('HeadObject').concat(aws.requests('HEAD')), []);
  assert.deepEqual(lines('warning'), []);
});

for (const publicAccess of ['acl', 'bucketPolicy']) {
  test(`with publicAccess "${publicAccess}", the upload manifest is not public`, async (t) => {
    const uploadParams = [{ params: { CacheControl: 'no-cache' } }];
    await createAssetProject(t, FILES, { uploadParams, publicAccess }).deployAssets();
    assert.ok(await aws.client.headObject(BUCKET, MANIFEST));
    assert.equal((await aws.client.getObject(BUCKET, MANIFEST)).status, 403);
  });
}

test('a bucket in another region is used in its region', async (t) => {
  const body = locationConstraint('eu-west-1');
  await aws.inRegion('eu-west-1').s3('PUT', `/${BUCKET}`, { headers: ACLS_ALLOWED, body });
  await aws.inRegion('eu-west-1').s3('DELETE', `/${BUCKET}?publicAccessBlock`);
  const { context } = await createAssetProject(t, FILES).deployAssets();
  assert.equal((await aws.inRegion('eu-west-1').listObjects(BUCKET)).length, 2);
  const root = `https://s3.eu-west-1.amazonaws.com/${BUCKET}/${PREFIX}`;
  assert.equal(context.artifacts.get('assets-root'), root);
  assert.match(aws.requests('PutObject')[0].headers.authorization, /\/eu-west-1\/s3\//);
});

test("the error for another account's bucket names the option and the permission to see it", async (t) => {
  const headers = { 'x-amz-bucket-region': 'us-east-1' };
  aws.intercept(({ operation }) => operation === 'HeadBucket' && { status: 403, headers });
  aws.rejectS3('ListObjectsV2', 403, 'AccessDenied', 'Access Denied');
  await assert.rejects(createAssetProject(t, FILES).deployAssets(), ({ code, message }) => {
    assert.equal(code, 'BUCKET_UNAVAILABLE');
    assertMentions(message, 'account', 's3Configuration.bucketName', 's3:ListBucket');
    return true;
  });
  assert.deepEqual(aws.writes(), []);
});

test('the error for a name that another account has taken names the option', async (t) => {
  aws.rejectS3('CreateBucket', 409, 'BucketAlreadyExists', 'The requested bucket name is taken');
  await assert.rejects(createAssetProject(t, FILES).deployAssets(), {
    message: /BucketAlreadyExists.*s3Configuration\.bucketName/,
  });
});

test('a name that breaks the rules of S3 is an error before any request', async (t) => {
  await assert.rejects(createAssetProject(t, FILES, { bucketName: 'Cats_Assets' }).deployAssets(), {
    code: 'INVALID_BUCKET_NAME',
    message: /Cats_Assets.*lower-?\s?case/i,
  });
  assert.deepEqual(aws.requests(), []);
});

test('the error for a target without a bucket names the missing option', async (t) => {
  await assert.rejects(createAssetProject(t, FILES, { bucketName: undefined }).deployAssets(), {
    code: 'INVALID_BUCKET_NAME',
    message: /(?=.*\bdevelopment\b).*s3Configuration\.bucketName/,
  });
});

test('without the permission to allow ACLs, the bucket is created with a warning', async (t) => {
  aws.intercept(({ operation, headers }) => {
    const allowsAcls = operation === 'CreateBucket' && headers['x-amz-object-ownership'];
    return allowsAcls || operation === 'PutPublicAccessBlock'
      ? s3Error(403, 'AccessDenied', 'Access Denied')
      : undefined;
  });
  const { lines } = await createAssetProject(t, FILES).deployAssets();
  assert.match(lines('warning').join('\n'), /s3:PutBucketOwnershipControls/);
  assert.match(lines('warning').join('\n'), /s3:PutBucketPublicAccessBlock/);
  assert.equal((await aws.client.listObjects(BUCKET, `${PREFIX}default/`)).length, 2);
});

test('the error for a missing permission to create buckets names it', async (t) => {
  aws.rejectS3('CreateBucket', 403, 'AccessDenied', 'Access Denied');
  await assert.rejects(createAssetProject(t, FILES).deployAssets(), {
    code: 'ACCESS_DENIED',
    message: new RegExp(`${BUCKET}.*s3:CreateBucket`),
  });
});

for (const operation of ['CreateBucket', 'PutPublicAccessBlock', 'PutBucketCors']) {
  test(`${operation} is retried while S3 still processes the creation of the bucket`, async (t) => {
    const conflict = 'A conflicting conditional operation is currently in progress';
    const answers = [s3Error(409, 'OperationAborted', conflict)];
    aws.intercept((asked) => (asked.operation === operation ? answers.pop() : undefined));
    await createAssetProject(t, FILES).deployAssets();
    assert.equal(await anonymousStatus(), 200);
  });
}

test('the next deployment finishes an interrupted creation of a bucket', async (t) => {
  const project = createAssetProject(t, FILES);
  aws.rejectS3('PutPublicAccessBlock', 400, 'InvalidRequest', 'not today');
  await assert.rejects(project.deployAssets(), {
    code: 'AWS_REQUEST_REJECTED',
    message: /not today/,
  });
  aws.removeInterceptors();
  await project.deployAssets();
  assert.equal(await anonymousStatus(), 200);
  assert.equal((await aws.client.s3('GET', `/${BUCKET}?cors`)).status, 200);
});

test('a bucket that was created out of band after a rejected creation keeps its settings', async (t) => {
  const project = createAssetProject(t, FILES);
  aws.rejectS3('CreateBucket', 403, 'AccessDenied', 'Access Denied');
  await assert.rejects(project.deployAssets(), { code: 'ACCESS_DENIED' });
  aws.removeInterceptors();
  await createBucketWithAcls();
  aws.clearRequests();
  await project.deployAssets();
  assert.deepEqual(aws.writes(), OBJECTS_ONLY);
});

test('other statements of the bucket policy are preserved', async (t) => {
  await aws.client.createBucket(BUCKET);
  await aws.client.s3('DELETE', `/${BUCKET}?publicAccessBlock`);
  const Condition = { Bool: { 'aws:SecureTransport': 'true' } };
  const Resource = [`arn:aws:s3:::${BUCKET}/shared/*`];
  const foreign = {
    Sid: 'Foreign',
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:GetObject',
    Resource,
    Condition,
  };
  const policy = { Version: '2012-10-17', Id: 'ours', Statement: [foreign] };
  await aws.client.s3('PUT', `/${BUCKET}?policy`, { body: JSON.stringify(policy) });

  await createAssetProject(t, FILES, { publicAccess: 'bucketPolicy' }).deployAssets();
  const { Statement, Id } = await aws.client.getBucketPolicy(BUCKET);
  assert.deepEqual([Id, Statement.length, Statement[0]], ['ours', 2, foreign]);

  aws.clearRequests();
  await createAssetProject(t, FILES, { publicAccess: 'bucketPolicy' }).deployAssets();
  assert.deepEqual(aws.writes(), []);
});

test('publicAccess "none" removes the statement of this module only', async (t) => {
  const project = createAssetProject(t, FILES, { publicAccess: 'bucketPolicy' });
  await project.deployAssets();
  const foreign = { Sid: 'Foreign', Effect: 'Deny', Principal: '*', Action: 's3:DeleteBucket' };
  const policy = await aws.client.getBucketPolicy(BUCKET);
  policy.Statement.push({ ...foreign, Resource: `arn:aws:s3:::${BUCKET}` });
  await aws.client.s3('PUT', `/${BUCKET}?policy`, { body: JSON.stringify(policy) });

  project.configureS3({ publicAccess: 'none' });
  await project.deployAssets();
  const { Statement } = await aws.client.getBucketPolicy(BUCKET);
  assert.deepEqual(
    Statement.map(({ Sid }) => Sid),
    ['Foreign'],
  );
});

test('concurrent deployments of two targets both add their statement to the policy', async (t) => {
  await aws.client.createBucket(BUCKET);
  await aws.client.s3('DELETE', `/${BUCKET}?publicAccessBlock`);
  // Neither writes before both have read, so that one of the first two writes is lost.
  let open;
  const bothHaveRead = new Promise((resolve) => (open = resolve));
  aws.intercept(async ({ operation }) => {
    if (operation !== 'PutBucketPolicy') return undefined;
    if (aws.requests('PutBucketPolicy').length === 2) open();
    await bothHaveRead;
    return undefined;
  });
  const targets = ['development', 'beta'];
  await Promise.all(
    targets.map((target) => {
      const project = createAssetProject(t, FILES);
      project.configureS3({ publicAccess: 'bucketPolicy' }, {}, target);
      return project.deployAssets({ target });
    }),
  );
  const { Statement } = await aws.client.getBucketPolicy(BUCKET);
  assert.deepEqual(
    Statement.map(({ Resource }) => Resource).sort(),
    ['beta', 'development'].map((target) => `arn:aws:s3:::${BUCKET}/cats/${target}/*`),
  );
});

test('a changed publicAccess is applied to existing objects', async (t) => {
  await createBucketWithAcls();
  const project = createAssetProject(t, FILES, { publicAccess: 'none' });
  await project.deployAssets();
  project.configureS3({ publicAccess: 'acl' });
  aws.clearRequests();
  await project.deployAssets();
  assert.deepEqual(uploadedAssets(aws), ['default/meow.mp3', 'default/paw.png']);
});
