'use strict';

// Refusals that pass: each call is sent again, whatever service and resource it is about.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const errors = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const aws = useAws();

const INVALID = 'InvalidParameterValueException';
const noRight = (action) =>
  errors.jsonError(
    400,
    INVALID,
    `The provided execution role does not have permissions to call ${action}`,
  );

// See the sources of src/aws/retry.rs.
const iamBusy = [
  errors.iamError(409, 'ConcurrentModification', 'Another request is in progress.'),
  errors.iamError(409, 'EntityTemporarilyUnmodifiable', 'The role cannot be modified yet.'),
];
const newRole = errors.iamError(
  404,
  'NoSuchEntity',
  `The role with name ${NAMES.role} cannot be found.`,
);
const newFunction = errors.jsonError(
  404,
  'ResourceNotFoundException',
  `Function not found: ${NAMES.functionArn}`,
);
const newTable = errors.jsonError(
  400,
  'ResourceNotFoundException',
  `Requested resource not found: Table: ${NAMES.table} not found`,
);
const newLogGroup = errors.jsonError(
  400,
  'ResourceNotFoundException',
  'The specified log group does not exist.',
);
const logGroupBusy = errors.jsonError(
  400,
  'OperationAbortedException',
  'A conflicting operation is currently in progress against this resource. Please try again.',
);
const tableBusy = errors.jsonError(
  400,
  'ResourceInUseException',
  `Attempt to change a resource which is still in use: Table is being updated: ${NAMES.table}`,
);
const roleRefusals = [
  errors.roleNotAssumable(),
  noRight('CreateNetworkInterface on EC2'),
  noRight('SendMessage on SQS'),
  errors.jsonError(
    400,
    INVALID,
    'Your request has been throttled by EC2, please make sure you have enough API rate limit.',
  ),
];

/** The refusals of each call of a first deployment. */
const CREATION = {
  CreateRole: iamBusy,
  AttachRolePolicy: [newRole, ...iamBusy],
  UpdateTimeToLive: [newTable, tableBusy],
  CreateLogGroup: [logGroupBusy],
  PutRetentionPolicy: [newLogGroup, logGroupBusy],
  CreateFunction: roleRefusals,
  CreateAlias: [newFunction, errors.functionPending()],
  AddPermission: [newFunction, errors.updateInProgress(NAMES.functionArn)],
};

/** The refusals of each call of a deployment that changes everything. */
const CHANGE = {
  UpdateAssumeRolePolicy: [newRole, ...iamBusy],
  UpdateFunctionConfiguration: [newFunction, ...roleRefusals],
  UpdateFunctionCode: [newFunction, errors.functionPending()],
  UpdateAlias: [newFunction],
};

const TIME_TO_LIVE = { dynamoDbConfiguration: { timeToLive: { AttributeName: 'end' } } };

/** Refuses each call once for each reason. Returns how often it has to be sent at least. */
function refuse(refusals) {
  for (const [operation, answers] of Object.entries(refusals)) {
    for (const answer of answers) aws.answer(operation, answer, { times: 1 });
  }
  return Object.entries(refusals).map(([operation, answers]) => [operation, answers.length + 1]);
}

function assertSent(expected) {
  for (const [operation, least] of expected) {
    assert.ok(aws.count(operation) >= least, `${operation}: ${aws.count(operation)} of ${least}`);
  }
}

test('a first deployment succeeds although each call is refused for each reason that passes', async (t) => {
  const expected = refuse(CREATION);
  const { logger } = await createProject(t).deployHandler(TIME_TO_LIVE);

  assertSent(expected);
  assert.equal((await aws.client.getPolicy(NAMES.function, NAMES.alias)).Statement.length, 1);
  const waiting = logger.lines('log').filter((line) => line.startsWith('waiting: '));
  for (const what of ['role', 'table', 'log group', 'function']) {
    assert.ok(
      waiting.some((line) => line.includes(what)),
      `${what}: ${waiting.join('\n')}`,
    );
  }
});

test('a deployment that changes everything succeeds although each call is refused for each reason that passes', async (t) => {
  const project = createProject(t);
  await project.deployHandler();
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [] });
  await aws.client.iam('UpdateAssumeRolePolicy', { RoleName: NAMES.role, PolicyDocument });
  const input = { FunctionVersion: '1' };
  await aws.client.lambda(`${NAMES.function}/aliases/${NAMES.alias}`, { method: 'PUT', input });

  const expected = refuse(CHANGE);
  await project.deployHandler(
    { lambdaConfiguration: { MemorySize: 512, keepVersions: 5 } },
    { handler: 'exports.handler = async () => 2;\n' },
  );
  assertSent(expected);
  assert.equal((await aws.client.getAlias(NAMES.function, NAMES.alias)).FunctionVersion, '$LATEST');
});

test('the inline policy of a dedicated role is written although the role is not known yet', async (t) => {
  const missing = errors.iamError(
    404,
    'NoSuchEntity',
    `The role with name ${NAMES.function} cannot be found.`,
  );
  const expected = refuse({ PutRolePolicy: [missing, ...iamBusy] });
  await createProject(t).deployHandler({ iamConfiguration: { role: 'dedicated' } });
  assertSent(expected);
});

test('a role that another deployment is creating is waited for', async (t) => {
  aws.loseAnswer('CreateRole');
  let lookUps = 0;
  aws.answer('GetRole', () => (lookUps++ === 1 ? newRole : undefined));
  await createProject(t).deployHandler();
  assert.equal(aws.count('GetRole'), 3);
});

for (const [operation, refusal] of [
  [
    'CreateFunction',
    errors.jsonError(400, INVALID, 'Unzipped size must be smaller than 262144000 bytes'),
  ],
  [
    'CreateRole',
    errors.iamError(409, 'LimitExceeded', 'Cannot exceed quota for RolesPerAccount: 1000'),
  ],
  ['CreateTable', errors.jsonError(400, 'ValidationException', 'The table name is invalid')],
]) {
  test(`${operation} is not sent again for a reason that stays`, async (t) => {
    aws.answer(operation, refusal);
    await createProject(t).failToDeployHandler();
    assert.equal(aws.count(operation), 1);
  });
}
