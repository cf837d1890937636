'use strict';

const { GROUP, after, createGroup, send } = require('./fixtures');

const DAY = 86_400_000;
const STREAM = { ...GROUP, logStreamName: '2026/11/26/[$LATEST]0a' };
const NAMED = { ...GROUP, logStreamNames: [STREAM.logStreamName] };
const createStream = ['logs:CreateLogStream', STREAM];

/** A time of now, to the second. */
const NOW = Math.floor(Date.now() / 1000) * 1000;

const put = (...events) => [
  'logs:PutLogEvents',
  { ...STREAM, logEvents: events.map(([timestamp, message]) => ({ timestamp, message })) },
];
const one = put([NOW, 'meow']);
const old = put([NOW - 10 * DAY, 'meow']);
const keepOneDay = ['logs:PutRetentionPolicy', { ...GROUP, retentionInDays: 1 }];
const read = (more) => ['logs:GetLogEvents', { ...STREAM, startFromHead: true, ...more }];
const filter = (more) => ['logs:FilterLogEvents', { ...GROUP, ...more }];
const infrequent = ['logs:CreateLogGroup', { ...GROUP, logGroupClass: 'INFREQUENT_ACCESS' }];

/** Sends a request, and again with the token of its answer. */
const twice = (request) => async (server) => {
  const { output } = await send(request)(server);
  const [operation, input] = request;
  const nextToken = output.nextForwardToken ?? output.nextToken;
  const { output: again } = await send([operation, { ...input, nextToken }])(server);
  return { output: again, isSame: again.nextForwardToken === nextToken };
};

const disableKey = (server) =>
  Object.assign(server.inRegion().logGroups.get(GROUP.logGroupName), { isKeyDisabled: true });

const streams = Array.from({ length: 51 }, (_, index) => [
  'logs:CreateLogStream',
  { ...GROUP, logStreamName: `${index}` },
]);

module.exports = [
  {
    rule: 'log-stream-name',
    title: 'a name with a colon',
    given: after(createGroup),
    request: send(['logs:CreateLogStream', { ...GROUP, logStreamName: 'a:b' }]),
    answer: { status: 400, code: 'InvalidParameterException' },
  },
  {
    rule: 'log-stream-exists',
    title: 'CreateLogStream for the second time',
    given: after(createGroup, createStream),
    request: send(createStream),
    answer: { status: 400, code: 'ResourceAlreadyExistsException' },
  },
  {
    rule: 'log-stream-not-found',
    title: 'GetLogEvents of a stream that does not exist',
    given: after(createGroup),
    request: send(read()),
    answer: { status: 400, code: 'ResourceNotFoundException' },
  },
  {
    rule: 'log-stream-not-found',
    title: 'FilterLogEvents of a stream that does not exist',
    given: after(createGroup),
    request: send(filter(NAMED)),
    answer: { status: 400, code: 'ResourceNotFoundException' },
  },
  {
    rule: 'log-streams-order',
    title: 'a prefix with the order by last event',
    given: after(createGroup),
    request: send([
      'logs:DescribeLogStreams',
      { ...GROUP, orderBy: 'LastEventTime', logStreamNamePrefix: '2026' },
    ]),
    answer: { status: 400, code: 'InvalidParameterException', message: /LastEventTime/ },
  },
  {
    rule: 'log-streams-pages',
    title: '51 streams',
    given: after(createGroup, ...streams),
    request: send(['logs:DescribeLogStreams', GROUP]),
    answer: { output: { logStreams: { length: 50 }, nextToken: '50' } },
  },
  {
    rule: 'last-event-late',
    title: 'a stream with a new event',
    given: after(createGroup, createStream, one),
    request: send(['logs:DescribeLogStreams', GROUP]),
    answer: { output: { logStreams: { 0: { lastEventTimestamp: undefined } } } },
  },
  ...[
    ['GetLogEvents', read()],
    ['FilterLogEvents', filter()],
  ].flatMap(([operation, request]) => [
    {
      rule: 'standard-class',
      title: `${operation} of a group of the Infrequent Access class`,
      given: after(infrequent, createStream),
      request: send(request),
      answer: { status: 400, code: 'InvalidParameterException', message: /log-group-class/ },
    },
    {
      rule: 'log-group-key',
      title: `${operation} of a group whose key is disabled`,
      given: async (server) => {
        await after(createGroup, createStream)(server);
        disableKey(server);
      },
      request: send(request),
      answer: { status: 400, code: 'AccessDeniedException', message: /KMS key/ },
    },
  ]),
  {
    rule: 'expired-events',
    title: 'an event of ten days ago in a group that keeps one day',
    given: after(createGroup, createStream, old, one, keepOneDay),
    request: send(read()),
    answer: { output: { events: { length: 1, 0: { timestamp: NOW } } } },
  },
  {
    rule: 'endless-tokens',
    title: 'the token of a stream whose only event has expired',
    given: after(createGroup, createStream, old, keepOneDay),
    request: twice(read()),
    answer: { output: { events: { length: 0 } }, isSame: false },
  },
  {
    rule: 'get-end-excluded',
    title: 'GetLogEvents up to the time of an event',
    given: after(createGroup, createStream, one),
    request: send(read({ endTime: NOW })),
    answer: { output: { events: { length: 0 } } },
  },
  {
    rule: 'filter-end-included',
    title: 'FilterLogEvents up to the time of an event',
    options: { rulesOff: ['filter-empty-page'] },
    given: after(createGroup, createStream, one, put([NOW + 1, 'purr'])),
    request: send(filter({ endTime: NOW })),
    answer: { output: { events: { length: 1 } } },
  },
  {
    rule: 'page-size',
    title: '1.2 MB of events',
    given: after(
      createGroup,
      createStream,
      put(...Array.from({ length: 6 }, (_, n) => [NOW + n, 'x'.repeat(200_000)])),
    ),
    request: send(read()),
    answer: { output: { events: { length: 5 } } },
  },
  {
    rule: 'same-token-at-end',
    title: 'the token at the end of a stream',
    given: after(createGroup, createStream, one),
    request: twice(read()),
    answer: { output: { events: { length: 0 }, nextForwardToken: /^f\// }, isSame: true },
  },
  {
    rule: 'filter-streams',
    title: 'names and a prefix of streams',
    given: after(createGroup, createStream),
    request: send(filter({ ...NAMED, logStreamNamePrefix: '2026' })),
    answer: { status: 400, code: 'InvalidParameterException' },
  },
  {
    rule: 'filter-streams',
    title: '101 names of streams',
    given: after(createGroup, createStream),
    request: send(filter({ logStreamNames: Array(101).fill(STREAM.logStreamName) })),
    answer: { status: 400, code: 'InvalidParameterException' },
  },
  {
    rule: 'filter-empty-page',
    title: 'FilterLogEvents of an event',
    given: after(createGroup, createStream, one),
    request: send(filter()),
    answer: { output: { events: { length: 0 }, nextToken: '0' } },
  },
];
