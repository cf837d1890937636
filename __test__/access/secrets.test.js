'use strict';

// Credentials of any kind are not in log lines, errors, files or requests, except for the signatures of
// requests, however a deployment or a log pull ends.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { iamError, jsonError, s3Error } = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const {
  INVALID_SOURCES,
  SOURCES,
  encodings,
  setUpMachine,
  startSignIn,
} = require('../support/canary-credentials');
const { runExecutable } = require('../support/litexa/executable');
const { buildProject } = require('../support/litexa/project');
const { tempDir } = require('../support/tmp');
const { unzip } = require('../support/unzip');

const TOKEN_HEADER = 'x-amz-security-token';

// Variables that make programs in Rust and AWS tools print more.
const VERBOSE_ENVIRONMENT = {
  RUST_LOG: 'trace',
  RUST_BACKTRACE: 'full',
  RUST_LIB_BACKTRACE: 'full',
  AWS_LOG_LEVEL: 'trace',
  AWS_DEBUG: 'true',
  DEBUG: '*',
};

const aws = useAws();
let signIn;

before(async () => (signIn = await startSignIn()));
after(() => signIn?.stop());

/** Deploys and pulls logs on a machine with credentials of a source, and searches for these. */
async function deployWith(t, source, { umask } = {}) {
  const folder = tempDir(t, 'secrets');
  writeProject(path.join(folder, 'project'));
  for (const name of ['home', 'tmp']) fs.mkdirSync(path.join(folder, name));
  const machine = setUpMachine(source, folder, signIn);
  const outcome = await runIn(folder, machine.env, umask);
  assertNotPrinted(machine, outcome);
  assertNotInFiles(folder, machine);
  assertOnlyInSignatures(machine);
  return { ...outcome, ...machine, folder };
}

function writeProject(root) {
  const uploadParams = [{ params: { CacheControl: 'max-age=60' } }];
  const options = { s3Configuration: { bucketName: 'canary-assets', uploadParams } };
  const project = buildProject({ root, options, files: { 'litexa/assets/meow.mp3': 'meow' } });
  project.installPackage('tool/index.js', 'exports.tool = 1;\n'.repeat(500));
}

/** Runs a deployment and a log pull with an environment of which only the PATH is this process's. */
function runIn(folder, settings, umask = process.umask()) {
  const [home, tmp] = ['home', 'tmp'].map((name) => path.join(folder, name));
  const script = path.join(__dirname, '..', 'support', 'litexa', 'dump-child.js');
  const own = process.umask(umask); // The child process inherits it.
  const child = spawn(process.execPath, [script, path.join(folder, 'project')], {
    env: {
      PATH: process.env.PATH,
      SystemRoot: process.env.SystemRoot,
      ...{ HOME: home, USERPROFILE: home, TMPDIR: tmp, TEMP: tmp, TMP: tmp },
      ...VERBOSE_ENVIRONMENT,
      AWS_ENDPOINT_URL: aws.env.AWS_ENDPOINT_URL,
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

/** Checks that the output contains neither canaries nor signatures. */
function assertNotPrinted({ canaries }, { stdout, stderr }) {
  assert.equal(stderr, '', 'all output goes through the logger');
  assertWithout(canaries, stdout, 'the output');
  for (const signature of aws.requests().map(signatureOf).filter(Boolean)) {
    assert.ok(!stdout.includes(signature), 'a signature is in the output');
  }
  assert.doesNotMatch(stdout, /AWS4-HMAC-SHA256|X-Amz-Signature|X-Amz-Credential/i);
}

const signatureOf = ({ headers }) => /Signature=([0-9a-f]{64})/.exec(headers.authorization)?.[1];

/**
 * Checks that no file contains a canary, except for the credential files, and that the temporary
 * directory is empty.
 */
function assertNotInFiles(folder, { canaries, inputs }) {
  const zip = path.join(folder, 'project', '.deploy', 'beta', 'lambda.zip');
  if (fs.existsSync(zip)) unzip(zip, path.join(folder, 'unzipped'));
  for (const file of filesIn(folder).filter((file) => !inputs.includes(file))) {
    assertWithout(canaries, fs.readFileSync(file, 'latin1'), path.relative(folder, file));
    assertWithout(canaries, file, 'a file name');
  }
  assert.deepEqual(fs.readdirSync(path.join(folder, 'tmp')), []);
}

function filesIn(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? filesIn(file) : [file];
  });
}

/** Checks that requests contain the access key ID and session token in their headers only. */
function assertOnlyInSignatures({ canaries }) {
  for (const { method, path: url, headers, body, operation } of aws.requests()) {
    const { authorization, [TOKEN_HEADER]: token, ...others } = headers;
    const sent = [method, url, JSON.stringify(others), body.toString('latin1')].join('\n');
    assertWithout(canaries, sent, `the request ${operation}`);
  }
}

function assertWithout(canaries, text, where) {
  for (const canary of canaries) {
    const found = encodings(canary).find((encoding) => text.includes(encoding));
    assert.equal(found, undefined, `a canary is in ${where}`);
  }
}

for (const [name, source] of Object.entries(SOURCES)) {
  test(`credentials from ${name} are not disclosed by a deployment and a log pull`, async (t) => {
    const { exit, stdout, signed } = await deployWith(t, source);
    assert.equal(exit, 0, stdout);
    const keys = aws
      .requests()
      .map(({ headers }) => /Credential=([^/]+)/.exec(headers.authorization));
    assert.deepEqual([...new Set(keys.filter(Boolean).map(([, key]) => key))], [signed.id]);
    const { headers } = aws.requests().find(({ operation }) => operation === 'CreateFunction');
    assert.equal(headers[TOKEN_HEADER], signed.token);
    assert.ok(aws.requests().some(({ operation }) => operation === 'DescribeLogStreams'));
  });
}

for (const [name, source] of Object.entries(INVALID_SOURCES)) {
  test(`the error for ${name} does not disclose credentials`, async (t) => {
    const { exit, stdout } = await deployWith(t, source);
    assert.equal(exit, 1, stdout);
    assert.match(
      stdout,
      /^deploy failed: (INVALID_AWS_CONFIG|UNKNOWN_PROFILE|MISSING_CREDENTIALS|AWS_UNAVAILABLE): /m,
    );
  });
}

// The message of AWS for an invalid signature quotes the string to sign, the session token included.
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

const REJECTIONS = {
  'that AWS denies': ['AccessDeniedException', () => 'User is not authorized', 'ACCESS_DENIED'],
  'whose token has expired': [
    'ExpiredTokenException',
    () => 'The token is expired',
    'MISSING_CREDENTIALS',
  ],
  'whose signature is wrong': ['InvalidSignatureException', canonical, 'MISSING_CREDENTIALS'],
  'whose header is wrong': ['IncompleteSignatureException', malformed, 'MISSING_CREDENTIALS'],
};
for (const [name, [code, messageFor, expected]] of Object.entries(REJECTIONS)) {
  test(`the error for a deployment ${name} does not disclose credentials`, async (t) => {
    aws.intercept((request) => {
      if (!['dynamodb', 'lambda', 'logs'].includes(request.service)) return undefined;
      return jsonError(code.startsWith('Access') ? 403 : 400, code, messageFor(request));
    });
    const { exit, stdout } = await deployWith(t, SOURCES['environment variables']);
    assert.equal(exit, 1);
    assert.match(stdout, new RegExp(`^deploy failed: ${expected}: `, 'm'));
    assert.match(stdout, new RegExp(`^logs failed: ${expected}: `, 'm'));
  });
}

/** The ways in which an answer may spell a credential. */
const SPELLINGS = {
  plain: (canary) => canary,
  'percent-encoded': encodeURIComponent,
  'percent-encoded in lower case': (canary) =>
    encodeURIComponent(canary).replace(/%../g, (code) => code.toLowerCase()),
  'percent-encoded twice': (canary) => encodeURIComponent(encodeURIComponent(canary)),
  'escaped as in JSON': (canary) => canary.replaceAll('/', '\\/'),
};

/** Answers that quote credentials: whatever their code is, in an error or in a warning. */
const QUOTING_CODES = [
  [400, 'InvalidToken'],
  [400, 'ValidationException'],
  [400, 'InvalidParameterValueException'],
  [400, 'UnrecognizedClientException'],
  [403, 'AccessDenied'],
  [403, 'AccessDeniedException'],
  [403, 'SignatureDoesNotMatch'],
  [403, 'RequestTimeTooSkewed'],
  [403, 'ACodeThatNobodyKnows'],
  [404, 'NoSuchEntity'],
  [409, 'BucketAlreadyExists'],
];

/** Sets up a project and a machine with keys, and returns a message of AWS that quotes them in each spelling. */
function quotingMachine(t) {
  const folder = tempDir(t, 'secrets');
  writeProject(path.join(folder, 'project'));
  for (const name of ['home', 'tmp']) fs.mkdirSync(path.join(folder, name));
  const machine = setUpMachine(SOURCES['environment variables'], folder, signIn);
  const quoted = Object.values(SPELLINGS).flatMap((spell) => machine.canaries.map(spell));
  const message = `The request of ${quoted.join(' and ')} is refused`;
  return { folder, machine, message };
}

for (const [status, code] of QUOTING_CODES) {
  test(`the error for an answer with ${code} that quotes credentials does not disclose them`, async (t) => {
    const { folder, machine, message } = quotingMachine(t);
    aws.intercept(({ service, operation }) => {
      // A denied change of the log group is a warning.
      if (operation === 'CreateLogGroup') return undefined;
      if (service === 's3') return s3Error(status, code, message);
      return service === 'iam' ? iamError(status, code, message) : jsonError(status, code, message);
    });
    const { exit, stdout, stderr } = await runIn(folder, machine.env);
    assert.equal(exit, 1, stdout);
    assertNotPrinted(machine, { stdout, stderr });
    assertNotInFiles(folder, machine);
    assert.match(stdout, /<redacted>/);
  });
}

test('doctor, whose findings quote errors, does not disclose credentials either', async (t) => {
  const { folder, machine, message } = quotingMachine(t);
  // The CLI refuses names of four letters.
  const config = path.join(folder, 'project', 'litexa.config.json');
  fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace('"cats"', '"canary"'));
  aws.intercept(() => iamError(400, 'ValidationError', message));
  const { stdout, stderr } = await runExecutable(['doctor', '-d', 'beta', '--json'], {
    cwd: path.join(folder, 'project'),
    env: { AWS_ENDPOINT_URL: aws.env.AWS_ENDPOINT_URL, ...machine.env },
  });
  assertNotPrinted(machine, { stdout, stderr });
  assert.match(stdout, /<redacted>/);
});

test('the stderr of a credential_process that fails does not disclose credentials', async (t) => {
  const canaries = [];
  const source = ({ writeHome, home }) => {
    const own = { id: 'ASIAQ3EGWZ7CANARY123', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYCANARYKEY1' };
    own.token = `${own.secret}${own.secret}==`;
    canaries.push(own);
    const quoted = Object.values(SPELLINGS).flatMap((spell) => Object.values(own).map(spell));
    writeHome(
      'credentials.js',
      `console.error(${JSON.stringify(`vault: cannot renew ${quoted.join(', ')}`)}); process.exitCode = 1;`,
    );
    writeHome(
      '.aws/config',
      `[default]\ncredential_process = "${process.execPath}" "${path.join(home, 'credentials.js')}"\n`,
    );
    return { canaries };
  };
  const { exit, stdout } = await deployWith(t, source);
  assert.equal(exit, 1, stdout);
  assert.match(stdout, /^deploy failed: MISSING_CREDENTIALS: /m);
});

test('the error for a lost connection does not disclose credentials', async (t) => {
  // Log pulls would retry for as long.
  aws.intercept(({ service }) => (service === 'logs' ? undefined : { destroy: true }));
  const { exit, stdout } = await deployWith(t, SOURCES['environment variables']);
  assert.equal(exit, 1);
  assert.match(stdout, /^deploy failed: AWS_UNAVAILABLE: /m);
});

// Windows does not have file modes.
if (process.platform !== 'win32') {
  for (const umask of [0o000, 0o022, 0o077]) {
    const name = umask.toString(8).padStart(3, '0');
    test(`with umask ${name}, only the owner may change written files, and read those that may contain secrets`, async (t) => {
      const { exit, folder, stdout } = await deployWith(t, SOURCES['aws-config.json'], { umask });
      assert.equal(exit, 0, stdout);
      // Only these two directories existed before.
      const written = ['.deploy/beta', '.logs'].flatMap((name) =>
        entriesBelow(path.join(folder, 'project', name)),
      );
      const files = written
        .filter(({ isFolder }) => !isFolder)
        .map(({ file }) => path.basename(file));
      for (const name of ['lambda.zip', 'package-cache.bin', 'readme.md']) {
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

/** Returns all files and directories below a directory. */
function entriesBelow(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    const one = { file, mode: fs.statSync(file).mode, isFolder: entry.isDirectory() };
    return entry.isDirectory() ? [one, ...entriesBelow(file)] : [one];
  });
}
