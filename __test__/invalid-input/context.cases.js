'use strict';

// Contexts that the Litexa CLI would not pass, callbacks that fail, and arbitrary arguments of the native
// functions.

const { NOT_PLAIN_DATA, throwing } = require('./values');

const CALLS = ['assets', 'lambda', 'deploy', 'logs'];
const DEPLOYING = ['deploy'];

/** Fields of the context, invalid values of each, and the calls that read it. */
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

/** Defines a value or a getter at a place of a live object. */
function define(holder, place, descriptor) {
  const steps = place.split('.');
  const last = steps.pop();
  const inner = steps.reduce((value, step) => value[step], holder);
  Object.defineProperty(inner, last, { configurable: true, enumerable: true, ...descriptor });
}

const wrongFields = FIELDS.flatMap(([place, values, calls]) =>
  calls.flatMap((call) => {
    const one = (name, descriptor) => ({
      group: `${call} rejects a ${place} of another type`,
      title: `${place} ${name}`,
      call,
      context: (context) => define(context, place, descriptor),
      code: 'INVALID_CONTEXT',
      mentions: place,
    });
    const wrong = values.map((value) => one(`is ${JSON.stringify(value)}`, { value }));
    const notPlain = ['NaN', 'a bigint', 'a symbol', 'a cyclic list', 'a revoked proxy']
      .filter(
        (name) =>
          !(/Info$|languages$|assets$|artifacts$|skill$/.test(place) && /cyclic/.test(name)),
      )
      .map((name) => one(`is ${name}`, { get: NOT_PLAIN_DATA[name] }));
    return [
      ...wrong,
      ...notPlain,
      one('throws', { get: throwing(new Error('expected')) }),
      one('throws undefined', { get: throwing(undefined) }),
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
      context: (context) => define(context, place, { value }),
      code: 'INVALID_CONTEXT',
      mentions: place,
    })),
  ),
);

const absent = [
  ['projectInfo.litexaRoot', 'the directory litexa of the project'],
  ['projectInfo.languages', 'no assets'],
  ['projectInfo.languages.default', 'no assets of this language'],
  ['projectInfo.variant', "the deployment's name"],
  ['deploymentOptions', 'no options', 'lambda'],
  ['cache', 'the cache is used'],
  ['enablePersistentStore', 'a table'],
  ['logger', 'the console'],
].map(([place, meaning, call]) => ({
  title: `without ${place}: ${meaning}`,
  call,
  context: (context) => define(context, place, { value: undefined }),
}));

const contexts = [
  ...[undefined, null, 0, 7, '', 'text', true, [], {}, () => {}].map((value) => [
    `${typeof value} ${JSON.stringify(value)}`,
    () => value,
  ]),
  ...Object.entries(NOT_PLAIN_DATA).filter(([name]) => !name.includes('getter')),
].flatMap(([name, make]) =>
  CALLS.map((call) => ({
    group: `${call} rejects every other context`,
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
    mentions: /context/,
  })),
);

const unusual = [
  {
    title: 'artifacts without a version have version 0',
    call: 'lambda',
    context: (context) => {
      context.artifacts = { get() {}, save() {}, delete() {} };
    },
  },
  {
    title: 'a frozen context cannot get results, and is an error before any change',
    context: (context) => Object.freeze(context),
    code: 'INVALID_CONTEXT',
    mentions: 'assetDeploymentStart',
  },
  {
    title: 'a context that rejects changes is an error before any change',
    context: (context) => new Proxy(context, { set: () => false }),
    code: 'INVALID_CONTEXT',
    mentions: 'assetDeploymentStart',
  },
  { title: 'a context that is a proxy', context: (context) => new Proxy(context, {}) },
  {
    title: 'a context whose setter for a result throws',
    context: (context) =>
      Object.defineProperty(context, 'lambdaARN', { set: throwing(new Error('read only')) }),
    code: 'INVALID_CONTEXT',
    mentions: 'lambdaARN',
    changesAws: true,
  },
  { title: 'without a logger argument, the logger of the context is used', logger: () => null },
  {
    title: 'the console is not a logger, since it does not have verbose',
    logger: () => console,
    code: 'INVALID_CONTEXT',
    mentions: 'logger.verbose',
  },
];

/** The rejection is the error that a callback throws. */
const thrown = new Error('the disk is full');
const callbacks = [
  ['artifacts.save', () => throwing(thrown)],
  ['artifacts.save', () => async () => throwing(thrown)()],
  ['logger.log', () => throwing(thrown)],
  ['logger.log', () => async () => throwing(thrown)()],
  ['logger.log', () => () => ({ then: throwing(thrown) })],
  ['skill.toLambda', () => throwing(thrown)],
  ['skill.toLambda', () => async () => throwing(thrown)()],
].map(([place, make], index) => ({
  title: `${place} fails (${index}), and so does the call`,
  prepare() {},
  context: (context) => define(context, place, { value: make() }),
  throws: /the disk is full/,
}));

const callbacksThatThrowOthers = [undefined, null, 7, Symbol('s'), Object.create(null)].map(
  (value, index) => ({
    title: `artifacts.save throws a value that is not an error (${index}), and the call fails`,
    prepare() {},
    context: (context) => define(context, 'artifacts.save', { value: throwing(value) }),
    throws: /./,
  }),
);

const artifactValues = Object.entries({
  ...NOT_PLAIN_DATA,
  'an exception': throwing(new Error('expected')),
})
  .filter(([name]) => !name.includes('getter'))
  .map(([name, get]) => ({
    group: 'artifacts.get must return plain data',
    title: `artifacts.get returns ${name}`,
    context: (context) => define(context, 'artifacts.get', { value: get }),
    code: 'INVALID_CONTEXT',
    mentions: /artifacts\.get.*assets-root/,
  }));

const handlers = [
  ...[7, null, undefined, true, {}, [], Buffer.from('text'), Symbol('s'), () => 'text'].map(
    (value) => [`${typeof value} ${String(value)}`, () => value],
  ),
  ['an empty string', () => ''],
  ['white space', () => ' \n\t'],
  ['a promise of undefined', async () => undefined],
].map(([name, toLambda]) => ({
  group: 'skill.toLambda must return a source',
  title: `skill.toLambda returns ${name}`,
  call: 'lambda',
  context: (context) => define(context, 'skill.toLambda', { value: toLambda }),
  code: 'INVALID_CONTEXT',
  mentions: 'skill.toLambda()',
}));

const validHandlers = [
  ['a promise of a source', async () => 'exports.handler = 1;'],
  ['a source with lone surrogates and NUL', () => 'exports.a = "\ud800\0";'],
  ['a source of 100 MB', () => `//${'x'.repeat(100_000_000)}`],
].map(([name, toLambda]) => ({
  title: `skill.toLambda returns ${name}`,
  call: 'lambda',
  context: (context) => define(context, 'skill.toLambda', { value: toLambda }),
}));

const tooLarge = {
  title: 'skill.toLambda returns a source of 270 MB, which exceeds the limit of Lambda',
  call: 'lambda',
  context: (context) => define(context, 'skill.toLambda', { value: () => '/'.repeat(270_000_000) }),
  code: 'INVALID_PACKAGE',
  mentions: 'skill.js',
};

/** The names of project and target are parts of AWS resource names. */
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
    group: `${place} must be valid in AWS resource names`,
    title: `${place} is ${JSON.stringify(name).slice(0, 40)}`,
    context: (context) => define(context, place, { value: name }),
    code,
    mentions: place === 'projectInfo.name' ? /project/ : /target/,
  })),
);

/** Arguments of the native functions, which must not end the process. */
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
  ...NOT_PLAIN_DATA,
  'a value of 2,000 levels': () => deep(2000),
  'a value of 100,000 levels': () => deep(100_000),
  'a sparse list of two million': () => new Array(2_000_000),
  undefined: () => undefined,
  null: () => null,
  number: () => 7,
  string: () => 'text',
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
      // Some values are ignored. The process must not end.
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
  ...unusual,
  ...callbacks,
  ...callbacksThatThrowOthers,
  ...artifactValues,
  ...handlers,
  ...validHandlers,
  tooLarge,
  ...names,
  ...native,
];

module.exports = { cases };
