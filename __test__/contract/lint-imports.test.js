'use strict';

// The check of imports between Rust modules, on small crates with one error each.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { findings } = require('../../scripts/lint/imports');
const { tempDir } = require('../support/tmp');

/** Checks a crate of the files `{ path: source }`. */
function check(t, files) {
  const folder = tempDir(t, 'imports');
  for (const [name, source] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), source);
  }
  return findings(folder);
}

const LIB = 'mod assets; mod config; mod deploy; mod error; mod lambda;';

const LAYERED = {
  'lib.rs': LIB,
  'deploy/mod.rs': 'pub(crate) mod request; use crate::{assets, lambda::Plan as Other};',
  'deploy/request.rs': 'use crate::config::Options; pub struct Request;',
  'assets/mod.rs': 'mod plan; mod diff; use plan::Plan; use crate::deploy::request::Request;',
  'assets/plan.rs': 'use crate::error::{Error, Result}; pub struct Plan;',
  'assets/diff.rs': 'use super::plan::Plan; fn diff() -> crate::error::Result { loop {} }',
  'lambda/mod.rs': 'use crate::config; pub struct Plan; fn f() { config::env::get(); }',
  'config/mod.rs': 'pub mod env; pub struct Options;',
  'config/env.rs': 'pub fn get() {}',
  'error.rs': 'pub struct Error;',
};

test('imports that point down are accepted', (t) => {
  assert.deepEqual(check(t, LAYERED), []);
});

const PLANTED = [
  [
    'an import of a higher layer',
    'config/env.rs',
    'use crate::assets::Plan;',
    /assets is above config/,
  ],
  [
    'a path of a higher layer',
    'error.rs',
    'fn f() { crate::config::env::get() }',
    /config is above error/,
  ],
  [
    'a path through an imported module',
    'assets/diff.rs',
    'use crate::lambda; fn f() { lambda::g() }',
    /assets and lambda are separate/,
  ],
  [
    'an import from the module that contains it',
    'assets/plan.rs',
    'use super::Thing;',
    /plan\.rs:1: super::Thing points up/,
  ],
  [
    'an import in a nested list',
    'assets/plan.rs',
    'use crate::{error, config::{self, env}, deploy::{Deployment}};',
    /deploy is above assets/,
  ],
  [
    'a module without a layer',
    'lib.rs',
    `${LIB} mod other;`,
    /other has no layer/,
    { 'other.rs': 'use crate::error::Error;' },
  ],
];

for (const [what, file, source, expected, more = {}] of PLANTED) {
  test(`${what} is rejected`, (t) => {
    const found = check(t, { ...LAYERED, [file]: source, ...more });
    assert.ok(
      found.some((line) => expected.test(line)),
      found.join('\n'),
    );
  });
}

test('a cycle between files is rejected with its imports', (t) => {
  const found = check(t, {
    ...LAYERED,
    'assets/mod.rs': 'mod plan; mod diff;',
    'assets/plan.rs': 'use super::diff::Diff;',
    'assets/diff.rs': 'use super::plan::Plan;',
  });
  assert.equal(found.length, 1);
  assert.match(found[0], /^a cycle between assets\/(plan|diff)\.rs, assets\/(plan|diff)\.rs:/);
  assert.match(found[0], /assets\/plan\.rs:1 -> assets\/diff\.rs \(super::diff::Diff\)/);
});

test('tests, comments and strings may name any module', (t) => {
  const source = `
    // use crate::deploy::Deployment;
    const TEXT: &str = "crate::deploy::Deployment";
    #[cfg(test)]
    use crate::deploy::Deployment;
    #[cfg(test)]
    mod tests { use super::*; use crate::deploy::Deployment; }
    #[cfg(test)]
    mod more_tests;`;
  const files = { 'assets/plan.rs': source, 'assets/plan/more_tests.rs': 'use crate::deploy::D;' };
  assert.deepEqual(check(t, { ...LAYERED, ...files }), []);
});
