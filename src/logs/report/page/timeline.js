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
