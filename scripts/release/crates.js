'use strict';

// Lists the crates that are compiled into the addon.

const { cargo } = require('../lib/cargo');

/** Returns the linked crates, as cargo resolves them; macros run in the compiler only. */
async function linkedCrates(target) {
  const platform = ['--locked', `--filter-platform=${target}`];
  const metadata = cargo(['metadata', '--format-version=1', ...platform], { quiet: true });
  const { packages, resolve } = JSON.parse(await metadata);
  const edges = ['--edges=normal,no-proc-macro', `--target=${target}`];
  const shape = ['--prefix=none', '--format={p}'];
  const tree = await cargo(['tree', '--locked', ...edges, ...shape], { quiet: true });
  const linked = new Set([...tree.matchAll(/^(\S+ v\S+)/gm)].map(([, name]) => name));
  const isLinked = ({ id, name, version }) =>
    id !== resolve.root && linked.has(`${name} v${version}`);
  return packages.filter(isLinked);
}

module.exports = { linkedCrates };
