'use strict';

// The alias that Alexa invokes, and the permissions to invoke it.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { assertMentions, hintFor } = require('../support/assertions');
const errors = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const SKILL_ID = 'amzn1.ask.skill.11111111-2222-3333-4444-555555555555';
const OTHER_SKILL_ID = 'amzn1.ask.skill.99999999-8888-7777-6666-555555555555';
const TOKEN = 'lambda:EventSourceToken';

const aws = useAws();

/** Returns the IDs of the skills that may invoke the alias; `any` if a statement does not name one. */
async function allowedSkills() {
  const { Statement } = await aws.client.getPolicy(NAMES.function, NAMES.alias);
  return Statement.map(({ Condition }) => Condition?.StringEquals[TOKEN] ?? 'any').sort();
}

const statementIds = async () =>
  (await aws.client.getPolicy(NAMES.function, NAMES.alias)).Statement.map(({ Sid }) => Sid);

/** Adds a permission out of band. */
const addPermission = (StatementId, more = {}) =>
  aws.client.lambda(`${NAMES.function}/policy?Qualifier=${NAMES.alias}`, {
    method: 'POST',
    input: {
      StatementId,
      Action: 'lambda:InvokeFunction',
      Principal: 'alexa-appkit.amazon.com',
      ...more,
    },
  });

const removePermission = (statementId) =>
  aws.client.lambda(`${NAMES.function}/policy/${statementId}?Qualifier=${NAMES.alias}`, {
    method: 'DELETE',
  });

const alias = (name) => aws.client.getAlias(NAMES.function, name);

const pointTo = (name, FunctionVersion, RoutingConfig) =>
  aws.client.lambda(`${NAMES.function}/aliases/${name}`, {
    method: 'PUT',
    input: { FunctionVersion, RoutingConfig },
  });

/** The warning that the endpoint is not restricted to one skill. */
const allowsAnySkill = (line) => /\bany Alexa skill\b/.test(line) && line.includes(NAMES.function);

/** The warnings of a deployment that points the alias to `$LATEST` again. */
const rollbackWarnings = (logger) =>
  logger.lines('warning').filter((line) => line.includes('update-alias'));

const permissionCalls = () => aws.writes().filter((operation) => operation.endsWith('Permission'));

test('before the skill has an ID, any skill may invoke the alias, with a warning', async (t) => {
  const { artifacts, logger, lambdaARN } = await createProject(t).deployHandler();

  assert.deepEqual(await allowedSkills(), ['any']);
  const endpoint = `${NAMES.functionArn}:${NAMES.alias}`;
  assert.equal(artifacts.get('lambdaARN'), endpoint);
  assert.equal(lambdaARN, endpoint);
  assert.ok(logger.lines('warning').some(allowsAnySkill));
});

test('when the skill ID is known, its statement is added before the unrestricted one is removed', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  project.saveArtifact('skillId', SKILL_ID);
  aws.clearRequests();
  const { logger } = await project.deployHandler();

  assert.deepEqual(permissionCalls(), ['lambda:AddPermission', 'lambda:RemovePermission']);
  assert.deepEqual(await allowedSkills(), [SKILL_ID]);
  assert.ok(!logger.lines('warning').some(allowsAnySkill));

  aws.clearRequests();
  await project.deployHandler();
  assert.deepEqual(permissionCalls(), []);
});

test('the unrestricted statement stays if the new one is denied', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  project.saveArtifact('skillId', SKILL_ID);
  aws.answer('AddPermission', errors.accessDenied('lambda:AddPermission'));
  const { error } = await project.failToDeployHandler();

  assert.equal(error.code, 'ACCESS_DENIED');
  assert.match(error.message, hintFor('lambda:AddPermission'));
  assert.deepEqual(await allowedSkills(), ['any']);
});

test('an unrestricted statement of 0.9.0 is removed, too', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  await addPermission('lc-5c1f7a52-0e5b-4b0a-8a38-6d0d4f0f6f0a');
  project.saveArtifact('skillId', SKILL_ID);
  await project.deployHandler();
  assert.deepEqual(await allowedSkills(), [SKILL_ID]);
});

test('statements for other skills and of other tools are preserved', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  await addPermission('lc-other-skill', { EventSourceToken: OTHER_SKILL_ID });
  await addPermission('open-by-choice');
  await addPermission('a-bucket', { Principal: 's3.amazonaws.com' });
  project.saveArtifact('skillId', SKILL_ID);
  await project.deployHandler();

  const ids = await statementIds();
  for (const id of ['lc-other-skill', 'open-by-choice', 'a-bucket'])
    assert.ok(ids.includes(id), id);
  assert.equal(ids.length, 4);
  assert.ok((await allowedSkills()).includes(SKILL_ID));
});

test('after the skill ID was deleted to create a new skill, any skill may invoke the alias again', async (t) => {
  const project = createProject(t);
  project.saveArtifact('skillId', SKILL_ID);
  await project.deployHandler();
  assert.deepEqual(await allowedSkills(), [SKILL_ID]);

  project.deleteArtifact('skillId');
  const { logger } = await project.deployHandler();
  assert.deepEqual(await allowedSkills(), [SKILL_ID, 'any'].sort());
  assert.ok(logger.lines('warning').some(allowsAnySkill));
});

test('a permission that was removed out of band is added again', async (t) => {
  const project = createProject(t);
  project.saveArtifact('skillId', SKILL_ID);
  await project.deployHandler();
  for (const id of await statementIds()) await removePermission(id);
  await project.deployHandler();
  assert.deepEqual(await allowedSkills(), [SKILL_ID]);
});

test('an alias that was deleted out of band is created again', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  for (const name of [NAMES.alias, 'LIVE']) {
    await aws.client.lambda(`${NAMES.function}/aliases/${name}`, { method: 'DELETE' });
  }
  await project.deployHandler();
  for (const name of [NAMES.alias, 'LIVE']) {
    assert.equal((await alias(name)).FunctionVersion, '$LATEST');
  }
});

test('after a rollback, the next deployment points the alias to $LATEST again', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  await pointTo(NAMES.alias, '1');
  aws.clearRequests();
  const { logger } = await project.deployHandler();

  assert.equal((await alias(NAMES.alias)).FunctionVersion, '$LATEST');
  assert.deepEqual(aws.writes(), ['lambda:UpdateAlias']);
  assert.ok(logger.lines('log').some((line) => /release-0.*version 1 -> \$LATEST/.test(line)));
  assert.equal(rollbackWarnings(logger).length, 1);
  assertMentions(
    rollbackWarnings(logger)[0],
    `${NAMES.function}:${NAMES.alias}`,
    'version 1',
    `aws lambda update-alias --function-name ${NAMES.function} --name ${NAMES.alias} --function-version 1 --region us-east-1`,
  );
  assert.deepEqual(rollbackWarnings((await project.deployHandler()).logger), []);
});

test('a rollback that a deployment of new code ends is a warning, too', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  await pointTo(NAMES.alias, '1');
  const handler = 'exports.handler = async () => 2;\n';
  const { logger } = await project.deployHandler({}, { handler });
  assertMentions(rollbackWarnings(logger)[0], '--function-version 1');
  assert.equal((await alias(NAMES.alias)).FunctionVersion, '$LATEST');
});

test('weighted routing of the alias is removed, with a warning', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  await project.deployHandler({}, { handler: 'exports.handler = async () => 2;\n' });
  await pointTo(NAMES.alias, '1', { AdditionalVersionWeights: { 2: 0.5 } });
  const { logger } = await project.deployHandler();
  assert.equal((await alias(NAMES.alias)).RoutingConfig, undefined);
  assertMentions(
    rollbackWarnings(logger)[0],
    'version 1 and version 2 (50 %)',
    '--function-version 1',
    '--routing-config "AdditionalVersionWeights={2=0.5}"',
  );
});

test('LIVE keeps a version that was set out of band', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  await pointTo('LIVE', '1');
  await project.deployHandler();
  assert.equal((await alias('LIVE')).FunctionVersion, '1');
});

test('a new version of the artifacts gets an alias of its own, and the old one stays', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  await pointTo(NAMES.alias, '1');
  const versions = [{ skillId: OTHER_SKILL_ID }, { skillId: SKILL_ID }];
  project.write('artifacts.json', JSON.stringify({ variants: { beta: { versions } } }));
  const { artifacts } = await project.deployHandler();

  assert.equal(artifacts.get('lambdaARN'), `${NAMES.functionArn}:release-1`);
  assert.equal((await alias('release-1')).FunctionVersion, '$LATEST');
  assert.equal((await alias(NAMES.alias)).FunctionVersion, '1');
});

for (const operation of ['CreateAlias', 'AddPermission']) {
  test(`${operation} is retried while another update of the function is in progress`, async (t) => {
    aws.answer(operation, errors.updateInProgress(NAMES.functionArn), { times: 2 });
    await createProject(t).deployHandler();

    assert.equal((await alias(NAMES.alias)).FunctionVersion, '$LATEST');
    assert.equal((await alias('LIVE')).FunctionVersion, '$LATEST');
    assert.deepEqual(await allowedSkills(), ['any']);
  });
}

for (const [what, id, more, grantee] of [
  ['a former skill', 'lc-former', { EventSourceToken: OTHER_SKILL_ID }, OTHER_SKILL_ID],
  ['any skill, by another tool', 'alexa', {}, 'any Alexa skill'],
  ['anyone', 'public', { Principal: '*' }, 'anyone'],
]) {
  test(`a permission of ${what} stays, and is a warning with the command that removes it`, async (t) => {
    const project = createProject(t);
    project.saveArtifact('skillId', SKILL_ID);
    await project.deployHandler();
    await addPermission(id, more);
    aws.clearRequests();

    const { logger } = await project.deployHandler();
    assert.deepEqual(aws.writes(), []);
    const warnings = logger.lines('warning').filter((line) => line.includes('remove-permission'));
    assert.equal(warnings.length, 1);
    assertMentions(warnings[0], grantee, `--qualifier ${NAMES.alias} --statement-id ${id}`);
  });
}

test('a permission of an account or of another service is not a warning', async (t) => {
  const project = createProject(t);
  project.saveArtifact('skillId', SKILL_ID);
  await project.deployHandler();
  await addPermission('account', { Principal: '123456789012' });
  await addPermission('events', { Principal: 'events.amazonaws.com' });
  const { logger } = await project.deployHandler();
  assert.doesNotMatch(logger.lines('warning').join(), /remove-permission/);
});
