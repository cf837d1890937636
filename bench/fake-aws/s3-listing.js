'use strict';

// Answers ListObjectsV2 in pages of up to 1,000 keys, in order.

const { xml } = require('./xml');

const PAGE = 1000;

function list(bucket, query) {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const limit = Math.min(Number(query.get('max-keys') ?? PAGE), PAGE);
  const last = query.get('continuation-token') ?? query.get('start-after') ?? '';

  bucket.sorted ??= [...bucket.objects.keys()].sort();
  const keys = bucket.sorted;
  const contents = [];
  const folders = new Set();
  let token;
  let at = firstFrom(keys, last > prefix ? last : prefix);
  for (; at < keys.length && keys[at].startsWith(prefix); at++) {
    const key = keys[at];
    if (key === last || (delimiter && last.endsWith(delimiter) && key.startsWith(last))) continue;
    const folder = folderOf(key, prefix, delimiter);
    if (folder && folders.has(folder)) continue;
    if (contents.length + folders.size === limit) {
      token = [...folders, contents.at(-1)?.key ?? ''].sort().at(-1);
      break;
    }
    if (folder) folders.add(folder);
    else contents.push({ key, ...bucket.objects.get(key) });
  }
  return page({ bucket, prefix, delimiter, contents, folders, token, limit });
}

function folderOf(key, prefix, delimiter) {
  const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

/** Returns the index of the first key that is not less than the given one. */
function firstFrom(keys, key) {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle] < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function page({ bucket, prefix, delimiter, contents, folders, token, limit }) {
  const head = xml({
    Name: bucket.name,
    Prefix: prefix,
    Delimiter: delimiter || undefined,
    KeyCount: contents.length + folders.size,
    MaxKeys: limit,
    IsTruncated: String(token !== undefined),
    NextContinuationToken: token,
    CommonPrefixes: [...folders].map((Prefix) => ({ Prefix })),
  });
  // Written by hand, because this is most of the server's output.
  const objects = contents.map(
    ({ key, modified, etag, size }) =>
      `<Contents><Key>${key}</Key><LastModified>${modified}</LastModified>` +
      `<ETag>&quot;${etag}&quot;</ETag><Size>${size}</Size>` +
      '<StorageClass>STANDARD</StorageClass></Contents>',
  );
  return {
    operation: 'ListObjectsV2',
    headers: { 'content-type': 'application/xml' },
    body: `<ListBucketResult>${head}${objects.join('')}</ListBucketResult>`,
  };
}

module.exports = { list };
