'use strict';

const AWS = require('./core');
const { Config } = require('./config');
const { Endpoint, endpointOfEnvironment, hostOf } = require('./endpoint');
const { LISTENERS, log } = require('./lifecycle');
const { Request } = require('./request');
const { isRetryable, isThrottling, retryDelay } = require('./retry');
const { SequentialExecutor } = require('./sequential-executor');
const { unsupported } = require('./unsupported');

/** A clock that differs from AWS's by this much is corrected, if `correctClockSkew` is set. */
const MAX_CLOCK_SKEW_MS = 300000;

/** A client of a service. Its methods are the service's operations. */
class Service extends SequentialExecutor {
  defaultRetryCount = 3;
  defaultRetryBase = 100;

  constructor(options) {
    super();
    const { serviceIdentifier } = this;
    const given = options || {};
    if (given.apiConfig) throw unsupported('AWS.Service with an apiConfig');
    this.config = new Config(AWS.config);
    this.config.update(AWS.config[serviceIdentifier] || {});
    this.config.update(given);
    this.config.endpoint ??= endpointOfEnvironment(serviceIdentifier || '');
    this.setEndpoint(this.config.endpoint || hostOf(this.api.endpointPrefix, this.config));
  }

  setEndpoint(endpoint) {
    const parts = {
      service: this.api.endpointPrefix,
      region: this.config.region,
      scheme: this.config.sslEnabled ? 'https' : 'http',
    };
    const isText = typeof endpoint === 'string';
    const address = isText
      ? endpoint.replace(/\{(service|region|scheme)\}/g, (_, key) => parts[key])
      : endpoint;
    this.endpoint = new Endpoint(address, this.config);
  }

  makeRequest(operation, params, callback) {
    if (typeof params === 'function') return this.makeRequest(operation, {}, params);
    const request = new Request(this, operation, this.withBoundParams(operation, params || {}));
    for (const source of [AWS.events, LISTENERS]) request.addListeners(source);
    if (this.config.logger) request.on('complete', log);
    this.setupRequestListeners(request);
    for (const handler of this.customRequestHandlers()) handler(request);
    if (callback) request.send(callback);
    return request;
  }

  makeUnauthenticatedRequest(operation, params, callback) {
    if (typeof params === 'function') return this.makeUnauthenticatedRequest(operation, {}, params);
    const request = this.makeRequest(operation, params).toUnauthenticated();
    if (callback) request.send(callback);
    return request;
  }

  /** Adds the `params` of the client that the operation has, unless the call sets them. */
  withBoundParams(operation, params) {
    const bound = this.config.params;
    const known = bound ? this.operation(operation).input.members : {};
    const isAdded = (key) => Object.hasOwn(known, key) && (params[key] ?? null) === null;
    const added = Object.entries(bound || {}).filter(([key]) => isAdded(key));
    return bound ? { ...params, ...Object.fromEntries(added) } : params;
  }

  /** Returns an operation's name, shapes and tokens. */
  operation(name) {
    return this.api.operations[name];
  }

  customizeRequests(handler) {
    this.customRequestHandler = handler || null;
  }

  customRequestHandlers() {
    const own = Object.hasOwn(this, 'customRequestHandler') && this.customRequestHandler;
    const ofClass = Object.getPrototypeOf(this).customRequestHandler;
    return [ofClass, own].filter((handler) => typeof handler === 'function');
  }

  setupRequestListeners() {}

  getSigningName() {
    return this.api.endpointPrefix;
  }

  numRetries() {
    return this.config.maxRetries === undefined ? this.defaultRetryCount : this.config.maxRetries;
  }

  retryDelays(retryCount, error) {
    const { base, customBackoff } = this.config.retryDelayOptions || {};
    const options = {
      customBackoff,
      base: typeof base === 'number' ? base : this.defaultRetryBase,
    };
    return retryDelay(retryCount, options, error);
  }

  retryableError(error) {
    return isRetryable(error);
  }

  throttledError(error) {
    return isThrottling(error);
  }

  paginationConfig(operation) {
    return this.api.pagination[operation] || null;
  }

  /** Calls an operation until the resource is in a state. */
  waitFor(state, params, callback) {
    const { waitFor } = require('./waiter');
    return waitFor(this, state, { params, callback });
  }

  getSkewCorrectedDate() {
    return new Date(Date.now() + this.config.systemClockOffset);
  }

  isClockSkewed(serverTime) {
    return Math.abs(this.getSkewCorrectedDate() - serverTime) >= MAX_CLOCK_SKEW_MS;
  }

  applyClockOffset(serverTime) {
    this.config.systemClockOffset = serverTime - Date.now();
  }

  /** Returns a class for a service that the caller describes. It can be created, but not called. */
  static defineService(identifier, features = {}) {
    class CustomService extends Service {}
    Object.assign(CustomService.prototype, features, { serviceIdentifier: identifier });
    return CustomService;
  }
}

Service.prototype.api = { endpointPrefix: '', operations: {}, pagination: {}, waiters: {} };

/** Gives a class the operations of a model as methods. */
function defineOperations(ServiceClass, { model, ...api }) {
  const operations = {};
  for (const name of Object.keys(model.operations)) {
    const method = name[0].toLowerCase() + name.slice(1);
    let operation;
    const get = () => (operation ??= model.operation(method));
    Object.defineProperty(operations, method, { enumerable: true, get });
    ServiceClass.prototype[method] ??= function (params, callback) {
      return this.makeRequest(method, params, callback);
    };
  }
  ServiceClass.prototype.api = {
    ...Service.prototype.api,
    ...api,
    signatureVersion: 'v4',
    operations,
  };
}

module.exports = { Service, defineOperations };
