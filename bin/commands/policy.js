'use strict';

const { operate } = require('../lib/module');

/** The members of a statement, in the order of AWS's documentation. */
const MEMBERS = ['Sid', 'Effect', 'Action', 'Resource', 'Condition'];

module.exports = {
  summary: 'prints the IAM policy that the user of a purpose needs',
  usage: 'policy [--for deploy|logs|operate|all] [-d <target>]',
  options: {
    for: {
      type: 'string',
      value: 'purpose',
      choices: ['deploy', 'logs', 'operate', 'all'],
      default: 'deploy',
      description: 'deploy, logs, operate or all; default: deploy',
    },
  },
  notes: [
    'The policy has the names of the project and its target, and only what its options need. Notes go to stderr.',
    'Credentials are not needed: without them and without an earlier deployment, the account stays myAccountId.',
  ],
  lines: 'verbose',
  async run(io, context, { options }) {
    const command = { name: 'policy', for: options.for };
    const { policy, notes } = await operate(context, command, io.logger);
    for (const note of notes) io.note(note);
    const ordered = (statement) =>
      Object.fromEntries(
        MEMBERS.filter((member) => member in statement).map((member) => [
          member,
          statement[member],
        ]),
      );
    return { Version: policy.Version, Statement: policy.Statement.map(ordered) };
  },
  print: (policy) => JSON.stringify(policy, null, 2),
};
