'use strict';

// Networks with a proxy and with private certificate authorities. The hosts are those of AWS: the
// proxy leads all of them to a TLS server of this test, and that one to the emulator.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const Module = require('node:module');
const path = require('node:path');
const tls = require('node:tls');
const { after, afterEach, test } = require('node:test');
const { useAws } = require('../support/aws/use-aws');
const { openStrictS3 } = require('../support/aws/use-strict-s3');
const { setVariables } = require('../support/environment');
const { createAssetProject, BUCKET } = require('../support/litexa/project');
const { listen } = require('../support/network/listen');
const { startProxy } = require('../support/network/connect-proxy');
const { CA_FILE, startTlsServer } = require('../support/network/tls-server');
const { tempDir } = require('../support/tmp');

/** The settings of a machine, without which each test starts. */
const SETTINGS = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

const CA = fs.readFileSync(CA_FILE, 'utf8');

let tlsServer;
const closing = [];

const aws = useAws({
  async setUp({ env }) {
    for (const name of [...SETTINGS, 'NODE_EXTRA_CA_CERTS']) delete process.env[name];
    tlsServer = await startTlsServer(env.AWS_ENDPOINT_URL);
  },
});

after(() => tlsServer?.close());
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function openProxy(credentials) {
  const proxy = await startProxy({ route: () => tlsServer.port, credentials });
  closing.push(proxy.close);
  return proxy;
}

/** Leads this process to AWS's own hosts, by path-style URLs as the emulator understands them. */
function useAwsHosts(t, settings) {
  const endpoint = process.env.AWS_ENDPOINT_URL;
  delete process.env.AWS_ENDPOINT_URL;
  t.after(() => (process.env.AWS_ENDPOINT_URL = endpoint));
  setVariables(t, {
    AWS_ENDPOINT_URL_S3: 'https://s3.us-east-1.amazonaws.com',
    AWS_CA_BUNDLE: CA_FILE,
    LITEXA_AWS_TIMEOUT_SECONDS: '20',
    ...settings,
  });
}

const project = (t) => createAssetProject(t, { 'default/meow.mp3': 'meow' });

/** Deploys, and returns the error or nothing, and everything that was reported. */
async function outcome(run) {
  const lines = [];
  const error = await run((_, line) => lines.push(line)).then(
    () => undefined,
    (error) => error,
  );
  return { error, text: [...lines, error?.message, error?.stack].join('\n') };
}

for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) {
  test(`every service is reached through the proxy of ${name}`, async (t) => {
    const proxy = await openProxy();
    useAwsHosts(t, { [name]: proxy.url });
    const cats = project(t);
    await cats.deployAssets();
    await cats.deployHandler({ s3Configuration: { bucketName: BUCKET } });
    const hosts = new Set(proxy.requests.map(({ host }) => host));
    assert.deepEqual(
      hosts,
      new Set([
        's3.us-east-1.amazonaws.com',
        'dynamodb.us-east-1.amazonaws.com',
        'iam.amazonaws.com',
        'lambda.us-east-1.amazonaws.com',
        'logs.us-east-1.amazonaws.com',
        'sts.us-east-1.amazonaws.com',
      ]),
    );
    assert.ok(proxy.requests.every(({ method, port }) => method === 'CONNECT' && port === 443));
  });
}

const BOTH_CASES = [
  [
    'the upper-case variable',
    (proxy) => ({ HTTPS_PROXY: proxy.url, https_proxy: 'http://127.0.0.1:1' }),
  ],
  [
    'the lower-case variable beside an empty one',
    (proxy) => ({ HTTPS_PROXY: '', https_proxy: proxy.url }),
  ],
  [
    'the lower-case variable for all beside empty ones',
    (proxy) => ({ HTTPS_PROXY: '', ALL_PROXY: '', all_proxy: proxy.url }),
  ],
];

for (const [name, url] of [
  // For Windows, both names are of one variable.
  ...(process.platform === 'win32' ? [] : BOTH_CASES),
  ['a proxy without a scheme', (proxy) => ({ HTTPS_PROXY: proxy.host })],
  ['a proxy with a path', (proxy) => ({ HTTPS_PROXY: `${proxy.url}/` })],
  [
    'the proxy of the scheme',
    (proxy) => ({ HTTPS_PROXY: proxy.url, ALL_PROXY: 'http://127.0.0.1:1' }),
  ],
  [
    'a proxy beside one for http',
    (proxy) => ({ HTTPS_PROXY: proxy.url, HTTP_PROXY: 'http://127.0.0.1:1' }),
  ],
]) {
  test(`${name} is used`, async (t) => {
    const proxy = await openProxy();
    useAwsHosts(t, url(proxy));
    await project(t).deployAssets();
    assert.ok(proxy.requests.length > 0);
  });
}

for (const [name, scheme] of [
  ['https_proxy', 'http://'],
  ['all_proxy', 'http://'],
  ['https_proxy', ''],
]) {
  test(`the credentials in ${name}${scheme ? '' : ' without a scheme'} are sent, and are in no line`, async (t) => {
    const proxy = await openProxy('litexa:s3cret-of-the-proxy');
    useAwsHosts(t, { [name]: `${scheme}litexa:s3cret-of-the-proxy@${proxy.host}` });
    const { error, text } = await outcome((print) => project(t).deployAssets({ print }));
    assert.equal(error, undefined);
    assert.ok(!text.includes('s3cret-of-the-proxy'), text);
  });
}

test('a proxy that is reached over TLS leads to AWS', async (t) => {
  const proxy = await startProxy({ route: () => tlsServer.port, tls: true });
  closing.push(proxy.close);
  useAwsHosts(t, { HTTPS_PROXY: proxy.url });
  await project(t).deployAssets();
  assert.ok(proxy.requests.every(({ method }) => method === 'CONNECT'));
  assert.notEqual(proxy.requests.length, 0);
});

// None of these hosts has an address, so that only the proxy leads to them.
for (const [rule, isDirect] of [
  ['NO_PROXY=aws.test', true],
  ['no_proxy=.test', true],
  ['NO_PROXY=x.test,*.TEST', true],
  ['NO_PROXY=aws.test:443', true],
  ['NO_PROXY=*', true],
  ['NO_PROXY=aws.test:8443', false],
  ['no_proxy=ws.test', false],
  ['NO_PROXY=10.0.0.0/8', false],
]) {
  test(`${rule} ${isDirect ? 'excludes' : 'does not exclude'} aws.test from the proxy`, async (t) => {
    const proxy = await openProxy();
    useAwsHosts(t, { HTTPS_PROXY: proxy.url, AWS_ENDPOINT_URL_S3: 'https://aws.test' });
    const [name, value] = rule.split('=');
    setVariables(t, { [name]: value });
    const lines = [];
    const deployment = startDeployment(t, (_, line) => lines.push(line));
    if (!isDirect) {
      await deployment;
      assert.notEqual(proxy.requests.length, 0);
      return;
    }
    await waitFor(() => lines.some((line) => line.includes('the host aws.test was not found')));
    // STS, which the rule does not name, is asked for the account.
    assert.deepEqual(
      proxy.requests.filter(({ host }) => host === 'aws.test'),
      [],
    );
  });
}

/** Starts a deployment that is not waited for if it fails: its attempts take 20 s. */
function startDeployment(t, print) {
  let deployment;
  // Windows removes no project while its deployment is running.
  if (process.platform === 'win32') t.after(() => deployment.catch(() => {}));
  deployment = project(t).deployAssets({ print });
  deployment.catch(() => {});
  return deployment;
}

async function waitFor(isDone) {
  while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 50));
}

test('a proxy leads to an IPv6 address', async (t) => {
  const proxy = await startProxy({ route: () => new URL(aws.env.AWS_ENDPOINT_URL).port });
  closing.push(proxy.close);
  setVariables(t, { HTTP_PROXY: proxy.url, AWS_ENDPOINT_URL_S3: 'http://[2001:db8::1]:8080' });
  await project(t).deployAssets();
  assert.ok(proxy.requests.every(({ host, port }) => host === '[2001:db8::1]' && port === 8080));
  assert.notEqual(proxy.requests.length, 0);
});

test('a proxy at an IPv6 address is used', async (t) => {
  const proxy = await startProxy({ route: () => tlsServer.port, address: '::1' });
  closing.push(proxy.close);
  useAwsHosts(t, { HTTPS_PROXY: proxy.url });
  await project(t).deployAssets();
  assert.ok(proxy.requests.length > 0);
});

test('an https endpoint that is an IPv6 address is reached without a proxy', async (t) => {
  const server = await startTlsServer(aws.env.AWS_ENDPOINT_URL, '::1');
  closing.push(server.close);
  const proxy = await openProxy();
  useAwsHosts(t, { HTTPS_PROXY: proxy.url, AWS_ENDPOINT_URL_S3: server.url });
  for (const settings of [{}, { ALL_PROXY: proxy.url, NO_PROXY: 'x.test' }]) {
    setVariables(t, settings);
    server.hosts.length = 0;
    await project(t).deployAssets();
    assert.deepEqual(new Set(server.hosts), new Set([`[::1]:${server.port}`]));
  }
});

for (const [name, endpoint, rule] of [
  ['HTTPS_PROXY', 'https://[2001:db8::1]', '10.0.0.0/8'],
  ['all_proxy', 'https://[2001:db8::1]:8443', '2001:db9::/32,[2001:db8::1]:443'],
]) {
  test(`the error for ${endpoint} behind the proxy of ${name} names the fix, at once`, async (t) => {
    const proxy = await openProxy();
    useAwsHosts(t, { [name]: proxy.url, NO_PROXY: rule, AWS_ENDPOINT_URL_S3: endpoint });
    const { error } = await outcome((print) => project(t).deployAssets({ print }));
    assert.equal(error.code, 'AWS_UNAVAILABLE');
    for (const part of ['2001:db8::1', 'AWS_ENDPOINT_URL', 'NO_PROXY']) {
      assert.ok(error.message.includes(part), error.message);
    }
    const { hostname } = new URL(endpoint);
    assert.deepEqual(
      proxy.requests.filter(({ host }) => host === hostname),
      [],
    );
  });
}

test('requests to http endpoints go through the proxy of HTTP_PROXY', async (t) => {
  const proxy = await startProxy({ route: () => new URL(aws.env.AWS_ENDPOINT_URL).port });
  closing.push(proxy.close);
  setVariables(t, { HTTP_PROXY: proxy.url });
  const endpoint = process.env.AWS_ENDPOINT_URL;
  t.after(() => (process.env.AWS_ENDPOINT_URL = endpoint));
  process.env.AWS_ENDPOINT_URL = 'http://aws.test';
  await project(t).deployAssets();
  assert.ok(proxy.requests.length > 0);
  assert.ok(proxy.requests.every(({ host }) => host === 'aws.test'));
});

test('a proxy with credentials gets them, and they are in no line', async (t) => {
  const proxy = await openProxy('litexa:p@ss/word+with=signs');
  const url = proxy.url.replace('//', '//litexa:p%40ss%2Fword%2Bwith%3Dsigns@');
  useAwsHosts(t, { HTTPS_PROXY: url });
  const { error, text } = await outcome((print) => project(t).deployAssets({ print }));
  assert.equal(error, undefined);
  assert.ok(!text.includes('with=signs') && !text.includes('p%40ss'), text);
});

for (const [name, url, expected] of [
  ['HTTPS_PROXY', 'http://litexa:s3cret-of-the-proxy@127.0.0.1:1', '127.0.0.1:1 refused'],
  ['all_proxy', 'no-such-proxy.invalid:3128', 'no-such-proxy.invalid:3128 was not found'],
]) {
  test(`a proxy of ${name} that is not reached is named, not the host behind it`, async (t) => {
    useAwsHosts(t, { [name]: url });
    const lines = [];
    startDeployment(t, (_, line) => lines.push(line));
    const isWait = (line) => line.startsWith('waiting:');
    await waitFor(() => lines.some(isWait));
    const line = lines.find(isWait);
    assert.ok(line.includes(`the proxy ${expected}`), line);
    assert.ok(!line.includes('amazonaws') && !line.includes('s3cret'), line);
  });
}

test('a proxy that demands credentials is an error that names the variable for them', async (t) => {
  const proxy = await openProxy('litexa:s3cret-of-the-proxy');
  useAwsHosts(t, { HTTPS_PROXY: proxy.url.replace('//', '//litexa:wr0ng-password-xyz@') });
  const { error, text } = await outcome((print) => project(t).deployAssets({ print }));
  assert.equal(error.code, 'AWS_UNAVAILABLE');
  assert.match(error.message, /proxy/);
  assert.match(error.message, /HTTPS_PROXY/);
  assert.ok(!text.includes('wr0ng-password-xyz'), text);
});

for (const special of ['/', '#', '?', '@']) {
  test(`a password with ${special} is refused before a request, and is in no line`, async (t) => {
    useAwsHosts(t, { HTTPS_PROXY: `http://me:hunter2${special}x@127.0.0.1:9` });
    const { error, text } = await outcome((print) => project(t).deployAssets({ print }));
    assert.equal(error.code, 'INVALID_OPTION');
    assert.match(error.message, /HTTPS_PROXY .*%XX/);
    assert.ok(!text.includes('hunter2') && !text.includes('waiting'), text);
  });
}

for (const url of ['socks5://127.0.0.1:1080', 'socks4://127.0.0.1:1080', 'ftp://127.0.0.1']) {
  test(`${url} is refused by the name of its variable`, async (t) => {
    setVariables(t, { ALL_PROXY: url });
    const { error } = await outcome((print) => project(t).deployAssets({ print }));
    assert.equal(error.code, 'INVALID_OPTION');
    assert.match(error.message, /ALL_PROXY/);
    assert.equal(aws.requests().length, 0);
  });
}

test('this machine is never reached through a proxy', async (t) => {
  const proxy = await openProxy();
  setVariables(t, { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, ALL_PROXY: proxy.url });
  await project(t).deployAssets();
  assert.deepEqual(proxy.requests, []);
});

test('container credentials are fetched directly, web identities through the proxy', async (t) => {
  const proxy = await openProxy();
  const keys = {
    AccessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    SecretAccessKey: 'x',
    Token: 't',
    Expiration: '2099-01-01T00:00:00Z',
  };
  const container = await listen(
    http.createServer((_, response) => response.end(JSON.stringify(keys))),
  );
  closing.push(container.close);
  const own = Object.fromEntries(
    ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map((name) => [name, process.env[name]]),
  );
  for (const name of Object.keys(own)) delete process.env[name];
  t.after(() => Object.assign(process.env, own));
  useAwsHosts(t, {
    HTTPS_PROXY: proxy.url,
    HTTP_PROXY: proxy.url,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.url}/credentials`,
  });
  await outcome((print) => project(t).deployAssets({ print }));
  assert.deepEqual(
    new Set(proxy.requests.map(({ host }) => host)),
    new Set(['s3.us-east-1.amazonaws.com', 'sts.us-east-1.amazonaws.com']),
  );

  proxy.requests.length = 0;
  delete process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  const token = path.join(tempDir(t), 'token');
  fs.writeFileSync(token, 'token');
  setVariables(t, {
    AWS_WEB_IDENTITY_TOKEN_FILE: token,
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/ci',
  });
  await outcome((print) => project(t).deployAssets({ print }));
  assert.equal(proxy.requests[0].host, 'sts.us-east-1.amazonaws.com');
});

for (const place of ['AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS', 'ca_bundle']) {
  test(`a private certificate authority of ${place} is trusted`, async (t) => {
    const proxy = await openProxy();
    useAwsHosts(t, { HTTPS_PROXY: proxy.url });
    delete process.env.AWS_CA_BUNDLE;
    if (place === 'ca_bundle') {
      const config = path.join(tempDir(t), 'config');
      fs.writeFileSync(config, `[default]\nca_bundle = ${CA_FILE}\n`);
      setVariables(t, { AWS_CONFIG_FILE: config });
    } else {
      setVariables(t, { [place]: CA_FILE });
    }
    await project(t).deployAssets();
  });
}

for (const [what, content] of [
  ['line ends of Windows', CA.replace(/\n/g, '\r\n')],
  ['a byte order mark', `\ufeff${CA}`],
  ['text around it', `Our CA\n======\n${CA}\nuntil 2126\n`],
  ['a private key before it', fs.readFileSync(CA_FILE.replace('ca.pem', 'server-key.pem')) + CA],
  ['the same certificate after it', CA + CA],
]) {
  test(`a certificate authority with ${what} is trusted`, async (t) => {
    const proxy = await openProxy();
    const file = path.join(tempDir(t), 'bundle.pem');
    fs.writeFileSync(file, content);
    useAwsHosts(t, { HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: file });
    await project(t).deployAssets();
  });
}

for (const [what, content] of [
  ['does not exist', undefined],
  ['is empty', ''],
  ['is not PEM', 'garbage'],
  [
    'holds a broken certificate',
    '-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n',
  ],
]) {
  test(`a certificate bundle that ${what} is an error that names it`, async (t) => {
    const file = path.join(tempDir(t), 'bundle.pem');
    if (content !== undefined) fs.writeFileSync(file, content);
    setVariables(t, { AWS_CA_BUNDLE: file });
    const { error } = await outcome((print) => project(t).deployAssets({ print }));
    assert.equal(error.code, 'INVALID_OPTION');
    assert.ok(
      error.message.includes('AWS_CA_BUNDLE') && error.message.includes(file),
      error.message,
    );
    assert.equal(aws.requests().length, 0);
  });
}

test('a machine without certificates trusts those of Node.js', async (t) => {
  const proxy = await openProxy();
  useAwsHosts(t, { HTTPS_PROXY: proxy.url, SSL_CERT_FILE: '/nowhere', SSL_CERT_DIR: '/nowhere' });
  delete process.env.AWS_CA_BUNDLE;
  const load = Module._load;
  t.after(() => (Module._load = load));
  const rootCertificates = [CA, 'garbage', ...tls.rootCertificates];
  Module._load = (name, ...rest) =>
    name === 'node:tls' ? { rootCertificates } : load(name, ...rest);
  await project(t).deployAssets();
});

test('a machine without certificates trusts the bundle, and does not panic', async (t) => {
  const proxy = await openProxy();
  useAwsHosts(t, { HTTPS_PROXY: proxy.url, SSL_CERT_FILE: '/nowhere', SSL_CERT_DIR: '/nowhere' });
  await project(t).deployAssets();
});

test('a certificate of an unknown authority is an error that names the settings, at once', async (t) => {
  const proxy = await openProxy();
  useAwsHosts(t, { HTTPS_PROXY: proxy.url });
  delete process.env.AWS_CA_BUNDLE;
  const { error } = await outcome((print) => project(t).deployAssets({ print }));
  assert.equal(error.code, 'AWS_UNAVAILABLE');
  for (const name of ['AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'])
    assert.ok(error.message.includes(name), error.message);
  // One for HeadBucket and one for each read beside it, and none is repeated.
  assert.ok(proxy.requests.length <= 5, String(proxy.requests.length));
});

test('the answer of a host of AWS without the ID that AWS gives to each is not taken for one', async (t) => {
  const s3 = await openStrictS3(t, { rulesOff: ['request-id'] });
  const server = await startTlsServer(s3.url);
  const proxy = await startProxy({ route: () => server.port });
  closing.push(server.close, proxy.close);
  s3.createBucket(BUCKET);
  useAwsHosts(t, { HTTPS_PROXY: proxy.url });
  const { error } = await outcome((print) => project(t).deployAssets({ print }));
  assert.equal(error.code, 'AWS_UNAVAILABLE');
  assert.match(error.message, /s3\.us-east-1\.amazonaws\.com does not come from AWS \(status 200/);
  assert.deepEqual(s3.sent('PutObject'), []);
});
