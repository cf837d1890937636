// Compiled only: uses of index.d.ts that are valid, and ones that are not.
import deployAws = require('../..');

type Target = deployAws.DeploymentTarget;

declare const context: deployAws.DeployContext;
declare const logsContext: deployAws.LogsContext;
const logger = { log() {}, verbose() {}, warning() {}, error() {}, important() {} };

async function all(): Promise<deployAws.LogsResult[]> {
  await deployAws.assets.deploy(context, logger);
  await deployAws.lambda.deploy(context, logger);
  await deployAws.model.deploy(context, logger);
  await deployAws.deploy(context);
  deployAws.manifest = {};
  const endpoint: string | undefined = context.lambdaARN;
  console.log(endpoint);
  return [await deployAws.logs.pull(logsContext, logger), await deployAws.logs(logsContext)];
}

async function rollBack(): Promise<string> {
  const { skill, ...withoutSkill } = context;
  const { notShown } = await deployAws.operate(withoutSkill, { name: 'status' }, logger);
  const { versions } = await deployAws.operate(context, { name: 'versions' });
  const { version } = versions[0] ?? { version: 1 };
  // @ts-expect-error: not a number
  await deployAws.operate(context, { name: 'rollback', version: '1' });
  const { wayBack } = await deployAws.operate(context, { name: 'rollback', version });
  return [...notShown.map(({ needs }) => needs), wayBack].join();
}

async function follow(): Promise<deployAws.LogsResult> {
  // @ts-expect-error: not a boolean
  await deployAws.logs({ ...logsContext, follow: 'yes' });
  return deployAws.logs({ ...logsContext, follow: true, signal: new AbortController().signal });
}

async function operate({ skill, ...target }: deployAws.DeployContext): Promise<string[]> {
  const { findings } = await deployAws.operate(target, { name: 'doctor' }, logger);
  const { policy } = await deployAws.operate(target, { name: 'policy', for: 'logs' });
  // @ts-expect-error: an unknown purpose
  await deployAws.operate(target, { name: 'policy', for: 'everything' });
  // @ts-expect-error: an unknown command
  await deployAws.operate(target, { name: 'cook' });
  const problems = findings.filter(({ status }) => status === 'problem');
  return [...problems.map(({ fix }) => fix ?? ''), ...policy.Statement.map(({ Sid }) => Sid)];
}

function describe(error: deployAws.DeployError, { files, answered, failed }: deployAws.LogsResult) {
  const count: number = answered + failed;
  const paths: string = files.join();
  // @ts-expect-error: an unknown code
  if (error.code === 'NO_SUCH_CODE') return '';
  return error.code === 'ACCESS_DENIED' ? error.message : `${paths} ${count}`;
}

class Store {
  readonly values = new Map<string, unknown>();
  currentVersion = 0;
  get(key: string): unknown {
    return this.values.get(key);
  }
  save(key: string, value: unknown): void {
    this.values.set(key, value);
  }
  delete(key: string): void {
    this.values.delete(key);
  }
}

// The fields that a script without the CLI has to provide.
const smallest: deployAws.DeployContext = {
  projectInfo: { name: 'cats', variant: 'beta', root: '/cats' },
  deployRoot: '/cats/.deploy/beta',
  skill: { toLambda: () => 'exports.handler = async () => ({});' },
  artifacts: new Store(),
};

// @ts-expect-error: a log pull needs a directory for its files
const nowhere: deployAws.LogsContext = { projectInfo: { name: 'cats', variant: 'beta' } };

const generated: Target = {
  module: '@litexa/deploy-aws',
  s3Configuration: { bucketName: 'cats' },
  askProfile: 'default',
  awsProfile: 'default',
};

const everything: Target = {
  awsRegion: 'eu-west-1',
  overrideAssetsRoot: 'https://cdn.example.com/cats/',
  useSessionAttributesForPersistentStore: false,
  s3Configuration: {
    bucketName: 'cats',
    publicAccess: 'bucketPolicy',
    deleteRemovedAssets: true,
    uploadParams: [
      { filter: ['*.mp3'], params: { CacheControl: 'max-age=600', Expires: new Date() } },
      { params: { Metadata: { title: 'cats' }, StorageClass: 'STANDARD', Tagging: 'a=b' } },
    ],
  },
  lambdaConfiguration: {
    Architectures: ['arm64'],
    Environment: { Variables: { loggingLevel: 'verbose', luckyNumber: 13, isFun: true } },
    LoggingConfig: { LogFormat: 'JSON', LogGroup: '/skills/cats' },
    MemorySize: 512,
    Runtime: 'nodejs22.x',
    VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] },
    keepVersions: 10,
  },
  dynamoDbConfiguration: {
    billingMode: 'PAY_PER_REQUEST',
    timeToLive: { AttributeName: 'ttl', secondsToLive: 3600, enable: true },
  },
  iamConfiguration: { role: 'dedicated', policies: ['arn:aws:iam::aws:policy/X'] },
  logsConfiguration: { minutes: 15, formats: ['text', 'html'], showTokens: false },
};

// Options that are not set, as in the templates of the CLI.
const empty: Target = {
  s3Configuration: { bucketName: null },
  askProfile: null,
  awsProfile: null,
  lambdaConfiguration: { Environment: { Variables: { flags: null } }, Layers: null },
  iamConfiguration: { role: null, policies: [] },
  logsConfiguration: { since: null, minutes: null },
};

const config: deployAws.LitexaConfig = {
  name: 'suncoast',
  deployments: { development: generated, production: { ...generated, DEPLOY: { MODE: 'live' } } },
  additionalAssetExtensions: ['.csv'],
  extensionOptions: { myExtension: { verbose: true } },
};

const wrongFunctions: deployAws.LambdaConfiguration[] = [
  // @ts-expect-error: the capacity provider is missing
  { CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: {} } },
  // @ts-expect-error: an object is not a value of a variable
  { Environment: { Variables: { flags: {} } } },
];

const wrongConfigs: deployAws.LitexaConfig[] = [
  // @ts-expect-error: deployments are missing
  { name: 'suncoast' },
  // @ts-expect-error: deployments is not a list
  { deployments: [generated] },
  // @ts-expect-error: a typo, three levels down
  { deployments: { development: { lambdaConfiguration: { VpcConfig: { Subnets: [] } } } } },
];

const provisioned: Target = {
  dynamoDbConfiguration: { readCapacityUnits: 5, writeCapacityUnits: 5 },
  iamConfiguration: { role: 'shared' },
  logsConfiguration: { since: '2026-11-22T08:30:00Z', logGroup: '/skills/cats' },
};

const wrong: Target[] = [
  // @ts-expect-error: a typo in an object of this module
  { s3Configuration: { bucketNme: 'cats' } },
  // @ts-expect-error: an unknown publicAccess
  { s3Configuration: { publicAccess: 'public' } },
  // @ts-expect-error: a filter is a list
  { s3Configuration: { uploadParams: [{ filter: '*.mp3' }] } },
  // @ts-expect-error: an unknown storage class
  { s3Configuration: { uploadParams: [{ params: { StorageClass: 'COLD' } }] } },
  // @ts-expect-error: metadata are strings
  { s3Configuration: { uploadParams: [{ params: { Metadata: { year: 2026 } } }] } },
  // @ts-expect-error: the content type depends on the file extension
  { s3Configuration: { uploadParams: [{ params: { ContentType: 'audio/mpeg' } }] } },
  // @ts-expect-error: the ACL is set by publicAccess
  { s3Configuration: { uploadParams: [{ params: { ACL: 'public-read' } }] } },
  // @ts-expect-error: the key is MemorySize
  { lambdaConfiguration: { memorySize: 512 } },
  // @ts-expect-error: the name is that of project and target
  { lambdaConfiguration: { FunctionName: 'cats' } },
  // @ts-expect-error: a function has one architecture
  { lambdaConfiguration: { Architectures: ['x86_64', 'arm64'] } },
  // @ts-expect-error: LocalMountPath is missing
  { lambdaConfiguration: { FileSystemConfigs: [{ Arn: 'arn:aws:x' }] } },
  // @ts-expect-error: an unknown log format
  { lambdaConfiguration: { LoggingConfig: { LogFormat: 'json' } } },
  // @ts-expect-error: an object is not a value of a variable
  { lambdaConfiguration: { Environment: { Variables: { flags: {} } } } },
  // @ts-expect-error: on-demand tables do not have capacity units
  { dynamoDbConfiguration: { billingMode: 'PAY_PER_REQUEST', readCapacityUnits: 5 } },
  // @ts-expect-error: AttributeName is missing
  { dynamoDbConfiguration: { timeToLive: { enable: true } } },
  // @ts-expect-error: policies are for dedicated roles only
  { iamConfiguration: { policies: ['arn:aws:iam::aws:policy/X'] } },
  // @ts-expect-error: two time ranges
  { logsConfiguration: { minutes: 15, since: '2026-11-22' } },
  // @ts-expect-error: an unknown format
  { logsConfiguration: { formats: ['pdf'] } },
  // @ts-expect-error: an unknown role
  { iamConfiguration: { role: 'own' } },
  // @ts-expect-error: not a boolean
  { logsConfiguration: { showTokens: 'yes' } },
  // @ts-expect-error: a locale has one invocation name
  { invocation: { 'en-GB': ['cats'] } },
  // @ts-expect-error: a profile is a string
  { awsProfile: 7 },
];

void [
  all,
  follow,
  operate,
  rollBack,
  describe,
  smallest,
  nowhere,
  generated,
  everything,
  empty,
  provisioned,
  wrong,
];
void [config, wrongConfigs, wrongFunctions];
