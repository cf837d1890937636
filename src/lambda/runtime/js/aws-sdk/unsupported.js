'use strict';

/** Returns the error for a part of aws-sdk v2 that the shim does not have. */
function unsupported(feature) {
  return new Error(
    `${feature} is not included in the aws-sdk shim that is deployed with a Litexa skill. ` +
      'To use the complete version 2, add "aws-sdk" to the dependencies in litexa/package.json ' +
      'and run `npm install` in litexa.',
  );
}

/**
 * Returns a class that throws this error when an instance is created. Looking at the class does not
 * fail: skills check whether a service exists.
 */
function unsupportedClass(name) {
  return {
    [name]: class {
      constructor() {
        throw unsupported(name);
      }
    },
  }[name];
}

module.exports = { unsupported, unsupportedClass };
