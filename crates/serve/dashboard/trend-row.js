// One row of the list. Made once for each topic and then changed in place, so that focus and height stay.
import { keywordOf, trendHref } from './address.js';
import { element, setAttribute, setText } from './dom.js';
import { foreign, setForeign } from './foreign.js';
import { added, ago, count, languageName, times } from './format.js';
import { alertMark, organicMark, rankChange, statusMark } from './marks.js';
import { drawSparkline, sparkline } from './sparkline.js';

/** More would not fit on a line. */
const TERMS_SHOWN = 6;

function figure(className, label) {
  const value = element('b');
  return { value, root: element('span', { class: `figure ${className}` }, value, ' ', element('span', { class: 'unit' }, label)) };
}

/** `{ root, update(trend, windowEnd, address), showSince(posts) }` */
export function trendRow() {
  const rank = element('span', { class: 'rank' });
  const change = element('span', { class: 'change' });
  const name = foreign('', 'name');
  const link = element('a', { class: 'trend-link' }, name);
  const terms = element('span', { class: 'terms' });
  const marks = element('span', { class: 'marks' });
  const where = element('span', { class: 'where' });
  const curve = sparkline();
  const growth = figure('growth', 'usual');
  const posts = figure('posts', 'posts');
  const people = figure('people', 'people');
  const since = element('span', { class: 'since' });
  posts.root.append(' ', since);
  const root = element('li', { class: 'trend' },
    element('span', { class: 'place' }, rank, change),
    element('span', { class: 'title' }, link, terms),
    element('span', { class: 'about' }, marks, where),
    element('span', { class: 'curve' }, curve),
    growth.root, posts.root, people.root);
  let shownMarks = '';
  let shownTerms = '';

  function update(trend, windowEnd, address) {
    setText(rank, count(trend.position));
    const [sign, words, direction] = rankChange(trend.rank_change);
    setText(change, sign);
    setAttribute(change, 'class', `change ${direction}`);
    setAttribute(change, 'aria-label', words);
    setAttribute(change, 'role', 'img');
    setForeign(name, trend.keyword);
    setAttribute(link, 'href', trendHref(keywordOf(trend), address));
    const others = trend.terms.filter((term) => term !== trend.keyword).slice(0, TERMS_SHOWN);
    if (others.join('\n') !== shownTerms) {
      shownTerms = others.join('\n');
      terms.replaceChildren(...others.map((term) => foreign(term)));
    }
    const state = `${trend.status} ${trend.is_alerting} ${trend.organic_share}`;
    if (state !== shownMarks) {
      shownMarks = state;
      const parts = [statusMark(trend.status), alertMark(trend), organicMark(trend)];
      marks.replaceChildren(...parts.filter((part) => part !== null));
    }
    setText(where, `${languageName(trend.language)} · started ${ago(trend.started_at, windowEnd)}`);
    drawSparkline(curve, trend.sparkline);
    setText(growth.value, times(trend.growth_rate));
    setText(posts.value, count(trend.frequency));
    setText(people.value, count(trend.unique_authors));
  }

  /** Posts since the window ended; of one that is over, or of which nothing is known yet, 0. */
  function showSince(number) {
    setText(since, number > 0 ? added(number) : '');
  }

  return { root, update, showSince };
}
