'use strict';

const { loadContext } = require('../lib/context');
const { examineMachine, examineProject } = require('../lib/local-findings');
const { operate } = require('../lib/module');

const SYMBOLS = { ok: '✔', warning: '!', problem: '✘' };
const COLORS = { ok: 'green', warning: 'yellow', problem: 'red' };

module.exports = {
  summary: 'checks what a deployment needs: versions, options, credentials, network, clock, rights',
  usage: 'doctor [-d <target>]',
  notes: ['The exit code is 1 if a problem was found. Nothing is changed.'],
  lines: 'verbose',
  needsProject: false,
  async run(io, _, { options }) {
    const findings = examineMachine();
    const project = examineProject(process.cwd(), options.deployment);
    findings.push(...project.findings);
    if (project.isUsable && findings.every(({ status }) => status !== 'problem')) {
      findings.push(...(await examineAccount(options.deployment, quiet(io.logger))));
    }
    return { findings };
  },
  print: ({ findings }, { style }) => findings.flatMap((one) => lines(one, style)).join('\n'),
  exitCode: ({ findings }) => (findings.some(({ status }) => status === 'problem') ? 1 : 0),
};

/** Returns the findings about everything that needs the module. */
async function examineAccount(target, logger) {
  try {
    const context = await loadContext(target, logger);
    return (await operate(context, { name: 'doctor' }, logger)).findings;
  } catch (error) {
    return [{ check: 'options', status: 'problem', detail: error.message }];
  }
}

/** Returns a logger that leaves out warnings: they are findings. */
const quiet = (logger) => ({ ...logger, warning: logger.verbose });

function lines({ check, status, detail, fix }, style) {
  const start = style[COLORS[status]](SYMBOLS[status]);
  const line = `${start} ${check}: ${detail}`;
  return fix ? [line, `    fix: ${fix}`] : [line];
}
