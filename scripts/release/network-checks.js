'use strict';

// Checks an installed module, and so a release addon, on machines without certificates and on a network that
// does not answer. A debug addon may behave differently: some assertions of its libraries exist in it only.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const { promisify } = require('node:util');
const { BUCKET, buildProject } = require('../../__test__/support/litexa/project');
const { startBlackHole } = require('../../__test__/support/network/black-hole');
const { CA_FILE, startTlsServer } = require('../../__test__/support/network/tls-server');

const CONTEXT = require.resolve('../../__test__/support/litexa/context');

/** Deploys assets; the authorities in the file `process.argv[4]`, if any, are those of Node.js. */
const DEPLOYMENT = `
  const [contextModule, module, projectRoot, authorities] = process.argv.slice(1);
  const { deployContext } = require(contextModule);
  if (authorities) {
    const rootCertificates = [require('node:fs').readFileSync(authorities, 'utf8')];
    const Module = require('node:module');
    const load = Module._load;
    Module._load = (name, ...rest) =>
      name === 'node:tls' ? { rootCertificates } : load(name, ...rest);
  }
  const context = deployContext({ projectRoot, target: 'beta', print: () => {} });
  require(module).assets.deploy(context, context.logger).then(
    () => console.log('deployed'),
    ({ code, message }) => {
      console.log(code + ': ' + message);
      process.exitCode = 0;
    },
  );`;

const NO_CERTIFICATES = { SSL_CERT_FILE: '/nowhere', SSL_CERT_DIR: '/nowhere' };
const UNSET = { AWS_CA_BUNDLE: undefined, NODE_EXTRA_CA_CERTS: undefined };

/**
 * Runs the checks, and returns their number.
 *
 * @param {string} node a Node.js program
 * @param {{module: string, env: object}} installed the module, and an environment whose
 *   `AWS_ENDPOINT_URL` leads to an AWS emulator over http
 */
async function checkNetworks(node, { module, env }) {
  const tlsServer = await startTlsServer(env.AWS_ENDPOINT_URL);
  const hole = await startBlackHole();
  const project = buildProject({ options: { s3Configuration: { bucketName: BUCKET } } });
  project.writeAsset('default/meow.mp3', 'meow');
  const broken = project.write('broken.pem', fs.readFileSync(CA_FILE, 'utf8').slice(0, 200));
  const bare = { ...env, ...UNSET, ...NO_CERTIFICATES };
  const overTls = { ...bare, AWS_ENDPOINT_URL: tlsServer.url };
  const silent = { AWS_ENDPOINT_URL: hole.url, LITEXA_AWS_TIMEOUT_SECONDS: '1' };
  const checks = [
    [bare, undefined, /^deployed$/],
    [overTls, CA_FILE, /^deployed$/],
    [{ ...overTls, AWS_CA_BUNDLE: CA_FILE }, undefined, /^deployed$/],
    [overTls, undefined, /^AWS_UNAVAILABLE: .*certificate of 127\.0\.0\.1.* is not trusted/],
    [{ ...overTls, AWS_CA_BUNDLE: broken }, undefined, /^INVALID_OPTION: AWS_CA_BUNDLE/],
    [{ ...bare, ...silent }, undefined, /^AWS_UNAVAILABLE: .*no answer from 127\.0\.0\.1/],
  ];
  try {
    for (const [settings, authorities = '', expected] of checks) {
      const args = ['-e', DEPLOYMENT, CONTEXT, module, project.root, authorities];
      const { stdout, stderr } = await promisify(execFile)(node, args, { env: settings });
      assert.match(stdout.trim(), expected);
      assert.doesNotMatch(stderr, /panicked/);
    }
  } finally {
    project.remove();
    await Promise.all([tlsServer.close(), hole.close()]);
  }
  return checks.length;
}

module.exports = { checkNetworks };
