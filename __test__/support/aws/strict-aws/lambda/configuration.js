'use strict';

// The configuration of functions: what fields may be, and what they are where they are not given.

const { AwsError, constraint, invalidParameter } = require('../errors');

const API = 'https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html';
const QUOTAS = 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html';
const RUNTIMES = 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html';
const VARIABLES = 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html';

/** Fields that requests have and answers repeat. */
const FIELDS = [
  'CapacityProviderConfig',
  'DeadLetterConfig',
  'Description',
  'DurableConfig',
  'EphemeralStorage',
  'FileSystemConfigs',
  'Handler',
  'ImageConfig',
  'KMSKeyArn',
  'LoggingConfig',
  'MemorySize',
  'Role',
  'Runtime',
  'Timeout',
  'TracingConfig',
];

const defaults = (name) => ({
  Description: '',
  Timeout: 3,
  MemorySize: 128,
  EphemeralStorage: { Size: 512 },
  TracingConfig: { Mode: 'PassThrough' },
  LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${name}` },
  SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
  PackageType: 'Zip',
  Architectures: ['x86_64'],
});

/** Returns the fields of a configuration that a request sets. */
function settingsOf({ Environment, Layers, SnapStart, VpcConfig, ...input }) {
  const given = FIELDS.filter((name) => input[name] !== undefined);
  const settings = Object.fromEntries(given.map((name) => [name, input[name]]));
  const { Variables = {} } = Environment ?? {};
  if (Environment) {
    settings.Environment = Object.keys(Variables).length > 0 ? { Variables } : undefined;
  }
  if (Layers) settings.Layers = Layers.map((Arn) => ({ Arn, CodeSize: 1 }));
  if (SnapStart) settings.SnapStart = { ...SnapStart, OptimizationStatus: 'Off' };
  if (VpcConfig) settings.VpcConfig = { ...VpcConfig, VpcId: 'vpc-0123' };
  return settings;
}

/** Refuses a configuration that Lambda does not accept. */
function checkConfiguration(call) {
  for (const { name } of RULES) call.rule(name);
}

/** Dates from which on runtimes cannot be created and updated with. */
const RETIRED = {
  nodejs: ['2016-10-31', '2016-10-31'],
  'nodejs4.3': ['2020-03-05', '2020-03-05'],
  'nodejs6.10': ['2019-08-12', '2019-08-12'],
  'nodejs8.10': ['2020-03-06', '2020-03-06'],
  'nodejs10.x': ['2021-07-30', '2022-02-14'],
  'nodejs12.x': ['2023-03-31', '2023-04-30'],
  'nodejs14.x': ['2024-01-09', '2027-03-03'],
  'nodejs16.x': ['2027-02-01', '2027-03-03'],
  'nodejs18.x': ['2027-02-01', '2027-03-03'],
  'nodejs20.x': ['2027-02-01', '2027-03-03'],
  'nodejs22.x': ['2027-06-01', '2027-07-01'],
  'nodejs24.x': ['2028-06-01', '2028-07-01'],
};

const OTHER_RUNTIMES =
  /^(python3\.(8|9|1\d)|java(11|17|21|25)|dotnet(8|10)|ruby(3\.[2-4]|4\.0)|provided\.al2(023)?)$/;

/** The number types of the service model. */
const INTEGERS = { Timeout: 'timeout', MemorySize: 'memorySize' };

const RESERVED = [
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
];

const namesOf = ({ input }) => Object.keys(input.Environment?.Variables ?? {});

const inRange = (value, at, min, max) => {
  if (value === undefined) return;
  if (value < min) throw constraint(value, at, `have value greater than or equal to ${min}`);
  if (value > max) throw constraint(value, at, `have value less than or equal to ${max}`);
};

/** Refuses a runtime from the date on from which the operation is not possible with it. */
function retiredFor({ operation, server }, Runtime) {
  const [create, update] = RETIRED[Runtime] ?? [];
  const from = operation === 'CreateFunction' ? create : update;
  if (!from || server.clock() < Date.parse(from)) return;
  throw invalidParameter(
    `The runtime parameter of ${Runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
  );
}

const UNABLE =
  'Lambda was unable to configure your environment variables because the environment variables you have provided';

const RULES = [
  {
    name: 'lambda-types',
    rule: 'Timeout and MemorySize are numbers, the values of variables are text: else 400 SerializationException.',
    source: API,
    apply({ input }) {
      const isInteger = (value) => value === undefined || Number.isInteger(value);
      const wrong = Object.keys(INTEGERS).find((name) => !isInteger(input[name]));
      if (wrong) {
        const kind = typeof input[wrong] === 'string' ? 'STRING_VALUE' : 'VALUE';
        const message = `${kind} can not be converted to an Integer`;
        throw new AwsError(400, 'SerializationException', message);
      }
      const values = Object.values(input.Environment?.Variables ?? {});
      if (values.every((value) => typeof value === 'string')) return;
      const message = 'The value of a variable can not be converted to a String';
      throw new AwsError(400, 'SerializationException', message);
    },
  },
  {
    name: 'function-name',
    rule: 'The name of a function has 1 to 64 letters, digits, _ and -: else 400 ValidationException or InvalidParameterValueException.',
    source: API,
    apply({ operation, input: { FunctionName: name } }) {
      if (operation !== 'CreateFunction') return;
      if (!/^[a-zA-Z0-9-_]+$/.test(name)) {
        const pattern =
          '(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?';
        throw constraint(name, 'functionName', `satisfy regular expression pattern: ${pattern}`);
      }
      if (name.length > 64) {
        throw constraint(name, 'functionName', 'have length less than or equal to 64');
      }
    },
  },
  {
    name: 'timeout-range',
    rule: 'Timeout is 1 to 1,800 seconds: else 400 ValidationException.',
    source: QUOTAS,
    apply: ({ input }) => inRange(input.Timeout, 'timeout', 1, 1800),
  },
  {
    name: 'memory-range',
    rule: 'MemorySize is 128 to 10,240 MB, 32,768 MB on Lambda Managed Instances: else 400 ValidationException.',
    source: API,
    apply({ input }) {
      inRange(input.MemorySize, 'memorySize', 128, input.CapacityProviderConfig ? 32768 : 10240);
    },
  },
  {
    name: 'memory-of-account',
    rule: 'New accounts have less memory for a function: above it 400 InvalidParameterValueException.',
    source: 'https://github.com/alexcasalboni/aws-lambda-power-tuning/pull/181',
    apply({ input, server: { maxMemorySize } }) {
      if (!(input.MemorySize > maxMemorySize) || input.CapacityProviderConfig) return;
      throw invalidParameter(
        `'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to ${maxMemorySize}`,
      );
    },
  },
  {
    name: 'storage-range',
    rule: 'EphemeralStorage is 512 to 10,240 MB: else 400 ValidationException.',
    source: QUOTAS,
    apply: ({ input }) =>
      inRange(input.EphemeralStorage?.Size, 'ephemeralStorage.size', 512, 10240),
  },
  {
    name: 'description-length',
    rule: 'A Description has at most 256 characters: else 400 ValidationException.',
    source: API,
    apply({ input: { Description = '' } }) {
      if (Description.length <= 256) return;
      throw constraint(Description, 'description', 'have length less than or equal to 256');
    },
  },
  {
    name: 'variable-names',
    rule: 'The name of a variable starts with a letter and has two or more letters, digits and _: else 400 ValidationException.',
    source: VARIABLES,
    apply(call) {
      const wrong = namesOf(call).find((name) => !/^[a-zA-Z]\w+$/.test(name));
      if (wrong === undefined) return;
      const pattern = 'keys satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+';
      throw constraint(`{${wrong}=***}`, 'environment.variables', pattern);
    },
  },
  {
    name: 'reserved-variables',
    rule: 'Variables that the runtime sets cannot be set: 400 InvalidParameterValueException, which names them.',
    source: VARIABLES,
    apply(call) {
      const reserved = namesOf(call).filter((name) => RESERVED.includes(name));
      if (reserved.length === 0) return;
      throw invalidParameter(
        `${UNABLE} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
      );
    },
  },
  {
    name: 'variables-size',
    rule: 'All variables have at most 4 KB as JSON text: else 400 InvalidParameterValueException, which quotes them with their values.',
    source:
      'https://github.com/github-aws-runners/terraform-aws-github-runner/issues/3594#issuecomment-1827703021',
    apply({ input }) {
      const text = JSON.stringify(input.Environment?.Variables ?? {});
      if (Buffer.byteLength(text) <= 4096) return;
      throw invalidParameter(`${UNABLE} exceeded the 4KB limit. String measured: ${text}`);
    },
  },
  {
    name: 'known-runtime',
    rule: 'A Runtime is one that Lambda has: else 400 InvalidParameterValueException.',
    source: RUNTIMES,
    apply({ input: { Runtime } }) {
      if (!Runtime || Runtime in RETIRED || OTHER_RUNTIMES.test(Runtime)) return;
      throw invalidParameter(
        `Value ${Runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${Object.keys(RETIRED).reverse().join(', ')}] or be a valid ARN`,
      );
    },
  },
  {
    name: 'retired-runtime',
    rule: 'A Runtime is refused from two dates on, that of creations and that of updates: 400 InvalidParameterValueException.',
    source: RUNTIMES,
    apply: (call) => retiredFor(call, call.input.Runtime),
  },
];

module.exports = { checkConfiguration, defaults, retiredFor, settingsOf, RULES };
