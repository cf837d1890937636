'use strict';

// Copies the sample skill, or another Litexa project, and installs its packages.

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { cacheDir } = require('../../../scripts/lib/cache-dir');
const { installLocked } = require('../../../scripts/lib/npm');
const { makeTempDir, removeDir } = require('../tmp');

const SAMPLE = path.join(__dirname, '..', '..', '..', 'examples', 'tea-house');

/** Copies the sample project, until the test `t` ends. Returns its path. */
async function useSampleProject(t) {
  const project = await copyProject();
  t.after(() => removeDir(project));
  return project;
}

/** Copies a project, without the files of its deployments, and installs its skill's packages. */
async function copyProject(source = SAMPLE, { log, signal } = {}) {
  const project = makeTempDir('project');
  try {
    fs.cpSync(source, project, { recursive: true, filter: (file) => !isGenerated(source, file) });
    await installSkillPackages(path.join(project, 'litexa'), { log, signal });
  } catch (error) {
    removeDir(project);
    throw error;
  }
  return project;
}

function isGenerated(source, file) {
  const generated = ['.deploy', '.logs', 'artifacts.json', path.join('litexa', 'node_modules')];
  // On Windows, some versions of Node.js pass paths such as \\?\C:\… here.
  const [from, to] = [source, file].map((name) => path.toNamespacedPath(name));
  return generated.includes(path.relative(from, to));
}

// Like `npm ci` in the litexa directory, but downloads only once for each lock file.
async function installSkillPackages(directory, { log, signal }) {
  const lock = path.join(directory, 'package-lock.json');
  if (!fs.existsSync(lock)) return;
  const hash = crypto.createHash('sha256').update(fs.readFileSync(lock)).digest('hex');
  const installed = path.join(cacheDir(), `skill-packages-${hash.slice(0, 16)}`);
  await installLocked(directory, installed, { log, signal });
  fs.cpSync(installed, path.join(directory, 'node_modules'), { recursive: true });
}

module.exports = { copyProject, removeProject: removeDir, SAMPLE, useSampleProject };
