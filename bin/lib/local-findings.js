'use strict';

// Checks this machine and the project, without AWS, for `doctor`.

const fs = require('node:fs');
const path = require('node:path');
const { findCore, INSTALL_CORE } = require('./litexa-core');
const { LOWEST, endedSupport, isTooOld, toInstall } = require('./node-versions');
const { FILES, findConfig, loadConfig, targetOptions } = require('./project-config');

const { name: MODULE, version } = require('../../package.json');

const ok = (check, detail) => ({ check, status: 'ok', detail });
const warning = (check, detail, fix) => ({ check, status: 'warning', detail, fix });
const problem = (check, detail, fix) => ({ check, status: 'problem', detail, fix });

/** Returns the findings about Node.js and the addon. */
function examineMachine(today = new Date()) {
  return [nodeVersion(process.versions.node, today), addon()];
}

function nodeVersion(version, today) {
  if (isTooOld(version)) {
    return problem('Node.js', `${version}, but ${LOWEST} or later is needed`, toInstall(today));
  }
  const end = endedSupport(Number.parseInt(version, 10), today);
  if (end === undefined) return ok('Node.js', version);
  return warning('Node.js', `${version}, unsupported since ${end}`, toInstall(today));
}

function addon() {
  const platform = `${process.platform}-${process.arch}`;
  try {
    require('../../binding');
    return ok('module', `${MODULE} ${version} for ${platform}`);
  } catch (error) {
    return problem('module', error.message, `Install ${MODULE} again on this machine`);
  }
}

/**
 * Returns the findings about the project of a folder and its target, and whether the account can be
 * examined for it.
 */
function examineProject(folder, target) {
  const findings = [];
  try {
    const config = loadConfig(folder);
    findings.push(ok('config', config.file), ...examineConfig(config), cli(config.root));
    const options = optionsOf(config, target, findings);
    if (!options) return { findings, isUsable: false };
    findings.push(askCli(options), examineTarget(config.root, target, options.module));
    return { findings, isUsable: true };
  } catch (error) {
    const file = findConfig(folder);
    findings.push(configProblem(error, file));
    if (file) findings.push(cli(path.dirname(file)));
    return { findings, isUsable: false };
  }
}

/** Returns the options of the target; undefined, with a finding, if the config has others only. */
function optionsOf(config, target, findings) {
  try {
    return targetOptions(config, target);
  } catch (error) {
    findings.push(problem('target', error.message, 'Correct the config, or name another by -d'));
    return undefined;
  }
}

function configProblem(error, file) {
  if (error.code === 'MISSING_COMPILER') {
    return problem('config', `${file} cannot be loaded without the Litexa CLI`, INSTALL_CORE);
  }
  const fix = file ? 'Correct the config' : 'Change into a project';
  return problem('config', error.message, fix);
}

function examineConfig({ root, name, file }) {
  const findings = [];
  const others = FILES.filter((one) => one !== path.basename(file)).filter((one) =>
    fs.existsSync(path.join(root, one)),
  );
  if (others.length > 0) {
    const used = path.basename(file);
    const fix = `Delete ${others.join(', ')}, or ${used} if it is the result of compiling`;
    findings.push(warning('config', `${used} is used, and ${others.join(', ')} ignored`, fix));
  }
  // The CLI checks this when it loads the config.
  if (!/^[\w-]{5,}$/.test(name)) {
    const rule = 'at least 5 letters, digits, - and _';
    findings.push(problem('config', `the Litexa CLI refuses the name ${name}`, `Use ${rule}`));
  }
  return findings;
}

function examineTarget(root, target, module) {
  if (module !== MODULE) {
    const found = module ? `is deployed by the module ${module}` : 'has no module';
    const fix = `Set "module" of the target to "${MODULE}"`;
    return warning('target', `${target} ${found}`, fix);
  }
  // The CLI prefers the project's own.
  const folder = path.join(root, 'node_modules', MODULE);
  const own = versionIn(folder);
  if (own === undefined || own === version) return ok('target', target);
  const detail = `the Litexa CLI deploys ${target} by the version ${own} of this module, in ${folder}`;
  const fix = `Install ${version} there as well, or delete that folder if this version is installed globally`;
  return warning('target', detail, fix);
}

/** Returns the version of a package in a folder; undefined if there is none, which the CLI skips. */
function versionIn(folder) {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}

function cli(root) {
  const core = findCore(root);
  if (core) return ok('Litexa CLI', `${core.version} in ${core.root}`);
  return warning('Litexa CLI', 'not found: it compiles and deploys the skill', INSTALL_CORE);
}

/** Examines the program that the Litexa CLI sends the manifest and the model with. */
function askCli({ askProfile }) {
  const names = process.platform === 'win32' ? ['ask.cmd', 'ask.exe'] : ['ask'];
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const found = folders.some((folder) =>
    names.some((name) => fs.existsSync(path.join(folder, name))),
  );
  const parts = 'litexa deploy needs it for the manifest and the model';
  if (!found) return warning('ASK CLI', `not found: ${parts}`, 'Install ask-cli globally');
  if (askProfile) return ok('ASK CLI', `found, with the askProfile ${askProfile}`);
  return warning('ASK CLI', `no askProfile: ${parts}`, 'Run `ask configure`, and set askProfile');
}

module.exports = { examineMachine, examineProject, nodeVersion };
