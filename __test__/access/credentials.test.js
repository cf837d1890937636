'use strict';

// Who deploys, and where: the places that hold credentials and regions, and their order. Requests tell
// it, as their signatures name the access key and the region.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { afterEach, test } = require('node:test');
const { useEnvironment } = require('../support/aws/emulator');
const {
  useAws,
  assetSkill,
  temporaryFolder,
  s3Error,
  BUCKET,
} = require('../support/litexa/asset-skill');

const stage = useAws();

const FILES = { 'default/meow.mp3': 'meow' };
const SECRET = 'tOpS3cr3t';
const OWN_ENVIRONMENT = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'];

let restore = () => {};
afterEach(() => restore());

const keys = (id) => ({ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: SECRET });

/** A machine with AWS settings of its own, and none in the environment but `env`. */
function machine(t, { config = '', credentials = '', env = {} }) {
  const folder = temporaryFolder(t);
  const file = (name, content) => {
    fs.writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };
  const settings = { ...stage.env };
  for (const name of OWN_ENVIRONMENT) delete settings[name];
  restore = useEnvironment({
    ...settings,
    AWS_CONFIG_FILE: file('config', config),
    AWS_SHARED_CREDENTIALS_FILE: file('credentials', credentials),
    ...env,
  });
}

const profile = (name, id, ...more) =>
  [`[${name}]`, `aws_access_key_id = ${id}`, `aws_secret_access_key = ${SECRET}`, ...more, ''].join(
    '\n',
  );

function writeAwsConfig(skill, content) {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  fs.writeFileSync(path.join(skill.root, 'aws-config.json'), text);
}

/** Deploys; what is logged, and what goes wrong, never holds a secret. */
async function deploy(skill) {
  const heard = [];
  const print = (_, line) => heard.push(line);
  try {
    return await skill.deploy({ print });
  } catch (error) {
    heard.push(error.message, error.stack);
    throw error;
  } finally {
    assert.doesNotMatch(heard.join('\n'), /s3cr3t/i);
  }
}

/** The access key and the region that the requests were signed with. */
function signedBy() {
  const [{ headers }] = stage.asked('PutObject');
  const [, key, region] = /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(headers.authorization);
  return { key, region, token: headers['x-amz-security-token'] };
}

test('aws-config.json comes first, with its region and session token', async (t) => {
  machine(t, {
    credentials: profile('default', 'AKIADEFAULT') + profile('named', 'AKIANAMED'),
    env: { ...keys('AKIAENV'), AWS_REGION: 'us-west-2' },
  });
  const skill = assetSkill(t, FILES, {}, { awsProfile: 'named' });
  const [accessKeyId, secretAccessKey, sessionToken] = ['AKIAFILE', SECRET, `${SECRET}Token`];
  const development = { accessKeyId, secretAccessKey, sessionToken, region: 'eu-west-1' };
  writeAwsConfig(skill, { development });
  const { lines } = await deploy(skill);
  assert.deepEqual(signedBy(), { key: 'AKIAFILE', region: 'eu-west-1', token: sessionToken });
  assert.match(lines('log').join('\n'), /aws-config\.json.*eu-west-1/);
});

for (const [how, content, expected] of [
  ['is no JSON', `{"development": "${SECRET}`, /aws-config\.json.*line 1/],
  ['is empty', '', /aws-config\.json/],
  ['lacks the target', { beta: {} }, /aws-config\.json.*development/],
  ['holds no object', { development: SECRET }, /aws-config\.json.*development/],
  ['lacks a key', { development: { accessKeyId: SECRET } }, /development\.secretAccessKey/],
  [
    'has a key of a wrong type',
    { development: { accessKeyId: 7, secretAccessKey: SECRET } },
    /development\.accessKeyId/,
  ],
]) {
  test(`an aws-config.json that ${how} is an error, whatever else holds credentials`, async (t) => {
    machine(t, { env: keys('AKIAENV') });
    const skill = assetSkill(t, FILES);
    writeAwsConfig(skill, content);
    await assert.rejects(deploy(skill), { code: 'INVALID_AWS_CONFIG', message: expected });
    assert.deepEqual(stage.proxy.requests, []);
  });
}

test('an aws-config.json that cannot be read is an error', async (t) => {
  machine(t, { env: keys('AKIAENV') });
  const skill = assetSkill(t, FILES);
  fs.mkdirSync(path.join(skill.root, 'aws-config.json'));
  await assert.rejects(deploy(skill), { code: 'INVALID_AWS_CONFIG', message: /aws-config\.json/ });
});

test('an impossible region in aws-config.json is an error', async (t) => {
  machine(t, {});
  const skill = assetSkill(t, FILES);
  const development = { accessKeyId: 'AKIAFILE', secretAccessKey: SECRET, region: 'virginia' };
  writeAwsConfig(skill, { development });
  await assert.rejects(deploy(skill), {
    code: 'INVALID_OPTION',
    message: /aws-config\.json.*virginia/,
  });
});

test('awsProfile beats the environment', async (t) => {
  machine(t, {
    credentials: profile('default', 'AKIADEFAULT') + profile('named', 'AKIANAMED'),
    env: { ...keys('AKIAENV'), AWS_PROFILE: 'default' },
  });
  await deploy(assetSkill(t, FILES, {}, { awsProfile: 'named' }));
  assert.equal(signedBy().key, 'AKIANAMED');
});

test('the environment beats the default profile', async (t) => {
  machine(t, { credentials: profile('default', 'AKIADEFAULT'), env: keys('AKIAENV') });
  await deploy(assetSkill(t, FILES));
  assert.equal(signedBy().key, 'AKIAENV');
});

test('AWS_PROFILE selects a profile', async (t) => {
  machine(t, {
    credentials: profile('default', 'AKIADEFAULT') + profile('other', 'AKIAOTHER'),
    env: { AWS_PROFILE: 'other' },
  });
  const { lines } = await deploy(assetSkill(t, FILES));
  assert.equal(signedBy().key, 'AKIAOTHER');
  assert.match(lines('log').join('\n'), /\bother\b/);
});

test('without any other hint, it is the default profile', async (t) => {
  machine(t, { credentials: profile('default', 'AKIADEFAULT') });
  await deploy(assetSkill(t, FILES));
  assert.deepEqual(signedBy(), { key: 'AKIADEFAULT', region: 'us-east-1', token: undefined });
});

test('an unknown awsProfile is an error that names those that are known', async (t) => {
  machine(t, {
    credentials: profile('home', 'AKIAHOME') + profile('work', 'AKIAWORK'),
    env: keys('AKIAENV'),
  });
  await assert.rejects(deploy(assetSkill(t, FILES, {}, { awsProfile: 'wrok' })), {
    code: 'UNKNOWN_PROFILE',
    message: /wrok.*home.*work/,
  });
  assert.deepEqual(stage.proxy.requests, []);
});

test('an unknown AWS_PROFILE is named', async (t) => {
  machine(t, { credentials: profile('home', 'AKIAHOME'), env: { AWS_PROFILE: 'wrok' } });
  await assert.rejects(deploy(assetSkill(t, FILES)), ({ code, message }) => {
    assert.ok(['UNKNOWN_PROFILE', 'MISSING_CREDENTIALS'].includes(code), code);
    assert.match(message, /wrok/);
    return true;
  });
});

test('without credentials, the error names every place that was looked in', async (t) => {
  machine(t, {});
  await assert.rejects(deploy(assetSkill(t, FILES)), ({ code, message }) => {
    assert.equal(code, 'MISSING_CREDENTIALS');
    const places = ['aws-config.json', 'awsProfile', 'AWS_ACCESS_KEY_ID', 'default'];
    for (const place of [...places, 'web identity', 'container', 'instance']) {
      assert.ok(message.includes(place), `${place}: ${message}`);
    }
    return true;
  });
  assert.deepEqual(stage.proxy.requests, []);
});

test('credential_process is asked once', async (t) => {
  const { command, runs } = credentialProcess(t, {
    Version: 1,
    AccessKeyId: 'AKIAPROCESS',
    SecretAccessKey: SECRET,
    SessionToken: `${SECRET}Token`,
    Expiration: '2099-01-01T00:00:00Z',
  });
  machine(t, { config: `[profile tool]\ncredential_process = ${command}\n` });
  await deploy(assetSkill(t, FILES, {}, { awsProfile: 'tool' }));
  assert.equal(signedBy().key, 'AKIAPROCESS');
  assert.equal(runs(), 1);
});

test('a credential_process that fails is an error that names the profile and its reason', async (t) => {
  const answer = { Version: 1, SecretAccessKey: SECRET };
  const { command } = credentialProcess(t, answer, {
    complaint: 'the session is over',
    exitCode: 3,
  });
  machine(t, { config: `[profile tool]\ncredential_process = ${command} ${SECRET}\n` });
  await assert.rejects(deploy(assetSkill(t, FILES, {}, { awsProfile: 'tool' })), {
    code: 'MISSING_CREDENTIALS',
    message: /\btool\b.*the session is over/,
  });
});

test('a credential_process that prints something else is an error that names the profile', async (t) => {
  const { command } = credentialProcess(t, `SecretAccessKey is ${SECRET}`);
  machine(t, { config: `[profile tool]\ncredential_process = ${command}\n` });
  await assert.rejects(deploy(assetSkill(t, FILES, {}, { awsProfile: 'tool' })), {
    code: 'MISSING_CREDENTIALS',
    message: /\btool\b/,
  });
});

test('an AWS configuration file that is damaged is named', async (t) => {
  machine(t, { credentials: `[default\naws_secret_access_key = ${SECRET}\n` });
  await assert.rejects(
    deploy(assetSkill(t, FILES, {}, { awsProfile: 'default' })),
    ({ message }) => {
      assert.match(message, /credentials/);
      return true;
    },
  );
});

test("a profile's endpoint_url is where its requests go", async (t) => {
  machine(t, {
    config: `[profile local]\nendpoint_url = ${stage.proxy.endpoint}\n`,
    credentials: profile('local', 'AKIALOCAL'),
  });
  delete process.env.AWS_ENDPOINT_URL;
  await deploy(assetSkill(t, FILES, {}, { awsProfile: 'local' }));
  assert.equal(signedBy().key, 'AKIALOCAL');
});

test('AWS_ENDPOINT_URL_S3 is where S3 requests go', async (t) => {
  machine(t, { env: { ...keys('AKIAENV'), AWS_ENDPOINT_URL_S3: stage.proxy.endpoint } });
  delete process.env.AWS_ENDPOINT_URL;
  await deploy(assetSkill(t, FILES));
  assert.equal(signedBy().key, 'AKIAENV');
});

const ARN =
  'arn:aws:lambda:ap-northeast-1:123456789012:function:cats_development_litexa_handler:release-0';
const REGIONS = [
  ['awsRegion', 'eu-west-1', 'awsRegion'],
  ['aws-config.json', 'eu-central-1', 'aws-config.json'],
  ['where the target stands', 'ap-northeast-1', 'target|function'],
  ['the environment', 'us-west-2', 'environment|AWS_REGION'],
  ['the profile', 'eu-north-1', 'profile'],
  ['us-east-1', 'us-east-1', 'default'],
];
for (const [index, [place, region, reason]] of REGIONS.entries()) {
  test(`the region is that of ${place}, where nothing before it says another`, async (t) => {
    const present = (number, value) => (index <= number ? value : undefined);
    machine(t, {
      config: present(4, '[profile named]\nregion = eu-north-1\n'),
      credentials: profile('named', 'AKIANAMED'),
      env: present(3, { AWS_REGION: 'us-west-2' }),
    });
    const awsRegion = present(0, 'eu-west-1');
    const skill = assetSkill(t, FILES, {}, { awsProfile: 'named', awsRegion });
    const own = { accessKeyId: 'AKIAFILE', secretAccessKey: SECRET, region: 'eu-central-1' };
    if (present(1, true)) writeAwsConfig(skill, { development: own });
    const stands = { variants: { development: { versions: [{ lambdaARN: ARN }] } }, globals: {} };
    if (present(2, true)) {
      fs.writeFileSync(path.join(skill.root, 'artifacts.json'), JSON.stringify(stands));
    }
    const { lines } = await deploy(skill);
    assert.equal(signedBy().region, region);
    assert.match(lines('log').join('\n'), new RegExp(`${region}\\b.*(?:${reason})`));
  });
}

test('AWS_DEFAULT_REGION counts where AWS_REGION is not set', async (t) => {
  machine(t, { env: { ...keys('AKIAENV'), AWS_DEFAULT_REGION: 'eu-west-1' } });
  await deploy(assetSkill(t, FILES));
  assert.equal(signedBy().region, 'eu-west-1');
});

for (const [name, status] of [
  ['AWS does not know', 403],
  ['have expired', 400],
]) {
  // S3 answers a HEAD request without a body, so without a code.
  test(`credentials that ${name} are suspected, and not only a missing right`, async (t) => {
    machine(t, { env: keys('AKIAENV') });
    stage.proxy.on(({ operation }) => operation === 'HeadBucket' && { status });
    await assert.rejects(deploy(assetSkill(t, FILES)), ({ message }) => {
      assert.match(message, new RegExp(BUCKET));
      assert.match(message, /credentials/);
      return true;
    });
  });
}

test('credentials that expire on the way are named as the cause', async (t) => {
  machine(t, { env: keys('AKIAENV') });
  stage.refuse('PutObject', 400, 'ExpiredToken', 'The provided token has expired.');
  await assert.rejects(deploy(assetSkill(t, FILES)), {
    code: 'MISSING_CREDENTIALS',
    message: /The provided token has expired/,
  });
});

test('AWS that cannot be reached is an error that says so', async (t) => {
  machine(t, { env: keys('AKIAENV') });
  stage.proxy.on(() => ({ destroy: true }));
  await assert.rejects(deploy(assetSkill(t, FILES)), {
    code: 'AWS_UNAVAILABLE',
    message: /AWS_ENDPOINT_URL/,
  });
});

test('a refusal is one line, whatever AWS says', async (t) => {
  machine(t, { env: keys('AKIAENV') });
  stage.refuse('PutObject', 403, 'AccessDenied', 'User is not\nauthorized\r\nto do this');
  await assert.rejects(deploy(assetSkill(t, FILES)), ({ code, message }) => {
    assert.equal(code, 'ACCESS_DENIED');
    assert.match(
      message,
      /^.*meow\.mp3.* User is not authorized to do this\b.*\bs3:PutObject\b.*$/,
    );
    return true;
  });
});

/** A program that hands out `answer`, and counts how often it is run. */
function credentialProcess(t, answer, { complaint = '', exitCode = 0 } = {}) {
  const folder = temporaryFolder(t);
  const [script, runs] = [path.join(folder, 'give.js'), path.join(folder, 'runs')];
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  const lines = [
    `require('node:fs').appendFileSync(${JSON.stringify(runs)}, '.');`,
    `console.log(${JSON.stringify(text)});`,
    `console.error(${JSON.stringify(complaint)});`,
    `process.exitCode = ${exitCode};`,
  ];
  fs.writeFileSync(script, lines.join('\n'));
  return {
    command: `"${process.execPath}" "${script}"`,
    runs: () => fs.readFileSync(runs, 'utf8').length,
  };
}
