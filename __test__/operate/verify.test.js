'use strict';

// `deploy --verify`: a deployment whose skill does not answer is rolled back.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { useAws } = require('../support/aws/use-aws');
const { runExecutable } = require('../support/litexa/executable');
const { installFakeCli } = require('../support/litexa/fake-cli');
const { NAMES, createProject } = require('../support/litexa/project');

const aws = useAws();

const handler = (body) => `exports.handler = (e, c, callback) => callback(null, ${body});\n`;
const GOOD = handler("{ version: '1.0', response: {} }");
const BETTER = handler("{ version: '1.0', response: { shouldEndSession: true } }");
const BAD = 'exports.handler = (e, c, callback) => callback(new Error("no tea left"));\n';

function createSkill(t) {
  const options = { s3Configuration: { bucketName: 'cats-assets', publicAccess: 'none' } };
  const project = createProject(t, { options });
  installFakeCli(project);
  const deploy = async (content, ...args) => {
    project.write('handler.js', content);
    const command = ['deploy', '--verify', '-d', 'beta', ...args];
    return runExecutable(command, { cwd: project.root, env: aws.env });
  };
  return { ...project, deploy };
}

const aliasVersion = async () =>
  (await aws.client.getAlias(NAMES.function, NAMES.alias)).FunctionVersion;

test('a skill that answers stays deployed, and one that does not goes back to the version before', async (t) => {
  const { deploy } = createSkill(t);
  const good = await deploy(GOOD);
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /^verified: \S+:release-0 answers a launch$/m);
  assert.equal(await aliasVersion(), '$LATEST');

  const bad = await deploy(BAD);
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /^not verified: \S+:release-0 does not answer a launch: .*no tea left/m);
  assert.match(bad.stdout, /points to version 1 again/);
  assert.equal(await aliasVersion(), '1');

  const better = await deploy(BETTER, '--json');
  assert.equal(better.code, 0, better.stderr);
  assert.equal(better.json().invocation.problem, undefined);
  assert.equal(await aliasVersion(), '$LATEST');

  const { code, json } = await deploy(BAD, '--json');
  assert.equal(code, 1);
  assert.match(json().invocation.problem.message, /no tea left/);
  assert.equal(json().rollback.to, 'version 3');
  assert.equal(await aliasVersion(), '3');
});

test('without an earlier version, nothing is rolled back, which is reported', async (t) => {
  const { code, stdout } = await createSkill(t).deploy(BAD);
  assert.equal(code, 1);
  assert.match(stdout, /was not rolled back, because no version was published before/);
  assert.equal(await aliasVersion(), '$LATEST');
});

test('a dry run is not verified, and a deployment that fails is not either', async (t) => {
  const { deploy } = createSkill(t);
  const dry = await deploy(GOOD, '--dry-run');
  assert.equal(dry.code, 2);
  assert.match(dry.stderr, /--dry-run and --verify are mutually exclusive/);
  aws.answer('CreateFunction', { status: 403, body: '{"message":"no"}' });
  assert.equal((await deploy(GOOD)).code, 1);
  assert.equal(aws.count('Invoke'), 0);
});
