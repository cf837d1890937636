'use strict';

// Runs the cases of a table in order and sends the outcome of each to the parent process.
// Usage: node child.js <table> <index of the first case>

const fs = require('node:fs');
const path = require('node:path');
const binding = require('../../binding');
const litexa = require('../..');
const { logsContext } = require('../support/litexa/context');
const { buildProject } = require('../support/litexa/project');
const { NotOnThisSystem } = require('./not-a-file');

const CALLS = {
  assets: litexa.assets.deploy,
  deploy: litexa.deploy,
  lambda: litexa.lambda.deploy,
  logs: litexa.logs,
};

const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));
process.on('uncaughtException', (error) => unhandled.push(String(error?.stack ?? error)));

let shared;

/** Returns a new project for a case that changes it. All other cases share one. */
function projectOf(one) {
  const files = { 'litexa/assets/a.txt': 'a' };
  if (one.prepare || one.uid) return buildProject({ files });
  shared ??= buildProject({ files });
  return shared;
}

async function outcomeOf(one) {
  const project = projectOf(one);
  const before = { ...process.env };
  try {
    Object.assign(process.env, one.env);
    one.prepare?.(project);
    if (one.uid) switchUser(one.uid, project);
    const result = await (one.run ? one.run({ litexa, binding, project }) : call(one, project));
    return { result: typeof result };
  } catch (error) {
    if (error instanceof NotOnThisSystem) return { skipped: error.message };
    const [code, message] = [error?.code, error?.message ?? error].map(toText);
    return { error: { code, message } };
  } finally {
    if (one.uid) process.seteuid(0);
    for (const name of Object.keys(one.env ?? {})) delete process.env[name];
    Object.assign(process.env, before);
    if (project !== shared) project.remove();
  }
}

function call(one, project) {
  const { root, target } = project;
  const context =
    one.call === 'logs' ? logsContext({ projectRoot: root, target }) : project.context();
  context.deploymentOptions = optionsOf(one);
  const changed = one.context?.(context, project) ?? context;
  return CALLS[one.call ?? 'deploy'](changed, one.logger?.(context));
}

/** Returns the options with a bucket's name. Getters stay getters. */
function optionsOf({ options, bucket = true }) {
  const defaults = bucket ? { S3BucketName: 'cats-assets' } : {};
  return Object.defineProperties(defaults, Object.getOwnPropertyDescriptors(options?.() ?? {}));
}

/** Continues as another user, who owns the project. */
function switchUser(uid, { root }) {
  for (const name of ['', ...fs.readdirSync(root, { recursive: true })]) {
    fs.lchownSync(path.join(root, name), uid, uid);
  }
  process.seteuid(uid);
}

function toText(value) {
  try {
    return String(value);
  } catch {
    return 'a value that cannot be converted to a string';
  }
}

async function main([table, first]) {
  const { cases } = require(table);
  for (const one of cases.slice(Number(first))) {
    const outcome = await outcomeOf(one);
    // An unhandled rejection is reported in the next turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    const next = new Promise((resolve) => process.once('message', resolve));
    process.send({ ...outcome, unhandled: unhandled.splice(0) });
    await next;
  }
  shared?.remove();
  // Functions that the CLI calls have set it.
  process.exitCode = 0;
  // The process must end by itself from here on.
  process.disconnect();
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
