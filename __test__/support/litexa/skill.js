'use strict';

// A skill that is as small as a skill can be, and an AWS of its own to deploy it to.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, afterEach, before, beforeEach } = require('node:test');
const litexa = require('../../..');
const { awsHttp } = require('../aws/client');
const { startEmulator, useEnvironment } = require('../aws/emulator');
const { request } = require('../http');
const { deployContext } = require('./context');
const { removeProject } = require('./project');
const { startProxy } = require('../aws/proxy');

const HANDLER = 'exports.handler = (event, context, callback) => callback(null, {});\n';

/** What AWS calls the resources of the skill `cats`, deployed to `beta`. */
const NAMES = {
  function: 'cats_beta_litexa_handler',
  functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:cats_beta_litexa_handler',
  alias: 'release-0',
  table: 'cats_beta_litexa_handler_state',
  logGroup: '/aws/lambda/cats_beta_litexa_handler',
  role: 'litexa_handler_lambda',
};

/**
 * Gives the tests of a file an emulator with a proxy in front of it, empty before each test.
 *
 * @param {{auth?: boolean}} [options] `auth` makes the emulator judge what IAM users may do
 * @returns {object} `aws` looks at the account and changes it behind the module's back, `proxy` has
 *   what was asked, `env` is what leads the module there
 */
function useCloud({ auth } = {}) {
  let emulator;
  let restoreEnvironment;
  let takeBack = [];

  const cloud = {
    /** The account, as in `aws`, but in another region. */
    in: (region) => awsHttp({ ...emulator, env: { ...emulator.env, AWS_REGION: region } }),
    /** AWS answers the next calls of an operation with this, or with what this function returns. */
    answer(operation, answer, { times = Infinity } = {}) {
      let left = times;
      const answering = async (asked) => {
        if (asked.operation !== operation || left <= 0) return undefined;
        const given = typeof answer === 'function' ? await answer(asked) : answer;
        if (given) left--;
        return given;
      };
      takeBack.push(cloud.proxy.on(answering));
    },
    /** AWS does the next call of an operation, and the connection breaks before it can say so. */
    loseAnswer(operation) {
      const losing = async ({ method, path: url, headers, body }) => {
        const { status } = await request(method, emulator.endpoint + url, { headers, body });
        if (status >= 300) throw new Error(`${operation} was answered with ${status}`);
        return { destroy: true };
      };
      cloud.answer(operation, losing, { times: 1 });
    },
    /** How often an operation was asked for. */
    count: (operation) =>
      cloud.proxy.requests.filter((asked) => asked.operation === operation).length,
    /** What was sent with the calls of an operation. */
    sent: (operation) =>
      cloud.proxy.requests
        .filter((asked) => asked.operation === operation)
        .map((asked) => JSON.parse(asked.body)),
  };

  before(async () => {
    emulator = await startEmulator({ auth });
    cloud.proxy = await startProxy(emulator.endpoint);
    cloud.aws = awsHttp(emulator);
    cloud.env = { ...emulator.env, AWS_ENDPOINT_URL: cloud.proxy.endpoint };
    restoreEnvironment = useEnvironment(cloud.env);
  });
  beforeEach(async () => {
    await emulator.reset();
    cloud.proxy.clear();
  });
  afterEach(() => {
    for (const remove of takeBack.splice(0)) remove();
  });
  after(async () => {
    restoreEnvironment?.();
    await cloud.proxy?.stop();
    await emulator?.stop();
  });
  return cloud;
}

/**
 * A project in a temporary folder that is removed after the test `t`.
 *
 * @param {object} [names] the project's name and its target's, where they matter
 */
function temporarySkill(t, { name = 'cats', target = 'beta' } = {}) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-skill-'));
  t.after(() => removeProject(root));
  fs.mkdirSync(path.join(root, 'litexa'));
  const config = { name, deployments: { [target]: { module: '@litexa/deploy-aws' } } };
  fs.writeFileSync(path.join(root, 'litexa.config.json'), JSON.stringify(config));

  const context = (options = {}, what = {}) =>
    deployContext({ projectRoot: root, target, options, handler: HANDLER, ...what });
  return {
    root,
    /** The context for a deployment with these options of the target. */
    context,
    /** Deploys the handler; resolves with the context and what it left there. */
    async deploy(options, what) {
      const live = context(options, what);
      await litexa.lambda.deploy(live, live.logger);
      return live;
    },
    /** Deploys a handler that will be refused; resolves with the error and the context. */
    async refused(options, what) {
      const live = context(options, what);
      const error = await litexa.lambda.deploy(live, live.logger).then(
        () => undefined,
        (reason) => reason,
      );
      if (!error) throw new Error('the deployment was not refused');
      return { error, ...live };
    },
    /** What an earlier deployment left in artifacts.json. */
    remember(key, value) {
      context().artifacts.save(key, value);
    },
    forget(key) {
      context().artifacts.delete(key);
    },
    /** Writes a file of the project. */
    write(file, content) {
      const whole = path.join(root, file);
      fs.mkdirSync(path.dirname(whole), { recursive: true });
      fs.writeFileSync(whole, content);
    },
  };
}

module.exports = { useCloud, temporarySkill, NAMES, HANDLER };
