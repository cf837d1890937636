'use strict';

// Measures what the MD5 of a large file takes, which this module computes, and s5cmd does not.

const path = require('node:path');
const { limitGoal, median, seconds } = require('./stats');

const NAME = 'one MD5 pass';
const EXPLANATION = `Ours sends each part with its MD5. \`${NAME}\` is Node.js hashing the file once.`;

/** Returns a side that hashes `file` once. */
const md5Pass = (file) => ({
  name: NAME,
  command: [process.execPath, path.join(__dirname, 'md5-file.js'), file],
});

const withoutMd5Pass = (results) => results.filter(({ name }) => name !== NAME);

/** A goal for processor time: that of s5cmd, and of one pass over the file. */
function cpuGoal(results) {
  const text = "no more CPU than s5cmd's and one MD5 pass";
  const theirs = median(results, 's5cmd', 'cpu');
  if (theirs === undefined) return { text, measured: 's5cmd is missing' };
  const limit = theirs + median(results, NAME, 'cpu');
  return limitGoal(`${text}: ${seconds(limit)}`, median(results, 'ours', 'cpu'), limit, seconds);
}

module.exports = { cpuGoal, EXPLANATION, md5Pass, withoutMd5Pass };
