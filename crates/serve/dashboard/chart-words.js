// The points of a keyword's curve, and the curve in words and as a table, for those who don't see it.
import { element } from './dom.js';
import { clock, count, counted, decimal } from './format.js';

const ROWS_MAX = 30;

/**
 * Points `{ end, posts, counted, expected, low, high }`, oldest first, of one window kind; what isn't known is left out.
 * The band is twice the usual deviation to each side: expected ± 2·sqrt(expected + dispersion·expected²).
 */
export function pointsOf({ history, counts }, kindOfWindow) {
  const byEnd = new Map();
  const at = (end) => {
    if (!byEnd.has(end)) byEnd.set(end, { end });
    return byEnd.get(end);
  };
  for (const point of counts) if (point.window === kindOfWindow) at(point.window_end).posts = point.count;
  for (const point of history) {
    if (point.window !== kindOfWindow) continue;
    const { expected, dispersion, frequency, unique_authors: people } = point;
    const made = at(point.window_end);
    made.posts ??= frequency;
    made.counted = point.observed ?? people;
    made.expected = expected;
    if (Number.isFinite(dispersion)) {
      const reach = 2 * Math.sqrt(expected + dispersion * expected * expected);
      made.low = Math.max(0, expected - reach);
      made.high = expected + reach;
    }
  }
  return [...byEnd.values()].sort((a, b) => a.end - b.end);
}

/** Points from a trend's own last hour, where nothing else is kept of that time. */
export function pointsOfSparkline({ sparkline, window_end: end }) {
  return sparkline.map((posts, at) => ({ end: end - (sparkline.length - 1 - at) * 60e6, posts }));
}

/** The curve in a sentence or two. */
export function summarize(points) {
  const known = points.filter(({ posts }) => posts !== undefined);
  if (known.length === 0) return 'No counts are kept of this time.';
  const [first, last] = [known[0], known.at(-1)];
  const peak = known.reduce((best, point) => (point.posts > best.posts ? point : best));
  const expected = last.expected === undefined ? '' : `, where ${decimal(last.expected)} were expected`;
  return `From ${clock(first.end)} to ${clock(last.end)}: at most ${counted(peak.posts, 'post')} in a window, at ${clock(peak.end)}; `
    + `${count(last.posts)} in the last${expected}.`;
}

/** The newest points as a table. */
export function table(points) {
  const head = ['Window up to', 'Posts', 'Count', 'Expected'].map((text) => element('th', { scope: 'col' }, text));
  const rows = points.slice(-ROWS_MAX).reverse().map((point) => element('tr', {},
    element('th', { scope: 'row' }, clock(point.end)),
    element('td', {}, count(point.posts)), element('td', {}, count(point.counted)), element('td', {}, decimal(point.expected))));
  return element('table', {}, element('thead', {}, element('tr', {}, head)), element('tbody', {}, rows));
}
