'use strict';

// Answers like AWS, where an emulator would be too slow to show differences between clients. This is a
// process of its own, which responds after a configurable latency, and records each request with its
// times. Bodies of objects are digested and dropped.
//
// start.js starts it, and sends commands through the channel of `fork`.

const http = require('node:http');
const { IncomingBody } = require('./body');
const { dynamoDb } = require('./dynamodb');
const { iam } = require('./iam');
const { lambda } = require('./lambda');
const { logs } = require('./logs');
const { s3 } = require('./s3');
const { sts } = require('./sts');

/** Services of which each account has its own. All accounts share S3. */
const SERVICES = { lambda, iam, dynamodb: dynamoDb, logs, sts };

let shared = {};
let accounts = new Map();
let recorded = [];
let latencyMs = 0;
let blocks = false;
let cpuBefore = process.cpuUsage();

function reset() {
  shared = { s3: s3() };
  accounts = new Map();
  recorded = [];
}

/** Returns the account of an access key. Each client has its own. */
function account(key) {
  if (!accounts.has(key)) {
    const services = Object.entries(SERVICES).map(([name, make]) => [name, make()]);
    accounts.set(key, { ...shared, ...Object.fromEntries(services) });
  }
  return accounts.get(key);
}

/** Returns key and service of the signature. Only S3 gets requests without one. */
function signer({ authorization = '' }) {
  const scope = /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\//.exec(authorization);
  return scope ? { key: scope[1], service: scope[2] } : { key: 'anonymous', service: 's3' };
}

function onRequest(incoming, outgoing) {
  const start = performance.now();
  const { method, headers } = incoming;
  const { key, service } = signer(headers);
  const [pathname, search = ''] = incoming.url.split('?', 2);
  const entry = { start, service, pathname };
  recorded.push(entry);
  const query = new URLSearchParams(search);
  const isObject = service === 's3' && method === 'PUT' && /^\/[^/]+\/./.test(pathname);
  const body = new IncomingBody(headers, { keep: !isObject, inBlocks: blocks });
  incoming.on('data', (chunk) => body.push(chunk));
  incoming.on('end', () => {
    const request = { method, pathname, query, headers, body };
    const answer = respond(account(key), service, request);
    entry.operation = answer.operation;
    entry.status = answer.status ?? 200;
    entry.bytes = body.size;
    later(() => send(outgoing, answer, entry));
  });
}

function respond(services, name, request) {
  try {
    const answer = services[name]?.(request);
    if (answer) return answer;
  } catch (error) {
    console.error(error);
  }
  const shown = `${request.method} ${request.pathname}?${request.query}`;
  const target = request.headers['x-amz-target'] ?? '';
  console.error(`fake-aws: unknown operation: ${name} ${shown} ${target}`);
  return { status: 501, operation: `unknown: ${name} ${shown}` };
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
  // `Expect: 100-continue` costs a round trip as well.
  later(() => outgoing.writeContinue());
  onRequest(incoming, outgoing);
});

const COMMANDS = {
  reset,
  latency: (milliseconds) => void (latencyMs = milliseconds),
  forget() {
    recorded = [];
    cpuBefore = process.cpuUsage();
  },
  recorded: () => recorded,
  /** Seconds of CPU time since `forget`. If they come near the wall time, clients wait for this server. */
  cpu() {
    const { user, system } = process.cpuUsage(cpuBefore);
    return (user + system) / 1e6;
  },
  digestBlocks: (wanted) => void (blocks = wanted),
  contents: (bucket) => shared.s3.contents(bucket),
  makeBucket: (bucket) => shared.s3.makeBucket(bucket),
  copyBucket: ({ from, to }) => shared.s3.copyBucket(from, to),
  writeLogs: ({ key, ...size }) => account(key).logs.write(size),
  limitLogs: ({ key, perSecond }) => account(key).logs.limit(perSecond),
};

process.on('message', ({ id, command, argument }) => {
  process.send({ id, result: COMMANDS[command](argument) });
});
process.on('disconnect', () => process.exit());

reset();
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
