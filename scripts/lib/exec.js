'use strict';

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');

/**
 * Runs a program to its end. It shares our output, unless `quiet`: then its output is captured, for the
 * result and for errors, and passed to `onOutput`. An aborted `signal` ends the program and its children.
 *
 * @returns {Promise<string>} its stdout, if `quiet`
 */
function run(program, args, { cwd, env, quiet = false, onOutput, signal } = {}) {
  return new Promise((resolve, reject) => {
    // A process group of its own can be ended together with its children. Without one, Ctrl-C
    // reaches the program from the terminal.
    const ownGroup = Boolean(signal) && process.platform !== 'win32';
    const shared = quiet ? 'pipe' : 'inherit';
    const stdio = ['ignore', shared, shared];
    const child = spawn(program, args, { cwd, env, stdio, detached: ownGroup });

    const texts = { stdout: '', stderr: '' };
    for (const name of quiet ? ['stdout', 'stderr'] : []) {
      child[name].setEncoding('utf8').on('data', (text) => {
        texts[name] += text;
        onOutput?.(text);
      });
    }
    const stop = () => endProcess(child, ownGroup);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);

    child.once('error', (error) => reject(new RunError(program, args, error.message, error.code)));
    child.once('close', (code, killedBy) => {
      signal?.removeEventListener('abort', stop);
      if (code === 0) return resolve(texts.stdout);
      const how = killedBy ? `was killed by ${killedBy}` : `failed with exit code ${code}`;
      const output = `${texts.stdout}${texts.stderr}`.trim();
      return reject(new RunError(program, args, output ? `${how}:\n${output}` : how));
    });
  });
}

/** A program that could not be started, for which `code` has the reason, or that failed. */
class RunError extends Error {
  constructor(program, args, how, code) {
    super(`${[program, ...args].join(' ')}: ${how}`);
    this.name = 'RunError';
    this.code = code;
  }
}

function endProcess(child, ownGroup) {
  try {
    if (ownGroup) process.kill(-child.pid, 'SIGTERM');
    // Windows has trees of processes instead of groups.
    else spawnSync('taskkill', ['/F', '/T', '/PID', String(child.pid)]);
  } catch {
    // The process has already ended.
  }
}

/**
 * Runs a script's `main`. A failure becomes its message and exit code 1, without a stack.
 *
 * @param {(args: string[]) => unknown} main
 * @param {object} [usage] as `printUsage` takes it
 */
async function runMain(main, usage) {
  const args = process.argv.slice(2);
  if (printUsage(args, usage)) return;
  try {
    await main(args);
  } catch (error) {
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

/**
 * Prints the help of the running script if the arguments ask for it, or have an option that it does not
 * name: a misspelt option would be ignored.
 *
 * @param {string[]} args
 * @param {object} [usage]
 * @param {string} [usage.help] by default the comment at the script's top, which shows how to call it
 * @param {boolean} [usage.anyOption] passes options on to another program
 * @returns {boolean} whether the script has nothing more to do
 */
function printUsage(args, { help = topComment(require.main.filename), anyOption = false } = {}) {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(help);
    return true;
  }
  const unknown = anyOption ? undefined : unknownOption(args, help);
  if (!unknown) return false;
  console.error(`unknown option ${unknown}\n\n${help}`);
  process.exitCode = 1;
  return true;
}

/** Returns the first argument that is an option, and not one of a help; undefined if there is none. */
function unknownOption(args, help) {
  const known = new Set(help.match(/--[a-z][a-z0-9-]*/g));
  const options = args.filter((arg) => arg.startsWith('-') && arg !== '--');
  return options.map((option) => option.split('=')[0]).find((option) => !known.has(option));
}

function topComment(file) {
  const [comment] = /(?:^\/\/.*\n)+/m.exec(fs.readFileSync(file, 'utf8'));
  return comment.replaceAll(/^\/\/ ?/gm, '').trimEnd();
}

module.exports = { printUsage, run, runMain, unknownOption };
