// Public types. The options are generated from litexa.config.schema.json.

/**
 * The deployment module that the Litexa CLI loads for `"module": "@litexa/deploy-aws"`.
 *
 * Every operation rejects with a {@link deployAws.DeployError}, or with the error that
 * `skill.toLambda()`, the logger or `artifacts` threw. Progress and warnings go to `logger`, else to
 * `context.logger`, else to the console.
 *
 * If the platform lacks a native addon, `require` itself throws, with the code `NO_NATIVE_ADDON`.
 *
 * A project's config has the type {@link deployAws.LitexaConfig}:
 *
 * @example
 * import deployAws = require('@litexa/deploy-aws');
 *
 * const config: deployAws.LitexaConfig = {
 *   name: 'suncoast',
 *   deployments: {
 *     development: {
 *       module: '@litexa/deploy-aws',
 *       s3Configuration: { bucketName: 'suncoast-assets' },
 *     },
 *   },
 * };
 *
 * export = config;
 */
declare const deployAws: {
  /** `litexa deploy -t assets`: deploys the project's assets to the S3 bucket. */
  readonly assets: {
    deploy(context: deployAws.DeployContext, logger?: deployAws.Logger): Promise<void>;
  };
  /** `litexa deploy -t lambda`: deploys the function, its role, table and log group. */
  readonly lambda: {
    deploy(context: deployAws.DeployContext, logger?: deployAws.Logger): Promise<void>;
  };
  /** `litexa deploy -t model`: does nothing: the CLI deploys the model with the manifest. */
  readonly model: {
    deploy(context?: unknown, logger?: deployAws.Logger): Promise<void>;
  };
  /** `litexa logs`: writes the skill's recent requests into `<logsRoot>/<target>/`. */
  readonly logs: deployAws.Logs;
  /** Deploys assets and handler concurrently, for use without the CLI. */
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

  /** The result of a log pull. */
  interface LogsResult {
    /** Paths of the files that were written, one for each format. */
    files: string[];
    /** Number of requests that were answered. */
    answered: number;
    /** Number of requests that failed: handler errors, timeouts, out of memory, or no answer. */
    failed: number;
  }

  /** A failure: `message` is one line for people, `code` is for programs. */
  interface DeployError extends Error {
    code: ErrorCode;
  }

  /** Kinds of failure. docs/troubleshooting.md has the cause and the fix of each. */
  type ErrorCode =
    /** The IAM user or role is not allowed to do this; the message names the action. */
    | 'ACCESS_DENIED'
    /** AWS rejected the request; the message includes AWS's error. */
    | 'AWS_REQUEST_REJECTED'
    /** AWS could not be reached, or kept failing after six attempts. */
    | 'AWS_UNAVAILABLE'
    /** The bucket belongs to another account, or you are not allowed to see it. */
    | 'BUCKET_UNAVAILABLE'
    /** A defect of this module. */
    | 'INTERNAL'
    /** Asset files whose names cannot be S3 keys, or multiple files for one key. */
    | 'INVALID_ASSETS'
    /** `aws-config.json` cannot be read, is not valid JSON, or lacks this target. */
    | 'INVALID_AWS_CONFIG'
    /** The config does not name a bucket, or its name breaks S3's rules. */
    | 'INVALID_BUCKET_NAME'
    /** A field of the context is missing, or has a value that the Litexa CLI would not pass. */
    | 'INVALID_CONTEXT'
    /** The name of the project or target cannot be part of resource names. */
    | 'INVALID_NAME'
    /** An option has an invalid value or an unknown name; the message names its key. */
    | 'INVALID_OPTION'
    /** The handler's package cannot be created: dependencies are missing, or it is too large. */
    | 'INVALID_PACKAGE'
    /** A local file cannot be read or written. */
    | 'FILE_ERROR'
    /** No credentials were found, or AWS does not accept them. */
    | 'MISSING_CREDENTIALS'
    /** The function or table failed, or did not become ready in time. */
    | 'RESOURCE_NOT_READY'
    /** Another deployment of the target on this machine did not end in time. */
    | 'DEPLOYMENT_LOCKED'
    /** `awsProfile` names a profile that no AWS configuration file defines. */
    | 'UNKNOWN_PROFILE';

  /** Receives progress and warnings. The CLI's logger has more methods; only these are called. */
  interface Logger {
    log(line: string): void;
    /** Shown with `--verbose` only. */
    verbose(line: string): void;
    warning(line: string): void;
    error(line: string): void;
  }

  /** The project and target of a deployment or log pull. */
  interface TargetContext {
    projectInfo: ProjectInfo;
    /** The target's name, if `projectInfo.variant` is not set. */
    deploymentName?: string;
    /** The target's object in the Litexa config. */
    deploymentOptions?: DeploymentTarget;
    /**
     * The project's folder.
     * @default projectInfo.root
     */
    projectRoot?: string;
    /** Used if no logger is passed as the second argument. */
    logger?: Logger;
  }

  /** The context of `litexa deploy`, as far as this module reads or writes it. */
  interface DeployContext extends TargetContext {
    /** `<root>/.deploy/<target>`, which contains the last package and the caches of local files. */
    deployRoot: string;
    /** `toLambda()` compiles the skill into the handler's JavaScript. Called for handler deployments only. */
    skill: { toLambda(): string | Promise<string> };
    artifacts: Artifacts;
    /**
     * False for `--no-cache`: every local file is read again.
     * @default true
     */
    cache?: boolean;
    /**
     * False if the skill keeps its state in session attributes: it then has no table.
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

  /** The context of `litexa logs`, as far as this module reads it. */
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
     * The folder of the handler's `package.json` and `node_modules`.
     * @default '<root>/litexa'
     */
    litexaRoot?: string;
    /** Asset files by language; `default` is inherited by all others. */
    languages?: Record<string, Language>;
  }

  interface Language {
    assets?: FileList;
    /** Files created by Litexa's asset processors. */
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

  // <options>: made of litexa.config.schema.json by `node scripts/codegen`
  /**
   * A Litexa project's configuration: litexa.config.json, or what litexa.config.js and
   * litexa.config.ts export.
   */
  interface LitexaConfig {
    /**
     * Where this schema is, for editors.
     * @example './node_modules/@litexa/deploy-aws/litexa.config.schema.json'
     */
    $schema?: string;
    /**
     * The project's name, which becomes part of the names of everything that is deployed: letters,
     * digits, hyphens and underscores.
     * @default the name of the project's folder
     * @example 'suncoast'
     */
    name?: string | null;
    /**
     * The deployment targets by name, such as `development` and `production`: `litexa deploy -d
     * production` deploys to the second. Unless a target's name has `production` in it, Litexa adds
     * it to the skill's name.
     * @example { development: { module: '@litexa/deploy-aws', s3Configuration: { bucketName: 'suncoast-assets' } } }
     */
    deployments: Record<string, DeploymentTarget>;
    /**
     * Files with these endings count as assets too, in every target.
     * @default []
     * @example ['.csv', '.webp']
     */
    additionalAssetExtensions?: string[] | null;
    /** Options of Litexa extensions, by the extension's name. */
    extensionOptions?: Record<string, unknown> | null;
    /** Options of asset processors, by the name of the extension that brings them. */
    plugins?: Record<string, unknown> | null;
    /**
     * Directives that Litexa does not know, and that your skill may send all the same.
     * @example ['AudioPlayer.Play']
     */
    validDirectivesList?: string[] | null;
    /** Not read by this module. */
    [other: string]: unknown;
  }

  /** What the Litexa CLI itself reads of a deployment target, whatever its module. */
  interface CliOptions {
    /**
     * The package that deploys this target.
     * @example '@litexa/deploy-aws'
     */
    module?: string;
    /**
     * The profile of the ASK CLI with which the skill's manifest and model are sent to Alexa.
     * @example 'default'
     */
    askProfile?: string | null;
    /**
     * The skill keeps its state in Alexa's session attributes, so that it is lost when the session
     * ends. Then there is no table.
     * @default false
     */
    useSessionAttributesForPersistentStore?: boolean | null;
    /**
     * Invocation names by locale, for this target only.
     * @example { 'en-GB': 'cloudy cats' }
     */
    invocation?: Record<string, string> | null;
    /**
     * Put after the invocation name in each locale, to tell targets apart when speaking.
     * @example 'dev'
     */
    invocationSuffix?: string | null;
    /**
     * Files with these endings count as assets too, in this target.
     * @default []
     * @example ['.csv', '.webp']
     */
    additionalAssetExtensions?: string[] | null;
    /**
     * Lets the skill refer to assets that are not in the project.
     * @default false
     */
    disableAssetReferenceValidation?: boolean | null;
    /**
     * Values that the skill reads as `DEPLOY.<name>`, when it is compiled and when it runs.
     * @default {}
     * @example { DEBUG: true, MODE: 'practice' }
     */
    DEPLOY?: Record<string, unknown> | null;
    /** Set by the CLI while it runs. Do not write it. */
    name?: string;
    /** Not read by this module. */
    [other: string]: unknown;
  }

  /**
   * A deployment target: an entry of `deployments` in the Litexa config. Keys that are not listed
   * here belong to other tools, and are passed over.
   * @example { module: '@litexa/deploy-aws', askProfile: 'default', awsProfile: 'prototyping', s3Configuration: { bucketName: 'suncoast-assets' } }
   */
  interface DeploymentTarget extends CliOptions {
    /**
     * The AWS profile to sign in with. It goes before environment variables, and an
     * `aws-config.json` in the project goes before it.
     * @default the first credentials that are found (see docs/credentials.md, Credentials)
     * @example 'prototyping'
     */
    awsProfile?: string | null;
    /**
     * The region of function, table and logs, and of a new bucket. Where the target was deployed to
     * another region before, its function and its stored data stay behind there.
     * @default the first that is set (see docs/credentials.md, Region)
     * @example 'us-east-1'
     */
    awsRegion?: string | null;
    /**
     * What the handler puts before the names of its assets, as it is written here, slash included.
     * Icons in the skill's manifest keep their S3 URLs.
     * @default the target's folder in the bucket
     * @example 'https://cdn.example.com/suncoast/'
     */
    overrideAssetsRoot?: string | null;
    /**
     * The older spelling of `s3Configuration.bucketName`. Where both are set, this one wins.
     * @deprecated Use `s3Configuration.bucketName`.
     */
    S3BucketName?: string | null;
    /** The bucket, and the assets in it. */
    s3Configuration?: S3Configuration | null;
    /**
     * Parameters of Lambda's `CreateFunction`, in AWS' spelling, and one of this module's own. They
     * go over the defaults; what is not set is left as it is.
     */
    lambdaConfiguration?: LambdaConfiguration | null;
    /** The skill's table. */
    dynamoDbConfiguration?: DynamoDbConfiguration | null;
    /** The role that the function runs with. */
    iamConfiguration?: IamConfiguration | null;
    /** What `litexa logs` pulls, and what it makes of it. */
    logsConfiguration?: LogsConfiguration | null;
    /** Not read by this module. */
    [other: string]: unknown;
  }

  /** The bucket, and the assets in it. */
  interface S3Configuration {
    /**
     * Where the assets go. Names are unique in all of AWS; a bucket that nobody has is created.
     * Without one, assets cannot be deployed, and the handler gets no assets root.
     * @example 'suncoast-assets'
     */
    bucketName?: string | null;
    /**
     * How Alexa gets to read the assets, which it does anonymously.
     * - 'acl': Each object is sent with the ACL `public-read`.
     * - 'bucketPolicy': A statement in the bucket's policy lets everybody read the target's folder.
     * - 'none': Access is your own business, or a CDN's.
     * @default 'acl'
     */
    publicAccess?: 'acl' | 'bucketPolicy' | 'none' | null;
    /**
     * Deletes objects of this target that no asset stands for any more; never all of them.
     * @default false
     */
    deleteRemovedAssets?: boolean | null;
    /**
     * What assets are uploaded with. The first entry that matches an asset is the only one that
     * counts for it.
     * @default []
     * @example [{ filter: ['*.mp3'], params: { CacheControl: 'max-age=600' } }, { params: { CacheControl: 'max-age=3600' } }]
     */
    uploadParams?: UploadRule[] | null;
  }

  /** What some of the assets are uploaded with. */
  interface UploadRule {
    /**
     * Glob patterns as minimatch 3 reads them with `matchBase`, against paths below the assets
     * folder. An entry without a filter, or with `*` among its patterns, is the default for all
     * other assets; of several such entries the last one counts.
     * @example ['*.jpg', 'sounds/**']
     */
    filter?: string[] | null;
    /** Parameters of S3's `PutObject`, in AWS' spelling. */
    params?: UploadParameters | null;
  }

  /** Parameters of S3's `PutObject`, in AWS' spelling. */
  interface UploadParameters {
    /**
     * How long devices and CDNs may keep the asset.
     * @example 'max-age=3600'
     */
    CacheControl?: string | null;
    /**
     * Whether a browser shows the asset or saves it, and under which name.
     * @example 'inline'
     */
    ContentDisposition?: string | null;
    /**
     * How the file is compressed already.
     * @example 'gzip'
     */
    ContentEncoding?: string | null;
    /**
     * The language of the asset.
     * @example 'en-GB'
     */
    ContentLanguage?: string | null;
    /**
     * When the asset is out of date. An ISO date, an HTTP date, or seconds since 1970; without an
     * offset it is UTC.
     * @example '2030-01-31T12:00:00Z'
     */
    Expires?: Date | string | number | null;
    /**
     * Where a website bucket sends whoever asks for the asset.
     * @example '/new-home.html'
     */
    WebsiteRedirectLocation?: string | null;
    /**
     * Names and values of your own, 2 KB in all.
     * @example { author: 'suncoast' }
     */
    Metadata?: Record<string, string | null> | null;
    /**
     * Up to ten tags, for cost reports and lifecycle rules. Needs `s3:PutObjectTagging`.
     * @example 'project=cats&stage=beta'
     */
    Tagging?: string | null;
    /**
     * How S3 keeps the asset. Alexa cannot read `GLACIER` and `DEEP_ARCHIVE`.
     * @default S3's, `STANDARD`
     */
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
      | 'DEEP_ARCHIVE'
      | null;
    /**
     * The checksum that S3 verifies and keeps.
     * @default the SDK's choice
     */
    ChecksumAlgorithm?: 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256' | null;
    /**
     * How S3 encrypts the asset. What is encrypted with a KMS key cannot be read anonymously, and
     * so not by Alexa.
     * @default the bucket's
     */
    ServerSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse' | null;
    /**
     * The KMS key. Needs `ServerSideEncryption: "aws:kms"` beside it.
     * @example 'alias/suncoast'
     */
    SSEKMSKeyId?: string | null;
    /**
     * The context of the encryption. Needs `ServerSideEncryption: "aws:kms"` beside it.
     * @example 'eyJ0ZWFtIjoic3VuY29hc3QifQ=='
     */
    SSEKMSEncryptionContext?: string | null;
    /**
     * Asks KMS for one key for the bucket, not for one an object, which is cheaper.
     * @default the bucket's
     */
    BucketKeyEnabled?: boolean | null;
    /**
     * Who may do everything with the object. With any grant, no ACL is sent.
     * @example 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
     */
    GrantFullControl?: string | null;
    /**
     * Who may read the object. With any grant, no ACL is sent; the example makes the asset public
     * again.
     * @example 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
     */
    GrantRead?: string | null;
    /**
     * Who may read the object's ACL. With any grant, no ACL is sent.
     * @example 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
     */
    GrantReadACP?: string | null;
    /**
     * Who may write the object's ACL. With any grant, no ACL is sent.
     * @example 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
     */
    GrantWriteACP?: string | null;
    /**
     * Refuses the upload where the bucket belongs to another account.
     * @example '123456789012'
     */
    ExpectedBucketOwner?: string | null;
    /** Agrees to pay for the requests. Alexa cannot read from a bucket whose readers pay. */
    RequestPayer?: 'requester' | null;
    /** Who may lift the lock. Needs `ObjectLockRetainUntilDate` beside it. */
    ObjectLockMode?: 'GOVERNANCE' | 'COMPLIANCE' | null;
    /**
     * Until when nobody can delete the object. Needs `ObjectLockMode` beside it.
     * @example '2030-01-31T12:00:00Z'
     */
    ObjectLockRetainUntilDate?: Date | string | number | null;
    /** Whether the object is kept until the hold is lifted. */
    ObjectLockLegalHoldStatus?: 'ON' | 'OFF' | null;
    /** Whether the object is kept until an event that you tell S3 of. */
    ObjectLockEventHold?: 'ON' | 'OFF' | null;
    /** How long the object is kept after that event. Not beside `ObjectLockEventHoldDurationYears`. */
    ObjectLockEventHoldDurationDays?: number | null;
    /** How long the object is kept after that event. Not beside `ObjectLockEventHoldDurationDays`. */
    ObjectLockEventHoldDurationYears?: number | null;
  }

  /**
   * Parameters of Lambda's `CreateFunction`, in AWS' spelling, and one of this module's own. They
   * go over the defaults; what is not set is left as it is.
   */
  interface LambdaConfiguration {
    /**
     * What the Lambda console says about the function.
     * @default `Litexa skill handler for project <name>`
     * @example 'The handler of the tea house'
     */
    Description?: string | null;
    /**
     * The version of Node.js that the handler runs on.
     * @default 'nodejs24.x'
     * @example 'nodejs24.x'
     */
    Runtime?: string | null;
    /**
     * The memory, and with it the share of a processor.
     * @default 256
     * @example 512
     */
    MemorySize?: number | null;
    /**
     * After how long Lambda ends a call. Alexa itself waits for about eight seconds.
     * @default 10
     * @example 8
     */
    Timeout?: number | null;
    /** Variables of the handler. */
    Environment?: {
      /**
       * Merged with Litexa's own, which are listed here; 4 KB in all. Numbers and booleans become
       * strings.
       * @example { loggingLevel: 'verbose', mySpecialVariable: 13 }
       */
      Variables?: {
        /**
         * `terse` logs the relevant part of requests, `verbose` all of it, an empty text nothing.
         * @default 'terse'
         * @example 'verbose'
         */
        loggingLevel?: string | number | boolean;
        /**
         * The target's name.
         * @default the target's name
         */
        variant?: string | number | boolean;
        /**
         * Where the handler keeps its state.
         * @default the table, or `NO_TABLE_DEPLOYED`
         */
        dynamoTableName?: string | number | boolean;
        /**
         * What the handler puts before the names of its assets.
         * @default the assets' URL; not set without a bucket
         */
        assetsRoot?: string | number | boolean;
        [other: string]: string | number | boolean | undefined;
      } | null;
    } | null;
    /**
     * The processor. A change sends the code anew.
     * @default Lambda's, `["x86_64"]`
     * @example ['arm64']
     */
    Architectures?: ['x86_64' | 'arm64'] | null;
    /**
     * A role of your own. It is used as it is, and `iamConfiguration` has no effect.
     * @default the role of `iamConfiguration`
     * @example 'arn:aws:iam::123456789012:role/suncoast'
     */
    Role?: string | null;
    /**
     * The module and its function that Lambda calls. The default is the entry that this module puts
     * before the handler.
     * @default 'index.handler'
     * @example 'index.handler'
     */
    Handler?: string | null;
    /**
     * Layers, the lowest first.
     * @example ['arn:aws:lambda:us-east-1:123456789012:layer:sounds:3']
     */
    Layers?: string[] | null;
    /** The network that the function is in. */
    VpcConfig?: {
      /**
       * The subnets.
       * @example ['subnet-0123456789abcdef0']
       */
      SubnetIds?: string[] | null;
      /**
       * The security groups.
       * @example ['sg-0123456789abcdef0']
       */
      SecurityGroupIds?: string[] | null;
      /**
       * Lets the function out over IPv6 where the subnets have it.
       * @default Lambda's, `false`
       */
      Ipv6AllowedForDualStack?: boolean | null;
    } | null;
    /**
     * The key with which Lambda encrypts the variables.
     * @default Lambda's own key
     * @example 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'
     */
    KMSKeyArn?: string | null;
    /** Where events go that could not be handled. */
    DeadLetterConfig?: {
      /**
       * A queue or topic. Alexa calls synchronously, so it gets the events of other callers only.
       * @example 'arn:aws:sqs:us-east-1:123456789012:suncoast'
       */
      TargetArn?: string | null;
    } | null;
    /** Tracing with X-Ray. */
    TracingConfig?: {
      /**
       * Whether requests are traced that nobody else traces.
       * @default Lambda's, `PassThrough`
       */
      Mode?: 'Active' | 'PassThrough' | null;
    } | null;
    /** The folder `/tmp`. */
    EphemeralStorage?: {
      /**
       * Its size.
       * @default Lambda's, 512
       * @example 1024
       */
      Size?: number | null;
    } | null;
    /**
     * File systems that the handler sees as folders.
     * @example [{ Arn: 'arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0', LocalMountPath: '/mnt/sounds' }]
     */
    FileSystemConfigs?:
      | {
          /**
           * An access point of an EFS file system.
           * @example 'arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0'
           */
          Arn: string;
          /**
           * Where it is mounted: a folder in `/mnt`.
           * @example '/mnt/sounds'
           */
          LocalMountPath: string;
        }[]
      | null;
    /** Starting from a snapshot. */
    SnapStart?: {
      /**
       * Which versions get one. AWS offers it for few runtimes.
       * @default Lambda's, `None`
       */
      ApplyOn?: 'PublishedVersions' | 'None' | null;
    } | null;
    /** How and where Lambda logs. */
    LoggingConfig?: {
      /**
       * Lines as the handler writes them, or one JSON object each. `litexa logs` reads both.
       * @default Lambda's, `Text`
       */
      LogFormat?: 'Text' | 'JSON' | null;
      /**
       * The handler's lines from this level on. With `JSON` only. Requests are logged at `INFO`.
       * @default Lambda's, `INFO`
       */
      ApplicationLogLevel?: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL' | null;
      /**
       * Lambda's own lines from this level on. With `JSON` only.
       * @default Lambda's, `INFO`
       */
      SystemLogLevel?: 'DEBUG' | 'INFO' | 'WARN' | null;
      /**
       * The log group, which is created if it is missing. `litexa logs` reads it.
       * @default `/aws/lambda/<name>_<target>_litexa_handler`
       * @example '/skills/suncoast'
       */
      LogGroup?: string | null;
    } | null;
    /** Durable functions, which go on where they were interrupted. */
    DurableConfig?: {
      /**
       * How long an execution may take in all.
       * @example 3600
       */
      ExecutionTimeout?: number | null;
      /**
       * How long its history is kept.
       * @example 14
       */
      RetentionPeriodInDays?: number | null;
      /**
       * The key with which its state is encrypted.
       * @example 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'
       */
      KMSKeyArn?: string | null;
    } | null;
    /** Where the function runs, if not in the machines that all share. */
    CapacityProviderConfig?: {
      /**
       * Instances in your account that Lambda looks after.
       * @example { CapacityProviderArn: 'arn:aws:lambda:us-east-1:123456789012:capacity-provider:suncoast' }
       */
      LambdaManagedInstancesCapacityProviderConfig?: {
        /**
         * The capacity provider.
         * @example 'arn:aws:lambda:us-east-1:123456789012:capacity-provider:suncoast'
         */
        CapacityProviderArn: string;
        /**
         * Memory for each processor.
         * @example 2
         */
        ExecutionEnvironmentMemoryGiBPerVCpu?: number | null;
        /**
         * How many calls one environment answers at a time.
         * @example 8
         */
        PerExecutionEnvironmentMaxConcurrency?: number | null;
      } | null;
    } | null;
    /**
     * Not a parameter of AWS'. How many published versions stay; older ones are deleted, unless an
     * alias points to them.
     * @default all stay
     * @example 10
     */
    keepVersions?: number | null;
  }

  /** The skill's table. */
  type DynamoDbConfiguration = {
    /**
     * How a new table is paid for. An existing one keeps what it has.
     * - 'PROVISIONED': By the hour, for a capacity that is set.
     * - 'PAY_PER_REQUEST': By the request.
     * @default 'PROVISIONED'
     */
    billingMode?: 'PROVISIONED' | 'PAY_PER_REQUEST' | null;
    /**
     * Reads a second of a new table. Not with `PAY_PER_REQUEST`.
     * @default 10
     */
    readCapacityUnits?: number | null;
    /**
     * Writes a second of a new table. Not with `PAY_PER_REQUEST`.
     * @default 10
     */
    writeCapacityUnits?: number | null;
    /** Items that nobody has used for some time are deleted. */
    timeToLive?: TimeToLive | null;
  } & (
    | {
        billingMode?: 'PROVISIONED' | null;
      }
    | {
        billingMode: 'PAY_PER_REQUEST';
        readCapacityUnits?: null;
        writeCapacityUnits?: null;
      }
  );

  /** Items that nobody has used for some time are deleted. */
  type TimeToLive = {
    /**
     * Where the handler writes until when an item is needed.
     * @example 'ttl'
     */
    AttributeName?: string | null;
    /**
     * How long an item lives after it was written. Read by the handler.
     * @example 2592000
     */
    secondsToLive?: number | null;
    /**
     * Lets DynamoDB delete items. An existing table is changed by `true` only, since its items may
     * carry times in the past already.
     * @default with an `AttributeName`: `true` for new tables
     */
    enable?: boolean | null;
  } & (
    | {
        AttributeName: string;
      }
    | {
        AttributeName?: null;
        enable?: false | null;
      }
  );

  /** The role that the function runs with. */
  type IamConfiguration = {
    /**
     * Which role that is.
     * - 'shared': `litexa_handler_lambda`, which all Litexa skills of an account share.
     * - 'dedicated': `<name>_<target>_litexa_handler`, which may use the skill's own table, logs
     * and metrics only.
     * @default 'shared'
     */
    role?: 'shared' | 'dedicated' | null;
    /**
     * Managed policies besides. With a dedicated role only: on the shared one they would reach
     * every skill of the account. A policy that is taken off this list stays attached.
     * @default []
     * @example ['arn:aws:iam::aws:policy/AmazonSNSFullAccess']
     */
    policies?: string[] | null;
  } & (
    | {
        role?: 'shared' | null;
        policies?: [] | null;
      }
    | {
        role: 'dedicated';
      }
  );

  /** What `litexa logs` pulls, and what it makes of it. */
  type LogsConfiguration = {
    /**
     * How far to look back. For once: the environment variable `LITEXA_LOGS_MINUTES`.
     * @default 60
     * @example 15
     */
    minutes?: number | null;
    /**
     * The beginning, instead of `minutes`; local time without an offset. For once:
     * `LITEXA_LOGS_SINCE`.
     * @example '2026-11-22T08:30:00Z'
     */
    since?: string | null;
    /**
     * A file for each: to read, for tools with one request a line, and as a page. For once:
     * `LITEXA_LOGS_FORMATS`, as in `text,html`.
     * @default ['text']
     * @example ['text', 'html']
     */
    formats?: ('text' | 'jsonl' | 'html')[] | null;
    /**
     * Shows the access tokens in requests, which are masked otherwise.
     * @default false
     */
    showTokens?: boolean | null;
    /**
     * The log group to read.
     * @default `LoggingConfig.LogGroup`, else the function's own
     * @example '/aws/lambda/suncoast_production_litexa_handler'
     */
    logGroup?: string | null;
  } & (
    | {
        since?: null;
      }
    | {
        since: string;
        minutes?: null;
      }
  );
  // </options>
}

export = deployAws;
