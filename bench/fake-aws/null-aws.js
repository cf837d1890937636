'use strict';

// Answers deployments without keeping anything: S3 accepts every upload, and the function, its role,
// table and log group already exist.

const http = require('node:http');

const ACCOUNT = '123456789012';

/**
 * @returns {Promise<{endpoint: string, received: () => number, stop: () => Promise<void>}>}
 *   `received` is the number of bytes that came in
 */
async function startNullAws() {
  let received = 0;
  const server = await listen((request, response) => {
    const chunks = [];
    const isKept = isSmall(request);
    request.on('data', (chunk) => {
      received += chunk.length;
      if (isKept) chunks.push(chunk);
    });
    request.on('end', () => answer(request, Buffer.concat(chunks).toString(), response));
  });
  return { ...server, received: () => received };
}

/** Starts a server on the loopback interface. */
async function listen(handle) {
  const server = http.createServer(handle);
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    endpoint: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      server.closeAllConnections?.();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const isSmall = ({ headers }) => Number(headers['content-length']) < 10_000;

function answer(request, body, response) {
  const { authorization = '' } = request.headers;
  const [, service] = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(authorization) ?? [];
  const services = { s3, lambda, iam, sts: iam, dynamodb: json, logs: json };
  const { status = 200, headers = {}, text = '' } = (services[service] ?? s3)(request, body);
  response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : text);
}

function s3({ method, url }) {
  if (method === 'HEAD') return { headers: { 'x-amz-bucket-region': 'us-east-1' } };
  if (url.includes('list-type')) {
    return xml('ListBucketResult', '<IsTruncated>false</IsTruncated>');
  }
  const isAboutParts = /[?&]uploads/.test(url);
  if (method === 'GET' && isAboutParts) return xml('ListMultipartUploadsResult', '');
  if (method === 'POST' && isAboutParts) {
    return xml('InitiateMultipartUploadResult', '<UploadId>upload</UploadId>');
  }
  if (method === 'POST') return xml('CompleteMultipartUploadResult', '<ETag>"parts-1"</ETag>');
  return { headers: { etag: '"0123456789abcdef0123456789abcdef"' } };
}

function xml(root, content) {
  return { text: `<${root}>${content}</${root}>`, headers: { 'content-type': 'application/xml' } };
}

function lambda({ method, url }) {
  const FunctionArn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:memory`;
  const ready = { State: 'Active', LastUpdateStatus: 'Successful', RevisionId: '1' };
  if (url.includes('/policy')) {
    return toJson(method === 'GET' ? { Policy: '{"Statement":[]}' } : { Statement: '{}' });
  }
  if (url.includes('/aliases')) {
    return toJson({ Name: 'release-0', FunctionVersion: '$LATEST', AliasArn: FunctionArn });
  }
  // Without a digest, the module sends its code, and cannot compare what has arrived.
  return toJson({ FunctionArn, Version: '1', ...ready });
}

function iam(_, body) {
  const action = /Action=(\w+)/.exec(body)[1];
  const name = 'litexa_handler_lambda';
  const role = [
    `<RoleName>${name}</RoleName><Arn>arn:aws:iam::${ACCOUNT}:role/${name}</Arn>`,
    `<CreateDate>${new Date().toISOString()}</CreateDate><Path>/</Path><RoleId>AROA</RoleId>`,
  ].join('');
  const policies = '<AttachedPolicies/><IsTruncated>false</IsTruncated>';
  const results = {
    GetRole: `<Role>${role}</Role>`,
    ListAttachedRolePolicies: policies,
    GetCallerIdentity: `<Account>${ACCOUNT}</Account>`,
  };
  return xml(`${action}Response`, `<${action}Result>${results[action] ?? ''}</${action}Result>`);
}

function json({ headers }, body) {
  const operation = headers['x-amz-target'].split('.').pop();
  const { TableName, logGroupNamePrefix } = JSON.parse(body);
  const TableArn = `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/${TableName}`;
  const answers = {
    DescribeTable: { Table: { TableName, TableArn, TableStatus: 'ACTIVE' } },
    DescribeLogGroups: { logGroups: [{ logGroupName: logGroupNamePrefix, retentionInDays: 30 }] },
  };
  return toJson(answers[operation] ?? {});
}

function toJson(value) {
  return { text: JSON.stringify(value), headers: { 'content-type': 'application/json' } };
}

module.exports = { startNullAws, listen };
