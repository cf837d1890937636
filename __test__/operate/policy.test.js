'use strict';

// The policy that `policy` prints: its names, its purposes, and that it is sufficient.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { restrictedProject } = require('../support/aws/iam');
const { useAws } = require('../support/aws/use-aws');
const { runExecutable } = require('../support/litexa/executable');
const { NAMES, createProject } = require('../support/litexa/project');
const { tempDir } = require('../support/tmp');

const aws = useAws({ auth: true, keepState: true });

// No server listens there, and no credentials are found.
const offline = (t) => ({
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  AWS_EC2_METADATA_DISABLED: 'true',
  HOME: tempDir(t),
  USERPROFILE: tempDir(t),
});

const BUCKET = { s3Configuration: { bucketName: 'cats-assets' } };

async function printed(project, env, ...args) {
  const { code, stdout, stderr } = await runExecutable(['policy', '-d', 'beta', ...args], {
    cwd: project.root,
    env,
  });
  assert.equal(code, 0, stderr);
  return { policy: JSON.parse(stdout), stdout, stderr };
}

test('without credentials and network, only the account is not known', async (t) => {
  const project = createProject(t, { options: { ...BUCKET, awsRegion: 'cn-north-1' } });
  const { policy, stdout, stderr } = await printed(project, offline(t));
  assert.equal(policy.Version, '2012-10-17');
  assert.match(
    stdout,
    /"arn:aws-cn:lambda:cn-north-1:myAccountId:function:cats_beta_litexa_handler"/,
  );
  assert.match(stderr, /^region: cn-north-1 \(awsRegion\)$/m);
  assert.match(stderr, /replace myAccountId$/m);
  const [first] = policy.Statement;
  assert.deepEqual(Object.keys(first), ['Sid', 'Effect', 'Action', 'Resource']);
});

test('a profile that this machine does not have does not matter', async (t) => {
  const project = createProject(t, { options: { ...BUCKET, awsProfile: 'elsewhere' } });
  const { stderr } = await printed(project, offline(t), '--json');
  assert.match(stderr, /^region: us-east-1 \(default\)$/m);
});

test('the region is that of the profile, also if half a key is in the environment', async (t) => {
  const project = createProject(t, { options: BUCKET });
  const AWS_CONFIG_FILE = path.join(tempDir(t), 'config');
  fs.writeFileSync(AWS_CONFIG_FILE, '[default]\nregion = eu-west-1\n');
  const env = { ...offline(t), AWS_CONFIG_FILE, AWS_ACCESS_KEY_ID: 'AKIACATS' };
  const { stderr } = await printed(project, env, '--json');
  assert.match(stderr, /^region: eu-west-1 \(profile\)$/m);
});

test('the account and the region are those of the last deployment', async (t) => {
  const project = createProject(t, { options: BUCKET });
  project.saveArtifact(
    'lambdaARN',
    'arn:aws:lambda:eu-west-1:210987654321:function:cats_beta_litexa_handler:release-0',
  );
  const { stdout, stderr } = await printed(project, offline(t), '--for', 'all');
  assert.match(
    stdout,
    /arn:aws:dynamodb:eu-west-1:210987654321:table\/cats_beta_litexa_handler_state/,
  );
  assert.doesNotMatch(stdout, /myAccountId/);
  assert.match(stderr, /^account: 210987654321$/m);
});

test('with credentials, the account is theirs', async (t) => {
  const project = createProject(t, { options: BUCKET });
  const { stderr } = await printed(project, aws.env, '--for', 'logs');
  assert.match(stderr, /^account: 123456789012$/m);
});

test('options that need more are noted', async (t) => {
  const options = {
    ...BUCKET,
    iamConfiguration: { role: 'dedicated' },
    lambdaConfiguration: { Layers: ['arn:aws:lambda:us-east-1:123456789012:layer:l:1'] },
  };
  const project = createProject(t, { options });
  const { stderr } = await printed(project, offline(t));
  assert.match(stderr, /set iamConfiguration\.permissionsBoundary$/m);
  assert.match(stderr, /lambdaConfiguration\.Layers needs more/);
});

test('options that a deployment refuses are refused, but not for purposes that do not need them', async (t) => {
  const run = (options, ...args) =>
    runExecutable(['policy', '-d', 'beta', ...args], {
      cwd: createProject(t, { options }).root,
      env: offline(t),
    });
  // The region is one of the partition aws.
  const Role = 'arn:aws-cn:iam::123456789012:role/cats';
  for (const [options, message] of [
    [{ s3Configuration: { bucketName: 'Cats_Assets' } }, /'Cats_Assets' is not a valid S3 bucket/],
    [{ ...BUCKET, lambdaConfiguration: { Timeout: 0 } }, /lambdaConfiguration\.Timeout/],
    [{ ...BUCKET, lambdaConfiguration: { Role } }, /lambdaConfiguration\.Role/],
  ]) {
    const { code, stdout, stderr } = await run(options);
    assert.deepEqual([code, stdout], [1, ''], stderr);
    assert.match(stderr, message);
  }
  const bucket = { s3Configuration: { bucketName: 'Cats_Assets' } };
  for (const purpose of ['logs', 'operate']) {
    assert.equal((await run(bucket, '--for', purpose)).code, 0, purpose);
  }
});

test('an option that is not known is reported', async (t) => {
  const project = createProject(t, { options: { ...BUCKET, iamConfigurations: {} } });
  const { stderr } = await printed(project, offline(t));
  assert.match(stderr, /^warning: .*iamConfigurations.* Did you mean iamConfiguration\?/m);
});

test('an unknown purpose is wrong usage', async (t) => {
  const project = createProject(t);
  const args = ['policy', '-d', 'beta', '--for', 'deplo'];
  const { code, stdout, stderr } = await runExecutable(args, { cwd: project.root });
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /--for must be one of deploy, logs, operate, all, .*Did you mean deploy\?/);
});

test('the printed policies are sufficient for a deployment and for logs', async (t) => {
  const optionsOf = (bucketName) => ({
    s3Configuration: { bucketName, deleteRemovedAssets: true },
  });
  const source = createProject(t, { options: optionsOf('my-bucket-name') });
  const statements = [];
  for (const purpose of ['deploy', 'logs']) {
    const { stdout } = await printed(source, offline(t), '--for', purpose);
    // The project has a bucket of its own.
    const policy = JSON.parse(stdout.replaceAll('my-bucket-name', 'myBucketName'));
    statements.push(...policy.Statement.map((one) => ({ ...one, Sid: `${purpose}${one.Sid}` })));
  }
  const project = await restrictedProject(t, aws, statements);
  const options = optionsOf(project.bucket);
  await project.client.createBucket(project.bucket);
  project.write('litexa/assets/old.mp3', 'old');
  await project.deploy(options);
  project.write('litexa/assets/old.mp3', null);
  await project.deploy({ ...options, lambdaConfiguration: { MemorySize: 512 } });
  const { Configuration } = await project.client.getFunction(NAMES.function);
  assert.equal(Configuration.MemorySize, 512);
  assert.deepEqual(await project.client.listObjects(project.bucket, 'cats/'), [
    'cats/beta/default/meow.mp3',
  ]);
  await project.pull();
  assert.deepEqual(project.denials(), []);
});
