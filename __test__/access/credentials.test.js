'use strict';

// The sources of credentials and regions, and their precedence. The signature of a request names the
// access key and the region that were used.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { test } = require('node:test');
const { listen } = require('../support/network/listen');
const {
  FILES,
  OWN_ENVIRONMENT,
  ROLE,
  SECRET,
  keys,
  profile,
  refusingSts,
  useMachines,
} = require('../support/aws/machine');
const { useAws } = require('../support/aws/use-aws');
const { pull } = require('../support/lambda/log-streams');
const { createAssetProject } = require('../support/litexa/project');
const { tempDir } = require('../support/tmp');

const aws = useAws();
const { deploy, setUpMachine, signedBy } = useMachines(aws);

function writeAwsConfig(project, content) {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  fs.writeFileSync(path.join(project.root, 'aws-config.json'), text);
}

test('aws-config.json takes precedence, with its region and session token', async (t) => {
  setUpMachine(t, {
    credentials: profile('default', 'AKIADEFAULT') + profile('named', 'AKIANAMED'),
    env: { ...keys('AKIAENV'), AWS_REGION: 'us-west-2' },
  });
  const project = createAssetProject(t, FILES, {}, { awsProfile: 'named' });
  const [accessKeyId, secretAccessKey, sessionToken] = ['AKIAFILE', SECRET, `${SECRET}Token`];
  const development = { accessKeyId, secretAccessKey, sessionToken, region: 'eu-west-1' };
  writeAwsConfig(project, { development });
  const { lines } = await deploy(project);
  assert.deepEqual(signedBy(), { key: 'AKIAFILE', region: 'eu-west-1', token: sessionToken });
  assert.match(lines('log').join('\n'), /aws-config\.json.*eu-west-1/);
});

for (const [how, content, expected] of [
  ['is not JSON', `{"development": "${SECRET}`, /aws-config\.json.*line 1/],
  ['is empty', '', /aws-config\.json/],
  ['lacks the target', { beta: {} }, /aws-config\.json.*development/],
  ['has a string for the target', { development: SECRET }, /aws-config\.json.*development/],
  ['lacks a key', { development: { accessKeyId: SECRET } }, /development\.secretAccessKey/],
  [
    'has a key of a wrong type',
    { development: { accessKeyId: 7, secretAccessKey: SECRET } },
    /development\.accessKeyId/,
  ],
  [
    'has an endpoint',
    { development: { accessKeyId: 'AKIAFILE', secretAccessKey: SECRET, endpoint: 'http://a' } },
    /development\.endpoint is not read.*AWS_ENDPOINT_URL/,
  ],
]) {
  test(`an aws-config.json that ${how} is an error, although there are other credentials`, async (t) => {
    setUpMachine(t, { env: keys('AKIAENV') });
    const project = createAssetProject(t, FILES);
    writeAwsConfig(project, content);
    await assert.rejects(deploy(project), { code: 'INVALID_AWS_CONFIG', message: expected });
    assert.deepEqual(aws.requests(), []);
  });
}

test('keys of aws-config.json that only 0.9.0 has used are one warning', async (t) => {
  setUpMachine(t, {});
  const project = createAssetProject(t, FILES);
  const development = { accessKeyId: 'AKIAFILE', secretAccessKey: SECRET, region: 'us-east-1' };
  writeAwsConfig(project, {
    development: { ...development, maxRetries: 1, s3ForcePathStyle: true },
  });
  const { lines } = await deploy(project);
  assert.deepEqual(
    lines('warning').filter((line) => line.includes('aws-config.json')),
    ['aws-config.json has keys that have no effect: maxRetries, s3ForcePathStyle. Remove them'],
  );
});

test('an aws-config.json that cannot be read is an error', async (t) => {
  setUpMachine(t, { env: keys('AKIAENV') });
  const project = createAssetProject(t, FILES);
  fs.mkdirSync(path.join(project.root, 'aws-config.json'));
  await assert.rejects(deploy(project), {
    code: 'INVALID_AWS_CONFIG',
    message: /aws-config\.json/,
  });
});

test('an invalid region in aws-config.json is an error', async (t) => {
  setUpMachine(t, {});
  const project = createAssetProject(t, FILES);
  const development = { accessKeyId: 'AKIAFILE', secretAccessKey: SECRET, region: 'virginia' };
  writeAwsConfig(project, { development });
  await assert.rejects(deploy(project), {
    code: 'INVALID_OPTION',
    message: /aws-config\.json.*virginia/,
  });
});

test('awsProfile takes precedence over the environment', async (t) => {
  setUpMachine(t, {
    credentials: profile('default', 'AKIADEFAULT') + profile('named', 'AKIANAMED'),
    env: { ...keys('AKIAENV'), AWS_PROFILE: 'default' },
  });
  await deploy(createAssetProject(t, FILES, {}, { awsProfile: 'named' }));
  assert.equal(signedBy().key, 'AKIANAMED');
});

test('the environment takes precedence over the default profile', async (t) => {
  setUpMachine(t, { credentials: profile('default', 'AKIADEFAULT'), env: keys('AKIAENV') });
  await deploy(createAssetProject(t, FILES));
  assert.equal(signedBy().key, 'AKIAENV');
});

test('AWS_PROFILE selects the profile', async (t) => {
  setUpMachine(t, {
    credentials: profile('default', 'AKIADEFAULT') + profile('other', 'AKIAOTHER'),
    env: { AWS_PROFILE: 'other' },
  });
  const { lines } = await deploy(createAssetProject(t, FILES));
  assert.equal(signedBy().key, 'AKIAOTHER');
  assert.match(lines('log').join('\n'), /\bother\b/);
});

test('without other settings, the default profile is used', async (t) => {
  setUpMachine(t, { credentials: profile('default', 'AKIADEFAULT') });
  await deploy(createAssetProject(t, FILES));
  assert.deepEqual(signedBy(), { key: 'AKIADEFAULT', region: 'us-east-1', token: undefined });
});

test('the error for an unknown awsProfile names the known profiles', async (t) => {
  setUpMachine(t, {
    credentials: profile('home', 'AKIAHOME') + profile('work', 'AKIAWORK'),
    env: keys('AKIAENV'),
  });
  await assert.rejects(deploy(createAssetProject(t, FILES, {}, { awsProfile: 'wrok' })), {
    code: 'UNKNOWN_PROFILE',
    message: /wrok.*home.*work.*Without an awsProfile, the keys in the environment variables/,
  });
  assert.deepEqual(aws.requests(), []);
});

test('the error for an unknown AWS_PROFILE names it', async (t) => {
  setUpMachine(t, { credentials: profile('home', 'AKIAHOME'), env: { AWS_PROFILE: 'wrok' } });
  await assert.rejects(deploy(createAssetProject(t, FILES)), {
    code: 'UNKNOWN_PROFILE',
    message: /'wrok' \(the environment variable AWS_PROFILE\).* only home.* correct AWS_PROFILE/,
  });
  assert.deepEqual(aws.requests(), []);
});

test('AWS_PROFILE is not looked up with keys in the environment, and may be default without files', async (t) => {
  setUpMachine(t, { env: { ...keys('AKIAENV'), AWS_PROFILE: 'wrok' } });
  await deploy(createAssetProject(t, FILES));
  assert.equal(signedBy().key, 'AKIAENV');
  setUpMachine(t, { env: { AWS_PROFILE: 'default' } });
  await assert.rejects(deploy(createAssetProject(t, FILES)), { code: 'MISSING_CREDENTIALS' });
});

const [KEY_ID, SECRET_KEY] = OWN_ENVIRONMENT;

for (const [env, missing] of [
  [{ [KEY_ID]: 'AKIAENV' }, SECRET_KEY],
  [{ [KEY_ID]: 'AKIAENV', [SECRET_KEY]: '' }, SECRET_KEY],
  [{ [SECRET_KEY]: SECRET }, KEY_ID],
]) {
  test(`the environment has only ${Object.keys(env)}: an error, although there is a default profile`, async (t) => {
    setUpMachine(t, {
      credentials: profile('default', 'AKIADEFAULT') + profile('named', 'AKIANAMED'),
      env,
    });
    const project = createAssetProject(t, FILES);
    const refused = {
      code: 'MISSING_CREDENTIALS',
      message: new RegExp(`but ${missing} is not set`),
    };
    await assert.rejects(deploy(project), refused);
    await assert.rejects(pull(project, {}, { target: project.target }), refused);
    assert.deepEqual(aws.requests(), []);
    // A source that takes precedence does not need it.
    project.configureS3({}, { awsProfile: 'named' });
    await deploy(project);
    assert.equal(signedBy().key, 'AKIANAMED');
  });
}

test('without credentials, the error names every source that was tried', async (t) => {
  setUpMachine(t, {});
  await assert.rejects(deploy(createAssetProject(t, FILES)), ({ code, message }) => {
    assert.equal(code, 'MISSING_CREDENTIALS');
    const places = ['aws-config.json', 'awsProfile', 'AWS_ACCESS_KEY_ID', 'default'];
    for (const place of [...places, 'web identity', 'container', 'instance']) {
      assert.ok(message.includes(place), `${place}: ${message}`);
    }
    return true;
  });
  assert.deepEqual(aws.requests(), []);
});

test('a metadata service that denies credentials is named beside the sources that were tried', async (t) => {
  const service = http.createServer((request, response) => response.writeHead(403).end());
  const { url, close } = await listen(service);
  t.after(close);
  const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: url, AWS_EC2_METADATA_DISABLED: 'false' };
  const message =
    /^no AWS credentials found: checked .* Those of the instance failed: .*[^.]\. Set awsProfile/;
  for (const config of ['', '[default]\nregion = eu-west-1\n']) {
    setUpMachine(t, { config, env });
    const refused = { code: 'MISSING_CREDENTIALS', message };
    await assert.rejects(deploy(createAssetProject(t, FILES)), refused);
  }
});

test('credential_process is run once', async (t) => {
  const { command, runs } = credentialProcess(t, {
    Version: 1,
    AccessKeyId: 'AKIAPROCESS',
    SecretAccessKey: SECRET,
    SessionToken: `${SECRET}Token`,
    Expiration: '2099-01-01T00:00:00Z',
  });
  setUpMachine(t, { config: `[profile tool]\ncredential_process = ${command}\n` });
  await deploy(createAssetProject(t, FILES, {}, { awsProfile: 'tool' }));
  assert.equal(signedBy().key, 'AKIAPROCESS');
  assert.equal(runs(), 1);
});

test('the error for a credential_process that fails names the profile and the reason', async (t) => {
  const answer = { Version: 1, SecretAccessKey: SECRET };
  const { command } = credentialProcess(t, answer, {
    message: 'the session is over',
    exitCode: 3,
  });
  setUpMachine(t, { config: `[profile tool]\ncredential_process = ${command} ${SECRET}\n` });
  await assert.rejects(deploy(createAssetProject(t, FILES, {}, { awsProfile: 'tool' })), {
    code: 'MISSING_CREDENTIALS',
    message: /\btool\b.*the session is over/,
  });
});

test('the error for a credential_process with invalid output names the profile', async (t) => {
  const { command } = credentialProcess(t, `SecretAccessKey is ${SECRET}`);
  setUpMachine(t, { config: `[profile tool]\ncredential_process = ${command}\n` });
  await assert.rejects(deploy(createAssetProject(t, FILES, {}, { awsProfile: 'tool' })), {
    code: 'MISSING_CREDENTIALS',
    message: /\btool\b/,
  });
});

test('an account that is not an account ID is not sent', async (t) => {
  setUpMachine(t, { env: { ...keys('AKIAENV'), AWS_ACCOUNT_ID: '1234-5678-9012' } });
  await deploy(createAssetProject(t, FILES));
  const [{ headers }] = aws.requests('PutObject');
  assert.match(headers['x-amz-expected-bucket-owner'] ?? '', /^([0-9]{12})?$/);
});

test('AWS_DEFAULT_PROFILE, which is not read, is a warning where it would decide', async (t) => {
  const credentials = profile('default', 'AKIADEFAULT') + profile('cat', 'AKIACAT');
  const warnings = async (env, options) => {
    setUpMachine(t, { credentials, env: { AWS_DEFAULT_PROFILE: 'cat', ...env } });
    const { lines } = await deploy(createAssetProject(t, FILES, {}, options));
    return lines('warning').filter((line) => line.includes('AWS_DEFAULT_PROFILE'));
  };
  const [warning, ...more] = await warnings({});
  assert.match(warning, /is 'cat', is not read here: set AWS_PROFILE/);
  assert.deepEqual(more, []);
  assert.deepEqual(await warnings({ AWS_PROFILE: 'default' }), []);
  assert.deepEqual(await warnings(keys('AKIAENV')), []);
  assert.deepEqual(await warnings({}, { awsProfile: 'cat' }), []);
});

test('an address of a container without a scheme is an error that names the variable', async (t) => {
  const variable = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
  setUpMachine(t, { env: { [variable]: 'localhost:8080' } });
  await assert.rejects(deploy(createAssetProject(t, FILES)), {
    code: 'INVALID_OPTION',
    message: new RegExp(`${variable} must be a URL`),
  });
  const credentials = profile('default', 'AKIADEFAULT');
  setUpMachine(t, { credentials, env: { [variable]: 'localhost:8080' } });
  await deploy(createAssetProject(t, FILES));
  assert.equal(signedBy().key, 'AKIADEFAULT');
  await aws.reset();
  setUpMachine(t, { env: { ...keys('AKIAENV'), [variable]: 'localhost:8080' } });
  await deploy(createAssetProject(t, FILES));
  assert.equal(signedBy().key, 'AKIAENV');
  await aws.reset();
  const file = path.join(tempDir(t), 'token');
  const env = { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: ROLE.split(' = ')[1] };
  setUpMachine(t, { env: { ...env, [variable]: 'localhost:8080' } });
  await assert.rejects(deploy(createAssetProject(t, FILES)), { code: 'MISSING_CREDENTIALS' });
});

test('a profile that asks the container gets the same check of its address', async (t) => {
  const variable = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
  const config = `[profile cat]\n${ROLE}\ncredential_source = EcsContainer\n`;
  for (const url of ['localhost:8080', '']) {
    setUpMachine(t, { config, env: { [variable]: url } });
    await assert.rejects(deploy(createAssetProject(t, FILES, {}, { awsProfile: 'cat' })), {
      code: 'INVALID_OPTION',
      message: new RegExp(`${variable} must be a URL`),
    });
  }
  assert.deepEqual(aws.requests(), []);
});

test('variables that end the search for credentials are errors that name them', async (t) => {
  const role = ROLE.split(' = ')[1];
  for (const [env, code, named] of [
    [{ AWS_WEB_IDENTITY_TOKEN_FILE: 'token' }, 'MISSING_CREDENTIALS', 'AWS_ROLE_ARN'],
    [
      { AWS_WEB_IDENTITY_TOKEN_FILE: '', AWS_ROLE_ARN: role },
      'INVALID_OPTION',
      'AWS_WEB_IDENTITY_TOKEN_FILE must be the path of a file',
    ],
    [
      { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '' },
      'INVALID_OPTION',
      'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must be a path',
    ],
  ]) {
    setUpMachine(t, { env });
    await assert.rejects(deploy(createAssetProject(t, FILES)), {
      code,
      message: new RegExp(named),
    });
    for (const name of Object.keys(env)) delete process.env[name];
  }
  assert.deepEqual(aws.requests(), []);
});

test('endpoints of AWS only and the address of an emulator are an error that names both', async (t) => {
  const credentials = profile('default', 'AKIADEFAULT');
  for (const [env, setting] of [
    [{ AWS_USE_FIPS_ENDPOINT: 'true' }, ''],
    [{ AWS_USE_DUALSTACK_ENDPOINT: 'true', AWS_USE_FIPS_ENDPOINT: '' }, ''],
    [{ AWS_USE_DUALSTACK_ENDPOINT: '' }, 'use_fips_endpoint = true'],
  ]) {
    setUpMachine(t, { credentials, config: `[default]\n${setting}\n`, env });
    await assert.rejects(deploy(createAssetProject(t, FILES)), {
      code: 'INVALID_OPTION',
      message: /_ENDPOINT, or use_\w+ in the AWS profile.* requests go to http:/,
    });
  }
  const web = { AWS_WEB_IDENTITY_TOKEN_FILE: 'token', AWS_ROLE_ARN: ROLE.split(' = ')[1] };
  setUpMachine(t, { env: { ...web, AWS_USE_FIPS_ENDPOINT: 'true' } });
  await assert.rejects(deploy(createAssetProject(t, FILES)), { code: 'INVALID_OPTION' });
  assert.deepEqual(aws.requests(), []);
});

test('a secret key with a line break is an error', async (t) => {
  const env = { ...keys('AKIAENV'), AWS_SECRET_ACCESS_KEY: `${SECRET}\n${SECRET}` };
  setUpMachine(t, { env });
  await assert.rejects(deploy(createAssetProject(t, FILES)), {
    code: 'MISSING_CREDENTIALS',
    message: /secret access key.*without spaces and line breaks/,
  });
  assert.deepEqual(aws.requests(), []);
});

/** Variables that a CI system sets to nothing if it has no value for them. */
const EMPTY = [
  'AWS_CA_BUNDLE',
  'AWS_DEFAULT_REGION',
  'AWS_EC2_METADATA_DISABLED',
  'AWS_MAX_ATTEMPTS',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_RETRY_MODE',
  'AWS_SDK_UA_APP_ID',
  'AWS_SESSION_TOKEN',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_USE_FIPS_ENDPOINT',
  'HTTPS_PROXY',
];

test('empty variables count as not set', async (t) => {
  const empty = Object.fromEntries(EMPTY.map((name) => [name, '']));
  const region = 'region = eu-north-1';
  setUpMachine(t, {
    config: `[default]\n${region}\n`,
    credentials: profile('default', 'AKIADEFAULT'),
    env: { ...empty, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
  });
  await deploy(createAssetProject(t, FILES));
  assert.deepEqual(signedBy(), { key: 'AKIADEFAULT', region: 'eu-north-1', token: undefined });
  await aws.reset();
  setUpMachine(t, {
    config: `[default]\n${region}\n`,
    env: { ...empty, ...keys('AKIAENV'), AWS_DEFAULT_REGION: 'eu-west-1' },
  });
  await deploy(createAssetProject(t, FILES));
  assert.deepEqual(signedBy(), { key: 'AKIAENV', region: 'eu-west-1', token: undefined });
});

for (const [what, config, message] of [
  [
    'profiles that name each other',
    `[profile cat]\n${ROLE}\nsource_profile = dog\n[profile dog]\n${ROLE}\nsource_profile = cat\n`,
    /cat, dog.*source_profile/,
  ],
  [
    'only a region',
    '[profile cat]\nregion = eu-west-1\n',
    /'cat' does not have credentials.*aws configure/s,
  ],
  [
    'a source_profile that does not exist',
    `[profile cat]\n${ROLE}\nsource_profile = dgo\n`,
    /'dgo'/,
  ],
  ['half of a key', '[profile cat]\naws_access_key_id = AKIACAT\n', /aws_secret_access_key/],
]) {
  test(`the error for a profile with ${what} names the cause`, async (t) => {
    setUpMachine(t, { config });
    await assert.rejects(
      deploy(createAssetProject(t, FILES, {}, { awsProfile: 'cat' })),
      (error) => {
        assert.equal(error.code, 'MISSING_CREDENTIALS');
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /sso login|[Ss]ign in/);
        return true;
      },
    );
    assert.deepEqual(aws.requests(), []);
  });
}

test('the error for a role that demands an MFA code names mfa_serial, not a wrong sign-in', async (t) => {
  const config = `[profile cat]\n${ROLE}\nmfa_serial = arn:aws:iam::123456789012:mfa/me\nsource_profile = dog\n`;
  const sts = await refusingSts(t);
  setUpMachine(t, {
    config,
    credentials: profile('dog', 'AKIADOG'),
    env: { AWS_ENDPOINT_URL_STS: sts.url },
  });
  await assert.rejects(deploy(createAssetProject(t, FILES, {}, { awsProfile: 'cat' })), {
    code: 'MISSING_CREDENTIALS',
    message: /mfa_serial.*export-credentials/s,
  });
});

const ARN =
  'arn:aws:lambda:ap-northeast-1:123456789012:function:cats_development_litexa_handler:release-0';
const REGIONS = [
  ['awsRegion', 'eu-west-1', 'awsRegion'],
  ['aws-config.json', 'eu-central-1', 'aws-config.json'],
  ['the deployed function', 'ap-northeast-1', 'target|function'],
  ['the environment', 'us-west-2', 'environment|AWS_REGION'],
  ['the profile', 'eu-north-1', 'profile'],
  ['us-east-1', 'us-east-1', 'default'],
];
for (const [index, [place, region, reason]] of REGIONS.entries()) {
  test(`the region is that of ${place} if no source before it sets one`, async (t) => {
    const present = (number, value) => (index <= number ? value : undefined);
    setUpMachine(t, {
      config: present(4, '[profile named]\nregion = eu-north-1\n'),
      credentials: profile('named', 'AKIANAMED'),
      env: present(3, { AWS_REGION: 'us-west-2' }),
    });
    const awsRegion = present(0, 'eu-west-1');
    const project = createAssetProject(t, FILES, {}, { awsProfile: 'named', awsRegion });
    const own = { accessKeyId: 'AKIAFILE', secretAccessKey: SECRET, region: 'eu-central-1' };
    if (present(1, true)) writeAwsConfig(project, { development: own });
    const deployed = { variants: { development: { versions: [{ lambdaARN: ARN }] } }, globals: {} };
    if (present(2, true)) {
      fs.writeFileSync(path.join(project.root, 'artifacts.json'), JSON.stringify(deployed));
    }
    const { lines } = await deploy(project);
    assert.equal(signedBy().region, region);
    assert.match(lines('log').join('\n'), new RegExp(`${region}\\b.*(?:${reason})`));
  });
}

test('AWS_DEFAULT_REGION is used if AWS_REGION is not set', async (t) => {
  setUpMachine(t, { env: { ...keys('AKIAENV'), AWS_DEFAULT_REGION: 'eu-west-1' } });
  await deploy(createAssetProject(t, FILES));
  assert.equal(signedBy().region, 'eu-west-1');
});

/** Creates a program that prints `answer`, and counts how often it is run. */
function credentialProcess(t, answer, { message = '', exitCode = 0 } = {}) {
  const folder = tempDir(t);
  const [script, runs] = [path.join(folder, 'credentials.js'), path.join(folder, 'runs')];
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  const lines = [
    `require('node:fs').appendFileSync(${JSON.stringify(runs)}, '.');`,
    `console.log(${JSON.stringify(text)});`,
    `console.error(${JSON.stringify(message)});`,
    `process.exitCode = ${exitCode};`,
  ];
  fs.writeFileSync(script, lines.join('\n'));
  return {
    command: `"${process.execPath}" "${script}"`,
    runs: () => fs.readFileSync(runs, 'utf8').length,
  };
}
