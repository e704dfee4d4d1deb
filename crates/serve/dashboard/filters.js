// Window, language, kind and watchlist: each choice is an address.
import { element } from './dom.js';
import { languageName } from './format.js';

const WINDOWS = [['', 'Sliding'], ['tumbling', 'Tumbling']];
const KINDS = [['', 'All kinds'], ['word', 'Words'], ['hashtag', 'Hashtags'], ['phrase', 'Phrases']];

function choice(name, label, onChoose) {
  const select = element('select', { id: `filter-${name}`, name, onchange: () => onChoose(name, select.value) });
  const root = element('label', { class: 'filter', for: select.id }, element('span', {}, label), select);
  let shown = '';
  return {
    root,
    show(options, value) {
      const all = options.some(([known]) => known === value) ? options : [...options, [value, value]];
      const wanted = JSON.stringify(all);
      if (wanted !== shown) {
        shown = wanted;
        select.replaceChildren(...all.map(([of, text]) => element('option', { value: of }, text)));
      }
      if (select.value !== value) select.value = value;
      select.classList.toggle('chosen', value !== '');
    },
  };
}

/** `{ root, show(address, languages, watchlists) }`; `onChoose(name, value)`. */
export function filters(onChoose) {
  const window = choice('window', 'Window', onChoose);
  const language = choice('language', 'Language', onChoose);
  const kind = choice('kind', 'Kind', onChoose);
  const watchlist = choice('watchlist', 'Watchlist', onChoose);
  const root = element('div', { class: 'filters', role: 'group', 'aria-label': 'Filters' },
    window.root, language.root, kind.root, watchlist.root);

  function show(address, languages, watchlists) {
    window.show(WINDOWS, address.window === 'sliding' ? '' : address.window);
    const named = languages.map((tag) => [tag, languageName(tag)]).sort((a, b) => a[1].localeCompare(b[1]));
    language.show([['', 'All languages'], ...named], address.language);
    kind.show(KINDS, address.kind);
    watchlist.show([['', 'All topics'], ...watchlists.map((name) => [name, name])], address.watchlist);
    watchlist.root.hidden = watchlists.length === 0 && address.watchlist === '';
  }

  return { root, show };
}
