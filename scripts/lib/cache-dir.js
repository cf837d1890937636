'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

/** What Windows answers where it may be otherwise in a moment. */
const IN_USE = process.platform === 'win32' ? ['EACCES', 'EBUSY', 'EPERM'] : [];

/** How often a folder that is in use is tried to be moved once more, and the pause between. */
const MORE_TRIES = 30;
const PAUSE_MS = 100;

/** The folder under the user's cache that holds what is expensive to make and safe to delete. */
function cacheFolder() {
  return path.join(userCacheFolder(), 'litexa-deploy-aws');
}

function userCacheFolder() {
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
 * Makes `folder` once, even if several processes try at the same time: each makes its own beside
 * it, the first one to finish moves it into place, and the others throw theirs away.
 *
 * @param {string} folder where the result belongs
 * @param {(folder: string) => any} isUsable whether what is there already will do
 * @param {(folder: string) => any} make fills an empty folder
 */
async function makeOnce(folder, isUsable, make) {
  if (await isUsable(folder)) return;
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  const draft = fs.mkdtempSync(`${folder}.new-`);
  try {
    await make(draft);
    await moveIntoPlace(draft, folder, isUsable);
  } finally {
    remove(draft);
  }
}

async function moveIntoPlace(draft, folder, isUsable) {
  try {
    await move(draft, folder);
    return;
  } catch (error) {
    if (!fs.existsSync(folder)) throw error;
  }
  if (await isUsable(folder)) return;
  // What is there is broken or out of date. It is moved away rather than deleted in place, so that
  // nobody sees half of it.
  const old = fs.mkdtempSync(`${folder}.old-`);
  await move(folder, path.join(old, 'folder'));
  await move(draft, folder);
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
      if (!IN_USE.includes(error.code) || tries === MORE_TRIES || fs.existsSync(to)) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

function remove(folder) {
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

module.exports = { cacheFolder, makeOnce, move };
