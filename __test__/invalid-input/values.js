'use strict';

// Values that every option rejects, and objects with a value at any place.

const getters = new WeakSet();

/** Marks a function that is defined as a getter, instead of a value. */
function getter(get) {
  getters.add(get);
  return get;
}

const throwing = (what) => () => {
  throw what;
};

/** Values that are not plain data, by name. Each call creates a new one. */
const NOT_PLAIN_DATA = {
  NaN: () => NaN,
  Infinity: () => -Infinity,
  'a bigint': () => 1n,
  'a symbol': () => Symbol('s'),
  'a function': () => () => 'text',
  'a class': () => class Text {},
  'a cyclic object': () => {
    const cycle = {};
    cycle.cycle = cycle;
    return cycle;
  },
  'a cyclic list': () => {
    const cycle = [];
    cycle.push(cycle, cycle);
    return cycle;
  },
  'a map': () => new Map([['text', 'text']]),
  'a regular expression': () => /text/,
  'a promise': () => Promise.resolve('text'),
  'an invalid date': () => new Date(NaN),
  'a typed array': () => new Uint8Array(8),
  'a shared buffer': () => new SharedArrayBuffer(8),
  'a boxed string': () => new String('text'),
  'a getter that throws': () => getter(throwing(new Error('expected'))),
  'a getter that throws undefined': () => getter(throwing(undefined)),
  'a getter that throws a value without a string': () => getter(throwing(Object.create(null))),
  'a toJSON that throws': () => ({ toJSON: throwing(new Error('expected')) }),
  'a toJSON that returns itself': () => ({
    toJSON() {
      return this;
    },
  }),
  'a proxy that throws': () => new Proxy({}, { get: throwing(7), ownKeys: throwing(7) }),
  'a list that is a proxy that throws': () => new Proxy([], { get: throwing(7) }),
  'a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
};

/** Values that take long to read, or to create. */
const HUGE = {
  'a value of 100,000 levels': () => {
    let deep = {};
    for (let level = 0; level < 100_000; level += 1) deep = { deep };
    return deep;
  },
  'a sparse list of 4,294,967,295': () => new Array(4_294_967_295),
  'a string of 20 million characters': () => 'x'.repeat(20_000_000),
  'a proxy with 300,000 keys': () =>
    new Proxy(
      {},
      {
        ownKeys: () => Array.from({ length: 300_000 }, (_, key) => `k${key}`),
        getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }),
      },
    ),
};

/** Plain data that is not of a type. */
const WRONG_TYPE = {
  string: [7, true, [], {}, ['text']],
  integer: ['', 'x', '7', true, [], {}, 1.5, -1, 1e300, 2 ** 53],
  float: ['', 'x', true, [], {}],
  bool: ['', 'true', 0, 1, [], {}],
  strings: ['', 'text', 7, true, {}, [7], [null], [[]], ['text', {}]],
  object: ['', 'text', 7, true, [], [{}]],
  oneOf: ['', 'nonsense', 'ACL ', 7, true, [], {}],
};

/** Returns an object with a value at a place such as `a.list[0].b`, and with its siblings there. */
function objectWith(place, value, siblings = {}) {
  const steps = place.replaceAll('[0]', '.0').split('.');
  const root = {};
  let holder = root;
  steps.slice(0, -1).forEach((step, index) => {
    holder[step] = steps[index + 1] === '0' ? [] : {};
    holder = holder[step];
  });
  Object.assign(holder, siblings);
  const last = steps.at(-1);
  if (getters.has(value)) {
    Object.defineProperty(holder, last, { get: value, enumerable: true });
  } else {
    holder[last] = value;
  }
  return root;
}

module.exports = { HUGE, NOT_PLAIN_DATA, WRONG_TYPE, objectWith, throwing };
