'use strict';

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escapeXml = (text) => String(text).replace(/[&<>"]/g, (character) => ENTITIES[character]);

/** Returns `{A: 'b', C: ['d', 'e']}` as `<A>b</A><C>d</C><C>e</C>`, without undefined values. */
function xml(value) {
  if (value === null || typeof value !== 'object') return escapeXml(value);
  const elements = Object.entries(value).flatMap(([name, content]) =>
    (Array.isArray(content) ? content : [content]).map((one) => [name, one]),
  );
  return elements
    .filter(([, content]) => content !== undefined)
    .map(([name, content]) => `<${name}>${xml(content)}</${name}>`)
    .join('');
}

module.exports = { xml };
