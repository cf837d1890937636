'use strict';

// A registry of npm packages on the loopback interface, from which any installer can install.

const crypto = require('node:crypto');
const http = require('node:http');
const { gzipSync } = require('node:zlib');

/** Old enough for installers that wait with new versions. */
const PUBLISHED = '2020-01-01T00:00:00.000Z';

/**
 * Starts a registry.
 *
 * @param {{ manifest: object, files?: Record<string, string | Buffer>, archive?: Buffer }[]} packages
 *   each with its files, or as `npm pack` has written it
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
async function startRegistry(packages) {
  const tarballs = new Map(
    packages.map((one) => [tarballPath(one.manifest), one.archive ?? tarball(one)]),
  );
  const server = http.createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    const archive = tarballs.get(path);
    if (archive) return response.end(archive);
    const versions = packages.filter(({ manifest }) => `/${manifest.name}` === path);
    response.statusCode = versions.length > 0 ? 200 : 404;
    response.setHeader('content-type', 'application/json');
    const base = `http://${request.headers.host}`;
    return response.end(JSON.stringify(versions.length > 0 ? metadata(versions, base) : {}));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, stop };

  function metadata(versions, base) {
    const entries = versions.map(({ manifest }) => {
      const path = tarballPath(manifest);
      const sha512 = crypto.createHash('sha512').update(tarballs.get(path)).digest('base64');
      const shasum = crypto.createHash('sha1').update(tarballs.get(path)).digest('hex');
      const dist = { tarball: `${base}${path}`, integrity: `sha512-${sha512}`, shasum };
      return [manifest.version, { ...manifest, dist }];
    });
    const times = entries.map(([version]) => [version, PUBLISHED]);
    return {
      name: versions[0].manifest.name,
      'dist-tags': { latest: entries.at(-1)[0] },
      versions: Object.fromEntries(entries),
      time: { created: PUBLISHED, modified: PUBLISHED, ...Object.fromEntries(times) },
    };
  }
}

function tarballPath({ name, version }) {
  return `/${name}/-/${name.split('/').at(-1)}-${version}.tgz`;
}

function tarball({ manifest, files = {} }) {
  const all = { 'package.json': JSON.stringify(manifest), ...files };
  const blocks = Object.entries(all).flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    return [tarHeader(`package/${name}`, bytes.length), bytes, padding(bytes.length)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

// The format `ustar`: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06
function tarHeader(name, size) {
  const header = Buffer.alloc(512);
  const octal = (number, digits) => `${number.toString(8).padStart(digits, '0')}\0`;
  header.write(name, 0);
  header.write(octal(0o755, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(size, 11), 124);
  header.write(octal(Date.parse(PUBLISHED) / 1000, 11), 136);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    ),
    148,
  );
  return header;
}

function padding(size) {
  return Buffer.alloc((512 - (size % 512)) % 512);
}

module.exports = { startRegistry };
