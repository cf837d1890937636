'use strict';

// `remove`: everything of the target is deleted, and nothing of others.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const litexa = require('../..');
const errors = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { deployContext } = require('../support/litexa/context');
const { createProject, NAMES } = require('../support/litexa/project');
const { runExecutable } = require('../support/litexa/executable');

const aws = useAws();

const BUCKET = 'cats-assets';
const DEDICATED = { iamConfiguration: { role: 'dedicated' } };
const POLICY_ACCESS = { bucketName: BUCKET, publicAccess: 'bucketPolicy' };

/** Creates a project with one asset, deployed to `target`. */
async function deployed(t, { name = 'cats', target = 'beta', options = DEDICATED } = {}) {
  const project = createProject(t, {
    name,
    target,
    options: { s3Configuration: POLICY_ACCESS, ...options },
    files: { 'litexa/assets/meow.txt': 'meow' },
  });
  await litexa.deploy(project.context());
  return project;
}

/** Carries out the command, as the executable does it. */
function remove(project, command = {}) {
  const context = deployContext({ projectRoot: project.root, target: project.target });
  return litexa.operate(context, { name: 'remove', ...command }, context.logger);
}

async function removeAll(project, command) {
  const { changes } = await remove(project, command);
  return remove(project, { ...command, confirmed: changes });
}

const versions = async () => {
  const { body } = await aws.client.s3('GET', `/${BUCKET}?versions`);
  return [...body.toString().matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key);
};

test('a target is removed with all that it has, and the table stays', async (t) => {
  const project = await deployed(t);
  const shown = await remove(project);
  assert.deepEqual(
    aws.writes().filter((write) => /Delete|Detach/.test(write)),
    [],
  );
  assert.match(shown.kept.join('\n'), /the table cats_beta_litexa_handler_state .*--table/);
  assert.match(shown.kept.join('\n'), /the bucket cats-assets/);
  await remove(project, { confirmed: shown.changes });

  const { client } = aws;
  assert.equal(await client.getFunction(NAMES.function), undefined);
  assert.equal(await client.getRole(NAMES.function), undefined);
  assert.deepEqual(await client.describeLogGroups(NAMES.logGroup), []);
  assert.deepEqual(await client.listObjects(BUCKET), []);
  assert.equal(await client.getBucketPolicy(BUCKET), undefined);
  assert.equal((await client.describeTable(NAMES.table)).TableStatus, 'ACTIVE');
  const artifacts = JSON.parse(fs.readFileSync(project.path('artifacts.json'), 'utf8'));
  assert.deepEqual(Object.keys(artifacts.variants.beta.versions[0]), ['dynamoDBARN']);
  assert.deepEqual(fs.readdirSync(project.path('.deploy', 'beta')).sort(), [
    'assets.lock',
    'lambda.lock',
  ]);
  assert.deepEqual((await remove(project)).changes, [], 'nothing is left');
});

test('each deletion is one of the changes, in their order, and sends the expected owner', async (t) => {
  const project = await deployed(t);
  const { changes } = await remove(project);
  aws.clearRequests();
  await remove(project, { confirmed: changes });
  const sent = {
    'lambda:DeleteFunction': 'lambda:DeleteFunction',
    'iam:DeleteRolePolicy': 'iam:DeleteRolePolicy',
    'iam:DeleteRole': 'iam:DeleteRole',
    'logs:DeleteLogGroup': 'logs:DeleteLogGroup',
    's3:DeleteBucketPolicy': 's3:PutBucketPolicy',
    's3:DeleteObjects': 's3:DeleteObjectVersion',
  };
  assert.deepEqual(
    aws.writes().map((write) => sent[write] ?? write),
    changes.map(({ iamAction }) => iamAction),
  );
  for (const operation of ['DeleteObjects', 'DeleteBucketPolicy']) {
    const [{ headers }] = aws.requests(operation);
    assert.equal(headers['x-amz-expected-bucket-owner'], '123456789012', operation);
  }
});

test('with --table the table is backed up and deleted, also if it is protected', async (t) => {
  const options = { dynamoDbConfiguration: { deletionProtection: true } };
  const project = await deployed(t, { options });
  const { changes, backup } = await removeAll(project, { table: true });
  const actions = changes.map(({ iamAction }) => iamAction).filter((one) => /^dynamodb/.test(one));
  assert.deepEqual(actions, [
    'dynamodb:CreateBackup',
    'dynamodb:UpdateTable',
    'dynamodb:DeleteTable',
  ]);
  assert.match(backup, /^cats_beta_litexa_handler_state-\d{8}-\d{6}$/);
  assert.equal(aws.sent('CreateBackup')[0].BackupName, backup);
  assert.equal(await aws.client.describeTable(NAMES.table), undefined);
});

test('only what has begun is reported, and the table stays without a backup', async (t) => {
  const project = await deployed(t);
  const { changes } = await remove(project, { table: true });
  const context = deployContext({ projectRoot: project.root, target: project.target });
  const command = { name: 'remove', table: true, confirmed: changes };
  const run = () => litexa.operate(context, command, context.logger);
  const reported = () => context.logger.lines('log').join('\n');

  aws.answer('DeleteRole', errors.iamError(403, 'AccessDenied', 'not authorized'), { times: 1 });
  await assert.rejects(run, { code: 'ACCESS_DENIED' });
  assert.match(reported(), /deleting the role/);
  assert.doesNotMatch(reported(), /deleting (the log group|the table|1 asset)/);

  aws.answer('DeleteBucketPolicy', errors.s3Error(403, 'AccessDenied'), { times: 1 });
  await assert.rejects(run, { code: 'ACCESS_DENIED' });
  assert.match(reported(), /deleting the log group[^]*revoking public read access/);
  assert.doesNotMatch(reported(), /deleting 1 asset/);

  aws.answer('CreateBackup', errors.accessDenied('dynamodb:CreateBackup'), { times: 1 });
  await assert.rejects(run, /dynamodb:CreateBackup/);
  assert.match(reported(), /deleting 1 asset[^]*backing up the table/);
  assert.doesNotMatch(reported(), /deleting the table/);
  assert.ok(await aws.client.describeTable(NAMES.table));
});

test('targets and projects whose names begin alike keep everything', async (t) => {
  const others = [
    await deployed(t, { target: 'beta2' }),
    await deployed(t, { name: 'cats2' }),
    await deployed(t, { name: 'cats_beta', target: 'litexa' }),
  ];
  const project = await deployed(t);
  const key = '.litexa-deploy-aws/cats_beta_litexa_handler-';
  const digest = `${'a'.repeat(43)}-`;
  const staged = [`${key}${digest}.zip`, `${key}x_y_litexa_handler-${digest}.zip`];
  for (const one of staged) await aws.client.putObject(BUCKET, one, 'zip');
  await aws.client.putObject(BUCKET, '.litexa-deploy-aws/cats/beta2/upload-manifest.json', '{}');
  const uploads = ['cats/beta/default/film.mp4', 'cats/beta2/default/film.mp4'];
  for (const one of uploads) await aws.client.s3('POST', `/${BUCKET}/${one}?uploads`);
  await removeAll(project);

  for (const other of others) {
    const { name } = JSON.parse(fs.readFileSync(other.path('litexa.config.json'), 'utf8'));
    const function_ = `${name}_${other.target}_litexa_handler`;
    assert.ok(await aws.client.getFunction(function_), function_);
    assert.ok(await aws.client.getRole(function_), function_);
    assert.equal((await aws.client.describeLogGroups(`/aws/lambda/${function_}`)).length, 1);
    const { body } = await aws.client.getObject(BUCKET, `${name}/${other.target}/default/meow.txt`);
    assert.equal(body.toString(), 'meow', function_);
  }
  const { Statement } = await aws.client.getBucketPolicy(BUCKET);
  assert.equal(Statement.length, others.length);
  assert.deepEqual(await aws.client.listObjects(BUCKET, '.litexa-deploy-aws/'), [
    '.litexa-deploy-aws/cats/beta2/upload-manifest.json',
    '.litexa-deploy-aws/cats2/beta/upload-manifest.json',
    '.litexa-deploy-aws/cats_beta/litexa/upload-manifest.json',
    staged[1],
  ]);
  assert.deepEqual(await aws.client.listMultipartUploads(BUCKET), [uploads[1]]);
});

test('in a bucket with versions, all versions and markers go', async (t) => {
  await aws.client.createBucket(BUCKET);
  const body =
    '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>';
  await aws.client.s3('PUT', `/${BUCKET}?versioning`, { body });
  const options = { s3Configuration: { bucketName: BUCKET, publicAccess: 'none' } };
  const project = await deployed(t, { options });
  await aws.client.putObject(BUCKET, 'cats/beta/default/meow.txt', 'older');
  await aws.client.putObject(BUCKET, 'cats/beta/default/old.txt', 'old');
  await aws.client.deleteObject(BUCKET, 'cats/beta/default/old.txt');
  await aws.client.putObject(BUCKET, 'cats/beta2/default/meow.txt', 'of another target');
  const { changes } = await remove(project);
  const line = changes
    .map(({ description }) => description)
    .find((one) => /of cats-assets/.test(one));
  assert.equal(
    line,
    'deleting 1 asset and 3 old versions or delete markers of cats-assets/cats/beta/*',
  );
  await remove(project, { confirmed: changes });
  assert.deepEqual(await versions(), ['cats/beta2/default/meow.txt']);
});

test('the shared role, a role of others and a log group of another name stay', async (t) => {
  const options = {
    iamConfiguration: undefined,
    lambdaConfiguration: { LoggingConfig: { LogGroup: '/team/logs' } },
  };
  const project = await deployed(t, { options });
  const { kept } = await removeAll(project);
  assert.match(kept.join('\n'), /the role litexa_handler_lambda, which all Litexa skills share/);
  assert.match(kept.join('\n'), /the log group \/team\/logs/);
  assert.ok(await aws.client.getRole('litexa_handler_lambda'));
  assert.equal((await aws.client.describeLogGroups('/team/logs')).length, 1);
});

test('what has come since the changes were shown is not removed', async (t) => {
  const project = await deployed(t);
  const { changes } = await remove(project);
  await aws.client.putObject(BUCKET, 'cats/beta/default/new.txt', 'new');
  await assert.rejects(remove(project, { confirmed: changes }), {
    code: 'NOT_REMOVED',
    message: /not what was shown: .*2 assets/,
  });
  assert.ok(await aws.client.getFunction(NAMES.function), 'nothing was deleted');
});

test('who else may invoke the function is shown before it loses that', async (t) => {
  const project = await deployed(t);
  const input = {
    StatementId: 'partner',
    Action: 'lambda:InvokeFunction',
    Principal: 's3.amazonaws.com',
  };
  const path = `${NAMES.function}/policy?Qualifier=${NAMES.alias}`;
  await aws.client.lambda(path, { method: 'POST', input });
  const [{ effects }] = (await remove(project)).changes;
  assert.match(effects.join('\n'), /s3\.amazonaws\.com cannot invoke it anymore/);
});

test('a bucket of another account is left alone', async (t) => {
  const project = await deployed(t);
  const denied = { status: 403, headers: {}, body: '<Error><Code>AccessDenied</Code></Error>' };
  aws.intercept((request) => (request.headers['x-amz-expected-bucket-owner'] ? denied : undefined));
  const { changes, kept } = await remove(project);
  assert.match(kept.join('\n'), /the bucket cats-assets, which does not belong to the account/);
  assert.ok(changes.every(({ resourceType }) => !resourceType.startsWith('AWS::S3')));
});

test('the objects in the bucket of an earlier config are removed, too, as far as S3 allows it', async (t) => {
  const OTHER = 'cats-later';
  const project = await deployed(t);
  project.configure({
    beta: { ...DEDICATED, s3Configuration: { ...POLICY_ACCESS, bucketName: OTHER } },
  });
  await aws.client.s3('PUT', `/${OTHER}`);
  await aws.client.putObject(OTHER, 'cats/beta/default/new.txt', 'new');
  // A deployment to a third bucket has ended early.
  await aws.client.s3('PUT', '/cats-third');
  const key = 'cats/beta/default/film.mp4';
  await aws.client.s3('POST', `/cats-third/${key}?uploads`);
  const entry = { bucket: 'cats-third', key, uploadId: 'u', startedAt: 1 };
  const unknown = { ...entry, bucket: 'cats-of-others' };
  project.write('.deploy/beta/multipart-uploads.json', JSON.stringify([entry, unknown]));
  const denied = {
    status: 403,
    headers: { 'x-amz-bucket-region': 'us-east-1' },
    body: '<Error><Code>AccessDenied</Code></Error>',
  };
  aws.intercept(({ path }) => (path.startsWith('/cats-of-others') ? denied : undefined));

  const { kept, changes } = await remove(project);
  const lines = changes.map(({ description }) => description).join('\n');
  for (const line of [
    'deleting 1 asset of cats-later/cats/beta/*',
    'deleting 1 asset of cats-assets/cats/beta/*',
    'revoking public read access to cats-assets/cats/beta/*',
    'aborting 1 incomplete upload of cats-third/cats/beta/*',
  ]) {
    assert.ok(lines.includes(line), lines);
  }
  assert.match(
    kept.join('\n'),
    /the bucket cats-of-others of an earlier deployment, to which S3 denies/,
  );
  await remove(project, { confirmed: changes });
  for (const bucket of [BUCKET, OTHER]) {
    assert.deepEqual(await aws.client.listObjects(bucket), [], bucket);
  }
  assert.deepEqual(await aws.client.listMultipartUploads('cats-third'), []);
  const journal = fs.readFileSync(
    project.path('.deploy', 'beta', 'multipart-uploads.json'),
    'utf8',
  );
  assert.deepEqual(JSON.parse(journal), [unknown]);
});

test('a policy that may not be read is named, with who may be concerned', async (t) => {
  const project = await deployed(t);
  aws.rejectS3('GetBucketPolicy', 403, 'AccessDenied');
  aws.answer('GetPolicy', errors.accessDenied('lambda:GetPolicy'));
  const { kept, changes } = await removeAll(project);
  assert.match(
    kept.join('\n'),
    /the policy of the bucket cats-assets, .*s3:GetBucketPolicy.* LitexaAssets/,
  );
  assert.match(
    changes[0].effects.join('\n'),
    /others who may invoke it are not known.*lambda:GetPolicy/,
  );
  aws.removeInterceptors();
  const { changes: left } = await remove(project);
  assert.deepEqual(
    left.map(({ iamAction }) => iamAction),
    ['s3:PutBucketPolicy'],
  );
});

test('a function of another project whose names are the same on AWS is not removed', async (t) => {
  const owner = await deployed(t, { target: 'dev_test' });
  const project = createProject(t, {
    name: 'cats_dev',
    target: 'test',
    options: { ...DEDICATED, s3Configuration: POLICY_ACCESS },
  });
  aws.clearRequests();
  const error = { code: 'NOT_REMOVED', message: /the target dev_test of the project cats,/ };
  await assert.rejects(remove(project), error);
  await assert.rejects(remove(project, { confirmed: [] }), error);
  assert.deepEqual(aws.writes(), []);
  const context = project.context();
  await litexa.deploy({ ...context, dryRun: true }, context.logger);
  assert.match(
    context.logger.lines('warning').join('\n'),
    /by the target dev_test of the project cats,/,
  );
  // The one that has deployed it last can remove it.
  await litexa.deploy(project.context());
  await assert.rejects(remove(owner), /the target test of the project cats_dev,/);
  await removeAll(project);
  assert.equal(await aws.client.getFunction('cats_dev_test_litexa_handler'), undefined);
});

test('the executable shows what it removes, and asks for the target', async (t) => {
  const project = await deployed(t);
  const run = (...args) =>
    runExecutable(['remove', '-d', 'beta', ...args], { cwd: project.root, env: aws.env });
  const unconfirmed = await run();
  assert.equal(unconfirmed.code, 2);
  assert.match(unconfirmed.stdout, /deleting the function cats_beta_litexa_handler/);
  assert.match(unconfirmed.stderr, /--yes/);
  assert.ok(await aws.client.getFunction(NAMES.function), 'nothing was deleted');
  // With --json, stdout is for the result, and what is asked for is shown as well.
  const asked = await run('--json');
  assert.equal(asked.code, 2);
  assert.deepEqual(Object.keys(asked.json()), ['error']);
  assert.match(asked.stderr, /^to remove:\n {2}- deleting the function cats_beta_litexa_handler/m);
  assert.match(asked.stderr, /^left alone:\n {2}- the table/m);
  const confirmed = await run('--yes', '--json');
  assert.deepEqual([confirmed.code, confirmed.stderr.includes('error')], [0, false]);
  assert.equal(confirmed.json().changes[0].resource, NAMES.function);
  assert.match(
    confirmed.stderr,
    /^to remove:\n {2}- deleting the function cats_beta_litexa_handler/m,
  );
  assert.equal(await aws.client.getFunction(NAMES.function), undefined);
});

test('a target that is deployed in another account or region keeps its records', async (t) => {
  const project = await deployed(t);
  const arn = `arn:aws:lambda:us-east-1:${aws.id}:function:${NAMES.function}:${NAMES.alias}`;
  for (const other of [
    arn.replace('us-east-1', 'eu-west-1'),
    arn.replace(aws.id, '210987654321'),
  ]) {
    project.saveArtifact('lambdaARN', other);
    project.configure({ beta: { awsRegion: 'us-east-1', s3Configuration: POLICY_ACCESS } });
    await assert.rejects(remove(project, { confirmed: [] }), {
      code: 'NOT_REMOVED',
      message: /is deployed in the account/,
    });
    const { beta } = JSON.parse(fs.readFileSync(project.path('artifacts.json'), 'utf8')).variants;
    assert.equal(beta.versions[0].lambdaARN, other);
  }
  assert.ok(await aws.client.getFunction(NAMES.function), 'nothing was deleted');
});

test('a table that a removal has left is found in its region, not in that of the environment', async (t) => {
  const project = await deployed(t);
  const run = (...args) =>
    runExecutable(['remove', '--yes', '-d', 'beta', ...args], {
      cwd: project.root,
      env: { ...aws.env, AWS_REGION: 'eu-west-1' },
    });
  assert.equal((await run()).code, 0);
  assert.ok(await aws.client.describeTable(NAMES.table), 'the table stays');
  const removed = await run('--table');
  assert.equal(removed.code, 0, removed.stderr);
  assert.match(removed.stdout, /deleting the table/);
  assert.equal(await aws.client.describeTable(NAMES.table), undefined);
});

test('a removal goes on after the reader of its output has ended', async (t) => {
  const project = await deployed(t);
  await runExecutable(['remove', '--yes', '-d', 'beta'], {
    cwd: project.root,
    env: aws.env,
    started: (child) => child.stdout.once('data', () => child.stdout.destroy()),
  });
  assert.equal(await aws.client.getFunction(NAMES.function), undefined);
  assert.deepEqual(await aws.client.listObjects(BUCKET), []);
});
