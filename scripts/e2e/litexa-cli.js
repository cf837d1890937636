'use strict';

// Runs the real Litexa CLI with this module against an AWS emulator, and checks the resources and files
// afterwards: `LITEXA_CLI=<its main.js> npm run test:cli`.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout } = require('node:timers/promises');
const { isDeepStrictEqual } = require('node:util');
const { build } = require('../build');
const { ROOT } = require('../lib/cargo');
const { run, runMain } = require('../lib/exec');
const { awsClient } = require('../../__test__/support/aws/client');
const { startEmulator } = require('../../__test__/support/aws/emulator');
const { startProxy } = require('../../__test__/support/aws/proxy');
const { unsupportedConditions } = require('../../__test__/support/aws/unsupported-conditions');

const NAME = 'clicheck';
const TARGET = 'development';
const BUCKET = 'litexa-cli-check';
const FUNCTION = `${NAME}_${TARGET}_litexa_handler`;
const FUNCTION_ARN = `arn:aws:lambda:us-east-1:123456789012:function:${FUNCTION}`;
const LAUNCH = path.join(ROOT, 'examples', 'tea-house', 'events', 'launch.json');

const checks = { passed: 0, failed: 0 };

function check(what, passed, found) {
  checks[passed ? 'passed' : 'failed'] += 1;
  const detail = passed || found === undefined ? '' : `: ${JSON.stringify(found)}`;
  console.log(`${passed ? 'ok   ' : 'WRONG'} ${what}${detail}`);
}

function checkEqual(what, found, expected) {
  check(what, isDeepStrictEqual(found, expected), found);
}

function writeConfig(project, bucketName = BUCKET) {
  const target = { module: '@litexa/deploy-aws', s3Configuration: { bucketName } };
  const config = { name: NAME, deployments: { [TARGET]: target } };
  fs.writeFileSync(path.join(project, 'litexa.config.json'), JSON.stringify(config, null, 2));
  // With a config and a manifest there, `litexa generate` has no questions.
  fs.writeFileSync(path.join(project, 'skill.json'), JSON.stringify({ manifest: {} }));
}

/** Links the module as `npm install` of a local folder does. */
function linkModule(project) {
  const scope = path.join(project, 'node_modules', '@litexa');
  fs.mkdirSync(scope, { recursive: true });
  fs.symlinkSync(ROOT, path.join(scope, 'deploy-aws'), 'junction');
}

/** Returns functions that run the CLI in the project, successfully or not, and return its output. */
function cliIn(project, settings) {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  const env = { ...Object.fromEntries(others), ...settings };
  const finish = (args, variables = {}) =>
    run(process.execPath, [process.env.LITEXA_CLI, '--no-color', ...args], {
      cwd: project,
      env: { ...env, ...variables },
      quiet: true,
    });
  const litexa = async (args, variables) => {
    const output = await finish(args, variables);
    // The exit code of `litexa generate` is always 0.
    const failed = /FAILED|Generation failed|failed to load/.test(output);
    check(`litexa ${args.join(' ')}`, !failed, failed ? output : undefined);
    return output;
  };
  const failing = async (args, variables = {}) => {
    const succeeded = (output) => ({ code: 0, message: output });
    const { code, message } = await finish(args, variables).then(succeeded, (error) => error);
    const failed = code !== 0 && / failed with exit code 1:/.test(message);
    check(`litexa ${args.join(' ')}, which must fail, ends with 1`, failed, message);
    return message;
  };
  /** Starts a command that runs until Ctrl-C. */
  const start = (args, variables) => {
    const child = spawn(process.execPath, [process.env.LITEXA_CLI, '--no-color', ...args], {
      cwd: project,
      env: { ...env, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    const ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));
    return { ended, output: () => output, pressCtrlC: () => child.kill('SIGINT') };
  };
  return { litexa, failing, start };
}

async function checkFailures(project, failing, proxy) {
  writeConfig(project, null);
  proxy.clear();
  for (const types of ['all', 'assets']) {
    const output = await failing(['deploy', '-t', types]);
    check('it names the option', /Error: .*has no S3 bucket/.test(output), output);
    const addresses = output.match(/^See https:\S+#invalid_bucket_name$/gm) ?? [];
    checkEqual('and one address', addresses.length, 1);
    check('its last line', /FAILED in \d+ms$/.test(output.trim()), output);
  }
  await failing(['logs'], { LITEXA_LOGS_MINUTES: 'all' });
  checkEqual('failures before the first change send nothing', proxy.requests, []);
  writeConfig(project);
}

/** Asks for dry runs: nothing is sent that writes, and the CLI does not send the manifest either. */
async function checkDryRuns(project, { litexa, failing }, proxy) {
  const folder = path.join(project, '.deploy', TARGET);
  const files = () => fs.readdirSync(folder).filter((name) => !name.endsWith('.log'));
  const before = files();
  const saved = (key) => {
    const { variants } = JSON.parse(fs.readFileSync(path.join(project, 'artifacts.json'), 'utf8'));
    return variants[TARGET].versions[0][key];
  };
  const arn = saved('lambdaARN');
  proxy.clear();
  for (const types of ['all', 'assets', 'lambda', 'model', 'manifest']) {
    const output = await litexa(['deploy', '-t', types], { LITEXA_DEPLOY_DRY_RUN: '1' });
    const shows = (pattern) => check(`it shows ${pattern}`, pattern.test(output), output);
    if (['all', 'assets', 'lambda'].includes(types)) shows(/dry run: /);
    if (['all', 'manifest'].includes(types)) shows(/dry run: the manifest is not sent/);
  }
  checkEqual('dry runs write nothing', proxy.writes(), []);
  checkEqual('nor files of the module', files(), before);
  checkEqual('nor artifacts of the module', saved('lambdaARN'), arn);
  proxy.clear();
  for (const types of ['lambda', 'manifest']) {
    const output = await failing(['deploy', '-t', types], { LITEXA_DEPLOY_DRY_RUN: 'yes' });
    check('it names the variable', /LITEXA_DEPLOY_DRY_RUN must be 1 or 0/.test(output), output);
  }
  checkEqual('another value never deploys', proxy.requests, []);
}

async function checkAssets(aws) {
  const keys = await aws.listObjects(BUCKET, `${NAME}/${TARGET}/`);
  const icons = ['icon-108.png', 'icon-512.png'].map((icon) => `${NAME}/${TARGET}/default/${icon}`);
  checkEqual('objects and their keys', keys, icons);
  const { status, headers } = await aws.getObject(BUCKET, icons[0]);
  check('an icon can be read anonymously', status === 200, status);
  checkEqual('its content type', headers['content-type'], 'image/png');
}

async function checkFunction(aws) {
  const found = await aws.getFunction(FUNCTION);
  check(`function ${FUNCTION}`, Boolean(found));
  const { Handler, MemorySize, Timeout, Description } = found?.Configuration ?? {};
  checkEqual('its configuration', [Handler, MemorySize, Timeout], ['index.handler', 256, 10]);
  checkEqual('its description', Description, `Litexa skill handler for project ${NAME}`);
  checkEqual('its variables', found?.Configuration.Environment?.Variables, {
    variant: TARGET,
    loggingLevel: 'terse',
    dynamoTableName: `${FUNCTION}_state`,
    assetsRoot: `https://s3.us-east-1.amazonaws.com/${BUCKET}/${NAME}/${TARGET}/`,
  });
  for (const alias of ['release-0', 'LIVE']) {
    const version = (await aws.getAlias(FUNCTION, alias))?.FunctionVersion;
    checkEqual(`alias ${alias}`, version, '$LATEST');
  }
}

async function checkPermission(aws) {
  const { Statement } = await aws.getPolicy(FUNCTION, 'release-0');
  const allowed = Statement.filter(
    ({ Effect, Action, Principal, Resource }) =>
      Effect === 'Allow' &&
      Action === 'lambda:InvokeFunction' &&
      Object.values(Principal).includes('alexa-appkit.amazon.com') &&
      Resource === `${FUNCTION_ARN}:release-0`,
  );
  check('Alexa may invoke release-0, by one statement', allowed.length === 1, Statement);
}

async function checkRole(aws) {
  const role = await aws.getRole('litexa_handler_lambda');
  const trusted = role?.trust.Statement.map(({ Principal }) => Principal.Service).flat();
  checkEqual('role litexa_handler_lambda, for Lambda', trusted, ['lambda.amazonaws.com']);
  const attached = await aws.listAttachedRolePolicies('litexa_handler_lambda');
  const names = attached.map((arn) => arn.split('/').at(-1).replace(/_?V2$/i, '')).sort();
  checkEqual('its three policies', names, [
    'AWSLambdaBasicExecutionRole',
    'AmazonDynamoDBFullAccess',
    'CloudWatchFullAccess',
  ]);
}

async function checkTable(aws) {
  const table = await aws.describeTable(`${FUNCTION}_state`);
  checkEqual(`table ${FUNCTION}_state`, table?.KeySchema, [
    { AttributeName: 'userId', KeyType: 'HASH' },
  ]);
  const { ReadCapacityUnits, WriteCapacityUnits } = table?.ProvisionedThroughput ?? {};
  checkEqual('its capacity', [ReadCapacityUnits, WriteCapacityUnits], [10, 10]);
}

async function checkLogGroup(aws) {
  const groups = await aws.describeLogGroups(`/aws/lambda/${FUNCTION}`);
  const found = groups.map(({ logGroupName, retentionInDays }) => [logGroupName, retentionInDays]);
  checkEqual('log group, kept for 30 days', found, [[`/aws/lambda/${FUNCTION}`, 30]]);
}

function checkArtifacts(project) {
  const { variants } = JSON.parse(fs.readFileSync(path.join(project, 'artifacts.json'), 'utf8'));
  const artifacts = variants[TARGET].versions[0];
  const root = `https://s3.us-east-1.amazonaws.com/${BUCKET}/${NAME}/${TARGET}/`;
  checkEqual('artifact assets-root', artifacts['assets-root'], root);
  checkEqual('artifact lambdaARN', artifacts.lambdaARN, `${FUNCTION_ARN}:release-0`);
  const icons = artifacts.deployedIconAssets?.default ?? {};
  for (const icon of ['icon-108.png', 'icon-512.png']) {
    checkEqual(`artifact deployedIconAssets: ${icon}`, icons[icon]?.url, `${root}default/${icon}`);
    check('with its MD5', /^[0-9a-f]{32}$/.test(icons[icon]?.md5), icons[icon]?.md5);
  }
  const table = `arn:aws:dynamodb:us-east-1:123456789012:table/${FUNCTION}_state`;
  checkEqual('artifact dynamoDBARN', artifacts.dynamoDBARN, table);
  const role = artifacts['iamRole-litexa_handler_lambda'];
  checkEqual('artifact of the role', role, 'arn:aws:iam::123456789012:role/litexa_handler_lambda');
}

function checkFiles(project) {
  for (const file of ['lambda/index.js', 'lambda/readme.md', 'lambda.zip', 'asset-digests.json']) {
    const there = path.join(project, '.deploy', TARGET, file);
    check(`.deploy/${TARGET}/${file}`, fs.existsSync(there));
  }
}

async function checkAnswer(aws) {
  const event = JSON.parse(fs.readFileSync(LAUNCH, 'utf8'));
  const { payload, functionError, log } = await aws.invoke(FUNCTION, event, {
    qualifier: 'release-0',
  });
  const speech = payload?.response?.outputSpeech?.ssml;
  const greeted = !functionError && /Hi there, human/.test(speech);
  check('the skill answers a launch', greeted, { payload, log });
}

function checkLogs(project) {
  const folder = path.join(project, '.logs', TARGET);
  const logs = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  check(`.logs/${TARGET}/ holds one log, and the latest`, logs.length === 2, logs);
  if (!logs.includes('latest.log')) return;
  const text = fs.readFileSync(path.join(folder, 'latest.log'), 'utf8');
  checkEqual('its first line', text.split('\n')[0], 'requests: ✔ success:1, ✘ fail:0');
  check('it shows request and response', /REQUEST: /.test(text) && /RESPONSE: /.test(text), text);
}

/** The executable finds the CLI, compiles the skill with it, and finds what the CLI has deployed. */
async function checkExecutable(project, variables, proxy) {
  const scope = path.join(project, 'node_modules', '@litexa');
  const core = path.resolve(process.env.LITEXA_CLI, '..', '..', '..');
  fs.symlinkSync(core, path.join(scope, 'core'), 'junction');
  const program = path.join(scope, 'deploy-aws', 'bin', 'litexa-deploy-aws.js');
  const execute = async (...args) => {
    const env = { ...process.env, ...variables };
    return JSON.parse(
      await run(process.execPath, [program, ...args, '--json'], { cwd: project, env, quiet: true }),
    );
  };
  proxy.clear();
  checkEqual('litexa-deploy-aws diff', (await execute('diff')).changes, []);
  checkEqual('it writes nothing', proxy.writes(), []);
  for (const kind of ['ts', 'coffee']) {
    const file = path.join(project, 'litexa.config.json');
    const text = fs.readFileSync(file, 'utf8').replaceAll('\n', ' ');
    const source = { ts: `export = ${text};`, coffee: `module.exports = ${text}` }[kind];
    fs.renameSync(file, `${file}.original`);
    const other = path.join(project, `litexa.config.${kind}`);
    fs.writeFileSync(other, source);
    checkEqual(`diff with a config in ${kind}`, (await execute('diff')).changes, []);
    fs.rmSync(other);
    fs.renameSync(`${file}.original`, file);
  }
}

/** Follows the logs, as a user does in a terminal: an invocation appears, and Ctrl-C writes the files. */
async function checkFollowing(project, start, aws) {
  const following = start(['logs'], { LITEXA_LOGS_FOLLOW: '1' });
  const shows = async (pattern) => {
    for (let tries = 0; tries < 120 && !pattern.test(following.output()); tries++)
      await setTimeout(250);
    return pattern.test(following.output());
  };
  check('LITEXA_LOGS_FOLLOW=1 litexa logs follows', await shows(/following .*Ctrl-C/));
  await setTimeout(1_000);
  await checkAnswer(aws);
  check('it shows a request', await shows(/--- ✔ .* ---/), following.output());
  following.pressCtrlC();
  checkEqual('Ctrl-C ends it with 130', await following.ended, 130);
  const text = fs.readFileSync(path.join(project, '.logs', TARGET, 'latest.log'), 'utf8');
  checkEqual('its file has the request', text.split('\n')[0], 'requests: ✔ success:1, ✘ fail:0');
}

async function checkAll(project, emulator, proxy) {
  const { AWS_REGION, ...settings } = emulator.env;
  const variables = { ...settings, AWS_ENDPOINT_URL: proxy.endpoint };
  const { litexa, failing, start } = cliIn(project, variables);
  const aws = awsClient(emulator);

  writeConfig(project);
  await litexa(['generate', '.', '-c', 'json', '-s', 'javascript', '-b', 'none']);
  // The digests of files that have just changed are not kept.
  await setTimeout(2_500);
  linkModule(project);
  await checkFailures(project, failing, proxy);
  await checkDryRuns(project, { litexa, failing }, proxy);

  await litexa(['deploy', '-t', 'assets']);
  await checkAssets(aws);

  await litexa(['deploy', '-t', 'lambda']);
  await checkFunction(aws);
  await checkPermission(aws);
  await checkRole(aws);
  await checkTable(aws);
  await checkLogGroup(aws);
  checkArtifacts(project);
  checkFiles(project);

  await checkDryRuns(project, { litexa, failing }, proxy);
  proxy.clear();
  await litexa(['deploy', '-t', 'assets']);
  await litexa(['deploy', '-t', 'lambda']);
  checkEqual('a repeat writes nothing', proxy.writes(), []);
  await checkExecutable(project, variables, proxy);

  await checkAnswer(aws);
  await litexa(['logs']);
  checkLogs(project);
  await checkFollowing(project, start, aws);
}

runMain(async () => {
  if (!process.env.LITEXA_CLI) {
    throw new Error("set LITEXA_CLI to the main.js of the Litexa CLI's package");
  }
  await build();
  const project = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-cli-'));
  const emulator = await startEmulator({ log: console.log });
  const proxy = await startProxy(emulator.endpoint, { last: unsupportedConditions(emulator) });
  try {
    await checkAll(project, emulator, proxy);
  } finally {
    await proxy.stop();
    await emulator.stop();
    fs.rmSync(project, { recursive: true, force: true });
  }
  console.log(`\n${checks.passed} checks passed, ${checks.failed} failed`);
  if (checks.failed > 0) process.exitCode = 1;
});
