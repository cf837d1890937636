'use strict';

// A server that stands for AWS where an emulator is too slow to tell clients apart. It runs in a
// process of its own, answers after a latency of choice, and remembers who asked what and when.
// Bodies of objects are digested and dropped.
//
// The bench talks to it through the channel that `fork` gives them: see ../sink.js.

const http = require('node:http');
const { IncomingBody } = require('./body');
const { dynamoDb } = require('./dynamodb');
const { iam } = require('./iam');
const { lambda } = require('./lambda');
const { logs } = require('./logs');
const { s3 } = require('./s3');

/** S3 is one for the whole world; of the others each account has its own. */
const SERVICES = { lambda, iam, dynamodb: dynamoDb, logs };

let world = {};
let accounts = new Map();
let asked = [];
let latencyMs = 0;
let blocks = false;
let cpuBefore = process.cpuUsage();

function reset() {
  world = { s3: s3() };
  accounts = new Map();
  asked = [];
}

/** The account of an access key: one for each, so that clients do not meet. */
function account(key) {
  if (!accounts.has(key)) {
    const services = Object.entries(SERVICES).map(([name, make]) => [name, make()]);
    accounts.set(key, { ...world, ...Object.fromEntries(services) });
  }
  return accounts.get(key);
}

/** Key and service as the signature names them; only S3 is asked by people without one. */
function signer({ authorization = '' }) {
  const scope = /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\//.exec(authorization);
  return scope ? { key: scope[1], service: scope[2] } : { key: 'nobody', service: 's3' };
}

function onRequest(incoming, outgoing) {
  const start = performance.now();
  const { method, headers } = incoming;
  const { key, service } = signer(headers);
  const [pathname, search = ''] = incoming.url.split('?', 2);
  const entry = { start, service, pathname };
  asked.push(entry);
  const query = new URLSearchParams(search);
  const isObject = service === 's3' && method === 'PUT' && /^\/[^/]+\/./.test(pathname);
  const body = new IncomingBody(headers, { keep: !isObject, inBlocks: blocks });
  incoming.on('data', (chunk) => body.push(chunk));
  incoming.on('end', () => {
    const request = { method, pathname, query, headers, body };
    const answer = answered(account(key), service, request);
    entry.operation = answer.operation;
    entry.status = answer.status ?? 200;
    entry.bytes = body.size;
    later(() => send(outgoing, answer, entry));
  });
}

function answered(services, name, request) {
  try {
    const answer = services[name]?.(request);
    if (answer) return answer;
  } catch (error) {
    console.error(error);
  }
  const what = `${request.method} ${request.pathname}?${request.query}`;
  console.error(`the sink does not know: ${name} ${what} ${request.headers['x-amz-target'] ?? ''}`);
  return { status: 501, operation: `unknown: ${name} ${what}` };
}

function send(outgoing, { status = 200, headers = {}, body = '' }, entry) {
  const length = body.length === undefined ? 0 : Buffer.byteLength(body);
  outgoing.writeHead(status, { 'content-length': length, 'x-amzn-requestid': '0', ...headers });
  outgoing.end(body);
  entry.end = performance.now();
}

function later(work) {
  if (latencyMs > 0) setTimeout(work, latencyMs);
  else work();
}

const server = http.createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, onRequest);
server.on('checkContinue', (incoming, outgoing) => {
  // Asking whether the body is welcome takes a round trip, too.
  later(() => outgoing.writeContinue());
  onRequest(incoming, outgoing);
});

const COMMANDS = {
  reset,
  latency: (milliseconds) => void (latencyMs = milliseconds),
  forget() {
    asked = [];
    cpuBefore = process.cpuUsage();
  },
  asked: () => asked,
  /** Seconds of CPU time since it forgot: where the sink is as busy as a core, clients wait for it. */
  cpu() {
    const { user, system } = process.cpuUsage(cpuBefore);
    return (user + system) / 1e6;
  },
  digestBlocks: (wanted) => void (blocks = wanted),
  contents: (bucket) => world.s3.contents(bucket),
  makeBucket: (bucket) => world.s3.makeBucket(bucket),
  copyBucket: ({ from, to }) => world.s3.copyBucket(from, to),
  writeLogs: ({ key, ...what }) => account(key).logs.write(what),
  limitLogs: ({ key, perSecond }) => account(key).logs.limit(perSecond),
};

process.on('message', ({ id, command, argument }) => {
  process.send({ id, result: COMMANDS[command](argument) });
});
process.on('disconnect', () => process.exit());

reset();
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
