'use strict';

// `npm run licenses [-- <file>]` collects the licenses of everything that is compiled into the
// addon, because they must accompany the binary. `--check` only checks that deny.toml
// allows them, and that every crate has a text.
//
// The file is written for each package and not committed: it describes the binary of one platform,
// and every change of Cargo.lock changes it.
//
// cargo-about would do most of this, but has to be compiled on every machine that packs, and knows
// neither Rust's standard library nor the C libraries inside of crates.

const fs = require('node:fs');
const path = require('node:path');
const { cargoEnvironment, ROOT } = require('../lib/cargo');
const { run, runMain } = require('../lib/exec');
const { installDevDependencies } = require('../lib/npm');
const { linkedCrates } = require('./crates');

/** Names of files with a license, or with a notice that must accompany it. */
const LICENSE_FILE = /^(un)?(licen[cs]e|copying|copyright|notice)s?([-._].*)?$/i;
const SOURCE_FILE = /\.(c|h|rs|go|py|pl|js|json|sh|toml)$/i;
const LICENSE_FOLDER = /^licen[cs]es$/i;

/** Folders of a crate that are not compiled in. */
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

/** The text in the repository of crates whose package has none. All of them are under MIT. */
const TEXT_OF_REPOSITORY = {
  'base64-simd': NUGINE_SIMD,
  napi: NAPI_RS,
  'napi-sys': NAPI_RS,
  vsimd: NUGINE_SIMD,
};

/** Returns the parts of the addon, crates and Rust's own library: `{ name, license, texts }`. */
async function components(target) {
  const crates = await linkedCrates(target);
  const withTexts = crates.map((crate) => ({
    name: `${crate.name} ${crate.version}`,
    license: crate.license,
    texts: textsOf(crate),
  }));
  return [...withTexts, ...(await standardLibrary())];
}

/** Returns the license texts of a crate, and of the C libraries whose source it contains. */
function textsOf(crate) {
  const folder = path.dirname(crate.manifest_path);
  const files = licenseFiles(folder);
  if (crate.license_file) files.push(path.join(folder, crate.license_file));
  if (files.length === 0) {
    const text = TEXT_OF_REPOSITORY[crate.name];
    return text ? [text] : [];
  }
  return [...new Set(files)].sort().map((file) => fs.readFileSync(file, 'utf8'));
}

function licenseFiles(folder, inLicenses = false) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (OTHER_FOLDERS.has(entry.name)) return [];
      return licenseFiles(file, LICENSE_FOLDER.test(entry.name));
    }
    const isLicense = inLicenses || LICENSE_FILE.test(entry.name);
    return isLicense && !SOURCE_FILE.test(entry.name) ? [file] : [];
  });
}

/** Returns Rust's own library and its parts, from the compiler's documentation. */
async function standardLibrary() {
  const sysroot = (await run('rustc', ['--print=sysroot'], { quiet: true, cwd: ROOT })).trim();
  const folder = path.join(sysroot, 'share', 'doc', 'rust');
  const read = (file) => fs.readFileSync(path.join(folder, file), 'utf8');
  const own = ['MIT', 'Apache-2.0', 'Unicode-3.0'].map((name) => read(`licenses/${name}.txt`));
  const parts = read('COPYRIGHT-library.html').split('<h3>📦 ').slice(1);
  const crates = parts.map((part) => ({
    name: `${part.slice(0, part.indexOf('<')).replace(/-(?=\d)/, ' ')}, in Rust's standard library`,
    license: /<b>License:<\/b> ([^<]*)</.exec(part)[1],
    texts: [...part.matchAll(/<pre>([^]*?)<\/pre>/g)].map(([, text]) => unescapeHtml(text)),
  }));
  const name = "Rust's standard library, by the Rust Project Developers and others";
  return [{ name, license: 'MIT OR Apache-2.0', texts: own }, ...crates];
}

const unescapeHtml = (html) =>
  html.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(code)).replaceAll('&amp;', '&');

/** Groups parts that share a text, apart from white space. */
function groupByText(components) {
  const groups = new Map();
  for (const { name, license, texts } of components) {
    for (const text of texts) {
      const key = text.replace(/\s+/g, ' ').trim();
      const group = groups.get(key) || { text: trimLines(text), names: new Set() };
      groups.set(key, { ...group, names: group.names.add(`${name}: ${license}`) });
    }
  }
  const sorted = [...groups.values()].map(({ text, names }) => ({
    text,
    names: [...names].sort(),
  }));
  const order = ({ text, names }) => `${names[0]}\n${text}`;
  return sorted.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

const trimLines = (text) =>
  text
    .replaceAll('\r', '')
    .replace(/[ \t]+$/gm, '')
    .replace(/^\n+|\n+$/g, '');

/** Returns the text of the file. */
function render(target, groups) {
  const line = '='.repeat(80);
  const head = `Third-party software in the native addon of @litexa/deploy-aws for ${target}.
Each part is named with the licenses that it is offered under; the texts follow.`;
  const sections = groups.map(({ text, names }) => `${names.join('\n')}\n\n${text}`);
  return `${[head, ...sections].join(`\n\n${line}\n\n`)}\n`;
}

/** Returns a line for each crate that deny.toml does not allow, or that has no text. */
function problemsOf(crates) {
  const allowed = allowedLicenses();
  return crates.flatMap((crate) => {
    const name = `${crate.name} ${crate.version}`;
    if (!crate.license) return [`${name} does not declare a license`];
    if (!isAllowed(crate.license, allowed)) return [`${name}: deny.toml lacks ${crate.license}`];
    return textsOf(crate).length > 0 ? [] : [`${name} has no license text (${crate.repository})`];
  });
}

function allowedLicenses() {
  const text = fs.readFileSync(path.join(ROOT, 'deny.toml'), 'utf8');
  const [, list] = /^\[licenses\][^[]*?^allow = \[([^\]]*)\]/m.exec(text);
  return new Set([...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name));
}

/** Returns whether allowed licenses satisfy an SPDX expression, or an old one such as `MIT/ISC`. */
function isAllowed(expression, allowed) {
  const parse = require('spdx-expression-parse');
  // An exception only adds permissions, so the license alone decides.
  const holds = ({ license, conjunction, left, right }) => {
    if (license) return allowed.has(license);
    return conjunction === 'and' ? holds(left) && holds(right) : holds(left) || holds(right);
  };
  return holds(parse(expression.replaceAll('/', ' OR ')));
}

/** Fails with the crates whose license is missing or not allowed. */
async function checkLicenses() {
  const { CARGO_BUILD_TARGET: target } = await cargoEnvironment();
  const problems = problemsOf(await linkedCrates(target));
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/** Writes the licenses of the addon for the target of the build into `file`. */
async function writeLicenses(file) {
  await checkLicenses();
  const { CARGO_BUILD_TARGET: target } = await cargoEnvironment();
  const text = render(target, groupByText(await components(target)));
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return text.length;
}

module.exports = { checkLicenses, isAllowed };

if (require.main === module) {
  runMain(async (args) => {
    await installDevDependencies({ log: console.error });
    if (args.includes('--check')) return checkLicenses();
    const file = path.resolve(args[0] || path.join(ROOT, 'npm', 'THIRD-PARTY-LICENSES.txt'));
    console.log(`${path.relative('', file)}: ${await writeLicenses(file)} characters`);
    return undefined;
  });
}
