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
