'use strict';

const { ARN, FUNCTION, NEW_CODE, after, createFunction } = require('./fixtures');
const { createRole, send } = require('./fixtures');
const { invoke, invokeAll } = require('../client');

const atOnce = { lag: 0 };
const ready = after(createRole, createFunction);
const cats = (fields) => ({ FunctionName: 'cats', ...fields });

const updateCode = ['lambda:UpdateFunctionCode', NEW_CODE];
const configure = (fields) => ['lambda:UpdateFunctionConfiguration', cats(fields)];
const getConfiguration = ['lambda:GetFunctionConfiguration', cats()];
const publish = (fields) => ['lambda:PublishVersion', cats(fields)];

const busy = (message) => ({ status: 409, code: 'ResourceConflictException', message });
const PENDING = /currently in the following state: Pending$/;
const IN_PROGRESS = `The operation cannot be performed at this time. An update is in progress for resource: ${ARN}`;

/** Creates a function when its role is known. */
const create = async (server) => {
  await after(createRole)(server);
  return invoke(server, ...createFunction);
};

module.exports = [
  {
    rule: 'function-exists',
    title: 'CreateFunction for the second time',
    options: atOnce,
    given: ready,
    request: send(createFunction),
    answer: busy('Function already exist: cats'),
  },
  {
    rule: 'arn-of-created',
    title: 'CreateFunction with Publish',
    options: atOnce,
    given: after(createRole),
    request: send(['lambda:CreateFunction', { ...FUNCTION, Publish: true }]),
    answer: { status: 201, output: { FunctionArn: ARN, Version: '1', State: 'Pending' } },
  },
  {
    title: 'UpdateFunctionCode with Publish',
    options: atOnce,
    given: ready,
    request: send(['lambda:UpdateFunctionCode', { ...NEW_CODE, Publish: true }]),
    answer: { status: 200, output: { FunctionArn: `${ARN}:1`, LastUpdateStatus: 'InProgress' } },
  },
  {
    rule: 'function-pending',
    title: 'new code for a function that is being created',
    given: create,
    request: send(updateCode),
    answer: busy(PENDING),
  },
  {
    title: 'the state of a new function',
    request: create,
    answer: { status: 201, output: { State: 'Pending', StateReasonCode: 'Creating' } },
  },
  {
    title: 'the state of a function after some requests',
    given: create,
    request: send(getConfiguration, getConfiguration),
    answer: { status: 200, output: { State: 'Active', LastUpdateStatus: 'Successful' } },
  },
  {
    rule: 'function-failed',
    title: 'new code for a function whose creation has failed',
    given: async (server) => {
      server.creationOutcome = { State: 'Failed', StateReasonCode: 'InvalidSubnet' };
      await create(server);
      await invokeAll(server, getConfiguration, getConfiguration);
    },
    request: send(updateCode),
    answer: busy(/currently in the following state: Failed$/),
  },
  {
    title: 'new code for a function that is Inactive, as Lambda makes those that are not called',
    options: atOnce,
    async given(server) {
      await ready(server);
      server.inRegion().functions.get('cats').latest.State = 'Inactive';
    },
    request: send(updateCode),
    answer: { status: 200 },
  },
  {
    rule: 'update-status',
    title: 'the answer to a change',
    given: ready,
    request: send(configure({ Timeout: 7 })),
    answer: { status: 200, output: { Timeout: 7, LastUpdateStatus: 'InProgress' } },
  },
  {
    rule: 'update-in-progress',
    title: 'new code while the configuration is changed',
    given: ready,
    request: send(configure({ Timeout: 7 }), updateCode),
    answer: busy(IN_PROGRESS),
  },
  {
    rule: 'update-in-progress',
    title: 'PublishVersion while the code is changed',
    given: ready,
    request: send(updateCode, publish()),
    answer: busy(IN_PROGRESS),
  },
  {
    title: 'a change when the one before is complete',
    given: ready,
    request: send(configure({ Timeout: 7 }), getConfiguration, getConfiguration, updateCode),
    answer: { status: 200 },
  },
  {
    rule: 'new-function-not-found',
    title: 'CreateAlias just after the creation',
    given: create,
    request: send(['lambda:CreateAlias', cats({ Name: 'LIVE', FunctionVersion: '$LATEST' })]),
    answer: {
      status: 404,
      code: 'ResourceNotFoundException',
      message: `Function not found: ${ARN}`,
    },
  },
  {
    rule: 'new-function-not-found',
    title: 'AddPermission just after the creation',
    given: create,
    request: send([
      'lambda:AddPermission',
      cats({ StatementId: 'a', Action: 'lambda:InvokeFunction', Principal: '*' }),
    ]),
    answer: { status: 404, code: 'ResourceNotFoundException' },
  },
  {
    rule: 'revision-of-state',
    title: 'the RevisionId of the answer to a change, when the change is complete',
    given: ready,
    async request(server) {
      const { output } = await invoke(server, ...configure({ Timeout: 7 }));
      const { RevisionId } = output;
      const code = { ...NEW_CODE, RevisionId };
      return invokeAll(server, getConfiguration, ['lambda:UpdateFunctionCode', code]);
    },
    answer: { status: 412, code: 'PreconditionFailedException' },
  },
  {
    rule: 'revision-id',
    title: 'new code for another revision',
    options: atOnce,
    given: ready,
    request: send(['lambda:UpdateFunctionCode', { ...NEW_CODE, RevisionId: 'another' }]),
    answer: { status: 412, code: 'PreconditionFailedException' },
  },
  {
    rule: 'dry-run',
    title: 'the code after a DryRun',
    options: atOnce,
    given: ready,
    async request(server) {
      const { output: before } = await invoke(server, ...getConfiguration);
      await invoke(server, 'lambda:UpdateFunctionCode', { ...NEW_CODE, DryRun: true });
      const { output: now } = await invoke(server, ...getConfiguration);
      return { isSame: before.CodeSha256 === now.CodeSha256 };
    },
    answer: { isSame: true },
  },
  {
    rule: 'code-of-retired-runtime',
    title: 'new code for a function on nodejs12.x',
    options: atOnce,
    async given(server) {
      await ready(server);
      server.inRegion().functions.get('cats').latest.Runtime = 'nodejs12.x';
    },
    request: send(updateCode),
    answer: {
      status: 400,
      code: 'InvalidParameterValueException',
      message: /^The runtime parameter of nodejs12\.x is no longer supported/,
    },
  },
  {
    title: 'another Runtime for a function on nodejs12.x, and then new code',
    options: atOnce,
    async given(server) {
      await ready(server);
      server.inRegion().functions.get('cats').latest.Runtime = 'nodejs12.x';
    },
    request: send(configure({ Runtime: 'nodejs24.x' }), updateCode),
    answer: { status: 200 },
  },
  {
    title: 'the answer to PublishVersion',
    options: atOnce,
    given: ready,
    request: send(publish()),
    answer: { status: 201, output: { FunctionArn: `${ARN}:1`, Version: '1' } },
  },
  {
    rule: 'undecryptable-variables',
    title: 'variables that the caller may not decrypt',
    options: { ...atOnce, faults: [{ kind: 'undecryptable-variables' }] },
    given: after(createRole, [
      'lambda:CreateFunction',
      { ...FUNCTION, Environment: { Variables: { MOOD: 'hungry' } } },
    ]),
    request: send(getConfiguration),
    answer: {
      status: 200,
      output: {
        Environment: { Variables: undefined, Error: { ErrorCode: 'AccessDeniedException' } },
      },
    },
  },
  {
    rule: 'publish-unchanged',
    title: 'PublishVersion for the second time',
    options: atOnce,
    given: ready,
    request: send(publish(), publish()),
    answer: { status: 201, output: { Version: '1' } },
  },
  {
    title: 'PublishVersion after a change',
    options: atOnce,
    given: ready,
    request: send(publish(), configure({ Timeout: 7 }), publish()),
    answer: { status: 201, output: { Version: '2', Timeout: 7 } },
  },
  {
    rule: 'publish-code-sha256',
    title: 'PublishVersion of other code',
    options: atOnce,
    given: ready,
    request: send(publish({ CodeSha256: 'another' })),
    answer: {
      status: 400,
      message: /^CodeSHA256 \(another\) is different from current CodeSHA256/,
    },
  },
  {
    rule: 'version-of-alias',
    title: 'DeleteFunction of a version that an alias names',
    options: atOnce,
    given: after(createRole, createFunction, publish(), [
      'lambda:CreateAlias',
      cats({ Name: 'LIVE', FunctionVersion: '1' }),
    ]),
    request: send(['lambda:DeleteFunction', cats({ Qualifier: '1' })]),
    answer: busy(/the following aliases reference it: \[LIVE\]$/),
  },
  {
    rule: 'lambda-pages',
    title: 'a page of one version',
    options: atOnce,
    given: after(createRole, createFunction, publish()),
    request: send(['lambda:ListVersionsByFunction', cats({ MaxItems: 1 })]),
    answer: { status: 200, output: { Versions: { length: 1 }, NextMarker: /^\w+=*$/ } },
  },
];
