'use strict';

// Reads recorded requests that upload assets.

const { MANIFEST, PREFIX } = require('./project');
const { keyOf } = require('../aws/proxy');

/** Returns the names of the assets that were uploaded, in order: `<language>/<path>`. */
function uploadedAssets(aws) {
  return [...aws.requests('PutObject'), ...aws.requests('CompleteMultipartUpload')]
    .map(keyOf)
    .filter((key) => key !== MANIFEST)
    .map((key) => key.slice(PREFIX.length))
    .sort();
}

/** Returns the headers with which an asset was uploaded. */
function uploadHeaders(aws, asset) {
  return aws.requests('PutObject').find((request) => keyOf(request) === PREFIX + asset).headers;
}

module.exports = { uploadedAssets, uploadHeaders };
