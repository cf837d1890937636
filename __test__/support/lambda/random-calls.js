'use strict';

// Random parameters and answers for the operations of aws-sdk version 2, by its own shapes.

/** Below this depth, optional members are left out. */
const MAX_DEPTH = 4;

const WRONG = [null, undefined, 5, 'x', true, {}, [], { Nope: 1 }, new Date(0)];

/** Values that a skill may pass, by type. */
const PARAMETERS = {
  boolean: [true, false],
  integer: [0, 1, 5, '7'],
  float: [0, 1.5, '2.5'],
  timestamp: [new Date(1e12), '2020-01-01T00:00:00Z', 1600000000],
  binary: [Buffer.from('a'), 'text', new Uint8Array([1])],
  string: ['a', '', 'tea-1'],
};

/** Values that a service may send, by type. */
const ANSWERS = {
  boolean: [true, false, 'true'],
  integer: [0, 1, 5],
  float: [0, 1.5],
  timestamp: [1e9, 1600000000.125],
  binary: ['bGVhZg=='],
  string: ['a', '', 'tea-1'],
};

/** @param {() => number} chance a generator of numbers from 0 up to 1 */
function randomCalls(chance) {
  const pick = (list) => list[Math.floor(chance() * list.length)];
  const times = (make) => Array.from({ length: pick([0, 1, 2]) }, (_, at) => make(at));

  /** `wrong` is the share of values of another type, and of unknown members. */
  function parameters(shape, wrong = 0, depth = 0) {
    if (depth > 0 && chance() < wrong) return pick(WRONG);
    const inside = (member) => parameters(member, wrong, depth + 1);
    if (shape.type === 'list') return times(() => inside(shape.member));
    if (shape.type === 'map') {
      return Object.fromEntries(times((at) => [`k${at}`, inside(shape.value)]));
    }
    if (shape.type !== 'structure') return pick(PARAMETERS[shape.type]);
    const isGiven = (name) =>
      (shape.required || []).includes(name) || (depth <= MAX_DEPTH && chance() < 0.5);
    const names = shape.memberNames.filter(isGiven);
    const members = names.map((name) => [name, inside(shape.members[name])]);
    return { ...Object.fromEntries(members), ...(chance() < wrong && { Extra: 1 }) };
  }

  function answer(shape, depth = 0) {
    if (depth > 0 && chance() < 0.03) return null;
    const inside = (member) => answer(member, depth + 1);
    if (shape.type === 'list') return times(() => inside(shape.member));
    if (shape.type === 'map') {
      return Object.fromEntries(times((at) => [`k${at}`, inside(shape.value)]));
    }
    if (shape.type !== 'structure') return pick(ANSWERS[shape.type]);
    const names = shape.memberNames.filter(() => depth <= MAX_DEPTH && chance() < 0.7);
    const members = names.map((name) => [name, inside(shape.members[name])]);
    return { ...Object.fromEntries(members), ...(chance() < 0.1 && { Extra: 1 }) };
  }

  return { parameters, answer };
}

module.exports = { randomCalls };
