'use strict';

// A machine with AWS settings of its own, for tests of the sources of credentials.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { afterEach } = require('node:test');
const { useEnvironment } = require('../environment');
const { listen } = require('../network/listen');
const { tempDir } = require('../tmp');

const FILES = { 'default/meow.mp3': 'meow' };
const SECRET = 'tOpS3cr3t';
const OWN_ENVIRONMENT = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'];

/** A setting of a profile: the role that it assumes. */
const ROLE = 'role_arn = arn:aws:iam::123456789012:role/deployer';

const keys = (id) => ({ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: SECRET });

const profile = (name, id, ...more) =>
  [`[${name}]`, `aws_access_key_id = ${id}`, `aws_secret_access_key = ${SECRET}`, ...more, ''].join(
    '\n',
  );

/**
 * Provides tests with such machines, in front of this AWS. The settings are restored after each test.
 *
 * @param {object} aws that of `useAws`
 */
function useMachines(aws) {
  let restore = () => {};
  afterEach(() => restore());

  /** Sets up a machine with AWS settings of its own, and only `env` in the environment. */
  function setUpMachine(t, { config = '', credentials = '', env = {} }) {
    const folder = tempDir(t);
    const file = (name, content) => {
      fs.writeFileSync(path.join(folder, name), content);
      return path.join(folder, name);
    };
    const settings = { ...aws.env };
    for (const name of OWN_ENVIRONMENT) delete settings[name];
    restore = useEnvironment({
      ...settings,
      AWS_CONFIG_FILE: file('config', config),
      AWS_SHARED_CREDENTIALS_FILE: file('credentials', credentials),
      ...env,
    });
  }

  /** Deploys the assets, and checks that neither lines nor errors contain a secret. */
  async function deploy(project) {
    const output = [];
    const print = (_, line) => output.push(line);
    try {
      return await project.deployAssets({ print });
    } catch (error) {
      output.push(error.message, error.stack);
      throw error;
    } finally {
      assert.doesNotMatch(output.join('\n'), /s3cr3t/i);
    }
  }

  /** Returns the access key, region and session token of the requests' signatures. */
  function signedBy() {
    const [{ headers }] = aws.requests('PutObject');
    const [, key, region] = /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(headers.authorization);
    return { key, region, token: headers['x-amz-security-token'] };
  }

  return { deploy, setUpMachine, signedBy };
}

/** Starts an STS that refuses to assume a role, as for a request without an MFA code. */
async function refusingSts(t) {
  const refusal =
    '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>';
  const authorizations = [];
  const server = await listen(
    http.createServer((request, response) => {
      authorizations.push(request.headers.authorization);
      request.resume().on('end', () => response.writeHead(403).end(refusal));
    }),
  );
  t.after(server.close);
  return { url: server.url, authorizations };
}

module.exports = { FILES, OWN_ENVIRONMENT, ROLE, SECRET, keys, profile, refusingSts, useMachines };
