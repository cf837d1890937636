'use strict';

// Finds the known name that an unknown one was probably meant to be.

/** Returns the number of letters to insert, delete or replace. */
function distance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...from].entries()) {
    const next = [at + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = row[column - 1] + (to[column - 1] === letter ? 0 : 1);
      next.push(Math.min(replaced, row[column] + 1, next[column - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}

/** Returns the nearest of the known names, or undefined if none is near. */
function nearest(name, known) {
  const candidates = known.map((one) => [distance(name.toLowerCase(), one.toLowerCase()), one]);
  candidates.sort(([one], [other]) => one - other);
  const [found] = candidates;
  if (found && found[0] <= Math.max(1, Math.floor(name.length / 3))) return found[1];
  return name.length > 1 ? known.find((one) => one.startsWith(name)) : undefined;
}

/** Returns a question such as ` Did you mean status?`, or an empty text if no known name is near. */
function didYouMean(name, known) {
  const found = nearest(name, known);
  return found === undefined ? '' : ` Did you mean ${found}?`;
}

module.exports = { didYouMean };
