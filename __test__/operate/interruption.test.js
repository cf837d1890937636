'use strict';

// Ctrl-C during a command that changes something: the warning names the command that finishes it.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { useAws } = require('../support/aws/use-aws');
const { runExecutable } = require('../support/litexa/executable');
const { createProject, NAMES } = require('../support/litexa/project');

const aws = useAws();

const onUnix = { skip: process.platform === 'win32' && 'Windows has no signals' };

const run = (project, args, started) =>
  runExecutable([...args, '-d', 'beta'], { cwd: project.root, env: aws.env, started });

/** Runs a command, and presses Ctrl-C when it sends a request of this operation, which AWS does not get. */
async function interruptAt(operation, project, args) {
  const result = await run(project, args, (child) => {
    const stop = aws.intercept((request) => {
      if (request.operation !== operation) return;
      stop();
      child.kill('SIGINT');
    });
  });
  assert.equal(result.code, 'SIGINT');
  assert.doesNotMatch(result.stderr + result.stdout, /deploy again/);
  const [, advised] = result.stderr.match(/run `litexa-deploy-aws (.*) -d beta` to finish$/m);
  return advised.split(' ');
}

for (const args of [['remove'], ['remove', '--table']]) {
  test(`a second removal finishes the interrupted one: ${args.join(' ')}`, onUnix, async (t) => {
    const options = { iamConfiguration: { role: 'dedicated' } };
    const project = createProject(t, { options });
    await project.deployHandler(options);
    const advised = await interruptAt('DeleteFunction', project, [...args, '--yes']);
    assert.deepEqual(advised, args);
    assert.equal((await run(project, [...advised, '--yes'])).code, 0);
    assert.equal(await aws.client.getFunction(NAMES.function), undefined);
    assert.equal(await aws.client.getRole(NAMES.function), undefined);
  });
}

test(
  'an interrupted roll-back is finished by its number, and its end by --undo',
  onUnix,
  async (t) => {
    const handler = (answer) => `exports.handler = async () => ${answer};\n`;
    const project = createProject(t);
    for (const answer of [1, 2, 3]) await project.deployHandler({}, { handler: handler(answer) });
    const version = async () =>
      (await aws.client.getAlias(NAMES.function, NAMES.alias)).FunctionVersion;

    const advised = await interruptAt('UpdateAlias', project, ['rollback', '--yes']);
    assert.deepEqual(advised, ['rollback', '2']);
    assert.equal((await run(project, [...advised, '--yes'])).code, 0);
    assert.equal(await version(), '2');

    const undo = await interruptAt('UpdateAlias', project, ['rollback', '--undo', '--yes']);
    assert.deepEqual(undo, ['rollback', '--undo']);
    assert.equal((await run(project, [...undo, '--yes'])).code, 0);
    assert.equal(await version(), '$LATEST');
  },
);
