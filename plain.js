'use strict';

// JavaScript's values as plain data. What JSON would drop or change in silence, and what has no
// end, is refused by name.

/** How many values and characters there may be, and how deep. AWS takes less; circles have no end. */
const LARGEST = 250_000;
const DEEPEST = 30;

/**
 * A copy of what `read` returns, as JSON would carry it: dates become ISO strings, and keys without
 * a value are left out.
 *
 * @param {string} place what errors call it
 * @param {() => any} read
 * @param {(problem: string) => Error} failure makes an error of what is wrong with the value
 * @param {(place: string, value: any) => any} [spelled] may put another value into a place
 */
function plain(place, read, failure, spelled = (place, value) => value) {
  let room = LARGEST;

  const refuse = (place, problem) => {
    throw failure(`${start(place)} ${problem}`);
  };

  const attempt = (place, work) => {
    try {
      return work();
    } catch (error) {
      return refuse(place, `cannot be read: ${words(error)}`);
    }
  };

  const copy = (place, read, depth) => {
    const value = attempt(place, () => spelled(place, read()));
    room -= typeof value === 'string' ? value.length : 1;
    if (room < 0) refuse(place, 'is too large');
    if (depth > DEEPEST) refuse(place, 'is nested too deeply, or in a circle');
    if (isPlain(value)) return value;
    const { kind, json, isList, keys } = attempt(place, () => anatomy(value));
    const inner = (key, step) => copy(place + step, () => value[key], depth + 1);
    if (json) return copy(place, json, depth + 1) ?? refuse(place, `is an invalid ${kind}`);
    if (isList) return keys.map((index) => inner(index, `[${index}]`));
    if (kind !== 'Object') refuse(place, `is ${described(value)}, and should be plain data`);
    const entries = keys.map((key) => [key, inner(key, `.${key}`)]);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  };

  return copy(place, read, 0);
}

function isPlain(value) {
  const isSimple = value === null || ['undefined', 'boolean', 'string'].includes(typeof value);
  return isSimple || Number.isFinite(value);
}

/** How a value is read further; proxies may throw at each step. */
function anatomy(value) {
  const kind = kindOf(value);
  if (Object(value) !== value || typeof value === 'function') return { kind: typeof value };
  if (typeof value.toJSON === 'function') return { kind, json: () => value.toJSON() };
  if (!Array.isArray(value)) return { kind, keys: Object.keys(value) };
  // A sparse list may claim four thousand million entries.
  const length = Math.min(value.length, LARGEST);
  return { kind, isList: true, keys: Array.from({ length }, (_, index) => index) };
}

/** `Object`, `Array`, `Date`, `Map`, …, whichever realm made the value. */
function kindOf(value) {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

/** A value as an error shows it: by its kind where it may be long, secret or not to be had. */
function described(value) {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'boolean') return `${value}`;
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string';
  if (typeof value !== 'object') return `a ${typeof value}`;
  try {
    const kind = kindOf(value);
    return { Object: 'an object', Array: 'a list' }[kind] ?? `an object of the kind ${start(kind)}`;
  } catch {
    return 'an object that cannot be read';
  }
}

/** What an exception says, in one line. Anything may be thrown. */
function words(thrown) {
  try {
    return start(String(thrown?.message ?? thrown ?? 'an exception without words')).replace(
      /\s+/g,
      ' ',
    );
  } catch {
    return 'an exception without words';
  }
}

/** As much of a text as an error can show. */
function start(text) {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

module.exports = { plain, described, words };
