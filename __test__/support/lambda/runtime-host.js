'use strict';

// A Lambda function of one's own for a test: a package as it is deployed, run in a Node.js process
// that treats it as the runtime nodejs24.x does. AWS' own runtime client has the last word, see
// scripts/e2e/lambda-runtime-client.js.

const { fork } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const RUNTIME_SOURCES = path.join(__dirname, '..', '..', '..', 'src', 'lambda', 'runtime', 'js');

// Of the environment of the tests only what Node.js needs; on Lambda there is nothing else either.
const INHERITED = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'];

/**
 * Puts a package together as a deployment does.
 *
 * @param {string} source the skill's handler
 * @param {Object<string, string>} modules the skill's own node_modules: name -> folder
 * @returns {string} the package's folder
 */
function packSkill(source, modules = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-skill-'));
  fs.copyFileSync(path.join(RUNTIME_SOURCES, 'entry.js'), path.join(folder, 'index.js'));
  fs.writeFileSync(path.join(folder, 'skill.js'), source);
  const withSdk = { 'aws-sdk': path.join(RUNTIME_SOURCES, 'aws-sdk'), ...modules };
  for (const [name, from] of Object.entries(withSdk)) {
    fs.cpSync(from, path.join(folder, 'node_modules', name), { recursive: true });
  }
  return folder;
}

/**
 * Starts the package in `folder`, as Lambda does with its first invocation.
 *
 * @returns {Promise<{invoke: (event: object) => Promise<{answer?: any, error?: object}>,
 *   stop: () => Promise<string>}>} `error` is what Lambda reports; `stop` ends the function where
 *   it stands, as Lambda freezes it, and returns what it logged. A package that cannot be
 *   loaded rejects with what Lambda reports.
 */
async function startLambda(folder, { env = {}, timeoutMs = 10000 } = {}) {
  const inherited = INHERITED.filter((name) => name in process.env);
  const child = fork(__filename, [folder], {
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

  const face = {
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
  if (!error) return face;
  await face.stop();
  throw Object.assign(new Error(error.errorMessage), { name: error.errorType });
}

// The folder where v3 is, for NODE_PATH; Lambda has it in /var/runtime/node_modules.
function modulesOfLambda() {
  const inside = require.resolve('@aws-sdk/client-dynamodb');
  return inside.slice(0, inside.lastIndexOf(path.join('@aws-sdk', 'client-dynamodb')));
}

// From here on: within the function's process.

function runAsLambda(folder) {
  let handler;
  try {
    handler = loadHandler(folder);
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

function loadHandler(folder) {
  const { handler } = require(path.join(folder, 'index.js'));
  if (handler.length < 3) return handler;
  const message = 'AWS Lambda has removed support for callback-based function handlers';
  throw named('Runtime.CallbackHandlerDeprecated', message);
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

async function handle(handler, { event, deadline }) {
  // While a handler runs, nothing of the runtime's own keeps its event loop busy.
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
