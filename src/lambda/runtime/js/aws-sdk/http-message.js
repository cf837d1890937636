'use strict';

const { Endpoint } = require('./endpoint');
const { VERSION } = require('./version');

/** The HTTP request of a call. Listeners may change it before it is signed. */
class HttpRequest {
  method = 'POST';
  headers = {};
  body = '';

  constructor(endpoint, region) {
    this.endpoint = new Endpoint(endpoint);
    this.path = this.endpoint.path || '/';
    this.region = region;
    this.headers['User-Agent'] = userAgent();
  }

  appendToUserAgent(text) {
    if (typeof text === 'string' && text) this.headers['User-Agent'] += ` ${text}`;
  }

  getUserAgent() {
    return this.headers['User-Agent'];
  }

  pathname() {
    return this.path.split('?', 1)[0];
  }

  search() {
    return this.path.slice(this.pathname().length + 1);
  }

  updateEndpoint(endpoint) {
    this.endpoint = new Endpoint(endpoint);
    this.path = this.endpoint.path || '/';
    if (this.headers.Host) this.headers.Host = this.endpoint.host;
  }
}

class HttpResponse {
  statusCode = undefined;
  headers = {};
  body = undefined;
  streaming = false;
  stream = null;
}

function userAgent() {
  const environment = process.env.AWS_EXECUTION_ENV;
  return [
    `aws-sdk-nodejs/${VERSION}-litexa`,
    `${process.platform}/${process.version}`,
    ...(environment ? [`exec-env/${environment}`] : []),
  ].join(' ');
}

module.exports = { HttpRequest, HttpResponse };
