'use strict';

// The steps of the smoke test: what an author does with a skill, and what has to be seen.

const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { isDeepStrictEqual } = require('node:util');
const { revisions, TARGET } = require('./cleanup');
const { deployContext, logsContext } = require('../../__test__/support/litexa/context');

/** Until a new role's permissions and new log lines are available everywhere. */
const CONSISTENCY_TIMEOUT_MS = 90_000;
const RETRY_DELAY_MS = 3000;

/**
 * Runs all steps, and throws at the first one that fails.
 *
 * @param {object} test
 * @param {object} test.aws a client that does not use the module
 * @param {object} test.names the names of the resources
 * @param {string} test.project the folder of the sample
 * @param {AbortSignal} test.signal ends the test after the current step
 */
async function smoke(test) {
  const litexa = require('../..');
  for (const [title, run] of STEPS) {
    test.signal.throwIfAborted();
    console.log(`\n${title}`);
    await run({ ...test, litexa });
  }
}

const STEPS = [
  ['Showing what the first deployment will change', dryRunOfAll],
  ['Deploying the sample skill', deploy],
  ['Launching it', (test) => launch(test, /visit 1\./)],
  ['Launching it again: it remembers', (test) => launch(test, /visit 2\./)],
  ['Fetching an asset, anonymously', fetchAsset],
  ['Deploying it again: nothing may change', deployUnchanged],
  ['Pulling the logs', pullLogs],
  ['Showing its status', showStatus],
  ['Invoking it with a device of our own, whose item is deleted', invoke],
  ['Deploying other code, with an endpoint on a published version', (test) => publish(test, 2)],
  ['Deploying yet other code', (test) => publish(test, 3)],
  ['Rolling back', rollBack],
  ['Deploying the same code again: the roll-back has to stay', deployRolledBack],
  ['Undoing the roll-back', undoRollback],
  ['Launching it again', (test) => launch(test, /visit 3\./)],
  ['Removing what the target has, except for the table', removeTarget],
];

const contextOf = ({ project }) =>
  deployContext({ projectRoot: project, target: TARGET, print: printLine });

function deploy({ litexa, ...test }) {
  const context = contextOf(test);
  return litexa.deploy(context, context.logger);
}

function operate({ litexa, ...test }, command) {
  const context = contextOf(test);
  return litexa.operate(context, command, context.logger);
}

async function dryRunOfAll({ litexa, aws, names, ...test }) {
  const context = { ...contextOf(test), dryRun: true };
  const { changes } = await litexa.deploy(context, context.logger);
  const created = changes.filter(({ action }) => action === 'create');
  for (const type of ['AWS::Lambda::Function', 'AWS::DynamoDB::Table', 'AWS::S3::Bucket'])
    if (!created.some(({ resourceType }) => resourceType === type))
      throw new Error(`The dry run creates no ${type}`);
  const exists = (await aws.listObjects(names.bucket)) || (await aws.getFunction(names.handler));
  if (exists) throw new Error('The dry run has created something');
}

async function deployUnchanged(test) {
  const before = await revisions(test.aws, test.names);
  const { changes } = await deploy(test);
  const after = await revisions(test.aws, test.names);
  const changed = Object.keys(before).filter((of) => !isDeepStrictEqual(before[of], after[of]));
  if (changed.length > 0) throw new Error(`the second deployment has changed: ${changed}`);
  if (changes.length > 0) throw new Error('the second deployment reports changes');
}

async function launch({ aws, names: { handler }, project, signal }, expected) {
  const event = JSON.parse(fs.readFileSync(path.join(project, 'events', 'launch.json'), 'utf8'));
  const text = await until(signal, async () => {
    const { payload, functionError } = await aws.invoke(handler, event, { qualifier: 'release-0' });
    if (functionError) throw new Error(`The skill failed: ${JSON.stringify(payload)}`);
    return payload.response.card.text;
  });
  say(`Alexa: ${text}`);
  if (!expected.test(text)) throw new Error(`The skill was expected to say ${expected}`);
}

async function fetchAsset({ aws, names: { name, bucket } }) {
  const key = `${name}/${TARGET}/de-DE/teacup.png`;
  const { status, headers } = await aws.getObject(bucket, key);
  say(`${status}, ${headers['content-type']}: ${aws.objectUrl(bucket, key)}`);
  if (status !== 200) throw new Error('Alexa could not fetch it');
}

async function pullLogs({ litexa, project: projectRoot, signal }) {
  await until(signal, async () => {
    const context = logsContext({ projectRoot, target: TARGET, print: printLine });
    const { answered } = await litexa.logs(context, context.logger);
    if (answered < 2) throw new Error(`The logs have ${answered} of 2 requests`);
  });
}

async function showStatus(test) {
  const status = await operate(test, { name: 'status' });
  const { bucket, function: deployed, table } = status;
  for (const [name, found] of Object.entries({ bucket, function: deployed, table }))
    if (!found) throw new Error(`The status has no ${name}`);
  say(`${bucket.objects} objects, ${deployed.runtime}, table ${table.name}`);
}

async function invoke(test) {
  const input = { type: 'launch' };
  const result = await operate(test, { name: 'invoke', input, locale: 'en-US', keep: false });
  say(`Alexa: ${result.answer?.speech}, in ${result.durationMs} ms`);
  if (result.problem) throw new Error(`The skill failed: ${result.problem.message}`);
  if (result.item !== 'deleted') throw new Error(`The item of the device: ${result.item}`);
}

/** Deploys an edition of the handler, behind an endpoint on a published version. */
function publish(test, edition) {
  const { project } = test;
  edit(path.join(project, 'litexa.config.json'), (text) => {
    const config = JSON.parse(text);
    config.deployments[TARGET].lambdaConfiguration.endpointVersion = 'published';
    return JSON.stringify(config);
  });
  edit(path.join(project, 'handler.js'), (text) => `// edition ${edition}\n${text}`);
  return deploy(test);
}

function edit(file, change) {
  fs.writeFileSync(file, change(fs.readFileSync(file, 'utf8')));
}

async function rollBack(test) {
  const { from, to, isDone } = await operate(test, { name: 'rollback' });
  say(`from ${from} to ${to}`);
  if (!isDone) throw new Error('The endpoint was not changed');
  await endpointHas(test, to);
}

async function deployRolledBack(test) {
  const before = await endpointTarget(test);
  await deploy(test);
  await endpointHas(test, before);
}

async function undoRollback(test) {
  const { to } = await operate(test, { name: 'rollback', undo: true });
  await endpointHas(test, to);
}

async function endpointTarget({ aws, names }) {
  const { FunctionVersion } = await aws.lambda(`${names.handler}/aliases/release-0`);
  return `version ${FunctionVersion}`;
}

async function endpointHas(test, expected) {
  const found = await endpointTarget(test);
  if (found !== expected)
    throw new Error(`The endpoint points to ${found}, and not to ${expected}`);
}

async function removeTarget(test) {
  const command = { name: 'remove', table: false };
  const { changes } = await operate(test, command);
  await operate(test, { ...command, confirmed: changes });
  const { aws, names } = test;
  if (await aws.getFunction(names.handler)) throw new Error('The function is still there');
  if ((await aws.listObjects(names.bucket))?.length) throw new Error('Objects are still there');
}

/** Retries `attempt` until it succeeds, and returns its result. */
async function until(signal, attempt) {
  const deadline = Date.now() + CONSISTENCY_TIMEOUT_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      say(`not yet: ${error.message}`);
      await sleep(RETRY_DELAY_MS, undefined, { signal });
    }
  }
}

function say(line) {
  console.log(`  ${line}`);
}

function printLine(level, line) {
  if (level !== 'verbose') say(level === 'log' ? line : `${level}: ${line}`);
}

module.exports = { smoke };
