'use strict';

// The HTML report, as far as it can be tested without a browser: its data, its policy, and that its
// script reads the data and does not fail. `npm run test:page` tests it in a browser.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { test } = require('node:test');
const vm = require('node:vm');
const { invocation, requestId, intent } = require('../support/lambda/log-events');
const { minutesAgo, pull, writeStream } = require('../support/lambda/log-streams');
const { useAws } = require('../support/aws/use-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const aws = useAws();

/** Returns the report of requests: `count` of them, or those that `events` are of. */
async function reportOf(t, count, events = requests(count)) {
  if (events.length > 0) await writeStream(aws.client, '2026/11/22/[$LATEST]0a', events);
  const { text } = await pull(createProject(t), { logsConfiguration: { formats: ['html'] } });
  return text;
}

/** Returns the events of requests whose log lines contain markup. */
function requests(count) {
  const logged = [
    { level: 'INFO', text: '</script><script>throw new Error("markup")</script><!-- é 茶' },
  ];
  return Array.from({ length: count }, (_, number) => {
    const at = minutesAgo(30) + number * 1000;
    return invocation(requestId(number), at, { request: intent('PourIntent'), logged });
  }).flat();
}

/** Returns the report's elements of one kind, as a browser finds them: `{id, text}`. */
function elements(html, name) {
  const pattern = new RegExp(`<${name}([^>]*)>([^]*?)</${name}>`, 'g');
  return [...html.matchAll(pattern)].map(([, attributes, text]) => ({
    id: /id="(\w+)"/.exec(attributes)?.[1],
    text,
  }));
}

const scripts = (html) => elements(html, 'script');

/**
 * Runs the report's script in a document whose elements accept everything and do nothing, except for
 * the text of those with the data. Returns a function that evaluates an expression in the page.
 */
function run(html) {
  const [summary, requests, program] = scripts(html);
  assert.deepEqual([summary.id, requests.id, program.id], ['summary', 'requests', undefined]);
  const anything = new Proxy(function () {}, {
    get: (_, name) => {
      if (name === Symbol.iterator) return [][Symbol.iterator];
      if (name === Symbol.toPrimitive) return (hint) => (hint === 'string' ? '' : 0);
      return name === 'map' || name === 'filter' ? () => [] : anything;
    },
    set: () => true,
    apply: () => anything,
    construct: () => anything,
  });
  const data = { summary, requests };
  const element = (id) =>
    new Proxy(anything, {
      get: (_, name) => (name === 'textContent' ? data[id].text : anything),
    });
  const document = new Proxy(anything, {
    get: (_, name) => {
      if (name !== 'getElementById') return anything;
      return (id) => (data[id] ? element(id) : anything);
    },
  });
  const names = ['window', 'getComputedStyle', 'matchMedia', 'ResizeObserver', 'addEventListener'];
  const globals = Object.fromEntries(
    [...names, 'history', 'location', 'navigator', 'requestAnimationFrame'].map((name) => [
      name,
      anything,
    ]),
  );
  const page = vm.createContext({
    ...globals,
    document,
    innerHeight: 800,
    setTimeout,
    clearTimeout,
  });
  vm.runInContext(program.text, page, { filename: 'page.js', timeout: 10_000 });
  return (expression) => JSON.parse(vm.runInContext(`JSON.stringify(${expression})`, page));
}

for (const count of [0, 1, 30]) {
  test(`the script of a report with ${count} requests reads all of them`, async (t) => {
    const html = await reportOf(t, count);
    const valueOf = run(html);
    assert.equal(valueOf('requests.length'), count);
    assert.equal(valueOf('shown.length'), count);
    assert.equal(valueOf('summary.answered'), count);
    const ids = Array.from({ length: count }, (_, number) => requestId(number)).reverse();
    assert.deepEqual(valueOf('requests.map(({ requestId }) => requestId)'), ids);
    const lines = scripts(html)[1].text.trim().split('\n').filter(Boolean);
    assert.deepEqual(
      lines.map((line) => Array.isArray(JSON.parse(line))),
      ids.flatMap(() => [false, true]),
    );
  });
}

test('the report does not use the network, and log lines in it are not markup', async (t) => {
  const html = await reportOf(t, 2);
  assert.doesNotMatch(
    html,
    /<(?:img|link|iframe|object|embed|base)\b|\bsrc=|@import|[\s:,]url\(|\sstyle=/i,
  );
  assert.equal(scripts(html).length, 3);
  const data = scripts(html)[1].text;
  assert.match(data, /^[\t\n -~]*$/, 'ASCII, which has no line separators of JavaScript');
  assert.doesNotMatch(data, /</);
  const texts = run(html)('linesOf(requests[0]).map(({ text }) => text)');
  assert.ok(
    texts.some((text) => text.endsWith('</script><!-- é 茶')),
    texts.join('\n'),
  );
});

test('the policy of the report allows its own style and script, and nothing else', async (t) => {
  const html = await reportOf(t, 0);
  const [, policy] = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(html);
  const hash = (text) => `'sha256-${crypto.createHash('sha256').update(text).digest('base64')}'`;
  const [style] = elements(html, 'style');
  const program = scripts(html)[2];
  assert.deepEqual(policy.split('; '), [
    "default-src 'none'",
    `style-src ${hash(style.text)}`,
    `script-src ${hash(program.text)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]);
});

test('an error of the runtime is spread out in the report, and its request leads to the console', async (t) => {
  const error = {
    errorType: 'TypeError',
    errorMessage: 'no leaves',
    stack: ['TypeError: no leaves'],
  };
  const events = invocation(requestId(7), minutesAgo(5), {
    response: null,
    error,
    status: 'error',
  });
  const valueOf = run(await reportOf(t, 1, events));
  const failure = valueOf("linesOf(requests[0]).find(({ kind }) => kind === 'failure').text");
  assert.equal(failure, `Invoke Error ${JSON.stringify(error, null, 2)}`);
  const url = new URL(valueOf('consoleUrl(summary, requests[0])'));
  const region = url.searchParams.get('region');
  assert.equal(url.host, `${region}.console.aws.amazon.com`);
  const group = `$252Faws$252Flambda$252F${NAMES.function}`;
  const stream = '2026$252F11$252F22$252F$255B$2524LATEST$255D0a';
  const start = `$3Fstart$3D${valueOf('requests[0].startTimeMs')}`;
  assert.equal(url.hash, `#logsV2:log-groups/log-group/${group}/log-events/${stream}${start}`);
});

test('the page and the report count the same failures and intents', async (t) => {
  const failure = (number) => ({
    response: null,
    error: {
      errorType: 'TypeError',
      errorMessage: `cup ${number % 3} is empty`,
      stack: ['TypeError'],
    },
    status: 'error',
  });
  const events = Array.from({ length: 24 }, (_, number) =>
    invocation(requestId(number), minutesAgo(30) + number * 1000, {
      request: intent(number % 2 ? 'PourIntent' : 'AMAZON.HelpIntent'),
      durationMs: 5 + ((number * 7) % 24),
      ...(number % 4 === 0 && failure(number)),
    }),
  );
  const valueOf = run(await reportOf(t, 24, events.flat()));
  const fields = '[outcome, type ?? null, message, location ?? null, count, lastMs]';
  const groups = `((list) => list.map(({ outcome, type, message, location, count, lastMs }) => ${fields}))`;
  assert.deepEqual(
    valueOf(`${groups}(groupFailures(requests.filter(isFailure)))`),
    valueOf(`${groups}(summary.groups)`),
  );
  const named = '((list) => list.sort((a, b) => (a.name < b.name ? -1 : 1)))';
  assert.deepEqual(
    valueOf(`${named}(countIntents(requests, isFailure))`),
    valueOf(`${named}(summary.intents)`),
  );
});
