'use strict';

// The options have one source, litexa.config.schema.json. This writes what is made of it: their
// types in index.d.ts and their tables in the README. `--check` complains instead of writing.

const fs = require('node:fs');
const path = require('node:path');
const prettier = require('prettier');
const { table } = require('./markdown');
const { declarations } = require('./types');
const { runMain } = require('../lib/exec');

const ROOT = path.join(__dirname, '..', '..');
const SCHEMA = path.join(ROOT, 'litexa.config.schema.json');

const TYPES = /(?<=\/\/ <options>[^\n]*\n).*?(?=\n *\/\/ <\/options>)/s;
const TABLES = /(?<=<!-- options: (\S+) -->\n).*?(?=\n<!-- end of options -->)/gs;

/** The files with their generated parts as the schema wants them. */
const FILES = {
  'index.d.ts': (text, schema) => text.replace(TYPES, () => declarations(schema)),
  'README.md': (text, schema) => {
    const own = [...text.matchAll(TABLES)].map(([, place]) => place);
    return text.replace(TABLES, (_, place) => `\n${table(schema, place, own)}\n`);
  },
};

async function stale(name, schema) {
  const file = path.join(ROOT, name);
  const text = fs.readFileSync(file, 'utf8');
  const style = await prettier.resolveConfig(file);
  const made = await prettier.format(FILES[name](text, schema), { ...style, filepath: file });
  return made === text ? undefined : { name, file, made };
}

async function main([mode]) {
  const schema = JSON.parse(fs.readFileSync(SCHEMA, 'utf8'));
  const found = await Promise.all(Object.keys(FILES).map((name) => stale(name, schema)));
  for (const { name, file, made } of found.filter(Boolean)) {
    if (mode === '--check') {
      throw new Error(`${name} is not what the schema makes of it: run node scripts/codegen`);
    }
    fs.writeFileSync(file, made);
    console.log(`wrote ${name}`);
  }
}

if (require.main === module) runMain(main);

module.exports = { SCHEMA };
