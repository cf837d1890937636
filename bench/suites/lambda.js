'use strict';

// Measures deployments of a small skill in round trips.

const { count, limitGoal, ratioGoal, median, seconds } = require('../harness/stats');
const { criticalPath } = require('../harness/critical-path');
const { removeDeployments, writeAssets, writeHandler } = require('../fixtures');
const { runOnce, interleaved } = require('../harness/measure');
const {
  bucketOf,
  moduleProject,
  runModule,
  moduleFigures,
  serverFigures,
} = require('../harness/sync-tools');
const { Artifacts } = require('../../__test__/support/litexa/context');
const path = require('node:path');

const FAR_MS = 200;
const NEAR_MS = 40;
const SKILL = 'amzn1.ask.skill.0f0f0f0f-0f0f-0f0f-0f0f-0f0f0f0f0f0f';

async function measure(bench) {
  const sides = [side(bench, 'ours', bench.module), bench.old && side(bench, '0.9.0', bench.old)];
  const present = sides.filter(Boolean);
  return [...(await rounds(bench, present)), await whole(bench, present)];
}

function side(bench, name, module) {
  const bucket = bucketOf(`lambda ${name}`);
  const project = moduleProject(bench, name, { bucket });
  writeAssets(path.join(project, 'litexa', 'assets'), 20, 5000);
  const run = (call) => ({
    command: runModule({ module, call, project }),
    env: bench.fakeAws.env(name),
    after: ({ stdout }) => moduleFigures(stdout),
  });
  return { name, project, bucket, run };
}

/** Saves the skill's ID, as the CLI does after deploying the manifest. */
function saveSkillId(project) {
  new Artifacts(path.join(project, 'artifacts.json'), 'development').save('skillId', SKILL);
}

async function rounds(bench, sides) {
  const { fakeAws } = bench;
  const cases = [
    ['First deployment of the handler', () => {}],
    ['Handler, nothing changed', () => {}],
    ['Handler, code changed', ({ project }) => writeHandler(project, 2)],
  ];
  const goals = [
    ([ours]) => [
      limitGoal('six round trips deep, and one for the version', ours.runs[0].depth, 7, count),
    ],
    ([ours]) => [
      limitGoal('one round trip deep', ours.runs[0].depth, 1, count),
      limitGoal('no write', ours.runs[0].writes, 0, count),
    ],
    () => [],
  ];
  await fakeAws.reset();
  for (const each of sides) {
    removeDeployments(each.project);
    await fakeAws.makeBucket(each.bucket);
  }
  const rows = [];
  for (const [index, [title, prepare]] of cases.entries()) {
    await fakeAws.latency(FAR_MS);
    const results = [];
    for (const each of sides) {
      prepare(each);
      results.push({ name: each.name, runs: [await deepRun(bench, each)] });
    }
    rows.push({
      title: `${title}: round trips deep, ${FAR_MS} ms latency`,
      work: 'The server reports resources as ready at once, so only latency is waited for. `idle` is the time of the call during which no response was pending.',
      check:
        'See the steps: each line is a round trip that began after the response to the one before.',
      results,
      columns: { depth: count, requests: count, writes: count, idle: seconds },
      steps: results.map(({ name, runs }) => ({ name, steps: runs[0].steps })),
      goals: goals[index](results),
    });
    if (index === 0) await restrictToSkill(bench, sides);
  }
  return rows;
}

async function deepRun({ fakeAws, folder }, each) {
  await fakeAws.forget();
  const program = each.run('lambda');
  const run = await runOnce(program, folder);
  const { depth, steps, busy } = criticalPath(await fakeAws.recorded());
  const { requests, writes } = await serverFigures(fakeAws, each.name);
  const { call, work } = program.after(run);
  return { ...run, call, work, depth, steps, requests, writes, idle: Math.max(0, call - busy) };
}

/** Deploys with the skill's ID, which restricts the function to the skill. This is not measured. */
async function restrictToSkill({ fakeAws, folder }, sides) {
  await fakeAws.latency(0);
  for (const each of sides) {
    saveSkillId(each.project);
    await runOnce(each.run('lambda'), folder);
  }
}

async function whole(bench, sides) {
  const { fakeAws } = bench;
  await fakeAws.reset();
  await fakeAws.latency(0);
  for (const each of sides) {
    removeDeployments(each.project);
    for (const call of ['cli', 'cli']) {
      await runOnce(each.run(call), bench.folder);
      saveSkillId(each.project);
    }
  }
  await fakeAws.latency(NEAR_MS);
  await fakeAws.forget();
  const figuresOf = async (name) => {
    const { depth } = criticalPath(await fakeAws.recorded());
    const { requests, writes } = await serverFigures(fakeAws, name);
    return { depth, requests, writes };
  };
  const measured = sides.map(({ name, run }) => {
    const program = run('cli');
    const after = async (r) => ({ ...program.after(r), ...(await figuresOf(name)) });
    return { ...program, name, after };
  });
  const [ours] = sides;
  const alone = ours.run('deploy');
  const own = 'ours, deploy()';
  measured.push({
    ...alone,
    name: own,
    after: async (r) => ({ ...alone.after(r), ...(await figuresOf(own)) }),
  });
  const results = await interleaved(measured, bench);
  const [oursText, deployText] = ['ours', own].map((name) => roundTrips(results, name));
  return {
    title: `Whole deployment, nothing changed, ${NEAR_MS} ms latency`,
    work: 'A small skill: a handler of 65 KB, 20 assets of 5 KB. As the CLI does: assets and handler concurrently. `deploy()` is our function for both.',
    check:
      'Writes are counted. An earlier deployment of the same side created the objects and the function.',
    results,
    columns: { depth: count, requests: count, writes: count },
    goals: [
      oursText('less than 2 round trips of wall time, of which one is the limit'),
      deployText('the same by deploy()'),
      ratioGoal('as many times as fast as 0.9.0 as that goes round trips deep', results, {
        side: '0.9.0',
        by: median(results, '0.9.0', 'depth') / median(results, 'ours', 'depth'),
        figure: 'call',
      }),
    ],
  };
}

const roundTrips = (results, name) => (text) =>
  limitGoal(text, (median(results, name, 'call') * 1000) / NEAR_MS, 2, (trips) => trips.toFixed(2));

module.exports = { measure };
