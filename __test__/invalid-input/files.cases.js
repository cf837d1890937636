'use strict';

// Files of a project that are not what they should be: aws-config.json, what earlier deployments
// left, and the folders that are written to.

const { HANGS_MS, INSTEAD, instead } = require('./not-a-file');

const KEYS = { accessKeyId: 'AKIAROOT', secretAccessKey: 'emulator-root-secret' };

const AWS_CONFIG = {
  'is empty': '',
  'is white space': ' \n',
  'is half of an object': '{"beta": {"accessKeyId": "A',
  'is a list': '[]',
  'is a text': '"beta"',
  'is null': 'null',
  'is no JSON': 'beta = { }',
  'has comments': '{ /* mine */ "beta": {} }',
  'is UTF-16': Buffer.from(`\ufeff${JSON.stringify({ beta: KEYS })}`, 'utf16le'),
  'is binary': Buffer.alloc(4096, 0xff),
  'is huge': ' '.repeat(64_000_000),
  'is nested without end': '['.repeat(1_000_000),
  'has another target only': JSON.stringify({ gamma: KEYS }),
  'has null for the target': '{"beta": null}',
  'has a text for the target': '{"beta": "key"}',
  'has a list for the target': '{"beta": []}',
  'has no keys': '{"beta": {}}',
  'has one key only': '{"beta": {"accessKeyId": "AKIA"}}',
  'has a number for a key': '{"beta": {"accessKeyId": 7, "secretAccessKey": "x"}}',
  'has an empty key': '{"beta": {"accessKeyId": " ", "secretAccessKey": "x"}}',
  'has a list for a region': JSON.stringify({ beta: { ...KEYS, region: ['us-east-1'] } }),
  'has line breaks in a key': JSON.stringify({ beta: { ...KEYS, accessKeyId: 'A\r\nx: y' } }),
  'has a key with odd characters': JSON.stringify({ beta: { ...KEYS, accessKeyId: 'ключ' } }),
  'has a token with line breaks': JSON.stringify({ beta: { ...KEYS, sessionToken: 'a\nb' } }),
};

const awsConfig = [
  ...Object.entries(AWS_CONFIG).map(([how, content]) => ({
    title: `aws-config.json ${how}`,
    prepare: (project) => project.write('aws-config.json', content),
  })),
  ...Object.entries(INSTEAD).map(([what, put]) => ({
    title: `aws-config.json is ${what}`,
    prepare: instead('aws-config.json', put),
    limitMs: HANGS_MS,
  })),
].map((one) => ({ ...one, code: 'INVALID_AWS_CONFIG', says: 'aws-config.json' }));

const awsConfigRegion = {
  title: 'aws-config.json has a region that is none',
  prepare: (project) =>
    project.write('aws-config.json', JSON.stringify({ beta: { ...KEYS, region: 'virginia' } })),
  code: 'INVALID_OPTION',
  says: 'aws-config.json',
};

const awsConfigTaken = {
  title: 'aws-config.json begins with a byte order mark',
  prepare: (project) => project.write('aws-config.json', `\ufeff${JSON.stringify({ beta: KEYS })}`),
};

/** Keys are sent in a header of each request. */
const oddKeys = ['AWS_ACCESS_KEY_ID', 'AWS_SESSION_TOKEN'].flatMap((name) =>
  ['a\nb', 'a\r\nx: y', 'ключ', 'a\u0001'].map((value) => ({
    group: `${name} has to fit into a header`,
    title: `${name} is ${JSON.stringify(value)}`,
    env: { [name]: value },
    code: 'MISSING_CREDENTIALS',
    says: /credentials/,
  })),
);

const oddRegion = {
  title: 'AWS_REGION is no region',
  prepare() {},
  env: { AWS_REGION: 'virginia' },
  code: 'INVALID_OPTION',
  says: 'region',
};

const GARBAGE = {
  nothing: '',
  'half of an object': '{"files": {',
  'a list': '[]',
  null: 'null',
  'another object': '{"files": {"a": 7}, "entries": [], "made_by": 1}',
  'nesting without end': '{"files":'.repeat(200_000),
  bytes: Buffer.alloc(100_000, 0xfe),
  'a zip that is none': 'PK\x03\x04garbage',
};
const LEFT = [
  'asset-digests.json',
  'package-cache.json',
  'lambda.zip',
  'multipart-uploads.json',
  'bucket.in-progress',
  'table.in-progress',
];

const caches = LEFT.flatMap((name) =>
  Object.entries(GARBAGE).map(([what, content]) => ({
    group: `.deploy/beta/${name} may hold anything`,
    title: `${name} holds ${what}`,
    prepare: (project) => project.write(`.deploy/beta/${name}`, content),
  })),
);

/** What is in the way of what is written. An error, or passed over: no hang and no harm. */
const inTheWay = [
  ['package-cache.json', ['a folder']],
  ['lambda.zip', ['a folder']],
  ['lambda/index.js', ['a folder']],
  ['lambda.lock', ['a folder', 'a link to itself', 'a socket']],
  ['assets.lock', ['a folder', 'a link to itself', 'a socket']],
].flatMap(([name, what]) =>
  what.map((kind) => ({
    title: `${kind} is in the place of .deploy/beta/${name}`,
    call: name.includes('lambda') ? 'lambda' : 'assets',
    prepare: instead(`.deploy/beta/${name}`, INSTEAD[kind]),
    code: 'FILE_ERROR',
    says: name,
    changesAws: true,
  })),
);

const pipes = LEFT.slice(0, 3)
  .flatMap((name) => ['a named pipe', 'an endless device'].map((kind) => [name, kind]))
  .map(([name, kind]) => ({
    title: `${kind} in the place of .deploy/beta/${name} is passed over`,
    prepare: instead(`.deploy/beta/${name}`, INSTEAD[kind]),
    limitMs: HANGS_MS,
  }));

const lockPipes = ['lambda.lock', 'assets.lock'].map((name) => ({
  title: `a named pipe is in the place of .deploy/beta/${name}`,
  call: name.includes('lambda') ? 'lambda' : 'assets',
  prepare: instead(`.deploy/beta/${name}`, INSTEAD['a named pipe']),
  code: 'FILE_ERROR',
  says: name,
  limitMs: HANGS_MS,
}));

const folders = [
  {
    title: 'deployRoot is a file',
    prepare: (project) => project.write('file', ''),
    context: (context, project) => void (context.deployRoot = project.path('file')),
    code: 'FILE_ERROR',
    says: 'file',
  },
  {
    title: 'deployRoot cannot be: it holds a NUL',
    context: (context) => void (context.deployRoot = 'a\0b'),
    code: 'FILE_ERROR',
    says: /a.*b/,
  },
  {
    title: 'deployRoot cannot be: it is too long',
    context: (context, project) => void (context.deployRoot = project.path('x'.repeat(300))),
    code: 'FILE_ERROR',
    says: 'xxx',
  },
  {
    title: 'logsRoot is a file',
    call: 'logs',
    prepare: (project) => project.write('file', ''),
    context: (context, project) => void (context.logsRoot = project.path('file')),
    code: 'FILE_ERROR',
    says: 'file',
  },
  {
    title: 'artifacts.json is garbage, for a log pull',
    call: 'logs',
    prepare: (project) => project.write('artifacts.json', '{"variants": 7'),
  },
];

const artifacts = [
  'garbage',
  'arn:aws:lambda:not a region/..:1:function:x',
  'arn:aws:lambda::::',
  '',
  'arn:'.repeat(5000),
].map((arn) => ({
  title: `the artifact lambdaARN is ${JSON.stringify(arn).slice(0, 50)}`,
  call: 'lambda',
  context: (context) => void (context.artifacts.current.lambdaARN = arn),
}));

const artifactsOfOtherKinds = [7, null, {}, [], true].map((value) => ({
  title: `all artifacts are ${JSON.stringify(value)}`,
  context: (context) => void (context.artifacts.get = () => value),
}));

const cases = [
  ...awsConfig,
  awsConfigRegion,
  awsConfigTaken,
  ...oddKeys,
  oddRegion,
  ...caches,
  ...inTheWay,
  ...pipes,
  ...lockPipes,
  ...folders,
  ...artifacts,
  ...artifactsOfOtherKinds,
];

module.exports = { cases };
