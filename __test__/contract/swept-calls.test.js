'use strict';

// The table of the sweeps that make each call to AWS fail (`npm run test:faults`) has a row for each
// operation in the sources, so that a new call is not forgotten there.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { ERROR_PATTERNS, OPTIONAL } = require('../resilience/injection/api-calls');
const { filesIn, read } = require('../support/documents');

/** Operations that no sweep sends, and the file that tests them. */
const NOT_SWEPT = {
  DescribeLogStreams: 'logs/pull.test.js',
  FilterLogEvents: 'logs/pull.test.js',
  GetLogEvents: 'logs/pull.test.js',
  GetQueryResults: 'logs/insights.test.js',
  // Sent without a signature, to see whether anyone can read an object.
  HeadObject: 'assets/new-bucket.test.js',
  StartLiveTail: 'logs/follow-live-tail.test.js',
  StartQuery: 'logs/insights.test.js',
  StopQuery: 'logs/insights-interruption.test.js',
};

const VERBS =
  'abort|add|attach|batch|complete|copy|create|delete|describe|detach|filter|get|head|list|publish|put' +
  '|query|remove|restore|scan|start|stop|tag|untag|update|upload';
/** A call of a method without arguments, as each request of an SDK begins. */
const METHOD = new RegExp(`\\.((?:${VERBS})(?:_[a-z0-9]+)+|invoke)\\(\\)`, 'g');
/** Methods of Rust's standard library and of crates that are called in the same way. */
const OF_OTHERS = new Set(['create_deferred', 'get_mut', 'get_ref']);

/** Returns the operations in the sources, such as `GetRole`. */
function operationsOf(sources) {
  const own = new Set(
    [...sources.matchAll(/fn (\w+)\((?:&(?:'\w+ )?)?(?:mut )?self\)/g)].map(([, name]) => name),
  );
  const called = [...sources.matchAll(METHOD)].map(([, name]) => name);
  return new Set(called.filter((name) => !own.has(name) && !OF_OTHERS.has(name)).map(inPascalCase));
}

const inPascalCase = (name) =>
  name.replace(/(?:^|_)([a-z0-9])/g, (_, letter) => letter.toUpperCase());

const SOURCES = filesIn('src', '.rs')
  .filter((file) => !/(?:^|[\\/])tests(?:\.rs$|[\\/])/.test(file))
  .map((file) => read(file).split('#[cfg(test)]\nmod tests {')[0])
  .join('\n');

const SWEPT = new Set(
  [...Object.keys(ERROR_PATTERNS), ...OPTIONAL]
    .filter((name) => !name.startsWith('anonymous:'))
    .map((name) => name.split(':').pop()),
);

test('each operation in the sources is swept, or is listed with its own tests', () => {
  const found = operationsOf(SOURCES);
  assert.ok(found.size > 60, [...found].join());
  const forgotten = [...found].filter((name) => !SWEPT.has(name) && !NOT_SWEPT[name]);
  assert.deepEqual(forgotten, [], 'Add a row to ERROR_PATTERNS and a scenario, or to NOT_SWEPT');
});

test('each row is of an operation in the sources, or one in the file that it names', () => {
  const found = operationsOf(SOURCES);
  const stale = [...SWEPT, ...Object.keys(NOT_SWEPT)].filter((name) => !found.has(name));
  assert.deepEqual(stale, []);
  for (const [name, file] of Object.entries(NOT_SWEPT))
    assert.ok(read(`__test__/${file}`).includes(name), `${file} names ${name}`);
});

test('our own methods and those of Rust are not taken for operations', () => {
  const source = `
    fn describe_self(&self) -> String {}
    client.get_role().role_name(name).send();
    client.invoke().send(); this.describe_self(); bytes.get_ref(); start(); files.remove();`;
  assert.deepEqual([...operationsOf(source)], ['GetRole', 'Invoke']);
});
