'use strict';

// The alias that Alexa calls, and who may call it.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { hintFor } = require('../support/assertions');
const words = require('../support/aws/errors');
const { useCloud, temporarySkill, NAMES } = require('../support/litexa/skill');

const SKILL = 'amzn1.ask.skill.11111111-2222-3333-4444-555555555555';
const OTHER_SKILL = 'amzn1.ask.skill.99999999-8888-7777-6666-555555555555';
const TOKEN = 'lambda:EventSourceToken';

const cloud = useCloud();

/** Which skills may call; `any` where a statement names none. */
async function callers() {
  const { Statement } = await cloud.aws.getPolicy(NAMES.function, NAMES.alias);
  return Statement.map(({ Condition }) => Condition?.StringEquals[TOKEN] ?? 'any').sort();
}

const statementIds = async () =>
  (await cloud.aws.getPolicy(NAMES.function, NAMES.alias)).Statement.map(({ Sid }) => Sid);

/** Somebody lets somebody call. */
const allow = (StatementId, more = {}) =>
  cloud.aws.lambda(`${NAMES.function}/policy?Qualifier=${NAMES.alias}`, {
    method: 'POST',
    input: {
      StatementId,
      Action: 'lambda:InvokeFunction',
      Principal: 'alexa-appkit.amazon.com',
      ...more,
    },
  });

const forbid = (statementId) =>
  cloud.aws.lambda(`${NAMES.function}/policy/${statementId}?Qualifier=${NAMES.alias}`, {
    method: 'DELETE',
  });

const alias = (name) => cloud.aws.getAlias(NAMES.function, name);

const pointTo = (name, FunctionVersion, RoutingConfig) =>
  cloud.aws.lambda(`${NAMES.function}/aliases/${name}`, {
    method: 'PUT',
    input: { FunctionVersion, RoutingConfig },
  });

/** The warning that the endpoint is not restricted to one skill. */
const allowsAnySkill = (line) => /\bany Alexa skill\b/.test(line) && line.includes(NAMES.function);

const permissionCalls = () =>
  cloud.proxy.writes().filter((operation) => operation.endsWith('Permission'));

test('before the skill has an ID any skill may call, with a warning', async (t) => {
  const { artifacts, logger, lambdaARN } = await temporarySkill(t).deploy();

  assert.deepEqual(await callers(), ['any']);
  const endpoint = `${NAMES.functionArn}:${NAMES.alias}`;
  assert.equal(artifacts.get('lambdaARN'), endpoint);
  assert.equal(lambdaARN, endpoint);
  assert.ok(logger.lines('warning').some(allowsAnySkill));
});

test('once the ID is known its statement comes first, then the open one goes', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  skill.remember('skillId', SKILL);
  cloud.proxy.clear();
  const { logger } = await skill.deploy();

  assert.deepEqual(permissionCalls(), ['lambda:AddPermission', 'lambda:RemovePermission']);
  assert.deepEqual(await callers(), [SKILL]);
  assert.ok(!logger.lines('warning').some(allowsAnySkill));

  cloud.proxy.clear();
  await skill.deploy();
  assert.deepEqual(permissionCalls(), []);
});

test('the open statement stays where the new one is refused', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  skill.remember('skillId', SKILL);
  cloud.answer('AddPermission', words.denied('lambda:AddPermission'));
  const { error } = await skill.refused();

  assert.equal(error.code, 'ACCESS_DENIED');
  assert.match(error.message, hintFor('lambda:AddPermission'));
  assert.deepEqual(await callers(), ['any']);
});

test('an open statement of 0.9.0 goes too', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  await allow('lc-5c1f7a52-0e5b-4b0a-8a38-6d0d4f0f6f0a');
  skill.remember('skillId', SKILL);
  await skill.deploy();
  assert.deepEqual(await callers(), [SKILL]);
});

test("statements for other skills, and other people's, stay", async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  await allow('lc-other-skill', { EventSourceToken: OTHER_SKILL });
  await allow('open-by-choice');
  await allow('a-bucket', { Principal: 's3.amazonaws.com' });
  skill.remember('skillId', SKILL);
  await skill.deploy();

  const ids = await statementIds();
  for (const id of ['lc-other-skill', 'open-by-choice', 'a-bucket'])
    assert.ok(ids.includes(id), id);
  assert.equal(ids.length, 4);
  assert.ok((await callers()).includes(SKILL));
});

test('without its ID, deleted to make a new skill, any skill may call again', async (t) => {
  const skill = temporarySkill(t);
  skill.remember('skillId', SKILL);
  await skill.deploy();
  assert.deepEqual(await callers(), [SKILL]);

  skill.forget('skillId');
  const { logger } = await skill.deploy();
  assert.deepEqual(await callers(), [SKILL, 'any'].sort());
  assert.ok(logger.lines('warning').some(allowsAnySkill));
});

test('a permission taken away behind our back is given again', async (t) => {
  const skill = temporarySkill(t);
  skill.remember('skillId', SKILL);
  await skill.deploy();
  for (const id of await statementIds()) await forbid(id);
  await skill.deploy();
  assert.deepEqual(await callers(), [SKILL]);
});

test('an alias deleted behind our back is made again', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  for (const name of [NAMES.alias, 'LIVE']) {
    await cloud.aws.lambda(`${NAMES.function}/aliases/${name}`, { method: 'DELETE' });
  }
  await skill.deploy();
  for (const name of [NAMES.alias, 'LIVE']) {
    assert.equal((await alias(name)).FunctionVersion, '$LATEST');
  }
});

test('after a roll-back the next deployment points the alias to $LATEST again', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  await pointTo(NAMES.alias, '1');
  cloud.proxy.clear();
  const { logger } = await skill.deploy();

  assert.equal((await alias(NAMES.alias)).FunctionVersion, '$LATEST');
  assert.deepEqual(cloud.proxy.writes(), ['lambda:UpdateAlias']);
  assert.ok(logger.lines('log').some((line) => /release-0.*\$LATEST/.test(line)));
});

test('an alias that sends part of the calls elsewhere sends all to $LATEST again', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  await pointTo(NAMES.alias, '$LATEST', { AdditionalVersionWeights: { 1: 0.5 } });
  await skill.deploy();
  assert.equal((await alias(NAMES.alias)).RoutingConfig, undefined);
});

test('LIVE stays where somebody pointed it', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  await pointTo('LIVE', '1');
  await skill.deploy();
  assert.equal((await alias('LIVE')).FunctionVersion, '1');
});

test('a new version of the artifacts has an alias of its own beside the old one', async (t) => {
  const skill = temporarySkill(t);
  await skill.deploy();
  await pointTo(NAMES.alias, '1');
  const versions = [{ skillId: OTHER_SKILL }, { skillId: SKILL }];
  skill.write('artifacts.json', JSON.stringify({ variants: { beta: { versions } } }));
  const { artifacts } = await skill.deploy();

  assert.equal(artifacts.get('lambdaARN'), `${NAMES.functionArn}:release-1`);
  assert.equal((await alias('release-1')).FunctionVersion, '$LATEST');
  assert.equal((await alias(NAMES.alias)).FunctionVersion, '1');
});

for (const operation of ['CreateAlias', 'AddPermission']) {
  test(`${operation} waits while Lambda is busy with the function`, async (t) => {
    cloud.answer(operation, words.busy(NAMES.functionArn), { times: 2 });
    await temporarySkill(t).deploy();

    assert.equal((await alias(NAMES.alias)).FunctionVersion, '$LATEST');
    assert.equal((await alias('LIVE')).FunctionVersion, '$LATEST');
    assert.deepEqual(await callers(), ['any']);
  });
}
