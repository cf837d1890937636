'use strict';

// The published packages, their content, and the module that is installed from them.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { assertMentions } = require('../support/assertions');
const { cargoEnvironment, ROOT } = require('../../scripts/lib/cargo');
const {
  MAX_ADDON_BYTES,
  compatibilityError,
  neededGlibc,
  publishingError,
  readElf,
} = require('../../scripts/release/check-addon');
const { isAllowed } = require('../../scripts/release/licenses');
const { checkNetworks } = require('../../scripts/release/network-checks');
const {
  onlyPackage,
  packMain,
  packPlatform,
  platformManifest,
} = require('../../scripts/release/pack');
const { PLATFORMS, addonName, packageName, platformOf } = require('../../scripts/lib/platforms');
const { startEmulator } = require('../support/aws/emulator');
const { writeElf } = require('../support/elf-writer');
const { cleanEnvironment } = require('../support/environment');
const { installGlobally } = require('../support/npm-prefix');
const { packedJson } = require('../support/packed-json');
const { useSampleProject } = require('../support/litexa/sample-project');
const { makeTempDir, removeDir, tempDir } = require('../support/tmp');

const PUBLISHED = Object.keys(PLATFORMS);

let folder;
let thisPlatform;
let main;
let platform;

before(async () => {
  folder = makeTempDir('packages');
  thisPlatform = platformOf((await cargoEnvironment()).CARGO_BUILD_TARGET);
  const addon = path.join(ROOT, addonName(thisPlatform));
  platform = await packPlatform(thisPlatform, addon, { out: folder, local: true });
  main = await packMain({ out: folder });
});

after(() => removeDir(folder));

/** Returns the files of the project that cargo read to build the addon. */
async function compiledFiles() {
  const { CARGO_BUILD_TARGET: target, CARGO_TARGET_DIR: built } = await cargoEnvironment();
  const library = target.includes('windows') ? 'litexa_deploy_aws' : 'liblitexa_deploy_aws';
  const dateOf = (file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const [notes] = ['debug', 'release']
    .map((profile) => path.resolve(ROOT, built, target, profile, `${library}.d`))
    .sort((one, other) => dateOf(other) - dateOf(one));
  const names = fs.readFileSync(notes, 'utf8').match(/(?:\\ |[^\s])+/g);
  const files = names.filter((name) => !name.endsWith(':')).map((name) => name.replace('\\ ', ' '));
  const inside = files.map((file) => path.relative(ROOT, file)).filter((file) => file[0] !== '.');
  return [...new Set(inside)].map((file) => file.replaceAll('\\', '/')).sort();
}

/** Returns the files of the executable. */
function executableFiles(folder = 'bin') {
  const entries = fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const file = `${folder}/${entry.name}`;
    return entry.isDirectory() ? executableFiles(file) : [file];
  });
}

test('the main package contains the module, its documentation and the sources of the addon', async () => {
  const compiled = await compiledFiles();
  assert.ok(
    compiled.includes('src/lib.rs') && compiled.includes('src/logs/report/page/document.js'),
  );
  const documents = fs.readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  const others = [
    '.cargo/config.toml',
    'CHANGELOG.md',
    'Cargo.lock',
    'Cargo.toml',
    'LICENSE',
    'README.md',
    'binding.js',
    'cli-context.js',
    'cli-run.js',
    'deployment-failure.js',
    'errors.js',
    'docs/iam-boundary.json',
    'docs/iam-operator-policy.json',
    'docs/iam-options-policy.json',
    'docs/iam-policy.json',
    ...executableFiles(),
    ...documents.map((name) => `docs/${name}`),
    'index.d.ts',
    'index.js',
    'litexa.config.schema.json',
    'package.json',
    'to-plain-data.js',
    'scripts/build.js',
    'scripts/lib/cache-dir.js',
    'scripts/lib/cargo.js',
    'scripts/lib/exec.js',
    'scripts/lib/platforms.js',
  ];
  assert.deepEqual(main.files, [...new Set([...compiled, ...others])].sort());
});

test('a platform package contains its addon and the licenses of all its dependencies', () => {
  const files = ['LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.txt', addonName(thisPlatform)];
  assert.deepEqual(platform.files, [...files, 'package.json', 'sbom.cdx.json'].sort());
  assert.equal(platform.name, packageName(thisPlatform));
});

test('packing the same files twice creates the same package', async () => {
  const again = await packMain({ out: path.join(folder, 'again') });
  assert.ok(fs.readFileSync(again.file).equals(fs.readFileSync(main.file)));
});

test('the bill of materials lists each crate of the addon once, with the checksum that cargo compares', () => {
  const { bomFormat, specVersion, components } = packedJson(platform.file, 'sbom.cdx.json');
  assert.deepEqual([bomFormat, specVersion], ['CycloneDX', '1.6']);
  const lock = fs.readFileSync(path.join(ROOT, 'Cargo.lock'), 'utf8');
  const refs = components.map((component) => component['bom-ref']);
  assert.deepEqual([...new Set(refs)], refs);
  for (const name of ['aws-sdk-s3', 'napi', 'tokio'])
    assert.ok(
      components.some((component) => component.name === name),
      name,
    );
  for (const { name, version, purl, hashes, licenses } of components) {
    assert.equal(purl, `pkg:cargo/${name}@${version}`);
    assert.ok(licenses[0].expression);
    assert.match(
      lock,
      new RegExp(
        `"${name}"\r?\nversion = "${version.replaceAll('+', '\\+')}"[^]*?"${hashes[0].content}"`,
      ),
    );
  }
  assert.ok(!components.some(({ name }) => ['napi-build', 'napi-derive'].includes(name)));
});

test('only the packed package depends on the platform packages, of its own version', () => {
  const own = require('../../package.json');
  assert.equal(own.optionalDependencies, undefined);
  const { optionalDependencies, devDependencies, scripts } = packedJson(main.file, 'package.json');
  assert.deepEqual(Object.keys(optionalDependencies), PUBLISHED.map(packageName));
  assert.deepEqual(new Set(Object.values(optionalDependencies)), new Set([own.version]));
  assert.equal(devDependencies, undefined);
  assert.deepEqual(Object.keys(scripts), ['build', 'build:debug']);
});

test('each platform has a package that npm installs on it only', () => {
  const { napi, version, license } = require('../../package.json');
  const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');
  const [, checked] = /^targets = \[([^\]]*)\]/m.exec(read('deny.toml'));
  assert.deepEqual(checked.match(/[\w-]+/g), napi.targets);
  const built = [
    ...read('.github/workflows/ci.yml').matchAll(/platform: ([\w-]+),.* target: (\S+)/g),
  ];
  assert.deepEqual(Object.fromEntries(built.map(([, ...pair]) => pair)), PLATFORMS);
  // `npm run licenses` writes a file beside the folders.
  const folders = fs
    .readdirSync(path.join(ROOT, 'npm'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory());
  assert.deepEqual(folders.map(({ name }) => name).sort(), [...PUBLISHED].sort());
  for (const name of PUBLISHED) {
    const [os, cpu, abi] = name.split('-');
    const manifest = platformManifest(name);
    const { gnu: glibc, musl } = { gnu: ['glibc'], musl: ['musl'] };
    const libc = { gnu: glibc, musl }[abi];
    const expected = { name: packageName(name), version, license, main: addonName(name) };
    const found = Object.fromEntries(Object.keys(expected).map((key) => [key, manifest[key]]));
    assert.deepEqual(found, expected);
    assert.deepEqual([manifest.os, manifest.cpu, manifest.libc], [[os], [cpu], libc], name);
    assert.ok(manifest.files.includes(addonName(name)), name);
  }
});

/** Returns what binding.js in a directory loads or throws on another platform. */
function bindingOn(where, { platform: os, arch, musl = false, loader = DEFAULT_LOADERS[musl] }) {
  const node = path.join(where, 'node');
  writeElf(node, { cpu: 'x64', libraries: {}, loader });
  const script = `
    const as = (key, value) => Object.defineProperty(process, key, { value });
    as('platform', '${os}');
    as('arch', '${arch}');
    as('execPath', ${JSON.stringify(node)});
    const header = ${musl ? '{}' : "{ glibcVersionRuntime: '2.17' }"};
    process.report.getReport = () => ({ header });
    try {
      console.log(JSON.stringify({ loaded: require('./binding.js') }));
    } catch (error) {
      const { message, code } = error;
      console.log(JSON.stringify({ message, code, shown: String(error) }));
    }`;
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd: where }));
}

const DEFAULT_LOADERS = { true: '/lib/ld-musl-x86_64.so.1', false: '/lib64/ld-linux-x86-64.so.2' };

/** Creates a directory with binding.js and packages that export their platform. */
function dirWithPackages(t, names, { version = '1.0.0' } = {}) {
  const where = tempDir(t);
  for (const file of ['binding.js', 'errors.js']) {
    fs.copyFileSync(path.join(ROOT, file), path.join(where, file));
  }
  const { repository } = require('../../package.json');
  fs.writeFileSync(
    path.join(where, 'package.json'),
    JSON.stringify({ version: '1.0.0', repository }),
  );
  for (const name of names) {
    const at = path.join(where, 'node_modules', ...packageName(name).split('/'));
    fs.mkdirSync(at, { recursive: true });
    fs.writeFileSync(path.join(at, 'package.json'), JSON.stringify({ version }));
    fs.writeFileSync(path.join(at, 'index.js'), `module.exports = '${name}';`);
  }
  return where;
}

test('every platform loads its own package, where all of them are installed', (t) => {
  const where = dirWithPackages(t, PUBLISHED);
  for (const name of PUBLISHED) {
    const [os, arch, abi] = name.split('-');
    const machine = { platform: os, arch, musl: abi === 'musl' };
    assert.deepEqual(bindingOn(where, machine), { loaded: name });
  }
});

test('glibc and musl are distinguished by the loader of the program, else by its report', (t) => {
  const where = dirWithPackages(t, ['linux-x64-gnu', 'linux-x64-musl']);
  const loaders = {
    '/lib64/ld-linux-x86-64.so.2': 'gnu',
    '/nix/store/0-glibc-2.40/lib/ld-linux-x86-64.so.2': 'gnu',
    '/lib/ld-musl-x86_64.so.1': 'musl',
    '/opt/musl/lib/ld-musl-x86_64.so.1': 'musl',
  };
  const machine = { platform: 'linux', arch: 'x64' };
  for (const [loader, libc] of Object.entries(loaders)) {
    // The report claims the other one.
    const found = bindingOn(where, { ...machine, loader, musl: libc === 'gnu' });
    assert.deepEqual(found, { loaded: `linux-x64-${libc}` }, loader);
  }
  // The loader of a static program, and one of another name.
  for (const loader of [null, '/lib/ld64.so.1']) {
    for (const musl of [true, false]) {
      const found = bindingOn(where, { ...machine, loader, musl });
      assert.deepEqual(found, { loaded: `linux-x64-${musl ? 'musl' : 'gnu'}` }, loader);
    }
  }
});

test('a package of another version is not loaded, and the error names both versions', (t) => {
  const machine = { platform: 'linux', arch: 'x64' };
  for (const version of ['0.9.0', '1.0.0-alpha.0', '1.0.1', null]) {
    const where = dirWithPackages(t, ['linux-x64-gnu'], { version });
    const { code, message } = bindingOn(where, machine);
    assert.equal(code, 'NO_NATIVE_ADDON');
    const name = packageName('linux-x64-gnu');
    assertMentions(message, `${name}: its version must be 1.0.0`, `but is ${version}`);
    assert.match(message, /Install the package again/);
  }
});

test('the error names the installed packages of other platforms', (t) => {
  const machines = {
    'linux-x64-gnu': { platform: 'linux', arch: 'x64', musl: true },
    'linux-x64-musl': { platform: 'linux', arch: 'x64' },
    'darwin-arm64': { platform: 'linux', arch: 'arm64' },
    'win32-x64-msvc': { platform: 'win32', arch: 'arm64' },
  };
  for (const [name, machine] of Object.entries(machines)) {
    const { message } = bindingOn(dirWithPackages(t, [name]), machine);
    assertMentions(message, `${packageName(name)} is for another platform`);
  }
});

test('the error for a missing addon names the platform and how to install or build one', (t) => {
  const where = dirWithPackages(t, []);
  const machines = {
    'linux-x64-gnu': { platform: 'linux', arch: 'x64' },
    'linux-x64-musl': { platform: 'linux', arch: 'x64', musl: true },
    'darwin-arm64': { platform: 'darwin', arch: 'arm64' },
    'win32-x64-msvc': { platform: 'win32', arch: 'x64' },
    'linux-s390x-gnu': { platform: 'linux', arch: 's390x' },
    'win32-arm64-msvc': { platform: 'win32', arch: 'arm64' },
    'freebsd-x64': { platform: 'freebsd', arch: 'x64' },
  };
  for (const [name, machine] of Object.entries(machines)) {
    const { message, code, shown } = bindingOn(where, machine);
    assert.equal(code, 'NO_NATIVE_ADDON');
    assert.match(shown, /\nSee https:\S+#no_native_addon$/);
    assertMentions(message, name, 'npm run build', fs.realpathSync(where));
    // Reinstalling helps only where there is a package for the platform.
    assert.equal(message.includes('--omit=optional'), PUBLISHED.includes(name), message);
  }
  assert.match(bindingOn(where, machines['linux-x64-gnu']).message, /glibc 2\.17/);
});

test('the error for an addon that cannot be loaded has the reason', (t) => {
  const where = dirWithPackages(t, []);
  fs.writeFileSync(path.join(where, 'deploy-aws.linux-x64-gnu.node'), 'not an addon');
  const { message } = bindingOn(where, { platform: 'linux', arch: 'x64' });
  assert.match(message, /\.\/deploy-aws\.linux-x64-gnu\.node: \S/);
});

test('after a global installation without a network, the module is where the CLI finds it', async (t) => {
  const installed = await installGlobally([main.file, platform.file]);
  t.after(installed.remove);
  const project = await useSampleProject(t);
  // The native addon rejects an invalid option before any request.
  const script = `
    const { deployContext } = require(${JSON.stringify(path.join(__dirname, '..', 'support', 'litexa', 'context'))});
    const litexa = require(${JSON.stringify(installed.module)});
    const options = { s3Configuration: { publicAccess: 'perhaps' } };
    const context = deployContext({ projectRoot: ${JSON.stringify(project)}, options });
    litexa.deploy(context).then(
      () => console.log('deployed'),
      ({ code, message }) => console.log(code, message),
    );`;
  const output = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  assert.match(output, /INVALID_OPTION.*publicAccess/);

  // npm links it on Unix, and writes a script that starts it on Windows.
  const isWindows = process.platform === 'win32';
  const program = path.join(
    installed.prefix,
    isWindows ? 'litexa-deploy-aws.cmd' : 'bin/litexa-deploy-aws',
  );
  assert.ok(fs.existsSync(program));
  const [start, ...args] = isWindows ? [process.execPath, executableOf(installed)] : [program];
  const env = { ...cleanEnvironment(), AWS_EC2_METADATA_DISABLED: 'true' };
  const policy = execFileSync(start, [...args, 'policy'], { cwd: project, env, stdio: 'pipe' });
  assert.ok(JSON.parse(policy).Statement.length > 5);
});

const executableOf = ({ module }) => path.join(module, 'bin', 'litexa-deploy-aws.js');

test('without its platform package, the installed module reports that', async (t) => {
  const installed = await installGlobally([main.file]);
  t.after(installed.remove);
  const script = `require(${JSON.stringify(installed.module)})`;
  assert.throws(
    () => execFileSync(process.execPath, ['-e', script], { stdio: 'pipe', encoding: 'utf8' }),
    ({ stderr }) => stderr.includes('NO_NATIVE_ADDON') && stderr.includes(thisPlatform),
  );
  assert.throws(
    () => execFileSync(process.execPath, [executableOf(installed), 'doctor'], { stdio: 'pipe' }),
    ({ status, stdout }) => status === 1 && /^✘ module: .*\n.*fix: /m.test(stdout.toString()),
  );
});

test('the checks of release addons on networks pass with this addon', async (t) => {
  const emulator = await startEmulator();
  t.after(emulator.stop);
  const env = { ...cleanEnvironment(), ...emulator.env };
  assert.equal(await checkNetworks(process.execPath, { module: ROOT, env }), 6);
});

test('the libraries and versions that an addon needs are read from its file', (t) => {
  const file = path.join(tempDir(t), 'addon.node');
  const libraries = {
    'libgcc_s.so.1': ['GCC_3.0'],
    'libc.so.6': ['GLIBC_2.9', 'GLIBC_2.28', 'GLIBC_2.3.4', 'GLIBC_PRIVATE'],
  };
  writeElf(file, { cpu: 'arm64', libraries });
  const elf = readElf(file);
  assert.deepEqual([elf.cpu, elf.libraries], ['arm64', Object.keys(libraries)]);
  assert.deepEqual(elf.versions, Object.values(libraries).flat().sort());
  assert.equal(neededGlibc(elf.versions), '2.28');
  fs.writeFileSync(file, 'not an addon');
  assert.throws(() => readElf(file), /\bELF\b/);
});

test('an addon over the size limit is not packed', async (t) => {
  const addon = path.join(tempDir(t), 'addon.node');
  writeElf(addon, { cpu: 'x64', libraries: { 'libc.so.6': ['GLIBC_2.28'] } });
  fs.truncateSync(addon, MAX_ADDON_BYTES);
  assert.equal(publishingError(addon, 'linux-x64-gnu'), undefined);
  fs.truncateSync(addon, MAX_ADDON_BYTES + 1);
  assert.match(publishingError(addon, 'linux-x64-gnu'), /19000001 bytes/);
  await assert.rejects(packPlatform('darwin-x64', addon, { out: folder }), /19000001 bytes/);
});

test('an addon for a newer glibc or another architecture is not packed', async (t) => {
  const addon = path.join(tempDir(t), 'addon.node');
  const fault = (cpu, versions, name) => {
    writeElf(addon, { cpu, libraries: { 'libc.so.6': versions } });
    return compatibilityError(addon, name);
  };
  assert.equal(fault('x64', ['GLIBC_2.2.5', 'GLIBC_2.28'], 'linux-x64-gnu'), undefined);
  assert.equal(fault('arm64', ['GLIBC_2.9'], 'linux-arm64-gnu'), undefined);
  assert.equal(fault('x64', [], 'linux-x64-musl'), undefined);
  assert.match(fault('x64', ['GLIBC_2.2.5'], 'linux-x64-musl'), /\bmusl\b/);
  assert.match(fault('x64', [], 'linux-x64-gnu'), /\bglibc\b/);
  assert.match(fault('arm64', ['GLIBC_2.17'], 'linux-x64-gnu'), /\barm64\b/);
  assert.match(fault('x64', ['GLIBC_2.9', 'GLIBC_2.34'], 'linux-x64-gnu'), /\b2\.34\b/);
  await assert.rejects(packPlatform('linux-x64-gnu', addon, { out: folder }), /\b2\.28\b/);
});

test('a license is accepted if the allowed ones satisfy its expression', () => {
  const allowed = new Set(['Apache-2.0', 'MIT', 'Unicode-3.0']);
  const expressions = {
    'MIT OR GPL-3.0-only': true,
    '(MIT OR Apache-2.0) AND Unicode-3.0': true,
    'MIT/Apache-2.0': true,
    'Apache-2.0 WITH LLVM-exception': true,
    'MIT AND GPL-3.0-only': false,
    'GPL-3.0-only': false,
  };
  for (const [expression, expected] of Object.entries(expressions)) {
    assert.equal(isAllowed(expression, allowed), expected, expression);
  }
  assert.throws(() => isAllowed('no license', allowed));
});

test('the reports of npm 12 and of older versions on a package are read', () => {
  const packed = { name: '@litexa/deploy-aws', files: [] };
  assert.deepEqual(onlyPackage(JSON.stringify([packed])), packed);
  assert.deepEqual(onlyPackage(JSON.stringify({ [packed.name]: packed })), packed);
});

test('the test of packages starts on a machine without development dependencies and without an addon', (t) => {
  const hook = path.join(tempDir(t), 'hook.js');
  fs.writeFileSync(
    hook,
    `const Module = require('node:module');
     const load = Module._load;
     Module._load = function (name, ...rest) {
       if (Module.isBuiltin(name) || (/^[./]|^[A-Z]:/.test(name) && !name.endsWith('.node'))) {
         return load.call(this, name, ...rest);
       }
       throw new Error('not installed: ' + name);
     };`,
  );
  const script = path.join(ROOT, 'scripts', 'release', 'test-packages.js');
  const output = execFileSync(process.execPath, ['--require', hook, script, '--help']);
  assert.match(output.toString(), /npm run test:packages/);
});
