// A keyword's curve against what was expected of it, on a canvas by uPlot. Its words, for those who don't see it, are
// in chart-words.js.
import { element, setText } from './dom.js';
import { clock, count, decimal } from './format.js';

const HEIGHT = 260;

/** Seconds between ticks: whole minutes, since no label says seconds. */
const TICKS = [60, 120, 300, 600, 900, 1800, 3600, 7200];

/** Columns of the data, after the time. */
const [LOW, HIGH, EXPECTED, POSTS, COUNTED] = [1, 2, 3, 4, 5];

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function options(width, { mark, onCursor }) {
  const [text, grid] = [color('--muted'), color('--line')];
  const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: '12px system-ui, sans-serif' };
  const none = { stroke: 'transparent', width: 0, points: { show: false } };
  const drawMark = (plot) => {
    if (mark === null) return;
    const x = plot.valToPos(mark, 'x', true);
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = color('--past');
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  };
  return {
    width, height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: true }, y: { range: (_, __, top) => [0, Math.max(4, top * 1.08)] } },
    axes: [
      { ...axis, space: 70, incrs: TICKS, values: (_, splits) => splits.map((at) => clock(at * 1e6)) },
      { ...axis, size: 52, values: (_, splits) => splits.map((value) => count(value)) },
    ],
    series: [
      {}, none, none,
      { stroke: color('--expected'), width: 2, dash: [6, 4], points: { show: false } },
      { stroke: color('--posts'), width: 1.5, points: { show: false } },
      { stroke: color('--accent'), width: 2.5, points: { show: false } },
    ],
    bands: [{ series: [HIGH, LOW], fill: color('--band') }],
    hooks: { draw: [drawMark], setCursor: [(plot) => onCursor(plot.cursor.idx)] },
  };
}

function key(className, text) {
  return element('li', {}, element('span', { class: `key ${className}`, 'aria-hidden': 'true' }), ` ${text}`);
}

/** Points as columns, with a hole where windows are missing, so that no line spans what isn't known. */
function columns(points) {
  const steps = points.slice(1).map((point, at) => point.end - points[at].end);
  const step = steps.length > 0 ? Math.min(...steps) : 0;
  const rows = points.flatMap((point, at) => {
    const isAfterHole = at > 0 && point.end - points[at - 1].end > 2.5 * step;
    return isAfterHole ? [{ end: point.end - step }, point] : [point];
  });
  const column = (name) => rows.map((row) => row[name] ?? null);
  return [rows.map(({ end }) => end / 1e6), column('low'), column('high'), column('expected'), column('posts'), column('counted')];
}

/** `{ root, show(points, markMicros), close() }`; points as `chart-words.js` describes them. */
export function chart() {
  const readout = element('p', { class: 'readout', 'aria-hidden': 'true' });
  const box = element('div', { class: 'plot' });
  const legend = element('ul', { class: 'legend', 'aria-hidden': 'true' },
    key('posts', 'posts'), key('counted', 'people who count'), key('expected', 'expected'), key('band', 'usual ups and downs'));
  const root = element('div', { 'aria-hidden': 'true' }, box, legend, readout);
  let plot = null;
  let data = null;
  let mark = null;

  function onCursor(at) {
    const x = at === null || at === undefined ? null : data?.[0][at];
    if (!x) return setText(readout, 'Point at the curve to read it.');
    const known = [['posts', POSTS, count], ['count', COUNTED, count], ['expected', EXPECTED, decimal]]
      .filter(([, column]) => data[column][at] !== null)
      .map(([name, column, format]) => `${format(data[column][at])} ${name}`);
    setText(readout, `${clock(x * 1e6)}: ${known.join(', ')}`);
  }

  async function draw() {
    const { default: UPlot } = await import('./vendor/uPlot.esm.js');
    if (data === null || box.clientWidth === 0) return;
    plot?.destroy();
    plot = new UPlot(options(box.clientWidth, { mark, onCursor }), data, box);
  }

  const onSize = new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height: HEIGHT }));
  onSize.observe(box);
  document.addEventListener('theme', draw);
  onCursor(null);

  return {
    root,
    show(points, markMicros) {
      const nextMark = markMicros === null ? null : markMicros / 1e6;
      const isSameShape = plot !== null && nextMark === mark;
      data = columns(points);
      mark = nextMark;
      if (isSameShape) plot.setData(data);
      else draw();
    },
    close() {
      onSize.disconnect();
      document.removeEventListener('theme', draw);
      plot?.destroy();
      data = null;
    },
  };
}
