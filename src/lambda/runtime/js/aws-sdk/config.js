'use strict';

const fs = require('node:fs');
const { CredentialProviderChain, Credentials, EnvironmentCredentials } = require('./credentials');
const { newError, toV2Error } = require('./error');

/** Returns the default of each setting. */
const defaults = () => ({
  credentials: environmentCredentials(),
  credentialProvider: new CredentialProviderChain(),
  region: process.env.AWS_REGION || process.env.AMAZON_REGION,
  logger: null,
  apiVersions: {},
  apiVersion: null,
  endpoint: undefined,
  httpOptions: { timeout: 120000 },
  maxRetries: undefined,
  maxRedirects: 10,
  paramValidation: true,
  sslEnabled: true,
  computeChecksums: true,
  convertResponseTypes: true,
  correctClockSkew: false,
  customUserAgent: null,
  dynamoDbCrc32: true,
  systemClockOffset: 0,
  signatureVersion: null,
  signatureCache: true,
  retryDelayOptions: {},
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
});

/** Settings for all services. Settings for one service are under its name. */
class Config {
  constructor(options = {}) {
    const given = withCredentials(options);
    for (const [key, value] of Object.entries(defaults())) this.set(key, given[key], value);
  }

  update(options) {
    for (const [key, value] of Object.entries(withCredentials(options))) this.set(key, value);
  }

  set(key, value, defaultValue) {
    if (value === undefined)
      this[key] = defaultValue === undefined ? defaults()[key] : defaultValue;
    else if (key === 'httpOptions' && this[key]) this[key] = { ...this[key], ...value };
    else this[key] = value;
  }

  clear() {
    for (const key of Object.keys(defaults())) delete this[key];
  }

  getCredentials(callback) {
    const finish = (message, cause) => {
      if (!message) return callback(null, this.credentials);
      const fields = { code: 'CredentialsError', message };
      return callback(cause ? toV2Error(cause, fields) : newError(fields.code, message));
    };
    if (this.credentials && this.credentials.get) {
      const source = this.credentials.constructor.name;
      return this.credentials.get((error) =>
        finish(error && `Could not load credentials from ${source}`, error),
      );
    }
    if (this.credentials) {
      const { accessKeyId, secretAccessKey } = this.credentials;
      return finish(accessKeyId && secretAccessKey ? undefined : 'Missing credentials');
    }
    if (!this.credentialProvider) return finish('No credentials to load');
    return this.credentialProvider.resolve((error, credentials) => {
      this.credentials = credentials;
      finish(error && 'Could not load credentials from any providers', error);
    });
  }

  loadFromPath(path) {
    const options = JSON.parse(fs.readFileSync(path, 'utf8'));
    this.clear();
    for (const [key, value] of Object.entries(defaults())) this.set(key, undefined, value);
    this.update(options);
    return this;
  }

  // v2 supports other implementations of promises. Here this has no effect.
  setPromisesDependency() {}

  getPromisesDependency() {
    return undefined;
  }
}

function environmentCredentials() {
  const credentials = new EnvironmentCredentials('AWS');
  return credentials.accessKeyId ? credentials : null;
}

function withCredentials(options) {
  const { accessKeyId, secretAccessKey } = options;
  if (!accessKeyId || !secretAccessKey) return options;
  return { ...options, credentials: new Credentials(options) };
}

module.exports = { Config };
