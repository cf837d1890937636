'use strict';

// The live objects that the Litexa CLI passes to a deployment module. They have the CLI's pitfalls:
// methods that need `this`, cycles, getters on the prototype, functions among the data.

const fs = require('node:fs');
const path = require('node:path');

/** Records lines. Its methods fail without `this`, as those of the CLI do. */
class RecordingLogger {
  constructor(prefix, print) {
    this.prefix = prefix;
    this.entries = [];
    this.print = print;
  }
  record(level, line) {
    this.entries.push({ level, line: String(line) });
    this.print?.(level, String(line));
  }
  log(line) {
    this.record('log', line);
  }
  verbose(line, object) {
    this.record('verbose', object ? `${line}: ${JSON.stringify(object)}` : line);
  }
  warning(line) {
    this.record('warning', line);
  }
  error(line) {
    this.record('error', line);
  }
  important(line) {
    this.record('important', line);
  }
  /** Returns the lines of one level, or of all. */
  lines(level) {
    const wanted = this.entries.filter((entry) => !level || entry.level === level);
    return wanted.map((entry) => entry.line);
  }
}

/** Artifacts of a target's deployments, stored in the project's artifacts.json. */
class Artifacts {
  constructor(file, variant) {
    this.file = file;
    this.variant = variant;
    this.saves = [];
    const written = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
    this.data = { variants: {}, globals: {}, ...written };
    this.data.variants[variant] ??= { versions: [{}] };
  }
  get currentVersion() {
    return this.data.variants[this.variant].versions.length - 1;
  }
  get current() {
    return this.data.variants[this.variant].versions[this.currentVersion];
  }
  get(key) {
    return this.current[key];
  }
  save(key, value) {
    this.saves.push(key);
    this.current[key] = value;
    this.write();
  }
  delete(key) {
    if (this.current[key] === undefined) return;
    delete this.current[key];
    this.write();
  }
  /** Writes atomically, unlike the CLI: tests that kill the process are about the module's files. */
  write() {
    const draft = `${this.file}.${process.pid}.draft`;
    fs.writeFileSync(draft, JSON.stringify(this.data, null, 2));
    fs.renameSync(draft, this.file);
  }
}

class ProjectInfo {
  constructor(root, config, variant) {
    Object.assign(this, config);
    this.root = root;
    this.litexaRoot = path.join(root, 'litexa');
    this.selectedVariant = variant;
    this.languages = readLanguages(this);
  }
  get variant() {
    return this.selectedVariant;
  }
  filesForLanguage(name) {
    return this.languages[name].assets.files;
  }
}

function readLanguages(info) {
  const folder = path.join(info.litexaRoot, 'languages');
  const isLanguage = (name) => fs.statSync(path.join(folder, name)).isDirectory();
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).filter(isLanguage) : [];
  const languages = { default: readLanguage(info, 'default', info.litexaRoot) };
  for (const name of names) languages[name] = readLanguage(info, name, path.join(folder, name));
  return languages;
}

function readLanguage(info, name, root) {
  const assets = path.join(root, 'assets');
  const converted = path.join(info.root, '.deploy', 'converted-assets', name);
  return {
    assets: { root: assets, files: filesBelow(assets) },
    convertedAssets: { root: converted, files: filesBelow(converted) },
    code: { root, files: ['main.litexa'] },
    // An extension's processor has functions, and a reference back to the whole project.
    assetProcessors: { 'extension[0]': { listOutputs: () => [], options: { project: info } } },
  };
}

/** Returns the files below a directory, those behind links included, relative to it, with the system's separators. */
function filesBelow(root, folder = root) {
  if (!fs.existsSync(folder)) return [];
  const entries = fs.readdirSync(folder, { withFileTypes: true });
  const visible = entries.filter((entry) => !entry.name.startsWith('.'));
  return visible.flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return isFolder(file) ? filesBelow(root, file) : [path.relative(root, file)];
  });
}

function isFolder(file) {
  try {
    return fs.statSync(file).isDirectory();
  } catch {
    // A link that leads nowhere, or to itself.
    return false;
  }
}

class Skill {
  constructor(projectInfo, handler) {
    this.projectInfo = projectInfo;
    this.handler = handler;
    projectInfo.skill = this;
  }
  /** Replaces the compiler: a handler that is a function may throw, as the compiler does. */
  toLambda() {
    return typeof this.handler === 'function' ? this.handler() : this.handler;
  }
}

/**
 * Returns the context of `litexa deploy`.
 *
 * @param {object} what
 * @param {string} what.projectRoot a Litexa project
 * @param {string} [what.target] a deployment target in its litexa.config.json
 * @param {object} [what.options] replaces the target's options
 * @param {string | (() => string)} [what.handler] the compiled skill; the default is the project's
 *   handler.js
 * @param {boolean} [what.cache] false for `--no-cache`
 * @param {(level: string, line: string) => void} [what.print] receives every line
 */
function deployContext({
  projectRoot,
  target = 'development',
  options,
  handler = () => fs.readFileSync(path.join(projectRoot, 'handler.js'), 'utf8'),
  cache,
  print,
}) {
  const projectInfo = readProject(projectRoot, target, options);
  const deploymentOptions = projectInfo.deployments[target];
  const deployRoot = path.join(projectRoot, '.deploy', target);
  fs.mkdirSync(deployRoot, { recursive: true });
  return {
    skill: new Skill(projectInfo, handler),
    projectInfo,
    projectConfig: projectInfo,
    deployRoot,
    projectRoot,
    sharedDeployRoot: path.join(projectRoot, '.deploy'),
    cache,
    deploymentName: target,
    deploymentOptions,
    JSONValidator: class JSONValidator {},
    enablePersistentStore: !deploymentOptions.useSessionAttributesForPersistentStore,
    artifacts: new Artifacts(path.join(projectRoot, 'artifacts.json'), target),
    logger: new RecordingLogger('deploy', print),
  };
}

/** Returns the context of `litexa logs`, which lacks artifacts, deployRoot and skill. */
function logsContext({ projectRoot, target = 'development', options, print }) {
  const projectInfo = readProject(projectRoot, target, options);
  const logsRoot = path.join(projectRoot, '.logs');
  fs.mkdirSync(logsRoot, { recursive: true });
  return {
    root: projectRoot,
    deployment: target,
    projectConfig: { ...readConfig(projectRoot), root: projectRoot },
    projectInfo,
    projectRoot,
    logsRoot,
    deploymentName: target,
    deploymentOptions: projectInfo.deployments[target],
    logger: new RecordingLogger('logs', print),
  };
}

function readProject(root, target, options) {
  const config = readConfig(root);
  if (options) config.deployments = { ...config.deployments, [target]: options };
  const found = config.deployments?.[target];
  if (!found) throw new Error(`litexa.config.json has no deployment target "${target}"`);
  config.deployments[target] = { name: target, ...found };
  return new ProjectInfo(root, config, target);
}

function readConfig(root) {
  return JSON.parse(fs.readFileSync(path.join(root, 'litexa.config.json'), 'utf8'));
}

module.exports = { deployContext, logsContext, Artifacts, RecordingLogger };
