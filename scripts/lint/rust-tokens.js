'use strict';

// Splits Rust source into comments, strings and identifiers. Enough for checks that read
// text or paths; numbers and operators are left out.

const TOKEN = new RegExp(
  [
    /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)/,
    /(?<raw>\b[bc]?r(?<hashes>#*)"[\s\S]*?"\k<hashes>)/,
    /(?<string>\b[bc]?"(?:\\[\s\S]|[^"\\])*"|"(?:\\[\s\S]|[^"\\])*")/,
    /(?<char>b?'(?:\\(?:u\{[^}]*\}|x[0-9a-fA-F]{2}|.)|[^\\'\n])')/,
    /(?<lifetime>'[A-Za-z_]\w*)/,
    /(?<word>[A-Za-z_]\w*)/,
  ]
    .map((part) => part.source)
    .join('|'),
  'gu',
);

/** @returns {{kind: string, text: string, start: number}[]} */
function rustTokens(source) {
  return [...source.matchAll(TOKEN)].map((match) => {
    const kind = Object.keys(match.groups).find(
      (name) => name !== 'hashes' && match.groups[name] !== undefined,
    );
    return { kind: kind === 'raw' ? 'string' : kind, text: match[0], start: match.index };
  });
}

/** Returns the source with comments and strings replaced by spaces, every offset unchanged. */
function withoutText(source) {
  let code = source;
  for (const { kind, text, start } of rustTokens(source)) {
    if (!['comment', 'string', 'char'].includes(kind)) continue;
    const blank = text.replace(/[^\n]/g, ' ');
    code = code.slice(0, start) + blank + code.slice(start + text.length);
  }
  return code;
}

module.exports = { rustTokens, withoutText };
