'use strict';

// Finds wording that this project does not use, in comments, strings, identifiers and documents:
// `node scripts/lint/prose.js [path…]`. prose-rules.js has the list and what to write instead.
//
// A comment `prose: allow <word>: <reason>` allows a word on its own line and on the next one.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../lib/cargo');
const { runMain } = require('../lib/exec');
const { PHRASES, PRIVATE_WORDS, RELATIVE_SUBJECT } = require('./prose-rules');
const { passagesOf } = require('./text-of-files');

/** Files whose wording is not ours, or has to stay. */
const SKIPPED = [
  /^LICENSE$/,
  /(^|\/)(package|Cargo)-?lock\b/i,
  /^__test__\/fixtures\//,
  /^fuzz\/corpus\//,
  /\/testdata\//,
];

const ALLOWED = /prose: allow ([^:<`\n]+): \S.*?(?=\s*(?:\*\/|-->|$))/gm;

const blank = (text) => '_'.repeat(text.length);

/** Returns the findings of one file: `{ line, hit, advice }`. */
function findings(name, source) {
  const allowed = allowances(source);
  const found = passagesOf(name, source.replace(ALLOWED, blank)).flatMap((passage) =>
    (passage.kind === 'identifier' ? identifierHits : textHits)(passage),
  );
  const isAllowed = ({ line, hit }) => {
    const entry = allowed.find(
      ({ word, lines }) => word === hit.toLowerCase() && lines.includes(line),
    );
    if (entry) entry.used = true;
    return entry !== undefined;
  };
  const refused = found.filter((finding) => !isAllowed(finding));
  const unused = allowed
    .filter(({ used }) => !used)
    .map(({ word, lines }) => ({
      line: lines[0],
      hit: word,
      advice: 'remove this exception, it allows nothing',
    }));
  return [...refused, ...unused].sort((a, b) => a.line - b.line);
}

function allowances(source) {
  return source.split('\n').flatMap((text, index) =>
    [...text.matchAll(ALLOWED)].map(([, word]) => ({
      word: word.trim().toLowerCase(),
      lines: [index + 1, index + 2],
    })),
  );
}

function identifierHits(passage) {
  // camelCase, snake_case and CONSTANT_CASE as words.
  const words = passage.text.replace(/([a-z0-9])(?=[A-Z])/g, '$1 ').replaceAll('_', ' ');
  return hits({ ...passage, text: words, lineAt: () => passage.lineAt(0) }, PRIVATE_WORDS);
}

function textHits(passage) {
  // Quoted code is not wording.
  const text = passage.text.replace(/`[^`\n]+`/g, blank);
  const readable = { text, lineAt: (at) => passage.lineAt(at) };
  const rules = [...PRIVATE_WORDS, ...PHRASES];
  if (passage.kind !== 'string') rules.push([RELATIVE_SUBJECT, 'a noun as the subject']);
  return hits(readable, rules);
}

function hits({ text, lineAt }, rules) {
  return rules.flatMap(([pattern, advice]) => {
    const flags = pattern === RELATIVE_SUBJECT ? 'gm' : 'gi';
    return [...text.matchAll(new RegExp(pattern.source, flags))].map((match) => ({
      line: lineAt(match.index),
      hit: match[0],
      advice,
      around: text.slice(Math.max(0, match.index - 25), match.index + match[0].length + 25),
    }));
  });
}

/** The project's files under the paths; all of them without one. */
function filesUnder(paths) {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--', ...paths];
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 })
    .split('\0')
    .filter((name) => name && fs.existsSync(path.join(ROOT, name)))
    .filter((name) => !SKIPPED.some((pattern) => pattern.test(name)));
}

async function main(paths) {
  const missing = paths.find((one) => !fs.existsSync(one));
  if (missing) throw new Error(`${missing} does not exist`);
  const inRoot = paths.map((one) => path.relative(ROOT, path.resolve(one)) || '.');
  const lines = filesUnder(inRoot).flatMap((name) =>
    findings(name, fs.readFileSync(path.join(ROOT, name), 'utf8')).map(
      ({ line, hit, advice, around = '' }) =>
        `${name}:${line}: "${hit}": write ${advice}    ${around.replace(/\s+/g, ' ')}`,
    ),
  );
  if (lines.length > 0) throw new Error(`${lines.join('\n')}\n${lines.length} findings`);
}

module.exports = { findings };

if (require.main === module) runMain(main);
