'use strict';

// Shows how far cargo is, from its output: in a terminal as one line that is rewritten, elsewhere as a
// line from time to time.

const CRATE = /^\s*Compiling (\S+) /gm;
const CRATES_PER_LINE = 50;

/**
 * Returns a function that takes cargo's output, and one that ends the line.
 *
 * @param {{isTTY?: boolean, write: (text: string) => unknown}} stream
 */
function compileProgress(stream) {
  let crates = 0;
  let rest = '';
  const show = (name) => {
    const line = `  compiling crate ${crates}`;
    if (stream.isTTY) stream.write(`\r\x1b[K${line}: ${name}`);
    else if (crates % CRATES_PER_LINE === 0) stream.write(`${line}\n`);
  };
  return {
    onOutput(text) {
      const lines = rest + text;
      rest = lines.slice(lines.lastIndexOf('\n') + 1);
      for (const [, name] of lines.slice(0, lines.length - rest.length).matchAll(CRATE)) {
        crates += 1;
        show(name);
      }
    },
    end() {
      if (stream.isTTY && crates > 0) stream.write('\r\x1b[K');
    },
  };
}

module.exports = { compileProgress };
