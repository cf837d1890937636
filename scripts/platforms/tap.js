'use strict';

// Reads the results of a test file as Node.js reports them in TAP: https://testanything.org

/** Returns the names of the tests at the top level, without those that were skipped. */
function readTap(text) {
  const results = { passed: [], failed: [] };
  for (const [, not, escaped] of text.matchAll(/^(not )?ok \d+ - (.*?)\r?$/gm)) {
    const [name, directive] = escaped.split(/(?<!\\) # (?=SKIP|TODO)/);
    if (directive) continue;
    results[not ? 'failed' : 'passed'].push(name.replace(/\\([\\#])/g, '$1'));
  }
  return results;
}

module.exports = { readTap };
