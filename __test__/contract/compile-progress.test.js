'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { compileProgress } = require('../../scripts/lib/compile-progress');

/** Returns the text that is shown for cargo's output, which arrives in pieces. */
function shown(isTTY, pieces) {
  let text = '';
  const progress = compileProgress({ isTTY, write: (more) => (text += more) });
  for (const piece of pieces) progress.onOutput(piece);
  progress.end();
  return text;
}

const crates = (count) =>
  Array.from({ length: count }, (_, index) => `   Compiling crate-${index} v1.0.0\n`);

test('in a terminal, one line is rewritten for each crate, and removed at the end', () => {
  const pieces = ['  Downloaded a v1\n   Compiling a v1.0.0\n   Comp', 'iling b-2 v0.1.0 (/x)\n'];
  assert.equal(
    shown(true, pieces),
    '\r\x1b[K  compiling crate 1: a\r\x1b[K  compiling crate 2: b-2\r\x1b[K',
  );
  assert.equal(shown(true, ['    Finished `dev` profile\n']), '');
});

test('elsewhere, a line is written for every 50 crates', () => {
  assert.equal(shown(false, crates(49)), '');
  assert.equal(shown(false, crates(120)), '  compiling crate 50\n  compiling crate 100\n');
});
