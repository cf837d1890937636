'use strict';

// The HTML report, as far as it can be tested without a browser: its script reads the data in the page
// and does not fail. `npm run test:page` tests it in a browser.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const vm = require('node:vm');
const { invocation, requestId, intent } = require('../support/lambda/log-events');
const { minutesAgo, pull, writeStream } = require('../support/lambda/log-streams');
const { useAws } = require('../support/aws/use-aws');
const { createProject } = require('../support/litexa/project');

const aws = useAws();

/** Returns the report of `count` requests, whose log lines contain markup. */
async function reportOf(t, count) {
  const logged = [
    { level: 'INFO', text: '</script><script>throw new Error("markup")</script><!--' },
  ];
  const events = Array.from({ length: count }, (_, number) => {
    const at = minutesAgo(30) + number * 1000;
    return invocation(requestId(number), at, { request: intent('PourIntent'), logged });
  });
  if (count > 0) await writeStream(aws.client, '2026/11/22/[$LATEST]0a', events.flat());
  const { text } = await pull(createProject(t), { logsConfiguration: { formats: ['html'] } });
  return text;
}

/** Returns the report's script elements, as a browser finds them: `{id, text}`. */
function scripts(html) {
  return [...html.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)].map(([, attributes, text]) => ({
    id: /id="(\w+)"/.exec(attributes)?.[1],
    text,
  }));
}

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
  const document = new Proxy(anything, {
    get: (_, name) => {
      if (name !== 'getElementById') return anything;
      return (id) => (data[id] ? { textContent: data[id].text } : anything);
    },
  });
  const globals = { document, window: anything, getComputedStyle: anything, matchMedia: anything };
  const page = vm.createContext({ ...globals, ResizeObserver: anything, setTimeout, clearTimeout });
  vm.runInContext(program.text, page, { filename: 'page.js', timeout: 10_000 });
  return (expression) => vm.runInContext(`JSON.stringify(${expression})`, page);
}

for (const count of [0, 1, 30]) {
  test(`the script of a report with ${count} requests reads all of them`, async (t) => {
    const valueOf = run(await reportOf(t, count));
    assert.equal(JSON.parse(valueOf('requests.length')), count);
    assert.equal(JSON.parse(valueOf('shown.length')), count);
    assert.equal(JSON.parse(valueOf('summary.answered')), count);
    const ids = Array.from({ length: count }, (_, number) => requestId(number)).reverse();
    assert.deepEqual(JSON.parse(valueOf('requests.map(({ requestId }) => requestId)')), ids);
  });
}

test('the report does not use the network, and log lines in it are not markup', async (t) => {
  const html = await reportOf(t, 2);
  assert.match(html, /http-equiv="Content-Security-Policy"[^>]*default-src 'none'/);
  assert.doesNotMatch(html, /<(?:img|link|iframe|object|embed)\b|\bsrc=|@import|url\(/i);
  assert.equal(scripts(html).length, 3);
});
