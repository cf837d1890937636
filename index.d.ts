// What @litexa/deploy-aws gives out. Written by hand; `npm run lint` checks it.

/**
 * The deployment module that the Litexa CLI loads for `"module": "@litexa/deploy-aws"`.
 *
 * Every operation rejects with a {@link deployAws.DeployError}, or with what `skill.toLambda()`, the
 * logger or `artifacts` threw. Lines for a person go to `logger`, else to `context.logger`, else to
 * the console.
 */
declare const deployAws: {
  /** `litexa deploy -t assets`: brings the S3 bucket to what the project's assets are. */
  readonly assets: {
    deploy(context: deployAws.DeployContext, logger?: deployAws.Logger): Promise<void>;
  };
  /** `litexa deploy -t lambda`: brings the function, its role, table and log group to what they should be. */
  readonly lambda: {
    deploy(context: deployAws.DeployContext, logger?: deployAws.Logger): Promise<void>;
  };
  /** `litexa deploy -t model`: nothing to do here, since the model travels with the skill's manifest. */
  readonly model: {
    deploy(context?: unknown, logger?: deployAws.Logger): Promise<void>;
  };
  /** `litexa logs`: writes the skill's recent requests into `<logsRoot>/<target>/`. */
  readonly logs: deployAws.Logs;
  /** Assets and handler side by side, for use without the CLI. */
  deploy(context: deployAws.DeployContext, logger?: deployAws.Logger): Promise<void>;
  /** The CLI puts a manifest here. */
  manifest?: unknown;
};

declare namespace deployAws {
  /** Pulls logs. `logs(context)` and `logs.pull(context)` are the same function. */
  interface Logs {
    (context: LogsContext, logger?: Logger): Promise<LogsResult>;
    pull(context: LogsContext, logger?: Logger): Promise<LogsResult>;
  }

  /** What a log pull has found. */
  interface LogsResult {
    /** The paths of the files that were written, one for each format. */
    files: string[];
    /** How many requests were answered. */
    answered: number;
    /** How many failed: they threw, timed out, ran out of memory, or gave no answer. */
    failed: number;
  }

  /** A failure: `message` is one line for a person, `code` is for a program. */
  interface DeployError extends Error {
    code: ErrorCode;
  }

  /** The kinds of failure. The README has the cause and the cure of each. */
  type ErrorCode =
    | 'ACCESS_DENIED'
    | 'AWS_REFUSED'
    | 'AWS_UNAVAILABLE'
    | 'BUCKET_UNAVAILABLE'
    | 'INTERNAL'
    | 'INVALID_ASSETS'
    | 'INVALID_AWS_CONFIG'
    | 'INVALID_BUCKET_NAME'
    | 'INVALID_CONTEXT'
    | 'INVALID_NAME'
    | 'INVALID_OPTION'
    | 'INVALID_PACKAGE'
    | 'LOCAL_FILE'
    | 'MISSING_CREDENTIALS'
    | 'NOT_READY'
    | 'UNKNOWN_PROFILE';

  /** Takes lines for a person. The CLI's logger has more methods; these are the ones that are called. */
  interface Logger {
    log(line: string): void;
    /** Shown with `--verbose` only. */
    verbose(line: string): void;
    warning(line: string): void;
    error(line: string): void;
  }

  /** What deployments and log pulls have in common: which target of which project. */
  interface TargetContext {
    projectInfo: ProjectInfo;
    /** The target's name, where `projectInfo.variant` is not set. */
    deploymentName?: string;
    /** The target's object in the Litexa config. */
    deploymentOptions?: DeploymentTarget;
    /**
     * The project's folder.
     * @default projectInfo.root
     */
    projectRoot?: string;
    /** Used where no logger is passed as the second argument. */
    logger?: Logger;
  }

  /** What `litexa deploy` passes, as far as this module reads or writes it. */
  interface DeployContext extends TargetContext {
    /** `<root>/.deploy/<target>`, which holds the last package and what is remembered of local files. */
    deployRoot: string;
    /** `toLambda()` compiles the skill into the handler's JavaScript. Called for handler deployments only. */
    skill: { toLambda(): string };
    artifacts: Artifacts;
    /**
     * False for `--no-cache`: every local file is read again.
     * @default true
     */
    cache?: boolean;
    /**
     * False where the skill keeps its state in session attributes: it gets no table.
     * @default true
     */
    enablePersistentStore?: boolean;

    /** Set by an assets deployment when it begins. */
    assetDeploymentStart?: Date;
    /** Set by a handler deployment when it begins. */
    lambdaDeployStart?: Date;
    /** Set by a handler deployment: the function's name. */
    lambdaName?: string;
    /** Set by a handler deployment: the ARN of the function's alias, the skill's endpoint. */
    lambdaARN?: string;
    /** Set by a handler deployment: the role's name, unless `lambdaConfiguration.Role` names a role. */
    lambdaIAMRoleName?: string;
    /** Set by a handler deployment: the role's ARN. */
    lambdaIAMRoleARN?: string;
    /** Set by a handler deployment: the table's name, or `NO_TABLE_DEPLOYED`. */
    dynamoTableName?: string;
    /** Set by a handler deployment with a table: its ARN. */
    dynamoTableARN?: string;
  }

  /** What `litexa logs` passes, as far as this module reads it. */
  interface LogsContext extends TargetContext {
    /** `<root>/.logs`: each target gets a folder in it. */
    logsRoot: string;
  }

  interface ProjectInfo {
    /** The project's name: letters, digits, `-` and `_`. */
    name: string;
    /** The target's name: letters, digits, `-` and `_`. */
    variant?: string;
    root?: string;
    /**
     * Where the handler's `package.json` and `node_modules` are.
     * @default '<root>/litexa'
     */
    litexaRoot?: string;
    /** Asset files by language; `default` is inherited by all others. */
    languages?: Record<string, Language>;
  }

  interface Language {
    assets?: FileList;
    /** What Litexa's asset processors made. */
    convertedAssets?: FileList;
  }

  interface FileList {
    root: string;
    /** Paths relative to `root`, with this system's separators. */
    files: string[];
  }

  /** The results of deployments, which the CLI keeps in `artifacts.json`. */
  interface Artifacts {
    /** @default 0 */
    readonly currentVersion?: number;
    get(key: string): any;
    save(key: string, value: any): void;
    delete(key: string): void;
  }

  /**
   * A deployment target: an entry of `deployments` in the Litexa config.
   *
   * Keys that are not listed here belong to the CLI or to other tools, and are passed over.
   *
   * @example
   * const development: DeploymentTarget = {
   *   module: '@litexa/deploy-aws',
   *   awsProfile: 'prototyping',
   *   s3Configuration: { bucketName: 'suncoast-assets' },
   * };
   */
  interface DeploymentTarget {
    /** `'@litexa/deploy-aws'`. */
    module?: string;
    /**
     * The AWS profile to sign in with. An `aws-config.json` in the project goes before it.
     * @default the SDK's usual order: environment variables, `AWS_PROFILE`, `default`, …
     * @example 'prototyping'
     */
    awsProfile?: string;
    /**
     * Where function, table and logs are, and a new bucket.
     * @default the first of: aws-config.json, where this target stands, environment, profile, us-east-1
     * @example 'eu-west-1'
     */
    awsRegion?: string;
    /**
     * The URL that the handler puts before the names of its assets, as it is written here.
     * @default the URL of the target's folder in the bucket
     * @example 'https://cdn.example.com/my-skill/'
     */
    overrideAssetsRoot?: string;
    /**
     * The bucket, as older projects name it. Goes before `s3Configuration.bucketName`.
     * @deprecated Use `s3Configuration.bucketName`.
     */
    S3BucketName?: string;
    /**
     * The skill keeps its state in session attributes, and has no table. Read by the CLI.
     * @default false
     */
    useSessionAttributesForPersistentStore?: boolean;
    s3Configuration?: S3Configuration;
    lambdaConfiguration?: LambdaConfiguration;
    dynamoDbConfiguration?: DynamoDbConfiguration;
    iamConfiguration?: IamConfiguration;
    logsConfiguration?: LogsConfiguration;
    /** The CLI's own keys, and those of other tools. */
    [other: string]: unknown;
  }

  /** The bucket and the assets in it. */
  interface S3Configuration {
    /**
     * The bucket; it is created if nobody has one of this name. Assets cannot be deployed without.
     * @example 'suncoast-assets'
     */
    bucketName?: string;
    /**
     * How Alexa gets to read the assets: `acl` sends each object with the ACL `public-read`;
     * `bucketPolicy` lets everybody read the target's folder by a statement in the bucket's policy;
     * `none` leaves it to you.
     * @default 'acl'
     */
    publicAccess?: 'acl' | 'bucketPolicy' | 'none';
    /**
     * Deletes objects in the target's folder that no asset stands for any more.
     * @default false
     */
    deleteRemovedAssets?: boolean;
    /**
     * What assets are uploaded with.
     * @default []
     * @example [{ filter: ['*.mp3'], params: { CacheControl: 'max-age=600' } }]
     */
    uploadParams?: UploadRule[];
  }

  /** Upload parameters for some of the assets. The first rule that matches an asset counts. */
  interface UploadRule {
    /**
     * Glob patterns as minimatch 3 reads them with `matchBase`, against paths below the assets folder.
     * Without a filter, or with `'*'` in it, the rule is the default; the last default counts.
     * @example ['*.jpg', 'sounds/**']
     */
    filter?: string[];
    params?: UploadParameters;
  }

  /** Parameters of S3's `PutObject`, in AWS' spelling. */
  interface UploadParameters {
    BucketKeyEnabled?: boolean;
    /** @example 'max-age=3600' */
    CacheControl?: string;
    ChecksumAlgorithm?: 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256';
    ContentDisposition?: string;
    ContentEncoding?: string;
    ContentLanguage?: string;
    /** The bucket owner's account. @example '123456789012' */
    ExpectedBucketOwner?: string;
    /** A date, an ISO or HTTP date as text, or seconds since 1970. */
    Expires?: Date | string | number;
    /** With any grant no canned ACL is sent. */
    GrantFullControl?: string;
    /** @example 'uri="http://acs.amazonaws.com/groups/global/AllUsers"' */
    GrantRead?: string;
    GrantReadACP?: string;
    GrantWriteACP?: string;
    Metadata?: Record<string, string>;
    ObjectLockLegalHoldStatus?: 'ON' | 'OFF';
    /** Needs `ObjectLockRetainUntilDate`. */
    ObjectLockMode?: 'GOVERNANCE' | 'COMPLIANCE';
    /** Needs `ObjectLockMode`. */
    ObjectLockRetainUntilDate?: Date | string | number;
    RequestPayer?: 'requester';
    /** Needs `ServerSideEncryption: 'aws:kms'`. */
    SSEKMSEncryptionContext?: string;
    /** Needs `ServerSideEncryption: 'aws:kms'`. */
    SSEKMSKeyId?: string;
    /** What is encrypted with a KMS key cannot be read anonymously, and so not by Alexa. */
    ServerSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse';
    StorageClass?:
      | 'STANDARD'
      | 'STANDARD_IA'
      | 'ONEZONE_IA'
      | 'INTELLIGENT_TIERING'
      | 'GLACIER_IR'
      | 'REDUCED_REDUNDANCY'
      | 'EXPRESS_ONEZONE'
      | 'OUTPOSTS'
      | 'GLACIER'
      | 'DEEP_ARCHIVE';
    /** Encoded as in a URL. @example 'project=cats&stage=beta' */
    Tagging?: string;
    WebsiteRedirectLocation?: string;
  }

  /** Parameters of Lambda's `CreateFunction`, in AWS' spelling, and one of this module's own. */
  interface LambdaConfiguration {
    /**
     * A change of the architecture sends the code anew.
     * @default Lambda's: ['x86_64']
     */
    Architectures?: ('x86_64' | 'arm64')[];
    CapacityProviderConfig?: {
      LambdaManagedInstancesCapacityProviderConfig?: {
        CapacityProviderArn: string;
        ExecutionEnvironmentMemoryGiBPerVCpu?: number;
        PerExecutionEnvironmentMaxConcurrency?: number;
      };
    };
    DeadLetterConfig?: { TargetArn?: string };
    /** @default 'Litexa skill handler for project <name>' */
    Description?: string;
    DurableConfig?: {
      ExecutionTimeout?: number;
      KMSKeyArn?: string;
      RetentionPeriodInDays?: number;
    };
    /**
     * Variables are merged with Litexa's own: `variant`, `loggingLevel`, `dynamoTableName`,
     * `assetsRoot`. Numbers and booleans become strings.
     * @example { Variables: { loggingLevel: 'verbose', mySpecialVariable: 13 } }
     */
    Environment?: { Variables?: Record<string, string | number | boolean> };
    /** Megabytes of `/tmp`. @default Lambda's: { Size: 512 } */
    EphemeralStorage?: { Size?: number };
    FileSystemConfigs?: { Arn: string; LocalMountPath: string }[];
    /** @default 'index.handler' */
    Handler?: string;
    KMSKeyArn?: string;
    Layers?: string[];
    /** A log group that is named here is created if it is not there, and read by `litexa logs`. */
    LoggingConfig?: {
      ApplicationLogLevel?: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL';
      LogFormat?: 'Text' | 'JSON';
      LogGroup?: string;
      SystemLogLevel?: 'DEBUG' | 'INFO' | 'WARN';
    };
    /** Megabytes. @default 256 */
    MemorySize?: number;
    /** A role of your own, by its ARN. It is then used as it is. @default the role of `iamConfiguration` */
    Role?: string;
    /** @default 'nodejs24.x' */
    Runtime?: string;
    SnapStart?: { ApplyOn?: 'PublishedVersions' | 'None' };
    /** Seconds. @default 10 */
    Timeout?: number;
    TracingConfig?: { Mode?: 'Active' | 'PassThrough' };
    VpcConfig?: {
      Ipv6AllowedForDualStack?: boolean;
      SecurityGroupIds?: string[];
      SubnetIds?: string[];
    };
    /**
     * Not a parameter of AWS': how many published versions stay. Older ones that no alias points to are
     * deleted.
     * @default all stay
     * @example 10
     */
    keepVersions?: number;
  }

  /** The skill's table. Capacity is for new tables; an existing one keeps what it has. */
  type DynamoDbConfiguration = (ProvisionedTable | OnDemandTable) & {
    timeToLive?: TimeToLive;
  };

  interface ProvisionedTable {
    /** @default 'PROVISIONED' */
    billingMode?: 'PROVISIONED';
    /** @default 10 */
    readCapacityUnits?: number;
    /** @default 10 */
    writeCapacityUnits?: number;
  }

  interface OnDemandTable {
    /** Paid by request. Has no capacity units. */
    billingMode: 'PAY_PER_REQUEST';
    readCapacityUnits?: never;
    writeCapacityUnits?: never;
  }

  /** Items that nobody has used for some time are deleted. */
  type TimeToLive = {
    /** How long the handler lets an item live after it was written. Read by the handler. @example 2592000 */
    secondsToLive?: number;
  } & (
    | {
        /** The attribute that the handler writes the time into. @example 'ttl' */
        AttributeName: string;
        /**
         * Switches deletion on. On an existing table old items may already carry times in the past.
         * @default on for new tables, untouched for existing ones
         */
        enable?: boolean;
      }
    | { AttributeName?: never; enable?: false }
  );

  /** The role that the function runs with. */
  type IamConfiguration = SharedRole | DedicatedRole;

  /** `litexa_handler_lambda`, which all Litexa skills of an account share. */
  interface SharedRole {
    /** @default 'shared' */
    role?: 'shared';
    /** On the shared role they would reach every skill of the account. */
    policies?: never;
  }

  /** `<name>_<target>_litexa_handler`, allowed the skill's own table, logs and metrics only. */
  interface DedicatedRole {
    role: 'dedicated';
    /**
     * ARNs of managed policies that are attached besides.
     * @default []
     * @example ['arn:aws:iam::aws:policy/AmazonSNSFullAccess']
     */
    policies?: string[];
  }

  /** What `litexa logs` pulls, and what it makes of it. */
  type LogsConfiguration = {
    /**
     * For once: the environment variable `LITEXA_LOGS_FORMATS`, as in `text,html`.
     * @default ['text']
     */
    formats?: LogFormat[];
    /**
     * Shows the access tokens in requests, which are masked otherwise.
     * @default false
     */
    showTokens?: boolean;
    /**
     * The log group to read.
     * @default lambdaConfiguration.LoggingConfig.LogGroup, else the function's own
     */
    logGroup?: string;
  } & (LastMinutes | SinceTime);

  type LogFormat = 'text' | 'jsonl' | 'html';

  interface LastMinutes {
    /**
     * For once: the environment variable `LITEXA_LOGS_MINUTES`.
     * @default 60
     */
    minutes?: number;
    since?: never;
  }

  interface SinceTime {
    minutes?: never;
    /**
     * An ISO time; without an offset it is local. For once: the environment variable `LITEXA_LOGS_SINCE`.
     * @example '2026-11-22T08:30:00Z'
     */
    since: string;
  }
}

export = deployAws;
