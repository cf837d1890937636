'use strict';

// Tests of the handler's resources once more, with the rules of AWS.

const { describe } = require('node:test');
const { onStrictAws } = require('../support/aws/use-aws');

const FILES = ['alias', 'endpoint-version', 'function', 'permissions', 'role', 'table'];

for (const name of FILES) {
  describe(`${name}, on the strict AWS`, () => {
    onStrictAws(() => require(`./${name}.test.js`));
  });
}
