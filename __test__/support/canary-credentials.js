'use strict';

// Credentials of every kind that AWS' tools know, with values that cannot be missed wherever they turn
// up, and the servers that hand them out. Each kind is a machine of its own: a home folder, an
// environment, and perhaps an `aws-config.json`.

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const LATER = '2099-01-01T00:00:00Z';
const ROLE = 'arn:aws:iam::123456789012:role/deployer';
const START_URL = 'https://marked.awsapps.example/start';

/**
 * What nobody may see, new each time, with all the characters that encodings change.
 *
 * @returns {{id: string, secret: string, token: string}}
 */
function marks() {
  const random = (length) => crypto.randomBytes(length).toString('hex');
  return {
    id: `AKIA${random(8).toUpperCase()}`,
    secret: `sEcret/${random(12)}+key=`,
    token: `tOken/${random(24)}+${random(8)}==`,
  };
}

/** Every spelling of a mark that somebody could read it from. */
function spellings(mark) {
  const url = encodeURIComponent(mark);
  const hex = Buffer.from(mark).toString('hex');
  const lowerUrl = url.replace(/%../g, (code) => code.toLowerCase());
  const texts = [mark, url, lowerUrl, encodeURIComponent(url), hex, hex.toUpperCase()];
  return [...new Set([...texts, mark.replaceAll('/', '\\/'), ...base64Spellings(mark)])];
}

/** Base64 depends on what stands before: without its ends, it is one of three texts. */
function base64Spellings(mark) {
  const inner = ['', '.', '..'].map((before) =>
    Buffer.from(before + mark)
      .toString('base64')
      .replace(/=+$/, '')
      .slice(before.length + 1, -2),
  );
  return inner.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
}

/**
 * Each kind of credentials: what it writes on the machine and what it says in the environment.
 * `hidden` are its marks, `signed` those that requests are signed with.
 *
 * @type {Record<string, (machine: object) => {env?: object, hidden: object[], signed: object}>}
 */
const KINDS = {
  'aws-config.json': ({ writeProject }) => {
    const own = marks();
    const [accessKeyId, secretAccessKey, sessionToken] = [own.id, own.secret, own.token];
    const beta = { accessKeyId, secretAccessKey, sessionToken, region: 'us-east-1' };
    writeProject('aws-config.json', JSON.stringify({ beta }));
    return { hidden: [own], signed: own };
  },
  'a profile of the credentials file': ({ writeHome }) => {
    const own = marks();
    writeHome('.aws/credentials', section('default', own));
    return { hidden: [own], signed: own };
  },
  'environment variables': () => {
    const own = marks();
    return { env: variables(own), hidden: [own], signed: own };
  },
  'environment variables without a session token': () => {
    const { id, secret } = marks();
    const env = { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret };
    return { env, hidden: [{ id, secret }], signed: { id, secret } };
  },
  credential_process: ({ writeHome, home }) => {
    const own = marks();
    const script = `console.log(${JSON.stringify(JSON.stringify(processAnswer(own)))})`;
    writeHome('give.js', script);
    writeHome('.aws/config', credentialProcess(path.join(home, 'give.js')));
    return { hidden: [own], signed: own };
  },
  'a role by way of source_profile': ({ writeHome, signIn }) => {
    const [source, own] = [marks(), marks()];
    signIn.answer = { AssumeRole: stsAnswer('AssumeRole', own) };
    writeHome('.aws/credentials', section('source', source));
    const profile = `[default]\nrole_arn = ${ROLE}\nsource_profile = source\nregion = us-east-1\n`;
    writeHome('.aws/config', profile);
    return { env: signIn.env, hidden: [source, own], signed: own };
  },
  'a web identity': ({ writeHome, home, signIn }) => {
    const [own, identity] = [marks(), marks()];
    signIn.answer = { AssumeRoleWithWebIdentity: stsAnswer('AssumeRoleWithWebIdentity', own) };
    writeHome('identity', identity.token);
    const file = path.join(home, 'identity');
    const env = { ...signIn.env, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: ROLE };
    return { env, hidden: [own, { token: identity.token }], signed: own };
  },
  'single sign-on': ({ writeHome, signIn }) => {
    const [own, cached] = [marks(), marks()];
    signIn.answer = { '/federation/credentials': ssoAnswer(own) };
    writeHome('.aws/config', `[default]\n${ssoProfile()}`);
    writeHome(ssoCache(START_URL), ssoToken(cached));
    return { env: signIn.env, hidden: [own, cached], signed: own };
  },
  'single sign-on whose token is renewed': ({ writeHome, signIn }) => {
    const [own, cached, renewed] = [marks(), marks(), marks()];
    signIn.answer = {
      '/federation/credentials': ssoAnswer(own),
      '/token': { accessToken: renewed.secret, refreshToken: renewed.token, expiresIn: 28800 },
    };
    const session = `[sso-session marked]\nsso_region = us-east-1\nsso_start_url = ${START_URL}\n`;
    const account = 'sso_account_id = 123456789012\nsso_role_name = deployer\n';
    writeHome('.aws/config', `[default]\nsso_session = marked\n${account}\n${session}`);
    const [registered, expires] = [cached.id, new Date(Date.now() - 1000).toISOString()];
    const client = { clientId: registered, registrationExpiresAt: LATER };
    const more = { ...client, clientSecret: cached.token, refreshToken: cached.token };
    writeHome(ssoCache('marked'), ssoToken(cached, { ...more, expiresAt: expires }));
    return { env: signIn.env, hidden: [own, cached, renewed], signed: own };
  },
  "a container's credentials": ({ signIn }) => {
    const [own, authorization] = [marks(), marks()];
    const { AccessKeyId, SecretAccessKey, SessionToken: Token } = processAnswer(own);
    signIn.answer = { '/container': { AccessKeyId, SecretAccessKey, Token, Expiration: LATER } };
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${signIn.endpoint}/container`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization.token,
    };
    return { env, hidden: [own, { token: authorization.token }], signed: own };
  },
};

/** Credentials that cannot be used: the sign-in fails with them in its hands. */
const BROKEN = {
  'an aws-config.json that is cut off': ({ writeProject }) => {
    const own = marks();
    const [accessKeyId, secretAccessKey, sessionToken] = [own.id, own.secret, own.token];
    const whole = JSON.stringify({ beta: { accessKeyId, secretAccessKey, sessionToken } });
    writeProject('aws-config.json', whole.slice(0, -3));
    return { hidden: [own] };
  },
  'an aws-config.json of another target': ({ writeProject }) => {
    const own = marks();
    writeProject('aws-config.json', JSON.stringify({ [own.secret]: { accessKeyId: own.id } }));
    return { hidden: [own] };
  },
  'a credentials file whose lines are no settings': ({ writeHome }) => {
    const own = marks();
    writeHome('.aws/credentials', `[default]\n${own.id}\n${own.secret} ${own.token}\n`);
    return { hidden: [own] };
  },
  'a profile without a key id': ({ writeHome }) => {
    const own = marks();
    const lines = [`aws_secret_access_key = ${own.secret}`, `aws_session_token = ${own.token}`];
    writeHome('.aws/credentials', `[default]\n${lines.join('\n')}\n`);
    return { hidden: [own] };
  },
  'a session token that no header can carry': () => {
    const own = marks();
    const env = { ...variables(own), AWS_SESSION_TOKEN: `${own.token}\u0001` };
    return { env, hidden: [own] };
  },
  'a credential_process that fails after its answer': ({ writeHome, home }) => {
    const own = marks();
    const answer = JSON.stringify(JSON.stringify(processAnswer(own)));
    writeHome('give.js', `console.log(${answer}); process.exitCode = 3;`);
    writeHome('.aws/config', credentialProcess(`${path.join(home, 'give.js')} ${own.secret}`));
    return { hidden: [own] };
  },
  'a credential_process that answers in another form': ({ writeHome, home }) => {
    const own = marks();
    writeHome('give.js', `console.log('${own.id} ${own.secret} ${own.token}')`);
    writeHome('.aws/config', credentialProcess(path.join(home, 'give.js')));
    return { hidden: [own] };
  },
  'a credential_process of a later version': ({ writeHome, home }) => {
    const own = marks();
    const answer = JSON.stringify(JSON.stringify({ ...processAnswer(own), Version: 7 }));
    writeHome('give.js', `console.log(${answer})`);
    writeHome('.aws/config', credentialProcess(path.join(home, 'give.js')));
    return { hidden: [own] };
  },
  'a sign-on cache that is damaged': ({ writeHome, signIn }) => {
    const cached = marks();
    writeHome('.aws/config', `[default]\n${ssoProfile()}`);
    writeHome(ssoCache(START_URL), ssoToken(cached).slice(0, -5));
    return { env: signIn.env, hidden: [cached] };
  },
  'a sign-on that is over': ({ writeHome, signIn }) => {
    const cached = marks();
    writeHome('.aws/config', `[default]\n${ssoProfile()}`);
    writeHome(ssoCache(START_URL), ssoToken(cached, { expiresAt: '2020-01-01T00:00:00Z' }));
    return { env: signIn.env, hidden: [cached] };
  },
  'a web identity that is refused': ({ writeHome, home, signIn }) => {
    const { token } = marks();
    const Message = 'Not authorized to perform sts:AssumeRoleWithWebIdentity';
    const text = `<ErrorResponse><Error><Code>AccessDenied</Code><Message>${Message}</Message></Error></ErrorResponse>`;
    signIn.answer = { AssumeRoleWithWebIdentity: { status: 403, text } };
    writeHome('identity', token);
    const file = path.join(home, 'identity');
    const env = { ...signIn.env, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: ROLE };
    return { env, hidden: [{ token }] };
  },
  'a container that answers in another form': ({ signIn }) => {
    const [own, authorization] = [marks(), marks()];
    signIn.answer = {
      '/container': { status: 200, text: `{"Token": "${own.token}", ${own.secret}` },
    };
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${signIn.endpoint}/container`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization.token,
    };
    return { env, hidden: [own, { token: authorization.token }] };
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

/** AWS' tools name the file after the start URL, or after the session. */
function ssoCache(identifier) {
  const name = crypto.createHash('sha1').update(identifier).digest('hex');
  return path.join('.aws', 'sso', 'cache', `${name}.json`);
}

function ssoToken({ secret }, more = {}) {
  const token = { startUrl: START_URL, region: 'us-east-1', accessToken: secret, expiresAt: LATER };
  return JSON.stringify({ ...token, ...more });
}

/**
 * Where AWS' tools sign in, on the loopback interface.
 *
 * @returns {Promise<{endpoint: string, env: object, answer: object, asked: string[],
 *   stop: () => Promise<void>}>} `answer` has what is given for a path or an action: an object, or
 *   `{status, text}`; `asked` is what was asked for
 */
async function startSignIn() {
  const signIn = { answer: {}, asked: [] };
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { pathname } = new URL(request.url, 'http://localhost');
    const name = /(?:^|&)Action=(\w+)/.exec(body)?.[1] ?? pathname;
    signIn.asked.push(name);
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
 * Sets up a machine with credentials of a kind in a folder: `home`, `project` and `tmp` are in it.
 *
 * @returns {{env: object, hidden: string[], signed?: object, inputs: string[]}} `hidden` are all
 *   marks, `inputs` the files that hold them
 */
function setUpMachine(kind, folder, signIn) {
  const inputs = [];
  const writer = (below) => (name, content) => {
    const file = path.join(folder, below, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    inputs.push(file);
  };
  const home = path.join(folder, 'home');
  Object.assign(signIn, { answer: {}, asked: [] });
  const tools = { home, signIn, writeHome: writer('home'), writeProject: writer('project') };
  const { env = {}, hidden, signed } = kind(tools);
  return { env, hidden: hidden.flatMap(Object.values), signed, inputs };
}

module.exports = { KINDS, BROKEN, marks, spellings, startSignIn, setUpMachine };
