'use strict';

/**
 * The commands by their names. Each is an object of
 *
 * - `summary`: what it does, as one line, verb first
 * - `usage`: its arguments, such as `rollback [version] [-d <target>]`
 * - `options`, `positionals`: as `parseArguments` takes them
 * - `notes`: paragraphs at the end of its help
 * - `lines`: where lines of the log go, as `createIo` takes it, or a function of the options
 * - `needsProject`: false if it runs without a context
 * - `run(io, context, args)`: carries it out; `args` has `options` and `positionals`. Returns the
 *   result, which is plain data: it is what `--json` prints
 * - `print(result, io, args)`: returns the result as text
 * - `exitCode(result, args)`: if it is not always 0
 */
const commands = {
  deploy: require('./deploy'),
  diff: require('./diff'),
  doctor: require('./doctor'),
  invoke: require('./invoke'),
  logs: require('./logs'),
  policy: require('./policy'),
  remove: require('./remove'),
  rollback: require('./rollback'),
  status: require('./status'),
  versions: require('./versions'),
};

module.exports = { commands };
