'use strict';

// The frame of the executable: arguments, help, exit codes, output.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { commands } = require('../../bin/commands');
const { COMMON_OPTIONS, parseArguments } = require('../../bin/lib/arguments');
const { DeployError } = require('../../errors');
const { startStrictAws } = require('../support/aws/strict-aws/server');
const { runExecutable } = require('../support/litexa/executable');
const { installFakeCli } = require('../support/litexa/fake-cli');
const { createProject } = require('../support/litexa/project');
const { tempDir } = require('../support/tmp');

const PROJECT = { name: 'tea_house', target: 'development' };

test('without a command, the help is shown and the exit code is that of wrong usage', async () => {
  const { code, stdout, stderr } = await runExecutable([]);
  assert.deepEqual([code, stdout], [2, '']);
  for (const name of Object.keys(commands)) assert.match(stderr, new RegExp(`^  ${name} `, 'm'));
});

test('--help and --version are answered without a project', async (t) => {
  const cwd = tempDir(t);
  const { version } = require('../../package.json');
  assert.equal((await runExecutable(['--version'], { cwd })).stdout, `${version}\n`);
  const { stdout: help } = await runExecutable(['-h'], { cwd });
  assert.match(help, /^usage: /);
  assert.match(help, /^Exit codes: 0 done, 1 failed, 2 .*, 130 .*Ctrl-C\.$/m);
  const results = Object.keys(commands).map(async (name) => {
    const { code, stdout } = await runExecutable([name, '--help'], { cwd });
    assert.equal(code, 0, name);
    const options = Object.keys({ ...commands[name].options, ...COMMON_OPTIONS });
    for (const option of options) assert.match(stdout, new RegExp(`--${option}\\b.*  \\w`), name);
  });
  await Promise.all(results);
});

test('help and version have the names that people try', async (t) => {
  const cwd = tempDir(t);
  const outputOf = async (...args) => (await runExecutable(args, { cwd })).stdout;
  const [help, version] = [await outputOf('--help'), await outputOf('--version')];
  for (const args of [['-h'], ['help']]) assert.equal(await outputOf(...args), help);
  assert.equal(await outputOf('help', 'deploy'), await outputOf('deploy', '--help'));
  assert.equal((await runExecutable(['help', 'no-such-command'], { cwd })).code, 2);
  assert.equal(await outputOf('-V'), version);
});

test('the usage of each command has all of its options', () => {
  for (const { usage, options = {} } of Object.values(commands))
    for (const option of Object.keys(options)) assert.match(usage, new RegExp(`--${option}\\b`));
});

test('only commands that ask have an option that confirms', () => {
  for (const [name, command] of Object.entries(commands)) {
    const asks = ['remove', 'rollback'].includes(name);
    if (asks) assert.equal(parseArguments(command, ['-y']).options.yes, true, name);
    else assert.match(refusal(name, ['-y']), /unknown option -y/);
  }
});

const WRONG_USAGE = [
  [['verions'], /unknown command verions\. Did you mean versions\?/],
  [['toString'], /unknown command toString\.\n/],
  [['versions', '--josn'], /unknown option --josn\. Did you mean --json\?/],
  [['versions', '-x'], /unknown option -x\.\n/],
  [['versions', '--deployment'], /--deployment needs a value/],
  [['versions', '-d', '--json'], /-d needs a value/],
  [['versions', '-d', 'nosuch', '-d', 'development'], /--deployment is given more than once/],
  [['versions', '-v', '-v', '-d', 'a', '-d', 'b'], /--deployment is given more than once/],
  [['policy', '--for', 'logs', '--for', 'deploy'], /--for is given more than once/],
  [['logs', '--minutes', '5256001'], /--minutes must be a whole number from 1 to 5256000/],
  [['invoke', 'Count', 'a=1', 'a=2'], /the slot a is given more than once/],
  [['versions', '--deployment='], /--deployment needs a value/],
  [['versions', '--json=1'], /--json takes no value, but has "1"/],
  [['versions', 'one'], /unexpected argument "one"/],
  [['--json'], /no command, only --json\n.*--help shows the usage/],
  [['--josn', '--json'], /no command, only --josn/],
  [['-d', 'development'], /no command, only -d/],
];

for (const [args, message] of WRONG_USAGE) {
  test(`wrong usage: ${args.join(' ')}`, async (t) => {
    const { root } = createProject(t, PROJECT);
    const { code, stdout, stderr } = await runExecutable(args, { cwd: root });
    assert.match(stderr, message);
    assert.equal(code, 2);
    if (!args.includes('--json')) return assert.equal(stdout, '');
    const { url } = new DeployError('WRONG_USAGE', 'it is wrong');
    const { code: name, url: address } = JSON.parse(stdout).error;
    assert.deepEqual([name, address], ['WRONG_USAGE', url]);
  });
}

/** Values that each option with a value must refuse, with the beginning of the error. */
const WRONG_VALUES = {
  deployment: [/no deployment target/, ['Development']],
  event: [/reading the event failed|not valid JSON/, ['no-such-file.json', '.', 'broken.json']],
  for: [/^error: --for must be one of/m, ['deploys', 'ALL']],
  format: [/^error: --format must be one of/m, ['pdf', 'text,html']],
  locale: [/^error: --locale must be of the form en-US/m, ['english', 'en', 'en_US', 'EN-us']],
  minutes: [/^error: --minutes must be a whole number/m, ['0', '1h', '1e3', '99999999999']],
  since: [/^error: --since must be/m, ['yesterday', '3x', '2999-01-01', '2026-13-01']],
  source: [/^error: --source must be one of/m, ['insight', 'all']],
  status: [/^error: --status must be one of/m, ['fail', 'ok']],
};

/** Returns the error of reading the arguments of a command, which then ends with 2; undefined without one. */
function refusal(name, args) {
  try {
    parseArguments(commands[name], args);
    return undefined;
  } catch (error) {
    assert.equal(error.code, 'WRONG_USAGE');
    return `error: ${error.message}`;
  }
}

test('a wrong value of any option of any command is wrong usage', async (t) => {
  const { root, write } = createProject(t, PROJECT);
  write('broken.json', '{');
  const runs = [];
  const names = [];
  for (const [name, { options }] of Object.entries(commands)) {
    for (const [option, { type }] of Object.entries({ ...options, ...COMMON_OPTIONS })) {
      const input = name === 'invoke' && option !== 'event' ? ['launch'] : [];
      if (type === 'boolean') {
        assert.match(refusal(name, [...input, `--${option}=1`]), /takes no value/);
        continue;
      }
      names.push(option);
      const [message, values] = WRONG_VALUES[option];
      for (const value of values) {
        const args = [...input, `--${option}`, value];
        const refused = refusal(name, args);
        if (refused) assert.match(refused, message);
        else runs.push([[name, ...args], message]);
      }
    }
  }
  assert.deepEqual(new Set(names), new Set(Object.keys(WRONG_VALUES)), 'all are in the table');
  // `doctor` reports a target that does not exist like any other problem.
  const checks = runs
    .filter(([[name]]) => name !== 'doctor')
    .map(async ([args, message]) => {
      const { code, stderr } = await runExecutable(args, { cwd: root });
      assert.match(stderr, message, args.join(' '));
      assert.equal(code, 2, args.join(' '));
    });
  await Promise.all(checks);
});

test('the options stand before or after the command', async (t) => {
  const aws = await startStrictAws();
  t.after(aws.close);
  const { root } = createProject(t, PROJECT);
  for (const args of [
    ['-d', 'development', 'versions', '--json'],
    ['--json', 'versions', '--deployment=development'],
  ]) {
    const { stdout } = await runExecutable(args, { cwd: root, env: aws.env });
    assert.match(JSON.parse(stdout).error.message, /tea_house_development_litexa_handler/);
  }
});

test('a target that the config deploys with another module is a warning', async (t) => {
  const aws = await startStrictAws();
  t.after(aws.close);
  const project = createProject(t, PROJECT);
  const stderrOf = async (module) => {
    project.configure({ development: { module } });
    return (await runExecutable(['policy'], { cwd: project.root, env: aws.env })).stderr;
  };
  const message =
    'warning: the config deploys development with the module @tea/deploy, not with @litexa/deploy-aws';
  assert.ok((await stderrOf('@tea/deploy')).includes(message));
  for (const module of ['@litexa/deploy-aws', './@litexa/deploy-aws/', null]) {
    assert.doesNotMatch(await stderrOf(module), /with the module/);
  }
});

test('a failure ends with 1, and with --json its code is on stdout', async (t) => {
  const aws = await startStrictAws();
  t.after(aws.close);
  const { root } = createProject(t, PROJECT);
  const run = (...args) =>
    runExecutable(args, { cwd: root, env: { ...aws.env, FORCE_COLOR: '1' } });
  const text = await run('versions');
  assert.deepEqual([text.code, text.stdout], [1, '']);
  const { url } = new DeployError('RESOURCE_NOT_READY', 'it failed');
  assert.match(text.stderr, /^error: /m);
  assert.ok(text.stderr.endsWith(`\nSee ${url}\n`), text.stderr);
  const json = await run('versions', '--json');
  const { code, message, ...others } = json.json().error;
  assert.deepEqual([json.code, code, others], [1, 'RESOURCE_NOT_READY', { url }]);
  assert.doesNotMatch(message, /https:.*troubleshooting/);
});

test('an error of the compiler has its place, as the Litexa CLI prints it, and with --json as well', async (t) => {
  const project = createProject(t, PROJECT);
  installFakeCli(project);
  // Like the error of its parser.
  project.write(
    'node_modules/@litexa/core/src/command-line/skill-builder.js',
    `const start = { line: 55, column: 8, offset: 900 };
    const location = { source: 'main.litexa', start, end: start };
    const error = Object.assign(new Error('Expected ":"'), { name: 'SyntaxError', location });
    exports.build = async () => { throw error; };`,
  );
  for (const command of ['deploy', 'diff']) {
    const { code, stdout, stderr } = await runExecutable([command, '--json'], {
      cwd: project.root,
    });
    assert.equal(code, 1);
    assert.match(stderr, /^error: main\.litexa\[55:8\]: SyntaxError: Expected ":"$/m);
    assert.deepEqual(JSON.parse(stdout).error, {
      message: 'Expected ":"',
      location: { source: 'main.litexa', line: 55, column: 8 },
    });
  }
});

test('a pipe that is closed early ends the process quietly', async (t) => {
  const { code, stderr } = await runExecutable(['--help'], {
    cwd: tempDir(t),
    started: (child) => child.stdout.destroy(),
  });
  assert.deepEqual([code, stderr], [0, '']);
});
