'use strict';

// Text that is like source code to a compressor: words that come again, unevenly often, in
// statements that look alike but are not the same. It deflates to about a quarter, as npm's packages do.

const SYLLABLES = 'al be cor dis en fac get han in jo key lis map node ob par que re set to'.split(
  ' ',
);

/** About so many bytes; `chance` decides which. */
function sourceText(chance, size) {
  const names = Array.from({ length: 90 }, () => word(chance));
  // The first names are used most, as in real sources.
  const name = () => names[Math.floor(chance() ** 2.5 * names.length)];
  const lines = [];
  for (let length = 0; length < size;) {
    const line = STATEMENTS[Math.floor(chance() * STATEMENTS.length)](name, chance);
    lines.push(line);
    length += line.length + 1;
  }
  return lines.join('\n').slice(0, size);
}

function word(chance) {
  const count = 1 + Math.floor(chance() * 3);
  const parts = Array.from(
    { length: count },
    () => SYLLABLES[Math.floor(chance() * SYLLABLES.length)],
  );
  return parts.map((part, at) => (at ? part[0].toUpperCase() + part.slice(1) : part)).join('');
}

const number = (chance) => Math.floor(1 / (chance() + 0.0005));

const STATEMENTS = [
  (name) => `  const ${name()} = ${name()}.${name()}(${name()}, ${name()});`,
  (name, chance) => `  if (${name()}.length > ${number(chance)}) return ${name()};`,
  (name) => `function ${name()}(${name()}, ${name()}) {`,
  () => '}',
  () => '',
  (name) => `  // The ${name()} of ${name()} is ${name()} where ${name()} has ${name()}.`,
  (name) => `  ${name()}.${name()} = ${name()} || {};`,
  (name) => `exports.${name()} = ${name()};`,
  (name) => `    throw new Error('${name()} ${name()}: ' + ${name()}.message);`,
  (name, chance) => `  for (let i = 0; i < ${number(chance)}; i++) ${name()}[i] = ${name()}(i);`,
  (name, chance) => `  '${name()}-${name()}': { ${name()}: ${number(chance)}, ${name()}: true },`,
  (name) => `var ${name()} = require('./${name()}');`,
];

module.exports = { sourceText };
