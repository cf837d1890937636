'use strict';

// `npm run test:platforms`: which failures of tests it accepts, and the list of those.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const TABLE = require('../../scripts/platforms/cannot-run.json');
const { failingTests, problemsOf } = require('../../scripts/platforms/cannot-run');
const { MACHINES } = require('../../scripts/platforms/machines');
const { readTap } = require('../../scripts/platforms/tap');

test('results of tests are read from TAP, without those of subtests and without skipped ones', () => {
  const lines = [
    'TAP version 13',
    '# Subtest: a file of 3 \\# 4',
    '    ok 1 - a subtest',
    '    not ok 2 - another',
    'not ok 1 - a file of 3 \\# 4 \\\\ 5',
    'ok 2 - links - and junctions',
    'ok 3 - needs root # SKIP not here',
    'not ok 4 - later # TODO',
    '1..4',
  ];
  for (const end of ['\n', '\r\n']) {
    assert.deepEqual(readTap(lines.join(end)), {
      passed: ['links - and junctions'],
      failed: ['a file of 3 # 4 \\ 5'],
    });
  }
  assert.deepEqual(readTap(''), { passed: [], failed: [] });
});

test('a failure is accepted if the list has it, and a test of the list must fail', () => {
  const listed = new Set(['links']);
  const rows = [
    [{ passed: ['a'], failed: ['links'], exit: 1 }, []],
    [{ passed: ['a'], failed: [], exit: 0 }, []],
    [{ passed: [], failed: ['links', 'b'], exit: 1 }, ['fails: b']],
    [
      { passed: ['links'], failed: [], exit: 0 },
      ['passes, and must be removed from cannot-run.json: links'],
    ],
    // A file that dies has no results, or not all of them.
    [{ passed: ['a'], failed: [], exit: 1 }, ['ended with 1']],
    [{ passed: ['a'], failed: ['links'], exit: 'SIGKILL' }, ['ended with SIGKILL']],
    [{ passed: [], failed: [], exit: 139 }, ['ended with 139']],
  ];
  for (const [result, problems] of rows) assert.deepEqual(problemsOf(listed, result), problems);
});

test('the list names existing files of published platforms, with reasons', () => {
  assert.ok(Object.keys(TABLE).length > 0);
  for (const [platform, groups] of Object.entries(TABLE)) {
    assert.ok(MACHINES[platform], platform);
    for (const { reason, js = {}, rust = [] } of groups) {
      assert.match(reason, /\w \w/);
      assert.ok(Object.keys(js).length + rust.length > 0, reason);
      for (const [file, tests] of Object.entries(js)) {
        assert.ok(fs.existsSync(path.join(__dirname, '..', file)), file);
        const names = failingTests(platform, file);
        assert.ok(tests === 'all' ? names === 'all' : tests.every((name) => names.has(name)));
      }
    }
  }
});
