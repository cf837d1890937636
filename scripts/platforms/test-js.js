'use strict';

// Runs each test file in a process of its own, as `node FILE`, because Wine's processes need files for
// their output, and compares the failures with cannot-run.json.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT } = require('../lib/cargo');
const { environment } = require('./build');
const { failingTests, problemsOf } = require('./cannot-run');
const { startEmulatorHost } = require('./emulator-host');
const { readTap } = require('./tap');

const FOLDER = path.join(ROOT, '__test__');
/** A file that takes longer hangs. */
const MAX_FILE_MINUTES = 20;

/** Runs test files, given by their paths, on a platform, and reports their failures. */
async function testJavaScript(machine, { platform, node, files }) {
  // A folder of its own, so that two versions of Node.js can be tested at the same time.
  const output = fs.mkdtempSync(path.join(os.tmpdir(), `litexa-results-${platform}-`));
  const host = machine.runner ? await startEmulatorHost() : undefined;
  // Tests of packages look for the addon of the target.
  const env = { ...process.env, ...(await environment(machine, platform)) };
  if (host) env.LITEXA_EMULATOR_HOST = host.url;
  // Executables of installed packages start the first Node.js of the PATH.
  else env.PATH = [path.dirname(node), process.env.PATH].join(path.delimiter);
  delete env.NODE_TEST_CONTEXT;
  const command = [...(machine.runner ? [machine.runner] : []), node, '--test-reporter=tap'];
  console.log(`Testing with ${node}; the output is in ${output}`);
  try {
    const runFile = (file) =>
      testFile({ command, env, file: path.relative(FOLDER, file), output, platform });
    const summary = await inTurn(files, runFile);
    report(summary);
  } finally {
    await host?.close();
  }
}

/** Runs `work` for every item, as many at a time as there are processors. */
async function inTurn(items, work) {
  const left = [...items];
  const results = [];
  const worker = async () => {
    while (left.length > 0) results.push(await work(left.shift()));
  };
  await Promise.all(os.cpus().map(worker));
  return results;
}

async function testFile({ command, env, file, output, platform }) {
  const listed = failingTests(platform, file);
  if (listed === 'all') {
    console.log(`cannot run   ${file}`);
    return { file, count: 0, left: 1, problems: [] };
  }
  const log = path.join(output, file.replaceAll('/', '-'));
  const exit = await runToFile([...command, path.join('__test__', file)], { env, log });
  const result = { ...readTap(fs.readFileSync(`${log}.out`, 'utf8')), exit };
  const problems = problemsOf(listed, result);
  console.log(`${problems.length ? 'FAILED' : 'passed'}  ${count(result.passed)}  ${file}`);
  for (const problem of problems) console.log(`               ${problem}`);
  return { file, count: result.passed.length, left: result.failed.length, problems };
}

const count = ({ length }) => String(length).padStart(4);

function runToFile([program, ...args], { env, log }) {
  const [out, err] = ['out', 'err'].map((name) => fs.openSync(`${log}.${name}`, 'w'));
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', out, err] });
  const limit = setTimeout(() => child.kill('SIGKILL'), MAX_FILE_MINUTES * 60_000);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code));
  }).finally(() => {
    clearTimeout(limit);
    for (const file of [out, err]) fs.closeSync(file);
  });
}

function report(results) {
  const sum = (of) => results.reduce((total, one) => total + of(one), 0);
  const failed = results.filter((one) => one.problems.length > 0);
  console.log(
    `${sum((one) => one.count)} tests passed in ${results.length} files, ` +
      `${sum((one) => one.left)} of cannot-run.json were left out, ${failed.length} files failed`,
  );
  if (failed.length > 0)
    throw new Error(
      failed
        .map((one) => one.file)
        .sort()
        .join('\n'),
    );
}

module.exports = { testJavaScript };
