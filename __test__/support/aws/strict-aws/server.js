'use strict';

// A strict AWS: an HTTP server on the loopback interface that refuses what Lambda, IAM, DynamoDB,
// CloudWatch Logs and STS refuse and emulators accept. It has the operations that this module uses.
// Requests to S3 get the answers of the strict S3.
//
// It stands for the endpoints of all regions: a request reaches the region that it is signed for.
// A new resource is unknown to the first requests that need it, and changes take some requests to
// complete: `lag` is their number for each kind, so that tests do not depend on time.

const crypto = require('node:crypto');
const http = require('node:http');
const { once } = require('node:events');
const { setTimeout: sleep } = require('node:timers/promises');
const { authorize } = require('./access');
const { AwsError } = require('./errors');
const faults = require('./faults');
const { partitionOf } = require('./partitions');
const { PROTOCOLS, unknownOperation } = require('./protocols');
const { ruleBook } = require('./rules');
const { authenticate } = require('./signature');
const { checkTags } = require('./tags');
const { ACCOUNT, KEYS, clientSettings, createS3 } = require('../strict-s3/server');
const { parseTarget } = require('../strict-s3/operations');

const SERVICES = {
  lambda: require('./lambda').OPERATIONS,
  iam: require('./iam').OPERATIONS,
  dynamodb: require('./dynamodb').OPERATIONS,
  logs: require('./logs').OPERATIONS,
  sts: require('./sts').OPERATIONS,
};

/** Lambda's limit for all code of an account in a region: 75 GB. */
const CODE_STORAGE_BYTES = 75 * 1024 ** 3;

/** Bodies up to this size are recorded. */
const MAX_RECORDED_BYTES = 64 * 1024;

/**
 * Starts a server.
 *
 * @param {object} [options]
 * @param {string} [options.region] of `env`
 * @param {number} [options.lag] how many requests of each kind meet a new or changing resource
 * @param {() => number} [options.clock] the clock of AWS, in milliseconds
 * @param {string[]} [options.rulesOff] names of rules that do not hold
 * @param {object[]} [options.faults] see faults.js
 * @param {object} [options.keys] `{<access key>: {secret, account, arn, token?, expires?, policy?}}`
 * @param {number} [options.codeStorageBytes] Lambda's limit for all code of an account in a region
 * @param {number} [options.maxMemorySize] of functions: 3008 in new accounts
 * @param {(event: object, place: object) => object} [options.handler] what each function answers
 * @param {number} [options.sessionUpdates] after which a session of Live Tail ends: three hours' in AWS
 * @param {object} [options.s3] further options of the strict S3
 */
async function startStrictAws({
  region = 'us-east-1',
  lag = 1,
  clock = Date.now,
  rulesOff = [],
  faults: initialFaults = [],
  keys = { ...KEYS },
  codeStorageBytes = CODE_STORAGE_BYTES,
  maxMemorySize = 10240,
  sessionUpdates = Infinity,
  handler = () => ({ version: '1.0', response: {} }),
  s3: s3Options,
} = {}) {
  const state = {
    region,
    lag,
    clock,
    keys,
    codeStorageBytes,
    maxMemorySize,
    sessionUpdates,
    handler,
    rule: ruleBook(rulesOff),
    s3: createS3({ region, clock, keys, ...s3Options }),
    regions: new Map(),
    accounts: new Map(),
    requests: [],
    faults: initialFaults.map((fault) => ({ ...fault })),
  };
  const listener = http.createServer((request, response) => {
    const answered = serviceOf(request) === 's3' ? state.s3.serve : serveIn(state);
    answered(request, response).catch((error) => response.destroy(error));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return Object.assign(state, clientSettings(listener, { region, keys }), {
    account: ACCOUNT,
    addFault: (fault) => state.faults.push({ ...fault }),
    /** Returns the requests to all services but S3, or those of one operation. */
    sent: (operation) =>
      state.requests.filter((request) => !operation || request.operation === operation),
    /** Returns what a region has: `{functions, tables, logGroups}`, by name. */
    inRegion: (name = region, account = ACCOUNT) => placeOf(state, account, name),
    /** Returns what IAM has: `{roles, users, policies}`, by name. */
    iam: (account = ACCOUNT) => accountOf(state, account),
    /** Makes all that is new known everywhere, and all changes complete, as time does. */
    settle: () => settle(state),
    reset() {
      for (const map of [state.regions, state.accounts]) map.clear();
      state.requests.length = 0;
      state.faults.length = 0;
      state.s3.reset();
    },
    close() {
      listener.closeAllConnections();
      return new Promise((resolve) => listener.close(resolve));
    },
  });
}

/** The service that a request is signed for; that of an unsigned one follows from its path and headers. */
function serviceOf({ headers, url }) {
  const [, signed] = /\/([\w-]+)\/aws4_request/.exec(headers.authorization) ?? [];
  if (signed) return signed;
  if (/^\/20\d\d-\d\d-\d\d\//.test(url)) return 'lambda';
  const target = headers['x-amz-target'] ?? '';
  if (target) return target.startsWith('DynamoDB') ? 'dynamodb' : 'logs';
  return headers['content-type'] === 'application/x-www-form-urlencoded' ? 'iam' : 's3';
}

const serveIn = (server) => async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { method, url: path, headers, headersDistinct } = request;
  const { pathname, query } = parseTarget(path);
  const call = { server, method, path, pathname, query, headers, headersDistinct };
  Object.assign(call, { raw: Buffer.concat(chunks), service: serviceOf(request) });
  call.requestId = crypto.randomUUID();
  call.rule = (name, ...args) => server.rule(name, call, ...args);
  const [, region] = /\/([\w-]+)\/[\w-]+\/aws4_request/.exec(headers.authorization) ?? [];
  call.region = region ?? server.region;
  call.partition = partitionOf(call.region);
  const entry = record(call);
  const answer = answerTo(call, entry);
  entry.status = answer.status;
  await write(call, response, answer);
};

/** Adds a request to those that tests look at, without what could be used to sign. */
function record(call) {
  const { service, method, path, region, headers, raw } = call;
  const { authorization: _, 'x-amz-security-token': __, ...shown } = headers;
  const body = raw.length <= MAX_RECORDED_BYTES ? raw : undefined;
  const entry = { service, method, path, region, headers: shown, body, size: raw.length };
  call.server.requests.push(entry);
  return entry;
}

function answerTo(call, entry) {
  const protocol = PROTOCOLS[call.service];
  if (!protocol) return { status: 501, headers: {}, body: '' };
  try {
    const { operation, input, status = 200 } = protocol.read(call);
    Object.assign(call, { operation, input });
    Object.assign(entry, { operation, input });
    const intercepted = early(call);
    if (intercepted) return intercepted;
    const output = perform(call);
    if (output?.stream) return { status, stream: output.stream };
    return { status, ...protocol.success(operation, output, call.requestId) };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    entry.code = error.code;
    return { status: error.status, ...protocol.failure(error, call.requestId) };
  }
}

function early(call) {
  for (const { name } of faults.EARLY) {
    const answer = call.rule(name);
    if (answer) return answer;
  }
  return undefined;
}

function perform(call) {
  const { server, region } = call;
  authenticate(call);
  const run = SERVICES[call.service][call.operation];
  if (!run) throw unknownOperation();
  const { account } = call.caller;
  call.account = account;
  call.place = placeOf(server, account, region);
  call.iam = accountOf(server, account);
  authorize(call);
  for (const { name } of faults.REFUSALS) call.rule(name);
  checkTags(call);
  return run(call);
}

function settle({ regions, accounts }) {
  const roles = [...accounts.values()].flatMap((one) => [...one.roles.values()]);
  const places = [...regions.values()];
  for (const place of places) settleTables(place);
  const tables = places.flatMap((place) => [...place.tables.values()]);
  const functions = places.flatMap((place) => [...place.functions.values()]);
  const changes = roles.flatMap(({ policiesChanged = {}, trustChanged }) => [
    policiesChanged,
    trustChanged,
  ]);
  for (const one of [...roles, ...changes, ...tables, ...functions]) one.lag = 0;
  for (const one of functions) {
    Object.assign(one, { looksLeft: 0 });
    if (one.latest.State === 'Pending') one.latest.State = 'Active';
    if (one.latest.LastUpdateStatus === 'InProgress') one.latest.LastUpdateStatus = 'Successful';
  }
}

function settleTables({ tables }) {
  for (const table of [...tables.values()]) {
    if (table.TableStatus === 'DELETING') tables.delete(table.TableName);
    Object.assign(table, { TableStatus: 'ACTIVE', backupsLeft: 0 });
    for (const backup of table.backups) backup.BackupStatus = 'AVAILABLE';
  }
}

function placeOf(server, account, region) {
  const name = `${account}/${region}`;
  const empty = { functions: new Map(), tables: new Map(), logGroups: new Map() };
  if (!server.regions.has(name)) server.regions.set(name, empty);
  return server.regions.get(name);
}

function accountOf(server, account) {
  const empty = { roles: new Map(), users: new Map(), policies: new Map() };
  if (!server.accounts.has(account)) server.accounts.set(account, empty);
  return server.accounts.get(account);
}

async function write(call, response, { status, headers, body, connection, stream }) {
  const ms = call.rule('answer-slow');
  if (ms) await sleep(ms);
  const lost = call.rule('answer-lost')?.connection ?? connection;
  if (lost) return response.destroy();
  if (stream) return stream(response);
  const date = new Date(call.server.clock()).toUTCString();
  response.writeHead(status, { date, ...headers, ...(status === 204 ? {} : lengthOf(body)) });
  return response.end(status === 204 ? undefined : body);
}

const lengthOf = (body) => ({ 'content-length': Buffer.byteLength(body) });

module.exports = { startStrictAws };
