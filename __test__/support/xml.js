'use strict';

// Reads single elements of XML responses. Enough for responses whose elements hold text only.

/** Returns the text of every element with a name, unescaped. */
function elements(xml, name) {
  const found = String(xml).matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'));
  return [...found].map(([, text]) => unescapeXml(text));
}

/** Returns the text of the first element with a name. */
function element(xml, name) {
  return elements(xml, name)[0];
}

function unescapeXml(text) {
  const characters = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text
    .replace(/&#(x?)([0-9a-f]+);/gi, (_, hex, code) =>
      String.fromCodePoint(parseInt(code, hex ? 16 : 10)),
    )
    .replace(/&(amp|lt|gt|quot|apos);/g, (_, name) => characters[name]);
}

module.exports = { element, elements };
