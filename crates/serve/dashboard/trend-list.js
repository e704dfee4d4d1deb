// The ranked rows. A topic keeps its row while it is listed, and the style sheet puts each row at its place by a
// transform: rows glide there, and nothing around them is laid out anew.
import { element } from './dom.js';
import { trendRow } from './trend-row.js';

/** Puts the row before another one, with its focus and its glide where the browser can keep them. */
function place(list, row, before) {
  if (row.parentNode === list && list.moveBefore) {
    list.moveBefore(row, before);
    return;
  }
  const focused = row.contains(document.activeElement) ? document.activeElement : null;
  list.insertBefore(row, before);
  focused?.focus({ preventScroll: true });
}

/** `{ root, show(trends, windowEnd, address), showSince(posts) }` */
export function trendList() {
  const root = element('ol', { class: 'trends', 'aria-label': 'Trends, by rank' });
  let rows = new Map();

  function show(trends, windowEnd, address) {
    const next = new Map();
    for (const trend of trends) {
      const row = rows.get(trend.topic_id) ?? trendRow();
      next.set(trend.topic_id, row);
      row.update(trend, windowEnd, address);
    }
    for (const [topic, row] of rows) if (!next.has(topic)) row.root.remove();
    [...next.values()].forEach(({ root: row }, at) => {
      row.style.setProperty('--place', at);
      if (root.children[at] !== row) place(root, row, root.children[at] ?? null);
    });
    root.style.setProperty('--rows', next.size);
    rows = next;
  }

  /** Posts since the window ended, by topic. */
  function showSince(posts) {
    for (const [topic, row] of rows) row.showSince(posts[topic] ?? 0);
  }

  return { root, show, showSince };
}
