'use strict';

// Extracts what people read from source files: comments, strings, prose, and identifiers. Each
// extracted text knows the line of every character, so that a check can look at sentences that
// wrap over several lines.

const ts = require('typescript');
const { rustTokens } = require('./rust-tokens');

/** A text that people read, and where each of its characters stands in the file. */
class Passage {
  constructor(kind) {
    this.kind = kind;
    this.text = '';
    this.starts = [];
  }

  /** Appends a line; `separator` joins it to the text before. */
  add(line, text, separator = ' ') {
    if (this.starts.length > 0) this.text += separator;
    this.starts.push({ at: this.text.length, line });
    this.text += text;
    return this;
  }

  lineAt(offset) {
    return this.starts.filter(({ at }) => at <= offset).at(-1).line;
  }

  get lastLine() {
    return this.starts.at(-1).line;
  }
}

/** Returns the passages of a file, or nothing for a file of another kind. */
function passagesOf(name, source) {
  if (name.endsWith('.rs')) return rustPassages(source);
  if (/\.(js|ts)$/.test(name)) return scriptPassages(name, source);
  if (name.endsWith('.md')) return markdownPassages(source);
  if (name.endsWith('.schema.json')) return schemaPassages(source);
  if (/\.(toml|yml|py)$/.test(name)) return hashComments(source);
  return [];
}

function rustPassages(source) {
  const lineOf = lineCounter(source);
  const comments = [];
  const others = [];
  for (const { kind, text, start } of rustTokens(source)) {
    if (kind === 'comment') comments.push({ line: lineOf(start), text });
    if (kind === 'string') others.push(literal(lineOf(start), text.replace(/\\\n\s*/g, ' \n')));
    if (kind === 'word') others.push(new Passage('identifier').add(lineOf(start), text));
  }
  return [...joinComments(comments), ...others];
}

function scriptPassages(name, source) {
  const tree = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true);
  const lineOf = lineCounter(source);
  const comments = new Map();
  const others = [];
  const visit = (node) => {
    const leading = ts.getLeadingCommentRanges(source, node.getFullStart()) ?? [];
    const trailing = ts.getTrailingCommentRanges(source, node.getEnd()) ?? [];
    for (const { pos, end } of [...leading, ...trailing]) {
      comments.set(pos, { line: lineOf(pos), text: source.slice(pos, end) });
    }
    const line = lineOf(node.getStart());
    if (TEXT_KINDS.has(node.kind)) others.push(literal(line, node.text));
    if (ts.isIdentifier(node)) others.push(new Passage('identifier').add(line, node.text));
    node.getChildren().forEach(visit);
  };
  visit(tree);
  const inOrder = [...comments.entries()].sort(([a], [b]) => a - b).map(([, comment]) => comment);
  return [...joinComments(inOrder), ...others];
}

const TEXT_KINDS = new Set([
  ts.SyntaxKind.StringLiteral,
  ts.SyntaxKind.NoSubstitutionTemplateLiteral,
  ts.SyntaxKind.TemplateHead,
  ts.SyntaxKind.TemplateMiddle,
  ts.SyntaxKind.TemplateTail,
]);

function markdownPassages(source) {
  const passages = [];
  let isOpen = false;
  source.split('\n').forEach((text, index) => {
    const startsAnew = /^\s*([#|>]|[-*] |\d+\. |```|<!--)/.test(text);
    if (isOpen && !startsAnew && text.trim() !== '') passages.at(-1).add(index + 1, text.trim());
    else if (text.trim() !== '') passages.push(new Passage('prose').add(index + 1, text.trim()));
    isOpen = text.trim() !== '' && !/^\s*([#|]|```|<!--)/.test(text);
  });
  return passages;
}

/** The texts of the options' schema that people read. */
function schemaPassages(source) {
  return source.split('\n').flatMap((text, index) => {
    const match = /^\s*"(description|errorMessage|title|\$comment)": ("(?:\\.|[^"\\])*")/.exec(
      text,
    );
    return match ? [new Passage('prose').add(index + 1, JSON.parse(match[2]))] : [];
  });
}

function hashComments(source) {
  const comments = source.split('\n').flatMap((text, index) => {
    const match = /^(?:[^"'#]|"[^"]*"|'[^']*')*?(#.*)$/.exec(text);
    return match ? [{ line: index + 1, text: match[1] }] : [];
  });
  return joinComments(comments);
}

/** Joins comments of consecutive lines. A blank one ends a paragraph. */
function joinComments(comments) {
  const passages = [];
  for (const { line, text } of comments) {
    text.split('\n').forEach((part, index) => {
      const words = part.replace(/^\s*(\/\/[/!]?|\/\*+!?|\*\/|\*|#+!?)\s?|\s*\*\/\s*$/g, '').trim();
      const follows = passages.at(-1)?.lastLine === line + index - 1;
      const separator = words === '' || /^([-*] |@)/.test(words) ? '\n' : ' ';
      if (follows) passages.at(-1).add(line + index, words, separator);
      else passages.push(new Passage('comment').add(line + index, words));
    });
  }
  return passages;
}

/** A string, with the lines that it spans. */
function literal(line, text) {
  const passage = new Passage('string');
  text.split('\n').forEach((part, index) => passage.add(line + index, part));
  return passage;
}

function lineCounter(source) {
  const ends = [...source.matchAll(/\n/g)].map(({ index }) => index);
  return (offset) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

module.exports = { passagesOf };
