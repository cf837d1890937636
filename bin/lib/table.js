'use strict';

// Formats tables for a terminal.

/**
 * Returns the lines of a table.
 *
 * @param {string[]} head the names of the columns
 * @param {string[][]} rows
 */
function table(head, rows) {
  const widths = head.map((name, column) =>
    Math.max(...[head, ...rows].map((row) => row[column].length)),
  );
  const line = (row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ');
  return [head, ...rows].map((row) => line(row).trimEnd());
}

/** Returns a time that AWS or JavaScript writes, such as `2026-11-27 10:05`, in UTC. */
function shortTime(text) {
  const time = new Date(text);
  return Number.isNaN(time.getTime())
    ? String(text)
    : time.toISOString().slice(0, 16).replace('T', ' ');
}

module.exports = { shortTime, table };
