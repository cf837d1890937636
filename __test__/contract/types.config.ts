// A litexa.config.ts as a skill author writes it. The CLI removes the types, file by file, and runs the
// result.
import deployAws = require('../..');

const config: deployAws.LitexaConfig = {
  name: 'suncoast',
  deployments: {
    development: {
      module: '@litexa/deploy-aws',
      awsProfile: 'prototyping',
      s3Configuration: { bucketName: 'suncoast-assets' },
      lambdaConfiguration: { Environment: { Variables: { loggingLevel: 'verbose' } } },
    },
  },
};

export = config;
