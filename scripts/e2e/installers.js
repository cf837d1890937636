'use strict';

// Installs a small tree of packages with each installer and layout, deploys the skill that uses them to an
// emulator, and runs its package in AWS's runtime client: `npm run test:installers`. Writes the results
// into docs/packages.md with `--write`. Arguments that do not begin with `--` select layouts by a part of
// their name. With `--node`, packages run in Node.js alone; with `--no-build`, the addon that exists is used.

const fs = require('node:fs');
const path = require('node:path');
const prettier = require('prettier');
const { build } = require('../build');
const { ROOT } = require('../lib/cargo');
const { runMain } = require('../lib/exec');
const { INSTALLERS, programOf } = require('../lib/installers');
const { installClient, invoke } = require('../lib/lambda-client');
const { startEmulator } = require('../../__test__/support/aws/emulator');
const { layoutsOf } = require('../../__test__/support/installers/layouts');
const { PACKAGES } = require('../../__test__/support/installers/packages');
const { startRegistry } = require('../../__test__/support/installers/registry');
const { modulesOfLambda } = require('../../__test__/support/lambda/runtime-host');
const { deployAndRun, install, writeSkill } = require('../../__test__/support/installers/skill');

const RESULTS = path.join(ROOT, 'docs', 'packages.md');
const [BEGIN, END] = ['<!-- installers -->', '<!-- /installers -->'];

async function main(args) {
  const parts = args.filter((arg) => !arg.startsWith('--'));
  const layouts = layoutsOf(Object.keys(INSTALLERS)).filter(
    ({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)),
  );
  if (!args.includes('--no-build')) await build();
  const runPackage = args.includes('--node') ? undefined : inClient(await installClient());
  const emulator = await startEmulator();
  const registry = await startRegistry(PACKAGES);
  Object.assign(process.env, emulator.env);
  try {
    const rows = [];
    for (const layout of layouts) {
      const result = await tryLayout(layout, registry.url, runPackage);
      rows.push([layout.name, result]);
      console.log(`${layout.name}: ${result}`);
    }
    if (args.includes('--write')) await writeTable(rows);
    if (rows.some(([, result]) => result.startsWith('FAILED'))) process.exitCode = 1;
  } finally {
    await registry.stop();
    await emulator.stop();
  }
}

/** Returns what became of a layout, in a few words. */
async function tryLayout(layout, registryUrl, runPackage) {
  const project = writeSkill(layout, registryUrl);
  try {
    const command = await programOf(layout.installer);
    await install(layout, project, command);
    const results = [layout.refused && (await follow(layout, project, command))];
    for (const include of ['all', 'production']) {
      await deployAndRun(layout, project, { packageConfiguration: { include } }, runPackage);
    }
    return [...results, 'runs'].filter(Boolean).join('; ');
  } catch (error) {
    return `FAILED: ${error.message}`;
  } finally {
    project.remove();
  }
}

/** Returns the function that runs a package in AWS's runtime client. */
const inClient = (client) => async (folder, event) => {
  const env = { PATH: process.env.PATH, NODE_PATH: modulesOfLambda() };
  const [{ kind, body }] = await invoke(client, { folder, events: [JSON.stringify(event)], env });
  return kind === 'response' ? { answer: JSON.parse(body) } : { error: kind, log: body };
};

/** Checks that the deployment stops, and follows its hint. */
async function follow(layout, project, command) {
  const { error } = await project.failToDeployHandler();
  const hinted = [...error.message.matchAll(/`yarn ([^`]+)`/g)].map(([, args]) => args.split(' '));
  if (hinted.length !== 2) throw new Error(`there is no hint in: ${error.message}`);
  for (const args of hinted) await install({ ...layout, args }, project, command);
  return 'stops with a hint, which is followed';
}

async function writeTable(rows) {
  const text = fs.readFileSync(RESULTS, 'utf8');
  const lines = [['installer and layout', 'result'], ['---', '---'], ...rows];
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const [before, rest] = text.split(BEGIN);
  const whole = `${before}${BEGIN}\n\n${table}\n\n${END}${rest.split(END)[1]}`;
  const settings = await prettier.resolveConfig(RESULTS);
  fs.writeFileSync(RESULTS, await prettier.format(whole, { ...settings, filepath: RESULTS }));
}

runMain(main);
