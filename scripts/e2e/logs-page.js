'use strict';

// Opens a page of logs in a real browser and checks the document: `npm run test:page`. Needs Chromium
// or Chrome: CHROME_PATH, or one of the usual names on the PATH. `npm run test:page -- page.png` saves
// a screenshot.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { build } = require('../build');
const { run, runMain } = require('../lib/exec');
const { startEmulator } = require('../../__test__/support/aws/emulator');
const { useEnvironment } = require('../../__test__/support/environment');
const { awsClient } = require('../../__test__/support/aws/client');
const { invocation, requestId, intent } = require('../../__test__/support/lambda/log-events');
const { logsContext } = require('../../__test__/support/litexa/context');
const { minutesAgo, writeStream } = require('../../__test__/support/lambda/log-streams');
const { copyProject, removeProject } = require('../../__test__/support/litexa/sample-project');

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
  if (!found) throw new Error('cannot find a browser: set CHROME_PATH to Chromium or Chrome');
  return found;
}

/** Pulls the logs of invented requests into a page, and returns its file. */
async function makePage(project) {
  const emulator = await startEmulator({ log: console.log });
  const restoreEnvironment = useEnvironment(emulator.env);
  try {
    const start = minutesAgo(50);
    const lines = [{ level: 'INFO', text: '</script><b>tea</b>' }];
    const events = Array.from({ length: REQUESTS }, (_, number) =>
      invocation(requestId(number), start + number * 95_000, {
        request: intent(number % 3 ? 'PourIntent' : 'AMAZON.HelpIntent'),
        logged: lines,
      }),
    );
    const group = '/aws/lambda/teahouse_development_litexa_handler';
    await writeStream(awsClient(emulator), '2026/11/22/[$LATEST]0a', events.flat(), group);
    const context = logsContext({ projectRoot: project });
    context.deploymentOptions.logsConfiguration = { formats: ['html'] };
    const { files } = await require('../..').logs(context, context.logger);
    return files[0];
  } finally {
    restoreEnvironment();
    await emulator.stop();
  }
}

/** Opens the page and returns its document after the script has run. */
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

runMain(async ([screenshot]) => {
  const browser = findBrowser();
  await build();
  const project = await copyProject();
  try {
    const page = await makePage(project);
    const shown = await open(browser, page, ['--dump-dom']);
    const requests = shown.match(/<details/g)?.length ?? 0;
    console.log(`the page shows ${requests} of ${REQUESTS} requests`);
    if (requests !== REQUESTS) throw new Error('the page does not show all requests');
    if (shown.includes('<b>tea</b>')) throw new Error('the page interprets a log line as markup');
    if (screenshot) await open(browser, page, [`--screenshot=${path.resolve(screenshot)}`]);
  } finally {
    removeProject(project);
  }
});
