'use strict';

// `npm run test:page`: opens a page of logs in a real browser, and looks at what has become of it.
// Needs Chromium or Chrome: CHROME_PATH, or one of the usual names on the PATH.
// `npm run test:page -- page.png` keeps a picture.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { build } = require('../build');
const { run, runMain } = require('../lib/exec');
const { startEmulator, useEnvironment } = require('../../__test__/support/aws/emulator');
const { awsHttp } = require('../../__test__/support/aws/client');
const { invocation, requestId, intent } = require('../../__test__/support/lambda/log-events');
const { logsContext } = require('../../__test__/support/litexa/context');
const { minutesAgo, writeStream } = require('../../__test__/support/lambda/log-streams');
const { copyProject, removeProject } = require('../../__test__/support/litexa/project');

const REQUESTS = 30;
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--window-size=1200,1000',
];

function findBrowser() {
  if (process.env.CHROME_PATH) return process.env.CHROME_PATH;
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const files = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  const found = files.find((file) => fs.existsSync(file));
  if (!found) throw new Error('No browser was found: set CHROME_PATH to Chromium or Chrome');
  return found;
}

/** Pulls the logs of made-up requests into a page, and returns its file. */
async function makePage(project) {
  const emulator = await startEmulator({ log: console.log });
  const restoreEnvironment = useEnvironment(emulator.env);
  try {
    const start = minutesAgo(50);
    const words = [{ level: 'INFO', text: '</script><b>tea</b>' }];
    const events = Array.from({ length: REQUESTS }, (_, number) =>
      invocation(requestId(number), start + number * 95_000, {
        request: intent(number % 3 ? 'PourIntent' : 'AMAZON.HelpIntent'),
        said: words,
      }),
    );
    const group = '/aws/lambda/teahouse_development_litexa_handler';
    await writeStream(awsHttp(emulator), '2026/11/22/[$LATEST]0a', events.flat(), group);
    const context = logsContext({ projectRoot: project });
    context.deploymentOptions.logsConfiguration = { formats: ['html'] };
    const { files } = await require('../..').logs(context, context.logger);
    return files[0];
  } finally {
    restoreEnvironment();
    await emulator.stop();
  }
}

/** Opens the page and returns the document as it is after its script has run. */
async function open(browser, page, more = []) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-browser-'));
  const url = pathToFileURL(page).href;
  try {
    const args = [...FLAGS, `--user-data-dir=${profile}`, ...more, url];
    return await run(browser, args, { quiet: true });
  } finally {
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

runMain(async ([picture]) => {
  const browser = findBrowser();
  await build();
  const project = await copyProject();
  try {
    const page = await makePage(project);
    const shown = await open(browser, page, ['--dump-dom']);
    const requests = shown.match(/<details/g)?.length ?? 0;
    console.log(`${requests} of ${REQUESTS} requests are shown`);
    if (requests !== REQUESTS) throw new Error('The page does not show its requests');
    if (shown.includes('<b>tea</b>')) throw new Error('What a skill says has become markup');
    if (picture) await open(browser, page, [`--screenshot=${path.resolve(picture)}`]);
  } finally {
    removeProject(project);
  }
});
