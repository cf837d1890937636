'use strict';

const { Model } = require('./shapes');
const { Service, defineOperations } = require('./service');

/**
 * The time limit of a request, with connecting, unless `httpOptions.timeout` sets another. v2 waits for
 * two minutes, but the skill's answer waits for its metrics, and the user waits for the answer. That
 * ends after 3 s (entry.js): the error of a request without an answer comes before it.
 */
const TIMEOUT_MS = 2000;

const byNextToken = (resultKey) => ({
  inputToken: 'NextToken',
  outputToken: 'NextToken',
  resultKey,
});

const PAGINATION = {
  describeAlarmHistory: byNextToken('AlarmHistoryItems'),
  describeAlarms: byNextToken(['MetricAlarms', 'CompositeAlarms']),
  describeAnomalyDetectors: byNextToken('AnomalyDetectors'),
  describeInsightRules: byNextToken(),
  getMetricData: byNextToken(['MetricDataResults', 'Messages']),
  listDashboards: byNextToken('DashboardEntries'),
  listManagedInsightRules: byNextToken(),
  listMetricStreams: byNextToken(),
  listMetrics: byNextToken(['Metrics', 'OwningAccounts']),
};

const alarmWaiter = (list) => ({
  operation: 'describeAlarms',
  delay: 5,
  maxAttempts: 40,
  outcomeOf({ error, data }) {
    if (error) return 'failure';
    return data[list].length > 0 ? 'success' : 'retry';
  },
});

class CloudWatch extends Service {
  constructor(options) {
    super(options);
    this.hasOwnTimeout = hasTimeout(options || {}) || hasTimeout(this.config);
    if (!this.hasOwnTimeout) this.config.set('httpOptions', { totalTimeout: TIMEOUT_MS });
  }

  setupRequestListeners(request) {
    request.on('extractData', completeData);
    // A second attempt would take as long again.
    if (!this.hasOwnTimeout) request.on('httpError', stopAfterTimeout);
  }
}

CloudWatch.prototype.serviceIdentifier = 'cloudwatch';
CloudWatch.serviceIdentifier = 'cloudwatch';

defineOperations(CloudWatch, {
  model: new Model(require('./models/cloudwatch.json')),
  apiVersion: '2010-08-01',
  endpointPrefix: 'monitoring',
  serviceId: 'CloudWatch',
  targetPrefix: 'GraniteServiceVersion20100801',
  pagination: PAGINATION,
  waiters: {
    alarmExists: alarmWaiter('MetricAlarms'),
    compositeAlarmExists: alarmWaiter('CompositeAlarms'),
  },
});

// v2 parsed XML: lists without members were empty rather than missing, and the request's ID was part
// of the data.
function completeData(response) {
  const { request, requestId } = response;
  const { members } = request.service.operation(request.operation).output;
  for (const [name, shape] of Object.entries(members)) {
    if (shape.list) response.data[name] ??= [];
  }
  response.data.ResponseMetadata = { RequestId: requestId };
}

function stopAfterTimeout(error, response) {
  if (error.code === 'TimeoutError' && error.syscall === undefined)
    response.error.retryable = false;
}

function hasTimeout({ httpOptions }) {
  return (
    Boolean(httpOptions) && httpOptions.timeout !== undefined && httpOptions.timeout !== 120000
  );
}

module.exports = CloudWatch;
