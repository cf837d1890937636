'use strict';

// Runs the cases of a table one after the other and sends what became of each.
// Usage: node child.js <table> <index of the first case>

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const binding = require('../../binding');
const litexa = require('../..');
const { deployContext, logsContext } = require('../support/litexa/context');

const HANDLER = 'exports.handler = (event, context, callback) => callback(null, {});\n';
const CALLS = {
  assets: litexa.assets.deploy,
  deploy: litexa.deploy,
  lambda: litexa.lambda.deploy,
  logs: litexa.logs,
};

const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));
process.on('uncaughtException', (error) => unhandled.push(String(error?.stack ?? error)));

/** A small skill in a temporary folder. */
class Project {
  constructor({ name = 'cats', target = 'beta' } = {}) {
    this.root = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-bad-'));
    this.target = target;
    const config = { name, deployments: { [target]: { module: '@litexa/deploy-aws' } } };
    this.write('litexa.config.json', JSON.stringify(config));
    this.write('litexa/assets/a.txt', 'a');
  }
  path(...parts) {
    return path.join(this.root, ...parts);
  }
  write(file, content) {
    fs.mkdirSync(path.dirname(this.path(file)), { recursive: true });
    fs.writeFileSync(this.path(file), content);
  }
  /** An installed package of the skill. */
  install(file, content = 'module.exports = 1;\n') {
    this.write('litexa/package.json', '{}');
    this.write(path.join('litexa/node_modules', file), content);
  }
  remove() {
    fs.rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

let shared;

/** A project of its own for a case that changes it; all others have one together. */
function projectOf(one) {
  if (one.prepare || one.project || one.uid) return new Project(one.project);
  shared ??= new Project();
  return shared;
}

async function outcomeOf(one) {
  const project = projectOf(one);
  const before = { ...process.env };
  try {
    Object.assign(process.env, one.env);
    one.prepare?.(project);
    if (one.uid) actAs(one.uid, project);
    const result = await (one.run ? one.run({ litexa, binding, project }) : call(one, project));
    return { result: typeof result };
  } catch (error) {
    return { error: { code: plainly(error?.code), message: plainly(error?.message ?? error) } };
  } finally {
    if (one.uid) process.seteuid(0);
    for (const name of Object.keys(one.env ?? {})) delete process.env[name];
    Object.assign(process.env, before);
    if (project !== shared) project.remove();
  }
}

function call(one, project) {
  const what = { projectRoot: project.root, target: project.target, handler: HANDLER };
  const make = one.call === 'logs' ? logsContext : deployContext;
  const context = make(what);
  context.deploymentOptions = optionsOf(one);
  const changed = one.context?.(context, project) ?? context;
  return CALLS[one.call ?? 'deploy'](changed, one.logger?.(context));
}

/** Over options that name a bucket; a getter stays a getter. */
function optionsOf({ options, bucket = true }) {
  const usual = bucket ? { S3BucketName: 'cats-assets' } : {};
  return Object.defineProperties(usual, Object.getOwnPropertyDescriptors(options?.() ?? {}));
}

/** Root may read everything; nobody may not. */
function actAs(uid, { root }) {
  for (const name of ['', ...fs.readdirSync(root, { recursive: true })]) {
    fs.lchownSync(path.join(root, name), uid, uid);
  }
  process.seteuid(uid);
}

function plainly(value) {
  try {
    return String(value);
  } catch {
    return 'something that has no text';
  }
}

async function main([table, first]) {
  const { cases } = require(table);
  for (const one of cases.slice(Number(first))) {
    const outcome = await outcomeOf(one);
    // A rejection that nobody takes is told in the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    const next = new Promise((resolve) => process.once('message', resolve));
    process.send({ ...outcome, unhandled: unhandled.splice(0) });
    await next;
  }
  shared?.remove();
  // From here on the process has to end by itself.
  process.disconnect();
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
