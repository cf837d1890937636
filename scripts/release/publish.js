'use strict';

// Publishes the packages in a folder: `node scripts/release/publish.js <folder>`. The platforms' packages come first, so that
// the main one can be installed as soon as it is there. A repetition leaves out what is published already.

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../lib/cargo');
const { runMain } = require('../lib/exec');
const { npm: runNpm } = require('../lib/npm');
const { PLATFORMS, packageName } = require('../lib/platforms');

/**
 * @param {string} folder what `npm run pack` has written
 * @param {{npm?: typeof runNpm, log?: (line: string) => void}} [means]
 */
async function publish(folder, { npm = runNpm, log = console.log } = {}) {
  const { name: main, version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json')));
  const packages = [...Object.keys(PLATFORMS).map(packageName), main].map((name) => ({
    name: `${name}@${version}`,
    // npm takes a relative path such as `packages/a.tgz` for a repository on GitHub.
    file: path.resolve(folder, `${name.slice(1).replace('/', '-')}-${version}.tgz`),
  }));
  const missing = packages.filter(({ file }) => !fs.existsSync(file));
  if (missing.length > 0)
    throw new Error(`Not packed: ${missing.map(({ file }) => file).join(', ')}`);
  for (const { name, file } of packages) {
    if (await isPublished(name, npm)) log(`${name} is published already`);
    else
      await npm(['publish', file, '--access', 'public', '--provenance', '--tag', tagOf(version)]);
  }
}

/** A prerelease is not what `npm install` chooses by itself. */
const tagOf = (version) => (version.includes('-') ? 'next' : 'latest');

async function isPublished(name, npm) {
  try {
    const found = await npm(['view', name, 'version'], { quiet: true });
    return found.trim() !== '';
  } catch (error) {
    if (error.message.includes('E404')) return false;
    throw error;
  }
}

module.exports = { publish };

if (require.main === module) {
  runMain(([folder]) => {
    if (!folder) throw new Error('Name the folder with the packages');
    return publish(folder);
  });
}
