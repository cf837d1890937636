'use strict';

const { rejectUnsupported } = require('./unsupported');
const { Request } = require('./request');
const { connect } = require('./service');

const DEFAULTS = { maxRetries: 3 };

// The skill's answer waits for its metrics, and the user waits for the answer.
const TIMEOUT_MS = 3000;

class CloudWatch {
  constructor(options = {}) {
    this.call = connect('CloudWatch', DEFAULTS, options);
    this.config = options;
    return rejectUnsupported(this, 'AWS.CloudWatch');
  }

  putMetricData(params, callback) {
    const request = new MetricRequest(() => this.write(params));
    if (callback) request.send(callback);
    return request;
  }

  async write(params) {
    const options = { abortSignal: AbortSignal.timeout(TIMEOUT_MS) };
    return this.call('PutMetricData', withDates(params), options);
  }
}

// A metric that cannot be written must not break the skill. A callback receives the error, as in
// v2; without a callback it is logged.
class MetricRequest extends Request {
  promise() {
    return this.result().catch((error) => {
      logFailure(error);
      return {};
    });
  }

  send(callback = logFailure) {
    super.send(callback);
  }
}

function logFailure(error) {
  if (error) console.error(`Writing a metric to CloudWatch failed: ${error}`);
}

// v3 accepts only dates. v2 also accepted ISO strings and seconds, and Litexa's handler passes a
// string.
function withDates({ MetricData = [], ...params }) {
  return { ...params, MetricData: MetricData.map(withDate) };
}

function withDate({ Timestamp, ...datum }) {
  if (Timestamp === undefined) return datum;
  const time = typeof Timestamp === 'number' ? Timestamp * 1000 : Timestamp;
  return { ...datum, Timestamp: new Date(time) };
}

module.exports = { CloudWatch };
