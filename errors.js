'use strict';

// Defines the errors of this module in JavaScript. Each names the address of its section in
// docs/troubleshooting.md.

/** A failure: a message in one line for people, and a code for programs. */
class DeployError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.code = code;
    /** The address of the section that explains the code. */
    this.url = `${troubleshooting()}#${code.toLowerCase()}`;
  }

  /** Returns what the Litexa CLI prints: the message, and the address as the last line. */
  toString() {
    return `${super.toString()}\nSee ${this.url}`;
  }
}

/** Returns the address of the page in the repository. HEAD stands for its default branch. */
function troubleshooting() {
  // Only an error needs this file, which takes time to load.
  const { url, directory } = require('./package.json').repository;
  const repository = url.replace(/^git\+|\.git$/g, '');
  return [repository, 'blob/HEAD', directory, 'docs/troubleshooting.md'].filter(Boolean).join('/');
}

/** Calls the native module, whose errors have a code, but no address. */
async function callNative(call) {
  try {
    return await call();
  } catch ({ code = 'INTERNAL', message }) {
    throw new DeployError(code, message);
  }
}

module.exports = { DeployError, callNative };
