'use strict';

// Converts JavaScript values to plain data. Values that JSON would drop or change silently, and values
// without end, are rejected with their place.

/** Limits for values with their characters, and for nesting. AWS accepts less; cycles never end. */
const MAX_SIZE = 250_000;
const MAX_DEPTH = 30;

/** The characters of a text that an error shows. */
const MAX_SHOWN = 200;

const NO_MESSAGE = 'an exception without a message';

/**
 * Returns a copy of what `read` returns, as JSON would encode it: dates become ISO strings, and keys
 * without a value are omitted.
 *
 * @param {string} place the name of the value in errors
 * @param {() => any} read
 * @param {(message: string) => Error} toError creates the error for an invalid value
 * @param {(place: string, value: any) => any} [replace] may replace the value at a place
 */
function toPlainData(place, read, toError, replace = (place, value) => value) {
  let remaining = MAX_SIZE;

  const reject = (place, problem) => {
    throw toError(`${truncate(place)} ${problem}`);
  };

  const attempt = (place, work) => {
    try {
      return work();
    } catch (error) {
      return reject(place, `cannot be read: ${errorMessage(error)}`);
    }
  };

  const copy = (place, read, depth) => {
    const value = attempt(place, () => replace(place, read()));
    remaining -= typeof value === 'string' ? value.length : 1;
    if (remaining < 0) reject(place, 'is too large');
    if (depth > MAX_DEPTH) reject(place, 'is nested too deeply, or contains itself');
    if (isPlain(value)) return value;
    const { kind, json, isList, keys } = attempt(place, () => inspect(value));
    const inner = (key, step) => copy(place + step, () => value[key], depth + 1);
    if (json) return copy(place, json, depth + 1) ?? reject(place, `is an invalid ${kind}`);
    if (isList) return keys.map((index) => inner(index, `[${index}]`));
    if (kind !== 'Object') reject(place, `must be plain data, but is ${describe(value)}`);
    const entries = keys.map((key) => [key, inner(key, `.${key}`)]);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  };

  return copy(place, read, 0);
}

function isPlain(value) {
  const isSimple = value === null || ['undefined', 'boolean', 'string'].includes(typeof value);
  return isSimple || Number.isFinite(value);
}

/** Returns how to read a value further. Proxies may throw at each step. */
function inspect(value) {
  const kind = kindOf(value);
  if (Object(value) !== value || typeof value === 'function') return { kind: typeof value };
  if (typeof value.toJSON === 'function') return { kind, json: () => value.toJSON() };
  if (!Array.isArray(value)) return { kind, keys: Object.keys(value) };
  // The length of a sparse array can be four billion.
  const length = Math.min(value.length, MAX_SIZE);
  return { kind, isList: true, keys: Array.from({ length }, (_, index) => index) };
}

/** Returns `Object`, `Array`, `Date`, `Map`, …, for values of any realm. */
function kindOf(value) {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

/** Describes a value for an error: by its kind if it may be long, secret or unreadable. */
function describe(value) {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'boolean') return `${value}`;
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string';
  if (typeof value !== 'object') return `a ${typeof value}`;
  try {
    const kind = kindOf(value);
    return (
      { Object: 'an object', Array: 'a list' }[kind] ?? `an object of the kind ${truncate(kind)}`
    );
  } catch {
    return 'an object that cannot be read';
  }
}

/** Returns the message of a thrown value, in one line. Any value can be thrown. */
function errorMessage(thrown) {
  try {
    return truncate(String(thrown?.message ?? thrown ?? NO_MESSAGE)).replace(/\s+/g, ' ');
  } catch {
    return NO_MESSAGE;
  }
}

/** Shortens a text for an error. */
function truncate(text) {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

module.exports = { toPlainData, describe, errorMessage };
