'use strict';

// Runs the skill of a case in a runtime client, serves it requests, and records the events that Lambda
// would send to CloudWatch.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { text: textOf } = require('node:stream/consumers');
const { platformLines } = require('./platform-lines');
const { Recorder } = require('./recorder');

/** The time for the output of the client to arrive: it comes through another pipe than its requests. */
const SETTLE_MS = 30;

/** The most requests that Lambda sends to an environment at once. */
const MAX_CONCURRENCY = '64';

/** The names by which Lambda reports signals. */
const SIGNALS = { SIGABRT: 'aborted', SIGKILL: 'killed' };

class Execution {
  constructor(client, format, parameters) {
    const { source, requests = 1, isConcurrent = false } = parameters;
    this.parameters = parameters;
    this.client = client;
    this.format = format;
    this.lines = platformLines(format, client.runtime);
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-log-corpus-'));
    if (source !== undefined) fs.writeFileSync(path.join(this.folder, 'index.js'), source);
    this.recorder = new Recorder({ folder: this.folder, client });
    this.waiting = Array.from({ length: requests }, (_, index) => requestId(index + 1));
    this.running = [];
    this.isConcurrent = isConcurrent;
  }

  /** Returns the events, as texts without the line feed at their end. */
  async run() {
    const server = http.createServer((request, response) => {
      this.queue = (this.queue ?? Promise.resolve()).then(() => this.answer(request, response));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.record(this.lines.initStart());
    try {
      for (this.phase = 'init'; this.waiting.length > 0; this.phase = 'invoke') {
        await this.runClient(server.address().port);
      }
    } finally {
      server.closeAllConnections();
      server.close();
      fs.rmSync(this.folder, { recursive: true });
    }
    return this.recorder.events();
  }

  record(events) {
    events.forEach((event) => this.recorder.add(event));
  }

  /** Runs the client until it has served every request, or ends. */
  async runClient(port) {
    this.child = this.startClient(port);
    const [stdout, stderr, telemetry] = this.child.stdio.slice(1);
    this.recorder.readLines(stdout);
    this.recorder.readLines(stderr);
    this.recorder.readFrames(telemetry);
    const [, signal] = await once(this.child, 'close');
    await this.queue;
    if (!this.wasEnded) this.processEnded(signal);
    this.wasEnded = false;
  }

  startClient(port) {
    const { node, program, runtime } = this.client;
    const concurrency = this.isConcurrent && {
      AWS_LAMBDA_MAX_CONCURRENCY: MAX_CONCURRENCY,
      AWS_LAMBDA_NODEJS_WORKER_COUNT: '1',
    };
    const env = {
      PATH: process.env.PATH,
      AWS_REGION: 'eu-west-1',
      AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_FUNCTION_NAME: 'skill',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_LOG_FORMAT: this.format,
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/skill',
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      LAMBDA_TASK_ROOT: this.folder,
      _HANDLER: 'index.handler',
      _LAMBDA_TELEMETRY_LOG_FD: '3',
      ...concurrency,
      ...this.parameters.env,
    };
    const stdio = ['ignore', 'pipe', 'pipe', 'pipe'];
    return spawn(node, [program, 'index.handler'], { cwd: this.folder, env, stdio });
  }

  /** Serves a request of the client to Lambda's runtime API. */
  async answer(request, response) {
    const body = await textOf(request);
    await sleep(SETTLE_MS);
    if (request.url.endsWith('/invocation/next')) return this.sendNext(response);
    const [, id, kind] = /\/(?:invocation\/([^/]+)|init)\/(error|response)$/.exec(request.url);
    response.writeHead(202).end('{}');
    const errorType = kind === 'error' ? JSON.parse(body).errorType : undefined;
    if (id) this.requestEnded(id, { status: kind === 'error' ? 'error' : 'success', errorType });
    else this.initFailed(errorType);
  }

  async sendNext(response) {
    await sleep(this.parameters.lingerMs ?? 0);
    const id = this.waiting.shift();
    // Without another request, Lambda keeps the client waiting.
    if (!id) return this.running.length === 0 && this.endProcess();
    this.running.push(id);
    this.record(this.lines.start(id));
    const { timeoutMs } = this.parameters;
    if (timeoutMs) setTimeout(() => this.timedOut(), timeoutMs);
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': id,
      'Lambda-Runtime-Deadline-Ms': String(Date.now() + 10_000),
      'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:eu-west-1:123456789012:function:skill',
    });
    response.end(JSON.stringify({ number: Number(id.slice(-3)) }));
  }

  requestEnded(id, end) {
    this.running = this.running.filter((running) => running !== id);
    this.record(this.lines.end(id, end));
    const isLast = this.waiting.length === 0 && this.running.length === 0;
    if (isLast && this.isConcurrent) this.endProcess();
  }

  /** Lambda initializes once more with the first request, which then fails. */
  initFailed(errorType) {
    this.record(this.lines.initReport(this.phase, errorType));
    if (this.phase === 'invoke') {
      const id = this.waiting.shift();
      this.record(this.lines.start(id));
      this.record(this.lines.end(id, { status: 'error', errorType }));
    }
    this.endProcess();
  }

  timedOut() {
    this.endProcess();
    for (const id of [...this.running]) {
      this.record(this.lines.timeout(id));
      this.requestEnded(id, { status: 'timeout', durationMs: 3000 });
    }
  }

  /** The client ended by itself. */
  processEnded(signal) {
    const status = signal
      ? `signal: ${SIGNALS[signal] ?? signal}`
      : `exit status ${this.child.exitCode}`;
    for (const id of this.running) this.record(this.lines.exit(id, status));
    const end = { status: 'error', errorType: 'Runtime.ExitError' };
    for (const id of [...this.running]) this.requestEnded(id, end);
  }

  endProcess() {
    this.wasEnded = true;
    this.child.kill('SIGKILL');
  }
}

function requestId(number) {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

module.exports = { Execution };
