'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { cacheDir } = require('../../../scripts/lib/cache-dir');
const { installLocked } = require('../../../scripts/lib/npm');

const SAMPLE = path.join(__dirname, '..', '..', '..', 'examples', 'tea-house');

/** A temporary copy of a Litexa project, removed after the test `t`. Returns its path. */
async function temporaryProject(t, source = SAMPLE) {
  const project = await copyProject(source);
  t.after(() => removeProject(project));
  return project;
}

/** Copies a project, without what deployments left in it, and installs its skill's packages. */
async function copyProject(source = SAMPLE, { log, signal } = {}) {
  const project = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-project-'));
  try {
    fs.cpSync(source, project, { recursive: true, filter: (file) => !isLeftover(source, file) });
    await installSkillPackages(path.join(project, 'litexa'), { log, signal });
  } catch (error) {
    removeProject(project);
    throw error;
  }
  return project;
}

function removeProject(project) {
  fs.rmSync(project, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

function isLeftover(source, file) {
  const leftovers = ['.deploy', '.logs', 'artifacts.json', path.join('litexa', 'node_modules')];
  // On Windows, some versions of Node.js name the files as \\?\C:\… here.
  const [from, to] = [source, file].map((name) => path.toNamespacedPath(name));
  return leftovers.includes(path.relative(from, to));
}

// As `npm ci` in the litexa folder would, but from the registry only once for each lock file.
async function installSkillPackages(folder, { log, signal }) {
  const lock = path.join(folder, 'package-lock.json');
  if (!fs.existsSync(lock)) return;
  const hash = crypto.createHash('sha256').update(fs.readFileSync(lock)).digest('hex');
  const installed = path.join(cacheDir(), `skill-packages-${hash.slice(0, 16)}`);
  await installLocked(folder, installed, { log, signal });
  fs.cpSync(installed, path.join(folder, 'node_modules'), { recursive: true });
}

module.exports = { temporaryProject, copyProject, removeProject, SAMPLE };
