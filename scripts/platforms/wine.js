'use strict';

// Prepares Wine: a Windows of its own in the cache, and two libraries that are missing there.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { cacheDir } = require('../lib/cache-dir');
const { run } = require('../lib/exec');
const { copyProject, removeProject } = require('../../__test__/support/litexa/sample-project');

const FOLDER = path.join(cacheDir(), 'wine');
const LIBRARIES = path.join(FOLDER, 'libraries');

const COMPILER = 'x86_64-w64-mingw32-gcc-posix';

/** Rust's standard library takes random bytes from `ProcessPrng`, which Wine 8 lacks. */
const PROCESS_PRNG = `
  __declspec(dllimport) unsigned char __stdcall SystemFunction036(void *, unsigned long);
  __declspec(dllexport) int __stdcall ProcessPrng(unsigned char *bytes, unsigned long long count) {
    return SystemFunction036(bytes, (unsigned long)count);
  }`;

const windowsPath = (file) => `Z:${file.replaceAll('/', '\\')}`;

/** Returns the variables of the build, and of programs that run in Wine. */
function env() {
  return {
    WINEPREFIX: path.join(FOLDER, 'prefix'),
    WINEPATH: windowsPath(LIBRARIES),
    WINEDEBUG: '-all',
    // Node.js for Windows runs the npm that has started this command.
    ...(process.env.npm_execpath && { npm_execpath: windowsPath(process.env.npm_execpath) }),
    // napi-build requires a library of Node.js, but its functions are looked up at run time.
    LIBNODE_PATH: LIBRARIES,
  };
}

async function prepare() {
  fs.mkdirSync(LIBRARIES, { recursive: true });
  await library('bcryptprimitives.dll', PROCESS_PRNG, ['-ladvapi32']);
  await library('libnode.dll', '');
  const version = ['add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'];
  // The first program that runs in Wine creates its files.
  await run('wine', ['reg', ...version], { env: { ...process.env, ...env() }, quiet: true });
  await shareCache();
}

/** Makes our cache the one of Windows as well, and puts the sample skill's packages into it. */
async function shareCache() {
  const { username } = os.userInfo();
  const user = path.join(env().WINEPREFIX, 'drive_c', 'users', username);
  const there = path.join(user, 'AppData', 'Local', path.basename(cacheDir()));
  if (!fs.lstatSync(there, { throwIfNoEntry: false })?.isSymbolicLink()) {
    fs.mkdirSync(path.dirname(there), { recursive: true });
    fs.rmSync(there, { recursive: true, force: true });
    fs.symlinkSync(cacheDir(), there);
  }
  removeProject(await copyProject());
}

async function library(name, source, libraries = []) {
  const [code, file] = [path.join(LIBRARIES, `${name}.c`), path.join(LIBRARIES, name)];
  if (fs.existsSync(file)) return;
  fs.writeFileSync(code, source);
  await run(COMPILER, ['-shared', '-O1', code, '-o', file, ...libraries], { quiet: true });
}

module.exports = { runner: 'wine', prepare, env };
