'use strict';

// Measures the memory of a deployment and of a log pull:
// `node bench/suites/memory [<case>…] [--module <folder>]`. Each runs in a process of its own, against
// a server that drops uploads and generates logs, so neither an emulator nor a disk is measured.
// `--module` names another build.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT } = require('../../../scripts/lib/cargo');
const { startInfiniteLogs } = require('../../fake-aws/infinite-logs');
const { startNullAws } = require('../../fake-aws/null-aws');

const MB = 1_000_000;
const EVENTS = 1_000_000;
const FORMATS = ['text', 'jsonl', 'html'];

/** The cases by their names on the command line. */
const CASES = {
  'one-file': deploymentOf({ files: 1, bytes: 1000 * MB }),
  'large-files': deploymentOf({ files: 40, bytes: 25 * MB }),
  'small-files': deploymentOf({ files: 1000, bytes: MB }),
  'tiny-files': deploymentOf({ files: 20_000, bytes: 2000 }),
  package: { ...deploymentOf({ files: 1, bytes: 1 }), packageBytes: 45 * MB },
  logs: { run: 'logs', start: () => startInfiniteLogs(EVENTS), check: checkLogs },
};

function deploymentOf({ files, bytes }) {
  const check = ({ received }) => {
    if (received() < files * bytes) throw new Error(`only ${received()} bytes were sent`);
  };
  return { run: 'deploy', start: startNullAws, check, files, bytes };
}

function checkLogs(server, { answered }) {
  if (answered !== server.requests) throw new Error(`${answered} of ${server.requests} requests`);
}

async function measure(measured, folder) {
  const server = await measured.start();
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-memory-'));
  try {
    makeProject(root, measured);
    const figures = await inProcess({ run: measured.run, root, module: folder }, server.endpoint);
    measured.check(server, figures);
    return figures;
  } finally {
    await server.stop();
    fs.rmSync(root, { recursive: true, force: true });
  }
}

function makeProject(root, { files = 0, bytes = 0, packageBytes = 0 }) {
  const assets = path.join(root, 'litexa', 'assets');
  fs.mkdirSync(assets, { recursive: true });
  const options = {
    s3Configuration: { bucketName: 'memory-bench' },
    logsConfiguration: { formats: FORMATS },
  };
  const config = { name: 'memory', deployments: { development: options } };
  fs.writeFileSync(path.join(root, 'litexa.config.json'), JSON.stringify(config));
  fs.writeFileSync(path.join(root, 'handler.js'), 'exports.handler = async () => ({});\n');
  for (let number = 0; number < files; number++) {
    sparseFile(path.join(assets, `${number}.mp4`), bytes, number);
  }
  if (packageBytes > 0) makeModule(path.join(root, 'litexa'), packageBytes);
}

/** Creates a sparse file that differs from the others. */
function sparseFile(file, bytes, number) {
  const descriptor = fs.openSync(file, 'w');
  fs.writeSync(descriptor, String(number));
  fs.ftruncateSync(descriptor, bytes);
  fs.closeSync(descriptor);
}

/** Creates a dependency of incompressible files. */
function makeModule(folder, bytes) {
  const dependency = path.join(folder, 'node_modules', 'noise');
  fs.mkdirSync(dependency, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{}');
  for (let number = 0; number * MB < bytes; number++) {
    const noise = require('node:crypto').randomBytes(MB);
    fs.writeFileSync(path.join(dependency, `${number}.bin`), noise);
  }
}

/** Runs `child.js` and returns its figures. */
function inProcess(options, endpoint) {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  const env = {
    ...Object.fromEntries(others),
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'AKIAMEMORY',
    AWS_SECRET_ACCESS_KEY: 'no secret',
    AWS_REGION: 'us-east-1',
    AWS_CONFIG_FILE: path.join(options.root, 'no-config'),
    AWS_SHARED_CREDENTIALS_FILE: path.join(options.root, 'no-credentials'),
  };
  const args = [path.join(__dirname, 'child.js'), JSON.stringify(options)];
  const child = spawn(process.execPath, args, {
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    let figures;
    child.on('message', (message) => (figures = message));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (figures) resolve(figures);
      else reject(new Error(`the process ended with ${signal ?? code}`));
    });
  });
}

async function main(args) {
  const at = args.indexOf('--module');
  const folder = path.resolve(at < 0 ? ROOT : args.splice(at, 2)[1]);
  const names = args.length > 0 ? args : Object.keys(CASES);
  for (const name of names) {
    const measured = CASES[name];
    if (!measured)
      throw new Error(`unknown case ${name}. Known cases: ${Object.keys(CASES).join(', ')}`);
    const { base, peak, milliseconds } = await measure(measured, folder);
    const figures = `base ${megabytes(base)}, peak ${megabytes(peak)}, in ${milliseconds} ms`;
    console.log(`${name.padEnd(11)}  ${figures}`);
  }
}

const megabytes = (bytes) => `${(bytes / MB).toFixed(0).padStart(4)} MB`;

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
