'use strict';

// Everything in an emulator account that a deployment touches, as plain data: two accounts in the
// same state give equal snapshots, whenever and in whatever order they were brought there.

const { awsHttp } = require('./client');

// AWS makes these up, or they tell the time.
const PASSING = new Set([
  'CreateDate',
  'CreationDateTime',
  'LastModified',
  'LastUpdatedDateTime',
  'RevisionId',
  'RoleId',
  'TableId',
  'arn', // Of a log group: `logGroupArn` says the same.
  'creationTime',
]);

// Headers of an object that say what it is, and not when it was asked for.
const LASTING_HEADERS =
  /^(cache-control|content-|etag|expires|x-amz-(meta|storage|server|website))/;

const BUCKET_ASPECTS = ['policy', 'publicAccessBlock', 'cors', 'ownershipControls'];

/**
 * The account of a 12-digit access key: the emulator keeps them apart, so that many deployments run
 * at the same time. Buckets have names in common, as AWS' have: the account's is named after it.
 *
 * @param {{endpoint: string, env: object}} emulator
 * @param {string} id twelve digits
 * @returns {{id: string, bucket: string, env: object, aws: object,
 *   snapshot: () => Promise<object>, empty: () => Promise<void>}} `aws` looks into it and changes
 *   it, `empty` gives the room of its objects back
 */
function openAccount(emulator, id) {
  const env = { ...emulator.env, AWS_ACCESS_KEY_ID: id };
  const aws = awsHttp({ ...emulator, env });
  const account = { id, bucket: `cats-${id}`, env, aws };
  return {
    ...account,
    async snapshot() {
      const [buckets, functions, tables, roles, logGroups] = await Promise.all([
        readBuckets(aws),
        readFunctions(aws),
        readTables(aws),
        readRoles(aws),
        readLogGroups(aws),
      ]);
      return lasting({ buckets, functions, tables, roles, logGroups }, id);
    },
    async empty() {
      for (const bucket of await listBuckets(aws)) await emptyBucket(aws, bucket);
    },
  };
}

/** Without what passes, and with one name for every account. */
function lasting(value, id) {
  const kept = JSON.stringify(value, (key, entry) => (PASSING.has(key) ? undefined : entry));
  return JSON.parse(kept.replaceAll(id, '<account>'));
}

async function listBuckets({ s3 }) {
  return elements((await s3('GET', '/')).body, 'Name');
}

async function readBuckets(aws) {
  return byName(await listBuckets(aws), async (bucket) => ({
    ...(await byName(BUCKET_ASPECTS, (aspect) => readAspect(aws, `/${bucket}?${aspect}`))),
    grants: await readGrants(aws, `/${bucket}`),
    objects: await byName(await aws.listObjects(bucket), (key) => readObject(aws, bucket, key)),
    uploadsInParts: await aws.listMultipartUploads(bucket),
  }));
}

async function readAspect({ s3 }, path) {
  const response = await s3('GET', path, { absent: [404] });
  return response ? response.body.toString() : null;
}

async function readObject(aws, bucket, key) {
  const headers = Object.entries(await aws.headObject(bucket, key));
  const path = `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
  return {
    ...Object.fromEntries(headers.filter(([name]) => LASTING_HEADERS.test(name)).sort()),
    grants: await readGrants(aws, path),
    tags: await readAspect(aws, `${path}?tagging`),
  };
}

/** Who may do what, as the ACL says: `owner: FULL_CONTROL`. */
async function readGrants(aws, path) {
  const acl = await readAspect(aws, `${path}?acl`);
  const grants = [...acl.matchAll(/<Grant>.*?<\/Grant>/gs)].map(([grant]) => {
    const group = elements(grant, 'URI')[0]?.split('/').pop();
    return `${group ?? 'owner'}: ${elements(grant, 'Permission')}`;
  });
  return grants.sort();
}

async function emptyBucket({ s3, listObjects, deleteObject }, bucket) {
  const uploads = (await s3('GET', `/${bucket}?uploads`)).body;
  const [keys, ids] = [elements(uploads, 'Key'), elements(uploads, 'UploadId')];
  for (const [index, id] of ids.entries()) {
    await s3('DELETE', `/${bucket}/${keys[index]}?uploadId=${encodeURIComponent(id)}`);
  }
  for (const key of await listObjects(bucket)) await deleteObject(bucket, key);
}

async function readFunctions(aws) {
  const functions = (await aws.lambda('')).Functions.map((found) => found.FunctionName);
  return byName(functions, async (name) => {
    const { Configuration, Tags } = await aws.getFunction(name);
    const { Aliases } = await aws.lambda(`${name}/aliases`);
    const { Versions } = await aws.lambda(`${name}/versions`);
    const place = placesOf(Versions);
    const qualifiers = Aliases.map((alias) => alias.Name);
    return {
      Configuration,
      Tags,
      aliases: Aliases.sort(by('Name')).map((alias) => ({
        ...alias,
        FunctionVersion: place(alias.FunctionVersion),
      })),
      versions: Versions.map((found) => ({ ...found, Version: place(found.Version) })).sort(
        by('Version'),
      ),
      policies: await byName(['$LATEST', ...qualifiers], (alias) => aws.getPolicy(name, alias)),
    };
  });
}

/**
 * Which of the versions it is, and not its number: where a request to publish is repeated because
 * its answer got lost, the emulator counts once more, and AWS does not, as the code is the same.
 */
function placesOf(versions) {
  const numbers = versions.map(({ Version }) => Version).filter((number) => number !== '$LATEST');
  numbers.sort((one, other) => one - other);
  return (number) =>
    numbers.includes(number) ? `published ${numbers.indexOf(number) + 1}` : number;
}

async function readTables(aws) {
  return byName((await aws.dynamoDb('ListTables', {})).TableNames, async (name) => ({
    ...(await aws.describeTable(name)),
    timeToLive: await aws.describeTimeToLive(name),
  }));
}

async function readRoles(aws) {
  const roles = elements(await aws.iam('ListRoles', {}), 'RoleName');
  return byName(roles, async (RoleName) => {
    const own = elements(await aws.iam('ListRolePolicies', { RoleName }), 'member');
    return {
      ...(await aws.getRole(RoleName)),
      attached: (await aws.listAttachedRolePolicies(RoleName)).sort(),
      own: await byName(own, async (PolicyName) => {
        const policy = await aws.iam('GetRolePolicy', { RoleName, PolicyName });
        return decodeURIComponent(elements(policy, 'PolicyDocument')[0]);
      }),
    };
  });
}

async function readLogGroups(aws) {
  return (await aws.describeLogGroups('')).sort(by('logGroupName'));
}

/** `{name: await read(name)}`, in the names' order. */
async function byName(names, read) {
  const entries = [...names].sort().map(async (name) => [name, await read(name)]);
  return Object.fromEntries(await Promise.all(entries));
}

function by(field) {
  return (one, other) => (one[field] < other[field] ? -1 : Number(one[field] > other[field]));
}

function elements(xml, name) {
  return [...String(xml).matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(
    ([, text]) => text,
  );
}

module.exports = { openAccount };
