'use strict';

// The policy that 0.9.0 documented, word for word, judged as AWS judges it today: since 2022 a right to a
// function does not include its aliases.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const litexa = require('../..');
const { isDenial } = require('../support/assertions');
const { createUser } = require('../support/aws/iam-user');
const { LEGACY_STATEMENTS } = require('../support/aws/legacy-policy');
const { openStrictAws } = require('../support/aws/use-strict-aws');
const { useEnvironment } = require('../support/environment');
const { createProject, BUCKET, NAMES } = require('../support/litexa/project');

/** Returns the statements, with aliases as resources of Lambda's. */
const withAliases = (statements) =>
  statements.map((one) =>
    one.Sid === 'Lambda' ? { ...one, Resource: [one.Resource, `${one.Resource}:*`] } : one,
  );

const without = (action) => (statements) =>
  withAliases(statements).map((one) => ({
    ...one,
    Action: one.Action.filter((other) => other !== action),
  }));

/** Rights of features that 0.9.0 did not have. */
const NEW_RIGHTS = /lambda:PublishVersion|s3:GetObject/;

/** Starts an AWS with an open bucket, and a project whose `deploy` is that of the owner or the user. */
async function openSkill(t, { change = (statements) => statements } = {}) {
  const aws = await openStrictAws(t, { lag: 0 });
  aws.s3.createBucket(BUCKET);
  const text = JSON.stringify(change(LEGACY_STATEMENTS))
    .replaceAll('myAccountId', aws.account)
    .replaceAll('myBucketName', BUCKET);
  const user = await createUser(aws.client, JSON.parse(text));
  const project = createProject(t);
  project.writeAsset('default/meow.mp3', 'meow');
  const deploy = async (value) => {
    const handler = `exports.handler = async () => ${value};\n`;
    const options = { s3Configuration: { bucketName: BUCKET } };
    const context = project.context(options, { handler });
    await litexa.deploy(context);
    const denials = context.logger.lines('warning').filter(isDenial);
    return denials.filter((line) => !NEW_RIGHTS.test(line));
  };
  const signIn = () =>
    t.after(
      useEnvironment({
        ...aws.env,
        AWS_ACCESS_KEY_ID: user.accessKeyId,
        AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
      }),
    );
  return { aws, project, deploy, signIn };
}

test('a skill that exists is deployed, with a warning that names the missing right', async (t) => {
  const { aws, deploy, signIn } = await openSkill(t);
  await deploy(1);
  const fn = aws.inRegion().functions.get(NAMES.function);
  const { CodeSha256 } = fn.latest;
  signIn();
  const [denial, ...others] = await deploy(2);
  assert.match(
    denial,
    new RegExp(`lambda:GetPolicy on resource: ${NAMES.functionArn}:${NAMES.alias} `),
  );
  assert.deepEqual(others, []);
  assert.notEqual(fn.latest.CodeSha256, CodeSha256);
  assert.equal(fn.policies.get(NAMES.alias).statements.length, 1);
});

test('a new skill cannot be permitted to Alexa, which is an error with the missing right', async (t) => {
  const { deploy, signIn } = await openSkill(t);
  signIn();
  await assert.rejects(deploy(1), {
    code: 'ACCESS_DENIED',
    message: new RegExp(`lambda:AddPermission on resource: ${NAMES.functionArn}:${NAMES.alias} `),
  });
});

test('a skill that Alexa was never permitted to invoke stays an error, until the right is there', async (t) => {
  const { aws, deploy, signIn } = await openSkill(t);
  signIn();
  await assert.rejects(deploy(1), { code: 'ACCESS_DENIED' });
  const { policies } = aws.inRegion().functions.get(NAMES.function);
  for (let run = 1; run <= 2; run++) {
    await assert.rejects(deploy(1), {
      code: 'ACCESS_DENIED',
      message: /whether Alexa may invoke .* lambda:GetPolicy and lambda:AddPermission/,
    });
  }
  assert.equal(policies.get(NAMES.alias), undefined);
});

test('with the ARN of the aliases, a new skill is deployed and changed', async (t) => {
  const { deploy, signIn } = await openSkill(t, { change: withAliases });
  signIn();
  for (const value of [1, 2]) assert.deepEqual(await deploy(value), []);
});

test('without lambda:GetPolicy, a new skill is permitted to Alexa, with a warning', async (t) => {
  const { aws, deploy, signIn } = await openSkill(t, { change: without('lambda:GetPolicy') });
  signIn();
  const [denial, ...others] = await deploy(1);
  assert.match(denial, /Allow lambda:GetPolicy/);
  assert.deepEqual(others, []);
  const { policies } = aws.inRegion().functions.get(NAMES.function);
  assert.equal(policies.get(NAMES.alias).statements.length, 1);
});

test('without lambda:GetPolicy, a permission that is likely there is not a change, and added if it is not', async (t) => {
  const { aws, project, signIn } = await openSkill(t, { change: without('lambda:GetPolicy') });
  project.saveArtifact('skillId', 'amzn1.ask.skill.cats');
  const run = async (more = {}) => {
    const context = project.context({ s3Configuration: { bucketName: BUCKET } });
    const { changes } = await litexa.deploy({ ...context, ...more });
    const granting = (level) =>
      context.logger.lines(level).filter((line) => line.startsWith('granting '));
    return { changes, logged: granting('log'), verbose: granting('verbose') };
  };
  await run();
  signIn();
  for (const dryRun of [true, false]) {
    const { changes, logged, verbose } = await run({ dryRun });
    assert.deepEqual([changes, logged], [[], []]);
    assert.equal(verbose.length, dryRun ? 0 : 1);
  }
  const policy = aws.inRegion().functions.get(NAMES.function).policies.get(NAMES.alias);
  policy.statements.pop();
  assert.equal((await run()).logged.length, 1);
  assert.equal(policy.statements.length, 1);
});

test('a note in the description of the endpoint that does not hold anymore stays, with a warning', async (t) => {
  const { aws, deploy, signIn } = await openSkill(t, { change: withAliases });
  await deploy(1);
  const endpoint = aws.inRegion().functions.get(NAMES.function).aliases.get(NAMES.alias);
  endpoint.Description = 'mine [deployed 3]';
  signIn();
  for (let run = 1; run <= 2; run++) {
    const [denial, ...others] = await deploy(2);
    assert.match(denial, /note .* out of date.*lambda:UpdateAlias/);
    assert.deepEqual(others, []);
  }
  assert.equal(endpoint.Description, 'mine [deployed 3]');
});
