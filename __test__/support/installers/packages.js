'use strict';

// A small tree of packages that is hard to lay out: a peer dependency, two versions of one package, an
// optional one with native code, a scoped one, one with a program, one that can be left out, one with a large
// file, and a tool for development.

/** This machine, and one that no test runs on. */
const PLATFORMS = [
  [process.platform, process.arch],
  ['aix', 'ppc64'],
];

/** Large enough to be compressed in pieces. */
const LARGE_FILE = 'a line of text that is repeated\n'.repeat(300_000);

/** The packages, as a registry has them. */
const PACKAGES = [
  one(
    'host',
    '1.0.0',
    {},
    'exports.bytes = require("fs").readFileSync(`${__dirname}/data.txt`).length;',
    { 'data.txt': LARGE_FILE },
  ),
  one('extra', '1.0.0', {}, 'exports.name = "extra";'),
  one('leaf', '1.0.0', {}, 'exports.version = "1.0.0";'),
  one('leaf', '2.0.0', {}, 'exports.version = "2.0.0";'),
  one(
    '@scope/tool',
    '1.0.0',
    { dependencies: { leaf: '^2.0.0' } },
    'exports.leaf = require("leaf").version;',
  ),
  one(
    'top',
    '1.0.0',
    {
      bin: { 'top-program': 'program.js' },
      dependencies: { leaf: '^1.0.0', '@scope/tool': '^1.0.0', extra: '^1.0.0' },
      peerDependencies: { host: '^1.0.0' },
    },
    `exports.leaf = require("leaf").version;
exports.tool = require("@scope/tool");
exports.host = require("host");
try { exports.extra = require("extra").name; } catch (error) { exports.extra = error.code; }`,
    { 'program.js': '#!/usr/bin/env node\nconsole.log("top");\n' },
  ),
  one(
    'addon',
    '1.0.0',
    { optionalDependencies: Object.fromEntries(PLATFORMS.map((of) => [addonFor(of), '1.0.0'])) },
    `exports.platform = require("${addonFor(PLATFORMS[0])}").platform;`,
  ),
  ...PLATFORMS.map(([os, cpu]) =>
    one(addonFor([os, cpu]), '1.0.0', { os: [os], cpu: [cpu] }, `exports.platform = "${os}";`),
  ),
  one('bundler', '1.0.0', { dependencies: { leaf: '^1.0.0' } }, `// ${'tool '.repeat(20000)}`),
];

/** The dependencies of the skill and of the other members of its workspace. */
const SKILL = {
  dependencies: { top: '^1.0.0', host: '^1.0.0', '@scope/tool': '^1.0.0', addon: '^1.0.0' },
  devDependencies: { bundler: '^1.0.0' },
};
const SHARED = { name: 'shared', version: '0.1.0', dependencies: { leaf: '^2.0.0' } };
const SHARED_SOURCE = 'exports.leaf = require("leaf").version;\n';
const WEBSITE = { name: 'website', version: '0.1.0', dependencies: { bundler: '^1.0.0' } };

/** The handler of a skill that uses them all, and its answer. */
const HANDLER = `
const [top, tool, host, addon] = ['top', '@scope/tool', 'host', 'addon'].map((name) => require(name));
const leafOf = (name) => { try { return require(name).leaf; } catch (error) { return error.code; } };
exports.handler = (event, context, callback) => callback(null, {
  leaves: [top.leaf, tool.leaf],
  extra: top.extra,
  bytes: host.bytes,
  onePeer: top.host === host,
  oneTool: top.tool === tool,
  platform: addon.platform,
  shared: event.shared ? leafOf('shared') : undefined,
});
`;
const ANSWER = {
  leaves: ['1.0.0', '2.0.0'],
  extra: 'extra',
  bytes: LARGE_FILE.length,
  onePeer: true,
  oneTool: true,
  platform: process.platform,
};

function one(name, version, manifest, source, files = {}) {
  return { manifest: { name, version, ...manifest }, files: { 'index.js': source, ...files } };
}

function addonFor([os, cpu]) {
  return `addon-${os}-${cpu}`;
}

module.exports = { ANSWER, HANDLER, PACKAGES, SHARED, SHARED_SOURCE, SKILL, WEBSITE };
