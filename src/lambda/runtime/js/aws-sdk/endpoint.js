'use strict';

/** The DNS suffixes of the partitions other than AWS's own, by the beginning of their regions' names. */
const SUFFIXES = {
  'cn-': 'amazonaws.com.cn',
  'us-iso-': 'c2s.ic.gov',
  'us-isob-': 'sc2s.sgov.gov',
  'us-isof-': 'csp.hci.ic.gov',
  'eu-isoe-': 'cloud.adc-e.uk',
  'eusc-': 'amazonaws.eu',
};

/** A parsed address of a service. */
class Endpoint {
  constructor(endpoint, { sslEnabled = true } = {}) {
    if (endpoint === undefined || endpoint === null)
      throw new Error(`Invalid endpoint: ${endpoint}`);
    if (typeof endpoint !== 'string') return Object.assign(this, endpoint);
    const scheme = sslEnabled ? 'https' : 'http';
    const url = new URL(/^https?:/.test(endpoint) ? endpoint : `${scheme}://${endpoint}`);
    this.protocol = url.protocol;
    this.host = url.host;
    this.hostname = url.hostname.replace(/^\[|\]$/g, '');
    this.port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    this.pathname = url.pathname;
    this.path = url.pathname + url.search;
    this.href = url.href;
  }
}

/** Returns the address that the environment sets for a service, as for every current SDK. */
function endpointOfEnvironment(identifier, env = process.env) {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return undefined;
  return env[`AWS_ENDPOINT_URL_${identifier.toUpperCase()}`] || env.AWS_ENDPOINT_URL || undefined;
}

/** Returns the host of a service. `prefix` is its name in DNS. */
function hostOf(prefix, { region, useFipsEndpoint, useDualstackEndpoint }) {
  const name = useFipsEndpoint ? `${prefix}-fips` : prefix;
  return useDualstackEndpoint
    ? `${name}.${region}.api.aws`
    : `${name}.${region}.${suffixOf(region)}`;
}

function suffixOf(region) {
  const start = Object.keys(SUFFIXES).find((prefix) => String(region).startsWith(prefix));
  return SUFFIXES[start] || 'amazonaws.com';
}

module.exports = { Endpoint, endpointOfEnvironment, hostOf };
