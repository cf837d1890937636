'use strict';

// The names in the documentation exist: commands and options of the executable, options of npm scripts
// and of the config, files, statements of policies, and codes.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { commands } = require('../../bin/commands');
const { COMMON_OPTIONS, parseArguments } = require('../../bin/lib/arguments');
const schema = require('../../litexa.config.schema.json');
const { scripts } = require('../../package.json');
const {
  DOCUMENTS,
  PROGRAMS,
  ROOT,
  chapter,
  codeOf,
  filesIn,
  read,
} = require('../support/documents');

/** The lines of code of all documents, with their files. */
const CODE = DOCUMENTS.flatMap((file) => codeOf(read(file)).map((line) => ({ file, line })));

/** Returns the matches of a pattern in the lines of code, as `[where, ...groups]`. */
const matches = (pattern) =>
  CODE.flatMap(({ file, line }) =>
    [...line.matchAll(pattern)].map(([, ...groups]) => [`${file}: ${line}`, ...groups]),
  );

/** Parses the arguments of a documented command of the executable, as the executable does. */
function parse(name, rest) {
  const [words] = rest.split(/`| [>|] | +#/);
  const args = words.split(' ').filter((word) => word !== '' && word !== '…');
  return parseArguments(
    commands[name],
    args.map((word) => word.replace(/^<\w+>$/, '1')),
  );
}

test('every command of the executable in the documents is one, with its options', () => {
  const program = /litexa-deploy-aws ([a-z-]+)(.*)/g;
  // Within the text about the executable, `invoke --keep` stands for the whole command.
  const short = new RegExp(`^(${Object.keys(commands).join('|')})( --.*)$`, 'g');
  const found = [...matches(program), ...matches(short)];
  assert.ok(found.length > 25);
  for (const [where, name, rest] of found) {
    assert.ok(Object.hasOwn(commands, name), where);
    assert.doesNotThrow(() => parse(name, rest), where);
  }
});

test('commands of the AWS CLI are those of sh, PowerShell and cmd.exe alike', () => {
  // cmd.exe passes single quotes on, PowerShell and sh replace what follows $, and each continues lines in its own way.
  const ofOneShell = /'|\$[A-Z]|\\$/;
  const documented = matches(/^(aws [a-z0-9-]+ .*)$/g).map(([where]) => where);
  const printed = filesIn('src', '.rs').flatMap((file) =>
    [...read(file).matchAll(/`(aws [a-z0-9-]+ [^`]*)`/g)].map(([, text]) => `${file}: ${text}`),
  );
  assert.ok(documented.length >= 5 && printed.length >= 15, `${documented.length}`);
  for (const command of [...documented, ...printed]) assert.doesNotMatch(command, ofOneShell);
  for (const wrong of [
    "f: aws iam x --d '{}'",
    'f: aws lambda x --v $LATEST',
    'f: aws s3api x \\',
  ]) {
    assert.match(wrong, ofOneShell);
  }
});

test('every command of the executable that the messages name is one, with its options', () => {
  const program = /`litexa-deploy-aws ([a-z]+)([^`"]*)/g;
  const sources = [...filesIn('src', '.rs'), ...filesIn('bin/commands', '.js')];
  const found = sources.flatMap((file) => {
    // Placeholders become the words of a value.
    const text = read(file).replace(/\$?\{[^{}]*\}/g, '1');
    return [...text.matchAll(program)];
  });
  assert.ok(found.length > 2);
  for (const [text, name, rest] of found) {
    assert.ok(Object.hasOwn(commands, name), text);
    assert.doesNotThrow(() => parse(name, rest), text);
  }
});

test('docs/operating.md lists every command, and the options that all of them have', () => {
  const [text] = chapter(read('docs/operating.md'), 'The executable').split('\n### ');
  const rows = [...text.matchAll(/^\| (`[^|]+)\|/gm)].map(([, cell]) => codeOf(cell));
  const names = rows.map(([name]) => name).filter((name) => Object.hasOwn(commands, name));
  assert.deepEqual(names.sort(), Object.keys(commands).sort());
  const documented = rows.map((names) => names.at(-1)).filter((name) => name.startsWith('--'));
  const { help, ...others } = COMMON_OPTIONS;
  const expected = Object.entries(others).map(([name, { value }]) =>
    value ? `--${name} ${value}` : `--${name}`,
  );
  assert.deepEqual(documented.sort(), expected.sort());
});

test('every option of a command is documented', () => {
  const documented = ['docs/operating.md', 'docs/logs.md'].map(read).join('\n');
  for (const [name, { options = {} }] of Object.entries(commands)) {
    for (const option of Object.keys(options)) {
      assert.match(documented, new RegExp(`--${option}\\b`), `${name} --${option}`);
    }
  }
});

test('every option of an npm script in the documents is in its source', () => {
  const found = matches(/npm run ([\w:-]+) -- (.*?)(?: +#.*)?$/g);
  assert.ok(found.length > 10);
  for (const [where, name, args] of found) {
    const [, script] = /^node (\S+)/.exec(scripts[name]);
    const files = script.endsWith('.js') ? [script] : filesIn(script, '.js');
    const source = files.map(read).join('\n');
    for (const [, option] of args.matchAll(/--([a-z][\w-]*)/g)) {
      assert.match(source, new RegExp(`--${option}\\b|\\b${option}['"]?:`), where);
    }
  }
});

test('every file of the repository in the documents exists', () => {
  const folders = fs.readdirSync(ROOT, { withFileTypes: true }).filter((one) => one.isDirectory());
  const ours = folders
    .map(({ name }) => name)
    .filter((name) => !['.git', '.deploy', '.logs', 'node_modules', 'target'].includes(name));
  const names = ours.map((name) => name.replace('.', '\\.')).join('|');
  const found = matches(new RegExp(`(?:^|[\\s=(:])((?:${names})/[\\w./-]*)(?![\\w<*{])`, 'g'));
  assert.ok(found.length > 40);
  for (const [where, name] of found) {
    assert.ok(fs.existsSync(path.join(ROOT, name)), where);
  }
});

/** Returns the part of the schema for an option such as `s3Configuration.uploadParams[].filter`. */
function declared(place) {
  let at = schema.definitions.DeploymentTarget;
  for (const step of place.replaceAll('[]', '.[]').split('.')) {
    while (at?.$ref)
      at = at.$ref
        .slice(2)
        .split('/')
        .reduce((node, key) => node[key], schema);
    at = step === '[]' ? at?.items : (at?.properties?.[step] ?? at?.additionalProperties);
    if (!at) return undefined;
  }
  return at;
}

test('every option of the config in the documents is in the schema', () => {
  const found = matches(/(?:^|[\s("])((?:\w+Configuration)\.[a-zA-Z][\w[\].]*\w)/g);
  assert.ok(found.length > 100);
  assert.equal(declared('s3Configuration.bucketNames'), undefined);
  for (const [where, place] of found) assert.ok(declared(place), where);
});

test('every statement of a policy in the documents exists', () => {
  const policies = filesIn('docs', '.json').map((file) => JSON.parse(read(file)));
  const sids = policies.flatMap(({ Statement }) => Statement.map(({ Sid }) => Sid));
  const offered = [...read('docs/permissions.md').matchAll(/"Sid": "(\w+)"/g)];
  const known = new Set([...sids, ...offered.map(([, sid]) => sid)]);
  const found = matches(/^(For[A-Z]\w+)$/g);
  assert.ok(found.length > 10);
  for (const [where, sid] of found) assert.ok(known.has(sid), where);
});

test('every code and variable in the documents is in the source', () => {
  const files = [
    ...PROGRAMS,
    ...filesIn('__test__', '.js'),
    ...filesIn('src/lambda/runtime', '.js'),
  ];
  const source = new Set(
    files.flatMap((file) => read(file).match(/\b[A-Z]+_[A-Z_]*[A-Z]\b/g) ?? []),
  );
  const found = matches(/^([A-Z]+_[A-Z_]*[A-Z])(?:=\S*)?$/g);
  assert.ok(found.length > 40);
  for (const [where, name] of found) assert.ok(source.has(name), where);
});
