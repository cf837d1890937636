'use strict';

// The skills whose output the corpus has. Each case is the source of its index.js and the number of its
// requests. Lambda restarts a client that ended with a request.

const HANDLER = (body) => `exports.handler = async (event, context) => {\n${body}\n};\n`;

const CASES = {
  answer: { source: HANDLER(`  return {};`) },
  output: {
    source: `console.log('before any request');\n${HANDLER(`
  console.info('within', 'a\\nrequest');
  console.error('logged', new TypeError('only logged'));
  setTimeout(() => console.log('after a request'), 5);
  return {};`)}`,
    requests: 2,
    lingerMs: 30,
  },
  throw: {
    source: `exports.handler = () => {\n  throw new TypeError('no score');\n};\n`,
  },
  rejection: {
    source: `const load = async () => {\n  throw new RangeError('no such cat');\n};\n${HANDLER('  await load();')}`,
  },
  'rejection without an error': { source: HANDLER(`  throw 'just a text';`) },
  'uncaught error': {
    source: `function later() {\n  throw new TypeError('uncaught');\n}\n${HANDLER(`
  setTimeout(later, 5);
  await new Promise(() => {});`)}`,
    requests: 2,
  },
  'unhandled rejection': {
    source: `async function later() {\n  throw new RangeError('not awaited');\n}\n${HANDLER(`
  later();
  await new Promise((resolve) => setTimeout(resolve, 1000));`)}`,
  },
  'unhandled rejection without an error': {
    source: HANDLER(`
  Promise.reject('just a text');
  await new Promise((resolve) => setTimeout(resolve, 1000));`),
  },
  exit: { source: HANDLER(`  console.log('leaving');\n  process.exit(3);`), requests: 2 },
  'error at load': { source: `console.log('loading');\nthrow new TypeError('no table');\n` },
  'syntax error': { source: `exports.handler = async () => {\n  return {;\n};\n` },
  'missing module': { source: `require('aws-sdk');\n` },
  'missing handler': { source: `exports.other = async () => ({});\n` },
  'no handler file': { source: undefined },
  timeout: {
    source: HANDLER(`
  console.log('waiting');
  setInterval(() => {}, 1000);
  await new Promise(() => {});`),
    timeoutMs: 300,
  },
  'out of memory': {
    source: HANDLER(`
  const all = [];
  while (true) all.push(new Array(1000).fill(all.length));`),
    env: { NODE_OPTIONS: '--max-old-space-size=32' },
  },
  concurrent: {
    source: `const waiting = [];
exports.handler = async (event, context) => {
  console.log('begin', context.awsRequestId);
  await new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 64) waiting.forEach((resume) => resume());
  });
  if (event.number === 7) throw new TypeError('no score');
  console.log('end');
  return {};
};
`,
    requests: 64,
    isConcurrent: true,
  },
};

module.exports = { CASES };
