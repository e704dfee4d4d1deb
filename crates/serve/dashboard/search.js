// The search field: suggests keywords as one types, also those that don't trend, and opens one.
import { getJson } from './api.js';
import { go, keywordOf, trendHref } from './address.js';
import { element } from './dom.js';
import { foreign } from './foreign.js';
import { counted, languageName } from './format.js';

/** Long enough that a word typed at once is asked for once. */
const PAUSE_MILLIS = 180;
const FOUND_MAX = 8;

/** Binds the form, its field and the list of what was found. */
export function bindSearch(form, field, found) {
  let timer = null;
  let asked = 0;
  let chosen = -1;

  function close() {
    found.hidden = true;
    chosen = -1;
    field.setAttribute('aria-expanded', 'false');
    field.removeAttribute('aria-activedescendant');
  }

  function open(keyword) {
    clearTimeout(timer);
    asked += 1;
    close();
    field.value = '';
    field.blur();
    go(trendHref(keyword));
  }

  function choose(at) {
    const options = [...found.children];
    if (options.length === 0) return;
    chosen = (at + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute('aria-selected', String(index === chosen)));
    field.setAttribute('aria-activedescendant', options[chosen].id);
  }

  function option(match, at) {
    const state = match.is_trending ? '▲ trending' : counted(match.count, 'post');
    // Before the field loses its focus, which closes the list.
    return element('li', {
      id: `found-${at}`, role: 'option', 'aria-selected': 'false', 'data-keyword': keywordOf(match),
      onmousedown: (event) => { event.preventDefault(); open(keywordOf(match)); },
    }, foreign(match.keyword, 'name'), element('span', { class: 'unit' }, `${languageName(match.language)} · ${state}`));
  }

  async function suggest() {
    const text = field.value.trim();
    const turn = asked += 1;
    if (text === '' || text === '#') return close();
    try {
      const { keywords } = await getJson('/api/v1/search', { q: text, limit: FOUND_MAX });
      if (turn !== asked) return;
      chosen = -1;
      found.replaceChildren(...keywords.map(option));
      found.hidden = keywords.length === 0;
      field.setAttribute('aria-expanded', String(!found.hidden));
    } catch {
      close(); // the text itself can still be opened
    }
  }

  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, PAUSE_MILLIS);
  });
  field.addEventListener('blur', close);
  field.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') choose(chosen + 1);
    else if (event.key === 'ArrowUp') choose(chosen < 0 ? -1 : chosen - 1);
    else if (event.key === 'Escape') {
      if (found.hidden) field.blur();
      close();
    } else return;
    event.preventDefault();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const keyword = found.children[chosen]?.dataset.keyword ?? field.value.trim();
    if (keyword) open(keyword);
  });
}
