'use strict';

// Ctrl-C: a terminal sends SIGINT to the program in front and all that it has started. The process
// ends there and then, whatever AWS still owes an answer to, and the next deployment finishes what this
// one began: the account is then what it would be without any of it.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { openAccount } = require('../support/aws/account');
const { startEmulator } = require('../support/aws/emulator');
const { request } = require('../support/http');
const { startProxy } = require('../support/aws/proxy');

const SCRIPT = path.join(__dirname, '..', 'support', 'litexa', 'deploy-child.js');
const HANDLER = 'exports.handler = async () => ({});\n';
const MULTIPART_BYTES = 17 * 1024 * 1024;

/** Calls in the middle of which a deployment is cancelled. */
const MOMENTS = [
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

let emulator;
let undisturbed;
let accounts = 100_000_000_000;

before(async () => {
  emulator = await startEmulator();
  const stage = await makeStage();
  try {
    await finish(stage);
    undisturbed = await stage.account.snapshot();
  } finally {
    await stage.end();
  }
});
after(() => emulator?.stop());

/** An account, a project to deploy to it, and a proxy between them. */
async function makeStage() {
  const account = openAccount(emulator, String(++accounts));
  const proxy = await startProxy(emulator.endpoint);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-cancel-'));
  const [root, tmp] = ['project', 'tmp'].map((name) => path.join(folder, name));
  for (const made of [tmp, path.join(root, 'litexa', 'assets')]) {
    fs.mkdirSync(made, { recursive: true });
  }
  const target = { s3Configuration: { bucketName: account.bucket } };
  const write = (name, content) => fs.writeFileSync(path.join(root, name), content);
  write('litexa.config.json', JSON.stringify({ name: 'cats', deployments: { beta: target } }));
  write('handler.js', HANDLER);
  write('litexa/assets/meow.mp3', 'meow');
  write('litexa/assets/film.mp4', Buffer.alloc(MULTIPART_BYTES, 'film'));
  const env = { ...account.env, AWS_ENDPOINT_URL: proxy.endpoint, TMPDIR: tmp };
  return {
    account,
    proxy,
    root,
    tmp,
    folder,
    env,
    async end() {
      await proxy.stop();
      await account.empty();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function staged(t) {
  const stage = await makeStage();
  t.after(stage.end);
  return stage;
}

/** Starts a deployment in a process group of its own, as a shell does for a terminal. */
function start({ root, env }, { preload, script = SCRIPT, args = jobOf(root) } = {}) {
  const options = { detached: true, stdio: ['ignore', 'pipe', 'pipe'] };
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS_|NODE_TEST)/.test(name));
  const settings = { ...Object.fromEntries(own), ...env };
  const flags = preload ? ['--require', preload] : [];
  const child = spawn(process.execPath, [...flags, script, ...args], { ...options, env: settings });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, output }));
  });
  return { ended, pressCtrlC: () => process.kill(-child.pid, 'SIGINT') };
}

const jobOf = (projectRoot) => [JSON.stringify({ projectRoot, target: 'beta' })];

/** Deploys to the end. */
async function finish(stage) {
  const { code, output } = await start(stage).ended;
  assert.equal(code, 0, output);
}

/**
 * Presses Ctrl-C in the middle of the first call of an operation, which AWS has done or not, and whose
 * answer never comes. Whoever waited for one would wait for ever.
 */
async function cancelAt(stage, operation, { isDone }) {
  const deployment = start(stage);
  const seen = new Promise((resolve) => {
    stage.proxy.on(async (asked) => {
      if (asked.operation !== operation) return undefined;
      if (isDone) await forward(asked);
      resolve();
      return new Promise(() => {});
    });
  });
  const early = deployment.ended.then(({ output }) =>
    assert.fail(`${operation} came not: ${output}`),
  );
  await Promise.race([seen, early]);
  deployment.pressCtrlC();
  return deployment.ended;
}

async function forward({ method, path: url, headers, body }) {
  const { status } = await request(method, emulator.endpoint + url, { headers, body });
  assert.ok(status < 500, `the emulator answered ${status}`);
}

/** The next deployment ends well, and nothing tells that there was another before. */
async function assertFinishedByNext(stage) {
  const proxy = await startProxy(emulator.endpoint);
  try {
    await finish({ ...stage, env: { ...stage.env, AWS_ENDPOINT_URL: proxy.endpoint } });
  } finally {
    await proxy.stop();
  }
  assert.deepEqual(await stage.account.snapshot(), undisturbed);
  assert.deepEqual(draftsIn(stage), []);
}

/** What is there for the time of a deployment only. */
function draftsIn({ root, tmp }) {
  const deployed = path.join(root, '.deploy', 'beta');
  const names = fs.existsSync(deployed) ? fs.readdirSync(deployed, { recursive: true }) : [];
  const passing = names.filter((name) => /\.tmp$|\.in-progress$/.test(name));
  return [...passing, ...fs.readdirSync(tmp)];
}

describe('Ctrl-C in the middle of a call', { concurrency: 4 }, () => {
  for (const operation of MOMENTS) {
    for (const isDone of [false, true]) {
      const state = isDone ? 'that AWS has done' : 'that AWS has not done yet';
      test(`${operation}, ${state}: it ends at once, and the next finishes it`, async (t) => {
        const stage = await staged(t);
        const { signal, output } = await cancelAt(stage, operation, { isDone });
        assert.equal(signal, 'SIGINT', output);
        await assertFinishedByNext(stage);
      });
    }
  }
});

test('Ctrl-C while the package is written: the next deployment removes the half of it', async (t) => {
  const stage = await staged(t);
  const tool = path.join(stage.root, 'litexa', 'node_modules', 'tool');
  fs.mkdirSync(tool, { recursive: true });
  for (let number = 0; number < 40; number++) {
    fs.writeFileSync(path.join(tool, `${number}.bin`), crypto.randomBytes(1_000_000));
  }
  fs.writeFileSync(path.join(stage.root, 'litexa', 'package.json'), '{}');
  const isDraft = (name) => /^\.lambda\.zip\..*\.tmp$/.test(name);
  const deployment = start(stage);
  while (!draftsIn(stage).some(isDraft)) await sleep(1);
  deployment.pressCtrlC();
  assert.equal((await deployment.ended).signal, 'SIGINT');
  assert.equal(draftsIn(stage).filter(isDraft).length, 1);
  await finish(stage);
  assert.deepEqual(draftsIn(stage), []);
});

test('a program may end itself when it hears of Ctrl-C, in the middle of anything', async (t) => {
  const stage = await staged(t);
  const preload = path.join(stage.folder, 'on-ctrl-c.js');
  fs.writeFileSync(preload, "process.once('SIGINT', () => process.exit(130));\n");
  const deployment = start(stage, { preload });
  await new Promise((resolve) => {
    stage.proxy.on(() => {
      resolve();
      return new Promise(() => {});
    });
  });
  deployment.pressCtrlC();
  assert.equal((await deployment.ended).code, 130);
  await assertFinishedByNext(stage);
});

test('a log pull that has failed keeps no process alive, whatever AWS still owes it', async (t) => {
  const stage = await staged(t);
  await finish(stage);
  const json = (status, body) => {
    const headers = { 'content-type': 'application/x-amz-json-1.1' };
    return { status, headers, body: JSON.stringify(body) };
  };
  const logStreams = ['held', 'refused'].map((logStreamName) => ({
    logStreamName,
    creationTime: Date.now(),
    lastEventTimestamp: Date.now(),
  }));
  stage.proxy.on(({ operation, body }) => {
    if (operation === 'DescribeLogStreams') return json(200, { logStreams });
    if (operation === 'FilterLogEvents') return json(400, { __type: 'AccessDeniedException' });
    if (operation !== 'GetLogEvents') return undefined;
    if (JSON.parse(body).logStreamName === 'held') return new Promise(() => {});
    return json(400, { __type: 'AccessDeniedException', message: 'no' });
  });
  const script = path.join(__dirname, '..', 'support', 'litexa', 'dump-child.js');
  const { code, output } = await start(stage, { script, args: [stage.root] }).ended;
  assert.equal(code, 1);
  assert.match(output, /^logs failed: ACCESS_DENIED/m);
});
