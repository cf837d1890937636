'use strict';

// Files that disappear between two attempts, and systems that allow few open files.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const { test } = require('node:test');
const { s3Error } = require('../support/aws/errors');
const { useAws } = require('../support/aws/use-aws');
const { dumpDeployment } = require('../support/litexa/dump');
const { createAssetProject, createProject, BUCKET } = require('../support/litexa/project');

const aws = useAws();
const MIB = 1024 * 1024;

/** One for each part of the large file. Windows removes a file when the other parts have closed it, too. */
const MAX_REQUESTS = process.platform === 'win32' ? 6 : 3;

const CHANGES = {
  removed: (file) => fs.rmSync(file),
  'replaced by a folder': (file) => {
    fs.rmSync(file);
    fs.mkdirSync(file);
  },
  'replaced by a link to nothing': (file) => {
    fs.rmSync(file);
    fs.symlinkSync('nothing', file);
  },
};
const UPLOADS = { 'a small file': ['PutObject', 100], 'a large file': ['UploadPart', 17 * MIB] };

for (const [what, [operation, size]] of Object.entries(UPLOADS)) {
  for (const [change, apply] of Object.entries(CHANGES)) {
    test(`${what} that is ${change} between two attempts is an error that names it`, async (t) => {
      const project = createAssetProject(t, { 'default/meow.mp3': crypto.randomBytes(size) });
      const file = project.path('litexa', 'assets', 'meow.mp3');
      aws.answer(operation, () => {
        if (fs.lstatSync(file, { throwIfNoEntry: false })?.isFile()) apply(file);
        return s3Error(500, 'InternalError', 'We encountered an internal error.');
      });
      await assert.rejects(project.deployAssets(), (error) => {
        assert.equal(error.code, 'FILE_ERROR', error.message);
        assert.ok(error.message.includes(file), error.message);
        assert.match(error.message, /os error 2\b|not a regular file/);
        return true;
      });
      assert.ok(aws.count(operation) <= MAX_REQUESTS, `${aws.count(operation)} requests`);
    });
  }
}

// Windows does not have this limit.
for (const limit of process.platform === 'win32' ? [] : [96, 64, 48]) {
  test(`assets are deployed where the system allows ${limit} open files`, async (t) => {
    const options = { s3Configuration: { bucketName: BUCKET } };
    const project = createProject(t, { options });
    for (let index = 0; index < 80; index++) {
      project.writeAsset(`default/${index}.mp3`, crypto.randomBytes(20_000));
    }
    const { stdout } = await dumpDeployment(project.root, { before: `ulimit -n ${limit}` });
    assert.match(stdout, /^deploy returned/m);
  });
}
