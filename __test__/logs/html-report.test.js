'use strict';

// The HTML page of a log pull, as far as that can be told without a browser: its script takes the
// data that lies beside it, and comes to its end.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const vm = require('node:vm');
const { invocation, requestId, intent } = require('../support/lambda/log-events');
const { minutesAgo, pull, writeStream } = require('../support/lambda/log-streams');
const { useCloud, temporarySkill } = require('../support/litexa/skill');

const cloud = useCloud();

/** A page of so many requests, with text in them that looks like markup. */
async function pageOf(t, count) {
  const said = [{ level: 'INFO', text: '</script><script>throw new Error("markup")</script><!--' }];
  const events = Array.from({ length: count }, (_, number) => {
    const at = minutesAgo(30) + number * 1000;
    return invocation(requestId(number), at, { request: intent('PourIntent'), said });
  });
  if (count > 0) await writeStream(cloud.aws, '2026/11/22/[$LATEST]0a', events.flat());
  const { text } = await pull(temporarySkill(t), { logsConfiguration: { formats: ['html'] } });
  return text;
}

/** The page's script elements, as a browser finds them: `{id, text}`. */
function scripts(html) {
  return [...html.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)].map(([, attributes, text]) => ({
    id: /id="(\w+)"/.exec(attributes)?.[1],
    text,
  }));
}

/**
 * Runs the page's script in a document whose elements take everything and do nothing, but for the
 * text of those that hold the data. Returns what gives the value of an expression in it.
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
  test(`the script of a page with ${count} requests takes them all`, async (t) => {
    const valueOf = run(await pageOf(t, count));
    assert.equal(JSON.parse(valueOf('requests.length')), count);
    assert.equal(JSON.parse(valueOf('shown.length')), count);
    assert.equal(JSON.parse(valueOf('summary.answered')), count);
    const ids = Array.from({ length: count }, (_, number) => requestId(number)).reverse();
    assert.deepEqual(JSON.parse(valueOf('requests.map(({ requestId }) => requestId)')), ids);
  });
}

test('the page asks no network for anything, and what was logged is no markup', async (t) => {
  const html = await pageOf(t, 2);
  assert.match(html, /http-equiv="Content-Security-Policy"[^>]*default-src 'none'/);
  assert.doesNotMatch(html, /<(?:img|link|iframe|object|embed)\b|\bsrc=|@import|url\(/i);
  assert.equal(scripts(html).length, 3);
});
