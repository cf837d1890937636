'use strict';

// Removals once more, with the rules of AWS.

const { describe } = require('node:test');
const { onStrictAws } = require('../support/aws/use-aws');

describe('remove, on the strict AWS', () => {
  onStrictAws(() => require('./remove.test.js'));
});
