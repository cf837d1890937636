'use strict';

// Reads and changes an AWS account over plain HTTP, so that tests check results without the SDK that
// the module under test uses.

const { request } = require('../http');
const { element, elements } = require('../xml');

/**
 * @param {object} account
 * @param {string} account.endpoint of all services
 * @param {{AWS_ACCESS_KEY_ID: string, AWS_REGION: string}} [account.env]
 * @param {(service: string, method: string, path: string, what: {headers: object, body?: string}) =>
 *   Promise<{status: number, headers: object, body: Buffer}>} [account.send] sends a request
 */
function awsClient({ endpoint, env, send = sendUnsigned(endpoint, env) }) {
  async function call(service, method, path, { headers = {}, body, absent = [] } = {}) {
    const response = await send(service, method, path, { headers, body });
    if (absent.includes(response.status)) return undefined;
    if (response.status < 300) return response;
    throw new Error(`${service}: ${method} ${path}: ${response.status} ${response.body}`);
  }

  /** Calls a service with JSON and the operation in a header: DynamoDB, CloudWatch Logs. */
  async function json(service, target, contentType, input, { absent } = {}) {
    const response = await call(service, 'POST', '/', {
      headers: { 'x-amz-target': target, 'content-type': contentType },
      body: JSON.stringify(input),
      absent,
    });
    return response && JSON.parse(response.body);
  }

  const logs = (operation, input) =>
    json('logs', `Logs_20140328.${operation}`, 'application/x-amz-json-1.1', input);
  const dynamoDb = (operation, input, options) =>
    json(
      'dynamodb',
      `DynamoDB_20120810.${operation}`,
      'application/x-amz-json-1.0',
      input,
      options,
    );

  async function iam(Action, parameters, { absent } = {}) {
    const body = new URLSearchParams({ Action, Version: '2010-05-08', ...parameters }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await call('iam', 'POST', '/', { headers, body, absent });
    return response && response.body.toString();
  }

  async function lambda(path, { method = 'GET', input, absent = [404] } = {}) {
    const response = await call('lambda', method, `/2015-03-31/functions/${path}`, {
      headers: { 'content-type': 'application/json' },
      body: input && JSON.stringify(input),
      absent,
    });
    return response?.body.length ? JSON.parse(response.body) : undefined;
  }

  const s3Path = (bucket, key) => `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;

  return {
    // For out-of-band changes, in the terms of the services.
    lambda,
    iam,
    dynamoDb,
    logs,

    // S3
    /** Returns the URL of an object, for requests without credentials. */
    objectUrl: (bucket, key) => endpoint + s3Path(bucket, key),
    async createBucket(bucket, headers) {
      await call('s3', 'PUT', `/${bucket}`, { headers });
    },
    /** Sends any other request: `path` is `/bucket` or `/bucket/key`, with or without a query. */
    s3: (method, path, options) => call('s3', method, path, options),
    /** Returns the bucket's policy as an object, or `undefined`. */
    async getBucketPolicy(bucket) {
      const response = await call('s3', 'GET', `/${bucket}?policy`, { absent: [404] });
      return response && JSON.parse(response.body);
    },
    /** Returns the keys of incomplete multipart uploads. */
    async listMultipartUploads(bucket) {
      const { body } = await call('s3', 'GET', `/${bucket}?uploads`);
      return elements(body.toString(), 'Key');
    },
    async putObject(bucket, key, body, headers) {
      await call('s3', 'PUT', s3Path(bucket, key), { body, headers });
    },
    async deleteObject(bucket, key) {
      await call('s3', 'DELETE', s3Path(bucket, key));
    },
    /** Returns the keys under a prefix, in order, or `undefined` if the bucket does not exist. */
    async listObjects(bucket, prefix = '') {
      const keys = [];
      let token;
      do {
        const query = new URLSearchParams({ 'list-type': '2', prefix });
        if (token) query.set('continuation-token', token);
        const response = await call('s3', 'GET', `/${bucket}?${query}`, { absent: [404] });
        if (!response) return undefined;
        const xml = response.body.toString();
        keys.push(...elements(xml, 'Key'));
        token = element(xml, 'NextContinuationToken');
      } while (token);
      return keys;
    },
    /** Requests an object anonymously, as an Alexa device does. The status may be 403. */
    getObject: (bucket, key) => request('GET', endpoint + s3Path(bucket, key)),
    /** Returns the object's headers, or `undefined`. */
    async headObject(bucket, key) {
      const response = await call('s3', 'HEAD', s3Path(bucket, key), { absent: [404] });
      return response && response.headers;
    },

    // Lambda
    /** Returns `{Configuration, Code, …}`, or `undefined`. */
    getFunction: (name) => lambda(name),
    /** Returns `{Name, AliasArn, FunctionVersion, …}`, or `undefined`. */
    getAlias: (name, alias) => lambda(`${name}/aliases/${alias}`),
    /** Returns the policy document of a qualifier, or one without statements. */
    async getPolicy(name, qualifier) {
      const answer = await lambda(`${name}/policy?Qualifier=${encodeURIComponent(qualifier)}`);
      return answer ? JSON.parse(answer.Policy) : { Statement: [] };
    },
    /** Invokes the function. Returns its answer, its error if it failed, and the end of its log. */
    async invoke(name, event, { qualifier } = {}) {
      const query = qualifier ? `?Qualifier=${encodeURIComponent(qualifier)}` : '';
      const path = `/2015-03-31/functions/${name}/invocations${query}`;
      const { headers, body } = await call('lambda', 'POST', path, {
        headers: { 'content-type': 'application/json', 'x-amz-log-type': 'Tail' },
        body: JSON.stringify(event),
      });
      return {
        payload: body.length ? JSON.parse(body) : undefined,
        functionError: headers['x-amz-function-error'],
        log: Buffer.from(headers['x-amz-log-result'] || '', 'base64').toString(),
      };
    },

    // DynamoDB
    /** Returns the table's description, or `undefined`. */
    async describeTable(TableName) {
      const answer = await dynamoDb('DescribeTable', { TableName }, { absent: [400] });
      return answer && answer.Table;
    },
    async describeTimeToLive(TableName) {
      return (await dynamoDb('DescribeTimeToLive', { TableName })).TimeToLiveDescription;
    },
    /** Returns all items of a small table in DynamoDB's notation: `{userId: {S: '…'}}`. */
    async scan(TableName) {
      return (await dynamoDb('Scan', { TableName })).Items;
    },

    // IAM
    /** Returns `{arn, trust}` with the trust policy as an object, or `undefined`. */
    async getRole(RoleName) {
      const xml = await iam('GetRole', { RoleName }, { absent: [404] });
      if (!xml) return undefined;
      const trust = element(xml, 'AssumeRolePolicyDocument');
      return { arn: element(xml, 'Arn'), trust: JSON.parse(decodeURIComponent(trust)) };
    },
    /** Returns the ARNs of the managed policies of a role. */
    async listAttachedRolePolicies(RoleName) {
      const xml = await iam('ListAttachedRolePolicies', { RoleName }, { absent: [404] });
      return xml ? elements(xml, 'PolicyArn') : [];
    },

    // CloudWatch Logs
    async describeLogGroups(logGroupNamePrefix) {
      return (await logs('DescribeLogGroups', { logGroupNamePrefix })).logGroups;
    },
    /** Returns the names of the CloudWatch metrics of a namespace. */
    async listMetrics(Namespace) {
      const body = new URLSearchParams({
        Action: 'ListMetrics',
        Version: '2010-08-01',
        Namespace,
      }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const response = await call('monitoring', 'POST', '/', { headers, body });
      return elements(response.body.toString(), 'MetricName');
    },
  };
}

/**
 * Returns a function that sends requests with a fixed signature. The emulator reads account, region
 * and service from the Authorization header and does not verify the signature of its root key.
 */
function sendUnsigned(endpoint, env) {
  return (service, method, path, { headers, body }) => {
    const scope = `${env.AWS_ACCESS_KEY_ID}/20260101/${env.AWS_REGION}/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
    return request(method, endpoint + path, { headers: { authorization, ...headers }, body });
  };
}

module.exports = { awsClient };
