'use strict';

// Runs unit tests of aws-sdk version 2 against the shim that the package carries:
//
//   npm run test:sdk-peer -- <checkout of aws/aws-sdk-js> [mocha's arguments]
//
// The checkout needs its own packages (`npm install --ignore-scripts` in it). The tests are run as they
// are; only the paths of modules are mapped, by sdk-peer-loader.js.

const path = require('node:path');
const { run, runMain } = require('../lib/exec');

const SPECS = ['document_client', 'converter', 'types', 'numberValue'];

async function main([checkout, ...args]) {
  if (!checkout) {
    throw new Error('Usage: npm run test:sdk-peer -- <checkout of aws/aws-sdk-js> [arguments]');
  }
  const folder = path.resolve(checkout);
  const mocha = path.join(folder, 'node_modules', 'mocha', 'bin', '_mocha');
  const loader = path.join(__dirname, 'sdk-peer-loader.js');
  const specs = SPECS.map((name) => path.join('test', 'dynamodb', `${name}.spec.js`));
  await run(process.execPath, [mocha, '--require', loader, ...args, ...specs], { cwd: folder });
}

runMain(main, { anyOption: true });
