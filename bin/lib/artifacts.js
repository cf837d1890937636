'use strict';

// The artifacts of a target's deployments, in the format of the Litexa CLI.

const fs = require('node:fs');
const path = require('node:path');

class Artifacts {
  #file;
  #data;
  #versions;

  /** Reads the artifacts of a project's target. A file that does not exist is empty. */
  constructor(projectRoot, target) {
    this.#file = path.join(projectRoot, 'artifacts.json');
    this.#data = { variants: {}, globals: {}, ...readJson(this.#file) };
    const variants = this.#data.variants;
    if (!Object.hasOwn(variants, target)) variants[target] = {};
    this.#versions = variants[target].versions ??= [{}];
  }

  /** The number of the newest version, which is that of the alias `release-<n>`. */
  get currentVersion() {
    return this.#versions.length - 1;
  }

  get(key) {
    return this.#versions.at(-1)[key];
  }

  save(key, value) {
    this.#versions.at(-1)[key] = value;
    this.#write();
  }

  delete(key) {
    if (this.get(key) === undefined) return;
    delete this.#versions.at(-1)[key];
    this.#write();
  }

  /** Forgets everything about the target, after it was removed. */
  clear() {
    this.#versions.splice(0, Infinity, {});
    this.#write();
  }

  #write() {
    const draft = `${this.#file}.${process.pid}.draft`;
    fs.writeFileSync(draft, JSON.stringify(this.#data, null, 2));
    fs.renameSync(draft, this.#file);
  }
}

function readJson(file) {
  if (!fs.existsSync(file)) return {};
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`reading ${file} failed: ${cause.message}. Restore it from version control`);
  }
}

module.exports = { Artifacts };
