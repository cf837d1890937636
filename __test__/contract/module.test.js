'use strict';

// The module as the CLI loads it: its shape, what it costs to load, and how it behaves at the
// border between JavaScript and the native side.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { Worker } = require('node:worker_threads');
const litexa = require('../..');
const { startEmulator, useEnvironment } = require('../support/aws/emulator');
const { deployContext, logsContext } = require('../support/litexa/context');
const { temporaryProject } = require('../support/litexa/project');

const MODULE = path.join(__dirname, '..', '..');

let emulator;
let restoreEnvironment;

before(async () => {
  emulator = await startEmulator();
  restoreEnvironment = useEnvironment(emulator.env);
});

after(async () => {
  restoreEnvironment?.();
  await emulator?.stop();
});

/** Runs a script in a Node of its own and returns what it printed. */
function inNode(script, options = {}) {
  return execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', ...options }).trim();
}

test('the exports are what the CLI calls, and can be extended', () => {
  assert.deepEqual(Object.keys(litexa).sort(), ['assets', 'deploy', 'lambda', 'logs', 'model']);
  for (const call of [litexa.assets.deploy, litexa.lambda.deploy, litexa.model.deploy]) {
    assert.equal(typeof call, 'function');
  }
  assert.equal(litexa.logs.pull, litexa.logs);
  litexa.manifest = { deploy() {} };
  assert.equal(typeof litexa.manifest.deploy, 'function');
  delete litexa.manifest;
});

test('the package has no dependencies at run time', () => {
  const { dependencies } = require('../../package.json');
  assert.deepEqual(dependencies ?? {}, {});
});

test('loading it starts no thread', { skip: process.platform !== 'linux' && 'asks /proc' }, () => {
  const threads = `require('fs').readdirSync('/proc/self/task').length`;
  const loaded = inNode(
    `const before = ${threads}; require(${JSON.stringify(MODULE)}); console.log(${threads} - before)`,
  );
  assert.equal(loaded, '0');
});

test('the interaction model travels with the manifest: nothing to do', async () => {
  assert.equal(await litexa.model.deploy({}, console), undefined);
});

test('every call is a promise, whatever it is called with', async () => {
  for (const context of [undefined, null, {}, 7, { projectInfo: null }, { projectInfo: {} }]) {
    for (const call of [litexa.assets.deploy, litexa.lambda.deploy, litexa.deploy, litexa.logs]) {
      await assert.rejects(call(context, console), { code: 'INVALID_CONTEXT' });
    }
  }
});

test('fields of a wrong kind are an error that says so', async (t) => {
  const projectRoot = await temporaryProject(t);
  for (const [field, value] of [
    ['deployRoot', 7],
    ['deploymentOptions', 'development'],
    ['projectInfo', { name: 7, variant: 'development', root: projectRoot, languages: {} }],
  ]) {
    const context = Object.assign(deployContext({ projectRoot }), { [field]: value });
    await assert.rejects(litexa.deploy(context), { code: 'INVALID_CONTEXT' }, field);
  }
});

test('options that are no plain data are refused', async (t) => {
  const projectRoot = await temporaryProject(t);
  const circle = {};
  circle.circle = circle;
  const throwing = Object.defineProperty({}, 'awsRegion', {
    enumerable: true,
    get: () => assert.fail('no'),
  });
  for (const deploymentOptions of [{ s3Configuration: circle }, throwing, { awsProfile: 1n }]) {
    const context = Object.assign(deployContext({ projectRoot }), { deploymentOptions });
    await assert.rejects(litexa.deploy(context), { code: 'INVALID_OPTION' });
  }
});

test('what a logger throws is the rejection, and the work is done all the same', async (t) => {
  const projectRoot = await temporaryProject(t);
  const context = deployContext({ projectRoot });
  const thrown = new Error('the terminal is gone');
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

test('all lines have arrived when the promise settles, in their order', async (t) => {
  const projectRoot = await temporaryProject(t);
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

test('assets and handler may be deployed side by side, as the CLI does it', async (t) => {
  const projectRoot = await temporaryProject(t);
  const context = deployContext({ projectRoot });
  await Promise.all([
    litexa.lambda.deploy(context, context.logger),
    litexa.assets.deploy(context, context.logger),
  ]);
  assert.equal(context.lambdaName, 'teahouse_development_litexa_handler');
  assert.ok(context.assetDeploymentStart instanceof Date);
  assert.equal(context.lambdaARN, context.artifacts.get('lambdaARN'));
});

test('without a logger the console is used', async (t) => {
  const projectRoot = await temporaryProject(t);
  const lines = [];
  t.mock.method(console, 'log', (line) => lines.push(line));
  t.mock.method(console, 'warn', () => {});
  const { logger, ...context } = deployContext({ projectRoot });
  await litexa.deploy(context);
  t.mock.restoreAll();
  assert.ok(lines.some((line) => /\blambda\b/.test(line)));
});

test('it works in a worker thread', async (t) => {
  const projectRoot = await temporaryProject(t);
  const source = `
    const { workerData, parentPort } = require('node:worker_threads');
    const { deployContext } = require(workerData.support);
    const context = deployContext({ projectRoot: workerData.projectRoot });
    require(workerData.module).deploy(context, context.logger).then(
      () => parentPort.postMessage(context.lambdaARN),
      (error) => parentPort.postMessage(String(error)),
    );`;
  const support = path.join(__dirname, '..', 'support', 'litexa', 'context.js');
  const worker = new Worker(source, {
    eval: true,
    workerData: { support, module: MODULE, projectRoot },
  });
  const answer = await new Promise((resolve, reject) => {
    worker.on('message', resolve);
    worker.on('error', reject);
  });
  assert.match(answer, /:release-0$/);
  await worker.terminate();
});

test('process.exit in the middle of a deployment ends the process at once', async (t) => {
  const projectRoot = await temporaryProject(t);
  const support = path.join(__dirname, '..', 'support', 'litexa', 'context.js');
  const script = `
    const { deployContext } = require(${JSON.stringify(support)});
    const context = deployContext({ projectRoot: ${JSON.stringify(projectRoot)} });
    context.logger.log = () => setTimeout(() => { console.log('bye'); process.exit(0); }, 20);
    require(${JSON.stringify(MODULE)}).deploy(context, context.logger);`;
  assert.match(inNode(script), /^bye/);
});

test('the process ends by itself when the work is done', async (t) => {
  const projectRoot = await temporaryProject(t);
  const support = path.join(__dirname, '..', 'support', 'litexa', 'context.js');
  const script = `
    const { logsContext } = require(${JSON.stringify(support)});
    const context = logsContext({ projectRoot: ${JSON.stringify(projectRoot)} });
    require(${JSON.stringify(MODULE)}).logs(context, context.logger).then(() => console.log('done'));`;
  assert.equal(inNode(script), 'done');
  assert.ok(logsContext({ projectRoot }));
});
