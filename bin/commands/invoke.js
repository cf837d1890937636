'use strict';

const fs = require('node:fs');
const { textLike } = require('../lib/arguments');
const { operate } = require('../lib/module');
const { didYouMean } = require('../lib/nearest');
const { UsageError } = require('../lib/usage-error');

const LOCALE = 'en-US';

module.exports = {
  textOf,
  summary: 'sends a request to the skill as Alexa does, and shows the answer with its log',
  usage:
    'invoke (launch | <intent> [slot=value …] | --event <file>) [--locale <locale>] [--keep] ' +
    '[-d <target>]',
  lines: 'verbose',
  positionals: ['[launch|intent]', '[slot=value …]'],
  options: {
    event: {
      type: 'string',
      value: 'file',
      description: 'a file with the event as JSON; what it lacks is added',
    },
    locale: {
      type: 'string',
      value: 'locale',
      default: LOCALE,
      // https://developer.amazon.com/en-US/docs/alexa/custom-skills/develop-skills-in-multiple-languages.html
      read: textLike(/^[a-z]{2}-[A-Z]{2}$/, LOCALE),
      description: `the language of the request; default: ${LOCALE}`,
    },
    keep: {
      type: 'boolean',
      description: 'keeps the session and the item in the table for the next invocation',
    },
  },
  notes: [
    'Device and user are not those of a person: their IDs contain litexa-deploy-aws.',
    'The exit code is 1 if Alexa would not accept the answer.',
  ],
  run(io, context, { options, positionals }) {
    const { locale, keep = false } = options;
    const input = inputOf(options.event, positionals);
    const hint = input.type === 'intent' ? didYouMean(input.name, ['launch']) : '';
    if (hint) io.note(`${input.name} is sent as an intent.${hint}`);
    return operate(context, { name: 'invoke', input, locale, keep }, io.logger);
  },
  print: (result, io) => textOf(result, io.style),
  exitCode: ({ problem }) => (problem ? 1 : 0),
};

/** Returns the user's input, as the native module takes it. */
function inputOf(file, [name, ...slots]) {
  if (file !== undefined) {
    if (name !== undefined)
      throw new UsageError(`--event takes no further argument, but got ${name}`);
    return { type: 'event', event: readEvent(file) };
  }
  if (!name) throw new UsageError('launch, an intent or --event <file> is missing');
  if (name !== 'launch') return { type: 'intent', name, slots: slotsOf(slots) };
  if (slots.length > 0) throw new UsageError(`launch takes no slots, but got ${slots[0]}`);
  return { type: 'launch' };
}

function slotsOf(given) {
  const slots = given.map(slotOf);
  const names = slots.map(([name]) => name);
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated !== undefined) throw new UsageError(`the slot ${repeated} is given more than once`);
  return Object.fromEntries(slots);
}

function slotOf(argument) {
  const at = argument.indexOf('=');
  if (at > 0) return [argument.slice(0, at), argument.slice(at + 1)];
  throw new UsageError(`a slot must be written as name=value, but is "${argument}"`);
}

function readEvent(file) {
  let text;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`reading the event failed: ${error.message}`);
  }
  let event;
  try {
    event = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is not valid JSON: ${error.message}`);
  }
  if (event !== null && typeof event === 'object' && !Array.isArray(event)) return event;
  throw new UsageError(`${file} must have a JSON object, the event`);
}

/** Returns the outcome of an invocation as text. */
function textOf(result, style) {
  const { answer = {}, problem, log } = result;
  const rows = [
    ['speech', answer.speech],
    ['reprompt', answer.reprompt],
    ['card', answer.card && JSON.stringify(answer.card)],
    ...(answer.directives ?? []).map((directive) => ['directive', JSON.stringify(directive)]),
    ['session', sessionText(result)],
    ['duration', durationText(result)],
    ['item', ITEMS[result.item]],
  ];
  return [
    `${style.bold(result.requestType ?? 'request')} to ${result.endpoint}, version ${result.version}`,
    ...(problem ? problemLines(problem, style) : []),
    ...rows.filter(([, value]) => value).map(([name, value]) => `${`${name}:`.padEnd(11)}${value}`),
    ...logLines(log, style),
  ].join('\n');
}

const ITEMS = {
  deleted: 'deleted from the table',
  kept: 'stays in the table',
  denied: 'stays in the table, because the right to delete it is missing',
  failed: 'stays in the table until the next invocation, because deleting it failed',
};

function sessionText({ answer, isNewSession, isKept }) {
  const beginning = isNewSession ? 'new' : 'continued';
  if (answer?.shouldEndSession) return `${beginning}, ended by the skill`;
  return `${beginning}, ${isKept ? 'kept for the next invocation' : 'not kept (--keep keeps it)'}`;
}

function durationText({ log, durationMs, isLate }) {
  const init = log.initDurationMs ? ` and ${log.initDurationMs} ms of initialization` : '';
  const inLambda = log.durationMs === null ? '' : `${log.durationMs} ms in Lambda${init}, `;
  const late = isLate ? '; Alexa waits for 8 s only' : '';
  return `${inLambda}${durationMs} ms in all${late}`;
}

function problemLines({ type, message, location }, style) {
  const line = style.red(`failed: ${type ? `${type}: ` : ''}${message}`);
  return location ? [line, `  at ${location}`] : [line];
}

function logLines({ lines, isCut }, style) {
  const beginning = isCut ? ['log (its beginning is missing):'] : ['log:'];
  const shown = lines.map(({ level, text }) =>
    `  ${level ? `${level} ` : ''}${text}`.replaceAll('\n', '\n    '),
  );
  return lines.length > 0 || isCut ? [...beginning, ...shown].map(style.dim) : [];
}
