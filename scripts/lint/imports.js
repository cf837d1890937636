'use strict';

// Checks the imports of the Rust modules: `node scripts/lint/imports.js`. No cycle between files,
// and no import that points up: neither to a higher layer, nor from a module to one that
// contains it, nor from one deployer to another. Code for tests only may import anything.

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../lib/cargo');
const { runMain } = require('../lib/exec');
const { withoutText } = require('./rust-tokens');

/** The layers from top to bottom: the beginnings of module paths. The longest one counts. */
const LAYERS = [
  ['lib'],
  ['node'],
  ['deploy', 'operate'],
  ['assets', 'lambda', 'logs'],
  ['aws'],
  ['config', 'deploy::request', 'deploy::change'],
  ['output', 'fs'],
  ['error'],
];

/** The layer whose folders do not import each other. */
const SEPARATE = LAYERS.findIndex((names) => names.includes('assets'));

/** Reads the modules of a crate: `lib.rs` and what it declares, without modules of tests. */
class Crate {
  constructor(folder) {
    this.folder = folder;
    /** Module path such as `assets::upload` -> { file, code, children }. */
    this.modules = new Map();
    this.read('', 'lib.rs');
  }

  read(name, file) {
    const code = withoutTests(withoutText(fs.readFileSync(path.join(this.folder, file), 'utf8')));
    const children = [...code.matchAll(/\bmod\s+(\w+)\s*;/g)].map(([, child]) => child);
    this.modules.set(name, { name, file, code, children });
    const isFolder = ['lib.rs', 'mod.rs'].includes(path.basename(file));
    const inside = isFolder ? path.dirname(file) : file.replace(/\.rs$/, '');
    for (const child of children) {
      const choices = [path.join(inside, `${child}.rs`), path.join(inside, child, 'mod.rs')];
      const found = choices.find((one) => fs.existsSync(path.join(this.folder, one)));
      if (found) this.read(join(name, child), found.split(path.sep).join('/'));
    }
  }

  /** The module that a path leads into, as the longest part of it that is one. */
  moduleAt(segments) {
    for (let length = segments.length; length > 0; length -= 1) {
      const name = segments.slice(0, length).join('::');
      if (this.modules.has(name)) return this.modules.get(name);
    }
    return this.modules.get('');
  }
}

/** Returns the code without items under `#[cfg(test)]`, every offset unchanged. */
function withoutTests(code) {
  let result = code;
  for (const { index } of code.matchAll(/#\[cfg\((?:test|all\(test\b|any\(test\b)/g)) {
    const end = endOfItem(code, index);
    const blank = code.slice(index, end).replace(/[^\n]/g, ' ');
    result = result.slice(0, index) + blank + result.slice(end);
  }
  return result;
}

/** Where an item ends that begins with attributes: at its `;` or its closing brace. */
function endOfItem(code, start) {
  let depth = 0;
  for (let at = start; at < code.length; at += 1) {
    if ('([{'.includes(code[at])) depth += 1;
    if (')]}'.includes(code[at])) depth -= 1;
    if (depth === 0 && (code[at] === ';' || code[at] === '}')) return at + 1;
    // The last field or variant of a list has no comma.
    if (depth < 0) return at;
  }
  return code.length;
}

/** Returns the imports of a module: `{ to, line, text }`. */
function importsOf(crate, module) {
  const aliases = new Map();
  const found = [];
  const add = (segments, at, text) => {
    const target = crate.moduleAt(segments);
    const line = module.code.slice(0, at).split('\n').length;
    if (target !== module) found.push({ to: target, line, text });
  };

  const inline = module.code.replace(/\buse\s+([^;]+);/g, (statement, tree, at) => {
    for (const { segments, alias } of leaves(tree)) {
      const full = absolute(segments, module);
      if (!full) continue;
      add(full, at, segments.join('::'));
      if (crate.modules.has(full.join('::'))) aliases.set(alias, full);
    }
    return statement.replace(/[^\n]/g, ' ');
  });

  for (const match of inline.matchAll(/(?<![\w:])(\w+)((?:\s*::\s*\w+)+)/g)) {
    const segments = match[0].replace(/\s/g, '').split('::');
    const alias = aliases.get(segments[0]);
    const full = alias ? [...alias, ...segments.slice(1)] : absolute(segments, module);
    if (full) add(full, match.index, segments.join('::'));
  }
  return found;
}

/** The paths of a `use` tree, each with the name that it introduces. */
function leaves(tree, prefix = []) {
  const text = tree.trim();
  const brace = text.indexOf('{');
  if (brace < 0) {
    const [whole, , renamed] = /^(.*?)(\s+as\s+(\w+))?$/s.exec(text).slice(1, 4);
    const own = whole.split('::').map((one) => one.trim());
    const segments = [...prefix, ...own].filter((one) => one !== '');
    const isSelf = segments.length > 1 && segments.at(-1) === 'self';
    const plain = isSelf ? segments.slice(0, -1) : segments;
    return [{ segments: plain.filter((one) => one !== '*'), alias: renamed ?? plain.at(-1) }];
  }
  const start = text
    .slice(0, brace)
    .split('::')
    .map((one) => one.trim())
    .filter(Boolean);
  const inner = text.slice(brace + 1, text.lastIndexOf('}'));
  return splitList(inner).flatMap((one) => leaves(one, [...prefix, ...start]));
}

/** Splits at the commas that are not within braces. */
function splitList(text) {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.filter((part) => part.trim() !== '');
}

/** A path from the crate's root, or nothing for one of another crate. */
function absolute(segments, module) {
  const own = module.name === '' ? [] : module.name.split('::');
  const [first, ...rest] = segments;
  if (first === 'crate') return rest;
  if (first === 'self') return [...own, ...rest];
  if (module.children.includes(first)) return [...own, ...segments];
  if (first !== 'super') return undefined;
  const ups = segments.findIndex((one) => one !== 'super');
  const count = ups < 0 ? segments.length : ups;
  return [...own.slice(0, own.length - count), ...segments.slice(count)];
}

const join = (...names) => names.filter(Boolean).join('::');

/** Returns the layer of a module: its number from the top, and the name that it goes by. */
function layerOf({ name }) {
  const own = name || 'lib';
  const matches = LAYERS.flatMap((names, number) =>
    names
      .filter((one) => own === one || own.startsWith(`${one}::`))
      .map((one) => ({ number, one })),
  );
  return matches.sort((a, b) => b.one.length - a.one.length)[0];
}

/** Returns why an import points up, if it does. */
function upward(from, to) {
  if (to.name === '' || from.name.startsWith(`${to.name}::`)) {
    return 'a module does not import from one that contains it: move the item to a leaf module';
  }
  const [upper, lower] = [layerOf(from), layerOf(to)];
  if (!lower) return `${to.name} has no layer: add it to LAYERS in scripts/lint/imports.js`;
  if (!upper) return `${from.name} has no layer: add it to LAYERS in scripts/lint/imports.js`;
  if (lower.number < upper.number) return `${lower.one} is above ${upper.one}`;
  const isSeparate = lower.number === SEPARATE && upper.number === SEPARATE;
  if (isSeparate && upper.one !== lower.one) return `${upper.one} and ${lower.one} are separate`;
  return undefined;
}

/** Returns the cycles between files, each as the modules in it. */
function cyclesOf(edges) {
  const next = new Map();
  for (const { from, to } of edges) next.set(from, (next.get(from) ?? new Set()).add(to));
  return stronglyConnected(next).filter((group) => group.length > 1);
}

// Tarjan's algorithm.
function stronglyConnected(next) {
  const groups = [];
  const stack = [];
  const seen = new Map();
  const visit = (node) => {
    const state = { index: seen.size, low: seen.size, isOpen: true };
    seen.set(node, state);
    stack.push(node);
    for (const other of next.get(node) ?? []) {
      if (!seen.has(other)) state.low = Math.min(state.low, visit(other).low);
      else if (seen.get(other).isOpen) state.low = Math.min(state.low, seen.get(other).index);
    }
    if (state.low === state.index) {
      const group = stack.splice(stack.indexOf(node));
      for (const member of group) seen.get(member).isOpen = false;
      groups.push(group);
    }
    return state;
  };
  for (const node of next.keys()) if (!seen.has(node)) visit(node);
  return groups;
}

/** Returns what is wrong with the imports of the crate whose lib.rs is in `folder`, a line each. */
function findings(folder) {
  const crate = new Crate(folder);
  const edges = [...crate.modules.values()].flatMap((from) =>
    importsOf(crate, from).map((one) => ({ from, ...one })),
  );
  const ups = edges.flatMap(({ from, to, line, text }) => {
    const reason = upward(from, to);
    return reason ? [`${from.file}:${line}: ${text} points up: ${reason}`] : [];
  });
  const cycles = cyclesOf(edges).map((group) => {
    const inside = edges.filter(({ from, to }) => group.includes(from) && group.includes(to));
    const lines = inside.map(
      ({ from, to, line, text }) => `  ${from.file}:${line} -> ${to.file} (${text})`,
    );
    return `a cycle between ${group.map(({ file }) => file).join(', ')}:\n${[...new Set(lines)].join('\n')}`;
  });
  return [...new Set(ups), ...cycles];
}

async function checkImports(folder = path.join(ROOT, 'src')) {
  const found = findings(folder);
  if (found.length > 0) throw new Error(`${found.join('\n')}\n${found.length} findings`);
}

module.exports = { checkImports, findings };

if (require.main === module) runMain(() => checkImports());
