'use strict';

// Creates and removes temporary directories.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** Creates a temporary directory. The caller removes it. */
function makeTempDir(purpose = 'test') {
  return fs.mkdtempSync(path.join(os.tmpdir(), `litexa-${purpose}-`));
}

/** Removes a directory. On Windows, another process may still have one of its files open. */
function removeDir(directory) {
  fs.rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Creates a temporary directory that is removed after the test `t`. */
function tempDir(t, purpose) {
  const directory = makeTempDir(purpose);
  t.after(() => removeDir(directory));
  return directory;
}

module.exports = { makeTempDir, removeDir, tempDir };
