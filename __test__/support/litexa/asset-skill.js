'use strict';

// A skill that is nothing but assets, the AWS that it is deployed to, and what was asked of it.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, beforeEach } = require('node:test');
const litexa = require('../../..');
const { awsHttp } = require('../aws/client');
const { startEmulator, useEnvironment } = require('../aws/emulator');
const { deployContext } = require('./context');
const { startProxy } = require('../aws/proxy');

const BUCKET = 'cats-assets';
const PREFIX = 'cats/development/';
const RECORD = `.litexa-deploy-aws/${PREFIX}upload-manifest.json`;

/**
 * An emulator behind a proxy for all tests of a file, empty before each of them.
 *
 * @param {{auth?: boolean}} options `auth` makes new buckets block public access, as AWS' do
 */
function useAws({ auth = false } = {}) {
  let restoreEnvironment;
  const stage = {
    /** The environment that AWS' SDKs find the emulator with. */
    get env() {
      return { ...stage.emulator.env, AWS_ENDPOINT_URL: stage.proxy.endpoint };
    },
    /** The requests of one operation, as `PutObject`. */
    asked: (operation) => stage.proxy.requests.filter((asked) => asked.operation === operation),
    /** The keys of the assets that were sent, in order, below the deployment's prefix. */
    uploaded: () =>
      [...stage.asked('PutObject'), ...stage.asked('CompleteMultipartUpload')]
        .map(keyOf)
        .filter((key) => key !== RECORD)
        .map((key) => key.slice(PREFIX.length))
        .sort(),
    /** The headers that an asset was sent with. */
    headersOf: (key) =>
      stage.asked('PutObject').find((asked) => keyOf(asked) === PREFIX + key).headers,
    /** Answers every request of an operation as AWS would refuse it. */
    refuse(operation, ...refusal) {
      stage.proxy.on((asked) => (asked.operation === operation ? s3Error(...refusal) : undefined));
    },
  };
  before(async () => {
    stage.emulator = await startEmulator({ auth });
    const proxy = await startProxy(stage.emulator.endpoint);
    const interceptors = new Set();
    stage.proxy = {
      ...proxy,
      /** Until the test's end. */
      on: (interceptor) => interceptors.add(proxy.on(interceptor)),
      forget: () => interceptors.forEach((remove) => remove()),
    };
    stage.aws = awsHttp(stage.emulator);
    restoreEnvironment = useEnvironment(stage.env);
  });
  beforeEach(async () => {
    stage.proxy.forget();
    await stage.emulator.reset();
    stage.proxy.clear();
  });
  after(async () => {
    restoreEnvironment?.();
    await stage.proxy?.stop();
    await stage.emulator?.stop();
  });
  return stage;
}

/** `/bucket/key?query` as the key. */
function keyOf({ path: target }) {
  const { pathname } = new URL(target, 'http://localhost');
  return decodeURIComponent(pathname.split('/').slice(2).join('/'));
}

/** AWS' answer to a request that it does not grant. */
function s3Error(status, code, message = code) {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

/**
 * A temporary Litexa project with a target `development`.
 *
 * @param {object} files `{'<language>/<path>': content}`
 * @param {object} [s3] the target's `s3Configuration`, beside the bucket's name
 * @param {object} [options] the target's other options
 */
function assetSkill(t, files, s3 = {}, options = {}) {
  const root = temporaryFolder(t);
  const skill = {
    root,
    write(name, content) {
      const [language, ...rest] = name.split('/');
      const inherited = language === 'default' ? [] : ['languages', language];
      const file = path.join(root, 'litexa', ...inherited, 'assets', ...rest);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content);
      return file;
    },
    /** Replaces the target's `s3Configuration`, beside the bucket's name, and its other options. */
    configure(s3, options = {}, target = 'development') {
      const configuration = { s3Configuration: { bucketName: BUCKET, ...s3 }, ...options };
      const deployments = { [target]: { module: '@litexa/deploy-aws', ...configuration } };
      const config = JSON.stringify({ name: 'cats', deployments });
      fs.writeFileSync(path.join(root, 'litexa.config.json'), config);
    },
    /** What the CLI does when the configuration has changed. */
    wipeDeployFolder: () => fs.rmSync(path.join(root, '.deploy'), { recursive: true, force: true }),
    /** The same project on another machine: neither `.deploy` nor artifacts came along. */
    checkOutElsewhere(t) {
      const other = assetSkill(t, {});
      for (const kept of ['litexa', 'litexa.config.json']) {
        fs.cpSync(path.join(root, kept), path.join(other.root, kept), { recursive: true });
      }
      return other;
    },
    /** `{context, lines(level)}`; fails with what the module fails with. */
    async deploy(what = {}) {
      const context = deployContext({ projectRoot: root, ...what });
      what.prepare?.(context);
      await litexa.assets.deploy(context, context.logger);
      return { context, lines: (level) => context.logger.lines(level) };
    },
  };
  skill.configure(s3, options);
  for (const [name, content] of Object.entries(files)) skill.write(name, content);
  return skill;
}

function temporaryFolder(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-assets-'));
  t.after(() =>
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  );
  return folder;
}

module.exports = { useAws, assetSkill, temporaryFolder, s3Error, keyOf, BUCKET, PREFIX, RECORD };
