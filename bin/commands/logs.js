'use strict';

const { wholeNumber } = require('../lib/arguments');
const { logs } = require('../lib/module');
const { UsageError } = require('../lib/usage-error');

/** The environment variables that override the config for one run, by the options that set them. */
const VARIABLES = {
  since: 'LITEXA_LOGS_SINCE',
  minutes: 'LITEXA_LOGS_MINUTES',
  status: 'LITEXA_LOGS_STATUS',
  format: 'LITEXA_LOGS_FORMATS',
  source: 'LITEXA_LOGS_SOURCE',
};

/** The limit of `logsConfiguration.minutes`: ten years. */
const MAX_MINUTES = 5_256_000;

module.exports = {
  summary: 'writes the recent requests into .logs/<target>, or follows them',
  usage:
    'logs [--since <time> | --minutes <number>] [--status <status>] [--format <format>]… ' +
    '[--source <source>] [--follow] [-d <target>]',
  options: {
    since: {
      type: 'string',
      value: 'time',
      description: 'the start of the time range: a length such as 90m or 3d, or a time',
    },
    minutes: {
      type: 'string',
      value: 'number',
      read: wholeNumber(1, MAX_MINUTES),
      description: 'the length of the time range in minutes; default: 60',
    },
    follow: {
      type: 'boolean',
      short: 'f',
      description: 'shows requests as they end, until Ctrl-C',
    },
    status: {
      type: 'string',
      value: 'status',
      choices: ['all', 'failed'],
      description: 'the requests to write: all, or failed',
    },
    format: {
      type: 'string',
      value: 'format',
      choices: ['text', 'jsonl', 'html'],
      multiple: true,
      description: 'text, jsonl or html; may be given several times',
    },
    source: {
      type: 'string',
      value: 'source',
      choices: ['events', 'insights'],
      description: 'what is read: events, or a summary by Logs Insights',
    },
  },
  notes: ['The options override logsConfiguration and the environment variables of `litexa logs`.'],
  lines: 'stdout',
  async run(io, context, { options }) {
    if (options.since !== undefined && options.minutes !== undefined) {
      throw new UsageError('--since and --minutes are mutually exclusive');
    }
    ensureFollows(options);
    overrideVariables(options);
    const logger = { ...io.logger, log: (line) => io.logger.log(withOptionInHint(line)) };
    try {
      return await logs.pull({ ...context, follow: options.follow }, logger);
    } catch (error) {
      throw withOptionNames(error, options);
    }
  },
};

/** Checks that the requests to follow are neither past nor summarized. */
function ensureFollows({ follow, since, minutes, source }) {
  if (!follow) return;
  if (since !== undefined || minutes !== undefined) {
    const range = since === undefined ? '--minutes' : '--since';
    throw new UsageError(`--follow begins now, and takes no ${range}`);
  }
  if (source === 'insights') throw new UsageError('--follow cannot read by --source insights');
}

function overrideVariables(options) {
  if (options.since !== undefined) delete process.env[VARIABLES.minutes];
  if (options.minutes !== undefined) delete process.env[VARIABLES.since];
  for (const [option, variable] of Object.entries(VARIABLES)) {
    if (options[option] !== undefined) process.env[variable] = String(options[option]);
  }
}

/**
 * Returns an error that names the options that were given in place of the variables that they set. One about
 * such an option is wrong usage.
 */
function withOptionNames(error, options) {
  if (/ is not known\. Did you mean LITEXA_/.test(error.message)) return error; // Of another variable.
  const given = Object.entries(VARIABLES).filter(([option]) => options[option] !== undefined);
  for (const [option, variable] of given) {
    const place = new RegExp(`(?:the environment variable )?\\b${variable}\\b`, 'g');
    error.message = error.message.replace(place, `--${option}`);
  }
  const names = given.some(([option]) => error.message.includes(`--${option} `));
  return names && error.code === 'INVALID_OPTION' ? new UsageError(error.message) : error;
}

/** Returns a line whose hint to set a variable is one to add the option. */
function withOptionInHint(line) {
  return line.replace(`set ${VARIABLES.since}=`, 'add --since ');
}
