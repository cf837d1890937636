// Compiled only: what a TypeScript project may write against index.d.ts.
import deployAws = require('..');

declare const context: any;
const logger = { log() {}, verbose() {}, warning() {}, error() {}, important() {} };

async function all(): Promise<void> {
  await deployAws.assets.deploy(context, logger);
  await deployAws.lambda.deploy(context, logger);
  await deployAws.model.deploy(context, logger);
  await deployAws.logs.pull(context, logger);
  await deployAws.deploy(context);
  await deployAws.logs(context);
}

void all;
