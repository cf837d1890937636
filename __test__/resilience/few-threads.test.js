'use strict';

// Systems that allow a process few threads.

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const { test } = require('node:test');
const { useAws } = require('../support/aws/use-aws');
const { dumpDeployment } = require('../support/litexa/dump');
const { createProject } = require('../support/litexa/project');

/** A user without other processes, since the limit is that of all processes of a user. */
const USER = 54_321;

useAws();

const isRoot = process.getuid?.() === 0;
const skip = process.platform !== 'linux' || !isRoot ? 'needs root on Linux' : whyNodeIsPrivate();

/** Returns why the other user cannot start this Node.js, if it is in a private folder. */
function whyNodeIsPrivate() {
  const { status } = spawnSync(process.execPath, ['--version'], { uid: USER });
  return status === 0 ? false : `needs permission for others to start ${process.execPath}`;
}

/** Deploys a project as a user who may have `threads` threads. */
function deployWith(t, threads) {
  const project = createProject(t, { options: { s3Configuration: { bucketName: 'few-threads' } } });
  for (let index = 0; index < 20; index++)
    project.writeAsset(`default/${index}.mp3`, 'meow'.repeat(index));
  project.installPackage('tool/index.js', 'exports.tool = 1;\n'.repeat(500));
  execFileSync('chown', ['-R', String(USER), project.root]);
  return dumpDeployment(project.root, {
    before: `ulimit -u ${threads}`,
    uid: USER,
    timeout: 120_000,
  });
}

for (const threads of [7, 9, 11, 12, 13, 14, 15, 16, 18, 24]) {
  test(
    `a process of ${threads} threads deploys, or has an error that names threads`,
    { skip },
    async (t) => {
      const { signal, exit, stdout, stderr } = await deployWith(t, threads);
      if (!/^deploy (returned|failed)/m.test(stdout)) {
        // Node.js itself could not start.
        assert.ok(threads < 12, `${signal} ${exit} ${stderr}`);
        return;
      }
      assert.equal(signal, null, stderr);
      assert.doesNotMatch(stdout + stderr, /panicked|Please report it/);
      if (!/^deploy returned/m.test(stdout)) assert.match(stdout, /threads/);
    },
  );
}
