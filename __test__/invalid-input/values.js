'use strict';

// Values that no option takes, and ways to put them anywhere.

const getters = new WeakSet();

/** A value that is not put into its place but made there when somebody looks. */
function getter(get) {
  getters.add(get);
  return get;
}

const throwing = (what) => () => {
  throw what;
};

/** What is plain data nowhere, by name. Each call makes a new one. */
const STRANGE = {
  NaN: () => NaN,
  Infinity: () => -Infinity,
  'a bigint': () => 1n,
  'a symbol': () => Symbol('s'),
  'a function': () => () => 'text',
  'a class': () => class Text {},
  'a circle': () => {
    const circle = {};
    circle.circle = circle;
    return circle;
  },
  'a list in a circle': () => {
    const circle = [];
    circle.push(circle, circle);
    return circle;
  },
  'a map': () => new Map([['text', 'text']]),
  'a regular expression': () => /text/,
  'a promise': () => Promise.resolve('text'),
  'a date that is none': () => new Date(NaN),
  'a typed array': () => new Uint8Array(8),
  'a shared buffer': () => new SharedArrayBuffer(8),
  'a boxed text': () => new String('text'),
  'a getter that throws': () => getter(throwing(new Error('no text today'))),
  'a getter that throws nothing': () => getter(throwing(undefined)),
  'a getter that throws what has no text': () => getter(throwing(Object.create(null))),
  'a toJSON that throws': () => ({ toJSON: throwing(new Error('no JSON today')) }),
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

/** The same, but so much that making it takes its time. */
const HUGE = {
  'a value of 100,000 levels': () => {
    let deep = {};
    for (let level = 0; level < 100_000; level += 1) deep = { deep };
    return deep;
  },
  'a list of 4,294,967,295 gaps': () => new Array(4_294_967_295),
  'a text of 20 million characters': () => 'x'.repeat(20_000_000),
  'a proxy that claims 300,000 keys': () =>
    new Proxy(
      {},
      {
        ownKeys: () => Array.from({ length: 300_000 }, (_, key) => `k${key}`),
        getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }),
      },
    ),
};

/** What is plain data, and not of the wanted kind. */
const WRONG = {
  text: [7, true, [], {}, ['text']],
  number: ['', 'x', '7', true, [], {}, 1.5, -1, 1e300, 2 ** 53],
  decimal: ['', 'x', true, [], {}],
  flag: ['', 'true', 0, 1, [], {}],
  texts: ['', 'text', 7, true, {}, [7], [null], [[]], ['text', {}]],
  object: ['', 'text', 7, true, [], [{}]],
  choice: ['', 'nonsense', 'ACL ', 7, true, [], {}],
};

/**
 * An object that holds a value at a place such as `a.list[0].b`, beside what `beside` holds there.
 */
function holding(place, value, beside = {}) {
  const steps = place.replaceAll('[0]', '.0').split('.');
  const root = {};
  let holder = root;
  steps.slice(0, -1).forEach((step, index) => {
    holder[step] = steps[index + 1] === '0' ? [] : {};
    holder = holder[step];
  });
  Object.assign(holder, beside);
  const last = steps.at(-1);
  if (getters.has(value)) {
    Object.defineProperty(holder, last, { get: value, enumerable: true });
  } else {
    holder[last] = value;
  }
  return root;
}

module.exports = { getter, HUGE, STRANGE, WRONG, holding, throwing };
