'use strict';

// Tests the computations of the web page of logs, which need no document.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const vm = require('node:vm');
const { ROOT } = require('../../scripts/lib/cargo');

const FILE = path.join(ROOT, 'src', 'logs', 'report', 'page', 'data.js');

/** Returns functions of the script, whose results are plain values of this realm. */
function load(...names) {
  const page = vm.createContext({});
  vm.runInContext(fs.readFileSync(FILE, 'utf8'), page, { filename: FILE });
  return vm.runInContext(`({ ${names.join(', ')} })`, page);
}

const plain = (value) => JSON.parse(JSON.stringify(value));

const SUMMARY = {
  failureOutcomes: ['handlerError', 'timedOut'],
  labels: { timedOut: 'timed out' },
};

test('a request keeps its lines as text, and a page that ends too early shows what it has', () => {
  const { readRequests, linesOf } = load('readRequests', 'linesOf');
  const row = (id) => JSON.stringify({ requestId: id, lines: [] });
  const lines = JSON.stringify([{ timeMs: 1, kind: 'output', text: 'a\nb' }]);
  const text = `\n  ${row('one')}\n${lines}\n${row('two')}\n${lines.slice(0, 20)}\n{"requestId":"three`;
  const requests = readRequests(text);
  assert.deepEqual(plain(requests.map(({ requestId }) => requestId)), ['one', 'two']);
  assert.equal(requests[0].text, lines);
  assert.equal(linesOf(requests[0])[0].text, 'a\nb');
  assert.deepEqual(plain(linesOf(requests[1])), []);
  assert.equal(readRequests('').length, 0);
});

test('failures with the same outcome, type, pattern and location are a group', () => {
  const { groupFailures } = load('groupFailures');
  const failure = (startTimeMs, message, more = {}) => ({
    outcome: 'handlerError',
    startTimeMs,
    error: { type: 'TypeError', message, location: 'enter (/var/task/a.js:1:2)' },
    pattern: message.replace(/\d+/g, '#'),
    ...more,
  });
  const groups = groupFailures([
    failure(5, 'cup 7 is empty'),
    failure(9, 'cup 8 is empty'),
    failure(7, 'no leaves'),
    failure(3, 'no leaves', { outcome: 'timedOut', error: undefined, pattern: undefined }),
    failure(4, 'no leaves', { error: { type: 'TypeError', message: 'no leaves' } }),
  ]);
  const shown = groups.map(({ count, message = null, lastMs }) => [count, message, lastMs]);
  assert.deepEqual(plain(shown), [
    [2, 'cup # is empty', 9],
    [1, 'no leaves', 7],
    [1, 'no leaves', 4],
    [1, '', 3],
  ]);
});

test('intents have their number of requests and failures, and durations that occurred', () => {
  const { countIntents } = load('countIntents');
  const request = (durationMs, more = {}) => ({
    requestId: 'id',
    requestType: 'IntentRequest',
    intent: 'PourIntent',
    durationMs,
    ...more,
  });
  const hundred = Array.from({ length: 100 }, (_, at) => request(100 - at, { bad: at < 8 }));
  const others = [
    request(undefined, { intent: undefined, requestType: 'LaunchRequest' }),
    request(5, { intent: undefined, requestType: undefined }),
    request(5, { requestId: undefined }),
  ];
  const rows = countIntents([...hundred, ...others], ({ bad }) => Boolean(bad));
  assert.deepEqual(plain(rows), [
    { name: 'PourIntent', count: 100, failed: 8, durationsMs: { p50: 50, p95: 95, max: 100 } },
    { name: 'LaunchRequest', count: 1, failed: 0, durationsMs: null },
    { name: 'Request', count: 1, failed: 0, durationsMs: { p50: 5, p95: 5, max: 5 } },
  ]);
});

test('every request is in one bin, and an hour of many requests has at most as many bins as asked', () => {
  const { emptyBins, fillBins, stepFor, totalOf } = load(
    'emptyBins',
    'fillBins',
    'stepFor',
    'totalOf',
  );
  const HOUR = 3_600_000;
  for (const [from, length] of [
    [1_795_333_504_123, HOUR],
    [1_795_333_504_123, 3 * 24 * HOUR],
    [0, 1],
    [5, 400 * 24 * HOUR],
  ]) {
    const range = [from, from + length];
    const requests = Array.from({ length: 2000 }, (_, at) => ({
      requestId: 'id',
      startTimeMs: Math.floor(from + ((length - 1) * at) / 1999),
      tone: ['ok', 'bad', 'late', 'truncated'][at % 4],
    }));
    const step = stepFor(length, 120);
    const bins = fillBins(
      emptyBins(range, step, () => HOUR),
      requests,
      ({ tone }) => tone,
    );
    assert.ok(bins.length <= 122, `${bins.length} bins`);
    const sums = ['ok', 'bad', 'late', 'other'].map((tone) =>
      bins.reduce((sum, bin) => sum + bin[tone], 0),
    );
    assert.deepEqual(sums, [500, 500, 500, 500], String(length));
    assert.equal(
      bins.reduce((sum, bin) => sum + totalOf(bin), 0),
      2000,
    );
  }
});

test('ticks are at full hours and midnights of local time, also after a change of the clocks', () => {
  const { ticksOf } = load('ticksOf');
  const HOUR = 3_600_000;
  // Berlin: UTC+2 until 2026-10-25 01:00 UTC, then UTC+1.
  const change = Date.UTC(2026, 9, 25, 1);
  const offsetAt = (ms) => (ms < change ? 2 * HOUR : HOUR);
  const range = [Date.UTC(2026, 9, 24, 3), Date.UTC(2026, 9, 26, 12)];
  const iso = (ticks) => plain(ticks.map((ms) => new Date(ms).toISOString().slice(5, 16)));
  assert.deepEqual(iso(ticksOf(range, 24 * HOUR, offsetAt)), ['10-24T22:00', '10-25T23:00']);
  assert.deepEqual(iso(ticksOf(range, 12 * HOUR, offsetAt)), [
    ...['10-24T10:00', '10-24T22:00', '10-25T11:00', '10-25T23:00', '10-26T11:00'],
  ]);
  assert.equal(ticksOf([0, 86_400_000 * 400], 1, () => 0).length, 1000);
});

test('a search finds texts of lines in any case, but not the names of fields around them', () => {
  const { matcher } = load('matcher');
  const line = (text, level) => ({ timeMs: 1_795_333_504_123, level, kind: 'output', text });
  const request = (text, more = {}) => ({
    requestId: '4f0e9b5a',
    outcome: 'timedOut',
    intent: 'PourIntent',
    // As in the page: ASCII.
    text: JSON.stringify([line(text, 'INFO')]).replace(/[<\u0080-\uffff]/g, (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    }),
    ...more,
  });
  const finds = (query, text) => matcher(query, SUMMARY.labels)(request(text));
  for (const [query, text] of [
    ['green TEA', 'a cup of Green tea'],
    ['"slots": {', '{\n  "slots": {}\n}'],
    ['C:\\tea', 'in c:\\TEA\\cups'],
    ['<b>', 'a <B> c'],
    ['Grüner Tee', 'GRÜNER TEE'],
    ['茶', 'お茶をください'],
    ['.*', 'a .* b'],
    ['output', 'some OUTPUT'],
    ['17953', 'order 17953'],
    ['pourintent', ''],
    ['4F0E', ''],
    ['timed OUT', ''],
    ['info', ''],
    ['meow', 'a cat:\nmeow'],
    ['cat:\nmeow', 'a cat:\nmeow'],
  ]) {
    assert.equal(finds(query, text), true, query);
  }
  for (const [query, text] of [
    ['output', 'nothing'],
    ['timeMs', 'nothing'],
    ['17953', 'nothing'],
    ['","', 'nothing'],
    ['u00', 'grün <b>'],
    ['.*', 'a b'],
    ['茶', 'お水をください'],
    ['ü', 'u'],
    ['nmeow', 'a cat:\nmeow'],
    ['tbark', 'a dog:\tbark'],
    ['3cb', 'a <b> c'],
  ]) {
    assert.equal(finds(query, text), false, query);
  }
});

test('a link to the console escapes group and stream twice, and leads to the time of the request', () => {
  const { consoleUrl } = load('consoleUrl');
  const summary = {
    consoleHost: 'cn-north-1.console.amazonaws.cn',
    region: 'cn-north-1',
    logGroup: '/aws/lambda/tea',
  };
  const request = { logStream: '2026/11/22/[$LATEST]0a', startTimeMs: 1_795_333_504_123 };
  assert.equal(
    consoleUrl(summary, request),
    'https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1' +
      '#logsV2:log-groups/log-group/$252Faws$252Flambda$252Ftea' +
      '/log-events/2026$252F11$252F22$252F$255B$2524LATEST$255D0a$3Fstart$3D1795333504123',
  );
  for (const lacking of [{ consoleHost: null }, { logGroup: undefined }]) {
    assert.equal(consoleUrl({ ...summary, ...lacking }, request), undefined);
  }
  assert.equal(consoleUrl(summary, { startTimeMs: 1 }), undefined);
});

test('JSON is split into names, strings and literals, and no character is lost', () => {
  const { splitJson } = load('splitJson');
  const json = 'Invoke Error {\n  "a\\"b": "c: \\"d\\"",\n  "n": -1.5e3,\n  "t": [true, null]\n}';
  const parts = plain(splitJson(json));
  assert.equal(parts.map(({ text }) => text).join(''), json);
  const styled = parts.filter(({ style }) => style).map(({ text, style }) => `${style} ${text}`);
  assert.deepEqual(styled, [
    ...['key "a\\"b"', 'string "c: \\"d\\""', 'key "n"', 'literal -1.5e3'],
    ...['key "t"', 'literal true', 'literal null'],
  ]);
});

test('a summary without requests is complete enough for the page', () => {
  const { readSummary, summaryBins } = load('readSummary', 'summaryBins');
  for (const text of ['', '{}', 'not JSON']) {
    const { title, failures } = readSummary(text);
    assert.deepEqual(plain([title, failures]), ['Requests', []]);
  }
  const counts = [{ startMs: 5, answered: 7, failed: 2 }];
  assert.deepEqual(plain(summaryBins({ stepMs: 10, counts })), [
    { from: 5, to: 15, ok: 7, late: 0, bad: 2, other: 0 },
  ]);
});
