'use strict';

// What JavaScript itself, module loaders and loggers ask of any object.
const ASKED_OF_ANYTHING = new Set(['__esModule', 'default', 'inspect', 'then', 'toJSON']);

/** The error for everything of aws-sdk v2 that is not here. */
function notIncluded(what) {
  return new Error(
    `${what} is not included in the small aws-sdk that is deployed with a Litexa skill. ` +
      'To use the whole of it, add "aws-sdk" to the dependencies in your litexa/package.json ' +
      'and run `npm install` in litexa.',
  );
}

/** `subject` as it is, except that asking for what it does not have throws `notIncluded`. */
function refuseTheRest(subject, name) {
  return new Proxy(subject, {
    get(target, key) {
      const isKnown = typeof key === 'symbol' || key in target || ASKED_OF_ANYTHING.has(key);
      if (!isKnown) throw notIncluded(`${name}.${key}`);
      return target[key];
    },
  });
}

module.exports = { notIncluded, refuseTheRest };
