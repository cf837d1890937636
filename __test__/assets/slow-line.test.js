'use strict';

// Uploads over a line that is slow: the limit of an attempt follows the progress of its body, and
// fewer files are sent at once where attempts time out.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { test } = require('node:test');
const { useAws } = require('../support/aws/use-aws');
const { setVariables } = require('../support/environment');
const { createAssetProject, BUCKET, PREFIX } = require('../support/litexa/project');
const { startSlowLine } = require('../support/network/slow-line');

const KIB = 1024;
const MIB = 1024 * KIB;

const aws = useAws();

/** Leads this process to AWS over a slow line, with a time limit of 1 s for an answer. */
async function useSlowLine(t, bytesPerSecond) {
  const direct = process.env.AWS_ENDPOINT_URL;
  const line = await startSlowLine({ port: new URL(direct).port, bytesPerSecond });
  t.after(async () => {
    process.env.AWS_ENDPOINT_URL = direct;
    await line.close();
  });
  process.env.AWS_ENDPOINT_URL = line.url;
  setVariables(t, { LITEXA_AWS_TIMEOUT_SECONDS: '1' });
  return line;
}

function filesOf(count, size) {
  const names = Array.from({ length: count }, (_, index) => `default/${index}.mp3`);
  return Object.fromEntries(names.map((name) => [name, crypto.randomBytes(size)]));
}

async function deployOver(t, { files, size, bytesPerSecond }) {
  const project = createAssetProject(t, filesOf(files, size));
  const line = await useSlowLine(t, bytesPerSecond);
  await project.deployAssets();
  assert.equal((await aws.client.listObjects(BUCKET, PREFIX)).length, files);
  const bytes = files * size;
  return { sent: line.sent() / bytes };
}

// The limit for one of these files is 21 s, and together they take longer than that. The operating
// system buffers up to 4 MB of each on this machine, which is not progress that can be seen.
test('large files are sent once over a slow line, however long each of them takes', async (t) => {
  const one = { files: 6, size: 16 * MIB, bytesPerSecond: 4 * MIB };
  const { sent } = await deployOver(t, one);
  assert.ok(sent < 1.5, `${sent} times the data`);
});

// The same at a twentieth of the time: the operating system buffers these files, so their progress is
// not visible. All of them at once take longer than the limit of 3 s, a quarter of them does not.
test('small files whose requests time out are sent with fewer requests at once', async (t) => {
  const one = { files: 64, size: 64 * KIB, bytesPerSecond: 600 * KIB };
  await deployOver(t, one);
});

// The limit is 21 s again. The buffers of both ends may hold 10 MB, which take 16 s: less than the limit,
// and less than the file.
test('a single file that a slow line carries for longer than the limit arrives at the first attempt', async (t) => {
  const one = { files: 1, size: 16 * MIB, bytesPerSecond: 640 * KIB };
  const { sent } = await deployOver(t, one);
  assert.ok(sent < 1.1, `${sent} times the data`);
  assert.equal(aws.count('PutObject'), 1);
});
