'use strict';

// Runs a deployed package in the runtime client that AWS uses for nodejs24.x, and prints the
// response to each event:
//
//   node scripts/e2e/lambda-runtime-client.js <lambda.zip or its folder> <event.json>...
//
// The skill's variables, such as dynamoTableName, and AWS_ENDPOINT_URL come from the environment.
// The client is compiled on its first run. That takes minutes and needs Linux or macOS, cmake,
// autoconf, automake, libtool, and the headers of Node.js (npm_config_nodedir names their folder).

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { cacheDir, createOnce } = require('../lib/cache-dir');
const { run, runMain } = require('../lib/exec');
const { unzip } = require('../../__test__/support/unzip');

const CLIENT = 'aws-lambda-ric@4.0.2';
const NODE = 'node@24';
const TIMEOUT_MS = 10000;

async function main([packagePath, ...eventFiles]) {
  if (eventFiles.length === 0) {
    throw new Error(
      'Usage: node scripts/e2e/lambda-runtime-client.js <lambda.zip or folder> <event.json>...',
    );
  }
  const client = await installClient();
  const events = eventFiles.map((file) => fs.readFileSync(file, 'utf8'));
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-lambda-'));
  try {
    const folder = fs.statSync(packagePath).isDirectory()
      ? path.resolve(packagePath)
      : unzip(packagePath, scratch);
    for (const response of await invoke(client, folder, events)) console.log(response);
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
}

async function installClient() {
  const folder = path.join(cacheDir(), CLIENT.replace('@', '-'));
  const inFolder = (...names) => path.join(folder, 'node_modules', ...names);
  await createOnce(
    folder,
    () => fs.existsSync(inFolder('aws-lambda-ric', 'rapid-client.node')),
    async (temporary) => {
      console.error(`Installing ${CLIENT} and ${NODE}, once`);
      fs.writeFileSync(path.join(temporary, 'package.json'), '{ "private": true }');
      await run('npm', ['install', '--no-audit', '--no-fund', NODE, CLIENT], {
        cwd: temporary,
        quiet: true,
      });
    },
  );
  return { node: inFolder('.bin', 'node'), program: inFolder('aws-lambda-ric', 'index.mjs') };
}

/** Starts the client and serves it the events. Returns one response or error for each event. */
async function invoke(client, folder, events) {
  const responses = [];
  let finish;
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
    responses.push(`${kind}: ${await bodyOf(request)}`);
    response.writeHead(202).end('{}');
    if (kind === 'init/error') finish();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const child = startClient(client, folder, server.address().port);
  child.once('close', (code) => finish(responses.push(`exit: ${code}`)));
  await finished;
  child.removeAllListeners('close').kill('SIGKILL');
  server.closeAllConnections();
  server.close();
  return responses;
}

function startClient({ node, program }, folder, port) {
  const environment = {
    AWS_REGION: 'us-east-1',
    NODE_PATH: path.join(__dirname, '..', '..', 'node_modules'), // v3 is in the runtime, as on Lambda.
    ...process.env,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
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

runMain(main);
