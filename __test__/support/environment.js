'use strict';

// Environment variables of tests and of the processes that tests start.

/** Returns this process's environment without the settings of AWS, of this module and of node:test. */
function cleanEnvironment() {
  const isSetting = (name) => /^(AWS_|LITEXA_|NODE_TEST)/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isSetting(name)));
}

/**
 * Replaces all AWS settings of this process, those that native code reads included. Returns a
 * function that restores them.
 */
function useEnvironment(env) {
  const isSetting = (name) => name.startsWith('AWS_');
  const before = Object.entries(process.env).filter(([name]) => isSetting(name));
  const replaceWith = (settings) => {
    for (const name of Object.keys(process.env).filter(isSetting)) delete process.env[name];
    Object.assign(process.env, settings);
  };
  replaceWith(env);
  return () => replaceWith(Object.fromEntries(before));
}

/** Sets environment variables until the end of the test `t`. */
function setVariables(t, variables) {
  for (const [name, value] of Object.entries(variables)) {
    process.env[name] = value;
    t.after(() => delete process.env[name]);
  }
}

module.exports = { cleanEnvironment, setVariables, useEnvironment };
