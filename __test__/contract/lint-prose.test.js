'use strict';

// The check of wording, on one error in each kind of text.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { findings } = require('../../scripts/lint/prose');

const hits = (name, ...lines) =>
  findings(name, lines.join('\n')).map(({ line, hit }) => `${line}: ${hit}`);

// Composed, so that this file does not contain the words.
const TYPO = ['slip of', 'the pen'].join(' ');
const HINT = ['rem', 'edy'].join('');
const JOINED = ['side', 'by', 'side'];
const EXCEPTION = ['prose:', 'allow'].join(' ');

const PLANTED = [
  ['a comment in Rust', 'a.rs', [`/// A ${TYPO}.`], [`1: ${TYPO}`]],
  ['a string in Rust', 'a.rs', ['', `let a = "a ${TYPO}";`], [`2: ${TYPO}`]],
  ['a raw string in Rust', 'a.rs', [`let a = r#"a "${TYPO}""#;`], [`1: ${TYPO}`]],
  ['an identifier in Rust', 'a.rs', [`fn no_${HINT}_here() {}`], [`1: ${HINT}`]],
  ['a comment in JavaScript', 'a.js', ['let a;', `// A ${TYPO}.`], [`2: ${TYPO}`]],
  ['a template in JavaScript', 'a.js', [`f(\`a \${b} ${TYPO}\`);`], [`1: ${TYPO}`]],
  [
    'an identifier in JavaScript',
    'a.js',
    [`const no${HINT.replace('r', 'R')} = 1;`],
    [`1: ${HINT.replace('r', 'R')}`],
  ],
  ['a paragraph of Markdown', 'a.md', ['# Title', `A ${TYPO}.`], [`2: ${TYPO}`]],
  [
    'a description in the schema',
    'a.schema.json',
    ['{', `  "description": "A ${TYPO}."`, '}'],
    [`2: ${TYPO}`],
  ],
  ['a comment in TOML', 'a.toml', [`a = 1 # a ${TYPO}`], [`1: ${TYPO}`]],
  [
    'a phrase over two lines of a comment',
    'a.rs',
    [`// They run ${JOINED[0]} ${JOINED[1]}`, `// ${JOINED[2]}.`],
    [`1: ${JOINED.join(' ')}`],
  ],
  ['a relative clause as the subject', 'a.rs', ['// Done. What is left is removed.'], ['1: What']],
  [
    'an error in a sentence over two lines of Markdown',
    'a.md',
    ['A name that is', 'no name.'],
    [`1: ${['is', 'no'].join(' ')}`],
  ],
];

for (const [what, name, lines, expected] of PLANTED) {
  test(`an error in ${what} is found`, () => {
    assert.deepEqual(hits(name, ...lines), expected);
  });
}

test('questions, quoted code and existence are accepted', () => {
  assert.deepEqual(
    hits('a.md', 'What is this?', '', `The field \`${HINT}\`.`, '', 'There is no bucket.'),
    [],
  );
});

test('an exception allows a word on its line and the next one, with a reason', () => {
  const word = `// a ${TYPO}`;
  assert.deepEqual(hits('a.js', `// ${EXCEPTION} ${TYPO}: a name`, word), []);
  assert.deepEqual(hits('a.js', `const a = 1; ${word}; ${EXCEPTION} ${TYPO}: a name`), []);
  assert.notDeepEqual(hits('a.js', `// ${EXCEPTION} ${TYPO}`, word), []);
  assert.notDeepEqual(hits('a.js', `// ${EXCEPTION} ${TYPO}: a name`, '', word), []);
});

test('an unused exception is rejected', () => {
  assert.deepEqual(hits('a.js', `// ${EXCEPTION} ${TYPO}: a name`, 'f();'), [`1: ${TYPO}`]);
});
