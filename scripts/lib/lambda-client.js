'use strict';

// Runs a package in the runtime clients that AWS uses for nodejs24.x and nodejs22.x.
// A client is compiled on its first run. That takes minutes and needs Linux or macOS, cmake,
// autoconf, automake and libtool.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { cacheDir, createOnce } = require('./cache-dir');
const { run } = require('./exec');

/** The client and the Node.js of each runtime. */
const RUNTIMES = {
  'nodejs24.x': {
    client: 'aws-lambda-ric@4.0.2',
    nodePackage: 'node@24',
    program: 'index.mjs',
    addon: 'rapid-client.node',
  },
  'nodejs22.x': {
    client: 'aws-lambda-ric@3.3.0',
    nodePackage: 'node@22',
    program: 'bin/index.mjs',
    addon: 'dist/rapid-client.node',
  },
};
const TIMEOUT_MS = 10000;

/** npm runs the install scripts of these packages only if they are allowed. */
const MANIFEST = { private: true, allowScripts: { 'aws-lambda-ric': true, node: true } };

/** Returns the paths of a runtime's Node.js and client, after installing them once. */
async function installClient(runtime = 'nodejs24.x') {
  const { client, nodePackage, program, addon } = RUNTIMES[runtime];
  const folder = path.join(cacheDir(), client.replace('@', '-'));
  const inFolder = (...names) => path.join(folder, 'node_modules', ...names);
  await createOnce(
    folder,
    () => fs.existsSync(inFolder('aws-lambda-ric', addon)),
    async (temporary) => {
      console.error(`Installing ${client} and ${nodePackage}, once`);
      fs.writeFileSync(path.join(temporary, 'package.json'), JSON.stringify(MANIFEST));
      await install(nodePackage, temporary, {});
      const headers = copyHeaders(temporary);
      await install(client, temporary, headers ? { npm_config_nodedir: headers } : {});
    },
  );
  return { runtime, node: inFolder('.bin', 'node'), program: inFolder('aws-lambda-ric', program) };
}

function install(name, cwd, env) {
  const options = { cwd, quiet: true, env: { ...env, ...process.env } };
  return run('npm', ['install', '--no-audit', '--no-fund', name], options);
}

/** Copies the headers out of the package of Node.js, which the next installation replaces. */
function copyHeaders(folder) {
  const inside = path.join(folder, 'node_modules', 'node', 'node_modules');
  const names = fs.existsSync(inside) ? fs.readdirSync(inside) : [];
  const sources = names.map((name) => path.join(inside, name, 'include'));
  const source = sources.find((each) => fs.existsSync(each));
  const headers = path.join(folder, 'headers');
  if (source) fs.cpSync(source, path.join(headers, 'include'), { recursive: true });
  return source && headers;
}

/**
 * Starts the client and serves it events, as texts.
 *
 * @param {{folder: string, events: string[], env?: object}} invocation `env` are the function's
 *   variables
 * @returns {Promise<{kind: string, body: string, ms: number}[]>} one response or error for each event,
 *   with the time since the process was started
 */
async function invoke(client, { folder, events, env = {} }) {
  const responses = [];
  let finish;
  let start;
  const answered = (kind, body) => responses.push({ kind, body, ms: performance.now() - start });
  const finished = new Promise((resolve) => (finish = resolve));
  const server = http.createServer(async (request, response) => {
    if (request.url.endsWith('/invocation/next')) {
      // Without another event, Lambda keeps the client waiting.
      if (responses.length < events.length)
        sendEvent(response, events[responses.length], responses.length);
      else finish();
      return;
    }
    const [, kind] = /\/(init\/error|error|response)$/.exec(request.url);
    answered(kind, await bodyOf(request));
    response.writeHead(202).end('{}');
    if (kind === 'init/error') finish();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  start = performance.now();
  const child = startClient(client, { folder, env, port: server.address().port });
  child.once('close', (code) => finish(answered('exit', String(code))));
  await finished;
  child.removeAllListeners('close').kill('SIGKILL');
  server.closeAllConnections();
  server.close();
  return responses;
}

function startClient({ runtime, node, program }, { folder, env, port }) {
  const environment = {
    AWS_REGION: 'us-east-1',
    ...env,
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_LAMBDA_FUNCTION_NAME: 'skill',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/skill',
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
    LAMBDA_TASK_ROOT: folder,
    _HANDLER: 'index.handler',
  };
  // The output of the skill goes to stderr: stdout has the responses only.
  const stdio = ['ignore', process.stderr, 'inherit'];
  return spawn(node, [program, 'index.handler'], { cwd: folder, env: environment, stdio });
}

function sendEvent(response, event, index) {
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Lambda-Runtime-Aws-Request-Id': `request-${index + 1}`,
    'Lambda-Runtime-Deadline-Ms': String(Date.now() + TIMEOUT_MS),
    'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:us-east-1:123456789012:function:skill',
  });
  response.end(event);
}

async function bodyOf(request) {
  let body = '';
  for await (const text of request.setEncoding('utf8')) body += text;
  return body;
}

module.exports = { installClient, invoke };
