'use strict';

// Formats figures, and compares them with goals.

const { summarize } = require('./measure');

const digits = (value) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);

function seconds(value) {
  if (value < 1) return `${(value * 1000).toFixed(digits(value * 1000))} ms`;
  return `${value.toFixed(digits(value))} s`;
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(digits(bytes / 1e6))} MB`;
const count = (value) => value.toLocaleString('en-US');
const times = (value) => `${value.toFixed(digits(value))} times`;

/** Returns the median of a figure of a side, or undefined if either is missing. */
function median(results, side, figure = 'work') {
  const found = results.find(({ name }) => name === side);
  return found && summarize(found.runs, figure)?.median;
}

/** Returns a median with its range, such as `1.20 s (1.10 s to 1.31 s)`. */
function summaryText(runs, figure, text) {
  const found = summarize(runs, figure);
  if (!found) return '';
  const { median, min, max } = found;
  return min === max ? text(median) : `${text(median)} (${text(min)} to ${text(max)})`;
}

/**
 * A goal to be `by` times as fast as a side. `own` is our figure, if it is another one. `met` is undefined if that side
 * is missing.
 */
function ratioGoal(text, results, { side, by, figure = 'work', own: ownFigure, ours = 'ours' }) {
  const own = median(results, ours, ownFigure ?? figure);
  const other = median(results, side, figure);
  if (own === undefined || other === undefined) return { text, measured: `${side} is missing` };
  return { text, measured: times(other / own), met: other / own >= by };
}

/** A goal with an upper limit for one figure. */
function limitGoal(text, value, limit, show) {
  return { text, measured: show(value), met: value <= limit };
}

module.exports = { seconds, megabytes, count, times, median, summaryText, ratioGoal, limitGoal };
