'use strict';

// Maps the modules of a checkout of aws-sdk version 2, which is the working directory, to those of the
// shim. Its tests and their helpers stay as they are.

const Module = require('node:module');
const path = require('node:path');

const SHIM = path.join(__dirname, '..', '..', 'src', 'lambda', 'runtime', 'js', 'aws-sdk');

const EXPORTS = require(path.join(SHIM, 'package.json')).exports;

const resolveFilename = Module._resolveFilename;

Module._resolveFilename = function (request, ...others) {
  const file = resolveFilename.call(this, request, ...others);
  const inside = path.relative(process.cwd(), file).replaceAll(path.sep, '/');
  const isSdk = inside === 'index.js' || /^(lib|clients)\//.test(inside);
  return isSdk ? path.join(SHIM, EXPORTS[`./${inside}`] || EXPORTS['./*']) : file;
};
