'use strict';

// A proxy between AWS SDKs and the emulator. It records requests, and answers them itself where a
// test wants an error, a delay or a broken connection.

const http = require('node:http');

/** The operations of Lambda's paths, by method: https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html */
const LAMBDA_OPERATIONS = [
  [/\/invocations$/, { POST: 'Invoke' }],
  [/\/tags\//, { GET: 'ListTags', POST: 'TagResource', DELETE: 'UntagResource' }],
  [/\/aliases$/, { GET: 'ListAliases', POST: 'CreateAlias' }],
  [/\/aliases\//, { GET: 'GetAlias', PUT: 'UpdateAlias', DELETE: 'DeleteAlias' }],
  [/\/policy$/, { GET: 'GetPolicy', POST: 'AddPermission' }],
  [/\/policy\//, { DELETE: 'RemovePermission' }],
  [/\/code$/, { PUT: 'UpdateFunctionCode' }],
  [/\/configuration$/, { GET: 'GetFunctionConfiguration', PUT: 'UpdateFunctionConfiguration' }],
  [/\/concurrency$/, { GET: 'GetFunctionConcurrency', PUT: 'PutFunctionConcurrency' }],
  [/\/versions$/, { GET: 'ListVersionsByFunction', POST: 'PublishVersion' }],
  [/\/functions$/, { GET: 'ListFunctions', POST: 'CreateFunction' }],
  [/\/functions\/[^/]+$/, { GET: 'GetFunction', DELETE: 'DeleteFunction' }],
];

/** Operations of S3 whose name is not that of the query and the method. */
const S3_LISTS = { uploads: 'ListMultipartUploads', versions: 'ListObjectVersions' };
const S3_VERBS = { GET: 'Get', HEAD: 'Head', PUT: 'Put', POST: 'Create', DELETE: 'Delete' };

/**
 * @typedef {{service: string, operation: string, method: string, path: string, headers: object,
 *   body: Buffer, status?: number}} RecordedRequest `status` is set when it is answered
 * @typedef {{status: number, headers: object, body: Buffer}} EmulatorResponse
 * @typedef {{status: number, headers?: object, body?: string | Buffer} | {destroy: true} |
 *   {stream: (response: http.ServerResponse) => void} |
 *   {rewrite: (real: EmulatorResponse) => object} |
 *   {deliver: (real: EmulatorResponse, response: http.ServerResponse) => void}} Answer `stream`
 *   answers by itself; `rewrite` returns another response; `deliver` sends the emulator's response, or a part of it
 * @typedef {(request: RecordedRequest, response: http.ServerResponse) =>
 *   Answer | undefined | Promise<Answer | undefined>} Interceptor lets a request pass if it returns
 *   nothing
 *
 * @param {string} targetEndpoint the emulator
 * @param {object} [how]
 * @param {(request: RecordedRequest) => string} [how.endpointFor] another server for some requests
 * @param {Interceptor} [how.last] answers requests that no other interceptor has answered
 * @returns {Promise<{endpoint: string, requests: RecordedRequest[],
 *   intercept: (interceptor: Interceptor) => (() => void), writes: () => string[],
 *   clear: () => void, stop: () => Promise<void>}>} `intercept` returns a function that removes the interceptor
 */
async function startProxy(targetEndpoint, how = {}) {
  const { endpointFor = () => targetEndpoint, last = () => undefined } = how;
  const requests = [];
  const interceptors = new Set();
  const agent = new http.Agent({ keepAlive: true });

  const server = http.createServer(async (incoming, outgoing) => {
    try {
      const request = await readRequest(incoming);
      requests.push(request);
      outgoing.once('finish', () => (request.status = outgoing.statusCode));
      const answer = await firstAnswer([...interceptors, last], request, outgoing);
      const deliver = delivery(answer);
      if (answer && !deliver) send(answer, outgoing);
      else forward(request, outgoing, { target: new URL(endpointFor(request)), agent, deliver });
    } catch (error) {
      outgoing.destroy(error);
    }
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });

  return {
    endpoint: `http://127.0.0.1:${server.address().port}`,
    requests,
    intercept(interceptor) {
      interceptors.add(interceptor);
      return () => interceptors.delete(interceptor);
    },
    /** Returns the requests that change something, as `service:Operation`. */
    writes: () =>
      requests.filter(isWrite).map(({ service, operation }) => `${service}:${operation}`),
    clear: () => requests.splice(0),
    async stop() {
      agent.destroy();
      server.closeAllConnections?.();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function firstAnswer(interceptors, request, outgoing) {
  for (const interceptor of interceptors) {
    const answer = await interceptor(request, outgoing);
    if (answer) return answer;
  }
  return undefined;
}

/** Returns the function that sends the emulator's response, or nothing if it is passed on as it is. */
function delivery(answer) {
  if (!answer?.rewrite) return answer?.deliver;
  return (real, outgoing) => send(answer.rewrite(real), outgoing);
}

function send(answer, outgoing) {
  if (answer.stream) return answer.stream(outgoing);
  if (answer.destroy) return outgoing.destroy();
  outgoing.writeHead(answer.status, answer.headers);
  return outgoing.end(answer.body);
}

function forward({ method, path, headersDistinct, body }, outgoing, { target, agent, deliver }) {
  const { hostname, port } = target;
  // The signature covers the headers, so they stay what the client sent, repeated ones included.
  const { expect, ...kept } = onlyRepeatedAsLists(headersDistinct); // "100 Continue" has been sent.
  const options = { hostname, port, method, path, headers: kept, agent, setHost: false };
  const onward = http.request(options);
  onward.once('error', (error) => outgoing.destroy(error));
  onward.once('response', async (response) => {
    if (deliver) {
      const real = { status: response.statusCode, headers: response.headers };
      return deliver({ ...real, body: await bodyOf(response) }, outgoing);
    }
    outgoing.writeHead(response.statusCode, response.headers);
    return response.pipe(outgoing);
  });
  onward.end(body);
}

/** Node.js refuses a list for some headers, such as Content-Length. */
const onlyRepeatedAsLists = (headers) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [name, values.length > 1 ? values : values[0]]),
  );

async function bodyOf(message) {
  const chunks = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function readRequest(incoming) {
  const { method, url: path, headers, headersDistinct } = incoming;
  const body = await bodyOf(incoming);
  const service = serviceOf(headers);
  const request = { service, method, path, headers, headersDistinct, body };
  return { ...request, operation: operationOf(request) };
}

/** Returns the service that the signature names, or `anonymous` without a signature. */
function serviceOf({ authorization = '' }) {
  const scope = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(authorization);
  return scope ? scope[1] : 'anonymous';
}

function operationOf({ service, method, path, headers, body }) {
  const target = headers['x-amz-target'];
  if (target) return target.split('.').pop();
  const action = /(?:^|&)Action=(\w+)/.exec(service === 's3' ? '' : body.toString('latin1'));
  if (action) return action[1];
  const { pathname, searchParams } = new URL(path, 'http://localhost');
  if (service === 'lambda') return lambdaOperation(method, pathname);
  if (service === 's3') return s3Operation(method, pathname, searchParams);
  return method;
}

function lambdaOperation(method, pathname) {
  const [, names] = LAMBDA_OPERATIONS.find(([pattern]) => pattern.test(pathname)) ?? [];
  return names?.[method] ?? `${method} ${pathname}`;
}

function s3Operation(method, pathname, query) {
  if (query.has('x-id')) return query.get('x-id'); // SDKs send the name of some operations.
  const verb = S3_VERBS[method];
  if (query.has('uploads') && method === 'POST') return 'CreateMultipartUpload';
  if (query.has('partNumber')) return 'UploadPart';
  if (query.has('uploadId')) {
    return method === 'POST' ? 'CompleteMultipartUpload' : 'AbortMultipartUpload';
  }
  if (query.has('delete')) return 'DeleteObjects';
  if (query.has('publicAccessBlock')) return `${verb}PublicAccessBlock`;
  if (query.has('list-type')) return 'ListObjectsV2';
  if (/^\/[^/]+\/./.test(pathname)) return `${verb}Object`;
  const [aspect] = query.keys();
  if (method === 'GET' && S3_LISTS[aspect]) return S3_LISTS[aspect];
  if (aspect) return `${verb}Bucket${aspect[0].toUpperCase()}${aspect.slice(1)}`;
  return method === 'PUT' ? 'CreateBucket' : `${verb}Bucket`;
}

function isWrite({ service, operation }) {
  if (service === 'anonymous') return false;
  return !/^(Get|Head|List|Describe|Filter|Invoke|Scan|Query)/.test(operation);
}

/** Returns the object key of an S3 request to `/bucket/key?query`. */
function keyOf({ path: target }) {
  const { pathname } = new URL(target, 'http://localhost');
  return decodeURIComponent(pathname.split('/').slice(2).join('/'));
}

module.exports = { isWrite, keyOf, startProxy };
