'use strict';

// Invalid files of a project: aws-config.json, files of earlier deployments, and output directories.

const { HANG_TIMEOUT_MS, SUBSTITUTES, replaceWith } = require('./not-a-file');

const KEYS = { accessKeyId: 'AKIAROOT', secretAccessKey: 'emulator-root-secret' };

const AWS_CONFIG = {
  'is empty': '',
  'is white space': ' \n',
  'is an incomplete object': '{"beta": {"accessKeyId": "A',
  'is a list': '[]',
  'is a string': '"beta"',
  'is null': 'null',
  'is not JSON': 'beta = { }',
  'has comments': '{ /* mine */ "beta": {} }',
  'is UTF-16': Buffer.from(`\ufeff${JSON.stringify({ beta: KEYS })}`, 'utf16le'),
  'is binary': Buffer.alloc(4096, 0xff),
  'is huge': ' '.repeat(64_000_000),
  'has a million levels': '['.repeat(1_000_000),
  'has another target only': JSON.stringify({ gamma: KEYS }),
  'has null for the target': '{"beta": null}',
  'has a string for the target': '{"beta": "key"}',
  'has a list for the target': '{"beta": []}',
  'does not have keys': '{"beta": {}}',
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
  ...Object.entries(SUBSTITUTES).map(([what, put]) => ({
    title: `aws-config.json is ${what}`,
    prepare: replaceWith('aws-config.json', put),
    limitMs: HANG_TIMEOUT_MS,
  })),
].map((one) => ({ ...one, code: 'INVALID_AWS_CONFIG', mentions: 'aws-config.json' }));

const awsConfigRegion = {
  title: 'aws-config.json has an invalid region',
  prepare: (project) =>
    project.write('aws-config.json', JSON.stringify({ beta: { ...KEYS, region: 'virginia' } })),
  code: 'INVALID_OPTION',
  mentions: 'aws-config.json',
};

const awsConfigAccepted = {
  title: 'aws-config.json begins with a byte order mark',
  prepare: (project) => project.write('aws-config.json', `\ufeff${JSON.stringify({ beta: KEYS })}`),
};

/** Keys are sent in a header of each request. */
const invalidKeys = ['AWS_ACCESS_KEY_ID', 'AWS_SESSION_TOKEN'].flatMap((name) =>
  ['a\nb', 'a\r\nx: y', 'ключ', 'a\u0001'].map((value) => ({
    group: `${name} must be a valid header value`,
    title: `${name} is ${JSON.stringify(value)}`,
    env: { [name]: value },
    code: 'MISSING_CREDENTIALS',
    mentions: /credentials/,
  })),
);

const invalidRegion = {
  title: 'AWS_REGION is not a region',
  prepare() {},
  env: { AWS_REGION: 'virginia' },
  code: 'INVALID_OPTION',
  mentions: 'region',
};

const GARBAGE = {
  'an empty file': '',
  'an incomplete object': '{"files": {',
  'a list': '[]',
  null: 'null',
  'another object': '{"files": {"a": 7}, "entries": [], "made_by": 1}',
  '200,000 levels': '{"files":'.repeat(200_000),
  'binary data': Buffer.alloc(100_000, 0xfe),
  'an invalid zip file': 'PK\x03\x04garbage',
};
const STATE_FILES = [
  'asset-digests.json',
  'package-cache.bin',
  'lambda.zip',
  'multipart-uploads.json',
  'bucket.in-progress',
  'table.in-progress',
];

const caches = STATE_FILES.flatMap((name) =>
  Object.entries(GARBAGE).map(([what, content]) => ({
    group: `any content of .deploy/beta/${name} is accepted`,
    title: `${name} contains ${what}`,
    prepare: (project) => project.write(`.deploy/beta/${name}`, content),
  })),
);

/** File types in place of output files. They are an error or are ignored, but do not block. */
const outputFiles = [
  ['package-cache.bin', ['a directory']],
  ['lambda.zip', ['a directory']],
  ['lambda/index.js', ['a directory']],
  ['lambda.lock', ['a directory', 'a link to itself', 'a socket']],
  ['assets.lock', ['a directory', 'a link to itself', 'a socket']],
].flatMap(([name, what]) =>
  what.map((kind) => ({
    title: `${kind} replaces .deploy/beta/${name}`,
    call: /^(lambda|package)/.test(name) ? 'lambda' : 'assets',
    prepare: replaceWith(`.deploy/beta/${name}`, SUBSTITUTES[kind]),
    code: 'FILE_ERROR',
    mentions: name,
    changesAws: true,
  })),
);

const pipes = STATE_FILES.slice(0, 3)
  .flatMap((name) => ['a named pipe', 'an endless device'].map((kind) => [name, kind]))
  .map(([name, kind]) => ({
    title: `${kind} that replaces .deploy/beta/${name} is ignored`,
    prepare: replaceWith(`.deploy/beta/${name}`, SUBSTITUTES[kind]),
    limitMs: HANG_TIMEOUT_MS,
  }));

const lockPipes = ['lambda.lock', 'assets.lock'].map((name) => ({
  title: `a named pipe replaces .deploy/beta/${name}`,
  call: name.includes('lambda') ? 'lambda' : 'assets',
  prepare: replaceWith(`.deploy/beta/${name}`, SUBSTITUTES['a named pipe']),
  code: 'FILE_ERROR',
  mentions: name,
  limitMs: HANG_TIMEOUT_MS,
}));

const folders = [
  {
    title: 'deployRoot is a file',
    prepare: (project) => project.write('file', ''),
    context: (context, project) => void (context.deployRoot = project.path('file')),
    code: 'FILE_ERROR',
    mentions: 'file',
  },
  {
    title: 'deployRoot contains a NUL',
    context: (context) => void (context.deployRoot = 'a\0b'),
    code: 'FILE_ERROR',
    mentions: /a.*b/,
  },
  {
    title: 'deployRoot is too long',
    context: (context, project) => void (context.deployRoot = project.path('x'.repeat(300))),
    code: 'FILE_ERROR',
    mentions: 'xxx',
  },
  {
    title: 'logsRoot is a file',
    call: 'logs',
    prepare: (project) => project.write('file', ''),
    context: (context, project) => void (context.logsRoot = project.path('file')),
    code: 'FILE_ERROR',
    mentions: 'file',
  },
  {
    title: 'artifacts.json is invalid, which a log pull ignores',
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

const artifactsOfOtherTypes = [7, null, {}, [], true].map((value) => ({
  title: `all artifacts are ${JSON.stringify(value)}`,
  context: (context) => void (context.artifacts.get = () => value),
}));

const cases = [
  ...awsConfig,
  awsConfigRegion,
  awsConfigAccepted,
  ...invalidKeys,
  invalidRegion,
  ...caches,
  ...outputFiles,
  ...pipes,
  ...lockPipes,
  ...folders,
  ...artifacts,
  ...artifactsOfOtherTypes,
];

module.exports = { cases };
