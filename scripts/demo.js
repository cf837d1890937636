'use strict';

// Deploys the sample skill to an AWS emulator, talks to it, and pulls its logs: `npm run demo`.
// `npm run demo -- --keep` leaves the emulator running.

const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { build } = require('./build');
const { awsClient } = require('../__test__/support/aws/client');
const { ROOT } = require('./lib/cargo');
const { compileProgress } = require('./lib/compile-progress');
const { printUsage } = require('./lib/exec');
const { startEmulator } = require('../__test__/support/aws/emulator');
const { useEnvironment } = require('../__test__/support/environment');
const { deployContext, logsContext } = require('../__test__/support/litexa/context');
const { copyProject, removeProject, SAMPLE } = require('../__test__/support/litexa/sample-project');

const TARGET = 'development';
/** Not the name of the README's project, so that both can be on an emulator that keeps running. */
const NAME = 'demo-teahouse';
/** The begin of the answers of the changed skill. */
const CHANGED = 'Changed: ';
const LOG_LINES = 24;
/** Time for an interrupted step to clean up. */
const GRACE_MS = 2000;

async function demo({ keep, signal, cleanUp }) {
  const step = (title, work) => runStep(title, work, signal);

  console.log(
    'The first run takes about 5 minutes on two cores, mostly compilation; later ones, half a minute.',
  );

  await step('Building the native module', () => buildModule(signal));

  const projectRoot = await step('Getting the sample skill and its npm packages', async () => {
    const project = await copyProject(SAMPLE, { log: say, signal });
    // With --keep, its logs and its records stay as well.
    cleanUp(() => (keep.emulator ? undefined : removeProject(project)));
    rename(project);
    return project;
  });

  const emulator = await step('Starting an AWS emulator', async () => {
    const started = await startEmulator({ log: say, signal });
    cleanUp(() => (keep.emulator ? undefined : started.stop()));
    say(started.endpoint);
    return started;
  });
  useEnvironment(emulator.env);
  const aws = awsClient(emulator);
  const litexa = require('..');
  const { name, deployments } = readJson(projectRoot, 'litexa.config.json');

  const context = () => deployContext({ projectRoot, target: TARGET, print: sayLogged });
  const deploy = (options = {}) => litexa.deploy(Object.assign(context(), options));
  const operate = (command) => litexa.operate(context(), command);

  await step(`Asking what a deployment of ${name} would change: a dry run`, () =>
    deploy({ dryRun: true }),
  );
  await step(`Deploying ${name}: assets to S3, the handler to Lambda`, () => deploy());
  console.log("\nThe next step sets a skill ID, as the deployment of the skill's manifest would.");
  await step("Deploying it again, with the skill's ID: only that skill may invoke it", () => {
    context().artifacts.save('skillId', 'amzn1.ask.skill.tea-house');
    return deploy();
  });

  const launchSkill = () => launch(aws, projectRoot, name);
  const first = await step('Launching the skill', launchSkill);
  await step('Launching it again: it remembers', async () => {
    const second = await launchSkill();
    if (second === first) throw new Error('The skill did not remember the first launch.');
  });

  await step('Deploying a change, and rolling it back', async () => {
    changeHandler(projectRoot);
    await deploy();
    const { from, to, wayBack } = await operate({ name: 'rollback' });
    say(`rolled back from ${from} to ${to}; back again: ${wayBack}`);
    const answer = await launchSkill();
    if (answer.startsWith(CHANGED)) throw new Error('The changed code still answers.');
  });

  await step('Fetching an asset anonymously, as Alexa devices do', async () => {
    const bucket = deployments[TARGET].s3Configuration.bucketName;
    const key = `${name}/${TARGET}/de-DE/teacup.png`;
    const { status, headers, body } = await aws.getObject(bucket, key);
    say(`GET ${aws.objectUrl(bucket, key)}`);
    say(`${status}, ${headers['content-type']}, ${body.length} bytes`);
    if (status !== 200) throw new Error(`The asset cannot be read: ${body}`);
  });

  await step('Pulling the logs', async () => {
    const request = logsContext({ projectRoot, target: TARGET, print: sayLogged });
    await litexa.logs(request, request.logger);
    showFirstLines(path.join(request.logsRoot, TARGET, 'latest.log'));
    if (!keep.wanted) say('it is deleted with the project; npm run demo -- --keep keeps both');
  });

  if (keep.wanted) {
    await step('Ending the roll-back', () => operate({ name: 'rollback', undo: true }));
    keep.emulator = true;
    leave(emulator, projectRoot);
  } else {
    await step('Removing the skill', async () => {
      const { changes } = await operate({ name: 'remove', table: true });
      await operate({ name: 'remove', table: true, confirmed: changes });
      say(`made ${changes.length} changes; the bucket and the shared role stay`);
    });
  }
}

/** Gives the project another name and bucket than those of the sample. */
function rename(project) {
  const config = readJson(project, 'litexa.config.json');
  config.name = NAME;
  config.deployments[TARGET].s3Configuration.bucketName = `${NAME}-assets`;
  fs.writeFileSync(path.join(project, 'litexa.config.json'), JSON.stringify(config, null, 2));
}

function changeHandler(project) {
  const file = path.join(project, 'handler.js');
  const source = fs.readFileSync(file, 'utf8');
  fs.writeFileSync(file, source.replace('text: speech,', `text: '${CHANGED}' + speech,`));
}

/** Compiles in a few lines: cargo itself writes one for each of hundreds of crates. */
async function buildModule(signal) {
  const progress = compileProgress(process.stdout);
  try {
    return await build({ onOutput: progress.onOutput, signal });
  } finally {
    progress.end();
  }
}

async function runStep(title, work, signal) {
  signal.throwIfAborted();
  console.log(`\n${title}`);
  const start = process.hrtime.bigint();
  const result = await work();
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  console.log(`  done in ${seconds.toFixed(1)} s`);
  return result;
}

function say(line) {
  console.log(`  ${line}`);
}

function sayLogged(level, line) {
  if (level === 'verbose') return;
  say(level === 'warning' || level === 'error' ? `${level}: ${line}` : line);
}

async function launch(aws, projectRoot, name) {
  const event = readJson(projectRoot, 'events/launch.json');
  const answer = await aws.invoke(`${name}_${TARGET}_litexa_handler`, event, {
    qualifier: 'release-0',
  });
  const card = answer.payload?.response?.card;
  if (answer.functionError || !card) {
    throw new Error(`The skill failed: ${JSON.stringify(answer.payload)}\n${answer.log}`);
  }
  say(`Alexa: ${card.text}`);
  return card.text;
}

function showFirstLines(file) {
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  say(`${path.join('.logs', TARGET, path.basename(file))} begins:`);
  // Not the times: the emulator needs seconds for its first invocation.
  const [headline] = lines;
  const requests = lines.slice(lines.findIndex((line) => line.startsWith('---')));
  for (const line of [headline, '…', ...requests.slice(0, LOG_LINES)]) say(`  | ${line}`);
  if (requests.length > LOG_LINES) say(`  … ${requests.length - LOG_LINES} more lines`);
}

/** Lets the emulator outlive the demo, and shows how to use it with the demo's project and with others. */
function leave(emulator, projectRoot) {
  const isWindows = process.platform === 'win32';
  const { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, ...settings } = emulator.env;
  const pid = emulator.detach();
  const executable = path.join(ROOT, 'bin', 'litexa-deploy-aws.js');
  const shell = isWindows ? ' in cmd.exe' : '';
  console.log(`\nThe emulator keeps running. Commands use it in place of AWS after${shell}`);
  for (const [name, value] of Object.entries(settings)) {
    say(`${isWindows ? 'set' : 'export'} ${name}=${value}`);
  }
  console.log('\nThe deployed project, with its .logs, stays as well:');
  say(`cd ${isWindows ? '/d ' : ''}"${projectRoot}"`);
  say(`node "${executable}" status`);
  console.log(
    'It has no Litexa code: a deployment from there would replace the skill by an empty one.',
  );
  console.log('\nTo deploy a project of your own, leave awsProfile out of its config.');
  console.log(
    `\nTo stop the emulator, run\n  ${isWindows ? 'taskkill /F /T /PID' : 'kill'} ${pid}`,
  );
}

function readJson(...parts) {
  return JSON.parse(fs.readFileSync(path.join(...parts), 'utf8'));
}

/** Whether everything stays. npm takes an option that does not follow `--` for its own. */
function isKept(args) {
  return args.includes('--keep') || process.env.npm_config_keep === 'true';
}

async function main(args) {
  if (printUsage(args)) return;
  const interruption = new AbortController();
  const interrupted = new Promise((resolve) => {
    const interrupt = () => {
      interruption.abort();
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupt);
  });

  const cleanUps = [];
  const cleanUp = (work) => cleanUps.unshift(work);
  const keep = { wanted: isKept(args), emulator: false };
  const work = demo({ keep, signal: interruption.signal, cleanUp }).catch((error) => {
    if (interruption.signal.aborted) return;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  });
  await Promise.race([work, interrupted]);
  if (interruption.signal.aborted) {
    console.error('\nInterrupted.');
    process.exitCode = 130;
    await Promise.race([work, sleep(GRACE_MS)]);
  }
  for (const undo of cleanUps) await undo();
  // An interrupted step may still wait for something.
  process.exit();
}

main(process.argv.slice(2));
