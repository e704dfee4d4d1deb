// One watchlist: how much is posted on it in the newest window, by term; and which trends it names.
import { getJson } from './api.js';
import { element } from './dom.js';
import { foreign } from './foreign.js';
import { count, counted } from './format.js';

const TERMS_SHOWN = 12;

/** The names of the lists that have been counted lately. */
export async function watchlistNames() {
  const { watchlists } = await getJson('/api/v1/watchlists');
  return watchlists.map(({ name }) => name);
}

/** Whether the list has a term, as `term` or `start*`, that is one of the trend's; expressions are not tried. */
export function isWatched(trend, terms) {
  const names = [trend.normalized_keyword, ...trend.terms].map((name) => name.toLowerCase().replace(/^#/, ''));
  return terms.some(({ term }) => {
    const wanted = term.toLowerCase().replace(/^#/, '');
    return wanted.endsWith('*')
      ? names.some((name) => name.startsWith(wanted.slice(0, -1)))
      : names.includes(wanted);
  });
}

/** `{ root, load(name, window) → terms }`; empty and hidden where no list is chosen. */
export function watchlistPanel() {
  const root = element('section', { class: 'card watchlist', 'aria-label': 'Watchlist', hidden: true });

  async function load(name, kindOfWindow) {
    root.hidden = name === '';
    if (name === '') return [];
    try {
      const list = await getJson(`/api/v1/watchlists/${encodeURIComponent(name)}`);
      const counts = list[kindOfWindow || 'sliding'];
      const terms = counts?.terms ?? [];
      root.replaceChildren(...panel(list, counts, terms));
      return terms;
    } catch (refused) {
      root.replaceChildren(element('p', {}, `The watchlist can't be shown: ${refused.message}.`));
      return [];
    }
  }

  return { root, load };
}

function panel(list, counts, terms) {
  const isOpen = list.alerts[0]?.kind === 'started';
  const heading = element('h2', {}, 'Watchlist ', foreign(list.name), isOpen ? element('span', { class: 'mark alerting' }, '! alert') : null);
  if (!counts) return [heading, element('p', {}, 'Not counted in this window yet.')];
  const total = `${counted(counts.count, 'post')} by ${counted(counts.unique_authors, 'person', 'people')}. The trends below are those that the list names.`;
  const items = terms.slice(0, TERMS_SHOWN).map(({ term, count: posts }) => element('li', {}, foreign(term), ` ${count(posts)}`));
  return [heading, element('p', {}, total), element('ul', { class: 'chips' }, items)];
}
