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
    deploy(
      context: deployAws.DeployContext,
      logger?: deployAws.Logger,
    ): Promise<deployAws.DeployResult>;
  };
  /** `litexa deploy -t lambda`: deploys the function, its role, table and log group. */
  readonly lambda: {
    deploy(
      context: deployAws.DeployContext,
      logger?: deployAws.Logger,
    ): Promise<deployAws.DeployResult>;
  };
  /** `litexa deploy -t model`: does nothing: the CLI deploys the model with the manifest. */
  readonly model: {
    deploy(context?: unknown, logger?: deployAws.Logger): Promise<void>;
  };
  /** `litexa logs`: writes the skill's recent requests into `<logsRoot>/<target>/`. */
  readonly logs: deployAws.Logs;
  /** Deploys assets and handler concurrently, for use without the CLI. */
  deploy(
    context: deployAws.DeployContext,
    logger?: deployAws.Logger,
  ): Promise<deployAws.DeployResult>;
  /** Carries out a command of the executable, `litexa-deploy-aws <command>`. */
  readonly operate: deployAws.Operate;
  /** The CLI puts the deployer of the manifest here. A dry run does not call it. */
  manifest?: unknown;
};

declare namespace deployAws {
  /** Pulls logs. `logs.pull(context)`, which the CLI calls, also sets the exit code after a failure. */
  interface Logs {
    (context: LogsContext, logger?: Logger): Promise<LogsResult>;
    pull(context: LogsContext, logger?: Logger): Promise<LogsResult>;
  }

  /** Points the skill's endpoint, the alias `release-<n>`, to another version of the function. */
  interface RollbackCommand {
    name: 'rollback';
    /** Its number. Without it, the newest version before the current one that has other code. */
    version?: number;
    /** Points the endpoint to what a deployment points it to instead. */
    undo?: boolean;
    /** Only shows what would change. */
    dryRun?: boolean;
  }

  /** The result of a roll-back, or of its dry run. */
  interface Rollback {
    function: string;
    alias: string;
    /** The former target of the alias, such as `$LATEST` or `version 3 and version 4 (10 %)`. */
    from: string;
    /** The new one, such as `version 3`. */
    to: string;
    /** Whether the two differ. */
    isChange: boolean;
    /** Whether the alias was changed, and not only planned to be. */
    isDone: boolean;
    /** The parts of the skill that are left as they are. */
    notRolledBack: string[];
    warnings: string[];
    /** The command that points the alias to the former target. */
    wayBack: string;
  }

  /** The versions of the function. */
  interface Versions {
    function: string;
    /** The digest of the code of `$LATEST`, in Base64. */
    latestCodeSha256: string;
    latestAliases: AliasShare[];
    /** Newest first. */
    versions: Version[];
  }

  /** A published version. */
  interface Version {
    version: number;
    /** When it was published, as AWS writes it. */
    date: string;
    /** Date, version of this module, and commit. */
    description: string;
    codeSha256: string;
    runtime: string;
    aliases: AliasShare[];
    hasLatestCode: boolean;
  }

  /** An alias, and the share of its requests that a version gets. */
  interface AliasShare {
    name: string;
    /** More than 0, and at most 1. */
    share: number;
  }

  /** The state of a target. A part is `null` if it does not exist, or is not shown. */
  interface Status {
    project: string;
    target: string;
    region: string;
    /** The alias that Alexa invokes. */
    endpoint: string;
    bucket: {
      name: string;
      region: string;
      prefix: string;
      objects: number;
      bytes: number;
      publicAccess: 'acl' | 'bucketPolicy' | 'none';
    } | null;
    function: {
      name: string;
      arn: string;
      runtime: string;
      /** The day from which on AWS does not support the runtime. */
      supportedUntil: string | null;
      state: string;
      lastUpdate: string;
      lastModified: string;
      memoryMb: number | null;
      timeoutSeconds: number | null;
      codeSha256: string;
      codeBytes: number;
      role: string;
    } | null;
    /** `isRolledBack` is whether a roll-back has pointed the alias there. */
    aliases: { name: string; pointsTo: string; isRolledBack: boolean }[] | null;
    /** The skills, or anyone, that may invoke the endpoint; other services are not listed. */
    mayInvoke: string[] | null;
    role: { name: string; policies: string[] } | null;
    table: {
      name: string;
      status: string;
      billingMode: 'PROVISIONED' | 'PAY_PER_REQUEST';
      readCapacityUnits: number | null;
      writeCapacityUnits: number | null;
      itemsApproximately: number | null;
      bytesApproximately: number | null;
      deletionProtection: boolean;
    } | null;
    /** The attribute by which items of the table expire; empty if they do not. */
    timeToLive: string | null;
    /** Whether the table is backed up continuously. */
    backups: boolean | null;
    logGroup: { name: string; retentionInDays: number | null; storedBytes: number } | null;
    lastHour: { answered: number; failed: number; isComplete: boolean } | null;
    /** The last deployment that was begun, as far as it was recorded. */
    lastDeployment: {
      /** As the CLI writes it, by the clock of the machine that deployed. */
      date: string;
      /** In UTC, if that was recorded. */
      time: string | null;
      /** How it has failed, if that was recorded. */
      failure: { at: string; code: string | null } | null;
      commit: string | null;
      message: string | null;
      hasUncommittedChanges: boolean;
    } | null;
    /** The last deployment that has completed a change, as far as it is known. */
    lastChange: {
      /** When the function was changed, as AWS writes it. */
      functionAt: string | null;
      /** The user of the machine, or who has started the job of a CI service. */
      by: string | null;
      commit: string | null;
    };
    /** The changes of the next deployment, except for the code; null if it is not compared. */
    differences: { handler: Difference | null; assets: Difference | null };
    /** Parts that the config does not ask for. */
    notWanted: { what: string; why: string }[];
    /** Parts that may not be read, with the missing right. */
    notShown: { what: string; needs: string }[];
  }

  /** The changes that the next deployment would make, or why it would fail. */
  interface Difference {
    changes: Change[];
    failure: string | null;
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

  /** The result of a deployment or dry run. */
  interface DeployResult {
    /** The changes that were made or, for a dry run, would be. */
    changes: Change[];
    /** The region of the function. */
    region: string;
    /** The account, if it is known. */
    account: string | null;
    /** Whether the endpoint stays rolled back, so that what was deployed is not live. */
    staysRolledBack: boolean;
  }

  /** A change of a resource: one request to AWS that writes, however many parts it is sent in. */
  interface Change {
    action: 'create' | 'update' | 'delete';
    /** Its type by the name of CloudFormation or CloudTrail, such as `AWS::Lambda::Function`. */
    resourceType: string;
    /** Its name, such as `cats_beta_litexa_handler`. */
    resource: string;
    /** One line with old and new values; of environment variables, only the names. */
    description: string;
    /** Its consequences, such as a cost, an interruption, or what becomes public. */
    effects: string[];
    /** The IAM action of the request, such as `lambda:UpdateFunctionConfiguration`. */
    iamAction: string;
  }

  /** Carries out a command for a deployed skill. docs/operating.md describes each. */
  interface Operate {
    (context: OperateContext, command: { name: 'status' }, logger?: Logger): Promise<Status>;
    (context: OperateContext, command: { name: 'versions' }, logger?: Logger): Promise<Versions>;
    (context: OperateContext, command: RollbackCommand, logger?: Logger): Promise<Rollback>;
    /** Checks that you may invoke the endpoint, if it exists. The skill does not get a request. */
    (
      context: OperateContext,
      command: InvokeCommand & { dryRun: true },
      logger?: Logger,
    ): Promise<null>;
    /** Sends a request to the skill's endpoint as Alexa does, once. An error of the skill is a result. */
    (context: OperateContext, command: InvokeCommand, logger?: Logger): Promise<InvokeResult>;
    /** Shows everything that the target has on AWS or, with `confirmed`, removes it. */
    (context: OperateContext, command: RemoveCommand, logger?: Logger): Promise<RemoveResult>;
    /** Checks what a deployment needs, and changes nothing. A failed check is a finding. */
    (
      context: OperateContext,
      command: { name: 'doctor' },
      logger?: Logger,
    ): Promise<{ findings: Finding[] }>;
    /**
     * Returns the IAM policy that a purpose needs, and what it cannot know as `notes`. A policy for deployments rejects
     * the options that a deployment does.
     */
    (
      context: OperateContext,
      command: { name: 'policy'; for: 'deploy' | 'logs' | 'operate' | 'all' },
      logger?: Logger,
    ): Promise<{ policy: PolicyDocument; notes: string[] }>;
  }

  /** The result of a check. */
  interface Finding {
    /** The subject, such as `bucket`. */
    check: string;
    status: 'ok' | 'warning' | 'problem';
    detail: string;
    /** How to fix it, unless there is nothing to fix. */
    fix?: string;
  }

  /** An IAM policy document. */
  interface PolicyDocument {
    Version: string;
    Statement: {
      Sid: string;
      Effect: 'Allow' | 'Deny';
      Action: string | string[];
      Resource: string | string[];
      Condition?: Record<string, Record<string, string | string[]>>;
    }[];
  }

  /** Sends a request to the skill. Its user and device are not those of a person. */
  interface InvokeCommand {
    name: 'invoke';
    input:
      | { type: 'launch' }
      | { type: 'intent'; name: string; slots?: Record<string, string> }
      /** An event of your own. Missing fields are added. */
      | { type: 'event'; event: object };
    /** The language of the request, such as `en-US`. */
    locale: string;
    /** Whether the session and the item in the table stay for the next invocation. */
    keep?: boolean;
  }

  /** The skill's answer to a request, with the end of the request's log. */
  interface InvokeResult {
    /** The function with its alias. */
    endpoint: string;
    /** The version that has answered. */
    version: string | null;
    requestType: string | null;
    sessionId: string;
    isNewSession: boolean;
    /** Missing if there is a `problem`. Texts are without SSML and without secrets. */
    answer?: {
      speech?: string;
      reprompt?: string;
      card?: object;
      directives?: object[];
      shouldEndSession?: boolean;
      sessionAttributes?: Record<string, unknown>;
    };
    /** Why Alexa would not accept the answer. */
    problem?: { type?: string; message: string; location?: string };
    durationMs: number;
    /** Whether Alexa would not have waited for the answer. */
    isLate: boolean;
    log: {
      outcome: string | null;
      durationMs: number | null;
      initDurationMs: number | null;
      maxMemoryUsedMB: number | null;
      error: { kind?: string; message: string; location?: string } | null;
      /** Whether the beginning is missing: Lambda returns the last 4 KB. */
      isCut: boolean;
      lines: { level?: string; text: string }[];
    };
    /** Whether the item of the device was deleted from the table; after `failed`, the next invocation deletes it. */
    item: 'deleted' | 'none' | 'kept' | 'denied' | 'failed';
    /** Whether the next invocation continues the session. */
    isKept: boolean;
  }

  /** Removes a target, in two steps: the first shows the changes, the second gets them to confirm. */
  interface RemoveCommand {
    name: 'remove';
    /** Whether the table is removed, too, after a backup. */
    table?: boolean;
    /** The changes that were shown. If there is more by then, nothing is removed. */
    confirmed?: Change[];
  }

  /** The resources that a removal deletes, and those that it leaves alone. */
  interface RemoveResult {
    changes: Change[];
    /** Resources that stay, and how to remove them. */
    kept: string[];
    /** The name of the table's backup. */
    backup?: string | null;
  }

  /**
   * A failure: `message` is one line for people, `code` is for programs. As a string, it has the address
   * as its last line.
   */
  interface DeployError extends Error {
    code: ErrorCode;
    /** The address of the section of docs/troubleshooting.md with the cause and the fix. */
    url: string;
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
    /** A removal has not begun: the target is another one, or has more than was shown. */
    | 'NOT_REMOVED'
    /** The function or table failed, or did not become ready in time. */
    | 'RESOURCE_NOT_READY'
    /** The user interrupted a log pull. */
    | 'INTERRUPTED'
    /** Another deployment of the target on this machine did not end in time. */
    | 'DEPLOYMENT_LOCKED'
    /** `awsProfile` names a profile that no AWS configuration file defines. */
    | 'UNKNOWN_PROFILE'
    /** `require` did not find a native addon for the platform. */
    | 'NO_NATIVE_ADDON'
    /** The executable did not find or load the Litexa config, or it lacks the target. */
    | 'INVALID_CONFIG'
    /** The executable did not find the Litexa CLI, which compiles the skill. */
    | 'MISSING_COMPILER'
    /** The user did not confirm a command of the executable. */
    | 'NOT_CONFIRMED'
    /** The command line of the executable is wrong. */
    | 'WRONG_USAGE';

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
    /**
     * `toLambda()` compiles the skill into the handler's JavaScript. Called for handler deployments only. A
     * dry run without it does not compare the code.
     */
    skill?: { toLambda(): string | Promise<string> };
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
    /**
     * True to show the changes only, as `LITEXA_DEPLOY_DRY_RUN=1` does.
     * @default false
     */
    dryRun?: boolean;

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

  /** The context of `operate`: that of a deployment, without a skill. */
  type OperateContext = Omit<DeployContext, 'skill'>;

  /** The context of `litexa logs`, as far as this module reads it. */
  interface LogsContext extends TargetContext {
    /** `<root>/.logs`: each target gets a folder in it. */
    logsRoot: string;
    /**
     * Whether to show requests as they end, until Ctrl-C or `signal`.
     * @default the environment variable `LITEXA_LOGS_FOLLOW`
     */
    follow?: boolean;
    /** Ends following when it is aborted. */
    signal?: AbortSignal;
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
   * The configuration of a Litexa project: litexa.config.json, or the export of litexa.config.js or
   * litexa.config.ts.
   */
  interface LitexaConfig {
    /**
     * The location of this schema, for editors.
     * @example './node_modules/@litexa/deploy-aws/litexa.config.schema.json'
     */
    $schema?: string;
    /**
     * The name of the project, which becomes part of the names of all deployed resources: letters,
     * digits, hyphens and underscores.
     * @default the name of the project's folder
     * @example 'suncoast'
     */
    name?: string | null;
    /**
     * The deployment targets by name, such as `development` and `production`: `litexa deploy -d
     * production` deploys the second. Unless the name of a target contains `production`, Litexa
     * appends it to the skill's name.
     * @example { development: { module: '@litexa/deploy-aws', s3Configuration: { bucketName: 'suncoast-assets' } } }
     */
    deployments: Record<string, DeploymentTarget>;
    /**
     * Files with these extensions count as assets too, in every target.
     * @default []
     * @example ['.csv', '.webp']
     */
    additionalAssetExtensions?: string[] | null;
    /** Options of Litexa extensions, by the name of the extension. */
    extensionOptions?: Record<string, unknown> | null;
    /** Options of asset processors, by the name of their extension. */
    plugins?: Record<string, unknown> | null;
    /**
     * Additional directives that the skill may send, although Litexa does not know them.
     * @example ['AudioPlayer.Play']
     */
    validDirectivesList?: string[] | null;
    /** Not read by this module. */
    [other: string]: unknown;
  }

  /** Options of a deployment target that the Litexa CLI itself reads, whatever the module. */
  interface CliOptions {
    /**
     * The package that deploys this target.
     * @example '@litexa/deploy-aws'
     */
    module?: string;
    /**
     * The ASK CLI profile with which the skill's manifest and model are sent to Alexa.
     * @example 'default'
     */
    askProfile?: string | null;
    /**
     * Stores the skill's state in Alexa's session attributes, which are lost when the session ends.
     * No table is created.
     * @default false
     */
    useSessionAttributesForPersistentStore?: boolean | null;
    /**
     * Invocation names by locale, for this target only.
     * @example { 'en-GB': 'cloudy cats' }
     */
    invocation?: Record<string, string> | null;
    /**
     * Appended to the invocation name of each locale, to distinguish targets when speaking.
     * @example 'dev'
     */
    invocationSuffix?: string | null;
    /**
     * Files with these extensions count as assets too, in this target.
     * @default []
     * @example ['.csv', '.webp']
     */
    additionalAssetExtensions?: string[] | null;
    /**
     * Allows the skill to refer to assets that are not in the project.
     * @default false
     */
    disableAssetReferenceValidation?: boolean | null;
    /**
     * Values that the skill reads as `DEPLOY.<name>`, when it is compiled and when it runs.
     * @default {}
     * @example { DEBUG: true, MODE: 'practice' }
     */
    DEPLOY?: Record<string, unknown> | null;
    /** Set by the CLI while it runs. Do not set it. */
    name?: string;
    /** Not read by this module. */
    [other: string]: unknown;
  }

  /**
   * A deployment target: an entry of `deployments` in the Litexa config. Keys that are not listed
   * here may belong to other tools: one that resembles an option is a warning.
   * @example { module: '@litexa/deploy-aws', askProfile: 'default', awsProfile: 'prototyping', s3Configuration: { bucketName: 'suncoast-assets' } }
   */
  interface DeploymentTarget extends CliOptions {
    /**
     * The AWS profile to sign in with. Takes precedence over environment variables; an
     * `aws-config.json` in the project takes precedence over it.
     * @default the first credentials found (see docs/credentials.md)
     * @example 'prototyping'
     */
    awsProfile?: string | null;
    /**
     * The region of the function, the table and the logs, and of a new bucket. When it changes, the
     * function and the stored data stay in the previous region.
     * @default the first that is set (see docs/credentials.md)
     * @example 'us-east-1'
     */
    awsRegion?: string | null;
    /**
     * The base URL of the assets, which the handler uses verbatim: include the trailing slash.
     * Icons in the skill's manifest keep their S3 URLs.
     * @default the target's folder in the bucket
     * @example 'https://cdn.example.com/suncoast/'
     */
    overrideAssetsRoot?: string | null;
    /**
     * The older name of `s3Configuration.bucketName`. Takes precedence where both are set.
     * @deprecated Use `s3Configuration.bucketName`.
     */
    S3BucketName?: string | null;
    /**
     * Tags of the function, the table, the log group and a dedicated role. A resource is created
     * with them; an existing one gets those that it misses, unless it is a log group of another
     * name (`LoggingConfig.LogGroup`). Other tags stay, and so does a tag that is removed from this
     * option. The shared role, which belongs to all skills, is not tagged.
     * @default {}
     * @example { team: 'voice', 'cost-center': '4711' }
     */
    tags?: Record<string, string | null> | null;
    /** The bucket and the assets in it. */
    s3Configuration?: S3Configuration | null;
    /**
     * Parameters of Lambda's `CreateFunction`, in their AWS spelling, and `endpointVersion` and
     * `keepVersions` of this module. They override the defaults; other parameters are left
     * unchanged.
     */
    lambdaConfiguration?: LambdaConfiguration | null;
    /** The function's package. */
    packageConfiguration?: PackageConfiguration | null;
    /** The skill's table. */
    dynamoDbConfiguration?: DynamoDbConfiguration | null;
    /** The role of the function. */
    iamConfiguration?: IamConfiguration | null;
    /** The retention of the logs, and the time range and the output of `litexa logs`. */
    logsConfiguration?: LogsConfiguration | null;
    /** Not read by this module. */
    [other: string]: unknown;
  }

  /** The bucket and the assets in it. */
  interface S3Configuration {
    /**
     * The bucket for the assets. Names are unique across all of AWS; a bucket that does not exist
     * is created. Without a bucket, assets cannot be deployed, and the handler gets no base URL for
     * them but `overrideAssetsRoot`.
     * @example 'suncoast-assets'
     */
    bucketName?: string | null;
    /**
     * The account that the bucket belongs to, if it is another one than that of the credentials. S3
     * rejects changes of a bucket that belongs to any other account. A package for Lambda is never
     * uploaded to a bucket of another account.
     * @default the account of the credentials
     * @example '123456789012'
     */
    bucketOwner?: string | null;
    /**
     * How Alexa, which reads anonymously, gets access to the assets. Unless it is `"none"`, each
     * deployment fetches one asset anonymously, and a warning reports a failure. The account's
     * Block Public Access settings override those of the bucket.
     * - 'acl': Each object is sent with the ACL `public-read`. If an existing bucket has ACLs
     * disabled, objects are sent without one, and a warning reports it.
     * - 'bucketPolicy': A statement in the bucket policy allows everyone to read
     * `<name>/<target>/*`. All other statements stay.
     * - 'none': Something else, such as a CDN, provides access. A statement that an earlier
     * deployment added to the bucket policy is removed.
     * @default 'acl'
     */
    publicAccess?: 'acl' | 'bucketPolicy' | 'none' | null;
    /**
     * Deletes objects of this target whose asset was removed. Does nothing if the project has no
     * assets at all.
     * - false: Keeps them.
     * - true: Deletes them, unless more objects would be deleted than are left: a folder may be
     * missing by mistake. A warning reports it.
     * - 'always': Deletes them, however many they are.
     * @default false
     */
    deleteRemovedAssets?: false | true | 'always' | null;
    /**
     * Parameters of `PutObject` by file pattern. The first entry that matches an asset applies, and
     * the default only where none does. A change of parameters also reaches assets whose content is
     * unchanged.
     * @default []
     * @example [{ filter: ['*.mp3'], params: { CacheControl: 'max-age=600' } }, { params: { CacheControl: 'max-age=3600' } }]
     */
    uploadParams?: UploadRule[] | null;
  }

  /** Parameters for some of the assets. */
  interface UploadRule {
    /**
     * Glob patterns as minimatch 3 reads them with `matchBase`, against paths below the assets
     * folder. An entry without a filter, or with `*` among its patterns, is the default for all
     * other assets; the last such entry applies.
     * @example ['*.jpg', 'sounds/**']
     */
    filter?: string[] | null;
    /** Parameters of S3's `PutObject`, in their AWS spelling. */
    params?: UploadParameters | null;
  }

  /** Parameters of S3's `PutObject`, in their AWS spelling. */
  interface UploadParameters {
    /**
     * How long devices and CDNs may cache the asset.
     * @example 'max-age=3600'
     */
    CacheControl?: string | null;
    /**
     * Whether a browser displays or saves the asset, and under which name.
     * @example 'inline'
     */
    ContentDisposition?: string | null;
    /**
     * How the file is already compressed.
     * @example 'gzip'
     */
    ContentEncoding?: string | null;
    /**
     * The language of the asset.
     * @example 'en-GB'
     */
    ContentLanguage?: string | null;
    /**
     * When the asset expires: an ISO date, an HTTP date, or seconds since 1970. Without an offset
     * it is UTC.
     * @example '2030-01-31T12:00:00Z'
     */
    Expires?: Date | string | number | null;
    /**
     * The redirect target when the bucket is served as a website.
     * @example '/new-home.html'
     */
    WebsiteRedirectLocation?: string | null;
    /**
     * Custom names and values, up to 2 KB in total.
     * @example { author: 'suncoast' }
     */
    Metadata?: Record<string, string | null> | null;
    /**
     * Up to 10 tags, for cost reports and lifecycle rules. Needs `s3:PutObjectTagging`.
     * @example 'project=cats&stage=beta'
     */
    Tagging?: string | null;
    /**
     * The storage class. Alexa cannot read `GLACIER` and `DEEP_ARCHIVE`.
     * @default `STANDARD`, as in S3
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
     * The checksum that S3 verifies and stores.
     * @default chosen by the AWS SDK
     */
    ChecksumAlgorithm?: 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256' | null;
    /**
     * The encryption of the asset. Objects that are encrypted with a KMS key cannot be read
     * anonymously, and so not by Alexa.
     * @default the bucket's
     */
    ServerSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse' | null;
    /**
     * The KMS key. Needs `ServerSideEncryption: "aws:kms"`.
     * @example 'alias/suncoast'
     */
    SSEKMSKeyId?: string | null;
    /**
     * The encryption context. Needs `ServerSideEncryption: "aws:kms"`.
     * @example 'eyJ0ZWFtIjoic3VuY29hc3QifQ=='
     */
    SSEKMSEncryptionContext?: string | null;
    /**
     * Requests one KMS key for the bucket instead of one for each object, which is cheaper.
     * @default the bucket's
     */
    BucketKeyEnabled?: boolean | null;
    /**
     * Grantees with full control of the object. With any grant, no canned ACL is sent.
     * @example 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
     */
    GrantFullControl?: string | null;
    /**
     * Grantees that may read the object. With any grant, no canned ACL is sent; the example makes
     * the asset public again.
     * @example 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
     */
    GrantRead?: string | null;
    /**
     * Grantees that may read the object's ACL. With any grant, no canned ACL is sent.
     * @example 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
     */
    GrantReadACP?: string | null;
    /**
     * Grantees that may write the object's ACL. With any grant, no canned ACL is sent.
     * @example 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
     */
    GrantWriteACP?: string | null;
    /**
     * Rejects the upload if the bucket belongs to another account.
     * @example '123456789012'
     */
    ExpectedBucketOwner?: string | null;
    /** Agrees to pay for the requests. Alexa cannot read from a Requester Pays bucket. */
    RequestPayer?: 'requester' | null;
    /** The mode of the lock, which decides who may remove it. Needs `ObjectLockRetainUntilDate`. */
    ObjectLockMode?: 'GOVERNANCE' | 'COMPLIANCE' | null;
    /**
     * The date until which the object cannot be deleted. Needs `ObjectLockMode`.
     * @example '2030-01-31T12:00:00Z'
     */
    ObjectLockRetainUntilDate?: Date | string | number | null;
    /** Whether the object is retained until the hold is removed. */
    ObjectLockLegalHoldStatus?: 'ON' | 'OFF' | null;
    /** Whether the object is retained until an event that is reported to S3. */
    ObjectLockEventHold?: 'ON' | 'OFF' | null;
    /**
     * How long the object is retained after that event. Not with
     * `ObjectLockEventHoldDurationYears`.
     */
    ObjectLockEventHoldDurationDays?: number | null;
    /** How long the object is retained after that event. Not with `ObjectLockEventHoldDurationDays`. */
    ObjectLockEventHoldDurationYears?: number | null;
  }

  /**
   * Parameters of Lambda's `CreateFunction`, in their AWS spelling, and `endpointVersion` and
   * `keepVersions` of this module. They override the defaults; other parameters are left unchanged.
   */
  interface LambdaConfiguration {
    /**
     * The description of the function.
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
     * The memory, and in proportion the share of a processor. More than 10,240 is for few
     * functions, with a warning.
     * @default 256
     * @example 512
     */
    MemorySize?: number | null;
    /**
     * The time after which Lambda ends an invocation. Alexa itself waits for about eight seconds.
     * More than 1,800 is for few functions, with a warning.
     * @default 10
     * @example 8
     */
    Timeout?: number | null;
    /** The environment of the handler. */
    Environment?: {
      /**
       * Environment variables, in addition to those that Litexa sets, which are listed here; up to 4
       * KB in total as JSON text. Numbers and booleans become strings, and `null` counts as not set.
       * @example { loggingLevel: 'verbose', mySpecialVariable: 13 }
       */
      Variables?: {
        /**
         * `terse` logs the relevant part of requests, `verbose` all of it, and an empty string nothing.
         * @default 'terse'
         * @example 'verbose'
         */
        loggingLevel?: string | number | boolean | null;
        /**
         * The name of the target.
         * @default the target's name
         */
        variant?: string | number | boolean | null;
        /**
         * The table with the skill's state.
         * @default the table, or `NO_TABLE_DEPLOYED`
         */
        dynamoTableName?: string | number | boolean | null;
        /**
         * The base URL of the assets.
         * @default `overrideAssetsRoot`, or else the URL of the bucket's assets; not set without both
         */
        assetsRoot?: string | number | boolean | null;
        [other: string]: string | number | boolean | null | undefined;
      } | null;
    } | null;
    /**
     * The processor architecture. A change uploads the code again.
     * @default `["x86_64"]`, as in Lambda
     * @example ['arm64']
     */
    Architectures?: ['x86_64' | 'arm64'] | null;
    /**
     * An existing role. It is used as it is, and `iamConfiguration` has no effect.
     * @default the role of `iamConfiguration`
     * @example 'arn:aws:iam::123456789012:role/suncoast'
     */
    Role?: string | null;
    /**
     * The module and the function in it that Lambda calls. The default is the entry point that this
     * module adds to the handler. A module that neither the package nor a layer has is an error.
     * @default 'index.handler'
     * @example 'index.handler'
     */
    Handler?: string | null;
    /**
     * Layers, the lowest first.
     * @example ['arn:aws:lambda:us-east-1:123456789012:layer:sounds:3']
     */
    Layers?: string[] | null;
    /** The network of the function. */
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
       * Allows outbound IPv6 traffic where the subnets support it.
       * @default `false`, as in Lambda
       */
      Ipv6AllowedForDualStack?: boolean | null;
    } | null;
    /**
     * The key with which Lambda encrypts the variables.
     * @default Lambda's own key
     * @example 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'
     */
    KMSKeyArn?: string | null;
    /** The destination of events that could not be processed. */
    DeadLetterConfig?: {
      /**
       * A queue or topic. Alexa invokes synchronously, so it receives the events of other callers
       * only.
       * @example 'arn:aws:sqs:us-east-1:123456789012:suncoast'
       */
      TargetArn?: string | null;
    } | null;
    /** Tracing with X-Ray. */
    TracingConfig?: {
      /**
       * Whether requests are traced that the caller does not trace.
       * @default `PassThrough`, as in Lambda
       */
      Mode?: 'Active' | 'PassThrough' | null;
    } | null;
    /** The folder `/tmp`. */
    EphemeralStorage?: {
      /**
       * The size of the folder. More than 10,240 is for few functions, with a warning.
       * @default 512, as in Lambda
       * @example 1024
       */
      Size?: number | null;
    } | null;
    /**
     * File systems that are mounted as folders.
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
           * The folder in `/mnt` where it is mounted.
           * @example '/mnt/sounds'
           */
          LocalMountPath: string;
        }[]
      | null;
    /** Starting from a snapshot. */
    SnapStart?: {
      /**
       * The versions that get a snapshot. AWS supports it for few runtimes.
       * @default `None`, as in Lambda
       */
      ApplyOn?: 'PublishedVersions' | 'None' | null;
    } | null;
    /** The format and destination of logs. */
    LoggingConfig?: {
      /**
       * Lines as the handler writes them, or one JSON object each. `litexa logs` reads both.
       * @default `Text`, as in Lambda
       */
      LogFormat?: 'Text' | 'JSON' | null;
      /**
       * The lowest level of the handler's lines. With `JSON` only. Requests are logged at `INFO`.
       * @default `INFO`, as in Lambda
       */
      ApplicationLogLevel?: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL' | null;
      /**
       * The lowest level of Lambda's own lines. With `JSON` only.
       * @default `INFO`, as in Lambda
       */
      SystemLogLevel?: 'DEBUG' | 'INFO' | 'WARN' | null;
      /**
       * The log group, which is created if it is missing. `litexa logs` reads it.
       * @default `/aws/lambda/<name>_<target>_litexa_handler`
       * @example '/skills/suncoast'
       */
      LogGroup?: string | null;
    } | null;
    /** Durable functions, which resume where they were interrupted. */
    DurableConfig?: {
      /**
       * The maximum duration of an execution.
       * @example 3600
       */
      ExecutionTimeout?: number | null;
      /**
       * How long the history of an execution is kept.
       * @example 14
       */
      RetentionPeriodInDays?: number | null;
      /**
       * The key with which the state is encrypted.
       * @example 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'
       */
      KMSKeyArn?: string | null;
    } | null;
    /** Runs the function on Lambda Managed Instances. */
    CapacityProviderConfig?: {
      /**
       * Instances in your account that Lambda manages.
       * @example { CapacityProviderArn: 'arn:aws:lambda:us-east-1:123456789012:capacity-provider:suncoast' }
       */
      LambdaManagedInstancesCapacityProviderConfig?: {
        /**
         * The capacity provider.
         * @example 'arn:aws:lambda:us-east-1:123456789012:capacity-provider:suncoast'
         */
        CapacityProviderArn: string;
        /**
         * The memory for each processor.
         * @example 2
         */
        ExecutionEnvironmentMemoryGiBPerVCpu?: number | null;
        /**
         * The number of requests that one execution environment handles concurrently.
         * @example 8
         */
        PerExecutionEnvironmentMaxConcurrency?: number | null;
      } | null;
    } | null;
    /**
     * Not an AWS parameter. The version that the skill's endpoint, the alias `release-<n>`, points
     * to.
     * - 'latest': `$LATEST`: a change of the configuration is live a moment before the code that
     * comes with it.
     * - 'published': The version that the deployment publishes: configuration and code change
     * together. Needs `lambda:PublishVersion`.
     * @default 'latest'
     */
    endpointVersion?: 'latest' | 'published' | null;
    /**
     * Not an AWS parameter. The number of published versions to keep; older ones are deleted,
     * except for those that an alias points to.
     * @default all are kept
     * @example 10
     */
    keepVersions?: number | null;
  }

  /** The function's package. */
  interface PackageConfiguration {
    /**
     * The npm packages that the function's package contains.
     * - 'all': Everything that is installed in `litexa/node_modules`.
     * - 'production': The packages that `dependencies` and `optionalDependencies` in
     * `litexa/package.json` reach, without those that only `devDependencies` need.
     * @default 'all'
     */
    include?: 'all' | 'production' | null;
  }

  /** The skill's table. */
  type DynamoDbConfiguration = {
    /**
     * The billing mode of a new table. An existing table keeps its own.
     * - 'PROVISIONED': Billed by the hour for a fixed capacity.
     * - 'PAY_PER_REQUEST': Billed by the request.
     * @default 'PROVISIONED'
     */
    billingMode?: 'PROVISIONED' | 'PAY_PER_REQUEST' | null;
    /**
     * Read capacity of a new table. Not with `PAY_PER_REQUEST`.
     * @default 10
     */
    readCapacityUnits?: number | null;
    /**
     * Write capacity of a new table. Not with `PAY_PER_REQUEST`.
     * @default 10
     */
    writeCapacityUnits?: number | null;
    /** Deletes items that were not used for some time. */
    timeToLive?: TimeToLive | null;
    /**
     * Protects the table from being deleted. Applies to new and to existing tables. A deployment
     * removes the protection for `false` only; `litexa-deploy-aws remove --table` removes it, too.
     * @default off for a new table; an existing one keeps its setting
     */
    deletionProtection?: boolean | null;
    /**
     * Backs up the table continuously, so that it can be restored to any time of the last 35 days.
     * Applies to new and to existing tables, and is billed by the table's size. The backups are
     * turned off by `false` only.
     * @default off for a new table; an existing one keeps its setting
     */
    pointInTimeRecovery?: boolean | null;
  } & (
    | {
        billingMode?: 'PROVISIONED' | null;
      }
    | {
        readCapacityUnits?: null;
        writeCapacityUnits?: null;
      }
  );

  /** Deletes items that were not used for some time. */
  type TimeToLive = {
    /**
     * The attribute in which the handler stores when an item expires.
     * @example 'ttl'
     */
    AttributeName?: string | null;
    /**
     * The time from writing an item until it expires. Read by the handler.
     * @example 2592000
     */
    secondsToLive?: number | null;
    /**
     * Allows DynamoDB to delete items. An existing table is changed by `true` only, since its items
     * may already contain times in the past.
     * @default with an `AttributeName`: `true` for new tables
     */
    enable?: boolean | null;
  } & (
    | {
        enable?: false | null;
      }
    | {
        AttributeName: string;
      }
  );

  /** The role of the function. */
  type IamConfiguration = {
    /**
     * Selects the role.
     * - 'shared': `litexa_handler_lambda`, which all Litexa skills of an account share.
     * - 'dedicated': `<name>_<target>_litexa_handler`, whose permissions are limited to the skill's
     * own table, logs and metrics.
     * @default 'shared'
     */
    role?: 'shared' | 'dedicated' | null;
    /**
     * Additional managed policies. Only with a dedicated role: on the shared one they would apply
     * to every skill of the account. A policy that is removed from this list stays attached.
     * @default []
     * @example ['arn:aws:iam::aws:policy/AmazonSNSFullAccess']
     */
    policies?: string[] | null;
    /**
     * A managed policy that limits what the role can be allowed to do (see docs/permissions.md).
     * Only with a dedicated role. An existing role gets it as well; without this option a role
     * keeps the boundary that it has.
     * @default none for a new role
     * @example 'arn:aws:iam::123456789012:policy/litexa-boundary'
     */
    permissionsBoundary?: string | null;
  } & (
    | {
        role: 'dedicated';
      }
    | {
        policies?: [] | null;
        permissionsBoundary?: null;
      }
  );

  /** The retention of the logs, and the time range and the output of `litexa logs`. */
  type LogsConfiguration = {
    /**
     * How long a new log group keeps its events. An existing group keeps its own retention.
     * @default 30
     * @example 90
     */
    retentionInDays?:
      | 1
      | 3
      | 5
      | 7
      | 14
      | 30
      | 60
      | 90
      | 120
      | 150
      | 180
      | 365
      | 400
      | 545
      | 731
      | 1096
      | 1827
      | 2192
      | 2557
      | 2922
      | 3288
      | 3653
      | null;
    /**
     * The length of the time range, which ends now. Overridden by the environment variable
     * `LITEXA_LOGS_MINUTES`.
     * @default 60
     * @example 15
     */
    minutes?: number | null;
    /**
     * The start of the time range, instead of `minutes`: a length of time up to now, or a time,
     * which is local unless it has an offset or a time zone. Overridden by the environment variable
     * `LITEXA_LOGS_SINCE`.
     * @example '3h'
     */
    since?: string | null;
    /**
     * The requests to write. Overridden by the environment variable `LITEXA_LOGS_STATUS`.
     * - 'all': all requests
     * - 'failed': only the failed ones, and errors outside of requests. The counts still include
     * all requests
     * @default 'all'
     * @example 'failed'
     */
    status?: 'all' | 'failed' | null;
    /**
     * The files to write: text to read, one JSON object per request for tools, or a page for a
     * browser. Overridden by the environment variable `LITEXA_LOGS_FORMATS`, as in `text,html`.
     * @default ['text']
     * @example ['text', 'html']
     */
    formats?: ('text' | 'jsonl' | 'html')[] | null;
    /**
     * The engine of `litexa logs`. Overridden by the environment variable `LITEXA_LOGS_SOURCE`.
     * - 'events': the events themselves, for hours
     * - 'insights': counts by CloudWatch Logs Insights, for days of a live skill; AWS bills the
     * data that it scans
     * @default 'events'
     * @example 'insights'
     */
    source?: 'events' | 'insights' | null;
    /**
     * The data that `source: "insights"` may scan, in GB. It stops before, or as soon as it is
     * more. Overridden by the environment variable `LITEXA_LOGS_MAX_SCANNED_GB`.
     * @default 10
     * @example 50
     */
    maxScannedGb?: number | null;
    /**
     * Shows the access tokens in requests, which are redacted otherwise.
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
        minutes?: null;
      }
  );
  // </options>
}

export = deployAws;
