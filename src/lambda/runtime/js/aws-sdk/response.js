'use strict';

const { HttpResponse } = require('./http-message');

/** The outcome of a request, also while it is being sent. */
class Response {
  data = null;
  error = null;
  retryCount = 0;
  redirectCount = 0;
  httpResponse = new HttpResponse();

  constructor(request) {
    this.request = request;
    this.maxRetries = request.service.numRetries();
    this.maxRedirects = request.service.config.maxRedirects;
  }

  hasNextPage() {
    const config = this.request.service.paginationConfig(this.request.operation);
    return config ? Boolean(this.pageToken()) : undefined;
  }

  /** Returns the request for the next page, or null. With a callback, it is sent. */
  nextPage(callback) {
    const { service, operation, params } = this.request;
    return this.followingPage(params, callback, (next) =>
      service.makeRequest(operation, next, callback),
    );
  }

  followingPage(params, callback, makeRequest) {
    if (!this.hasNextPage()) {
      if (callback) callback(this.error, null);
      else if (this.error) throw this.error;
      return null;
    }
    const { inputToken } = this.request.service.paginationConfig(this.request.operation);
    return makeRequest({ ...params, [inputToken]: this.pageToken() });
  }

  pageToken() {
    const { outputToken } = this.request.service.paginationConfig(this.request.operation);
    return this.data && this.data[outputToken];
  }
}

module.exports = { Response };
