'use strict';

// Runs a deployed package in the runtime client that AWS uses for nodejs24.x, and prints the
// response to each event:
//
//   node scripts/e2e/lambda-runtime-client.js <lambda.zip or its folder> <event.json>...
//
// The skill's variables, such as dynamoTableName, and AWS_ENDPOINT_URL come from the environment.
// scripts/lib/lambda-client.js lists what the client needs.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { runMain } = require('../lib/exec');
const { installClient, invoke } = require('../lib/lambda-client');
const { unzip } = require('../../__test__/support/unzip');

/** Version 3 of the AWS SDK is in the runtime on Lambda. */
const NODE_PATH = path.join(__dirname, '..', '..', 'node_modules');

async function main([packagePath, ...eventFiles]) {
  if (eventFiles.length === 0) {
    throw new Error(
      'Usage: node scripts/e2e/lambda-runtime-client.js <lambda.zip or folder> <event.json>...',
    );
  }
  const client = await installClient();
  const events = eventFiles.map((file) => fs.readFileSync(file, 'utf8'));
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'litexa-lambda-'));
  try {
    const folder = fs.statSync(packagePath).isDirectory()
      ? path.resolve(packagePath)
      : unzip(packagePath, scratch);
    const env = { NODE_PATH, ...process.env };
    for (const { kind, body } of await invoke(client, { folder, events, env })) {
      console.log(`${kind}: ${body}`);
    }
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
}

runMain(main);
