'use strict';

// Generates from litexa.config.schema.json the types of the options in index.d.ts, and their tables in
// docs/options.md. `--check` fails on a difference instead of writing.

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

/** Functions that replace the generated parts of a file. */
const FILES = {
  'index.d.ts': (text, schema) => text.replace(TYPES, () => declarations(schema)),
  'docs/options.md': (text, schema) => {
    const own = [...text.matchAll(TABLES)].map(([, place]) => place);
    return text.replace(TABLES, (_, place) => `\n${table(schema, place, own)}\n`);
  },
};

async function stale(name, schema) {
  const file = path.join(ROOT, name);
  const text = fs.readFileSync(file, 'utf8');
  const style = await prettier.resolveConfig(file);
  const generated = await prettier.format(FILES[name](text, schema), { ...style, filepath: file });
  return generated === text ? undefined : { name, file, generated };
}

async function main([mode]) {
  const schema = JSON.parse(fs.readFileSync(SCHEMA, 'utf8'));
  const found = await Promise.all(Object.keys(FILES).map((name) => stale(name, schema)));
  for (const { name, file, generated } of found.filter(Boolean)) {
    if (mode === '--check') {
      throw new Error(`${name} differs from litexa.config.schema.json: run node scripts/codegen`);
    }
    fs.writeFileSync(file, generated);
    console.log(`wrote ${name}`);
  }
}

if (require.main === module) runMain(main);

module.exports = { SCHEMA };
