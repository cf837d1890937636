'use strict';

// Draws two charts, time and memory, with logarithmic axes: linear growth rises by one step for each
// step to the right.

const { count, megabytes, seconds } = require('./stats');

const PANEL = { width: 380, height: 300, left: 70, top: 44, gap: 90 };
const COLORS = ['#0b6e99', '#c2571a', '#4d7c0f', '#7c3aed'];

/** @param {{name: string, points: {size: number, time: number, memory: number}[]}[]} series */
function plot(series) {
  const panels = [
    { title: 'Time of the call', figure: 'time', show: seconds },
    { title: 'Peak memory of the process', figure: 'memory', show: megabytes },
  ];
  const width = PANEL.left + 2 * PANEL.width + PANEL.gap + 20;
  const height = PANEL.top + PANEL.height + 70 + 20 * series.length;
  const drawn = panels.map((panel, index) => {
    const x = PANEL.left + index * (PANEL.width + PANEL.gap);
    return `<g transform="translate(${x} ${PANEL.top})">${panelOf(panel, series)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${drawn.join('\n')}
${legend(series)}
</svg>
`;
}

function panelOf({ title, figure, show }, series) {
  const points = series.flatMap((each) => each.points);
  const x = scale(
    points.map(({ size }) => size),
    0,
    PANEL.width,
  );
  const y = scale(
    points.map((point) => point[figure]),
    PANEL.height,
    0,
  );
  const lines = series.map(({ points }, index) => {
    const places = points.map((point) => [x.at(point.size), y.at(point[figure])].map(round));
    const color = COLORS[index % COLORS.length];
    const dots = places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${color}"/>`);
    return `<polyline points="${places.join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>${dots.join('')}`;
  });
  const down = x.ticks.map((tick) => {
    const at = round(x.at(tick));
    return `<path d="M${at} 0V${PANEL.height}" stroke="#ddd"/><text x="${at}" y="${PANEL.height + 18}" text-anchor="middle">${count(tick)}</text>`;
  });
  const across = y.ticks.map((tick) => {
    const at = round(y.at(tick));
    return `<path d="M0 ${at}H${PANEL.width}" stroke="#ddd"/><text x="-8" y="${at + 4}" text-anchor="end">${show(tick)}</text>`;
  });
  return `<text y="-16" font-size="15">${title}</text>${down.join('')}${across.join('')}${lines.join('')}`;
}

/** Returns a logarithmic scale whose powers of ten contain the values. */
function scale(values, from, to) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(Math.ceil(Math.log10(Math.max(...values))), low + 1);
  return {
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
  };
}

function legend(series) {
  const top = PANEL.top + PANEL.height + 50;
  return series
    .map(({ name }, index) => {
      const y = top + 20 * index;
      const color = COLORS[index % COLORS.length];
      return `<path d="M${PANEL.left} ${y - 4}h24" stroke="${color}" stroke-width="2"/><text x="${PANEL.left + 34}" y="${y}">${name}</text>`;
    })
    .join('\n');
}

const round = (value) => Math.round(value * 10) / 10;

module.exports = { plot };
