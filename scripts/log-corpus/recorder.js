'use strict';

// Records the output of a runtime client as events, without what differs from run to run.

const path = require('node:path');

/** A frame has its type, the length of its message, and its time in front of the message. */
const FRAME_HEADER_BYTES = 16;
const FRAME_LENGTH_OFFSET = 4;

const FIRST_TIME = Date.parse('2026-11-22T07:45:00.000Z');
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

class Recorder {
  #events = [];

  /** @param {{folder: string, client: object}} paths the folder of the skill, and the client */
  constructor({ folder, client }) {
    this.folder = folder;
    this.runtime = path.dirname(client.program);
    this.node = client.node;
  }

  add(event) {
    this.#events.push(event);
  }

  /** Records each line that the process prints: Lambda makes an event of each. */
  readLines(stream) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop();
      lines.forEach((line) => this.add(line));
    });
    stream.on('close', () => rest && this.add(rest));
  }

  /** Records each frame, by which a client passes texts of several lines as one event. */
  readFrames(stream) {
    let rest = Buffer.alloc(0);
    stream.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= FRAME_HEADER_BYTES) {
        const end = FRAME_HEADER_BYTES + rest.readUInt32BE(FRAME_LENGTH_OFFSET);
        if (rest.length < end) return;
        this.add(rest.toString('utf8', FRAME_HEADER_BYTES, end).replace(/\n$/, ''));
        rest = rest.subarray(end);
      }
    });
  }

  /** Returns the events, one millisecond apart. */
  events() {
    return this.#events.map((event, index) => {
      const time = new Date(FIRST_TIME + index).toISOString();
      return this.#withoutPaths(event)
        .replace(TIME, time)
        .replace(/\b(node:[\w/]+):\d+(:\d+)?/g, '$1:1')
        .replace(/Node\.js v(\d+)\.\d+\.\d+/, 'Node.js v$1.0.0')
        .replace(/0x[0-9a-f]{4,}/g, '0x1000')
        .replace(/^(\[)\d+(:0x1000\]) .*(Scavenge|Mark-Compact).*/, '$11$2 9 ms: $3 …');
    });
  }

  #withoutPaths(event) {
    return event
      .replaceAll(this.folder, '/var/task')
      .replaceAll(this.runtime, '/var/runtime')
      .replaceAll(this.node, '/var/lang/bin/node');
  }
}

module.exports = { Recorder };
