/* The document. Log data gets into it as text, never as markup. */

const $ = (id) => document.getElementById(id);
const summary = readSummary($('summary').textContent);
const requests = readRequests($('requests').textContent);
$('requests').remove();

const { labels } = summary;
const range = [summary.fromMs || 0, summary.toMs || 0];
const tone = (request) => toneOf(request, summary);
const isFailure = (request) => tone(request) === 'bad';
const isLate = (request) => tone(request) === 'late';
const isCold = (request) => Boolean(request.coldStart);
const hasRequests = !summary.bins;
const hasAll = hasRequests && !summary.failedOnly;

const el = (tag, className, ...children) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
};

/** Creates an element whose text is of the log, and cannot change the direction of what is around. */
const bdi = (text, className = '') => el('bdi', className, String(text));

const button = (label, onClick, className = '') => {
  const element = el('button', className, label);
  element.type = 'button';
  element.addEventListener('click', onClick);
  return element;
};

/* Times and figures */

const formatter = (options) => {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      ...options,
      timeZone: summary.timeZone || undefined,
    });
  } catch {
    return new Intl.DateTimeFormat('en-GB', options);
  }
};
const hm = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const hms = { ...hm, second: '2-digit' };
const shortDay = { month: 'short', day: 'numeric' };
const longDay = { ...shortDay, year: 'numeric' };
const formats = {
  time: formatter(hms),
  fine: formatter({ ...hms, fractionalSecondDigits: 3 }),
  minute: formatter(hm),
  day: formatter(shortDay),
  dayMinute: formatter({ ...shortDay, ...hm }),
  dayTime: formatter({ ...shortDay, ...hms }),
  full: formatter({ ...longDay, ...hms }),
  fullFine: formatter({ ...longDay, ...hms, fractionalSecondDigits: 3 }),
  parts: formatter({ ...longDay, ...hms, month: 'numeric' }),
};
// CloudWatch accepts any number as a time; the range of a Date is limited.
const show = (name, ms) => (Math.abs(ms) <= 8.64e15 ? formats[name].format(ms) : String(ms));

/** Returns how far local time is ahead of UTC. */
const offsetAt = (ms) => {
  if (!(Math.abs(ms) <= 8.64e15)) return 0;
  const parts = {};
  for (const { type, value } of formats.parts.formatToParts(ms)) parts[type] = Number(value);
  const { year, month, day, hour, minute, second } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
};

const spansDays = show('day', range[0]) !== show('day', range[1]);
const showTime = (ms) => show(spansDays ? 'dayTime' : 'time', ms);
const showSpan = ([from, to]) => {
  const sameDay = show('day', from) === show('day', to);
  return `${showTime(from)} – ${show(sameDay ? 'time' : 'dayTime', to)}`;
};

const count = (number) => Number(number).toLocaleString('en-US');
const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
const round = (ms) => Math.round(ms * 100) / 100;
const duration = (ms) => {
  if (ms === undefined || ms === null) return '';
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)}\u00a0s`;
  return `${ms < 10 ? round(ms) : ms < 100 ? Math.round(ms * 10) / 10 : Math.round(ms)}\u00a0ms`;
};
const percent = (part, all) => {
  if (!part || !all) return '0%';
  const value = (part / all) * 100;
  return `${value < 0.1 ? '<0.1' : value < 10 ? round(value).toFixed(1) : Math.round(value)}%`;
};
const markOf = (request) =>
  ({ bad: '✘', late: '✔', ok: '✔', truncated: '…', unattributed: '·' })[tone(request)] || '·';
const outcomeOf = (request) =>
  isLate(request) ? 'answered late' : labels[request.outcome] || request.outcome;

/* Figures at the top */

document.title = summary.title;
$('title').replaceChildren(bdi(summary.title));
$('range').textContent = [
  `${show('full', range[0])} – ${show('full', range[1])}`,
  summary.timeZone,
  summary.region,
  summary.logGroup,
]
  .filter(Boolean)
  .join(' · ');
const note = [
  summary.incomplete && `This page is not complete: ${summary.incomplete}.`,
  summary.failedOnly &&
    'This page has the failed requests only. The figures and the table of intents are of all requests.',
  summary.note,
]
  .filter(Boolean)
  .join(' ');
$('note').hidden = !note;
$('note').textContent = note || '';

const fact = (name, value, sub, className = '') => {
  const element = el('div', `fact ${className}`, el('dt', '', name), el('dd', '', value));
  if (sub) element.append(el('dd', 'sub', sub));
  $('facts').append(element);
  return element;
};

const showFacts = () => {
  const { answered = 0, failed = 0, late, truncated, coldStarts } = summary;
  const unjudged = truncated ? `${count(truncated)} ${labels.truncated}` : '';
  fact('✔ Answered', count(answered), unjudged, 'ok');
  const kinds = [...summary.failures]
    .sort((a, b) => b.count - a.count)
    .map(({ outcome, count: of }) => `${count(of)} ${labels[outcome] || outcome}`);
  const rate = [percent(failed, answered + failed), kinds[0], kinds[1] && '…'].filter(Boolean);
  const failures = fact(
    '✘ Failed',
    count(failed),
    failed ? rate.join(' · ') : '',
    failed ? 'bad' : '',
  );
  failures.title = kinds.join('\n');
  if (late) fact('Answered late', count(late), `after ${summary.lateMs / 1000} s`, 'late');
  if (coldStarts !== undefined) {
    const longest = summary.maxInitDurationMs;
    fact('Cold starts', count(coldStarts), longest ? `up to ${duration(longest)}` : '');
  }
  if (summary.durationsMs) {
    const { p50, p95, max } = summary.durationsMs;
    fact('Duration, median', duration(p50), `p95 ${duration(p95)}, max ${duration(max)}`);
  }
  if (summary.peakMemory) {
    const { usedMb, sizeMb } = summary.peakMemory;
    fact('Memory, peak', `${usedMb} MB`, sizeMb ? `of ${sizeMb} MB` : '');
  }
};
