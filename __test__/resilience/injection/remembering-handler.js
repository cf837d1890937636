'use strict';

// A skill that writes an item for the device of each request, as Litexa's handler does. The emulator gives
// it the endpoint, and takes an unsigned request for one of the account that it names.

const http = require('node:http');

exports.handler = async (event, context) => {
  const { deviceId } = event.context.System.device;
  await putItem(context.invokedFunctionArn.split(':')[4], { userId: { S: deviceId } });
  const outputSpeech = { type: 'PlainText', text: 'hello again' };
  return { version: '1.0', sessionAttributes: {}, response: { outputSpeech } };
};

function putItem(account, Item) {
  const headers = {
    authorization: `AWS4-HMAC-SHA256 Credential=${account}/20260101/us-east-1/dynamodb/aws4_request`,
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'DynamoDB_20120810.PutItem',
  };
  return new Promise((resolve, reject) => {
    const request = http.request(process.env.AWS_ENDPOINT_URL, { method: 'POST', headers });
    request.once('error', reject).once('response', (response) => {
      response.resume().once('end', resolve);
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
    });
    request.end(JSON.stringify({ TableName: process.env.dynamoTableName, Item }));
  });
}
