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

/* Filter */

const KINDS = [
  ['All', () => true],
  ['Failed', isFailure],
  ['Late', isLate],
  ['Cold starts', isCold],
];
const filter = { kind: 0, text: '', span: null, group: null, intent: null };
let matches = () => true;
let shown = requests;
let shownSet = new Set(shown);
let places = new Map();

const inSpan = ({ startTimeMs }) =>
  !filter.span || (startTimeMs >= filter.span[0] && startTimeMs < filter.span[1]);
const inIntent = (request) => filter.intent === null || nameOf(request) === filter.intent;
const inGroup = (request) =>
  !filter.group || (isFailure(request) && groupOf(request) === filter.group.key);

const apply = () => {
  const found = requests.filter((request) => inSpan(request) && matches(request));
  const ofIntent = found.filter(inIntent);
  shown = ofIntent.filter((request) => KINDS[filter.kind][1](request) && inGroup(request));
  shownSet = new Set(shown);
  places = new Map(shown.map((request, place) => [request, place]));
  if (hasRequests) showGroups(groupFailures(ofIntent.filter(isFailure)));
  else showGroups(summary.groups || [], summary.ungrouped);
  showIntents(hasAll ? countIntents(found, isFailure) : summary.intents || []);
  showChips();
  $('count').textContent =
    shown.length === requests.length
      ? plural(requests.length, 'request')
      : `${count(shown.length)} of ${plural(requests.length, 'request')}`;
  if (active && !shownSet.has(active)) active = null;
  fillList(true);
  drawChart();
};

/** Changes the filter, and keeps the rest of it. */
const narrow = (change) => {
  Object.assign(filter, change);
  apply();
};

const clear = () => {
  clearTimeout(typing);
  $('search').value = '';
  matches = () => true;
  view = range;
  narrow({ kind: 0, text: '', span: null, group: null, intent: null });
};

const isFiltered = () =>
  Boolean(filter.kind || filter.text || filter.span || filter.group) || filter.intent !== null;

const showChips = () => {
  const chip = (label, text, change) => {
    const element = button(`${label} `, () => {
      narrow(change);
      $('list').focus({ preventScroll: true });
    });
    element.append(bdi(text), ' ✕');
    element.title = `Remove the filter: ${text}`;
    return element;
  };
  const { span, group, intent } = filter;
  $('chips').replaceChildren(
    ...[
      span && chip('Time', showSpan(span), { span: null }),
      group &&
        chip('Failure', group.message || labels[group.outcome] || group.outcome, { group: null }),
      intent !== null && chip('Intent', intent, { intent: null }),
      isFiltered() && button('Clear', clear),
    ].filter(Boolean),
  );
  for (const element of $('kinds').children) {
    element.setAttribute('aria-pressed', String(Number(element.dataset.kind) === filter.kind));
  }
  const canZoomIn = span && span !== view;
  $('zoom').hidden = !canZoomIn && view === range;
  $('zoom').firstChild.textContent = canZoomIn ? 'Zoom in ' : 'Zoom out ';
};

const showKinds = () =>
  KINDS.forEach(([label, test], at) => {
    const number = requests.filter(test).length;
    if (at > 1 && !number) return;
    const element = button(`${label} `, () => narrow({ kind: at }));
    element.dataset.kind = at;
    element.append(el('span', 'soft', count(number)));
    $('kinds').append(element);
  });

let typing;
$('search').addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    const text = $('search').value.trim();
    matches = text ? matcher(text, labels) : () => true;
    narrow({ text });
  }, 150);
});

/* Groups and intents */

const SHOWN_GROUPS = 200;

/** Keeps one of the buttons in the order of Tab; the arrow keys reach the others. */
const rove = (container) => {
  const choices = () => [...container.querySelectorAll('button')];
  container.addEventListener('focusin', ({ target }) =>
    choices().forEach((choice) => (choice.tabIndex = choice === target ? 0 : -1)),
  );
  container.addEventListener('keydown', (event) => {
    const all = choices();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    all[Math.max(0, Math.min(all.length - 1, to))].focus();
  });
};

/** Replaces the rows, and keeps the focus at its place. */
const replaceRows = (container, rows, focusKey) => {
  const focused = container.contains(document.activeElement) && document.activeElement.dataset.key;
  container.replaceChildren(...rows);
  const choices = [...container.querySelectorAll('button')];
  const kept = choices.find((choice) => choice.dataset.key === (focused || focusKey));
  choices.forEach((choice) => (choice.tabIndex = choice === (kept || choices[0]) ? 0 : -1));
  if (focused && (kept || choices[0])) (kept || choices[0]).focus({ preventScroll: true });
};

const showGroups = (groups, ungrouped = 0) => {
  const total = groups.reduce((sum, group) => sum + group.count, ungrouped);
  $('groups-count').textContent = groups.length
    ? `${plural(total, 'failure')} in ${plural(groups.length, 'group')}`
    : '';
  const rows = groups.slice(0, SHOWN_GROUPS).map((group) => el('li', '', groupRow(group)));
  if (!rows.length) rows.push(el('li', 'empty', 'No failures.'));
  const others =
    groups.slice(SHOWN_GROUPS).reduce((sum, group) => sum + group.count, 0) + ungrouped;
  if (others) rows.push(el('li', 'empty', `${plural(others, 'failure')} with other messages.`));
  replaceRows($('groups'), rows, filter.group?.key);
};

const groupRow = (group) => {
  const { key, outcome, type, message, location, lastMs } = group;
  const label = labels[outcome] || outcome;
  const text = firstLine(errorText({ type, message }));
  const where = [text && label, location && `at ${location}`].filter(Boolean).join(' · ');
  const parts = [
    el('span', 'number', count(group.count)),
    el('span', 'what', bdi(text || label, 'message'), bdi(where, 'where')),
    lastMs === undefined ? undefined : el('span', 'when', `last ${showTime(lastMs)}`),
  ];
  if (!hasRequests) return el('div', 'group', ...parts);
  const chosen = filter.group?.key === key;
  const element = button('', () => narrow({ group: chosen ? null : group }), 'group');
  element.replaceChildren(...parts.filter(Boolean));
  element.dataset.key = key;
  element.title = [errorText({ type, message }), location].filter(Boolean).join('\n');
  element.setAttribute('aria-pressed', String(chosen));
  return element;
};

const COLUMNS = [
  { title: 'Intent', value: ({ name }) => name, up: true },
  { title: 'Requests', value: ({ count: of }) => of },
  { title: 'Failed', value: ({ failed, count: of }) => failed / of },
  { title: 'p50', value: ({ durationsMs }) => durationsMs?.p50 ?? -1 },
  { title: 'p95', value: ({ durationsMs }) => durationsMs?.p95 ?? -1 },
];
const order = { column: 1, up: false };

const showIntents = (intents) => {
  $('intents-count').textContent = intents.length ? plural(intents.length, 'kind') : '';
  const { value } = COLUMNS[order.column];
  const sign = order.up ? 1 : -1;
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const sorted = [...intents].sort((a, b) => sign * compare(value(a), value(b)));
  const rows = sorted.map(intentRow);
  if (!rows.length) {
    const cell = el('td', 'empty', 'No requests.');
    cell.colSpan = COLUMNS.length;
    rows.push(el('tr', '', cell));
  }
  replaceRows($('intents'), rows, filter.intent);
  [...$('intents-head').children].forEach((cell, at) => {
    if (at === order.column) cell.setAttribute('aria-sort', order.up ? 'ascending' : 'descending');
    else cell.removeAttribute('aria-sort');
    cell.firstChild.textContent = `${COLUMNS[at].title}${at === order.column ? (order.up ? ' ↑' : ' ↓') : ''}`;
  });
};

const intentRow = ({ name: given, count: of, failed, durationsMs }) => {
  const name = given ?? UNNAMED;
  const chosen = filter.intent === name;
  const head = el('th');
  head.scope = 'row';
  if (hasRequests) {
    const element = button('', () => narrow({ intent: chosen ? null : name }));
    element.replaceChildren(bdi(name));
    element.dataset.key = name;
    element.title = name;
    element.setAttribute('aria-pressed', String(chosen));
    head.append(element);
  } else {
    head.append(bdi(name));
  }
  const rate = el('td', failed ? 'bad' : 'soft', percent(failed, of));
  rate.title = `${count(failed)} of ${count(of)}`;
  return el(
    'tr',
    [hasRequests && 'choice', chosen && 'chosen'].filter(Boolean).join(' '),
    head,
    el('td', '', count(of)),
    rate,
    el('td', '', duration(durationsMs?.p50)),
    el('td', '', duration(durationsMs?.p95)),
  );
};

const showColumns = () =>
  COLUMNS.forEach(({ title, up = false }, at) => {
    const cell = el('th');
    cell.scope = 'col';
    cell.append(
      button(title, () => {
        Object.assign(order, { column: at, up: order.column === at ? !order.up : up });
        apply();
      }),
    );
    $('intents-head').append(cell);
  });

/* List: only the rows in view are in the document */

const ROW = 36;
// Browsers limit the height of an element; Firefox to 17 million pixels.
const MOST_ROWS = 400_000;
const AROUND = 10;
const rows = new Map();
let active = null;
let opened = null;

const fillList = (anew = false) => {
  const list = $('list');
  if (anew) {
    rows.clear();
    list.replaceChildren();
    list.style.height = `${Math.max(2, Math.min(shown.length, MOST_ROWS)) * ROW + 2}px`;
    if (!shown.length) list.append(el('p', 'empty', 'No request matches.'));
  }
  const { top } = list.getBoundingClientRect();
  const first = Math.max(0, Math.floor(-top / ROW) - AROUND);
  const last = Math.min(shown.length, MOST_ROWS, Math.ceil((innerHeight - top) / ROW) + AROUND);
  const wanted = new Set(shown.slice(first, Math.max(first, last)));
  if (active) wanted.add(active);
  for (const [request, row] of rows) {
    if (wanted.has(request)) continue;
    row.remove();
    rows.delete(request);
  }
  for (const request of wanted) {
    if (rows.has(request)) continue;
    const row = rowOf(request, places.get(request));
    rows.set(request, row);
    list.append(row);
  }
  markActive();
};

const markActive = () => {
  for (const [request, row] of rows) row.setAttribute('aria-selected', String(request === active));
  if (active) $('list').setAttribute('aria-activedescendant', rows.get(active).id);
  else $('list').removeAttribute('aria-activedescendant');
};

const rowOf = (request, place) => {
  const isExplained = isFailure(request) && Boolean(request.error);
  const judged = request.outcome !== 'answered' || isLate(request);
  const badge =
    judged && request.requestId && el('span', `badge ${tone(request)}`, outcomeOf(request));
  const cold =
    request.coldStart &&
    el('span', 'badge cold', `cold start ${duration(request.initDurationMs)}`.trim());
  const row = el(
    'div',
    `row ${tone(request)}${isExplained ? ' explained' : ''}`,
    el(
      'span',
      'mark',
      markOf(request),
      judged ? undefined : el('span', 'visually-hidden', ' answered'),
    ),
    el('time', '', showTime(request.startTimeMs)),
    el(
      'span',
      'name',
      bdi(nameOf(request)),
      badge || undefined,
      cold || undefined,
      isExplained ? bdi(firstLine(errorText(request.error)), 'error') : undefined,
    ),
    el('span', 'number', duration(request.durationMs)),
    el(
      'span',
      'number soft memory',
      request.maxMemoryUsedMB === undefined ? '' : `${request.maxMemoryUsedMB} MB`,
    ),
    el('span', 'id', request.requestId ? request.requestId.slice(-8) : ''),
  );
  row.id = `row-${request.index}`;
  row.style.top = `${place * ROW}px`;
  row.dataset.index = request.index;
  row.setAttribute('role', 'option');
  row.setAttribute('aria-setsize', shown.length);
  row.setAttribute('aria-posinset', place + 1);
  return row;
};

/** Makes a request the active one, and scrolls to it. */
const activate = (request, { block = 'nearest' } = {}) => {
  active = request;
  const list = $('list');
  const top = list.getBoundingClientRect().top + places.get(request) * ROW;
  const bar = document.querySelector('.bar').offsetHeight;
  const isHidden = top < bar || top + ROW > innerHeight;
  if (isHidden) {
    const upper =
      block === 'center' ? (innerHeight - ROW) / 2 : top < bar ? bar : innerHeight - ROW - 4;
    window.scrollBy({ top: top - upper, behavior: 'instant' });
  }
  fillList();
};

const step = (by, test = () => true) => {
  if (!shown.length) return;
  let place = active ? places.get(active) : by > 0 ? -1 : shown.length;
  do place += by;
  while (shown[place] && !test(shown[place]));
  const next = shown[place] || (Math.abs(by) > 1 && shown[by > 0 ? shown.length - 1 : 0]);
  if (!next) return;
  if (!$('detail').contains(document.activeElement)) $('list').focus({ preventScroll: true });
  activate(next);
  if (opened) open(next);
};

let scrolling = 0;
const onScroll = () => {
  if (!scrolling) {
    scrolling = requestAnimationFrame(() => {
      scrolling = 0;
      fillList();
    });
  }
};
addEventListener('scroll', onScroll, { passive: true });
addEventListener('resize', onScroll, { passive: true });
$('list').addEventListener('click', ({ target }) => {
  const row = target.closest('.row');
  if (!row) return;
  $('list').focus({ preventScroll: true });
  const request = requests[row.dataset.index];
  activate(request);
  open(request);
});
$('list').addEventListener('focus', () => {
  if (!active && shown.length && $('list').matches(':focus-visible')) activate(shown[0]);
});

/* The opened request */

const SHOWN_LINES = 300;
const SHOWN_CHARACTERS = 20_000;
const narrowScreen = matchMedia('(max-width: 1080px)');

const open = (request) => {
  opened = request;
  $('explorer').classList.add('opened');
  $('detail').hidden = false;
  $('detail').replaceChildren(headOf(request), bodyOf(request));
  $('detail').scrollTop = 0;
  setHash(request.requestId || '');
  coverPage();
  onScroll();
};

const close = () => {
  if (!opened) return;
  const hadFocus = $('detail').contains(document.activeElement);
  opened = null;
  $('explorer').classList.remove('opened');
  $('detail').hidden = true;
  $('detail').replaceChildren();
  setHash('');
  coverPage();
  if (hadFocus) $('list').focus({ preventScroll: true });
  if (active) activate(active);
};

/** On a narrow screen the request covers the page, whose controls must not be reached then. */
const coverPage = () => {
  const covered = Boolean(opened) && narrowScreen.matches;
  const behind = [document.querySelector('header'), document.querySelector('.bar'), $('list')];
  behind.push(...document.querySelectorAll('main > :not(#explorer)'));
  for (const element of behind) element.inert = covered;
  document.documentElement.style.overflow = covered ? 'hidden' : '';
  if (covered) $('detail').focus({ preventScroll: true });
};
narrowScreen.addEventListener('change', coverPage);

const setHash = (id) => {
  try {
    history.replaceState(null, '', id ? `#${id}` : location.href.split('#')[0]);
  } catch {
    // Some browsers do not allow this for files.
    if (id) location.replace(`#${id}`);
  }
};

const headOf = (request) => {
  const heading = el('h2', '', bdi(nameOf(request)));
  const judged = request.outcome !== 'answered' || isLate(request);
  const place = places.get(request);
  const previous = button('↑', () => step(-1));
  const next = button('↓', () => step(1));
  previous.disabled = !(place > 0);
  next.disabled = !(place + 1 < shown.length);
  previous.setAttribute('aria-label', 'Previous request');
  next.setAttribute('aria-label', 'Next request');
  const url = consoleUrl(summary, request);
  const head = el(
    'div',
    `detail-head ${tone(request)}`,
    el('span', 'mark', markOf(request)),
    heading,
    judged && request.requestId
      ? el('span', `badge ${tone(request)}`, outcomeOf(request))
      : undefined,
    el(
      'div',
      'actions',
      previous,
      next,
      request.requestId
        ? button('Copy ID', () => copy(request.requestId, 'request ID'))
        : undefined,
      request.requestId ? button('Copy link', () => copy(location.href, 'link')) : undefined,
      url ? linkTo(url, 'CloudWatch ↗') : undefined,
      button('Close', close),
    ),
  );
  return head;
};

const linkTo = (url, text) => {
  const link = el('a', 'button', text);
  link.href = url;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  link.title = 'Open the log stream in the CloudWatch console';
  return link;
};

const bodyOf = (request) => {
  const memory = [request.maxMemoryUsedMB, request.memorySizeMB].filter((mb) => mb !== undefined);
  const about = [
    ['Time', show('fullFine', request.startTimeMs)],
    [
      'Duration',
      [
        duration(request.durationMs),
        request.billedDurationMs && `billed ${duration(request.billedDurationMs)}`,
      ]
        .filter(Boolean)
        .join(', '),
    ],
    ['Cold start', request.coldStart && (duration(request.initDurationMs) || 'yes')],
    ['Memory', memory.length && `${memory.join(' of ')} MB`],
    ['Type', request.intent && request.requestType],
    ['Request ID', request.requestId && el('code', '', bdi(request.requestId))],
    ['Log stream', request.logStream && el('code', '', bdi(request.logStream))],
    ['Session', sessionLinks(request)],
  ].filter(([, value]) => value);
  const list = el('dl', 'about');
  for (const [name, value] of about) list.append(el('dt', '', name), el('dd', '', value));
  return el('div', 'detail-body', list, failureOf(request), linesList(request));
};

let allGroups;
const groupsByKey = () => {
  allGroups ||= new Map(
    groupFailures(requests.filter(isFailure)).map((group) => [group.key, group]),
  );
  return allGroups;
};

const failureOf = (request) => {
  const { error, refusedRequestId } = request;
  if (!error || !isFailure(request)) return undefined;
  const group = groupsByKey().get(groupOf(request));
  const box = el('div', 'failure', el('strong', '', bdi(errorText(error))));
  if (error.location) box.append(el('code', '', bdi(`at ${error.location}`)));
  if (refusedRequestId) {
    box.append(el('div', '', 'Alexa refused the answer of ', requestLink(refusedRequestId)));
  }
  if (group.count > 1) {
    const text = `Show all ${count(group.count)} of this failure`;
    box.append(button(text, () => narrow({ group }), 'link'));
  }
  return box;
};

/** Returns a button that opens another request, or its ID if the page does not have it. */
const requestLink = (id) => {
  const request = byId(id);
  if (!request) return bdi(id);
  const text = `${nameOf(request)} at ${showTime(request.startTimeMs)}`;
  return button(text, () => go(request), 'link');
};

let sessions;
const sessionLinks = (request) => {
  if (!request.sessionId) return undefined;
  if (!sessions) {
    sessions = new Map();
    for (const other of requests) {
      if (!other.sessionId) continue;
      if (!sessions.has(other.sessionId)) sessions.set(other.sessionId, []);
      sessions.get(other.sessionId).push(other);
    }
  }
  const all = sessions.get(request.sessionId);
  const at = all.indexOf(request);
  const parts = [`request ${all.length - at} of ${all.length}`];
  if (all[at + 1]) parts.push(' · previous: ', requestLink(all[at + 1].requestId));
  if (all[at - 1]) parts.push(' · next: ', requestLink(all[at - 1].requestId));
  return el('span', '', ...parts);
};

const linesList = (request) => {
  const lines = linesOf(request);
  const list = el('ol', 'lines');
  const more = button('', () => put());
  let done = 0;
  const put = () => {
    list.append(...lines.slice(done, done + SHOWN_LINES).map(lineOf));
    done = Math.min(lines.length, done + SHOWN_LINES);
    more.textContent = `Show more of ${plural(lines.length - done, 'line')}`;
    more.hidden = done === lines.length;
  };
  put();
  return el('div', '', list, more);
};

const lineOf = ({ timeMs, level = '', kind, text }) => {
  const title = { request: 'Request', response: 'Response' }[kind];
  const isMuted = kind === 'platform' || kind === 'init';
  const isJson = !isMuted && /^[[{]\n|[[{]\n {2}/.test(text);
  const time = el('time', '', show('fine', timeMs));
  time.title = show('fullFine', timeMs);
  return el(
    'li',
    isMuted ? 'platform' : '',
    time,
    el('span', `level ${level}`, level),
    el('div', '', title && el('div', 'title', title), preOf(text, isJson)),
  );
};

/** Returns the text of a line. A long one is shown in full on demand. */
const preOf = (text, isJson) => {
  const pre = el('pre', isJson ? 'json' : '');
  const start = text.slice(0, SHOWN_CHARACTERS);
  const token = ({ text: of, style }) => (style ? el('span', style, of) : of);
  pre.append(...(isJson ? splitJson(start).map(token) : [start]));
  if (text.length <= SHOWN_CHARACTERS) return pre;
  const rest = text.length - SHOWN_CHARACTERS;
  const more = button(`Show ${plural(rest, 'more character')}`, () => pre.replaceChildren(text));
  pre.append('… ', more);
  return pre;
};

const copy = async (text, what) => {
  try {
    await navigator.clipboard.writeText(text);
    announce(`Copied the ${what}`);
  } catch {
    announce(copyOfSelection(text) ? `Copied the ${what}` : `Copy it by hand: ${text}`);
  }
};

// Where the clipboard is denied to files.
const copyOfSelection = (text) => {
  const field = el('textarea', 'visually-hidden');
  field.value = text;
  document.body.append(field);
  const { activeElement } = document;
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  activeElement?.focus({ preventScroll: true });
  return copied;
};

let announcing;
const announce = (text) => {
  $('announce').textContent = text;
  $('announce').classList.remove('visually-hidden');
  clearTimeout(announcing);
  announcing = setTimeout(() => $('announce').classList.add('visually-hidden'), 1800);
};

/* Links to requests */

let ids;
const byId = (id) => {
  ids ||= new Map(requests.map((request) => [request.requestId, request]));
  return id ? ids.get(id) : undefined;
};

/** Opens a request, wherever it is: a filter that hides it is cleared. */
const go = (request) => {
  if (!shownSet.has(request)) clear();
  open(request);
  activate(request, { block: 'center' });
};

const followHash = () => {
  const request = byId(location.hash.slice(1));
  if (request && request !== opened) go(request);
};
addEventListener('hashchange', followHash);

/* Timeline: requests by time, failures at the bottom, above the duration of each request */

const base = $('base');
const marks = $('marks');
const TONES = ['bad', 'late', 'ok', 'other'];
const timed = requests.filter(({ requestId, durationMs }) => requestId && durationMs !== undefined);
const longest = timed.reduce((most, request) => Math.max(most, waited(request)), 10);
const shortest = Math.max(
  1,
  timed.reduce((least, request) => Math.min(least, waited(request)), 10) * 0.7,
);
const margin = { left: 52, right: 14, top: 10, bottom: 22, between: 16 };
let view = range;
let bins = [];
let dots = [];
let scale;
let colors;
let cursor = 0;
let anchor = 0;
let pointed = null;
let drag = null;

const setUpChart = () => {
  const width = base.clientWidth - margin.left - margin.right;
  const bottom = base.clientHeight - margin.bottom;
  const hasDots = timed.length > 0;
  const countsBase = hasDots ? margin.top + (bottom - margin.top - margin.between) * 0.46 : bottom;
  const length = Math.max(1, view[1] - view[0]);
  const [low, high] = [Math.log10(shortest), Math.log10(longest * 1.3)];
  return {
    width,
    bottom,
    countsBase,
    hasDots,
    dotsTop: countsBase + margin.between,
    x: (time) => margin.left + ((time - view[0]) / length) * width,
    time: (x) => view[0] + (Math.min(Math.max(x - margin.left, 0), width) / width) * length,
    y: (ms) => {
      const share = (Math.log10(Math.max(ms, shortest)) - low) / (high - low);
      return bottom - share * (bottom - countsBase - margin.between);
    },
  };
};

const paint = (canvas) => {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  const pen = canvas.getContext('2d');
  pen.scale(ratio, ratio);
  pen.font = `11px ${colors.sans}`;
  pen.textBaseline = 'middle';
  return pen;
};

const readColors = () => {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ['sans', 'line', 'soft', 'ink', 'accent', 'card', 'late', 'cold-bar', 'muted-bar'];
  colors = Object.fromEntries(names.map((name) => [name, value(name)]));
  for (const name of ['bad', 'late', 'ok']) colors[`${name}-bar`] = value(`${name}-bar`);
  colors['other-bar'] = colors['muted-bar'];
};

/** Returns the bins of the page's own requests, or those of the summary. */
const makeBins = (list) => {
  if (!hasRequests) return summaryBins(summary.bins);
  const step = stepFor(view[1] - view[0], Math.max(12, Math.floor(scale.width / 7)));
  return fillBins(emptyBins(view, step, offsetAt), list, tone);
};

const drawChart = () => {
  if (!base.clientWidth) return;
  scale = setUpChart();
  readColors();
  bins = makeBins(requests);
  cursor = Math.min(cursor, bins.length - 1);
  const pen = paint(base);
  drawCounts(pen);
  if (scale.hasDots) drawDots(pen);
  drawTicks(pen);
  drawMarks();
  describeCursor();
};

const drawCounts = (pen) => {
  const most = niceCeiling(Math.max(1, ...bins.map(totalOf)));
  const { countsBase, width, x } = scale;
  const y = (number) => countsBase - (number / most) * (countsBase - margin.top);
  pen.textAlign = 'right';
  for (const tick of [...new Set([0, most / 2, most])].filter(Number.isInteger)) {
    pen.fillStyle = colors.line;
    pen.fillRect(margin.left, Math.round(y(tick)), width, 1);
    pen.fillStyle = colors.soft;
    pen.fillText(count(tick), margin.left - 8, y(tick));
  }
  const isNarrowed = shown.length < requests.length;
  drawBars(pen, bins, y, isNarrowed ? 0.25 : 1);
  if (isNarrowed) drawBars(pen, makeBins(shown), y, 1);
  function drawBars(pen, some, y, alpha) {
    pen.globalAlpha = alpha;
    for (const bin of some) {
      const left = Math.max(margin.left, x(bin.from));
      const right = Math.min(margin.left + width, x(bin.to));
      const gap = right - left > 3 ? 1 : 0;
      let from = countsBase;
      for (const name of TONES) {
        if (!bin[name]) continue;
        // A single failure among a thousand requests is still seen.
        const height = Math.max(name === 'bad' ? 2 : 1, y(0) - y(bin[name]));
        pen.fillStyle = colors[`${name}-bar`];
        pen.fillRect(left, from - height, Math.max(1, right - left - gap), height);
        from -= height;
      }
    }
    pen.globalAlpha = 1;
  }
};

/** Returns 1, 2, 4, 6 or 10 times a power of ten, not below the number. */
const niceCeiling = (number) => {
  const power = 10 ** Math.floor(Math.log10(number));
  return [1, 2, 4, 6, 10].find((factor) => factor * power >= number) * power;
};

const drawDots = (pen) => {
  const { bottom, width, x, y } = scale;
  pen.textAlign = 'right';
  for (const tick of [1, 10, 100, 1000, 10_000, 100_000]) {
    if (tick < shortest || tick > longest * 1.3) continue;
    pen.fillStyle = colors.line;
    pen.fillRect(margin.left, Math.round(y(tick)), width, 1);
    pen.fillStyle = colors.soft;
    pen.fillText(tick < 1000 ? `${tick} ms` : `${tick / 1000} s`, margin.left - 8, y(tick));
  }
  const limit = summary.lateMs;
  if (limit && limit < longest * 1.3) {
    pen.fillStyle = colors.late;
    for (let at = margin.left; at < margin.left + width; at += 8) pen.fillRect(at, y(limit), 4, 1);
    pen.fillText(`Alexa waits ${limit / 1000} s`, margin.left + width, y(limit) + 9);
  }
  dots = timed
    .filter(({ startTimeMs }) => startTimeMs >= view[0] && startTimeMs <= view[1])
    .map((request) => ({ request, x: x(request.startTimeMs), y: y(waited(request)) }));
  const size = dots.length > 4000 ? 2 : dots.length > 600 ? 3 : 6;
  const layer = ({ request }) =>
    !shownSet.has(request) ? 0 : { bad: 4, late: 3 }[tone(request)] || (request.coldStart ? 2 : 1);
  const layers = [[], [], [], [], []];
  for (const dot of dots) layers[layer(dot)].push(dot);
  const styles = ['muted-bar', 'ok-bar', 'cold-bar', 'late-bar', 'bad-bar'];
  layers.forEach((some, at) => {
    pen.fillStyle = colors[styles[at]];
    pen.globalAlpha = at === 0 ? 0.25 : at === 1 && size === 2 ? 0.75 : 1;
    for (const dot of some) drawDot(pen, dot, size, at === 4);
  });
  pen.globalAlpha = 1;
};

const drawDot = (pen, { x, y }, size, isFailed) => {
  if (size < 6) return pen.fillRect(x - size / 2, y - size / 2, size, size);
  pen.beginPath();
  // Failures differ in shape as well as in color.
  if (isFailed) {
    pen.moveTo(x, y - 5);
    pen.lineTo(x + 5, y);
    pen.lineTo(x, y + 5);
    pen.lineTo(x - 5, y);
  } else {
    pen.arc(x, y, 3, 0, 2 * Math.PI);
  }
  return pen.fill();
};

const drawTicks = (pen) => {
  const { bottom, width, x } = scale;
  const step = stepFor(view[1] - view[0], Math.max(2, Math.floor(width / 96)));
  pen.textAlign = 'center';
  for (const time of ticksOf(view, step, offsetAt)) {
    const isDay = (time + offsetAt(time)) % DAY === 0;
    const text =
      step >= DAY || (spansDays && isDay)
        ? show('day', time)
        : show(step < MINUTE ? 'time' : 'minute', time);
    pen.fillStyle = isDay && spansDays && step < DAY ? colors.soft : colors.line;
    pen.fillRect(Math.round(x(time)), bottom, 1, 5);
    pen.fillStyle = isDay && spansDays ? colors.ink : colors.soft;
    const half = pen.measureText(text).width / 2;
    pen.fillText(text, Math.min(x(time), base.clientWidth - half - 2), bottom + 14);
  }
};

/** Draws what changes with the pointer and the keys, on a canvas of its own. */
const drawMarks = () => {
  const pen = paint(marks);
  const { x, bottom, countsBase, width } = scale;
  const clip = (time) => Math.min(margin.left + width, Math.max(margin.left, x(time)));
  const band = ([from, to], color, alpha) => {
    pen.fillStyle = color;
    pen.globalAlpha = alpha;
    pen.fillRect(clip(from), margin.top, Math.max(1, clip(to) - clip(from)), bottom - margin.top);
    pen.globalAlpha = 1;
  };
  const span = drag?.span || filter.span;
  if (span && span !== view) band(span, colors.accent, 0.16);
  const bin = pointed?.bin || (document.activeElement === $('chart') ? bins[cursor] : undefined);
  if (bin && !drag?.span) band([bin.from, bin.to], colors.ink, 0.12);
  const request = pointed?.request || opened;
  if (request && request.durationMs !== undefined && scale.hasDots) {
    pen.strokeStyle = colors.ink;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(x(request.startTimeMs), scale.y(waited(request)), 6, 0, 2 * Math.PI);
    pen.stroke();
  } else if (request && countsBase) {
    pen.fillStyle = colors.ink;
    pen.fillRect(x(request.startTimeMs), margin.top, 1, bottom - margin.top);
  }
};

const binText = (bin) =>
  [
    showSpan([bin.from, bin.to]),
    [
      plural(totalOf(bin), 'request'),
      bin.bad && `${count(bin.bad)} failed`,
      bin.late && `${count(bin.late)} late`,
    ]
      .filter(Boolean)
      .join(', '),
  ].join('\n');

const requestText = (request) =>
  [
    `${markOf(request)} ${nameOf(request)}`,
    [showTime(request.startTimeMs), duration(request.durationMs)].filter(Boolean).join(' · '),
    request.coldStart && `cold start ${duration(request.initDurationMs)}`,
    request.error && firstLine(errorText(request.error)).slice(0, 160),
  ]
    .filter(Boolean)
    .join('\n');

const describeCursor = () => {
  const chart = $('chart');
  chart.setAttribute('aria-valuemax', String(Math.max(0, bins.length - 1)));
  chart.setAttribute('aria-valuenow', String(Math.max(0, cursor)));
  if (bins[cursor]) chart.setAttribute('aria-valuetext', binText(bins[cursor]).replace('\n', ': '));
};

const showTip = (text, left, top) => {
  const tip = $('tip');
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  const most = Math.max(0, $('chart').clientWidth - tip.offsetWidth - 4);
  tip.style.left = `${Math.min(left + 14, most)}px`;
  tip.style.top = `${top + 16}px`;
};

/** Returns what is at the pointer: the request whose dot is near, or else the bin. */
const at = (x, y) => {
  let nearest = null;
  if (scale.hasDots && y > scale.countsBase + 4) {
    for (const dot of dots) {
      const hidden = shownSet.has(dot.request) ? 0 : 6;
      const distance = Math.hypot(dot.x - x, dot.y - y) + hidden;
      if (distance < 12 && (!nearest || distance < nearest.distance)) {
        nearest = { distance, request: dot.request };
      }
    }
  }
  if (nearest) return { request: nearest.request };
  const time = scale.time(x);
  return { bin: bins.find(({ from, to }) => time >= from && time < to) };
};

const spanOf = (one, other) => {
  const [first, last] = one.from <= other.from ? [one, other] : [other, one];
  return [Math.max(first.from, view[0]), last.to];
};

const selectBins = (one, other) =>
  hasRequests && one && other && narrow({ span: spanOf(one, other) });

const zoom = () => {
  if (filter.span && filter.span !== view) {
    view = filter.span;
    apply();
  } else if (view !== range) {
    view = range;
    narrow({ span: null });
  }
};

const place = (event) => {
  const box = base.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};

const listenToPointer = () => {
  const chart = $('chart');
  chart.addEventListener('pointerdown', (event) => {
    const [x, y] = place(event);
    drag = { start: at(x, -1).bin, x };
    chart.setPointerCapture(event.pointerId);
    pointed = at(x, y);
  });
  chart.addEventListener('pointermove', (event) => {
    const [x, y] = place(event);
    pointed = at(x, y);
    if (drag && hasRequests && (drag.span || Math.abs(x - drag.x) > 5)) {
      const { bin } = at(x, -1);
      if (drag.start && bin) drag.span = spanOf(drag.start, bin);
    }
    if (drag?.span) showTip(showSpan(drag.span), x, y);
    else if (pointed.request) showTip(requestText(pointed.request), x, y);
    else showTip(pointed.bin ? binText(pointed.bin) : '', x, y);
    drawMarks();
  });
  chart.addEventListener('pointerup', (event) => {
    const [x, y] = place(event);
    const { span } = drag || {};
    const found = at(x, y);
    drag = null;
    if (span) narrow({ span });
    else if (found.request) go(found.request);
    else selectBins(found.bin, found.bin);
  });
  chart.addEventListener('pointercancel', () => (drag = null));
  chart.addEventListener('pointerleave', () => {
    pointed = null;
    showTip('');
    drawMarks();
  });
};

const listenToChartKeys = () => {
  const chart = $('chart');
  chart.addEventListener('focus', drawMarks);
  chart.addEventListener('blur', () => {
    showTip('');
    drawMarks();
  });
  chart.addEventListener('keydown', (event) => {
    const moves = {
      ...{
        ArrowRight: cursor + 1,
        ArrowUp: cursor + 1,
        ArrowLeft: cursor - 1,
        ArrowDown: cursor - 1,
      },
      ...{ PageUp: cursor + 10, PageDown: cursor - 10, Home: 0, End: bins.length - 1 },
    };
    const to = moves[event.key];
    if (to === undefined && event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    event.stopPropagation();
    if (to === undefined) return void selectBins(bins[anchor], bins[cursor]);
    cursor = Math.max(0, Math.min(bins.length - 1, to));
    if (event.shiftKey) selectBins(bins[anchor], bins[cursor]);
    else anchor = cursor;
    pointed = null;
    describeCursor();
    drawMarks();
    if (bins[cursor]) showTip(binText(bins[cursor]), scale.x(bins[cursor].from), margin.top);
  });
};

const showChart = () => {
  const entries = [
    ['ok', 'answered'],
    summary.late && ['late', 'answered late'],
    ['bad', 'failed'],
    requests.some(isCold) && ['cold', 'cold start'],
  ];
  for (const [name, text] of entries.filter(Boolean)) $('legend').append(el('li', name, text));
  $('timeline').hidden = hasRequests ? !requests.some(({ requestId }) => requestId) : !summary.bins;
  $('timeline-hint').textContent = hasRequests
    ? 'Requests over time, above the duration of each. Drag to select a span, click a dot to open a request.'
    : 'Requests over time.';
  $('chart').classList.toggle('short', !timed.length);
  listenToPointer();
  listenToChartKeys();
  new ResizeObserver(drawChart).observe(base);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawChart);
};

/* Keys */

const KEYS = [
  ['/', 'search'],
  ['j k', 'next and previous request'],
  ['n p', 'next and previous failure'],
  ['Enter', 'open the request; again: read it'],
  ['Esc', 'close the request, then clear the filter'],
  ['f', 'failures only, and all again'],
  ['c', 'copy the ID of the request'],
  ['t', 'timeline: ← → move, Shift extends the span, Enter selects it'],
  ['z', 'zoom into the span, and out again'],
  ['g i', 'groups of failures, intents: ↑ ↓ move, Enter filters'],
  ['l', 'list of requests'],
  ['?', 'this help'],
];

const showHelp = () => {
  if (!$('help').open) $('help').showModal();
};

const escape = () => {
  if (opened) close();
  else if (isFiltered() || view !== range) clear();
};

const focusOn = (element) => {
  element?.focus();
  element?.scrollIntoView({ block: 'nearest' });
};

const openActive = () => {
  if (active && opened === active) $('detail').focus();
  else if (active) open(active);
};

const COMMANDS = {
  '/': () => focusOn($('search')),
  j: () => step(1),
  k: () => step(-1),
  n: () => step(1, isFailure),
  p: () => step(-1, isFailure),
  f: () => narrow({ kind: filter.kind === 1 ? 0 : 1 }),
  c: () => (opened || active)?.requestId && copy((opened || active).requestId, 'request ID'),
  t: () => focusOn($('chart')),
  z: zoom,
  g: () => focusOn($('groups').querySelector('button[tabindex="0"]')),
  i: () => focusOn($('intents').querySelector('button[tabindex="0"]')),
  l: () => focusOn($('list')),
  '?': showHelp,
  Escape: escape,
};

const PAGE_ROWS = 15;
const LIST_KEYS = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  PageDown: () => step(PAGE_ROWS),
  PageUp: () => step(-PAGE_ROWS),
  Home: () => shown.length && activate(shown[0]),
  End: () => shown.length && activate(shown[shown.length - 1]),
  Enter: openActive,
  ' ': openActive,
};

const onKey = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $('help').open) return;
  if (event.target === $('search')) {
    if (event.key === 'Enter' || event.key === 'ArrowDown') focusOn($('list'));
    else if (event.key !== 'Escape') return;
    else if ($('search').value) {
      $('search').value = '';
      $('search').dispatchEvent(new Event('input'));
    } else focusOn($('list'));
    event.preventDefault();
    return;
  }
  const command = (event.target === $('list') && LIST_KEYS[event.key]) || COMMANDS[event.key];
  if (!command) return;
  event.preventDefault();
  command();
};

for (const [keys, text] of KEYS) {
  $('keys').append(
    el('dt', '', ...keys.split(' ').flatMap((key) => [el('kbd', '', key), ' '])),
    el('dd', '', text),
  );
}
document.addEventListener('keydown', onKey);
$('help-button').addEventListener('click', showHelp);
$('help-close').addEventListener('click', () => $('help').close());
$('zoom').addEventListener('click', zoom);
$('explorer').hidden = !hasRequests;
$('groups-card').hidden = !hasRequests && !summary.groups;
$('intents-card').hidden = !hasAll && !summary.intents;
rove($('groups'));
rove($('intents'));
showFacts();
showKinds();
showColumns();
showChart();
apply();
followHash();
