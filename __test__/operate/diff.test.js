'use strict';

// `diff` and `deploy`: what is compared with and without the Litexa CLI, how changes are shown, and the
// exit codes.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const { describe } = require('../../bin/commands/diff');
const { useAws } = require('../support/aws/use-aws');
const { runExecutable } = require('../support/litexa/executable');
const { installFakeCli } = require('../support/litexa/fake-cli');
const { NAMES, createProject } = require('../support/litexa/project');

const aws = useAws();

const OPTIONS = { s3Configuration: { bucketName: 'cats-assets', publicAccess: 'none' } };
const PLACE = 'region us-east-1, account 123456789012';
const SKILL_ID = 'amzn1.ask.skill.11111111-2222-3333-4444-555555555555';
const OTHER_HANDLER = 'exports.handler = async () => 2;\n';

function projectWithCli(t) {
  const project = createProject(t, { options: OPTIONS });
  project.write('litexa/assets/meow.mp3', 'meow');
  const uninstall = installFakeCli(project);
  const run = (command, ...args) =>
    runExecutable([command, '-d', 'beta', ...args], { cwd: project.root, env: aws.env });
  return { ...project, uninstall, run };
}

const readArtifacts = ({ path }) => JSON.parse(fs.readFileSync(path('artifacts.json'), 'utf8'));

test('diff writes nothing on AWS and into the artifacts, and its --json has the changes', async (t) => {
  const project = projectWithCli(t);
  const { code, json, stderr } = await project.run('diff', '--json');
  assert.equal(code, 0, stderr);
  const { region, account, changes } = json();
  assert.equal(`region ${region}, account ${account}`, PLACE);
  assert.ok(changes.length > 0);
  for (const { action, resourceType, resource, description, iamAction, effects } of changes) {
    assert.match(action, /^(create|update|delete)$/);
    assert.match(resourceType, /^AWS::\w+::\w+$/);
    assert.match(iamAction, /^\w+:\w+$/);
    assert.ok(resource && description && Array.isArray(effects));
  }
  assert.deepEqual(aws.writes(), []);
  assert.ok(!fs.existsSync(project.path('artifacts.json')));
});

test('after deploy, diff shows nothing; what differs later is a change', async (t) => {
  const project = projectWithCli(t);
  const deployed = await project.run('deploy');
  assert.equal(deployed.code, 0, deployed.stderr);
  assert.match(deployed.stdout, /^creating the function cats_beta_litexa_handler/m);
  assert.match(deployed.stderr, /the manifest and the model were not sent/);
  const { beta } = readArtifacts(project).variants;
  assert.match(beta.versions[0].lambdaARN, /:release-0$/);
  const { coreVersion, git, deploymentTypes } = beta.versions[0].lastDeployment;
  assert.deepEqual([coreVersion, git.currentCommitHash], ['0.9.0', 'abc']);
  assert.deepEqual(deploymentTypes, { lambda: true, assets: true, model: false, manifest: false });

  const same = await project.run('diff', '--detailed-exitcode');
  assert.deepEqual([same.code, same.stdout], [0, `${PLACE}\nno changes\n`]);

  project.saveArtifact('skillId', SKILL_ID);
  project.write('handler.js', OTHER_HANDLER);
  aws.clearRequests();
  const changed = await project.run('diff', '--detailed-exitcode');
  assert.equal(changed.code, 2, changed.stderr);
  for (const type of ['Function', 'Permission']) {
    assert.match(changed.stdout, new RegExp(`^AWS::Lambda::${type}$`, 'm'));
  }
  assert.match(changed.stdout, /\d to create, \d to update, \d to delete\n$/);
  assert.deepEqual(aws.writes(), []);
  assert.equal((await project.run('diff')).code, 0);
  const dry = await project.run('deploy', '--dry-run', '--json');
  assert.ok(dry.json().changes.some(({ iamAction }) => iamAction === 'lambda:UpdateFunctionCode'));
  const shown = await project.run('deploy', '--dry-run');
  assert.equal(shown.stdout.match(/updating the code of /g).length, 1, shown.stdout);
  assert.equal(shown.stdout, (await project.run('diff')).stdout);
  assert.deepEqual(aws.writes(), []);
});

test('a region of the profile without the function is shown with the one of 0.9.0', async (t) => {
  const project = projectWithCli(t);
  const file = project.write('aws', '[default]\nregion = eu-west-1\n');
  const { AWS_REGION, AWS_DEFAULT_REGION, ...env } = { ...aws.env, AWS_CONFIG_FILE: file };
  const run = (more) =>
    runExecutable(['diff', '-d', 'beta'], { cwd: project.root, env: { ...env, ...more } });
  const { stdout, stderr } = await run();
  assert.match(stdout, /^region eu-west-1, /);
  assert.match(stderr, /does not exist in eu-west-1, .* deployed to us-east-1: .* awsRegion$/m);
  assert.doesNotMatch((await run({ AWS_REGION: 'eu-west-1' })).stderr, /awsRegion/);
  assert.equal((await project.run('deploy')).code, 0);
  assert.doesNotMatch((await run()).stderr, /awsRegion/);
});

test('without the CLI, everything but the code is compared', async (t) => {
  const project = projectWithCli(t);
  assert.equal((await project.run('deploy')).code, 0);
  project.uninstall();
  project.write('handler.js', OTHER_HANDLER);
  project.configure({ beta: { ...OPTIONS, lambdaConfiguration: { MemorySize: 512 } } });
  const { code, json, stderr } = await project.run('diff', '--json');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /the code is not compared: install @litexa\/core$/m);
  const actions = json().changes.map(({ iamAction }) => iamAction);
  assert.ok(actions.includes('lambda:UpdateFunctionConfiguration'), actions.join());
  assert.ok(!actions.includes('lambda:UpdateFunctionCode'));

  aws.clearRequests();
  const deployed = await project.run('deploy');
  assert.equal(deployed.code, 1);
  assert.match(deployed.stderr, /needs the compiler of the Litexa CLI/);
  assert.deepEqual(aws.writes(), []);
});

test('without the CLI, a skill that was never deployed has all its changes', async (t) => {
  const project = projectWithCli(t);
  project.uninstall();
  const { json } = await project.run('diff', '--json');
  const created = json().changes.filter(({ action }) => action === 'create');
  assert.ok(created.some(({ resource }) => resource === NAMES.function));
});

test('without the Litexa CLI, nothing is called unchanged that was not compared', async (t) => {
  const project = projectWithCli(t);
  assert.equal((await project.run('deploy')).code, 0);
  assert.equal((await project.run('diff', '--json')).json().isCodeCompared, true);
  project.uninstall();
  const { stdout, code } = await project.run('diff');
  const same = 'no changes of anything but the code, which was not compared';
  assert.deepEqual([code, stdout], [0, `${PLACE}\n${same}\n`]);
  assert.equal((await project.run('diff', '--json')).json().isCodeCompared, false);
  const strict = await project.run('diff', '--detailed-exitcode', '--json');
  assert.deepEqual([strict.code, strict.json().error.code], [1, 'MISSING_COMPILER']);
});

test('with --detailed-exitcode, a failure and wrong usage end with 1', async (t) => {
  const project = projectWithCli(t);
  assert.equal((await project.run('diff', '--detailed-exitcode', '--typo')).code, 1);
  assert.equal((await project.run('diff', '--typo')).code, 2);
  project.configure({ beta: { s3Configuration: { bucketNme: 'x' } } });
  assert.equal((await project.run('diff', '--detailed-exitcode')).code, 1);
});

test('changes are grouped by type, with their effects', () => {
  const style = Object.fromEntries(
    ['bold', 'red', 'green', 'yellow'].map((name) => [name, (text) => `${name}(${text})`]),
  );
  const change = (action, resourceType, description, effects = []) => ({
    action,
    resourceType,
    description,
    effects,
  });
  const changes = [
    change('create', 'AWS::DynamoDB::Table', 'creating the table t', ['costs 5.69 USD a month']),
    change('update', 'AWS::Lambda::Function', 'updating f'),
    change('delete', 'AWS::DynamoDB::Table', 'deleting u'),
  ];
  assert.equal(
    describe({ changes }, { style }),
    [
      'bold(AWS::DynamoDB::Table)',
      '  green(+) creating the table t',
      '      costs 5.69 USD a month',
      '  red(-) deleting u',
      'bold(AWS::Lambda::Function)',
      '  yellow(~) updating f',
      '',
      '1 to create, 1 to update, 1 to delete',
    ].join('\n'),
  );
  const many = Array.from({ length: 21 }, (_, at) =>
    change('create', 'AWS::S3::Object', `uploading ${at}`),
  );
  assert.equal(
    describe({ changes: many }, { style }),
    'bold(AWS::S3::Object)\n  green(+) 21 objects, such as uploading 0\n\n21 to create, 0 to update, 0 to delete',
  );
});
