'use strict';

/** Control characters other than line breaks and tabs, and marks that change the direction of text. */
const UNSAFE = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Replaces what a terminal would obey in a text from elsewhere, such as an answer of a skill. */
function printable(text) {
  const number = (character) => character.codePointAt(0).toString(16).toUpperCase();
  return text.replace(UNSAFE, (character) => `<U+${number(character).padStart(4, '0')}>`);
}

/** Returns plain data with each text in it as `printable` returns it. */
function printableData(value) {
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map(printableData);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, printableData(of)]));
}

module.exports = { printableData };
