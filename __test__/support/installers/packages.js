'use strict';

// A small tree of packages that is hard to lay out: a peer dependency, two versions of one package, an
// optional one with native code, a scoped one, one with a program, and a tool for development.

/** This machine, and one that no test runs on. */
const PLATFORMS = [
  [process.platform, process.arch],
  ['aix', 'ppc64'],
];

/** The packages, as a registry has them. */
const PACKAGES = [
  one('host', '1.0.0', {}, 'exports.name = "host";'),
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
      dependencies: { leaf: '^1.0.0', '@scope/tool': '^1.0.0' },
      peerDependencies: { host: '^1.0.0' },
    },
    'exports.leaf = require("leaf").version;\nexports.tool = require("@scope/tool");\nexports.host = require("host");',
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
  onePeer: top.host === host,
  oneTool: top.tool === tool,
  platform: addon.platform,
  shared: event.shared ? leafOf('shared') : undefined,
});
`;
const ANSWER = {
  leaves: ['1.0.0', '2.0.0'],
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
