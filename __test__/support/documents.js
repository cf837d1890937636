'use strict';

// The documentation and the programs of this repository, for tests that compare them.

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');

/** Returns the text of a file of the repository. */
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** Returns the paths of the files in a folder and below it whose names end in this way. */
const filesIn = (folder, ending) =>
  fs
    .readdirSync(path.join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const file = path.posix.join(folder, entry.name);
      return entry.isDirectory() ? filesIn(file, ending) : [file];
    })
    .filter((file) => file.endsWith(ending));

const inRoot = (ending) => fs.readdirSync(ROOT).filter((name) => name.endsWith(ending));

const DOCUMENTS = [
  ...inRoot('.md'),
  ...['.github', 'bench', 'docs', 'examples', 'npm'].flatMap((folder) => filesIn(folder, '.md')),
];

const PROGRAMS = [
  ...filesIn('src', '.rs'),
  ...inRoot('.js'),
  ...['bench', 'bin', 'scripts'].flatMap((folder) => filesIn(folder, '.js')),
];

const BLOCK = /^ *```.*?^ *```$/gms;
const SPAN = /`[^`\n]*`/g;

/** Returns a document without its code. */
const withoutCode = (text) => text.replace(BLOCK, '').replace(SPAN, '');

/** Returns the lines of the code of a document, in blocks and in text. */
function codeOf(text) {
  const blocks = (text.match(BLOCK) ?? []).flatMap((block) => block.split('\n').slice(1, -1));
  const spans = text.replace(BLOCK, '').match(SPAN) ?? [];
  return [...blocks, ...spans.map((span) => span.slice(1, -1))].map((line) => line.trim());
}

/** Returns the part of a document below a heading, up to the next one of its level. */
function chapter(text, title) {
  const [, found] = text.split(`\n## ${title}\n`);
  if (found === undefined) throw new Error(`the chapter ${title} is missing`);
  return found.split(/\n## /)[0];
}

module.exports = { BLOCK, DOCUMENTS, PROGRAMS, ROOT, chapter, codeOf, filesIn, read, withoutCode };
