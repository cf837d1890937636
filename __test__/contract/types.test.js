'use strict';

// The types in index.d.ts: valid configurations compile, invalid ones do not, and a configuration does
// not need the module when it runs.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const ts = require('typescript');
const { problemsOf } = require('../support/options-schema');

const ROOT = path.join(__dirname, '..', '..');
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** Returns the diagnostics of the project, with a replaced text of one file. */
function diagnosticsWith(name, text) {
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (file, version, ...rest) =>
    path.relative(ROOT, file) === name
      ? ts.createSourceFile(file, text, version)
      : getSourceFile(file, version, ...rest);
  // Faster: the types of Node.js are not used, and those of TypeScript need no check.
  const fastOptions = { ...options, types: [], skipDefaultLibCheck: true };
  const program = ts.createProgram(fileNames, fastOptions, host);
  return ts.getPreEmitDiagnostics(program);
}

test('exactly the lines that are marked as invalid have errors', () => {
  const name = path.join('__test__', 'contract', 'types.ts');
  const lines = read(name).split('\n');
  const marked = lines.flatMap((line, index) => (line.includes('@ts-expect-error') ? [index] : []));
  assert.ok(marked.length > 25);
  const found = diagnosticsWith(name, lines.join('\n').replaceAll('@ts-expect-error', ''));
  const texts = found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  const places = found.map(({ file, start }) => {
    const { line } = file.getLineAndCharacterOfPosition(start);
    return `${path.relative(ROOT, file.fileName)}:${line}`;
  });
  const expected = marked.map((index) => `${name}:${index + 1}`);
  assert.deepEqual([...new Set(places)].sort(), expected.sort(), texts.join('\n'));
});

test('a litexa.config.ts runs without the module', () => {
  const compilerOptions = { module: ts.ModuleKind.CommonJS };
  const { outputText } = ts.transpileModule(read('__test__/contract/types.config.ts'), {
    compilerOptions,
  });
  const script = { exports: {} };
  const forbidden = (name) => assert.fail(`${name} is required`);
  new Function('module', 'exports', 'require', outputText)(script, script.exports, forbidden);
  assert.deepEqual(problemsOf(script.exports), []);
  assert.equal(script.exports.deployments.development.module, '@litexa/deploy-aws');
});

/** Returns the values of a union that index.d.ts declares. */
function unionOf(name) {
  const wanted = (node) => ts.isTypeAliasDeclaration(node) && node.name.text === name;
  const found = [];
  const visit = (node) => {
    if (wanted(node)) found.push(...node.type.types.map(({ literal }) => literal.text));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('index.d.ts', read('index.d.ts'), ts.ScriptTarget.Latest));
  return found.sort();
}

test('the error codes are declared, those of the addon and those of JavaScript', () => {
  // Another test compares the headings with the source.
  const headings = [...read('docs/troubleshooting.md').matchAll(/^### `([A-Z_]+)`$/gm)];
  const codes = headings.map(([, code]) => code).sort();
  const native = [...read('src/error.rs').matchAll(/Code::\w+ => "([A-Z_]+)"/g)];
  assert.ok(native.length > 10 && native.every(([, code]) => codes.includes(code)));
  assert.deepEqual(unionOf('ErrorCode'), codes);
});
