'use strict';

// `deploy --verify`: a deployment whose skill does not answer is rolled back.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const { goodVersion } = require('../../bin/lib/verify');
const errors = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { runExecutable } = require('../support/litexa/executable');
const { installFakeCli } = require('../support/litexa/fake-cli');
const { NAMES, createProject } = require('../support/litexa/project');

const aws = useAws();

// One with a callback waits for an empty event loop, which the emulator's is not.
const handler = (answer) => `exports.handler = async () => { ${answer} };\n`;
const GOOD = handler("return { version: '1.0', response: {} };");
const BETTER = handler("return { version: '1.0', response: { shouldEndSession: true } };");
const BAD = handler('throw new Error("no tea left");');

function createSkill(t, lambdaConfiguration, variables = {}) {
  const s3Configuration = { bucketName: 'cats-assets', publicAccess: 'none' };
  const options = { s3Configuration, lambdaConfiguration };
  const project = createProject(t, { options });
  installFakeCli(project);
  const deploy = async (content, ...args) => {
    project.write('handler.js', content);
    const command = ['deploy', '--verify', '-d', 'beta', ...args];
    return runExecutable(command, { cwd: project.root, env: { ...aws.env, ...variables } });
  };
  return { ...project, deploy };
}

const isDryRun = ({ headers }) => headers['x-amz-invocation-type'] === 'DryRun';

/** Answers launches, and not the question for the right. */
const answerLaunch = (answer) =>
  aws.intercept((request) =>
    request.operation === 'Invoke' && !isDryRun(request) ? answer : undefined,
  );

const aliasVersion = async () =>
  (await aws.client.getAlias(NAMES.function, NAMES.alias)).FunctionVersion;

const pointTo = (FunctionVersion, RoutingConfig) =>
  aws.client.lambda(`${NAMES.function}/aliases/${NAMES.alias}`, {
    method: 'PUT',
    input: { FunctionVersion, RoutingConfig },
  });

test('a skill that answers stays deployed, and one that does not goes back to the version before', async (t) => {
  const { deploy } = createSkill(t);
  const good = await deploy(GOOD);
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /^verified: \S+:release-0 answers a launch$/m);
  assert.equal(aws.requests('Invoke').filter(isDryRun).length, 1);
  assert.equal(await aliasVersion(), '$LATEST');

  const bad = await deploy(BAD);
  assert.equal(bad.code, 1);
  assert.match(
    bad.stderr,
    /^error: not verified: \S+:release-0 does not answer a launch: .*no tea left/m,
  );
  assert.doesNotMatch(bad.stdout, /verified/);
  assert.match(
    bad.stderr,
    /^error: .* points to version 1, the newest one from before\. Its code and its conf/m,
  );
  assert.equal(await aliasVersion(), '1');

  // The same code again: the endpoint stays rolled back, and a pipeline that runs again must not succeed.
  const same = await deploy(BAD);
  assert.equal(same.code, 1, same.stderr);
  assert.match(
    same.stderr,
    /^error: not verified: .* with version 1, and stays rolled back: the newest code is not live$/m,
  );

  const better = await deploy(BETTER, '--json');
  assert.equal(better.code, 0, better.stderr);
  assert.equal(better.json().invocation.problem, undefined);
  assert.equal(await aliasVersion(), '$LATEST');

  const { code, json } = await deploy(BAD, '--json');
  assert.equal(code, 1);
  assert.match(json().invocation.problem.message, /no tea left/);
  assert.equal(json().rollback.to, 'version 3');
  assert.equal(await aliasVersion(), '3');
});

test('without an earlier version, nothing is rolled back, which is reported', async (t) => {
  const { code, stderr } = await createSkill(t).deploy(BAD);
  assert.equal(code, 1);
  assert.match(stderr, /was not rolled back, because no version was published before/);
  assert.equal(await aliasVersion(), '$LATEST');
});

const ENDPOINT = 'release-0';
const serving = (share, name = ENDPOINT) => [{ name, share }];
const none = [];

for (const [what, versions, expected] of [
  ['no version', [], undefined],
  ['versions that nothing points to', { 2: none, 1: none }, [2, 0, 2]],
  ['a version that all requests use', { 3: none, 2: serving(1), 1: none }, [2, 1, 3]],
  ['a new version with a small share', { 3: serving(0.1), 2: serving(0.9), 1: none }, [2, 0.9, 3]],
  ['an old version with a small share', { 3: serving(0.8), 2: none, 1: serving(0.2) }, [3, 0.8, 2]],
  ['equal shares', { 3: serving(0.5), 2: serving(0.5) }, [2, 0.5, 3]],
  ['a version of another alias', { 2: serving(1, 'LIVE'), 1: none }, [2, 0, 0]],
  [
    'one that another alias names, too',
    { 2: none, 1: [...serving(1), ...serving(1, 'LIVE')] },
    [1, 1, 0],
  ],
]) {
  test(`the good version is known with ${what}`, () => {
    const listed = Object.entries(versions).map(([version, aliases]) => ({
      version: +version,
      aliases,
    }));
    const found = goodVersion(listed.reverse(), ENDPOINT, true);
    assert.deepEqual(found && [found.version, found.share, found.keepVersions], expected);
  });
}

test('a version that the skill is rolled back to is kept by the deployment that ends that', () => {
  const versions = [
    { version: 2, aliases: [] },
    { version: 1, aliases: serving(1) },
  ];
  assert.equal(goodVersion(versions, ENDPOINT, false).keepVersions, 0);
  assert.equal(goodVersion(versions, ENDPOINT, true).keepVersions, 3);
});

test('if requests were divided, those of the version with most of them go back to it', async (t) => {
  const { deploy } = createSkill(t);
  for (const content of [GOOD, BETTER]) assert.equal((await deploy(content)).code, 0);
  await pointTo('1', { AdditionalVersionWeights: { 2: 0.25 } });
  const bad = await deploy(BAD);
  assert.equal(bad.code, 1);
  assert.match(
    bad.stderr,
    /points to version 1 for all requests, of which it has answered 75 % before\./,
  );
  assert.equal(await aliasVersion(), '1');
});

test('divided requests that stay rolled back are not live, whichever version answers', async (t) => {
  const { deploy } = createSkill(t);
  for (const content of [GOOD, BETTER]) assert.equal((await deploy(content)).code, 0);
  await pointTo('1', { AdditionalVersionWeights: { 2: 0.25 } });
  const answer = (body, headers) => ({ status: 200, headers, body: JSON.stringify(body) });
  const fine = { version: '1.0', response: {} };
  const stop = answerLaunch(answer(fine, { 'x-amz-executed-version': '2' }));
  const same = await deploy(BETTER);
  assert.equal(same.code, 1, same.stdout);
  assert.match(
    same.stderr,
    /^error: not verified: .* with version 2, and stays rolled back: the newest code is not live$/m,
  );
  stop();

  // Emulators and proxies may not name the version.
  const stopUnnamed = answerLaunch(answer(fine, {}));
  assert.equal((await deploy(BETTER)).code, 1);
  stopUnnamed();

  const failing = { errorType: 'Error', errorMessage: 'no tea left' };
  answerLaunch(answer(failing, { 'x-amz-function-error': 'Unhandled' }));
  const failed = await deploy(BETTER);
  assert.equal(failed.code, 1, failed.stdout);
  assert.match(failed.stderr, /not rolled back, because this deployment leaves it where it is/);
  const alias = await aws.client.getAlias(NAMES.function, NAMES.alias);
  assert.deepEqual(alias.RoutingConfig, { AdditionalVersionWeights: { 2: 0.25 } });
});

// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
const REFUSALS = {
  'the key of the variables': errors.jsonError(502, 'KMSAccessDeniedException', 'no key'),
  'the runtime': errors.jsonError(502, 'InvalidRuntimeException', 'no such runtime'),
};
const OTHER_FAILURES = {
  'too many requests': errors.jsonError(429, 'TooManyRequestsException', 'Rate Exceeded.'),
  'an error of Lambda': errors.jsonError(500, 'ServiceException', 'internal'),
  'no answer': { destroy: true },
};

test('a skill that Lambda cannot run goes back', async (t) => {
  const { deploy } = createSkill(t);
  assert.equal((await deploy(GOOD)).code, 0);
  for (const [name, answer] of Object.entries(REFUSALS)) {
    const restore = answerLaunch(answer);
    const { code, stderr, json } = await deploy(`${BETTER}// ${name}`, '--json');
    restore();
    assert.equal(code, 1, stderr);
    const { changes, invocation, rollback } = json();
    assert.match(changes.map(({ iamAction }) => iamAction).join(), /lambda:UpdateFunctionCode/);
    assert.match(invocation.problem.message, /^invoking cats_beta_litexa_handler:release-0 failed/);
    assert.deepEqual([rollback.to, await aliasVersion()], ['version 1', '1'], name);
  }
});

test('after a failure that is not of the skill, the endpoint stays, and the exit code is 1', async (t) => {
  const { deploy } = createSkill(t);
  assert.equal((await deploy(GOOD)).code, 0);
  for (const [name, answer] of Object.entries(OTHER_FAILURES)) {
    const restore = answerLaunch(answer);
    const { code, stderr } = await deploy(`${BETTER}// ${name}`);
    restore();
    assert.equal(code, 1, name);
    assert.match(
      stderr,
      /not rolled back, because it is not known whether the skill answers/,
      name,
    );
    assert.equal(await aliasVersion(), '$LATEST', name);
  }
});

test('a deployment that has not changed the function does not roll it back', async (t) => {
  const { deploy } = createSkill(t);
  assert.equal((await deploy(GOOD)).code, 0);
  const restore = answerLaunch(REFUSALS['the runtime']);
  const { code, stderr } = await deploy(GOOD);
  restore();
  assert.equal(code, 1);
  assert.match(stderr, /not rolled back, because this deployment has not changed the function/);
  assert.equal(await aliasVersion(), '$LATEST');
});

test('without the right to invoke, nothing is deployed; if it is lost later, nothing is rolled back', async (t) => {
  const { deploy } = createSkill(t);
  assert.equal((await deploy(GOOD)).code, 0);
  const denied = errors.jsonError(403, 'AccessDeniedException', 'no');
  const removeLate = answerLaunch(denied);
  const late = await deploy(BETTER);
  assert.equal(late.code, 1);
  assert.match(late.stderr, /not verified: .*lambda:InvokeFunction/);
  assert.match(late.stderr, /was not rolled back, because it is not known/);
  assert.equal(await aliasVersion(), '$LATEST');
  removeLate();
  aws.clearRequests();
  aws.intercept(({ operation }) => (operation === 'Invoke' ? denied : undefined));
  const { code, json } = await deploy(BAD, '--json');
  assert.deepEqual([code, json().error.code], [1, 'ACCESS_DENIED']);
  assert.deepEqual(
    aws.writes().filter((write) => write !== 'lambda:Invoke'),
    [],
  );
});

for (const [title, denies, rights] of [
  ['to read the endpoint', ['GetFunctionConfiguration'], ['lambda:GetFunctionConfiguration']],
  [
    'to read the endpoint and to invoke it',
    ['GetFunctionConfiguration', 'Invoke'],
    ['lambda:GetFunctionConfiguration', 'lambda:InvokeFunction'],
  ],
]) {
  test(`without the right ${title}, nothing is deployed, and the right is named`, async (t) => {
    const { deploy } = createSkill(t);
    assert.equal((await deploy(GOOD)).code, 0);
    aws.clearRequests();
    const denied = ({ operation }) => {
      const action = operation === 'Invoke' ? 'InvokeFunction' : operation;
      const resource = `arn:aws:lambda:us-east-1:123456789012:function:${NAMES.function}:${NAMES.alias}`;
      const text = `User: arn:aws:iam::123456789012:user/cats is not authorized to perform: lambda:${action} on resource: ${resource} because no identity-based policy allows the lambda:${action} action`;
      return errors.jsonError(403, 'AccessDeniedException', text);
    };
    // That of the function itself is another right: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
    const isOfAlias = ({ path }) => path.includes(`Qualifier=${NAMES.alias}`);
    aws.intercept((request) =>
      denies.includes(request.operation) && isOfAlias(request) ? denied(request) : undefined,
    );
    const { code, json } = await deploy(BETTER, '--json');
    const { code: name, message } = json().error;
    assert.deepEqual([code, name], [1, 'ACCESS_DENIED']);
    const hint = message.slice(message.indexOf('Allow '));
    assert.deepEqual([...new Set(hint.match(/lambda:[A-Z]\w+/g))], rights);
    assert.deepEqual(
      aws.writes().filter((write) => write !== 'lambda:Invoke'),
      [],
    );
  });
}

test('a roll-back that fails is reported, and the exit code is 1', async (t) => {
  const { deploy } = createSkill(t);
  assert.equal((await deploy(GOOD)).code, 0);
  aws.answer('UpdateAlias', errors.accessDenied('lambda:UpdateAlias'));
  const bad = await deploy(BAD);
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /does not answer a launch: .*no tea left/);
  assert.match(bad.stderr, /was not rolled back, because .*lambda:UpdateAlias/);
  assert.equal(await aliasVersion(), '$LATEST');
  const { code, json } = await deploy(`${BAD}// again`, '--json');
  assert.equal(code, 1);
  assert.match(json().rollbackError, /lambda:UpdateAlias/);
});

test('too few versions to keep are an error before anything is deployed', async (t) => {
  for (const keepVersions of [0, 1]) {
    const { code, stderr } = await createSkill(t, { keepVersions }).deploy(GOOD);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /keepVersions of 2 or more, or none: .* deletes the version to go back to/,
    );
  }
  assert.deepEqual(aws.requests(), []);

  const { deploy } = createSkill(t, { keepVersions: 2, endpointVersion: 'published' });
  for (const content of [GOOD, BETTER]) assert.equal((await deploy(content)).code, 0);
  await pointTo('1');
  aws.clearRequests();
  const { code, stderr } = await deploy(BAD);
  assert.equal(code, 2, stderr);
  assert.match(
    stderr,
    /keepVersions of 3 or more, or none: .* deletes version 1, which is the one/,
  );
  assert.deepEqual(aws.writes(), []);
});

test('a deployment that ends a roll-back goes back to it, although it is older than the kept versions', async (t) => {
  const { deploy } = createSkill(t, { keepVersions: 2 });
  for (const content of [GOOD, BETTER, `${BETTER}// again`])
    assert.equal((await deploy(content)).code, 0);
  await pointTo('2');
  const { code, stderr } = await deploy(BAD);
  assert.equal(code, 1);
  assert.match(stderr, /points to version 2 again\./);
  assert.equal(await aliasVersion(), '2');
});

test('a dry run is not verified, and a deployment that fails is not either', async (t) => {
  const { deploy } = createSkill(t);
  const dry = await deploy(GOOD, '--dry-run');
  assert.equal(dry.code, 2);
  assert.match(dry.stderr, /--dry-run and --verify are mutually exclusive/);
  const { deploy: deployDry, path: at } = createSkill(t, {}, { LITEXA_DEPLOY_DRY_RUN: '1' });
  const byVariable = await deployDry(GOOD);
  assert.equal(byVariable.code, 2);
  assert.match(byVariable.stderr, /LITEXA_DEPLOY_DRY_RUN=1 and --verify are mutually exclusive/);
  assert.equal(fs.existsSync(at('artifacts.json')), false);
  assert.deepEqual(aws.requests(), []);
  aws.answer('CreateFunction', { status: 403, body: '{"message":"no"}' });
  assert.equal((await deploy(GOOD)).code, 1);
  assert.ok(aws.requests('Invoke').every(isDryRun));
});
