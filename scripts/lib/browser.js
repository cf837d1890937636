'use strict';

// Drives Chromium or Chrome over the DevTools protocol: messages in JSON over two pipes, each ended by
// a zero byte (`--remote-debugging-pipe`). Needs no package, and no port.
// See https://chromedevtools.github.io/devtools-protocol/

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
  '--remote-debugging-pipe',
];

/** Returns the path of a browser: CHROME_PATH, or one of the usual names on the PATH. */
function findBrowser() {
  if (process.env.CHROME_PATH) return process.env.CHROME_PATH;
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const files = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  const found = files.find((file) => fs.existsSync(file));
  if (!found) throw new Error('cannot find a browser: set CHROME_PATH to Chromium or Chrome');
  return found;
}

/** A browser with one page. */
class Browser {
  #child;
  #profile;
  #session;
  #number = 0;
  #waiting = new Map();
  #listeners = [];
  #loaded = () => {};

  /** Starts a browser without a window. */
  static async start() {
    const browser = new Browser();
    const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-browser-'));
    browser.#profile = profile;
    const args = [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'];
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'];
    browser.#child = spawn(findBrowser(), args, { stdio });
    browser.#child.once('error', (error) => browser.#end(error));
    browser.#child.once('exit', () => browser.#end(new Error('the browser ended')));
    browser.#listen(browser.#child.stdio[4]);
    browser.#child.stdio[3].on('error', () => {});
    const { targetInfos } = await browser.send('Target.getTargets');
    const { targetId } = targetInfos.find(({ type }) => type === 'page');
    const attached = await browser.send('Target.attachToTarget', { targetId, flatten: true });
    browser.#session = attached.sessionId;
    for (const domain of ['Page', 'Runtime', 'Log', 'Network'])
      await browser.send(`${domain}.enable`);
    return browser;
  }

  #listen(pipe) {
    let parts = [];
    pipe.on('data', (chunk) => {
      let from = 0;
      for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, from)) {
        parts.push(chunk.subarray(from, at));
        this.#receive(JSON.parse(Buffer.concat(parts).toString()));
        parts = [];
        from = at + 1;
      }
      parts.push(chunk.subarray(from));
    });
  }

  #receive({ id, result, error, method, params }) {
    if (id === undefined) {
      if (method === 'Page.loadEventFired') this.#loaded();
      for (const listener of this.#listeners) listener(method, params);
      return;
    }
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) reject(new Error(`the browser answers: ${error.message}`));
    else resolve(result);
  }

  #end(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  /** Sends a command of the protocol, and returns its result. */
  send(method, params = {}) {
    const id = ++this.#number;
    const message = { id, method, params, sessionId: this.#session };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdio[3].write(`${JSON.stringify(message)}\0`);
    });
  }

  /** Calls `listener(method, params)` for each event of the protocol. */
  onEvent(listener) {
    this.#listeners.push(listener);
  }

  /** Opens a page, and returns when it is loaded. */
  async open(url) {
    // A page that differs only by its fragment would not be loaded again.
    await this.#navigate('about:blank');
    await this.#navigate(url);
  }

  async #navigate(url) {
    const loaded = new Promise((resolve) => (this.#loaded = resolve));
    await this.send('Page.navigate', { url });
    await loaded;
  }

  /** Returns the value of an expression in the page, which may be a promise. */
  async evaluate(expression) {
    const input = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails: problem } = await this.send('Runtime.evaluate', input);
    if (problem) throw new Error(problem.exception?.description ?? problem.text);
    return result.value;
  }

  /** Presses a key, such as `j`, `Enter` or `Shift+ArrowRight`. */
  async press(keys) {
    const parts = keys.length > 1 ? keys.split('+') : [keys];
    const key = parts.at(-1);
    const codes = { Enter: 13, Escape: 27, Tab: 9, ' ': 32, End: 35, Home: 36 };
    const text = key.length === 1 ? key : key === 'Enter' ? '\r' : undefined;
    const modifiers = parts.includes('Shift') ? 8 : 0;
    const event = { key, text, modifiers, windowsVirtualKeyCode: codes[key] };
    await this.send('Input.dispatchKeyEvent', { type: text ? 'keyDown' : 'rawKeyDown', ...event });
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event, text: undefined });
  }

  /** Types a text into the element that has the focus. */
  async type(text) {
    await this.send('Input.insertText', { text });
  }

  /** Presses the mouse at a place, and releases it there or at another one. */
  async click(from, to = from) {
    const mouse = (type, { x, y }, buttons) =>
      this.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', buttons, clickCount: 1 });
    await mouse('mouseMoved', from, 0);
    await mouse('mousePressed', from, 1);
    if (to !== from) await mouse('mouseMoved', to, 1);
    await mouse('mouseReleased', to, 0);
  }

  /** Sets the size of the page in pixels, and its scheme: `light` or `dark`. */
  async show({ width = 1280, height = 1000, scheme = 'light', scale = 1 }) {
    const size = { width, height, deviceScaleFactor: scale, mobile: false };
    await this.send('Emulation.setDeviceMetricsOverride', size);
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.send('Emulation.setEmulatedMedia', { features });
  }

  /** Writes a picture of what is in view. */
  async screenshot(file) {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png' });
    fs.writeFileSync(file, Buffer.from(data, 'base64'));
  }

  /** Ends the browser, and removes its profile. */
  async stop() {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.send('Browser.close').catch(() => {});
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(timer);
    fs.rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

module.exports = { Browser, findBrowser };
