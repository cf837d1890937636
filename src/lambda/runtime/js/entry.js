'use strict';

// The function that Lambda calls: an async handler around the skill's callback handler. From
// nodejs24.x on Lambda refuses a handler that takes a callback.
// This file is the package's index.js and runs on every Node.js that Lambda still updates, from 14.

const { EventEmitter, once } = require('events');

// How long before Lambda's timeout an answer is given although calls are still under way.
const MARGIN_MS = 500;

const AWS = loadAwsSdk();
if (AWS) useOwnRegion(AWS.config);
const calls = watchCalls(AWS && AWS.events);

// Only now, since the skill makes its AWS clients while it is loaded.
const skill = require('./skill');

module.exports = { ...skill };
if (typeof skill.handler === 'function') {
  // Lambda passes a callback only to a handler that asks for one. Any other one answers with what
  // it returns.
  const answer = skill.handler.length < 3 ? skill.handler : answerOfCallback;
  module.exports.handler = async (event, context) => {
    const ownContext = { ...context };
    try {
      return await answer(event, ownContext);
    } finally {
      await untilDone(calls, ownContext);
    }
  };
}

// The first to come counts: the callback, a rejected promise, an exception. What a returned promise
// is fulfilled with is no answer: Litexa's handler answers through the callback alone.
async function answerOfCallback(event, context) {
  let answerNothing;
  try {
    return await new Promise((resolve, reject) => {
      const callback = (error, answer) => (isNone(error) ? resolve(answer) : reject(error));
      addFormerMethods(context, callback);
      // Lambda answered null where a handler did not call back and had nothing left to do.
      answerNothing = () => resolve(null);
      process.once('beforeExit', answerNothing);
      Promise.resolve(skill.handler(event, context, callback)).catch(reject);
    });
  } finally {
    process.removeListener('beforeExit', answerNothing);
  }
}

// nodejs24.x took these off the context together with the callback.
function addFormerMethods(context, callback) {
  context.done = callback;
  context.succeed = (answer) => callback(null, answer);
  context.fail = (error) => callback(isNone(error) ? 'handled' : error);
}

function isNone(error) {
  return error === undefined || error === null;
}

// With callbacks, Lambda held the answer back as long as anything was under way, because the
// process is frozen as soon as the answer is out. A call that hangs must not turn the answer into a
// timeout, though, nor hold up the answers after it.
async function untilDone(calls, context) {
  if (context.callbackWaitsForEmptyEventLoop === false || calls.underWay.size === 0) return;
  const patience = setTimeout(() => {
    calls.underWay.clear();
    calls.emit('done');
  }, context.getRemainingTimeInMillis() - MARGIN_MS);
  await once(calls, 'done');
  clearTimeout(patience);
}

// aws-sdk v2 and our stand-in for it tell of each call when it is sent and when it is complete.
// Whoever made the call hears of its end only then, and may go on to make another one.
function watchCalls(events) {
  const calls = new EventEmitter();
  calls.underWay = new Set();
  if (events) {
    events.on('send', ({ request }) => calls.underWay.add(request));
    events.on('complete', ({ request }) => setImmediate(complete, request));
  }
  return calls;

  function complete(request) {
    calls.underWay.delete(request);
    if (calls.underWay.size === 0) calls.emit('done');
  }
}

// The aws-sdk v2 of the skill or of the runtime, else our stand-in for it. A handler that is not
// Litexa's may do without any.
function loadAwsSdk() {
  try {
    return require('aws-sdk');
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    return undefined;
  }
}

// While it is loaded, Litexa's handler sets the region of all services to us-east-1, but its table
// is where its function is. The region of a single service takes precedence.
function useOwnRegion(config) {
  const region = process.env.AWS_REGION;
  config.dynamodb = { region };
  config.cloudwatch = { region };
}
