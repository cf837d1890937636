'use strict';

const { refuseTheRest } = require('./not-included');
const { Request } = require('./request');
const { connect } = require('./service');

const DEFAULTS = { maxRetries: 3 };

// The skill's answer waits for its metrics, and whoever talks to Alexa waits for the answer.
const PATIENCE_MS = 3000;

class CloudWatch {
  constructor(options = {}) {
    this.call = connect('CloudWatch', DEFAULTS, options);
    this.config = options;
    return refuseTheRest(this, 'AWS.CloudWatch');
  }

  putMetricData(params, callback) {
    const request = new MetricRequest(() => this.write(params));
    if (callback) request.send(callback);
    return request;
  }

  async write(params) {
    const options = { abortSignal: AbortSignal.timeout(PATIENCE_MS) };
    return this.call('PutMetricData', withDates(params), options);
  }
}

// A metric that cannot be written must not break the skill. A callback hears of the error, as with
// v2; where there is none it is logged.
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
  if (error) console.error(`CloudWatch did not take a metric: ${error}`);
}

// v3 takes dates only; v2 took ISO strings and seconds too, and Litexa's handler sends a string.
function withDates({ MetricData = [], ...params }) {
  return { ...params, MetricData: MetricData.map(withDate) };
}

function withDate({ Timestamp, ...datum }) {
  if (Timestamp === undefined) return datum;
  const time = typeof Timestamp === 'number' ? Timestamp * 1000 : Timestamp;
  return { ...datum, Timestamp: new Date(time) };
}

module.exports = { CloudWatch };
