'use strict';

// Tags, the table's protection and the log group's retention: what is sent, and what is left alone.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const litexa = require('../..');
const { withoutExitCode } = require('../support/exit-code');
const { hintFor, isDenial } = require('../support/assertions');
const { createUser } = require('../support/aws/iam-user');
const { useAws } = require('../support/aws/use-aws');
const { openStrictAws } = require('../support/aws/use-strict-aws');
const { setVariables, useEnvironment } = require('../support/environment');
const { createProject, NAMES } = require('../support/litexa/project');

const TAGS = { team: 'voice', 'cost-center': '4711' };
const DEDICATED = { iamConfiguration: { role: 'dedicated' } };

/** Deploys the handler when all changes before are complete. Returns the lines of the deployment. */
async function deploy(aws, project, options) {
  aws.settle();
  aws.requests.length = 0;
  const context = project.context(options);
  await withoutExitCode(() => litexa.lambda.deploy(context, context.logger));
  return context.logger;
}

const inputOf = (aws, operation) => aws.sent(operation).at(-1)?.input;

/** Returns the writes of the last deployment. */
const writes = (aws) =>
  aws.requests
    .map(({ operation }) => operation)
    .filter((operation) => !/^(Get|List|Describe)/.test(operation));

/** Returns what of IAM's form fields for tags was sent. */
function roleTags({ Tags = [] }) {
  return Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
}

/** Lets the account's deployer do everything but these actions, for this test. */
async function deny(t, aws, ...actions) {
  const statements = [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    { Effect: 'Deny', Action: actions, Resource: '*' },
  ];
  const keys = await createUser(aws.client, statements);
  const restore = useEnvironment({
    ...aws.env,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  });
  t.after(restore);
}

describe('tags', () => {
  test('function, table, log group and dedicated role are created with them', async (t) => {
    const aws = await openStrictAws(t);
    await deploy(aws, createProject(t), { ...DEDICATED, tags: TAGS });

    const list = Object.entries(TAGS).map(([Key, Value]) => ({ Key, Value }));
    const byKey = (tags) => [...tags].sort((a, b) => a.Key.localeCompare(b.Key));
    assert.deepEqual(inputOf(aws, 'CreateFunction').Tags, TAGS);
    assert.deepEqual(byKey(inputOf(aws, 'CreateTable').Tags), byKey(list));
    assert.deepEqual(inputOf(aws, 'CreateLogGroup').tags, TAGS);
    assert.deepEqual(roleTags(inputOf(aws, 'CreateRole')), TAGS);
    assert.deepEqual(aws.sent('TagResource'), []);
    assert.deepEqual(aws.sent('TagRole'), []);
  });

  test('a first deployment passes over tags of what does not exist yet, also where the account is known', async (t) => {
    const aws = await openStrictAws(t);
    setVariables(t, { AWS_ACCOUNT_ID: aws.account });
    const logger = await deploy(aws, createProject(t), { tags: TAGS });
    assert.equal(aws.sent('ListTags').length, 1);
    assert.doesNotMatch(logger.lines('warning').join('\n'), /tags/);
    assert.deepEqual(aws.inRegion().functions.get(NAMES.function).tags, TAGS);
  });

  test('without the option, tags are neither sent nor read', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    const project = createProject(t);
    for (let times = 0; times < 2; times++) {
      await deploy(aws, project, DEDICATED);
      const mentions = aws.requests.filter(({ operation }) => /Tag/.test(operation));
      assert.deepEqual(mentions, []);
    }
    assert.deepEqual(aws.inRegion().functions.get(NAMES.function).tags, {});
  });

  test('the shared role, which belongs to all skills, is not tagged', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    const project = createProject(t);
    await deploy(aws, project, { tags: TAGS });
    await deploy(aws, project, { tags: { ...TAGS, stage: 'beta' } });
    assert.deepEqual(aws.iam().roles.get(NAMES.role).tags, {});
  });

  test('existing resources get the tags that they miss, and other tags stay', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    const project = createProject(t);
    await deploy(aws, project, { ...DEDICATED, tags: { team: 'audio' } });
    const { functions, tables, logGroups } = aws.inRegion();
    const resources = [
      functions.get(NAMES.function),
      tables.get(NAMES.table),
      logGroups.get(NAMES.logGroup),
      aws.iam().roles.get(NAMES.function),
    ];
    for (const { tags } of resources) tags.owner = 'finance';

    await deploy(aws, project, { ...DEDICATED, tags: TAGS });
    for (const { tags } of resources) assert.deepEqual(tags, { ...TAGS, owner: 'finance' });
    assert.deepEqual(writes(aws).sort(), ['TagResource', 'TagResource', 'TagResource', 'TagRole']);

    await deploy(aws, project, { ...DEDICATED, tags: TAGS });
    assert.deepEqual(writes(aws), []);
    await deploy(aws, project, { ...DEDICATED, tags: { team: 'voice' } });
    assert.deepEqual(writes(aws), [], 'a tag that is removed from the option stays');
  });

  test('a log group that other functions may use is not tagged, unless it is new', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    await aws.client.logs('CreateLogGroup', { logGroupName: '/skills/cats' });
    const LoggingConfig = { LogGroup: '/skills/cats' };
    await deploy(aws, createProject(t), { tags: TAGS, lambdaConfiguration: { LoggingConfig } });
    assert.deepEqual(aws.inRegion().logGroups.get('/skills/cats').tags, {});
  });

  test('a missing right is one warning that names it, and the resource is created without tags', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    const actions = [
      'lambda:TagResource',
      'dynamodb:TagResource',
      'logs:TagResource',
      'iam:TagRole',
    ];
    await deny(t, aws, ...actions);
    const logger = await deploy(aws, createProject(t), { ...DEDICATED, tags: TAGS });
    const denials = logger.lines('warning').filter(isDenial);
    assert.equal(denials.length, actions.length, denials.join('\n'));
    for (const action of actions) assert.match(denials.join('\n'), hintFor(action));
    assert.ok(aws.inRegion().functions.has(NAMES.function));
    assert.deepEqual(aws.iam().roles.get(NAMES.function).tags, {});
  });

  test('missing rights for existing resources are one warning each, too', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    const project = createProject(t);
    await deploy(aws, project, DEDICATED);
    const actions = ['lambda:ListTags', 'dynamodb:TagResource', 'logs:TagResource', 'iam:TagRole'];
    await deny(t, aws, ...actions);
    const logger = await deploy(aws, project, { ...DEDICATED, tags: TAGS });
    const denials = logger.lines('warning').filter(isDenial);
    assert.equal(denials.length, actions.length, denials.join('\n'));
    for (const action of actions) assert.match(denials.join('\n'), hintFor(action));
  });
});

describe('protection of the table', () => {
  const protectedTable = { deletionProtection: true, pointInTimeRecovery: true };

  test('it is off by default, and not asked for', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    await deploy(aws, createProject(t), {});
    assert.equal(inputOf(aws, 'CreateTable').DeletionProtectionEnabled, undefined);
    assert.deepEqual(aws.sent('UpdateContinuousBackups'), []);
    assert.deepEqual(aws.sent('DescribeContinuousBackups'), []);
  });

  for (const lag of [0, 3]) {
    test(`a new table is protected where AWS needs ${lag} requests to know it`, async (t) => {
      const aws = await openStrictAws(t, { lag });
      await deploy(aws, createProject(t), { dynamoDbConfiguration: protectedTable });
      assert.equal(inputOf(aws, 'CreateTable').DeletionProtectionEnabled, true);
      const table = aws.inRegion().tables.get(NAMES.table);
      assert.equal(table.pointInTimeRecovery, true);
    });
  }

  test('an existing table is protected, once, and stays so until an option is false', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    const project = createProject(t);
    const table = () => aws.inRegion().tables.get(NAMES.table);
    const isProtected = () => [table().DeletionProtectionEnabled, table().pointInTimeRecovery];
    await deploy(aws, project, {});

    await deploy(aws, project, { dynamoDbConfiguration: protectedTable });
    assert.deepEqual(writes(aws), ['UpdateContinuousBackups', 'UpdateTable']);
    assert.deepEqual(isProtected(), [true, true]);

    await deploy(aws, project, { dynamoDbConfiguration: protectedTable });
    assert.deepEqual(writes(aws), []);
    await deploy(aws, project, {});
    assert.deepEqual(writes(aws), []);

    const unprotected = { deletionProtection: false, pointInTimeRecovery: false };
    const logger = await deploy(aws, project, { dynamoDbConfiguration: unprotected });
    assert.deepEqual(isProtected(), [false, false]);
    const lines = logger.lines('log').filter((line) => /^turning off/.test(line));
    assert.equal(lines.length, 2);
  });

  test('each missing right is one warning that names it', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    const project = createProject(t);
    await deploy(aws, project, {});
    const actions = ['dynamodb:UpdateTable', 'dynamodb:DescribeContinuousBackups'];
    await deny(t, aws, ...actions);
    const logger = await deploy(aws, project, { dynamoDbConfiguration: protectedTable });
    const denials = logger.lines('warning').filter(isDenial);
    assert.equal(denials.length, actions.length, denials.join('\n'));
    for (const action of actions) assert.match(denials.join('\n'), hintFor(action));
  });
});

describe('retention of the logs', () => {
  test('a new log group keeps events for 30 days, or for the time of the option', async (t) => {
    for (const [options, days] of [
      [{}, 30],
      [{ logsConfiguration: { retentionInDays: 400 } }, 400],
    ]) {
      const aws = await openStrictAws(t, { lag: 0 });
      await deploy(aws, createProject(t), options);
      assert.equal(inputOf(aws, 'PutRetentionPolicy').retentionInDays, days);
    }
  });

  test('an existing log group keeps its retention, and a different option is a warning', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    const project = createProject(t);
    await deploy(aws, project, {});
    const logger = await deploy(aws, project, { logsConfiguration: { retentionInDays: 90 } });
    assert.deepEqual(writes(aws), []);
    const warnings = logger.lines('warning').filter((line) => line.includes('retentionInDays'));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /for 30 days.*put-retention-policy/);
  });
});

describe('an unchanged deployment', () => {
  const aws = useAws();

  /** The reads of a deployment that uses every option about tags and protection. */
  const READS = [
    'DescribeContinuousBackups',
    'DescribeLogGroups',
    'DescribeTable',
    'ListAliases',
    'GetFunctionConfiguration',
    'GetPolicy',
    'GetRole',
    'GetRolePolicy',
    'ListTags',
    'ListAttachedRolePolicies',
    'ListTagsForResource',
    'ListTagsOfResource',
  ];

  const ALL = {
    ...DEDICATED,
    tags: TAGS,
    dynamoDbConfiguration: { deletionProtection: true, pointInTimeRecovery: true },
  };

  /** Lets no request be answered before these operations have been requested. Returns those that have not. */
  function holdUntil(operations) {
    const missing = new Set(operations);
    let release;
    const allSent = new Promise((resolve) => (release = resolve));
    aws.intercept(async ({ operation }) => {
      missing.delete(operation);
      if (missing.size === 0) release();
      await allSent;
    });
    return missing;
  }

  /** Names the account, and forgets the last deployment, as a fresh checkout does. */
  const knownFrom = {
    'the last deployment': () => {},
    AWS_ACCOUNT_ID(t, project) {
      project.deleteArtifact('lambdaARN');
      setVariables(t, { AWS_ACCOUNT_ID: '123456789012' });
    },
    'a profile'(t, project) {
      project.deleteArtifact('lambdaARN');
      const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = process.env;
      const file = project.write(
        'credentials',
        `[cats]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\naws_account_id=123456789012\n`,
      );
      t.after(
        useEnvironment({ ...process.env, AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: 'cats' }),
      );
      for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name];
    },
  };
  for (const [source, prepare] of Object.entries(knownFrom)) {
    const name = `reads everything at once, tags and backups included, with the account from ${source}`;
    test(name, { timeout: 60_000 }, async (t) => {
      const project = createProject(t);
      await project.deployHandler(ALL);
      aws.clearRequests();
      prepare(t, project);
      const missing = holdUntil(READS);
      await project.deployHandler(ALL);
      assert.deepEqual(aws.writes(), []);
      assert.deepEqual([...missing], []);
      assert.equal(aws.requests().length, READS.length);
    });
  }

  for (const [what, account] of [
    ['is not known', undefined],
    ['is another', '999999999999'],
  ]) {
    test(`reads the tags by the ARNs of the resources if the account ${what}`, async (t) => {
      const project = createProject(t);
      await project.deployHandler(ALL);
      project.deleteArtifact('lambdaARN');
      aws.clearRequests();
      if (account) setVariables(t, { AWS_ACCOUNT_ID: account });
      const { logger } = await project.deployHandler(ALL);
      assert.deepEqual(aws.writes(), []);
      const reads = aws.requests().filter(({ operation }) => /Tags/.test(operation));
      assert.equal(reads.length, account ? 6 : 3);
      assert.doesNotMatch(logger.lines('warning').join('\n'), /tags/);
    });
  }
});
