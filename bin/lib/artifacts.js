'use strict';

// The artifacts of a target's deployments, in the format of the Litexa CLI.

const fs = require('node:fs');
const path = require('node:path');
const { DeployError } = require('../../errors');

class Artifacts {
  #file;
  #target;

  /** The artifacts of a project's target. A file that does not exist is empty. */
  constructor(projectRoot, target) {
    this.#file = path.join(projectRoot, 'artifacts.json');
    this.#target = target;
    this.#read();
  }

  /** The number of the newest version, which is that of the alias `release-<n>`. */
  get currentVersion() {
    return this.#read().versions.length - 1;
  }

  get(key) {
    return this.#read().versions.at(-1)[key];
  }

  save(key, value) {
    this.#edit((versions) => (versions.at(-1)[key] = value));
  }

  delete(key) {
    if (this.get(key) !== undefined) this.#edit((versions) => delete versions.at(-1)[key]);
  }

  // Other targets may be deployed at the same time, so the file is read again each time.
  #read() {
    const data = { variants: {}, globals: {}, ...this.#object(readJson(this.#file), 'it') };
    const variants = this.#object(data.variants, 'variants');
    if (!Object.hasOwn(variants, this.#target)) variants[this.#target] = {};
    const place = `variants.${this.#target}`;
    const variant = this.#object(variants[this.#target], place);
    const versions = (variant.versions ??= [{}]);
    if (!Array.isArray(versions) || versions.length === 0)
      throw this.#invalid(`${place}.versions must be a list with an object`);
    this.#object(versions.at(-1), `the last of ${place}.versions`);
    return { data, versions };
  }

  #object(value, place) {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
    throw this.#invalid(`${place} must be an object`);
  }

  #invalid(problem) {
    const message = `${this.#file} is not what the Litexa CLI writes: ${problem}. Restore it from version control`;
    return new DeployError('FILE_ERROR', message);
  }

  #edit(change) {
    const { data, versions } = this.#read();
    change(versions);
    const draft = `${this.#file}.${process.pid}.draft`;
    try {
      fs.writeFileSync(draft, JSON.stringify(data, null, 2));
      fs.renameSync(draft, this.#file);
    } catch (cause) {
      const message = `writing ${this.#file} failed: ${cause.message}. ${fixOf(cause)}`;
      throw new DeployError('FILE_ERROR', message, { cause });
    }
  }
}

function readJson(file) {
  if (!fs.existsSync(file)) return {};
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (cause) {
    const message = `reading ${file} failed: ${cause.message}. Restore it from version control`;
    throw new DeployError('FILE_ERROR', message, { cause });
  }
}

const fixOf = ({ code }) =>
  code === 'ENOSPC' || code === 'EDQUOT' ? 'Free some space' : 'Make its folder writable';

module.exports = { Artifacts };
