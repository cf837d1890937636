'use strict';

// Records the output of a runtime client as events, without what differs from run to run.

const path = require('node:path');

/** A frame has its type, the length of its message, and its time in front of the message. */
const FRAME_HEADER_BYTES = 16;
const FRAME_LENGTH_OFFSET = 4;

/** The line of a program that only starts the client of nodejs22.x, in place of Lambda's own. */
const LAUNCHER = /^Executing 'index\.handler' in /;

/** The lines about garbage collection and native frames after V8 ran out of memory: each run has others. */
const V8_REPORT = /^(\[\d+:0x| *\d+: 0x)/;

const FIRST_TIME = Date.parse('2026-11-22T07:45:00.000Z');
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

class Recorder {
  #events = [];

  /** @param {{folder: string, client: object}} paths the folder of the skill, and the client */
  constructor({ folder, client }) {
    this.folder = folder;
    // The client of nodejs22.x has its code beside the folder of its program.
    this.runtime = path.dirname(client.program).replace(/\bbin$/, 'dist');
    this.node = client.node;
    this.client = path.dirname(this.runtime);
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
      lines.filter((line) => !LAUNCHER.test(line)).forEach((line) => this.add(line));
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
    const stable = this.#events.filter((event) => !V8_REPORT.test(event));
    return stable.map((event, index) => {
      const time = new Date(FIRST_TIME + index).toISOString();
      return this.#withoutPaths(event)
        .replace(TIME, time)
        .replace(/\b(node:[\w/]+):\d+(:\d+)?/g, '$1:1')
        .replace(/Node\.js v(\d+)\.\d+\.\d+/, 'Node.js v$1.0.0')
        .replace(/0x[0-9a-f]{4,}/g, '0x1000');
    });
  }

  #withoutPaths(event) {
    return event
      .replaceAll(this.folder, '/var/task')
      .replaceAll(this.runtime, '/var/runtime')
      .replaceAll(this.node, '/var/lang/bin/node')
      .replaceAll(this.client, '/var/runtime');
  }
}

module.exports = { Recorder };
