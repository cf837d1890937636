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
