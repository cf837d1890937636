'use strict';

// Output of a command, and its questions. With --json, stdout gets the JSON only.

const readline = require('node:readline/promises');
const { DeployError } = require('../../errors');
const { UsageError } = require('./usage-error');

/** The codes that begin and end a style in a terminal. */
const STYLES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] };

/** Lines about the sign-in, which a command of several operations has once. */
const ONCE = /^(?:AWS credentials: |the account is )/;

/** Lines that report what a command waits for. */
const WAIT = /^waiting\b/;

/**
 * Returns the output of a command.
 *
 * @param {object} options those of the command line: `json`, `yes`, `verbose`
 * @param {'stdout' | 'stderr' | 'verbose'} lines where the lines of the log go: a command whose output
 *   they are shows them on stdout, one that has a result only with --verbose, except for waits
 */
function createIo({ json = false, yes = false, verbose = false }, lines = 'stderr') {
  const onStdout = stylesOf(process.stdout);
  const onStderr = stylesOf(process.stderr);
  const toStdout = (text) => process.stdout.write(`${text}\n`);
  const toStderr = (text) => process.stderr.write(`${text}\n`);
  const showsLog = lines !== 'verbose' || verbose;
  const warnings = new Set();
  const shown = new Set();
  return {
    json,
    /** Functions that style a text for stdout, such as `style.red`, if that is a terminal with colors. */
    style: onStdout,
    /** Receives the lines of the module, as the CLI's logger does. */
    logger: {
      log(line) {
        if (ONCE.test(line)) {
          if (shown.has(line)) return;
          shown.add(line);
        }
        if (showsLog || WAIT.test(line)) (lines === 'stdout' && !json ? toStdout : toStderr)(line);
      },
      important(line) {
        this.log(line);
      },
      verbose(line) {
        if (verbose) toStderr(line);
      },
      /** A command that asks before it changes something reads twice, and warns once. */
      warning(line) {
        if (!warnings.has(line)) toStderr(onStderr.yellow(`warning: ${line}`));
        warnings.add(line);
      },
      error: (line) => toStderr(onStderr.red(`error: ${line}`)),
    },
    /** Writes a text for people, unless only JSON is wanted. */
    print(text) {
      if (!json && text) toStdout(text);
    },
    printJson: (value) => toStdout(JSON.stringify(value, null, 2)),
    /** Writes a line to stderr. */
    note: (line) => toStderr(line),
    /**
     * Asks the user to enter a text, such as the target's name. Resolves if that is entered, or --yes
     * is given.
     *
     * @param {string} text
     * @param {string} consequence what happens then, such as `deletes these resources`
     */
    async confirm(text, consequence) {
      if (yes) return;
      if (!process.stdin.isTTY || !process.stderr.isTTY) {
        throw new UsageError(
          `this ${consequence}, which a terminal would ask to confirm. Add --yes to confirm it`,
        );
      }
      const question = `This ${consequence}. Enter ${onStderr.bold(text)} to confirm: `;
      if ((await ask(question)) !== text) {
        throw new DeployError('NOT_CONFIRMED', 'not confirmed: nothing was changed');
      }
    },
  };
}

async function ask(question) {
  const reader = readline.createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C and Ctrl-D decline.
  const declined = new Promise((resolve) => reader.once('close', () => resolve('')));
  try {
    return await Promise.race([reader.question(question).then((text) => text.trim()), declined]);
  } finally {
    reader.close();
  }
}

/** Returns functions that style texts, if the stream is a terminal with colors (https://no-color.org). */
function stylesOf(stream) {
  const hasColors = !process.env.NO_COLOR && stream.isTTY && stream.hasColors?.() === true;
  return Object.fromEntries(
    Object.entries(STYLES).map(([name, [begin, end]]) => [
      name,
      (text) => (hasColors ? `\u001b[${begin}m${text}\u001b[${end}m` : String(text)),
    ]),
  );
}

module.exports = { createIo };
