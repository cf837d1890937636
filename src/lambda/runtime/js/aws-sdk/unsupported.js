'use strict';

// Properties that JavaScript itself, module loaders and loggers read from any object.
const READ_FROM_ANY_OBJECT = new Set(['__esModule', 'default', 'inspect', 'then', 'toJSON']);

/** Returns the error for a part of aws-sdk v2 that the shim does not have. */
function unsupported(feature) {
  return new Error(
    `${feature} is not included in the aws-sdk shim that is deployed with a Litexa skill. ` +
      'To use the complete version 2, add "aws-sdk" to the dependencies in litexa/package.json ' +
      'and run `npm install` in litexa.',
  );
}

/** Returns `subject`, except that reading a property that it does not have throws. */
function rejectUnsupported(subject, name) {
  return new Proxy(subject, {
    get(target, key) {
      const isKnown = typeof key === 'symbol' || key in target || READ_FROM_ANY_OBJECT.has(key);
      if (!isKnown) throw unsupported(`${name}.${key}`);
      return target[key];
    },
  });
}

module.exports = { rejectUnsupported, unsupported };
