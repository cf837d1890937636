'use strict';

// The permission of Alexa after someone has changed its statement, on a Lambda with AWS's rules: it refuses the ID of a
// statement that exists (https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html).

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { openStrictAws } = require('../support/aws/use-strict-aws');
const { createProject, NAMES } = require('../support/litexa/project');

const SKILL = 'amzn1.ask.skill.cats';
const INVOKE = 'lambda:InvokeFunction';
const ALEXA = 'alexa-appkit.amazon.com';

const alexaStatements = (statements, skill) =>
  statements.filter(
    ({ Action, Principal, Condition }) =>
      Action === INVOKE &&
      Principal.Service === ALEXA &&
      JSON.stringify(Condition) ===
        (skill && JSON.stringify({ StringEquals: { 'lambda:EventSourceToken': skill } })),
  );

for (const [what, skill, statement] of [
  ['is for another service', undefined, { Action: INVOKE, Principal: 's3.amazonaws.com' }],
  ['is for another service', SKILL, { Action: INVOKE, Principal: 's3.amazonaws.com' }],
  ['permits another action', SKILL, { Action: 'lambda:GetFunction', Principal: ALEXA }],
  ['has a condition', SKILL, { Action: INVOKE, Principal: ALEXA, SourceAccount: '999999999999' }],
  ['is for another skill', SKILL, { Action: INVOKE, Principal: ALEXA, EventSourceToken: 'other' }],
]) {
  test(`Alexa gets its permission for ${skill ?? 'any skill'} although its statement ${what}`, async (t) => {
    const aws = await openStrictAws(t, { lag: 0 });
    const project = createProject(t);
    if (skill) project.saveArtifact('skillId', skill);
    await project.deployHandler();
    const policy = async () => (await aws.client.getPolicy(NAMES.function, NAMES.alias)).Statement;
    const [{ Sid: StatementId }] = alexaStatements(await policy(), skill);
    await aws.client.lambda(`${NAMES.function}/policy/${StatementId}?Qualifier=${NAMES.alias}`, {
      method: 'DELETE',
    });
    await aws.client.lambda(`${NAMES.function}/policy?Qualifier=${NAMES.alias}`, {
      method: 'POST',
      input: { StatementId, ...statement },
    });
    assert.equal(alexaStatements(await policy(), skill).length, 0);

    await project.deployHandler();
    assert.equal(alexaStatements(await policy(), skill).length, 1);
    assert.ok(
      (await policy()).some(({ Sid }) => Sid === StatementId),
      'the other statement stays',
    );
    const sent = aws.sent('AddPermission').length;
    await project.deployHandler();
    assert.equal(aws.sent('AddPermission').length, sent, 'nothing is left to add');
  });
}
