'use strict';

const https = require('node:https');
const { notIncluded } = require('./not-included');

/** AWS.config: what is set for all services, and under a service's name for that one. */
class Config {
  region = process.env.AWS_REGION;

  update(options) {
    Object.assign(this, options);
  }

  // v2 lets its users bring another kind of promise; today there is one.
  setPromisesDependency() {}
}

for (const name of [
  'clear',
  'getCredentials',
  'getPromisesDependency',
  'getToken',
  'loadFromPath',
]) {
  Config.prototype[name] = () => {
    throw notIncluded(`AWS.config.${name}`);
  };
}

const config = new Config();

/**
 * A v3 client behind the options that v2 takes.
 *
 * @param {string} name as in v3's `<name>Client`; in small letters it is the key in AWS.config and
 *   in the package's name
 * @returns {(command: string, input: object, options?: object) => Promise<object>}
 */
function connect(name, defaults, options) {
  const key = name.toLowerCase();
  const settings = { ...defaults, ...config, ...config[key], ...options };
  try {
    // Loaded as soon as the skill makes the client: Lambda initializes a function with more
    // processor than its memory size gives it later. Skills without a store never load that part.
    const sdk = require(`@aws-sdk/client-${key}`);
    const client = new sdk[`${name}Client`](inV3Terms(settings));
    return (command, input, sendOptions) =>
      client.send(new sdk[`${command}Command`](input), sendOptions);
  } catch (error) {
    // With v2 making a client never fails, only using it.
    return () => Promise.reject(error);
  }
}

// v3 keeps connections alive by itself. It has no twin of retryDelayOptions, but backs off too.
function inV3Terms(settings) {
  const { region, endpoint, maxRetries, httpOptions = {} } = settings;
  return withoutUndefined({
    region,
    endpoint,
    credentials: credentialsOf(settings),
    maxAttempts: maxRetries + 1,
    requestHandler: withoutUndefined({
      connectionTimeout: httpOptions.connectTimeout,
      requestTimeout: httpOptions.timeout,
      ...agentsOf(httpOptions.agent),
    }),
  });
}

function credentialsOf({ credentials, accessKeyId, secretAccessKey, sessionToken }) {
  return credentials || (accessKeyId && { accessKeyId, secretAccessKey, sessionToken });
}

// An agent for https cannot speak plain http, which an endpoint of one's own may want.
function agentsOf(agent) {
  return agent instanceof https.Agent
    ? { httpsAgent: agent }
    : { httpAgent: agent, httpsAgent: agent };
}

function withoutUndefined(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

module.exports = { config, connect };
