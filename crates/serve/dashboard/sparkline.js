// A row's small curve: posts in each minute of the last hour.
import { setAttribute, svg } from './dom.js';
import { count } from './format.js';

const MINUTES = 60;
const HEIGHT = 20;

/** An empty curve; its size is the style sheet's. */
export function sparkline() {
  const area = svg('path', { class: 'area' });
  const line = svg('path', { class: 'line', 'vector-effect': 'non-scaling-stroke' });
  return svg('svg', {
    class: 'sparkline', viewBox: `0 0 ${MINUTES} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img',
  }, area, line);
}

/** Draws these counts, oldest first. */
export function drawSparkline(drawn, values) {
  const top = Math.max(1, ...values);
  const start = MINUTES - values.length;
  const points = values.map((value, at) => {
    const y = HEIGHT - 1 - (value / top) * (HEIGHT - 2);
    return `${start + at + 0.5} ${y.toFixed(2)}`;
  });
  const [area, line] = drawn.children;
  const path = points.length > 0 ? `M${points.join('L')}` : '';
  setAttribute(line, 'd', path);
  setAttribute(area, 'd', path && `${path}V${HEIGHT}H${start + 0.5}Z`);
  const now = values.at(-1) ?? 0;
  setAttribute(drawn, 'aria-label', `Last hour: at most ${count(top)} posts a minute, now ${count(now)}`);
}
