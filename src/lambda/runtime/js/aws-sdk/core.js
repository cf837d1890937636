'use strict';

// The namespace AWS, without its services. Services read the settings here when they are created,
// since a skill may replace them.

const { Config } = require('./config');
const { CredentialProviderChain, Credentials, EnvironmentCredentials } = require('./credentials');
const { Endpoint } = require('./endpoint');
const { HttpClient } = require('./http-client');
const { HttpRequest, HttpResponse } = require('./http-message');
const { Response } = require('./response');
const { SequentialExecutor } = require('./sequential-executor');
const { VERSION } = require('./version');

module.exports = {
  VERSION,
  config: new Config(),
  events: new SequentialExecutor(),
  Config,
  CredentialProviderChain,
  Credentials,
  Endpoint,
  EnvironmentCredentials,
  HttpClient,
  HttpRequest,
  HttpResponse,
  Response,
  SequentialExecutor,
};
