'use strict';

// The module as the CLI loads it: its exports, the cost of loading it, and the Node-API layer: promises,
// callbacks, errors, threads and the end of the process.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');
const { Worker } = require('node:worker_threads');
const litexa = require('../..');
const { setVariables } = require('../support/environment');
const { outcomeOf } = require('../support/exit-code');
const { useAws } = require('../support/aws/use-aws');
const { deployContext } = require('../support/litexa/context');
const { useSampleProject } = require('../support/litexa/sample-project');

const MODULE = path.join(__dirname, '..', '..');

const CONTEXT = path.join(__dirname, '..', 'support', 'litexa', 'context.js');

useAws({ keepState: true });

/** Runs a script in a Node.js process and resolves with its output. */
async function inNode(script) {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  return stdout.trim();
}

test('the exports are those that the CLI calls, and can be extended', () => {
  const names = ['assets', 'deploy', 'lambda', 'logs', 'manifest', 'model', 'operate'];
  assert.deepEqual(Object.keys(litexa).sort(), names);
  const { assets, lambda, logs, model } = litexa;
  for (const call of [assets.deploy, lambda.deploy, model.deploy, logs, logs.pull]) {
    assert.equal(typeof call, 'function');
  }
  assert.equal(litexa.manifest, undefined);
});

test('the manifest that the CLI sets is sent, but not by a dry run', async (t) => {
  t.after(() => (litexa.manifest = undefined));
  const sent = [];
  litexa.manifest = {
    async deploy(...args) {
      sent.push({ deployer: this, args });
      return 'sent';
    },
  };
  const lines = [];
  const logger = { log: (line) => lines.push(line) };
  const send = (value) => {
    setVariables(t, { LITEXA_DEPLOY_DRY_RUN: value });
    return outcomeOf(() => litexa.manifest.deploy('the context', logger));
  };
  for (const value of ['', '0', ' 0 ']) {
    assert.deepEqual(await send(value), { value: 'sent', exitCode: 0 });
    assert.deepEqual(sent.pop().args, ['the context', logger]);
  }
  assert.deepEqual(await send('1'), { value: undefined, exitCode: 0 });
  assert.deepEqual(lines, ['dry run: the manifest is not sent']);
  for (const value of ['yes', 'true', '2', '01']) {
    const { error, exitCode } = await send(value);
    assert.match(error.message, /LITEXA_DEPLOY_DRY_RUN must be 1 or 0, but is '/);
    assert.deepEqual([error.code, exitCode], ['INVALID_OPTION', 1]);
  }
  setVariables(t, { LITEXA_DEPLOY_DRY_RUN: '', LITEXA_DEPLOY_DRYRUN: '1' });
  const { error } = await outcomeOf(() => litexa.manifest.deploy('the context', logger));
  assert.match(error.message, /Did you mean LITEXA_DEPLOY_DRY_RUN\?$/);
  assert.deepEqual(sent, []);
});

test('a manifest that the CLI cannot send ends the process with 1', async (t) => {
  t.after(() => (litexa.manifest = undefined));
  const failures = {
    'a rejection, as of SMAPI': () => Promise.reject('failed manifest deployment'),
    'an error': () => Promise.reject(new Error('no ASK profile')),
    'an exception': () => {
      throw new Error('no skill.json');
    },
  };
  for (const [what, deploy] of Object.entries(failures)) {
    litexa.manifest = { deploy };
    const { error, exitCode } = await outcomeOf(() => litexa.manifest.deploy({}, console));
    assert.deepEqual([typeof error === 'undefined', exitCode], [false, 1], what);
  }
  litexa.manifest = { deploy: async () => undefined };
  const sent = await outcomeOf(() => litexa.manifest.deploy({}, console));
  assert.deepEqual(sent, { value: undefined, exitCode: 0 });
});

test('the package has no dependencies at run time', () => {
  const { dependencies } = require('../../package.json');
  assert.deepEqual(dependencies ?? {}, {});
});

test('loading it does not start a thread', { skip: process.platform !== 'linux' }, async () => {
  const threads = `require('fs').readdirSync('/proc/self/task').length`;
  const loaded = await inNode(
    `const before = ${threads}; require(${JSON.stringify(MODULE)}); console.log(${threads} - before)`,
  );
  assert.equal(loaded, '0');
});

test('deploying the model does nothing, since the manifest contains it', async () => {
  assert.equal(await litexa.model.deploy({}, console), undefined);
});

test('every function returns a promise, whatever its arguments', async () => {
  for (const context of [undefined, null, {}, 7, { projectInfo: null }, { projectInfo: {} }]) {
    for (const call of [litexa.assets.deploy, litexa.lambda.deploy, litexa.deploy, litexa.logs]) {
      const { error } = await outcomeOf(() => call(context, console));
      assert.equal(error.code, 'INVALID_CONTEXT');
    }
  }
});

test('fields of a wrong type are an error', async (t) => {
  const projectRoot = await useSampleProject(t);
  for (const [field, value] of [
    ['deployRoot', 7],
    ['deploymentOptions', 'development'],
    ['projectInfo', { name: 7, variant: 'development', root: projectRoot, languages: {} }],
  ]) {
    const context = Object.assign(deployContext({ projectRoot }), { [field]: value });
    await assert.rejects(litexa.deploy(context), { code: 'INVALID_CONTEXT' }, field);
  }
});

test('options that are not plain data are an error', async (t) => {
  const projectRoot = await useSampleProject(t);
  const cycle = {};
  cycle.cycle = cycle;
  const throwing = Object.defineProperty({}, 'awsRegion', {
    enumerable: true,
    get: () => assert.fail('no'),
  });
  for (const deploymentOptions of [{ s3Configuration: cycle }, throwing, { awsProfile: 1n }]) {
    const context = Object.assign(deployContext({ projectRoot }), { deploymentOptions });
    await assert.rejects(litexa.deploy(context), { code: 'INVALID_OPTION' });
  }
});

test('an error that the logger throws is the rejection, and the deployment is finished', async (t) => {
  const projectRoot = await useSampleProject(t);
  const context = deployContext({ projectRoot });
  const thrown = new Error('the output is closed');
  const logger = {
    log() {
      throw thrown;
    },
    verbose() {},
    warning() {},
    error() {},
  };
  await assert.rejects(litexa.deploy(context, logger), (error) => error === thrown);
  assert.match(context.artifacts.get('lambdaARN'), /:release-0$/);
});

test('all lines are logged in order before the promise settles', async (t) => {
  const projectRoot = await useSampleProject(t);
  for (let run = 0; run < 20; run += 1) {
    const context = deployContext({ projectRoot });
    await litexa.deploy(context, context.logger);
    const lines = context.logger.lines();
    const settled = lines.length;
    assert.match(lines[0], /credentials/);
    assert.ok(lines.some((line) => /\bassets\b/.test(line)));
    assert.ok(lines.some((line) => /\blambda\b/.test(line)));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(context.logger.lines().length, settled);
  }
});

test('assets and handler can be deployed concurrently, as the CLI does', async (t) => {
  const projectRoot = await useSampleProject(t);
  const context = deployContext({ projectRoot });
  await Promise.all([
    litexa.lambda.deploy(context, context.logger),
    litexa.assets.deploy(context, context.logger),
  ]);
  assert.equal(context.lambdaName, 'teahouse_development_litexa_handler');
  assert.ok(context.assetDeploymentStart instanceof Date);
  assert.equal(context.lambdaARN, context.artifacts.get('lambdaARN'));
});

test('a skill without Litexa code is a warning, once for each deployment', async (t) => {
  const projectRoot = await useSampleProject(t);
  const warnings = async (files) => {
    const context = deployContext({ projectRoot });
    context.projectInfo.languages.default.code = { root: '/cats/litexa', files };
    const { logger } = context;
    await Promise.all([
      litexa.lambda.deploy(context, logger),
      litexa.assets.deploy(context, logger),
    ]);
    await litexa.deploy(context, logger);
    return logger.lines('warning').filter((line) => line.includes('ends with .litexa'));
  };
  const warning = 'no file in /cats/litexa ends with .litexa: the skill answers nothing';
  assert.deepEqual(await warnings([]), [warning, warning]);
  assert.deepEqual(await warnings(['main.js', 'package.json']), [warning, warning]);
  assert.deepEqual(await warnings(['main.litexa']), []);
  assert.deepEqual(await warnings(undefined), []);
  // A logger that fails, and a context that cannot be read.
  const context = deployContext({ projectRoot });
  context.projectInfo.languages.default.code = { root: '/cats/litexa', files: [] };
  const thrown = new Error('the output is closed');
  const logger = { ...context.logger, log() {}, verbose() {}, error() {} };
  logger.warning = async () => {
    throw thrown;
  };
  await assert.rejects(litexa.deploy(context, logger), (error) => error === thrown);
  assert.match(context.artifacts.get('lambdaARN'), /:release-0$/);
  Object.defineProperty(context.projectInfo.languages.default, 'code', {
    get() {
      throw thrown;
    },
  });
  await litexa.deploy(context, context.logger);
});

test('without a logger, the console is used', async (t) => {
  const projectRoot = await useSampleProject(t);
  const lines = [];
  t.mock.method(console, 'log', (line) => lines.push(line));
  t.mock.method(console, 'warn', () => {});
  const { logger, ...context } = deployContext({ projectRoot });
  await litexa.deploy(context);
  t.mock.restoreAll();
  assert.ok(lines.some((line) => /\blambda\b/.test(line)));
});

test('it works in a worker thread', async (t) => {
  const projectRoot = await useSampleProject(t);
  const source = `
    const { workerData, parentPort } = require('node:worker_threads');
    const { deployContext } = require(workerData.support);
    const context = deployContext({ projectRoot: workerData.projectRoot });
    require(workerData.module).deploy(context, context.logger).then(
      () => parentPort.postMessage(context.lambdaARN),
      (error) => parentPort.postMessage(String(error)),
    );`;
  const worker = new Worker(source, {
    eval: true,
    workerData: { support: CONTEXT, module: MODULE, projectRoot },
  });
  const answer = await new Promise((resolve, reject) => {
    worker.on('message', resolve);
    worker.on('error', reject);
  });
  assert.match(answer, /:release-0$/);
  await worker.terminate();
});

test('process.exit during a deployment ends the process immediately', async (t) => {
  const projectRoot = await useSampleProject(t);
  const script = `
    const { deployContext } = require(${JSON.stringify(CONTEXT)});
    const context = deployContext({ projectRoot: ${JSON.stringify(projectRoot)} });
    context.logger.log = () => setTimeout(() => { console.log('bye'); process.exit(0); }, 20);
    require(${JSON.stringify(MODULE)}).deploy(context, context.logger);`;
  assert.match(await inNode(script), /^bye/);
});

test('the process ends when a log pull is finished', async (t) => {
  const projectRoot = await useSampleProject(t);
  const script = `
    const { logsContext } = require(${JSON.stringify(CONTEXT)});
    const context = logsContext({ projectRoot: ${JSON.stringify(projectRoot)} });
    require(${JSON.stringify(MODULE)}).logs(context, context.logger).then(() => console.log('done'));`;
  assert.equal(await inNode(script), 'done');
});
