'use strict';

// Pulls logs into pages, opens them in a real browser, and uses them with keys and mouse:
// `npm run test:page`. Prints how long the page of 20,000 requests takes to load, and each of some to
// open. Needs Chromium or Chrome: CHROME_PATH, or one of the usual names on the PATH.
// `npm run test:page -- page.png` saves a picture of a page.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { build } = require('../build');
const { Browser } = require('../lib/browser');
const { runMain } = require('../lib/exec');
const { startLogs } = require('./logs-server');
const { makeRequests } = require('./logs-of-tea-house');
const { useEnvironment } = require('../../__test__/support/environment');
const { logsContext } = require('../../__test__/support/litexa/context');

const MANY = 20_000;
const RUNS = 5;
const MOST_LOAD_MS = 2000;
const MOST_OPEN_MS = 100;
const HOUR = 3_600_000;

/** Pulls the logs of invented requests into a page, and returns its file. */
async function makePage(root, requests, { hours = 1 } = {}) {
  const server = await startLogs(requests);
  const none = path.join(root, 'none');
  const restoreEnvironment = useEnvironment({
    AWS_ENDPOINT_URL: server.endpoint,
    AWS_ACCESS_KEY_ID: 'AKIAPAGE',
    AWS_SECRET_ACCESS_KEY: 'no secret',
    AWS_REGION: 'eu-west-1',
    AWS_CONFIG_FILE: none,
    AWS_SHARED_CREDENTIALS_FILE: none,
  });
  try {
    const context = logsContext({ projectRoot: root, target: 'production' });
    const minutes = hours * 60;
    context.deploymentOptions.logsConfiguration = { formats: ['html'], minutes };
    const { files } = await require('../..').logs(context, context.logger);
    return files[0];
  } finally {
    restoreEnvironment();
    await server.stop();
  }
}

function makeProject() {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-page-'));
  const deployments = { production: {} };
  const config = { name: 'teahouse', deployments };
  fs.mkdirSync(path.join(root, 'litexa'));
  fs.writeFileSync(path.join(root, 'litexa.config.json'), JSON.stringify(config));
  return root;
}

/** A page in the browser. Problems of the page, and requests that it makes, fail the test. */
class Page {
  constructor(browser) {
    this.browser = browser;
    this.problems = [];
    browser.onEvent((method, params) => {
      if (method === 'Runtime.exceptionThrown') this.problems.push(params.exceptionDetails);
      if (method === 'Log.entryAdded') this.problems.push(params.entry);
      if (method !== 'Network.requestWillBeSent') return;
      const { url } = params.request;
      if (!/^(about|file):/.test(url)) this.problems.push({ url });
    });
  }

  async open(file, fragment = '') {
    await this.browser.open(pathToFileURL(file).href + fragment);
    await this.frame();
  }

  /** Waits until the page has been drawn. */
  frame() {
    return this.browser.evaluate(
      'new Promise((done) => requestAnimationFrame(() => setTimeout(done)))',
    );
  }

  async press(...keys) {
    for (const key of keys) await this.browser.press(key);
    await this.frame();
  }

  async search(text) {
    await this.press('/');
    await this.browser.type(text);
    // Typing is waited for.
    await this.browser.evaluate('new Promise((done) => setTimeout(done, 250))');
    await this.frame();
  }

  value(expression) {
    return this.browser.evaluate(expression);
  }

  /** Returns the text of an element, as it is shown. */
  text(selector) {
    return this.value(`document.querySelector(${JSON.stringify(selector)}).innerText`);
  }

  focus() {
    return this.value('document.activeElement.id || document.activeElement.className');
  }

  /** Returns the number of rows that the filter leaves, and of those in the document. */
  rows() {
    return this.value('[shown.length, document.querySelectorAll(".row").length]');
  }

  requireNoProblems() {
    assert.deepEqual(this.problems, []);
  }
}

/** The checks of a page with some hundred requests within an hour. */
const CHECKS = {
  async 'the figures, groups and intents are those of the requests'(page, requests) {
    const failed = requests.filter(({ isFailed }) => isFailed).length;
    assert.match(await page.text('#facts'), new RegExp(`Failed\\s+${failed}\\s`));
    assert.equal((await page.rows())[0], requests.length);
    const groups = await page.value(
      '[...document.querySelectorAll("#groups .number")].map(({ innerText }) => Number(innerText))',
    );
    assert.equal(
      groups.reduce((sum, number) => sum + number, 0),
      failed,
    );
    assert.deepEqual(
      [...groups].sort((a, b) => b - a),
      groups,
    );
    const intents = await page.value('[...document.querySelectorAll("#intents tr")].length');
    assert.equal(intents, new Set(requests.map(({ name }) => name)).size);
  },

  async 'a group of failures filters, and again does not'(page) {
    const [all] = await page.rows();
    await page.press('g', 'Enter');
    const [some] = await page.rows();
    const first = await page.text('#groups .number');
    assert.equal(some, Number(first));
    assert.ok(some < all);
    await page.press('Enter');
    assert.deepEqual((await page.rows())[0], all);
    await page.press('ArrowDown', 'Enter');
    assert.notEqual((await page.rows())[0], all);
    await page.press('Escape');
    assert.deepEqual((await page.rows())[0], all);
  },

  async 'an intent filters, and the columns sort'(page) {
    await page.press('i', 'Enter');
    const [some] = await page.rows();
    const row = '#intents tr.chosen td';
    assert.equal(String(some), await page.text(row));
    await page.press('Escape');
    const names = () =>
      page.value('[...document.querySelectorAll("#intents th")].map(({ innerText }) => innerText)');
    const before = await names();
    await page.value('document.querySelector("#intents-head button").click()');
    assert.deepEqual(await names(), [...before].sort());
    await page.value('document.querySelectorAll("#intents-head button")[1].click()');
    assert.deepEqual(await names(), before);
  },

  async 'the keys reach every request, also beyond row 200'(page, requests) {
    await page.press('l');
    for (let at = 0; at < 230; at += 1) await page.browser.press('j');
    await page.frame();
    const place = () => page.value('places.get(active)');
    assert.equal(await place(), 230);
    const isInView = `(({ top, bottom }) => top > 0 && bottom <= innerHeight)(
      document.getElementById(document.getElementById('list').getAttribute('aria-activedescendant'))
        .getBoundingClientRect())`;
    assert.equal(await page.value(isInView), true);
    await page.press('k');
    assert.equal(await place(), 229);
    await page.press('End');
    assert.equal(await place(), requests.length - 1);
    assert.equal(await page.value(isInView), true);
    assert.ok((await page.rows())[1] < 100, 'only rows in view are in the document');
    await page.press('Home', 'n');
    assert.equal(await page.value('isFailure(active)'), true);
    await page.press('Enter');
    assert.equal(await page.value('opened === active'), true);
    assert.equal(await page.focus(), 'list');
    await page.press('Enter');
    assert.equal(await page.focus(), 'detail');
    await page.press('Escape');
    assert.equal(await page.value('opened'), null);
    assert.equal(await page.focus(), 'list');
  },

  async 'a span of the timeline filters by keys and by mouse'(page) {
    const [all] = await page.rows();
    await page.press('t', 'ArrowRight', 'ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight');
    const count = await page.value(
      'bins.slice(anchor, cursor + 1).map(totalOf).reduce((a, b) => a + b)',
    );
    assert.equal(await page.value('cursor - anchor'), 2);
    assert.equal((await page.rows())[0], count);
    assert.match(await page.value('$("chart").getAttribute("aria-valuetext")'), /requests?/);
    await page.press('z');
    assert.deepEqual(await page.value('view'), await page.value('filter.span'));
    await page.press('z');
    assert.equal((await page.rows())[0], all);
    await page.value('scrollTo(0, 0)');
    const place = (bin) =>
      page.value(`(({ left, top }) => ({ x: left + scale.x(bins[${bin}].from + 1), y: top + 40 }))(
        $('chart').getBoundingClientRect())`);
    await page.browser.click(await place(4), await place(9));
    await page.frame();
    const wanted = await page.value('bins.slice(4, 10).map(totalOf).reduce((a, b) => a + b)');
    assert.equal((await page.rows())[0], wanted);
    await page.press('Escape');
  },

  async 'a click on a dot of the timeline opens its request'(page) {
    await page.value('scrollTo(0, 0)');
    const find = `dots.findIndex(({ x, y }) => dots.every((dot) =>
      (dot.x === x && dot.y === y) || Math.hypot(dot.x - x, dot.y - y) > 12))`;
    const place = await page.value(`(({ left, top }) => { const dot = dots[${find}];
      return { x: left + dot.x, y: top + dot.y, id: dot.request.requestId }; })(
      $('chart').getBoundingClientRect())`);
    await page.browser.click(place);
    await page.frame();
    assert.equal(await page.value('opened.requestId'), place.id);
    assert.equal(await page.value('location.hash'), `#${place.id}`);
    await page.press('Escape');
    assert.equal(await page.value('location.hash'), '');
  },

  async 'the search finds a line of one request'(page, requests) {
    await page.search(`cup #${requests[170].number}`);
    assert.deepEqual(await page.value('shown.map(({ requestId }) => requestId)'), [
      requests[170].id,
    ]);
    await page.press('Enter', 'Escape');
    assert.equal((await page.rows())[0], requests.length);
  },

  async 'escape sequences and markup are not obeyed, and JSON is spread out'(page) {
    await page.search('Invoke Error');
    await page.press('Enter', 'j', 'Enter');
    const detail = await page.text('#detail');
    assert.match(detail, /Invoke Error \{\n {2}"errorType"/);
    await page.press('Escape', 'Escape');
    await page.search('is hot');
    await page.press('Enter', 'j', 'Enter');
    const shown = await page.text('#detail');
    assert.match(shown, /is hot: <b>tea<\/b> <\/script><!-- <U\+202E>reversed/);
    assert.equal(await page.value('document.querySelectorAll("#detail b").length'), 0);
    assert.doesNotMatch(shown, /\u001b|\u202e/);
    await page.press('Escape', 'Escape');
  },

  async 'a late answer is marked, and a request leads to the others of its session'(page) {
    const late = Number(await page.value('summary.late'));
    assert.ok(late > 0);
    await page.value('narrow({ kind: 2 })');
    assert.equal((await page.rows())[0], late);
    assert.match(await page.text('.row.late'), /answered late/);
    await page.value('clear()');
    await page.press('l', 'Home', 'j', 'Enter');
    assert.match(await page.text('#detail .about'), /request 2 of 3/);
    const id = await page.value('opened.requestId');
    await page.value('document.querySelector("#detail .about .link").click()');
    assert.equal(await page.value('opened.requestId'), id.replace(/1$/, '2'));
    await page.press('Escape');
  },

  async 'the help opens and closes by a key, and Tab reaches every part'(page) {
    await page.press('?');
    assert.equal(await page.value('$("help").open'), true);
    await page.press('Escape');
    assert.equal(await page.value('$("help").open'), false);
    await page.value('document.activeElement.blur()');
    const reached = new Set();
    for (let at = 0; at < 25; at += 1) {
      await page.browser.press('Tab');
      reached.add(
        await page.value(
          'document.activeElement.closest("[id]")?.id || document.activeElement.className',
        ),
      );
    }
    for (const part of ['help-button', 'chart', 'groups', 'intents', 'search', 'kinds', 'list']) {
      assert.ok(reached.has(part), `Tab does not reach ${part}: ${[...reached]}`);
    }
  },

  async 'every control has a name, and the text enough contrast'(page) {
    for (const scheme of ['light', 'dark']) {
      await page.browser.show({ scheme });
      await page.press('n', 'Enter');
      const { nodes } = await page.browser.send('Accessibility.getFullAXTree');
      const controls = /^(button|link|textbox|searchbox|slider|option|listbox|dialog)$/;
      const unnamed = nodes.filter(
        ({ ignored, role, name }) => !ignored && controls.test(role?.value) && !name?.value,
      );
      assert.deepEqual(unnamed, []);
      assert.deepEqual(await page.value(`(${lowContrasts})()`), [], scheme);
      await page.press('Escape');
    }
    await page.browser.show({ scheme: 'light' });
  },

  async 'the ID is copied, and a narrow page shows the request alone'(page, requests) {
    await page.browser.show({ width: 420 });
    await page.press('l', 'Home', 'Enter');
    assert.equal(await page.focus(), 'detail');
    assert.equal(await page.value('$("list").inert'), true);
    await page.press('c');
    assert.match(await page.text('#announce'), /^Cop/);
    await page.press('Escape');
    assert.equal(await page.value('$("list").inert'), false);
    const width = await page.value('document.documentElement.scrollWidth');
    assert.equal(width, 420, 'nothing is wider than the page');
    await page.browser.show({});
    assert.equal((await page.rows())[0], requests.length);
  },
};

/** Runs in the page: returns texts whose contrast is below 4.5, by WCAG 2.1. */
function lowContrasts() {
  const parse = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = ([red, green, blue]) =>
    [red, green, blue]
      .map((value) => value / 255)
      .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [red, green, blue, alpha = 1] = parse(getComputedStyle(at).backgroundColor);
      if (alpha > 0) return [red, green, blue];
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some(
      ({ nodeType, data }) => nodeType === 3 && data.trim(),
    );
    if (!hasText || !element.checkVisibility()) continue;
    if (element.closest('script, style, canvas, :disabled, .visually-hidden, .skip, dialog'))
      continue;
    const [one, other] = [parse(getComputedStyle(element).color), behind(element)].map(luminance);
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) found.push(`${element.innerText.slice(0, 40)}: ${contrast.toFixed(2)}`);
  }
  return [...new Set(found)];
}

/** Checks a page of several days. */
async function checkDays(page, file) {
  await page.open(file);
  assert.match(await page.text('.row time'), /^\d+ [A-Z][a-z]+, \d\d:\d\d:\d\d$/);
  const ticks = await page.value(`(() => {
    const texts = [];
    const pen = { fillRect() {}, fillText: (text) => texts.push(text), measureText: () => ({ width: 1 }) };
    drawTicks(pen);
    return texts;
  })()`);
  assert.ok(
    ticks.some((text) => /^\d+ [A-Z]/.test(text)),
    `the timeline has dates: ${ticks}`,
  );
  assert.ok(new Set(ticks).size > 1, String(ticks));
}

/** Checks a page of counts without requests, which is made of another page. */
async function checkCounts(page, file) {
  const html = fs.readFileSync(file, 'utf8');
  const [, json] = /id="summary">([^]*?)<\/script>/.exec(html);
  const summary = JSON.parse(json);
  const counts = Array.from({ length: 24 }, (_, hour) => ({
    startMs: summary.toMs - (24 - hour) * HOUR,
    answered: 20 + hour,
    failed: hour % 3,
  }));
  const fields = { fromMs: summary.toMs - 24 * HOUR, bins: { stepMs: HOUR, counts } };
  const changed = JSON.stringify({ ...summary, ...fields, note: 'Counts only' });
  const text = html
    .replace(json, () => changed.replaceAll('<', '\\u003c'))
    .replace(/(id="requests">)[^]*?(<\/script>)/, '$1$2');
  const copy = path.join(path.dirname(file), 'counts.html');
  fs.writeFileSync(copy, text);
  await page.open(copy);
  assert.equal(await page.text('#note'), 'Counts only');
  assert.equal(await page.value('$("explorer").checkVisibility()'), false);
  assert.equal(await page.value('bins.length'), 24);
  const rows = '[...document.querySelectorAll("#groups .group, #intents tr")]';
  const expected = summary.groups.length + summary.intents.length;
  assert.equal(await page.value(`${rows}.length`), expected);
  assert.equal(await page.value(`${rows}.filter((row) => row.querySelector("button")).length`), 0);
}

/**
 * Loads the page of many requests, opens some of them and searches in all, several times. Returns the
 * times in milliseconds: those of the best run, since other processes may disturb one, and in it the
 * longest of opening and searching.
 */
async function measure(page, file, requests) {
  const runs = [];
  for (let run = 0; run < RUNS; run += 1) {
    await page.open(file);
    const load = await page.value('performance.getEntriesByType("navigation")[0].loadEventEnd');
    assert.equal((await page.rows())[0], requests.length);
    const open = Math.max(...(await timesOfOpening(page, requests)));
    const search = Math.max(...(await timesOfSearching(page)));
    runs.push({ load, open, search });
  }
  const best = (name) => Math.min(...runs.map((run) => run[name]));
  return { load: best('load'), open: best('open'), search: best('search') };
}

async function timesOfOpening(page, requests) {
  const times = [];
  for (const share of [0, 0.37, 0.5, 0.93, 1]) {
    const { id } = requests[Math.round((requests.length - 1) * share)];
    const time = await page.value(`(async () => {
      const start = performance.now();
      go(byId('${id}'));
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - start;
    })()`);
    times.push(time);
    assert.equal(await page.value('opened.requestId'), id);
    assert.match(await page.text('#detail .lines'), /START RequestId/);
  }
  return times;
}

async function timesOfSearching(page) {
  const times = [];
  for (const text of ['pouring', 'request', 'cup #12345 ', 'nowhere']) {
    const time = await page.value(`(() => {
      const start = performance.now();
      matches = matcher('${text}', labels);
      apply();
      return performance.now() - start;
    })()`);
    times.push(time);
  }
  return times;
}

function report(times, megabytes) {
  const whole = (value) => `${Math.round(value)} ms`;
  console.log(
    `${MANY} requests, ${megabytes} MB: loaded in ${whole(times.load)}, each opened in at most ` +
      `${whole(times.open)}, searched in at most ${whole(times.search)}`,
  );
  const isSlow = times.load > MOST_LOAD_MS || times.open > MOST_OPEN_MS;
  if (isSlow)
    throw new Error(`more than ${whole(MOST_LOAD_MS)} to load, or ${whole(MOST_OPEN_MS)} to open`);
}

async function checkPages(root, browser, screenshot) {
  const page = new Page(browser);
  await browser.show({});
  const requests = makeRequests(420, HOUR);
  const file = await makePage(root, requests);
  for (const [name, check] of Object.entries(CHECKS)) {
    await page.open(file);
    await check(page, requests);
    page.requireNoProblems();
    console.log(`✔ ${name}`);
  }
  await page.open(file, `#${requests[300].id}`);
  assert.equal(await page.value('opened.requestId'), requests[300].id);
  console.log('✔ a link to a request opens it');

  await checkDays(page, await makePage(root, makeRequests(60, 70 * HOUR), { hours: 72 }));
  console.log('✔ a page of days has dates at its rows and below its timeline');
  await checkCounts(page, file);
  console.log('✔ a page of counts without requests shows them');
  page.requireNoProblems();

  if (screenshot) await takePicture(page, file, screenshot);

  const many = makeRequests(MANY, HOUR);
  const large = await makePage(root, many);
  const times = await measure(page, large, many);
  page.requireNoProblems();
  report(times, Math.round(fs.statSync(large).size / 1e6));
}

async function takePicture(page, file, screenshot) {
  await page.browser.show({ width: 1280, height: 1180 });
  await page.open(file);
  await page.value('active = shown.find(isFailure); open(active);');
  await page.frame();
  await page.browser.screenshot(path.resolve(screenshot));
  console.log(`saved ${screenshot}`);
}

runMain(async ([screenshot]) => {
  await build();
  const root = makeProject();
  const browser = await Browser.start();
  try {
    await checkPages(root, browser, screenshot);
  } finally {
    await browser.stop();
    fs.rmSync(root, { recursive: true, force: true });
  }
});
