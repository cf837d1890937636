'use strict';

// Credentials stay where they are: whatever kind they are of, and however a deployment or a log pull
// ends, nothing of them is in what is said, written down or sent, but in the signatures of requests.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, beforeEach, test } = require('node:test');
const { startEmulator } = require('../support/aws/emulator');
const {
  KINDS,
  BROKEN,
  setUpMachine,
  spellings,
  startSignIn,
} = require('../support/canary-credentials');
const { startProxy } = require('../support/aws/proxy');
const { unzip } = require('../support/unzip');

const BUCKET = 'marked-assets';
const HANDLER = 'exports.handler = async () => ({});\n';
const TOKEN_HEADER = 'x-amz-security-token';

// What makes programs in Rust, and AWS' tools, talk.
const TALKATIVE = {
  RUST_LOG: 'trace',
  RUST_BACKTRACE: 'full',
  RUST_LIB_BACKTRACE: 'full',
  AWS_LOG_LEVEL: 'trace',
  AWS_DEBUG: 'true',
  DEBUG: '*',
};

let emulator;
let proxy;
let signIn;
let interceptor;

before(async () => {
  emulator = await startEmulator();
  proxy = await startProxy(emulator.endpoint);
  proxy.on((asked) => interceptor?.(asked));
  signIn = await startSignIn();
});
beforeEach(async () => {
  interceptor = undefined;
  await emulator.reset();
  proxy.clear();
});
after(async () => {
  await signIn?.stop();
  await proxy?.stop();
  await emulator?.stop();
});

/** Sets up a machine with a project and credentials, deploys there, and looks everywhere. */
async function deployWith(t, kind, { umask } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-secrets-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  writeProject(path.join(folder, 'project'));
  for (const name of ['home', 'tmp']) fs.mkdirSync(path.join(folder, name));
  const machine = setUpMachine(kind, folder, signIn);
  const outcome = await runIn(folder, machine.env, umask);
  assertSilent(machine, outcome);
  assertNowhereIn(folder, machine);
  assertOnlySigned(machine);
  return { ...outcome, ...machine, folder };
}

function writeProject(root) {
  const uploadParams = [{ params: { CacheControl: 'max-age=60' } }];
  const s3Configuration = { bucketName: BUCKET, uploadParams };
  const config = { name: 'cats', deployments: { beta: { s3Configuration } } };
  const files = {
    'litexa.config.json': JSON.stringify(config),
    'handler.js': HANDLER,
    'litexa/assets/meow.mp3': 'meow',
    'litexa/package.json': '{}',
    'litexa/node_modules/tool/index.js': 'exports.tool = 1;\n'.repeat(500),
  };
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), content);
  }
}

/** Nothing of this process' own environment gets there but the way to programs. */
function runIn(folder, settings, umask = process.umask()) {
  const [home, tmp] = ['home', 'tmp'].map((name) => path.join(folder, name));
  const script = path.join(__dirname, '..', 'support', 'litexa', 'dump-child.js');
  const own = process.umask(umask); // A process has its parent's.
  const child = spawn(process.execPath, [script, path.join(folder, 'project')], {
    env: {
      PATH: process.env.PATH,
      SystemRoot: process.env.SystemRoot,
      ...{ HOME: home, USERPROFILE: home, TMPDIR: tmp, TEMP: tmp, TMP: tmp },
      ...TALKATIVE,
      AWS_ENDPOINT_URL: proxy.endpoint,
      AWS_EC2_METADATA_DISABLED: 'true',
      ...settings,
    },
  });
  process.umask(own);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
  }
  return new Promise((resolve, reject) => {
    child
      .once('error', reject)
      .once('close', (exit, signal) => resolve({ exit, signal, ...output }));
  });
}

/** Neither marks nor anything of a signature is in what the process said. */
function assertSilent({ hidden }, { stdout, stderr }) {
  assert.equal(stderr, '', 'nothing is said behind the logger');
  assertWithout(hidden, stdout, 'what was said');
  const signatures = proxy.requests.map(signatureOf).filter(Boolean);
  for (const signature of signatures)
    assert.ok(!stdout.includes(signature), 'a signature was said');
  assert.doesNotMatch(stdout, /AWS4-HMAC-SHA256|X-Amz-Signature|X-Amz-Credential/i);
}

const signatureOf = ({ headers }) => /Signature=([0-9a-f]{64})/.exec(headers.authorization)?.[1];

/** No file holds a mark, but those that are there to hold it; nothing is left in the temporary folder. */
function assertNowhereIn(folder, { hidden, inputs }) {
  const zip = path.join(folder, 'project', '.deploy', 'beta', 'lambda.zip');
  if (fs.existsSync(zip)) unzip(zip, path.join(folder, 'unzipped'));
  for (const file of filesIn(folder).filter((file) => !inputs.includes(file))) {
    assertWithout(hidden, fs.readFileSync(file, 'latin1'), path.relative(folder, file));
    assertWithout(hidden, file, 'the name of a file');
  }
  assert.deepEqual(fs.readdirSync(path.join(folder, 'tmp')), []);
}

function filesIn(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? filesIn(file) : [file];
  });
}

/** AWS gets the key's id and the session token in the headers for them, and nothing more. */
function assertOnlySigned({ hidden }) {
  for (const { method, path: url, headers, body, operation } of proxy.requests) {
    const { authorization, [TOKEN_HEADER]: token, ...others } = headers;
    const sent = [method, url, JSON.stringify(others), body.toString('latin1')].join('\n');
    assertWithout(hidden, sent, `the request ${operation}`);
  }
}

function assertWithout(hidden, text, where) {
  for (const mark of hidden) {
    const found = spellings(mark).find((spelling) => text.includes(spelling));
    assert.equal(found, undefined, `a mark is in ${where}`);
  }
}

for (const [name, kind] of Object.entries(KINDS)) {
  test(`${name}: a deployment and a log pull keep them to themselves`, async (t) => {
    const { exit, stdout, signed } = await deployWith(t, kind);
    assert.equal(exit, 0, stdout);
    const keys = proxy.requests.map(({ headers }) =>
      /Credential=([^/]+)/.exec(headers.authorization),
    );
    assert.deepEqual([...new Set(keys.filter(Boolean).map(([, key]) => key))], [signed.id]);
    const { headers } = proxy.requests.find(({ operation }) => operation === 'CreateFunction');
    assert.equal(headers[TOKEN_HEADER], signed.token);
    assert.ok(proxy.requests.some(({ operation }) => operation === 'DescribeLogStreams'));
  });
}

for (const [name, kind] of Object.entries(BROKEN)) {
  test(`${name}: the error keeps it to itself`, async (t) => {
    const { exit, stdout } = await deployWith(t, kind);
    assert.equal(exit, 1, stdout);
    assert.match(
      stdout,
      /^deploy failed: (INVALID_AWS_CONFIG|UNKNOWN_PROFILE|MISSING_CREDENTIALS|AWS_UNAVAILABLE): /m,
    );
  });
}

// AWS' own words where a signature is wrong: what it has signed itself, the token included.
const canonical = ({ method, headers }) =>
  [
    'The request signature we calculated does not match the signature you provided. Check your AWS ' +
      'Secret Access Key and signing method. Consult the service documentation for details.',
    '',
    'The Canonical String for this request should have been',
    `'${method}\n/\n\nhost:${headers.host}\nx-amz-date:${headers['x-amz-date']}`,
    `${TOKEN_HEADER}:${headers[TOKEN_HEADER]}\n`,
    `host;x-amz-date;${TOKEN_HEADER}\ne3b0c442'`,
    '',
    'The String-to-Sign should have been',
    `'AWS4-HMAC-SHA256\n${headers['x-amz-date']}'`,
  ].join('\n');
const malformed = ({ headers }) =>
  `Authorization header requires 'Signature' parameter. Authorization=${headers.authorization}`;

const REFUSALS = {
  'that AWS does not allow': [
    'AccessDeniedException',
    () => 'User is not authorized',
    'ACCESS_DENIED',
  ],
  'whose token is over': [
    'ExpiredTokenException',
    () => 'The token is expired',
    'MISSING_CREDENTIALS',
  ],
  'whose signature is wrong': ['InvalidSignatureException', canonical, 'MISSING_CREDENTIALS'],
  'whose header is wrong': ['IncompleteSignatureException', malformed, 'MISSING_CREDENTIALS'],
};
for (const [name, [code, words, expected]] of Object.entries(REFUSALS)) {
  test(`a deployment ${name} keeps its credentials to itself`, async (t) => {
    interceptor = (asked) => {
      if (!['dynamodb', 'lambda', 'logs'].includes(asked.service)) return undefined;
      const headers = { 'content-type': 'application/json', 'x-amzn-errortype': code };
      const body = JSON.stringify({ __type: code, message: words(asked), Message: words(asked) });
      return { status: code.startsWith('Access') ? 403 : 400, headers, body };
    };
    const { exit, stdout } = await deployWith(t, KINDS['environment variables']);
    assert.equal(exit, 1);
    assert.match(stdout, new RegExp(`^deploy failed: ${expected}: `, 'm'));
    assert.match(stdout, new RegExp(`^logs failed: ${expected}: `, 'm'));
  });
}

test('a deployment that reaches nobody keeps its credentials to itself', async (t) => {
  // Log pulls try again as long: once is enough.
  interceptor = ({ service }) => (service === 'logs' ? undefined : { destroy: true });
  const { exit, stdout } = await deployWith(t, KINDS['environment variables']);
  assert.equal(exit, 1);
  assert.match(stdout, /^deploy failed: AWS_UNAVAILABLE: /m);
});

// Windows has no such modes.
if (process.platform !== 'win32') {
  for (const umask of [0o000, 0o022, 0o077]) {
    const name = umask.toString(8).padStart(3, '0');
    test(`with umask ${name}, what is written is for its owner only to change, and what may hold secrets to read`, async (t) => {
      const { exit, folder, stdout } = await deployWith(t, KINDS['aws-config.json'], { umask });
      assert.equal(exit, 0, stdout);
      // Only these two were there before.
      const written = ['.deploy/beta', '.logs'].flatMap((name) =>
        everythingBelow(path.join(folder, 'project', name)),
      );
      const files = written
        .filter(({ isFolder }) => !isFolder)
        .map(({ file }) => path.basename(file));
      for (const name of ['lambda.zip', 'package-cache.json', 'readme.md']) {
        assert.ok(files.includes(name), `${name} is not among ${files}`);
      }
      assert.ok(
        files.some((name) => name.endsWith('.log')),
        'no log was pulled',
      );
      for (const { file, mode, isFolder } of written) {
        const isEmpty = !isFolder && fs.statSync(file).size === 0;
        const allowed = isFolder ? 0o755 : isEmpty ? 0o644 : 0o600;
        const given = (mode & 0o777).toString(8);
        assert.equal(mode & 0o777 & ~allowed, 0, `${file} has the mode ${given}`);
      }
    });
  }
}

/** All below a folder that somebody else has made. */
function everythingBelow(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    const one = { file, mode: fs.statSync(file).mode, isFolder: entry.isDirectory() };
    return entry.isDirectory() ? [one, ...everythingBelow(file)] : [one];
  });
}
