'use strict';

// The check of spelling, on one planted word of each kind.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { checkSpelling } = require('../../scripts/lint/typos');

/** A file with this text, which is removed after the test. */
function temporaryFile(t, text) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-spelling-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'file.rs');
  fs.writeFileSync(file, text);
  return file;
}

// Composed, so that this file does not hold the words itself.
for (const [kind, ...word] of [
  ['a misspelled word', 'reci', 'eve'],
  ['a British spelling', 'col', 'our'],
]) {
  test(`${kind} is refused with its file`, async (t) => {
    const file = temporaryFile(t, `// ${word.join('')}\n`);
    await assert.rejects(checkSpelling([file]), ({ message }) => message.includes(`${file}:1:4`));
  });
}

test('correct spelling is accepted', async (t) => {
  await checkSpelling([temporaryFile(t, '// receive a color\n')]);
});
