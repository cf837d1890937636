'use strict';

// Finds the critical path of a client in round trips: the longest chain of requests, each sent after
// the response to the one before. With a latency far above everything else, these are the requests
// that depend on each other.

/**
 * @param {{start: number, end: number, service: string, operation: string}[]} recorded
 * @returns {{depth: number, steps: string[], busy: number}} `depth` in round trips, `steps` with the
 *   requests of each one, and `busy` with the seconds during which a response was pending
 */
function criticalPath(recorded) {
  const requests = recorded.map((request) => ({ ...request })).sort((a, b) => a.start - b.start);
  const byEnd = [...requests].sort((a, b) => a.end - b.end);
  let answered = 0;
  let deepest = 0;
  const steps = [];
  for (const request of requests) {
    for (; byEnd[answered].end <= request.start; answered++) {
      deepest = Math.max(deepest, byEnd[answered].depth);
    }
    request.depth = deepest + 1;
    (steps[deepest] ??= []).push(`${request.service}:${request.operation}`);
  }
  return { depth: steps.length, steps: steps.map(counted), busy: busySeconds(requests) };
}

/** `['a', 'b', 'a']` as `2 × a, b`. */
function counted(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count > 1 ? `${count} × ${name}` : name)).join(', ');
}

function busySeconds(requests) {
  let busy = 0;
  let until = -Infinity;
  for (const { start, end } of requests) {
    busy += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return busy / 1000;
}

module.exports = { criticalPath };
