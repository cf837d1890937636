// A litexa.config.ts as a skill author writes it. The CLI takes the types out of it, each file for
// itself, and runs what is left.
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
