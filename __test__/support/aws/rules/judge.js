'use strict';

// Runs a case against a server of its own, and compares the answers.

/**
 * Returns how the answer to a case differs from the expected one, or `undefined`.
 *
 * @param {(options: object) => Promise<object>} start starts a server
 * @param {object} one a case: `options` of the server, `given(server)` prepares it, `request(server)`
 *   resolves to the answer that is compared with `answer`
 * @param {string[]} rulesOff
 */
async function judge(start, { options, given, request, answer: expected }, rulesOff = []) {
  const server = await start({
    ...options,
    rulesOff: [...(options?.rulesOff ?? []), ...rulesOff],
  });
  try {
    await given?.(server);
    return differences(await answerTo(request, server), expected);
  } finally {
    await server.close();
  }
}

/** The answer, or `{failed: true}` where the connection ended before it had come. */
async function answerTo(request, server) {
  try {
    return await request(server);
  } catch (error) {
    if (error.code !== 'ECONNRESET') throw error;
    return { failed: true };
  }
}

/** `expected` has values, regular expressions, and `undefined` for what must not be there. */
function differences(actual, expected, path = '') {
  for (const [name, wanted] of Object.entries(expected)) {
    const where = path + name;
    const value = actual?.[name];
    if (wanted instanceof RegExp) {
      if (!wanted.test(value)) return `${where} is ${short(value)}, not ${wanted}`;
    } else if (wanted !== null && typeof wanted === 'object') {
      const difference = differences(value, wanted, `${where}.`);
      if (difference) return difference;
    } else if (value !== wanted) {
      return `${where} is ${short(value)}, not ${short(wanted)}`;
    }
  }
  return undefined;
}

const short = (value) => String(JSON.stringify(value)).slice(0, 300);

module.exports = { judge };
