'use strict';

// Errors as v2 shows them: skills log them as JSON, where `message` and `code` must appear.

/**
 * Adds fields to an error and makes its message enumerable.
 *
 * @param {Error} error
 * @param {object} fields also another error, whose message, name and stack are taken
 */
function toV2Error(error, fields = {}) {
  const original = error.message && fields.message ? { ...error, message: error.message } : null;
  const name = fields.name || (Object.hasOwn(error, 'name') && error.name);
  const message = fields.message || error.message || null;
  Object.defineProperty(error, 'message', { value: message, writable: true, enumerable: true });
  Object.assign(error, fields, { message });
  if (fields.code || fields.name) error.code = fields.code || fields.name;
  if (fields.stack) error.stack = fields.stack;
  const shown = String(name || error.code || 'Error');
  Object.defineProperty(error, 'name', { value: shown, writable: true, enumerable: false });
  error.time = new Date();
  if (original) error.originalError = original;
  return error;
}

/** Creates an error with a code, which is also its name. */
function newError(code, message, fields) {
  return toV2Error(new Error(), { message, code, ...fields });
}

/** Returns a new error with what another one shows, including fields that are not enumerable. */
function copyError(error) {
  const copy = toV2Error(new Error(), error);
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(error))) {
    if (!Object.hasOwn(copy, key)) Object.defineProperty(copy, key, property);
  }
  return copy;
}

module.exports = { copyError, newError, toV2Error };
