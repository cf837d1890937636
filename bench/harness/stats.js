'use strict';

// Figures as people read them, and goals as figures meet them.

const { spread } = require('./measure');

const digits = (value) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);

function seconds(value) {
  if (value < 1) return `${(value * 1000).toFixed(digits(value * 1000))} ms`;
  return `${value.toFixed(digits(value))} s`;
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(digits(bytes / 1e6))} MB`;
const count = (value) => value.toLocaleString('en-US');
const times = (value) => `${value.toFixed(digits(value))} times`;

/** The median of a figure of a side; undefined where the side or the figure is not there. */
function median(results, side, figure = 'work') {
  const found = results.find(({ name }) => name === side);
  return found && spread(found.runs, figure)?.median;
}

/** `1.20 s (1.10 s to 1.31 s)` */
function spreadText(runs, figure, text) {
  const found = spread(runs, figure);
  if (!found) return '';
  const { median, min, max } = found;
  return min === max ? text(median) : `${text(median)} (${text(min)} to ${text(max)})`;
}

/** A goal as "so many times as fast": `met` is undefined where there is nobody to compare with. */
function ratioGoal(text, results, { side, by, figure = 'work', ours = 'ours' }) {
  const [own, other] = [median(results, ours, figure), median(results, side, figure)];
  if (own === undefined || other === undefined) return { text, measured: `no ${side} here` };
  return { text, measured: times(other / own), met: other / own >= by };
}

/** A goal as a limit that one figure has to keep below. */
function limitGoal(text, value, limit, show) {
  return { text, measured: show(value), met: value <= limit };
}

module.exports = { seconds, megabytes, count, times, median, spreadText, ratioGoal, limitGoal };
