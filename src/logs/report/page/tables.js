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
