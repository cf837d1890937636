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

/** The warnings about a roll-back, with the command that points the alias elsewhere. */
const rollbackWarnings = (logger) =>
  logger.lines('warning').filter((line) => /ends a rollback|stays rolled back/.test(line));

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

for (const [whose, id] of [
  ['a deployment', undefined],
  ['the user', 'mine'],
]) {
  test(`without the skill ID, an endpoint that ${whose} has restricted to the skill stays so, with a warning`, async (t) => {
    const project = createProject(t);
    project.saveArtifact('skillId', SKILL_ID);
    await project.deployHandler();
    if (id) {
      for (const own of await statementIds()) await removePermission(own);
      await addPermission(id, { EventSourceToken: SKILL_ID });
    }

    project.deleteArtifact('skillId');
    aws.clearRequests();
    const dry = await project.deployHandler({}, { dryRun: true });
    const { logger } = await project.deployHandler();
    assert.deepEqual(permissionCalls(), []);
    assert.deepEqual(await allowedSkills(), [SKILL_ID]);
    const [sid] = await statementIds();
    for (const shown of [dry.logger, logger]) {
      assert.ok(!shown.lines('warning').some(allowsAnySkill));
      const [warning] = shown.lines('warning').filter((line) => /stays restricted/.test(line));
      assertMentions(
        warning,
        `the skill ${SKILL_ID}`,
        'missing in artifacts.json',
        `--statement-id ${sid}`,
      );
    }
  });
}

test('after skill ID and permission were deleted to create a new skill, any skill may invoke the alias again', async (t) => {
  const project = createProject(t);
  project.saveArtifact('skillId', SKILL_ID);
  await project.deployHandler();
  project.deleteArtifact('skillId');
  for (const id of await statementIds()) await removePermission(id);
  const { logger } = await project.deployHandler();
  assert.deepEqual(await allowedSkills(), ['any']);
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

/** Deploys two versions. Returns the project and the handler that was deployed last. */
async function deployTwice(t, options = {}) {
  const project = createProject(t);
  const handler = (answer) => `exports.handler = async () => ${answer};\n`;
  await project.deployHandler(options, { handler: handler(1) });
  await project.deployHandler(options, { handler: handler(2) });
  return { project, last: handler(2), next: handler(3) };
}

for (const [what, version, weights] of [
  ['an earlier version', '1'],
  ['a share of the traffic', '1', { AdditionalVersionWeights: { 2: 0.5 } }],
]) {
  test(`a roll-back to ${what} stays while there is no other code, with a warning`, async (t) => {
    const { project, last } = await deployTwice(t);
    await pointTo(NAMES.alias, version, weights);
    const before = await alias(NAMES.alias);
    aws.clearRequests();
    for (let times = 0; times < 2; times++) {
      const { logger } = await project.deployHandler({}, { handler: last });
      assert.equal(rollbackWarnings(logger).length, 1);
      assertMentions(
        rollbackWarnings(logger)[0],
        `${NAMES.function}:${NAMES.alias} stays rolled back`,
        'version 1',
        'run `litexa-deploy-aws rollback --undo -d beta`',
      );
    }
    assert.deepEqual(aws.writes(), []);
    assert.deepEqual(await alias(NAMES.alias), before);
  });
}

test('while the skill is rolled back, a change of the configuration is applied to $LATEST only', async (t) => {
  const { project, last } = await deployTwice(t);
  await pointTo(NAMES.alias, '1');
  const options = { lambdaConfiguration: { MemorySize: 512 } };
  const { logger } = await project.deployHandler(options, { handler: last });
  assertMentions(rollbackWarnings(logger)[0], 'configuration is not live');
  assert.equal((await alias(NAMES.alias)).FunctionVersion, '1');
  assert.equal((await aws.client.getFunction(NAMES.function)).Configuration.MemorySize, 512);
});

test('other code ends a roll-back, with the way back as a warning', async (t) => {
  const { project, next } = await deployTwice(t);
  await pointTo(NAMES.alias, '1', { AdditionalVersionWeights: { 2: 0.5 } });
  const { logger } = await project.deployHandler({}, { handler: next });
  const { FunctionVersion, RoutingConfig, Description } = await alias(NAMES.alias);
  assert.deepEqual([FunctionVersion, RoutingConfig], ['$LATEST', undefined]);
  assert.doesNotMatch(Description, /deploying/);
  assert.ok(logger.lines('log').some((line) => /release-0.*version 1 .*-> \$LATEST/.test(line)));
  assertMentions(
    rollbackWarnings(logger)[0],
    'version 1 and version 2 (50 %)',
    `aws lambda update-alias --function-name ${NAMES.function} --name ${NAMES.alias} --function-version 1 --region us-east-1`,
    '--routing-config "AdditionalVersionWeights={2=0.5}"',
  );
  const again = await project.deployHandler({}, { handler: next });
  assert.deepEqual(rollbackWarnings(again.logger), []);
});

test('code that was sent before the alias could be changed goes live, from any machine', async (t) => {
  const { project, next } = await deployTwice(t);
  await pointTo(NAMES.alias, '1');
  // The mark is the first change of the alias.
  let changes = 0;
  const restore = aws.intercept(({ operation }) =>
    operation === 'UpdateAlias' && ++changes > 1
      ? errors.accessDenied('lambda:UpdateAlias')
      : undefined,
  );
  await project.failToDeployHandler({}, { handler: next });
  restore();
  assert.equal((await alias(NAMES.alias)).FunctionVersion, '1');

  // Another machine has the sources and the artifacts only.
  const clone = createProject(t);
  await clone.deployHandler({}, { handler: next });
  const { FunctionVersion, Description } = await alias(NAMES.alias);
  assert.equal(FunctionVersion, '$LATEST');
  assert.doesNotMatch(Description, /deploying/);
});

test('an interrupted deployment of other code does not end a later roll-back', async (t) => {
  const { project, last, next } = await deployTwice(t);
  await pointTo(NAMES.alias, '1');
  aws.answer('UpdateFunctionCode', errors.accessDenied('lambda:UpdateFunctionCode'), { times: 1 });
  await project.failToDeployHandler({}, { handler: next });
  // The author goes back to the code that was rolled back.
  await project.deployHandler({}, { handler: last });
  assert.equal((await alias(NAMES.alias)).FunctionVersion, '1');
});

test('without the right to list versions, a roll-back stays, too', async (t) => {
  const { project, last } = await deployTwice(t);
  await pointTo(NAMES.alias, '2');
  const denied = errors.accessDenied('lambda:ListVersionsByFunction');
  aws.answer('ListVersionsByFunction', denied);
  await project.deployHandler({}, { handler: last });
  assert.equal((await alias(NAMES.alias)).FunctionVersion, '2');
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
