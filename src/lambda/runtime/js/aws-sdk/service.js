'use strict';

const https = require('node:https');
const { unsupported } = require('./unsupported');

/** AWS.config: settings for all services, and for one service under its name. */
class Config {
  region = process.env.AWS_REGION;

  update(options) {
    Object.assign(this, options);
  }

  // v2 supports other implementations of promises. Here this has no effect.
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
    throw unsupported(`AWS.config.${name}`);
  };
}

const config = new Config();

/**
 * Creates a v3 client from the options of v2.
 *
 * @param {string} name as in v3's `<name>Client`; in lower case it is the key in AWS.config and
 *   part of the package's name
 * @returns {(command: string, input: object, options?: object) => Promise<object>}
 */
function connect(name, defaults, options) {
  const key = name.toLowerCase();
  const settings = { ...defaults, ...config, ...config[key], ...options };
  try {
    // Loaded when the skill creates the client: during initialization, a function has more CPU than
    // its memory size provides later. Skills without a table never load the client for DynamoDB.
    const sdk = require(`@aws-sdk/client-${key}`);
    const client = new sdk[`${name}Client`](toV3Options(settings));
    return (command, input, sendOptions) =>
      client.send(new sdk[`${command}Command`](input), sendOptions);
  } catch (error) {
    // In v2, creating a client never fails, only using it.
    return () => Promise.reject(error);
  }
}

// v3 keeps connections alive by default. It has no equivalent of retryDelayOptions, but also backs
// off.
function toV3Options(settings) {
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

// An https agent cannot connect to an http endpoint, such as a local one.
function agentsOf(agent) {
  return agent instanceof https.Agent
    ? { httpsAgent: agent }
    : { httpAgent: agent, httpsAgent: agent };
}

function withoutUndefined(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

module.exports = { config, connect };
