'use strict';

// Generates the log of a skill's function in Lambda's text format. The same numbers give the same
// events, except for their times, which end now.

const { random } = require('../../__test__/support/prng');

const EVENTS_PER_REQUEST = 5;

/**
 * @param {object} size
 * @param {number} size.streams
 * @param {number} size.events in all streams
 * @param {{pattern: string, length: number, count: number}} [size.lines] of the only request, in place
 *   of those
 * @returns {{name: string, first: number, last: number, events: object[]}[]}
 */
function makeStreams({ streams, events, lines, minutes = 50 }) {
  const end = Date.now() - 60_000;
  const start = end - minutes * 60_000;
  const day = new Date(start).toISOString().slice(0, 10).replaceAll('-', '/');
  const chance = random(7);
  return Array.from({ length: streams }, (_, index) => {
    const own =
      Math.floor((events * (index + 1)) / streams) - Math.floor((events * index) / streams);
    const list = lines ? longLines(lines, end) : makeEvents(own, start, end, chance);
    const name = `${day}/[$LATEST]${hex(chance, 32)}`;
    return { name, first: list[0]?.timestamp, last: list.at(-1)?.timestamp, events: list };
  });
}

function makeEvents(count, start, end, chance) {
  const events = [];
  for (let number = 0; events.length < count; number++) {
    const time = Math.floor(start + ((end - start) * number * EVENTS_PER_REQUEST) / count);
    for (const message of requestLines(time, chance)) {
      events.push({ timestamp: time, message, ingestionTime: time });
    }
  }
  return events.slice(0, count);
}

/** Returns a request with lines that repeat a pattern. */
function longLines({ pattern, length, count }, time) {
  const [start, , , end, report] = requestLines(time, random(7));
  const id = /RequestId: (\S+)/.exec(start)[1];
  const text = pattern.repeat(Math.ceil(length / pattern.length)).slice(0, length);
  const line = `${new Date(time).toISOString()}\t${id}\tINFO\t${text}\n`;
  const messages = [start, ...Array(count).fill(line), end, report];
  return messages.map((message) => ({ timestamp: time, message, ingestionTime: time }));
}

function requestLines(time, chance) {
  const id = [8, 4, 4, 4, 12].map((length) => hex(chance, length)).join('-');
  const at = `${new Date(time).toISOString()}\t${id}\tINFO\tVERBOSE`;
  const milliseconds = (5 + chance() * 90).toFixed(2);
  return [
    `START RequestId: ${id} Version: $LATEST\n`,
    `${at} REQUEST {"version":"1.0","session":{"new":true,"sessionId":"amzn1.echo-api.session.${hex(chance, 32)}"},"request":{"type":"IntentRequest","locale":"en-US","intent":{"name":"POUR_TEA","slots":{"tea":{"name":"tea","value":"green"}}}}}\n`,
    `${at} RESPONSE {"version":"1.0","response":{"outputSpeech":{"type":"SSML","ssml":"<speak>Here is your cup of tea, number ${Math.floor(chance() * 1000)}.</speak>"},"shouldEndSession":false}}\n`,
    `END RequestId: ${id}\n`,
    `REPORT RequestId: ${id}\tDuration: ${milliseconds} ms\tBilled Duration: ${Math.ceil(milliseconds)} ms\tMemory Size: 256 MB\tMax Memory Used: 65 MB\t\n`,
  ];
}

function hex(chance, length) {
  let text = '';
  while (text.length < length) text += Math.floor(chance() * 16).toString(16);
  return text;
}

module.exports = { makeStreams, EVENTS_PER_REQUEST };
