'use strict';

// The order in which packages are published, and what a second attempt does.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { PLATFORMS, packageName } = require('../../scripts/lib/platforms');
const { publish } = require('../../scripts/release/publish');
const { tempDir } = require('../support/tmp');

const PUBLISHED = Object.keys(PLATFORMS);

/** A folder with a file for each package, and an npm that has published some of them. */
function publishing(t, { published = [], fails = () => false, without } = {}) {
  const { version } = require('../../package.json');
  const names = ['@litexa/deploy-aws', ...PUBLISHED.map(packageName)];
  const where = tempDir(t);
  for (const name of names.filter((name) => name !== without)) {
    fs.writeFileSync(path.join(where, `${name.slice(1).replace('/', '-')}-${version}.tgz`), '');
  }
  const sent = [];
  const npm = async ([command, what, ...options]) => {
    if (fails(command, what)) throw new Error('npm: E500 Internal Server Error');
    if (command === 'view') {
      if (published.some((name) => what === `${name}@${version}`)) return `${version}\n`;
      throw new Error(`npm: failed with exit code 1:\nnpm error code E404 ${what}`);
    }
    // npm takes a relative path such as `packages/a.tgz` for a repository on GitHub:
    // https://docs.npmjs.com/cli/v11/using-npm/package-spec#git-urls
    assert.ok(path.isAbsolute(what), what);
    sent.push([command, path.basename(what, `-${version}.tgz`), ...options]);
    return '';
  };
  const done = publish(path.relative(process.cwd(), where), { npm, log() {} });
  return { done, sent };
}

const fileOf = (platform) => `litexa-deploy-aws-${platform}`;

test('the packages of all platforms are published before the main one, a beta not as the latest', async (t) => {
  const { done, sent } = publishing(t);
  await done;
  assert.deepEqual(
    sent.map(([, file]) => file),
    [...PUBLISHED.map(fileOf), 'litexa-deploy-aws'],
  );
  const isBeta = require('../../package.json').version.includes('-');
  for (const [command, , ...options] of sent) {
    const tag = isBeta ? 'next' : 'latest';
    assert.deepEqual(
      [command, ...options].join(' '),
      `publish --access public --provenance --tag ${tag}`,
    );
  }
});

test('a second attempt publishes what is not published yet', async (t) => {
  const { done, sent } = publishing(t, { published: PUBLISHED.slice(2).map(packageName) });
  await done;
  assert.deepEqual(
    sent.map(([, file]) => file),
    [...PUBLISHED.slice(0, 2).map(fileOf), 'litexa-deploy-aws'],
  );
});

test('nothing is published if a package is missing, or if it is not known what is published', async (t) => {
  const incomplete = publishing(t, { without: packageName(PUBLISHED.at(-1)) });
  await assert.rejects(incomplete.done, /Not packed: .*win32-x64-msvc/);
  const unknown = publishing(t, { fails: (command) => command === 'view' });
  await assert.rejects(unknown.done, /E500/);
  assert.deepEqual([...incomplete.sent, ...unknown.sent], []);
});
