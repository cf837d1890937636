'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

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
    fs.rmSync(draft, { recursive: true, force: true });
  }
}

async function moveIntoPlace(draft, folder, isUsable) {
  try {
    fs.renameSync(draft, folder);
    return;
  } catch (error) {
    if (!fs.existsSync(folder)) throw error;
  }
  if (await isUsable(folder)) return;
  // What is there is broken or out of date. It is moved away rather than deleted in place, so that
  // nobody sees half of it.
  const old = fs.mkdtempSync(`${folder}.old-`);
  fs.renameSync(folder, path.join(old, 'folder'));
  fs.renameSync(draft, folder);
  fs.rmSync(old, { recursive: true, force: true });
}

module.exports = { cacheFolder, makeOnce };
