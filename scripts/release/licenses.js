'use strict';

// `npm run licenses [-- <file>]` collects the licences of everything that is compiled into the
// addon. Who gets the binary has to get them, too. With `--check` it only looks whether deny.toml
// allows them, and whether every crate has a text.
//
// The file is made with each package and not committed: it tells what is in one platform's binary,
// and every change of Cargo.lock changes it.

const fs = require('node:fs');
const path = require('node:path');
const { cargo, cargoEnvironment, ROOT } = require('../lib/cargo');
const { run, runMain } = require('../lib/exec');
const { isAllowed } = require('./spdx');

/** Names of files that hold a licence or what has to be told with it. */
const LICENCE_FILE = /^(un)?(licen[cs]e|copying|copyright|notice)s?([-._].*)?$/i;
const SOURCE_FILE = /\.(c|h|rs|go|py|pl|js|json|sh|toml)$/i;
const LICENCE_FOLDER = /^licen[cs]es$/i;

/** Not compiled in, although the crate has it. */
const OTHER_FOLDERS = new Set(['benches', 'examples', 'target', 'testdata', 'tests']);

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;

const NAPI_RS = `Copyright (c) 2020 LongYinan\nCopyright (c) 2018 GitHub\n\n${MIT}`;
const NUGINE_SIMD = `Copyright (c) 2021 Nugine\n\n${MIT}`;

/** Crates whose package has no text: that of their repository. All of them are under MIT. */
const TEXT_OF_REPOSITORY = {
  'base64-simd': NUGINE_SIMD,
  napi: NAPI_RS,
  'napi-sys': NAPI_RS,
  vsimd: NUGINE_SIMD,
};

/** What is compiled in: `{ name, licence, texts }` of each crate and of Rust's library. */
async function components(target) {
  const crates = await compiledIn(target);
  const withTexts = crates.map((crate) => ({
    name: `${crate.name} ${crate.version}`,
    licence: crate.license,
    texts: textsOf(crate),
  }));
  return [...withTexts, ...(await standardLibrary())];
}

/** The crates that are linked, as cargo resolves them; macros run in the compiler only. */
async function compiledIn(target) {
  const platform = ['--locked', `--filter-platform=${target}`];
  const metadata = cargo(['metadata', '--format-version=1', ...platform], { quiet: true });
  const { packages, resolve } = JSON.parse(await metadata);
  const edges = ['--edges=normal,no-proc-macro', `--target=${target}`];
  const shape = ['--prefix=none', '--format={p}'];
  const tree = await cargo(['tree', '--locked', ...edges, ...shape], { quiet: true });
  const linked = new Set([...tree.matchAll(/^(\S+ v\S+)/gm)].map(([, name]) => name));
  const isLinked = ({ id, name, version }) =>
    id !== resolve.root && linked.has(`${name} v${version}`);
  return packages.filter(isLinked);
}

/** The texts of a crate, and of the C libraries whose source it brings along. */
function textsOf(crate) {
  const folder = path.dirname(crate.manifest_path);
  const files = licenceFiles(folder);
  if (crate.license_file) files.push(path.join(folder, crate.license_file));
  if (files.length === 0) {
    const text = TEXT_OF_REPOSITORY[crate.name];
    return text ? [text] : [];
  }
  return [...new Set(files)].sort().map((file) => fs.readFileSync(file, 'utf8'));
}

function licenceFiles(folder, inLicences = false) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (OTHER_FOLDERS.has(entry.name)) return [];
      return licenceFiles(file, LICENCE_FOLDER.test(entry.name));
    }
    const isLicence = inLicences || LICENCE_FILE.test(entry.name);
    return isLicence && !SOURCE_FILE.test(entry.name) ? [file] : [];
  });
}

/** Rust's own library and what it is made of, as the compiler's documentation tells. */
async function standardLibrary() {
  const sysroot = (await run('rustc', ['--print=sysroot'], { quiet: true, cwd: ROOT })).trim();
  const folder = path.join(sysroot, 'share', 'doc', 'rust');
  const read = (file) => fs.readFileSync(path.join(folder, file), 'utf8');
  const own = ['MIT', 'Apache-2.0', 'Unicode-3.0'].map((name) => read(`licenses/${name}.txt`));
  const parts = read('COPYRIGHT-library.html').split('<h3>📦 ').slice(1);
  const crates = parts.map((part) => ({
    name: `${part.slice(0, part.indexOf('<')).replace(/-(?=\d)/, ' ')}, in Rust's standard library`,
    licence: /<b>License:<\/b> ([^<]*)</.exec(part)[1],
    texts: [...part.matchAll(/<pre>([^]*?)<\/pre>/g)].map(([, text]) => unescaped(text)),
  }));
  const name = "Rust's standard library, by the Rust Project Developers and others";
  return [{ name, licence: 'MIT OR Apache-2.0', texts: own }, ...crates];
}

const unescaped = (html) =>
  html.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(code)).replaceAll('&amp;', '&');

/** One text for all who share it: differences in white space do not count. */
function grouped(components) {
  const groups = new Map();
  for (const { name, licence, texts } of components) {
    for (const text of texts) {
      const key = text.replace(/\s+/g, ' ').trim();
      const group = groups.get(key) || { text: tidied(text), names: new Set() };
      groups.set(key, { ...group, names: group.names.add(`${name}: ${licence}`) });
    }
  }
  const sorted = [...groups.values()].map(({ text, names }) => ({
    text,
    names: [...names].sort(),
  }));
  const order = ({ text, names }) => `${names[0]}\n${text}`;
  return sorted.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

const tidied = (text) =>
  text
    .replaceAll('\r', '')
    .replace(/[ \t]+$/gm, '')
    .replace(/^\n+|\n+$/g, '');

function written(target, groups) {
  const line = '='.repeat(80);
  const head = `Third-party software in the native addon of @litexa/deploy-aws for ${target}.
Each part is named with the licences that it is offered under; the texts follow.`;
  const sections = groups.map(({ text, names }) => `${names.join('\n')}\n\n${text}`);
  return `${[head, ...sections].join(`\n\n${line}\n\n`)}\n`;
}

/** The crates that deny.toml does not allow, or that have no text to pass on. */
function complaints(crates) {
  const allowed = allowedLicences();
  return crates.flatMap((crate) => {
    const name = `${crate.name} ${crate.version}`;
    if (!crate.license) return [`${name} names no licence`];
    if (!isAllowed(crate.license, allowed)) return [`${name}: deny.toml lacks ${crate.license}`];
    return textsOf(crate).length > 0 ? [] : [`${name} has no licence text (${crate.repository})`];
  });
}

function allowedLicences() {
  const text = fs.readFileSync(path.join(ROOT, 'deny.toml'), 'utf8');
  const [, list] = /^\[licenses\][^[]*?^allow = \[([^\]]*)\]/m.exec(text);
  return new Set([...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name));
}

async function checkLicences() {
  const { CARGO_BUILD_TARGET: target } = await cargoEnvironment();
  const wrong = complaints(await compiledIn(target));
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}

/** Writes the licences of the addon for the target of the build into `file`. */
async function writeLicences(file) {
  await checkLicences();
  const { CARGO_BUILD_TARGET: target } = await cargoEnvironment();
  const text = written(target, grouped(await components(target)));
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return text.length;
}

module.exports = { checkLicences, writeLicences };

if (require.main === module) {
  runMain(async (args) => {
    if (args.includes('--check')) return checkLicences();
    const file = path.resolve(args[0] || path.join(ROOT, 'npm', 'THIRD-PARTY-LICENSES.txt'));
    console.log(`${path.relative('', file)}: ${await writeLicences(file)} characters`);
  });
}
