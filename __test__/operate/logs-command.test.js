'use strict';

// The command `logs`: its options override the config and the environment, and Ctrl-C ends following.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { useAws } = require('../support/aws/use-aws');
const { invocation } = require('../support/lambda/log-events');
const { minutesAgo, writeStream } = require('../support/lambda/log-streams');
const { runExecutable } = require('../support/litexa/executable');
const { createProject } = require('../support/litexa/project');

const aws = useAws();

const ID = (number) => `4f0e9b5a-7d1c-4f0e-9b5a-00000000000${number}`;

/** Writes a request of 5 minutes and one of 3 hours ago. Returns the project. */
async function projectWithLogs(t, options) {
  await writeStream(aws.client, '2026/11/22/[$LATEST]1', invocation(ID(1), minutesAgo(5)));
  await writeStream(aws.client, '2026/11/22/[$LATEST]2', invocation(ID(2), minutesAgo(180)));
  return createProject(t, { options });
}

const run = (project, args, env) =>
  runExecutable(['logs', '-d', 'beta', ...args], {
    cwd: project.root,
    env: { ...aws.env, ...env },
  });

test('the range is that of the options, before the environment and the config', async (t) => {
  const project = await projectWithLogs(t, { logsConfiguration: { minutes: 1 } });
  const found = async (args, env) => (await run(project, [...args, '--json'], env)).json().answered;
  assert.deepEqual(
    await Promise.all([
      found([]),
      found(['--minutes', '60']),
      found(['--since=4h']),
      found(['--since', '4h'], { LITEXA_LOGS_MINUTES: '1' }),
      found(['--minutes', '60'], { LITEXA_LOGS_SINCE: '4h' }),
      found([], { LITEXA_LOGS_MINUTES: '300' }),
    ]),
    [0, 1, 2, 2, 1, 2],
  );
});

test('the formats and the status are those of the options', async (t) => {
  const project = await projectWithLogs(t);
  const { code, stdout } = await run(project, [
    '--format',
    'html',
    '--format=jsonl',
    '--status',
    'failed',
  ]);
  assert.equal(code, 0);
  assert.match(stdout, /^requests: /m);
  const names = fs.readdirSync(path.join(project.root, '.logs', 'beta'));
  assert.deepEqual(new Set(names.map((name) => path.extname(name))), new Set(['.html', '.jsonl']));
});

test('with --json, stdout has the result only', async (t) => {
  const project = await projectWithLogs(t);
  const { stdout, stderr } = await run(project, ['--json']);
  const { files, answered, failed } = JSON.parse(stdout);
  assert.deepEqual([answered, failed, files.length], [1, 0, 1]);
  assert.match(stderr, /^requests: /m);
});

const WRONG = [
  [['--since', '3h', '--minutes', '5'], 2, /--since and --minutes are mutually exclusive/],
  [['--minutes', '0'], 2, /--minutes must be a whole number from 1 to/],
  [['--minutes', '1h'], 2, /--minutes must be a whole number/],
  [['--format', 'pdf'], 2, /--format must be one of text, jsonl, html, but is "pdf"/],
  [['--status', 'fail'], 2, /Did you mean failed\?/],
  [['--since', 'yesterday'], 2, /^error: --since must be a length of time /m],
  [['--since', '2999-01-01'], 2, /^error: --since must be in the past/m],
  [['--follow', '--source', 'insights'], 2, /--follow cannot read by --source insights/],
  [['--follow', '--since', '3h'], 2, /--follow begins now, and takes no --since/],
  [['-f', '--minutes=3'], 2, /--follow begins now, and takes no --minutes/],
];

for (const [args, expected, message] of WRONG) {
  test(`refused: logs ${args.join(' ')}`, async (t) => {
    const { code, stderr } = await run(createProject(t), args);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /LITEXA_LOGS/);
    assert.equal(code, expected);
  });
}

test('a conflict of an option with a variable is wrong usage, and a wrong variable or config is not', async (t) => {
  const project = createProject(t, { options: { logsConfiguration: { minutes: 0 } } });
  const codes = [
    [['--since', '3h'], { LITEXA_LOGS_FOLLOW: '1' }],
    [[], { LITEXA_LOGS_SINCE: 'yesterday' }],
    [['--status', 'failed'], { LITEXA_LOGS_SINCE: 'yesterday' }],
    [['--format', 'text'], {}],
  ].map(async ([args, env]) => (await run(project, args, env)).code);
  assert.deepEqual(await Promise.all(codes), [1, 1, 1, 1]);
  project.configure({ beta: {} });
  const { code } = await run(project, ['--since', '3h'], { LITEXA_LOGS_FOLLOW: '1' });
  assert.equal(code, 2);
});

test('an error names what was given: the option, or the variable', async (t) => {
  const project = createProject(t);
  const refusal = async (args, env) => (await run(project, args, env)).stderr;
  const LITEXA_LOGS_SINCE = 'yesterday';
  assert.match(await refusal([], { LITEXA_LOGS_SINCE }), /LITEXA_LOGS_SINCE must be a length/);
  const other = await refusal(['--status', 'failed'], { LITEXA_LOGS_SINCE });
  assert.match(other, /LITEXA_LOGS_SINCE must be a length/);
  assert.match(
    await refusal(['--since', 'today'], { LITEXA_LOGS_SINCE }),
    /--since must be a length/,
  );
  const misspelt = await refusal(['--status', 'all'], { LITEXA_LOGS_STATUSES: 'failed' });
  assert.match(misspelt, /LITEXA_LOGS_STATUSES is not known\. Did you mean LITEXA_LOGS_STATUS\?/);
});

test('the hint to look further back names the option', async (t) => {
  const project = await projectWithLogs(t);
  const { stdout } = await run(project, ['--minutes', '1']);
  assert.match(stdout, /To look further back, add --since \w+$/m);
});

const onUnix = { skip: process.platform === 'win32' && 'Windows has no signals' };

test('--follow shows requests until Ctrl-C, which ends it with 130', onUnix, async (t) => {
  const project = await projectWithLogs(t);
  // Events are read after the interruption is awaited.
  const started = (child) => {
    const remove = aws.intercept(({ operation }) => {
      if (operation !== 'FilterLogEvents') return;
      remove();
      child.kill('SIGINT');
    });
  };
  const { code } = await runExecutable(['logs', '-d', 'beta', '--follow'], {
    cwd: project.root,
    env: aws.env,
    started,
  });
  assert.equal(code, 130);
});
