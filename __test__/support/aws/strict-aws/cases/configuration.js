'use strict';

const { FUNCTION, ROLE, ROLE_ARN, TRUST, after, createFunction } = require('./fixtures');
const { createRole, policy, send } = require('./fixtures');

const atOnce = { lag: 0 };
const creating = (fields) => send(['lambda:CreateFunction', { ...FUNCTION, ...fields }]);
const updating = (fields) =>
  send(['lambda:UpdateFunctionConfiguration', { FunctionName: 'cats', ...fields }]);

/** A case about a field of a new function. */
const refused = (rule, title, fields, answer) => ({
  rule,
  title,
  given: after(createRole),
  request: creating(fields),
  answer: { status: 400, ...answer },
});

const range = (rule, title, fields, message) =>
  refused(rule, title, fields, { code: 'ValidationException', message });

const variables = (Variables) => ({ Environment: { Variables } });

const NETWORK = { VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] } };
const vpcAccess = [
  'iam:AttachRolePolicy',
  {
    RoleName: 'cats',
    PolicyArn: 'arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole',
  },
];
const notAssumable = {
  status: 400,
  code: 'InvalidParameterValueException',
  message: 'The role defined for the function cannot be assumed by Lambda.',
};

module.exports = [
  refused(
    'lambda-types',
    'MemorySize as text',
    { MemorySize: '512' },
    {
      code: 'SerializationException',
    },
  ),
  refused('lambda-types', 'a variable that is a number', variables({ PORT: 1 }), {
    code: 'SerializationException',
  }),
  range('function-name', 'a name with a dot', { FunctionName: 'cats.beta' }, /functionName/),
  range('function-name', 'a name of 65 letters', { FunctionName: 'c'.repeat(65) }, /64/),
  range('timeout-range', 'a Timeout of 0', { Timeout: 0 }, /greater than or equal to 1$/),
  range('timeout-range', 'a Timeout of 1801', { Timeout: 1801 }, /less than or equal to 1800$/),
  range('memory-range', 'a MemorySize of 64', { MemorySize: 64 }, /equal to 128$/),
  range('memory-range', 'a MemorySize of 10,241', { MemorySize: 10241 }, /equal to 10240$/),
  {
    title: 'a MemorySize of 32,768 on Lambda Managed Instances',
    options: atOnce,
    given: after(createRole),
    request: creating({
      MemorySize: 32768,
      CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: {} },
    }),
    answer: { status: 201, output: { MemorySize: 32768 } },
  },
  {
    ...refused(
      'memory-of-account',
      'a MemorySize of 4,096 in a new account',
      { MemorySize: 4096 },
      {
        code: 'InvalidParameterValueException',
        message: /less than or equal to 3008/,
      },
    ),
    options: { maxMemorySize: 3008 },
  },
  range(
    'storage-range',
    'an EphemeralStorage of 100',
    { EphemeralStorage: { Size: 100 } },
    /greater than or equal to 512$/,
  ),
  range('description-length', 'a long Description', { Description: 'c'.repeat(257) }, /256$/),
  range('variable-names', 'a variable `_`', variables({ _: '1' }), /environment\.variables/),
  range('variable-names', 'a variable of one letter', variables({ A: '1' }), /keys satisfy/),
  refused('reserved-variables', 'the variable AWS_REGION', variables({ AWS_REGION: 'x' }), {
    code: 'InvalidParameterValueException',
    message: /Reserved keys used in this request: AWS_REGION$/,
  }),
  refused(
    'variables-size',
    '31 variables of 125 characters',
    variables(
      Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`V${100 + i}`, 'c'.repeat(125)])),
    ),
    {
      code: 'InvalidParameterValueException',
      message: /exceeded the 4KB limit\. String measured: \{"V100":"c+","V101"/,
    },
  ),
  refused(
    'known-runtime',
    'the runtime nodejs99.x',
    { Runtime: 'nodejs99.x' },
    {
      code: 'InvalidParameterValueException',
      message: /^Value nodejs99\.x at 'runtime'/,
    },
  ),
  {
    ...refused(
      'retired-runtime',
      'a new function with nodejs14.x',
      { Runtime: 'nodejs14.x' },
      {
        code: 'InvalidParameterValueException',
        message: /^The runtime parameter of nodejs14\.x is no longer supported/,
      },
    ),
    options: { clock: () => Date.parse('2026-11-26') },
  },
  {
    rule: 'retired-runtime',
    title: 'an update to nodejs16.x after its last day',
    options: { ...atOnce, clock: () => Date.parse('2027-03-03') },
    given: after(createRole, createFunction),
    request: updating({ Runtime: 'nodejs16.x' }),
    answer: { status: 400, message: /nodejs16\.x is no longer supported/ },
  },
  {
    title: 'an update to nodejs14.x before its last day',
    options: { ...atOnce, clock: () => Date.parse('2026-11-26') },
    given: after(createRole, createFunction),
    request: updating({ Runtime: 'nodejs14.x' }),
    answer: { status: 200, output: { Runtime: 'nodejs14.x' } },
  },
  {
    rule: 'role-of-account',
    title: 'the role of another account',
    given: after(createRole),
    request: creating({ Role: 'arn:aws:iam::999999999999:role/cats' }),
    answer: { status: 403, code: 'AccessDeniedException', message: /Cross-account pass role/ },
  },
  {
    rule: 'role-of-account',
    title: 'a role without its ARN',
    given: after(createRole),
    request: creating({ Role: 'cats' }),
    answer: { status: 400, code: 'ValidationException', message: /'role'/ },
  },
  {
    rule: 'role-assumable',
    title: 'a role that does not exist',
    request: creating({}),
    answer: notAssumable,
  },
  {
    rule: 'role-assumable',
    title: 'a role that trusts EC2 only',
    given: after([
      'iam:CreateRole',
      {
        ...ROLE,
        AssumeRolePolicyDocument: policy({
          Effect: 'Allow',
          Principal: { Service: 'ec2.amazonaws.com' },
          Action: 'sts:AssumeRole',
        }),
      },
    ]),
    request: creating({}),
    answer: notAssumable,
  },
  {
    rule: 'new-role-not-assumable',
    title: 'a role that was created just now',
    request: send(createRole, createFunction),
    answer: notAssumable,
  },
  {
    rule: 'new-role-not-assumable',
    title: 'a role whose trust policy was changed just now',
    given: after(createRole),
    request: send(
      ['iam:UpdateAssumeRolePolicy', { RoleName: 'cats', PolicyDocument: TRUST }],
      createFunction,
    ),
    answer: notAssumable,
  },
  {
    title: 'GetRole just after the trust policy was changed',
    given: after(createRole),
    request: send(
      ['iam:UpdateAssumeRolePolicy', { RoleName: 'cats', PolicyDocument: TRUST }],
      ['iam:GetRole', { RoleName: 'cats' }],
    ),
    answer: { status: 200 },
  },
  {
    title: 'a role that was created some requests ago',
    request: send(createRole, createFunction, createFunction),
    answer: { status: 201, output: { Role: ROLE_ARN } },
  },
  {
    rule: 'role-for-network',
    title: 'a VPC, and a role that may not create network interfaces',
    options: atOnce,
    given: after(createRole),
    request: creating(NETWORK),
    answer: { status: 400, message: /permissions to call CreateNetworkInterface on EC2$/ },
  },
  {
    rule: 'role-for-network',
    title: 'a VPC, and a role that got the right just now',
    given: after(createRole),
    request: send(vpcAccess, ['lambda:CreateFunction', { ...FUNCTION, ...NETWORK }]),
    answer: { status: 400, message: /CreateNetworkInterface/ },
  },
  {
    rule: 'role-for-network',
    title: 'a VPC for a function whose role may not create network interfaces',
    options: atOnce,
    given: after(createRole, createFunction),
    request: send(['lambda:UpdateFunctionConfiguration', { FunctionName: 'cats', ...NETWORK }]),
    answer: { status: 400, message: /CreateNetworkInterface/ },
  },
  {
    title: 'a VPC, and a role that has the right',
    options: atOnce,
    given: after(createRole, vpcAccess),
    request: creating(NETWORK),
    answer: { status: 201 },
  },
];
