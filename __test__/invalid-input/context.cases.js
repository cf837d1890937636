'use strict';

// Contexts that the Litexa CLI would not pass, callbacks that fail, and the native functions called
// with anything at all.

const { STRANGE, throwing } = require('./values');

const CALLS = ['assets', 'lambda', 'deploy', 'logs'];
const DEPLOYING = ['deploy'];

/** Where something is read, what it should be, and which calls read it. */
const FIELDS = [
  ['projectInfo', ['text', 7, []], CALLS],
  ['projectInfo.name', [7, {}, true], CALLS],
  ['projectInfo.variant', [7, {}, true], CALLS],
  ['projectRoot', [7, {}, true, ''], CALLS],
  ['projectInfo.litexaRoot', [7, {}, ''], DEPLOYING],
  ['projectInfo.languages', ['text', 7, []], DEPLOYING],
  ['projectInfo.languages.default.assets', ['text', 7, []], DEPLOYING],
  ['projectInfo.languages.default.assets.root', [7, {}, []], DEPLOYING],
  [
    'projectInfo.languages.default.assets.files',
    ['a.txt', {}, [7], [null], [['a.txt']]],
    DEPLOYING,
  ],
  ['projectInfo.languages.default.convertedAssets.files', ['a.txt', [{}]], DEPLOYING],
  ['deploymentOptions', ['development', 7, [], true], CALLS],
  ['deployRoot', [7, {}, true, ''], DEPLOYING],
  ['logsRoot', [7, {}, true, ''], ['logs']],
  ['artifacts', ['text', 7, []], DEPLOYING],
  ['artifacts.get', [7, {}, 'text'], DEPLOYING],
  ['artifacts.save', [7, {}, 'text'], DEPLOYING],
  ['artifacts.delete', [7, {}, 'text'], DEPLOYING],
  ['artifacts.currentVersion', ['1', 1.5, -1, 2 ** 32, {}], DEPLOYING],
  ['skill', ['text', 7, []], ['lambda']],
  ['skill.toLambda', ['text', 7, {}], ['lambda']],
  ['logger.log', [7, 'text'], CALLS],
  ['logger.verbose', [7, {}], CALLS],
  ['logger.warning', [7, {}], CALLS],
  ['logger.error', [7, {}], CALLS],
];

/** Puts a value or a getter at a place of a live object. */
function put(holder, place, descriptor) {
  const steps = place.split('.');
  const last = steps.pop();
  const inner = steps.reduce((value, step) => value[step], holder);
  Object.defineProperty(inner, last, { configurable: true, enumerable: true, ...descriptor });
}

const wrongFields = FIELDS.flatMap(([place, values, calls]) =>
  calls.flatMap((call) => {
    const one = (name, descriptor) => ({
      group: `${call} takes no ${place} of another kind`,
      title: `${place} ${name}`,
      call,
      context: (context) => put(context, place, descriptor),
      code: 'INVALID_CONTEXT',
      says: place,
    });
    const wrong = values.map((value) => one(`is ${JSON.stringify(value)}`, { value }));
    const strange = ['NaN', 'a bigint', 'a symbol', 'a list in a circle', 'a revoked proxy']
      .filter(
        (name) =>
          !(/Info$|languages$|assets$|artifacts$|skill$/.test(place) && /circle/.test(name)),
      )
      .map((name) => one(`is ${name}`, { get: STRANGE[name] }));
    return [
      ...wrong,
      ...strange,
      one('throws', { get: throwing(new Error('not today')) }),
      one('throws nothing', { get: throwing(undefined) }),
    ];
  }),
);

const missing = FIELDS.filter(
  ([place]) =>
    !/litexaRoot|languages$|assets$|Options|variant|projectRoot|currentVersion/.test(place),
).flatMap(([place, , calls]) =>
  calls.flatMap((call) =>
    [undefined, null].map((value) => ({
      group: `${call} needs ${place}`,
      title: `${place} is ${value}`,
      call,
      context: (context) => put(context, place, { value }),
      code: 'INVALID_CONTEXT',
      says: place,
    })),
  ),
);

const absent = [
  ['projectInfo.litexaRoot', 'the folder litexa of the project'],
  ['projectInfo.languages', 'no assets'],
  ['projectInfo.languages.default', 'no assets of this language'],
  ['projectInfo.variant', "the deployment's name"],
  ['deploymentOptions', 'no options', 'lambda'],
  ['cache', 'a cache that is trusted'],
  ['enablePersistentStore', 'a table'],
  ['logger', 'the console'],
].map(([place, meaning, call]) => ({
  title: `without ${place}: ${meaning}`,
  call,
  context: (context) => put(context, place, { value: undefined }),
}));

const contexts = [
  ...[undefined, null, 0, 7, '', 'text', true, [], {}, () => {}].map((value) => [
    `${typeof value} ${JSON.stringify(value)}`,
    () => value,
  ]),
  ...Object.entries(STRANGE).filter(([name]) => !name.includes('getter')),
].flatMap(([name, make]) =>
  CALLS.map((call) => ({
    group: `${call} takes no other context`,
    title: `the context is ${name}`,
    call,
    run: ({ litexa }) =>
      ({
        ...litexa,
        deploy: litexa.deploy,
        assets: litexa.assets.deploy,
        lambda: litexa.lambda.deploy,
      })[call](make()),
    code: 'INVALID_CONTEXT',
    says: /context/,
  })),
);

const odd = [
  {
    title: 'artifacts without a version are those of version 0',
    call: 'lambda',
    context: (context) => {
      context.artifacts = { get() {}, save() {}, delete() {} };
    },
  },
  {
    title: 'a frozen context takes no results, and nothing begins',
    context: (context) => Object.freeze(context),
    code: 'INVALID_CONTEXT',
    says: 'assetDeploymentStart',
  },
  {
    title: 'a context that refuses to be changed is refused',
    context: (context) => new Proxy(context, { set: () => false }),
    code: 'INVALID_CONTEXT',
    says: 'assetDeploymentStart',
  },
  { title: 'a context behind a proxy', context: (context) => new Proxy(context, {}) },
  {
    title: 'a context whose field for a result throws is told so at the end',
    context: (context) =>
      Object.defineProperty(context, 'lambdaARN', { set: throwing(new Error('read only')) }),
    code: 'INVALID_CONTEXT',
    says: 'lambdaARN',
    changesAws: true,
  },
  { title: 'null for a logger means the one of the context', logger: () => null },
  {
    title: 'the console is no logger: it cannot be verbose',
    logger: () => console,
    code: 'INVALID_CONTEXT',
    says: 'logger.verbose',
  },
];

/** What callbacks throw is theirs, and reaches the caller as it is. */
const thrown = new Error('the disk is gone');
const callbacks = [
  ['artifacts.save', () => throwing(thrown)],
  ['artifacts.save', () => async () => throwing(thrown)()],
  ['logger.log', () => throwing(thrown)],
  ['logger.log', () => async () => throwing(thrown)()],
  ['logger.log', () => () => ({ then: throwing(thrown) })],
  ['skill.toLambda', () => throwing(thrown)],
  ['skill.toLambda', () => async () => throwing(thrown)()],
].map(([place, make], index) => ({
  title: `${place} fails (${index}): the caller hears of it`,
  prepare() {},
  context: (context) => put(context, place, { value: make() }),
  throws: /the disk is gone/,
}));

const callbacksWithoutWords = [undefined, null, 7, Symbol('s'), Object.create(null)].map(
  (value, index) => ({
    title: `artifacts.save throws what is no error (${index}): the caller hears of it`,
    prepare() {},
    context: (context) => put(context, 'artifacts.save', { value: throwing(value) }),
    throws: /./,
  }),
);

const known = Object.entries({ ...STRANGE, 'an exception': throwing(new Error('not today')) })
  .filter(([name]) => !name.includes('getter'))
  .map(([name, get]) => ({
    group: 'artifacts.get gives plain data',
    title: `artifacts.get gives ${name}`,
    context: (context) => put(context, 'artifacts.get', { value: get }),
    code: 'INVALID_CONTEXT',
    says: /artifacts\.get.*assets-root/,
  }));

const handlers = [
  ...[7, null, undefined, true, {}, [], Buffer.from('text'), Symbol('s'), () => 'text'].map(
    (value) => [`${typeof value} ${String(value)}`, () => value],
  ),
  ['an empty text', () => ''],
  ['white space', () => ' \n\t'],
  ['a promise of nothing', async () => undefined],
].map(([name, toLambda]) => ({
  group: 'skill.toLambda returns a source',
  title: `skill.toLambda returns ${name}`,
  call: 'lambda',
  context: (context) => put(context, 'skill.toLambda', { value: toLambda }),
  code: 'INVALID_CONTEXT',
  says: 'skill.toLambda()',
}));

const goodHandlers = [
  ['a promise of a source', async () => 'exports.handler = 1;'],
  ['a source with lone surrogates and NUL', () => 'exports.a = "\ud800\0";'],
  ['a source of 100 MB', () => `//${'x'.repeat(100_000_000)}`],
].map(([name, toLambda]) => ({
  title: `skill.toLambda returns ${name}`,
  call: 'lambda',
  context: (context) => put(context, 'skill.toLambda', { value: toLambda }),
}));

const tooLarge = {
  title: 'skill.toLambda returns a source of 260 MB, more than Lambda unpacks',
  call: 'lambda',
  context: (context) => put(context, 'skill.toLambda', { value: () => '/'.repeat(270_000_000) }),
  code: 'INVALID_PACKAGE',
  says: 'skill.js',
};

/** The project's and the target's names become names of AWS. */
const names = [
  ...[
    '',
    ' ',
    'cat food',
    'käse',
    '猫',
    '..',
    '../beta',
    'a/b',
    'a\\b',
    'a\nb',
    'a\0b',
    'a:b',
    '\ud800',
    '.',
    'a.b',
    'x'.repeat(5000) + '!',
  ].map((name) => [name, 'INVALID_NAME']),
  ['x'.repeat(300), 'INVALID_NAME'],
].flatMap(([name, code]) =>
  ['projectInfo.name', 'projectInfo.variant'].map((place) => ({
    group: `${place} has to fit into AWS' names`,
    title: `${place} is ${JSON.stringify(name).slice(0, 40)}`,
    context: (context) => put(context, place, { value: name }),
    code,
    says: place === 'projectInfo.name' ? /project/ : /target/,
  })),
);

/** The native functions, which only this package calls: anything but the end of the process. */
const request = ({ root }) => ({
  project: { name: 'cats', variant: 'beta', root, litexaRoot: root },
  options: {},
  deployRoot: `${root}/.deploy`,
  logsRoot: `${root}/.logs`,
  cache: true,
  persistentStore: true,
  artifacts: { currentVersion: 0, known: {} },
  emit() {},
});

function deep(levels) {
  let value = {};
  for (let level = 0; level < levels; level += 1) value = { value };
  return value;
}

const NATIVE = {
  ...STRANGE,
  'a value of 2,000 levels': () => deep(2000),
  'a value of 100,000 levels': () => deep(100_000),
  'two million gaps': () => new Array(2_000_000),
  undefined: () => undefined,
  null: () => null,
  number: () => 7,
  text: () => 'text',
  list: () => [],
};

const native = ['deploy', 'logs'].flatMap((name) => [
  ...Object.entries(NATIVE).map(([title, make]) => ({
    group: `binding.${name} survives any argument`,
    title: `the argument is ${title}`,
    run: ({ binding }) => binding[name](make()),
    throws: /./,
  })),
  ...['project', 'options', 'artifacts', 'deployRoot', 'emit'].flatMap((field) =>
    Object.entries(NATIVE).map(([title, make]) => ({
      group: `binding.${name} survives any ${field}`,
      title: `${field} is ${title}`,
      // Some of it is passed over; what counts is that the process lives on.
      run: async ({ binding, project }) => {
        const options = { s3Configuration: { bucketName: 'NO' } };
        await binding[name]({ ...request(project), options, [field]: make() }).catch(() => {});
        throw new Error('survived');
      },
      throws: /./,
    })),
  ),
]);

const cases = [
  ...wrongFields,
  ...missing,
  ...absent,
  ...contexts,
  ...odd,
  ...callbacks,
  ...callbacksWithoutWords,
  ...known,
  ...handlers,
  ...goodHandlers,
  tooLarge,
  ...names,
  ...native,
];

module.exports = { cases };
