'use strict';

// The lines that Lambda itself adds to those of the runtime client, in both log formats.
//
// Text: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html and
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
// JSON: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html

const MEMORY_MB = 256;
const RUNTIME_ARN = `arn:aws:lambda:eu-west-1::runtime:${'0'.repeat(64)}`;

/** Returns the functions that write Lambda's lines in a log format. */
function platformLines(format, runtime) {
  return format === 'JSON' ? jsonLines(runtime) : textLines(runtime);
}

function textLines(runtime) {
  const version = `${runtime.replace('.x', '').replace('nodejs', 'nodejs:')}.v1`;
  return {
    initStart: () => [
      `INIT_START Runtime Version: ${version}\tRuntime Version ARN: ${RUNTIME_ARN}`,
    ],
    initReport: (phase, errorType) => [
      `INIT_REPORT Init Duration: 150.79 ms\tPhase: ${phase}\tStatus: error\tError Type: ${errorType}`,
    ],
    start: (id) => [`START RequestId: ${id} Version: $LATEST`],
    exit: (id, status) => [
      `RequestId: ${id} Error: Runtime exited with error: ${status}\nRuntime.ExitError`,
    ],
    timeout: (id) => [`2026-11-22T07:45:04.000Z ${id} Task timed out after 3.00 seconds\n`],
    end: (id, { status, errorType, durationMs = 8.83 }) => {
      const duration = `Duration: ${durationMs.toFixed(2)} ms\tBilled Duration: ${Math.ceil(durationMs)} ms`;
      const memory = `Memory Size: ${MEMORY_MB} MB\tMax Memory Used: 65 MB`;
      const failure = status === 'success' ? '' : `Status: ${status}`;
      const type = errorType ? `\tError Type: ${errorType}` : '';
      return [
        `END RequestId: ${id}`,
        `REPORT RequestId: ${id}\t${duration}\t${memory}\t${failure}${type}`,
      ];
    },
  };
}

function jsonLines(runtime) {
  const line = (type, record) => [
    JSON.stringify({ time: '2026-11-22T07:45:04.000Z', type: `platform.${type}`, record }),
  ];
  const init = { initializationType: 'on-demand' };
  const failure = ({ status, errorType }) => ({ status, ...(errorType && { errorType }) });
  return {
    initStart: () =>
      line('initStart', {
        ...init,
        phase: 'init',
        runtimeVersion: runtime,
        functionVersion: '$LATEST',
      }),
    initReport: (phase, errorType) =>
      line('initReport', {
        ...init,
        phase,
        status: 'error',
        errorType,
        metrics: { durationMs: 150.79 },
      }),
    start: (requestId) => line('start', { requestId, version: '$LATEST' }),
    exit: () => [],
    timeout: () => [],
    end: (requestId, end) => {
      const durationMs = end.durationMs ?? 8.83;
      const billed = { billedDurationMs: Math.ceil(durationMs) };
      const memory = { memorySizeMB: MEMORY_MB, maxMemoryUsedMB: 65 };
      return [
        ...line('runtimeDone', { requestId, ...failure(end), metrics: { durationMs } }),
        ...line('report', {
          requestId,
          ...failure(end),
          metrics: { durationMs, ...billed, ...memory },
        }),
      ];
    },
  };
}

module.exports = { platformLines };
