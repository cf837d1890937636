'use strict';

// Evaluates queries of Logs Insights: the commands and functions that this module uses, as AWS
// documents them. Any other one is an error, as it is in AWS for a misspelled one.

const { tokensOf } = require('./tokens');

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html */
const MAX_ROWS = 10_000;

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html */
const BIN_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads the tokens of one command. */
class Reader {
  constructor(tokens) {
    this.tokens = tokens;
    this.at = 0;
  }

  get isAtEnd() {
    return this.at >= this.tokens.length;
  }

  /** Returns whether the next token has this value, and skips it. */
  skip(value) {
    const found = !this.isAtEnd && this.tokens[this.at].value === value;
    if (found) this.at++;
    return found;
  }

  expect(value) {
    if (!this.skip(value)) throw new SyntaxError(`expected ${value}`);
  }

  next(...kinds) {
    const token = this.tokens[this.at++];
    if (!token || !kinds.includes(token.kind)) throw new SyntaxError(`expected ${kinds}`);
    return token.value;
  }

  list(read) {
    const items = [read(this)];
    while (this.skip(',')) items.push(read(this));
    return items;
  }
}

/**
 * Compiles a query.
 *
 * @param {string} query
 * @returns {{run: (events: object[]) => {rows: object[], isAggregated: boolean}}}
 *   `run` takes rows of `@timestamp` in milliseconds, `@message` and `@logStream`
 */
function compile(query) {
  const commands = split(tokensOf(query)).map((tokens) => {
    const reader = new Reader(tokens);
    const name = reader.next('word');
    if (!Object.hasOwn(COMMANDS, name)) throw new SyntaxError(`unexpected symbol found ${name}`);
    const apply = COMMANDS[name](reader);
    if (!reader.isAtEnd) throw new SyntaxError(`unexpected tokens after ${name}`);
    return { name, apply };
  });
  const names = commands.map(({ name }) => name);
  const run = (events) => {
    const result = { rows: events.map((row) => ({ ...row })), shown: undefined };
    for (const { apply } of commands) apply(result);
    const rows = result.rows.slice(0, MAX_ROWS);
    return {
      rows: rows.map((row) => show(row, result.shown ?? Object.keys(row))),
      isAggregated: names.includes('stats'),
    };
  };
  return { run };
}

function split(tokens) {
  const commands = [[]];
  for (const token of tokens) {
    if (token.kind === 'sign' && token.value === '|') commands.push([]);
    else commands.at(-1).push(token);
  }
  return commands;
}

/** Values are strings in a result; times are in UTC. A field without a value is left out. */
function show(row, names) {
  const shown = names
    .filter((name) => row[name] !== undefined && row[name] !== null)
    .map((name) => [name, isTime(name) ? timeText(row[name]) : String(row[name])]);
  return Object.fromEntries(shown);
}

const isTime = (name) => name === '@timestamp' || name.startsWith('bin(');

const timeText = (ms) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

const COMMANDS = {
  /** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Fields.html */
  fields(reader) {
    const fields = reader.list(aliased(expression));
    return (result) => {
      for (const row of result.rows) for (const { name, value } of fields) row[name] = value(row);
    };
  },

  /** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Filter.html */
  filter(reader) {
    const isTrue = anyOf(reader);
    return (result) => (result.rows = result.rows.filter(isTrue));
  },

  /**
   * An event that does not match stays, without the fields.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Parse.html
   */
  parse(reader) {
    const field = reader.next('word');
    const regex = reader.next('regex');
    if (!/\(\?<\w+>/.test(regex.source)) throw new SyntaxError('parse needs named groups');
    return (result) => {
      for (const row of result.rows) Object.assign(row, regex.exec(row[field] ?? '')?.groups);
    };
  },

  /** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html */
  stats(reader) {
    const counts = reader.list(aliased(count));
    const keys = reader.skip('by') ? reader.list(aliased(expression)) : [];
    return (result) => {
      const groups = new Map();
      for (const row of result.rows) {
        const group = Object.fromEntries(keys.map(({ name, value }) => [name, value(row)]));
        const key = JSON.stringify(Object.values(group));
        if (!groups.has(key)) groups.set(key, [group]);
        groups.get(key).push(row);
      }
      result.rows = [...groups.values()].map(([group, ...rows]) => {
        const counted = counts.map(({ name, value }) => [name, value(rows)]);
        return { ...group, ...Object.fromEntries(counted) };
      });
    };
  },

  /** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Sort.html */
  sort(reader) {
    const name = reader.next('word');
    const sign = reader.skip('asc') ? 1 : -1;
    if (sign < 0) reader.skip('desc');
    return (result) => result.rows.sort((a, b) => sign * (a[name] - b[name]));
  },

  /** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Limit.html */
  limit(reader) {
    const number = Number(reader.next('word'));
    return (result) => (result.rows = result.rows.slice(0, number));
  },

  /** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Display.html */
  display(reader) {
    const names = reader.list((of) => of.next('word'));
    return (result) => (result.shown = names);
  },
};

/** Reads an expression and its name. */
const aliased = (read) => (reader) => {
  const { name, value } = read(reader);
  return { name: reader.skip('as') ? reader.next('word') : name, value };
};

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html */
function expression(reader) {
  const name = reader.next('word');
  if (!reader.skip('(')) return { name, value: (row) => row[name] };
  if (name === 'bin') {
    const [, number, unit] = /^(\d+)([smhd])$/.exec(reader.next('word'));
    const step = number * BIN_MS[unit];
    reader.expect(')');
    const value = (row) => Math.floor(row['@timestamp'] / step) * step;
    return { name: `bin(${number}${unit})`, value };
  }
  if (name !== 'coalesce') throw new SyntaxError(`unknown function ${name}`);
  const values = reader.list(expression);
  reader.expect(')');
  const isThere = (value) => value !== undefined && value !== null;
  return { name, value: (row) => values.map(({ value }) => value(row)).find(isThere) };
}

function count(reader) {
  reader.expect('count');
  reader.expect('(');
  reader.expect('*');
  reader.expect(')');
  return { name: 'count(*)', value: (rows) => rows.length };
}

/** `and` binds stronger than `or`. */
function anyOf(reader) {
  const parts = [allOf(reader)];
  while (reader.skip('or')) parts.push(allOf(reader));
  return (row) => parts.some((isTrue) => isTrue(row));
}

function allOf(reader) {
  const parts = [condition(reader)];
  while (reader.skip('and')) parts.push(condition(reader));
  return (row) => parts.every((isTrue) => isTrue(row));
}

function condition(reader) {
  if (reader.skip('(')) {
    const inner = anyOf(reader);
    reader.expect(')');
    return inner;
  }
  const field = reader.next('word');
  const isNegated = reader.skip('not');
  reader.expect('like');
  const regex = reader.next('regex');
  return (row) => regex.test(row[field] ?? '') !== isNegated;
}

module.exports = { compile };
