'use strict';

// Answers the STS operation that names the account of the credentials.

const { xml } = require('./xml');

const sts =
  () =>
  ({ body }) => {
    const operation = new URLSearchParams(body.text()).get('Action');
    if (operation !== 'GetCallerIdentity') return undefined;
    const identity = {
      Account: '123456789012',
      Arn: 'arn:aws:iam::123456789012:user/bench',
      UserId: 'AIDA',
    };
    const document = { GetCallerIdentityResponse: { GetCallerIdentityResult: identity } };
    return { operation, headers: { 'content-type': 'text/xml' }, body: xml(document) };
  };

module.exports = { sts };
