'use strict';

// The tokens of a query of Logs Insights.

const WORD = /[@\w.]+/y;
const SIGN = /!=|<=|>=|[()|,=<>*]/y;

/**
 * Splits a query into tokens. Regular expressions stand between slashes, comments begin with `#`.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 * @returns {{kind: 'word' | 'sign' | 'text' | 'regex', value: any}[]}
 */
function tokensOf(query) {
  const tokens = [];
  let at = 0;
  const match = (pattern) => {
    pattern.lastIndex = at;
    return pattern.exec(query)?.[0];
  };
  while (at < query.length) {
    const char = query[at];
    if (/\s/.test(char)) at++;
    else if (char === '#') at = endOfLine(query, at);
    else if (char === '/') {
      const end = endOfRegex(query, at + 1);
      tokens.push({ kind: 'regex', value: toRegExp(query.slice(at + 1, end)) });
      at = end + 1;
    } else if (char === '"' || char === "'") {
      const end = query.indexOf(char, at + 1);
      tokens.push({ kind: 'text', value: query.slice(at + 1, end) });
      at = end + 1;
    } else {
      const word = match(WORD);
      const value = word ?? match(SIGN);
      if (!value) throw new SyntaxError(`unexpected symbol found ${char}`);
      tokens.push({ kind: word ? 'word' : 'sign', value });
      at += value.length;
    }
  }
  return tokens;
}

function endOfLine(query, at) {
  const end = query.indexOf('\n', at);
  return end < 0 ? query.length : end;
}

function endOfRegex(query, from) {
  for (let at = from, inClass = false; at < query.length; at++) {
    if (query[at] === '\\') at++;
    else if (query[at] === '[') inClass = true;
    else if (query[at] === ']') inClass = false;
    else if (query[at] === '/' && !inClass) return at;
  }
  throw new SyntaxError('a regular expression does not end');
}

function toRegExp(source) {
  const [, flags = '', rest] = /^(?:\(\?(i)\))?([\s\S]*)$/.exec(source);
  return new RegExp(rest, flags);
}

module.exports = { tokensOf };
