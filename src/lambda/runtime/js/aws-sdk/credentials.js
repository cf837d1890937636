'use strict';

const fs = require('node:fs');
const { newError } = require('./error');

/** Time before their end at which credentials are replaced. */
const EXPIRY_WINDOW_S = 15;

/** The address of the container credentials of Amazon ECS, for a relative URI. */
const CONTAINER_HOST = 'http://169.254.170.2';

const CONTAINER_TIMEOUT_MS = 1000;

class Credentials {
  expired = false;
  expireTime = null;
  expiryWindow = EXPIRY_WINDOW_S;

  /** Takes an object with the keys, or the keys themselves. */
  constructor(...args) {
    const [first] = args;
    if (args.length === 1 && first && typeof first === 'object') {
      setKeys(this, first.credentials || first);
    } else {
      const [accessKeyId, secretAccessKey, sessionToken] = args;
      setKeys(this, { accessKeyId, secretAccessKey, sessionToken });
    }
  }

  needsRefresh() {
    const soon = Date.now() + this.expiryWindow * 1000;
    if (this.expireTime && soon > this.expireTime) return true;
    return this.expired || !this.accessKeyId || !this.secretAccessKey;
  }

  get(callback = () => {}) {
    if (!this.needsRefresh()) return callback();
    return this.refresh((error) => {
      if (!error) this.expired = false;
      callback(error);
    });
  }

  refresh(callback) {
    this.expired = false;
    callback();
  }

  getPromise() {
    return promiseOf((callback) => this.get(callback));
  }

  refreshPromise() {
    return promiseOf((callback) => this.refresh(callback));
  }
}

/** The keys that Lambda puts into the environment. */
class EnvironmentCredentials extends Credentials {
  constructor(envPrefix) {
    super({});
    this.envPrefix = envPrefix;
    this.get(() => {});
  }

  refresh(callback = () => {}) {
    const value = (name) => process.env[`${this.envPrefix}_${name}`];
    const [accessKeyId, secretAccessKey] = [value('ACCESS_KEY_ID'), value('SECRET_ACCESS_KEY')];
    if (!accessKeyId || !secretAccessKey) {
      return callback(noCredentials(`Variable ${this.envPrefix}_ACCESS_KEY_ID not set.`));
    }
    setKeys(this, { accessKeyId, secretAccessKey, sessionToken: value('SESSION_TOKEN') });
    this.expired = false;
    return callback();
  }
}

/**
 * The keys of a function with SnapStart, and of containers:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
class ContainerCredentials extends Credentials {
  waiting = [];

  constructor() {
    super({});
  }

  refresh(callback = () => {}) {
    if (this.waiting.push(callback) > 1) return;
    fetchJson(containerRequest(process.env), (error, keys) => {
      if (!error) {
        setKeys(this, { ...keys, accessKeyId: keys.AccessKeyId });
        this.expireTime = keys.Expiration ? new Date(keys.Expiration) : null;
        this.expired = false;
      }
      for (const waiting of this.waiting.splice(0)) waiting(error);
    });
  }
}

/** Asks providers of credentials in turn. */
class CredentialProviderChain {
  static defaultProviders = [
    () => new EnvironmentCredentials('AWS'),
    () => new EnvironmentCredentials('AMAZON'),
    () => new ContainerCredentials(),
  ];

  constructor(providers) {
    this.providers = providers || [...CredentialProviderChain.defaultProviders];
  }

  resolve(callback) {
    const next = ([provider, ...others], error) => {
      if (!provider) return callback(error || noCredentials('No providers'));
      const credentials = typeof provider === 'function' ? provider.call(this) : provider;
      if (!credentials.get) return callback(null, credentials);
      return credentials.get((failure) =>
        failure ? next(others, failure) : callback(null, credentials),
      );
    };
    next(this.providers);
    return this;
  }

  resolvePromise() {
    return promiseOf((callback) => this.resolve(callback));
  }
}

function setKeys(credentials, keys) {
  const { accessKeyId, secretAccessKey = keys.SecretAccessKey, sessionToken = keys.Token } = keys;
  Object.assign(credentials, { accessKeyId, sessionToken });
  // Not enumerable, so that a log of the client does not contain it.
  Object.defineProperty(credentials, 'secretAccessKey', {
    value: secretAccessKey,
    configurable: true,
    writable: true,
    enumerable: false,
  });
}

function containerRequest(env) {
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env;
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative } = env;
  const url = full || (relative && CONTAINER_HOST + relative);
  const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  const Authorization = file
    ? fs.readFileSync(file, 'utf8').trim()
    : env.AWS_CONTAINER_AUTHORIZATION_TOKEN;
  return { url, headers: Authorization ? { Authorization } : {} };
}

function fetchJson({ url, headers }, callback) {
  if (!url) return callback(noCredentials('AWS_CONTAINER_CREDENTIALS_FULL_URI is not set'));
  const client = url.startsWith('https:') ? require('node:https') : require('node:http');
  const request = client.get(url, { headers, timeout: CONTAINER_TIMEOUT_MS }, (response) => {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', () => {
      const { error, keys } = parseKeys(response.statusCode, Buffer.concat(chunks).toString());
      callback(error, keys);
    });
  });
  request.on('timeout', () => request.destroy(new Error('the container credentials timed out')));
  return request.on('error', callback);
}

function parseKeys(statusCode, text) {
  if (statusCode !== 200) return { error: noCredentials(`Status ${statusCode}`) };
  try {
    const keys = JSON.parse(text);
    if (keys.AccessKeyId && keys.SecretAccessKey) return { keys };
  } catch {
    // The same as JSON without keys.
  }
  return { error: noCredentials('The container credentials have no keys') };
}

function noCredentials(message) {
  return newError('CredentialsError', message);
}

function promiseOf(call) {
  return new Promise((resolve, reject) => {
    call((error, value) => (error ? reject(error) : resolve(value)));
  });
}

module.exports = {
  ContainerCredentials,
  CredentialProviderChain,
  Credentials,
  EnvironmentCredentials,
};
