'use strict';

// The documented policies are sufficient for all features, and each action of each statement is needed, on
// an emulator that enforces IAM policies.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { hintFor } = require('../support/assertions');
const { invocation } = require('../support/lambda/log-events');
const { writeStream, minutesAgo } = require('../support/lambda/log-streams');
const {
  RESOURCE_UNSUPPORTED,
  actionsOf,
  withoutAction,
  withoutConditions,
  onAnyResource,
  restrictedProject,
  createBucketWithAcls,
  leaveMultipartUpload,
  attempt,
} = require('../support/aws/iam');
const { documentedStatements } = require('../support/aws/iam-user');
const { useAws } = require('../support/aws/use-aws');
const { NAMES } = require('../support/litexa/project');

const aws = useAws({ auth: true, keepState: true });

const STATEMENTS = documentedStatements();
const ACTIONS = actionsOf(STATEMENTS);
const nameOf = ({ Sid, action }) => `${Sid}/${action}`;

/** The number of accounts that use the emulator's capacity. */
const CONCURRENTLY = { concurrency: 6 };

const HANDLER = 'exports.handler = async () => 2;\n';
const REQUEST_ID = '4f0e9b5a-7d1c-4f0e-9b5a-000000000001';
const OTHER_REQUEST_ID = '4f0e9b5a-7d1c-4f0e-9b5a-000000000002';
const SKILL_ID = 'amzn1.ask.skill.11111111-2222-3333-4444-555555555555';
const LARGE_ASSET_BYTES = 17 * 1024 * 1024; // Assets of more than 16 MiB are multipart uploads.
const LARGE_PACKAGE = crypto.randomBytes(53 * 1024 * 1024); // The module sends up to 50 MiB in a request.

/** Deploys, repeats that, changes everything, and pulls logs. */
async function useMainFeatures(project) {
  const { client, bucket, deploy, pull } = project;
  await createBucketWithAcls(project);
  await deploy();
  await deploy();

  project.saveArtifact('skillId', SKILL_ID);
  await client.lambda(`${NAMES.function}/aliases/${NAMES.alias}`, {
    method: 'PUT',
    input: { FunctionVersion: '1' },
  });
  await leaveMultipartUpload(project);
  project.write('litexa/assets/meow.mp3', 'hiss');
  await deploy({ lambdaConfiguration: { MemorySize: 512 } }, { handler: HANDLER });
  const { Configuration } = await client.getFunction(NAMES.function);
  assert.equal(Configuration.MemorySize, 512);
  assert.equal(
    (await client.getObject(bucket, 'cats/beta/default/meow.mp3')).body.toString(),
    'hiss',
  );

  await writeStream(client, '2026/11/22/[$LATEST]1', invocation(REQUEST_ID, minutesAgo(5)));
  assert.match(await pull(), /success:1/);
  // Two streams are read with one request.
  await writeStream(client, '2026/11/22/[$LATEST]2', invocation(OTHER_REQUEST_ID, minutesAgo(4)));
  assert.match(await pull(), /success:2/);
}

/** Asserts that only the skill may invoke the alias. Without the right to read its policy, others stay. */
async function assertOneStatement({ client }) {
  const { Statement } = await client.getPolicy(NAMES.function, NAMES.alias);
  assert.equal(Statement.length, 1);
}

const inBucketWithAcls = (steps) => async (project) => {
  await createBucketWithAcls(project);
  await steps(project);
};

/** The beginning of the names of all statements for dedicated roles. */
const DEDICATED_ROLES = 'ForDedicatedRoles';

/** The same for Logs Insights. */
const LOGS_INSIGHTS = 'ForLogsInsights';

/** Creates a dedicated role with a boundary and tags, removes its boundary, and changes its tags. */
async function useDedicatedRole(project) {
  const { client, deploy } = project;
  await createBucketWithAcls(project);
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  await client.iam('CreatePolicy', { PolicyName: 'litexa-boundary', PolicyDocument });
  const iamConfiguration = {
    role: 'dedicated',
    policies: ['arn:aws:iam::aws:policy/AmazonSNSFullAccess'],
    permissionsBoundary: 'arn:aws:iam::myAccountId:policy/litexa-boundary',
  };
  await deploy({ iamConfiguration, tags: { team: 'voice' } });
  await client.iam('DeleteRolePermissionsBoundary', { RoleName: NAMES.function });
  await deploy({ iamConfiguration, tags: { team: 'audio' } });
}

/** Starts a query of Logs Insights that scans more than the limit, so that it is stopped. */
async function stopQuery({ client, pull, isOwn }) {
  await client.logs('CreateLogGroup', { logGroupName: NAMES.logGroup });
  // A range that ends in the millisecond of the creation has nothing to query.
  await sleep(2);
  const rewrite = (real) => {
    if (real.status !== 200) return real;
    const statistics = { bytesScanned: 1e12 };
    const body = JSON.stringify({ ...JSON.parse(real.body), status: 'Running', statistics });
    return { status: 200, headers: { 'content-type': real.headers['content-type'] }, body };
  };
  const remove = aws.intercept((request) =>
    isOwn(request) && request.operation === 'GetQueryResults' ? { rewrite } : undefined,
  );
  try {
    await pull({ logsConfiguration: { source: 'insights' } });
  } catch (error) {
    if (error.code !== 'INVALID_OPTION') throw error;
  } finally {
    remove();
  }
}

/** The steps that need an optional statement, for a deployer without the other ones. */
const OPTIONAL = {
  ForNewBuckets: ({ deploy }) => deploy(),

  ForInterruptedUploads: inBucketWithAcls(async (project) => {
    project.write('litexa/assets/film.mp4', Buffer.alloc(LARGE_ASSET_BYTES));
    await project.deploy();
  }),

  ForUploadParams: inBucketWithAcls(async ({ deploy }) => {
    const params = (CacheControl) => ({ uploadParams: [{ params: { CacheControl } }] });
    await deploy({ s3Configuration: params('no-cache') });
    await deploy({ s3Configuration: params('max-age=60') });
  }),

  ForBucketPolicyAccess: inBucketWithAcls(async ({ deploy }) => {
    await deploy({ s3Configuration: { publicAccess: 'bucketPolicy' } });
    await deploy({ s3Configuration: { publicAccess: 'none' } });
  }),

  ForDeleteRemovedAssets: inBucketWithAcls(async ({ client, bucket, deploy }) => {
    await client.putObject(bucket, 'cats/beta/default/old.mp3', 'miaow');
    await deploy({ s3Configuration: { deleteRemovedAssets: true } });
  }),

  ForLargePackages: inBucketWithAcls(async (project) => {
    project.write('litexa/package.json', JSON.stringify({ dependencies: { whale: '1.0.0' } }));
    project.write(
      'litexa/node_modules/whale/package.json',
      '{"name": "whale", "version": "1.0.0"}',
    );
    project.write('litexa/node_modules/whale/whale.bin', LARGE_PACKAGE);
    await project.deploy();
  }),

  ForTimeToLive: inBucketWithAcls(({ deploy }) =>
    deploy({
      dynamoDbConfiguration: {
        timeToLive: { AttributeName: 'endOfLife', enable: true, secondsToLive: 60 },
      },
    }),
  ),

  ForKeepVersions: inBucketWithAcls(async ({ deploy }) => {
    const options = { lambdaConfiguration: { keepVersions: 1 } };
    await deploy(options);
    await deploy(options, { handler: HANDLER });
  }),

  ...Object.fromEntries(
    STATEMENTS.filter(({ Sid }) => Sid.startsWith(DEDICATED_ROLES)).map(({ Sid }) => [
      Sid,
      useDedicatedRole,
    ]),
  ),

  ForFollowingLogs: async (project) => {
    const { client, follow } = project;
    await client.logs('CreateLogGroup', { logGroupName: NAMES.logGroup });
    await follow();
  },

  ForLogsInsights: stopQuery,

  ForLogsInsightsResults: stopQuery,

  ForDeletionProtection: inBucketWithAcls(async ({ deploy }) => {
    await deploy();
    await deploy({ dynamoDbConfiguration: { deletionProtection: true } });
  }),

  ForPointInTimeRecovery: inBucketWithAcls(async ({ deploy }) => {
    await deploy();
    await deploy({ dynamoDbConfiguration: { pointInTimeRecovery: true } });
  }),

  ForTags: inBucketWithAcls(async ({ deploy }) => {
    await deploy({ tags: { team: 'voice' } });
    await deploy({ tags: { team: 'audio' } });
  }),
};

const isOptional = ({ Sid }) => Sid.startsWith('For');
const stepsOf = ({ Sid }) => (isOptional({ Sid }) ? OPTIONAL[Sid] : useMainFeatures);

/** Whether a feature needs a statement. That of dedicated roles needs several. */
const belongsTo = (feature = '', { Sid }) => {
  if (feature.startsWith(DEDICATED_ROLES)) {
    return Sid.startsWith(DEDICATED_ROLES) || Sid === 'ForTags';
  }
  if (feature.startsWith(LOGS_INSIGHTS)) return Sid.startsWith(LOGS_INSIGHTS);
  return Sid === feature;
};

/** Returns the required statements, and the optional ones of a statement's feature. */
const statementsWith = ({ Sid }) =>
  STATEMENTS.filter((one) => !isOptional(one) || belongsTo(Sid, one));

/** Actions that the emulator does not enforce, and the requests for which AWS enforces them. */
const NOT_ENFORCED = {
  'PassRole/iam:PassRole': {
    why: 'it is not a request: Lambda checks it when a function gets its role',
    enforcedFor: ({ operation }) => operation === 'CreateFunction',
  },
  'ForDedicatedRolesToLambda/iam:PassRole': {
    why: 'as above',
    enforcedFor: ({ operation }) => operation === 'CreateFunction',
  },
  'Lambda/lambda:UpdateAlias': {
    why: 'the emulator checks lambda:ListAliases instead',
    enforcedFor: ({ operation }) => operation === 'UpdateAlias',
  },
  'Assets/s3:PutObjectAcl': {
    why: 'the emulator ignores the ACL of a PutObject',
    enforcedFor: ({ operation, headers }) => operation === 'PutObject' && headers['x-amz-acl'],
  },
  'ForNewBuckets/s3:PutBucketOwnershipControls': {
    why: 'the emulator ignores the ownership setting of a CreateBucket',
    enforcedFor: ({ operation, headers }) =>
      operation === 'CreateBucket' && headers['x-amz-object-ownership'],
  },
  'ForLargePackages/s3:GetObject': {
    why: "Lambda reads the package with the caller's permissions, the emulator with its own",
    enforcedFor: ({ operation, body }) =>
      operation === 'CreateFunction' && body.includes('"S3Bucket"'),
  },
};

/** Missing permissions for cleaning up, and for an earlier error, are reported with `--verbose` only. */
const VERBOSE_ONLY = [
  'BucketAge/s3:ListAllMyBuckets',
  'ForInterruptedUploads/s3:ListBucketMultipartUploads',
];

describe('with the documented policy', CONCURRENTLY, () => {
  test('a skill is deployed, deployed again, changed and its logs are pulled', async (t) => {
    const project = await restrictedProject(t, aws, STATEMENTS);
    await useMainFeatures(project);
    assert.deepEqual(project.denials(), []);
    await assertOneStatement(project);
  });

  test('a skill is deployed, changed and its logs are pulled without the optional statements', async (t) => {
    const project = await restrictedProject(t, aws, statementsWith({}));
    await useMainFeatures(project);
    assert.deepEqual(project.denials(), []);
    await assertOneStatement(project);
  });

  test('each optional statement has a test', () => {
    const optional = STATEMENTS.filter(isOptional).map(({ Sid }) => Sid);
    assert.deepEqual(Object.keys(OPTIONAL).sort(), optional.sort());
  });

  for (const [Sid, steps] of Object.entries(OPTIONAL)) {
    test(`${Sid} is sufficient for its feature`, async (t) => {
      const project = await restrictedProject(t, aws, statementsWith({ Sid }));
      await steps(project);
      assert.deepEqual(project.denials(['verbose', 'warning', 'error']), []);
    });
  }
});

describe('each action is needed, and the error for its absence names it', CONCURRENTLY, () => {
  for (const one of ACTIONS.filter((one) => !NOT_ENFORCED[nameOf(one)])) {
    test(nameOf(one), async (t) => {
      const project = await restrictedProject(t, aws, withoutAction(statementsWith(one), one));
      await attempt(stepsOf(one), project);
      const levels = VERBOSE_ONLY.includes(nameOf(one)) ? ['verbose'] : ['warning', 'error'];
      assert.match(project.denials(levels).join('\n'), hintFor(one.action));
    });
  }
});

/** Statements for all resources, or whose actions or resources the emulator does not enforce. */
const RESOURCE_NOT_ENFORCED = [
  'PassRole',
  'DescribeLogGroups',
  'BucketAge',
  'ForDedicatedRolesToLambda',
  'ForFollowingLogs',
  'ForLogsInsights',
  'ForLogsInsightsResults',
];

describe('a statement for other resources is not sufficient', CONCURRENTLY, () => {
  const otherResources = (Resource) =>
    [Resource]
      .flat()
      .map((arn) =>
        arn.replace('litexa_handler', 'litexa_other').replace('myBucketName', 'other-bucket'),
      );

  for (const { Sid, Action } of STATEMENTS.filter(
    ({ Sid }) => !RESOURCE_NOT_ENFORCED.includes(Sid),
  )) {
    test(Sid, async (t) => {
      const changed = (statement) => ({
        ...statement,
        Resource: otherResources(statement.Resource),
      });
      const statements = statementsWith({ Sid }).map((one) =>
        one.Sid === Sid ? changed(one) : one,
      );
      const project = await restrictedProject(t, aws, statements);
      await attempt(stepsOf({ Sid }), project);
      const denials = project.denials(['verbose', 'warning', 'error']).join('\n');
      assert.match(denials, hintFor(`(?:${[Action].flat().join('|')})`));
    });
  }
});

describe('without enforcement by the emulator', CONCURRENTLY, () => {
  for (const [name, { why, enforcedFor }] of Object.entries(NOT_ENFORCED)) {
    test(`${name}: ${why}`, async (t) => {
      const one = ACTIONS.find((action) => nameOf(action) === name);
      assert.ok(one, 'the policy has this action');
      const project = await restrictedProject(t, aws, withoutAction(statementsWith(one), one));
      await stepsOf(one)(project);
      assert.deepEqual(project.denials(), [], 'the action is not enforced');
      assert.ok(
        project.requests().some(enforcedFor),
        'there is a request for which AWS enforces the action',
      );
    });
  }

  for (const action of RESOURCE_UNSUPPORTED) {
    test(`the resource of ${action} is needed`, async (t) => {
      const others = RESOURCE_UNSUPPORTED.filter((other) => other !== action);
      const project = await restrictedProject(t, aws, STATEMENTS, (statements) =>
        statements.map(withoutConditions).flatMap((statement) => onAnyResource(statement, others)),
      );
      const one = ACTIONS.find((other) => other.action === action);
      await attempt(stepsOf(one), project);
      assert.match(project.denials().join('\n'), hintFor(action));
    });
  }

  test('the condition of iam:AttachRolePolicy is needed', async (t) => {
    const project = await restrictedProject(t, aws, STATEMENTS, (statements) =>
      statements.flatMap((statement) => onAnyResource(statement)),
    );
    await attempt(useMainFeatures, project);
    assert.match(project.denials().join('\n'), hintFor('iam:AttachRolePolicy'));
  });
});
