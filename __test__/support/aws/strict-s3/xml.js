'use strict';

// Writes and reads the little XML that S3 speaks. XML 1.0 cannot hold most control characters nor
// U+FFFE and U+FFFF; object keys can. S3 writes them all the same, so a strict parser fails on them.

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes as S3 does: control characters become references that XML 1.0 does not allow. */
function escape(text) {
  return text.replace(
    // eslint-disable-next-line no-control-regex
    /[&<>"\u0000-\u0008\u000b-\u001f]/g,
    (character) => ESCAPES[character] ?? `&#x${character.charCodeAt(0).toString(16)};`,
  );
}

const element = (name, text) => `<${name}>${escape(text)}</${name}>`;

const document = (content) => `<?xml version="1.0" encoding="UTF-8"?>\n${content}`;

/** A document whose root has S3's namespace. */
const result = (name, content) => document(`<${name} xmlns="${NAMESPACE}">${content}</${name}>`);

/**
 * Parses a document into `{name, text, children}`. Returns `undefined` for what is not well-formed;
 * `isCharacter` decides which characters are, in the text and as references.
 */
function parse(source, isCharacter = isXmlCharacter) {
  const root = { name: '', text: '', children: [] };
  const open = [root];
  const tokens = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<[^<>]*>|[^<]+|</g;
  for (const [token] of source.matchAll(tokens)) {
    if (/^<[?!]/.test(token)) continue;
    if (!consume(token, open, isCharacter)) return undefined;
  }
  return open.length === 1 && root.children.length === 1 ? root.children[0] : undefined;
}

function consume(token, open, isCharacter) {
  const parent = open[open.length - 1];
  const closing = /^<\/([\w.:-]+)\s*>$/.exec(token);
  if (closing) return open.length > 1 && open.pop().name === closing[1];
  const opening = /^<([\w.:-]+)(?:\s[^<>]*?)?(\/?)>$/.exec(token);
  if (opening) {
    const child = { name: opening[1], text: '', children: [] };
    parent.children.push(child);
    if (!opening[2]) open.push(child);
    return true;
  }
  const text = token.startsWith('<') ? undefined : unescape(token, isCharacter);
  if (text === undefined) return false;
  parent.text += text;
  return open.length > 1 || text.trim() === '';
}

/** The text without references, or `undefined` if it is not well-formed. */
function unescape(source, isCharacter) {
  const named = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  let isWellFormed = true;
  const text = source.replace(/&(?:#(\d+)|#x([\da-fA-F]+)|(\w+));|&/g, (_, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : parseInt(hex ?? '', 16);
    const character = name ? named[name] : isCodePoint(code) && String.fromCodePoint(code);
    if (!character) isWellFormed = false;
    return character || '';
  });
  return isWellFormed && [...text].every(isCharacter) ? text : undefined;
}

const isCodePoint = (code) => Number.isInteger(code) && code >= 0 && code <= 0x10ffff;

/** Whether XML 1.0 allows a character: https://www.w3.org/TR/xml/#charsets */
function isXmlCharacter(character) {
  const code = character.codePointAt(0);
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff;
}

const child = (node, name) => node.children.find((one) => one.name === name);
const childText = (node, name) => child(node, name)?.text;
const childrenOf = (node, name) => node.children.filter((one) => one.name === name);

module.exports = { element, document, result, parse, isXmlCharacter, child, childText, childrenOf };
