'use strict';

// docs/iam-policy.json is enough for everything that the README describes, and nothing in it is spare:
// an emulator that judges by policies says so, for each action of each statement.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { describe, test } = require('node:test');
const { hintFor } = require('../support/assertions');
const { invocation } = require('../support/lambda/log-events');
const { writeStream, minutesAgo } = require('../support/lambda/log-streams');
const {
  RESOURCE_UNKNOWN,
  useJudge,
  documentedStatements,
  grantsOf,
  without,
  unconditional,
  anywhere,
  skillOf,
  createOldBucket,
  interruptUpload,
  attempt,
  NAMES,
} = require('../support/aws/iam');

const judge = useJudge();

const STATEMENTS = documentedStatements();
const GRANTS = grantsOf(STATEMENTS);
const nameOf = ({ Sid, action }) => `${Sid}/${action}`;

/** As many accounts at once as keep the emulator busy. */
const AT_ONCE = { concurrency: 6 };

const HANDLER = 'exports.handler = async () => 2;\n';
const REQUEST_ID = '4f0e9b5a-7d1c-4f0e-9b5a-000000000001';
const OTHER_REQUEST_ID = '4f0e9b5a-7d1c-4f0e-9b5a-000000000002';
const SKILL_ID = 'amzn1.ask.skill.11111111-2222-3333-4444-555555555555';
const LARGE_ASSET = 17 * 1024 * 1024; // Assets of more than 16 MiB go up in parts.
const LARGE_PACKAGE = crypto.randomBytes(53 * 1024 * 1024); // Lambda takes 50 MiB directly.

/** First deployment, repeated one, changes of all kinds, and a log pull. */
async function everyday(skill) {
  const { aws, bucket, deploy, pull } = skill;
  await createOldBucket(skill);
  await deploy();
  await deploy();

  skill.remember('skillId', SKILL_ID);
  await aws.lambda(`${NAMES.function}/aliases/${NAMES.alias}`, {
    method: 'PUT',
    input: { FunctionVersion: '1' },
  });
  await interruptUpload(skill);
  skill.write('litexa/assets/meow.mp3', 'hiss');
  await deploy({ lambdaConfiguration: { MemorySize: 512 } }, { handler: HANDLER });
  const { Configuration } = await aws.getFunction(NAMES.function);
  assert.equal(Configuration.MemorySize, 512);
  assert.equal((await aws.getPolicy(NAMES.function, NAMES.alias)).Statement.length, 1);
  assert.equal((await aws.getObject(bucket, 'cats/beta/default/meow.mp3')).body.toString(), 'hiss');

  await writeStream(aws, '2026/11/22/[$LATEST]1', invocation(REQUEST_ID, minutesAgo(5)));
  assert.match(await pull(), /success:1/);
  // Several streams are read with one request.
  await writeStream(aws, '2026/11/22/[$LATEST]2', invocation(OTHER_REQUEST_ID, minutesAgo(4)));
  assert.match(await pull(), /success:2/);
}

const inOldBucket = (steps) => async (skill) => {
  await createOldBucket(skill);
  await steps(skill);
};

/** What the optional statements are for: what somebody does who has one of them and the others not. */
const OPTIONAL = {
  ForNewBuckets: ({ deploy }) => deploy(),

  ForInterruptedUploads: inOldBucket(async (skill) => {
    skill.write('litexa/assets/film.mp4', Buffer.alloc(LARGE_ASSET));
    await skill.deploy();
  }),

  ForUploadParams: inOldBucket(async ({ deploy }) => {
    const params = (CacheControl) => ({ uploadParams: [{ params: { CacheControl } }] });
    await deploy({ s3Configuration: params('no-cache') });
    await deploy({ s3Configuration: params('max-age=60') });
  }),

  ForBucketPolicyAccess: inOldBucket(async ({ deploy }) => {
    await deploy({ s3Configuration: { publicAccess: 'bucketPolicy' } });
    await deploy({ s3Configuration: { publicAccess: 'none' } });
  }),

  ForDeleteRemovedAssets: inOldBucket(async ({ aws, bucket, deploy }) => {
    await aws.putObject(bucket, 'cats/beta/default/old.mp3', 'miaow');
    await deploy({ s3Configuration: { deleteRemovedAssets: true } });
  }),

  ForLargePackages: inOldBucket(async (skill) => {
    skill.write('litexa/package.json', JSON.stringify({ dependencies: { whale: '1.0.0' } }));
    skill.write('litexa/node_modules/whale/package.json', '{"name": "whale", "version": "1.0.0"}');
    skill.write('litexa/node_modules/whale/whale.bin', LARGE_PACKAGE);
    await skill.deploy();
  }),

  ForTimeToLive: inOldBucket(({ deploy }) =>
    deploy({
      dynamoDbConfiguration: { timeToLive: { AttributeName: 'endOfLife', secondsToLive: 60 } },
    }),
  ),

  ForKeepVersions: inOldBucket(async ({ deploy }) => {
    const options = { lambdaConfiguration: { keepVersions: 1 } };
    await deploy(options);
    await deploy(options, { handler: HANDLER });
  }),

  ForDamagedRoles: inOldBucket(async ({ aws, deploy }) => {
    const trust = { Version: '2012-10-17', Statement: [] };
    const AssumeRolePolicyDocument = JSON.stringify(trust);
    await aws.iam('CreateRole', { RoleName: NAMES.role, AssumeRolePolicyDocument });
    await deploy();
  }),

  ForDedicatedRoles: inOldBucket(({ deploy }) =>
    deploy({
      iamConfiguration: {
        role: 'dedicated',
        policies: ['arn:aws:iam::aws:policy/AmazonSNSFullAccess'],
      },
    }),
  ),
};

const isOptional = ({ Sid }) => Sid.startsWith('For');
const stepsOf = (grant) => (isOptional(grant) ? OPTIONAL[grant.Sid] : everyday);

/** The statements that everybody needs, and one of those for options. */
const needed = ({ Sid }) => STATEMENTS.filter((one) => !isOptional(one) || one.Sid === Sid);

/** What the emulator cannot judge, and which requests AWS would judge by it. */
const UNJUDGED = {
  'PassRole/iam:PassRole': {
    why: 'no request has this name: Lambda asks for it when a function gets its role',
    judgedAt: ({ operation }) => operation === 'CreateFunction',
  },
  'ForDedicatedRoles/iam:PassRole': {
    why: 'the same',
    judgedAt: ({ operation }) => operation === 'CreateFunction',
  },
  'Lambda/lambda:UpdateAlias': {
    why: 'the emulator takes it for lambda:ListAliases',
    judgedAt: ({ operation }) => operation === 'UpdateAlias',
  },
  'Assets/s3:PutObjectAcl': {
    why: 'the emulator does not look at the ACL of a PutObject',
    judgedAt: ({ operation, headers }) => operation === 'PutObject' && headers['x-amz-acl'],
  },
  'ForNewBuckets/s3:PutBucketOwnershipControls': {
    why: 'the emulator does not look at the ownership of a CreateBucket',
    judgedAt: ({ operation, headers }) =>
      operation === 'CreateBucket' && headers['x-amz-object-ownership'],
  },
  'ForLargePackages/s3:GetObject': {
    why: 'Lambda fetches the package with the rights of the caller, the emulator with its own',
    judgedAt: ({ operation, body }) =>
      operation === 'CreateFunction' && body.includes('"S3Bucket"'),
  },
};

/** A right for tidiness: only `--verbose` tells that it is missing. */
const QUIET = ['ForInterruptedUploads/s3:ListBucketMultipartUploads'];

describe('with the policy of the README', AT_ONCE, () => {
  test('a skill is deployed, deployed again, changed and its logs are pulled', async (t) => {
    const skill = await skillOf(t, judge, STATEMENTS);
    await everyday(skill);
    assert.deepEqual(skill.denials(), []);
  });

  test('without the statements for options, that works, too', async (t) => {
    const skill = await skillOf(t, judge, needed({}));
    await everyday(skill);
    assert.deepEqual(skill.denials(), []);
  });

  test('each optional statement is tried', () => {
    assert.deepEqual(
      Object.keys(OPTIONAL),
      STATEMENTS.filter(isOptional).map(({ Sid }) => Sid),
    );
  });

  for (const [Sid, steps] of Object.entries(OPTIONAL)) {
    test(`${Sid} is enough for what it is for`, async (t) => {
      const skill = await skillOf(t, judge, needed({ Sid }));
      await steps(skill);
      assert.deepEqual(skill.denials(['verbose', 'warning', 'error']), []);
    });
  }
});

describe('nothing is spare: it is missed and named', AT_ONCE, () => {
  for (const grant of GRANTS.filter((grant) => !UNJUDGED[nameOf(grant)])) {
    test(nameOf(grant), async (t) => {
      const skill = await skillOf(t, judge, without(needed(grant), grant));
      await attempt(stepsOf(grant), skill);
      const levels = QUIET.includes(nameOf(grant)) ? ['verbose'] : ['warning', 'error'];
      assert.match(skill.denials(levels).join('\n'), hintFor(grant.action));
    });
  }
});

/** Statements of which the emulator judges nothing, or not where. */
const ANYWHERE = ['PassRole', 'DescribeLogGroups'];

describe('for other resources a statement is worth nothing', AT_ONCE, () => {
  const elsewhere = (Resource) =>
    [Resource]
      .flat()
      .map((arn) =>
        arn.replace('litexa_handler', 'litexa_other').replace('myBucketName', 'other-bucket'),
      );

  for (const { Sid, Action } of STATEMENTS.filter(({ Sid }) => !ANYWHERE.includes(Sid))) {
    test(Sid, async (t) => {
      const moved = (statement) => ({ ...statement, Resource: elsewhere(statement.Resource) });
      const statements = needed({ Sid }).map((one) => (one.Sid === Sid ? moved(one) : one));
      const skill = await skillOf(t, judge, statements);
      await attempt(stepsOf({ Sid }), skill);
      const missed = skill.denials(['verbose', 'warning', 'error']).join('\n');
      assert.match(missed, hintFor(`(?:${[Action].flat().join('|')})`));
    });
  }
});

describe('what the emulator cannot judge', AT_ONCE, () => {
  for (const [name, { why, judgedAt }] of Object.entries(UNJUDGED)) {
    test(`${name}: ${why}`, async (t) => {
      const grant = GRANTS.find((one) => nameOf(one) === name);
      assert.ok(grant, 'it is in the policy');
      const skill = await skillOf(t, judge, without(needed(grant), grant));
      await stepsOf(grant)(skill);
      assert.deepEqual(skill.denials(), [], 'it is not judged');
      assert.ok(skill.requests().some(judgedAt), 'a request would be judged by it');
    });
  }

  for (const action of RESOURCE_UNKNOWN) {
    test(`${action}: for which resource`, async (t) => {
      const others = RESOURCE_UNKNOWN.filter((other) => other !== action);
      const skill = await skillOf(t, judge, STATEMENTS, (statements) =>
        statements.map(unconditional).flatMap((statement) => anywhere(statement, others)),
      );
      await attempt(everyday, skill);
      assert.match(skill.denials().join('\n'), hintFor(action));
    });
  }

  test('iam:AttachRolePolicy: under which condition', async (t) => {
    const skill = await skillOf(t, judge, STATEMENTS, (statements) =>
      statements.flatMap((statement) => anywhere(statement)),
    );
    await attempt(everyday, skill);
    assert.match(skill.denials().join('\n'), hintFor('iam:AttachRolePolicy'));
  });
});
