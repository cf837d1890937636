'use strict';

// `rollback` and `versions`, against a Lambda with AWS's rules.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const litexa = require('../..');
const { commands } = require('../../bin/commands');
const { assertMentions } = require('../support/assertions');
const { openStrictAws } = require('../support/aws/use-strict-aws');
const { setVariables } = require('../support/environment');
const { runExecutable } = require('../support/litexa/executable');
const { createProject, NAMES } = require('../support/litexa/project');

const handler = (answer) => `exports.handler = async () => ${answer};\n`;

/** Opens an account, and deploys as many versions as there are answers of the handler. */
async function deployed(t, answers, options = {}) {
  const aws = await openStrictAws(t, { lag: 0 });
  const project = createProject(t, { options });
  const deploy = (answer, newOptions = options) =>
    project.deployHandler(newOptions, { handler: handler(answer) });
  for (const answer of answers) await deploy(answer);
  const operate = (command) => {
    const context = project.context(options);
    return litexa.operate(context, command, context.logger);
  };
  const alias = () => aws.client.getAlias(NAMES.function, NAMES.alias);
  const pointTo = (FunctionVersion, RoutingConfig) =>
    aws.client.lambda(`${NAMES.function}/aliases/${NAMES.alias}`, {
      method: 'PUT',
      input: { FunctionVersion, RoutingConfig },
    });
  const rollback = (fields) => operate({ name: 'rollback', ...fields });
  return { aws, project, deploy, operate, rollback, alias, pointTo };
}

const version = async ({ alias }) => (await alias()).FunctionVersion;

test('versions are listed newest first, with the aliases that point to them', async (t) => {
  const skill = await deployed(t, [1, 2, 3]);
  await skill.pointTo('2', { AdditionalVersionWeights: { 1: 0.25 } });
  const { versions, latestCodeSha256, latestAliases } = await skill.operate({ name: 'versions' });
  assert.deepEqual(
    versions.map(({ version, aliases, hasLatestCode }) => [version, aliases, hasLatestCode]),
    [
      [3, [], true],
      [2, [{ name: NAMES.alias, share: 0.75 }], false],
      [1, [{ name: NAMES.alias, share: 0.25 }], false],
    ],
  );
  assert.deepEqual(latestAliases, [{ name: 'LIVE', share: 1 }]);
  assert.equal(versions[0].codeSha256, latestCodeSha256);
  assert.match(versions[0].description, /@litexa\/deploy-aws/);
  assert.equal(versions[0].runtime, 'nodejs24.x');
});

test('where the environment asks for a dry run, neither rollback nor remove begins', async (t) => {
  const skill = await deployed(t, [1, 2]);
  setVariables(t, { LITEXA_DEPLOY_DRY_RUN: '1' });
  const sent = skill.aws.requests.length;
  for (const command of [{ name: 'rollback' }, { name: 'remove' }]) {
    await assert.rejects(skill.operate(command), {
      code: 'INVALID_OPTION',
      message: /^LITEXA_DEPLOY_DRY_RUN is 1, and only deployments have a dry run/,
    });
  }
  assert.equal(skill.aws.requests.length, sent);
  assert.equal((await skill.operate({ name: 'versions' })).versions.length, 2);
});

test('a roll-back points the endpoint to the newest version with other code, and can be undone', async (t) => {
  const skill = await deployed(t, [1, 2, 2, 3]);
  const result = await skill.rollback();
  assert.deepEqual(
    [result.from, result.to, result.isChange, result.isDone],
    ['$LATEST', 'version 2', true, true],
  );
  assert.equal(result.wayBack, 'litexa-deploy-aws rollback --undo -d beta');
  assert.ok(result.notRolledBack.some((part) => part.includes('table')));
  assert.equal(await version(skill), '2');
  // Once more: the one before.
  assert.equal((await skill.rollback()).to, 'version 1');
  assert.equal((await skill.rollback({ undo: true })).to, '$LATEST');
  assert.equal(await version(skill), '$LATEST');
  assert.equal((await skill.rollback({ undo: true })).isChange, false);
});

test('a roll-back survives deployments, and ends with other code', async (t) => {
  const skill = await deployed(t, [1, 2]);
  await skill.rollback({ version: 1 });
  await skill.deploy(2);
  assert.equal(await version(skill), '1');
  await skill.deploy(3);
  assert.equal(await version(skill), '$LATEST');
});

test('a roll-back takes the weights away', async (t) => {
  const skill = await deployed(t, [1, 2, 3]);
  await skill.pointTo('2', { AdditionalVersionWeights: { 3: 0.1 } });
  assert.equal((await skill.rollback()).to, 'version 2');
  assert.equal((await skill.alias()).RoutingConfig, undefined);
});

test('a dry run changes nothing', async (t) => {
  const skill = await deployed(t, [1, 2]);
  const plan = await skill.rollback({ dryRun: true });
  assert.deepEqual([plan.to, plan.isChange, plan.isDone], ['version 1', true, false]);
  assert.equal(await version(skill), '$LATEST');
});

test('with published endpoints, a roll-back is undone to the newest version', async (t) => {
  const options = { lambdaConfiguration: { endpointVersion: 'published' } };
  const skill = await deployed(t, [1, 2], options);
  assert.equal((await skill.rollback()).to, 'version 1');
  await skill.deploy(2);
  assert.equal(await version(skill), '1');
  assert.equal((await skill.rollback({ undo: true })).to, 'version 2');
});

for (const [what, fields, answers, message] of [
  [
    'a version that does not exist',
    { version: 7 },
    [1, 2],
    /version 7 of .* does not exist.*: 2, 1/,
  ],
  ['without a version of other code', {}, [1], /has not published a version before/],
]) {
  test(`${what} is refused`, async (t) => {
    const skill = await deployed(t, answers);
    await assert.rejects(skill.rollback(fields), (error) => {
      assert.equal(error.code, 'INVALID_OPTION');
      assert.match(error.message, message);
      return true;
    });
    assert.equal(await version(skill), '$LATEST');
  });
}

test('a warning is shown once, although the command reads before and after the question', async (t) => {
  const { aws, project, alias } = await deployed(t, [1, 2]);
  aws.clock = () => Date.now() + 20 * 60_000;
  const args = ['rollback', '--yes', '-d', project.target];
  const { code, stderr } = await runExecutable(args, { cwd: project.root, env: aws.env });
  assert.equal(code, 0, stderr);
  assert.equal(stderr.match(/warning: .*clock/g).length, 1, stderr);
  aws.clock = Date.now;
  assert.equal((await alias()).FunctionVersion, '1');
});

test('a roll-back names the parameters that become those of the version', async (t) => {
  const skill = await deployed(t, [1], { lambdaConfiguration: { MemorySize: 256 } });
  await skill.deploy(2, { lambdaConfiguration: { MemorySize: 512 } });
  const { warnings } = await skill.rollback({ version: 1 });
  assert.deepEqual(warnings, ['version 1 has another configuration: MemorySize 512 -> 256']);
  assert.deepEqual((await skill.rollback({ undo: true })).warnings, []);
});

test('a skill is rolled back although the configuration in use cannot be read', async (t) => {
  const skill = await deployed(t, [1, 2]);
  const isInUse = ({ path }) => path.includes('Qualifier=%24LATEST');
  const refusal = { kind: 'refused', status: 403, code: 'AccessDeniedException' };
  const operation = 'GetFunctionConfiguration';
  skill.aws.addFault({ ...refusal, operation, when: isInUse, times: Infinity });
  const { warnings } = await skill.rollback();
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0],
    /^the configuration of version 1 was not compared: looking up version .* AccessDeniedException/,
  );
  assert.equal(await version(skill), '1');
});

test('options that the endpoint does not need are not checked', async (t) => {
  const skill = await deployed(t, [1, 2]);
  const wrong = {
    lambdaConfiguration: { MemorySize: 'much', Environment: { Variables: { A: '1' } } },
    s3Configuration: { bucketname: 3 },
    tags: 'none',
  };
  const context = skill.project.context(wrong);
  const operate = (command) => litexa.operate(context, command, context.logger);
  assert.equal((await operate({ name: 'versions' })).versions.length, 2);
  assert.equal((await operate({ name: 'rollback' })).to, 'version 1');
  await assert.rejects(operate({ name: 'status' }), { code: 'INVALID_OPTION' });
  // The one that it needs is.
  const published = skill.project.context({ lambdaConfiguration: { endpointVersion: 'newest' } });
  await assert.rejects(litexa.operate(published, { name: 'rollback' }, published.logger), {
    code: 'INVALID_OPTION',
    message: /endpointVersion/,
  });
});

test('without a function, or its alias, a roll-back has the code of a target that is not deployed', async (t) => {
  const skill = await deployed(t, []);
  const fails = () =>
    assert.rejects(skill.rollback(), ({ code, message }) => {
      assert.match(message, /deploy first/i);
      return code === 'RESOURCE_NOT_READY';
    });
  await fails();
  await skill.deploy(1);
  await skill.aws.client.lambda(`${NAMES.function}/aliases/${NAMES.alias}`, { method: 'DELETE' });
  await fails();
});

test('a way back that cmd.exe reads in another way is shown with a note', () => {
  const [undo, aws] = ['litexa-deploy-aws rollback --undo -d beta', 'aws lambda update-alias'];
  const shown = (wayBack, notRolledBack = ['the table']) =>
    commands.rollback.print({
      ...{ function: 'cats', alias: 'release-0', from: '$LATEST', to: 'version 1', isChange: true },
      ...{ notRolledBack, wayBack, undo },
    });
  const [, ...quoted] = shown(`${aws} --function-version '$LATEST'`).split('\n');
  assert.deepEqual(quoted, [
    `Back to the newest code: ${undo}`,
    `Back to $LATEST: ${aws} --function-version '$LATEST' (in cmd.exe, without the single quotes)`,
  ]);
  const [, ...same] = shown(undo).split('\n');
  assert.deepEqual(same, [`Back to $LATEST: ${undo}`]);
  const [, ...divided] = shown(`${aws} --routing-config "W={3=0.25}"`, []).split('\n');
  assert.deepEqual(divided, [`Back to $LATEST: ${aws} --routing-config "W={3=0.25}"`]);
});

test('a description of a version with line breaks is one line of the table', () => {
  const version = {
    version: 1,
    date: '2026-11-28T00:00:00Z',
    runtime: 'nodejs24.x',
    codeSha256: 'abcdefghijkl',
    aliases: [],
    description: 'a\n9  2026-11-28 00:00\tb',
    hasLatestCode: false,
  };
  const [, , line, ...more] = commands.versions
    .print({ function: 'cats', versions: [version], latestCodeSha256: 'xyz', latestAliases: [] })
    .split('\n');
  assert.ok(line.endsWith('  a 9 2026-11-28 00:00 b'), line);
  assert.deepEqual(more, []);
});

test('the command of the executable asks, and shows the way back', async (t) => {
  const { aws, project, alias } = await deployed(t, [1, 2]);
  const run = (...args) =>
    runExecutable([...args, '-d', project.target], { cwd: project.root, env: aws.env });
  const refused = await run('rollback');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /Add --yes/);
  assert.equal((await alias()).FunctionVersion, '$LATEST');

  const { code, stdout, stderr } = await run('rollback', '--yes');
  assert.equal(code, 0);
  assertMentions(stderr, 'the table and its items');
  const undo = `litexa-deploy-aws rollback --undo -d ${project.target}`;
  assert.ok(stdout.endsWith(`not to $LATEST anymore\nBack to $LATEST: ${undo}\n`), stdout);
  assert.equal((await alias()).FunctionVersion, '1');
  const aliases = async () => (await run('status')).stdout.match(/release-0 -> .*/)[0];
  assert.equal(await aliases(), 'release-0 -> version 1 (rolled back)');

  const there = await run('rollback', '--undo', '--yes');
  assertMentions(there.stdout, `version 1: litexa-deploy-aws rollback 1 -d ${project.target}\n`);
  assert.equal((await run('rollback', '1', '--yes')).code, 0);
  assert.equal((await alias()).FunctionVersion, '1');

  const undone = await run('rollback', '--undo', '--yes', '--json');
  assert.equal(undone.json().to, '$LATEST');
  assert.equal((await alias()).FunctionVersion, '$LATEST');
  assert.equal(await aliases(), 'release-0 -> $LATEST');

  const listed = await run('versions');
  assert.match(listed.stdout, /^version +date/);
  assert.match(listed.stdout, /^\$LATEST .*release-0/m);

  for (const args of [
    ['rollback', 'x'],
    ['rollback', '0'],
    ['rollback', '1', '--undo'],
  ]) {
    assert.equal((await run(...args, '--yes')).code, 2, args.join(' '));
  }
});
