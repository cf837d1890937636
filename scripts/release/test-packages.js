'use strict';

// Tests packed packages as a user installs them: `npm run test:packages -- [<folder>] [--installers]`, the folder
// into which `npm run pack` wrote. Installs the main package and this platform's globally, without a
// network and without Rust, and deploys the sample skill with them to an AWS emulator.
//
// `--installers` also installs them with npm, pnpm, Yarn and bun, each from a registry on this machine. The
// installers themselves come from the network.
//
// LITEXA_CLI may name the Litexa CLI's main.js, which then must find the module as well.
// LITEXA_NODES may name other Node.js programs to repeat all of it with, separated as in PATH.

const fs = require('node:fs');
const path = require('node:path');
const { checkNetworks } = require('./network-checks');
const { addonName, packageName, PLATFORMS } = require('../lib/platforms');
const { ROOT } = require('../lib/cargo');
const { run, runMain } = require('../lib/exec');
const { startEmulator } = require('../../__test__/support/aws/emulator');
const { installGlobally } = require('../../__test__/support/npm-prefix');
const { copyProject, removeProject } = require('../../__test__/support/litexa/sample-project');

/** The PATH of a machine with Node.js and npm, but without build tools. */
const USER_PATH = [path.dirname(process.execPath), '/usr/bin', '/bin'].join(path.delimiter);

const DEPLOYMENT = `
  const { deployContext, logsContext } = require(process.argv[1]);
  const litexa = require(process.argv[2]);
  const projectRoot = process.argv[3];
  const print = (level, line) => level === 'error' && console.log(line);
  litexa
    .deploy(deployContext({ projectRoot, print }))
    .then(() => litexa.logs(logsContext({ projectRoot, print })))
    .catch((error) => {
      console.error(error);
      process.exitCode = 1;
    });`;

/** Returns the packages in a folder for this machine. */
function packagesForThisMachine(folder) {
  if (!fs.existsSync(folder)) {
    throw new Error(`the folder ${folder} does not exist: create it with "npm run pack"`);
  }
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const fileOf = (name) => {
    const start = `${name.slice(1).replace('/', '-')}-`;
    return files.find((file) => file.startsWith(start) && /^\d/.test(file.slice(start.length)));
  };
  const { platform, arch } = process;
  const libc = platform !== 'linux' ? '' : isMusl() ? '-musl' : '-gnu';
  const abi = platform === 'win32' ? '-msvc' : libc;
  const wanted = ['@litexa/deploy-aws', packageName(`${platform}-${arch}${abi}`)];
  return wanted.map((name) => {
    const file = fileOf(name);
    if (!file) throw new Error(`${folder} has no package ${name}: create it with "npm run pack"`);
    return path.resolve(folder, file);
  });
}

function isMusl() {
  return !process.report.getReport().header.glibcVersionRuntime;
}

/** Deploys a copy of the sample with the installed module, and pulls its logs. */
async function deploySample(node, { module, env }) {
  const context = path.join(ROOT, '__test__', 'support', 'litexa', 'context.js');
  const project = await copyProject();
  try {
    await run(node, ['-e', DEPLOYMENT, context, module, project], { env, quiet: true });
    return await deployWithCli(node, project, { module, env });
  } finally {
    removeProject(project);
  }
}

/** Pulls logs with the CLI, which asks npm for the global packages, and prints the module it uses. */
async function deployWithCli(node, project, { module, env }) {
  const cli = process.env.LITEXA_CLI;
  if (!cli) return 'deployed, logs pulled';
  const litexa = [cli, '--no-color', 'logs'];
  const output = await run(node, litexa, { cwd: project, env, quiet: true });
  if (!output.includes(module) || !output.includes('done pulling logs')) {
    throw new Error(`The CLI did not pull logs with ${module}:\n${output}`);
  }
  return 'deployed, logs pulled, and found by the Litexa CLI';
}

function withoutRust(env) {
  const { AWS_PROFILE, ...others } = env;
  return process.platform === 'win32' ? others : { ...others, PATH: USER_PATH };
}

runMain(async (args) => {
  const [folder = 'packages'] = args.filter((arg) => !arg.startsWith('--'));
  const files = packagesForThisMachine(folder);
  const installed = await installGlobally(files);
  const emulator = await startEmulator({ log: console.log });
  const env = { ...withoutRust(installed.env), ...emulator.env };
  const others = (process.env.LITEXA_NODES ?? '').split(path.delimiter).filter(Boolean);
  try {
    for (const node of [process.execPath, ...others]) {
      const version = (await run(node, ['--version'], { quiet: true })).trim();
      console.log(`Node.js ${version}: ${await deploySample(node, { ...installed, env })}`);
      const checks = await checkNetworks(node, { ...installed, env });
      console.log(`Node.js ${version}: ${checks} checks of machines without certificates passed`);
    }
    // It needs the development dependencies, which a machine that only tests the packages does not have.
    if (args.includes('--installers')) {
      await require('./installer-checks').checkInstallers(files, console.log);
    }
  } finally {
    await emulator.stop();
    installed.remove();
  }
});
