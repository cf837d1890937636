'use strict';

// The documentation agrees with the module: links, commands, error codes, variables, names.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const ts = require('typescript');
const { DeployError } = require('../../errors');
const {
  BLOCK,
  DOCUMENTS,
  PROGRAMS,
  ROOT,
  chapter,
  filesIn,
  read,
  withoutCode,
} = require('../support/documents');
const { documentedStatements } = require('../support/aws/iam-user');

const {
  bugs,
  devDependencies,
  files,
  homepage,
  repository,
  scripts,
} = require('../../package.json');

/** Returns the anchors of a document's headings on GitHub and npm. */
function anchorsOf(file) {
  const headings = read(file)
    .replace(BLOCK, '')
    .matchAll(/^#+ (.*)$/gm);
  const slug = ([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N}\- _]/gu, '');
  return new Set([...headings].map((heading) => slug(heading).replaceAll(' ', '-')));
}

for (const file of DOCUMENTS) {
  test(`${file}: every link leads to an existing file and heading`, () => {
    const links = [...withoutCode(read(file)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
    for (const link of links.filter((one) => !/^https:/.test(one))) {
      const [target, anchor] = link.split('#');
      const linked = target ? path.posix.join(path.posix.dirname(file), target) : file;
      assert.ok(fs.existsSync(path.join(ROOT, linked)), link);
      assert.ok(anchor === undefined || anchorsOf(linked).has(anchor), link);
    }
  });

  test(`${file}: package.json has every npm script that it names`, () => {
    for (const [command, name] of read(file).matchAll(/npm run ([\w:-]+)/g)) {
      assert.ok(scripts[name], command);
    }
  });
}

test('CONTRIBUTING.md documents every npm script', () => {
  const contributing = read('CONTRIBUTING.md');
  for (const name of Object.keys(scripts)) {
    const command = name === 'test' ? 'npm test' : `npm run ${name}`;
    assert.match(contributing, new RegExp(`\\b${command}(?![\\w:-])`), command);
  }
});

test('every environment variable of the project is documented', () => {
  const variables = PROGRAMS.flatMap((file) => read(file).match(/LITEXA_[A-Z_]*[A-Z]/g) ?? []);
  const found = new Set(variables);
  assert.ok(found.has('LITEXA_AWS_TIMEOUT_SECONDS') && found.size > 5);
  const documented = read('README.md') + read('CONTRIBUTING.md');
  for (const variable of found) assert.ok(documented.includes(`${variable}\``), variable);
});

test('every documented environment variable is used', () => {
  const source = PROGRAMS.map(read).join('\n');
  for (const file of DOCUMENTS) {
    for (const [variable] of read(file).matchAll(/LITEXA_[A-Z_]*[A-Z]/g)) {
      assert.ok(source.includes(variable), `${file}: ${variable}`);
    }
  }
});

test('every error code has a heading with a cause and a fix', () => {
  const [, ...sections] = chapter(read('docs/troubleshooting.md'), 'Error codes').split(/^### /m);
  const documented = sections.map((section) => {
    const [, code] = /^`([A-Z_]+)`\n/.exec(section);
    for (const part of ['Cause', 'Fix']) {
      assert.match(section, new RegExp(`^\\*\\*${part}:\\*\\* .*\\w \\W?\\w`, 'm'), code);
    }
    return code;
  });
  const native = read('src/error.rs').matchAll(/=> "([A-Z_]+)"/g);
  const own = PROGRAMS.map(read)
    .join('\n')
    .matchAll(/(?:new DeployError|super)\(\s*'([A-Z_]+)'/g);
  const codes = new Set([...native, ...own].map(([, code]) => code));
  assert.ok(codes.size > 10 && codes.has('NO_NATIVE_ADDON'));
  assert.deepEqual(documented, [...codes].sort());
});

test('the address of each error code is that of its heading, in the repository of package.json', () => {
  const page = 'docs/troubleshooting.md';
  const anchors = anchorsOf(page);
  const codes = [...read(page).matchAll(/^### `([A-Z_]+)`$/gm)].map(([, code]) => code);
  const folder = `${repository.url.slice('git+'.length, -'.git'.length)}/blob/HEAD/${repository.directory}`;
  for (const code of codes) {
    const [address, anchor] = new DeployError(code, 'it failed').url.split('#');
    assert.equal(address, `${folder}/${page}`);
    assert.ok(anchors.has(anchor), code);
  }
  assert.ok(files.includes('docs/*.md'), 'the page is in the package as well');
  for (const place of [homepage, bugs]) assert.ok(folder.startsWith(place.replace(/[#/]\w+$/, '')));
});

test('the messages and codes in the troubleshooting chapters are in the source', () => {
  const source = PROGRAMS.map(read)
    .join('\n')
    .replace(/\\\n\s*/g, '');
  const warnings = chapter(read('docs/troubleshooting.md'), 'Warnings and symptoms');
  const rows = chapter(read('README.md'), 'Troubleshooting');
  const shown = [
    ...warnings.matchAll(/^### `([^`]*?)(?: …)?`$/gm),
    ...rows.matchAll(/^\| `([^`]*?)(?: …)?` *\|/gm),
  ].map(([, message]) => message);
  assert.ok(shown.length > 7);
  for (const message of shown) assert.ok(source.includes(message), message);
});

test('docs/permissions.md has a row for each statement of the policies for deployments, and no other', () => {
  const statements = chapter(read('docs/permissions.md'), 'Statements');
  const documented = [...statements.matchAll(/^\| (`[^|]+)\|/gm)].flatMap(([, cell]) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, sid]) => sid),
  );
  const sids = documentedStatements().map(({ Sid }) => Sid);
  assert.ok(sids.length > 10);
  assert.deepEqual(documented.sort(), sids.sort());
});

/** Actions in the source that no policy has: they need no right, are optional, or are in docs/permissions.md. */
const NOT_IN_POLICIES = [
  'iam:SimulatePrincipalPolicy',
  'iam:UpdateAssumeRolePolicy',
  'sts:AssumeRole',
  'sts:GetCallerIdentity',
];

test('every IAM action in the source is in a policy', () => {
  const policies = filesIn('docs', '.json').map((file) => JSON.parse(read(file)));
  const allowed = policies.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action));
  const source = filesIn('src', '.rs').filter((file) => !/(\/tests\/|tests?\.rs$)/.test(file));
  const named = source.flatMap((file) => {
    const [code] = read(file).split(/#\[cfg\(test\)\]\n(?:pub\(super\) )?mod tests \{/);
    return [...code.matchAll(/"((?:dynamodb|iam|lambda|logs|s3|sts):[A-Z]\w+)"/g)];
  });
  assert.ok(named.length > 60);
  const missing = new Set(
    named.map(([, action]) => action).filter((one) => !allowed.includes(one)),
  );
  assert.deepEqual([...missing].sort(), NOT_IN_POLICIES);
});

/** The characters of a managed policy without white space (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html). */
const MAX_MANAGED_POLICY = 6144;

for (const file of filesIn('docs', '.json')) {
  test(`${file} fits into a managed policy, with the account and the longest name of a bucket`, () => {
    const text = JSON.stringify(JSON.parse(read(file)))
      .replaceAll('myAccountId', '1'.repeat(12))
      .replaceAll('myBucketName', 'b'.repeat(63));
    assert.match(text, /"Statement":/);
    assert.ok(text.length <= MAX_MANAGED_POLICY, `${text.length} characters`);
  });
}

test('the local files in docs/operating.md are named in the source', () => {
  const source = filesIn('src', '.rs').map(read).join('\n');
  const rows = chapter(read('docs/operating.md'), 'Local files').matchAll(/^\| (`[^|]+)\|/gm);
  const names = [...rows].flatMap(([, cell]) => [...cell.matchAll(/`([^`]+)`/g)]);
  assert.ok(names.length > 5);
  for (const [, name] of names) {
    const literal = name.startsWith('*') ? `${name.slice(1)}"` : `"${name.replace(/\/$/, '')}"`;
    assert.ok(source.includes(literal), name);
  }
  assert.ok(source.includes('"upload-manifest.json"'));
});

/** Returns the export of a litexa.config.ts or .js as the CLI reads it: without types, and executed. */
function exportOf(source) {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.CommonJS },
  });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', outputText)(module, module.exports, require);
  return module.exports;
}

test('the configurations in the README and in docs/install.md are equal', () => {
  const block = (file, kind) => {
    const found = new RegExp(`^ *\`\`\`${kind}\\n(.*?)\`\`\``, 'ms').exec(read(file));
    assert.ok(found, `${file} has a block of ${kind}`);
    return found[1];
  };
  const { $schema, ...config } = JSON.parse(block('docs/install.md', 'json'));
  assert.deepEqual(exportOf(block('docs/install.md', 'ts')), config);
  // The README shows the config that `litexa generate` writes, which has two defaults as well.
  const generated = exportOf(block('README.md', 'js'));
  const { development } = generated.deployments;
  assert.deepEqual(generated.extensionOptions, {});
  assert.equal(development.useSessionAttributesForPersistentStore, false);
  delete generated.extensionOptions;
  delete development.useSessionAttributesForPersistentStore;
  assert.deepEqual(generated, config);
  const { name } = require('../../package.json');
  assert.equal($schema, `./node_modules/${name}/litexa.config.schema.json`);
  assert.ok(require('../../package.json').files.includes(path.basename($schema)));
});

test('the README is short, and its tables fit in 100 columns', () => {
  const lines = read('README.md').trimEnd().split('\n');
  assert.ok(lines.length <= 250, `${lines.length} lines`);
  for (const line of lines) assert.ok(!/^ *\|/.test(line) || [...line].length <= 100, line);
});

for (const command of ['npm run pack -- --help', 'npm run bench -- --help']) {
  test(`\`${command}\` prints its options, as documented`, () => {
    const [, name] = /npm run (\w+)/.exec(command);
    const documents = DOCUMENTS.map(read).join('\n');
    assert.ok(documents.includes(command));
    const [, script] = /^node (\S+)$/.exec(scripts[name]);
    const output = execFileSync(process.execPath, [script, '--help'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.match(output, new RegExp(`^npm run ${name} -- \\[`));
  });
}

test('ARCHITECTURE.md gives a reason for every dependency', () => {
  const why = chapter(read('ARCHITECTURE.md'), 'Dependencies');
  const rows = [...why.matchAll(/^\| ([^|]+)\|/gm)].map(([, cell]) => cell);
  const documented = rows.flatMap((cell) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  const crates = [
    ...read('Cargo.toml').matchAll(/^\[(?:target\.\S+\.)?[a-z-]*dependencies\]\n(.*?)(?=^\[)/gms),
  ]
    .flatMap(([, lines]) => [...lines.matchAll(/^([a-z][\w-]*) = /gm)])
    .map(([, name]) => name);
  assert.ok(crates.length > 20);
  assert.deepEqual(documented.sort(), [...crates, ...Object.keys(devDependencies)].sort());
});

/** Returns the paths in a tree that is drawn by indentation; directories end with a slash. */
function pathsOf(tree) {
  const parents = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent, entry] = /^((?: {2})*)(\S.*)$/.exec(line);
    const names = entry.split(/ {2,}/)[0].split(', ');
    const depth = indent.length / 2;
    const paths = names.map((name) => [...parents.slice(0, depth), name].join(''));
    parents[depth] = names.at(-1);
    return paths;
  });
}

test('the tree in ARCHITECTURE.md names existing files, and all of src and scripts', () => {
  const [, tree] = /## Modules\n\n```text\n(.*?)\n```/s.exec(read('ARCHITECTURE.md'));
  const named = pathsOf(tree);
  assert.equal(new Set(named).size, named.length, 'no path is named twice');
  for (const one of named) {
    const found = fs.statSync(path.join(ROOT, one), { throwIfNoEntry: false });
    assert.equal(found?.isDirectory(), one.endsWith('/'), one);
  }

  // A directory without files in the tree represents its content.
  const isListed = (file) => {
    const parts = file.split('/');
    const folders = parts.slice(1).map((_, at) => `${parts.slice(0, at + 1).join('/')}/`);
    const nearest = folders.findLast((one) => named.includes(one));
    const inside = named.some((one) => one.startsWith(nearest) && one !== nearest);
    return named.includes(file) || (!inside && folders.length > 2);
  };
  const sources = [...filesIn('src', '.rs'), ...filesIn('scripts', '.js')];
  const missing = sources.filter(
    (file) => !/(\/tests\/|tests?\.rs$)/.test(file) && !isListed(file),
  );
  assert.deepEqual(missing, []);
});

/** Returns the tests that the tables of docs/test-status.md name: `{name, files, titles}`. */
function namedTests() {
  const [, tables] = read('docs/test-status.md').split('## Cases of networks');
  return [...tables.matchAll(/`(\w+\/[\w/-]+)`([^`|]*)/g)].map(([, name, text]) => {
    const candidates = [`__test__/${name}.test.js`, `src/${name}.rs`, `src/${name}/mod.rs`];
    const files = candidates.filter((one) => fs.existsSync(path.join(ROOT, one)));
    const [, titles = ''] = text.split(': ');
    const parts = titles.split(/[;…]|\. /).map((part) => part.trim());
    return { name, files, titles: parts.filter((part) => part.length > 6) };
  });
}

test('the tests that the test status names exist', () => {
  const named = namedTests();
  assert.ok(named.length > 40);
  for (const { name, files, titles } of named) {
    assert.ok(files.length > 0, `there is not a file ${name}`);
    const source = files.map(read).join().replace(/\s+/g, ' ');
    for (const title of titles) {
      assert.ok(source.includes(title), `${name} does not have a test '${title}'`);
    }
  }
});
