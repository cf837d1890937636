'use strict';

// Generates everything that is made from the tables of options in src/config/schema: the schema, and
// from it the types in index.d.ts, docs/options.md and the list of keys in cli-context.js. `--check`
// fails on a difference instead of writing, without the schema, which a Rust test compares.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { optionsDocument } = require('./markdown');
const { optionsOf } = require('./schema');
const { declarations } = require('./types');
const { cargo, ROOT } = require('../lib/cargo');
const { runMain } = require('../lib/exec');
const { installDevDependencies } = require('../lib/npm');

const SCHEMA = path.join(ROOT, 'litexa.config.schema.json');
const SCHEMA_TEST = 'config::schema::json_schema::the_schema_file_is_generated_from_the_tables';

const GENERATED = /(?<=\/\/ <options>[^\n]*\n).*?(?=\n *\/\/ <\/options>)/s;

/** Functions that return a file with its generated parts replaced. */
const FILES = {
  'index.d.ts': (text, schema) => text.replace(GENERATED, () => declarations(schema)),
  'docs/options.md': (text, schema) => optionsDocument(schema),
  'cli-context.js': (text, schema) => text.replace(GENERATED, () => listOfKeys(schema)),
};

function listOfKeys({ definitions }) {
  const keys = optionsOf(definitions.DeploymentTarget).map(([key]) => key);
  return `const OPTIONS = ${JSON.stringify(keys.sort())};`;
}

/** The schema as the tables in Rust declare it. */
async function generateSchema() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-schema-'));
  try {
    const output = path.join(folder, 'schema.json');
    await cargo(['test', '--locked', '--quiet', '--lib', '--', '--exact', SCHEMA_TEST], {
      env: { LITEXA_SCHEMA_OUTPUT: output },
      quiet: true,
    });
    return fs.readFileSync(output, 'utf8');
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function format(file, text) {
  // Only once it is installed.
  const prettier = require('prettier');
  return prettier.format(text, { ...(await prettier.resolveConfig(file)), filepath: file });
}

function write(file, text) {
  if (fs.readFileSync(file, 'utf8') === text) return;
  fs.writeFileSync(file, text);
  console.log(`wrote ${path.relative(ROOT, file)}`);
}

async function main([mode]) {
  const isCheck = mode === '--check';
  await installDevDependencies({ log: console.log });
  if (!isCheck)
    console.log('Compiling the tests, of which one writes the schema: minutes the first time');
  if (!isCheck) write(SCHEMA, await format(SCHEMA, await generateSchema()));
  const schema = JSON.parse(fs.readFileSync(SCHEMA, 'utf8'));
  for (const [name, generate] of Object.entries(FILES)) {
    const file = path.join(ROOT, name);
    const text = fs.readFileSync(file, 'utf8');
    const generated = await format(file, generate(text, schema));
    if (isCheck && generated !== text) {
      throw new Error(`${name} differs from litexa.config.schema.json: run node scripts/codegen`);
    }
    write(file, generated);
  }
}

if (require.main === module) runMain(main);

module.exports = { SCHEMA };
