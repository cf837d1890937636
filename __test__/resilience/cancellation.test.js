'use strict';

// Ctrl-C: a terminal sends SIGINT to the foreground program and all its child processes. The process ends
// immediately, whatever requests are pending, and the next deployment finishes the interrupted one: the
// account is then in the same state as without an interruption.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { useAws } = require('../support/aws/use-aws');
const { jsonError } = require('../support/aws/errors');
const { cleanEnvironment } = require('../support/environment');
const { request } = require('../support/http');
const { INTERRUPTIBLE, interrupt, isInterrupted } = require('../support/interrupt');
const { buildProject } = require('../support/litexa/project');
const { makeTempDir, removeDir } = require('../support/tmp');

const DEPLOY = path.join(__dirname, '..', 'support', 'litexa', 'deploy-child.js');
const MULTIPART_BYTES = 17 * 1024 * 1024;

/** Operations during which a deployment is canceled. */
const OPERATIONS = [
  'CreateBucket',
  'CreateMultipartUpload',
  'UploadPart',
  'CompleteMultipartUpload',
  'CreateRole',
  'CreateTable',
  'CreateFunction',
  'GetFunctionConfiguration',
  'AddPermission',
];

let baseline;
const aws = useAws({
  keepState: true,
  async setUp() {
    const environment = await createEnvironment();
    try {
      await finish(environment);
      baseline = await environment.account.snapshot();
    } finally {
      await environment.tearDown();
    }
  },
});

/** Creates an account behind a proxy and a project that is deployed to it. */
async function createEnvironment() {
  const account = await aws.openAccount();
  const folder = makeTempDir('cancellation');
  const tmp = path.join(folder, 'tmp');
  fs.mkdirSync(tmp);
  const project = buildProject({
    root: path.join(folder, 'project'),
    options: { s3Configuration: { bucketName: account.bucket } },
    files: {
      'litexa/assets/meow.mp3': 'meow',
      'litexa/assets/film.mp4': Buffer.alloc(MULTIPART_BYTES, 'film'),
    },
  });
  return {
    account,
    project,
    tmp,
    folder,
    env: { ...account.env, TMPDIR: tmp, TEMP: tmp, TMP: tmp },
    async tearDown() {
      await account.stop();
      await account.empty();
      removeDir(folder);
    },
  };
}

async function environmentFor(t) {
  const environment = await createEnvironment();
  t.after(environment.tearDown);
  return environment;
}

/** Starts a deployment in a process group of its own, as a shell does in a terminal. */
function start({ project, env }, { preload, script = DEPLOY, args = jobOf(project) } = {}) {
  const flags = preload ? ['--require', preload] : [];
  const child = spawn(process.execPath, [...INTERRUPTIBLE.flags, ...flags, script, ...args], {
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe', ...INTERRUPTIBLE.stdio],
    env: { ...cleanEnvironment(), ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, output }));
  });
  return { ended, pressCtrlC: () => interrupt(child, { group: true }) };
}

const jobOf = ({ root }) => [JSON.stringify({ projectRoot: root })];

/** Deploys without an interruption. */
async function finish(environment) {
  const { code, output } = await start(environment).ended;
  assert.equal(code, 0, output);
}

/**
 * Presses Ctrl-C during the first request of an operation, which AWS has performed or not, and whose
 * response never comes.
 */
async function cancelDuring(environment, operation, { isPerformed }) {
  const deployment = start(environment);
  const seen = new Promise((resolve) => {
    environment.account.intercept(async (received) => {
      if (received.operation !== operation) return undefined;
      if (isPerformed) await forward(received);
      resolve();
      return new Promise(() => {});
    });
  });
  const early = deployment.ended.then(({ output }) =>
    assert.fail(`${operation} was not requested: ${output}`),
  );
  await Promise.race([seen, early]);
  deployment.pressCtrlC();
  return deployment.ended;
}

async function forward({ method, path: url, headers, body }) {
  const { status } = await request(method, aws.emulator.endpoint + url, { headers, body });
  assert.ok(status < 500, `the emulator answered ${status}`);
}

/** Checks that the next deployment succeeds and leaves the same state as without an interruption. */
async function assertFinishedByNext(environment) {
  environment.account.removeInterceptors();
  await finish(environment);
  assert.deepEqual(await environment.account.snapshot(), baseline);
  assert.deepEqual(temporaryFilesIn(environment), []);
}

/** Returns the files that exist during a deployment only. */
function temporaryFilesIn({ project, tmp }) {
  const deployed = project.path('.deploy', 'beta');
  const names = fs.existsSync(deployed) ? fs.readdirSync(deployed, { recursive: true }) : [];
  const temporary = names.filter((name) => /\.tmp$|\.in-progress$/.test(name));
  return [...temporary, ...fs.readdirSync(tmp)];
}

describe('Ctrl-C during a request', { concurrency: 4 }, () => {
  for (const operation of OPERATIONS) {
    for (const isPerformed of [false, true]) {
      const state = isPerformed ? 'performed' : 'not performed';
      test(`${operation}, ${state} by AWS: the process ends, and the next deployment finishes it`, async (t) => {
        const environment = await environmentFor(t);
        const ended = await cancelDuring(environment, operation, { isPerformed });
        assert.ok(isInterrupted(ended), ended.output);
        assert.match(ended.output, /interrupted: deploy again to finish/);
        await assertFinishedByNext(environment);
      });
    }
  }
});

test('Ctrl-C while the package is written: the next deployment removes the incomplete file', async (t) => {
  const environment = await environmentFor(t);
  for (let number = 0; number < 40; number++) {
    environment.project.installPackage(`tool/${number}.bin`, crypto.randomBytes(1_000_000));
  }
  const isPackage = (name) => /^\.lambda\.zip\..*\.tmp$/.test(name);
  const deployment = start(environment);
  while (!temporaryFilesIn(environment).some(isPackage)) await sleep(1);
  deployment.pressCtrlC();
  assert.ok(isInterrupted(await deployment.ended));
  assert.equal(temporaryFilesIn(environment).filter(isPackage).length, 1);
  await finish(environment);
  assert.deepEqual(temporaryFilesIn(environment), []);
});

test('a handler for SIGINT may end the process during a deployment', async (t) => {
  const environment = await environmentFor(t);
  const preload = path.join(environment.folder, 'on-ctrl-c.js');
  fs.writeFileSync(preload, "process.once('SIGINT', () => process.exit(130));\n");
  const deployment = start(environment, { preload });
  await new Promise((resolve) => {
    environment.account.intercept(() => {
      resolve();
      return new Promise(() => {});
    });
  });
  deployment.pressCtrlC();
  assert.equal((await deployment.ended).code, 130);
  await assertFinishedByNext(environment);
});

test('a failed log pull does not keep the process alive, although a request is pending', async (t) => {
  const environment = await environmentFor(t);
  await finish(environment);
  const logStreams = ['pending', 'denied'].map((logStreamName) => ({
    logStreamName,
    creationTime: Date.now(),
    lastEventTimestamp: Date.now(),
  }));
  const { answer } = environment.account;
  answer('DescribeLogStreams', { status: 200, body: JSON.stringify({ logStreams }) });
  answer('FilterLogEvents', jsonError(400, 'AccessDeniedException'));
  answer('GetLogEvents', ({ body }) =>
    JSON.parse(body).logStreamName === 'pending'
      ? new Promise(() => {})
      : jsonError(400, 'AccessDeniedException'),
  );
  const script = path.join(__dirname, '..', 'support', 'litexa', 'dump-child.js');
  const { code, output } = await start(environment, { script, args: [environment.project.root] })
    .ended;
  assert.equal(code, 1);
  assert.match(output, /^logs failed: ACCESS_DENIED/m);
});
