'use strict';

/* The data of the page, and what is computed from it. Nothing here touches the document. */

/**
 * Reads the requests: two lines each, the request and its log lines. The log lines stay text until
 * the request is opened or searched, so that a page of 20,000 requests is there at once.
 */
const readRequests = (text) => {
  const requests = [];
  for (const line of text.trim().split('\n')) {
    const kind = line[0];
    if (kind === '{') {
      const request = parse(line);
      if (request) requests.push({ ...request, index: requests.length, text: '[]' });
    } else if (kind === '[' && requests.length) {
      requests[requests.length - 1].text = line;
    }
  }
  return requests;
};

// A page that was not written to its end still shows what it has.
const parse = (json) => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

const linesOf = (request) => parse(request.text) || [];

/** Reads the summary, with defaults for the fields that it lacks. */
const readSummary = (text) => ({
  title: 'Requests',
  labels: {},
  failureOutcomes: [],
  failures: [],
  ...(parse(text) || {}),
});

const UNNAMED = 'Request';

const nameOf = (request) =>
  request.intent ||
  request.requestType ||
  (request.requestId ? UNNAMED : 'Lines without a request');

const errorText = ({ type, message }) => [type, message].filter(Boolean).join(': ');

const firstLine = (text) => text.split('\n', 1)[0];

/** Returns the duration that a user waits: a cold start comes before the duration of the request. */
const waited = (request) =>
  (request.durationMs || 0) + ((request.coldStart && request.initDurationMs) || 0);

/** Returns how a request is shown: `bad`, `late`, `ok`, or its outcome if it was not judged. */
const toneOf = (request, summary) => {
  if (summary.failureOutcomes.includes(request.outcome)) return 'bad';
  if (request.outcome !== 'answered') return request.outcome;
  return request.late ? 'late' : 'ok';
};

/* Groups of failures, and intents */

/** Returns the beginning of a message, as a group has it. */
const headline = ({ message = '' } = {}) => firstLine(message.trim()).slice(0, 300);

/** Returns the key of a failed request's group: what its failures have in common. */
const groupOf = ({ outcome, error, pattern = headline(error) }) =>
  JSON.stringify([outcome, error?.type, pattern, error?.location]);

/** Groups the failures, the most frequent first. */
const groupFailures = (failures) => {
  const groups = new Map();
  for (const request of failures) {
    const key = groupOf(request);
    const { outcome, error, pattern, startTimeMs: lastMs } = request;
    const message = headline(error);
    const group = groups.get(key);
    if (!group) {
      const { type, location } = error || {};
      groups.set(key, { key, outcome, type, message, location, count: 1, lastMs });
    } else {
      group.count++;
      group.lastMs = Math.max(group.lastMs, lastMs);
      // The parts that differ from message to message are left out.
      if (group.message !== message) group.message = pattern;
    }
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || b.lastMs - a.lastMs);
};

/** Counts the requests of each intent or request type, the most frequent first. */
const countIntents = (requests, isFailure) => {
  const intents = new Map();
  for (const request of requests) {
    if (!request.requestId) continue;
    const name = nameOf(request);
    const intent = intents.get(name) || { name, count: 0, failed: 0, durations: [] };
    intents.set(name, intent);
    intent.count++;
    if (isFailure(request)) intent.failed++;
    if (request.durationMs !== undefined) intent.durations.push(request.durationMs);
  }
  const rows = [...intents.values()].map(({ durations, ...intent }) => {
    durations.sort((a, b) => a - b);
    const [p50, p95, max] = [50, 95, 100].map((percent) => percentile(durations, percent));
    return { ...intent, durationsMs: durations.length ? { p50, p95, max } : null };
  });
  return rows.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
};

/** Returns a value that occurred, the nearest rank; `undefined` if there is none. */
const percentile = (sorted, percent) =>
  sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];

/* Time */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14, 30, 90, 365].map((count) => count * DAY),
];

/** Returns the shortest step that divides the length into at most `most` parts. */
const stepFor = (length, most) =>
  STEPS.find((step) => length / step <= most) || Math.max(1, length / most);

/**
 * Returns the multiples of the step in local time, which is that many milliseconds before or after
 * UTC at a time: ticks of six hours are at midnight, not at the midnight of UTC.
 */
const ticksOf = ([from, to], step, offsetAt) => {
  const ticks = [];
  let local = Math.ceil((from + offsetAt(from)) / step) * step;
  for (; ticks.length < 1000; local += step) {
    // The offset of the tick itself may differ from the one of the time before it.
    const near = local - offsetAt(from);
    const tick = local - offsetAt(near);
    if (tick > to) break;
    if (tick >= from) ticks.push(tick);
  }
  return ticks;
};

/** Returns empty bins of one step: `{from, to, ok, late, bad, other}`. */
const emptyBins = ([from, to], step, offsetAt) => {
  const first = Math.floor((from + offsetAt(from)) / step) * step - offsetAt(from);
  const count = Math.max(1, Math.min(5000, Math.ceil((to - first) / step)));
  return Array.from({ length: count }, (_, at) => ({
    from: first + at * step,
    to: first + (at + 1) * step,
    ok: 0,
    late: 0,
    bad: 0,
    other: 0,
  }));
};

/** Counts the requests in the bins by their tone. */
const fillBins = (bins, requests, toneOf) => {
  const [{ from, to }] = bins;
  for (const request of requests) {
    const bin = bins[Math.floor((request.startTimeMs - from) / (to - from))];
    if (!bin || !request.requestId) continue;
    const tone = toneOf(request);
    bin[tone in bin ? tone : 'other']++;
  }
  return bins;
};

/** Returns the bins that a summary without requests has. */
const summaryBins = ({ stepMs, counts }) =>
  counts.map(({ startMs, answered, failed }) => ({
    from: startMs,
    to: startMs + stepMs,
    ok: answered,
    late: 0,
    bad: failed,
    other: 0,
  }));

const totalOf = (bin) => bin.ok + bin.late + bin.bad + bin.other;

/* Search */

// The words in the JSON of lines besides their texts: a match of them may be none of a text.
const STRUCTURE = ['timems', 'level', 'kind', 'text', 'platform', 'init', 'request', 'response']
  .concat(['failure', 'output'])
  .join(' ');

/** Returns a function that returns whether a request contains the text, in any case. */
const matcher = (query, labels) => {
  const wanted = query.toLowerCase();
  const has = (value) => value !== undefined && String(value).toLowerCase().includes(wanted);
  // The JSON of most requests cannot contain the text. Only the others are parsed: those in which the
  // ASCII part of it is found, since other characters are escaped there and have two cases.
  const inJson = JSON.stringify(query).slice(1, -1).replace(/</g, '\\u003c');
  const [ascii] = inJson.split(/[^ -~]+/).sort((a, b) => b.length - a.length);
  const pattern = new RegExp(ascii.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'i');
  const words = wanted.match(/[a-z]+/g) || [];
  const isSure = ascii === inJson && !words.every((word) => STRUCTURE.includes(word));
  const inLines = (request) =>
    pattern.test(request.text) &&
    // An escape's letter is none of the text: `\n` may be in front of the text's `meow`.
    ((isSure && !request.text.includes('\\')) ||
      linesOf(request).some((line) => has(line.text) || has(line.level)));
  return (request) =>
    has(request.requestId) ||
    has(nameOf(request)) ||
    has(request.requestType) ||
    has(request.logStream) ||
    has(labels[request.outcome]) ||
    (request.error !== undefined && has(errorText(request.error))) ||
    inLines(request);
};

/* Links to the console */

/**
 * Escapes a value in a URL of the CloudWatch console: percent-encoded twice, with `$` for `%`. Its
 * parameters are encoded once. See <https://stackoverflow.com/a/60818699>.
 */
const escapeForConsole = (text) => encodeURIComponent(encodeURIComponent(text)).replace(/%/g, '$');

/** Returns the URL of a log stream in the console, at the beginning of a request. */
const consoleUrl = (summary, request) => {
  const { consoleHost, region, logGroup } = summary;
  if (!consoleHost || !logGroup || !request.logStream) return undefined;
  const group = escapeForConsole(logGroup);
  const stream = escapeForConsole(request.logStream);
  const from = encodeURIComponent(`?start=${request.startTimeMs}`).replace(/%/g, '$');
  return (
    `https://${consoleHost}/cloudwatch/home?region=${encodeURIComponent(region)}` +
    `#logsV2:log-groups/log-group/${group}/log-events/${stream}${from}`
  );
};

/* JSON */

const JSON_TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\b\d[\d.eE+-]*/g;

/** Splits formatted JSON into `{text, style}` by its tokens. */
const splitJson = (text) => {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(JSON_TOKEN)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index), style: '' });
    const style = match[2] ? 'key' : match[1] ? 'string' : 'literal';
    parts.push({ text: match[1] || match[0], style });
    if (match[2]) parts.push({ text: match[2], style: '' });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), style: '' });
  return parts;
};
