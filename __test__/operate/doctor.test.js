'use strict';

// The findings of `doctor`: each with its fix, and with the exit code that follows.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { nodeVersion } = require('../../bin/lib/local-findings');
const { iamError, s3Error } = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { runExecutable } = require('../support/litexa/executable');
const { createProject } = require('../support/litexa/project');
const { tempDir } = require('../support/tmp');

const aws = useAws();

const PROJECT = {
  name: 'tea_house',
  target: 'development',
  options: { s3Configuration: { bucketName: 'tea-assets' } },
};
const USER = 'arn:aws:iam::123456789012:user/teams/brewer';

async function examine(t, { project = PROJECT, env, files = {} } = {}) {
  const { root, write } = createProject(t, project);
  for (const [name, content] of Object.entries(files)) write(name, content);
  const result = await runExecutable(['doctor', '--json'], { cwd: root, env: env ?? aws.env });
  const { findings } = result.json();
  for (const { check, status, detail, fix } of findings) {
    assert.ok(detail, check);
    assert.ok(status === 'ok' || fix || /\. \w/.test(detail), `${check}: ${detail}`);
  }
  const hasProblem = findings.some(({ status }) => status === 'problem');
  assert.equal(result.code, hasProblem ? 1 : 0);
  const of = (name) => findings.filter(({ check }) => check === name);
  return { ...result, findings, of, one: (name) => of(name)[0] };
}

/** Answers GetCallerIdentity, as AWS does for an IAM user or a role. */
function identify(arn, headers = {}) {
  aws.answer('GetCallerIdentity', {
    status: 200,
    headers: { 'content-type': 'text/xml', ...headers },
    body: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
      <Arn>${arn}</Arn><UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account>
      </GetCallerIdentityResult></GetCallerIdentityResponse>`,
  });
}

/** Answers SimulatePrincipalPolicy by a decision about each action. Returns the parameters that were sent. */
function simulate(decide = () => 'allowed') {
  const sent = [];
  aws.answer('SimulatePrincipalPolicy', ({ body }) => {
    const parameters = new URLSearchParams(body.toString());
    sent.push(parameters);
    const actions = [...parameters]
      .filter(([name]) => name.startsWith('ActionNames.member.'))
      .map(([, value]) => value);
    const members = actions.map(
      (action) => `<member><EvalActionName>${action}</EvalActionName>
        <EvalDecision>${decide(action)}</EvalDecision></member>`,
    );
    return {
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body: `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
        <SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated>
        <EvaluationResults>${members.join('')}</EvaluationResults>
        </SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`,
    };
  });
  return sent;
}

test('an account where everything is right has no problem', async (t) => {
  await aws.client.createBucket('tea-assets');
  identify(USER);
  const sent = simulate();
  const { code, one, of, stderr, stdout } = await examine(t);
  assert.equal(code, 0, stdout);
  assert.deepEqual(
    [
      'module',
      'config',
      'target',
      'proxy',
      'certificates',
      'credentials',
      'region',
      'account',
      'clock',
      'bucket',
    ]
      .map((check) => [check, one(check)?.status])
      .filter(([, status]) => status !== 'ok'),
    [],
  );
  assert.equal(one('credentials').detail, 'environment variables');
  assert.equal(one('account').detail, `123456789012, as ${USER}`);
  assert.match(of('rights')[0].detail, /^all \d\d are likely allowed/);
  // The endpoint is not AWS's own here.
  assert.equal(one('endpoint').status, 'warning');
  assert.deepEqual(
    new Set(sent.map((parameters) => parameters.get('PolicySourceArn'))),
    new Set([USER]),
  );
  const text = stdout + stderr;
  for (const secret of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
    assert.ok(!text.includes(aws.env[secret]), secret);
  }
  assert.deepEqual(
    aws.writes().filter((one) => !/Simulate|GetCallerIdentity/.test(one)),
    [],
  );
});

test('the simulation is asked for the actions, the resources and the conditions of the policy', async (t) => {
  identify(USER);
  const sent = simulate();
  await examine(t);
  const of = (action) => sent.find((parameters) => [...parameters.values()].includes(action));
  const entries = (action) => [...of(action)].filter(([name]) => /^(Resource|Context)/.test(name));
  assert.deepEqual(entries('iam:PassRole'), [
    ['ResourceArns.member.1', 'arn:aws:iam::123456789012:role/litexa_handler_lambda'],
    ['ContextEntries.member.1.ContextKeyName', 'iam:PassedToService'],
    ['ContextEntries.member.1.ContextKeyValues.member.1', 'lambda.amazonaws.com'],
    ['ContextEntries.member.1.ContextKeyType', 'string'],
  ]);
  assert.deepEqual(entries('s3:ListAllMyBuckets'), []);
  // A resource has a name, and not a pattern.
  for (const parameters of sent) {
    for (const [name, value] of parameters) {
      if (name.startsWith('ResourceArns')) assert.doesNotMatch(value, /\*/);
    }
  }
});

test('rights that are likely missing are warnings with their statement', async (t) => {
  identify(USER);
  simulate((action) => (action.startsWith('lambda:') ? 'implicitDeny' : 'allowed'));
  const { code, of } = await examine(t);
  assert.equal(code, 0);
  const details = of('rights').map(({ detail }) => detail);
  assert.equal(details.length, 2);
  assert.match(details[0], /^likely denied: lambda:CreateAlias, .*\(statement Lambda\)$/);
  assert.match(details[1], /lambda:AddPermission \(statement InvokePermission\)$/);
});

test('the simulation is optional', async (t) => {
  identify(USER);
  aws.answer(
    'SimulatePrincipalPolicy',
    iamError(403, 'AccessDenied', `User: ${USER} is not authorized`),
  );
  const { code, of } = await examine(t);
  assert.equal(code, 0);
  const [{ status, detail, fix }] = of('rights');
  assert.equal(status, 'warning');
  assert.match(detail, /^not checked: /);
  assert.equal(fix, `Allow iam:SimulatePrincipalPolicy on ${USER}`);
});

test('the role of a session is simulated, with its path if that can be read', async (t) => {
  identify('arn:aws:sts::123456789012:assumed-role/brewer/session');
  const sent = simulate();
  aws.answer('GetRole', iamError(403, 'AccessDenied', 'not authorized'), { times: 1 });
  await examine(t);
  assert.equal(sent[0].get('PolicySourceArn'), 'arn:aws:iam::123456789012:role/brewer');
});

test('the root user is a warning, and is not simulated', async (t) => {
  identify('arn:aws:iam::123456789012:root');
  const { one } = await examine(t);
  assert.equal(one('account').status, 'warning');
  assert.match(one('rights').detail, /does not simulate/);
  assert.equal(aws.count('SimulatePrincipalPolicy'), 0);
});

test('a clock that AWS rejects is a problem', async (t) => {
  const at = (minutes) => new Date(Date.now() + minutes * 60_000).toUTCString();
  for (const [minutes, status] of [
    [-12, 'problem'],
    [12, 'problem'],
    [3, 'warning'],
  ]) {
    aws.removeInterceptors();
    identify(USER, { date: at(minutes) });
    simulate();
    assert.equal((await examine(t)).one('clock').status, status, String(minutes));
  }
});

test('a bucket that S3 does not let in is a problem', async (t) => {
  identify(USER);
  simulate();
  const denial = s3Error(403, 'AccessDenied', 'Access Denied');
  denial.headers['x-amz-bucket-region'] = 'us-east-1';
  aws.answer('HeadBucket', denial);
  aws.answer('ListObjectsV2', denial);
  aws.answer('ListObjects', denial);
  const { one, code } = await examine(t);
  assert.deepEqual([one('bucket').status, code], ['problem', 1]);
});

test('without credentials, everything before them is examined', async (t) => {
  const env = {
    AWS_EC2_METADATA_DISABLED: 'true',
    HOME: tempDir(t),
    HTTPS_PROXY: 'http://me:hidden@proxy:3128',
  };
  const { one, code, stdout } = await examine(t, { env });
  assert.equal(code, 1);
  assert.match(one('credentials').detail, /^no AWS credentials found/);
  assert.match(one('proxy').detail, /go through proxy:3128/);
  assert.ok(!stdout.includes('hidden'));
});

test('a proxy for addresses with http:// only is named as such', async (t) => {
  const env = {
    AWS_EC2_METADATA_DISABLED: 'true',
    HOME: tempDir(t),
    HTTP_PROXY: 'http://me:hidden@proxy:3128',
  };
  const { one, stdout } = await examine(t, { env });
  assert.match(one('proxy').detail, /^none for AWS; .* http:\/\/ go through proxy:3128/);
  assert.ok(!stdout.includes('hidden'));
});

const CONFIGS = [
  ['a config that is not JSON', { files: { 'litexa.config.json': '{' } }, 'config', /failed: /],
  [
    'a target that does not exist',
    { project: { ...PROJECT, target: 'beta' } },
    'target',
    /has beta/,
  ],
  [
    'a name that the CLI refuses',
    { project: { ...PROJECT, name: 'cats' } },
    'config',
    /refuses the name cats/,
  ],
  [
    'an option that does not exist',
    { project: { ...PROJECT, options: { s3Configuration: { bucketNme: 'x' } } } },
    'options',
    /Did you mean s3Configuration\.bucketName\?/,
  ],
];

/** Options that a deployment refuses before its first request, and those that it warns about. */
const OPTIONS = [
  [{ lambdaConfiguration: { MemorySizes: 1 } }, 'problem', /Did you mean .*MemorySize/],
  [{ lambdaConfiguration: { Runtime: 'python3.12' } }, 'problem', /lambdaConfiguration\.Runtime/],
  [{ s3Configuration: { bucketName: 'Tea_House' } }, 'problem', /not a valid S3 bucket name/],
  [
    { s3Configuration: { bucketName: 'tea-assets', uploadParams: [{ params: { Bucket: 'x' } }] } },
    'problem',
    /uploadParams\[0\]\.params\.Bucket/,
  ],
  [{ lambdaConfigurations: {} }, 'warning', /'lambdaConfigurations'/],
  [{ ofAnotherTool: 1 }, 'warning', /'ofAnotherTool'/],
];

for (const [options, status, detail] of OPTIONS) {
  test(`a ${status} of the options: ${JSON.stringify(options)}`, async (t) => {
    identify(USER);
    simulate();
    const { of, findings } = await examine(t, { project: { ...PROJECT, options } });
    const [found, ...others] = of('options');
    assert.equal(found.status, status);
    assert.match(`${found.detail}. ${found.fix}`, detail);
    assert.deepEqual(others, []);
    // It is one finding, and not a success of another check.
    const problems = findings.filter((one) => one.status === 'problem');
    assert.equal(problems.length, status === 'problem' ? 1 : 0);
    if (status === 'problem' && options.s3Configuration) assert.deepEqual(of('bucket'), []);
  });
}

test('each part with wrong options is a problem', async (t) => {
  const options = {
    lambdaConfiguration: { MemorySizes: 1 },
    s3Configuration: { bucketName: 'Tea_House' },
  };
  identify(USER);
  simulate();
  const { of } = await examine(t, { project: { ...PROJECT, options } });
  assert.deepEqual(
    of('options').map(({ status }) => status),
    ['problem', 'problem'],
  );
});

test('an ARN of another partition than that of the region is a problem', async (t) => {
  const Role = 'arn:aws-cn:iam::123456789012:role/tea';
  const options = { ...PROJECT.options, lambdaConfiguration: { Role } };
  identify(USER);
  simulate();
  const { of } = await examine(t, { project: { ...PROJECT, options } });
  assert.deepEqual(
    of('options').map(({ status }) => status),
    ['problem'],
  );
  assert.match(
    of('options')[0].detail,
    /lambdaConfiguration\.Role must be an ARN of the partition/,
  );
});

test('variables of this module that are wrong or unknown are findings, beside the others', async (t) => {
  const env = {
    ...aws.env,
    LITEXA_LOGS_COLOR: '1',
    LITEXA_DEPLOY_DRYRUN: '1',
    LITEXA_AWS_TIMEOUT_SECONDS: 'abc',
    AWS_ENDPOINT_URL_IAM: 'ann:s3cret@localhost:4566',
  };
  const wrong = await examine(t, { env });
  assert.deepEqual(
    wrong.of('environment').map(({ status }) => status),
    ['problem', 'problem', 'problem'],
  );
  assert.match(wrong.one('environment').fix, /LITEXA_DEPLOY_DRY_RUN/);
  assert.equal(wrong.one('options').status, 'ok');
  assert.doesNotMatch(wrong.stdout + wrong.stderr, /s3cret/);

  const value = await examine(t, { env: { ...aws.env, LITEXA_DEPLOY_DRY_RUN: 'yes' } });
  assert.match(value.one('environment').detail, /LITEXA_DEPLOY_DRY_RUN must be 1 or 0/);

  identify(USER);
  simulate();
  const unknown = await examine(t, { env: { ...aws.env, LITEXA_LOGS_COLOR: '1' } });
  assert.equal(unknown.one('environment').status, 'warning');
  assert.match(unknown.one('environment').detail, /LITEXA_LOGS_COLOR is not known/);
  assert.equal(unknown.one('account').status, 'ok');
});

test('an address in the profile is a warning, as one in the environment is', async (t) => {
  identify(USER);
  simulate();
  const AWS_CONFIG_FILE = path.join(tempDir(t), 'config');
  const { AWS_ENDPOINT_URL: url, ...env } = aws.env;
  const direct = url.replace('http://', 'http://ann:s3cret@');
  fs.writeFileSync(AWS_CONFIG_FILE, `[default]\nendpoint_url = ${direct}\n`);
  const { one, of, stdout } = await examine(t, { env: { ...env, AWS_CONFIG_FILE } });
  assert.equal(of('endpoint').length, 1);
  assert.match(
    one('endpoint').detail,
    /^endpoint_url of the AWS profile sends requests to [\w.:]+ instead/,
  );
  assert.doesNotMatch(stdout, /s3cret/);
});

test('an address of one service in the profile is a warning of its own, unless a variable replaces it', async (t) => {
  identify(USER);
  simulate();
  const AWS_CONFIG_FILE = path.join(tempDir(t), 'config');
  const { AWS_ENDPOINT_URL: url, ...env } = aws.env;
  const lines = ['[default]', `endpoint_url = ${url}`, 'services = local', '[services local]'];
  const ofS3 = ['s3 =', `  endpoint_url = ${url.replace('http://', 'http://ann:s3cret@')}/s3`];
  fs.writeFileSync(AWS_CONFIG_FILE, `${[...lines, ...ofS3].join('\n')}\n`);
  const names = async (env) => {
    const { of, stdout } = await examine(t, { env: { ...env, AWS_CONFIG_FILE } });
    assert.doesNotMatch(stdout, /s3cret/);
    return of('endpoint').map(({ detail }) => detail.replace(/ sends requests to .*/, ''));
  };
  assert.deepEqual(await names(env), [
    'endpoint_url of the AWS profile',
    'endpoint_url of S3 in the AWS profile',
  ]);
  // The SDK prefers the environment's general address to that of a service in the profile.
  assert.deepEqual(await names(aws.env), ['AWS_ENDPOINT_URL']);
  // The same address for another service.
  assert.deepEqual(await names({ ...env, AWS_ENDPOINT_URL_IAM: `${url}/s3` }), [
    'AWS_ENDPOINT_URL_IAM',
    'endpoint_url of the AWS profile',
    'endpoint_url of S3 in the AWS profile',
  ]);
});

for (const [title, settings, check, detail] of CONFIGS) {
  test(`a problem: ${title}`, async (t) => {
    const { of, code } = await examine(t, settings);
    assert.equal(code, 1);
    const found = of(check).find(({ status }) => status === 'problem');
    assert.match(found.detail, detail);
  });
}

test("the project's own copy of this module, which the CLI prefers, has this version", async (t) => {
  const { version } = require('../../package.json');
  const target = async (manifest) => {
    const files = { 'node_modules/@litexa/deploy-aws/package.json': manifest };
    return (await examine(t, { files })).one('target');
  };
  for (const own of ['0.9.0', `${version}1`]) {
    const { status, detail, fix } = await target(JSON.stringify({ version: own }));
    assert.equal(status, 'warning');
    assert.ok(detail.includes(`by the version ${own} of this module, in `), detail);
    assert.ok(detail.endsWith('deploy-aws'), detail);
    assert.ok(fix.startsWith(`Install ${version} there as well`), fix);
  }
  for (const other of [JSON.stringify({ version }), '{}', '{']) {
    assert.equal((await target(other)).status, 'ok', other);
  }
});

test('outside of a project, the machine is examined', async (t) => {
  const { code, stdout } = await runExecutable(['doctor'], { cwd: tempDir(t) });
  assert.equal(code, 1);
  assert.match(stdout, /^[✔!] Node\.js: \d/m);
  assert.match(
    stdout,
    /^✘ config: .* does not belong to a Litexa project.*\n +fix: Change into a /m,
  );
});

test('a version of Node.js is judged by its support', () => {
  const today = new Date('2026-11-27');
  const status = (version) => nodeVersion(version, today).status;
  assert.deepEqual(['16.20.0', '18.20.8', '20.20.2', '22.1.0', '24.0.0', '27.0.0'].map(status), [
    'problem',
    'warning',
    'warning',
    'ok',
    'ok',
    'ok',
  ]);
});

test('a version of Node.js that is too old or unsupported is a finding with those to install', () => {
  const finding = (version, day) => nodeVersion(version, new Date(day));
  const fix =
    'Install Node.js 26 (supported until 2029-04-30), 24 (supported until 2028-04-30) or 22 (supported until 2027-04-30)';
  for (const [version, detail] of [
    ['16.20.0', '16.20.0, but 18.7 or later is needed'],
    ['18.6.0', '18.6.0, but 18.7 or later is needed'],
    ['0.12.18', '0.12.18, but 18.7 or later is needed'],
    ['18.20.8', '18.20.8, unsupported since 2025-04-30'],
    ['21.7.3', '21.7.3, unsupported since 2024-06-01'],
    ['25.1.0', '25.1.0, unsupported since 2026-06-01'],
  ]) {
    const found = finding(version, '2026-11-27');
    assert.deepEqual([found.detail, found.fix], [detail, fix]);
  }
  const { fix: later } = finding('22.1.0', '2027-04-30');
  assert.equal(
    later,
    'Install Node.js 26 (supported until 2029-04-30) or 24 (supported until 2028-04-30)',
  );
  assert.match(finding('24.1.0', '2030-01-01').fix, /https:\/\/nodejs\.org\//);
  assert.equal(finding('24.1.0', '2028-04-29').fix, undefined);
});
