'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

/** Errors with which Windows refuses to move something that another process has open. */
const IN_USE = process.platform === 'win32' ? ['EACCES', 'EBUSY', 'EPERM'] : [];

/** Retries for moving a folder that is in use. */
const MAX_MOVE_RETRIES = 30;
const RETRY_DELAY_MS = 100;

/** Returns the folder in the user's cache for files that are expensive to create and safe to delete. */
function cacheDir() {
  return path.join(userCacheDir(), 'litexa-deploy-aws');
}

function userCacheDir() {
  const home = os.homedir();
  if (process.platform === 'win32') {
    return process.env.LOCALAPPDATA || path.join(home, 'AppData', 'Local');
  }
  if (process.platform === 'darwin') {
    return path.join(home, 'Library', 'Caches');
  }
  return process.env.XDG_CACHE_HOME || path.join(home, '.cache');
}

/**
 * Creates `folder` once, even if several processes try at the same time: each creates its own beside
 * it, the first one to finish moves it into place, and the others remove theirs.
 *
 * @param {string} folder
 * @param {(folder: string) => any} isUsable whether an existing folder can be used
 * @param {(folder: string) => any} fill fills an empty folder
 */
async function createOnce(folder, isUsable, fill) {
  if (await isUsable(folder)) return;
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  const temporary = fs.mkdtempSync(`${folder}.new-`);
  try {
    await fill(temporary);
    // Temporary folders are private. Tests start the cached Node.js as another user.
    fs.chmodSync(temporary, 0o755);
    await moveIntoPlace(temporary, folder, isUsable);
  } finally {
    remove(temporary);
  }
}

async function moveIntoPlace(temporary, folder, isUsable) {
  try {
    await move(temporary, folder);
    return;
  } catch (error) {
    if (!fs.existsSync(folder)) throw error;
  }
  if (await isUsable(folder)) return;
  // The existing folder is broken or outdated. It is moved away rather than deleted in place, so that
  // no other process sees half of it.
  const old = fs.mkdtempSync(`${folder}.old-`);
  await move(folder, path.join(old, 'folder'));
  await move(temporary, folder);
  remove(old);
}

/**
 * Moves a file or folder to a new name. Windows moves no folder while a file in it is open, and virus
 * scanners open every new file for a moment.
 */
async function move(from, to) {
  for (let tries = 0; ; tries += 1) {
    try {
      return fs.renameSync(from, to);
    } catch (error) {
      if (!IN_USE.includes(error.code) || tries === MAX_MOVE_RETRIES || fs.existsSync(to))
        throw error;
      await sleep(RETRY_DELAY_MS);
    }
  }
}

function remove(folder) {
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

module.exports = { cacheDir, createOnce, move };
