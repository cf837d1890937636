'use strict';

// The memory that packaging needs does not grow with a file. A process of its own packages, and then
// does not reach AWS.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { execFile } = require('node:child_process');
const { test } = require('node:test');
const { promisify } = require('node:util');
const { createProject } = require('../support/litexa/project');

const MB = 1_000_000;

const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example',
  AWS_REGION: 'us-east-1',
  AWS_MAX_ATTEMPTS: '1',
  // Nothing listens on the port for TCP's own multiplexer.
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
};

const PACKAGE = `
  const litexa = require(${JSON.stringify(require.resolve('../..'))});
  const { deployContext } = require(${JSON.stringify(require.resolve('../support/litexa/context'))});
  const context = deployContext({ projectRoot: process.argv[1], target: 'beta', options: {} });
  litexa.lambda.deploy(context, context.logger).catch(({ code }) => {
    const status = require('node:fs').readFileSync('/proc/self/status', 'utf8');
    const [, kilobytes] = /VmHWM:\\s+(\\d+)/.exec(status);
    const isPackaged = context.logger.lines('log').some((line) => line.startsWith('packaged'));
    console.log(JSON.stringify({ code, isPackaged, peak: kilobytes * 1024 }));
    // A deployment that fails sets another one.
    process.exitCode = 0;
  });
`;

/** Returns the largest memory of a process that packages a file of this size. */
async function peakOf(t, content) {
  const project = createProject(t);
  project.installPackage('whale/data.bin', content);
  const env = { ...process.env, ...ENVIRONMENT };
  const run = promisify(execFile)(process.execPath, ['-e', PACKAGE, project.root], { env });
  const { code, isPackaged, peak } = JSON.parse((await run).stdout);
  assert.deepEqual([code, isPackaged], ['AWS_UNAVAILABLE', true]);
  return peak;
}

test(
  'large files are not held in memory, whether they compress or not',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const [small, text, noise] = await Promise.all([
      peakOf(t, 'small'),
      peakOf(t, Buffer.alloc(32 * MB, 'a line of text that is repeated\n')),
      peakOf(t, crypto.randomBytes(32 * MB)),
    ]);
    for (const peak of [text, noise]) {
      assert.ok(
        peak - small < 24 * MB,
        `${small / MB} MB without the file, ${peak / MB} MB with it`,
      );
    }
  },
);
