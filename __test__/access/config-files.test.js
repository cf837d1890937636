'use strict';

// `~/.aws/config` and `~/.aws/credentials`, which are read as leniently as the AWS CLI reads them.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const {
  FILES,
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

const aws = useAws();
const { deploy, setUpMachine, signedBy } = useMachines(aws);

// The AWS CLI reads its files with Python's configparser:
// https://github.com/boto/botocore/blob/develop/botocore/configloader.py
const cat = (...lines) => lines.join('\n');
for (const [what, text, encoding] of [
  [
    'indented keys',
    cat('[cat]', '  aws_access_key_id = AKIACAT', `  aws_secret_access_key = ${SECRET}`),
  ],
  [
    'text after a section',
    cat('[cat] mine', 'aws_access_key_id = AKIACAT', `aws_secret_access_key = ${SECRET}`),
  ],
  [
    'keys with a colon',
    cat('[cat]', 'aws_access_key_id: AKIACAT', `aws_secret_access_key: ${SECRET}`),
  ],
  ['a comment in Latin-1', `# für Skills\n${profile('cat', 'AKIACAT')}`, 'latin1'],
  ['UTF-16', `\ufeff${profile('cat', 'AKIACAT')}`, 'utf16le'],
]) {
  test(`a credentials file with ${what} is read`, async (t) => {
    setUpMachine(t, { credentials: Buffer.from(text, encoding) });
    await deploy(createAssetProject(t, FILES, {}, { awsProfile: 'cat' }));
    assert.equal(signedBy().key, 'AKIACAT');
  });
}

// The AWS CLI takes any name, and quotes one with white space in the file of settings:
// https://github.com/aws/aws-cli/blob/develop/awscli/customizations/configure/__init__.py
for (const [name, section = name] of [
  ['my cats', "'my cats'"],
  ['päivi'],
  ['50% & more', '"50% & more"'],
  ["o'neil"],
]) {
  test(`a profile of the name ${name} is found by the option and by AWS_PROFILE`, async (t) => {
    const files = {
      config: `[profile ${section}]\nregion = eu-north-1\n`,
      credentials: profile(name, 'AKIACAT'),
    };
    const found = { key: 'AKIACAT', region: 'eu-north-1', token: undefined };
    setUpMachine(t, files);
    await deploy(createAssetProject(t, FILES, {}, { awsProfile: name }));
    assert.deepEqual(signedBy(), found);
    await aws.reset();
    setUpMachine(t, { ...files, env: { AWS_PROFILE: name } });
    const { lines } = await deploy(createAssetProject(t, FILES));
    assert.deepEqual(signedBy(), found);
    assert.ok(lines('log').some((line) => line.includes(`profile '${name}'`)));
  });
}

test('a role is assumed with the profile of any name that source_profile has', async (t) => {
  const sts = await refusingSts(t);
  setUpMachine(t, {
    config: `[profile my role]\n${ROLE}\nsource_profile = my cats\nregion = us-east-1\n`,
    credentials: profile('my cats', 'AKIACAT'),
    env: { AWS_ENDPOINT_URL_STS: sts.url },
  });
  const deployment = deploy(createAssetProject(t, FILES, {}, { awsProfile: 'my role' }));
  await assert.rejects(deployment, {
    code: 'MISSING_CREDENTIALS',
    message: /profile 'my role'.*--profile "my role"/,
  });
  assert.match(sts.authorizations[0], /Credential=AKIACAT\//);
});

test('the error for an unknown profile names profiles as they are written', async (t) => {
  setUpMachine(t, { credentials: profile('my cats', 'AKIACAT') });
  await assert.rejects(deploy(createAssetProject(t, FILES, {}, { awsProfile: 'my dogs' })), {
    code: 'UNKNOWN_PROFILE',
    message: /'my dogs' .*define only my cats\. Run `aws configure --profile "my dogs"`/,
  });
});

test('empty settings of a profile count as not set', async (t) => {
  const empty = [
    'aws_session_token',
    'aws_account_id',
    'endpoint_url',
    'region',
    'ca_bundle',
    'credential_process',
    'sso_session',
  ].map((name) => `${name} =`);
  setUpMachine(t, { credentials: profile('default', 'AKIADEFAULT', ...empty) });
  await deploy(createAssetProject(t, FILES));
  assert.deepEqual(signedBy(), { key: 'AKIADEFAULT', region: 'us-east-1', token: undefined });
});

test('a profile redirects the logs by the name that AWS documents', async (t) => {
  // https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html
  setUpMachine(t, {
    config: `[default]\nservices = all\n[services all]\ncloudwatch_logs =\n  endpoint_url = ${aws.env.AWS_ENDPOINT_URL}\n`,
    credentials: profile('default', 'AKIADEFAULT'),
  });
  delete process.env.AWS_ENDPOINT_URL;
  const project = createAssetProject(t, FILES);
  await pull(project, {}, { target: project.target });
  assert.notEqual(aws.requests().length, 0);
});

test('a configuration file may be a device without content', async (t) => {
  const device = process.platform === 'win32' ? 'NUL' : '/dev/null';
  setUpMachine(t, {
    credentials: profile('default', 'AKIADEFAULT'),
    env: { AWS_CONFIG_FILE: device },
  });
  await deploy(createAssetProject(t, FILES));
  assert.equal(signedBy().key, 'AKIADEFAULT');
});

for (const [name, config] of [
  ['AWS_MAX_ATTEMPTS', 'max_attempts'],
  ['AWS_RETRY_MODE', 'retry_mode'],
]) {
  test(`a setting of the SDK that does not count here, ${config}, does no harm with any value`, async (t) => {
    setUpMachine(t, { credentials: profile('default', 'AKIADEFAULT'), env: { [name]: 'many' } });
    await deploy(createAssetProject(t, FILES));
    assert.equal(signedBy().key, 'AKIADEFAULT');
    await aws.reset();
    const files = {
      config: `[default]\n${config} = many\n`,
      credentials: profile('default', 'AKIADEFAULT'),
    };
    for (const awsProfile of [undefined, 'default']) {
      setUpMachine(t, files);
      await deploy(createAssetProject(t, FILES, {}, { awsProfile }));
      assert.equal(signedBy().key, 'AKIADEFAULT');
      await aws.reset();
    }
  });
}

test('a damaged AWS configuration file does no harm to credentials that do not come from it', async (t) => {
  setUpMachine(t, { config: '[default\n', env: keys('AKIAENV') });
  await deploy(createAssetProject(t, FILES));
  assert.equal(signedBy().key, 'AKIAENV');
});

test('the default profile is read in the same way, and so are its settings', async (t) => {
  const config = `[profile dog] \n  region: eu-west-1\n  endpoint_url: ${aws.env.AWS_ENDPOINT_URL}\n`;
  const credentials = profile('dog', 'AKIADOG').replaceAll('aws_', '  aws_');
  setUpMachine(t, {
    config,
    credentials,
    env: { AWS_PROFILE: 'dog' },
  });
  delete process.env.AWS_ENDPOINT_URL;
  await deploy(createAssetProject(t, FILES));
  assert.deepEqual(signedBy(), { key: 'AKIADOG', region: 'eu-west-1', token: undefined });
});

test('the error for a damaged AWS configuration file names it', async (t) => {
  setUpMachine(t, { credentials: `[default\naws_secret_access_key = ${SECRET}\n` });
  await assert.rejects(
    deploy(createAssetProject(t, FILES, {}, { awsProfile: 'default' })),
    ({ message }) => {
      assert.match(message, /credentials cannot be read: line 1/);
      return true;
    },
  );
});

test("requests go to a profile's endpoint_url", async (t) => {
  setUpMachine(t, {
    config: `[profile local]\nendpoint_url = ${aws.env.AWS_ENDPOINT_URL}\n`,
    credentials: profile('local', 'AKIALOCAL'),
  });
  delete process.env.AWS_ENDPOINT_URL;
  await deploy(createAssetProject(t, FILES, {}, { awsProfile: 'local' }));
  assert.equal(signedBy().key, 'AKIALOCAL');
});

test('S3 requests go to AWS_ENDPOINT_URL_S3', async (t) => {
  const endpoint = aws.env.AWS_ENDPOINT_URL;
  const endpoints = { AWS_ENDPOINT_URL_S3: endpoint, AWS_ENDPOINT_URL_STS: endpoint };
  setUpMachine(t, { env: { ...keys('AKIAENV'), ...endpoints } });
  delete process.env.AWS_ENDPOINT_URL;
  await deploy(createAssetProject(t, FILES));
  assert.equal(signedBy().key, 'AKIAENV');
});
