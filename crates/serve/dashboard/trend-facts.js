// A trend's numbers with their names.
import { element } from './dom.js';
import { ago, count, decimal, languageName, moment, share, times } from './format.js';
import { isPushed } from './marks.js';

function fact(name, value, note = '', className = '') {
  return element('div', { class: `fact ${className}`.trim() },
    element('dt', {}, name), element('dd', {}, element('b', {}, value), note && element('span', { class: 'unit' }, note)));
}

/** Of a whole trend; `since`, where there is one, is the element with the posts since its window ended. */
export function facts(trend, since = null) {
  const perMinute = trend.velocity >= 0 ? `+${decimal(trend.velocity)}` : decimal(trend.velocity);
  return element('dl', { class: 'facts' },
    fact('Rank', count(trend.rank), `of all languages; ${count(trend.language_rank ?? trend.rank)} in its own`),
    fact('Posts', count(trend.frequency), 'in the window'),
    since && fact('Since then', since, 'posts, counted live'),
    fact('People', count(trend.unique_authors), 'who wrote them'),
    fact('Usual', decimal(trend.expected), 'posts expected'),
    fact('Growth', times(trend.growth_rate), 'the usual'),
    fact('Speed', perMinute, 'people a minute'),
    fact('Started', ago(trend.started_at, trend.window_end), moment(trend.started_at)),
    fact('Language', languageName(trend.language), 'of most of its posts'),
    fact('Organic', share(trend.organic_share), isPushed(trend) ? '⚠ somebody may be pushing it' : 'of its people look genuine', isPushed(trend) ? 'pushed' : ''));
}
