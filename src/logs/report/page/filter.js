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
