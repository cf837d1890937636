'use strict';

// Fuzzes the parsers: `npm run fuzz -- [<target>…] [--seconds=<of each target>]`.
//
// Stable Rust suffices: libFuzzer is compiled from source, and the compiler has an option for LLVM's
// coverage counters. Memory sanitizers are not used, because the parsers are safe Rust.

const fs = require('node:fs');
const path = require('node:path');
const { cargo, cargoEnvironment, ROOT } = require('./lib/cargo');
const { run, runMain } = require('./lib/exec');

const FUZZ = path.join(ROOT, 'fuzz');

const COVERAGE = [
  '-Cpasses=sancov-module',
  '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters',
  '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares',
].join(' ');

/** Test data of the module's own tests, as further seeds. */
const MORE_SEEDS = { log_events: [path.join(ROOT, 'src/logs/testdata')] };

/** Builds the targets and returns the folder with their programs. */
async function build() {
  const { CARGO_BUILD_TARGET: host, CARGO_TARGET_DIR: shared } = await cargoEnvironment();
  // A folder of its own, because these compiler flags differ from those of all other builds.
  const folder = path.resolve(ROOT, shared, 'fuzz');
  const manifest = path.join(FUZZ, 'Cargo.toml');
  const env = { CARGO_TARGET_DIR: folder, RUSTFLAGS: COVERAGE };
  await cargo(['build', '--release', '--locked', '--manifest-path', manifest], { env });
  return path.join(folder, host, 'release');
}

/** Runs a target. Inputs that reach new code are kept beside the programs; seeds stay unchanged. */
async function fuzz(programs, target, seconds) {
  const found = path.join(programs, 'corpus', target);
  const failures = path.join(FUZZ, 'artifacts', target);
  for (const folder of [found, failures]) fs.mkdirSync(folder, { recursive: true });
  const seeds = [path.join(FUZZ, 'corpus', target), ...(MORE_SEEDS[target] || [])];
  const options = {
    artifact_prefix: path.join(failures, path.sep),
    dict: path.join(FUZZ, 'tokens.dict'),
    max_total_time: seconds,
    print_final_stats: 1,
    print_funcs: 0,
    rss_limit_mb: 2048,
    // In wall-clock seconds, which pass quickly on a busy machine.
    timeout: 60,
    verbosity: 0,
  };
  const flags = Object.entries(options).map(([name, value]) => `-${name}=${value}`);
  try {
    await run(path.join(programs, target), [...flags, found, ...seeds], { cwd: FUZZ });
  } catch {
    const place = path.relative(ROOT, failures);
    throw new Error(
      `${target} failed. Its input is in ${place}: fix the bug, and add the input to fuzz/corpus/${target}`,
    );
  }
}

function targetsNamed(names) {
  const all = fs.readdirSync(path.join(FUZZ, 'fuzz_targets')).map((file) => path.parse(file).name);
  const unknown = names.find((name) => !all.includes(name));
  if (unknown) throw new Error(`unknown target ${unknown}. Known targets: ${all.join(', ')}`);
  return names.length > 0 ? names : all;
}

runMain(async (args) => {
  const targets = targetsNamed(args.filter((arg) => !arg.startsWith('--')));
  const seconds = args.map((arg) => /^--seconds=([1-9]\d*)$/.exec(arg)?.[1]).find(Boolean) || '60';
  const programs = await build();
  for (const target of targets) {
    console.log(`> ${target}, ${seconds} s`);
    await fuzz(programs, target, seconds);
  }
});
