'use strict';

// How deployments and roll-backs recognize at the alias what the other has done, on a Lambda with AWS's rules:
// by the note in its description, and by the RevisionId that they have read.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const litexa = require('../..');
const { assertMentions } = require('../support/assertions');
const { openStrictAws } = require('../support/aws/use-strict-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const LATEST = {};
const PUBLISHED = { endpointVersion: 'published' };

const handler = (answer) => `exports.handler = async () => ${answer};\n`;

/** Opens an account in which versions have been deployed, by the answers of their handlers. */
async function openSkill(t, answers, configuration = LATEST) {
  const aws = await openStrictAws(t, { lag: 0 });
  const project = createProject(t);
  const options = (more) => ({ lambdaConfiguration: { ...configuration, ...more } });
  const endpoint = () => aws.inRegion().functions.get(NAMES.function).aliases.get(NAMES.alias);
  const skill = {
    aws,
    project,
    endpoint,
    version: () => endpoint().FunctionVersion,
    deploy: (answer, more, from = project) =>
      from.deployHandler(options(more), { handler: handler(answer) }),
    fail: (answer, more) =>
      project.failToDeployHandler(options(more), { handler: handler(answer) }),
    rollback(fields, more) {
      const context = project.context(options(more));
      return litexa.operate(context, { name: 'rollback', ...fields }, context.logger);
    },
    /** Points the endpoint to a version as the AWS CLI does. */
    byHand: (FunctionVersion, Description) =>
      aws.client.lambda(`${NAMES.function}/aliases/${NAMES.alias}`, {
        method: 'PUT',
        input: { FunctionVersion, Description },
      }),
    /** Does something when the next request of an operation arrives. */
    during(operation, act) {
      let isDone = false;
      aws.addFault({
        kind: 'refused',
        operation,
        when: () => {
          if (!isDone) act(endpoint());
          isDone = true;
          return false;
        },
      });
    },
  };
  for (const answer of answers) await skill.deploy(answer);
  return skill;
}

const rollbackWarnings = ({ logger }) =>
  logger.lines('warning').filter((line) => /rollback|rolled back/.test(line));

const updates = ({ aws }) => aws.sent('UpdateAlias').filter(({ status }) => status < 300);

/** Points an alias elsewhere in the state of the server, as another user does. */
const moveTo = (FunctionVersion, Description) => (alias) =>
  Object.assign(alias, { FunctionVersion, Description, RevisionId: crypto.randomUUID() });

// Roll-backs that look like what a deployment to published versions leaves behind.
for (const how of ['rollback', 'byHand']) {
  test(`a roll-back (${how}) to the newest version stays, with a warning, until there is other code`, async (t) => {
    const skill = await openSkill(t, [1, 2]);
    await skill.deploy(2, { MemorySize: 512 });
    if (how === 'rollback') await skill.rollback({ version: 2 });
    else await skill.byHand('2');
    for (const more of [{ MemorySize: 512 }, { MemorySize: 1024 }]) {
      const [warning] = rollbackWarnings(await skill.deploy(2, more));
      assertMentions(warning, 'stays rolled back to version 2', 'rollback --undo');
      assert.equal(skill.version(), '2');
    }
    const ended = await skill.deploy(3, { MemorySize: 1024 });
    assert.equal(skill.version(), '$LATEST');
    assertMentions(rollbackWarnings(ended)[0], 'ends a rollback', 'rollback 2 -d beta`');
  });
}

test('an undone roll-back does not come back: the endpoint follows deployments again', async (t) => {
  const skill = await openSkill(t, [1, 2], PUBLISHED);
  await skill.rollback({ version: 1 });
  await skill.rollback({ undo: true });
  assert.equal(skill.endpoint().Description, 'Created by @litexa/deploy-aws [deployed 2]');
  assert.deepEqual(rollbackWarnings(await skill.deploy(2, { MemorySize: 512 })), []);
  assert.equal(skill.version(), '3');
});

test('with published endpoints, a roll-back to the newest version stays, and can be undone', async (t) => {
  const skill = await openSkill(t, [1, 2], PUBLISHED);
  await skill.rollback({ version: 1 });
  await skill.deploy(2, { MemorySize: 512 });
  await skill.rollback({ version: 2 });
  assertMentions(rollbackWarnings(await skill.deploy(2, { MemorySize: 512 }))[0], 'version 2');
  assert.equal(skill.version(), '2');
  const undone = await skill.rollback({ undo: true });
  assert.deepEqual([undone.from, undone.to, undone.isDone], ['version 2', 'version 2', true]);
  assert.deepEqual(rollbackWarnings(await skill.deploy(2, { MemorySize: 512 })), []);
  assert.equal(skill.version(), '3');
});

test('a switch of the mode is not a roll-back, in either direction, from any machine', async (t) => {
  const skill = await openSkill(t, [1, 2]);
  for (const [mode, version] of [
    ['published', '2'],
    ['latest', '$LATEST'],
    ['published', '2'],
  ]) {
    const deployed = await skill.deploy(2, { endpointVersion: mode }, createProject(t));
    assert.deepEqual(rollbackWarnings(deployed), []);
    assert.equal(skill.version(), version);
  }
});

test('a switch of the mode while the skill is rolled back leaves it so', async (t) => {
  const skill = await openSkill(t, [1, 2], PUBLISHED);
  await skill.rollback({ version: 1 });
  assert.equal(rollbackWarnings(await skill.deploy(2, { endpointVersion: 'latest' })).length, 1);
  assert.equal(skill.version(), '1');
});

for (const mode of ['published', 'latest']) {
  test(`a deployment that was interrupted before it could point the endpoint (${mode}) did not roll it back`, async (t) => {
    const skill = await openSkill(t, [1], PUBLISHED);
    const refusal = { kind: 'refused', status: 403, code: 'AccessDeniedException', message: 'no' };
    const isMove = ({ input }) => input.FunctionVersion !== undefined;
    skill.aws.addFault({ ...refusal, operation: 'UpdateAlias', when: isMove });
    await skill.fail(2);
    assert.equal(skill.version(), '1');
    const completed = await skill.deploy(2, { endpointVersion: mode }, createProject(t));
    assert.deepEqual(rollbackWarnings(completed), []);
    assert.equal(skill.version(), mode === 'latest' ? '$LATEST' : '2');
  });
}

/** Rolls a skill back to version 1 and deploys other code, which is interrupted when the endpoint is marked. */
async function interrupted(t) {
  const skill = await openSkill(t, [1, 2]);
  await skill.rollback({ version: 1 });
  const refusal = { kind: 'refused', status: 403, code: 'AccessDeniedException', message: 'no' };
  const isMarked = () => skill.endpoint().Description.includes('deploying');
  skill.aws.addFault({ ...refusal, operation: 'UpdateAlias', when: isMarked });
  await skill.fail(3);
  assert.ok(isMarked());
  skill.aws.faults.length = 0;
  return skill;
}

test('an interrupted deployment is completed, and ends the roll-back with a warning', async (t) => {
  const skill = await interrupted(t);
  const completed = await skill.deploy(3, {}, createProject(t));
  assertMentions(rollbackWarnings(completed)[0], 'ends a rollback', 'version 1');
  assert.equal(skill.version(), '$LATEST');
  assert.equal(skill.endpoint().Description, 'Created by @litexa/deploy-aws');
});

for (const [what, rollBack] of [
  ['by the command, to another version', ({ rollback }) => rollback({ version: 2 })],
  ['by the command, to the same version', ({ rollback }) => rollback({ version: 1 })],
  ['by hand', ({ byHand }) => byHand('2')],
  [
    'by hand, after a deployment',
    async (skill) => {
      await skill.byHand('$LATEST');
      await skill.deploy(3);
      await skill.byHand('1');
    },
  ],
]) {
  test(`a deployment that was interrupted does not end a later roll-back: ${what}`, async (t) => {
    const skill = await interrupted(t);
    await rollBack(skill);
    const before = skill.version();
    for (const more of [{}, { MemorySize: 512 }]) {
      assertMentions(rollbackWarnings(await skill.deploy(3, more))[0], 'stays rolled back');
    }
    assert.equal(skill.version(), before);
    assert.doesNotMatch(skill.endpoint().Description, /deploying/);
  });
}

test('a description of the user stays, with and without a note', async (t) => {
  const skill = await openSkill(t, [1], PUBLISHED);
  await skill.byHand('1', 'do not touch [live]');
  await skill.deploy(2);
  assert.equal(skill.endpoint().Description, 'do not touch [live] [deployed 2]');
  await skill.rollback({ version: 1 });
  await skill.deploy(2, LATEST);
  assert.equal(skill.endpoint().Description, 'do not touch [live] [rolled back to 1]');
  await skill.deploy(3, { endpointVersion: 'latest' });
  assert.equal(skill.endpoint().Description, 'do not touch [live]');
});

for (const [what, configuration, act, stays] of [
  ['by the command', LATEST, moveTo('2', '[rolled back to 2]'), '2'],
  ['by hand', LATEST, moveTo('2', ''), '2'],
  ['by the command, of a published endpoint', PUBLISHED, moveTo('1', '[rolled back to 1]'), '1'],
  ['by hand, of a published endpoint', PUBLISHED, moveTo('1', '[deployed 2]'), '1'],
]) {
  test(`a roll-back while code is deployed is not overwritten: ${what}`, async (t) => {
    const skill = await openSkill(t, [1, 2], configuration);
    if (configuration === LATEST) await skill.rollback({ version: 1 });
    skill.during('UpdateFunctionCode', act);
    const { error } = await skill.fail(3);
    assertMentions(error.message, `stays at version ${stays}`, 'not live', 'rollback --undo');
    assert.equal(skill.version(), stays);
    assert.equal(rollbackWarnings(await skill.deploy(3)).length, 1);
    assert.equal(skill.version(), stays);
    await skill.rollback({ undo: true });
    assert.deepEqual(rollbackWarnings(await skill.deploy(3)), []);
    assert.equal(skill.version(), configuration === LATEST ? '$LATEST' : '3');
  });
}

test('a roll-back before the endpoint is marked is not overwritten, and no code is sent', async (t) => {
  const skill = await openSkill(t, [1, 2]);
  await skill.rollback({ version: 1 });
  skill.during('UpdateAlias', moveTo('2', '[rolled back to 2]'));
  const sent = skill.aws.sent('UpdateFunctionCode').length;
  const { error } = await skill.fail(3);
  assertMentions(error.message, 'changed in the meantime', 'Deploy again');
  assert.equal(skill.aws.sent('UpdateFunctionCode').length, sent);
  assert.equal(skill.version(), '2');
});

test('a change of the description, or of the policy, does not stop a deployment', async (t) => {
  const skill = await openSkill(t, [1, 2], PUBLISHED);
  skill.during('UpdateFunctionCode', moveTo('2', 'mine [deployed 2]'));
  await skill.deploy(3);
  assert.equal(skill.version(), '3');
  assert.equal(skill.endpoint().Description, 'mine [deployed 3]');
});

for (const [what, configuration, isRolledBack] of [
  ['marks and then points', LATEST, true],
  ['points', PUBLISHED, false],
]) {
  test(`a deployment that ${what} the endpoint recognizes its updates whose answers were lost`, async (t) => {
    const skill = await openSkill(t, [1, 2], configuration);
    if (isRolledBack) await skill.rollback({ version: 1 });
    const before = updates(skill).length;
    const seen = new Set();
    skill.aws.addFault({
      kind: 'answer-lost',
      operation: 'UpdateAlias',
      times: 2,
      when: ({ input }) => !seen.has(input.RevisionId) && seen.add(input.RevisionId),
    });
    await skill.deploy(3);
    assert.equal(updates(skill).length - before, isRolledBack ? 2 : 1);
    const refused = skill.aws.sent('UpdateAlias').filter(({ status }) => status === 412);
    assert.equal(refused.length, isRolledBack ? 2 : 1);
    assert.equal(skill.version(), isRolledBack ? '$LATEST' : '3');
  });
}

/** Publishes the newest version again, as someone who changes the configuration often, up to a number. */
function publishUpTo(skill, number) {
  const fn = skill.aws.inRegion().functions.get(NAMES.function);
  while (fn.lastVersion < number) {
    fn.lastVersion += 1;
    fn.versions.push({ ...fn.versions.at(-1), Version: String(fn.lastVersion) });
  }
}

for (const [what, configuration, act, pages, isRolledBack] of [
  ['$LATEST', LATEST, () => {}, 0, false],
  ['$LATEST, rolled back', LATEST, ({ rollback }) => rollback({ version: 1 }), 0, true],
  ['$LATEST, rolled back by hand', LATEST, ({ byHand }) => byHand('1'), 0, true],
  ['a published version', PUBLISHED, () => {}, 0, false],
  [
    'a published version, rolled back',
    PUBLISHED,
    ({ rollback }) => rollback({ version: 1 }),
    0,
    true,
  ],
  // Without a note, only the number of the newest version shows whether it is a roll-back.
  ['the newest version, set by hand', PUBLISHED, ({ byHand }) => byHand('120', ''), 3, false],
  ['an earlier version, set by hand', PUBLISHED, ({ byHand }) => byHand('119', ''), 3, true],
]) {
  test(`121 versions are listed in ${pages} requests if the endpoint is at ${what}`, async (t) => {
    const skill = await openSkill(t, [1, 2], configuration);
    publishUpTo(skill, 120);
    await act(skill);
    const before = skill.version();
    skill.aws.requests.length = 0;
    const deployed = await skill.deploy(2);
    assert.equal(skill.aws.sent('ListVersionsByFunction').length, pages);
    assert.equal(rollbackWarnings(deployed).length, isRolledBack ? 1 : 0);
    assert.equal(skill.version(), before);
    assert.deepEqual(updates(skill), []);
  });
}

test('a roll-back recognizes its update whose answer was lost', async (t) => {
  const skill = await openSkill(t, [1, 2]);
  skill.aws.addFault({ kind: 'answer-lost', operation: 'UpdateAlias' });
  const { isDone, to } = await skill.rollback();
  assert.deepEqual([isDone, to, skill.version()], [true, 'version 1', '1']);
  assert.deepEqual(
    skill.aws.sent('UpdateAlias').map(({ status }) => status),
    [200, 412],
  );
});

test('a roll-back does not overwrite a deployment, which is an error', async (t) => {
  const skill = await openSkill(t, [1, 2]);
  skill.during('UpdateAlias', moveTo('2', '[deployed 2]'));
  await assert.rejects(skill.rollback(), /changed in the meantime.*decide again/);
  assert.equal(skill.version(), '2');
});

test('the architecture alone does not end a roll-back', async (t) => {
  const skill = await openSkill(t, [1, 2]);
  await skill.rollback({ version: 1 });
  for (const Architectures of [['arm64'], ['x86_64'], ['arm64']]) {
    const [warning] = rollbackWarnings(await skill.deploy(2, { Architectures }));
    assertMentions(warning, 'stays rolled back to version 1', 'configuration is not live');
    assert.equal(skill.version(), '1');
  }
  await skill.deploy(3, { Architectures: ['arm64'] });
  assert.equal(skill.version(), '$LATEST');
});

test('the version that was rolled back to is deleted by the deployment after the one that ends the roll-back', async (t) => {
  const skill = await openSkill(t, [1, 2, 3]);
  await skill.rollback({ version: 1 });
  const { functions } = skill.aws.inRegion();
  const versions = () => functions.get(NAMES.function).versions.map(({ Version }) => Version);
  const [warning] = rollbackWarnings(await skill.deploy(4, { keepVersions: 1 }));
  assertMentions(warning, 'ends a rollback', 'rollback 1 -d beta`');
  assert.deepEqual(versions(), ['1', '4']);
  await skill.deploy(4, { keepVersions: 1 });
  assert.deepEqual(versions(), ['4']);
});

test('a deployment does not replace the version of a newer one', async (t) => {
  const skill = await openSkill(t, [1], PUBLISHED);
  const { endpoint } = skill;
  skill.during('UpdateAlias', moveTo('9', '[deployed 9]'));
  await skill.deploy(2);
  assert.deepEqual([endpoint().FunctionVersion, endpoint().Description], ['9', '[deployed 9]']);
});
