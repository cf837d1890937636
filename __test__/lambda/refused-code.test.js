'use strict';

// Code that AWS refuses although it was checked, after the configuration was changed; code for a runtime
// that AWS has retired; and the ARNs of published code.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { openStrictAws } = require('../support/aws/use-strict-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const NEW = { handler: 'exports.handler = async () => 2;\n' };
const INVALID = 'InvalidParameterValueException';
const TOO_LARGE = 'Unzipped size must be smaller than 262144000 bytes';

const runtime = (Runtime, more) => ({ lambdaConfiguration: { Runtime, ...more } });
const latest = (aws) => aws.inRegion().functions.get(NAMES.function).latest;

/** Deploys a skill with a runtime, and then to nodejs24.x with new code, which AWS accepts at first only. */
async function refuseCode(
  t,
  { before = runtime('nodejs22.x'), now = runtime('nodejs24.x'), fault, prepare },
) {
  const aws = await openStrictAws(t, { lag: 0 });
  const project = createProject(t);
  await project.deployHandler(before);
  const { CodeSha256 } = latest(aws);
  const refusal = { kind: 'refused', code: INVALID, message: TOO_LARGE };
  const isNoTrial = ({ input }) => !input.DryRun;
  aws.addFault({ ...refusal, operation: 'UpdateFunctionCode', when: isNoTrial, ...fault });
  prepare?.(aws);
  const failed = await project.failToDeployHandler(now, NEW);
  return { aws, project, now, CodeSha256, ...failed };
}

/** Checks that the next deployment completes what was refused. */
async function assertCompletes({ aws, project, now, CodeSha256 }) {
  aws.faults.length = 0;
  await project.deployHandler(now, NEW);
  assert.equal(latest(aws).Runtime, now.lambdaConfiguration.Runtime);
  assert.notEqual(latest(aws).CodeSha256, CodeSha256);
}

test('the runtime is restored if new code is refused after it was changed', async (t) => {
  const refused = await refuseCode(t, { now: runtime('nodejs24.x', { MemorySize: 512 }) });
  const { aws, error, CodeSha256 } = refused;
  assert.equal(error.code, 'AWS_REQUEST_REJECTED');
  assertMentions(error.message, TOO_LARGE, 'earlier code', 'nodejs22.x');
  const { Runtime, MemorySize } = latest(aws);
  assert.deepEqual([Runtime, MemorySize, latest(aws).CodeSha256], ['nodejs22.x', 512, CodeSha256]);
  await assertCompletes(refused);
});

test('the handler and layers are restored, too', async (t) => {
  const layer = (version) => `arn:aws:lambda:us-east-1:123456789012:layer:ears:${version}`;
  const { aws } = await refuseCode(t, {
    before: runtime('nodejs22.x', { Handler: 'index.other', Layers: [layer(1)] }),
    now: runtime('nodejs22.x', { Layers: [layer(2)] }),
  });
  const { Handler, Layers } = latest(aws);
  assert.deepEqual([Handler, Layers.map(({ Arn }) => Arn)], ['index.other', [layer(1)]]);
});

test('where nothing has to be restored, the error reports that the earlier code runs', async (t) => {
  const { aws, error } = await refuseCode(t, {
    now: runtime('nodejs22.x', { MemorySize: 512 }),
  });
  assertMentions(error.message, TOO_LARGE, 'earlier code', 'new configuration');
  assert.equal(aws.sent('UpdateFunctionConfiguration').length, 1);
});

test('the error names the runtime if AWS does not accept the earlier one anymore', async (t) => {
  const refused = await refuseCode(t, {
    prepare(aws) {
      latest(aws).Runtime = 'nodejs12.x';
    },
  });
  const { aws, error } = refused;
  assertMentions(error.message, TOO_LARGE, 'earlier code on nodejs24.x', 'nodejs12.x');
  assert.equal(latest(aws).Runtime, 'nodejs24.x');
  await assertCompletes(refused);
});

test('the runtime is not restored if the function has the new code although its answer is lost', async (t) => {
  const fault = { kind: 'answer-lost', times: 99 };
  const { aws, error, CodeSha256 } = await refuseCode(t, { fault });
  assert.equal(error.code, 'AWS_UNAVAILABLE');
  assert.notEqual(latest(aws).CodeSha256, CodeSha256);
  assert.equal(latest(aws).Runtime, 'nodejs24.x');
});

for (const Runtime of ['nodejs8.10', 'nodejs10.x', 'nodejs12.x']) {
  test(`a function of 0.9.0 on ${Runtime}, for which AWS accepts no code, gets runtime and code`, async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    const project = createProject(t);
    await project.deployHandler();
    const { CodeSha256 } = latest(aws);
    latest(aws).Runtime = Runtime;
    const { logger } = await project.deployHandler({}, NEW);
    assert.equal(latest(aws).Runtime, 'nodejs24.x');
    assert.notEqual(latest(aws).CodeSha256, CodeSha256);
    assert.ok(logger.lines('log').some((line) => line.includes(`retired ${Runtime}`)));
  });
}

for (const rulesOff of [[], ['arn-of-created']]) {
  const answered = rulesOff.length === 0 ? 'the function' : 'the version';
  test(`the ARN of the endpoint is right where the answer to a creation names that of ${answered}`, async (t) => {
    const aws = await openStrictAws(t, { lag: 0, rulesOff });
    const denial = { status: 403, code: 'AccessDeniedException' };
    const message = 'User is not authorized to perform: lambda:PublishVersion';
    aws.addFault({ kind: 'refused', operation: 'PublishVersion', times: 99, ...denial, message });
    const project = createProject(t);
    const expected = `${NAMES.functionArn}:${NAMES.alias}`;
    for (const value of [1, 2]) {
      const handler = `exports.handler = async () => ${value};\n`;
      const { artifacts, lambdaARN } = await project.deployHandler(
        { tags: { team: 'voice' } },
        { handler },
      );
      assert.deepEqual([artifacts.get('lambdaARN'), lambdaARN], [expected, expected]);
    }
    assert.equal(aws.inRegion().functions.get(NAMES.function).versions.length, 2);
  });
}
