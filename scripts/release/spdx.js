'use strict';

// Licence expressions as crates write them: `(MIT OR Apache-2.0) AND Unicode-3.0`, and the older
// `MIT/Apache-2.0`.

/** Whether an expression can be met by licences that are allowed, given as a set of their names. */
function isAllowed(expression, allowed) {
  const tokens = tokensOf(expression);
  const verdict = anyOf(tokens, allowed);
  if (tokens.length > 0) throw new Error(`'${expression}' is no licence expression`);
  return verdict;
}

// An exception adds permissions: what is allowed without it is allowed with it.
function tokensOf(expression) {
  const plain = expression.replaceAll('/', ' OR ').replace(/\s+WITH\s+[^\s()]+/g, '');
  return plain.match(/[()]|[^\s()]+/g) || [];
}

function anyOf(tokens, allowed) {
  let verdict = allOf(tokens, allowed);
  while (tokens[0] === 'OR') {
    tokens.shift();
    // Read in any case: what follows is behind it.
    verdict = allOf(tokens, allowed) || verdict;
  }
  return verdict;
}

function allOf(tokens, allowed) {
  let verdict = one(tokens, allowed);
  while (tokens[0] === 'AND') {
    tokens.shift();
    verdict = one(tokens, allowed) && verdict;
  }
  return verdict;
}

function one(tokens, allowed) {
  const token = tokens.shift();
  if (token !== '(') return allowed.has(token);
  const verdict = anyOf(tokens, allowed);
  if (tokens.shift() !== ')') throw new Error('A licence expression lacks a closing parenthesis');
  return verdict;
}

module.exports = { isAllowed };
