'use strict';

// Sessions of Live Tail, which end by the client.

const crypto = require('node:crypto');
const { AwsError } = require('../errors');
const { event, exception } = require('../../live-tail/event-stream');

const API = 'https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference';

/** The time between two updates: a second in AWS, less here so that tests are quick. */
const TICK_MS = 50;

const invalid = (message) => new AwsError(400, 'InvalidParameterException', message);

function startLiveTail(call) {
  const { logGroupIdentifiers } = call.input;
  for (const { name } of REFUSALS) call.rule(name);
  const group = call.place.logGroups.get(logGroupIdentifiers?.[0]?.split(':log-group:')[1]);
  return { stream: (response) => send(response, group ?? { streams: new Map() }, call) };
}

function send(response, group, { input, server, rule }) {
  response.writeHead(200, {
    date: new Date(server.clock()).toUTCString(),
    'content-type': 'application/vnd.amazon.eventstream',
    'x-amzn-requestid': crypto.randomUUID(),
  });
  const { logGroupIdentifiers } = input;
  response.write(event('initial-response', {}));
  response.write(event('sessionStart', { sessionId: crypto.randomUUID(), logGroupIdentifiers }));
  const sent = new Set([...group.streams.values()].flatMap(({ events }) => events));
  let updates = 0;
  const timer = setInterval(() => {
    const last = rule('live-tail-timeout', updates++);
    if (last) {
      clearInterval(timer);
      return response.end(last);
    }
    const all = [...group.streams.values()].flatMap(({ name, events }) =>
      events.map((one) => ({ one, result: { logStreamName: name, ...one } })),
    );
    const sessionResults = all.filter(({ one }) => !sent.has(one)).map(({ result }) => result);
    for (const { one } of all) sent.add(one);
    const sessionMetadata = { sampled: false };
    return response.write(event('sessionUpdate', { sessionMetadata, sessionResults }));
  }, TICK_MS);
  response.once('close', () => clearInterval(timer));
}

/** Before a session begins. */
const REFUSALS = [
  {
    name: 'live-tail-groups',
    rule: 'StartLiveTail names one to ten log groups: else 400 InvalidParameterException.',
    source: `${API}/API_StartLiveTail.html`,
    apply({ input: { logGroupIdentifiers: groups } }) {
      if (Array.isArray(groups) && groups.length >= 1 && groups.length <= 10) return;
      throw invalid('logGroupIdentifiers must have 1 to 10 items');
    },
  },
  {
    name: 'live-tail-arn',
    rule: 'StartLiveTail names a log group by its ARN, which does not end with an asterisk: else 400 InvalidParameterException.',
    source: `${API}/API_StartLiveTail.html`,
    apply({ input: { logGroupIdentifiers: groups = [] } }) {
      const isArn = (group) => /^arn:[\w-]+:logs:[\w-]+:\d{12}:log-group:[^:*]+$/.test(group);
      if (!groups.every(isArn)) throw invalid('The specified log group identifier is invalid.');
    },
  },
  {
    name: 'live-tail-streams',
    rule: 'StartLiveTail selects streams by names or by prefixes, and only in a single log group: else 400 InvalidParameterException.',
    source: `${API}/API_StartLiveTail.html`,
    apply({ input: { logGroupIdentifiers: groups = [], logStreamNames, logStreamNamePrefixes } }) {
      const selects = logStreamNames || logStreamNamePrefixes;
      if (!(logStreamNames && logStreamNamePrefixes) && !(selects && groups.length > 1)) return;
      throw invalid('logStreamNames and logStreamNamePrefixes are mutually exclusive');
    },
  },
  {
    name: 'live-tail-group-exists',
    rule: 'StartLiveTail of a log group that does not exist is refused: 400 ResourceNotFoundException.',
    source: `${API}/API_StartLiveTail.html`,
    apply({ input: { logGroupIdentifiers: groups = [] }, place }) {
      const isKnown = (group) => place.logGroups.has(group.split(':log-group:')[1]);
      if (groups.every(isKnown)) return;
      const message = 'The specified log group does not exist.';
      throw new AwsError(400, 'ResourceNotFoundException', message);
    },
  },
  {
    name: 'live-tail-class',
    rule: 'StartLiveTail refuses groups of the Infrequent Access class: 400 InvalidOperationException.',
    source:
      'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html',
    apply({ input: { logGroupIdentifiers: groups = [] }, place }) {
      const isStandard = (group) =>
        place.logGroups.get(group.split(':log-group:')[1])?.logGroupClass !== 'INFREQUENT_ACCESS';
      if (groups.every(isStandard)) return;
      const message = 'Live Tail is only supported on the Standard log class.';
      throw new AwsError(400, 'InvalidOperationException', message);
    },
  },
];

const RULES = [
  ...REFUSALS,
  {
    name: 'live-tail-timeout',
    rule: 'A session of Live Tail ends after three hours, with SessionTimeoutException.',
    source: `${API}/API_StartLiveTail.html`,
    apply({ server }, updates) {
      if (updates < server.sessionUpdates) return undefined;
      return exception('SessionTimeoutException', { message: 'The session has ended.' });
    },
  },
];

module.exports = { OPERATIONS: { StartLiveTail: startLiveTail }, REFUSALS, RULES };
