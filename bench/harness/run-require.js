'use strict';

// Loads a module in a process of its own, and prints the time and memory of it.

const before = process.memoryUsage().rss;
const start = performance.now();
require(process.argv[2]);
const work = (performance.now() - start) / 1000;
process.stdout.write(`${JSON.stringify({ work, added: process.memoryUsage().rss - before })}\n`);
process.exit();
