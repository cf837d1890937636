'use strict';

// The tests of the assets once more, on the strict S3: what it refuses, the emulator accepts.

const { describe } = require('node:test');
const { onStrictS3 } = require('../support/aws/use-aws');

const FILES = ['bucket', 'changed-while-uploading', 'multipart', 'sync', 'upload-params'];

for (const name of FILES) {
  describe(`${name}, on the strict S3`, () => {
    onStrictS3(() => require(`./${name}.test.js`));
  });
}
