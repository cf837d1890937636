'use strict';

// The tea house's handler, written by hand to the conventions of the handlers that Litexa
// generates: aws-sdk v2, a callback beside the promise, a store that is written under a condition.

const https = require('https');
const ms = require('ms');
const AWS = require('aws-sdk');

// Litexa sets this region whatever the deployment's region is.
AWS.config.update({ region: 'us-east-1' });

const cloudWatch = new AWS.CloudWatch({
  httpOptions: { agent: new https.Agent({ keepAlive: true }) },
});

const store = new AWS.DynamoDB.DocumentClient({
  convertEmptyValues: true,
  service: new AWS.DynamoDB({
    maxRetries: 5,
    retryDelayOptions: { base: 150 },
    paramValidation: false,
    httpOptions: { agent: new https.Agent({ keepAlive: true }) },
  }),
});

const { assetsRoot, dynamoTableName, loggingLevel } = process.env;

const TEXTS = {
  default: {
    welcome: () => 'Welcome to the tea house, visit 1.',
    welcomeBack: (visit, since) => `Welcome back, visit ${visit}. You were here ${since} ago.`,
    question: () => 'Which tea would you like?',
  },
  'de-DE': {
    welcome: () => 'Willkommen im Teehaus, Besuch 1.',
    welcomeBack: (visit) => `Willkommen zurück, Besuch ${visit}.`,
    question: () => 'Welchen Tee möchtest du?',
  },
};

exports.handler = (event, context, callback) => {
  logRequest(event);
  const isEnd = event.request.type === 'SessionEndedRequest';
  // If the store cannot be read at the end of a session, only the promise rejects.
  return isEnd
    ? endSession(event).then(() => callback(null, {}))
    : answer(event).then(
        (response) => callback(null, logResponse(response)),
        (error) => callback(error, null),
      );
};

async function endSession(event) {
  await readVisits(event);
  if (loggingLevel) console.log('VERBOSE Terminating input handler early');
}

async function answer(event) {
  if (event.request.type !== 'LaunchRequest') return respond(event, 'question');
  countLaunch();
  const before = await rememberVisit(event);
  return before
    ? respond(event, 'welcomeBack', before.data.visits + 1, timeSince(before))
    : respond(event, 'welcome');
}

/** Another request of the same user may write in between; then the visit counts from there. */
async function rememberVisit(event) {
  for (;;) {
    const before = await readVisits(event);
    if (await writeVisits(event, before)) return before;
    console.log('CONCURRENCY LOOP, denied db write');
  }
}

function readVisits(event) {
  const params = { TableName: dynamoTableName, Key: keyOf(event), ConsistentRead: true };
  return new Promise((resolve, reject) => {
    store.get(params, (error, data) => (error ? reject(error) : resolve(data.Item)));
  });
}

function writeVisits(event, before) {
  const item = {
    ...keyOf(event),
    data: { visits: before ? before.data.visits + 1 : 1, favorite: undefined, note: '' },
    clock: before ? before.clock + 1 : 0,
    lastResponseTime: Date.now(),
  };
  const condition = before
    ? {
        ConditionExpression: 'clock = :expectedClock',
        ExpressionAttributeValues: { ':expectedClock': before.clock },
      }
    : { ConditionExpression: 'attribute_not_exists(userId)' };
  return new Promise((resolve, reject) => {
    store.put({ TableName: dynamoTableName, Item: item, ...condition }, (error) => {
      if (error && error.code !== 'ConditionalCheckFailedException') reject(error);
      else resolve(!error);
    });
  });
}

function keyOf(event) {
  return { userId: event.context.System.device.deviceId };
}

function countLaunch() {
  const datum = {
    MetricName: 'Launches',
    Dimensions: [{ Name: 'project', Value: 'teahouse' }],
    StorageResolution: 60,
    Timestamp: new Date().toISOString(),
    Unit: 'None',
    Value: 1,
  };
  cloudWatch.putMetricData({ Namespace: 'Litexa', MetricData: [datum] }, (error) => {
    if (error) console.error(`Cloudwatch metrics write fail ${error}`);
  });
}

function timeSince({ lastResponseTime }) {
  return ms(Date.now() - lastResponseTime, { long: true });
}

function respond(event, text, ...details) {
  const language = event.request.locale in TEXTS ? event.request.locale : 'default';
  const speech = TEXTS[language][text](...details);
  return {
    version: '1.0',
    sessionAttributes: {},
    response: {
      outputSpeech: {
        type: 'SSML',
        ssml: `<speak><audio src="${assetsRoot}${language}/chime.mp3"/> ${speech}</speak>`,
      },
      card: {
        type: 'Standard',
        title: 'Tea House',
        text: speech,
        image: { smallImageUrl: `${assetsRoot}${language}/teacup.png` },
      },
      shouldEndSession: false,
    },
  };
}

function logRequest(event) {
  if (loggingLevel === 'verbose') logLine('REQUEST', event);
  if (loggingLevel === 'terse') logLine('REQUEST', event.request);
}

function logResponse(response) {
  if (loggingLevel) logLine('RESPONSE', response);
  return response;
}

function logLine(what, value) {
  console.log(`VERBOSE ${what} ${JSON.stringify(value, null, 2)}`);
}
