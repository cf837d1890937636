'use strict';

// The check of spelling, on one error of each kind.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { checkSpelling } = require('../../scripts/lint/typos');
const { tempDir } = require('../support/tmp');

/** Creates a file with a text, until the test `t` ends. */
function temporaryFile(t, text) {
  const file = path.join(tempDir(t, 'spelling'), 'file.rs');
  fs.writeFileSync(file, text);
  return file;
}

// Composed, so that this file does not contain the words.
for (const [kind, ...word] of [
  ['a misspelled word', 'reci', 'eve'],
  ['a British spelling', 'col', 'our'],
]) {
  test(`${kind} is rejected with its file and line`, async (t) => {
    const file = temporaryFile(t, `// ${word.join('')}\n`);
    await assert.rejects(checkSpelling([file]), ({ message }) => message.includes(`${file}:1:4`));
  });
}

test('correct spelling is accepted', async (t) => {
  await checkSpelling([temporaryFile(t, '// receive a color\n')]);
});
