'use strict';

// Runs a deployed package in a Node.js process that behaves like the runtime nodejs24.x.
// scripts/e2e/lambda-runtime-client.js runs one in the real runtime client of AWS.

const { fork } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { makeTempDir } = require('../tmp');

const RUNTIME_SOURCES = path.join(__dirname, '..', '..', '..', 'src', 'lambda', 'runtime', 'js');

// Node.js needs these variables. The function gets no others of the tests' environment.
const INHERITED = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'];

/**
 * Creates a package as a deployment does.
 *
 * @param {string} source the skill's handler
 * @param {Object<string, string>} modules the skill's own node_modules: name -> directory
 * @returns {string} the package's directory
 */
function packSkill(source, modules = {}) {
  const directory = makeTempDir('package');
  fs.copyFileSync(path.join(RUNTIME_SOURCES, 'entry.js'), path.join(directory, 'index.js'));
  fs.writeFileSync(path.join(directory, 'skill.js'), source);
  const withSdk = { 'aws-sdk': path.join(RUNTIME_SOURCES, 'aws-sdk'), ...modules };
  for (const [name, from] of Object.entries(withSdk)) {
    fs.cpSync(from, path.join(directory, 'node_modules', name), { recursive: true });
  }
  return directory;
}

/**
 * Starts the package in a directory, as Lambda does before its first invocation.
 *
 * @returns {Promise<{invoke: (event: object) => Promise<{answer?: any, error?: object}>,
 *   stop: () => Promise<string>}>} `error` is the error that Lambda reports; `stop` kills the process,
 *   as Lambda freezes a function, and returns its log. Rejects with the error that Lambda reports if
 *   the package cannot be loaded.
 */
async function startLambda(directory, { env = {}, timeoutMs = 10000 } = {}) {
  const inherited = INHERITED.filter((name) => name in process.env);
  const child = fork(__filename, [directory], {
    env: {
      ...Object.fromEntries(inherited.map((name) => [name, process.env[name]])),
      NODE_PATH: modulesOfLambda(),
      AWS_LAMBDA_FUNCTION_NAME: 'skill',
      ...env,
    },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (log += text));
  }
  const closed = new Promise((resolve) => child.once('close', resolve));
  const message = () =>
    Promise.race([
      new Promise((resolve) => child.once('message', resolve)),
      closed.then((code) => ({
        error: { errorType: 'Runtime.ExitError', errorMessage: `${code}` },
      })),
    ]);

  const lambda = {
    async invoke(event) {
      child.send({ event, deadline: Date.now() + timeoutMs });
      return message();
    },
    async stop() {
      child.kill('SIGKILL');
      await closed;
      return log;
    },
  };
  const { error } = await message();
  if (!error) return lambda;
  await lambda.stop();
  throw Object.assign(new Error(error.errorMessage), { name: error.errorType });
}

// Returns the directory of AWS SDK v3, for NODE_PATH. Lambda has it in /var/runtime/node_modules.
function modulesOfLambda() {
  const inside = require.resolve('@aws-sdk/client-dynamodb');
  return inside.slice(0, inside.lastIndexOf(path.join('@aws-sdk', 'client-dynamodb')));
}

// The rest of this file runs in the function's process.

function runAsLambda(directory) {
  let handler;
  try {
    handler = loadHandler(directory);
  } catch (error) {
    process.send({ error: reportOf(error) }, () => process.exit(1));
    return;
  }
  const report = (error) => process.send({ error: reportOf(error) }, () => process.exit(1));
  process.on('uncaughtException', report);
  process.on('unhandledRejection', (reason) =>
    report(named('Runtime.UnhandledPromiseRejection', String(reason))),
  );
  process.on('message', (invocation) => handle(handler, invocation));
  process.send({});
}

function loadHandler(directory) {
  const { handler } = require(path.join(directory, 'index.js'));
  if (handler.length < 3) return handler;
  const message = 'AWS Lambda has removed support for callback-based function handlers';
  throw named('Runtime.CallbackHandlerDeprecated', message);
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

async function handle(handler, { event, deadline }) {
  // While a handler runs, the runtime itself must not keep the event loop alive.
  process.channel.unref();
  const answered = await Promise.race([
    outcomeOf(handler, event, { getRemainingTimeInMillis: () => deadline - Date.now() }),
    timeoutAt(deadline),
  ]);
  process.channel.ref();
  process.send(answered);
}

async function outcomeOf(handler, event, context) {
  try {
    return { answer: JSON.parse(JSON.stringify((await handler(event, context)) ?? null)) };
  } catch (error) {
    return { error: reportOf(error) };
  }
}

function timeoutAt(deadline) {
  return new Promise((resolve) => {
    const timedOut = () => resolve({ error: { errorType: 'Sandbox.Timedout' } });
    setTimeout(timedOut, deadline - Date.now()).unref();
  });
}

function reportOf(error) {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
  }
  const { name, message, stack } = error;
  return { errorType: name, errorMessage: message, trace: stack.split('\n') };
}

if (require.main === module) runAsLambda(process.argv[2]);

module.exports = { modulesOfLambda, packSkill, startLambda };
