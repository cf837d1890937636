'use strict';

// Deployments of a small skill, counted in round trips.

const { count, limitGoal, ratioGoal, median, seconds } = require('../harness/stats');
const { depthOf } = require('../harness/critical-path');
const { forgetDeployments, writeAssets, writeHandler } = require('../fixtures');
const { runOnce, byTurns } = require('../harness/measure');
const { bucketOf, moduleProject, runModule, told, traces } = require('../harness/sync-tools');
const { Artifacts } = require('../../__test__/support/litexa/context');
const path = require('node:path');

const FAR_MS = 200;
const NEAR_MS = 40;
const SKILL = 'amzn1.ask.skill.0f0f0f0f-0f0f-0f0f-0f0f-0f0f0f0f0f0f';

async function measure(bench) {
  const sides = [side(bench, 'ours', bench.module), bench.old && side(bench, '0.9.0', bench.old)];
  const there = sides.filter(Boolean);
  return [...(await rounds(bench, there)), await whole(bench, there)];
}

function side(bench, name, module) {
  const bucket = bucketOf(`lambda ${name}`);
  const project = moduleProject(bench, name, { bucket });
  writeAssets(path.join(project, 'litexa', 'assets'), 20, 5000);
  const run = (call) => ({
    command: runModule({ module, call, project }),
    env: bench.sink.env(name),
    after: ({ stdout }) => told(stdout),
  });
  return { name, project, bucket, run };
}

/** What the CLI does after the manifest's deployment. */
function rememberSkill(project) {
  new Artifacts(path.join(project, 'artifacts.json'), 'development').save('skillId', SKILL);
}

async function rounds(bench, sides) {
  const { sink } = bench;
  const cases = [
    ['First deployment of the handler', () => {}],
    ['Handler, nothing changed', () => {}],
    ['Handler, code changed', ({ project }) => writeHandler(project, 2)],
  ];
  const goals = [
    () => [],
    ([ours]) => [
      limitGoal('one round trip deep', ours.runs[0].depth, 1, count),
      limitGoal('no write', ours.runs[0].writes, 0, count),
    ],
    () => [],
  ];
  await sink.reset();
  for (const each of sides) {
    forgetDeployments(each.project);
    await sink.makeBucket(each.bucket);
  }
  const rows = [];
  for (const [index, [title, prepare]] of cases.entries()) {
    await sink.latency(FAR_MS);
    const results = [];
    for (const each of sides) {
      prepare(each);
      results.push({ name: each.name, runs: [await deepRun(bench, each)] });
    }
    rows.push({
      title: `${title}: round trips deep, ${FAR_MS} ms latency`,
      work: 'The sink is ready as soon as it is asked whether it is, so nothing but latency is waited for. `idle` is the time of the call in which no answer was waited for.',
      check:
        'See the steps: each line is a round trip that could only begin when the one before had been answered.',
      results,
      columns: { depth: count, requests: count, writes: count, idle: seconds },
      steps: results.map(({ name, runs }) => ({ name, steps: runs[0].steps })),
      goals: goals[index](results),
    });
    if (index === 0) await narrowDown(bench, sides);
  }
  return rows;
}

async function deepRun({ sink, folder }, each) {
  await sink.forget();
  const what = each.run('lambda');
  const run = await runOnce(what, folder);
  const { depth, steps, busy } = depthOf(await sink.asked());
  const { requests, writes } = await traces(sink, each.name);
  const { call, work } = what.after(run);
  return { ...run, call, work, depth, steps, requests, writes, idle: Math.max(0, call - busy) };
}

/** The first deployment after the skill's ID is known closes the endpoint; that is no row of ours. */
async function narrowDown({ sink, folder }, sides) {
  await sink.latency(0);
  for (const each of sides) {
    rememberSkill(each.project);
    await runOnce(each.run('lambda'), folder);
  }
}

async function whole(bench, sides) {
  const { sink } = bench;
  await sink.reset();
  await sink.latency(0);
  for (const each of sides) {
    forgetDeployments(each.project);
    for (const call of ['cli', 'cli']) {
      await runOnce(each.run(call), bench.folder);
      rememberSkill(each.project);
    }
  }
  await sink.latency(NEAR_MS);
  await sink.forget();
  const asked = async (name) => {
    const { depth } = depthOf(await sink.asked());
    const { requests, writes } = await traces(sink, name);
    return { depth, requests, writes };
  };
  const measured = sides.map(({ name, run }) => {
    const what = run('cli');
    return { ...what, name, after: async (r) => ({ ...what.after(r), ...(await asked(name)) }) };
  });
  const [ours] = sides;
  const alone = ours.run('deploy');
  const own = 'ours, deploy()';
  measured.push({
    ...alone,
    name: own,
    after: async (r) => ({ ...alone.after(r), ...(await asked(own)) }),
  });
  const results = await byTurns(measured, bench);
  const [oursText, deployText] = ['ours', own].map((name) => roundTrips(results, name));
  return {
    title: `Whole deployment, nothing changed, ${NEAR_MS} ms latency`,
    work: 'A small skill: a handler of 65 KB, 20 assets of 5 KB. As the CLI does it: assets and handler at once. `deploy()` is our function for both.',
    check:
      'Writes are counted; the objects and the function were made by an earlier deployment of the same side.',
    results,
    columns: { depth: count, requests: count, writes: count },
    goals: [
      oursText('less than 3 round trips of wall time'),
      deployText('the same by deploy()'),
      ratioGoal('20 times as fast as 0.9.0', results, { side: '0.9.0', by: 20, figure: 'call' }),
    ],
  };
}

const roundTrips = (results, name) => (text) =>
  limitGoal(text, (median(results, name, 'call') * 1000) / NEAR_MS, 3, (trips) => trips.toFixed(2));

module.exports = { measure };
