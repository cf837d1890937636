'use strict';

// The permissions boundary of a dedicated role, and repairs of a role by a deployer without the right to.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const litexa = require('../..');
const { withoutExitCode } = require('../support/exit-code');
const { assertMentions, hintFor, isDenial } = require('../support/assertions');
const { createUser, documentedStatements } = require('../support/aws/iam-user');
const { openStrictAws } = require('../support/aws/use-strict-aws');
const { useEnvironment } = require('../support/environment');
const { createProject, BUCKET, NAMES } = require('../support/litexa/project');

const boundaryArn = (account, name = 'litexa-boundary') => `arn:aws:iam::${account}:policy/${name}`;

const dedicated = (permissionsBoundary) => ({
  iamConfiguration: { role: 'dedicated', permissionsBoundary },
});

async function deploy(aws, project, options, overrides) {
  aws.settle();
  aws.requests.length = 0;
  const context = project.context(options, overrides);
  await withoutExitCode(() => litexa.lambda.deploy(context, context.logger));
  return context.logger;
}

const createPolicy = (aws, PolicyName) =>
  aws.client.iam('CreatePolicy', {
    PolicyName,
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
    }),
  });

const boundaryOf = (aws) => aws.iam().roles.get(NAMES.function).boundary;

const isWrite = ({ operation }) => !/^(Get|List|Describe)/.test(operation);

/** Acts as a user with these statements for the rest of the test. */
async function signInWith(t, aws, statements) {
  const keys = await createUser(aws.client, statements);
  const restore = useEnvironment({
    ...aws.env,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  });
  t.after(restore);
}

const signInAsDeployer = (t, aws) => {
  const text = JSON.stringify(documentedStatements());
  const filledIn = text.replaceAll('myAccountId', aws.account).replaceAll('myBucketName', BUCKET);
  return signInWith(t, aws, JSON.parse(filledIn));
};

describe('a permissions boundary', () => {
  for (const lag of [0, 2]) {
    test(`limits a new role from its creation, where AWS needs ${lag} requests to know it`, async (t) => {
      const aws = await openStrictAws(t, { lag });
      await createPolicy(aws, 'litexa-boundary');
      const boundary = boundaryArn(aws.account);
      const project = createProject(t);
      await deploy(aws, project, dedicated(boundary));
      assert.equal(aws.sent('CreateRole').at(-1).input.PermissionsBoundary, boundary);
      assert.deepEqual(aws.sent('PutRolePermissionsBoundary'), []);

      await deploy(aws, project, dedicated(boundary));
      assert.deepEqual(aws.requests.filter(isWrite), []);
    });
  }

  test('is set on an existing role, changed by the option only, and never removed', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    await createPolicy(aws, 'litexa-boundary');
    await createPolicy(aws, 'stricter');
    const project = createProject(t);
    await deploy(aws, project, dedicated());
    assert.equal(aws.sent('CreateRole').at(-1).input.PermissionsBoundary, undefined);

    await deploy(aws, project, dedicated(boundaryArn(aws.account)));
    assert.deepEqual(
      aws.requests.filter(isWrite).map(({ operation }) => operation),
      ['PutRolePermissionsBoundary'],
    );
    await deploy(aws, project, dedicated(boundaryArn(aws.account, 'stricter')));
    assert.equal(boundaryOf(aws), boundaryArn(aws.account, 'stricter'));

    await deploy(aws, project, dedicated());
    assert.deepEqual(aws.requests.filter(isWrite), []);
    assert.equal(boundaryOf(aws), boundaryArn(aws.account, 'stricter'));
  });

  test('that does not exist is an error that names it', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    const boundary = boundaryArn(aws.account, 'mistyped');
    await assert.rejects(deploy(aws, createProject(t), dedicated(boundary)), ({ message }) => {
      assertMentions(message, /creating the role/, 'mistyped');
      return true;
    });
  });

  test('that may not be set is an error, and the function is not changed', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    await createPolicy(aws, 'litexa-boundary');
    const project = createProject(t);
    await deploy(aws, project, dedicated());
    await signInWith(t, aws, [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'iam:PutRolePermissionsBoundary', Resource: '*' },
    ]);
    const deployment = deploy(aws, project, dedicated(boundaryArn(aws.account)), {
      handler: 'exports.handler = async () => 2;\n',
    });
    await assert.rejects(deployment, {
      code: 'ACCESS_DENIED',
      message: hintFor('iam:PutRolePermissionsBoundary'),
    });
    assert.deepEqual(aws.sent('UpdateFunctionCode'), []);
  });
});

describe('with the documented policy', () => {
  test('a dedicated role with the boundary is created, tagged and changed', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    await createPolicy(aws, 'litexa-boundary');
    await signInAsDeployer(t, aws);
    const project = createProject(t);
    const options = dedicated(boundaryArn(aws.account));
    options.iamConfiguration.policies = ['arn:aws:iam::aws:policy/AmazonSNSFullAccess'];
    const lines = [];
    for (const tags of [{ team: 'voice' }, { team: 'audio' }]) {
      const more = { tags, dynamoDbConfiguration: { deletionProtection: true } };
      const logger = await deploy(aws, project, { ...options, ...more });
      lines.push(...logger.lines());
    }
    assert.deepEqual(lines.filter(isDenial), []);
    assert.equal(boundaryOf(aws), boundaryArn(aws.account));
  });

  test('a dedicated role without the boundary is refused', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    await signInAsDeployer(t, aws);
    await assert.rejects(deploy(aws, createProject(t), dedicated()), {
      code: 'ACCESS_DENIED',
      message: hintFor('iam:CreateRole'),
    });
    assert.equal(aws.iam().roles.size, 0);
  });

  test('an existing dedicated role goes on working without a boundary', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    const project = createProject(t);
    await deploy(aws, project, dedicated());
    await signInAsDeployer(t, aws);
    const handler = 'exports.handler = async () => 2;\n';
    const logger = await deploy(aws, project, dedicated(), { handler });
    assert.deepEqual(logger.lines().filter(isDenial), []);
    assert.equal(aws.sent('UpdateFunctionCode').length, 1);
  });

  test('the error for a role that Lambda may not assume has the command that repairs it', async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    const project = createProject(t);
    await deploy(aws, project, {});
    const statement = {
      Effect: 'Allow',
      Principal: { Service: 'edgelambda.amazonaws.com' },
      Action: 'sts:AssumeRole',
    };
    const damaged = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await aws.client.iam('UpdateAssumeRolePolicy', {
      RoleName: NAMES.role,
      PolicyDocument: damaged,
    });
    await signInAsDeployer(t, aws);

    const error = await deploy(aws, project, {}).then(assert.fail, (failure) => failure);
    assert.equal(error.code, 'ACCESS_DENIED');
    assert.match(error.message, hintFor('iam:UpdateAssumeRolePolicy'));
    const [, document, role] =
      /to save (\{.*\}) as trust\.json, .* update-assume-role-policy --role-name (\S+) --policy-document file:\/\/trust\.json`/.exec(
        error.message,
      );
    assert.equal(role, NAMES.role);
    const { Statement } = JSON.parse(document);
    assert.deepEqual(Statement[0], statement);
    assert.equal(Statement[1].Principal.Service, 'lambda.amazonaws.com');
  });
});

describe('an ARN of another partition', () => {
  for (const [options, key] of [
    [
      { lambdaConfiguration: { Role: 'arn:aws:iam::123456789012:role/r' } },
      'lambdaConfiguration.Role',
    ],
    [dedicated('arn:aws:iam::123456789012:policy/b'), 'iamConfiguration.permissionsBoundary'],
    [
      { iamConfiguration: { role: 'dedicated', policies: ['arn:aws:iam::aws:policy/ReadOnly'] } },
      'iamConfiguration.policies[0]',
    ],
  ]) {
    test(`${key} is refused before any request`, async (t) => {
      const aws = await openStrictAws(t, { region: 'us-gov-west-1' });
      await assert.rejects(deploy(aws, createProject(t), options), ({ code, message }) => {
        assert.equal(code, 'INVALID_OPTION');
        assertMentions(message, key, 'us-gov-west-1', 'arn:aws-us-gov:');
        return true;
      });
      assert.deepEqual(aws.requests, []);
    });
  }
});
