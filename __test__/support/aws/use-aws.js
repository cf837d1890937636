'use strict';

// Provides tests with AWS: an emulator, and a proxy that records requests and can answer in its place.

const { after, before, beforeEach } = require('node:test');
const { useEnvironment } = require('../environment');
const { request } = require('../http');
const { openAccount } = require('./account');
const { awsClient } = require('./client');
const { startEmulator } = require('./emulator');
const { s3Error } = require('./errors');
const { startProxy } = require('./proxy');
const { unsupportedConditions } = require('./unsupported-conditions');
const { startStrictAws } = require('./strict-aws/server');
const { sender } = require('./strict-s3/client');
const { ACCOUNT, startStrictS3 } = require('./strict-s3/server');

/** The first account of tests. The emulator uses a 12-digit access key as the account's number. */
const FIRST_ACCOUNT = 300_000_000_001;

let start = startEmulator;

/** Returns a strict server in the form of the emulator. */
const inPlaceOfEmulator = (server) => ({
  account: ACCOUNT,
  env: server.env,
  endpoint: server.url,
  s3: server.s3 ?? server,
  server,
  send: sender(server),
  sendIn: (region) => sender(server, region),
  reset: server.reset,
  stop: server.close,
});

/**
 * Declares tests that get a strict S3 from `useAws`, and no other service.
 *
 * @param {() => void} declare such as one that requires a file of tests
 */
function onStrictS3(declare) {
  startingWith(async () => inPlaceOfEmulator(await startStrictS3()), declare);
}

/**
 * Declares tests that get a strict AWS from `useAws`, by default one where everything is known and
 * complete at once.
 *
 * @param {() => void} declare such as one that requires a file of tests
 * @param {object} [options] of `startStrictAws`
 */
function onStrictAws(declare, options = { lag: 0 }) {
  startingWith(async () => inPlaceOfEmulator(await startStrictAws(options)), declare);
}

function startingWith(startServer, declare) {
  start = startServer;
  declare();
  start = startEmulator;
}

/**
 * Provides all tests of a file with one emulator, to which this process's AWS settings point. It is
 * emptied before each test.
 *
 * @param {object} [options]
 * @param {boolean} [options.auth] as of `startEmulator`
 * @param {object} [options.env] as of `startEmulator`
 * @param {boolean} [options.keepState] keeps resources and recorded requests between tests, as
 *   concurrent tests with accounts of their own need it
 * @param {(aws: object) => Promise<void>} [options.setUp] runs once, after the start
 * @returns {object} that of `startAws`, once it has started
 */
function useAws({ auth, env, keepState = false, setUp } = {}) {
  const aws = {};
  const startServer = start;
  let restoreEnvironment;
  before(async () => {
    Object.assign(aws, await startAws({ auth, env }, startServer));
    restoreEnvironment = useEnvironment(aws.env);
    // Hooks of a file run concurrently in some versions of Node.js, so this is not one of its own.
    await setUp?.(aws);
  });
  if (!keepState) beforeEach(() => aws.reset());
  after(async () => {
    restoreEnvironment?.();
    await aws.stop?.();
  });
  return aws;
}

/**
 * Starts an emulator behind a proxy.
 *
 * @returns {Promise<object>} the emulator's default account as `behindProxy` describes it, with
 *   `emulator`, `inRegion`, `newAccount`, `openAccount`, `reset` and `stop`
 */
async function startAws(options, startServer = startEmulator) {
  const emulator = await startServer(options);
  const { stop, ...account } = await behindProxy(emulator, {
    id: emulator.account,
    env: emulator.env,
    client: awsClient(emulator),
  });
  let accounts = FIRST_ACCOUNT;
  const newAccount = (options) => openAccount(emulator, String(accounts++), options);
  return {
    ...account,
    emulator,
    /** Returns a client of the same account in another region. */
    inRegion: (region) =>
      awsClient({
        ...emulator,
        env: { ...emulator.env, AWS_REGION: region },
        send: emulator.sendIn?.(region),
      }),
    /** Returns an empty account, without a proxy: that of `openAccount` in account.js. */
    newAccount,
    /** Opens an empty account behind a proxy of its own, which is stopped after the test `t`. */
    async openAccount(t) {
      const opened = await behindProxy(emulator, newAccount());
      t?.after(opened.stop);
      return opened;
    },
    /** Removes all interceptors, resources and recorded requests. */
    async reset() {
      account.removeInterceptors();
      await emulator.reset();
      account.clearRequests();
    },
    async stop() {
      await stop();
      await emulator.stop();
    },
  };
}

/**
 * Puts a proxy in front of an account.
 *
 * @param {object} emulator
 * @param {{id: string, env: object, client: object}} account
 * @returns {Promise<object>} the account with these methods; `env` leads AWS SDKs to the proxy,
 *   `client` reads and changes the account directly
 */
async function behindProxy(emulator, account) {
  const proxy = await startProxy(emulator.endpoint, { last: unsupportedConditions(emulator) });
  const interceptors = [];
  const requests = (operation) =>
    operation
      ? proxy.requests.filter((request) => request.operation === operation)
      : [...proxy.requests];

  const intercept = (interceptor) => {
    const remove = proxy.intercept(interceptor);
    interceptors.push(remove);
    return remove;
  };
  const answer = (operation, response, { times = Infinity } = {}) => {
    let left = times;
    return intercept(async (request) => {
      if (request.operation !== operation || left <= 0) return undefined;
      const given = typeof response === 'function' ? await response(request) : response;
      if (given) left--;
      return given;
    });
  };
  return {
    ...account,
    env: { ...account.env, AWS_ENDPOINT_URL: proxy.endpoint },
    /** Returns the recorded requests, all or those of one operation, such as `PutObject`. */
    requests,
    /** Returns the recorded requests that change something, as `service:Operation`. */
    writes: proxy.writes,
    /** Returns how often an operation was requested. */
    count: (operation) => requests(operation).length,
    /** Returns the JSON bodies of the requests of an operation. */
    sent: (operation) => requests(operation).map(({ body }) => JSON.parse(body)),
    /** Removes recorded requests: all, or those that `isMatch` accepts. */
    clearRequests(isMatch = () => true) {
      const kept = proxy.requests.filter((request) => !isMatch(request));
      proxy.requests.splice(0, Infinity, ...kept);
    },
    /** Adds an interceptor until the next reset. Returns a function that removes it. */
    intercept,
    /** Answers the next requests of an operation with a response, or with what a function returns. */
    answer,
    /** Answers all requests of an S3 operation with an error. */
    rejectS3: (operation, ...error) => answer(operation, s3Error(...error)),
    /** Performs the next request of an operation, and breaks the connection before the answer. */
    loseAnswer: (operation) =>
      answer(
        operation,
        async ({ method, path: url, headers, body }) => {
          const { status } = await request(method, emulator.endpoint + url, { headers, body });
          if (status >= 300) throw new Error(`${operation} was answered with ${status}`);
          return { destroy: true };
        },
        { times: 1 },
      ),
    removeInterceptors: () => interceptors.splice(0).forEach((remove) => remove()),
    stop: proxy.stop,
  };
}

module.exports = { onStrictAws, onStrictS3, startAws, useAws };
