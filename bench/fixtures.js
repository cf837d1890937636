'use strict';

// Input that is the same on every machine: assets, and packages as npm installs them.

const fs = require('node:fs');
const path = require('node:path');
const { random } = require('../__test__/support/random');
const { sourceText } = require('./source-text');

const BUCKET = 'bench-assets';
const NAME = 'bench';

const HOUR_AGO = new Date(Date.now() - 3_600_000);

/** A Litexa project without anything. */
function makeProject(root, { target = {} } = {}) {
  fs.mkdirSync(path.join(root, 'litexa', 'assets'), { recursive: true });
  const development = { s3Configuration: { bucketName: BUCKET }, ...target };
  const config = { name: NAME, deployments: { development } };
  fs.writeFileSync(path.join(root, 'litexa.config.json'), JSON.stringify(config));
  writeHandler(root, 1);
  return root;
}

/** The smallest skill's handler is 65 KB; `edition` makes another one of it. */
function writeHandler(root, edition) {
  const source = sourceText(random(3), 65_000);
  const handler = 'exports.handler = (event, context, done) => done(null, {});\n';
  fs.writeFileSync(path.join(root, 'handler.js'), `${handler}// ${edition}\n${source}`);
}

/** What deployments left in the project. */
function forgetDeployments(root) {
  for (const left of ['.deploy', '.logs', 'artifacts.json']) {
    fs.rmSync(path.join(root, left), { recursive: true, force: true });
  }
}

/**
 * So many files of so many bytes, 100 in a folder, no two alike. They are an hour old: what has
 * changed within the last seconds is looked at twice by careful tools.
 */
function writeAssets(folder, count, size) {
  const block = Buffer.alloc(Math.min(size, 1 << 20));
  const chance = random(11);
  for (let at = 0; at + 4 <= block.length; at += 4) block.writeUInt32LE(chance() * 2 ** 32, at);
  for (let index = 0; index < count; index++) {
    const file = assetFile(folder, index);
    if (index % 100 === 0) fs.mkdirSync(path.dirname(file), { recursive: true });
    writeBlocks(file, block, size, index);
    fs.utimesSync(file, HOUR_AGO, HOUR_AGO);
  }
}

function assetFile(folder, index) {
  return path.join(folder, `scene-${Math.floor(index / 100)}`, `picture-${index}.jpg`);
}

/** Each block of a file begins with its own number, so that no two parts are alike either. */
function writeBlocks(file, block, size, seed) {
  const out = fs.openSync(file, 'w');
  for (let written = 0; written < size; written += block.length) {
    if (block.length >= 8) {
      block.writeUInt32LE(seed, 0);
      block.writeUInt32LE(written / block.length, 4);
    }
    fs.writeSync(out, block, 0, Math.min(block.length, size - written));
  }
  fs.closeSync(out);
}

/** Other content of the same size. */
function changeAsset(folder, index, edition) {
  const out = fs.openSync(assetFile(folder, index), 'r+');
  fs.writeSync(out, Buffer.from(String(edition).padStart(8, '0')), 0, 8, 8);
  fs.closeSync(out);
}

/**
 * A node_modules of so many files and bytes: packages of 5 to 80 files, most of them sources of a
 * few kilobytes, some large, with type declarations, maps and READMEs between them.
 */
function writePackages(litexa, count, bytes) {
  const chance = random(5);
  const sizes = Array.from({ length: count }, () => Math.exp(chance() * 3.2 + chance() * 3.2));
  const scale = bytes / sizes.reduce((sum, size) => sum + size, 0);
  let left = 0;
  let folder;
  sizes.forEach((size, index) => {
    if (left-- === 0) {
      folder = path.join(litexa, 'node_modules', `package-${index}`);
      fs.mkdirSync(path.join(folder, 'lib'), { recursive: true });
      left = 5 + Math.floor(chance() * 75);
    }
    const kind = KINDS[Math.floor(chance() * KINDS.length)];
    const file = path.join(folder, kind(index));
    fs.writeFileSync(file, sourceText(chance, Math.round(size * scale)));
    fs.utimesSync(file, HOUR_AGO, HOUR_AGO);
  });
  fs.writeFileSync(path.join(litexa, 'package.json'), '{"private":true}\n');
}

const KINDS = [
  (index) => `lib/module-${index}.js`,
  (index) => `lib/part-${index}.js`,
  (index) => `lib/types-${index}.d.ts`,
  (index) => `index-${index}.js`,
  (index) => `lib/module-${index}.js.map`,
  (index) => `README-${index}.md`,
];

module.exports = {
  BUCKET,
  NAME,
  makeProject,
  writeHandler,
  forgetDeployments,
  writeAssets,
  assetFile,
  changeAsset,
  writePackages,
};
