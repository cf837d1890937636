'use strict';

// Compares the code that Lambda reports with the package, tries new code before the function is changed, and
// publishes versions of the package only.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const { test } = require('node:test');
const { assertMentions, hintFor } = require('../support/assertions');
const errors = require('../support/aws/errors');
const { keyOf } = require('../support/aws/proxy');
const { useAws } = require('../support/aws/use-aws');
const { createProject, BUCKET, NAMES } = require('../support/litexa/project');

const aws = useAws();

const MIB = 1024 * 1024;
const OTHER = crypto.createHash('sha256').update('other code').digest('base64');
const NEW = { handler: 'exports.handler = async () => 2;\n' };

const latest = async () => (await aws.client.getFunction(NAMES.function)).Configuration;

async function versions() {
  const { Versions } = await aws.client.lambda(`${NAMES.function}/versions`);
  return Versions.filter(({ Version }) => Version !== '$LATEST');
}

/** Returns the digest of the package that a deployment has left. */
const packaged = (project) =>
  crypto
    .createHash('sha256')
    .update(fs.readFileSync(project.path('.deploy/beta/lambda.zip')))
    .digest('base64');

/** Changes the digest in the answers to an operation. */
const answerOtherCode = (operation, isWanted = () => true) =>
  aws.answer(operation, (request) =>
    isWanted(request)
      ? {
          rewrite({ status, headers, body }) {
            const { 'content-length': _, 'transfer-encoding': __, ...kept } = headers;
            const answer = { ...JSON.parse(body), CodeSha256: OTHER };
            return { status, headers: kept, body: JSON.stringify(answer) };
          },
        }
      : undefined,
  );

/** Returns the operations that change or try the function, with `?` for a trial. */
const steps = () =>
  aws
    .requests()
    .filter(({ operation }) =>
      /^(Update|Create)Function|^PublishVersion$|^PutObject$|^DeleteObject$/.test(operation),
    )
    .map(({ operation, body }) =>
      operation === 'UpdateFunctionCode' && JSON.parse(body).DryRun ? `${operation}?` : operation,
    );

for (const operation of ['CreateFunction', 'UpdateFunctionCode']) {
  test(`other code in the answer to ${operation} is an error that names what runs`, async (t) => {
    const project = createProject(t);
    if (operation === 'UpdateFunctionCode') await project.deployHandler();
    answerOtherCode(operation);
    const { error } = await project.failToDeployHandler({}, NEW);
    assert.equal(error.code, 'RESOURCE_NOT_READY');
    assertMentions(error.message, NAMES.function, OTHER, packaged(project));
  });
}

test('other code in the function when a change is complete is an error, and no version is published', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  answerOtherCode('GetFunctionConfiguration', () => aws.count('UpdateFunctionCode') > 0);
  const { error } = await project.failToDeployHandler({}, NEW);
  assertMentions(error.message, NAMES.function, OTHER, packaged(project));
  assert.equal((await versions()).length, 1);
});

test('a staged package that was replaced before Lambda read it is an error', async (t) => {
  await aws.client.createBucket(BUCKET);
  const project = createProject(t);
  project.installPackage('whale/index.js', crypto.randomBytes(51 * MIB));
  answerOtherCode('CreateFunction');
  const { error } = await project.failToDeployHandler({ s3Configuration: { bucketName: BUCKET } });
  assertMentions(error.message, OTHER, 's3Configuration.bucketName');
  const staged = aws.requests('DeleteObject').filter((request) => keyOf(request).endsWith('.zip'));
  assert.equal(staged.length, 1, 'the staged package is deleted');
});

test('a version is published with the digest, the revision and a description', async (t) => {
  const project = createProject(t);
  const currentCommitHash = '0123456789abcdef0123456789abcdef01234567';
  const git = { currentCommitHash, uncommittedChanges: [] };
  project.saveArtifact('lastDeployment', { date: 'today', git });
  await project.deployHandler();

  const published = aws.sent('PublishVersion').at(-1);
  assert.equal(published.CodeSha256, packaged(project));
  assert.match(published.RevisionId, /./);
  const { version } = require('../../package.json');
  assertMentions(
    published.Description,
    /^\d{4}-\d\d-\d\dT/,
    `@litexa/deploy-aws ${version}`,
    'commit 0123456789ab',
  );
  const [only, ...others] = await versions();
  assert.deepEqual([only.Version, only.CodeSha256, others.length], ['1', packaged(project), 0]);
  assert.equal(aws.sent('CreateFunction')[0].Publish, false);
});

test('a version is published although the function was changed after it was compared', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  const stale = errors.jsonError(
    412,
    'PreconditionFailedException',
    'The RevisionId provided does not match',
  );
  let refused = 0;
  aws.answer('PublishVersion', ({ body }) =>
    JSON.parse(body).RevisionId && refused++ < 2 ? stale : undefined,
  );
  await project.deployHandler({}, NEW);
  assert.equal((await versions()).length, 2);
});

test('a version that a killed deployment did not publish is published by the next one', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  const stop = aws.answer('PublishVersion', ({ body }) =>
    JSON.parse(body).RevisionId
      ? errors.jsonError(400, 'InvalidParameterValueException', 'no')
      : undefined,
  );
  await project.failToDeployHandler({}, NEW);
  assert.equal((await versions()).length, 1);
  stop();
  await project.deployHandler({}, NEW);
  assert.equal((await versions()).length, 2);

  aws.clearRequests();
  await project.deployHandler({}, NEW);
  assert.deepEqual(aws.writes(), []);
});

test('without the right to publish, the code is published with its request, with one warning', async (t) => {
  const project = createProject(t);
  aws.answer('PublishVersion', errors.accessDenied('lambda:PublishVersion'));
  const first = await project.deployHandler();
  const second = await project.deployHandler({}, NEW);
  for (const { logger } of [first, second]) {
    const warnings = logger.lines('warning').filter((line) => line.includes('PublishVersion'));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], hintFor('lambda:PublishVersion'));
  }
  assert.deepEqual(
    [aws.sent('CreateFunction')[0].Publish, aws.sent('UpdateFunctionCode')[0].Publish],
    [true, true],
  );
  assert.equal((await versions()).length, 2);

  aws.clearRequests();
  const { logger } = await project.deployHandler({}, NEW);
  assert.deepEqual(aws.writes(), []);
  assert.doesNotMatch(logger.lines().join(), /PublishVersion/);
});

for (const [what, before, after] of [
  ['the runtime', { Runtime: 'nodejs22.x' }, { Runtime: 'nodejs24.x' }],
  ['the architecture', { Architectures: ['x86_64'] }, { Architectures: ['arm64'] }],
]) {
  test(`new code is tried before ${what} is changed with it`, async (t) => {
    const project = createProject(t);
    await project.deployHandler({ lambdaConfiguration: before });
    aws.clearRequests();
    const refusal = errors.jsonError(
      400,
      'InvalidParameterValueException',
      'Unzipped size is too large',
    );
    const stop = aws.answer('UpdateFunctionCode', refusal);
    const { error } = await project.failToDeployHandler({ lambdaConfiguration: after }, NEW);
    assert.match(error.message, /Unzipped size/);
    assert.ok(!steps().includes('UpdateFunctionConfiguration'), steps().join());
    const { Runtime, Architectures } = await latest();
    for (const [key, value] of Object.entries(before)) {
      assert.deepEqual({ Runtime, Architectures }[key], value);
    }

    stop();
    aws.clearRequests();
    await project.deployHandler({ lambdaConfiguration: after }, NEW);
    const changes = steps().filter((step) => step !== 'PublishVersion');
    const configuration = what === 'the runtime' ? ['UpdateFunctionConfiguration'] : [];
    assert.deepEqual(changes, ['UpdateFunctionCode?', ...configuration, 'UpdateFunctionCode']);
  });
}

test('a staged package is sent once, and tried before the runtime is changed', async (t) => {
  await aws.client.createBucket(BUCKET);
  const s3Configuration = { bucketName: BUCKET };
  const project = createProject(t);
  await project.deployHandler({ s3Configuration, lambdaConfiguration: { Runtime: 'nodejs22.x' } });
  project.installPackage('whale/index.js', crypto.randomBytes(51 * MIB));
  aws.clearRequests();
  await project.deployHandler({ s3Configuration });
  assert.deepEqual(
    steps().filter((step) => step !== 'PublishVersion'),
    [
      'PutObject',
      'UpdateFunctionCode?',
      'UpdateFunctionConfiguration',
      'UpdateFunctionCode',
      'DeleteObject',
    ],
  );
  assert.equal((await latest()).CodeSha256, packaged(project));
});

test('code alone is not tried before it is sent', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  aws.clearRequests();
  await project.deployHandler({ lambdaConfiguration: { MemorySize: 512 } }, NEW);
  assert.equal(aws.count('UpdateFunctionCode'), 1);
});
