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
