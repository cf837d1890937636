'use strict';

// Credentials from every source that AWS SDKs support, with canary values that can be found anywhere,
// and the servers that issue them. Each source is a machine of its own: a home directory, an environment
// and possibly an `aws-config.json`.

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const LATER = '2099-01-01T00:00:00Z';
const ROLE = 'arn:aws:iam::123456789012:role/deployer';
const START_URL = 'https://canary.awsapps.example/start';

/**
 * Returns new secret values, with all the characters that encodings change.
 *
 * @returns {{id: string, secret: string, token: string}}
 */
function newCanaries() {
  const random = (length) => crypto.randomBytes(length).toString('hex');
  return {
    id: `AKIA${random(8).toUpperCase()}`,
    secret: `sEcret/${random(12)}+key=`,
    token: `tOken/${random(24)}+${random(8)}==`,
  };
}

/** Returns every encoding of a canary from which it could be decoded. */
function encodings(canary) {
  const url = encodeURIComponent(canary);
  const hex = Buffer.from(canary).toString('hex');
  const lowerUrl = url.replace(/%../g, (code) => code.toLowerCase());
  const texts = [canary, url, lowerUrl, encodeURIComponent(url), hex, hex.toUpperCase()];
  return [...new Set([...texts, canary.replaceAll('/', '\\/'), ...base64Encodings(canary)])];
}

/** Returns the three Base64 texts that a canary has within longer ones, depending on its position. */
function base64Encodings(canary) {
  const inner = ['', '.', '..'].map((before) =>
    Buffer.from(before + canary)
      .toString('base64')
      .replace(/=+$/, '')
      .slice(before.length + 1, -2),
  );
  return inner.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
}

/**
 * Each source writes files on the machine and returns environment variables. `canaries` must not be
 * disclosed, requests are signed with `signed`.
 *
 * @type {Record<string, (machine: object) => {env?: object, canaries: object[], signed: object}>}
 */
const SOURCES = {
  'aws-config.json': ({ writeProject }) => {
    const own = newCanaries();
    const [accessKeyId, secretAccessKey, sessionToken] = [own.id, own.secret, own.token];
    const beta = { accessKeyId, secretAccessKey, sessionToken, region: 'us-east-1' };
    writeProject('aws-config.json', JSON.stringify({ beta }));
    return { canaries: [own], signed: own };
  },
  'a profile of the credentials file': ({ writeHome }) => {
    const own = newCanaries();
    writeHome('.aws/credentials', section('default', own));
    return { canaries: [own], signed: own };
  },
  'environment variables': () => {
    const own = newCanaries();
    return { env: variables(own), canaries: [own], signed: own };
  },
  'environment variables without a session token': () => {
    const { id, secret } = newCanaries();
    const env = { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret };
    return { env, canaries: [{ id, secret }], signed: { id, secret } };
  },
  credential_process: ({ writeHome, home }) => {
    const own = newCanaries();
    const script = `console.log(${JSON.stringify(JSON.stringify(processAnswer(own)))})`;
    writeHome('credentials.js', script);
    writeHome('.aws/config', credentialProcess(path.join(home, 'credentials.js')));
    return { canaries: [own], signed: own };
  },
  'a role with a source_profile': ({ writeHome, signIn }) => {
    const [source, own] = [newCanaries(), newCanaries()];
    signIn.answer = { AssumeRole: stsAnswer('AssumeRole', own) };
    writeHome('.aws/credentials', section('source', source));
    const profile = `[default]\nrole_arn = ${ROLE}\nsource_profile = source\nregion = us-east-1\n`;
    writeHome('.aws/config', profile);
    return { env: signIn.env, canaries: [source, own], signed: own };
  },
  'a web identity': ({ writeHome, home, signIn }) => {
    const [own, identity] = [newCanaries(), newCanaries()];
    signIn.answer = { AssumeRoleWithWebIdentity: stsAnswer('AssumeRoleWithWebIdentity', own) };
    writeHome('identity', identity.token);
    const file = path.join(home, 'identity');
    const env = { ...signIn.env, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: ROLE };
    return { env, canaries: [own, { token: identity.token }], signed: own };
  },
  'single sign-on': ({ writeHome, signIn }) => {
    const [own, cached] = [newCanaries(), newCanaries()];
    signIn.answer = { '/federation/credentials': ssoAnswer(own) };
    writeHome('.aws/config', `[default]\n${ssoProfile()}`);
    writeHome(ssoCache(START_URL), ssoToken(cached));
    return { env: signIn.env, canaries: [own, cached], signed: own };
  },
  'single sign-on with a refreshed token': ({ writeHome, signIn }) => {
    const [own, cached, renewed] = [newCanaries(), newCanaries(), newCanaries()];
    signIn.answer = {
      '/federation/credentials': ssoAnswer(own),
      '/token': { accessToken: renewed.secret, refreshToken: renewed.token, expiresIn: 28800 },
    };
    const session = `[sso-session canary]\nsso_region = us-east-1\nsso_start_url = ${START_URL}\n`;
    const account = 'sso_account_id = 123456789012\nsso_role_name = deployer\n';
    writeHome('.aws/config', `[default]\nsso_session = canary\n${account}\n${session}`);
    const [registered, expires] = [cached.id, new Date(Date.now() - 1000).toISOString()];
    const client = { clientId: registered, registrationExpiresAt: LATER };
    const more = { ...client, clientSecret: cached.token, refreshToken: cached.token };
    writeHome(ssoCache('canary'), ssoToken(cached, { ...more, expiresAt: expires }));
    return { env: signIn.env, canaries: [own, cached, renewed], signed: own };
  },
  "a container's credentials": ({ signIn }) => {
    const [own, authorization] = [newCanaries(), newCanaries()];
    const { AccessKeyId, SecretAccessKey, SessionToken: Token } = processAnswer(own);
    signIn.answer = { '/container': { AccessKeyId, SecretAccessKey, Token, Expiration: LATER } };
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${signIn.endpoint}/container`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization.token,
    };
    return { env, canaries: [own, { token: authorization.token }], signed: own };
  },
};

/** Sources whose credentials cannot be loaded. */
const INVALID_SOURCES = {
  'an aws-config.json that is cut off': ({ writeProject }) => {
    const own = newCanaries();
    const [accessKeyId, secretAccessKey, sessionToken] = [own.id, own.secret, own.token];
    const whole = JSON.stringify({ beta: { accessKeyId, secretAccessKey, sessionToken } });
    writeProject('aws-config.json', whole.slice(0, -3));
    return { canaries: [own] };
  },
  'an aws-config.json for another target': ({ writeProject }) => {
    const own = newCanaries();
    writeProject('aws-config.json', JSON.stringify({ [own.secret]: { accessKeyId: own.id } }));
    return { canaries: [own] };
  },
  'a credentials file with invalid lines': ({ writeHome }) => {
    const own = newCanaries();
    writeHome('.aws/credentials', `[default]\n${own.id}\n${own.secret} ${own.token}\n`);
    return { canaries: [own] };
  },
  'a profile without an access key ID': ({ writeHome }) => {
    const own = newCanaries();
    const lines = [`aws_secret_access_key = ${own.secret}`, `aws_session_token = ${own.token}`];
    writeHome('.aws/credentials', `[default]\n${lines.join('\n')}\n`);
    return { canaries: [own] };
  },
  'a session token that is not a valid header value': () => {
    const own = newCanaries();
    const env = { ...variables(own), AWS_SESSION_TOKEN: `${own.token}\u0001` };
    return { env, canaries: [own] };
  },
  'a credential_process that fails after its answer': ({ writeHome, home }) => {
    const own = newCanaries();
    const answer = JSON.stringify(JSON.stringify(processAnswer(own)));
    writeHome('credentials.js', `console.log(${answer}); process.exitCode = 3;`);
    writeHome(
      '.aws/config',
      credentialProcess(`${path.join(home, 'credentials.js')} ${own.secret}`),
    );
    return { canaries: [own] };
  },
  'a credential_process with invalid output': ({ writeHome, home }) => {
    const own = newCanaries();
    writeHome('credentials.js', `console.log('${own.id} ${own.secret} ${own.token}')`);
    writeHome('.aws/config', credentialProcess(path.join(home, 'credentials.js')));
    return { canaries: [own] };
  },
  'a credential_process of a later version': ({ writeHome, home }) => {
    const own = newCanaries();
    const answer = JSON.stringify(JSON.stringify({ ...processAnswer(own), Version: 7 }));
    writeHome('credentials.js', `console.log(${answer})`);
    writeHome('.aws/config', credentialProcess(path.join(home, 'credentials.js')));
    return { canaries: [own] };
  },
  'a damaged SSO cache': ({ writeHome, signIn }) => {
    const cached = newCanaries();
    writeHome('.aws/config', `[default]\n${ssoProfile()}`);
    writeHome(ssoCache(START_URL), ssoToken(cached).slice(0, -5));
    return { env: signIn.env, canaries: [cached] };
  },
  'an expired SSO session': ({ writeHome, signIn }) => {
    const cached = newCanaries();
    writeHome('.aws/config', `[default]\n${ssoProfile()}`);
    writeHome(ssoCache(START_URL), ssoToken(cached, { expiresAt: '2020-01-01T00:00:00Z' }));
    return { env: signIn.env, canaries: [cached] };
  },
  'a rejected web identity': ({ writeHome, home, signIn }) => {
    const { token } = newCanaries();
    const Message = 'Not authorized to perform sts:AssumeRoleWithWebIdentity';
    const text = `<ErrorResponse><Error><Code>AccessDenied</Code><Message>${Message}</Message></Error></ErrorResponse>`;
    signIn.answer = { AssumeRoleWithWebIdentity: { status: 403, text } };
    writeHome('identity', token);
    const file = path.join(home, 'identity');
    const env = { ...signIn.env, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: ROLE };
    return { env, canaries: [{ token }] };
  },
  'a container with an invalid response': ({ signIn }) => {
    const [own, authorization] = [newCanaries(), newCanaries()];
    signIn.answer = {
      '/container': { status: 200, text: `{"Token": "${own.token}", ${own.secret}` },
    };
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${signIn.endpoint}/container`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization.token,
    };
    return { env, canaries: [own, { token: authorization.token }] };
  },
};

function variables({ id, secret, token }) {
  return { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token };
}

function section(name, { id, secret, token }) {
  const keys = { aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: token };
  const lines = Object.entries(keys).map(([key, value]) => `${key} = ${value}\n`);
  return `[${name}]\n${lines.join('')}\n`;
}

function processAnswer({ id, secret, token }) {
  const keys = { AccessKeyId: id, SecretAccessKey: secret, SessionToken: token };
  return { Version: 1, ...keys, Expiration: LATER };
}

function credentialProcess(script) {
  return `[default]\ncredential_process = ${process.execPath} ${script}\nregion = us-east-1\n`;
}

function stsAnswer(action, own) {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = processAnswer(own);
  const elements = Object.entries({ AccessKeyId, SecretAccessKey, SessionToken, Expiration });
  const credentials = elements.map(([name, value]) => `<${name}>${value}</${name}>`).join('');
  const user = `<AssumedRoleUser><Arn>${ROLE}</Arn><AssumedRoleId>AROA:s</AssumedRoleId></AssumedRoleUser>`;
  const result = `<Credentials>${credentials}</Credentials>${user}`;
  return {
    status: 200,
    text: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
  };
}

function ssoAnswer({ id, secret, token }) {
  const keys = { accessKeyId: id, secretAccessKey: secret, sessionToken: token };
  return { roleCredentials: { ...keys, expiration: Date.parse(LATER) } };
}

function ssoProfile() {
  const settings = {
    sso_start_url: START_URL,
    sso_region: 'us-east-1',
    sso_account_id: '123456789012',
    sso_role_name: 'deployer',
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('');
}

/** Returns the cache file, which is named after the start URL or the session. */
function ssoCache(identifier) {
  const name = crypto.createHash('sha1').update(identifier).digest('hex');
  return path.join('.aws', 'sso', 'cache', `${name}.json`);
}

function ssoToken({ secret }, more = {}) {
  const token = { startUrl: START_URL, region: 'us-east-1', accessToken: secret, expiresAt: LATER };
  return JSON.stringify({ ...token, ...more });
}

/**
 * Starts a server for sign-in requests of AWS SDKs.
 *
 * @returns {Promise<{endpoint: string, env: object, answer: object, stop: () => Promise<void>}>}
 *   `answer` has the response to a path or an action: an object, or `{status, text}`
 */
async function startSignIn() {
  const signIn = { answer: {} };
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { pathname } = new URL(request.url, 'http://localhost');
    const name = /(?:^|&)Action=(\w+)/.exec(body)?.[1] ?? pathname;
    const answer = signIn.answer[name] ?? { status: 404, text: '' };
    const { status = 200, text = JSON.stringify(answer) } = answer;
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  signIn.endpoint = `http://127.0.0.1:${server.address().port}`;
  const names = ['STS', 'SSO', 'SSO_OIDC'].map((service) => `AWS_ENDPOINT_URL_${service}`);
  signIn.env = Object.fromEntries(names.map((name) => [name, signIn.endpoint]));
  signIn.stop = () => {
    server.closeAllConnections?.();
    return new Promise((resolve) => server.close(resolve));
  };
  return signIn;
}

/**
 * Sets up a machine with credentials of a source in a directory that has `home`, `project` and `tmp`.
 *
 * @returns {{env: object, canaries: string[], signed?: object, inputs: string[]}} `inputs` are the
 *   files that contain canaries
 */
function setUpMachine(source, folder, signIn) {
  const inputs = [];
  const writer = (below) => (name, content) => {
    const file = path.join(folder, below, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    inputs.push(file);
  };
  const home = path.join(folder, 'home');
  signIn.answer = {};
  const tools = { home, signIn, writeHome: writer('home'), writeProject: writer('project') };
  const { env = {}, canaries, signed } = source(tools);
  return { env, canaries: canaries.flatMap(Object.values), signed, inputs };
}

module.exports = { INVALID_SOURCES, SOURCES, encodings, setUpMachine, startSignIn };
